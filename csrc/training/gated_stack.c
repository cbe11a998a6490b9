/* Signals are rows, as in network/kernels: [channel][time], a vector holds frames and weights are broadcast, so that the
   convolutions that play are those that learn. A layer is worked through block by block; for several threads its time is cut into
   parts. Who is free takes the next part of a phase, its own first, and the next phase begins when all parts are done: a thread that
   comes late keeps nobody waiting. Which thread did what changes no bit: each part has sums of its own.

   A row is longer than what it holds by a vector, and what lies there is 0: sums over time go in whole vectors. */
#include "gated_stack.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "crew.h"
#include "learning.h"

enum { KERNEL, BIAS, MIX, MIX_BIAS, OUTPUT, WEIGHTS };

#define BLOCK 512u /* frames */
#define BLOCK_PITCH (BLOCK + 3 * RIG_PAD)
#define LINE 16u /* floats in a cache line */
#define MOST_BYTES 2000000000u /* from the first of a convolution's rows to the last */
#define PATIENCE 2000 /* looks at a phase before others may have the processor */
#define PARTS 2 /* for each thread, where there are several */

/* What a layer reads and writes. rows: that it makes, of rows + shift. in, gates: where their rows begin in the room. */
typedef struct {
    uint32_t rows, stride, shift, start;
    size_t in, in_pitch, gates, gates_pitch;
} place;

/* A layer's weights as the convolutions take them: on the way there, and on the way back from the gates to the input and from the
   output to the activation. */
typedef struct {
    float *conv, *bias, *mix, *d_gates, *d_product;
} packed;

/* What one thread works with. */
typedef struct {
    int32_t *ins;
    const float **rows;
    float *product, *d_product; /* (channels, BLOCK_PITCH) */
} bench;

typedef struct task {
    const rig_gated_stack *s;
    const rig_kernels *k;
    const rig_learning *l;
    place *places;
    packed *packed;
    uint32_t phases, parts;
    void (*work)(struct task *t, bench *b, uint32_t phase, uint32_t part);
    atomic_uint *taken, *done; /* (phases, parts): whether somebody has it; (phases): parts that are over */
    bench *benches;
    float *room, *input, *zeros, *ones;
    float *skip;              /* the sum of all skips, or its gradient: as many rows as the first layer makes */
    float *gradient[2], *d_z; /* gradient: of a layer's input and of its output, in turns */
    size_t gradient_pitch;    /* of d_z, too */
    float *sums;              /* (parts), each of a layer, lane by lane */
    float *gradients;         /* of all layers: each one's kernel with its bias as the last row, its output as a column before its mix
                                 with that one's bias as the last row; then of the input, the same way */
} task;

/* Odd in cache lines: the rows of a column would all want the same place in the cache. */
static size_t pitch_of(size_t rows) { return ((rows + RIG_PAD + LINE - 1) / LINE | 1) * LINE; }

static size_t kernel_sums(const rig_gated_stack *s) { return (s->taps * (size_t)s->channels + 1) * 2 * s->channels; }

static size_t mix_sums(const rig_gated_stack *s) { return (s->channels + 1) * (size_t)(s->channels + 1); }

static size_t input_sums(const rig_gated_stack *s) { return (s->inputs + 1) * (size_t)s->channels; }

static size_t layer_sums(const rig_gated_stack *s) { return kernel_sums(s) + mix_sums(s); }

static size_t most_of(size_t a, size_t b) { return a > b ? a : b; }

