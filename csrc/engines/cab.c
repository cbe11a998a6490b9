/* cab: impulse responses of a loudspeaker, or of a room: one, or two that are mixed; each of one channel or of two. No latency.

   Its ints: how many channels each response has; none: there is one, of one channel. Its arrays: those channels. What is longer than
   is remembered rings on. */
#include <math.h>
#include <string.h>

#include "../convolver.h"
#include "../cut.h"
#include "../line.h"
#include "../ramp.h"
#include "../rig_engine.h"

#define RESPONSES 2
#define REMEMBERED 8192 /* taps; a longer one is a room, which rings on when it is switched off */
#define LATEST_MS 20.0f
#define FADE_MS 20.0f   /* from one delay to another */
#define LEAST_HZ 20.0f  /* of the cuts: there they are off */
#define MOST_HZ 20000.0f

enum { LEVEL, LOWCUT, HIGHCUT, LEVEL1, PAN1, DELAY1, POLARITY1, LEVEL2, PAN2, DELAY2, POLARITY2, N_PARAMS };
enum { MIX = LEVEL1, OWN = LEVEL2 - LEVEL1 }; /* where the knobs of the first response begin, and how many it has */
enum { OWN_LEVEL, OWN_PAN, OWN_DELAY, OWN_POLARITY };
static const rig_param params[N_PARAMS] = {
    [LEVEL] = {"level", "dB", "after the loudspeaker", -40.0f, 20.0f, 0.0f, NULL},
    [LOWCUT] = {"lowcut", "Hz", "takes away what is below; at 20 nothing", LEAST_HZ, 500.0f, LEAST_HZ, NULL},
    [HIGHCUT] = {"highcut", "Hz", "takes away what is above; at 20000 nothing", 1000.0f, MOST_HZ, MOST_HZ, NULL},
    [LEVEL1] = {"level1", "dB", "of ir, in the mix", -40.0f, 12.0f, 0.0f, NULL},
    [PAN1] = {"pan1", "", "of ir: -1 is left, 1 right", -1.0f, 1.0f, 0.0f, NULL},
    [DELAY1] = {"delay1", "ms", "of ir", 0.0f, LATEST_MS, 0.0f, NULL, RIG_EVENLY, 0.02f},
    [POLARITY1] = {"polarity1", "", "of ir", 0.0f, 1.0f, 0.0f, "normal|inverted"},
    [LEVEL2] = {"level2", "dB", "of ir2, in the mix", -40.0f, 12.0f, 0.0f, NULL},
    [PAN2] = {"pan2", "", "of ir2: -1 is left, 1 right", -1.0f, 1.0f, 0.0f, NULL},
    [DELAY2] = {"delay2", "ms", "of ir2", 0.0f, LATEST_MS, 0.0f, NULL, RIG_EVENLY, 0.02f},
    [POLARITY2] = {"polarity2", "", "of ir2", 0.0f, 1.0f, 0.0f, "normal|inverted"},
};

/* What one response makes of one channel. */
typedef struct {
    rig_convolver convolver;
    rig_line late;
    rig_ramp gain;
} path;

typedef struct {
    uint32_t sides, delay, next, faded; /* frames: the delay that is heard, the one that is faded to, and how far */
    rig_response heard[2];
    path paths[2];
} source;

typedef struct {
    uint32_t sources, channels;
    float per_ms;
    uint32_t longest, fade;
    rig_ramp level[2]; /* of each channel */
    rig_cut low, high;
    source source[RESPONSES];
} state;

/* Whether the setup is understood; what it says of the responses. */
static int read_setup(state *s, const rig_setup *setup)
{
    uint32_t arrays = 0;
    s->sources = setup->n_ints ? setup->n_ints : 1;
    if (s->sources > RESPONSES) return 0;
    s->channels = s->sources;
    for (uint32_t i = 0; i < s->sources; ++i) {
        const int32_t sides = setup->n_ints ? setup->ints[i] : 1;
        if (sides < 1 || sides > 2) return 0;
        s->source[i].sides = (uint32_t)sides;
        if (sides == 2) s->channels = 2;
        arrays += (uint32_t)sides;
    }
    if (setup->n_arrays != arrays) return 0;
    for (uint32_t i = 0; i < arrays; ++i)
        if (!setup->arrays[i].count || setup->arrays[i].count > UINT32_MAX / 16) return 0;
    return 1;
}

