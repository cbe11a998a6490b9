/* model: a neural model of an amp or a pedal, whatever the kind of its network. At twice or four times its engine's rate its
   overtones have room, and half-band filters take away what would fold. */
#include <string.h>

#include "../arena.h"
#include "../dc_blocker.h"
#include "../network/net.h"
#include "../ramp.h"

enum { LEVEL, COMPENSATION, DRIVE, N_PARAMS = DRIVE + RIG_NET_KNOBS };
static const rig_param params[N_PARAMS] = {
    [LEVEL] = {"level", "dB", "after the model", -40.0f, 40.0f, 0.0f, NULL},
    [COMPENSATION] = {"compensation", "dB", "softer by so much at full drive, in proportion below", 0.0f, 40.0f, 0.0f, NULL},
    [DRIVE] = {"drive", "", "the knob that the model was captured with", 0.0f, 1.0f, 0.5f, NULL},
    {"knob2", "", "the model's second knob", 0.0f, 1.0f, 0.5f, NULL},
    {"knob3", "", "the model's third knob", 0.0f, 1.0f, 0.5f, NULL},
    {"knob4", "", "the model's fourth knob", 0.0f, 1.0f, 0.5f, NULL},
};

static const rig_net *const nets[RIG_NETS] = {[RIG_FEEDFORWARD] = &rig_feedforward_net, [RIG_RECURRENT_NET] = &rig_recurrent_net};

typedef struct {
    const rig_net *net;
    void *played; /* the network's state, behind this one */
    rig_ramp level;
    int driven;   /* the network has a drive, which the level may make up for */
    float constant; /* what it says to silence; 0: there is nothing to block */
    rig_dc_blocker blocker;
    float knobs[RIG_NET_KNOBS]; /* where the network's stand */
    rig_over over;
} state;

static size_t size(const rig_setup *setup)
{
    const uint32_t kind = rig_net_kind(setup);
    if (kind == RIG_NETS || !rig_net_times(setup)) return 0;
    const rig_setup own = rig_net_setup(setup, DRIVE);
    const size_t played = nets[kind]->size(&own);
    rig_arena p = {NULL, 0};
    rig_arena_alloc(&p, sizeof(state));
    return played ? p.used + played : 0;
}

static float level_of(const state *s, const float *p)
{
    return rig_from_db(p[LEVEL] - (s->driven ? p[COMPENSATION] * p[DRIVE] : 0.0f));
}

/* As many of the network's blocks as a block comes to at its rate; the knobs go all the way evenly. */
static void play(state *s, const float *p, float *x, uint32_t frames)
{
    const uint32_t all = frames * s->over.times;
    float from[RIG_NET_KNOBS], knobs[RIG_NET_KNOBS];
    memcpy(from, s->knobs, sizeof from);
    for (uint32_t at = 0, n; at < all; at += n) {
        n = all - at < RIG_BLOCK ? all - at : RIG_BLOCK;
        const float share = (float)(at + n) / (float)all;
        for (uint32_t k = 0; k < RIG_NET_KNOBS; ++k) knobs[k] = from[k] + share * (p[k] - from[k]);
        s->net->process(s->played, at + n < all ? knobs : p, x + at, n);
    }
    memcpy(s->knobs, p, sizeof s->knobs);
}

/* What silence comes to need not be silent. */
static void reset(void *self)
{
    state *s = self;
    float silence[RIG_BLOCK] = {0};
    s->net->reset(s->played);
    rig_dc_blocker_begin(&s->blocker, s->constant);
    if (s->over.times == 1) return;
    s->net->process(s->played, s->knobs, silence, RIG_BLOCK);
    rig_over_rest(&s->over, silence[RIG_BLOCK - 1]);
}

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    rig_arena p = {self, 0};
    rig_arena_alloc(&p, sizeof(state));
    s->played = rig_arena_alloc(&p, 0);
    s->net = nets[rig_net_kind(setup)];
    const rig_setup own = rig_net_setup(setup, DRIVE);
    const char *why = s->net->init(s->played, &own);
    if (why) return why;
    s->driven = s->net->knobs(s->played) > 0;
    s->constant = setup->constant;
    rig_dc_blocker_init(&s->blocker, setup->rate);
    rig_dc_blocker_begin(&s->blocker, s->constant);
    memcpy(s->knobs, own.params, sizeof s->knobs);
    rig_over_init(&s->over, rig_net_times(setup));
    if (s->over.times > 1) reset(s);
    rig_ramp_start(&s->level, level_of(s, setup->params));
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    (void)p;
    const state *s = self;
    const uint32_t own = rig_over_memory(s->over.times, s->net->memory(s->played));
    const uint32_t blocker = s->constant != 0.0f ? rig_dc_blocker_memory(s->blocker.share) : 0;
    return own > blocker ? own : blocker; /* not both: with what the network says before it knows all, the blocker may begin */
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    float high[RIG_BLOCK * RIG_OVER_MOST];
    if (s->over.times == 1) {
        s->net->process(s->played, b->params + DRIVE, b->signal[0], b->frames);
    } else {
        rig_over_up(&s->over, b->signal[0], high, b->frames);
        play(s, b->params + DRIVE, high, b->frames);
        rig_over_down(&s->over, high, b->signal[0], b->frames);
    }
    if (s->constant != 0.0f) rig_dc_blocker_run(&s->blocker, b->signal[0], b->frames);
    rig_ramp_apply(&s->level, level_of(s, b->params), b->signal[0], b->frames);
}

const rig_engine rig_engine_model = {
    .abi = RIG_ABI, .channels = 1, .name = "model", .about = "a neural model of an amp or a pedal",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset,
};
