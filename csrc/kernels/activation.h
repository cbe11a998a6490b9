/* Part of body.h: what stands between convolutions, and what a layer adds to the head. */

/* Several vectors go through the steps of an activation side by side: one alone would wait for each step's result, and the
   processor does not look far enough ahead to find the next one's work. */
#define EACH UNROLL for (uint32_t v = 0; v < n; ++v)

#if LANES == 16
/* 2^x for x <= 60, within 1.2e-7 of it, by the two instructions that exist for it: what x is above the next lower whole
   number, and a factor of two to the power of that. */
INLINE void exp2_clamped(vec *x, const uint32_t n)
{
    const vec most = splat(60.0f);
    vec f[ACTIVE], p[ACTIVE];
    EACH x[v] = LEAST(most, x[v]); /* in this order NaN stays NaN, for the guard to see */
    EACH f[v] = _mm512_reduce_ps(x[v], 9);
    EACH p[v] = F5 * f[v] + F4;
    EACH p[v] = p[v] * f[v] + F3;
    EACH p[v] = p[v] * f[v] + F2;
    EACH p[v] = p[v] * f[v] + F1;
    EACH p[v] = p[v] * f[v] + 1.0f;
    EACH x[v] = _mm512_scalef_ps(p[v], x[v]);
}
#else
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
#endif

INLINE vec magnitude(vec x) { return (vec)((ivec)x & 0x7fffffff); }

INLINE void softsign(vec *x, const uint32_t n)
{
    EACH x[v] /= 1.0f + magnitude(x[v]);
}

/* x holds n vectors of a row and, when gated, behind them those of the row that gates it. */
INLINE void act(const rig_activation activation, vec *x, const uint32_t n)
{
    const uint32_t all = rig_is_gated(activation) ? 2 * n : n;
    if (activation == RIG_SOFTSIGN || activation == RIG_SOFTGATED) softsign(x, all);
    if (activation == RIG_TANH || activation == RIG_SIGMOID || activation == RIG_GATED) exp2_clamped(x, all);
    if (activation == RIG_TANH) EACH x[v] = (x[v] - 1.0f) * INVERSE(x[v] + 1.0f);
    if (activation == RIG_SIGMOID) EACH x[v] = INVERSE(1.0f + x[v]);
    if (activation == RIG_SOFTGATED) EACH x[v] *= x[v + n];
    if (activation == RIG_GATED) {
        vec over[ACTIVE];
        EACH over[v] = x[v] + 1.0f;
        EACH over[v] = over[v] * x[v + n] + over[v];
        EACH over[v] = INVERSE(over[v]);
        EACH x[v] = (x[v] - 1.0f) * over[v];
    }
}

/* What activate() was called with; the activation and the head's kind beside it are known to the compiler. */
typedef struct {
    uint32_t channels;
    const float *slopes;
    rig_rows rows;
    const rig_head *head;
} acting;

/* n vectors, `step` floats apart, in place and left in x; the first is of `channel`, from frame `at` on. */
INLINE void act_on(const rig_activation activation, const acting *a, uint32_t channel, uint32_t at, size_t step, vec *x,
                   const uint32_t n)
{
    float *row = a->rows.at + channel * a->rows.stride + at;
    const size_t half = a->channels * a->rows.stride;
    EACH x[v] = load(row + v * step);
    if (rig_is_gated(activation)) EACH x[v + n] = load(row + half + v * step);
    if (activation == RIG_LEAKY && step == LANES) EACH x[v] = MOST(a->slopes[channel] * x[v], x[v]);
    else if (activation == RIG_LEAKY) EACH x[v] = MOST(a->slopes[channel + v] * x[v], x[v]);
    else act(activation, x, n);
    EACH store(row + v * step, x[v]);
}

/* n vectors of time of each channel, side by side. */
INLINE void act_along(const rig_activation activation, const rig_head_kind head, const acting *a, uint32_t at, const uint32_t n)
{
    vec x[ACTIVE], sum[ACTIVE];
    float *out = a->head->out.at + at;
    if (head == RIG_DOT) EACH sum[v] = load(out + v * LANES);
    for (uint32_t c = 0; c < a->channels; ++c) {
        act_on(activation, a, c, at, LANES, x, n);
        if (head == RIG_DOT) EACH sum[v] += a->head->weights[c] * x[v];
        if (head == RIG_SUM) {
            EACH store(out + v * LANES, load(out + v * LANES) + x[v]);
            out += a->head->out.stride;
        }
    }
    if (head == RIG_DOT) EACH store(out + v * LANES, sum[v]);
}

/* One vector of time of n channels, side by side. */
INLINE void act_across(const rig_activation activation, const rig_head_kind head, const acting *a, uint32_t at, uint32_t channel,
                       const uint32_t n)
{
    vec x[ACTIVE];
    float *out = a->head->out.at + at;
    act_on(activation, a, channel, at, a->rows.stride, x, n);
    if (head == RIG_DOT) {
        vec sum = load(out);
        EACH sum += a->head->weights[channel + v] * x[v];
        store(out, sum);
    }
    out += channel * a->head->out.stride;
    if (head == RIG_SUM) EACH store(out + v * a->head->out.stride, load(out + v * a->head->out.stride) + x[v]);
}

INLINE void act_rows(const rig_activation activation, const rig_head_kind head, const acting *a, uint32_t frames)
{
    const uint32_t n = ACTIVE / 2;
    uint32_t i = 0, c;
    for (; i + n * LANES <= frames; i += n * LANES) act_along(activation, head, a, i, n);
    for (; i < frames; i += LANES) {
        for (c = 0; c + n <= a->channels; c += n) act_across(activation, head, a, i, c, n);
        for (; c < a->channels; ++c) act_across(activation, head, a, i, c, 1);
    }
}

INLINE void act_with(const rig_activation activation, const acting *a, uint32_t frames)
{
    if (a->head->kind == RIG_DOT) act_rows(activation, RIG_DOT, a, frames);
    else if (a->head->kind == RIG_SUM) act_rows(activation, RIG_SUM, a, frames);
    else act_rows(activation, RIG_NO_HEAD, a, frames);
}

static void activate(rig_activation activation, uint32_t channels, const float *slopes, rig_rows rows, const rig_head *head,
                     uint32_t frames)
{
    const acting a = {channels, slopes, rows, head};
    switch (activation) {
    case RIG_TANH: act_with(RIG_TANH, &a, frames); break;
    case RIG_SIGMOID: act_with(RIG_SIGMOID, &a, frames); break;
    case RIG_SOFTSIGN: act_with(RIG_SOFTSIGN, &a, frames); break;
    case RIG_LEAKY: act_with(RIG_LEAKY, &a, frames); break;
    case RIG_GATED: act_with(RIG_GATED, &a, frames); break;
    case RIG_SOFTGATED: act_with(RIG_SOFTGATED, &a, frames); break;
    default: act_with(RIG_LINEAR, &a, frames); break;
    }
}
