/* reverb: a room, a plate or a hall.

   Sixteen delay lines that feed each other through a Hadamard matrix, each with a low-pass that gives the lows and the highs the
   decay asked for (Jot & Chaigne, "Digital delay networks for designing artificial reverberators", AES 90th Convention, 1991).
   Before them four all-passes a side make one sound many (Dattorro, "Effect design, part 1", JAES 45(9), 1997). The lines waver
   a little, so that no tone stands still. All are longer than a block, so a block is read whole. */
#include <math.h>
#include <string.h>

#include "../line.h"
#include "../ramp.h"
#include "../rig_engine.h"

enum { DECAY, TREBLE, PREDELAY, MIX, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [DECAY] = {"decay", "s", "until it is 60 dB softer", 0.2f, 20.0f, 1.6f, NULL},
    [TREBLE] = {"treble", "", "the decay at 5 kHz, as a share of the lows'", 0.1f, 1.0f, 0.4f, NULL, RIG_EVENLY, 0.01f},
    [PREDELAY] = {"predelay", "ms", "before it begins", 0.0f, 200.0f, 10.0f, NULL},
    [MIX] = {"mix", "", "0: guitar only, 0.5: both, 1: room only", 0.0f, 1.0f, 0.2f, NULL},
};

#define LINES 16
#define DIFFUSERS 4
#define LOUD 0.5f        /* so that a guitar at mix = 0.5 is about as loud as its room */
#define DEEPEST 8.0f     /* frames by which a line wavers either way */
#define HIGH_HZ 5000.0f
#define FADE_MS 30.0f    /* from one predelay to another */
#define LONGEST_PREDELAY 200.0f

/* Of the lines, the shortest and the longest in ms; what comes from files and settings says which. */
static const struct { float shortest, longest; } kinds[] = {{13.0f, 43.0f}, {23.0f, 71.0f}, {37.0f, 113.0f}};
#define KINDS (sizeof kinds / sizeof *kinds)

/* Dattorro's, in ms, for the left side; the right ones are a little longer. And how much goes round in each. */
static const float diffuser_ms[DIFFUSERS] = {4.771f, 3.595f, 12.73f, 9.307f};
static const float diffusion[DIFFUSERS] = {0.75f, 0.75f, 0.625f, 0.625f};

typedef struct {
    rig_line line;
    uint32_t delay; /* frames */
} loop;

typedef struct {
    float rate, cosine;         /* of HIGH_HZ */
    rig_line predelay[2];
    loop diffusers[2][DIFFUSERS], lines[LINES];
    uint32_t predelayed, next;  /* frames: what is heard, and what is faded to */
    uint32_t fade, faded;       /* frames from one to the other; how many have passed */
    float low[LINES];           /* what the low-passes remember */
    float decay, treble, gain;  /* of the knobs, and what comes of them: how loud the lines are heard, and of each */
    float wanted_keep[LINES], wanted_bend[LINES]; /* its gain at 0 Hz, its low-pass's pole */
    rig_ramp keep[LINES], bend[LINES], dry, wet;  /* on the way there */
    uint64_t now;               /* frames, on and on */
} state;

static int is_prime(uint32_t n)
{
    for (uint32_t i = 2; i * i <= n; ++i)
        if (n % i == 0) return 0;
    return 1;
}

static uint32_t prime_from(float frames)
{
    uint32_t n = frames > 2.0f * RIG_BLOCK ? (uint32_t)frames : 2 * RIG_BLOCK;
    while (!is_prime(n)) ++n;
    return n;
}

static loop loop_of(rig_arena *arena, uint32_t delay) { return (loop){rig_line_new(arena, delay + (uint32_t)DEEPEST), delay}; }

static void lay_out(state *s, rig_arena *arena, double rate, uint32_t kind)
{
    const float per_ms = (float)(rate / 1000.0);
    rig_arena_alloc(arena, sizeof(state));
    for (uint32_t c = 0; c < 2; ++c) {
        s->predelay[c] = rig_line_new(arena, (uint32_t)(LONGEST_PREDELAY * per_ms) + 1);
        for (uint32_t i = 0; i < DIFFUSERS; ++i)
            s->diffusers[c][i] = loop_of(arena, prime_from(diffuser_ms[i] * per_ms * (c ? 1.07f : 1.0f)));
    }
    for (uint32_t i = 0; i < LINES; ++i) {
        const float share = (float)i / (LINES - 1), low = kinds[kind].shortest, high = kinds[kind].longest;
        s->lines[i] = loop_of(arena, prime_from(low * powf(high / low, share) * per_ms));
    }
}

