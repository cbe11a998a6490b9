/* The end of the rack: level, DC blocker, master fade, limiter, and the meters of what comes out. */
#ifndef RIG_MASTER_H
#define RIG_MASTER_H

#include "../ramp.h"
#include "../dc_blocker.h"
#include "limiter.h"
#include "rack.h"

typedef struct {
    uint32_t open, limit; /* Python puts */
    uint32_t cut;         /* audio: 1: silent at once, whatever is put */
    float level;          /* the same */

    rig_ramp gain;          /* the level */
    float fade, fade_step;  /* 0: closed, 1: open */
    rig_dc_blocker blockers[2]; /* of each channel: behind the cross-fades and before the master fade, so that opening and muting make no
                                   thump of what is not yet taken away */
    rig_limiter limiter;
} rig_master;

/* [main] */
void rig_master_init(rig_master *master, uint32_t rate);

/* [main] Before the rack runs: level and fade are where they are to be, without a ramp. */
void rig_master_begin(rig_master *master, int open);

/* [audio] A block, in place. With the limiter on, all that leaves is a number within +-1; without it the block is only brought
   within +-RIG_BLAST, and music keeps every bit. */
void rig_master_run(rig_master *master, rig_signal *signal, uint32_t frames, rig_meters *meters);

/* [audio] */
void rig_show_peak(float *meter, float peak);
void rig_show_clip(uint32_t *clips, float peak);

#endif
