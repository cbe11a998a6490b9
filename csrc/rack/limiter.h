/* The soft limiter that ends the rack: no sample leaves above full scale, and nothing below -3 dBFS is touched.

   The peak follower rises at once and falls over about 100 ms; the gain bends the peak onto a curve that starts at the
   knee with slope 1 and comes to rest at 1: knee + (1 - knee) tanh((peak - knee) / (1 - knee)). It follows as far as music
   goes; what is louder is cut off, so that a blast is forgotten within a quarter of a second. */
#ifndef RIG_LIMITER_H
#define RIG_LIMITER_H

#include <math.h>
#include <stdint.h>

#include "signal.h"

#define RIG_KNEE 0.7079458f
#define RIG_LOUDEST 10.0f /* +20 dBFS: of amps that are set sensibly none comes near */

typedef struct {
    float peak, fall;
} rig_limiter;

static inline void rig_limiter_init(rig_limiter *l, double rate)
{
    l->peak = 0.0f;
    l->fall = (float)exp(-1.0 / (0.1 * rate));
}

/* [audio] Limits in place what holds numbers only, both channels by the louder of them; returns the smallest gain it used. */
static inline float rig_limiter_run(rig_limiter *l, rig_signal *s, uint32_t frames)
{
    float least = 1.0f, peak = l->peak;
    for (uint32_t i = 0; i < frames; ++i) {
        const float now = s->channels > 1 ? fmaxf(fabsf(s->at[0][i]), fabsf(s->at[1][i])) : fabsf(s->at[0][i]);
        peak *= l->fall;
        if (now > peak) peak = now < RIG_LOUDEST ? now : RIG_LOUDEST;
        if (peak <= RIG_KNEE) continue;
        const float gain = (RIG_KNEE + (1.0f - RIG_KNEE) * tanhf((peak - RIG_KNEE) / (1.0f - RIG_KNEE))) / peak;
        for (uint32_t c = 0; c < s->channels; ++c) {
            const float y = s->at[c][i] * gain;
            s->at[c][i] = y > 1.0f ? 1.0f : y < -1.0f ? -1.0f : y;
        }
        if (gain < least) least = gain;
    }
    l->peak = peak;
    return least;
}

#endif
