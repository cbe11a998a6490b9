/* A unit: one engine as a chain holds it, with its knobs, its resamplers and its guard. Where the period has no time for it, it is
   shed: its input passes, and it does not run. */
#ifndef RIG_UNIT_H
#define RIG_UNIT_H

#include "cost.h"
#include "rack.h"
#include "resample.h"
#include "signal.h"

/* Whether there is time for it. */
enum {
    RIG_KEPT,
    RIG_SHED,
    RIG_WARMING, /* it runs unheard, to know what it would had it always run, and what that takes */
};

typedef struct {
    const rig_engine *engine;
    uint32_t channels;           /* that it hears and makes */
    uint32_t copies;             /* how many there are of the engine: a mono one has one a side */
    void *self[2];               /* of each of them */
    rig_resampler *resampler[2]; /* around an engine with a rate of its own, or NULL */
    uint32_t rings;              /* it has a tail */
    float gain_in, gain_out;
    uint32_t branch;
    uint32_t own, latency; /* frames of the chain by which the engine itself is late; with its files and changes of rate */
    uint32_t waits[2];     /* see rig_mount */
    float *params;   /* Python puts, audio gets */
    uint32_t on;     /* the same: 0: its input passes it by */
    uint32_t fade;   /* frames from off to on */
    uint32_t wet;    /* audio: how many of them have passed: 0 the input alone, fade the engine alone */
    uint32_t ran;    /* audio: frames played since the guard caught it, as far as they matter */
    uint32_t rest;   /* audio: frames for which it is still left out */
    uint32_t pause;  /* audio: for how many the latest fault left it out */
    uint32_t spoilt; /* audio: how often in a row it broke when it had been heard again */
    uint32_t ended;  /* audio puts, Python gets: 1: it is not tried again */
    uint32_t shed;   /* the same: RIG_KEPT and so on */
    uint32_t heard;  /* audio: frames that have passed from shed, 0, to kept, fade */
    uint32_t warmed; /* audio: frames that it has run unheard */
    uint32_t tries;  /* audio: how many more pieces of it are to be tried, of `piece` frames */
    uint32_t piece;
    rig_cost times;  /* audio: what it takes */
    float usual;     /* audio puts, Python gets: the same, ns a frame */
    uint32_t faults; /* audio puts, Python gets: how often the guard caught it */
    float cost;      /* the same: ns a frame, smoothed over some hundred blocks */
    float reduction; /* the same: dB, see rig_engine */
    uint32_t need;   /* audio: frames of the past that it must hear to be as if it had always run */
} rig_unit;

/* [main] NULL, or why not; free() is for both. channels: that come in. bytes grows by what the unit takes. */
const char *rig_unit_init(rig_unit *unit, const rig_engine *engine, const rig_setup *setup, const rig_mount *mount,
                          uint32_t channels, size_t *bytes);
void rig_unit_free(rig_unit *unit);

/* [audio] Frames of the chain's past that the engine's output hangs on; and for which it rings on, as far as there are numbers. */
uint32_t rig_unit_memory(const rig_unit *unit);
uint32_t rig_unit_tail(const rig_unit *unit);

/* [audio] Runs the engine on a block that begins with frame `at`. One that is off runs, too: when it comes back it is in the middle
   of the music, unless it rings: it hears no more then, and what rang dies away. side: what came out of branch b, for one that joins.

   If it breaks, or blasts, it starts anew and its input passes, so that the sound goes on; if it breaks again at once it is left out
   for 10 ms, then 20, 40, and from then on for 80: it is heard again within a tenth of a second. In the process callback it is left
   out for as long as beginning anew, and the block before, take no more than a twentieth of a core. One that breaks eight times
   in a row at an input at or below full scale, each time after it has been heard again, or whose beginning anew takes longer than
   1 ms, is not tried any more: until it begins anew with all others, is switched off, or is built anew. */
void rig_unit_run(rig_unit *unit, uint64_t at, rig_signal *signal, rig_signal *side, const rig_moment *moment);

/* [audio] Where it is switched to, it is, without a fade. Returns 1 when it wasn't. */
int rig_unit_settle(rig_unit *unit);

/* [audio] As after silence. */
void rig_unit_reset(rig_unit *unit);

/* [audio] Leaves it out for want of time, in a straight line of 10 ms. Lets it run unheard; has it heard again, in the same line. */
void rig_unit_shed(rig_unit *unit);
void rig_unit_warm(rig_unit *unit);
void rig_unit_keep(rig_unit *unit);

/* [audio] Whether it has run unheard for long enough. */
int rig_unit_is_warm(const rig_unit *unit);

/* [audio] Of one that is shed, so many frames of the next blocks are run unheard, to learn anew what it takes. */
void rig_unit_try(rig_unit *unit, uint32_t piece);

#endif
