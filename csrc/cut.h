/* A low cut or a high cut of 12 dB an octave: Butterworth, as a state-variable filter that may be turned while it runs (Simper,
   "Linear trapezoidal integrated state variable filter", Cytomic 2013). Turned to its end it is off, and bit for bit what came in. */
#ifndef RIG_CUT_H
#define RIG_CUT_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "ramp.h"

#define RIG_CUT_SECONDS 0.015f /* in which it has come most of the way to where it is turned */
#define RIG_CUT_DAMPING 1.41421356f

enum { RIG_LOW_CUT, RIG_HIGH_CUT };

typedef struct {
    int kind;
    float rate, off, hz;  /* Hz; off: where it is none */
    rig_ramp g, share;    /* its coefficient, and how much of it is heard */
    float state[2][2];    /* of each channel */
} rig_cut;

static inline float rig_cut_g(const rig_cut *f, float hz) { return tanf(3.14159265f * fminf(hz / f->rate, 0.49f)); }

static inline void rig_cut_start(rig_cut *f, int kind, double rate, float off, float hz)
{
    *f = (rig_cut){.kind = kind, .rate = (float)rate, .off = off, .hz = hz};
    rig_ramp_start(&f->g, rig_cut_g(f, hz));
    rig_ramp_start(&f->share, hz == off ? 0.0f : 1.0f);
}

static inline void rig_cut_reset(rig_cut *f) { memset(f->state, 0, sizeof f->state); }

/* Frames until what it remembers is 90 dB softer. */
static inline uint32_t rig_cut_memory(const rig_cut *f, float hz)
{
    return hz == f->off ? 0 : (uint32_t)(10.4f * RIG_CUT_DAMPING * f->rate / (6.2831853f * hz)) + 1;
}

/* Heads for a frequency, by ratio. One that was off begins where it is nearly nothing, and ends there before it is off. */
static inline void rig_cut_aim(rig_cut *f, float hz, uint32_t frames)
{
    const float before = f->hz;
    if (f->share.target == 0.0f && f->share.step == 0.0f && hz == f->off) return;
    if (f->share.target == 0.0f && hz != f->off) rig_cut_reset(f);
    if (f->hz != hz) f->hz *= powf(hz / f->hz, 1.0f - expf(-(float)frames / (RIG_CUT_SECONDS * f->rate)));
    if (fabsf(f->hz - hz) < 1e-3f * hz) f->hz = hz;
    rig_ramp_aim(&f->share, f->hz == f->off && hz == f->off ? 0.0f : 1.0f, frames);
    rig_ramp_aim(&f->g, f->hz == before ? f->g.target : rig_cut_g(f, f->hz), frames);
}

/* What it makes of a frame; h: 1 / (1 + g (g + damping)). */
static inline float rig_cut_frame(int kind, float *state, float x, float g, float h)
{
    const float over = x - state[1], band = h * (state[0] + g * over), low = state[1] + g * band;
    state[0] = 2.0f * band - state[0];
    state[1] = 2.0f * low - state[1];
    return kind == RIG_HIGH_CUT ? low : x - RIG_CUT_DAMPING * band - low;
}

/* A channel's block, after aim(). */
static inline void rig_cut_apply(rig_cut *f, uint32_t channel, float *x, uint32_t frames)
{
    rig_ramp turned = f->g, share = f->share;
    if (share.target == 0.0f && share.step == 0.0f) return;
    const int moves = turned.step != 0.0f || share.step != 0.0f;
    float g = turned.target, h = 1.0f / (1.0f + g * (g + RIG_CUT_DAMPING));
    float state[2] = {f->state[channel][0], f->state[channel][1]};
    for (uint32_t i = 0; i < frames; ++i) {
        if (moves) {
            g = rig_ramp_next(&turned);
            h = 1.0f / (1.0f + g * (g + RIG_CUT_DAMPING));
        }
        const float y = rig_cut_frame(f->kind, state, x[i], g, h);
        x[i] = moves ? x[i] + rig_ramp_next(&share) * (y - x[i]) : y;
    }
    memcpy(f->state[channel], state, sizeof state);
}

#endif
