#include "sweep.h"

#include <stddef.h>

#include "atomic.h"

static uint32_t place_of(const rig_sweeps *s, const float *at)
{
    uint32_t i = 0;
    while (i < s->count && s->on_way[i].at != at) ++i;
    return i;
}

void rig_sweeps_send(rig_sweeps *s, float *at, float to)
{
    const uint32_t i = place_of(s, at);
    const float from = rig_get_float(at);
    if (i == s->count && from == to) return;
    if (i == RIG_SWEEPS) {
        rig_put_float(at, to);
        return;
    }
    s->on_way[i] = (rig_sweep){at, from, to, from, 0};
    s->count += i == s->count;
}

float rig_sweeps_end(const rig_sweeps *s, const float *at)
{
    const uint32_t i = place_of(s, at);
    return i < s->count ? s->on_way[i].to : rig_get_float(at);
}

uint32_t rig_sweeps_room(const rig_sweeps *s, uint64_t at, uint32_t frames)
{
    uint32_t room = frames;
    for (uint32_t i = 0; i < s->count; ++i) {
        const uint32_t piece = RIG_STEP - (uint32_t)(at % RIG_STEP), left = RIG_SWEEP - s->on_way[i].done;
        if (piece < room) room = piece;
        if (left < room) room = left;
    }
    return room;
}

/* Returns 1 where its way is over. */
static int move(rig_sweep *s, uint32_t frames)
{
    s->done += frames;
    const int over = s->done >= RIG_SWEEP, turned = rig_get_float(s->at) != s->put;
    s->put = over ? s->to : s->from + (s->to - s->from) * (float)s->done / RIG_SWEEP;
    if (!turned) rig_put_float(s->at, s->put);
    return over || turned;
}

void rig_sweeps_move(rig_sweeps *s, uint32_t frames)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < s->count; ++i)
        if (!move(&s->on_way[i], frames)) s->on_way[left++] = s->on_way[i];
    s->count = left;
}
