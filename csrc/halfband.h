/* Two or four times a rate and back, around what makes overtones: they have room there, and are taken away before they fold.

   Half-band filters of linear phase, worked out by the trick of Vaidyanathan and Nguyen ("A 'trick' for the design of FIR half-band
   filters", IEEE Trans. Circuits Syst. 34(3), 1987) around the exchange of Parks and McClellan. At 48 kHz all below 18 kHz stays as it
   is within 0.001 dB, and what would fold onto it, or is an image of it, is held down by 98 dB.

   Why not the all-passes of half-band filters with recursion (Valenzuela and Constantinides, 1983): seven of them do the same,
   3.5 frames late and not 23. But they are 4 frames later at 18 kHz than below, so that what is mixed with them combs, however well the
   other side waits; they never quite forget, so that a chain that takes over would not be bit for bit as if it had always run; and as each
   step waits for the last one, they take longer: 0.50 us a block of 64 there and back, these 0.31. */
#ifndef RIG_HALFBAND_H
#define RIG_HALFBAND_H

#include <string.h>

#include "rig_engine.h"

#define RIG_OVER_MOST 4 /* times the rate */

#define RIG_STEEP 12
#define RIG_WIDE 5

/* One half of every second tap, for twice the level; those between are 0 but for the one in the middle, which is 1. */
static const float rig_steep[RIG_STEEP] = {-0.000107490583f, 0.000455595722f, -0.0013365096f, 0.00319779549f,
                                           -0.00668902684f, 0.0127073566f, -0.0225045084f, 0.0379993416f,
                                           -0.0627605003f, 0.10556119f, -0.198442769f, 0.63190838f};
/* From twice to four times, where it need hold down only what the steep one cannot. */
static const float rig_wide[RIG_WIDE] = {0.00158900587f, -0.0117218269f, 0.0476725194f, -0.150823299f, 0.613292116f};

#define RIG_HALF_PAST (2 * RIG_STEEP) /* frames that are remembered */

typedef struct {
    const float *taps;
    uint32_t n;
    float low[RIG_HALF_PAST + 2 * RIG_BLOCK];  /* the past and a block, on the way up */
    float even[RIG_HALF_PAST + 2 * RIG_BLOCK]; /* the same on the way down, every second frame, */
    float odd[RIG_HALF_PAST + 2 * RIG_BLOCK];  /* and those between */
} rig_halfband;

typedef struct {
    uint32_t times;
    rig_halfband outer, inner; /* from once to twice, from twice to four times */
} rig_over;

/* Whether a number is one of 1, 2 and 4. */
static inline int rig_over_can(int32_t times) { return times == 1 || times == 2 || times == 4; }

/* Frames, at the slow rate, by which what went up and came down is late. */
static inline uint32_t rig_over_latency(uint32_t times)
{
    return times == 1 ? 0 : times == 2 ? 2 * RIG_STEEP - 1 : 2 * RIG_STEEP + RIG_WIDE - 2;
}

/* Frames of the past that it hangs on, around what remembers `frames` of its own at the fast rate. */
static inline uint32_t rig_over_memory(uint32_t times, uint32_t frames)
{
    return times == 1 ? frames : 2 * rig_over_latency(times) + 1 + (frames + times - 1) / times;
}

/* [main] */
static inline void rig_over_init(rig_over *o, uint32_t times)
{
    memset(o, 0, sizeof *o);
    o->times = times;
    o->outer.taps = rig_steep, o->outer.n = RIG_STEEP;
    o->inner.taps = rig_wide, o->inner.n = RIG_WIDE;
}

static inline void rig_half_age(float *x, uint32_t frames) { memmove(x, x + frames, RIG_HALF_PAST * sizeof(float)); }

/* What every second tap makes of x[0 .. frames), whose past lies before it. */
static inline void rig_half_sum(const rig_halfband *h, const float *x, float *restrict y, uint32_t frames)
{
    const uint32_t last = 2 * h->n - 1;
    memset(y, 0, frames * sizeof(float));
    for (uint32_t k = 0; k < h->n; ++k) {
        const float tap = h->taps[k], *newer = x - k, *older = x - last + k;
        for (uint32_t i = 0; i < frames; ++i) y[i] += tap * (newer[i] + older[i]);
    }
}

/* [audio] y: twice as many frames. */
static inline void rig_half_up(rig_halfband *h, const float *x, float *y, uint32_t frames)
{
    float between[2 * RIG_BLOCK], *now = h->low + RIG_HALF_PAST;
    memcpy(now, x, frames * sizeof(float));
    rig_half_sum(h, now, between, frames);
    const float *middle = now - (h->n - 1);
    for (uint32_t i = 0; i < frames; ++i) y[2 * i] = between[i], y[2 * i + 1] = middle[i];
    rig_half_age(h->low, frames);
}

/* [audio] x: twice as many frames as y. early: by one of x's frames, so that two pairs of filters come to a whole delay. */
static inline void rig_half_down(rig_halfband *h, const float *x, float *y, uint32_t frames, int early)
{
    float *even = h->even + RIG_HALF_PAST, *odd = h->odd + RIG_HALF_PAST;
    for (uint32_t i = 0; i < frames; ++i) even[i] = x[2 * i], odd[i] = x[2 * i + 1];
    rig_half_sum(h, early ? odd : even, y, frames);
    const float *middle = early ? even - (h->n - 1) : odd - h->n;
    for (uint32_t i = 0; i < frames; ++i) y[i] = 0.5f * (y[i] + middle[i]);
    rig_half_age(h->even, frames);
    rig_half_age(h->odd, frames);
}

/* [audio] x: at most RIG_BLOCK frames; y: `times` as many. */
static inline void rig_over_up(rig_over *o, const float *x, float *y, uint32_t frames)
{
    float twice[2 * RIG_BLOCK];
    if (o->times == 1) memcpy(y, x, frames * sizeof(float));
    else rig_half_up(&o->outer, x, o->times == 2 ? y : twice, frames);
    if (o->times == 4) rig_half_up(&o->inner, twice, y, 2 * frames);
}

/* [audio] The way back. */
static inline void rig_over_down(rig_over *o, const float *y, float *x, uint32_t frames)
{
    float twice[2 * RIG_BLOCK];
    if (o->times == 1) memcpy(x, y, frames * sizeof(float));
    if (o->times == 4) rig_half_down(&o->inner, y, twice, 2 * frames, 0);
    if (o->times > 1) rig_half_down(&o->outer, o->times == 2 ? y : twice, x, frames, o->times == 4);
}

static inline void rig_half_rest(rig_halfband *h, float up, float down)
{
    for (uint32_t i = 0; i < RIG_HALF_PAST; ++i) h->low[i] = up, h->even[i] = h->odd[i] = down;
}

/* [audio] As if silence had gone up for ever, and one value had come down. */
static inline void rig_over_rest(rig_over *o, float value)
{
    rig_half_rest(&o->outer, 0.0f, value);
    rig_half_rest(&o->inner, 0.0f, value);
}

#endif
