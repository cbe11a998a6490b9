/* Recurrent layers one upon another, run as one. The second layer works on the frame before the first one's, the third on the
   one before that: then no layer waits for another, and a stack takes the time of one layer as wide as all of them. */
#ifndef RIG_STACK_H
#define RIG_STACK_H

#include "../arena.h"
#include "sequence.h"

#define RIG_STACKED 8 /* layers in a stack, at most */

typedef struct {
    const rig_recurrent *kernels;
    rig_kind kind;
    uint32_t stretch;             /* as many networks take turns, each hearing every stretch-th frame */
    uint32_t layers;              /* layers */
    uint32_t first[RIG_STACKED + 1]; /* where each layer's units begin, and where the last one's end */
    size_t width, sums_width;     /* of a frame's units, of their gates */
    rig_affine input;             /* from the input to the first layer's gates */
    rig_cells cells;
    float *sums;                  /* what the input adds, a row a frame */
    float *rows;                  /* the last `stretch` frames of before, then this block's */
    float *hidden, *cell;         /* what is remembered: (stretch, width) each */
    float *saved;                 /* the cells of a network while not all of its layers are at work */
} rig_stack;

/* [main] How many of the layers from `index` on make a stack; that one is recurrent. */
uint32_t rig_stack_count(const rig_setup *setup, uint32_t index);

/* [main] Takes memory: `p` for what stays, `memory` for what is remembered. */
rig_stack rig_stack_take(rig_arena *p, rig_arena *memory, const rig_setup *setup, uint32_t index);

/* [main] Puts weights into their places, and the state in which the file says that it starts. */
void rig_stack_fill(rig_stack *s, const rig_setup *setup, uint32_t index);

/* [audio] A block; `turn`: whose turn it is. */
void rig_stack_run(rig_stack *s, rig_frames from, uint32_t turn, uint32_t frames);

/* What the last layer made of the block. */
static inline rig_frames rig_stack_out(const rig_stack *s)
{
    return (rig_frames){s->rows + s->layers * s->stretch * s->width, s->width, s->first[s->layers - 1], (uint32_t)s->width};
}

#endif
