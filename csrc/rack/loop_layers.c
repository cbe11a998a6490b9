#include "loop_layers.h"

#define PI 3.14159265358979323846

/* A half-band filter: a sine over its argument, under a window of Blackman's. */
void rig_loop_make_taps(float *taps)
{
    double sum = 0.0, h[RIG_LOOP_TAPS];
    for (int i = 0; i < RIG_LOOP_TAPS; ++i) {
        const double at = i + 0.5, turn = PI * at / (RIG_LOOP_TAPS + 0.5);
        h[i] = sin(PI * at) / (PI * at) * (0.42 + 0.5 * cos(turn) + 0.08 * cos(2.0 * turn));
        sum += h[i];
    }
    for (int i = 0; i < RIG_LOOP_TAPS; ++i) taps[i] = (float)(0.5 * h[i] / sum);
}

/* Cross-fades add up to one: a note that goes through the seam as it began keeps its level. */
static float rise(const rig_looper *l, uint32_t i) { return l->rise[i] * l->rise[i]; }

/* A place that may lie beyond the end, by less than the loop is long. */
static uint32_t wrapped(const rig_looper *l, uint32_t place) { return place < l->frames ? place : place - l->frames; }

static float layer_at(const rig_looper *l, uint32_t k, uint32_t place)
{
    const rig_layer *layer = &l->layer[k];
    const uint32_t since = wrapped(l, place + l->frames - layer->begin);
    return since < layer->filled ? l->data[(size_t)k * l->frames + place] : 0.0f;
}

/* A layer where the loop is: at a frame, or between two. */
static float heard_of(const rig_looper *l, uint32_t k)
{
    const uint32_t n = l->frames, at = l->place / 2;
    if (!(l->place & 1)) return layer_at(l, k, at);
    float sum = 0.0f;
    for (uint32_t i = 0; i < RIG_LOOP_TAPS; ++i)
        sum += l->taps[i] * (layer_at(l, k, wrapped(l, at + n - i)) + layer_at(l, k, wrapped(l, at + 1 + i)));
    return sum;
}

float rig_loop_play(rig_looper *l)
{
    float sum = 0.0f;
    for (uint32_t k = 0; k < l->most; ++k) {
        rig_layer *layer = &l->layer[k];
        layer->gain = rig_loop_toward(layer->gain, k < l->layers ? 1.0f : 0.0f, l->step);
        if (layer->gain == 0.0f) continue;
        const float part = l->tail && !k ? rise(l, l->place / 2) : 1.0f;
        sum += layer->gain * part * heard_of(l, k);
    }
    return l->level * sum;
}

/* The place that the guitar is written to: at half speed it is heard through a filter, which is late. */
static uint32_t writes_at(const rig_looper *l)
{
    const uint32_t at = l->place / 2;
    return l->slow ? wrapped(l, at + l->frames - RIG_LOOP_TAPS) : at;
}

/* The guitar, or at half speed every other frame of it, without what would be heard as something else. now: frames of the
   guitar that came before this one. */
static float written(const rig_looper *l, const rig_history *guitar, uint64_t now)
{
    if (!l->slow) return guitar->data[now % RIG_HISTORY];
    const uint64_t centre = now + RIG_HISTORY - 2 * RIG_LOOP_TAPS;
    float sum = guitar->data[centre % RIG_HISTORY];
    for (uint32_t i = 0; i < RIG_LOOP_TAPS; ++i) {
        const uint32_t away = 2 * i + 1;
        sum += l->taps[i] * (guitar->data[(centre - away) % RIG_HISTORY] + guitar->data[(centre + away) % RIG_HISTORY]);
    }
    return 0.5f * sum;
}

void rig_loop_overdub(rig_looper *l, const rig_history *guitar, uint64_t now)
{
    l->dub = rig_loop_toward(l->dub, l->state == RIG_LOOP_OVERDUBBING ? 1.0f : 0.0f, l->step);
    if (l->place & 1) return;
    const uint32_t at = writes_at(l);
    rig_layer *layer = &l->layer[l->dubbed];
    if (!layer->filled) layer->begin = at;
    const uint32_t since = wrapped(l, at + l->frames - layer->begin);
    float *data = l->data + (size_t)l->dubbed * l->frames + at;
    const float x = l->dub * written(l, guitar, now);
    *data = since < layer->filled ? *data + x : x;
    if (since == layer->filled) ++layer->filled;
}

void rig_loop_mix_tail(rig_looper *l, uint32_t i, float end)
{
    const float in = rise(l, i);
    l->data[i] = in * l->data[i] + (1.0f - in) * end;
}