/* Where everything lies; returns the floats that it takes. x comes first. */
static size_t lay_out(const rig_gated_stack *s, place *places)
{
    size_t in[2] = {0}, gates = 0, next = s->inputs * pitch_of(s->rows);
    uint32_t rows = s->rows;
    for (uint32_t i = 0; i < s->layers; ++i) {
        const uint32_t shift = (s->taps - 1) * s->strides[i], start = s->from_rest ? shift : 0, made = rows + start - shift;
        places[i] = (place){.rows = made, .stride = s->strides[i], .shift = shift, .start = start};
        places[i].in_pitch = pitch_of((size_t)rows + start);
        places[i].gates_pitch = pitch_of(made);
        rows = made;
    }
    if (!s->keep) { /* two places in turns */
        size_t most = 0;
        for (uint32_t i = 0; i < s->layers; ++i) most = most_of(most, places[i].in_pitch);
        in[0] = next, in[1] = next + s->channels * most, gates = next + 2 * s->channels * most;
        for (uint32_t i = 0; i < s->layers; ++i) places[i].in = in[i % 2], places[i].gates = gates;
        for (uint32_t i = 0; i < s->layers; ++i) next = most_of(next, gates + 2 * s->channels * places[i].gates_pitch);
        return next;
    }
    for (uint32_t i = 0; i < s->layers; ++i) {
        places[i].in = next, next += s->channels * places[i].in_pitch;
        places[i].gates = next, next += 2 * s->channels * places[i].gates_pitch;
    }
    return next;
}

size_t rig_gated_room(const rig_gated_stack *s)
{
    place *places = malloc(s->layers * sizeof *places);
    const size_t floats = places ? lay_out(s, places) : 0;
    size_t widest = 0;
    for (uint32_t i = 0; places && i < s->layers; ++i) widest = most_of(widest, places[i].in_pitch + 2 * (size_t)places[i].shift);
    free(places);
    return 2 * s->channels * (widest + LINE) * sizeof(float) < MOST_BYTES ? floats : 0;
}

/* The frame that a part of so many rows begins with: whole lines, so that no thread writes into another's. */
static uint32_t part_at(const task *t, uint32_t part, uint32_t rows)
{
    return part == t->parts ? rows : (uint32_t)((uint64_t)rows * part / t->parts) / LINE * LINE;
}

static int last_part(const task *t, uint32_t part) { return part + 1 == t->parts; }

static uint32_t block_of(uint32_t at, uint32_t end) { return end - at < BLOCK ? end - at : BLOCK; }

static void clear_rows(float *rows, size_t pitch, uint32_t count, size_t floats)
{
    for (uint32_t i = 0; i < count; ++i) memset(rows + i * pitch, 0, floats * sizeof(float));
}

/* --- weights -------------------------------------------------------------------------------------------------------------- */

/* tap, in -> half, out, scaled for the activation. */
static void pack_forward(const task *t, const float *const *w, packed *p, float *plain)
{
    const uint32_t c = t->s->channels, taps = t->s->taps;
    for (uint32_t half = 0; half < 2; ++half) {
        const float scale = (float)rig_activation_scale(RIG_GATED, (int)half);
        for (uint32_t o = 0; o < c; ++o) p->bias[half * c + o] = scale * w[BIAS][half * c + o];
        for (uint32_t i = 0; i < taps * c; ++i)
            for (uint32_t o = 0; o < c; ++o) plain[(size_t)i * 2 * c + half * c + o] = scale * w[KERNEL][((size_t)half * taps * c + i) * c + o];
    }
    t->k->pack(plain, taps * c, 2 * c, p->conv);
    t->k->pack(w[MIX], c, c, p->mix);
}

/* tap, half, out -> in; and from what a layer gives to its activation: the rows of h, after the one of the skip. on: not the
   last layer, whose rows nobody hears. */
static void pack_backward(const task *t, const float *const *w, packed *p, float *plain, int on)
{
    const uint32_t c = t->s->channels, taps = t->s->taps;
    for (uint32_t tap = 0; tap < taps; ++tap)
        for (uint32_t half = 0; half < 2; ++half)
            for (uint32_t o = 0; o < c; ++o)
                for (uint32_t i = 0; i < c; ++i)
                    plain[(((size_t)tap * 2 + half) * c + o) * c + i] = w[KERNEL][(((size_t)half * taps + tap) * c + i) * c + o];
    t->k->pack(plain, taps * 2 * c, c, p->d_gates);
    for (uint32_t i = 0; i < c; ++i) {
        plain[i] = w[OUTPUT][i];
        for (uint32_t o = 0; o < c; ++o) plain[(size_t)(1 + o) * c + i] = w[MIX][(size_t)i * c + o];
    }
    t->k->pack(plain, 1 + (uint32_t)on * c, c, p->d_product);
}

