/* wavenet: an amp model, a block at a time. CONTRIBUTING.md has a picture of how the rows lie in memory. */
#include <string.h>

#include "../ramp.h"
#include "../wavenet.h"

enum { LEVEL, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [LEVEL] = {"level", "dB", "after the model", -40.0f, 40.0f, 0.0f},
};

#define STRIDE (RIG_BLOCK + RIG_PAD) /* of the rows that hold just a block */

/* One layer: its weights, and a ring that remembers its input. Row c of the ring starts at past + c * stride and holds
   `ring` frames, then the first STRIDE of them again, so that a block can be read from any place without wrapping. */
typedef struct {
    rig_conv conv, mix;       /* in -> activation, activation -> next layer */
    rig_skip skip;            /* activation -> output */
    uint32_t dilation, ring, at;
    size_t stride;
    float *past;
} layer;

typedef struct {
    const rig_kernels *kernels;
    rig_ramp level;
    rig_activation activation;
    uint32_t channels, n_layers, memory;
    rig_conv input;
    float bias; /* of the output */
    layer *layers;
    const float **taps; /* where each tap of the layer at work begins */
    float *rows;        /* what the convolution made of a block */
} state;

/* Takes `bytes` from a place that grows; with no base it only counts. */
typedef struct {
    char *base;
    size_t used;
} place;

static void *take(place *p, size_t bytes)
{
    void *here = p->base ? p->base + p->used : NULL;
    p->used += (bytes + 63) & ~(size_t)63;
    return here;
}

static float *take_floats(place *p, size_t count) { return take(p, count * sizeof(float)); }

static rig_conv take_conv(place *p, uint32_t taps, uint32_t ins, uint32_t outs)
{
    float *weights = take_floats(p, (size_t)taps * ins * outs);
    return (rig_conv){taps, ins, outs, weights, take_floats(p, outs)};
}

/* An odd number of cache lines, so that rows don't all fall into the same cache set. */
static size_t odd_lines(size_t floats)
{
    const size_t lines = (floats + 15) / 16;
    return 16 * (lines | 1);
}

static layer take_layer(place *p, const rig_wavenet *n, uint32_t index)
{
    layer l = {.dilation = (uint32_t)n->dilations[index]};
    l.conv = take_conv(p, n->taps, n->channels, n->wide);
    l.mix = take_conv(p, 1, n->channels, n->channels);
    l.skip = (rig_skip){take_floats(p, n->channels), n->channels, STRIDE};
    l.ring = (n->taps - 1) * l.dilation + 2 * STRIDE;
    l.stride = odd_lines(l.ring + STRIDE + RIG_PAD);
    l.past = take_floats(p, n->channels * l.stride);
    return l;
}

/* Where everything lies. With no base, counts the bytes. */
static size_t lay_out(state *s, const rig_wavenet *n, char *base)
{
    place p = {base, 0};
    take(&p, sizeof(state));
    s->input = take_conv(&p, 1, 1, n->channels);
    s->layers = take(&p, n->layers * sizeof(layer));
    s->taps = take(&p, n->taps * sizeof(float *));
    s->rows = take_floats(&p, n->wide * (size_t)STRIDE);
    for (uint32_t l = 0; l < n->layers; ++l) {
        const layer made = take_layer(&p, n, l);
        if (base) s->layers[l] = made;
    }
    return p.used;
}

static size_t size(const rig_setup *setup)
{
    state s;
    rig_wavenet n;
    return rig_wavenet_read(&n, setup) ? lay_out(&s, &n, NULL) : 0;
}

