// FastEEC at an order that need not be whole (arXiv:2406.08577), on jets that are given as arrays.
//
// Each splitting sees up to 8 subjets on either side: jets of up to 9 particles are resolved.

#include <cstdint>
#include <iostream>
#include <vector>

#include "fastjet/ClusterSequence.hh"

#include "eec_nu_point.h"

static std::vector<std::vector<fastjet::PseudoJet>> jets;

extern "C" {

void take(int64_t n_jets, const int64_t *offsets, const double *px, const double *py,
          const double *pz, const double *energy) {
  jets.assign(n_jets, {});
  for (int64_t jet = 0; jet < n_jets; jet++)
    for (int64_t k = offsets[jet]; k < offsets[jet + 1]; k++)
      jets[jet].emplace_back(px[k], py[k], pz[k], energy[k]);
  fastjet::ClusterSequence::set_fastjet_banner_stream(nullptr);
}

// Bins of log10(R_L) from `low` to 0; what lies beyond is in the first and the last.
void longest(double order, unsigned n, double low, double *found) {
  nu = order;
  nsub = 16;
  fastjet::JetDefinition whole(fastjet::genkt_algorithm, R, 0.0, fastjet::pt_scheme);
  std::fill(res.begin(), res.end(), 0.0);
  for (const auto &jet : jets) {
    double total = 0;
    for (const auto &particle : jet) total += particle.pt();
    fastjet::ClusterSequence clustered(jet, whole);
    EEC(clustered.inclusive_jets(0)[0], total, low, n);
  }
  std::copy_n(res.begin(), n, found);
}
}
