/* A chain: engines in order, each behind a guard. */
#ifndef RIG_CHAIN_H
#define RIG_CHAIN_H

#include "../ramp.h"
#include "cost.h"
#include "rack.h"
#include "unit.h"

/* Where the first engine that rings stands, or the branches that it stands in, a chain is parted: what is before it is heard or not,
   what comes from there on dies away by itself. A fade lies between the two, and of a chain where nothing rings at its end. */
struct rig_chain {
    float level;     /* Python puts: linear gain after the last engine */
    rig_ramp gain;   /* audio */
    uint64_t at;     /* audio: the frame of the song that it hears next */
    uint64_t rang;   /* audio: the same for what rings on, while what is before it may hear the past */
    rig_cost cost;   /* audio: what a block takes */
    size_t bytes;
    uint32_t channels; /* that come in; 0: of a chain of no engines, any */
    uint32_t n_units, part;
    rig_unit *units;
};

/* [audio] Frames of the past that the chain must hear; sets each unit's need. */
uint32_t rig_chain_need(rig_chain *chain);

/* [audio] Frames for which it rings on, RIG_ENDLESS for ever; 0: nothing in it rings. */
uint32_t rig_chain_tail(const rig_chain *chain);

/* [audio] Each engine is where it is switched to, without a fade. Returns 1 when one of them wasn't. */
int rig_chain_settle(rig_chain *chain);

/* [audio] Runs the chain on a block. fade: NULL, or how loud it is heard, frame by frame: 0 to 1. */
void rig_chain_run(rig_chain *chain, rig_signal *signal, const rig_moment *moment, const float *fade);

/* [audio] Lets the chain hear a block of the past, which lies `behind` frames before now, up to where it is parted: nothing has
   rung in it then. Engines whose memory does not reach back that far are left out. */
void rig_chain_catch_up(rig_chain *chain, rig_signal *signal, const rig_moment *moment, uint32_t behind);

/* [audio] A block of what rings on; nothing comes in any more. */
void rig_chain_ring(rig_chain *chain, rig_signal *signal, const rig_moment *moment);

/* [audio] Silences what rings. */
void rig_chain_hush(rig_chain *chain);

#endif
