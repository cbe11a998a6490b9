/* volume: for a pedal. Its travel is spread as on an audio taper, whose halfway is some 18 dB down: the cube of the travel is near
   enough an exponential and, other than that, ends in silence (A. Van Den Eynde, "Programming volume controls", dr-lex.be, 2005). */
#include <math.h>

#include "../ramp.h"
#include "../rig_engine.h"

enum { LEVEL, PEDAL, TAPER, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [LEVEL] = {"level", "dB", "how loud; -60 is silent", -60.0f, 12.0f, 0.0f, NULL},
    [PEDAL] = {"pedal", "", "0: heel down, silent, 1: toe down, as loud as level says", 0.0f, 1.0f, 1.0f, NULL},
    [TAPER] = {"taper", "", "how the pedal's travel is spread", 0.0f, 1.0f, 0.0f, "audio|linear"},
};

typedef struct {
    rig_glide gain;
} state;

static size_t size(const rig_setup *setup) { return setup->n_arrays ? 0 : sizeof(state); }

static float gain_of(const float *p)
{
    const float pedal = p[PEDAL], level = p[LEVEL] > params[LEVEL].min ? rig_from_db(p[LEVEL]) : 0.0f;
    return level * (p[TAPER] > 0.5f ? pedal : pedal * pedal * pedal);
}

static const char *init(void *self, const rig_setup *setup)
{
    rig_glide_start(&((state *)self)->gain, gain_of(setup->params), setup->rate);
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    (void)self, (void)p;
    return 0;
}

static void process(void *self, const rig_block *b)
{
    rig_glide *gain = &((state *)self)->gain;
    const float to = gain_of(b->params);
    for (uint32_t i = 0; i < b->frames; ++i) {
        const float now = rig_glide_next(gain, to);
        for (uint32_t c = 0; c < b->channels; ++c) b->signal[c][i] *= now;
    }
}

static void reset(void *self) { (void)self; }

const rig_engine rig_engine_volume = {
    .abi = RIG_ABI, .channels = 0, .name = "volume", .about = "for a pedal: from silence up",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset,
};
