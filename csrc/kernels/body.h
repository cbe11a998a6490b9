/* One set of kernels. Included once per instruction set, with these defined before:
   ISA      the name, which also ends the name of the table
   LANES    floats in a vector
   TILE     rows that the largest tile holds in registers; a power of two
   VECTORS  vectors of each row in that tile: TILE * VECTORS accumulators
   LEAST, MOST  the smaller and the larger of two vectors: one instruction everywhere, but C has no word for it, and GCC
            makes four of a comparison and a choice, which costs a third of the activation's time
   INVERSE  1 / x within 1.5e-7 where a division is slow, or plainly 1 / x
   A tile of fewer rows holds more vectors, so that enough multiply-adds are under way to hide their latency. */

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
    uint32_t rows = TILE;
    while (rows > left) rows /= 2;
    return rows;
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
    vec sum[TILE][16];
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
        for (uint32_t i = 0; i < ins; ++i, x += stride, w += rows) {
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
    for (; at < frames; at += LANES) tile_at(t, at, rows, 1);
}

#define WIDER(n) (VECTORS * (n) * LANES <= 64 ? VECTORS * (n) : 64 / LANES)

static void conv(const rig_conv *c, const float *const *in, size_t in_stride, const float *add, size_t add_stride,
                 float *out, size_t out_stride, uint32_t frames)
{
    tile t = {c, in, c->weights, c->bias, add, out, in_stride, add_stride, out_stride};
    for (uint32_t first = 0, rows; first < c->outs; first += rows) {
        rows = tile_rows(c->outs - first);
        if (rows == TILE) tile_run(&t, frames, TILE, VECTORS);
        else if (TILE > 4 && rows == 4) tile_run(&t, frames, 4, WIDER(TILE / 4));
        else if (TILE > 2 && rows == 2) tile_run(&t, frames, 2, WIDER(TILE / 2));
        else tile_run(&t, frames, 1, WIDER(TILE));
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

/* 2^x for |x| <= 60, within 1.2e-7 of it: the whole part goes into the exponent, a polynomial does the rest. */
INLINE vec exp2_clamped(vec x)
{
    const vec most = splat(60.0f), magic = splat(12582912.0f); /* 1.5 * 2^23: adding it rounds to a whole number */
    x = MOST(-most, LEAST(most, x)); /* in this order NaN stays NaN, for the guard to see */
    const vec whole = x + magic;
    const vec f = x - (whole - magic);
    vec p = splat(P5);
    p = p * f + P4;
    p = p * f + P3;
    p = p * f + P2;
    p = p * f + P1;
    p = p * f + 1.0f;
    return (vec)((ivec)p + ((ivec)whole << 23));
}

INLINE vec softsign(vec x) { return x / (1.0f + (vec)((ivec)x & 0x7fffffff)); }

INLINE vec act(rig_activation activation, vec a, vec b)
{
    switch (activation) {
    case RIG_TANH: { const vec e = exp2_clamped(a); return (e - 1.0f) * INVERSE(e + 1.0f); }
    case RIG_SIGMOID: return INVERSE(1.0f + exp2_clamped(a));
    case RIG_RELU: return MOST(a, (vec){0});
    case RIG_SOFTSIGN: return softsign(a);
    case RIG_GATED: { const vec e = exp2_clamped(a); return (e - 1.0f) * INVERSE((e + 1.0f) * (1.0f + exp2_clamped(b))); }
    case RIG_SOFTGATED: return softsign(a) * softsign(b);
    default: return a;
    }
}

INLINE void act_rows(const rig_activation activation, float *rows, size_t stride, uint32_t channels, uint32_t frames)
{
    const size_t half = channels * stride;
    for (uint32_t c = 0; c < channels; ++c, rows += stride)
        for (uint32_t i = 0; i < frames; i += LANES) {
            const vec b = rig_is_gated(activation) ? load(rows + half + i) : (vec){0};
            store(rows + i, act(activation, load(rows + i), b));
        }
}

static void activate(rig_activation activation, float *rows, size_t stride, uint32_t channels, uint32_t frames)
{
    switch (activation) {
    case RIG_TANH: act_rows(RIG_TANH, rows, stride, channels, frames); break;
    case RIG_SIGMOID: act_rows(RIG_SIGMOID, rows, stride, channels, frames); break;
    case RIG_RELU: act_rows(RIG_RELU, rows, stride, channels, frames); break;
    case RIG_SOFTSIGN: act_rows(RIG_SOFTSIGN, rows, stride, channels, frames); break;
    case RIG_GATED: act_rows(RIG_GATED, rows, stride, channels, frames); break;
    case RIG_SOFTGATED: act_rows(RIG_SOFTGATED, rows, stride, channels, frames); break;
    default: break;
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
