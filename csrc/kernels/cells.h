/* One set of the kernels in recurrent.h; comes after body.h, whose vectors it uses. To be defined before:
   MOST_VECTORS  of units in a group: their gates' sums, and what else a step needs, must fit into the registers */
#include "recurrent.h"

/* The multiply-adds of one sum must be at least this many apart, else each waits for the one before. */
#define APART 8

/* --- 2^x, with as short a way through it as can be: a frame waits for the whole of it twice ------------------------------ */

#define LIMIT 40.0f /* three factors of up to 2^40 are multiplied, and stay finite */

#if LANES == 16
INLINE vec power(vec x)
{
    const vec f = _mm512_reduce_ps(x, 8), f2 = f * f; /* x less the nearest whole number */
    const vec whole = LEAST(splat(LIMIT), x - f);
    const vec p = (P1 * f + 1.0f) + f2 * ((P3 * f + P2) + f2 * (P5 * f + P4));
    return _mm512_scalef_ps(p, whole);
}
#else
INLINE vec power(vec x)
{
    const vec magic = splat(12582912.0f); /* 1.5 * 2^23: adding it rounds to a whole number */
    const vec rounded = x + magic, f = x - (rounded - magic), f2 = f * f;
    const vec whole = MOST(magic - LIMIT, LEAST(magic + LIMIT, rounded));
    const vec p = (P1 * f + 1.0f) + f2 * ((P3 * f + P2) + f2 * (P5 * f + P4));
    return (vec)((ivec)p + ((ivec)whole << 23));
}
#endif

#define EVERY(v, n) UNROLL for (uint32_t v = 0; v < (n); ++v)

/* --- dense layers and convolutions ---------------------------------------------------------------------------------------- */

/* frames x vectors of the output. */
INLINE void affine_tile(const rig_affine *a, const float *const *in, size_t ins_at, size_t in_stride, uint32_t unit, float *out,
                        size_t out_stride, const uint32_t frames, const uint32_t vectors)
{
    vec sum[4][2];
    EVERY(t, frames) EVERY(v, vectors) sum[t][v] = load(a->bias + unit + v * LANES);
    const float *w = a->weights + unit;
    for (uint32_t k = 0; k < a->taps; ++k) {
        const float *x = in[k] + ins_at;
        for (uint32_t i = 0; i < a->ins; ++i, w += a->width)
            EVERY(t, frames) EVERY(v, vectors) sum[t][v] += x[t * in_stride + i] * load(w + v * LANES);
    }
    EVERY(t, frames) EVERY(v, vectors) store(out + t * out_stride + unit + v * LANES, sum[t][v]);
}

static void affine(const rig_affine *a, const float *const *in, size_t in_stride, float *out, size_t out_stride, uint32_t frames)
{
    uint32_t unit = 0, t;
    for (; unit + 2 * LANES <= a->width; unit += 2 * LANES) {
        for (t = 0; t + 4 <= frames; t += 4)
            affine_tile(a, in, t * in_stride, in_stride, unit, out + t * out_stride, out_stride, 4, 2);
        for (; t < frames; ++t) affine_tile(a, in, t * in_stride, in_stride, unit, out + t * out_stride, out_stride, 1, 2);
    }
    if (unit == a->width) return;
    for (t = 0; t + 4 <= frames; t += 4)
        affine_tile(a, in, t * in_stride, in_stride, unit, out + t * out_stride, out_stride, 4, 1);
    for (; t < frames; ++t) affine_tile(a, in, t * in_stride, in_stride, unit, out + t * out_stride, out_stride, 1, 1);
}

typedef float four __attribute__((vector_size(16)));