static void fill(const state *s, rig_conv *conv, const float *weights, const float *bias, const double scale[2])
{
    s->kernels->pack(weights, conv->taps, conv->ins, conv->outs, scale, (float *)conv->weights);
    for (uint32_t o = 0; bias && o < conv->outs; ++o)
        ((float *)conv->bias)[o] = (float)(bias[o] * scale[o >= (conv->outs + 1) / 2]);
}

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    rig_wavenet n;
    if (!rig_wavenet_read(&n, setup)) return "its files don't make sense to it";
    lay_out(s, &n, self);
    s->kernels = rig_kernels_now();
    s->activation = n.activation;
    s->channels = n.channels;
    s->n_layers = n.layers;
    s->memory = rig_wavenet_memory(&n);
    rig_ramp_start(&s->level, rig_from_db(setup->params[LEVEL]));

    const double plain[2] = {1.0, 1.0};
    const double scale[2] = {rig_activation_scale(n.activation, 0), rig_activation_scale(n.activation, 1)};
    s->bias = n.output_bias->data[0];
    fill(s, &s->input, n.input->data, n.input_bias->data, plain);
    for (uint32_t i = 0; i < n.layers; ++i) {
        layer *l = &s->layers[i];
        fill(s, &l->conv, rig_weights(&n, i, RIG_KERNEL), rig_weights(&n, i, RIG_BIAS), scale);
        fill(s, &l->mix, rig_weights(&n, i, RIG_MIX), rig_weights(&n, i, RIG_MIX_BIAS), plain);
        memcpy((float *)l->skip.weights, n.output->data + i * n.channels, n.channels * sizeof(float));
    }
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    (void)p;
    return ((const state *)self)->memory;
}

/* A block has been written into the ring: keeps the ring's beginning and the copy of it behind its end alike. */
static void mirror(layer *l, uint32_t frames)
{
    const uint32_t end = l->at + frames, first = end < STRIDE ? end : STRIDE;
    if (end <= l->ring && l->at >= STRIDE) return;
    for (uint32_t c = 0; c < l->conv.ins; ++c) {
        float *row = l->past + c * l->stride;
        if (end > l->ring) memcpy(row, row + l->ring, (end - l->ring) * sizeof(float));
        else memcpy(row + l->ring + l->at, row + l->at, (first - l->at) * sizeof(float));
    }
}

/* Points at each tap's first frame, the oldest tap first. */
static void find_taps(const layer *l, const float **taps)
{
    for (uint32_t k = 0; k < l->conv.taps; ++k) {
        const uint32_t back = (l->conv.taps - 1 - k) * l->dilation;
        taps[k] = l->past + (l->at >= back ? l->at - back : l->at + l->ring - back);
    }
}

static void process(void *self, const float *p, float *const *io, uint32_t frames)
{
    state *s = self;
    const rig_kernels *k = s->kernels;
    float in[STRIDE] = {0}, out[STRIDE];
    const float *from = in, *rows = s->rows;
    memcpy(in, io[RIG_SIGNAL], frames * sizeof(float));
    for (uint32_t i = 0; i < STRIDE; ++i) out[i] = s->bias;
    k->conv(&s->input, &from, 0, NULL, 0, s->layers->past + s->layers->at, s->layers->stride, frames);
    for (layer *l = s->layers, *end = l + s->n_layers; l < end; ++l) {
        mirror(l, frames);
        find_taps(l, s->taps);
        k->conv(&l->conv, s->taps, l->stride, NULL, 0, s->rows, STRIDE, frames);
        k->activate(s->activation, &l->skip, s->rows, out, frames);
        if (l + 1 < end)
            k->conv(&l->mix, &rows, STRIDE, l->past + l->at, l->stride, l[1].past + l[1].at, l[1].stride, frames);
        l->at = (l->at + frames) % l->ring;
    }
    memcpy(io[RIG_SIGNAL], out, frames * sizeof(float));
    rig_ramp_apply(&s->level, rig_from_db(p[LEVEL]), io[RIG_SIGNAL], frames);
}

static void reset(void *self)
{
    state *s = self;
    for (layer *l = s->layers; l < s->layers + s->n_layers; ++l)
        memset(l->past, 0, s->channels * l->stride * sizeof(float));
}

const rig_engine rig_engine_wavenet = {
    RIG_ABI, N_PARAMS, "wavenet", "a neural model of an amp or a pedal", params, size, init, memory, process, reset,
};
