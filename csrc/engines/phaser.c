/* phaser: notches that wander. First-order all-passes in a row, mixed with the guitar, cancel it wherever together they turn it
   over: two of them make a notch (Smith, "An allpass approach to digital phasing and flanging", ICMC 1984). Each is a normalised
   lattice section, which keeps the signal's energy however it is moved (Gray & Markel, "A normalized digital filter structure",
   IEEE Trans. ASSP 23(3), 1975). The feedback makes one more all-pass of the whole row, (A - g) / (1 - g A), solved within the frame:
   so no setting can make it run away, and the notches stay where they are. */
#include <math.h>
#include <string.h>

#include "../lfo.h"
#include "../ramp.h"
#include "../rig_engine.h"

enum { RATE, NOTE, DEPTH, CENTRE, STAGES, FEEDBACK, MIX, SPREAD, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [RATE] = {"rate", "Hz", "how often the notches go up and down", 0.02f, 10.0f, 0.5f, NULL},
    [NOTE] = {"note", "", "the same as a note at the song's tempo", 0.0f, RIG_LFO_MOST, 0.0f, RIG_LFO_NOTES},
    [DEPTH] = {"depth", "oct", "octaves from the lowest to the highest", 0.0f, 5.0f, 2.5f, NULL},
    [CENTRE] = {"centre", "Hz", "around which they go", 100.0f, 4000.0f, 700.0f, NULL},
    [STAGES] = {"stages", "", "all-passes; two make a notch", 0.0f, 4.0f, 0.0f, "4|6|8|10|12"},
    [FEEDBACK] = {"feedback", "", "sharper peaks, below 0 sharper notches", -0.9f, 0.9f, 0.3f, NULL, RIG_EVENLY, 0.02f},
    [MIX] = {"mix", "", "0: guitar only, 0.5: both, 1: without it, a vibrato", 0.0f, 1.0f, 0.5f, NULL},
    [SPREAD] = {"spread", "", "0: both sides alike, 1: one goes up while the other goes down", 0.0f, 1.0f, 0.3f, NULL},
};

#define MOST_STAGES 12
#define FADE_MS 25.0f  /* from one number of stages to another */
#define GLIDE_MS 40.0f /* in which a turned centre, depth or spread gets there */

/* All-passes, of both sides. */
typedef struct {
    uint32_t stages;
    float kept[2][MOST_STAGES];
} row;

typedef struct {
    double rate;
    float glide, depth, centre, spread; /* on their way; centre in octaves above 1 Hz */
    rig_lfo lfo;
    row now, next;         /* what is heard, and what is faded to */
    uint32_t fade, faded;  /* frames from one to the other; how many have passed; fade: none is under way */
    rig_ramp feedback, dry, wet;
} state;

static size_t size(const rig_setup *setup) { return setup->n_arrays ? 0 : sizeof(state); }

static uint32_t stages_of(const float *p) { return 4 + 2 * (uint32_t)(p[STAGES] + 0.5f); }

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    const float *p = setup->params;
    s->rate = setup->rate;
    s->glide = 1.0f - expf(-1000.0f / (GLIDE_MS * (float)s->rate));
    s->fade = s->faded = (uint32_t)(FADE_MS * s->rate / 1000.0);
    s->depth = p[DEPTH];
    s->centre = log2f(p[CENTRE]);
    s->spread = p[SPREAD];
    s->now.stages = stages_of(p);
    rig_ramp_start(&s->feedback, p[FEEDBACK]);
    rig_ramp_start(&s->dry, rig_dry(p[MIX]));
    rig_ramp_start(&s->wet, rig_wet(p[MIX]));
    return NULL;
}

/* Where the all-passes are lowest they hold a sound longest, all of them in each round of the feedback; until it is 60 dB softer. */
static uint32_t memory(const void *self, const float *p)
{
    const state *s = self;
    const float lowest = p[CENTRE] * exp2f(-0.5f * p[DEPTH]), one = (float)s->rate / (6.2831853f * lowest);
    const float rounds = 1.0f + (p[FEEDBACK] != 0.0f ? 7.0f / -logf(fabsf(p[FEEDBACK])) : 0.0f);
    return (uint32_t)(one * (7.0f + 2.0f * (float)stages_of(p) * rounds)) + s->fade;
}

