/* A period's time: what of it playing usually takes, and what is left for a newcomer that hears the past.

   A switch is never to take a callback beyond what a callback may take: the period is shared with the driver, the kernel and
   other clients, and one callback in a hundred takes a quarter more than most. All shares are of the period. */
#ifndef RIG_BUDGET_H
#define RIG_BUDGET_H

#include <math.h>

#include "clock.h"
#include "cost.h"
#include "rack.h"

#define RIG_FADE_SECONDS 0.010 /* from amp to amp */
#define RIG_SWITCH_MOST 0.55f /* catching up takes a callback to so much */
#define RIG_SWITCH_OVER 0.15f /* or to so much above what the dearer of the two costs, if that is more */
#define RIG_FADE_MOST 0.75f   /* two that together take more are not cross-faded: one fades out before the other fades in */
#define RIG_FULL 0.95f        /* what takes more does not fit: see overload.h */
#define RIG_ROOM 0.80f        /* until no more is taken engines are shed */
#define RIG_RETURN 0.90f      /* where no more is taken with all that were shed, they come back */
#define RIG_PARTLY 0.75f      /* else one comes back where no more is taken with it */
#define RIG_WORTH 0.01f       /* one that takes less is not worth shedding */
#define RIG_FADE_LIGHT 0.05f  /* a newcomer that takes less is, whatever it is faded with */

typedef struct {
    int by_clock;       /* 0: no time is short, and what is heard does not hang on the machine */
    int sheds;          /* what does not fit is shed */
    uint32_t relief;    /* how far less is played: RIG_RELIEF_NONE and so on */
    uint32_t ended;     /* tails that had to end for it */
    uint64_t start;     /* ns: when the period began */
    uint32_t frames;    /* in it */
    float whole;        /* ns a frame: the period */
    float playing;      /* the same: what all that plays in this period usually takes */
    float fading;       /* of that, what newcomers take that are being cross-faded */
    uint64_t played;    /* ns: what chains that are heard have taken so far */
    uint64_t caught_up; /* the same: those that hear the past */
    const void *turn;   /* the bank whose is what time there is for the past; NULL: whichever asks */
} rig_budget;

/* Whether newcomers can be cross-faded with what plays. coming: what they take together, in ns a frame. */
static inline int rig_budget_fits(const rig_budget *b, float coming)
{
    return coming <= RIG_FADE_LIGHT * b->whole || b->playing + coming <= RIG_FADE_MOST * b->whole;
}

/* ns a frame up to which a newcomer may take a period while it hears the past. now: what the one that it takes over from
   costs, in ns a frame, 0 where that has gone already; next: what it costs itself. */
static inline float rig_budget_most(const rig_budget *b, float now, float next)
{
    const float steady = b->playing - b->fading, after = steady - now + next, dearer = after > steady ? after : steady;
    const float most = RIG_SWITCH_MOST * b->whole, above = dearer + RIG_SWITCH_OVER * b->whole, room = RIG_ROOM * b->whole;
    if (b->relief >= RIG_RELIEF_SWITCHES) return above > room ? room : above > most ? above : most;
    return above > most ? above : most;
}

/* The same while the two are going to be cross-faded: that takes what both do. */
static inline float rig_budget_fade_most(const rig_budget *b, float now, float next)
{
    const float most = rig_budget_most(b, now, next), light = RIG_FADE_LIGHT * b->whole, fits = RIG_FADE_MOST * b->whole;
    const float both = b->playing + next, limit = (b->playing > fits ? b->playing : fits) + light;
    if (b->relief >= RIG_RELIEF_SWITCHES) return most;
    return fmaxf(most, fminf(both + light, limit));
}

/* Frames of the past that can be heard in the time of one, in whole pieces: 1 where there is no time but that of the fade. One
   piece less than there seems to be time for: who begins too far back takes long to be there, who begins too near does not. */
static inline float rig_budget_pace(const rig_budget *b, float now, float next)
{
    if (!b->by_clock || next <= 0.0f) return 2.0f;
    const float most = (rig_budget_most(b, now, next) - b->playing) / next * (float)b->frames - RIG_PIECE_MORE - RIG_PIECE;
    const float pace = most > 0.0f ? floorf(most / RIG_PIECE) * RIG_PIECE / (float)b->frames : 0.0f;
    return pace > 1.0f ? pace : 1.0f;
}

/* Whether `ns` more are there before all that still has to play in this period. */
static inline int rig_budget_has(const rig_budget *b, float most, float ns)
{
    const float spent = (float)(rig_clock() - b->start), left = b->playing * (float)b->frames - (spent - (float)b->caught_up);
    return spent + ns + (left > 0.0f ? left : 0.0f) <= most * (float)b->frames;
}

#endif
