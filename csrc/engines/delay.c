/* delay: echoes, in ms or in notes, each softer and darker than the one before.

   A delay line a side, its echo fed back through a one-pole low-pass (Zolzer, ed., DAFX, 2nd ed., 2011, section 2.6). Another
   time is faded to, so that nothing glides. */
#include <math.h>

#include "../line.h"
#include "../notes.h"
#include "../ramp.h"
#include "../rig_engine.h"

#define LONGEST_MS 2000.0f
#define WOBBLE_MS 5.0f

enum { NOTE, TIME, FEEDBACK, MIX, TONE, PINGPONG, WOBBLE, DUCK, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [NOTE] = {"note", "", "the time as a note at the song's tempo", 0.0f, 11.0f, 0.0f, "off|" RIG_NOTES},
    [TIME] = {"time", "ms", "from echo to echo, while note is off", 1.0f, LONGEST_MS, 380.0f, NULL},
    [FEEDBACK] = {"feedback", "", "how much of each echo comes again", 0.0f, 0.98f, 0.35f, NULL, RIG_EVENLY, 0.01f},
    [MIX] = {"mix", "", "0: guitar only, 0.5: both, 1: echoes only", 0.0f, 1.0f, 0.2f, NULL},
    [TONE] = {"tone", "Hz", "each echo loses what is above", 500.0f, 16000.0f, 4000.0f, NULL},
    [PINGPONG] = {"pingpong", "", "echoes go from side to side", 0.0f, 1.0f, 0.0f, "off|on"},
    [WOBBLE] = {"wobble", "ms", "the echoes' pitch wavers, as a tape's", 0.0f, WOBBLE_MS, 0.0f, NULL},
    [DUCK] = {"duck", "dB", "echoes are softer by so much while one plays", 0.0f, 24.0f, 0.0f, NULL},
};

#define FADE_MS 25.0f   /* from one time to another */
#define WOBBLE_HZ 0.7f
#define FALL_MS 80.0f   /* of what ducks */
#define LOUD 0.1f       /* -20 dBFS: who plays so loud ducks fully */

typedef struct {
    float per_ms, fall, turn;
    uint32_t fade, faded; /* frames from one time to another; how many have passed */
    float time, next;     /* frames: what is heard, and what is faded to */
    float phase, peak;
    rig_ramp feedback, dry, wet, tone, pingpong, wobble, duck;
    rig_line lines[2];
    float low[2];         /* what their low-passes remember */
} state;

static void lay_out(state *s, rig_arena *arena, double rate)
{
    rig_arena_alloc(arena, sizeof(state));
    for (int c = 0; c < 2; ++c) s->lines[c] = rig_line_new(arena, (uint32_t)((LONGEST_MS + WOBBLE_MS) * rate / 1000.0) + 1);
}

static size_t size(const rig_setup *setup)
{
    state none;
    rig_arena arena = {NULL, 0};
    if (setup->n_arrays) return 0;
    lay_out(&none, &arena, setup->rate);
    return arena.used;
}

/* Frames from echo to echo. */
static float time_of(const state *s, const float *p, double beats_a_frame)
{
    const uint32_t note = (uint32_t)(p[NOTE] + 0.5f);
    float frames = p[TIME] * s->per_ms;
    if (note && beats_a_frame > 0.0) frames = (float)(rig_note_beats[note - 1] / beats_a_frame);
    while (frames > LONGEST_MS * s->per_ms) frames *= 0.5f; /* in time still */
    return fmaxf(frames, s->per_ms);
}

static float tone_of(const state *s, const float *p) { return 1.0f - expf(-s->turn * p[TONE]); }

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    const float *p = setup->params;
    rig_arena arena = {self, 0};
    lay_out(s, &arena, setup->rate);
    s->per_ms = (float)(setup->rate / 1000.0);
    s->fall = expf(-1.0f / (FALL_MS * s->per_ms));
    s->turn = (float)(2.0 * 3.14159265358979323846 / setup->rate);
    s->fade = (uint32_t)(FADE_MS * s->per_ms);
    rig_ramp_start(&s->feedback, p[FEEDBACK]);
    rig_ramp_start(&s->dry, rig_dry(p[MIX]));
    rig_ramp_start(&s->wet, rig_wet(p[MIX]));
    rig_ramp_start(&s->tone, tone_of(s, p));
    rig_ramp_start(&s->pingpong, p[PINGPONG]);
    rig_ramp_start(&s->wobble, p[WOBBLE]);
    rig_ramp_start(&s->duck, p[DUCK]);
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    (void)self, (void)p;
    return 0;
}

