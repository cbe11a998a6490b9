/* Takes away what is constant: it is not heard, but moves a loudspeaker's cone and eats the limiter's room. A model may hold one, its
   amp's transformer let none through.

   A one-pole high-pass at 7 Hz takes 0.03 dB from a low E, and 0.2 dB from the low B of a guitar with seven strings an octave down. It
   stands behind the cross-fades and before the master fade, so that opening and muting make no thump of what it has not
   yet taken away; it begins at rest with what it hears first. */
#ifndef RIG_DC_BLOCKER_H
#define RIG_DC_BLOCKER_H

#include <math.h>
#include <stdint.h>

#define RIG_BLOCKED_HZ 7.0
#define RIG_AT_REST 1e-9 /* -180 dBFS */

typedef struct {
    double rest;  /* what is constant so far. A float would stop some 60 dB too early: what it moves by gets lost in its last bit */
    double share; /* of the way to the signal that rest goes in a frame */
    int begun;
} rig_dc_blocker;

static inline void rig_dc_blocker_init(rig_dc_blocker *b, double rate)
{
    *b = (rig_dc_blocker){.share = 1.0 - exp(-2.0 * 3.14159265358979323846 * RIG_BLOCKED_HZ / rate)};
}

/* [audio] In place. Where the signal rests, so does the blocker, to the last bit: then what comes next hangs on nothing that
   was before the rest, and is the same live and in `rig render`. */
static inline void rig_dc_blocker_run(rig_dc_blocker *b, float *x, uint32_t frames)
{
    const double keep = 1.0 - b->share;
    double rest = b->begun ? b->rest : x[0];
    for (uint32_t i = 0; i < frames; ++i) {
        const double apart = x[i] - rest;
        if (fabs(apart) < RIG_AT_REST) {
            rest = x[i];
            x[i] = 0.0f;
        } else {
            rest = keep * rest + b->share * x[i];
            x[i] = (float)apart;
        }
    }
    b->rest = rest;
    b->begun = 1;
}

#endif
