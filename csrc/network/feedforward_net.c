/* Plays a feed-forward network, a block at a time. CONTRIBUTING.md has a picture of how the rows lie in memory. */
#include <string.h>

#include "../ramp.h"
#include "buffer.h"
#include "net.h"
#include "program.h"

/* A step with its buffers found and its arrays kept. */
typedef struct {
    rig_step is;
    rig_buffer *to, *from, *extra, *add, *head;
    rig_conv conv;
    int32_t *places;
    rig_taps taps, extras; /* what a convolution hears of `from` and of `extra`: together in `places` */
    const float *values[RIG_STEP_ARRAYS];
    int joined; /* with the two steps after it: a layer in one go */
} step;

typedef struct {
    const rig_kernels *kernels;
    rig_ramp knobs[RIG_NET_KNOBS];
    uint32_t memory, n_knobs, ones, n_buffers, n_steps;
    rig_buffer *buffers, *output;
    step *steps;
} state;

/* For the taps and behind them, where by fours more is written. */
static size_t room_for_taps(const rig_step *is) { return rig_step_ins(is) + 4; }

/* Where everything lies. With no base, counts the bytes. */
static size_t lay_out(state *s, const rig_program *n, const rig_array *array, char *base)
{
    rig_arena p = {base, 0};
    rig_arena_alloc(&p, sizeof(state));
    s->buffers = rig_arena_alloc(&p, n->n_buffers * sizeof(rig_buffer));
    s->steps = rig_arena_alloc(&p, n->n_steps * sizeof(step));
    for (uint32_t b = 0; b < n->n_buffers; ++b) {
        const rig_buffer made = rig_take_buffer(&p, (uint32_t)n->buffers[b].rows, (uint32_t)n->buffers[b].lookback);
        if (base) s->buffers[b] = made;
    }
    for (uint32_t i = 0; i < n->n_steps; ++i) {
        const rig_step *is = &n->steps[i];
        int32_t *places = rig_arena_alloc(&p, is->kind == RIG_CONV ? 3 * room_for_taps(is) * sizeof(int32_t) : 0);
        if (base) s->steps[i].places = places;
        for (uint32_t a = 0; a < rig_step_arrays(is); ++a, ++array) {
            float *values = rig_arena_alloc(&p, array->count * sizeof(float));
            if (base) s->steps[i].values[a] = values;
        }
    }
    return p.used;
}

static size_t size(const rig_setup *setup)
{
    state s;
    rig_program n;
    const size_t bytes = rig_program_read(&n, setup) ? lay_out(&s, &n, setup->arrays, NULL) : 0;
    return bytes < INT32_MAX ? bytes : 0; /* places in it are counted so far */
}

static rig_buffer *find(const state *s, int32_t index) { return index == RIG_NONE ? NULL : &s->buffers[index]; }

static void prepare_conv(const state *s, step *t)
{
    const rig_step *is = &t->is;
    const uint32_t all = rig_step_ins(is), heard = all - (uint32_t)is->extras;
    const size_t room = room_for_taps(is);
    t->conv = (rig_conv){all, (uint32_t)is->rows, t->values[0], t->values[1]};
    t->taps = (rig_taps){t->from, 0, t->places, t->places + room, t->places + 2 * room};
    rig_taps_fill(&t->taps, (const char *)s, (uint32_t)is->ins, (uint32_t)is->taps, (uint32_t)is->dilation);
    if (!t->extra) return;
    t->extras = (rig_taps){t->extra, 0, t->taps.back + heard, t->taps.row + heard, t->taps.first + heard};
    rig_taps_fill(&t->extras, (const char *)s, (uint32_t)is->extras, 1, 0);
}

static void find_buffers(const state *s, step *step, const rig_step *is)
{
    step->is = *is;
    step->to = find(s, is->to);
    step->from = find(s, is->kind == RIG_ACTIVATE || is->kind == RIG_BEND || is->kind == RIG_FILL ? RIG_NONE : is->from);
    step->extra = find(s, is->kind == RIG_CONV || is->kind == RIG_FADE ? is->extra : RIG_NONE);
    step->add = find(s, is->kind == RIG_CONV || is->kind == RIG_ADD ? is->add : RIG_NONE);
    step->head = find(s, is->kind == RIG_ACTIVATE && is->how != RIG_NO_HEAD ? is->head : RIG_NONE);
    if (is->kind == RIG_CONV) prepare_conv(s, step);
}

