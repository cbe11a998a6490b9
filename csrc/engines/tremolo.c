/* tremolo: the sound comes and goes. amplitude: all of it; harmonic: the lows while the highs go, split where the brown amps of
   1960 did (a one-pole and what it leaves; Zolzer, ed., DAFX, 2nd ed., 2011, section 3.5, for the rest); pan: from side to side, which sums to
   the same power. */
#include <math.h>

#include "../lfo.h"
#include "../ramp.h"
#include "../rig_engine.h"

enum { RATE, NOTE, DEPTH, SHAPE, KIND, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [RATE] = {"rate", "Hz", "how often", 0.1f, 15.0f, 4.0f, NULL},
    [NOTE] = {"note", "", "the same as a note at the song's tempo", 0.0f, RIG_LFO_MOST, 0.0f, RIG_LFO_NOTES},
    [DEPTH] = {"depth", "", "how far it goes", 0.0f, 1.0f, 0.6f, NULL},
    [SHAPE] = {"shape", "", "0: a sine, 1: on and off", 0.0f, 1.0f, 0.0f, NULL},
    [KIND] = {"kind", "", "what comes and goes", 0.0f, 2.0f, 0.0f, "amplitude|harmonic|pan"},
};

#define SPLIT_HZ 700.0f
#define SOFT_MS 1.5f  /* on and off, without a click */
#define FADE_MS 20.0f /* from one kind to another */

typedef struct {
    float rate, split, step, soft;
    rig_lfo lfo;
    float low[2], wave; /* wave: as it is heard, without edges */
    float kinds[3];     /* how much of each is heard */
    rig_ramp depth, shape;
} state;

static size_t size(const rig_setup *setup) { return setup->n_arrays ? 0 : sizeof(state); }

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    s->rate = (float)setup->rate;
    s->split = (float)(1.0 - exp(-2.0 * 3.14159265358979323846 * SPLIT_HZ / setup->rate));
    s->soft = 1.0f - expf(-1000.0f / (SOFT_MS * s->rate));
    s->step = 1000.0f / (FADE_MS * s->rate);
    s->kinds[(int)(setup->params[KIND] + 0.5f)] = 1.0f;
    rig_ramp_start(&s->depth, setup->params[DEPTH]);
    rig_ramp_start(&s->shape, setup->params[SHAPE]);
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    (void)p;
    return (uint32_t)(12.0f / ((const state *)self)->split);
}

/* -1 to 1; a sine that is pressed against its ends. */
static float wave(float sine, float shape)
{
    if (shape <= 0.0f) return sine;
    const float drive = 1.0f + 15.0f * shape * shape;
    return tanhf(drive * sine) / tanhf(drive) * shape + sine * (1.0f - shape);
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    const float *p = b->params;
    const uint32_t kind = (uint32_t)(p[KIND] + 0.5f);
    rig_lfo_aim(&s->lfo, b, p[RATE], p[NOTE], s->rate);
    rig_ramp_aim(&s->depth, p[DEPTH], b->frames);
    rig_ramp_aim(&s->shape, p[SHAPE], b->frames);
    for (uint32_t i = 0; i < b->frames; ++i, rig_lfo_move(&s->lfo)) {
        const float depth = rig_ramp_next(&s->depth), target = wave(rig_lfo_sine(&s->lfo, 0.0), rig_ramp_next(&s->shape));
        const float w = s->wave += s->soft * (target - s->wave);
        for (uint32_t k = 0; k < 3; ++k) s->kinds[k] = fminf(1.0f, fmaxf(0.0f, s->kinds[k] + (k == kind ? s->step : -s->step)));
        const float sum = s->kinds[0] + s->kinds[1] + s->kinds[2];
        const float quarter = 0.78539816f * (1.0f + depth * w), loud = 1.0f - 0.5f * depth * (1.0f - w);
        const float side[] = {1.41421356f * cosf(quarter), 1.41421356f * sinf(quarter)};
        for (uint32_t c = 0; c < b->channels; ++c) {
            const float x = b->signal[c][i];
            s->low[c] += s->split * (x - s->low[c]);
            const float high = x - s->low[c], harmonic = s->low[c] * loud + high * (1.0f - 0.5f * depth * (1.0f + w));
            b->signal[c][i] = (s->kinds[0] * loud * x + s->kinds[1] * harmonic + s->kinds[2] * side[c] * x) / sum;
        }
    }
}

static void reset(void *self)
{
    state *s = self;
    s->low[0] = s->low[1] = s->wave = 0.0f;
    rig_lfo_reset(&s->lfo);
}

const rig_engine rig_engine_tremolo = {
    .abi = RIG_ABI, .channels = 2, .name = "tremolo", .about = "comes and goes, or from side to side",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset,
};
