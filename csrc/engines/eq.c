/* eq: four bands, split at 200, 2 000 and 5 000 Hz by one-poles whose bands sum to the input, as in SmartGuitarAmp.
   What is added is each band times (gain - 1), so that flat is not nearly but exactly the input. */
#include <math.h>

#include "../ramp.h"
#include "../rig_engine.h"

enum { BASS, MID, TREBLE, PRESENCE, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [BASS] = {"bass", "dB", "below 200 Hz: thump", -8.0f, 8.0f, 0.0f, NULL},
    [MID] = {"mid", "dB", "200 Hz to 2 kHz: body", -8.0f, 8.0f, 0.0f, NULL},
    [TREBLE] = {"treble", "dB", "2 to 5 kHz: bite", -8.0f, 8.0f, 0.0f, NULL},
    [PRESENCE] = {"presence", "dB", "above 5 kHz: air", -8.0f, 8.0f, 0.0f, NULL},
};

static const double split[] = {200.0, 2000.0, 5000.0};
#define SPLITS 3

typedef struct {
    float follow[SPLITS]; /* how far a one-pole moves towards its input in a frame */
    float low[SPLITS];    /* what lies below each split */
    rig_ramp gain[N_PARAMS];
    uint32_t settle;      /* frames until the slowest one-pole has forgotten 100 dB */
} state;

static size_t size(const rig_setup *setup) { return setup->n_arrays ? 0 : sizeof(state); }

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    const double turn = 2.0 * 3.14159265358979323846 / setup->rate;
    for (int i = 0; i < SPLITS; ++i) s->follow[i] = (float)(1.0 - exp(-turn * split[i]));
    for (int i = 0; i < N_PARAMS; ++i) rig_ramp_start(&s->gain[i], rig_from_db(setup->params[i]));
    s->settle = (uint32_t)(11.5 / (turn * split[0]));
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    (void)p;
    return ((const state *)self)->settle;
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    float *x = b->signal[0];
    for (int i = 0; i < N_PARAMS; ++i) rig_ramp_aim(&s->gain[i], rig_from_db(b->params[i]), b->frames);
    float low = s->low[0], middle = s->low[1], high = s->low[2];
    for (uint32_t i = 0; i < b->frames; ++i) {
        const float in = x[i];
        low += s->follow[0] * (in - low);
        middle += s->follow[1] * (in - middle);
        high += s->follow[2] * (in - high);
        x[i] = in + (rig_ramp_next(&s->gain[BASS]) - 1.0f) * low
                  + (rig_ramp_next(&s->gain[MID]) - 1.0f) * (middle - low)
                  + (rig_ramp_next(&s->gain[TREBLE]) - 1.0f) * (high - middle)
                  + (rig_ramp_next(&s->gain[PRESENCE]) - 1.0f) * (in - high);
    }
    s->low[0] = low, s->low[1] = middle, s->low[2] = high;
}

static void reset(void *self)
{
    for (int i = 0; i < SPLITS; ++i) ((state *)self)->low[i] = 0.0f;
}

const rig_engine rig_engine_eq = {
    .abi = RIG_ABI, .channels = 1, .name = "eq", .about = "bass, mid, treble, presence",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset,
};
