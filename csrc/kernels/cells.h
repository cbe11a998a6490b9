/* One set of the kernels in recurrent.h; comes after body.h, whose vectors it uses. To be defined before:
   MOST_VECTORS  of units in a group: their gates' sums, and what else a step needs, must fit into the registers */
#include "recurrent.h"

/* A frame waits for two powers of two one after the other, so each is taken on the shortest way. */
typedef struct {
    vec part, whole;
} split;

INLINE split power(vec x)
{
    split e;
    powers(&x, &e.part, &e.whole, 1, SOONEST);
    return e;
}

#if LANES == 16
/* A guess of 14 bits, and one step from it: a division takes 18 cycles, this 14. */
INLINE vec ratio(vec a, vec b)
{
    const vec guess = _mm512_rcp14_ps(b), rough = a * guess;
    return rough * (1.0f - b * guess) + rough;
}
#else
INLINE vec ratio(vec a, vec b) { return a / b; }
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

static void dot(const float *weights, float bias, uint32_t width, const float *in, size_t in_stride, float *out, uint32_t frames)
{
    float quarters[4 * 64]; /* of up to 64 frames, RIG_BLOCK */
    for (uint32_t t = 0; t < frames; ++t, in += in_stride) {
        union {
            vec all;
            four part[LANES / 4];
        } u = {{0}};
        for (uint32_t i = 0; i < width; i += LANES) u.all += load(weights + i) * load(in + i);
        four sum = u.part[0];
        for (uint32_t i = 1; i < LANES / 4; ++i) sum += u.part[i];
        __builtin_memcpy(quarters + 4 * t, &sum, sizeof sum);
    }
    for (uint32_t t = 0; t < frames; ++t) {
        const float *q = quarters + 4 * t;
        out[t] = bias + ((q[0] + q[2]) + (q[1] + q[3]));
    }
}

/* --- activations ------------------------------------------------------------------------------------------------------------ */

INLINE void bend_frames(const rig_curve curve, const float *params, uint32_t width, float *rows, uint32_t frames)
{
    for (uint32_t t = 0; t < frames; ++t, rows += width)
        for (uint32_t i = 0; i < width; i += LANES) {
            vec p[4];
            for (uint32_t k = 0; k < rig_curve_params(curve); ++k) p[k] = load(params + k * width + i);
            store(rows + i, curved(curve, load(rows + i), p));
        }
}

static void bend_units(rig_curve curve, const float *params, uint32_t width, float *rows, uint32_t frames)
{
#define WORK(known) bend_frames(known, params, width, rows, frames)
    EVERY_CURVE(curve, WORK)
#undef WORK
}

/* --- recurrent layers ------------------------------------------------------------------------------------------------------- */

/* What the input makes of n vectors of a group's gates, from vector `from` on. */
INLINE void start(const rig_cells *c, const rig_group *g, const rig_input *in, vec *sum, const uint32_t from, const uint32_t n)
{
    const size_t at = c->gates * g->at + from * LANES;
    EVERY(v, n) sum[v] = load(in->sums + at + v * LANES);
    for (uint32_t i = 0; i < c->ins; ++i) EVERY(v, n) sum[v] += in->x[i] * load(c->input + i * c->width + at + v * LANES);
}

/* Adds what the frame before makes of n vectors of gates. Where one set of sums would have to wait for its last multiply-add,
   several take turns. */
INLINE void hear(const rig_group *g, const float *before, vec *sum, const uint32_t n)
{
    const uint32_t sets = n >= 8 ? 1 : 2;
    vec more[4 * MOST_VECTORS] = {{0}};
    const float *w = g->weights;
    uint32_t j = g->first;
    for (; j + sets <= g->end; j += sets, w += sets * n * LANES) {
        EVERY(v, n) sum[v] += before[j] * load(w + v * LANES);
        if (sets == 2) EVERY(v, n) more[v] += before[j + 1] * load(w + (n + v) * LANES);
    }
    for (; j < g->end; ++j, w += n * LANES) EVERY(v, n) sum[v] += before[j] * load(w + v * LANES);
    if (sets == 2) EVERY(v, n) sum[v] += more[v];
}

