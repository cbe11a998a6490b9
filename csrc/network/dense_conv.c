#include "dense_conv.h"

#include <string.h>

rig_dense_conv rig_dense_conv_take(rig_arena *p, rig_arena *memory, const rig_setup *setup, const rig_layer *layer, rig_frames from,
                           int last)
{
    const rig_recurrent *k = rig_recurrent_now();
    const size_t taps = layer->taps, ins = layer->ins;
    rig_dense_conv w = {.kernels = k, .curve = layer->curve, .dilation = layer->dilation * (uint32_t)setup->ints[0]};
    w.single = last && layer->outs == 1 && taps == 1;
    const size_t width = w.single ? from.width : (layer->outs + k->lanes - 1) / k->lanes * k->lanes;
    float *weights = rig_arena_floats(p, w.single ? width : taps * ins * width);
    w.affine = (rig_affine){layer->taps, layer->ins, (uint32_t)width, weights, rig_arena_floats(p, width)};
    w.curve_params = rig_arena_floats(p, rig_curve_params(w.curve) * (w.single ? RIG_BLOCK : width));
    w.rows = rig_arena_floats(p, RIG_BLOCK * (w.single ? 1 : width));
    w.taps = rig_arena_alloc(p, taps * sizeof(float *));
    const size_t past = (taps - 1) * w.dilation;
    w.ring = (uint32_t)((past + 2 * RIG_BLOCK - 1) / RIG_BLOCK * RIG_BLOCK);
    w.past = past ? rig_arena_floats(memory, 2 * w.ring * ins) : NULL;
    return w;
}

void rig_dense_conv_fill(rig_dense_conv *w, const rig_layer *layer, rig_frames from)
{
    const size_t outs = layer->outs, width = w->affine.width, across = w->single ? RIG_BLOCK : width;
    float *weights = (float *)w->affine.weights;
    for (size_t i = 0; i < (size_t)layer->taps * layer->ins; ++i)
        for (size_t o = 0; o < outs; ++o)
            weights[w->single ? from.first + i : i * width + o] = layer->arrays[RIG_WEIGHTS].data[i * outs + o];
    memcpy((float *)w->affine.bias, layer->arrays[RIG_CONV_BIAS].data, outs * sizeof(float));
    for (size_t i = 0; i < rig_curve_params(w->curve); ++i)
        for (size_t o = 0; o < across; ++o)
            w->curve_params[i * across + o] = layer->arrays[RIG_CURVE_PARAMS].data[i * outs + (o < outs ? o : 0)];
}

/* Writes a block into the ring, and points at where each tap begins in it. */
static void remember(rig_dense_conv *w, rig_frames from, uint64_t at, uint32_t frames)
{
    const uint32_t ins = w->affine.ins, here = (uint32_t)(at % w->ring);
    for (uint32_t i = 0; i < frames; ++i) {
        float *row = w->past + (size_t)((here + i) % w->ring) * ins;
        memcpy(row, from.at + i * from.stride + from.first, ins * sizeof(float));
        memcpy(row + (size_t)w->ring * ins, row, ins * sizeof(float));
    }
    /* A block that wraps lies in one piece across the seam of the two copies; any other, with its past, ends in the upper. */
    const size_t start = here + (here + frames <= w->ring ? w->ring : 0);
    for (uint32_t k = 0; k < w->affine.taps; ++k)
        w->taps[k] = w->past + (start - (size_t)(w->affine.taps - 1 - k) * w->dilation) * ins;
}

void rig_dense_conv_run(rig_dense_conv *w, rig_frames from, uint64_t at, uint32_t frames)
{
    const rig_affine *a = &w->affine;
    const uint32_t width = a->width;
    const float *now = from.at + from.first;
    if (w->single) {
        w->kernels->dot(a->weights, a->bias[0], width, from.at, from.stride, w->rows, frames);
        w->kernels->bend(w->curve, w->curve_params, RIG_BLOCK, w->rows, 1);
        return;
    }
    if (w->past) remember(w, from, at, frames);
    w->kernels->affine(a, w->past ? w->taps : &now, w->past ? a->ins : from.stride, w->rows, width, frames);
    w->kernels->bend(w->curve, w->curve_params, width, w->rows, frames);
}
