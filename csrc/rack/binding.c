#include "binding.h"

#include <math.h>
#include <string.h>

#include "../ramp.h"
#include "atomic.h"
#include "chain.h"

#define HALF 64 /* of 127: from there on a switch is on */

/* --- the table */

void rig_binder_trade(rig_binder *b)
{
    if (!rig_load(&b->offer) || rig_load(&b->back)) return;
    rig_sweeps_move(&b->sweeps, RIG_SWEEP); /* the chains of the old table may go with it */
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
    const float share = g->steps ? 0.0f : place - (float)i;
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

static int is_level(const rig_binding *g) { return g->kind != RIG_BOUND_KNOB; }

/* Puts a knob there, or sends it; or a level, which is in dB less what its files ask for. Returns where it stands then. */
static float put_at(rig_binder *b, const rig_binding *g, float *at, float value)
{
    if (g->steps) rig_put_float(at, value = rintf(value));
    else rig_sweeps_send(&b->sweeps, at, is_level(g) ? rig_from_db(value + g->plus) : value);
    return value;
}

static float turn(rig_binder *b, const rig_binding *g, const rig_midi_event *e, float *at)
{
    if (!g->relative) return put_at(b, g, at, value_at(g, place_of(e)));
    const float now = rig_sweeps_end(&b->sweeps, at), db = 20.0f * log10f(fmaxf(now, 1e-6f)) - g->plus;
    return put_at(b, g, at, turned(g, is_level(g) ? db : now, ticks_of(g, e->bytes[2])));
}

/* What an event is of a pedal that is pressed and let go; off: of a note that ends. */
typedef struct {
    int pressed, down, let_go, off;
} press;

/* A pedal that says 127, then 0, is pressed once; one that only ever says 127, each time. before: what it said last. */
static press press_of(const rig_midi_event *e, uint8_t before)
{
    const uint8_t v = e->bytes[2], kind = e->bytes[0] & 0xf0;
    if (kind == 0x80 || (kind == 0x90 && !v)) return (press){0, 0, 1, 1};
    if (kind == 0x90) return (press){1, 1, 0, 0};
    return (press){v >= HALF && (before < HALF || before == v), v >= HALF, v < HALF && before >= HALF, 0};
}

static void flip(const rig_binding *g, const press *p, rig_midi_event *told)
{
    uint32_t *on = &g->chain->units[g->unit].on;
    if (g->holds) rig_put(on, (uint32_t)(g->values[0] > g->values[127] ? !p->down : p->down));
    else if (p->pressed) rig_put(on, !rig_get(on));
    told->value = (float)rig_get(on);
}

/* A switch of the rack itself. */
static void set(const rig_binding *g, const press *p, uint32_t *at)
{
    if (p->pressed) rig_put(at, (uint32_t)g->values[1]);
    else if (g->holds && p->let_go) rig_put(at, (uint32_t)g->values[0]);
}

static void press_it(const rig_binding *g, const press *p, const rig_bound_rack *rack)
{
    if (g->kind == RIG_BOUND_BYPASS) set(g, p, rack->bypass);
    if (g->kind == RIG_BOUND_OPEN) set(g, p, rack->open);
    if (!p->pressed) return;
    if (g->kind == RIG_BOUND_AMP) rig_put(rack->want, g->param);
    if (g->kind == RIG_BOUND_PANIC) ++*rack->panics;
    if (g->kind == RIG_BOUND_LOOP) rig_looper_now(rack->looper, g->param);
}

static int turns(const rig_binding *g) { return g->kind >= RIG_BOUND_KNOB && g->kind <= RIG_BOUND_OUTPUT; }

static void act(rig_binder *b, const rig_binding *g, const press *p, const rig_bound_rack *rack, rig_midi_event *told)
{
    if (g->kind == RIG_BOUND_SWITCH) flip(g, p, told);
    else if (!turns(g)) {
        press_it(g, p, rack);
        told->value = p->pressed ? 1.0f : p->down ? 0.5f : 0.0f;
    } else if (p->off) told->bound = 0; /* a key that is let go leaves a knob where it is */
    else told->value = turn(b, g, told, knob_of(g, rack));
}

/* A part of what an event does: a knob, a level or a switch goes somewhere, or other gear is told something. */
static void take_part(rig_binder *b, const rig_binding *g, const press *p, float place, const rig_bound_rack *rack)
{
    const int placed = g->part == RIG_PART_PLACED, back = !placed && g->holds && p->let_go;
    if (placed ? p->off : !p->pressed && !back) return;
    const float value = placed ? value_at(g, place) : g->values[!back];
    if (g->kind == RIG_BOUND_SWITCH) rig_put(&g->chain->units[g->unit].on, value >= 0.5f);
    else if (turns(g)) put_at(b, g, knob_of(g, rack), value);
    else if (g->kind == RIG_BOUND_SEND) rig_midi_out_now(rack->out, rack->sink, RIG_MIDI_GEAR, rack->at, b->now->bytes + g->param, g->unit);
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
    const press pressed = {1, 1, 0, 0};
    told->bound = 1 + (uint32_t)at;
    if (b->now->programs[at] != RIG_NO_SLOT) rig_put(rack->want, b->now->programs[at] - 1u);
    for (uint32_t i = b->now->parts[at]; i; i = b->now->bindings[i - 1].next) take_part(b, &b->now->bindings[i - 1], &pressed, 0.0f, rack);
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
    const press pressed = last ? press_of(event, *last) : (press){0};
    if (last) *last = event->bytes[2];
    if (!at) tell(whom, &told);
    for (; at; at = b->now->bindings[at - 1].next) {
        const rig_binding *g = &b->now->bindings[at - 1];
        if (g->part) {
            take_part(b, g, &pressed, place_of(event), rack);
            continue;
        }
        told.bound = at;
        act(b, g, &pressed, rack, &told);
        tell(whom, &told);
        told.more = 1;
    }
}
