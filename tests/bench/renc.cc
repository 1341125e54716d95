// ResolvedEnergyCorrelators (arXiv:2410.16368) on jets that are given as arrays.

#include <chrono>
#include <cstdint>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <vector>

#include "fastjet/CompositeJetStructure.hh"
#include "fastjet/PseudoJet.hh"

// Its histograms are otherwise written to files alone, with ten digits.
#define private public
#include "PENC.h"
#undef private

static std::vector<fastjet::PseudoJet> jets;

extern "C" {

void take(int64_t n_jets, const int64_t *offsets, const double *px, const double *py,
          const double *pz, const double *energy) {
  jets.clear();
  for (int64_t jet = 0; jet < n_jets; jet++) {
    std::vector<fastjet::PseudoJet> particles;
    for (int64_t k = offsets[jet]; k < offsets[jet + 1]; k++)
      particles.emplace_back(px[k], py[k], pz[k], energy[k]);
    jets.push_back(fastjet::join(particles));
  }
}

// Bins of log10(R_1) from `low` to 0 with under- and overflow; the order is that of the others.
void about_one(double others, unsigned n, double low, double *found) {
  PENC sum({others}, low, 0.0, n + 2, true, true, true, true, true, -1);
  for (const auto &jet : jets) sum.computePENC(jet);
  std::copy_n(sum.enc_hists_[0].begin(), n + 2, found);
}
}
