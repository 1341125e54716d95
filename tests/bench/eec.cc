// EnergyEnergyCorrelators (arXiv:2004.11381) on jets that are given as arrays.

#include <cstdint>
#include <vector>

#include "fastjet/PseudoJet.hh"

#include "EEC.hh"

namespace eec = fastjet::contrib::eec;

static std::vector<std::vector<fastjet::PseudoJet>> jets;

static eec::EECConfig configured(unsigned order, bool hadron) {
  return {order,
          true,
          {1},
          {0},
          hadron ? eec::ParticleWeight::TransverseMomentum : eec::ParticleWeight::Energy,
          hadron ? eec::PairwiseDistance::DeltaR : eec::PairwiseDistance::EEDotMassless,
          1,
          10,
          0,
          false,
          false};
}

template <class Sum>
static void fill(Sum &sum, double *found) {
  for (const auto &jet : jets) sum.compute(jet);
  for (const auto &bin : sum.hists()[0]) *found++ = bin.value();
}

extern "C" {

void take(int64_t n_jets, const int64_t *offsets, const double *px, const double *py,
          const double *pz, const double *energy) {
  jets.assign(n_jets, {});
  for (int64_t jet = 0; jet < n_jets; jet++)
    for (int64_t k = offsets[jet]; k < offsets[jet + 1]; k++)
      jets[jet].emplace_back(px[k], py[k], pz[k], energy[k]);
}

// Bins with under- and overflow, the underflow first.
void longest(unsigned order, bool hadron, unsigned n, double low, double high, double *found) {
  eec::EECLongestSideLog sum(configured(order, hadron), n, {low, high}, false, false);
  fill(sum, found);
}

// Bins of (R_L, xi, phi), each with under- and overflow, R_L running fastest.
void resolved(bool hadron, const unsigned *n, const double *range, double *found) {
  eec::EECTriangleOPELogIdId sum(configured(3, hadron), {n[0], n[1], n[2]},
                                 {{{range[0], range[1]}, {range[2], range[3]}, {range[4], range[5]}}},
                                 false, false);
  fill(sum, found);
}
}
