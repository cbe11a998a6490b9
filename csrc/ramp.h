/* A value that moves in a straight line over a block, so that a turned knob makes no zipper noise. */
#ifndef RIG_RAMP_H
#define RIG_RAMP_H

#include <math.h>
#include <stdint.h>

static inline float rig_from_db(float db) { return expf(db * 0.11512925465f); }

/* How loud the guitar is, and how loud what an effect adds to it, at a mix of 0 to 1; at 0.5 both are whole. */
static inline float rig_dry(float mix) { return fminf(1.0f, 2.0f - 2.0f * mix); }
static inline float rig_wet(float mix) { return fminf(1.0f, 2.0f * mix); }

typedef struct {
    float now, target, step;
} rig_ramp;

static inline void rig_ramp_start(rig_ramp *r, float value) { *r = (rig_ramp){value, value, 0.0f}; }

/* Aims at target, to be reached after `frames` calls of next(). */
static inline void rig_ramp_aim(rig_ramp *r, float target, uint32_t frames)
{
    r->now = r->target; /* where the last block's ramp ended, without its rounding */
    r->target = target;
    r->step = (target - r->now) / (float)frames;
}

static inline float rig_ramp_next(rig_ramp *r) { return r->now += r->step; }

/* Multiplies a block by a gain that heads for `target`. Most of the time nobody turns it, and then it costs next to nothing. */
static inline void rig_ramp_apply(rig_ramp *r, float target, float *x, uint32_t frames)
{
    rig_ramp_aim(r, target, frames);
    if (r->step != 0.0f)
        for (uint32_t i = 0; i < frames; ++i) x[i] *= rig_ramp_next(r);
    else if (target != 1.0f)
        for (uint32_t i = 0; i < frames; ++i) x[i] *= target;
}

/* A value that goes after a knob in a time of its own, some 10 ms, however short the blocks are: a pedal comes in steps. */
typedef struct {
    float now, share; /* of the way that it goes in a frame */
} rig_glide;

static inline void rig_glide_start(rig_glide *g, float value, double rate)
{
    *g = (rig_glide){value, (float)(1.0 - exp(-1.0 / (0.003 * rate)))};
}

static inline float rig_glide_next(rig_glide *g, float target)
{
    const float way = target - g->now;
    return g->now = fabsf(way) < 1e-5f ? target : g->now + g->share * way; /* the last 100 dB are no step */
}

#endif
