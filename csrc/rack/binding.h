/* What a player's feet are bound to: the table that Python makes of presets and of the player's own pedals, and what each event does
   to a knob, a switch, a level, the looper or the amp that plays, in the frame in which it comes.

   A table is swapped whole, by one pointer; the old one goes back the same way. */
#ifndef RIG_BINDING_H
#define RIG_BINDING_H

#include "looper.h"
#include "midi_out.h"
#include "sweep.h"

typedef struct {
    rig_bindings *offer, *back;          /* Python and audio swap */
    rig_bindings *now;                   /* audio */
    uint8_t coarse[16], fine[16];        /* audio: 1 + what each channel has selected as its bank; 0: nothing */
    uint8_t last[16][RIG_BOUND_NUMBERS]; /* audio: what came last */
    rig_sweeps sweeps;                   /* audio */
} rig_binder;

/* [audio] As a period begins: another table, where one was offered. */
void rig_binder_trade(rig_binder *binder);

/* [audio] Whether an event does something: a block must not go beyond its frame. */
int rig_binder_knows(const rig_binder *binder, const rig_midi_event *event);

/* What an event changes of the rack itself. level: the output's, linear. at: the event's frame, in the period. */
typedef struct {
    uint32_t *want, *bypass, *open, *panics;
    float *level;
    rig_looper *looper;
    rig_midi_out *out;
    const rig_midi_sink *sink;
    uint32_t at;
} rig_bound_rack;

/* [audio] Does what an event does. tell() gets it once for each thing that it is bound to, once at least, with what came of it. */
void rig_binder_hear(rig_binder *binder, const rig_midi_event *event, const rig_bound_rack *rack, void (*tell)(void *, const rig_midi_event *),
                     void *whom);

#endif
