/* A ring that carries what is heard, and the dry guitar, from the audio thread to whoever writes it to disk. One writer, one reader.

   It holds over twenty seconds: so long a disk may stall. What finds no room is lost, but its place is noted, and the reader
   gets silence of the same length there, so that what follows stays in time. */
#ifndef RIG_RECORDER_H
#define RIG_RECORDER_H

#include <stdint.h>

#define RIG_RECORD_SECONDS 20
#define RIG_HOLES 64 /* noted, and not yet read */

/* Frames that are lost, after so many that are not. */
typedef struct {
    uint64_t at, frames;
} rig_hole;

typedef struct {
    uint32_t take;             /* Python puts: the number of the recording that runs, 0 for none */
    uint64_t frames;           /* Python puts before the first take: the ring's size, a power of two */
    float *data;               /* the same: RIG_TRACKS (tape.h) a frame */

    uint32_t heard;            /* audio: the take that it was in last */
    uint64_t missing;          /* audio: frames lost since the last that found room */
    uint64_t written, noted;   /* audio stores, the reader loads: frames, holes */
    uint64_t lost;             /* audio puts */
    rig_hole holes[RIG_HOLES]; /* audio writes before it stores `noted` */

    uint64_t read, passed;     /* the reader stores, audio loads: frames, holes */
    uint64_t silence;          /* reader: what it has not yet been given of the hole that it is in */
    uint64_t told, begun;      /* reader: frames of holes that it has passed; of those lost before this take */
    uint32_t takes;            /* reader: how many there have been */
} rig_recorder;

/* [main] Begins a recording, with nothing of the one before; 0: there is no memory for it. */
int rig_recorder_begin(rig_recorder *recorder, uint32_t rate);
void rig_recorder_end(rig_recorder *recorder);
void rig_recorder_free(rig_recorder *recorder);

/* [audio] */
void rig_recorder_write(rig_recorder *recorder, const float *left, const float *right, const float *dry, uint32_t frames);

/* [main] Moves up to `frames` frames of RIG_TRACKS into `out`, silence for those that are lost; returns how many. */
uint32_t rig_recorder_read(rig_recorder *recorder, float *out, uint32_t frames);

/* [main] Frames of this recording that are lost; and those among them that read() gives no silence for, as nothing has
   followed them yet. */
uint64_t rig_recorder_lost(const rig_recorder *recorder);
uint64_t rig_recorder_missing(const rig_recorder *recorder);

#endif
