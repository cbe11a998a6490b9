/* A chain: engines in order, each behind a guard. */
#ifndef RIG_CHAIN_H
#define RIG_CHAIN_H

#include "../ramp.h"
#include "cost.h"
#include "rack.h"
#include "unit.h"

struct rig_chain {
    float level;     /* Python puts: linear gain after the last engine */
    rig_ramp gain;   /* audio */
    uint64_t at;     /* audio: the frame of the song that it hears next */
    rig_cost cost;   /* audio: what a block takes */
    size_t bytes;
    uint32_t n_units;
    rig_unit *units;
};

/* [audio] Frames of the past that the chain must hear; sets each unit's need. */
uint32_t rig_chain_need(rig_chain *chain);

/* [audio] Each engine is where it is switched to, without a fade. Returns 1 when one of them wasn't. */
int rig_chain_settle(rig_chain *chain);

/* [audio] Runs the chain on a block of at most RIG_BLOCK frames. behind: how far before now the block lies; engines whose
   memory does not reach back that far are left out. 0 runs all. */
void rig_chain_run(rig_chain *chain, float *signal, const float *key, uint32_t frames, uint32_t behind);

#endif
