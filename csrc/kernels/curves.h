/* Part of body.h: every activation there is, a vector at a time. */

#define LOG2E 1.4426950408889634f

INLINE vec exponential(vec x)
{
    vec part, whole;
    x *= LOG2E;
    powers(&x, &part, &whole, 1, SOON);
    return part * whole;
}

INLINE vec between(vec low, vec x, vec high) { return MOST(low, LEAST(high, x)); }

/* Neural Amp Modeler's rational approximation, for the files that were trained with it. */
INLINE vec fasttanh(vec x)
{
    const vec a = magnitude(x), squared = x * x;
    return x * (2.45550750702956f + 2.45550750702956f * a + (0.893229853513558f + 0.821226666969744f * a) * squared) /
           (2.44506634652299f + (2.44506634652299f + squared) * magnitude(x + 0.814642734961073f * x * a));
}

INLINE vec clip(vec x, vec low, vec high, vec low_slope, vec high_slope)
{
    return between(low, x, high) + low_slope * LEAST(x - low, (vec){0}) + high_slope * MOST(x - high, (vec){0});
}

/* p: the curve's parameters. */
INLINE vec curved(const rig_curve curve, vec x, const vec *p)
{
    switch (curve) {
    case RIG_CURVE_TANH: {
        const vec e = exponential(2.0f * x);
        return (e - 1.0f) / (e + 1.0f);
    }
    case RIG_CURVE_FASTTANH: return fasttanh(x);
    case RIG_CURVE_SIGMOID: return 1.0f / (1.0f + exponential(-x));
    case RIG_CURVE_SOFTSIGN: return x / (1.0f + magnitude(x));
    case RIG_CURVE_SOFTSIGMOID: return 0.5f + 0.5f * x / (1.0f + magnitude(x));
    case RIG_CURVE_SILU: return x / (1.0f + exponential(-x));
    case RIG_CURVE_HARDSWISH: return x * between((vec){0}, x + 3.0f, splat(6.0f)) * (1.0f / 6.0f);
    case RIG_CURVE_ELU: return MOST(x, (vec){0}) + p[0] * (exponential(LEAST(x, (vec){0})) - 1.0f);
    case RIG_CURVE_CLIP: return clip(x, p[0], p[1], p[2], p[3]);
    default: return x;
    }
}

/* Calls work(curve), the curve being known to the compiler. */
#define EVERY_CURVE(curve, work)                                \
    switch (curve) {                                            \
    case RIG_CURVE_TANH: work(RIG_CURVE_TANH); break;           \
    case RIG_CURVE_FASTTANH: work(RIG_CURVE_FASTTANH); break;   \
    case RIG_CURVE_SIGMOID: work(RIG_CURVE_SIGMOID); break;     \
    case RIG_CURVE_SOFTSIGN: work(RIG_CURVE_SOFTSIGN); break;   \
    case RIG_CURVE_SOFTSIGMOID: work(RIG_CURVE_SOFTSIGMOID); break; \
    case RIG_CURVE_SILU: work(RIG_CURVE_SILU); break;           \
    case RIG_CURVE_HARDSWISH: work(RIG_CURVE_HARDSWISH); break; \
    case RIG_CURVE_ELU: work(RIG_CURVE_ELU); break;             \
    case RIG_CURVE_CLIP: work(RIG_CURVE_CLIP); break;           \
    default: break;                                             \
    }

INLINE void bend_rows(const rig_curve curve, uint32_t channels, const float *params, rig_rows rows, uint32_t frames)
{
    for (uint32_t c = 0; c < channels; ++c) {
        float *row = rows.at + c * rows.stride;
        vec p[4];
        for (uint32_t k = 0; k < rig_curve_params(curve); ++k) p[k] = splat(params[k * channels + c]);
        for (uint32_t i = 0; i < frames; i += LANES) store(row + i, curved(curve, load(row + i), p));
    }
}

static void bend(rig_curve curve, uint32_t channels, const float *params, rig_rows rows, uint32_t frames)
{
#define WORK(known) bend_rows(known, channels, params, rows, frames)
    EVERY_CURVE(curve, WORK)
#undef WORK
}
