/* Takes away what is constant: it is not heard, but moves a loudspeaker's cone and eats the limiter's room. A model may hold one, its
   amp's transformer let none through.

   A one-pole high-pass at 7 Hz takes 0.03 dB from a low E, and 0.2 dB from the low B of a guitar with seven strings an octave down. */
#ifndef RIG_DC_BLOCKER_H
#define RIG_DC_BLOCKER_H

#include <math.h>
#include <stdint.h>

#define RIG_BLOCKED_HZ 7.0
#define RIG_AT_REST 1e-9 /* -180 dBFS */

typedef struct {
    double rest;  /* what is constant so far. A float would stop some 60 dB too early: what it moves by gets lost in its last bit */
    double share; /* of the way to the signal that rest goes in a frame */
    int begun;    /* 0: it begins at rest with what it hears next */
} rig_dc_blocker;

/* How far a blocker of what is below `hz` goes in a frame. */
static inline double rig_dc_blocker_share(double hz, double rate) { return 1.0 - exp(-2.0 * 3.14159265358979323846 * hz / rate); }

static inline void rig_dc_blocker_init(rig_dc_blocker *b, double rate)
{
    *b = (rig_dc_blocker){.share = rig_dc_blocker_share(RIG_BLOCKED_HZ, rate)};
}

/* It begins with what silence holds. */
static inline void rig_dc_blocker_begin(rig_dc_blocker *b, double rest)
{
    b->rest = rest;
    b->begun = 1;
}

/* Frames until 60 dB of what it began with are forgotten. */
static inline uint32_t rig_dc_blocker_memory(double share) { return (uint32_t)(7.0 / share); }

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