/* (in, out) to (out, in). */
static void transpose(const float *weights, uint32_t ins, uint32_t outs, float *turned)
{
    for (uint32_t o = 0; o < outs; ++o)
        for (uint32_t i = 0; i < ins; ++i) *turned++ = weights[(size_t)i * outs + o];
}

/* Copies a step's arrays; returns those that come next. onward: it is the 1x1 of a layer in one go. */
static const rig_array *copy_arrays(const state *s, const step *step, int onward, const rig_array *array)
{
    for (uint32_t a = 0; a < rig_step_arrays(&step->is); ++a, ++array) {
        float *values = (float *)step->values[a];
        if (step->is.kind == RIG_CONV && a == 0)
            (onward ? transpose : s->kernels->pack)(array->data, step->conv.ins, step->conv.outs, values);
        else if (array->count)
            memcpy(values, array->data, array->count * sizeof(float));
    }
    return array;
}

static void prepare(state *s, const rig_program *n, const rig_array *array)
{
    for (uint32_t i = 0; i < n->n_steps; ++i) {
        step *t = &s->steps[i];
        const int onward = i >= 2 && t[-2].joined;
        find_buffers(s, t, &n->steps[i]);
        t->joined = !onward && rig_program_joins(n, i) &&
                    s->kernels->fits((rig_activation)n->steps[i + 1].activation, t->conv.outs);
        array = copy_arrays(s, t, onward, array);
    }
}

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    rig_program n;
    if (!rig_program_read(&n, setup)) return "its files don't make sense to it";
    if (n.signals > 1 + RIG_NET_KNOBS) return "the model has more knobs than it can turn";
    lay_out(s, &n, setup->arrays, self);
    s->kernels = rig_kernels_now();
    s->memory = n.memory;
    s->n_knobs = n.signals - 1, s->ones = n.ones;
    s->n_buffers = n.n_buffers, s->n_steps = n.n_steps;
    s->output = &s->buffers[n.output];
    for (uint32_t k = 0; k < RIG_NET_KNOBS; ++k) rig_ramp_start(&s->knobs[k], setup->params[k]);
    prepare(s, &n, setup->arrays);
    return NULL;
}

static uint32_t knobs(const void *self) { return ((const state *)self)->n_knobs; }

static uint32_t memory(const void *self) { return ((const state *)self)->memory; }

static rig_head head_of(const step *t) { return (rig_head){(rig_head_kind)t->is.how, t->values[1], rig_rows_of(t->head, 0)}; }

static void convolve(const state *s, step *t, uint32_t frames)
{
    rig_buffer_mirror(t->from, frames);
    rig_taps_find(&t->taps);
    if (t->extra) rig_taps_find(&t->extras);
    if (!t->joined) {
        s->kernels->conv(&t->conv, s, t->taps.first, rig_rows_of(t->add, 0), rig_rows_of(t->to, 0), frames);
        return;
    }
    const step *act = t + 1, *mix = t + 2;
    const rig_onward onward = {(rig_activation)act->is.activation, act->values[0], head_of(act), mix->conv.outs,
                               mix->conv.weights, mix->conv.bias, rig_rows_of(mix->add, 0), rig_rows_of(mix->to, 0)};
    s->kernels->layer(&t->conv, s, t->taps.first, &onward, frames);
}

/* One row of a step that is a sum or a product. w: what is added, shifts or fades, or NULL. */
static void combine_row(rig_step_kind kind, float *y, const float *x, const float *w, uint32_t frames)
{
    if (kind == RIG_FADE)
        for (uint32_t i = 0; i < frames; ++i) y[i] = x[i] + w[i] * (y[i] - x[i]);
    else if (kind == RIG_SCALE && w)
        for (uint32_t i = 0; i < frames; ++i) y[i] = y[i] * x[i] + w[i];
    else if (kind == RIG_SCALE)
        for (uint32_t i = 0; i < frames; ++i) y[i] *= x[i];
    else if (w)
        for (uint32_t i = 0; i < frames; ++i) y[i] = x[i] + w[i];
    else
        memcpy(y, x, frames * sizeof(float));
}