INLINE float across(vec x)
{
    union {
        vec all;
        four part[LANES / 4];
    } u = {x};
    four sum = u.part[0];
    for (uint32_t i = 1; i < LANES / 4; ++i) sum += u.part[i];
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

static void dot(const float *weights, float bias, uint32_t width, const float *in, size_t in_stride, float *out, uint32_t frames)
{
    for (uint32_t t = 0; t < frames; ++t, in += in_stride) {
        vec sum = {0};
        for (uint32_t i = 0; i < width; i += LANES) sum += load(weights + i) * load(in + i);
        out[t] = bias + across(sum);
    }
}

/* --- activations ------------------------------------------------------------------------------------------------------------ */

INLINE vec size_of(vec x) { return (vec)((ivec)x & 0x7fffffff); }
INLINE vec tanh_of(vec x) { return (power((float)RIG_TANH_SCALE * x) - 1.0f) / (power((float)RIG_TANH_SCALE * x) + 1.0f); }
INLINE vec sigmoid_of(vec x) { return 1.0f / (1.0f + power((float)RIG_SIGMOID_SCALE * x)); }

INLINE vec fast_tanh_of(vec x)
{
    const vec a = size_of(x), squared = x * x;
    return x * (2.45550750702956f + 2.45550750702956f * a + (0.893229853513558f + 0.821226666969744f * a) * squared) /
           (2.44506634652299f + (2.44506634652299f + squared) * size_of(x + 0.814642734961073f * x * a));
}

INLINE vec clip_of(vec x, vec low, vec high, vec low_slope, vec high_slope)
{
    const vec inside = MOST(low, LEAST(high, x));
    return inside + low_slope * LEAST(x - low, (vec){0}) + high_slope * MOST(x - high, (vec){0});
}

INLINE vec shaped(const rig_shape shape, vec x, const float *p, size_t width)
{
    switch (shape) {
    case RIG_SHAPE_TANH: return tanh_of(x);
    case RIG_SHAPE_FASTTANH: return fast_tanh_of(x);
    case RIG_SHAPE_SIGMOID: return sigmoid_of(x);
    case RIG_SHAPE_SOFTSIGN: return x / (1.0f + size_of(x));
    case RIG_SHAPE_SOFTSIGMOID: return 0.5f + 0.5f * x / (1.0f + size_of(x));
    case RIG_SHAPE_SILU: return x * sigmoid_of(x);
    case RIG_SHAPE_HARDSWISH: return x * MOST((vec){0}, LEAST(splat(6.0f), x + 3.0f)) * (1.0f / 6.0f);
    case RIG_SHAPE_ELU: {
        const vec below = power((float)RIG_LOG2E * LEAST(x, (vec){0})) - 1.0f;
        return MOST(x, (vec){0}) + load(p) * below;
    }
    case RIG_SHAPE_CLIP: return clip_of(x, load(p), load(p + width), load(p + 2 * width), load(p + 3 * width));
    default: return x;
    }
}

INLINE void shape_rows(const rig_shape shape, const float *params, uint32_t width, float *rows, uint32_t frames)
{
    for (uint32_t t = 0; t < frames; ++t, rows += width)
        for (uint32_t i = 0; i < width; i += LANES) store(rows + i, shaped(shape, load(rows + i), params + i, width));
}

static void shape(rig_shape shape, const float *params, uint32_t width, float *rows, uint32_t frames)
{
#define CASE(kind) case kind: shape_rows(kind, params, width, rows, frames); break;
    switch (shape) {
    CASE(RIG_SHAPE_TANH)
    CASE(RIG_SHAPE_FASTTANH)
    CASE(RIG_SHAPE_SIGMOID)
    CASE(RIG_SHAPE_SOFTSIGN)
    CASE(RIG_SHAPE_SOFTSIGMOID)
    CASE(RIG_SHAPE_SILU)
    CASE(RIG_SHAPE_HARDSWISH)
    CASE(RIG_SHAPE_ELU)
    CASE(RIG_SHAPE_CLIP)
    default: break;
    }
#undef CASE
}

/* --- recurrent layers ------------------------------------------------------------------------------------------------------- */

/* n vectors of gates: sum += what the frame before adds. Two sets of sums where one would have to wait for itself. */
INLINE void hear(const rig_group *g, const float *before, vec *sum, const uint32_t n)
{
    const float *w = g->weights;
    uint32_t j = g->first;
    if (n < APART) {
        vec odd[APART] = {{0}};
        for (; j + 2 <= g->end; j += 2, w += 2 * n * LANES)
            EVERY(v, n) {
                sum[v] += before[j] * load(w + v * LANES);
                odd[v] += before[j + 1] * load(w + (n + v) * LANES);
            }
        EVERY(v, n) sum[v] += odd[v];
    }
    for (; j < g->end; ++j, w += n * LANES) EVERY(v, n) sum[v] += before[j] * load(w + v * LANES);
}

/* One frame of a group. c = f c + i tanh(g), h = o tanh(c), each with one division; the cell is kept scaled for tanh. */
INLINE void lstm_step(const rig_group *g, const float *sums, const float *before, vec *cell, float *out, const uint32_t n)
{
    const float scale = (float)RIG_TANH_SCALE;
    vec x[4 * MOST_VECTORS];
    EVERY(v, 4 * n) x[v] = load(sums + v * LANES);
    hear(g, before, x, 4 * n);
    EVERY(v, 4 * n) x[v] = power(x[v]);
    EVERY(v, n) {
        const vec i = x[v], f = 1.0f + x[n + v], c = x[2 * n + v], o = 1.0f + x[3 * n + v];
        const vec over = (1.0f + c) * i + (1.0f + c);
        cell[v] = (cell[v] * over + (scale * c - scale) * f) / (over * f);
        const vec e = power(cell[v]);
        store(out + v * LANES, (e - 1.0f) / (e * o + o));
    }
}

INLINE void lstm_group(const rig_group *g, const float *sums, size_t sums_stride, float *cell, float *out, size_t out_stride,
                       uint32_t frames, const uint32_t n)
{
    vec c[MOST_VECTORS];
    EVERY(v, n) c[v] = load(cell + g->at + v * LANES);
    for (uint32_t t = 0; t < frames; ++t, sums += sums_stride, out += out_stride)
        lstm_step(g, sums + 4 * g->at, out - out_stride, c, out + g->at, n);
    EVERY(v, n) store(cell + g->at + v * LANES, c[v]);
}

/* r = sigmoid, z = sigmoid, n = tanh(x + r h), h = n + z (h - n). */
INLINE void gru_step(const rig_group *g, const float *sums, const float *bias, const float *before, float *out, const uint32_t n)
{
    vec x[3 * MOST_VECTORS];
    EVERY(v, 2 * n) x[v] = load(sums + v * LANES);
    EVERY(v, n) x[2 * n + v] = load(bias + v * LANES);
    hear(g, before, x, 3 * n);
    EVERY(v, n) {
        const vec r = 1.0f + power(x[n + v]), z = 1.0f + power(x[v]);
        const vec e = power(load(sums + (2 * n + v) * LANES) + x[2 * n + v] / r), h = load(before + g->at + v * LANES);
        const vec fresh = (e - 1.0f) / (e + 1.0f);
        store(out + v * LANES, fresh + (h - fresh) / z);
    }
}

INLINE void gru_group(const rig_cells *c, const rig_group *g, const float *sums, size_t sums_stride, float *out,
                      size_t out_stride, uint32_t frames, const uint32_t n)
{
    for (uint32_t t = 0; t < frames; ++t, sums += sums_stride, out += out_stride)
        gru_step(g, sums + 3 * g->at, c->bias + g->at, out - out_stride, out + g->at, n);
}

#if MOST_VECTORS == 1
#define SIZES SIZE(1)
#elif MOST_VECTORS == 2
#define SIZES SIZE(1) SIZE(2)
#elif MOST_VECTORS == 3
#define SIZES SIZE(1) SIZE(2) SIZE(3)
#else
#define SIZES SIZE(1) SIZE(2) SIZE(3) SIZE(4)
#endif

/* Frames in one go where there is one group, which then keeps its cells in registers; else each frame group by group. */
static void lstm(const rig_cells *c, const float *sums, size_t sums_stride, float *cell, float *out, size_t out_stride,
                 uint32_t frames)
{
    const uint32_t go = c->n_groups == 1 ? frames : 1;
    for (uint32_t t = 0; t < frames; t += go, sums += sums_stride, out += out_stride)
        for (const rig_group *g = c->groups, *end = g + c->n_groups; g < end; ++g)
            switch (g->vectors) {
#define SIZE(n) case n: lstm_group(g, sums, sums_stride, cell, out, out_stride, go, n); break;
            SIZES
#undef SIZE
            }
}

static void gru(const rig_cells *c, const float *sums, size_t sums_stride, float *cell, float *out, size_t out_stride,
                uint32_t frames)
{
    const uint32_t go = c->n_groups == 1 ? frames : 1;
    for (uint32_t t = 0; t < frames; t += go, sums += sums_stride, out += out_stride)
        for (const rig_group *g = c->groups, *end = g + c->n_groups; g < end; ++g)
            switch (g->vectors) {
#define SIZE(n) case n: gru_group(c, g, sums, sums_stride, out, out_stride, go, n); break;
            SIZES
#undef SIZE
            }
}

const rig_recurrent JOIN(rig_recurrent_, ISA) = {TEXT(ISA), LANES, MOST_VECTORS, affine, dot, shape, lstm, gru};
