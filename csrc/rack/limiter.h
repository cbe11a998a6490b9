/* The soft limiter that ends the rack: no sample leaves above full scale, and nothing below -3 dBFS is touched.

   The peak follower rises at once and falls over about 100 ms; the gain bends the peak onto a curve that starts at the
   knee with slope 1 and comes to rest at 1: knee + (1 - knee) tanh((peak - knee) / (1 - knee)). */
#ifndef RIG_LIMITER_H
#define RIG_LIMITER_H

#include <math.h>
#include <stdint.h>

#define RIG_KNEE 0.7079458f

typedef struct {
    float peak, fall;
} rig_limiter;

static inline void rig_limiter_init(rig_limiter *l, double rate)
{
    l->peak = 0.0f;
    l->fall = (float)exp(-1.0 / (0.1 * rate));
}

/* [audio] Limits in place; returns the smallest gain it used. */
static inline float rig_limiter_run(rig_limiter *l, float *x, uint32_t frames)
{
    float least = 1.0f, peak = l->peak;
    for (uint32_t i = 0; i < frames; ++i) {
        const float now = fabsf(x[i]);
        peak *= l->fall;
        if (now > peak) peak = now;
        if (peak <= RIG_KNEE) continue;
        const float gain = (RIG_KNEE + (1.0f - RIG_KNEE) * tanhf((peak - RIG_KNEE) / (1.0f - RIG_KNEE))) / peak;
        x[i] *= gain;
        if (gain < least) least = gain;
    }
    l->peak = peak;
    return least;
}

#endif
