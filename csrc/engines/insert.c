/* insert: another JACK application inside the chain, by a send and a return.

   What comes back was sent a period before. So long the guitar waits, too, where nothing is connected and it passes through: a wire
   that comes or goes shifts nothing in time. */
#include <string.h>

#include "../arena.h"
#include "../rack/insert.h"
#include "../ramp.h"

enum { SEND, RETURN, RING, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [SEND] = {"send", "dB", "how loud the other application hears it", -40.0f, 20.0f, 0.0f, NULL},
    [RETURN] = {"return", "dB", "how loud it comes back", -40.0f, 20.0f, 0.0f, NULL},
    [RING] = {"ring", "s", "how long it may ring on after a switch", 0.0f, 20.0f, 2.0f, NULL},
};

/* Which place in the table of inserts, -1 for none; how many frames the guitar waits. */
enum { PLACE, WAIT, N_INTS };

#define MOST_WAIT 65536
#define FADE_MS 10.0f
#define FALL 0.98f /* a frame: where what came back breaks off */

typedef struct {
    float rate, step;
    int32_t place;
    uint32_t wait, at;      /* the oldest of what waits lies at past[c][at] */
    uint64_t birth;
    uint32_t begun;
    uint32_t rings, hush;   /* frames that it may ring on for, as the knob says; that it still does after a panic, unheard */
    float wet, own;         /* how much of what comes back is heard: as it is wired, and as nobody newer has it */
    float last[2];          /* what came back last */
    rig_ramp send, back;
    float *past[2];
} state;

static uint64_t births;

static void lay_out(state *s, rig_arena *arena, uint32_t wait)
{
    rig_arena_alloc(arena, sizeof(state));
    for (int c = 0; c < 2; ++c) s->past[c] = rig_arena_floats(arena, wait + 1);
}

static size_t size(const rig_setup *setup)
{
    state none;
    rig_arena arena = {NULL, 0};
    if (setup->n_arrays || (setup->n_ints && setup->n_ints != N_INTS)) return 0;
    const int32_t wait = setup->n_ints ? setup->ints[WAIT] : 0;
    if (wait < 0 || wait > MOST_WAIT) return 0;
    lay_out(&none, &arena, (uint32_t)wait);
    return arena.used;
}

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    rig_arena arena = {self, 0};
    s->place = setup->n_ints ? setup->ints[PLACE] : -1;
    s->wait = setup->n_ints ? (uint32_t)setup->ints[WAIT] : 0;
    lay_out(s, &arena, s->wait);
    s->rate = (float)setup->rate;
    s->step = 1000.0f / (FADE_MS * s->rate);
    s->birth = __atomic_add_fetch(&births, 1, __ATOMIC_RELAXED);
    rig_ramp_start(&s->send, rig_from_db(setup->params[SEND]));
    rig_ramp_start(&s->back, rig_from_db(setup->params[RETURN]));
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    (void)p;
    return ((const state *)self)->wait;
}

static uint32_t tail(const void *self, const float *p)
{
    const state *s = self;
    return (uint32_t)(p[RING] * s->rate) + s->wait;
}

/* Lets a channel wait. */
static void wait(state *s, uint32_t c, float *x, uint32_t frames)
{
    uint32_t at = s->at;
    for (uint32_t i = 0; i < frames; ++i) {
        const float now = x[i];
        x[i] = s->past[c][at];
        s->past[c][at] = now;
        at = at + 1 == s->wait ? 0 : at + 1;
    }
}

/* What came back for a channel: of two returns its own, or what there is; for one channel the mean of both. One that breaks off
   dies away. */
static void hear(state *s, const rig_insert *insert, uint32_t channels, uint32_t c, float *x, uint32_t frames)
{
    const uint32_t wired = __atomic_load_n(&insert->wired, __ATOMIC_RELAXED) >> 2 & 3;
    const float *a = insert->back[0], *b = insert->back[1];
    int silent = 1;
    for (uint32_t i = 0; i < frames; ++i) {
        x[i] = wired == 2 ? b[i] : wired != 3 ? a[i] : channels == 1 ? 0.5f * (a[i] + b[i]) : c ? b[i] : a[i];
        silent &= x[i] == 0.0f;
    }
    if (s->hush) s->last[c] = 0.0f; /* nor may what broke come again */
    else if (!silent) s->last[c] = x[frames - 1];
    else if (s->last[c] != 0.0f)
        for (uint32_t i = 0; i < frames; ++i) x[i] = s->last[c] *= FALL;
}

static float towards(float now, int on, float step) { return on ? fminf(1.0f, now + step) : fmaxf(0.0f, now - step); }

static void process(void *self, const rig_block *b)
{
    state *s = self;
    const uint32_t frames = b->frames;
    rig_insert *insert = rig_insert_heard(s->place, b->key, s->birth);
    const int wired = insert && rig_insert_wired(insert) && !s->hush, owns = insert && (!insert->owner || insert->owner == s->birth);
    float back[2][RIG_BLOCK];
    s->rings = tail(s, b->params);
    s->hush -= s->hush < frames ? s->hush : frames;
    rig_ramp_aim(&s->send, rig_from_db(b->params[SEND]), frames);
    rig_ramp_aim(&s->back, rig_from_db(b->params[RETURN]), frames);
    if (insert && !s->begun) {
        s->begun = 1;
        s->wet = wired ? 1.0f : 0.0f;
        s->own = insert->owner ? 0.0f : 1.0f;
    }
    for (uint32_t i = 0; insert && i < frames; ++i) {
        const float gain = rig_ramp_next(&s->send);
        for (uint32_t c = 0; c < 2; ++c) insert->send[c][i] += gain * b->signal[c < b->channels ? c : 0][i];
    }
    for (uint32_t c = 0; c < b->channels; ++c) {
        if (insert) hear(s, insert, b->channels, c, back[c], frames);
        if (s->wait) wait(s, c, b->signal[c], frames);
    }
    if (s->wait) s->at = (s->at + frames) % s->wait;
    for (uint32_t i = 0; insert && i < frames; ++i) {
        const float gain = rig_ramp_next(&s->back);
        s->wet = towards(s->wet, wired, s->step);
        s->own = towards(s->own, owns, s->step);
        for (uint32_t c = 0; s->wet > 0.0f && c < b->channels; ++c)
            b->signal[c][i] = (1.0f - s->wet) * b->signal[c][i] + s->wet * s->own * gain * back[c][i];
    }
}

/* What the other application still says of before is not heard. */
static void reset(void *self)
{
    state *s = self;
    if (s->begun) {
        s->hush = s->rings;
        s->wet = 0.0f;
    }
    for (int c = 0; c < 2; ++c) {
        memset(s->past[c], 0, s->wait * sizeof(float));
        s->last[c] = 0.0f;
    }
}

const rig_engine rig_engine_insert = {
    .abi = RIG_ABI, .channels = 0, .name = "insert", .about = "another JACK application, by a send and a return",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .tail = tail, .process = process, .reset = reset,
};
