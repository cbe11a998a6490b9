/* lv2: any installed LV2 audio plug-in. The engine is one and the same; which plug-in it is, its setup says: in `ints` the address
   of a rig_lv2_plugin, low half first, then what the plug-in remembers. */
#include "../lv2/lv2.h"

#include <math.h>
#include <string.h>

#include "../lv2/instance.h"
#include "../lv2/state.h"
#include "../lv2/urid.h"
#include "../rack/guard.h"

#define ADDRESS 2          /* numbers that it takes */
#define HEARD_SECONDS 0.1  /* that a plug-in which does not ring is taken to remember: nobody says */
#define SILENCE 1e-5f      /* -100 dBFS */
#define QUIET_SECONDS 3.0  /* of silence, after which nothing more is to come; no echo keeps one waiting for longer */
#define LONGEST_SECONDS 60 /* that one rings on for, when it is never silent */

typedef struct {
    rig_instance instance;
    const rig_lv2_plugin *plugin;
    double rate;
    uint32_t quiet;   /* frames that what came out has been silent for */
    uint32_t latency; /* frames, as it said at birth */
    uint64_t born;    /* the print of what it remembered then */
    uint32_t sequence, chunk; /* what events are called */
    float in[2][RIG_BLOCK], out[2][RIG_BLOCK], key[RIG_BLOCK], silence[RIG_BLOCK], unheard[RIG_BLOCK];
    float *numbers; /* one for each port */
    char *events;   /* what each port of events has, one after the other */
} state;

static const rig_lv2_plugin *plugin_of(const rig_setup *setup)
{
    if (setup->n_arrays || setup->n_ints < ADDRESS) return NULL;
    const uint64_t low = (uint32_t)setup->ints[0], high = (uint32_t)setup->ints[1];
    return (const rig_lv2_plugin *)(uintptr_t)(high << 32 | low);
}

static int has_events(const rig_lv2_port *port) { return port->kind == RIG_LV2_EVENTS || port->kind == RIG_LV2_TOLD; }

static size_t size(const rig_setup *setup)
{
    const rig_lv2_plugin *plugin = plugin_of(setup);
    if (!plugin) return 0;
    size_t bytes = sizeof(state) + ((plugin->n_ports + 1) & ~1u) * sizeof(float);
    for (uint32_t i = 0; i < plugin->n_ports; ++i)
        if (has_events(&plugin->ports[i])) bytes += plugin->ports[i].at;
    return bytes;
}

/* Where a port's sound, number or events are. */
static void *place_of(state *s, uint32_t i, char **events)
{
    const rig_lv2_port *port = &s->plugin->ports[i];
    switch (port->kind) {
    case RIG_LV2_IN: return s->in[port->at];
    case RIG_LV2_OUT: return s->out[port->at];
    case RIG_LV2_KEY: return s->key;
    case RIG_LV2_SILENCE: return s->silence;
    case RIG_LV2_UNHEARD: return s->unheard;
    case RIG_LV2_EVENTS:
    case RIG_LV2_TOLD: return (*events += port->at) - port->at;
    case RIG_LV2_OPEN: return NULL;
    default: return &s->numbers[i];
    }
}

/* What a knob's value is to the plug-in. */
static float number(const state *s, const rig_lv2_port *port, float knob)
{
    if (port->points) return port->points[(uint32_t)lrintf(knob)];
    return port->times_rate != 0.0f ? knob * (float)s->rate : knob;
}

static void set_numbers(state *s, const float *params, float tempo)
{
    for (uint32_t i = 0; i < s->plugin->n_ports; ++i) {
        const rig_lv2_port *port = &s->plugin->ports[i];
        if (port->kind == RIG_LV2_KNOB) s->numbers[i] = number(s, port, params[port->at]);
        else if (port->kind == RIG_LV2_FIXED) s->numbers[i] = port->value;
        else if (port->kind == RIG_LV2_TEMPO && tempo > 0.0f) s->numbers[i] = tempo; /* where time stands still, as before */
    }
}

/* No event comes in, and there is room for those that come out. */
static void clear_events(state *s)
{
    char *events = s->events;
    for (uint32_t i = 0; i < s->plugin->n_ports; ++i) {
        const rig_lv2_port *port = &s->plugin->ports[i];
        if (!has_events(port)) continue;
        lv2_sequence *head = (lv2_sequence *)(void *)events;
        *head = port->kind == RIG_LV2_EVENTS ? (lv2_sequence){8, s->sequence, 0, 0} : (lv2_sequence){port->at - 8, s->chunk, 0, 0};
        events += port->at;
    }
}

/* What tells one state from another (FNV-1a); 0: there is none. */
static uint64_t print_of(const int32_t *numbers, uint32_t count)
{
    uint64_t print = 0xcbf29ce484222325u;
    for (uint32_t i = 0; numbers && i < count; ++i) print = (print ^ (uint32_t)numbers[i]) * 0x100000001b3u;
    return numbers ? print : 0;
}