/* --- forward -------------------------------------------------------------------------------------------------------------- */

/* The rows that a layer reads begin here; the last one's make none. */
static float *input_rows(const task *t, uint32_t layer) { return t->room + t->places[layer].in; }

/* The first phase: the input; then one for each layer. */
static void input_part(task *t, bench *b, uint32_t part)
{
    const rig_gated_stack *s = t->s;
    const place *p = t->places;
    const uint32_t c = s->channels, end = part_at(t, part + 1, s->rows);
    const size_t x_pitch = pitch_of(s->rows);
    for (uint32_t i = 0; i < s->inputs; ++i) b->ins[i] = (int32_t)(i * x_pitch * sizeof(float));
    if (part == 0) clear_rows(input_rows(t, 0), p->in_pitch, c, p->start);
    for (uint32_t at = part_at(t, part, s->rows), n; at < end; at += n) {
        n = block_of(at, end);
        const rig_conv conv = {s->inputs, c, t->input, s->input_bias};
        t->k->conv(&conv, t->room + at, b->ins, (rig_rows){0}, (rig_rows){input_rows(t, 0) + p->start + at, p->in_pitch}, n);
    }
    if (last_part(t, part)) clear_rows(input_rows(t, 0) + p->start + s->rows, p->in_pitch, c, RIG_PAD);
}

static void layer_part(task *t, bench *b, uint32_t i, uint32_t part)
{
    const rig_gated_stack *s = t->s;
    const place *p = t->places + i;
    const uint32_t c = s->channels, on = i + 1 < s->layers, end = part_at(t, part + 1, p->rows);
    const packed *w = t->packed + i;
    int32_t *to_product = b->ins + s->taps * c;
    for (uint32_t tap = 0; tap < s->taps; ++tap)
        for (uint32_t in = 0; in < c; ++in)
            b->ins[tap * c + in] = (int32_t)((in * p->in_pitch + (size_t)tap * p->stride) * sizeof(float));
    for (uint32_t o = 0; o < c; ++o) to_product[o] = (int32_t)(o * BLOCK_PITCH * sizeof(float));
    if (on && part == 0) clear_rows(input_rows(t, i + 1), p[1].in_pitch, c, p[1].start);
    for (uint32_t at = part_at(t, part, p->rows), n; at < end; at += n) {
        n = block_of(at, end);
        float *in = input_rows(t, i) + at;
        const rig_rows z = {t->room + p->gates + at, p->gates_pitch}, product = {b->product, BLOCK_PITCH};
        const rig_conv conv = {s->taps * c, 2 * c, w->conv, w->bias}, mix = {c, c, w->mix, s->weights[i * WEIGHTS + MIX_BIAS]};
        t->k->conv(&conv, in, b->ins, (rig_rows){0}, z, n);
        t->l->gates(c, z, product, s->weights[i * WEIGHTS + OUTPUT], t->skip + (t->places->rows - p->rows) + at, n);
        if (!on) continue;
        const rig_rows add = {in + p->shift, p->in_pitch}, out = {input_rows(t, i + 1) + p[1].start + at, p[1].in_pitch};
        t->k->conv(&mix, b->product, to_product, add, out, n);
    }
    if (on && last_part(t, part)) clear_rows(input_rows(t, i + 1) + p[1].start + p->rows, p[1].in_pitch, c, RIG_PAD);
}

static void forward_part(task *t, bench *b, uint32_t phase, uint32_t part)
{
    if (phase) layer_part(t, b, phase - 1, part);
    else input_part(t, b, part);
}

