/* A slot bank: a place in the rack where one chain plays, and another can take over without a gap.

   The newcomer first hears the past out of the history, as fast as the period's time allows, until it stands where it would
   stand had it always run; then the two are cross-faded with equal power. What passes while it hears the past is past by then:
   at twice the music's pace it begins half as far back as it remembers, at the music's own pace now.

   Two that the period has no time for at once part: the one fades out, the newcomer hears the past in silence, and fades in.

   What rings in the one that leaves rings on beside the other. */
#ifndef RIG_SLOT_BANK_H
#define RIG_SLOT_BANK_H

#include "budget.h"
#include "chain.h"
#include "history.h"

typedef struct {
    rig_chain *offer;   /* Python puts, audio takes */
    rig_chain *back;    /* audio puts, Python takes */
    rig_chain *chain;   /* audio: whoever stands in this slot */
    rig_chain *leaving; /* audio: replaced, but perhaps still heard or not yet collected */
} rig_slot;

/* What is heard of a switch. */
enum {
    RIG_STILL, /* nothing yet: the newcomer, if there is one, hears the past */
    RIG_OVER,  /* from one to the other */
    RIG_OUT,   /* the one fades out, the newcomer waits */
    RIG_GAP,   /* silence: the newcomer hears the past */
    RIG_IN,    /* the newcomer fades in */
};

/* A chain that has left and rings on. */
typedef struct {
    rig_chain *chain; /* audio: NULL: none */
    rig_chain *back;  /* audio puts, Python takes: one that has rung out and that no slot holds any more */
    uint64_t rung;    /* audio: frames since it left */
    uint32_t orphan;  /* audio: another has its slot */
    uint32_t ends;    /* audio: its place is needed: it is faded out in a block */
} rig_ring;

typedef struct {
    rig_slot slots[RIG_SLOTS];
    rig_ring rings[RIG_RINGS];
    uint32_t channels; /* that come in at most */
    rig_chain wire;    /* a chain of no engines: bypass, and slots that hold nothing */
    rig_chain *now;    /* is heard */
    rig_chain *next;   /* takes over, or NULL */
    uint32_t tried;    /* blocks in which next was tried out */
    uint32_t begun;    /* 1: next has begun to hear the past */
    uint32_t behind;   /* how many frames before now it has come to */
    uint32_t due;      /* frames that it has still to hear before it is heard */
    uint32_t patience; /* frames within which it should be there */
    uint32_t fading;
    uint32_t faded;    /* frames of the fade that have passed */
    rig_history heard[2]; /* what came into this bank, a channel each */
} rig_slot_bank;

/* An equal-power fade: next rises with the sine, now falls with the cosine. */
typedef struct {
    uint32_t frames;
    float *rise;
} rig_fade;

/* [main] */
void rig_slot_bank_init(rig_slot_bank *bank, uint32_t channels);

/* [audio] Once a period: takes what was offered, gives back what has left, and heads for the chain in slot `want`
   (RIG_SLOTS: for the wire). */
void rig_slot_bank_steer(rig_slot_bank *bank, uint32_t want);

/* [main] Before the rack runs: what the stage heads for is where it is. */
void rig_slot_bank_arrive(rig_slot_bank *bank);

/* [audio] What the chains that are heard usually take, of that one that is cross-faded with another, and what a newcomer that
   hears the past will add: ns a frame. */
float rig_slot_bank_playing(const rig_slot_bank *bank);
float rig_slot_bank_fading(const rig_slot_bank *bank);
float rig_slot_bank_coming(const rig_slot_bank *bank);

/* [audio] Of a newcomer that would not fit, what does not is shed before anything of it is heard. */
void rig_slot_bank_fit(rig_slot_bank *bank, const rig_budget *budget);

/* [audio] The newcomer is not cross-faded with the one that plays. */
void rig_slot_bank_part(rig_slot_bank *bank);

/* [audio] A block through the stage. key: what came into the rack, this block included. budget: what the period has time for.
   Returns 1 when the newcomer began to be heard in this block. */
int rig_slot_bank_run(rig_slot_bank *bank, const rig_fade *fade, const rig_history *key, rig_signal *signal,
                      const rig_moment *moment, rig_budget *budget);

/* [audio] Ends at once what fades and what rings, and lets what plays begin anew. */
void rig_slot_bank_panic(rig_slot_bank *bank);

#endif
