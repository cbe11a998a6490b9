/* The last RIG_HISTORY frames of a signal. Written and read by the audio thread; others may peek. */
#ifndef RIG_HISTORY_H
#define RIG_HISTORY_H

#include "atomic.h"
#include "rack.h"

typedef struct {
    uint64_t written;
    float data[RIG_HISTORY];
} rig_history;

static inline void rig_history_write(rig_history *h, const float *x, uint32_t frames)
{
    uint64_t written = h->written;
    for (uint32_t i = 0; i < frames; ++i) h->data[written++ % RIG_HISTORY] = x[i];
    rig_store(&h->written, written);
}

/* Frames [end - behind, end - behind + frames) of what was written, `end` being the count of frames written by then. */
static inline void rig_history_read(const rig_history *h, uint64_t end, uint32_t behind, float *x, uint32_t frames)
{
    for (uint32_t i = 0; i < frames; ++i) x[i] = h->data[(end - behind + i) % RIG_HISTORY];
}

#endif
