/* MIDI that goes out: a floorboard's lights, and what other gear is told.

   Python writes messages into a ring, one writer; the callback takes them out as a period begins. What an event says by itself goes out in
   its own frame. What finds no room in a port waits for the next period. */
#ifndef RIG_MIDI_OUT_H
#define RIG_MIDI_OUT_H

#include "rack.h"

#define RIG_MIDI_WAITING 512 /* messages */
#define RIG_ECHOES 64        /* that may come back */
#define RIG_ECHO 480         /* frames within which they do, and three periods: shorter than any foot taps twice */

typedef struct {
    uint32_t port, size;
    uint8_t bytes[RIG_MIDI_LONGEST];
} rig_midi_message;

/* What a light was told. A board that says again what it is told, or a cable from our output to our input, turns nothing. */
typedef struct {
    uint32_t size;
    uint8_t bytes[3];
    uint64_t until; /* the rack's frame; 0: it has come back */
} rig_echo;

/* Where a period's messages go. write: jack_midi_event_write, NULL: nowhere; buffers: of the ports. */
typedef struct {
    int (*write)(void *buffer, uint32_t at, const uint8_t *bytes, size_t size);
    void *buffers[RIG_MIDI_PORTS];
} rig_midi_sink;

typedef struct {
    rig_midi_message ring[RIG_MIDI_WAITING]; /* Python writes before it stores `written` */
    uint64_t written;                        /* Python stores, audio loads */
    uint64_t read;                           /* audio stores, Python loads */
    uint32_t lost;                           /* audio puts: what an event said and found no room */
    rig_echo echoes[RIG_ECHOES];             /* audio */
    uint32_t echoed;
} rig_midi_out;

/* [main] 0: no room, or too long. */
int rig_midi_out_put(rig_midi_out *out, uint32_t port, const uint8_t *bytes, size_t size);

/* [audio] What waits goes out, at a period's first frame, which is `frame` of the rack. period: its frames. */
void rig_midi_out_run(rig_midi_out *out, const rig_midi_sink *sink, uint64_t frame, uint32_t period);

/* [audio] Goes out now, `at` frames into the period, behind what has gone out before. */
void rig_midi_out_now(rig_midi_out *out, const rig_midi_sink *sink, uint32_t port, uint32_t at, const uint8_t *bytes, size_t size);

/* [audio] Whether an event is what a light was told just before. */
int rig_midi_out_echoes(rig_midi_out *out, const rig_midi_event *event);

#endif
