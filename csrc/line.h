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

/* The same between two frames, from 3 on: six-point, fifth-order Lagrange interpolation (Niemitalo, "Polynomial interpolators for
   high-quality resampling of oversampled audio", 2001). No tone gets louder, so that it may stand in a loop. */
static inline float rig_line_between(const rig_line *l, float frames)
{
    const uint32_t whole = (uint32_t)frames, first = whole + 3, at = l->at + l->size - first, from = at < l->size ? at : at - l->size;
    const float x = frames - (float)whole;
    float apart[6];
    const float *y = l->data + from; /* the oldest of six */
    if (from + 6 > l->size || first > l->heard) {
        for (uint32_t i = 0; i < 6; ++i) apart[i] = rig_line_ago(l, first - i);
        y = apart;
    }
    const float near = y[4] + y[2], far = (y[5] + y[1]) * (1.0f / 24.0f);
    const float c1 = y[5] * (1.0f / 20.0f) - y[4] * (1.0f / 2.0f) - y[3] * (1.0f / 3.0f) + y[2] - y[1] * (1.0f / 4.0f) + y[0] * (1.0f / 30.0f);
    const float c2 = near * (1.0f / 1.5f) - 1.25f * y[3] - far;
    const float c3 = (10.0f * y[3] - 14.0f * y[2] + 7.0f * y[1] - y[5] - y[4] - y[0]) * (1.0f / 24.0f);
    const float c4 = y[3] * (1.0f / 4.0f) - near * (1.0f / 6.0f) + far;
    const float c5 = (y[0] - y[5]) * (1.0f / 120.0f) + (y[4] - y[1]) * (1.0f / 24.0f) + (y[2] - y[3]) * (1.0f / 12.0f);
    return ((((c5 * x + c4) * x + c3) * x + c2) * x + c1) * x + y[3];
}

#endif
