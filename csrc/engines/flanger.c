/* flanger: a copy that is a few ms late and wavers, so that teeth of a comb wander through the sound; fed back, they ring
   (Dattorro, "Effect design, part 2: delay-line modulation and chorus", JAES 45(10), 1997). Where the guitar waits, the copy
   overtakes it and falls behind again, as between two tape machines (Smith, "An allpass approach to digital phasing and flanging",
   ICMC 1984); it waits as long as the deepest sweep asks for, so that how late it is hangs on no knob. */
#include <math.h>

#include "../lfo.h"
#include "../line.h"
#include "../ramp.h"
#include "../rig_engine.h"

#define DEEPEST_MS 10.0f

enum { RATE, NOTE, DEPTH, DELAY, FEEDBACK, MIX, SPREAD, INVERT, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [RATE] = {"rate", "Hz", "how often it goes to and fro", 0.02f, 10.0f, 0.25f, NULL},
    [NOTE] = {"note", "", "the same as a note at the song's tempo", 0.0f, RIG_LFO_MOST, 0.0f, RIG_LFO_NOTES},
    [DEPTH] = {"depth", "ms", "how far", 0.0f, DEEPEST_MS, 3.0f, NULL},
    [DELAY] = {"delay", "ms", "how late the copy is, at the least", 0.1f, 10.0f, 0.5f, NULL},
    [FEEDBACK] = {"feedback", "", "how much of the copy comes again; below 0 turned over, hollow", -0.9f, 0.9f, 0.5f, NULL, RIG_EVENLY, 0.02f},
    [MIX] = {"mix", "", "0: guitar only, 0.5: both, 1: copy only", 0.0f, 1.0f, 0.5f, NULL},
    [SPREAD] = {"spread", "", "0: both sides alike, 1: one goes up while the other goes down", 0.0f, 1.0f, 0.3f, NULL},
    [INVERT] = {"invert", "", "the copy turned over", 0.0f, 1.0f, 0.0f, "off|on"},
};

#define LONGEST_MS 20.0f
#define FADE_MS 20.0f  /* in which the copy is turned over */
#define GLIDE_MS 60.0f /* in which a turned delay, depth or spread gets there */

typedef struct {
    double rate;
    float per_ms, step, glide;
    float depth, delay, spread;  /* ms and turns, on the way to where the knobs are */
    float sign;                  /* of the copy, 1 to -1 */
    uint32_t wait;               /* frames that the guitar waits; 0: it does not */
    rig_lfo lfo;
    rig_ramp feedback, dry, wet;
    rig_line copies[2], guitars[2];
} state;

static void lay_out(state *s, rig_arena *arena, double rate)
{
    rig_arena_alloc(arena, sizeof(state));
    for (int c = 0; c < 2; ++c) {
        s->copies[c] = rig_line_new(arena, (uint32_t)(LONGEST_MS * rate / 1000.0) + 2);
        s->guitars[c] = rig_line_new(arena, (uint32_t)(LONGEST_MS * rate / 1000.0) + 2);
    }
}

static size_t size(const rig_setup *setup)
{
    state none;
    rig_arena arena = {NULL, 0};
    if (setup->n_arrays || setup->n_ints > 1) return 0;
    lay_out(&none, &arena, setup->rate);
    return arena.used;
}

static float sign_of(const float *p) { return p[INVERT] > 0.5f ? -1.0f : 1.0f; }

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    const float *p = setup->params;
    rig_arena arena = {self, 0};
    s->rate = setup->rate;
    s->per_ms = (float)(setup->rate / 1000.0);
    s->step = 1.0f / (FADE_MS * s->per_ms);
    s->glide = 1.0f - expf(-1.0f / (GLIDE_MS * s->per_ms));
    lay_out(s, &arena, setup->rate);
    s->depth = p[DEPTH];
    s->delay = p[DELAY];
    s->spread = p[SPREAD];
    s->sign = sign_of(p);
    if (setup->n_ints && setup->ints[0]) s->wait = (uint32_t)(0.5f * DEEPEST_MS * s->per_ms + 0.5f) + 3;
    rig_ramp_start(&s->feedback, p[FEEDBACK]);
    rig_ramp_start(&s->dry, rig_dry(p[MIX]));
    rig_ramp_start(&s->wet, rig_wet(p[MIX]));
    return NULL;
}

/* As many rounds as it takes to come down by 60 dB. */
static uint32_t memory(const void *self, const float *p)
{
    const state *s = self;
    const float rounds = 1.0f + (p[FEEDBACK] != 0.0f ? 7.0f / -logf(fabsf(p[FEEDBACK])) : 0.0f);
    const float least = s->wait ? (float)s->wait - 0.5f * p[DEPTH] * s->per_ms : p[DELAY] * s->per_ms;
    return (uint32_t)(rounds * (least + p[DEPTH] * s->per_ms + 4.0f));
}

static uint32_t latency(const void *self) { return ((const state *)self)->wait; }

/* To where a switch stands, by no more than a step. */
static float towards(float now, float end, float step) { return fminf(fmaxf(end, now - step), now + step); }

static void process(void *self, const rig_block *b)
{
    state *s = self;
    const float *p = b->params, sign = sign_of(p);
    rig_lfo_aim(&s->lfo, b, p[RATE], p[NOTE], s->rate);
    rig_ramp_aim(&s->feedback, p[FEEDBACK], b->frames);
    rig_ramp_aim(&s->dry, rig_dry(p[MIX]), b->frames);
    rig_ramp_aim(&s->wet, rig_wet(p[MIX]), b->frames);
    for (uint32_t i = 0; i < b->frames; ++i) {
        const float g = rig_ramp_next(&s->feedback), dry = rig_ramp_next(&s->dry), wet = rig_ramp_next(&s->wet);
        const float loud = 1.0f / sqrtf(dry * dry + wet * wet), ring = sqrtf(1.0f - g * g); /* as loud as the guitar, whatever is fed back */
        s->depth += s->glide * (p[DEPTH] - s->depth);
        s->delay += s->glide * (p[DELAY] - s->delay);
        s->spread += s->glide * (p[SPREAD] - s->spread);
        s->sign = towards(s->sign, sign, 2.0f * s->step);
        const float middle = s->wait ? (float)s->wait : (s->delay + 0.5f * s->depth) * s->per_ms;
        for (uint32_t c = 0; c < 2; ++c) {
            const float x = b->signal[c][i], waver = 0.5f * s->depth * s->per_ms * rig_lfo_sine(&s->lfo, 0.5 * c * s->spread);
            const float copy = rig_line_between(&s->copies[c], fmaxf(3.0f, middle + waver));
            rig_line_push(&s->copies[c], x + g * copy);
            rig_line_push(&s->guitars[c], x);
            const float guitar = rig_line_ago(&s->guitars[c], s->wait + 1);
            b->signal[c][i] = loud * (dry * guitar + wet * ring * s->sign * copy);
        }
        rig_lfo_move(&s->lfo);
    }
}

static void reset(void *self)
{
    state *s = self;
    for (int c = 0; c < 2; ++c) {
        rig_line_forget(&s->copies[c]);
        rig_line_forget(&s->guitars[c]);
    }
    rig_lfo_reset(&s->lfo);
}

const rig_engine rig_engine_flanger = {
    .abi = RIG_ABI, .channels = 2, .name = "flanger", .about = "a comb that sweeps through the sound",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .latency = latency, .process = process, .reset = reset,
};
