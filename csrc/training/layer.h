/* One gated layer of C channels, forward and backward, in one pass over the sound.  Included once for every C
   and every instruction set.

   A row is one frame: C floats, one vector.  Eight rows are computed together, so that each weight loaded serves eight
   frames and the sums stay in registers.  PyTorch, a call an operation, moves ten times as much through memory. */

#define ROWS 8
#define TILE 64 /* rows whose gradients are summed in registers before they are added up in memory */
#define NAME2(a, b, c) a##_##b##_##c
#define NAME1(a, b, c) NAME2(a, b, c)
#define NAME(a) NAME1(a, C, ISA)
#define vec NAME(vec)
#define mask NAME(mask)
#define INLINE static inline __attribute__((always_inline))

typedef float vec __attribute__((vector_size(C * 4), aligned(4), may_alias));
typedef int mask __attribute__((vector_size(C * 4)));

INLINE vec NAME(load)(const float *p) { return *(const vec *)p; }
INLINE void NAME(store)(float *p, vec v) { *(vec *)p = v; }

INLINE vec NAME(pick)(mask m, vec yes, vec no) { return (vec)((m & (mask)yes) | (~m & (mask)no)); }

INLINE float NAME(sum)(vec v) {
#ifdef __clang__
  float sum = 0;
  for (int c = 0; c < C; ++c) sum += v[c];
  return sum;
#else
  const mask lane = {LANES};
  for (int half = C / 2; half; half /= 2) v += __builtin_shuffle(v, lane ^ half);
  return v[0];
#endif
}

/* A quotient of polynomials, true to 2e-7 (the one Eigen and XLA use). */
INLINE vec NAME(tanh)(vec x) {
  const vec top = (vec){0} + 7.90531110763549805f;
  x = NAME(pick)(x > top, top, x);
  x = NAME(pick)(x < -top, -top, x);
  const vec s = x * x;
  vec p = s * -2.76076847742355e-16f + 2.00018790482477e-13f;
  p = p * s + -8.60467152213735e-11f;
  p = p * s + 5.12229709037114e-08f;
  p = p * s + 1.48572235717979e-05f;
  p = p * s + 6.37261928875436e-04f;
  p = p * s + 4.89352455891786e-03f;
  vec q = s * 1.19825839466702e-06f + 1.18534705686654e-04f;
  q = q * s + 2.26843463243900e-03f;
  q = q * s + 4.89352518554385e-03f;
  return p * x / q;
}

/* sum[j] += rows[j] . weights, for eight rows `pitch` floats apart; weights (C, C) in -> out */
INLINE void NAME(multiply)(vec *sum, const float *rows, long pitch, const float *weights) {
#pragma GCC unroll 16
  for (int in = 0; in < C; ++in) {
    const vec w = NAME(load)(weights + in * C);
#pragma GCC unroll 8
    for (int j = 0; j < ROWS; ++j) sum[j] += rows[j * pitch + in] * w;
  }
}

/* gradient (C, C) += sum over n rows of outer(from, to) */
INLINE void NAME(outer)(float *gradient, const float *from, long from_pitch, const float *to, long to_pitch, long n) {
  vec sum[C];
#pragma GCC unroll 16
  for (int in = 0; in < C; ++in) sum[in] = (vec){0};
  for (long r = 0; r < n; ++r) {
    const vec t = NAME(load)(to + r * to_pitch);
    const float *f = from + r * from_pitch;
#pragma GCC unroll 16
    for (int in = 0; in < C; ++in) sum[in] += f[in] * t;
  }
#pragma GCC unroll 16
  for (int in = 0; in < C; ++in) NAME(store)(gradient + in * C, NAME(load)(gradient + in * C) + sum[in]);
}

INLINE void NAME(transpose)(float *to, const float *from) {
  for (int i = 0; i < C; ++i)
    for (int j = 0; j < C; ++j) to[j * C + i] = from[i * C + j];
}

INLINE void NAME(forward_rows)(const rig_layer *l, long r, const float *x, float *gates, float *residual, float *skip) {
  const long shift = (l->taps - 1) * l->stride;
  vec filtered[ROWS], gate[ROWS], next[ROWS];
  float activation[ROWS * C];
  for (int j = 0; j < ROWS; ++j) {
    filtered[j] = NAME(load)(l->bias);
    gate[j] = NAME(load)(l->bias + C);
    next[j] = NAME(load)(l->mix_bias);
  }
  for (long tap = 0; tap < l->taps; ++tap) {
    const float *past = x + (r + tap * l->stride) * C, *weights = l->kernel + tap * C * C;
#pragma GCC unroll 16
    for (int in = 0; in < C; ++in) {
      const vec wf = NAME(load)(weights + in * C), wg = NAME(load)(weights + (l->taps * C + in) * C);
#pragma GCC unroll 8
      for (int j = 0; j < ROWS; ++j) {
        const float value = past[j * C + in];
        filtered[j] += value * wf;
        gate[j] += value * wg;
      }
    }
  }
  const vec out = NAME(load)(l->output);
  for (int j = 0; j < ROWS; ++j) {
    filtered[j] = NAME(tanh)(filtered[j]);
    gate[j] = 0.5f + 0.5f * NAME(tanh)(0.5f * gate[j]);
    const vec a = filtered[j] * gate[j];
    NAME(store)(activation + j * C, a);
    skip[r + j] = NAME(sum)(a * out);
  }
  NAME(multiply)(next, activation, C, l->mix);
  for (int j = 0; j < ROWS; ++j) {
    NAME(store)(gates + (r + j) * 2 * C, filtered[j]);
    NAME(store)(gates + (r + j) * 2 * C + C, gate[j]);
    NAME(store)(residual + (r + j) * C, next[j] + NAME(load)(x + (r + j + shift) * C));
  }
}

