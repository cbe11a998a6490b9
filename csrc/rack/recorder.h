/* A ring that carries what is heard from the audio thread to whoever writes it to disk. One writer, one reader. */
#ifndef RIG_RECORDER_H
#define RIG_RECORDER_H

#include "atomic.h"

#define RIG_RECORD 131072 /* stereo frames: over a second at any rate that a card has */

typedef struct {
    uint32_t on;              /* Python puts, audio gets */
    uint64_t written, read;   /* frames; the audio thread stores the first, the reader the second */
    uint64_t lost;
    float data[2 * RIG_RECORD];
} rig_recorder;

/* [audio] */
static inline void rig_recorder_write(rig_recorder *r, const float *left, const float *right, uint32_t frames)
{
    if (!rig_get(&r->on)) return;
    const uint64_t written = r->written;
    if (RIG_RECORD - (written - rig_load(&r->read)) < frames) {
        rig_put(&r->lost, r->lost + frames);
        return;
    }
    for (uint32_t i = 0; i < frames; ++i) {
        r->data[2 * ((written + i) % RIG_RECORD)] = left[i];
        r->data[2 * ((written + i) % RIG_RECORD) + 1] = right[i];
    }
    rig_store(&r->written, written + frames);
}

/* [main] Moves up to `frames` stereo frames into `out`; returns how many. */
static inline uint32_t rig_recorder_read(rig_recorder *r, float *out, uint32_t frames)
{
    const uint64_t read = r->read, there = rig_load(&r->written) - read;
    const uint32_t n = there < frames ? (uint32_t)there : frames;
    for (uint32_t i = 0; i < n; ++i) {
        out[2 * i] = r->data[2 * ((read + i) % RIG_RECORD)];
        out[2 * i + 1] = r->data[2 * ((read + i) % RIG_RECORD) + 1];
    }
    rig_store(&r->read, read + n);
    return n;
}

#endif
