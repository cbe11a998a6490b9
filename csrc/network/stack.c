#include "stack.h"

#include <string.h>

#define STACK_UNITS 32 /* wider stacks gain nothing: they have enough to do side by side */
#define FEW_INPUTS 4   /* are taken in frame by frame; for more, the whole block's share of the sums is made beforehand */

uint32_t rig_stack_count(const rig_setup *setup, uint32_t index)
{
    uint32_t count = 0;
    uint64_t units = 0;
    for (; index + count < rig_layers(setup) && count < RIG_STACKED; ++count) {
        const rig_layer layer = rig_layer_at(setup, index + count);
        units += layer.outs;
        if (layer.kind != RIG_LSTM || units > STACK_UNITS) break;
    }
    return count ? count : 1;
}

/* What the units [at, end) hear: their own layers' and those below, from the first such unit to the last. */
static void find_heard(const rig_stack *s, rig_group *g, uint32_t at, uint32_t end)
{
    g->first = s->first[s->layers];
    for (uint32_t l = 0; l < s->layers; ++l) {
        if (s->first[l + 1] <= at || s->first[l] >= end) continue;
        const uint32_t first = s->first[l ? l - 1 : 0];
        if (first < g->first) g->first = first;
        g->end = s->first[l + 1];
    }
}

static void take_groups(rig_stack *s, rig_arena *p)
{
    const rig_recurrent *k = s->kernels;
    const uint32_t vectors = (uint32_t)(s->width / k->lanes);
    rig_group *groups = rig_arena_alloc(p, (vectors + k->most - 1) / k->most * sizeof(rig_group));
    for (uint32_t v = 0; v < vectors; v += k->most) {
        rig_group g = {.at = v * k->lanes, .vectors = vectors - v < k->most ? vectors - v : k->most};
        find_heard(s, &g, g.at, g.at + g.vectors * k->lanes);
        g.weights = rig_arena_floats(p, (size_t)(g.end - g.first) * rig_gates(s->kind) * g.vectors * k->lanes);
        if (groups) groups[s->cells.n_groups] = g;
        ++s->cells.n_groups;
    }
    s->cells.groups = groups;
}

static void find_layers(rig_stack *s, const rig_setup *setup, uint32_t index)
{
    s->layers = rig_stack_count(setup, index);
    for (uint32_t l = 0; l < s->layers; ++l)
        s->first[l + 1] = s->first[l] + rig_layer_at(setup, index + l).outs;
}

rig_stack rig_stack_take(rig_arena *p, rig_arena *memory, const rig_setup *setup, uint32_t index)
{
    const rig_recurrent *k = rig_recurrent_now();
    const rig_layer layer = rig_layer_at(setup, index);
    rig_stack s = {.kernels = k, .kind = layer.kind, .stretch = (uint32_t)setup->ints[0]};
    find_layers(&s, setup, index);
    s.width = (s.first[s.layers] + k->lanes - 1) / k->lanes * k->lanes;
    s.sums_width = s.width * rig_gates(s.kind);
    float *weights = rig_arena_floats(p, layer.ins * s.sums_width);
    s.input = (rig_affine){1, layer.ins, (uint32_t)s.sums_width, weights, rig_arena_floats(p, s.sums_width)};
    s.cells = (rig_cells){.gates = rig_gates(s.kind), .width = s.sums_width, .bias = rig_arena_floats(p, s.width)};
    if (layer.ins <= FEW_INPUTS) s.cells.ins = layer.ins, s.cells.input = weights;
    take_groups(&s, p);
    const size_t rows = RIG_BLOCK + (s.layers - 1) * s.stretch;
    s.sums = s.cells.ins ? NULL : rig_arena_floats(p, rows * s.sums_width);
    s.rows = rig_arena_floats(p, (s.stretch + rows) * s.width);
    s.saved = rig_arena_floats(p, s.width);
    s.hidden = rig_arena_floats(memory, s.stretch * s.width);
    s.cell = rig_arena_floats(memory, s.stretch * s.width);
    return s;
}

