/* The arithmetic of recurrent networks, compiled once per instruction set like kernels.h.

   Signals lie the other way round than there: [time][unit], the units of one frame next to each other, because each frame
   waits for the one before and only its units can be worked on side by side. A frame's units are padded to whole vectors. */
#ifndef RIG_RECURRENT_H
#define RIG_RECURRENT_H

#include "kernels.h"

/* out = bias + sum over taps and ins of weights[tap][in] * in[tap]. width: of out, whole vectors. */
typedef struct {
    uint32_t taps, ins, width;
    const float *weights; /* (taps, ins, width) */
    const float *bias;
} rig_affine;

/* Units that are worked on together, all of their gates held in registers. */
typedef struct {
    uint32_t at, vectors; /* their place among the units; the vectors they take */
    uint32_t first, end;  /* which units of the frame before they hear */
    const float *weights; /* (end - first, gates, vectors * lanes) */
} rig_group;

/* One recurrent layer. Its gates' sums lie by group, and in a group by gate. The gates' weights and biases are scaled, so that
   exp2 makes their activations: see RIG_TANH_SCALE. */
typedef struct {
    uint32_t gates, ins, n_groups;
    size_t width;       /* of the sums */
    const float *input; /* from the input to the sums: (ins, width) */
    const rig_group *groups;
    const float *bias;  /* gru: of what the reset gate lets through */
} rig_cells;

/* What comes into a recurrent layer: frame by frame what its sums start from, and x, ins values. */
typedef struct {
    const float *sums, *x;
    size_t sums_stride, x_stride;
} rig_input;

typedef struct {
    const char *name;
    uint32_t lanes;
    uint32_t most; /* vectors that a group takes at most */
    /* Frames are in_stride and out_stride apart; in[tap] is that tap's first frame. [audio] */
    void (*affine)(const rig_affine *a, const float *const *in, size_t in_stride, float *out, size_t out_stride, uint32_t frames);
    /* out[i] = bias + weights . frame i, `width` long. [audio] */
    void (*dot)(const float *weights, float bias, uint32_t width, const float *in, size_t in_stride, float *out, uint32_t frames);
    /* In place. params: (parameters, width). [audio] */
    void (*bend)(rig_curve curve, const float *params, uint32_t width, float *rows, uint32_t frames);
    /* The frame before the first lies at out - stride. cell: lstm only, scaled as tanh's input. [audio] */
    void (*lstm)(const rig_cells *c, const rig_input *in, float *cell, float *out, size_t stride, uint32_t frames);
    void (*gru)(const rig_cells *c, const rig_input *in, float *cell, float *out, size_t stride, uint32_t frames);
} rig_recurrent;

/* Those of the instruction set in use. */
const rig_recurrent *rig_recurrent_now(void);

#define RIG_LOG2E 1.4426950408889634
#define RIG_TANH_SCALE (2.0 * RIG_LOG2E) /* tanh(x) = (e - 1) / (e + 1), e = 2^(scale x) */
#define RIG_SIGMOID_SCALE (-RIG_LOG2E)   /* sigmoid(x) = 1 / (1 + 2^(scale x)) */

#endif