/* The response that a source has for a channel. */
static rig_response *response_of(source *from, uint32_t channel) { return &from->heard[from->sides == 2 ? channel : 0]; }

static void lay_out(state *s, rig_arena *arena, const rig_setup *setup)
{
    const rig_array *array = setup->arrays;
    rig_arena_alloc(arena, sizeof(state));
    for (uint32_t i = 0; i < s->sources; ++i) {
        source *from = &s->source[i];
        for (uint32_t k = 0; k < from->sides; ++k, ++array) {
            rig_response_lay_out(&from->heard[k], arena, (uint32_t)array->count);
            if (array->count > s->longest) s->longest = (uint32_t)array->count;
        }
        for (uint32_t c = 0; c < s->channels; ++c) {
            rig_convolver_lay_out(&from->paths[c].convolver, arena, response_of(from, c));
            if (s->sources > 1) from->paths[c].late = rig_line_new(arena, (uint32_t)(LATEST_MS * setup->rate / 1000.0) + 1);
        }
    }
}

static size_t size(const rig_setup *setup)
{
    state none = {0};
    rig_arena arena = {NULL, 0};
    if (!read_setup(&none, setup)) return 0;
    lay_out(&none, &arena, setup);
    return arena.used;
}

/* A source's knobs: its gain in a channel, and its delay in frames. A pan keeps the power of both sides together. */
static const float *own(const float *p, uint32_t index) { return p + MIX + index * OWN; }

static float gain_of(const float *own, uint32_t channel)
{
    const float side = sqrtf(channel ? 1.0f + own[OWN_PAN] : 1.0f - own[OWN_PAN]);
    return (own[OWN_POLARITY] > 0.5f ? -side : side) * rig_from_db(own[OWN_LEVEL]);
}

static uint32_t delay_of(const state *s, const float *own) { return (uint32_t)(own[OWN_DELAY] * s->per_ms + 0.5f); }

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    const float *p = setup->params;
    const rig_array *array = setup->arrays;
    rig_arena arena = {self, 0};
    read_setup(s, setup);
    lay_out(s, &arena, setup);
    s->per_ms = (float)(setup->rate / 1000.0);
    s->fade = (uint32_t)(FADE_MS * s->per_ms);
    for (uint32_t i = 0; i < s->sources; ++i) {
        source *from = &s->source[i];
        from->delay = from->next = delay_of(s, own(p, i));
        for (uint32_t k = 0; k < from->sides; ++k, ++array)
            rig_response_fill(&from->heard[k], array->data, rig_convolver_work(&from->paths[k].convolver, &from->heard[k]));
        for (uint32_t c = 0; c < s->channels; ++c) {
            rig_convolver_init(&from->paths[c].convolver, response_of(from, c));
            rig_ramp_start(&from->paths[c].gain, gain_of(own(p, i), c));
        }
    }
    for (uint32_t c = 0; c < 2; ++c) rig_ramp_start(&s->level[c], rig_from_db(p[LEVEL]));
    rig_cut_start(&s->low, RIG_LOW_CUT, setup->rate, LEAST_HZ, p[LOWCUT]);
    rig_cut_start(&s->high, RIG_HIGH_CUT, setup->rate, MOST_HZ, p[HIGHCUT]);
    return NULL;
}

/* Frames for which it goes on saying something. */
static uint32_t reach(const state *s, const float *p)
{
    uint32_t late = 0;
    for (uint32_t i = 0; s->sources > 1 && i < s->sources; ++i) late = delay_of(s, own(p, i)) > late ? delay_of(s, own(p, i)) : late;
    return s->longest - 1 + late + rig_cut_memory(&s->low, p[LOWCUT]) + rig_cut_memory(&s->high, p[HIGHCUT]);
}

