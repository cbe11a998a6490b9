/* MIDI that comes in: each event is taken at its frame, and goes on a ring to Python besides. One writer, one reader.

   The callback hands over a period's events before it runs the period; the rack takes each as it comes due. What an event does is said in
   one place, hear() in rack.c: there the clock hears it, and the bindings (binding.h), and then it goes on the ring. */
#ifndef RIG_MIDI_H
#define RIG_MIDI_H

#include "rack.h"

#define RIG_MIDI_RING 1024  /* events that wait for Python */
#define RIG_MIDI_PERIOD 256 /* events of a period; more are no music, and go only on the ring, at once */

typedef struct {
    rig_midi_event ring[RIG_MIDI_RING]; /* audio writes before it stores `written` */
    uint64_t written;                   /* audio stores, the reader loads */
    uint64_t read;                      /* the reader stores, audio loads */
    uint32_t lost;                      /* audio puts: events that found no room */

    rig_midi_event due[RIG_MIDI_PERIOD]; /* audio: of this period, in order */
    uint32_t count, taken;               /* audio */
} rig_midi;

/* [audio] An event of the period that is about to be run, at that frame of the rack. What is longer than three bytes, or no MIDI, is left
   out. */
void rig_midi_come(rig_midi *midi, uint64_t frame, const uint8_t *bytes, size_t size);

/* [audio] The next event of the period, or NULL; it has been taken. */
const rig_midi_event *rig_midi_next(const rig_midi *midi);
void rig_midi_taken(rig_midi *midi);

/* [audio] For Python to read. */
void rig_midi_tell(rig_midi *midi, const rig_midi_event *event);

/* [audio] The period is over. */
void rig_midi_over(rig_midi *midi);

/* [main] Moves up to `most` events into `events`, in order; returns how many. */
uint32_t rig_midi_read(rig_midi *midi, rig_midi_event *events, uint32_t most);

#endif
