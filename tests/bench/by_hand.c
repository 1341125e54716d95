// The kernels of by_hand.py in C, for log bins and no ties.
//
// Rows of distances are padded to 16; what stands behind the last particle is as far as can be.

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SHIFT 46
#define PADDED(n) (((n) + 15) / 16 * 16)

typedef struct {
  // `hadron`: distances in (eta, phi) and transverse momenta, else (1 - cos) / 2 and energies.
  int64_t n_jets, n_edges, size, hadron;
  const int64_t *offsets, *event;
  const double *px, *py, *pz, *energy, *scale, *edges;
} Jets;

typedef struct {
  int64_t base, last;
  double *edges;
  int32_t *below;
} Table;

static int64_t leading(double value) {
  int64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits >> SHIFT;
}

static Table table_of(const Jets *jets) {
  Table t;
  t.base = leading(jets->edges[0]) - 1;
  t.last = leading(jets->edges[jets->n_edges - 1]) - t.base + 1;
  t.edges = malloc((jets->n_edges + 1) * sizeof(double));
  memcpy(t.edges, jets->edges, jets->n_edges * sizeof(double));
  t.edges[jets->n_edges] = NAN;
  t.below = calloc(t.last + 1, sizeof(int32_t));
  for (int64_t k = 0; k < jets->n_edges; k++)
    for (int64_t j = leading(jets->edges[k]) - t.base + 1; j <= t.last; j++) t.below[j]++;
  return t;
}

static inline int64_t bin_of(double value, const Table *t) {
  int64_t entry = leading(value) - t->base;
  entry = entry < 0 ? 0 : entry > t->last ? t->last : entry;
  int64_t low = t->below[entry];
  return low + (t->edges[low] <= value);
}

// Write where the particles of a jet are, in three rows of `u`; return what weighs them.
static const double *directions(const Jets *jets, int64_t first, int64_t n, double *u) {
  double *x = u, *y = u + jets->size, *w = u + 2 * jets->size;
  for (int64_t a = 0; a < n; a++) {
    double px = jets->px[first + a], py = jets->py[first + a], pz = jets->pz[first + a];
    if (jets->hadron) {
      w[a] = sqrt(px * px + py * py);
      x[a] = asinh(pz / w[a]), y[a] = atan2(py, px);
    } else {
      double p = sqrt(px * px + py * py + pz * pz);
      x[a] = px / p, y[a] = py / p, w[a] = pz / p;
    }
  }
  return jets->hadron ? w : jets->energy + first;
}

static const double *distances(const Jets *jets, int64_t first, int64_t n, double *u, double *z) {
  const double *energy = directions(jets, first, n, u);
  const double *x = u, *y = u + jets->size, *w = u + 2 * jets->size;
  for (int64_t a = 0; a < n; a++) {
    double *restrict row = z + a * jets->size;
    if (jets->hadron)
      for (int64_t b = 0; b < PADDED(n); b++) {
        double along = x[a] - x[b], around = fabs(y[a] - y[b]);
        around = around < M_PI ? around : 2 * M_PI - around;
        row[b] = along * along + around * around;
      }
    else
      for (int64_t b = 0; b < PADDED(n); b++) {
        double dx = x[a] - x[b], dy = y[a] - y[b], dz = w[a] - w[b];
        row[b] = 0.25 * (dx * dx + dy * dy + dz * dz);
      }
  }
  return energy;
}

void two_point(const Jets *jets, double *rows) {
  Table t = table_of(jets);
  double *u = calloc(3 * jets->size, sizeof(double));
  double *z = calloc(jets->size * jets->size, sizeof(double));
  for (int64_t jet = 0; jet < jets->n_jets; jet++) {
    int64_t first = jets->offsets[jet], n = jets->offsets[jet + 1] - first;
    double *row = rows + jets->event[jet] * (jets->n_edges + 1);
    const double *energy = distances(jets, first, n, u, z);
    for (int64_t a = 0; a < n; a++) {
      double weight = 2 * energy[a] / (jets->scale[jet] * jets->scale[jet]);
      for (int64_t b = 0; b < a; b++)
        row[bin_of(z[a * jets->size + b], &t)] += weight * energy[b];
    }
  }
  free(u), free(z), free(t.edges), free(t.below);
}

