/* The arithmetic that engines share, compiled once per instruction set and picked when an engine is made.

   Signals are rows: [channel][time], a row's frames next to each other, so that a vector holds frames of one channel
   and weights are broadcast. Work is done in whole vectors: a row must be readable and writable up to
   RIG_PAD frames past its last, and what lies there is never heard. */
#ifndef RIG_KERNELS_H
#define RIG_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define RIG_PAD 16 /* the widest vector, in floats */

/* What stands between a convolution and what follows it. */
typedef enum {
    RIG_LINEAR,
    RIG_TANH,
    RIG_SIGMOID,
    RIG_RELU,
    RIG_SOFTSIGN,
    RIG_GATED,     /* tanh(first half) * sigmoid(second half) */
    RIG_SOFTGATED, /* softsign(first half) * softsign(second half) */
    RIG_ACTIVATIONS
} rig_activation;

/* out[o] = bias[o] + add[o] + sum over taps and ins of weight * in[tap][in]. */
typedef struct {
    uint32_t taps, ins, outs;
    const float *weights; /* packed: see pack() */
    const float *bias;    /* outs */
} rig_conv;

/* What an activation adds to the output: out += sum over channels of weight * activation. Rows are `stride` apart. */
typedef struct {
    const float *weights;
    uint32_t channels;
    size_t stride;
} rig_skip;

typedef struct {
    const char *name;
    /* Packs (tap, in, out) weights for conv(), the two halves of the outs scaled. [main] */
    void (*pack)(const float *weights, uint32_t taps, uint32_t ins, uint32_t outs, const double scale[2], float *packed);
    /* in[tap] points at the first frame of that tap's first row, rows are in_stride apart; add may be NULL. [audio] */
    void (*conv)(const rig_conv *conv, const float *const *in, size_t in_stride, const float *add, size_t add_stride,
                 float *out, size_t out_stride, uint32_t frames);
    /* In place on rows of scaled input: see rig_activation_scale(). Gated ones leave their result in the first half. Adds to
       `out` what the skip says. [audio] */
    void (*activate)(rig_activation activation, const rig_skip *skip, float *rows, float *out, uint32_t frames);
    /* y[i] = sum over k of h[k] * x[i - k]. [audio] */
    void (*fir)(const float *h, uint32_t taps, const float *x, float *y, uint32_t frames);
    /* Does nothing but multiply and add; returns how often. For the bench. */
    double (*spin)(uint32_t rounds, float factor, float term, float *sink);
} rig_kernels;

/* The set in use: the best this machine has, unless rig_isa_use() chose. */
const rig_kernels *rig_kernels_now(void);

/* tanh and sigmoid are made of exp2; the factor to base 2 is folded into the weights of the rows that feed them.
   second: for the second half of a gated pair. */
static inline double rig_activation_scale(rig_activation activation, int second)
{
    const double log2e = 1.4426950408889634;
    if (activation == RIG_TANH || (activation == RIG_GATED && !second)) return 2.0 * log2e;
    if (activation == RIG_SIGMOID || activation == RIG_GATED) return -log2e;
    return 1.0;
}

static inline int rig_is_gated(rig_activation activation) { return activation == RIG_GATED || activation == RIG_SOFTGATED; }

#endif
