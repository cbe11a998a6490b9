/* dc: takes away what is constant, with the blocker that stands before the output (csrc/dc_blocker.h): for what follows a model, a plug-in or
   a pedal whose silence is none, and bends, squeezes or echoes. A one-pole high-pass: J. O. Smith, "Introduction to digital
   filters", 2007, "DC blocker". */
#include <math.h>

#include "../dc_blocker.h"
#include "../rig_engine.h"

enum { CUT, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [CUT] = {"cut", "Hz", "where it begins to take lows, too", 2.0f, 40.0f, 7.0f, NULL},
};

typedef struct {
    double rate;
    rig_dc_blocker blockers[2]; /* of each channel */
} state;

static size_t size(const rig_setup *setup) { return setup->n_arrays ? 0 : sizeof(state); }

static void set(state *s, const float *p)
{
    s->blockers[0].share = s->blockers[1].share = rig_dc_blocker_share(p[CUT], s->rate);
}

static void reset(void *self)
{
    state *s = self;
    for (int c = 0; c < 2; ++c) rig_dc_blocker_begin(&s->blockers[c], 0.0);
}

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    s->rate = setup->rate;
    set(s, setup->params);
    reset(self);
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    return rig_dc_blocker_memory(rig_dc_blocker_share(p[CUT], ((const state *)self)->rate));
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    set(s, b->params);
    for (uint32_t c = 0; c < b->channels; ++c) rig_dc_blocker_run(&s->blockers[c], b->signal[c], b->frames);
}

const rig_engine rig_engine_dc = {
    .abi = RIG_ABI, .channels = 0, .name = "dc", .about = "takes away what is constant",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset,
};
