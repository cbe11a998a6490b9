/* What a player's feet are bound to: the table that Python makes of presets and of the player's own pedals, and what each event does
   to a knob, a switch, a level or the amp that plays, in the frame in which it comes.

   A table is swapped whole, by one pointer; the old one goes back the same way. A knob gets where a pedal sends it in RIG_SWEEP frames, in
   pieces that end where the rack's count of frames is whole: so that it goes the same way however long a period is. */
#ifndef RIG_BINDING_H
#define RIG_BINDING_H

#include "rack.h"

#define RIG_SWEEP 64 /* frames from one place of a knob to another */
#define RIG_STEP 16  /* frames of a piece */
#define RIG_SWEEPS 8 /* at once; a ninth is there at once */

/* A number on its way. */
typedef struct {
    float *at, from, to, put; /* put: as it was left; where somebody else has turned it since, that holds */
    uint32_t done;            /* frames */
} rig_sweep;

typedef struct {
    rig_bindings *offer, *back;           /* Python and audio swap */
    rig_bindings *now;                    /* audio */
    uint8_t coarse[16], fine[16];         /* audio: 1 + what each channel has selected as its bank; 0: nothing */
    uint8_t last[16][RIG_BOUND_NUMBERS];  /* audio: what came last */
    rig_sweep sweeps[RIG_SWEEPS];         /* audio */
} rig_binder;

/* [audio] As a period begins: another table, where one was offered. */
void rig_binder_trade(rig_binder *binder);

/* [audio] Whether an event does something: a block must not go beyond its frame. */
int rig_binder_knows(const rig_binder *binder, const rig_midi_event *event);

/* What an event changes of the rack itself. level: the output's, linear. */
typedef struct {
    uint32_t *want;
    float *level;
} rig_bound_rack;

/* [audio] Does what an event does. tell() gets it once for each thing that it is bound to, once at least, with what came of it. */
void rig_binder_hear(rig_binder *binder, const rig_midi_event *event, const rig_bound_rack *rack, void (*tell)(void *, const rig_midi_event *),
                     void *whom);

/* [audio] How many of the next `frames`, which begin with frame `at`, may be one block; knobs that are on their way are put to where
   they are at its end by move(). */
uint32_t rig_binder_room(const rig_binder *binder, uint64_t at, uint32_t frames);
void rig_binder_move(rig_binder *binder, uint32_t frames);

#endif
