/* A dense layer or a convolution among recurrent layers: frames of units in, frames of units out. */
#ifndef RIG_DENSE_CONV_H
#define RIG_DENSE_CONV_H

#include "../arena.h"
#include "sequence.h"

typedef struct {
    const rig_recurrent *kernels;
    rig_affine affine;
    rig_curve curve;
    uint32_t dilation, ring;
    int single; /* the network's last layer, of one unit and one tap: its frames stand side by side, without padding */
    float *curve_params;
    float *rows, *past; /* the output; the input as far back as it is heard, twice, `ring` frames apart: any block with its
                           past then lies in one piece */
    const float **taps; /* where each tap of this block begins */
} rig_dense_conv;

/* [main] Takes memory: `p` for what stays, `memory` for what is remembered. from: where the input will lie. */
rig_dense_conv rig_dense_conv_take(rig_arena *p, rig_arena *memory, const rig_setup *setup, const rig_layer *layer, rig_frames from,
                           int last);

/* [main] Puts weights into their places. */
void rig_dense_conv_fill(rig_dense_conv *w, const rig_layer *layer, rig_frames from);

/* [audio] A block, `at` frames after the beginning. */
void rig_dense_conv_run(rig_dense_conv *w, rig_frames from, uint64_t at, uint32_t frames);

static inline rig_frames rig_dense_conv_out(const rig_dense_conv *w)
{
    return (rig_frames){w->rows, w->single ? 1 : w->affine.width, 0, w->affine.width};
}

#endif
