/* pitch: notes and chords up to two octaves lower or higher.

   The sound is read from a delay line faster or slower than it comes in, which shifts every tone in it by the same ratio, and
   from time to time the reader leaps, to where the sound goes on most alike: of all leaps the one whose past is best correlated
   with ours, as in H. Moulines and J. Laroche, "Non-parametric techniques for pitch-scale and time-scale modification of
   speech", Speech Communication 16, 1995, and W. Verhelst and M. Roelands, "An overlap-add technique based on waveform
   similarity (WSOLA)", ICASSP 1993. A leap that is alike is taken soon, a worse one only when time runs out, so that a single
   note leaps by its period and a chord by what its notes have in common. Between two leaps nothing happens to the sound.

   Where the reader stands is nobody's business while a chord rings; but when a string is struck it leaps to the attack, so that
   every attack comes LATENCY_MS late, in one piece, and no earlier sound comes twice. When the playing stops it leaps, too.
   Both sides leap together. */
#include <math.h>
#include <string.h>

#include "../arena.h"
#include "../attack.h"
#include "../ramp.h"
#include "../rig_engine.h"
#include "../sinc.h"

enum { SEMITONES, CENTS, MIX, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [SEMITONES] = {"semitones", "st", "how much higher, or below 0 lower", -24.0f, 24.0f, -2.0f, NULL, RIG_EVENLY, 1.0f},
    [CENTS] = {"cents", "ct", "the same on top", -100.0f, 100.0f, 0.0f, NULL, RIG_EVENLY, 1.0f},
    [MIX] = {"mix", "", "0: guitar only, 0.5: both, 1: shifted only", 0.0f, 1.0f, 1.0f, NULL},
};

#define LATENCY_MS 6.0
#define SPAN_MS 36.0       /* between the places where a reader may stand */
#define FURTHEST_MS 100.0  /* that it may stand behind, two octaves up */
#define SHORTEST_MS 2.0    /* leap */
#define ALIKE_MS 25.0      /* of sound that is compared: two periods of the lowest string */
#define FADE_MS 10.0       /* of a leap */
#define QUICK_MS 2.0       /* the same at an attack */
#define STOP_MS 15.0       /* for which it is quiet before it leaps */
#define COMPARED_HZ 6000.0 /* at which sound is compared */
#define ALIKE_HZ 1000.0    /* below which it is */
#define FAULT 0.3f         /* of a leap that is taken at the last moment */

#define SILENCE 1e-12f     /* power */
#define PI 3.14159265358979323846
#define MOST_LEAPS 512     /* that are compared */
#define STEP 64            /* frames from one look round to the next */
#define SMALL_STEP 16      /* the same at an attack */

typedef struct {
    uint32_t latency, span, shortest, fade, quick, stop; /* frames */
    uint32_t every, alike;      /* one frame in `every` is compared, and so many of those */
    uint32_t size, few;         /* of the two kinds of past, powers of two; their beginnings stand again behind their ends */
    int align;                  /* the guitar waits for what is shifted */
    float *past[2], *compared;
    rig_sinc sinc;

    uint64_t now;               /* frames that have come */
    rig_attack attack;
    int struck;                 /* a leap there is due */
    double here, there;         /* frames behind the newest one: where the reader stands, and where it leaps to */
    float leapt, pace;          /* 0..1 of the way, and what a frame takes of it; pace 0: it stays */
    float likeness;             /* of the two */
    float soft, low[2], sum;    /* of what is compared: how a filter moves, and what it remembers */
    rig_ramp ratio, dry, wet;
} state;

static uint32_t frames_of(double ms, double rate) { return (uint32_t)(ms * rate / 1000.0 + 0.5); }

static uint32_t power_of_two(uint32_t least)
{
    uint32_t size = 1;
    while (size < least) size *= 2;
    return size;
}

static void lay_out(state *s, rig_arena *arena, double rate)
{
    rig_arena_alloc(arena, sizeof(state));
    s->every = (uint32_t)fmax(1.0, floor(rate / COMPARED_HZ + 0.5));
    s->size = power_of_two(frames_of(FURTHEST_MS, rate) + RIG_SINC_TAPS + 2 * STEP * RIG_SINC_FASTEST);
    s->few = power_of_two(frames_of(FURTHEST_MS + SPAN_MS + ALIKE_MS, rate / s->every) + 2 * STEP * RIG_SINC_FASTEST);
    for (uint32_t c = 0; c < 2; ++c) s->past[c] = rig_arena_floats(arena, s->size + RIG_SINC_TAPS);
    s->compared = rig_arena_floats(arena, 2 * s->few);
}