static size_t size(const rig_setup *setup)
{
    state none;
    rig_arena arena = {NULL, 0};
    if (setup->n_arrays || setup->n_ints != 1 || setup->ints[0] < 0 || setup->ints[0] >= (int32_t)KINDS) return 0;
    lay_out(&none, &arena, setup->rate, (uint32_t)setup->ints[0]);
    return arena.used;
}

/* Frames. */
static uint32_t predelay_of(const state *s, const float *p) { return (uint32_t)(p[PREDELAY] * s->rate / 1000.0f); }

/* The gain of a line in a round, at 0 Hz: 60 dB less after `decay` seconds. */
static float keep_of(const state *s, const loop *l, float decay) { return powf(10.0f, -3.0f * (float)l->delay / (s->rate * decay)); }

/* The pole b of its low-pass (1 - b) / (1 - b/z), by which a tone of HIGH_HZ is softer by the rest of what it is to lose in a round:
   r of it is left, so (1 - b)^2 = r^2 (1 + b^2 - 2 b cos w). */
static float bend_of(const state *s, float keep, float treble)
{
    const float r = powf(keep, 1.0f / treble - 1.0f), lost = 1.0f - r * r, half = 1.0f - r * r * s->cosine;
    return lost < 1e-5f ? 0.0f : (half - sqrtf(half * half - lost * lost)) / lost;
}

/* What comes out is as loud, however long it rings: of a line, in all its rounds, k^2 + k^4 + ... of the energy. */
static float gain_of(const float *keep)
{
    float energy = 0.0f;
    for (uint32_t i = 0; i < LINES; ++i) energy += keep[i] * keep[i] / (1.0f - keep[i] * keep[i]) / LINES;
    return fminf(4.0f, 1.0f / sqrtf(energy));
}

/* Where the lines are to be; worked out when a knob is turned, and not in every block. */
static void tune(state *s, float decay, float treble)
{
    if (decay == s->decay && treble == s->treble) return;
    s->decay = decay;
    s->treble = treble;
    for (uint32_t i = 0; i < LINES; ++i) {
        s->wanted_keep[i] = keep_of(s, &s->lines[i], decay);
        s->wanted_bend[i] = bend_of(s, s->wanted_keep[i], treble);
    }
    s->gain = gain_of(s->wanted_keep);
}

static void aim(state *s, const float *p, uint32_t frames)
{
    tune(s, p[DECAY], p[TREBLE]);
    for (uint32_t i = 0; i < LINES; ++i) {
        rig_ramp_aim(&s->keep[i], s->wanted_keep[i], frames);
        rig_ramp_aim(&s->bend[i], s->wanted_bend[i], frames);
    }
    rig_ramp_aim(&s->dry, rig_dry(p[MIX]), frames);
    rig_ramp_aim(&s->wet, rig_wet(p[MIX]) * s->gain, frames);
}

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    rig_arena arena = {self, 0};
    s->rate = (float)setup->rate;
    s->cosine = cosf(6.2831853f * fminf(HIGH_HZ / s->rate, 0.4f));
    lay_out(s, &arena, setup->rate, (uint32_t)setup->ints[0]);
    s->fade = (uint32_t)(FADE_MS * s->rate / 1000.0f);
    s->predelayed = s->next = predelay_of(s, setup->params);
    aim(s, setup->params, 1);
    aim(s, setup->params, 1); /* and there it stands */
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    (void)self, (void)p;
    return 0;
}

static uint32_t tail(const void *self, const float *p)
{
    const state *s = self;
    return (uint32_t)(s->rate * (1.5f * p[DECAY] + p[PREDELAY] / 1000.0f + 0.1f));
}

/* What comes out of a loop in this block: it is longer than that. */
static void read_block(const loop *l, float *x, uint32_t frames)
{
    for (uint32_t i = 0; i < frames; ++i) x[i] = rig_line_ago(&l->line, l->delay - i);
}

static void write_block(loop *l, const float *x, uint32_t frames)
{
    for (uint32_t i = 0; i < frames; ++i) rig_line_push(&l->line, x[i]);
}

/* The predelay, where it may be none at all. */
static void predelay(state *s, const float *p, float *const *signal, float (*x)[RIG_BLOCK], uint32_t frames)
{
    const uint32_t want = predelay_of(s, p);
    if (s->next == s->predelayed && s->next != want) s->next = want, s->faded = 0;
    for (uint32_t i = 0; i < frames; ++i) {
        const float share = s->next == s->predelayed ? 0.0f : (float)++s->faded / (float)s->fade;
        for (uint32_t c = 0; c < 2; ++c) {
            rig_line_push(&s->predelay[c], signal[c][i]);
            x[c][i] = rig_line_ago(&s->predelay[c], 1 + s->predelayed);
            if (share > 0.0f) x[c][i] += share * (rig_line_ago(&s->predelay[c], 1 + s->next) - x[c][i]);
        }
        if (share >= 1.0f) s->predelayed = s->next;
    }
}