/* --- backward ------------------------------------------------------------------------------------------------------------- */

/* Of each part, in floats. */
static size_t sums_size(const task *t) { return layer_sums(t->s) * t->l->lanes; }

/* sums = what outer() has summed in all parts, lane by lane, in their order. That becomes 0. */
static void fold(task *t, size_t first, size_t count, float *sums)
{
    const uint32_t lanes = t->l->lanes;
    float *to = t->sums + first * lanes;
    for (uint32_t part = 1; part < t->parts; ++part) {
        float *from = to + part * sums_size(t);
        for (size_t i = 0; i < count * lanes; ++i) to[i] += from[i];
        memset(from, 0, count * lanes * sizeof *from);
    }
    for (size_t i = 0; i < count; ++i) {
        float sum = 0.0f;
        for (uint32_t v = 0; v < lanes; ++v) sum += to[i * lanes + v];
        sums[i] = sum;
    }
    memset(to, 0, count * lanes * sizeof *to);
}

/* From the gradient of what a layer gives, (channels, rows) from d_out on, to that of its gates, and to its weights'. */
static void gates_part(task *t, bench *b, uint32_t i, const float *d_out, uint32_t part)
{
    const rig_gated_stack *s = t->s;
    const place *p = t->places + i;
    const uint32_t c = s->channels, on = i + 1 < s->layers, end = part_at(t, part + 1, p->rows);
    const size_t pitch = t->gradient_pitch;
    const float *d_skip = t->skip + (t->places->rows - p->rows);
    float *sums = t->sums + part * sums_size(t), *mix_lanes = sums + kernel_sums(s) * t->l->lanes;
    b->ins[0] = (int32_t)((const char *)d_skip - (const char *)d_out);
    for (uint32_t o = 0; o < c; ++o) b->ins[1 + o] = (int32_t)(o * pitch * sizeof(float));
    if (part == 0) clear_rows(t->d_z, pitch, 2 * c, p->shift);
    for (uint32_t at = part_at(t, part, p->rows), n; at < end; at += n) {
        n = block_of(at, end);
        const rig_rows gates = {t->room + p->gates + at, p->gates_pitch}, product = {b->product, BLOCK_PITCH};
        const rig_rows d_product = {b->d_product, BLOCK_PITCH}, d_z = {t->d_z + p->shift + at, pitch};
        const rig_conv conv = {1 + on * c, c, t->packed[i].d_product, t->zeros};
        t->k->conv(&conv, d_out + at, b->ins, (rig_rows){0}, d_product, n);
        t->l->slopes(c, gates, d_product, d_z, product, n);
        const float **from = b->rows, **to = from + s->taps * c + 1;
        for (uint32_t tap = 0; tap < s->taps; ++tap)
            for (uint32_t in = 0; in < c; ++in) *from++ = input_rows(t, i) + in * p->in_pitch + (size_t)tap * p->stride + at;
        *from = t->ones;
        for (uint32_t o = 0; o < 2 * c; ++o) to[o] = d_z.at + o * pitch;
        t->l->outer(b->rows, s->taps * c + 1, to, 2 * c, n, sums);
        for (uint32_t in = 0; in < c; ++in) b->rows[in] = b->product + in * BLOCK_PITCH;
        b->rows[c] = t->ones;
        to = b->rows + c + 1;
        to[0] = d_skip + at;
        for (uint32_t o = 0; o < c; ++o) to[1 + o] = d_out + o * pitch + at;
        t->l->outer(b->rows, c + 1, to, 1 + on * c, n, mix_lanes);
    }
    if (last_part(t, part)) clear_rows(t->d_z + p->shift + p->rows, pitch, 2 * c, p->shift + RIG_PAD);
}

