/* model_reference: a feed-forward network, one sample at a time, written to be read. No preset names it; the fast kernels are held
   to it in the tests and in the bench. Each buffer is a ring of frames; a step is carried out for one frame, row by row. */
#include <math.h>
#include <string.h>

#include "../arena.h"
#include "../network/net.h"
#include "../network/program.h"

typedef struct {
    const rig_step *is;
    const float *values[RIG_STEP_ARRAYS];
} step;

typedef struct {
    rig_program net;
    rig_store *buffers;
    rig_step *copies;
    step *steps;
    float **data;  /* each buffer's frames, `rows` floats each */
    uint64_t now;  /* frames seen */
} state;

static size_t length(const rig_store *b) { return (size_t)b->lookback + 1; }

static void *copy(rig_arena *p, const void *from, size_t bytes)
{
    void *here = rig_arena_alloc(p, bytes);
    return here && bytes ? memcpy(here, from, bytes) : here;
}

static size_t lay_out(state *s, const rig_program *n, const rig_array *array, char *base)
{
    rig_arena p = {base, 0};
    rig_arena_alloc(&p, sizeof(state));
    s->net = *n;
    s->buffers = copy(&p, n->buffers, n->n_buffers * sizeof(rig_store));
    s->copies = copy(&p, n->steps, n->n_steps * sizeof(rig_step));
    s->steps = rig_arena_alloc(&p, n->n_steps * sizeof(step));
    s->data = rig_arena_alloc(&p, n->n_buffers * sizeof(float *));
    for (uint32_t b = 0; b < n->n_buffers; ++b) {
        float *data = rig_arena_alloc(&p, length(&n->buffers[b]) * (size_t)n->buffers[b].rows * sizeof(float));
        if (base) s->data[b] = data;
    }
    for (uint32_t i = 0; i < n->n_steps; ++i) {
        if (base) s->steps[i].is = &s->copies[i];
        for (uint32_t a = 0; a < rig_step_arrays(&n->steps[i]); ++a, ++array) {
            const float *values = copy(&p, array->data, array->count * sizeof(float));
            if (base) s->steps[i].values[a] = values;
        }
    }
    return p.used;
}

static int read(rig_program *n, const rig_setup *setup)
{
    if (rig_net_kind(setup) != RIG_FEEDFORWARD || rig_net_times(setup) != 1) return 0;
    const rig_setup own = rig_net_setup(setup, 0);
    return rig_program_read(n, &own);
}

static size_t size(const rig_setup *setup)
{
    state s;
    rig_program n;
    return read(&n, setup) ? lay_out(&s, &n, setup->arrays, NULL) : 0;
}

static const char *init(void *self, const rig_setup *setup)
{
    rig_program n;
    if (!read(&n, setup)) return "its files don't make sense to it";
    lay_out(self, &n, setup->arrays, self);
    return NULL;
}

static uint32_t memory(const void *self, const float *p)
{
    (void)p;
    return ((const state *)self)->net.memory;
}

/* A buffer's rows, `back` frames ago. */
static float *frame(const state *s, int32_t buffer, uint64_t back)
{
    const rig_store *b = &s->buffers[buffer];
    return s->data[buffer] + (s->now + length(b) - back) % length(b) * (size_t)b->rows;
}

/* y += x W, with W (ins, outs); returns what comes behind W. */
static const float *add_product(float *restrict y, const float *restrict x, const float *restrict w, int32_t ins, int32_t outs)
{
    for (int32_t i = 0; i < ins; ++i, w += outs)
        for (int32_t o = 0; o < outs; ++o) y[o] += x[i] * w[o];
    return w;
}

static void convolve(const state *s, const step *t)
{
    const rig_step *is = t->is;
    float *y = frame(s, is->to, 0);
    const float *w = t->values[0], *add = is->add == RIG_NONE ? NULL : frame(s, is->add, 0);
    for (int32_t o = 0; o < is->rows; ++o) y[o] = t->values[1][o] + (add ? add[o] : 0.0f);
    for (int32_t k = 0; k < is->taps; ++k) {
        const uint64_t back = (uint64_t)(is->taps - 1 - k) * (uint64_t)is->dilation;
        w = add_product(y, frame(s, is->from, back), w, is->ins, is->rows);
    }
    if (is->extras) add_product(y, frame(s, is->extra, 0), w, is->extras, is->rows);
}

static float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }
static float softsign(float x) { return x / (1.0f + fabsf(x)); }

/* The input is scaled as rig_activation_scale() says. */
static float activated(rig_activation activation, float x, float gate, float slope)
{
    const float plain = (float)(x / rig_activation_scale(activation, 0)), second = (float)(gate / rig_activation_scale(activation, 1));
    switch (activation) {
    case RIG_TANH: return tanhf(plain);
    case RIG_SIGMOID: return sigmoid(plain);
    case RIG_SOFTSIGN: return softsign(x);
    case RIG_LEAKY: return x > 0.0f ? x : slope * x;
    case RIG_GATED: return tanhf(plain) * sigmoid(second);
    case RIG_SOFTGATED: return softsign(x) * softsign(gate);
    default: return x;
    }
}

