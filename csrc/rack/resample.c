#include "resample.h"

#include <string.h>

/* Four floats are enough here: some forty taps a frame are a hundredth of what an engine costs. */
#define LANES 4
typedef float vec __attribute__((vector_size(4 * LANES)));
typedef float loose __attribute__((vector_size(4 * LANES), aligned(4), may_alias)); /* as vec, anywhere in memory */

/* The sum over `taps`, which is a multiple of 2 * LANES, always in the same order. */
static float dot(const float *h, const float *x, uint32_t taps)
{
    vec even = {0}, odd = {0};
    for (uint32_t k = 0; k < taps; k += 2 * LANES) {
        even += *(const loose *)(h + k) * *(const loose *)(x + k);
        odd += *(const loose *)(h + k + LANES) * *(const loose *)(x + k + LANES);
    }
    even += odd;
    return (even[0] + even[1]) + (even[2] + even[3]);
}

/* The newest block becomes the past. */
static void age(rig_way *way)
{
    memmove(way->past, way->past + way->held, way->change.taps * sizeof(float));
    way->next -= way->held * way->change.up;
    way->held = 0;
}

static void push(rig_way *way, const float *signal, uint32_t frames)
{
    age(way);
    memcpy(way->past + way->change.taps, signal, frames * sizeof(float));
    way->held = frames;
}

/* What can be had of the output, `most` frames of it at most; returns how many. */
static uint32_t pull(rig_way *way, float *out, uint32_t most)
{
    const rig_rate_change c = way->change;
    const uint32_t end = (way->held + 1) * c.up;
    uint32_t made = 0, next = way->next;
    for (; made < most && next < end; next += c.down) {
        const float *x = way->past + next / c.up;
        const uint32_t place = next % c.up * c.rows, between = place % c.up;
        const float *h = c.filter + (size_t)(place / c.up) * c.taps;
        float y = dot(h, x, c.taps);
        if (between) y += (float)between / (float)c.up * (dot(h + c.taps, x, c.taps) - y);
        out[made++] = y;
    }
    way->next = next;
    return made;
}

/* Both rates begin together at frame 0; `down` of the chain's frames on, they meet again. */
static void seek(rig_resampler *r, uint64_t at)
{
    const uint64_t up = r->there.change.up, down = r->there.change.down;
    const uint64_t here = at % down * up, first = (here + down - 1) / down * down; /* the engine's next frame */
    rig_way *const ways[] = {&r->there, &r->key, &r->back};
    for (int i = 0; i < 3; ++i) age(ways[i]);
    r->there.next = r->key.next = (uint32_t)(first - here + up);
    r->back.next = (uint32_t)(here + down - first);
    r->at = at;
}

void rig_resampler_run(rig_resampler *r, uint64_t at, const rig_engine *engine, void *self, const rig_block *block)
{
    float signal[RIG_BLOCK], key[RIG_BLOCK], *const channel = signal, *const out = block->signal[0];
    rig_block inner = *block;
    inner.signal = &channel;
    inner.key = key;
    inner.beats_a_frame *= (double)r->there.change.down / r->there.change.up;
    if (r->at != at) seek(r, at);
    push(&r->there, out, block->frames);
    push(&r->key, block->key, block->frames);
    uint32_t done = 0;
    do {
        inner.frames = pull(&r->there, signal, RIG_BLOCK);
        pull(&r->key, key, RIG_BLOCK);
        if (inner.frames) engine->process(self, &inner);
        push(&r->back, signal, inner.frames);
        inner.beat += inner.frames * inner.beats_a_frame;
        done += pull(&r->back, out + done, block->frames - done);
    } while (inner.frames == RIG_BLOCK);
    r->at = at + block->frames;
}

uint32_t rig_resampler_memory(const rig_resampler *r, uint32_t frames)
{
    const uint64_t up = r->there.change.up, down = r->there.change.down;
    return 2 * r->latency + (uint32_t)((frames * down + up - 1) / up);
}

static size_t past_of(const rig_rate_change *change) { return change->taps + RIG_BLOCK; }
static size_t filter_of(const rig_rate_change *change) { return (change->rows + 1) * (size_t)change->taps; }

void rig_resampler_reset(rig_resampler *r)
{
    rig_way *const ways[] = {&r->there, &r->key, &r->back};
    for (int i = 0; i < 3; ++i) memset(ways[i]->past, 0, past_of(&ways[i]->change) * sizeof(float));
}

size_t rig_resampler_size(const rig_mount *m)
{
    const size_t there = filter_of(&m->there) + 2 * past_of(&m->there), back = filter_of(&m->back) + past_of(&m->back);
    return sizeof(rig_resampler) + (there + back) * sizeof(float);
}

/* Copies a filter to `place` and sets the past behind it; returns where the next may lie. */
static float *way_init(rig_way *way, const rig_rate_change *change, float *place)
{
    way->change = *change;
    way->change.filter = memcpy(place, change->filter, filter_of(change) * sizeof(float));
    way->past = place + filter_of(change);
    return way->past + past_of(change);
}

void rig_resampler_init(rig_resampler *r, const rig_mount *m)
{
    float *place = way_init(&r->there, &m->there, (float *)(r + 1));
    r->key = r->there; /* the same filter, another past */
    r->key.past = place;
    way_init(&r->back, &m->back, place + past_of(&m->there));
    r->latency = m->latency;
    seek(r, 0);
}
