/* A period's time: what of it playing usually takes, and what is left for a newcomer that hears the past.

   A switch is never to take a callback beyond what a callback may take: the period is shared with the driver, the kernel and
   other clients, and one callback in a hundred takes a quarter more than most. All shares are of the period. */
#ifndef RIG_BUDGET_H
#define RIG_BUDGET_H

#include "clock.h"

#define RIG_SWITCH_MOST 0.55f /* catching up takes a callback to so much */
#define RIG_SWITCH_OVER 0.15f /* or to so much above what the dearer of the two costs, if that is more */
#define RIG_FADE_MOST 0.75f   /* two that together take more are not cross-faded: one fades out before the other fades in */
#define RIG_FADE_LIGHT 0.05f  /* a newcomer that takes less is, whatever it is faded with */
#define RIG_PIECE 16          /* frames: what the clock is looked at between, where time is short */

typedef struct {
    int by_clock;       /* 0: no time is short, and what is heard does not hang on the machine */
    uint64_t start;     /* ns: when the period began */
    uint32_t frames;    /* in it */
    float whole;        /* ns a frame: the period */
    float playing;      /* the same: what all that plays in this period usually takes */
    uint64_t played;    /* ns: what chains that are heard have taken so far */
    uint64_t caught_up; /* the same: those that hear the past */
} rig_budget;

/* ns a frame up to which a newcomer may take a period while it hears the past. now: what the one that it takes over from
   costs, in ns a frame, 0 where that has gone already; next: what it costs itself. */
static inline float rig_budget_most(const rig_budget *b, float now, float next)
{
    const float after = b->playing - now + next, dearer = after > b->playing ? after : b->playing;
    const float most = RIG_SWITCH_MOST * b->whole, above = dearer + RIG_SWITCH_OVER * b->whole;
    return above > most ? above : most;
}

/* Frames of the past that can be heard in the time of one: 1 where there is no time but that of the fade itself. */
static inline float rig_budget_pace(const rig_budget *b, float now, float next)
{
    if (!b->by_clock || next <= 0.0f) return 2.0f;
    const float pace = (rig_budget_most(b, now, next) - b->playing) / next;
    return pace > 1.0f ? pace : 1.0f;
}

/* Whether `ns` more are there before all that still has to play in this period. */
static inline int rig_budget_has(const rig_budget *b, float most, float ns)
{
    const float spent = (float)(rig_clock() - b->start), left = b->playing * (float)b->frames - (spent - (float)b->caught_up);
    return spent + ns + (left > 0.0f ? left : 0.0f) <= most * (float)b->frames;
}

#endif
