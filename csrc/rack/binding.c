#include "binding.h"

#include <math.h>
#include <string.h>

#include "../ramp.h"
#include "atomic.h"
#include "chain.h"

#define HALF 64 /* of 127: from there on a switch is on */

/* --- knobs on their way */

static rig_sweep *sweep_of(rig_binder *b, const float *at)
{
    for (rig_sweep *s = b->sweeps; s < b->sweeps + RIG_SWEEPS; ++s)
        if (s->at == at) return s;
    return NULL;
}

static void send(rig_binder *b, float *at, float to)
{
    rig_sweep *s = sweep_of(b, at);
    const float from = rig_get_float(at);
    if (!s && from == to) return;
    if (!s) s = sweep_of(b, NULL);
    if (s) *s = (rig_sweep){at, from, to, from, 0};
    else rig_put_float(at, to);
}

uint32_t rig_binder_room(const rig_binder *b, uint64_t at, uint32_t frames)
{
    uint32_t room = frames;
    for (const rig_sweep *s = b->sweeps; s < b->sweeps + RIG_SWEEPS; ++s) {
        if (!s->at) continue;
        const uint32_t piece = RIG_STEP - (uint32_t)(at % RIG_STEP), left = RIG_SWEEP - s->done;
        if (piece < room) room = piece;
        if (left < room) room = left;
    }
    return room;
}

void rig_binder_move(rig_binder *b, uint32_t frames)
{
    for (rig_sweep *s = b->sweeps; s < b->sweeps + RIG_SWEEPS; ++s) {
        if (!s->at) continue;
        s->done += frames;
        const int over = s->done >= RIG_SWEEP, turned = rig_get_float(s->at) != s->put;
        s->put = over ? s->to : s->from + (s->to - s->from) * (float)s->done / RIG_SWEEP;
        if (!turned) rig_put_float(s->at, s->put);
        if (over || turned) s->at = NULL;
    }
}

/* --- the table */

void rig_binder_trade(rig_binder *b)
{
    if (!rig_load(&b->offer) || rig_load(&b->back)) return;
    rig_binder_move(b, RIG_SWEEP); /* the chains of the old table may go with it */
    rig_bindings *old = b->now;
    b->now = rig_swap(&b->offer, NULL);
    rig_store(&b->back, old);
}

/* Its row in `first`, or RIG_BOUND_NUMBERS. */
static uint32_t number_of(const rig_midi_event *e)
{
    const uint32_t kind = e->bytes[0] & 0xf0;
    if (e->size < 3) return RIG_BOUND_NUMBERS;
    if (kind == 0xb0) return e->bytes[1] & 127;
    if (kind == 0x80 || kind == 0x90) return RIG_BOUND_NOTES + (e->bytes[1] & 127);
    return kind == 0xe0 ? RIG_BOUND_WHEEL : RIG_BOUND_NUMBERS;
}

/* 1 + the number of the first thing that it is bound to, or 0. */
static uint32_t bound_to(const rig_bindings *t, const rig_midi_event *e)
{
    const uint32_t number = number_of(e);
    return number < RIG_BOUND_NUMBERS ? t->first[(e->bytes[0] & 15) * RIG_BOUND_NUMBERS + number] : 0;
}

/* Which bank a channel has selected; those that send no fine number count by the coarse one. */
static uint32_t bank_of(const rig_binder *b, uint32_t channel)
{
    const uint32_t coarse = b->coarse[channel] ? b->coarse[channel] - 1u : 0;
    if (b->fine[channel]) return 128 * coarse + b->fine[channel] - 1;
    return b->coarse[channel] ? coarse : b->now->bank;
}

static int is_program(const rig_midi_event *e) { return e->size >= 2 && (e->bytes[0] & 0xf0) == 0xc0; }

/* Where a program stands in `programs`, or -1 where it picks nothing. */
static int64_t program_of(const rig_binder *b, const rig_midi_event *e)
{
    const uint32_t channel = e->bytes[0] & 15, bank = bank_of(b, channel);
    if (bank >= b->now->banks || !(b->now->channels[bank] >> channel & 1)) return -1;
    const uint32_t at = bank * 128 + (e->bytes[1] & 127);
    return b->now->programs[at] ? (int64_t)at : -1;
}

int rig_binder_knows(const rig_binder *b, const rig_midi_event *e)
{
    return b->now && (is_program(e) ? program_of(b, e) >= 0 : bound_to(b->now, e) != 0);
}

/* --- what an event does */

/* Where between 0 and 127 it stands. */
static float place_of(const rig_midi_event *e)
{
    if ((e->bytes[0] & 0xf0) != 0xe0) return (float)e->bytes[2];
    return (float)(e->bytes[1] + 128 * e->bytes[2]) * (127.0f / 16383.0f);
}

static float value_at(const rig_binding *g, float place)
{
    const uint32_t i = place < 127.0f ? (uint32_t)place : 127;
    const float share = place - (float)i;
    return share > 0.0f ? g->values[i] + share * (g->values[i + 1] - g->values[i]) : g->values[i];
}

/* Where between 0 and 127 a value stands. */
static float place_at(const rig_binding *g, float value)
{
    const float way = g->values[127] >= g->values[0] ? 1.0f : -1.0f;
    uint32_t i = 0;
    if (way * value >= way * g->values[127]) return 127.0f;
    while (i < 126 && way * value >= way * g->values[i + 1]) ++i;
    const float step = g->values[i + 1] - g->values[i];
    return (float)i + (step != 0.0f ? fmaxf(0.0f, (value - g->values[i]) / step) : 0.0f);
}

