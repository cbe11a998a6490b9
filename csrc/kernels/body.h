/* One set of kernels. Included once per instruction set, with these defined before:
   ISA      the name, which also ends the name of the table
   LANES    floats in a vector
   TILES    T(rows, vectors) for each tile of sums that is held in registers, the largest first. As many as there are
            registers for: each sum waits for its last multiply-add, so enough others must be under way.
   DEEPER   a pragma that unrolls the innermost loop of a tile, where that pays
   ACTIVE   vectors that go through an activation side by side
   LEAST, MOST  the smaller and the larger of two vectors: one instruction everywhere, but C has no word for it, and GCC
            makes four of a comparison and a choice, which costs a third of the activation's time
   INVERSE  1 / x within 1.5e-7 where a division is slow, or plainly 1 / x */

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef int32_t ivec __attribute__((vector_size(LANES * 4)));
typedef float loose __attribute__((vector_size(LANES * 4), aligned(4), may_alias)); /* as vec, anywhere in memory */

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

INLINE vec load(const float *p) { return *(const loose *)p; }
INLINE void store(float *p, vec v) { *(loose *)p = v; }
INLINE vec splat(float x) { return x - (vec){0}; }

/* Rows that the next tile takes of those that are left. */
INLINE uint32_t tile_rows(uint32_t left)
{
#define T(rows, vectors) if (left >= rows) return rows;
    TILES
#undef T
    return 0;
}

static void pack(const float *weights, uint32_t taps, uint32_t ins, uint32_t outs, const double scale[2], float *packed)
{
    for (uint32_t first = 0, rows; first < outs; first += rows) {
        rows = tile_rows(outs - first);
        for (uint32_t i = 0; i < taps * ins; ++i)
            for (uint32_t o = first; o < first + rows; ++o)
                *packed++ = (float)(weights[(size_t)i * outs + o] * scale[o >= (outs + 1) / 2]);
    }
}

/* What a tile works on: its rows of the weights, the bias and the output. */
typedef struct {
    const rig_conv *conv;
    const float *const *in;
    const float *weights, *bias, *add;
    float *out;
    size_t in_stride, add_stride, out_stride;
} tile;

/* rows x vectors of the output, from frame `at` on. All of the arithmetic of a WaveNet happens here. */
INLINE void tile_at(const tile *t, uint32_t at, const uint32_t rows, const uint32_t vectors)
{
    vec sum[16][16];
    UNROLL for (uint32_t r = 0; r < rows; ++r)
        UNROLL for (uint32_t v = 0; v < vectors; ++v) {
            sum[r][v] = splat(t->bias[r]);
            if (t->add) sum[r][v] += load(t->add + r * t->add_stride + at + v * LANES);
        }
    const float *w = t->weights;
    const size_t stride = t->in_stride;
    const uint32_t ins = t->conv->ins;
    for (uint32_t k = 0; k < t->conv->taps; ++k) {
        const float *x = t->in[k] + at;
        DEEPER for (uint32_t i = 0; i < ins; ++i, x += stride, w += rows) {
            vec frame[16];
            UNROLL for (uint32_t v = 0; v < vectors; ++v) frame[v] = load(x + v * LANES);
            UNROLL for (uint32_t r = 0; r < rows; ++r)
                UNROLL for (uint32_t v = 0; v < vectors; ++v) sum[r][v] += w[r] * frame[v];
        }
    }
    UNROLL for (uint32_t r = 0; r < rows; ++r)
        UNROLL for (uint32_t v = 0; v < vectors; ++v) store(t->out + r * t->out_stride + at + v * LANES, sum[r][v]);
}

INLINE void tile_run(const tile *t, uint32_t frames, const uint32_t rows, const uint32_t vectors)
{
    uint32_t at = 0;
    for (; at + vectors * LANES <= frames; at += vectors * LANES) tile_at(t, at, rows, vectors);
    if (vectors > 2 && at + 2 * LANES <= frames) tile_at(t, at, rows, 2), at += 2 * LANES;
    for (; at < frames; at += LANES) tile_at(t, at, rows, 1);
}

