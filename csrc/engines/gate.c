/* gate: a downward expander that listens to what came into the rack and acts where it stands, so that it can close after a
   noisy amp on what it heard before it. Static curve, attack, hold and release as in U. Zolzer, ed., DAFX, 2nd ed., 2011, section 4.2;
   the two thresholds are O. H. Schmitt's ("A thermionic trigger", 1938). */
#include <math.h>
#include <string.h>

#include "../ramp.h"
#include "../rig_engine.h"
#include "../svf.h"

enum { THRESHOLD, RATIO, ATTACK, HOLD, RELEASE, HYSTERESIS, LOWCUT, HIGHCUT, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [THRESHOLD] = {"threshold", "dB", "closes on what is softer than this at the rack's input", -100.0f, 0.0f, -70.0f, NULL},
    [RATIO] = {"ratio", ":1", "how steeply it closes; 20 is shut", 1.0f, 20.0f, 10.0f, NULL, RIG_BY_RATIO, 0.5f},
    [ATTACK] = {"attack", "ms", "time to open from fully shut", 0.1f, 50.0f, 1.0f, NULL},
    [HOLD] = {"hold", "ms", "stays open for this long after the last loud moment", 0.0f, 500.0f, 30.0f, NULL},
    [RELEASE] = {"release", "ms", "time to close fully", 5.0f, 500.0f, 100.0f, NULL},
    [HYSTERESIS] = {"hysteresis", "dB", "so far below the threshold it closes: 5 keeps a note that wavers", 0.0f, 20.0f, 0.0f, NULL},
    [LOWCUT] = {"lowcut", "Hz", "it does not listen to what is below: hum", 20.0f, 500.0f, 20.0f, NULL},
    [HIGHCUT] = {"highcut", "Hz", "it does not listen to what is above: picks and hiss", 1000.0f, 20000.0f, 20000.0f, NULL},
};

#define SHUT -100.0f  /* dB; the gain moves in straight lines between this and 0 */
#define FALL_MS 20.0f /* the follower's time constant: a low E must not flutter */
#define BUTTERWORTH 1.41421356

typedef struct {
    float per_ms;      /* frames */
    float fall;        /* the follower's factor per frame */
    float peak;        /* follows what it listens to of the key: up at once, down exponentially */
    float gain;        /* dB */
    float held;        /* frames since it was last loud enough to be open */
    int open;
    rig_svf low, high; /* the cuts, 12 dB an octave */
} state;

static size_t size(const rig_setup *setup) { return setup->n_arrays ? 0 : sizeof(state); }

static void reset(void *self)
{
    state *s = self;
    s->peak = 0.0f;
    s->gain = SHUT;
    s->held = 1e9f;
    s->open = 0;
    s->low = s->high = (rig_svf){0.0, 0.0};
}

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    s->per_ms = (float)(setup->rate / 1000.0);
    s->fall = expf(-1.0f / (FALL_MS * s->per_ms));
    reset(self);
    return NULL;
}

static int cuts_lows(const float *p) { return p[LOWCUT] > params[LOWCUT].min; }
static int cuts_highs(const float *p) { return p[HIGHCUT] < params[HIGHCUT].max; }

/* The time that the follower takes from full scale to where it closes, then hold, then release; before them the low cut settles. What is
   between the thresholds for longer than that is open or not by what was before. */
static uint32_t memory(const void *self, const float *p)
{
    const state *s = self;
    const float fall = FALL_MS * (p[HYSTERESIS] - p[THRESHOLD]) / 8.686f, settle = cuts_lows(p) ? 2070.0f / p[LOWCUT] : 0.0f;
    return (uint32_t)((fall + p[HOLD] + p[RELEASE] + p[ATTACK] + settle) * s->per_ms);
}

/* The gain it is heading for, in dB: none while it is open, and else for each dB below the threshold (ratio - 1) dB. */
static float target(const state *s, const float *p, float threshold)
{
    if (s->open || s->held < p[HOLD] * s->per_ms) return 0.0f;
    const float below = 8.686f * logf(fmaxf(s->peak, 1e-9f) / threshold);
    return fmaxf(SHUT, below * (p[RATIO] - 1.0f));
}

/* How a cut at `hz` is tuned. */
static rig_svf_tuning cut(const state *s, float hz)
{
    const double share = fmin(hz / (1000.0 * s->per_ms), 0.45);
    return rig_svf_tuned(tan(3.14159265358979323846 * share), BUTTERWORTH);
}

/* What it listens to of a block. A cut that is not used rests. */
static void listen(state *s, const rig_block *b, float *heard)
{
    const float *p = b->params;
    double band, low;
    memcpy(heard, b->key, b->frames * sizeof(float));
    if (cuts_lows(p)) {
        const rig_svf_tuning t = cut(s, p[LOWCUT]);
        for (uint32_t i = 0; i < b->frames; ++i) {
            rig_svf_next(&s->low, &t, heard[i], &band, &low);
            heard[i] = (float)(heard[i] - t.k * band - low);
        }
    } else s->low = (rig_svf){0.0, 0.0};
    if (cuts_highs(p)) {
        const rig_svf_tuning t = cut(s, p[HIGHCUT]);
        for (uint32_t i = 0; i < b->frames; ++i) {
            rig_svf_next(&s->high, &t, heard[i], &band, &low);
            heard[i] = (float)low;
        }
    } else s->high = (rig_svf){0.0, 0.0};
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    float *x = b->signal[0], heard[RIG_BLOCK];
    const float *p = b->params;
    const float threshold = rig_from_db(p[THRESHOLD]), closing = rig_from_db(p[THRESHOLD] - p[HYSTERESIS]);
    const float up = -SHUT / (p[ATTACK] * s->per_ms), down = SHUT / (p[RELEASE] * s->per_ms);
    listen(s, b, heard);
    for (uint32_t i = 0; i < b->frames; ++i) {
        s->peak = fmaxf(fabsf(heard[i]), s->peak * s->fall);
        s->open = s->peak >= (s->open ? closing : threshold);
        s->held = s->open ? 0.0f : fminf(s->held + 1.0f, 1e9f);
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
