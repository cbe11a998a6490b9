/* wavenet_reference: the same model, one sample at a time, written to be read. No preset names it; the fast kernel is held
   to it in the tests and in the bench.

   Each layer keeps a ring of past frames. For each sample: the sum over the taps of kernel x past frame, plus bias;
   the activation; its share of the output; a 1x1 and the layer's input for the next layer. */
#include <math.h>
#include <string.h>

#include "../wavenet.h"

typedef struct {
    rig_wavenet net;
    uint64_t now;          /* frames seen */
    const float **weights; /* RIG_PER_LAYER a layer */
    const float *input, *input_bias, *output, *output_bias;
    int32_t *dilations;
    float **past;          /* each layer's ring: frames of C floats */
    float *frame, *sum;    /* C and 2C floats */
} state;

/* Takes `bytes` from a place that grows; with no base it only counts. */
static void *take(char *base, size_t *used, const void *from, size_t bytes)
{
    void *here = base ? base + *used : NULL;
    if (here && from) memcpy(here, from, bytes);
    *used += (bytes + 15) & ~(size_t)15;
    return here;
}

static uint32_t ring_of(const rig_wavenet *n, uint32_t layer) { return (n->taps - 1) * (uint32_t)n->dilations[layer] + 1; }

static size_t lay_out(state *s, const rig_wavenet *n, char *base)
{
    size_t used = 0;
    take(base, &used, NULL, sizeof(state));
    s->net = *n;
    s->net.dilations = take(base, &used, n->dilations, n->layers * sizeof(int32_t));
    s->input = take(base, &used, n->input->data, n->channels * sizeof(float));
    s->input_bias = take(base, &used, n->input_bias->data, n->channels * sizeof(float));
    s->output = take(base, &used, n->output->data, n->output->count * sizeof(float));
    s->output_bias = take(base, &used, n->output_bias->data, sizeof(float));
    s->frame = take(base, &used, NULL, n->channels * sizeof(float));
    s->sum = take(base, &used, NULL, n->wide * sizeof(float));
    s->weights = take(base, &used, NULL, RIG_PER_LAYER * n->layers * sizeof(float *));
    s->past = take(base, &used, NULL, n->layers * sizeof(float *));
    for (uint32_t i = 0; i < RIG_PER_LAYER * n->layers; ++i) {
        const float *copy = take(base, &used, n->stack[i].data, n->stack[i].count * sizeof(float));
        if (base) s->weights[i] = copy;
    }
    for (uint32_t l = 0; l < n->layers; ++l) {
        float *ring = take(base, &used, NULL, (size_t)ring_of(n, l) * n->channels * sizeof(float));
        if (base) s->past[l] = ring;
    }
    return used;
}

static size_t size(const rig_setup *setup)
{
    state s;
    rig_wavenet n;
    return rig_wavenet_read(&n, setup) ? lay_out(&s, &n, NULL) : 0;
}

static const char *init(void *self, const rig_setup *setup)
{
    rig_wavenet n;
    if (!rig_wavenet_read(&n, setup)) return "its files don't make sense to it";
    lay_out(self, &n, self);
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    (void)p;
    return rig_wavenet_memory(&((const state *)self)->net);
}

static float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
static float softsign(float x) { return x / (1.0f + fabsf(x)); }

/* y += x W, with W (ins, outs). */
static void add_product(float *restrict y, const float *restrict x, const float *restrict w, uint32_t ins, uint32_t outs)
{
    for (uint32_t i = 0; i < ins; ++i)
        for (uint32_t o = 0; o < outs; ++o) y[o] += x[i] * w[i * outs + o];
}

static float activated(rig_activation activation, const float *sum, uint32_t c, uint32_t channels)
{
    switch (activation) {
    case RIG_TANH: return tanhf(sum[c]);
    case RIG_SIGMOID: return sigmoid(sum[c]);
    case RIG_RELU: return sum[c] < 0.0f ? 0.0f : sum[c];
    case RIG_SOFTSIGN: return softsign(sum[c]);
    case RIG_GATED: return tanhf(sum[c]) * sigmoid(sum[c + channels]);
    case RIG_SOFTGATED: return softsign(sum[c]) * softsign(sum[c + channels]);
    default: return sum[c];
    }
}

/* One layer on one frame; returns its share of the output and leaves the next layer's input in s->frame. */
static float layer_step(state *s, uint32_t l)
{
    const rig_wavenet *n = &s->net;
    const uint32_t c = n->channels, ring = ring_of(n, l), dilation = (uint32_t)n->dilations[l];
    const float *const *w = s->weights + RIG_PER_LAYER * l;
    memcpy(s->past[l] + s->now % ring * c, s->frame, c * sizeof(float));
    memcpy(s->sum, w[RIG_BIAS], n->wide * sizeof(float));
    for (uint32_t k = 0; k < n->taps; ++k) {
        const uint64_t then = (s->now + ring - (n->taps - 1 - k) * dilation) % ring;
        add_product(s->sum, s->past[l] + then * c, w[RIG_KERNEL] + k * c * n->wide, c, n->wide);
    }
    float share = 0.0f;
    for (uint32_t i = 0; i < c; ++i) {
        s->sum[i] = activated(n->activation, s->sum, i, c);
        share += s->sum[i] * s->output[l * c + i];
    }
    for (uint32_t i = 0; i < c; ++i) s->frame[i] += w[RIG_MIX_BIAS][i];
    add_product(s->frame, s->sum, w[RIG_MIX], c, c);
    return share;
}

static void process(void *self, const float *p, float *const *io, uint32_t frames)
{
    (void)p;
    state *s = self;
    for (uint32_t i = 0; i < frames; ++i, ++s->now) {
        float y = s->output_bias[0];
        memcpy(s->frame, s->input_bias, s->net.channels * sizeof(float));
        add_product(s->frame, &io[RIG_SIGNAL][i], s->input, 1, s->net.channels);
        for (uint32_t l = 0; l < s->net.layers; ++l) y += layer_step(s, l);
        io[RIG_SIGNAL][i] = y;
    }
}

static void reset(void *self)
{
    state *s = self;
    for (uint32_t l = 0; l < s->net.layers; ++l)
        memset(s->past[l], 0, (size_t)ring_of(&s->net, l) * s->net.channels * sizeof(float));
}

const rig_engine rig_engine_wavenet_reference = {
    RIG_ABI, 0, "wavenet_reference", "the wavenet engine, sample by sample", NULL, size, init, memory, process, reset,
};