/* One frame of a group. c = f c + i tanh(g), h = o tanh(c), each with one division; the cell is kept scaled for tanh. */
INLINE void lstm_step(const rig_cells *c, const rig_group *g, const rig_input *in, const float *before, vec *cell, float *out,
                      const uint32_t n)
{
    const float scale = (float)RIG_TANH_SCALE;
    vec x[4 * MOST_VECTORS];
    start(c, g, in, x, 0, 4 * n);
    hear(g, before, x, 4 * n);
    EVERY(v, n) {
        const split i = power(x[v]), f = power(x[n + v]), e = power(x[2 * n + v]);
        const vec kept = i.part * (i.whole * cell[v]) + cell[v], input = i.part * i.whole + 1.0f;
        const vec forget = f.part * f.whole + 1.0f, below = e.part * e.whole + 1.0f;
        const vec above = e.part * (scale * e.whole) - scale;
        cell[v] = ratio(kept * below + above * forget, forget * input * below);
    }
    EVERY(v, n) {
        const split e = power(x[3 * n + v]), h = power(cell[v]);
        const vec over = e.part * e.whole + 1.0f;
        store(out + v * LANES, ratio(h.part * h.whole - 1.0f, h.part * (h.whole * over) + over));
    }
}

/* r = sigmoid, z = sigmoid, n = tanh(x + r (what is heard)), h = z h + (1 - z) n. */
INLINE void gru_step(const rig_cells *c, const rig_group *g, const rig_input *in, const float *before, float *out,
                     const uint32_t n)
{
    vec x[3 * MOST_VECTORS], fresh[MOST_VECTORS];
    start(c, g, in, x, 0, 2 * n);
    start(c, g, in, fresh, 2 * n, n);
    EVERY(v, n) x[2 * n + v] = load(c->bias + g->at + v * LANES);
    hear(g, before, x, 3 * n);
    EVERY(v, n) {
        const split r = power(x[n + v]), z = power(x[v]);
        const split e = power(fresh[v] + ratio(x[2 * n + v], r.part * r.whole + 1.0f));
        const vec keep = z.part * z.whole, over = keep + 1.0f, h = load(before + g->at + v * LANES);
        store(out + v * LANES, ratio(e.part * (e.whole * (h + keep)) + (h - keep), e.part * (e.whole * over) + over));
    }
}

INLINE void lstm_group(const rig_cells *c, const rig_group *g, rig_input in, float *cell, float *out, size_t stride,
                       uint32_t frames, const uint32_t n)
{
    vec kept[MOST_VECTORS];
    EVERY(v, n) kept[v] = load(cell + g->at + v * LANES);
    for (uint32_t t = 0; t < frames; ++t, in.sums += in.sums_stride, in.x += in.x_stride, out += stride)
        lstm_step(c, g, &in, out - stride, kept, out + g->at, n);
    EVERY(v, n) store(cell + g->at + v * LANES, kept[v]);
}

INLINE void gru_group(const rig_cells *c, const rig_group *g, rig_input in, float *cell, float *out, size_t stride,
                      uint32_t frames, const uint32_t n)
{
    (void)cell;
    for (uint32_t t = 0; t < frames; ++t, in.sums += in.sums_stride, in.x += in.x_stride, out += stride)
        gru_step(c, g, &in, out - stride, out + g->at, n);
}

#if MOST_VECTORS == 1
#define SIZES(name) SIZE(name, 1)
#elif MOST_VECTORS == 2
#define SIZES(name) SIZE(name, 1) SIZE(name, 2)
#elif MOST_VECTORS == 3
#define SIZES(name) SIZE(name, 1) SIZE(name, 2) SIZE(name, 3)
#else
#define SIZES(name) SIZE(name, 1) SIZE(name, 2) SIZE(name, 3) SIZE(name, 4)
#endif

/* Frames in one go where there is one group, which then keeps its cells in registers; else each frame group by group. */
#define LAYER(name)                                                                                                       \
    static void name(const rig_cells *c, const rig_input *from, float *cell, float *out, size_t stride, uint32_t frames)  \
    {                                                                                                                     \
        const uint32_t go = c->n_groups == 1 ? frames : 1;                                                                \
        rig_input in = *from;                                                                                             \
        for (uint32_t t = 0; t < frames; t += go, in.sums += in.sums_stride, in.x += in.x_stride, out += stride)          \
            for (const rig_group *g = c->groups, *end = g + c->n_groups; g < end; ++g)                                    \
                switch (g->vectors) { SIZES(name) }                                                                       \
    }
#define SIZE(name, n) case n: name##_group(c, g, in, cell, out, stride, go, n); break;
LAYER(lstm)
LAYER(gru)

const rig_recurrent JOIN(rig_recurrent_, ISA) = {TEXT(ISA), LANES, MOST_VECTORS, affine, dot, bend_units, lstm, gru};