/* x (rows + shift, C) -> gates (rows, 2, C), residual (rows, C), skip (rows,).  rows >= 8: the last eight may overlap. */
static void NAME(forward)(const rig_layer *l, const float *x, float *gates, float *residual, float *skip) {
  for (long r = 0; r < l->rows; r += ROWS) {
    const long at = r + ROWS <= l->rows ? r : l->rows - ROWS;
    NAME(forward_rows)(l, at, x, gates, residual, skip);
  }
}

/* d_residual (rows, C), d_skip (rows,) -> d_x (rows + shift, C) and the gradients g (to be zeroed before);
   d_gates (rows, 2, C) is scratch. */
static void NAME(backward)(const rig_layer *l, const rig_gradients *g, const float *x, const float *gates,
                                  const float *d_residual, const float *d_skip, float *d_gates, float *d_x) {
  const long shift = (l->taps - 1) * l->stride;
  float mix_turned[C * C], activation[TILE * C], turned[2 * C * C];
  vec d_bias_f = {0}, d_bias_g = {0}, d_mix_bias = {0}, d_output = {0};
  const vec out = NAME(load)(l->output);
  NAME(transpose)(mix_turned, l->mix);
  for (long start = 0; start < l->rows; start += TILE) {
    const long n = start + TILE <= l->rows ? TILE : l->rows - start;
    for (long i = 0; i < n; i += ROWS) {
      const long r = start + i;
      const int rows = r + ROWS <= l->rows ? ROWS : (int)(l->rows - r);
      vec d[ROWS];
      for (int j = 0; j < ROWS; ++j) d[j] = out * (j < rows ? d_skip[r + j] : 0.0f);
      if (rows == ROWS) {
        NAME(multiply)(d, d_residual + r * C, C, mix_turned);
      } else {
        for (int j = 0; j < rows; ++j)
          for (int in = 0; in < C; ++in) d[j] += d_residual[(r + j) * C + in] * NAME(load)(mix_turned + in * C);
      }
      for (int j = 0; j < rows; ++j) {
        const vec f = NAME(load)(gates + (r + j) * 2 * C), s = NAME(load)(gates + (r + j) * 2 * C + C), a = f * s;
        const vec df = d[j] * (s - f * a), ds = d[j] * (a - a * s);
        NAME(store)(activation + (i + j) * C, a);
        NAME(store)(d_gates + (r + j) * 2 * C, df);
        NAME(store)(d_gates + (r + j) * 2 * C + C, ds);
        d_bias_f += df;
        d_bias_g += ds;
        d_output += a * d_skip[r + j];
        d_mix_bias += NAME(load)(d_residual + (r + j) * C);
      }
    }
    NAME(outer)(g->mix, activation, C, d_residual + start * C, C, n);
    for (long tap = 0; tap < l->taps; ++tap) {
      const float *past = x + (start + tap * l->stride) * C;
      NAME(outer)(g->kernel + tap * C * C, past, C, d_gates + start * 2 * C, 2 * C, n);
      NAME(outer)(g->kernel + (l->taps + tap) * C * C, past, C, d_gates + start * 2 * C + C, 2 * C, n);
    }
  }
  NAME(store)(g->bias, d_bias_f);
  NAME(store)(g->bias + C, d_bias_g);
  NAME(store)(g->mix_bias, d_mix_bias);
  NAME(store)(g->output, d_output);
  memset(d_x, 0, (size_t)shift * C * sizeof *d_x);
  memcpy(d_x + shift * C, d_residual, (size_t)l->rows * C * sizeof *d_x);
  for (long tap = 0; tap < l->taps; ++tap) {
    NAME(transpose)(turned, l->kernel + tap * C * C);
    NAME(transpose)(turned + C * C, l->kernel + (l->taps + tap) * C * C);
    float *to = d_x + tap * l->stride * C;
    long r = 0;
    for (; r + ROWS <= l->rows; r += ROWS) {
      vec sum[ROWS];
      for (int j = 0; j < ROWS; ++j) sum[j] = NAME(load)(to + (r + j) * C);
      NAME(multiply)(sum, d_gates + r * 2 * C, 2 * C, turned);
      NAME(multiply)(sum, d_gates + r * 2 * C + C, 2 * C, turned + C * C);
      for (int j = 0; j < ROWS; ++j) NAME(store)(to + (r + j) * C, sum[j]);
    }
    for (; r < l->rows; ++r) {
      vec sum = NAME(load)(to + r * C);
      for (int in = 0; in < 2 * C; ++in) sum += d_gates[r * 2 * C + in] * NAME(load)(turned + in * C);
      NAME(store)(to + r * C, sum);
    }
  }
}

#undef ROWS
#undef TILE
#undef NAME2
#undef NAME1
#undef NAME
#undef vec
#undef mask
#undef INLINE
#undef C
#undef LANES
