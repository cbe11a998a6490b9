/* pan: where the sound stands between left and right. Panned, both sides together keep their power, and the middle is as it was; balanced, the far
   side gets softer and none louder (U. Zolzer, ed., DAFX, 2nd ed., 2011, ch. 5). Its width is what the sides have apart, against
   what they have in common (A. D. Blumlein, British patent 394 325, 1931). */
#include <math.h>

#include "../ramp.h"
#include "../rig_engine.h"

enum { PAN, BALANCE, WIDTH, N_PARAMS };
static const rig_param params[N_PARAMS] = {
    [PAN] = {"pan", "", "-1: left, 1: right, as loud everywhere", -1.0f, 1.0f, 0.0f, NULL},
    [BALANCE] = {"balance", "", "-1: the left side alone, 1: the right one", -1.0f, 1.0f, 0.0f, NULL},
    [WIDTH] = {"width", "", "0: both sides alike, 1: as they come, 2: further apart", 0.0f, 2.0f, 1.0f, NULL},
};

typedef struct {
    rig_glide side[2], width;
} state;

static size_t size(const rig_setup *setup) { return setup->n_arrays ? 0 : sizeof(state); }

/* The gain of the left side, or the right. */
static float side(const float *p, int right)
{
    const float pan = right ? p[PAN] : -p[PAN], balance = right ? p[BALANCE] : -p[BALANCE];
    const float panned = pan == 0.0f ? 1.0f : 1.41421356f * sinf(0.78539816f * (1.0f + pan));
    const float balanced = balance < 0.0f ? cosf(1.57079633f * balance) : 1.0f;
    return panned * (balance > -1.0f ? balanced : 0.0f);
}

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    for (int c = 0; c < 2; ++c) rig_glide_start(&s->side[c], side(setup->params, c), setup->rate);
    rig_glide_start(&s->width, setup->params[WIDTH], setup->rate);
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    (void)self, (void)p;
    return 0;
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    float *left = b->signal[0], *right = b->signal[1];
    const float to[2] = {side(b->params, 0), side(b->params, 1)};
    for (uint32_t i = 0; i < b->frames; ++i) {
        const float width = rig_glide_next(&s->width, b->params[WIDTH]), move = 0.5f * (1.0f - width) * (right[i] - left[i]);
        left[i] = (left[i] + move) * rig_glide_next(&s->side[0], to[0]);
        right[i] = (right[i] - move) * rig_glide_next(&s->side[1], to[1]);
    }
}

static void reset(void *self) { (void)self; }

const rig_engine rig_engine_pan = {
    .abi = RIG_ABI, .channels = 2, .name = "pan", .about = "from left to right, and how wide",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset,
};
