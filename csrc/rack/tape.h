/* The last minutes: what was heard, and the dry guitar beside it. The audio thread writes round and round and waits for nobody; who
   reads is told what has been written over meanwhile. */
#ifndef RIG_TAPE_H
#define RIG_TAPE_H

#include <stdint.h>

#define RIG_TRACKS 3 /* of a frame: left, right, dry */

typedef struct {
    float *data;      /* Python puts before the rack runs: so many frames; NULL: nothing is kept */
    uint64_t frames;

    uint64_t begun;   /* audio puts before it stores them: frames that are written, and those that just are being written */
    uint64_t written; /* audio stores after them */
} rig_tape;

/* [main] Before the rack runs. 0: there is no memory for it. */
int rig_tape_init(rig_tape *tape, uint64_t frames);
void rig_tape_free(rig_tape *tape);

/* [audio] */
void rig_tape_write(rig_tape *tape, const float *left, const float *right, const float *dry, uint32_t frames);

/* [any thread] Copies frames from that one on, which were written. Returns how many of them, the first, have been written over:
   there is silence in their place. */
uint32_t rig_tape_read(const rig_tape *tape, uint64_t from, float *out, uint32_t frames);

#endif
