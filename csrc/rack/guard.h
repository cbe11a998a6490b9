/* What is no sound: samples that are no numbers, or louder than any music. */
#ifndef RIG_GUARD_H
#define RIG_GUARD_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Floats without their sign are in the order of their bits, and those that are no numbers come last. Compared as whole numbers
   they go through whole vectors at a time, and one comparison finds all that is amiss. */
static inline int32_t rig_size_of(const float *x)
{
    int32_t bits;
    memcpy(&bits, x, sizeof bits);
    return bits & 0x7fffffff;
}

/* [audio] Whether any sample is NaN, infinite or beyond +-most. */
static inline int rig_exceeds(const float *x, float most, uint32_t frames)
{
    const int32_t limit = rig_size_of(&most);
    int32_t bad = 0;
    for (uint32_t i = 0; i < frames; ++i) bad |= rig_size_of(&x[i]) > limit;
    return bad;
}

/* [audio] The highest magnitude in a block of numbers. */
static inline float rig_highest(const float *x, uint32_t frames)
{
    int32_t most = 0;
    for (uint32_t i = 0; i < frames; ++i) most = rig_size_of(&x[i]) > most ? rig_size_of(&x[i]) : most;
    float peak;
    memcpy(&peak, &most, sizeof peak);
    return peak;
}

/* [audio] Brings a block within +-most; what is no number becomes silence. Music it leaves alone. */
static inline void rig_tame(float *x, float most, uint32_t frames)
{
    if (!rig_exceeds(x, most, frames)) return;
    for (uint32_t i = 0; i < frames; ++i)
        if (!(fabsf(x[i]) <= most)) x[i] = x[i] > most ? most : x[i] < -most ? -most : 0.0f;
}

#endif
