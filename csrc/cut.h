/* A low cut or a high cut of 12 dB an octave, Butterworth, that may be turned while it plays. Turned to its end it is off, and what
   came in comes out bit for bit. */
#ifndef RIG_CUT_H
#define RIG_CUT_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "ramp.h"
#include "svf.h"

#define RIG_CUT_SECONDS 0.015f /* in which it has come most of the way to where it is turned */
#define RIG_CUT_DAMPING 1.41421356

enum { RIG_LOW_CUT, RIG_HIGH_CUT };

typedef struct {
    int kind;
    float rate, off, hz;  /* Hz; off: where it is none */
    rig_ramp g, share;    /* its coefficient, and how much of it is heard */
    rig_svf svf[2];       /* of each channel */
} rig_cut;

static inline float rig_cut_g(const rig_cut *f, float hz) { return tanf(3.14159265f * fminf(hz / f->rate, 0.49f)); }

static inline void rig_cut_start(rig_cut *f, int kind, double rate, float off, float hz)
{
    *f = (rig_cut){.kind = kind, .rate = (float)rate, .off = off, .hz = hz};
    rig_ramp_start(&f->g, rig_cut_g(f, hz));
    rig_ramp_start(&f->share, hz == off ? 0.0f : 1.0f);
}

static inline void rig_cut_reset(rig_cut *f) { memset(f->svf, 0, sizeof f->svf); }

/* Frames until what it remembers is 90 dB softer. */
static inline uint32_t rig_cut_memory(const rig_cut *f, float hz)
{
    return hz == f->off ? 0 : (uint32_t)(10.4f * (float)RIG_CUT_DAMPING * f->rate / (6.2831853f * hz)) + 1;
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

/* A channel's block, after aim(). */
static inline void rig_cut_apply(rig_cut *f, uint32_t channel, float *x, uint32_t frames)
{
    rig_ramp g = f->g, share = f->share;
    if (share.target == 0.0f && share.step == 0.0f) return;
    const int moves = g.step != 0.0f || share.step != 0.0f;
    rig_svf svf = f->svf[channel];
    rig_svf_tuning tuning = rig_svf_tuned(g.target, RIG_CUT_DAMPING);
    for (uint32_t i = 0; i < frames; ++i) {
        double band, low;
        if (moves) tuning = rig_svf_tuned(rig_ramp_next(&g), RIG_CUT_DAMPING);
        rig_svf_next(&svf, &tuning, x[i], &band, &low);
        const float y = (float)(f->kind == RIG_HIGH_CUT ? low : x[i] - RIG_CUT_DAMPING * band - low);
        x[i] = moves ? x[i] + rig_ramp_next(&share) * (y - x[i]) : y;
    }
    f->svf[channel] = svf;
}

#endif
