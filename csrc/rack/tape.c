#include "tape.h"

#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "touch.h"

int rig_tape_init(rig_tape *t, uint64_t frames)
{
    const size_t bytes = RIG_TRACKS * frames * sizeof(float);
    t->data = malloc(bytes);
    if (!t->data) return 0;
    rig_touch((volatile char *)t->data, bytes);
    t->frames = frames;
    return 1;
}

void rig_tape_free(rig_tape *t) { free(t->data); }

void rig_tape_write(rig_tape *t, const float *left, const float *right, const float *dry, uint32_t frames)
{
    if (!t->data) return;
    const uint64_t written = t->written;
    rig_put(&t->begun, written + frames);
    __atomic_thread_fence(__ATOMIC_RELEASE); /* before any of the samples */
    uint64_t at = written % t->frames;
    for (uint32_t i = 0; i < frames; ++i) {
        rig_tracks_put(t->data + RIG_TRACKS * at, left, right, dry, i);
        at = at + 1 == t->frames ? 0 : at + 1;
    }
    rig_store(&t->written, written + frames);
}

uint32_t rig_tape_read(const rig_tape *t, uint64_t from, float *out, uint32_t frames)
{
    const size_t frame = RIG_TRACKS * sizeof(float);
    const uint64_t at = from % t->frames, whole = t->frames - at, first = whole < frames ? whole : frames;
    memcpy(out, t->data + RIG_TRACKS * at, first * frame);
    memcpy(out + RIG_TRACKS * first, t->data, (frames - first) * frame);
    __atomic_thread_fence(__ATOMIC_ACQUIRE); /* what was copied was copied before this is looked at */
    const uint64_t begun = rig_get(&t->begun), oldest = begun > t->frames ? begun - t->frames : 0;
    const uint64_t over = oldest > from ? oldest - from : 0, lost = over < frames ? over : frames;
    memset(out, 0, lost * frame);
    return (uint32_t)lost;
}
