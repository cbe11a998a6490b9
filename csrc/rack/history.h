/* The last RIG_HISTORY frames of a signal. The audio thread writes and reads them and waits for nobody; others peek, and who is held up
   over it may find, at the oldest end, frames that have come since. */
#ifndef RIG_HISTORY_H
#define RIG_HISTORY_H

#include "atomic.h"
#include "rack.h"

typedef struct {
    uint64_t written; /* audio stores after the frames, which it puts */
    float data[RIG_HISTORY];
} rig_history;

/* [audio] */
static inline void rig_history_write(rig_history *h, const float *x, uint32_t frames)
{
    uint64_t written = h->written;
    for (uint32_t i = 0; i < frames; ++i) rig_put_float(&h->data[written++ % RIG_HISTORY], x[i]);
    rig_store(&h->written, written);
}

/* [audio] Frames [end - behind, end - behind + frames) of what was written, `end` being the count of frames written by then. */
static inline void rig_history_read(const rig_history *h, uint64_t end, uint32_t behind, float *x, uint32_t frames)
{
    for (uint32_t i = 0; i < frames; ++i) x[i] = h->data[(end - behind + i) % RIG_HISTORY];
}

/* [any thread] The last frames before `end`, which was loaded from a count of frames that is stored after them. */
static inline void rig_history_peek(const rig_history *h, uint64_t end, float *x, uint32_t frames)
{
    for (uint32_t i = 0; i < frames; ++i) x[i] = rig_get_float(&h->data[(end - frames + i) % RIG_HISTORY]);
}

#endif