/* How far a knob without ends was turned. */
static float ticks_of(const rig_binding *g, uint32_t v)
{
    if (g->relative == RIG_RELATIVE_OFFSET) return (float)v - 64.0f;
    if (g->relative == RIG_RELATIVE_SIGN) return v < 64 ? (float)v : 64.0f - (float)v;
    return v < 64 ? (float)v : (float)v - 128.0f;
}

static float heading_for(rig_binder *b, const float *at)
{
    const rig_sweep *s = sweep_of(b, at);
    return s ? s->to : rig_get_float(at);
}

static float *knob_of(const rig_binding *g, const rig_bound_rack *rack)
{
    if (g->kind == RIG_BOUND_KNOB) return &g->chain->units[g->unit].params[g->param];
    return g->kind == RIG_BOUND_LEVEL ? &g->chain->level : rack->level;
}

/* Where a knob without ends turns to. */
static float turned(const rig_binding *g, float now, float ticks)
{
    const float low = fminf(g->values[0], g->values[127]), high = fmaxf(g->values[0], g->values[127]);
    if (g->steps) return fminf(high, fmaxf(low, now + (g->values[127] < g->values[0] ? -ticks : ticks)));
    return value_at(g, fminf(127.0f, fmaxf(0.0f, place_at(g, now) + ticks)));
}

/* Turns a knob, or a level, which is in dB less what its files ask for. Returns where it stands then. */
static float turn(rig_binder *b, const rig_binding *g, const rig_midi_event *e, float *at)
{
    const int is_level = g->kind != RIG_BOUND_KNOB;
    float value = value_at(g, place_of(e));
    if (g->relative) {
        const float now = heading_for(b, at);
        value = turned(g, is_level ? 20.0f * log10f(fmaxf(now, 1e-6f)) - g->plus : now, ticks_of(g, e->bytes[2]));
    }
    if (g->steps) value = rintf(value);
    if (g->steps) rig_put_float(at, value);
    else send(b, at, is_level ? rig_from_db(value + g->plus) : value);
    return value;
}

/* Whether it was pressed. A pedal that says 127, then 0, is pressed once; one that only ever says 127, each time. */
static int is_press(const rig_midi_event *e, uint8_t before)
{
    const uint8_t v = e->bytes[2];
    if ((e->bytes[0] & 0xf0) == 0x90) return v > 0;
    return (e->bytes[0] & 0xf0) != 0x80 && v >= HALF && (before < HALF || before == v);
}

static int is_down(const rig_midi_event *e)
{
    if ((e->bytes[0] & 0xf0) == 0x90) return e->bytes[2] > 0;
    return (e->bytes[0] & 0xf0) != 0x80 && e->bytes[2] >= HALF;
}

static void flip(const rig_binding *g, int pressed, int down, rig_midi_event *told)
{
    uint32_t *on = &g->chain->units[g->unit].on;
    if (g->holds) rig_put(on, (uint32_t)(g->values[0] > g->values[127] ? !down : down));
    else if (pressed) rig_put(on, !rig_get(on));
    told->value = (float)rig_get(on);
}

static void act(rig_binder *b, const rig_binding *g, int pressed, const rig_bound_rack *rack, rig_midi_event *told)
{
    const int down = is_down(told), off = (told->bytes[0] & 0xf0) == 0x80 || ((told->bytes[0] & 0xf0) == 0x90 && !down);
    if (g->kind == RIG_BOUND_AMP && pressed) rig_put(rack->want, g->param);
    if (g->kind == RIG_BOUND_VERB || g->kind == RIG_BOUND_AMP) told->value = pressed ? 1.0f : down ? 0.5f : 0.0f;
    else if (g->kind == RIG_BOUND_SWITCH) flip(g, pressed, down, told);
    else if (off) told->bound = 0; /* a key that is let go leaves a knob where it is */
    else told->value = turn(b, g, told, knob_of(g, rack));
}

static void select_bank(rig_binder *b, const rig_midi_event *e)
{
    if (e->size < 3 || (e->bytes[0] & 0xf0) != 0xb0) return;
    if (e->bytes[1] == 0) b->coarse[e->bytes[0] & 15] = e->bytes[2] + 1;
    if (e->bytes[1] == 32) b->fine[e->bytes[0] & 15] = e->bytes[2] + 1;
}

static void pick(rig_binder *b, const rig_bound_rack *rack, rig_midi_event *told)
{
    const int64_t at = program_of(b, told);
    if (at < 0) return;
    told->bound = 1 + (uint32_t)at;
    if (b->now->programs[at] != RIG_NO_SLOT) rig_put(rack->want, b->now->programs[at] - 1u);
}

void rig_binder_hear(rig_binder *b, const rig_midi_event *event, const rig_bound_rack *rack, void (*tell)(void *, const rig_midi_event *),
                     void *whom)
{
    rig_midi_event told = *event;
    select_bank(b, event);
    told.table = b->now ? b->now->serial : 0;
    if (b->now && is_program(event)) pick(b, rack, &told);
    const uint32_t number = number_of(event);
    uint32_t at = b->now ? bound_to(b->now, event) : 0;
    uint8_t *last = number < RIG_BOUND_NUMBERS ? &b->last[event->bytes[0] & 15][number] : NULL;
    const int pressed = last && is_press(event, *last);
    if (last) *last = event->bytes[2];
    do {
        const rig_binding *g = at ? &b->now->bindings[at - 1] : NULL;
        if (g) {
            told.bound = at;
            act(b, g, pressed, rack, &told);
        }
        tell(whom, &told);
        told.more = 1;
        at = g ? g->next : 0;
    } while (at);
}
