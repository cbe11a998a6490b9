#include "recorder.h"

#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "tape.h"
#include "touch.h"

/* The ring, the first time that it is asked for: most racks never record. */
static int allocate(rig_recorder *r, uint32_t rate)
{
    if (r->data) return 1;
    r->frames = 1;
    while (r->frames < (uint64_t)RIG_RECORD_SECONDS * rate) r->frames *= 2;
    const size_t bytes = RIG_TRACKS * r->frames * sizeof(float);
    r->data = malloc(bytes);
    if (r->data) rig_touch((volatile char *)r->data, bytes);
    return r->data != NULL;
}

int rig_recorder_begin(rig_recorder *r, uint32_t rate)
{
    if (!allocate(r, rate)) return 0;
    r->silence = r->told = 0;
    r->begun = rig_get(&r->lost);
    rig_store(&r->read, rig_load(&r->written));
    rig_store(&r->passed, rig_load(&r->noted));
    rig_store(&r->take, ++r->takes ? r->takes : ++r->takes);
    return 1;
}

void rig_recorder_end(rig_recorder *r) { rig_store(&r->take, 0); }
void rig_recorder_free(rig_recorder *r) { free(r->data); }

uint64_t rig_recorder_lost(const rig_recorder *r) { return rig_get(&r->lost) - r->begun; }

uint64_t rig_recorder_missing(const rig_recorder *r)
{
    const uint64_t lost = rig_recorder_lost(r);
    return lost > r->told ? lost - r->told : 0;
}

/* Whether there is room for so many frames, and for the hole before them. */
static int has_room(const rig_recorder *r, uint32_t frames)
{
    if (r->frames - (r->written - rig_load(&r->read)) < frames) return 0;
    return !r->missing || r->noted - rig_load(&r->passed) < RIG_HOLES;
}

static void note_hole(rig_recorder *r)
{
    r->holes[r->noted % RIG_HOLES] = (rig_hole){r->written, r->missing};
    rig_store(&r->noted, r->noted + 1);
    r->missing = 0;
}

void rig_recorder_write(rig_recorder *r, const float *left, const float *right, const float *dry, uint32_t frames)
{
    const uint32_t take = rig_load(&r->take);
    if (take != r->heard) r->missing = 0;
    r->heard = take;
    if (!take) return;
    if (!has_room(r, frames)) {
        r->missing += frames;
        rig_put(&r->lost, r->lost + frames);
        return;
    }
    if (r->missing) note_hole(r);
    const uint64_t written = r->written, mask = r->frames - 1;
    float *data = r->data;
    for (uint32_t i = 0; i < frames; ++i) {
        float *to = data + RIG_TRACKS * ((written + i) & mask);
        to[0] = left[i];
        to[1] = right[i];
        to[2] = dry[i];
    }
    rig_store(&r->written, written + frames);
}

/* Up to `frames` frames of the hole that the reader is in. */
static uint32_t read_silence(rig_recorder *r, float *out, uint32_t frames)
{
    const uint32_t n = r->silence < frames ? (uint32_t)r->silence : frames;
    memset(out, 0, RIG_TRACKS * (size_t)n * sizeof(float));
    r->silence -= n;
    r->told += n;
    return n;
}

/* Up to `frames` frames as far as the next hole; at its edge the reader enters it. */
static uint32_t read_sound(rig_recorder *r, float *out, uint32_t frames)
{
    uint64_t end = rig_load(&r->written); /* first: a hole is noted before what follows it is written */
    const uint64_t read = r->read, mask = r->frames - 1, passed = r->passed;
    if (passed != rig_load(&r->noted)) {
        const rig_hole hole = r->holes[passed % RIG_HOLES];
        if (hole.at == read) {
            r->silence = hole.frames;
            rig_store(&r->passed, passed + 1);
            return 0;
        }
        end = hole.at;
    }
    const uint32_t n = end - read < frames ? (uint32_t)(end - read) : frames;
    for (uint32_t i = 0; i < n; ++i)
        memcpy(out + RIG_TRACKS * i, r->data + RIG_TRACKS * ((read + i) & mask), RIG_TRACKS * sizeof(float));
    rig_store(&r->read, read + n);
    return n;
}

uint32_t rig_recorder_read(rig_recorder *r, float *out, uint32_t frames)
{
    uint32_t done = 0;
    while (r->data && done < frames) {
        const uint32_t n = read_silence(r, out + RIG_TRACKS * done, frames - done);
        const uint32_t more = read_sound(r, out + RIG_TRACKS * (done + n), frames - done - n);
        done += n + more;
        if (!n && !more && !r->silence) break;
    }
    return done;
}
