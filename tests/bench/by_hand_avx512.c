// Kernels of by_hand.c with vectors of 512 bits by hand, on distances that are rounded to float32.
//
// The sums over lenses are float32 throughout, and ties that rounding makes are lost: bins miss by up
// to 2e-6 of the largest. The equilateral shape is tested in float32 and then as it is declared, so that it is exact.

#include <immintrin.h>

#include "by_hand.c"

#define WIDEST 12

typedef struct {
  double *u, *z;
  float *narrow;
} Space;

static Space space_of(const Jets *jets) {
  int64_t size = jets->size;
  return (Space){calloc(3 * size, sizeof(double)), calloc(size * size, sizeof(double)),
                 calloc(size * size, sizeof(float))};
}

static void freed(Space s) { free(s.u), free(s.z), free(s.narrow); }

static const double *narrow_distances(const Jets *jets, int64_t first, int64_t n, Space s) {
  int64_t size = jets->size;
  const double *energy = directions(jets, first, n, s.u);
  const double *x = s.u, *y = s.u + size, *w = s.u + 2 * size;
  __m512d quarter = _mm512_set1_pd(0.25), turn = _mm512_set1_pd(2 * M_PI);
  for (int64_t a = 0; a < n; a++) {
    __m512d xa = _mm512_set1_pd(x[a]), ya = _mm512_set1_pd(y[a]), wa = _mm512_set1_pd(w[a]);
    for (int64_t b = 0; b < PADDED(n); b += 8) {
      __m512d dx = _mm512_sub_pd(xa, _mm512_loadu_pd(x + b));
      __m512d dy = _mm512_sub_pd(ya, _mm512_loadu_pd(y + b));
      __m512d side;
      if (jets->hadron) {
        dy = _mm512_abs_pd(dy), dy = _mm512_min_pd(dy, _mm512_sub_pd(turn, dy));
        side = _mm512_fmadd_pd(dy, dy, _mm512_mul_pd(dx, dx));
      } else {
        __m512d dz = _mm512_sub_pd(wa, _mm512_loadu_pd(w + b));
        __m512d sum = _mm512_fmadd_pd(dz, dz, _mm512_fmadd_pd(dy, dy, _mm512_mul_pd(dx, dx)));
        side = _mm512_mul_pd(quarter, sum);
      }
      _mm512_storeu_pd(s.z + a * size + b, side);
      _mm256_storeu_ps(s.narrow + a * size + b, _mm512_cvtpd_ps(side));
    }
  }
  return energy;
}

// Write what lies in the lenses of `a` and all before it. Of so many vectors as the compiler knows,
// the row of `a` and the shares stay in registers.
#define LENSES(VECTORS)                                                                        \
  static void lenses_##VECTORS(const float *near, const float *shares, int64_t size, int64_t a, \
                               double *inside) {                                               \
    __m512 row[VECTORS], share[VECTORS];                                                       \
    for (int v = 0; v < VECTORS; v++) {                                                        \
      row[v] = _mm512_loadu_ps(near + a * size + 16 * v);                                      \
      share[v] = _mm512_loadu_ps(shares + 16 * v);                                             \
    }                                                                                          \
    for (int64_t b = 0; b < a; b++) {                                                          \
      const float *near_b = near + b * size;                                                   \
      __m512 side = _mm512_set1_ps(near[a * size + b]), sum = _mm512_setzero_ps();             \
      for (int v = 0; v < VECTORS; v++) {                                                      \
        __mmask16 in = _mm512_cmp_ps_mask(row[v], side, _CMP_LT_OQ);                           \
        __m512 other = _mm512_loadu_ps(near_b + 16 * v);                                       \
        in = _mm512_mask_cmp_ps_mask(in, other, side, _CMP_LT_OQ);                             \
        sum = _mm512_mask_add_ps(sum, in, sum, share[v]);                                      \
      }                                                                                        \
      inside[b] = _mm512_reduce_add_ps(sum);                                                   \
    }                                                                                          \
  }

LENSES(1) LENSES(2) LENSES(3) LENSES(4) LENSES(5) LENSES(6)
LENSES(7) LENSES(8) LENSES(9) LENSES(10) LENSES(11) LENSES(12)

