/* The looper: what the guitar plays comes again, before any amp hears it, so that amps are switched and dialled under it.

   A loop has layers: the first recording, and what was played over it. Each is as long as the loop and lies by itself, one after
   the other in one piece of memory, so that taking one off, or putting it back, moves nothing. */
#ifndef RIG_LOOPER_H
#define RIG_LOOPER_H

#include "history.h"
#include "rack.h"
#include "signal.h"

#define RIG_LOOP_TAPS 12   /* on either side of a place between two frames, where half speed reads */
#define RIG_LOOP_ORDERS 16 /* that wait for a period to begin */

typedef struct {
    uint32_t begin, filled; /* frames that were played: from `begin` on, round the loop; what is left is silence */
    float gain;             /* 1: heard. On its way where it was taken off or put back just now */
} rig_layer;

typedef struct {
    float *data;   /* Python puts before the rack runs: room for so many frames in all; NULL: there is no looper */
    uint32_t room;
    uint32_t beats;                   /* Python puts: begin and end on a beat */
    uint32_t orders[RIG_LOOP_ORDERS]; /* Python writes before it stores `asked` */
    uint32_t asked;
    uint32_t taken; /* audio stores, Python loads */
    uint32_t feet[RIG_LOOP_ORDERS], pressed, done; /* audio: the same, of pedals, from the frame on in which they were pressed */

    float step;                /* a fade's, a frame */
    const float *rise;         /* the rack's fade */
    uint32_t fade;             /* frames */
    float taps[RIG_LOOP_TAPS]; /* half a sample further; they add up to a half */

    uint32_t state, recorded;
    uint32_t wanted;           /* frames that the recording is to have; 0: its end is open */
    uint32_t wait;             /* frames until the beat */
    uint32_t stops;            /* 1: as the recording ends, nothing plays */
    uint32_t frames, place;    /* of the loop, 0 for none; where it is, in half frames */
    uint32_t slow, slower;     /* half speed, and whether it is wanted */
    uint32_t tail;             /* frames that the end still has to fade into the beginning */
    uint32_t layers, most;     /* that are heard; that can be brought back */
    uint32_t dubbed;           /* the layer that the guitar goes into */
    uint32_t clearing;
    float level, dub;          /* of what plays; of what goes into the layer */
    rig_layer layer[RIG_LOOP_LAYERS];
    rig_loop shown;            /* audio puts */
} rig_looper;

/* [main] Before the rack runs. room: frames, in all layers; 0: there is no memory for it. */
int rig_looper_init(rig_looper *looper, uint32_t room, const float *rise, uint32_t fade);
void rig_looper_free(rig_looper *looper);
int rig_looper_order(rig_looper *looper, uint32_t order); /* 0: too many wait */
void rig_looper_show(const rig_looper *looper, rig_loop *loop);

/* [audio] Adds the loop to a block of the guitar, which stands at the end of `guitar`, too. */
void rig_looper_run(rig_looper *looper, const rig_history *guitar, float *x, const rig_moment *moment);
void rig_looper_now(rig_looper *looper, uint32_t order); /* with the next block; too many are forgotten */
void rig_looper_stop(rig_looper *looper); /* at once */

#endif
