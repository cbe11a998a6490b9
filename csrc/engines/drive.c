/* drive: an overdrive without a network. The lows are driven less, as in the first stage of a Tube Screamer, where the feedback's capacitor
   leaves them as they are (Yeh, Abel and Smith, "Simplified, physically-informed models of distortion and overdrive guitar effects
   pedals", DAFx-07); then comes a curve, and a low-pass of one pole.

   Each frame is the mean of the curve from the last frame's value to its own: what the curve makes of the straight line between the
   two, which takes the edge off what would alias (Parker, Zavalishin and Le Bivic, "Reducing the aliasing of nonlinear waveshaping
   using continuous-time convolution", DAFx-16). The curves are such that the mean can be written without a difference of two
   antiderivatives, so that no case stands out. On top of that it runs at two or four times the rate. */
#include <math.h>

#include "../arena.h"
#include "../dc_blocker.h"
#include "../halfband.h"
#include "../line.h"
#include "../ramp.h"

enum { DRIVE, CHARACTER, TIGHT, TONE, LEVEL, MIX, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [DRIVE] = {"drive", "dB", "how far it is driven", 0.0f, 60.0f, 20.0f, NULL},
    [CHARACTER] = {"character", "", "how it gives way", 0.0f, 2.0f, 0.0f, "soft|hard|asymmetric"},
    [TIGHT] = {"tight", "Hz", "what is lower is driven less", 20.0f, 1000.0f, 300.0f, NULL},
    [TONE] = {"tone", "Hz", "what is higher is softer", 500.0f, 16000.0f, 6000.0f, NULL},
    [LEVEL] = {"level", "dB", "after it", -40.0f, 20.0f, -6.0f, NULL},
    [MIX] = {"mix", "", "0: the guitar alone, 1: the drive alone", 0.0f, 1.0f, 1.0f, NULL},
};

#define CURVES 3
#define ROOF 0.25f     /* what it gives way to: -12 dBFS, somewhat below a guitar's peaks */
#define LEAN 0.5f      /* of the asymmetric curve: where on the soft one it rests, in roofs */
#define FADE_MS 20.0f  /* from one character to another */
#define HIGH (RIG_BLOCK * RIG_OVER_MOST)

typedef struct {
    rig_over over;
    rig_line dry;       /* the guitar, to wait for the filters */
    rig_dc_blocker dc;  /* an asymmetric curve makes some */
    rig_ramp drive, tight, tone, dry_gain, wet_gain, level;
    float turn, step;   /* radians a frame and Hz; of a fade, a frame */
    float low, last, dull; /* below `tight`; the last frame that the curve heard; below `tone` */
    float share[CURVES];   /* how much of each is heard */
} state;

static void lay_out(state *s, rig_arena *arena, uint32_t times)
{
    rig_arena_alloc(arena, sizeof(state));
    s->dry = rig_line_new(arena, rig_over_latency(times) + 1);
}

static size_t size(const rig_setup *setup)
{
    state none;
    rig_arena arena = {NULL, 0};
    if (setup->n_arrays || setup->n_ints != 1 || !rig_over_can(setup->ints[0])) return 0;
    lay_out(&none, &arena, (uint32_t)setup->ints[0]);
    return arena.used;
}

static float tight_of(const state *s, const float *p)
{
    const float g = tanf(0.5f * s->turn * p[TIGHT]);
    return g / (1.0f + g);
}

static float tone_of(const state *s, const float *p) { return 1.0f - expf(-s->turn * p[TONE]); }
static uint32_t curve_of(const float *p) { return (uint32_t)(p[CHARACTER] + 0.5f); }

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    const float *p = setup->params;
    rig_arena arena = {self, 0};
    lay_out(s, &arena, (uint32_t)setup->ints[0]);
    rig_over_init(&s->over, (uint32_t)setup->ints[0]);
    rig_dc_blocker_init(&s->dc, setup->rate);
    rig_dc_blocker_begin(&s->dc, 0.0);
    s->turn = (float)(2.0 * 3.14159265358979323846 / setup->rate);
    s->step = 1000.0f / (FADE_MS * (float)setup->rate * (float)s->over.times);
    s->share[curve_of(p)] = 1.0f;
    rig_ramp_start(&s->drive, rig_from_db(p[DRIVE]));
    rig_ramp_start(&s->tight, tight_of(s, p));
    rig_ramp_start(&s->tone, tone_of(s, p));
    rig_ramp_start(&s->dry_gain, rig_dry(p[MIX]));
    rig_ramp_start(&s->wet_gain, rig_wet(p[MIX]));
    rig_ramp_start(&s->level, rig_from_db(p[LEVEL]));
    return NULL;
}

/* The slowest in it is what takes the constant away. */
static uint32_t memory(const void *self, const float *p)
{
    const state *s = self;
    (void)p;
    return rig_dc_blocker_memory(s->dc.share) + rig_over_memory(s->over.times, 1);
}

