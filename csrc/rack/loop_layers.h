/* A loop's layers: what plays of them, and how the guitar goes into them. */
#ifndef RIG_LOOP_LAYERS_H
#define RIG_LOOP_LAYERS_H

#include <math.h>

#include "looper.h"

static inline float rig_loop_toward(float now, float end, float step)
{
    return now < end ? fminf(end, now + step) : fmaxf(end, now - step);
}

/* [main] The filter that half speed reads and writes through. */
void rig_loop_make_taps(float *taps);

/* [audio] A frame of all layers, where the loop is. */
float rig_loop_play(rig_looper *l);

/* [audio] The guitar goes into a layer. now: frames of it that came before this one. */
void rig_loop_overdub(rig_looper *l, const rig_history *guitar, uint64_t now);

/* [audio] The loop's end fades into its beginning, frame i of it: the guitar goes on as it is heard for the second time. */
void rig_loop_mix_tail(rig_looper *l, uint32_t i, float end);

#endif
