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

/* Whoever sees the sample sees that it was begun. */
static void store(float *p, float v) { __atomic_store(p, &v, __ATOMIC_RELEASE); }

void rig_tape_write(rig_tape *t, const float *left, const float *right, const float *dry, uint32_t frames)
{
    if (!t->data) return;
    const uint64_t written = t->written;
    rig_put(&t->begun, written + frames);
    uint64_t at = written % t->frames;
    for (uint32_t i = 0; i < frames; ++i) {
        float *data = t->data + RIG_TRACKS * at;
        store(data, left[i]);
        store(data + 1, right[i]);
        store(data + 2, dry[i]);
        at = at + 1 == t->frames ? 0 : at + 1;
    }
    rig_store(&t->written, written + frames);
}

uint32_t rig_tape_read(const rig_tape *t, uint64_t from, float *out, uint32_t frames)
{
    const uint64_t samples = RIG_TRACKS * t->frames;
    uint64_t at = RIG_TRACKS * (from % t->frames);
    for (uint32_t i = 0; i < RIG_TRACKS * frames; ++i) {
        __atomic_load(t->data + at, &out[i], __ATOMIC_ACQUIRE);
        at = at + 1 == samples ? 0 : at + 1;
    }
    const uint64_t begun = rig_get(&t->begun), oldest = begun > t->frames ? begun - t->frames : 0;
    const uint64_t over = oldest > from ? oldest - from : 0, lost = over < frames ? over : frames;
    memset(out, 0, RIG_TRACKS * lost * sizeof(float));
    return (uint32_t)lost;
}