static void conv(const rig_conv *c, const float *const *in, size_t in_stride, const float *add, size_t add_stride,
                 float *out, size_t out_stride, uint32_t frames)
{
    tile t = {c, in, c->weights, c->bias, add, out, in_stride, add_stride, out_stride};
    for (uint32_t first = 0, rows; first < c->outs; first += rows) {
        rows = tile_rows(c->outs - first);
#define T(r, vectors) if (rows == r) tile_run(&t, frames, r, vectors);
        TILES
#undef T
        t.weights += (size_t)rows * c->taps * c->ins;
        t.bias += rows;
        t.out += rows * out_stride;
        if (add) t.add += rows * add_stride;
    }
}

/* 2^f on [-0.5, 0.5], fitted for the least relative error, 9e-8. */
#define P1 0.6931470036506653f
#define P2 0.24022242426872253f
#define P3 0.05550733581185341f
#define P4 0.009671512991189957f
#define P5 0.001326472731307149f

/* Several vectors go through the steps of an activation side by side: one alone would wait for each step's result, and the
   processor does not look far enough ahead to find the next one's work. */
#define EACH UNROLL for (uint32_t v = 0; v < n; ++v)

/* 2^x for |x| <= 60, within 1.2e-7 of it: the whole part goes into the exponent, a polynomial does the rest. */
INLINE void exp2_clamped(vec *x, const uint32_t n)
{
    const vec most = splat(60.0f), magic = splat(12582912.0f); /* 1.5 * 2^23: adding it rounds to a whole number */
    vec whole[ACTIVE], p[ACTIVE];
    EACH x[v] = MOST(-most, LEAST(most, x[v])); /* in this order NaN stays NaN, for the guard to see */
    EACH whole[v] = x[v] + magic;
    EACH x[v] -= whole[v] - magic;
    EACH p[v] = P5 * x[v] + P4;
    EACH p[v] = p[v] * x[v] + P3;
    EACH p[v] = p[v] * x[v] + P2;
    EACH p[v] = p[v] * x[v] + P1;
    EACH p[v] = p[v] * x[v] + 1.0f;
    EACH x[v] = (vec)((ivec)p[v] + ((ivec)whole[v] << 23));
}

INLINE void softsign(vec *x, const uint32_t n)
{
    EACH x[v] /= 1.0f + (vec)((ivec)x[v] & 0x7fffffff);
}

/* x holds n vectors of a row and, when gated, behind them those of the row that gates it. */
INLINE void act(const rig_activation activation, vec *x, const uint32_t n)
{
    const uint32_t all = rig_is_gated(activation) ? 2 * n : n;
    if (activation == RIG_SOFTSIGN || activation == RIG_SOFTGATED) softsign(x, all);
    if (activation == RIG_TANH || activation == RIG_SIGMOID || activation == RIG_GATED) exp2_clamped(x, all);
    if (activation == RIG_TANH) EACH x[v] = (x[v] - 1.0f) * INVERSE(x[v] + 1.0f);
    if (activation == RIG_SIGMOID) EACH x[v] = INVERSE(1.0f + x[v]);
    if (activation == RIG_RELU) EACH x[v] = MOST(x[v], (vec){0});
    if (activation == RIG_SOFTGATED) EACH x[v] *= x[v + n];
    if (activation == RIG_GATED) {
        vec over[ACTIVE];
        EACH over[v] = x[v] + 1.0f;
        EACH over[v] = over[v] * x[v + n] + over[v];
        EACH over[v] = INVERSE(over[v]);
        EACH x[v] = (x[v] - 1.0f) * over[v];
    }
}

/* n vectors, `step` floats apart, in place and into x. */
INLINE void act_at(const rig_activation activation, float *row, size_t step, size_t half, vec *x, const uint32_t n)
{
    EACH x[v] = load(row + v * step);
    if (rig_is_gated(activation)) EACH x[v + n] = load(row + half + v * step);
    act(activation, x, n);
    EACH store(row + v * step, x[v]);
}

/* n vectors of time of each channel, side by side. */
INLINE void act_along(const rig_activation activation, const rig_skip *s, float *rows, float *out, const uint32_t n)
{
    vec x[ACTIVE], sum[ACTIVE];
    EACH sum[v] = load(out + v * LANES);
    for (uint32_t c = 0; c < s->channels; ++c) {
        act_at(activation, rows + c * s->stride, LANES, s->channels * s->stride, x, n);
        EACH sum[v] += s->weights[c] * x[v];
    }
    EACH store(out + v * LANES, sum[v]);
}

