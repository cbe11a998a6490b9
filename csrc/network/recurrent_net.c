/* Plays a recurrent network: LSTM and GRU layers, dense ones and convolutions, in any order. */
#include <string.h>

#include "../denormals.h"
#include "../ramp.h"
#include "dense_conv.h"
#include "net.h"
#include "stack.h"

/* Seconds that it must hear to be as if it had always run: what other players let a recurrent model hear of silence before
   the first note. Such a network forgets slowly and never quite; what is left by then is far below what is heard. */
#define MEMORY 0.5

typedef struct {
    int recurrent;
    rig_frames from;
    union {
        rig_stack stack;
        rig_dense_conv dense;
    };
} layer;

typedef struct {
    rig_ramp knobs[RIG_NET_KNOBS];
    float skip, input_gain, output_gain;
    uint32_t inputs, n_layers, stretch, memory;
    layer *layers;
    float *in;             /* this block's input, a row a frame */
    rig_frames from, out;  /* the same; what the last layer makes */
    float *live, *settled; /* what is remembered; what would be after silence for ever */
    size_t live_bytes;
    uint64_t at, settled_at; /* frames since the beginning */
} state;

/* Layers, from the input on; with no base it only counts. Returns how many floats are remembered. */
static size_t take_layers(state *s, rig_arena *p, const rig_setup *setup, float *live)
{
    rig_arena memory = {(char *)live, 0};
    rig_frames from = s->from;
    rig_layer l;
    s->n_layers = 0;
    for (uint32_t i = 0, n; i < rig_layers(setup); i += n) {
        layer made = {.from = from};
        l = rig_layer_at(setup, i);
        made.recurrent = l.kind != RIG_CONV;
        n = made.recurrent ? rig_stack_count(setup, i) : 1;
        if (made.recurrent) made.stack = rig_stack_take(p, &memory, setup, i);
        else made.dense = rig_dense_conv_take(p, &memory, setup, &l, from, i + 1 == rig_layers(setup));
        if (p->base && made.recurrent) rig_stack_fill(&made.stack, setup, i);
        if (p->base && !made.recurrent) rig_dense_conv_fill(&made.dense, &l, from);
        from = made.recurrent ? rig_stack_out(&made.stack) : rig_dense_conv_out(&made.dense);
        if (p->base) s->layers[s->n_layers] = made;
        ++s->n_layers;
    }
    s->out = from;
    return memory.used;
}

/* Where everything lies. With no base, counts the bytes. */
static size_t lay_out(state *s, const rig_setup *setup, char *base)
{
    const uint32_t lanes = rig_recurrent_now()->lanes;
    rig_arena p = {base, 0}, none = {NULL, 0};
    rig_arena_alloc(&p, sizeof(state));
    s->inputs = (uint32_t)setup->ints[1];
    const uint32_t width = (s->inputs + lanes - 1) / lanes * lanes;
    s->in = rig_arena_floats(&p, RIG_BLOCK * width);
    s->from = (rig_frames){s->in, width, 0, width};
    s->live_bytes = take_layers(s, &none, setup, NULL);
    s->layers = rig_arena_alloc(&p, s->n_layers * sizeof(layer));
    s->live = rig_arena_alloc(&p, s->live_bytes);
    s->settled = rig_arena_alloc(&p, s->live_bytes);
    take_layers(s, &p, setup, s->live);
    return p.used;
}

static size_t size(const rig_setup *setup)
{
    state s = {0};
    if (!rig_sequence_fits(setup) || setup->ints[1] > 1 + RIG_NET_KNOBS) return 0;
    return lay_out(&s, setup, NULL);
}

/* A block through the layers. */
static void play(state *s, const float *p, const float *x, float *y, uint32_t frames)
{
    const size_t width = s->from.stride;
    for (uint32_t i = 0; i < frames; ++i) s->in[i * width] = s->input_gain * x[i];
    for (uint32_t k = 0; k + 1 < s->inputs; ++k) {
        rig_ramp_aim(&s->knobs[k], p[k], frames);
        for (uint32_t i = 0; i < frames; ++i) s->in[i * width + 1 + k] = rig_ramp_next(&s->knobs[k]);
    }
    for (layer *l = s->layers, *end = l + s->n_layers; l < end; ++l)
        if (l->recurrent) rig_stack_run(&l->stack, l->from, (uint32_t)(s->at % s->stretch), frames);
        else rig_dense_conv_run(&l->dense, l->from, s->at, frames);
    s->at += frames;
    for (uint32_t i = 0; i < frames; ++i)
        y[i] = s->output_gain * (s->out.at[i * s->out.stride + s->out.first] + s->skip * s->in[i * width]);
}

/* Lets it hear silence until it has settled, remembers that, and goes back to where the file says that it starts. */
static void settle(state *s, const rig_setup *setup)
{
    const float silence[RIG_BLOCK] = {0};
    float y[RIG_BLOCK];
    float *start = s->settled;
    const rig_denormals fpu = rig_denormals_enter();
    memcpy(start, s->live, s->live_bytes);
    while (s->at < s->memory) play(s, setup->params, silence, y, RIG_BLOCK);
    for (size_t i = 0; i < s->live_bytes / sizeof(float); ++i) {
        const float settled = s->live[i];
        s->live[i] = start[i];
        s->settled[i] = settled;
    }
    s->settled_at = s->at;
    s->at = 0;
    rig_denormals_leave(fpu);
}

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    const float *gains = setup->arrays[0].data;
    lay_out(s, setup, self);
    s->stretch = (uint32_t)setup->ints[0];
    s->skip = gains[0], s->input_gain = gains[1], s->output_gain = gains[2];
    s->memory = (uint32_t)(MEMORY * setup->rate);
    for (uint32_t k = 0; k < RIG_NET_KNOBS; ++k) rig_ramp_start(&s->knobs[k], setup->params[k]);
    settle(s, setup);
    return NULL;
}

static uint32_t knobs(const void *self) { return ((const state *)self)->inputs - 1; }

static uint32_t memory(const void *self) { return ((const state *)self)->memory; }

static void process(void *self, const float *p, float *signal, uint32_t frames) { play(self, p, signal, signal, frames); }

static void reset(void *self)
{
    state *s = self;
    memcpy(s->live, s->settled, s->live_bytes);
    s->at = s->settled_at;
}

const rig_net rig_recurrent_net = {size, init, knobs, memory, process, reset};