/* From the gradient of a layer's gates to that of what it hears. */
static void heard_part(task *t, bench *b, uint32_t i, uint32_t part)
{
    const rig_gated_stack *s = t->s;
    const place *p = t->places + i;
    const uint32_t c = s->channels, on = i + 1 < s->layers, rows = p->rows + p->shift, end = part_at(t, part + 1, rows);
    const size_t pitch = t->gradient_pitch;
    float *before = t->gradient[i % 2], *d_in = before + (i ? p[-1].shift : 0); /* zeros lie before it */
    for (uint32_t tap = 0; tap < s->taps; ++tap)
        for (uint32_t o = 0; o < 2 * c; ++o)
            b->ins[tap * 2 * c + o] = (int32_t)((o * pitch + (size_t)(s->taps - 1 - tap) * p->stride) * sizeof(float));
    if (part == 0) clear_rows(before, pitch, c, (size_t)(d_in - before));
    for (uint32_t at = part_at(t, part, rows), n; at < end; at += n) {
        n = block_of(at, end);
        const rig_conv conv = {s->taps * 2 * c, c, t->packed[i].d_gates, t->zeros};
        const rig_rows add = {on ? t->gradient[(i + 1) % 2] + at : NULL, pitch};
        t->k->conv(&conv, t->d_z + at, b->ins, add, (rig_rows){d_in + at, pitch}, n);
    }
    if (last_part(t, part)) clear_rows(d_in + rows, pitch, c, RIG_PAD);
}

static void heard_input_part(task *t, bench *b, uint32_t part)
{
    const rig_gated_stack *s = t->s;
    const uint32_t c = s->channels, end = part_at(t, part + 1, s->rows);
    for (uint32_t at = part_at(t, part, s->rows), n; at < end; at += n) {
        n = block_of(at, end);
        const float **to = b->rows + s->inputs + 1;
        for (uint32_t in = 0; in < s->inputs; ++in) b->rows[in] = t->room + in * pitch_of(s->rows) + at;
        b->rows[s->inputs] = t->ones;
        for (uint32_t o = 0; o < c; ++o) to[o] = t->gradient[0] + o * t->gradient_pitch + at;
        t->l->outer(b->rows, s->inputs + 1, to, c, n, t->sums + part * sums_size(t));
    }
}

/* Two phases a layer, from the last to the first; then one for the input. */
static void backward_part(task *t, bench *b, uint32_t phase, uint32_t part)
{
    const rig_gated_stack *s = t->s;
    if (phase == 2 * s->layers) {
        heard_input_part(t, b, part);
        return;
    }
    const uint32_t i = s->layers - 1 - phase / 2;
    if (phase % 2 == 0) {
        gates_part(t, b, i, t->gradient[(i + 1) % 2] + t->places[i].shift, part);
        return;
    }
    if (part == 0) {
        float *gradients = t->gradients + i * layer_sums(s);
        fold(t, 0, kernel_sums(s), gradients);
        fold(t, kernel_sums(s), (s->channels + 1) * (i + 1 < s->layers ? s->channels + 1 : 1), gradients + kernel_sums(s));
    }
    heard_part(t, b, i, part);
}

/* --- both ----------------------------------------------------------------------------------------------------------------- */

/* What a thread does of a task: all phases, of each what nobody else has taken. */
static void phases(void *task_, uint32_t who)
{
    task *t = task_;
    for (uint32_t phase = 0; phase < t->phases; ++phase) {
        for (uint32_t k = 0; k < t->parts; ++k) {
            const uint32_t part = (who * PARTS + k) % t->parts;
            if (atomic_exchange(&t->taken[phase * t->parts + part], 1)) continue;
            t->work(t, t->benches + who, phase, part);
            atomic_fetch_add(&t->done[phase], 1);
        }
        for (unsigned looked = 0; atomic_load(&t->done[phase]) < t->parts; ++looked)
            if (looked > PATIENCE) sched_yield();
    }
}

