/* An overload in a time of its own (tests/virtual_clock.h): engines that take as long as they are told, as it goes on. */
#include "rack/rack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 48000
#define MOST 64   /* engines of an amp */
#define REACH 8192

uint64_t test_now;
static float slower = 1.0f; /* than it has been told */

/* Makes its input louder or softer, and adds what came `memory` frames ago, or an echo that rings on. */
enum { LOAD, GAIN, MEMORY, RINGS, BREAKS, ANEW, N_PARAMS };
typedef struct {
    uint32_t at, memory, rings, played;
    float anew; /* ms that beginning anew takes */
    float past[REACH];
} state;

static size_t size(const rig_setup *setup) { (void)setup; return sizeof(state); }
static const char *init(void *self, const rig_setup *setup)
{
    ((state *)self)->memory = (uint32_t)setup->params[MEMORY];
    ((state *)self)->rings = setup->params[RINGS] > 0.0f;
    ((state *)self)->anew = setup->params[ANEW];
    return NULL;
}
static uint32_t memory(const void *self, const float *p) { (void)p; return ((const state *)self)->rings ? 0 : ((const state *)self)->memory; }
static uint32_t tail(const void *self, const float *p) { (void)p; return ((const state *)self)->rings ? 4 * RATE : 0; }
static void reset(void *self)
{
    state *s = self;
    memset(s->past, 0, sizeof s->past);
    s->played = 0;
    test_now += (uint64_t)(slower * 1e6f * s->anew);
}
static void process(void *self, const rig_block *b)
{
    state *s = self;
    for (uint32_t i = 0; i < b->frames; ++i) {
        const float x = b->signal[0][i], past = s->memory ? s->past[s->at] : 0.0f;
        b->signal[0][i] = b->params[GAIN] * x + 0.1f * past;
        s->past[s->at] = s->rings ? b->signal[0][i] : x;
        if (++s->at >= s->memory) s->at = 0;
    }
    s->played += b->frames;
    if (b->params[BREAKS] > 0.0f && (float)s->played >= b->params[BREAKS]) b->signal[0][b->frames - 1] = NAN;
    test_now += (uint64_t)(slower * b->params[LOAD] * 1e9f / RATE * (float)b->frames);
}

static const rig_param knobs[] = {{"load", "", "share of a core", 0.0f, 99.0f, 0.1f, NULL}, {"gain", "", "", -9.0f, 9.0f, 1.0f, NULL},
                                  {"memory", "", "frames", 0.0f, REACH, 0.0f, NULL}, {"rings", "", "", 0.0f, 1.0f, 0.0f, NULL},
                                  {"breaks", "", "after so many frames", 0.0f, 1e6f, 0.0f, NULL},
                                  {"anew", "ms", "that beginning anew takes", 0.0f, 1e3f, 0.0f, NULL}};
static const rig_engine engine = {.abi = RIG_ABI, .channels = 1, .name = "load", .n_params = N_PARAMS, .params = knobs, .size = size,
                                  .init = init, .process = process, .reset = reset, .memory = memory, .tail = tail};

/* params: N_PARAMS an engine. live: how many times dearer it is than while it was made. */
rig_chain *test_chain(uint32_t n, const float *params, float live)
{
    const rig_engine *engines[MOST];
    rig_setup setups[MOST];
    rig_mount mounts[MOST];
    uint32_t which;
    const char *why;
    for (uint32_t i = 0; i < n; ++i) {
        engines[i] = &engine;
        setups[i] = (rig_setup){.rate = RATE, .params = params + i * N_PARAMS};
        mounts[i] = (rig_mount){.fade = RATE / 100, .gain_in = 1.0f, .gain_out = 1.0f};
    }
    rig_chain *chain = rig_chain_new(n, engines, setups, mounts, 1, &which, &why);
    slower = 1.0f / live;
    rig_chain_prewarm(chain);
    slower = 1.0f;
    return chain;
}

static void *buffer(void *port, uint32_t frames) { (void)frames; return port; }

/* Runs a number of periods; slow: how much slower the machine is. took: the share of each; relief: what was done after each;
   left_out: bits of the first engines of a chain that are. */
void test_run(rig_rack *rack, rig_chain *chain, uint32_t n, float slow, uint32_t period, uint32_t periods, const float *x, float *y,
              float *took, uint32_t *relief, uint64_t *left_out, uint32_t *tails)
{
    float *const spare = malloc(2 * period * sizeof(float));
    rig_client client = {.rack = rack, .get_buffer = buffer, .out_2 = spare, .di = spare + period};
    rig_meters meters;
    slower = slow;
    for (uint32_t i = 0; i < periods; ++i) {
        const uint64_t start = test_now;
        client.in = (float *)x + i * period;
        client.out_1 = y + i * period;
        rig_process(period, &client);
        rig_rack_meters(rack, &meters);
        took[i] = (float)(test_now - start) * 1e-9f * RATE / (float)period;
        relief[i] = meters.relief;
        *tails = meters.tails_ended;
        left_out[i] = 0;
        for (uint32_t u = 0; u < n; ++u) left_out[i] |= (uint64_t)(rig_chain_left_out(chain, u) == RIG_UNIT_SHED) << u;
    }
    slower = 1.0f;
    free(spare);
}