static uint32_t memory(const void *self, const float *p)
{
    const state *s = self;
    return s->longest > REMEMBERED ? 0 : reach(s, p);
}

static uint32_t tail(const void *self, const float *p)
{
    const state *s = self;
    return s->longest > REMEMBERED ? reach(s, p) : 0;
}

/* Another delay is faded to, so that nothing glides. y: what is heard now, delayed. */
static void delay(const state *s, const source *from, rig_line *late, float *y, uint32_t frames)
{
    for (uint32_t i = 0; i < frames; ++i) {
        const float share = fminf(1.0f, (float)(from->faded + i + 1) / (float)s->fade);
        rig_line_push(late, y[i]);
        y[i] = rig_line_ago(late, 1 + from->delay);
        if (from->next != from->delay) y[i] += share * (rig_line_ago(late, 1 + from->next) - y[i]);
    }
}

/* One of two responses: what it makes of the signal, onto the mix. */
static void mix(state *s, uint32_t index, const rig_block *b, float (*out)[RIG_BLOCK])
{
    source *from = &s->source[index];
    const float *p = own(b->params, index);
    const uint32_t want = delay_of(s, p);
    if (from->next == from->delay && from->next != want) from->next = want, from->faded = 0;
    for (uint32_t c = 0; c < s->channels; ++c) {
        path *t = &from->paths[c];
        float y[RIG_BLOCK + RIG_PAD];
        rig_convolver_run(&t->convolver, b->signal[c], y, b->frames);
        delay(s, from, &t->late, y, b->frames);
        rig_ramp_aim(&t->gain, gain_of(p, c), b->frames);
        for (uint32_t i = 0; i < b->frames; ++i) out[c][i] += rig_ramp_next(&t->gain) * y[i];
    }
    from->faded += b->frames;
    if (from->faded >= s->fade) from->delay = from->next;
}

/* Both responses, mixed. */
static void mix_all(state *s, const rig_block *b)
{
    float out[2][RIG_BLOCK] = {{0}};
    for (uint32_t i = 0; i < s->sources; ++i) mix(s, i, b, out);
    for (uint32_t c = 0; c < s->channels; ++c) memcpy(b->signal[c], out[c], b->frames * sizeof(float));
}

static void play_one(state *s, const rig_block *b)
{
    float y[RIG_BLOCK + RIG_PAD];
    for (uint32_t c = 0; c < s->channels; ++c) {
        rig_convolver_run(&s->source[0].paths[c].convolver, b->signal[c], y, b->frames);
        memcpy(b->signal[c], y, b->frames * sizeof(float));
    }
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    if (s->sources > 1) mix_all(s, b);
    else play_one(s, b);
    rig_cut_aim(&s->low, b->params[LOWCUT], b->frames);
    rig_cut_aim(&s->high, b->params[HIGHCUT], b->frames);
    for (uint32_t c = 0; c < s->channels; ++c) {
        rig_cut_apply(&s->low, c, b->signal[c], b->frames);
        rig_cut_apply(&s->high, c, b->signal[c], b->frames);
        rig_ramp_apply(&s->level[c], rig_from_db(b->params[LEVEL]), b->signal[c], b->frames);
    }
}

static void reset(void *self)
{
    state *s = self;
    for (uint32_t i = 0; i < s->sources; ++i) {
        source *from = &s->source[i];
        from->delay = from->next;
        for (uint32_t c = 0; c < s->channels; ++c) {
            rig_convolver_reset(&from->paths[c].convolver);
            rig_line_forget(&from->paths[c].late);
        }
    }
    rig_cut_reset(&s->low);
    rig_cut_reset(&s->high);
}

const rig_engine rig_engine_cab = {
    .abi = RIG_ABI, .channels = 1, .name = "cab", .about = "a loudspeaker's impulse response, or two that are mixed",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .tail = tail, .process = process, .reset = reset,
};
