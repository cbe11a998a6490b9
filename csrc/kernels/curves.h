/* Part of body.h: activations that few models use, a vector at a time. */

#define LOG2E 1.4426950408889634f

INLINE vec exponential(vec x)
{
    x *= LOG2E;
    exp2_clamped(&x, 1);
    return x;
}

INLINE vec between(vec low, vec x, vec high) { return MOST(low, LEAST(high, x)); }

/* Neural Amp Modeler's rational approximation, for the files that were trained with it. */
INLINE vec fasttanh(vec x)
{
    const vec a = magnitude(x), squared = x * x;
    return x * (2.45550750702956f + 2.45550750702956f * a + (0.893229853513558f + 0.821226666969744f * a) * squared) /
           (2.44506634652299f + (2.44506634652299f + squared) * magnitude(x + 0.814642734961073f * x * a));
}

INLINE vec clip(vec x, float low, float high, float low_slope, float high_slope)
{
    const vec inside = between(splat(low), x, splat(high));
    return inside + low_slope * LEAST(x - splat(low), (vec){0}) + high_slope * MOST(x - splat(high), (vec){0});
}

INLINE vec curved(const rig_curve curve, vec x, const float *p, size_t channels)
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
    default: return clip(x, p[0], p[channels], p[2 * channels], p[3 * channels]);
    }
}

INLINE void bend_rows(const rig_curve curve, uint32_t channels, const float *params, rig_rows rows, uint32_t frames)
{
    for (uint32_t c = 0; c < channels; ++c) {
        float *row = rows.at + c * rows.stride;
        for (uint32_t i = 0; i < frames; i += LANES) store(row + i, curved(curve, load(row + i), params + c, channels));
    }
}

static void bend(rig_curve curve, uint32_t channels, const float *params, rig_rows rows, uint32_t frames)
{
#define CASE(curve) case curve: bend_rows(curve, channels, params, rows, frames); break;
    switch (curve) {
    CASE(RIG_CURVE_TANH)
    CASE(RIG_CURVE_FASTTANH)
    CASE(RIG_CURVE_SIGMOID)
    CASE(RIG_CURVE_SOFTSIGN)
    CASE(RIG_CURVE_SOFTSIGMOID)
    CASE(RIG_CURVE_SILU)
    CASE(RIG_CURVE_HARDSWISH)
    CASE(RIG_CURVE_ELU)
    default: bend_rows(RIG_CURVE_CLIP, channels, params, rows, frames);
    }
#undef CASE
}