/* A piece on cache lines of its own; NULL while it is only being counted. */
static void *take(char *base, size_t *at, size_t bytes)
{
    char *const piece = base ? base + *at : NULL;
    *at += (bytes + 63) / 64 * 64;
    return piece;
}

/* No more than have something to do. */
static uint32_t threads_of(const rig_gated_stack *s)
{
    const uint32_t most = s->rows / (PARTS * BLOCK);
    return most < 2 || s->threads < 2 ? 1 : s->threads < most ? s->threads : most;
}

/* Deals out what lies from base on; returns the bytes that it takes. places must stand. */
static size_t deal(task *t, uint32_t threads, int back, char *base)
{
    const rig_gated_stack *s = t->s;
    const size_t c = s->channels, taps = s->taps, each = sizeof(float);
    size_t at = 0;
    t->packed = take(base, &at, s->layers * sizeof *t->packed);
    t->input = take(base, &at, s->inputs * c * each);
    t->zeros = take(base, &at, c * each);
    for (uint32_t i = 0; i < s->layers; ++i) {
        packed p = {0};
        if (!back) p.conv = take(base, &at, taps * c * 2 * c * each), p.bias = take(base, &at, 2 * c * each);
        if (!back) p.mix = take(base, &at, c * c * each);
        if (back) p.d_gates = take(base, &at, taps * 2 * c * c * each), p.d_product = take(base, &at, (c + 1) * c * each);
        if (base) t->packed[i] = p;
    }
    if (back) t->gradient[0] = take(base, &at, c * t->gradient_pitch * each);
    t->skip = take(base, &at, (t->places->rows + RIG_PAD) * each);
    if (back) t->gradient[1] = take(base, &at, c * t->gradient_pitch * each);
    if (back) t->d_z = take(base, &at, 2 * c * t->gradient_pitch * each);
    t->taken = take(base, &at, t->phases * t->parts * sizeof *t->taken);
    t->done = take(base, &at, t->phases * sizeof *t->done);
    if (back) {
        t->ones = take(base, &at, BLOCK_PITCH * each);
        t->sums = take(base, &at, t->parts * sums_size(t) * each);
        t->gradients = take(base, &at, (s->layers * layer_sums(s) + input_sums(s)) * each);
    }
    t->benches = take(base, &at, threads * sizeof *t->benches);
    for (uint32_t i = 0; i < threads; ++i) {
        bench b = {0};
        b.ins = take(base, &at, (taps * 2 * c + s->inputs + 1) * sizeof *b.ins);
        b.product = take(base, &at, c * BLOCK_PITCH * each);
        if (back) b.rows = take(base, &at, (taps * c + 2 * c + 2 + s->inputs) * sizeof *b.rows);
        if (back) b.d_product = take(base, &at, c * BLOCK_PITCH * each);
        if (base) t->benches[i] = b;
    }
    return at;
}

/* Everything but the weights; returns what is to be freed after it, with the places; NULL where there is no memory. */
static char *begin(task *t, const rig_gated_stack *s, float *room, int back)
{
    const uint32_t threads = threads_of(s);
    *t = (task){.s = s, .k = rig_kernels_now(), .l = rig_learning_now(), .room = room};
    t->parts = threads > 1 ? PARTS * threads : 1;
    t->phases = back ? 2 * s->layers + 1 : 1 + s->layers;
    t->work = back ? backward_part : forward_part;
    t->places = malloc(s->layers * sizeof *t->places);
    if (!t->places) return NULL;
    lay_out(s, t->places);
    for (uint32_t i = 0; i < s->layers; ++i)
        t->gradient_pitch = most_of(t->gradient_pitch, pitch_of(t->places[i].rows + 2 * (size_t)t->places[i].shift));
    const size_t bytes = deal(t, threads, back, NULL);
    char *base = aligned_alloc(64, bytes);
    if (!base) return free(t->places), NULL;
    deal(t, threads, back, base);
    memset(t->zeros, 0, s->channels * sizeof(float));
    memset(t->skip, 0, (t->places->rows + RIG_PAD) * sizeof(float));
    for (uint32_t i = 0; i < t->phases * t->parts; ++i) atomic_init(t->taken + i, 0);
    for (uint32_t i = 0; i < t->phases; ++i) atomic_init(t->done + i, 0);
    if (back) memset(t->sums, 0, t->parts * sums_size(t) * sizeof(float));
    for (uint32_t k = 0; back && k < BLOCK_PITCH; ++k) t->ones[k] = 1.0f;
    return base;
}

