/* comp: a compressor. Feed-forward, its gain computed in dB and then smoothed by a decoupled peak detector, so that attack and
   release are what they say: Giannoulis, Massberg & Reiss, "Digital dynamic range compressor design", JAES 60(6), 2012. Of a stereo
   signal both sides get the gain of the louder one. */
#include <math.h>

#include "../ramp.h"
#include "../rig_engine.h"

enum { THRESHOLD, RATIO, KNEE, ATTACK, RELEASE, GAIN, MIX, LOWCUT, DETECTOR, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [THRESHOLD] = {"threshold", "dB", "what is louder than this is held down", -60.0f, 0.0f, -28.0f, NULL},
    [RATIO] = {"ratio", ":1", "dB above it that become one", 1.0f, 20.0f, 4.0f, NULL, RIG_BY_RATIO, 0.5f},
    [KNEE] = {"knee", "dB", "how softly it begins around the threshold", 0.0f, 24.0f, 6.0f, NULL},
    [ATTACK] = {"attack", "ms", "until most of what is too loud is held down", 0.1f, 100.0f, 8.0f, NULL},
    [RELEASE] = {"release", "ms", "until it has let go of most", 10.0f, 2000.0f, 150.0f, NULL},
    [GAIN] = {"gain", "dB", "to make up for it", 0.0f, 24.0f, 6.0f, NULL},
    [MIX] = {"mix", "", "0: guitar only, 1: compressed only", 0.0f, 1.0f, 1.0f, NULL},
    [LOWCUT] = {"lowcut", "Hz", "it does not listen to what is below", 20.0f, 500.0f, 20.0f, NULL},
    [DETECTOR] = {"detector", "", "what it calls loud", 0.0f, 1.0f, 0.0f, "peak|rms"},
};

#define RMS_MS 20.0f
#define SILENCE -120.0f /* dB */

typedef struct {
    float per_ms, turn, window;  /* window: how far the mean of squares moves in a frame */
    float low[2];                /* what lies below the lowcut, of each side */
    float square;                /* the mean of squares */
    float held, smooth;          /* dB by which it is held down: as the release lets go, and with the attack's time on top */
    rig_ramp gain, mix;
} state;

static size_t size(const rig_setup *setup) { return setup->n_arrays ? 0 : sizeof(state); }

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    s->per_ms = (float)(setup->rate / 1000.0);
    s->turn = (float)(2.0 * 3.14159265358979323846 / setup->rate);
    s->window = 1.0f - expf(-1.0f / (RMS_MS * s->per_ms));
    rig_ramp_start(&s->gain, rig_from_db(setup->params[GAIN]));
    rig_ramp_start(&s->mix, setup->params[MIX]);
    return NULL;
}

/* Until what it remembers is 60 dB softer, a thousandth of a dB at most. */
static uint32_t memory(const void *self, const float *p)
{
    const state *s = self;
    return (uint32_t)(7.0f * (p[RELEASE] + p[ATTACK] + (p[DETECTOR] > 0.5f ? RMS_MS : 0.0f)) * s->per_ms + 7.0f / (s->turn * p[LOWCUT]));
}

/* By how much a level is too loud, in dB (eq. 4). */
static float excess(const float *p, float level)
{
    const float over = level - p[THRESHOLD], slope = 1.0f - 1.0f / p[RATIO];
    if (2.0f * over < -p[KNEE]) return 0.0f;
    if (2.0f * over > p[KNEE] || p[KNEE] == 0.0f) return slope * over;
    const float into = over + 0.5f * p[KNEE];
    return slope * into * into / (2.0f * p[KNEE]);
}

/* How loud a frame is, in dB. */
static float level_of(state *s, const rig_block *b, uint32_t i, float lowcut, int rms)
{
    float most = 0.0f;
    for (uint32_t c = 0; c < b->channels; ++c) {
        const float x = b->signal[c][i];
        s->low[c] += lowcut * (x - s->low[c]);
        most = fmaxf(most, fabsf(x - s->low[c]));
    }
    s->square += s->window * (most * most - s->square);
    const float power = rms ? 2.0f * s->square : most * most; /* a sine is as loud either way */
    return power > 1e-12f ? 4.342944819f * logf(power) : SILENCE;
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    const float *p = b->params;
    const float attack = expf(-1.0f / (p[ATTACK] * s->per_ms)), release = expf(-1.0f / (p[RELEASE] * s->per_ms));
    const float lowcut = p[LOWCUT] > params[LOWCUT].min ? 1.0f - expf(-s->turn * p[LOWCUT]) : 0.0f;
    rig_ramp_aim(&s->gain, rig_from_db(p[GAIN]), b->frames);
    rig_ramp_aim(&s->mix, p[MIX], b->frames);
    for (uint32_t i = 0; i < b->frames; ++i) {
        const float over = excess(p, level_of(s, b, i, lowcut, p[DETECTOR] > 0.5f));
        s->held = fmaxf(over, release * s->held + (1.0f - release) * over); /* eq. 17 */
        s->smooth = attack * s->smooth + (1.0f - attack) * s->held;
        const float mix = rig_ramp_next(&s->mix), gain = 1.0f - mix + mix * rig_ramp_next(&s->gain) * rig_from_db(-s->smooth);
        for (uint32_t c = 0; c < b->channels; ++c) b->signal[c][i] *= gain;
    }
}

static void reset(void *self)
{
    state *s = self;
    s->low[0] = s->low[1] = s->square = s->held = s->smooth = 0.0f;
}

static float reduction(const void *self) { return -((const state *)self)->smooth; }

const rig_engine rig_engine_comp = {
    .abi = RIG_ABI, .channels = 0, .name = "comp", .about = "soft notes and loud ones nearer to each other",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset, .reduction = reduction,
};
