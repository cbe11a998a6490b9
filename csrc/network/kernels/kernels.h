/* The arithmetic that engines share, compiled once per instruction set and picked when an engine is made.

   Signals are rows: [channel][time], a row's frames next to each other, so that a vector holds frames of one channel
   and weights are broadcast. Work is done in whole vectors: a row must be readable and writable up to
   RIG_PAD frames past its last, and what lies there is never heard. */
#ifndef RIG_KERNELS_H
#define RIG_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define RIG_PAD 16 /* the widest vector, in floats */

/* What stands between a convolution and what follows it: the ones that most models use, each as fast as it can be. */
typedef enum {
    RIG_LINEAR,
    RIG_TANH,
    RIG_SIGMOID,
    RIG_SOFTSIGN,
    RIG_LEAKY,     /* max(x, slope x), a slope for each row, at most 1; ReLU has 0 */
    RIG_GATED,     /* tanh(first half) * sigmoid(second half) */
    RIG_SOFTGATED, /* softsign(first half) * softsign(second half) */
    RIG_ACTIVATIONS
} rig_activation;

/* Any of them on plain input, in the order and with the parameters of rig/models/formats/network.py, which has their formulas. */
typedef enum {
    RIG_CURVE_LINEAR,
    RIG_CURVE_TANH,
    RIG_CURVE_FASTTANH,
    RIG_CURVE_SIGMOID,
    RIG_CURVE_SOFTSIGN,
    RIG_CURVE_SOFTSIGMOID,
    RIG_CURVE_SILU,
    RIG_CURVE_HARDSWISH,
    RIG_CURVE_ELU,  /* alpha */
    RIG_CURVE_CLIP, /* low, high, low slope, high slope */
    RIG_CURVES
} rig_curve;

/* Rows of a signal: row r begins at `at` + r * stride. */
typedef struct {
    float *at;
    size_t stride;
} rig_rows;

/* out[o] = bias[o] + add[o] + sum over ins of weight * in. A convolution's taps are ins of their own: the same row, earlier. */
typedef struct {
    uint32_t ins, outs;
    const float *weights; /* packed: see pack() */
    const float *bias;    /* outs */
} rig_conv;

/* What becomes of an activation beside going on: nothing, out[0] += weights . activation, or out[row] += activation[row]. */
typedef enum { RIG_NO_HEAD, RIG_DOT, RIG_SUM, RIG_HEADS } rig_head_kind;

typedef struct {
    rig_head_kind kind;
    const float *weights;
    rig_rows out;
} rig_head;

/* What a layer does with the rows of its convolution: the activation, its share of the head, and a 1x1 that leads on,
   out[o] = bias[o] + add[o] + weights[o] . activation. */
typedef struct {
    rig_activation activation;
    const float *slopes; /* for RIG_LEAKY */
    rig_head head;
    uint32_t outs;
    const float *weights; /* (outs, the activation's rows) */
    const float *bias;
    rig_rows add, out;
} rig_onward;

#define RIG_GROUP 16 /* numbers of a spectrum that lie together: their real parts, then their imaginary ones */

/* A pass of a Fourier transform of `points`, a power of four from 64 on. Numbers that belong together lie `span` apart after it: 1, 4,
   16 ... points / 4. Groups lie in_stride and out_stride floats apart. */
typedef struct {
    uint32_t points, span, flip; /* flip: real and imaginary parts change places, in and out: all passes so are the inverse */
    const float *turns;          /* see csrc/response.c */
    const float *in;
    float *out;
    size_t in_stride, out_stride;
} rig_pass;

/* out = sum over the `heard` latest of x * h. Of each group all parts lie together; those of x are a ring, `newest` the latest. */
typedef struct {
    const float *x, *h;
    float *out;
    uint32_t parts, newest, heard;
} rig_products;

typedef struct {
    const char *name;
    /* Packs (in, out) weights for conv(). [main] */
    void (*pack)(const float *weights, uint32_t ins, uint32_t outs, float *packed);
    /* in: where each of the ins has its first frame, in bytes from base; add.at may be NULL. [audio] */
    void (*conv)(const rig_conv *conv, const void *base, const int32_t *in, rig_rows add, rig_rows out, uint32_t frames);
    /* In place on `channels` rows, twice as many where gated: the result is in the first half. tanh and sigmoid, gated or not,
       expect scaled input: see rig_activation_scale(). slopes: for RIG_LEAKY. [audio] */
    void (*activate)(rig_activation activation, uint32_t channels, const float *slopes, rig_rows rows, const rig_head *head,
                     uint32_t frames);
    /* Whether layer() takes a convolution of so many outs with that activation. [main] */
    int (*fits)(rig_activation activation, uint32_t outs);
    /* conv(), activate() and the 1x1 behind them in one go, the rows between them never written down. [audio] */
    void (*layer)(const rig_conv *conv, const void *base, const int32_t *in, const rig_onward *onward, uint32_t frames);
    /* In place on `channels` rows. params: (parameters, channels). [audio] */
    void (*bend)(rig_curve curve, uint32_t channels, const float *params, rig_rows rows, uint32_t frames);
    /* y[i] = sum over k of h[k] * x[i - k]. [audio] */
    void (*fir)(const float *h, uint32_t taps, const float *x, float *y, uint32_t frames);
    /* Any part of the work on a block: [from, to) of the groups of a quarter, or of all of them. [audio] */
    void (*fourier)(const rig_pass *pass, uint32_t from, uint32_t to);
    void (*products)(const rig_products *products, uint32_t from, uint32_t to);
    /* out = (early + i late) * turns, and late = what is imaginary of in / turns. [audio] */
    void (*twist)(const float *early, const float *late, const float *turns, float *out, uint32_t from, uint32_t to);
    void (*untwist)(const float *in, const float *turns, float *late, uint32_t from, uint32_t to);
    /* Does nothing but multiply and add; returns how often. For the bench. */
    double (*spin)(uint32_t rounds, float factor, float term, float *sink);
} rig_kernels;

/* The set in use: the best this machine has, unless rig_isa_use() chose. */
const rig_kernels *rig_kernels_now(void);

/* tanh and sigmoid are made of exp2; the factor to base 2 is folded into the weights of the rows that feed them.
   second: for the second half of a gated pair. rig/models/program/ does it, and has the same numbers. */
static inline double rig_activation_scale(rig_activation activation, int second)
{
    const double log2e = 1.4426950408889634;
    if (activation == RIG_TANH || (activation == RIG_GATED && !second)) return 2.0 * log2e;
    if (activation == RIG_SIGMOID || activation == RIG_GATED) return -log2e;
    return 1.0;
}

static inline int rig_is_gated(rig_activation activation) { return activation == RIG_GATED || activation == RIG_SOFTGATED; }

static inline uint32_t rig_curve_params(rig_curve curve) { return curve == RIG_CURVE_CLIP ? 4 : curve == RIG_CURVE_ELU ? 1 : 0; }

#endif