int rig_gated_forward(const rig_gated_stack *s, const float *x, float *room, float *out)
{
    task t;
    char *const base = begin(&t, s, room, 0);
    float *plain = base ? malloc(s->taps * 2 * s->channels * s->channels * sizeof *plain) : NULL;
    if (plain) {
        for (uint32_t i = 0; i < s->inputs; ++i) {
            memcpy(room + i * pitch_of(s->rows), x + (size_t)i * s->rows, s->rows * sizeof *x);
            memset(room + i * pitch_of(s->rows) + s->rows, 0, RIG_PAD * sizeof *x);
        }
        t.k->pack(s->input, s->inputs, s->channels, t.input);
        for (uint32_t i = 0; i < s->layers; ++i) pack_forward(&t, s->weights + i * WEIGHTS, t.packed + i, plain);
        rig_crew_work(threads_of(s), phases, &t);
        memcpy(out, t.skip + t.places->rows - s->wanted, s->wanted * sizeof *out);
    }
    free(plain);
    if (base) free(t.places);
    free(base);
    return plain != NULL;
}

/* A layer's gradients, to where they are wanted. */
static void unpack(const task *t, uint32_t layer, const float *sums, float *const *d)
{
    const uint32_t c = t->s->channels, taps = t->s->taps, on = layer + 1 < t->s->layers, columns = 1 + on * c;
    for (uint32_t half = 0; half < 2; ++half)
        for (uint32_t i = 0; i < taps * c; ++i)
            memcpy(d[KERNEL] + ((size_t)half * taps * c + i) * c, sums + ((size_t)i * 2 + half) * c, c * sizeof *sums);
    memcpy(d[BIAS], sums + (size_t)taps * c * 2 * c, 2 * c * sizeof *sums);
    sums += kernel_sums(t->s);
    for (uint32_t i = 0; i <= c; ++i, sums += columns) {
        float *to = i < c ? d[MIX] + (size_t)i * c : d[MIX_BIAS];
        if (i < c) d[OUTPUT][i] = sums[0];
        if (on) memcpy(to, sums + 1, c * sizeof *sums);
        else memset(to, 0, c * sizeof *sums);
    }
}

int rig_gated_backward(const rig_gated_stack *s, const float *room, const float *d_out, float *d_input, float *d_input_bias,
                       float *const *d_weights)
{
    task t;
    char *const base = begin(&t, s, (float *)room, 1);
    float *plain = base ? malloc((s->taps * 2 + 2) * s->channels * s->channels * sizeof *plain) : NULL;
    if (plain) {
        memcpy(t.skip + t.places->rows - s->wanted, d_out, s->wanted * sizeof *d_out);
        for (uint32_t i = 0; i < s->layers; ++i) pack_backward(&t, s->weights + i * WEIGHTS, t.packed + i, plain, i + 1 < s->layers);
        rig_crew_work(threads_of(s), phases, &t);
        float *total = t.gradients;
        for (uint32_t i = 0; i < s->layers; ++i, total += layer_sums(s)) unpack(&t, i, total, d_weights + i * WEIGHTS);
        fold(&t, 0, input_sums(s), total);
        memcpy(d_input, total, s->inputs * s->channels * sizeof *total);
        memcpy(d_input_bias, total + s->inputs * s->channels, s->channels * sizeof *total);
    }
    free(plain);
    if (base) free(t.places);
    free(base);
    return plain != NULL;
}