static size_t size(const rig_setup *setup)
{
    state none;
    rig_arena arena = {NULL, 0};
    if (setup->n_arrays || setup->n_ints != 1) return 0;
    lay_out(&none, &arena, setup->rate);
    return arena.used;
}

static void reset(void *self)
{
    state *s = self;
    for (uint32_t c = 0; c < 2; ++c) memset(s->past[c], 0, (s->size + RIG_SINC_TAPS) * sizeof(float));
    memset(s->compared, 0, 2 * s->few * sizeof(float));
    s->now = 0;
    rig_attack_forget(&s->attack);
    s->struck = 0;
    s->here = s->there = s->latency;
    s->leapt = s->pace = s->likeness = 0.0f;
    s->low[0] = s->low[1] = s->sum = 0.0f;
}

static float ratio_of(const float *p) { return exp2f(fminf(24.0f, fmaxf(-24.0f, p[SEMITONES] + p[CENTS] / 100.0f)) / 12.0f); }

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    rig_arena arena = {self, 0};
    const double rate = setup->rate;
    lay_out(s, &arena, rate);
    s->align = setup->ints[0];
    s->latency = frames_of(LATENCY_MS, rate);
    s->span = frames_of(SPAN_MS, rate);
    s->fade = frames_of(FADE_MS, rate);
    s->quick = frames_of(QUICK_MS, rate);
    s->stop = frames_of(STOP_MS, rate);
    s->shortest = frames_of(SHORTEST_MS, rate);
    s->alike = frames_of(ALIKE_MS / 4.0, rate / s->every) * 4;
    s->soft = (float)(1.0 - exp(-2.0 * PI * ALIKE_HZ / rate));
    rig_attack_init(&s->attack, rate);
    rig_sinc_init(&s->sinc);
    rig_ramp_start(&s->ratio, ratio_of(setup->params));
    rig_ramp_start(&s->dry, rig_dry(setup->params[MIX]));
    rig_ramp_start(&s->wet, rig_wet(setup->params[MIX]));
    reset(self);
    return NULL;
}

/* Hears a frame, of both sides together: what is compared, and whether a string is struck. */
static void listen(state *s, float x)
{
    s->low[0] += s->soft * (x - s->low[0]);
    s->low[1] += s->soft * (s->low[0] - s->low[1]);
    s->sum += s->low[1];
    if (++s->now % s->every == 0) {
        const uint32_t at = (uint32_t)(s->now / s->every - 1) & (s->few - 1);
        s->compared[at] = s->compared[at + s->few] = s->sum;
        s->sum = 0.0f;
    }
    s->struck |= rig_attack_hear(&s->attack, x);
}

/* From how far behind a frame can be read at all by one that leaps away: it must not run into what is still to come. */
static double nearest(float ratio, uint32_t fade, uint32_t step)
{
    return ratio > 1.0f ? (ratio - 1.0f) * (float)(fade + step) + RIG_SINC_ZEROS * ratio + 2.0f : RIG_SINC_ZEROS + 2.0f;
}

/* How far behind an attack is heard. One who reads more than two times as fast needs more of it before there is something to leap back
   over. */
static double latest(const state *s, float ratio)
{
    const double quicker = ratio - 1.0f, leap = s->shortest + quicker * (s->quick + SMALL_STEP);
    return fmax(s->latency, nearest(ratio, s->quick, SMALL_STEP) + quicker * (leap / ratio + SMALL_STEP));
}

/* Whether it reads an attack, nearer than it stands otherwise. */
static int fresh(const state *s, float ratio)
{
    return s->here < ratio * latest(s, ratio) && s->now < s->attack.at + 2 * s->span;
}

/* Frames that a leap back takes: the quicker it runs ahead the fewer, so that there is something left to read. */
static uint32_t fade_of(const state *s, float ratio)
{
    const float most = 2.0f * (float)s->quick / (ratio - 1.0f);
    return (uint32_t)fmaxf((float)s->quick, fminf((float)s->fade, most));
}

static void leap(state *s, double there, float likeness, uint32_t frames)
{
    s->there = there;
    s->likeness = fmaxf(0.0f, likeness);
    s->leapt = 0.0f;
    s->pace = 1.0f / (float)frames;
}

/* How alike the sound before the reader and that before other places is: -1 to 1. first: the first of them, in compared frames
   after the reader, below 0 before it. */
