/* Rows of a signal that the kernels work on, with as much of their past as a convolution hears. */
#ifndef RIG_BUFFER_H
#define RIG_BUFFER_H

#include <string.h>

#include "kernels/kernels.h"
#include "../arena.h"
#include "../rig_engine.h"

#define RIG_STRIDE (RIG_BLOCK + RIG_PAD) /* of rows that hold just a block */

/* Row r begins at data + r * stride, its present at `at` from there. Where ring is 0 it holds just a block. Else it is a ring of
   `ring` frames, and behind them the first RIG_BLOCK of them again, so that a block can be read from any place without
   wrapping. */
typedef struct {
    uint32_t rows, ring, at;
    size_t stride;
    float *data;
} rig_buffer;

/* An odd number of cache lines, so that rows don't all fall into the same cache set. */
static inline size_t rig_odd_lines(size_t floats)
{
    const size_t lines = (floats + 15) / 16;
    return 16 * (lines | 1);
}

/* [main] lookback: frames of the past that it keeps. */
static inline rig_buffer rig_take_buffer(rig_arena *p, uint32_t rows, uint32_t lookback)
{
    rig_buffer b = {.rows = rows, .stride = RIG_STRIDE};
    if (lookback) { /* whole blocks: full ones then never lie across the ring's end */
        b.ring = (lookback + RIG_STRIDE + RIG_BLOCK - 1) / RIG_BLOCK * RIG_BLOCK;
        b.stride = rig_odd_lines(b.ring + RIG_STRIDE);
    }
    b.data = rig_arena_floats(p, b.rows * b.stride);
    return b;
}

/* The present, from a row on; nowhere where there is no buffer. */
static inline rig_rows rig_rows_of(const rig_buffer *b, int32_t first)
{
    return b ? (rig_rows){b->data + (size_t)first * b->stride + b->at, b->stride} : (rig_rows){NULL, 0};
}

/* A block has been written into the ring: keeps the ring's beginning and the copy of it behind its end alike. */
static inline void rig_buffer_mirror(rig_buffer *b, uint32_t frames)
{
    const uint32_t end = b->at + frames, first = end < RIG_BLOCK ? end : RIG_BLOCK;
    if (!b->ring || (end <= b->ring && b->at >= RIG_BLOCK)) return;
    for (uint32_t r = 0; r < b->rows; ++r) {
        float *row = b->data + r * b->stride;
        if (end > b->ring) memcpy(row, row + b->ring, (end - b->ring) * sizeof(float));
        else memcpy(row + b->ring + b->at, row + b->at, (first - b->at) * sizeof(float));
    }
}

/* The block is over. */
static inline void rig_buffer_move_on(rig_buffer *b, uint32_t frames)
{
    b->at += b->ring ? frames : 0;
    if (b->ring && b->at >= b->ring) b->at -= b->ring;
}

/* As if each row had for ever held the value that it holds now. */
static inline void rig_buffer_settle(rig_buffer *b)
{
    for (uint32_t r = 0; b->ring && r < b->rows; ++r) {
        float *row = b->data + r * b->stride;
        const float value = row[b->at];
        for (size_t i = 0; i < b->stride; ++i) row[i] = value;
    }
}

/* What a convolution hears of a buffer: `taps` times its first `rows` rows, each `dilation` frames before the next. All in
   bytes; places are counted from where the memory begins that all buffers lie in. Worked on by fours: what stands behind the
   last may be written, too. */
typedef struct {
    const rig_buffer *of;
    uint32_t count;
    int32_t *back;  /* how long ago */
    int32_t *row;   /* where the row begins */
    int32_t *first; /* where in it the first frame of this block's lies */
} rig_taps;

typedef int32_t rig_four __attribute__((vector_size(16), aligned(4), may_alias));

/* [main] Notes all that stays. base: where the memory begins. */
static inline void rig_taps_fill(rig_taps *t, const char *base, uint32_t rows, uint32_t taps, uint32_t dilation)
{
    uint32_t i = 0;
    t->count = rows * taps;
    for (uint32_t k = taps; k-- > 0;)
        for (uint32_t r = 0; r < rows; ++r, ++i) {
            t->back[i] = (int32_t)(k * dilation * sizeof(float));
            t->row[i] = (int32_t)((const char *)(t->of->data + r * t->of->stride) - base);
        }
}

/* For the block that is the buffer's present. */
static inline void rig_taps_find(const rig_taps *t)
{
    const int32_t at = (int32_t)(t->of->at * sizeof(float)), ring = (int32_t)(t->of->ring * sizeof(float));
    const int32_t *back = t->back, *row = t->row;
    int32_t *first = t->first;
    for (const int32_t *end = back + t->count; back < end; back += 4, row += 4, first += 4) {
        const rig_four frame = at - *(const rig_four *)back;
        *(rig_four *)first = *(const rig_four *)row + frame + ((frame < 0) & ring);
    }
}

#endif