/* The mean of |x| from a to b. */
static inline double mean_size(double a, double b)
{
    const double sum = fabs(a) + fabs(b);
    return a * b >= 0.0 ? 0.5 * sum : 0.5 * (a * a + b * b) / sum;
}

/* The mean of x / sqrt(1 + x^2), whose antiderivative is that root. */
static inline float soft(float a, float b) { return (a + b) / (sqrtf(1.0f + a * a) + sqrtf(1.0f + b * b)); }

/* The mean of x, held to -1 to 1: (|x + 1| - |x - 1|) / 2. Driven far, that is a difference of thousands. */
static inline float hard(double a, double b) { return (float)(0.5 * (mean_size(a + 1.0, b + 1.0) - mean_size(a - 1.0, b - 1.0))); }

/* The soft one where it leans to one side, as steep in the middle. */
static inline float asymmetric(float a, float b)
{
    const float steep = 1.0f + LEAN * LEAN;
    return (soft(a + LEAN, b + LEAN) - soft(LEAN, LEAN)) * steep * sqrtf(steep);
}

/* Adds a curve's share to y. x: the last frame of the block before, and a block. */
#define ADD(curve)                                                                        \
    static void add_##curve(const float *x, const float *share, float *y, uint32_t frames) \
    {                                                                                     \
        for (uint32_t i = 0; i < frames; ++i) y[i] += share[i] * curve(x[i], x[i + 1]);     \
    }
ADD(soft)
ADD(hard)
ADD(asymmetric)

static void (*const add[CURVES])(const float *, const float *, float *, uint32_t) = {add_soft, add_hard, add_asymmetric};

/* How much of a curve is heard, frame by frame, on its way to all or nothing. Returns whether any is. */
static int approach(float *at, float end, float step, float *share, uint32_t frames)
{
    const int heard = *at > 0.0f || end > 0.0f;
    for (uint32_t i = 0; heard && i < frames; ++i) {
        *at = *at < end ? fminf(end, *at + step) : fmaxf(end, *at - step);
        share[i] = *at;
    }
    return heard;
}

/* Through the curve, at the fast rate. x: as for add. */
static void bend(state *s, uint32_t curve, const float *x, float *y, uint32_t frames)
{
    float share[HIGH];
    memset(y, 0, frames * sizeof(float));
    for (uint32_t c = 0; c < CURVES; ++c)
        if (approach(&s->share[c], c == curve ? 1.0f : 0.0f, s->step, share, frames)) add[c](x, share, y, frames);
}

/* In roofs, the lows as they are: split by a one-pole as in Zavalishin, "The art of VA filter design", 2018, section 3. */
static void push(state *s, const float *x, float *y, uint32_t frames)
{
    for (uint32_t i = 0; i < frames; ++i) {
        const float half = rig_ramp_next(&s->tight) * (x[i] - s->low), low = s->low + half;
        s->low = low + half;
        y[i] = (low + rig_ramp_next(&s->drive) * (x[i] - low)) * (1.0f / ROOF);
    }
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    const float *p = b->params;
    float *x = b->signal[0], y[RIG_BLOCK], high[1 + HIGH], bent[HIGH];
    const uint32_t frames = b->frames, all = frames * s->over.times;
    rig_ramp_aim(&s->drive, rig_from_db(p[DRIVE]), frames);
    rig_ramp_aim(&s->tight, tight_of(s, p), frames);
    rig_ramp_aim(&s->tone, tone_of(s, p), frames);
    rig_ramp_aim(&s->dry_gain, rig_dry(p[MIX]), frames);
    rig_ramp_aim(&s->wet_gain, rig_wet(p[MIX]), frames);
    rig_ramp_aim(&s->level, rig_from_db(p[LEVEL]), frames);
    push(s, x, y, frames);
    high[0] = s->last;
    rig_over_up(&s->over, y, high + 1, frames);
    s->last = high[all];
    bend(s, curve_of(p), high, bent, all);
    rig_over_down(&s->over, bent, y, frames);
    for (uint32_t i = 0; i < frames; ++i) y[i] = s->dull += rig_ramp_next(&s->tone) * (y[i] - s->dull);
    rig_dc_blocker_run(&s->dc, y, frames);
    for (uint32_t i = 0; i < frames; ++i) {
        rig_line_push(&s->dry, x[i]);
        const float dry = rig_line_ago(&s->dry, rig_over_latency(s->over.times) + 1);
        x[i] = rig_ramp_next(&s->level) * (rig_ramp_next(&s->dry_gain) * dry + ROOF * rig_ramp_next(&s->wet_gain) * y[i]);
    }
}

static void reset(void *self)
{
    state *s = self;
    rig_over_rest(&s->over, 0.0f);
    rig_line_forget(&s->dry);
    rig_dc_blocker_begin(&s->dc, 0.0);
    s->low = s->last = s->dull = 0.0f;
}

const rig_engine rig_engine_drive = {
    .abi = RIG_ABI, .channels = 1, .name = "drive", .about = "an overdrive",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset,
};
