/* A delay line: the last frames of a signal, any of which, and whatever lies between two, can be heard again. */
#ifndef RIG_LINE_H
#define RIG_LINE_H

#include "arena.h"
#include "rig_engine.h"

typedef struct {
    float *data;
    uint32_t size, at; /* at: where the next frame goes */
    uint32_t heard;    /* frames since it began anew, as far as it holds them: what lies before them is silence */
} rig_line;

/* Frames up to `longest` and a block ago can be heard. */
static inline rig_line rig_line_new(rig_arena *arena, uint32_t longest)
{
    const uint32_t size = longest + RIG_BLOCK + 4;
    return (rig_line){rig_arena_floats(arena, size), size, 0, 0};
}

/* As if it had heard silence for ever. Seconds of memory are not cleared: that would take too long. */
static inline void rig_line_forget(rig_line *l) { l->heard = 0; }

static inline void rig_line_push(rig_line *l, float x)
{
    l->data[l->at] = x;
    l->at = l->at + 1 == l->size ? 0 : l->at + 1;
    l->heard += l->heard < l->size;
}

/* 1: the frame that was pushed last. */
static inline float rig_line_ago(const rig_line *l, uint32_t frames)
{
    const uint32_t at = l->at + l->size - frames;
    return frames > l->heard ? 0.0f : l->data[at < l->size ? at : at - l->size];
}

/* The same between two frames, from 2 on: four-point, third-order Hermite interpolation (Niemitalo, "Polynomial interpolators for
   high-quality resampling of oversampled audio", 2001). */
static inline float rig_line_between(const rig_line *l, float frames)
{
    const uint32_t whole = (uint32_t)frames;
    const float x = frames - (float)whole, y0 = rig_line_ago(l, whole - 1), y1 = rig_line_ago(l, whole);
    const float y2 = rig_line_ago(l, whole + 1), y3 = rig_line_ago(l, whole + 2);
    const float c1 = 0.5f * (y2 - y0), c2 = y0 - 2.5f * y1 + 2.0f * y2 - 0.5f * y3, c3 = 0.5f * (y3 - y0) + 1.5f * (y1 - y2);
    return ((c3 * x + c2) * x + c1) * x + y1;
}

#endif
