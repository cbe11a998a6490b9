/* gate: a downward expander that listens to what came into the rack and acts where it stands, so that it can close after a
   noisy amp on what it heard before it. */
#include <math.h>

#include "../ramp.h"
#include "../rig_engine.h"

enum { THRESHOLD, RATIO, ATTACK, HOLD, RELEASE, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [THRESHOLD] = {"threshold", "dB", "closes on what is softer than this at the rack's input", -100.0f, 0.0f, -70.0f, NULL},
    [RATIO] = {"ratio", ":1", "how steeply it closes; 20 is shut", 1.0f, 20.0f, 10.0f, NULL},
    [ATTACK] = {"attack", "ms", "time to open from fully shut", 0.1f, 50.0f, 1.0f, NULL},
    [HOLD] = {"hold", "ms", "stays open for this long after the last loud moment", 0.0f, 500.0f, 30.0f, NULL},
    [RELEASE] = {"release", "ms", "time to close fully", 5.0f, 500.0f, 100.0f, NULL},
};

#define SHUT -100.0f  /* dB; the gain moves in straight lines between this and 0 */
#define FALL_MS 20.0f /* the follower's time constant: a low E must not flutter */

typedef struct {
    float per_ms;   /* frames */
    float fall;     /* the follower's factor per frame */
    float peak;     /* follows the key: up at once, down exponentially */
    float gain;     /* dB */
    float held;     /* frames since the key was last above the threshold */
} state;

static size_t size(const rig_setup *setup) { return setup->n_arrays ? 0 : sizeof(state); }

static void reset(void *self)
{
    state *s = self;
    s->peak = 0.0f;
    s->gain = SHUT;
    s->held = 1e9f;
}

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    s->per_ms = (float)(setup->rate / 1000.0);
    s->fall = expf(-1.0f / (FALL_MS * s->per_ms));
    reset(self);
    return NULL;
}

/* The time that the follower takes from full scale to the threshold, then hold, then release. */
static uint32_t memory(const void *self, const float *p)
{
    const state *s = self;
    const float fall = FALL_MS * -p[THRESHOLD] / 8.686f;
    return (uint32_t)((fall + p[HOLD] + p[RELEASE] + p[ATTACK]) * s->per_ms);
}

/* The gain it is heading for, in dB: none above the threshold, and below it (ratio - 1) dB for each dB. */
static float target(const state *s, const float *p, float threshold)
{
    if (s->peak >= threshold || s->held < p[HOLD] * s->per_ms) return 0.0f;
    const float below = 8.686f * logf(fmaxf(s->peak, 1e-9f) / threshold);
    return fmaxf(SHUT, below * (p[RATIO] - 1.0f));
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    float *x = b->signal[0];
    const float *key = b->key, *p = b->params;
    const float threshold = rig_from_db(p[THRESHOLD]);
    const float up = -SHUT / (p[ATTACK] * s->per_ms), down = SHUT / (p[RELEASE] * s->per_ms);
    for (uint32_t i = 0; i < b->frames; ++i) {
        s->peak = fmaxf(fabsf(key[i]), s->peak * s->fall);
        s->held = s->peak >= threshold ? 0.0f : fminf(s->held + 1.0f, 1e9f);
        const float to = target(s, p, threshold);
        s->gain = to > s->gain ? fminf(to, s->gain + up) : fmaxf(to, s->gain + down);
        if (s->gain < 0.0f) x[i] *= s->gain > SHUT ? rig_from_db(s->gain) : 0.0f;
    }
}

static float reduction(const void *self) { return ((const state *)self)->gain; }

const rig_engine rig_engine_gate = {
    .abi = RIG_ABI, .channels = 1, .name = "gate", .about = "silence between the notes",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset, .reduction = reduction,
};
