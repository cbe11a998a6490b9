/* How much of a unit's engine is heard: on its way on or off, out of being shed or into it, and after the guard's rest. */
#ifndef RIG_WET_H
#define RIG_WET_H

#include "atomic.h"
#include "unit.h"

/* How much of the engine is heard, frame by frame, on its way to where it is switched to. Returns how many frames are on that way;
   for those behind them the share is the end's. */
static inline uint32_t rig_wet_approach(rig_unit *unit, float *share, uint32_t frames)
{
    const uint32_t on = rig_get(&unit->on), end = on ? unit->fade : 0;
    uint32_t i = 0;
    for (; i < frames && unit->wet != end; ++i) {
        unit->wet = on ? unit->wet + 1 : unit->wet - 1;
        share[i] = (float)unit->wet / (float)unit->fade;
    }
    for (uint32_t k = i; k < frames; ++k) share[k] = on ? 1.0f : 0.0f;
    return i;
}

/* The engine's output and what went in, on a straight line from one to the other: they are mostly the same wave, which equal
   power would swell by up to 3 dB. Before and after the line each is left bit for bit as it is. */
static inline void rig_wet_mix(const float *share, uint32_t moving, const rig_signal *dry, rig_signal *signal, uint32_t frames)
{
    for (uint32_t c = 0; c < signal->channels; ++c) {
        float *x = signal->at[c];
        const float *d = dry->at[c];
        for (uint32_t i = 0; i < moving; ++i) x[i] = (1.0f - share[i]) * d[i] + share[i] * x[i];
        if (moving < frames && share[frames - 1] == 0.0f) memcpy(x + moving, d + moving, (frames - moving) * sizeof(float));
    }
}

/* The same for an engine that rings: what it hears is faded, what it says is not, and what it did not hear passes it by. */
static inline void rig_wet_feed(const float *share, rig_signal *signal, uint32_t frames)
{
    for (uint32_t c = 0; c < signal->channels; ++c)
        for (uint32_t i = 0; i < frames; ++i) signal->at[c][i] *= share[i];
}

static inline void rig_wet_pass(const float *share, const rig_signal *dry, rig_signal *signal, uint32_t frames)
{
    for (uint32_t c = 0; c < signal->channels; ++c)
        for (uint32_t i = 0; i < frames; ++i) signal->at[c][i] += (1.0f - share[i]) * dry->at[c][i];
}

/* On its way from shed to kept, or back: in a straight line between what went in and what comes out. */
static inline void rig_wet_blend(rig_unit *unit, const rig_signal *dry, rig_signal *signal, uint32_t frames)
{
    const uint32_t shed = rig_get(&unit->shed);
    for (uint32_t i = 0; i < frames; ++i) {
        if (shed == RIG_KEPT && unit->heard < unit->fade) ++unit->heard;
        if (shed == RIG_SHED && unit->heard) --unit->heard;
        const float share = (float)unit->heard / (float)unit->fade;
        for (uint32_t c = 0; c < signal->channels; ++c)
            signal->at[c][i] = (1.0f - share) * dry->at[c][i] + share * signal->at[c][i];
    }
}

/* It plays again after a while: in a straight line from what went in, as it begins out of silence. */
static inline void rig_wet_ease_in(const rig_unit *unit, const rig_signal *dry, rig_signal *signal, uint32_t frames)
{
    for (uint32_t i = 0; i < frames && unit->ran + i < unit->fade; ++i) {
        const float share = (float)(unit->ran + i) / (float)unit->fade;
        for (uint32_t c = 0; c < signal->channels; ++c)
            signal->at[c][i] = (1.0f - share) * dry->at[c][i] + share * signal->at[c][i];
    }
}

#endif