/* One unit's gate: where it stands among the sums, and its weights among its group's. */
typedef struct {
    const rig_group *group;
    size_t sum;     /* in a row of sums */
    float *weights; /* for the group's first heard unit */
    size_t stride;  /* to those for the next */
    double scale;
} seat;

static seat find_seat(const rig_stack *s, uint32_t unit, uint32_t gate)
{
    const uint32_t lanes = s->kernels->lanes, gates = rig_gates(s->kind);
    const rig_group *g = s->cells.groups;
    while (unit >= g->at + g->vectors * lanes) ++g;
    const size_t within = gate * g->vectors * lanes + unit - g->at;
    return (seat){g, gates * g->at + within, (float *)g->weights + within, gates * g->vectors * lanes,
                  gate == 2 ? RIG_TANH_SCALE : RIG_SIGMOID_SCALE};
}

/* Weights from units [from, from + count) of the frame before, or from the input where the layer is the first. */
static void fill_weights(const seat *a, const float *weights, size_t step, uint32_t from, uint32_t count)
{
    for (uint32_t i = 0; i < count; ++i)
        a->weights[(from + i - a->group->first) * a->stride] = (float)(a->scale * weights[i * step]);
}

static void fill_gate(rig_stack *s, const rig_layer *layer, uint32_t l, uint32_t unit, uint32_t gate)
{
    const rig_array *a = layer->arrays;
    const size_t wide = layer->outs * rig_gates(s->kind), at = gate * layer->outs + unit;
    const seat here = find_seat(s, s->first[l] + unit, gate);
    const double heard = s->kind == RIG_GRU ? a[RIG_RECURRENT_BIAS].data[at] : 0.0;
    const int apart = s->kind == RIG_GRU && gate == 2; /* behind the reset gate */
    ((float *)s->input.bias)[here.sum] = (float)(here.scale * (a[RIG_BIAS].data[at] + (apart ? 0.0 : heard)));
    if (apart) ((float *)s->cells.bias)[s->first[l] + unit] = (float)(here.scale * heard);
    fill_weights(&here, a[RIG_RECURRENT].data + at, wide, s->first[l], layer->outs);
    if (l) fill_weights(&here, a[RIG_KERNEL].data + at, wide, s->first[l - 1], layer->ins);
    else
        for (uint32_t i = 0; i < layer->ins; ++i)
            ((float *)s->input.weights)[i * s->sums_width + here.sum] = (float)(here.scale * a[RIG_KERNEL].data[i * wide + at]);
}

/* Where the file says that it starts. */
static void fill_state(rig_stack *s, const rig_layer *layer, uint32_t l)
{
    const float *hidden = layer->arrays[s->kind == RIG_GRU ? RIG_GRU_HIDDEN : RIG_HIDDEN].data;
    for (uint32_t turn = 0; turn < s->stretch; ++turn)
        for (uint32_t i = 0; i < layer->outs; ++i) {
            const size_t at = turn * s->width + s->first[l] + i;
            s->hidden[at] = hidden[i];
            if (s->kind == RIG_LSTM) s->cell[at] = (float)(RIG_TANH_SCALE * layer->arrays[RIG_CELL].data[i]);
        }
}

void rig_stack_fill(rig_stack *s, const rig_setup *setup, uint32_t index)
{
    for (uint32_t l = 0; l < s->layers; ++l) {
        const rig_layer layer = rig_layer_at(setup, index + l);
        for (uint32_t unit = 0; unit < layer.outs; ++unit)
            for (uint32_t gate = 0; gate < rig_gates(s->kind); ++gate) fill_gate(s, &layer, l, unit, gate);
        fill_state(s, &layer, l);
    }
}

/* --- a block -------------------------------------------------------------------------------------------------------------- */

/* One of the networks that take turns. Its first frame is `out`, and `stride` apart from the next. */
typedef struct {
    rig_input in;
    float *cell, *out;
    size_t stride;
} lane;