static void compare(const state *s, int32_t first, uint32_t count, float *alike)
{
    const uint32_t length = s->alike, mask = s->few - 1, end = (uint32_t)(s->now / s->every) - (uint32_t)(s->here / s->every);
    const float *restrict ours = s->compared + ((end - length) & mask);
    const float *restrict theirs = s->compared + ((end - length + (uint32_t)first) & mask);
    float sums[MOST_LEAPS] = {0};
    double here = 0.0, there = 0.0;
    for (uint32_t k = 0; k < length; k += 4) { /* four at once: the sums are fetched a quarter as often */
        const float *restrict x = ours + k, *restrict y = theirs + k;
        for (uint32_t i = 0; i < count; ++i) sums[i] += x[0] * y[i] + x[1] * y[i + 1] + x[2] * y[i + 2] + x[3] * y[i + 3];
        for (uint32_t i = 0; i < 4; ++i) {
            here += x[i] * x[i];
            there += y[i] * y[i];
        }
    }
    for (uint32_t i = 0; i < count; ++i) {
        alike[i] = sums[i] / sqrtf((float)(here * fmax(there, 0.0)) + SILENCE);
        there += theirs[length + i] * theirs[length + i] - theirs[i] * theirs[i];
    }
}

/* Leaps by the best of the leaps of `least` to `most` frames, where it is good enough. way: 1 towards now, -1 back. */
static void choose(state *s, int way, double least, double most, float enough, uint32_t fade)
{
    float alike[MOST_LEAPS];
    const uint32_t shortest = (uint32_t)(least / s->every), longest = (uint32_t)(fmin(fmax(most, 0.0), s->span) / s->every);
    if (longest < shortest) return;
    const uint32_t count = longest - shortest + 3; /* with one on either side, to see what is a peak */
    uint32_t best = 0;
    compare(s, way > 0 ? (int32_t)shortest - 1 : -(int32_t)longest - 1, count, alike);
    for (uint32_t i = 1; i + 1 < count; ++i)
        if (alike[i] > alike[i - 1] && alike[i] >= alike[i + 1] && (!best || alike[i] > alike[best])) best = i;
    if ((!best || alike[best] < enough) && enough > -1.0f) return;
    double by = longest, likeness = 0.0; /* where nothing is alike */
    if (best) {
        const float a = alike[best - 1], b = alike[best], c = alike[best + 1]; /* on a parabola through three */
        const double peak = best + 0.5 * (a - c) / (a - 2.0f * b + c);
        by = way > 0 ? shortest - 1 + peak : longest + 1 - peak;
        likeness = b;
    }
    leap(s, s->here - way * by * s->every, (float)likeness, fade);
}

static float enough(double late) { return late >= 1.0 ? -1.0f : 1.0f - FAULT * (float)(late * late); }

/* A slow reader falls behind, and leaps towards now. */
static void catch_up(state *s)
{
    const double room = s->here - s->latency;
    if (s->attack.quiet > s->stop && room > s->quick) leap(s, s->latency, 0.0f, s->fade);
    else choose(s, 1, s->shortest, room, enough(room / s->span), s->fade);
}

/* A quick one comes near to now, and leaps back. It keeps so far behind that no attack is heard too early. While it reads one, it is
   nearer. Back it leaps no further than a recent attack. */
static void fall_back(state *s, float ratio)
{
    const int attacks = fresh(s, ratio);
    const uint32_t fade = attacks ? s->quick : fade_of(s, ratio), step = attacks ? SMALL_STEP : STEP;
    const double quicker = ratio - 1.0f, least = s->shortest + quicker * (fade + step); /* it comes nearer meanwhile */
    const double lowest = ratio * latest(s, ratio), since = (double)(s->now - s->attack.at) - s->here;
    const double last = attacks ? nearest(ratio, fade, step) : lowest, width = attacks ? lowest - last : s->span;
    const double late = s->here - last < quicker * step ? 1.0 : fmax(0.0, 1.0 - (s->here - last) / width);
    const double room = lowest + s->span - s->here;
    if (since >= least && s->now < s->attack.at + 2 * s->span) choose(s, -1, least, fmin(since, room), enough(late), fade);
    else if (!attacks || late >= 1.0) choose(s, -1, least, room, enough(late), fade);
}

/* Not shifted, it stays where an attack would be. */
static void settle(state *s)
{
    float alike;
    if (s->here == s->latency) return;
    compare(s, (int32_t)((s->here - s->latency) / s->every), 1, &alike);
    leap(s, s->latency, alike, s->fade);
}

/* Is it time to leap? */
static void look_round(state *s, float ratio)
{
    const int hurry = fresh(s, ratio) && s->here - nearest(ratio, s->quick, SMALL_STEP) < (ratio - 1.0f) * SMALL_STEP;
    if (s->now % STEP && !hurry) return;
    if (s->pace > 0.0f || s->struck) return;
    if (ratio < 1.0f) catch_up(s);
    else if (ratio > 1.0f) fall_back(s, ratio);
    else settle(s);
}

