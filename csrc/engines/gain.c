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

static void process(void *self, const float *p, float *const *io, uint32_t frames)
{
    rig_ramp_apply(&((state *)self)->gain, rig_from_db(p[GAIN]), io[RIG_SIGNAL], frames);
}

static void reset(void *self) { (void)self; }

const rig_engine rig_engine_gain = {
    RIG_ABI, N_PARAMS, "gain", "louder or softer", params, size, init, memory, process, reset,
};
