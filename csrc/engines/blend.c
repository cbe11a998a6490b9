/* blend: two chains side by side, mixed. Guitar through two amps is two signals much alike: mixed in a straight line they
   keep their level, where equal power would add up to 3 dB in the middle. */
#include <string.h>

#include "../ramp.h"
#include "../rig_engine.h"

enum { MIX, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [MIX] = {"mix", "", "0: only a, 1: only b", 0.0f, 1.0f, 0.5f, NULL},
};

/* Which branch is early, 0 a or 1 b; by how many frames; whether b is turned over. */
enum { EARLY, FRAMES, TURN, N_INTS };

typedef struct {
    rig_ramp mix;
    float polarity;      /* of b: -1 turns it over */
    uint32_t early;      /* the branch that waits for the other */
    uint32_t frames, at; /* for so long; the oldest of its frames lies at past[at] */
    float past[];
} state;

static size_t size(const rig_setup *setup)
{
    if (setup->n_ints != N_INTS || setup->ints[FRAMES] < 0) return 0;
    return sizeof(state) + (size_t)setup->ints[FRAMES] * sizeof(float);
}

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    rig_ramp_start(&s->mix, setup->params[MIX]);
    s->polarity = setup->ints[TURN] ? -1.0f : 1.0f;
    s->early = setup->ints[EARLY] != 0;
    s->frames = (uint32_t)setup->ints[FRAMES];
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    (void)p;
    return ((const state *)self)->frames;
}

static void wait(state *s, float *x, uint32_t frames)
{
    for (uint32_t i = 0; i < frames; ++i) {
        const float now = x[i];
        x[i] = s->past[s->at];
        s->past[s->at] = now;
        s->at = s->at + 1 == s->frames ? 0 : s->at + 1;
    }
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    float *x = b->signal[0], *y = b->side[0]; /* of branches a and b */
    if (s->frames) wait(s, s->early ? y : x, b->frames);
    rig_ramp_aim(&s->mix, b->params[MIX], b->frames);
    for (uint32_t i = 0; i < b->frames; ++i) {
        const float mix = rig_ramp_next(&s->mix);
        x[i] = (1.0f - mix) * x[i] + mix * s->polarity * y[i];
    }
}

static void reset(void *self)
{
    state *s = self;
    memset(s->past, 0, s->frames * sizeof(float));
}

const rig_engine rig_engine_blend = {
    .abi = RIG_ABI, .channels = 1, .name = "blend", .about = "two chains side by side, mixed",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset,
};
