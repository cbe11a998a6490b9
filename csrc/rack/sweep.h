/* Knobs on their way to where an event has sent them: RIG_SWEEP frames, in pieces that end where the rack's count of frames is whole, so
   that a knob goes the same way however long a period is. */
#ifndef RIG_SWEEP_H
#define RIG_SWEEP_H

#include <stdint.h>

#define RIG_SWEEP 64  /* frames from one place of a knob to another */
#define RIG_STEP 16   /* frames of a piece */
#define RIG_SWEEPS 64 /* at once, as a pedal between two scenes turns many; one more is there at once */

/* A number on its way. */
typedef struct {
    float *at, from, to, put; /* put: as it was left; where somebody else has turned it since, that holds */
    uint32_t done;            /* frames */
} rig_sweep;

typedef struct {
    rig_sweep on_way[RIG_SWEEPS];
    uint32_t count; /* from the first place on */
} rig_sweeps;

/* [audio] Sends a number there. */
void rig_sweeps_send(rig_sweeps *sweeps, float *at, float to);

/* [audio] Where a number will be. */
float rig_sweeps_end(const rig_sweeps *sweeps, const float *at);

/* [audio] How many of the next `frames`, which begin with frame `at`, may be one block; numbers that are on their way are put to where
   they are at its end by move(). */
uint32_t rig_sweeps_room(const rig_sweeps *sweeps, uint64_t at, uint32_t frames);
void rig_sweeps_move(rig_sweeps *sweeps, uint32_t frames);

#endif
