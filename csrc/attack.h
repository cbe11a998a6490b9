/* When a string is struck, and when the playing stops. What is struck is bright, so that the steps from frame to frame tell it best: it
   is an attack where they are suddenly stronger than the strongest of the last moments, a low string's own pulses included. */
#ifndef RIG_ATTACK_H
#define RIG_ATTACK_H

#include <math.h>
#include <stdint.h>

#define RIG_ATTACK_MS 1.0          /* until it is noticed */
#define RIG_ATTACK_HOLD_MS 30.0    /* before the next one is */
#define RIG_ATTACK_FORGET_MS 60.0  /* in which the loudest of before is forgotten */
#define RIG_ATTACK_BEFORE 4        /* ms that are not before yet: an attack rises */
#define RIG_ATTACK_LOUDER 3.0f     /* in power: so much more is an attack */
#define RIG_ATTACK_SOFTER 0.02f    /* and so much less is a stop */
#define RIG_ATTACK_SILENCE 1e-12f

typedef struct {
    uint32_t ms, hold;       /* frames */
    float quickly, forget;   /* in a frame, in a ms */
    uint64_t now, at;        /* frames that have come, and those that had when the latest attack began */
    uint32_t quiet;          /* frames since the playing stopped, perhaps */
    float last;              /* frame */
    float power, loudest;    /* of the last ms; of what was before */
    float peak, peaks[RIG_ATTACK_BEFORE]; /* of this ms, of the latest ones */
} rig_attack;

static inline void rig_attack_forget(rig_attack *a)
{
    const rig_attack new = {.ms = a->ms, .hold = a->hold, .quickly = a->quickly, .forget = a->forget};
    *a = new;
}

static inline void rig_attack_init(rig_attack *a, double rate)
{
    a->ms = (uint32_t)(RIG_ATTACK_MS * rate / 1000.0 + 0.5);
    a->hold = (uint32_t)(RIG_ATTACK_HOLD_MS * rate / 1000.0 + 0.5);
    a->quickly = (float)(1.0 - exp(-1000.0 / (RIG_ATTACK_MS * rate)));
    a->forget = (float)exp(-RIG_ATTACK_MS / RIG_ATTACK_FORGET_MS);
    rig_attack_forget(a);
}

/* Hears a frame. Returns 1 where it notices an attack. */
static inline int rig_attack_hear(rig_attack *a, float x)
{
    const float step = x - a->last;
    a->last = x;
    ++a->now;
    a->power += a->quickly * (step * step - a->power);
    const int struck = a->power > RIG_ATTACK_LOUDER * a->loudest + RIG_ATTACK_SILENCE && a->now > a->at + a->hold;
    if (struck) a->at = a->now - a->ms;
    a->peak = fmaxf(a->peak, a->power);
    if (a->now % a->ms == 0) {
        float *const old = &a->peaks[a->now / a->ms % RIG_ATTACK_BEFORE];
        a->loudest = fmaxf(a->loudest * a->forget, *old);
        *old = a->peak;
        a->peak = 0.0f;
    }
    a->quiet = a->power < RIG_ATTACK_SOFTER * a->loudest ? a->quiet + 1 : 0;
    return struck;
}

#endif
