/* Rows of a signal that the kernels work on, with as much of their past as a convolution hears. */
#ifndef RIG_BUFFER_H
#define RIG_BUFFER_H

#include <string.h>

#include "kernels/kernels.h"
#include "take.h"
#include "rig_engine.h"

#define RIG_STRIDE (RIG_BLOCK + RIG_PAD) /* of rows that hold just a block */

/* Row r begins at data + r * stride, its present at `at` from there. Where ring is 0 it holds just a block. Else it is a ring of
   `ring` frames, and behind them the first RIG_STRIDE of them again, so that a block can be read from any place without
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
    if (lookback) {
        b.ring = lookback + 2 * RIG_STRIDE;
        b.stride = rig_odd_lines(b.ring + RIG_STRIDE + RIG_PAD);
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
    const uint32_t end = b->at + frames, first = end < RIG_STRIDE ? end : RIG_STRIDE;
    if (!b->ring || (end <= b->ring && b->at >= RIG_STRIDE)) return;
    for (uint32_t r = 0; r < b->rows; ++r) {
        float *row = b->data + r * b->stride;
        if (end > b->ring) memcpy(row, row + b->ring, (end - b->ring) * sizeof(float));
        else memcpy(row + b->ring + b->at, row + b->at, (first - b->at) * sizeof(float));
    }
}

/* Where the first `rows` rows have the first frame of a block that lies `back` frames ago; returns what comes behind `in`. */
static inline const float **rig_buffer_find(const rig_buffer *b, uint32_t back, uint32_t rows, const float **in)
{
    const float *row = b->data + (b->at >= back ? b->at - back : b->at + b->ring - back);
    for (uint32_t r = 0; r < rows; ++r, row += b->stride) *in++ = row;
    return in;
}

/* The block is over. */
static inline void rig_buffer_move_on(rig_buffer *b, uint32_t frames)
{
    if (b->ring) b->at = (b->at + frames) % b->ring;
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

#endif
