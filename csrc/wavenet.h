/* A GuitarML WaveNet as engines receive it: the shape in ints, the weights in arrays. Shared by the kernel and its reference.

   ints: activation, channels, taps, layers, then a dilation for each layer. arrays, all (tap, in, out), tap 0 the oldest:
   input (1, C), input bias (C), then for each layer kernel (taps, C, C or 2C), bias, mix (C, C), mix bias; then
   output (layers, C), output bias (1). */
#ifndef RIG_WAVENET_H
#define RIG_WAVENET_H

#include "kernels/kernels.h"
#include "rig_engine.h"

typedef struct {
    rig_activation activation;
    uint32_t channels, taps, layers;
    uint32_t wide; /* rows that a convolution makes: 2C when gated, else C */
    const int32_t *dilations;
    const rig_array *input, *input_bias, *stack, *output, *output_bias;
} rig_wavenet;

enum { RIG_KERNEL, RIG_BIAS, RIG_MIX, RIG_MIX_BIAS, RIG_PER_LAYER };

static inline const float *rig_weights(const rig_wavenet *n, uint32_t layer, uint32_t which)
{
    return n->stack[RIG_PER_LAYER * layer + which].data;
}

/* [main] Reads the setup; 0 when its numbers don't fit together. */
static inline int rig_wavenet_read(rig_wavenet *n, const rig_setup *setup)
{
    const int32_t *ints = setup->ints;
    if (setup->n_ints < 4 || ints[0] < 0 || ints[0] >= RIG_ACTIVATIONS) return 0;
    if (ints[1] < 1 || ints[2] < 1 || ints[3] < 1 || setup->n_ints != 4 + (uint32_t)ints[3]) return 0;
    *n = (rig_wavenet){(rig_activation)ints[0], (uint32_t)ints[1], (uint32_t)ints[2], (uint32_t)ints[3],
                       (uint32_t)ints[1] << rig_is_gated((rig_activation)ints[0]), ints + 4,
                       &setup->arrays[0], &setup->arrays[1], &setup->arrays[2],
                       &setup->arrays[setup->n_arrays - 2], &setup->arrays[setup->n_arrays - 1]};
    const size_t c = n->channels;
    if (setup->n_arrays != 4 + RIG_PER_LAYER * n->layers) return 0;
    if (n->input->count != c || n->input_bias->count != c) return 0;
    if (n->output->count != c * n->layers || n->output_bias->count != 1) return 0;
    for (uint32_t l = 0; l < n->layers; ++l) {
        const rig_array *a = &n->stack[RIG_PER_LAYER * l];
        if (n->dilations[l] < 1 || a[RIG_KERNEL].count != n->taps * c * n->wide || a[RIG_BIAS].count != n->wide) return 0;
        if (a[RIG_MIX].count != c * c || a[RIG_MIX_BIAS].count != c) return 0;
    }
    return 1;
}

/* Frames of the past that an output hangs on. */
static inline uint32_t rig_wavenet_memory(const rig_wavenet *n)
{
    uint64_t frames = 0;
    for (uint32_t l = 0; l < n->layers; ++l) frames += (uint64_t)(n->taps - 1) * (uint32_t)n->dilations[l];
    return frames < UINT32_MAX ? (uint32_t)frames : UINT32_MAX;
}

#endif