void longest_side(const Jets *jets, double *rows) {
  Table t = table_of(jets);
  double *u = calloc(3 * jets->size, sizeof(double)), *shares = calloc(jets->size, sizeof(double));
  double *z = calloc(jets->size * jets->size, sizeof(double));
  for (int64_t jet = 0; jet < jets->n_jets; jet++) {
    int64_t first = jets->offsets[jet], n = jets->offsets[jet + 1] - first;
    double *row = rows + jets->event[jet] * (jets->n_edges + 1);
    const double *energy = distances(jets, first, n, u, z);
    for (int64_t a = 0; a < PADDED(n); a++)
      shares[a] = a < n ? energy[a] / jets->scale[jet] : 0.0;
    for (int64_t a = 0; a < n; a++) {
      const double *near_a = z + a * jets->size;
      for (int64_t b = 0; b < a; b++) {
        const double *near_b = z + b * jets->size;
        double side = near_a[b], inside = 0.0;
        for (int64_t c = 0; c < PADDED(n); c++)
          inside += (near_a[c] < side) & (near_b[c] < side) ? shares[c] : 0.0;
        row[bin_of(side, &t)] += 6 * shares[a] * shares[b] * inside;
      }
    }
  }
  free(u), free(shares), free(z), free(t.edges), free(t.below);
}

static inline int32_t larger(int32_t x, int32_t y) { return x > y ? x : y; }

// The bin of the longest side is the largest of those of the pairs, which are found once.
void longest_of_5(const Jets *jets, double *rows) {
  Table t = table_of(jets);
  int64_t size = jets->size;
  double *u = calloc(3 * size, sizeof(double)), *z = calloc(size * size, sizeof(double));
  int32_t *cells = calloc(size * size, sizeof(int32_t)), *near = calloc(3 * size, sizeof(int32_t));
  int32_t *near_2 = near, *near_3 = near + size, *near_4 = near + 2 * size;
  for (int64_t jet = 0; jet < jets->n_jets; jet++) {
    int64_t first = jets->offsets[jet], n = jets->offsets[jet + 1] - first;
    double *row = rows + jets->event[jet] * (jets->n_edges + 1);
    const double *energy = distances(jets, first, n, u, z);
    for (int64_t a = 0; a < n; a++)
      for (int64_t b = 0; b < n; b++) cells[a * size + b] = bin_of(z[a * size + b], &t);
    for (int64_t a = 0; a < n; a++) {
      const int32_t *of_a = cells + a * size;
      double weight_a = 120 * energy[a] / pow(jets->scale[jet], 5);
      for (int64_t b = 0; b < a; b++) {
        const int32_t *of_b = cells + b * size;
        for (int64_t k = 0; k < b; k++) near_2[k] = larger(of_a[b], larger(of_a[k], of_b[k]));
        for (int64_t c = 0; c < b; c++) {
          const int32_t *of_c = cells + c * size;
          double weight_c = weight_a * energy[b] * energy[c];
          for (int64_t k = 0; k < c; k++) near_3[k] = larger(near_2[c], larger(near_2[k], of_c[k]));
          for (int64_t d = 0; d < c; d++) {
            const int32_t *of_d = cells + d * size;
            double weight = weight_c * energy[d];
            for (int64_t e = 0; e < d; e++) near_4[e] = larger(near_3[d], larger(near_3[e], of_d[e]));
            for (int64_t e = 0; e < d; e++) row[near_4[e]] += weight * energy[e];
          }
        }
      }
    }
  }
  free(u), free(z), free(cells), free(near), free(t.edges), free(t.below);
}

void equilateral(const Jets *jets, double *rows, double width) {
  Table t = table_of(jets);
  double *u = calloc(3 * jets->size, sizeof(double));
  double *z = calloc(jets->size * jets->size, sizeof(double));
  uint8_t *kept = calloc(jets->size, 1);
  for (int64_t jet = 0; jet < jets->n_jets; jet++) {
    int64_t first = jets->offsets[jet], n = jets->offsets[jet + 1] - first;
    double *row = rows + jets->event[jet] * (jets->n_edges + 1), q = jets->scale[jet];
    const double *energy = distances(jets, first, n, u, z);
    for (int64_t a = 0; a < n; a++) {
      const double *near_a = z + a * jets->size;
      for (int64_t b = 0; b < a; b++) {
        const double *near_b = z + b * jets->size;
        double side = near_a[b], weight = 6 * energy[a] * energy[b] / (q * q * q);
        for (int64_t c = 0; c < PADDED(b); c++)
          kept[c] = (fabs(side - near_a[c]) < width) & (fabs(side - near_b[c]) < width) &
                    (fabs(near_a[c] - near_b[c]) < width);
        for (int64_t word = 0; word < b; word += 8) {
          uint64_t any;
          memcpy(&any, kept + word, 8);
          if (any)
            for (int64_t c = word; c < word + 8 && c < b; c++)
              if (kept[c])
                row[bin_of((side + near_a[c] + near_b[c]) / 3, &t)] += weight * energy[c];
        }
      }
    }
  }
  free(u), free(z), free(kept), free(t.edges), free(t.below);
}
