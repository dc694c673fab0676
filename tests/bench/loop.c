/* Loops round the peers' C functions, so that no Python stands between one call and the next. Each fills `times` with the
   microseconds per call of slices of `slice` calls, in the given order of rows, for `seconds`; answers how many slices. */
#include <stdint.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

#define SLICES(CALL)                                                        \
  int count = 0, at = 0;                                                    \
  for (double began = now(); count < room && (count < 3 || now() - began < seconds * 1e6);) { \
    double start = now();                                                   \
    for (int i = 0; i < slice; i++, at = at + 1 < n ? at + 1 : 0) { CALL; } \
    times[count++] = (now() - start) / slice;                               \
  }                                                                         \
  return count;

typedef void (*tl2cgen_fn)(void *entries, int pred_margin, float *out);
int loop_tl2cgen(tl2cgen_fn f, uint32_t *entries, int columns, const int *order, int n, int slice, double seconds, double *times, int room) {
  float out;
  SLICES(out = 0; f(entries + (int64_t)order[at] * columns, 1, &out))
}

typedef void (*lleaves_fn)(const double *rows, double *out, int from, int to);
int loop_lleaves(lleaves_fn f, const double *rows, int columns, const int *order, int n, int slice, double seconds, double *times, int room) {
  double out;
  SLICES(f(rows + (int64_t)order[at] * columns, &out, 0, 1))
}

typedef int (*xgboost_fn)(void *booster, const char *row, const char *config, void *proxy, const uint64_t **shape, uint64_t *dim, const float **out);
int loop_xgboost(xgboost_fn f, void *booster, const char **rows, const char *config, int n, int slice, double seconds, double *times, int room) {
  const uint64_t *shape;
  uint64_t dim;
  const float *out;
  SLICES(f(booster, rows[at], config, 0, &shape, &dim, &out))
}
