/* The arithmetic of training that playing has no use for, compiled once per instruction set like kernels.h, whose rows and
   convolutions it shares. All of it is offline: never on the audio thread. */
#ifndef RIG_LEARNING_H
#define RIG_LEARNING_H

#include "../network/kernels/kernels.h"

typedef struct {
    const char *name;
    uint32_t lanes;
    /* z (2 channels, frames), scaled as rig_activation_scale() says, becomes tanh of its first half and sigmoid of its second;
       product (channels, frames) = one times the other; skip[i] += output . product. */
    void (*gates)(uint32_t channels, rig_rows z, rig_rows product, const float *output, float *skip, uint32_t frames);
    /* The way back through it: gates as above, d (channels, frames) the product's gradient -> d_z (2 channels, frames), not scaled,
       and the product again. */
    void (*slopes)(uint32_t channels, rig_rows gates, rig_rows d, rig_rows d_z, rig_rows product, uint32_t frames);
    /* sums (froms, tos, lanes) += from[f][i] * to[t][i] over the frames, each lane its own. Frames up to the vector's end count. */
    void (*outer)(const float *const *from, uint32_t froms, const float *const *to, uint32_t tos, uint32_t frames, float *sums);
} rig_learning;

/* That of the instruction set in use. */
const rig_learning *rig_learning_now(void);

#endif
