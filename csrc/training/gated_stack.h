/* A stack of gated layers that learns: what `rig train` calls in place of thousands of small operations. Read by cffi as it
   stands, less the lines with a #. Offline only, never on the audio thread. */
#ifndef RIG_GATED_STACK_H
#define RIG_GATED_STACK_H

#include <stddef.h>
#include <stdint.h>

/* h = input x + its bias, (channels, rows); then each layer: z = kernel * the taps of h + bias, activation = tanh(one half of z)
   sigmoid(the other), out += output . activation, h += mix activation + its bias. */
typedef struct {
    uint32_t inputs, channels, taps, layers;
    uint32_t rows;           /* that come in, a frame of the batch behind the other */
    uint32_t wanted;         /* that come out: the last */
    uint32_t from_rest;      /* 1: each layer starts with zeros before what comes in, and loses no rows */
    uint32_t keep;           /* 1: for rig_gated_backward() */
    uint32_t threads;        /* at least 1 */
    const uint32_t *strides; /* rows between the taps of each layer */
    const float *input;      /* (inputs, channels) */
    const float *input_bias;
    /* Five a layer: kernel (2, taps, channels in, channels out), tap 0 the oldest, bias (2, channels), mix (in, out), its bias,
       output. */
    const float *const *weights;
} rig_gated_stack;

/* Floats of room that forward() needs and backward() reads; 0 where a row would be too long. */
size_t rig_gated_room(const rig_gated_stack *s);

/* x (inputs, rows) -> out (wanted). Returns 0 where there is no memory or no thread, else 1. */
int rig_gated_forward(const rig_gated_stack *s, const float *x, float *room, float *out);

/* d_out (wanted) -> the gradients, laid out as input, input_bias and weights are. Not for a stack from rest. Returns as forward(). */
int rig_gated_backward(const rig_gated_stack *s, const float *room, const float *d_out, float *d_input, float *d_input_bias,
                       float *const *d_weights);

#endif