/* When it is time, leaps to the attack; a leap that is under way is hurried. */
static void follow(state *s, float ratio)
{
    const double there = latest(s, ratio), from = there + (ratio - 1.0f) * s->quick; /* and is there after that */
    const double left = (double)s->attack.at + there - s->quick - (double)s->now;
    if (s->pace > 0.0f) {
        s->pace = fmaxf(s->pace, (1.0f - s->leapt) / (float)fmax(1.0, left));
    } else if (left <= 0.0) {
        s->struck = 0;
        if (ratio != 1.0f && fabs(s->here - from) >= 1.0) leap(s, from, 0.0f, s->quick);
    }
}

/* The sound `ago` frames before the newest one, of each side. */
static void hear(const state *s, double ago, float ratio, uint32_t channels, float *out)
{
    const uint32_t half = rig_sinc_half(ratio), whole = (uint32_t)ceil(ago), start = (uint32_t)(s->now - whole - half) & (s->size - 1);
    float weights[RIG_SINC_TAPS];
    rig_sinc_weights(&s->sinc, (float)(whole - ago), ratio, weights);
    for (uint32_t c = 0; c < channels; ++c) {
        const float *past = s->past[c] + start;
        float sum = 0.0f;
        for (uint32_t k = 0; k < 2 * half; ++k) sum += weights[k] * past[k];
        out[c] = sum;
    }
}

/* A frame of what is shifted. Two sounds that are alike keep their level on the way from one to the other, and so do two that
   are not. */
static void read_on(state *s, float ratio, uint32_t channels, float *out)
{
    const double furthest = s->size - RIG_SINC_TAPS - 2.0, closest = rig_sinc_half(ratio);
    s->here = fmin(furthest, fmax(closest, s->here));
    hear(s, s->here, ratio, channels, out);
    s->here += 1.0 - ratio;
    if (s->pace == 0.0f) return;
    float next[2];
    s->there = fmin(furthest, fmax(closest, s->there));
    hear(s, s->there, ratio, channels, next);
    s->there += 1.0 - ratio;
    s->leapt = fminf(1.0f, s->leapt + s->pace);
    const float b = 0.5f - 0.5f * cosf((float)PI * s->leapt), a = 1.0f - b;
    const float gain = 1.0f / sqrtf(a * a + b * b + 2.0f * a * b * s->likeness);
    for (uint32_t c = 0; c < channels; ++c) out[c] = gain * (a * out[c] + b * next[c]);
    if (s->leapt < 1.0f) return;
    s->here = s->there;
    s->pace = 0.0f;
}

static uint32_t latency(const void *self) { return ((const state *)self)->latency; }

static uint32_t memory(const void *self, const float *p)
{
    const state *s = self;
    const float ratio = ratio_of(p);
    return (uint32_t)(fmaxf(1.0f, ratio) * latest(s, ratio)) + s->span + s->alike * s->every + s->stop;
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    rig_ramp_aim(&s->ratio, ratio_of(b->params), b->frames);
    rig_ramp_aim(&s->dry, rig_dry(b->params[MIX]), b->frames);
    rig_ramp_aim(&s->wet, rig_wet(b->params[MIX]), b->frames);
    for (uint32_t i = 0; i < b->frames; ++i) {
        const float ratio = fminf(RIG_SINC_FASTEST, rig_ramp_next(&s->ratio)), dry = rig_ramp_next(&s->dry), wet = rig_ramp_next(&s->wet);
        const uint32_t at = (uint32_t)s->now & (s->size - 1), late = (uint32_t)(s->now - s->latency) & (s->size - 1);
        float out[2], both = 0.0f;
        for (uint32_t c = 0; c < b->channels; ++c) {
            s->past[c][at] = b->signal[c][i];
            if (at < RIG_SINC_TAPS) s->past[c][at + s->size] = b->signal[c][i];
            both += b->signal[c][i];
        }
        listen(s, both);
        if (s->now % SMALL_STEP == 0) look_round(s, ratio);
        if (s->struck) follow(s, ratio);
        read_on(s, ratio, b->channels, out);
        for (uint32_t c = 0; c < b->channels; ++c)
            b->signal[c][i] = dry * (s->align ? s->past[c][late] : b->signal[c][i]) + wet * out[c];
    }
}

const rig_engine rig_engine_pitch = {
    .abi = RIG_ABI, .channels = 0, .name = "pitch", .about = "notes and chords lower or higher",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .latency = latency, .process = process, .reset = reset,
};