static void run_cells(const rig_stack *s, const lane *l, uint32_t at, uint32_t frames)
{
    rig_input in = l->in;
    in.sums += at * in.sums_stride;
    in.x += at * in.x_stride;
    (s->kind == RIG_GRU ? s->kernels->gru : s->kernels->lstm)(&s->cells, &in, l->cell, l->out + at * l->stride, l->stride, frames);
}

/* One step at the beginning or at the end of a block, where only the layers [begin, end) have a frame to work on: the others
   are put back to where they were. There is no input behind the end of a block, and what lies there may be no number. */
static void run_some(const rig_stack *s, const lane *l, uint32_t at, uint32_t begin, uint32_t end)
{
    static const float silence[FEW_INPUTS];
    lane some = *l;
    if (begin) some.in.x = silence, some.in.x_stride = 0;
    const size_t low = s->first[begin], high = end == s->layers ? s->width : s->first[end];
    float *row = l->out + at * l->stride;
    const float *before = row - l->stride;
    memcpy(s->saved, l->cell, s->width * sizeof(float));
    run_cells(s, &some, at, 1);
    memcpy(l->cell, s->saved, low * sizeof(float));
    memcpy(row, before, low * sizeof(float));
    memcpy(l->cell + high, s->saved + high, (s->width - high) * sizeof(float));
    memcpy(row + high, before + high, (s->width - high) * sizeof(float));
}

static void run_lane(const rig_stack *s, const lane *l, uint32_t frames)
{
    const uint32_t last = s->layers - 1;
    for (uint32_t at = 0, n; at < frames + last; at += n) {
        n = at >= last && at < frames ? frames - at : 1;
        if (at >= last && at < frames) run_cells(s, l, at, n);
        else run_some(s, l, at, at < frames ? 0 : at - frames + 1, at < last ? at + 1 : s->layers);
    }
}

/* Keeps the last frames' units. A layer's are as many turns late as there are layers below it. */
static void keep_hidden(rig_stack *s, uint32_t frames)
{
    for (uint32_t i = 0; i < s->stretch; ++i)
        for (uint32_t l = 0; l < s->layers; ++l) {
            const uint32_t late = frames + i < s->stretch ? 0 : l * s->stretch;
            const size_t first = s->first[l], end = l + 1 == s->layers ? s->width : s->first[l + 1];
            memcpy(s->hidden + i * s->width + first, s->rows + (frames + i + late) * s->width + first,
                   (end - first) * sizeof(float));
        }
}

/* What the input makes of the first layer's gates, for the whole block; the other layers have just their biases. */
static void run_input(const rig_stack *s, rig_frames from, uint32_t frames)
{
    const float *in = from.at + from.first;
    s->kernels->affine(&s->input, &in, from.stride, s->sums, s->sums_width, frames);
    for (uint32_t i = 0; i < (s->layers - 1) * s->stretch; ++i)
        memcpy(s->sums + (frames + i) * s->sums_width, s->input.bias, s->sums_width * sizeof(float));
}

void rig_stack_run(rig_stack *s, rig_frames from, uint32_t turn, uint32_t frames)
{
    const size_t k = s->stretch, sums_stride = s->cells.ins ? 0 : s->sums_width;
    if (!s->cells.ins) run_input(s, from, frames);
    memcpy(s->rows, s->hidden, k * s->width * sizeof(float));
    for (uint32_t i = 0; i < k && i < frames; ++i) {
        const rig_input in = {sums_stride ? s->sums + i * sums_stride : s->input.bias, from.at + i * from.stride + from.first,
                              k * sums_stride, k * from.stride};
        const lane l = {in, s->cell + (turn + i) % k * s->width, s->rows + (k + i) * s->width, k * s->width};
        run_lane(s, &l, (uint32_t)((frames - i + k - 1) / k));
    }
    keep_hidden(s, frames);
}