/* An all-pass after Schroeder: what came out of the line goes round in it. */
static void diffuse(loop *l, float g, float *x, uint32_t frames)
{
    float v[RIG_BLOCK];
    read_block(l, v, frames);
    for (uint32_t i = 0; i < frames; ++i) {
        const float in = x[i] - g * v[i];
        x[i] = v[i] + g * in;
        v[i] = in;
    }
    write_block(l, v, frames);
}

/* What comes out of all lines. Each wavers at its own time, further apart than they could meet. */
static void read_lines(state *s, float (*y)[RIG_BLOCK], uint32_t frames)
{
    for (uint32_t k = 0; k < LINES; ++k) {
        const loop *l = &s->lines[k];
        const double turn = (0.31 + 0.11 * k) / s->rate;
        for (uint32_t i = 0; i < frames; ++i) {
            const double t = turn * (double)(s->now + i);
            const float wave = fabsf(4.0f * (float)(t - (double)(int64_t)t) - 2.0f) - 1.0f; /* a triangle: its pace is even */
            y[k][i] = rig_line_between(&l->line, (float)(l->delay - i) + DEEPEST * wave);
        }
    }
}

static void lose(state *s, float (*y)[RIG_BLOCK], uint32_t frames)
{
    for (uint32_t k = 0; k < LINES; ++k) {
        float low = s->low[k];
        for (uint32_t i = 0; i < frames; ++i) {
            const float keep = rig_ramp_next(&s->keep[k]), bend = rig_ramp_next(&s->bend[k]);
            low = keep * (1.0f - bend) * y[k][i] + bend * low;
            y[k][i] = low;
        }
        s->low[k] = low;
    }
}

/* Each hears all, and none of the energy is lost. */
static void hadamard(float (*y)[RIG_BLOCK], uint32_t frames)
{
    for (uint32_t half = 1; half < LINES; half *= 2)
        for (uint32_t k = 0; k < LINES; ++k) {
            if (k & half) continue;
            float *restrict a = y[k], *restrict b = y[k + half];
            for (uint32_t i = 0; i < frames; ++i) {
                const float sum = a[i] + b[i];
                b[i] = a[i] - b[i];
                a[i] = sum;
            }
        }
    for (uint32_t k = 0; k < LINES; ++k)
        for (uint32_t i = 0; i < frames; ++i) y[k][i] *= 0.25f; /* 1 / sqrt(LINES) */
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    const uint32_t frames = b->frames;
    float x[2][RIG_BLOCK], y[LINES][RIG_BLOCK], out[2][RIG_BLOCK] = {{0}};
    aim(s, b->params, frames);
    predelay(s, b->params, b->signal, x, frames);
    for (uint32_t c = 0; c < 2; ++c)
        for (uint32_t i = 0; i < DIFFUSERS; ++i) diffuse(&s->diffusers[c][i], diffusion[i], x[c], frames);
    read_lines(s, y, frames);
    lose(s, y, frames);
    for (uint32_t k = 0; k < LINES; ++k) {
        const float sign = k & 2 ? -1.0f : 1.0f;
        for (uint32_t i = 0; i < frames; ++i) out[k & 1][i] += sign * y[k][i];
    }
    hadamard(y, frames);
    for (uint32_t k = 0; k < LINES; ++k) {
        for (uint32_t i = 0; i < frames; ++i) y[k][i] += x[k & 1][i];
        write_block(&s->lines[k], y[k], frames);
    }
    for (uint32_t i = 0; i < frames; ++i) {
        const float dry = rig_ramp_next(&s->dry), wet = LOUD * rig_ramp_next(&s->wet);
        for (uint32_t c = 0; c < 2; ++c) b->signal[c][i] = dry * b->signal[c][i] + wet * out[c][i];
    }
    s->now += frames;
}

static void reset(void *self)
{
    state *s = self;
    for (uint32_t c = 0; c < 2; ++c) {
        rig_line_forget(&s->predelay[c]);
        for (uint32_t i = 0; i < DIFFUSERS; ++i) rig_line_forget(&s->diffusers[c][i].line);
    }
    for (uint32_t i = 0; i < LINES; ++i) rig_line_forget(&s->lines[i].line);
    s->now = 0;
    memset(s->low, 0, sizeof s->low);
    s->predelayed = s->next;
}

const rig_engine rig_engine_reverb = {
    .abi = RIG_ABI, .channels = 2, .name = "reverb", .about = "a room, a plate or a hall",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .tail = tail, .process = process, .reset = reset,
};