/* The steps that few models have; the compiler makes vectors of them. */
static void combine(step *t, uint32_t frames)
{
    const rig_step *is = &t->is;
    const rig_rows to = rig_rows_of(t->to, is->to_row), from = rig_rows_of(t->from, is->from_row);
    rig_rows with = is->kind == RIG_FADE ? rig_rows_of(t->extra, is->extra_row) : rig_rows_of(t->add, 0);
    if (is->kind == RIG_SCALE && is->how) with = rig_rows_of(t->from, is->from_row + is->rows);
    for (size_t r = 0; r < (size_t)is->rows; ++r)
        combine_row((rig_step_kind)is->kind, to.at + r * to.stride, from.at + r * from.stride,
                    with.at ? with.at + r * with.stride : NULL, frames);
}

static void fill(step *t, uint32_t frames)
{
    const rig_rows to = rig_rows_of(t->to, t->is.to_row);
    for (int32_t r = 0; r < t->is.rows; ++r)
        for (uint32_t i = 0; i < frames; ++i) to.at[(size_t)r * to.stride + i] = t->values[0][r];
}

/* Returns the step that comes next. */
static step *run(const state *s, step *t, uint32_t frames)
{
    const rig_kernels *k = s->kernels;
    const uint32_t rows = (uint32_t)t->is.rows;
    switch (t->is.kind) {
    case RIG_CONV: convolve(s, t, frames); break;
    case RIG_ACTIVATE: {
        const rig_head head = head_of(t);
        k->activate((rig_activation)t->is.activation, rows, t->values[0], rig_rows_of(t->to, 0), &head, frames);
        break;
    }
    case RIG_BEND: k->bend((rig_curve)t->is.activation, rows, t->values[0], rig_rows_of(t->to, t->is.to_row), frames); break;
    case RIG_FILL: fill(t, frames); break;
    default: combine(t, frames);
    }
    return t->joined ? t + 3 : t + 1;
}

/* The guitar, the knobs and the row of ones, into buffer 0. */
static void hear(state *s, const float *p, const float *signal, uint32_t frames)
{
    const rig_rows in = rig_rows_of(&s->buffers[0], 0);
    memcpy(in.at, signal, frames * sizeof(float));
    for (uint32_t k = 0; k < s->n_knobs; ++k) {
        float *row = in.at + (k + 1) * in.stride;
        rig_ramp_aim(&s->knobs[k], p[k], frames);
        for (uint32_t i = 0; i < frames; ++i) row[i] = rig_ramp_next(&s->knobs[k]);
    }
    for (uint32_t i = 0; s->ones && i < frames; ++i) in.at[(s->n_knobs + 1) * in.stride + i] = 1.0f;
}

static void process(void *self, const float *p, float *signal, uint32_t frames)
{
    state *s = self;
    hear(s, p, signal, frames);
    for (step *t = s->steps, *end = t + s->n_steps; t < end;) t = run(s, t, frames);
    memcpy(signal, rig_rows_of(s->output, 0).at, frames * sizeof(float));
    for (rig_buffer *b = s->buffers, *end = b + s->n_buffers; b < end; ++b) rig_buffer_move_on(b, frames);
}

/* Silence for ever, found in the time of a block: all that a step hears has been constant, so one frame tells it. */
static void reset(void *self)
{
    state *s = self;
    const rig_rows in = rig_rows_of(&s->buffers[0], 0);
    in.at[0] = 0.0f;
    for (uint32_t k = 0; k < s->n_knobs; ++k) in.at[(k + 1) * in.stride] = s->knobs[k].target;
    if (s->ones) in.at[(s->n_knobs + 1) * in.stride] = 1.0f;
    rig_buffer_settle(&s->buffers[0]);
    for (step *t = s->steps, *end = t + s->n_steps; t < end;)
        for (const step *next = run(s, t, 1); t < next; ++t) {
            rig_buffer_settle(t->to);
            if (t->head) rig_buffer_settle(t->head);
        }
}

const rig_net rig_feedforward_net = {size, init, knobs, memory, process, reset};