/* One vector of time; n channels side by side, as far as they go. */
INLINE void act_across(const rig_activation activation, const rig_skip *s, float *rows, float *out, const uint32_t n)
{
    const size_t half = s->channels * s->stride;
    vec x[ACTIVE], sum = load(out);
    uint32_t c = 0;
    for (; c + n <= s->channels; c += n) {
        act_at(activation, rows + c * s->stride, s->stride, half, x, n);
        EACH sum += s->weights[c + v] * x[v];
    }
    for (; c < s->channels; ++c) {
        act_at(activation, rows + c * s->stride, 0, half, x, 1);
        sum += s->weights[c] * x[0];
    }
    store(out, sum);
}

INLINE void act_rows(const rig_activation activation, const rig_skip *s, float *rows, float *out, uint32_t frames)
{
    const uint32_t n = ACTIVE / 2;
    uint32_t i = 0;
    for (; i + n * LANES <= frames; i += n * LANES) act_along(activation, s, rows + i, out + i, n);
    for (; i < frames; i += LANES) act_across(activation, s, rows + i, out + i, n);
}

static void activate(rig_activation activation, const rig_skip *s, float *rows, float *out, uint32_t frames)
{
    switch (activation) {
    case RIG_TANH: act_rows(RIG_TANH, s, rows, out, frames); break;
    case RIG_SIGMOID: act_rows(RIG_SIGMOID, s, rows, out, frames); break;
    case RIG_RELU: act_rows(RIG_RELU, s, rows, out, frames); break;
    case RIG_SOFTSIGN: act_rows(RIG_SOFTSIGN, s, rows, out, frames); break;
    case RIG_GATED: act_rows(RIG_GATED, s, rows, out, frames); break;
    case RIG_SOFTGATED: act_rows(RIG_SOFTGATED, s, rows, out, frames); break;
    default: act_rows(RIG_LINEAR, s, rows, out, frames); break;
    }
}

/* Two taps at a time on two sets of sums: enough multiply-adds under way for any vector width. */
INLINE void fir_at(const float *h, uint32_t taps, const float *x, float *y, const uint32_t vectors)
{
    vec even[16] = {0}, odd[16] = {0};
    uint32_t k = 0;
    for (; k + 2 <= taps; k += 2)
        UNROLL for (uint32_t v = 0; v < vectors; ++v) {
            even[v] += h[k] * load(x + v * LANES - k);
            odd[v] += h[k + 1] * load(x + v * LANES - k - 1);
        }
    if (k < taps)
        UNROLL for (uint32_t v = 0; v < vectors; ++v) even[v] += h[k] * load(x + v * LANES - k);
    UNROLL for (uint32_t v = 0; v < vectors; ++v) store(y + v * LANES, even[v] + odd[v]);
}

static void fir(const float *h, uint32_t taps, const float *x, float *y, uint32_t frames)
{
    uint32_t at = 0;
    for (; at + 4 * LANES <= frames; at += 4 * LANES) fir_at(h, taps, x + at, y + at, 4);
    for (; at < frames; at += LANES) fir_at(h, taps, x + at, y + at, 1);
}

/* Multiply-adds on registers alone, as many as can be under way at once: what the machine could do at best. */
static double spin(uint32_t rounds, float factor, float term, float *sink)
{
    enum { UNDER_WAY = 12 };
    vec sum[UNDER_WAY];
    UNROLL for (int s = 0; s < UNDER_WAY; ++s) sum[s] = splat(term * (float)s); /* else they'd be one and the same */
    for (uint32_t i = 0; i < rounds; ++i)
        UNROLL for (int s = 0; s < UNDER_WAY; ++s) sum[s] = sum[s] * factor + term;
    vec all = {0};
    UNROLL for (int s = 0; s < UNDER_WAY; ++s) all += sum[s];
    *sink = all[0];
    return (double)rounds * UNDER_WAY * LANES;
}

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define TEXT_(a) #a
#define TEXT(a) TEXT_(a)
const rig_kernels JOIN(rig_kernels_, ISA) = {TEXT(ISA), pack, conv, activate, fir, spin};