/* How late it is, and what it remembers from birth, it says when it has run. */
static void ask(state *s)
{
    uint32_t count = 0;
    rig_instance_run(&s->instance, RIG_BLOCK, 0);
    for (uint32_t i = 0; i < s->plugin->n_ports; ++i) {
        const float said = s->numbers[i];
        if (s->plugin->ports[i].kind == RIG_LV2_LATENCY) s->latency = said > 0.0f && said < 1e7f ? (uint32_t)lrintf(said) : 0;
    }
    if (s->instance.state) {
        rig_instances_lock();
        int32_t *born = rig_state_save(s->instance.state, s->instance.handle, NULL, &count);
        rig_instances_unlock();
        s->born = print_of(born, count);
        rig_lv2_free(born);
    }
    rig_instance_renew(&s->instance);
}

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    s->plugin = plugin_of(setup);
    s->rate = setup->rate;
    s->numbers = (float *)(s + 1);
    s->events = (char *)(s->numbers + ((s->plugin->n_ports + 1) & ~1u));
    s->sequence = rig_urid(LV2_ATOM "Sequence");
    s->chunk = rig_urid(LV2_ATOM "Chunk");
    set_numbers(s, setup->params, 120.0f);
    clear_events(s);
    const char *why = rig_instance_born(&s->instance, s->plugin, setup->rate);
    if (why) return why;
    char *events = s->events;
    for (uint32_t i = 0; i < s->plugin->n_ports; ++i)
        s->instance.plugin->connect_port(s->instance.handle, i, place_of(s, i, &events));
    why = rig_instance_begin(&s->instance, setup->ints + ADDRESS, setup->n_ints - ADDRESS);
    if (!why) ask(s);
    return why;
}

static void end(void *self) { rig_instance_end(&((state *)self)->instance); }

static uint32_t memory(const void *self, const float *p)
{
    (void)p;
    return (uint32_t)(HEARD_SECONDS * ((const state *)self)->rate);
}

static uint32_t tail(const void *self, const float *p)
{
    const state *s = self;
    (void)p;
    if (!s->plugin->rings) return 0;
    return s->quiet > QUIET_SECONDS * s->rate ? 0 : (uint32_t)(LONGEST_SECONDS * s->rate);
}

/* What comes in, in as many channels as the plug-in hears. */
static void hear(state *s, const rig_block *b)
{
    for (uint32_t c = 0; c < s->plugin->ins; ++c) memcpy(s->in[c], b->signal[c < b->channels ? c : 0], b->frames * sizeof(float));
    if (s->plugin->ins < b->channels)
        for (uint32_t i = 0; i < b->frames; ++i) s->in[0][i] = 0.5f * (b->signal[0][i] + b->signal[1][i]);
    memcpy(s->key, b->key, b->frames * sizeof(float));
}

static void listen(state *s, uint32_t frames)
{
    float peak = 0.0f;
    for (uint32_t c = 0; c < s->plugin->outs; ++c) {
        const float highest = rig_highest(s->out[c], frames);
        if (highest > peak) peak = highest;
    }
    if (peak > SILENCE) s->quiet = 0;
    else if (s->quiet < UINT32_MAX - frames) s->quiet += frames;
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    set_numbers(s, b->params, (float)(60.0 * b->beats_a_frame * s->rate));
    clear_events(s);
    hear(s, b);
    const int runs = rig_instance_run(&s->instance, b->frames, (int)b->live);
    for (uint32_t c = 0; c < b->channels; ++c) {
        if (runs) memcpy(b->signal[c], s->out[c < s->plugin->outs ? c : 0], b->frames * sizeof(float));
        else memset(b->signal[c], 0, b->frames * sizeof(float));
    }
    if (runs) listen(s, b->frames);
}

static uint32_t latency(const void *self) { return ((const state *)self)->latency; }

static void reset(void *self)
{
    state *s = self;
    rig_instance_renew(&s->instance);
    s->quiet = UINT32_MAX;
}

int32_t *rig_lv2_state(const void *self, const char *folder, uint32_t *count)
{
    const state *s = self;
    const rig_instance *i = &s->instance;
    if (!i->state) return NULL;
    rig_instances_lock();
    int32_t *saved = rig_state_save(i->state, i->handle, folder, count);
    rig_instances_unlock();
    if (print_of(saved, saved ? *count : 0) != s->born) return saved;
    rig_lv2_free(saved);
    return NULL;
}

const rig_engine rig_engine_lv2 = {
    .abi = RIG_ABI, .channels = 1, .name = "lv2", .about = "an LV2 plug-in; `rig engines --lv2` lists those installed",
    .size = size, .init = init, .memory = memory, .tail = tail, .latency = latency,
    .process = process, .reset = reset, .end = end,
};
