/* gain: louder or softer. The engine to copy. */
#include "../ramp.h"
#include "../rig_engine.h"

enum { GAIN, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [GAIN] = {"gain", "dB", "how hard the next engine is driven", -60.0f, 40.0f, 0.0f, NULL},
};

typedef struct {
    rig_ramp gain;
} state;

static size_t size(const rig_setup *setup) { return setup->n_arrays ? 0 : sizeof(state); }

static const char *init(void *self, const rig_setup *setup)
{
    rig_ramp_start(&((state *)self)->gain, rig_from_db(setup->params[GAIN]));
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    (void)self, (void)p;
    return 0;
}

static void process(void *self, const rig_block *b)
{
    rig_ramp_apply(&((state *)self)->gain, rig_from_db(b->params[GAIN]), b->signal[0], b->frames);
}

static void reset(void *self) { (void)self; }

const rig_engine rig_engine_gain = {
    .abi = RIG_ABI, .channels = 1, .name = "gain", .about = "louder or softer",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset,
};