typedef void (*Lenses)(const float *, const float *, int64_t, int64_t, double *);
static const Lenses LENSES_OF[WIDEST] = {lenses_1, lenses_2, lenses_3, lenses_4,  lenses_5,  lenses_6,
                                         lenses_7, lenses_8, lenses_9, lenses_10, lenses_11, lenses_12};

// Jets of more than 16 * WIDEST particles are left out.
void longest_side_avx512(const Jets *jets, double *rows) {
  Table t = table_of(jets);
  int64_t size = jets->size;
  Space s = space_of(jets);
  double *inside = calloc(size, sizeof(double));
  float *shares = calloc(size, sizeof(float));
  for (int64_t jet = 0; jet < jets->n_jets; jet++) {
    int64_t first = jets->offsets[jet], n = jets->offsets[jet + 1] - first;
    double *row = rows + jets->event[jet] * (jets->n_edges + 1), q = jets->scale[jet];
    if (n > 16 * WIDEST) continue;
    const double *energy = narrow_distances(jets, first, n, s);
    for (int64_t a = 0; a < PADDED(n); a++) shares[a] = a < n ? energy[a] / q : 0.0;
    for (int64_t a = 0; a < n; a++) {
      LENSES_OF[PADDED(n) / 16 - 1](s.narrow, shares, size, a, inside);
      for (int64_t b = 0; b < a; b++)
        row[bin_of(s.z[a * size + b], &t)] += 6.0 * shares[a] * shares[b] * inside[b];
    }
  }
  freed(s), free(inside), free(shares), free(t.edges), free(t.below);
}

static inline __mmask16 closer(__mmask16 in, __m512 x, __m512 y, __m512 width) {
  return _mm512_mask_cmp_ps_mask(in, _mm512_abs_ps(_mm512_sub_ps(x, y)), width, _CMP_LT_OQ);
}

void equilateral_avx512(const Jets *jets, double *rows, double width) {
  Table t = table_of(jets);
  int64_t size = jets->size;
  Space s = space_of(jets);
  int32_t *kept = calloc(size * size + 16, sizeof(int32_t));
  const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  // No three particles of a jet are as far from each other as 8, nearly equally.
  __m512 wider = _mm512_set1_ps(width + 1e-6);
  for (int64_t jet = 0; jet < jets->n_jets; jet++) {
    int64_t first = jets->offsets[jet], n = jets->offsets[jet + 1] - first;
    double *row = rows + jets->event[jet] * (jets->n_edges + 1), q = jets->scale[jet];
    const double *energy = narrow_distances(jets, first, n, s);
    for (int64_t a = 0; a < n; a++) {
      const double *near_a = s.z + a * size;
      const float *narrow_a = s.narrow + a * size;
      int64_t count = 0;
      for (int64_t b = 0; b < a; b++) {
        const float *narrow_b = s.narrow + b * size;
        __m512 side = _mm512_set1_ps(narrow_a[b]);
        for (int64_t c = 0; c < b; c += 16) {
          __m512 x = _mm512_loadu_ps(narrow_a + c), y = _mm512_loadu_ps(narrow_b + c);
          __mmask16 in = _bzhi_u32(0xffff, b - c < 16 ? b - c : 16);
          in = closer(closer(closer(in, side, x, wider), side, y, wider), x, y, wider);
          __m512i place = _mm512_add_epi32(lanes, _mm512_set1_epi32(b << 16 | c));
          _mm512_storeu_si512(kept + count, _mm512_maskz_compress_epi32(in, place));
          count += __builtin_popcount(in);
        }
      }
      double weight = 6 * energy[a] / (q * q * q);
      for (int64_t k = 0; k < count; k++) {
        int64_t b = kept[k] >> 16, c = kept[k] & 0xffff;
        double side = near_a[b], x = near_a[c], y = s.z[b * size + c];
        if ((fabs(side - x) < width) & (fabs(side - y) < width) & (fabs(x - y) < width))
          row[bin_of((side + x + y) / 3, &t)] += weight * energy[b] * energy[c];
      }
    }
  }
  freed(s), free(kept), free(t.edges), free(t.below);
}
