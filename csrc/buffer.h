/* Rows of a signal that the kernels work on, with as much of their past as a convolution hears. */
#ifndef RIG_BUFFER_H
#define RIG_BUFFER_H

#include <string.h>

#include "kernels/kernels.h"
#include "take.h"
#include "rig_engine.h"

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
static inline rig_buffer rig_take_buffer(rig_place *p, uint32_t rows, uint32_t lookback)
{
    rig_buffer b = {.rows = rows, .stride = RIG_STRIDE};
    if (lookback) { /* whole blocks: full ones then never lie across the ring's end */
        b.ring = (lookback + RIG_STRIDE + RIG_BLOCK - 1) / RIG_BLOCK * RIG_BLOCK;
        b.stride = rig_odd_lines(b.ring + RIG_STRIDE);
    }
    b.data = rig_take_floats(p, b.rows * b.stride);
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

/* What a convolution hears of a buffer: the first `rows` rows, `taps` times, each `dilation` frames before the next. Where each
   of them has its first frame is found once and moves on with the blocks, until one of them has come to the ring's end. */
typedef struct {
    const rig_buffer *of;
    uint32_t rows, taps, dilation;
    uint32_t at, left;  /* where the buffer was when they were found, and how far they can move on from there */
    const float **first; /* (taps, rows) */
} rig_taps;

static inline void rig_taps_find(rig_taps *t)
{
    const rig_buffer *b = t->of;
    const float **first = t->first;
    t->left = UINT32_MAX;
    for (uint32_t k = t->taps; k-- > 0;) {
        const uint32_t back = k * t->dilation, at = b->at >= back ? b->at - back : b->at + b->ring - back;
        const float *row = b->data + at;
        if (b->ring && b->ring - at < t->left) t->left = b->ring - at;
        for (uint32_t r = 0; r < t->rows; ++r, row += b->stride) *first++ = row;
    }
}

/* For the block that is the buffer's present. */
static inline void rig_taps_follow(rig_taps *t)
{
    const uint32_t moved = t->of->at - t->at, count = t->rows * t->taps; /* far too much when the buffer itself has wrapped */
    if (moved >= t->left) rig_taps_find(t);
    else if (moved) {
        for (uint32_t i = 0; i < count; ++i) t->first[i] += moved;
        t->left -= moved;
    }
    t->at = t->of->at;
}

#endif