static void activate(const state *s, const step *t)
{
    const rig_step *is = t->is;
    float *y = frame(s, is->to, 0), *head = is->how == RIG_NO_HEAD ? NULL : frame(s, is->head, 0);
    const int gated = rig_is_gated((rig_activation)is->activation);
    for (int32_t r = 0; r < is->rows; ++r) {
        const float slope = is->activation == RIG_LEAKY ? t->values[0][r] : 0.0f;
        y[r] = activated((rig_activation)is->activation, y[r], gated ? y[r + is->rows] : 0.0f, slope);
        if (is->how == RIG_DOT) head[0] += t->values[1][r] * y[r];
        if (is->how == RIG_SUM) head[r] += y[r];
    }
}

static float clip(float x, float low, float high, float low_slope, float high_slope)
{
    return x < low ? low + low_slope * (x - low) : x > high ? high + high_slope * (x - high) : x;
}

/* See rig/models/formats/network.py. p: this row's parameters, `rows` apart. */
static float bent(rig_curve curve, float x, const float *p, int32_t rows)
{
    const float a = fabsf(x);
    switch (curve) {
    case RIG_CURVE_LINEAR: return x;
    case RIG_CURVE_TANH: return tanhf(x);
    case RIG_CURVE_FASTTANH:
        return x * (2.45550750702956f + 2.45550750702956f * a + (0.893229853513558f + 0.821226666969744f * a) * x * x) /
               (2.44506634652299f + (2.44506634652299f + x * x) * fabsf(x + 0.814642734961073f * x * a));
    case RIG_CURVE_SIGMOID: return sigmoid(x);
    case RIG_CURVE_SOFTSIGN: return softsign(x);
    case RIG_CURVE_SOFTSIGMOID: return 0.5f * (1.0f + softsign(x));
    case RIG_CURVE_SILU: return x * sigmoid(x);
    case RIG_CURVE_HARDSWISH: return x * fminf(fmaxf(x + 3.0f, 0.0f), 6.0f) / 6.0f;
    case RIG_CURVE_ELU: return x > 0.0f ? x : p[0] * expm1f(x);
    default: return clip(x, p[0], p[rows], p[2 * rows], p[3 * rows]);
    }
}

static void combine(const state *s, const step *t)
{
    const rig_step *is = t->is;
    float *y = frame(s, is->to, 0) + is->to_row;
    const float *x = is->kind == RIG_BEND || is->kind == RIG_FILL ? NULL : frame(s, is->from, 0) + is->from_row;
    const float *gate = is->kind == RIG_FADE ? frame(s, is->extra, 0) + is->extra_row : NULL;
    const float *add = is->kind == RIG_ADD && is->add != RIG_NONE ? frame(s, is->add, 0) : NULL;
    for (int32_t r = 0; r < is->rows; ++r) switch (is->kind) {
        case RIG_BEND: y[r] = bent((rig_curve)is->activation, y[r], t->values[0] + r, is->rows); break;
        case RIG_FILL: y[r] = t->values[0][r]; break;
        case RIG_SCALE: y[r] = y[r] * x[r] + (is->how ? x[r + is->rows] : 0.0f); break;
        case RIG_FADE: y[r] = x[r] + gate[r] * (y[r] - x[r]); break;
        default: y[r] = x[r] + (add ? add[r] : 0.0f); break;
        }
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    float *x = b->signal[0];
    for (uint32_t i = 0; i < b->frames; ++i, ++s->now) {
        float *in = frame(s, 0, 0);
        in[0] = x[i];
        for (uint32_t k = 1; k < s->net.signals; ++k) in[k] = 0.5f;
        if (s->net.ones) in[s->net.signals] = 1.0f;
        for (const step *t = s->steps; t < s->steps + s->net.n_steps; ++t) {
            if (t->is->kind == RIG_CONV) convolve(s, t);
            else if (t->is->kind == RIG_ACTIVATE) activate(s, t);
            else combine(s, t);
        }
        x[i] = frame(s, (int32_t)s->net.output, 0)[0];
    }
}

static void reset(void *self)
{
    state *s = self;
    for (uint32_t b = 0; b < s->net.n_buffers; ++b)
        memset(s->data[b], 0, length(&s->buffers[b]) * (size_t)s->buffers[b].rows * sizeof(float));
}

const rig_engine rig_engine_model_reference = {
    .abi = RIG_ABI, .channels = 1, .name = "model_reference", .about = "the feed-forward half of the model engine, sample by sample",
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset,
};