/* As many echoes as it takes to come down by 90 dB, and one more. */
static uint32_t tail(const void *self, const float *p)
{
    const state *s = self;
    const float echoes = p[FEEDBACK] > 0.0f ? 1.0f + 4.5f / -log10f(p[FEEDBACK]) : 1.0f;
    return (uint32_t)(echoes * fmaxf(s->time, s->next) + s->fade + WOBBLE_MS * s->per_ms);
}

/* What is heard of a line: its echo, or on the way from one time to another two of them. */
static float echo(const state *s, const rig_line *l, float wobble)
{
    const float now = rig_line_between(l, s->time + wobble);
    if (s->next == s->time) return now;
    const float share = (float)s->faded / (float)s->fade;
    return now + share * (rig_line_between(l, s->next + wobble) - now);
}

/* Another time is headed for when the fade to the last one is over. */
static void head_for(state *s, float time)
{
    if (s->lines[0].heard == 0) s->time = s->next = time; /* nothing is heard yet */
    if (s->next != s->time || s->next == time) return;
    s->next = time;
    s->faded = 0;
}

static void move_on(state *s)
{
    if (s->next != s->time && ++s->faded >= s->fade) s->time = s->next;
    s->phase += WOBBLE_HZ * s->turn;
    if (s->phase > 6.2831853f) s->phase -= 6.2831853f;
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    const float *p = b->params;
    float *left = b->signal[0], *right = b->signal[1];
    head_for(s, time_of(s, p, b->beats_a_frame));
    rig_ramp_aim(&s->feedback, p[FEEDBACK], b->frames);
    rig_ramp_aim(&s->dry, rig_dry(p[MIX]), b->frames);
    rig_ramp_aim(&s->wet, rig_wet(p[MIX]), b->frames);
    rig_ramp_aim(&s->tone, tone_of(s, p), b->frames);
    rig_ramp_aim(&s->pingpong, p[PINGPONG], b->frames);
    rig_ramp_aim(&s->wobble, p[WOBBLE], b->frames);
    rig_ramp_aim(&s->duck, p[DUCK], b->frames);
    for (uint32_t i = 0; i < b->frames; ++i) {
        const float depth = rig_ramp_next(&s->wobble), wobble = depth > 0.0f ? 0.5f * depth * s->per_ms * (1.0f + sinf(s->phase)) : 0.0f;
        const float feedback = rig_ramp_next(&s->feedback), tone = rig_ramp_next(&s->tone), cross = rig_ramp_next(&s->pingpong);
        const float dry = rig_ramp_next(&s->dry), duck = rig_ramp_next(&s->duck);
        float wet = rig_ramp_next(&s->wet);
        const float a = echo(s, &s->lines[0], wobble), c = echo(s, &s->lines[1], wobble);
        s->peak = fmaxf(fmaxf(fabsf(left[i]), fabsf(right[i])), s->peak * s->fall);
        if (duck > 0.0f) wet *= rig_from_db(-duck * fminf(1.0f, s->peak / LOUD));
        const float l = s->low[0] += tone * (a - s->low[0]), r = s->low[1] += tone * (c - s->low[1]);
        /* straight on, each side hears itself; across, the left one hears both, and the sides each other */
        const float middle = 0.5f * (left[i] + right[i]), own = 1.0f - cross;
        rig_line_push(&s->lines[0], own * left[i] + cross * middle + feedback * (own * l + cross * r));
        rig_line_push(&s->lines[1], own * right[i] + feedback * (own * r + cross * l));
        left[i] = dry * left[i] + wet * a;
        right[i] = dry * right[i] + wet * c;
        move_on(s);
    }
}

static void reset(void *self)
{
    state *s = self;
    for (int c = 0; c < 2; ++c) {
        rig_line_forget(&s->lines[c]);
        s->low[c] = 0.0f;
    }
    s->peak = s->phase = s->time = s->next = 0.0f;
}

const rig_engine rig_engine_delay = {
    .abi = RIG_ABI, .channels = 2, .name = "delay", .about = "echoes",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .tail = tail, .process = process, .reset = reset,
};
