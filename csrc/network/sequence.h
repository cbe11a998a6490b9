/* A recurrent network as recurrent_net.c receives it: the shape in ints, the weights in arrays.

   ints: stretch, inputs, layers; then for each layer kind, ins, outs, taps, dilation, activation. arrays: {skip, input gain,
   output gain}; then for each layer, laid out as in rig/models/formats/network.py:
   lstm: kernel (ins, 4H), recurrent (H, 4H), bias (4H), hidden (H), cell (H)
   gru:  kernel (ins, 3H), recurrent (H, 3H), bias (3H), recurrent bias (3H), hidden (H)
   conv: weights (taps, ins, outs), bias (outs), the activation's parameters (parameters, outs) */
#ifndef RIG_SEQUENCE_H
#define RIG_SEQUENCE_H

#include "kernels/recurrent.h"
#include "../rig_engine.h"

typedef enum { RIG_LSTM, RIG_GRU, RIG_CONV, RIG_KINDS } rig_kind;

/* Where a layer's arrays stand. */
enum { RIG_KERNEL, RIG_RECURRENT, RIG_BIAS, RIG_HIDDEN, RIG_CELL, RIG_RECURRENT_BIAS = RIG_HIDDEN, RIG_GRU_HIDDEN = RIG_CELL };
enum { RIG_WEIGHTS, RIG_CONV_BIAS, RIG_CURVE_PARAMS };

typedef struct {
    rig_kind kind;
    uint32_t ins, outs, taps, dilation;
    rig_curve curve;
    const rig_array *arrays;
} rig_layer;

/* Where a layer's input lies: frames `stride` apart, whole vectors each, the units from `first` on. */
typedef struct {
    const float *at;
    size_t stride;
    uint32_t first, width;
} rig_frames;

#define RIG_STRETCH 192 /* times a model's rate, at most: from the slowest rate to the fastest, and four times that */

static inline uint32_t rig_gates(rig_kind kind) { return kind == RIG_LSTM ? 4 : 3; }
static inline uint32_t rig_layer_arrays(rig_kind kind) { return kind == RIG_CONV ? 3 : 5; }
static inline uint32_t rig_layers(const rig_setup *setup) { return (uint32_t)setup->ints[2]; }

/* [main] Layer `index`, all before it having sensible kinds. */
static inline rig_layer rig_layer_at(const rig_setup *setup, uint32_t index)
{
    const rig_array *arrays = setup->arrays + 1;
    for (uint32_t l = 0; l < index; ++l) arrays += rig_layer_arrays((rig_kind)setup->ints[3 + 6 * l]);
    const int32_t *i = setup->ints + 3 + 6 * index;
    return (rig_layer){(rig_kind)i[0], (uint32_t)i[1], (uint32_t)i[2], (uint32_t)i[3], (uint32_t)i[4], (rig_curve)i[5], arrays};
}

/* [main] Whether a layer's arrays are as long as its sizes say. */
static inline int rig_layer_fits(const rig_layer *l)
{
    const size_t ins = l->ins, outs = l->outs, wide = outs * rig_gates(l->kind);
    const rig_array *a = l->arrays;
    if (l->kind == RIG_CONV)
        return a[RIG_WEIGHTS].count == l->taps * ins * outs && a[RIG_CONV_BIAS].count == outs &&
               a[RIG_CURVE_PARAMS].count == rig_curve_params(l->curve) * outs;
    if (a[RIG_KERNEL].count != ins * wide || a[RIG_RECURRENT].count != outs * wide || a[RIG_BIAS].count != wide) return 0;
    return a[3].count == (l->kind == RIG_LSTM ? outs : wide) && a[4].count == outs;
}

/* [main] Whether the setup makes sense. */
static inline int rig_sequence_fits(const rig_setup *setup)
{
    const int32_t *ints = setup->ints;
    if (setup->n_ints < 9 || ints[0] < 1 || ints[0] > RIG_STRETCH || ints[1] < 1 || ints[2] < 1) return 0;
    if (setup->n_ints != 3 + 6 * (uint64_t)ints[2] || setup->n_arrays < 1 || setup->arrays[0].count != 3) return 0;
    uint32_t ins = (uint32_t)ints[1], arrays = 1;
    rig_layer l;
    for (uint32_t i = 0; i < rig_layers(setup); ++i, ins = l.outs) {
        for (int n = 0; n < 6; ++n)
            if (ints[3 + 6 * i + n] < (n == 0 || n == 5 ? 0 : 1) || ints[3 + 6 * i + n] > 1 << 24) return 0;
        l = rig_layer_at(setup, i);
        if (l.kind >= RIG_KINDS || l.curve >= RIG_CURVES || l.ins != ins) return 0;
        arrays += rig_layer_arrays(l.kind);
        if (arrays > setup->n_arrays || !rig_layer_fits(&l)) return 0;
    }
    return ins == 1 && arrays == setup->n_arrays;
}

#endif
