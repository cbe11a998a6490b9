/* A switch between two amps in a time of its own (tests/virtual_clock.h): engines that take as long as they are told. */
#include "rack/rack.h"

#include <stdlib.h>

#define RATE 48000
#define LONGEST 8192
#define A_CALL 2 /* frames: what each call takes beside its frames, so that short pieces cost more */

uint64_t test_now;
static float slower = 1.0f; /* than it has been told */

/* Adds what came `memory` frames ago: only what has heard so much of the past is right. */
typedef struct {
    uint32_t at, memory;
    float past[LONGEST];
} echo;

static size_t size(const rig_setup *setup) { (void)setup; return sizeof(echo); }
static const char *init(void *self, const rig_setup *setup) { ((echo *)self)->memory = (uint32_t)setup->params[1]; return NULL; }
static uint32_t memory(const void *self, const float *p) { (void)p; return ((const echo *)self)->memory; }
static void reset(void *self) { *(echo *)self = (echo){.memory = ((echo *)self)->memory}; }
static void process(void *self, const rig_block *b)
{
    echo *e = self;
    const float *p = b->params;
    for (uint32_t i = 0; i < b->frames; ++i) {
        const float x = b->signal[0][i];
        b->signal[0][i] += p[2] * e->past[e->at];
        e->past[e->at] = x;
        if (++e->at >= e->memory) e->at = 0;
    }
    test_now += (uint64_t)(slower * p[0] * 1e9f / RATE * (float)(b->frames + A_CALL) * 64.0f / (64.0f + A_CALL));
}

static const rig_param knobs[] = {{"load", "", "share of a core", 0.0f, 9.0f, 0.1f, NULL},
                                  {"memory", "", "frames", 1.0f, LONGEST, 1.0f, NULL},
                                  {"share", "", "of the echo", -1.0f, 1.0f, 0.5f, NULL}};
static const rig_engine engine = {.abi = RIG_ABI, .channels = 1, .name = "echo", .n_params = 3, .params = knobs, .size = size, .init = init,
                                  .process = process, .reset = reset, .memory = memory};

static rig_chain *amp(float load, uint32_t memory, float share)
{
    const float params[] = {load, (float)memory, share};
    const rig_engine *const engines[] = {&engine};
    const rig_setup setup = {.rate = RATE, .params = params};
    const rig_mount mount = {.fade = RATE / 100, .gain_in = 1.0f, .gain_out = 1.0f};
    uint32_t which;
    const char *why;
    rig_chain *chain = rig_chain_new(1, engines, &setup, &mount, 1, &which, &why);
    rig_chain_prewarm(chain);
    return chain;
}

typedef struct {
    float load[2];      /* of the two amps, the first of which plays */
    float share[2];     /* of their echo */
    uint32_t memory;    /* frames that both remember */
    float live;         /* how many times dearer they are than while they were made */
    uint32_t period, periods, when; /* frames in a period, periods in all, and the one in which the second amp is picked */
    float around;       /* load of the output chain that each amp has to itself, which changes nothing; 0: there is none */
    uint32_t back;      /* how many periods later the first amp is picked again; 0: never */
    uint32_t disturbed; /* one in so many periods takes five times as long; 0: none does */
} scenario;

/* A port is its buffer. */
static void *buffer(void *port, uint32_t frames) { (void)frames; return port; }

/* x, y: what comes in and what goes out; took: the share of each period; settled: 1 where no switch was under way after it. */
void test_switch(const scenario *s, const float *x, float *y, float *took, uint32_t *settled)
{
    float *const spare = malloc(2 * s->period * sizeof(float));
    rig_chain *const chains[] = {amp(s->load[0], s->memory, s->share[0]), amp(s->load[1], s->memory, s->share[1])};
    rig_rack *rack = rig_rack_new(RATE);
    rig_client client = {.rack = rack, .get_buffer = buffer, .out_2 = spare, .di = spare + s->period};
    rig_meters meters;
    for (uint32_t i = 0; i < 2; ++i) rig_rack_offer(rack, RIG_AMP, i, chains[i]);
    rig_chain *const outputs[] = {amp(s->around, s->memory, 0.0f), amp(s->around, s->memory, 0.0f)};
    for (uint32_t i = 0; i < 2 && s->around > 0.0f; ++i) {
        rig_rack_offer(rack, RIG_OUTPUT, i, outputs[i]);
        rig_rack_route(rack, i, 0, i);
    }
    rig_rack_limit(rack, 0);
    rig_rack_begin(rack, 1);
    for (uint32_t i = 0; i < s->periods; ++i) {
        const uint64_t start = test_now;
        slower = s->live * (s->disturbed && i % s->disturbed == s->disturbed - 1 ? 5.0f : 1.0f);
        const uint32_t wanted = i >= s->when && !(s->back && i >= s->when + s->back);
        rig_rack_play(rack, wanted);
        client.in = (float *)x + i * s->period;
        client.out_1 = y + i * s->period;
        rig_process(s->period, &client);
        rig_rack_meters(rack, &meters);
        took[i] = (float)(test_now - start) * 1e-9f * RATE / (float)s->period;
        settled[i] = meters.settled && meters.playing == wanted;
        if (meters.load < 0.999f * took[i]) settled[i] = 2; /* the meter left something out */
    }
    slower = 1.0f;
    rig_rack_free(rack);
    for (uint32_t i = 0; i < 2; ++i) rig_chain_free(chains[i]), rig_chain_free(outputs[i]);
    free(spare);
}
