/* wah: a resonance that a pedal moves, or how hard one plays. Where it lies, how sharp and how loud it is along the pedal's way is
   what Smith measured at a CryBaby ("Virtual electric guitars and effects using Faust and Octave", LAC 2008). How hard one plays it
   hears at the guitar as it came into the rack, with the smooth decoupled detector of Giannoulis, Massberg & Reiss (JAES 60(6),
   2012, eq. 17). */
#include <math.h>

#include "../ramp.h"
#include "../rig_engine.h"
#include "../svf.h"

enum { POSITION, FOLLOW, SENSE, ATTACK, RELEASE, HEEL, TOE, RESONANCE, MIX, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [POSITION] = {"position", "", "of the pedal, 0: heel, 1: toe", 0.0f, 1.0f, 0.4f, NULL},
    [FOLLOW] = {"follow", "", "playing moves it from there to the toe (up), or to the heel", 0.0f, 2.0f, 0.0f, "off|up|down"},
    [SENSE] = {"sense", "dB", "more: softer notes move it as far", 0.0f, 40.0f, 12.0f, NULL},
    [ATTACK] = {"attack", "ms", "in which a note moves it", 1.0f, 200.0f, 8.0f, NULL},
    [RELEASE] = {"release", "ms", "in which it goes back", 20.0f, 2000.0f, 200.0f, NULL},
    [HEEL] = {"heel", "Hz", "where it resonates at the heel", 150.0f, 1000.0f, 450.0f, NULL},
    [TOE] = {"toe", "Hz", "where it resonates at the toe", 800.0f, 5000.0f, 2200.0f, NULL},
    [RESONANCE] = {"resonance", "", "how sharp, 1: as the classic pedal", 0.3f, 3.0f, 1.0f, NULL, RIG_BY_RATIO},
    [MIX] = {"mix", "", "0: guitar only, 0.5: both, 1: wah only", 0.0f, 1.0f, 1.0f, NULL},
};

#define GLIDE_MS 12.0f /* twice: in which the pedal, moved in steps, gets there */
#define PEAK_DB 17.0f  /* at the heel; at the toe 14 less */

typedef struct {
    float rate, per_ms, glide;
    float half, position, up, down;   /* the pedal, smoothed once and twice; how far playing moves it either way */
    float heel, toe, resonance;       /* octaves above 1 Hz and those above 1, on their way */
    float held, level;                /* of the guitar: as the release lets go, and with the attack's time on top */
    float at, octaves, sharp;         /* what the filter was tuned for: the place on the way, where that is, the resonance */
    rig_svf_tuning tuning;            /* what came of it */
    float gain;
    rig_svf sides[2];
    rig_ramp dry, wet;
} state;

static size_t size(const rig_setup *setup) { return setup->n_arrays ? 0 : sizeof(state); }

static float follows(const float *p, int which) { return (int)(p[FOLLOW] + 0.5f) == which ? 1.0f : 0.0f; }

/* The resonance is Q = 8 at the heel and 2 at the toe, and its peak falls as its frequency rises: 2.3 octaves. */
static void tune(state *s)
{
    const float at = s->position + s->level * (s->up * (1.0f - s->position) - s->down * s->position);
    const float octaves = s->heel + at * (s->toe - s->heel);
    if (at == s->at && octaves == s->octaves && s->resonance == s->sharp) return;
    s->at = at;
    s->octaves = octaves;
    s->sharp = s->resonance;
    const float g = tanf(3.14159265f * fminf(exp2f(octaves) / s->rate, 0.45f)), k = exp2f(2.0f * at - 3.0f - s->resonance);
    s->tuning = rig_svf_tuned(g, k);
    s->gain = k * rig_from_db(PEAK_DB) * exp2f(-2.3f * at);
}

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    const float *p = setup->params;
    s->rate = (float)setup->rate;
    s->per_ms = s->rate / 1000.0f;
    s->glide = 1.0f - expf(-1.0f / (GLIDE_MS * s->per_ms));
    s->half = s->position = p[POSITION];
    s->up = follows(p, 1);
    s->down = follows(p, 2);
    s->heel = log2f(p[HEEL]);
    s->toe = log2f(p[TOE]);
    s->resonance = log2f(p[RESONANCE]);
    rig_ramp_start(&s->dry, rig_dry(p[MIX]));
    rig_ramp_start(&s->wet, rig_wet(p[MIX]));
    tune(s);
    return NULL;
}

/* Until the resonance is 60 dB softer where it rings longest, and until it has forgotten how one played. */
static uint32_t memory(const void *self, const float *p)
{
    const state *s = self;
    const float rings = 7.0f * 8.0f * p[RESONANCE] / 3.14159265f * s->rate / fminf(p[HEEL], p[TOE]);
    return (uint32_t)(rings + (p[FOLLOW] > 0.5f ? 7.0f * (p[ATTACK] + p[RELEASE]) * s->per_ms : 0.0f));
}

static float towards(const state *s, float now, float end) { return now + s->glide * (end - now); }

static void process(void *self, const rig_block *b)
{
    state *s = self;
    const float *p = b->params, heel = log2f(p[HEEL]), toe = log2f(p[TOE]), resonance = log2f(p[RESONANCE]);
    const float attack = expf(-1.0f / (p[ATTACK] * s->per_ms)), release = expf(-1.0f / (p[RELEASE] * s->per_ms));
    const float sense = rig_from_db(p[SENSE]), up = follows(p, 1), down = follows(p, 2);
    rig_ramp_aim(&s->dry, rig_dry(p[MIX]), b->frames);
    rig_ramp_aim(&s->wet, rig_wet(p[MIX]), b->frames);
    for (uint32_t i = 0; i < b->frames; ++i) {
        const float dry = rig_ramp_next(&s->dry), wet = rig_ramp_next(&s->wet);
        const float loud = p[FOLLOW] > 0.5f ? tanhf(sense * fabsf(b->key[i])) : 0.0f;
        s->held = fmaxf(loud, release * s->held + (1.0f - release) * loud);
        s->level = attack * s->level + (1.0f - attack) * s->held;
        s->half = towards(s, s->half, p[POSITION]);
        s->position = towards(s, s->position, s->half);
        s->up = towards(s, s->up, up);
        s->down = towards(s, s->down, down);
        s->heel = towards(s, s->heel, heel);
        s->toe = towards(s, s->toe, toe);
        s->resonance = towards(s, s->resonance, resonance);
        tune(s);
        for (uint32_t c = 0; c < b->channels; ++c) {
            const float x = b->signal[c][i];
            double band, low;
            rig_svf_next(&s->sides[c], &s->tuning, x, &band, &low);
            b->signal[c][i] = dry * x + wet * s->gain * (float)band;
        }
    }
}

static void reset(void *self)
{
    state *s = self;
    s->held = s->level = 0.0f;
    s->sides[0] = s->sides[1] = (rig_svf){0.0, 0.0};
}

const rig_engine rig_engine_wah = {
    .abi = RIG_ABI, .channels = 0, .name = "wah", .about = "a resonance that a pedal or playing moves",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset,
};
