// Runs one kernel on jets from a file, so that its instructions can be counted:
// `counted generated|by_hand JETS ROWS`. No Python is in the process.
//
// BY_HAND(jets, rows, parameters) is defined on the command line. `generated` comes as assembly from
// counted.py; what it needs of numba's runtime is below, and errors, which it never raises, are left
// out.

#include <stdio.h>

#include "by_hand.c"

typedef struct {
  size_t references;
  void *destructor, *destructor_info, *data;
  size_t size;
  void *allocator;
} MemInfo;

MemInfo *NRT_MemInfo_alloc_aligned(size_t size, unsigned align) {
  MemInfo *info = calloc(1, sizeof(MemInfo));
  info->references = 1, info->size = size;
  info->data = aligned_alloc(align, (size + align - 1) / align * align);
  return info;
}

void NRT_MemInfo_call_dtor(MemInfo *info) { free(info->data), free(info); }

void generated(int64_t n_jets, int64_t n_particles, int64_t n_events, int64_t n_edges,
               int64_t n_parameters, const int64_t *offsets, const double *px, const double *py,
               const double *pz, const double *energy, const double *scale, const int64_t *event,
               const double *edges, const int64_t *edge_offsets, const double *parameters,
               double *rows);

__attribute__((noinline)) void measured(const Jets *j, int by_hand, int64_t n_events,
                                        int64_t n_parameters, const double *parameters,
                                        double *rows) {
  int64_t edge_offsets[2] = {0, j->n_edges};
  if (by_hand)
    BY_HAND(j, rows, parameters);
  else
    generated(j->n_jets, j->offsets[j->n_jets], n_events, j->n_edges, n_parameters, j->offsets,
              j->px, j->py, j->pz, j->energy, j->scale, j->event, j->edges, edge_offsets,
              parameters, rows);
}

static void *array(FILE *file, int64_t n) {
  void *data = malloc(n * 8);
  if (fread(data, 8, n, file) != (size_t)n) exit(2);
  return data;
}

int main(int count, char **arguments) {
  FILE *file = fopen(arguments[count - 2], "rb");
  int64_t *n = array(file, 6);
  Jets jets = {.n_jets = n[0], .n_edges = n[1], .size = n[2]};
  int64_t n_particles = n[3], n_events = n[4], n_parameters = n[5];
  jets.offsets = array(file, jets.n_jets + 1), jets.event = array(file, jets.n_jets);
  jets.px = array(file, n_particles), jets.py = array(file, n_particles);
  jets.pz = array(file, n_particles), jets.energy = array(file, n_particles);
  jets.scale = array(file, jets.n_jets), jets.edges = array(file, jets.n_edges);
  double *parameters = array(file, n_parameters);
  size_t n_cells = n_events * (jets.n_edges + 1);
  double *rows = calloc(n_cells, sizeof(double));
  measured(&jets, !strcmp(arguments[1], "by_hand"), n_events, n_parameters, parameters, rows);
  FILE *out = fopen(arguments[count - 1], "wb");
  return fwrite(rows, 8, n_cells, out) != n_cells || fclose(out);
}
