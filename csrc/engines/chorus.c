/* chorus: up to three copies a side, each a little late and wavering: Dattorro, "Effect design, part 2: delay-line modulation and
   chorus", JAES 45(10), 1997. The copies stand apart in phase, and the two sides by a quarter, so that a mono guitar becomes
   wide. One voice with a deep and quick waver and no guitar is a vibrato. */
#include <math.h>

#include "../lfo.h"
#include "../line.h"
#include "../ramp.h"
#include "../rig_engine.h"

enum { RATE, NOTE, DEPTH, DELAY, VOICES, MIX, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [RATE] = {"rate", "Hz", "how often it wavers", 0.05f, 10.0f, 0.6f, NULL},
    [NOTE] = {"note", "", "the same as a note at the song's tempo", 0.0f, RIG_LFO_MOST, 0.0f, RIG_LFO_NOTES},
    [DEPTH] = {"depth", "ms", "how far", 0.0f, 10.0f, 3.0f, NULL},
    [DELAY] = {"delay", "ms", "how late the copies are, at the least", 1.0f, 40.0f, 8.0f, NULL},
    [VOICES] = {"voices", "", "copies a side", 0.0f, 2.0f, 1.0f, "one|two|three"},
    [MIX] = {"mix", "", "0: guitar only, 0.5: both, 1: copies only", 0.0f, 1.0f, 0.4f, NULL},
};

#define MOST_VOICES 3
#define LONGEST_MS 52.0f
#define FADE_MS 20.0f    /* in which a voice comes or goes */
#define GLIDE_MS 60.0f   /* in which a turned delay or depth gets there: copies then waver a little more, and do not jump */

typedef struct {
    float rate, per_ms, step, glide;
    rig_lfo lfo;
    float depth, delay;       /* ms, on the way to where the knobs are */
    float voices[MOST_VOICES]; /* how much of each is heard */
    rig_ramp dry, wet;
    rig_line lines[2];
} state;

static uint32_t frames_of(double rate) { return (uint32_t)(LONGEST_MS * rate / 1000.0) + 2; }

static void lay_out(state *s, rig_arena *arena, double rate)
{
    rig_arena_alloc(arena, sizeof(state));
    for (int c = 0; c < 2; ++c) s->lines[c] = rig_line_new(arena, frames_of(rate));
}

static size_t size(const rig_setup *setup)
{
    state none;
    rig_arena arena = {NULL, 0};
    if (setup->n_arrays) return 0;
    lay_out(&none, &arena, setup->rate);
    return arena.used;
}

static uint32_t voices_of(const float *p) { return 1 + (uint32_t)(p[VOICES] + 0.5f); }

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    const float *p = setup->params;
    rig_arena arena = {self, 0};
    s->rate = (float)setup->rate;
    s->per_ms = s->rate / 1000.0f;
    s->step = 1.0f / (FADE_MS * s->per_ms);
    s->glide = 1.0f - expf(-1.0f / (GLIDE_MS * s->per_ms));
    lay_out(s, &arena, setup->rate);
    s->depth = p[DEPTH];
    s->delay = p[DELAY];
    for (uint32_t v = 0; v < voices_of(p); ++v) s->voices[v] = 1.0f;
    rig_ramp_start(&s->dry, rig_dry(p[MIX]));
    rig_ramp_start(&s->wet, rig_wet(p[MIX]));
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    (void)p;
    return frames_of(((const state *)self)->rate);
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    const float *p = b->params;
    const uint32_t wanted = voices_of(p);
    rig_lfo_aim(&s->lfo, b, p[RATE], p[NOTE], s->rate);
    rig_ramp_aim(&s->dry, rig_dry(p[MIX]), b->frames);
    rig_ramp_aim(&s->wet, rig_wet(p[MIX]), b->frames);
    for (uint32_t i = 0; i < b->frames; ++i) {
        const float dry = rig_ramp_next(&s->dry), wet = rig_ramp_next(&s->wet);
        float power = 0.0f;
        s->depth += s->glide * (p[DEPTH] - s->depth);
        s->delay += s->glide * (p[DELAY] - s->delay);
        for (uint32_t v = 0; v < MOST_VOICES; ++v) {
            s->voices[v] = fminf(1.0f, fmaxf(0.0f, s->voices[v] + (v < wanted ? s->step : -s->step)));
            power += s->voices[v] * s->voices[v];
        }
        for (uint32_t c = 0; c < 2; ++c) {
            float sum = 0.0f;
            rig_line_push(&s->lines[c], b->signal[c][i]);
            for (uint32_t v = 0; v < MOST_VOICES; ++v) {
                if (s->voices[v] == 0.0f) continue;
                const float waver = 0.5f + 0.5f * rig_lfo_sine(&s->lfo, v / (double)MOST_VOICES + 0.25 * c);
                sum += s->voices[v] * rig_line_between(&s->lines[c], 1.0f + (s->delay + s->depth * waver) * s->per_ms);
            }
            b->signal[c][i] = dry * b->signal[c][i] + wet * sum / sqrtf(power);
        }
        rig_lfo_move(&s->lfo);
    }
}

static void reset(void *self)
{
    state *s = self;
    for (int c = 0; c < 2; ++c) rig_line_forget(&s->lines[c]);
    rig_lfo_reset(&s->lfo);
}

const rig_engine rig_engine_chorus = {
    .abi = RIG_ABI, .channels = 2, .name = "chorus", .about = "copies that waver: wide",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset,
};
