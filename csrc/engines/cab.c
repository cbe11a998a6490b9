/* cab: a loudspeaker's impulse response as a direct-form FIR: up to 8 192 taps, and no latency. */
#include <string.h>

#include "../network/kernels/kernels.h"
#include "../ramp.h"
#include "../rig_engine.h"

enum { LEVEL, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [LEVEL] = {"level", "dB", "after the loudspeaker", -40.0f, 20.0f, 0.0f, NULL},
};

#define MOST_TAPS 8192

/* The past is kept twice, `ring` frames apart, so that any stretch of it lies in one piece. */
typedef struct {
    const rig_kernels *kernels;
    rig_ramp level;
    uint32_t taps, ring, at;
    float *h, *past;
    float numbers[];
} state;

static uint32_t ring_of(uint32_t taps) { return (taps + 2 * RIG_BLOCK - 1) / RIG_BLOCK * RIG_BLOCK; }
static size_t past_of(uint32_t taps) { return 2 * (size_t)ring_of(taps) + RIG_PAD; }

static size_t size(const rig_setup *setup)
{
    if (setup->n_arrays != 1 || !setup->arrays[0].count || setup->arrays[0].count > MOST_TAPS) return 0;
    const uint32_t taps = (uint32_t)setup->arrays[0].count;
    return sizeof(state) + (taps + past_of(taps)) * sizeof(float);
}

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    s->kernels = rig_kernels_now();
    s->taps = (uint32_t)setup->arrays[0].count;
    s->ring = ring_of(s->taps);
    s->h = s->numbers;
    s->past = s->numbers + s->taps;
    memcpy(s->h, setup->arrays[0].data, s->taps * sizeof(float));
    rig_ramp_start(&s->level, rig_from_db(setup->params[LEVEL]));
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    (void)p;
    return ((const state *)self)->taps - 1;
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    float *x = b->signal[0], y[RIG_BLOCK + RIG_PAD];
    const uint32_t frames = b->frames;
    for (uint32_t i = 0; i < frames; ++i) {
        const uint32_t at = (s->at + i) % s->ring;
        s->past[at] = s->past[at + s->ring] = x[i];
    }
    /* A block that wraps lies in one piece across the seam of the two copies; any other, with its past, ends in the upper. */
    const uint32_t start = s->at + (s->at + frames <= s->ring ? s->ring : 0);
    s->at = (s->at + frames) % s->ring;
    s->kernels->fir(s->h, s->taps, s->past + start, y, frames);
    memcpy(x, y, frames * sizeof(float));
    rig_ramp_apply(&s->level, rig_from_db(b->params[LEVEL]), x, frames);
}

static void reset(void *self)
{
    state *s = self;
    memset(s->past, 0, past_of(s->taps) * sizeof(float));
}

const rig_engine rig_engine_cab = {
    .abi = RIG_ABI, .channels = 1, .name = "cab", .about = "a loudspeaker's impulse response",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset,
};