/* One frame through a row and its feedback g. a: the all-passes' coefficient, b: what makes the two whole, a^2 + b^2 = 1. */
static float pass(row *r, uint32_t side, float x, float a, float b, float g)
{
    float *kept = r->kept[side], held = 0.0f, gain = 1.0f;
    for (uint32_t k = 0; k < r->stages; ++k) { /* what comes out is gain * what goes in + held */
        held = a * held + b * kept[k];
        gain *= a;
    }
    const float out = (gain * x + held) / (1.0f - g * gain), in = x + g * out;
    float v = in;
    for (uint32_t k = 0; k < r->stages; ++k) {
        const float y = a * v + b * kept[k];
        kept[k] = b * v - a * kept[k];
        v = y;
    }
    return out - g * in;
}

/* The all-passes' coefficient, where they turn the phase by a quarter at so many octaves above 1 Hz. */
static float coefficient(const state *s, float octaves)
{
    const float t = tanf(3.14159265f * fminf(exp2f(octaves) / (float)s->rate, 0.45f));
    return (t - 1.0f) / (t + 1.0f);
}

/* Another number of stages is headed for when the fade to the last one is over. */
static void head_for(state *s, uint32_t stages)
{
    if (s->faded < s->fade || s->now.stages == stages) return;
    memset(&s->next, 0, sizeof s->next);
    s->next.stages = stages;
    s->faded = 0;
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    const float *p = b->params, centre = log2f(p[CENTRE]);
    head_for(s, stages_of(p));
    rig_lfo_aim(&s->lfo, b, p[RATE], p[NOTE], s->rate);
    rig_ramp_aim(&s->feedback, p[FEEDBACK], b->frames);
    rig_ramp_aim(&s->dry, rig_dry(p[MIX]), b->frames);
    rig_ramp_aim(&s->wet, rig_wet(p[MIX]), b->frames);
    for (uint32_t i = 0; i < b->frames; ++i) {
        const float g = rig_ramp_next(&s->feedback), dry = rig_ramp_next(&s->dry), wet = rig_ramp_next(&s->wet);
        const float loud = 1.0f / sqrtf(dry * dry + wet * wet - 2.0f * dry * wet * g); /* as loud as the guitar */
        const float share = (float)s->faded / (float)s->fade;
        float a = 0.0f, whole = 0.0f;
        s->depth += s->glide * (p[DEPTH] - s->depth);
        s->centre += s->glide * (centre - s->centre);
        s->spread += s->glide * (p[SPREAD] - s->spread);
        for (uint32_t c = 0; c < 2; ++c) {
            if (c == 0 || s->spread > 0.0f) {
                a = coefficient(s, s->centre + 0.5f * s->depth * rig_lfo_sine(&s->lfo, 0.5 * c * s->spread));
                whole = sqrtf(1.0f - a * a);
            }
            const float x = b->signal[c][i];
            float y = pass(&s->now, c, x, a, whole, g);
            if (s->faded < s->fade) y += share * (pass(&s->next, c, x, a, whole, g) - y);
            b->signal[c][i] = loud * (dry * x + wet * y);
        }
        if (s->faded < s->fade && ++s->faded == s->fade) s->now = s->next;
        rig_lfo_move(&s->lfo);
    }
}

static void reset(void *self)
{
    state *s = self;
    if (s->faded < s->fade) s->now.stages = s->next.stages;
    s->faded = s->fade;
    memset(s->now.kept, 0, sizeof s->now.kept);
    rig_lfo_reset(&s->lfo);
}

const rig_engine rig_engine_phaser = {
    .abi = RIG_ABI, .channels = 2, .name = "phaser", .about = "notches that go up and down",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset,
};
