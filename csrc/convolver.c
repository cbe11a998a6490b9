#include "convolver.h"

#include <string.h>

void rig_convolver_lay_out(rig_convolver *c, rig_arena *arena, const rig_response *r)
{
    c->ring = (r->head + 2 * RIG_BLOCK - 1) / RIG_BLOCK * RIG_BLOCK;
    c->past = rig_arena_floats(arena, 2 * (size_t)c->ring + RIG_PAD);
    c->length = r->sections ? 3 * r->fourier[r->sections - 1].points : 0; /* two blocks to work on, and the one that comes in */
    c->line = rig_arena_floats(arena, c->length);
    for (uint32_t i = 0; i < r->sections; ++i) {
        rig_section *s = &c->sections[i];
        const uint32_t points = r->fourier[i].points;
        s->spectra = rig_arena_floats(arena, (size_t)r->parts[i] * points * 2);
        for (int k = 0; k < 2; ++k) {
            s->work[k] = rig_arena_floats(arena, points * 2);
            s->out[k] = rig_arena_floats(arena, points);
        }
    }
}

void rig_convolver_init(rig_convolver *c, const rig_response *r)
{
    c->response = r;
    c->kernels = rig_kernels_now();
    rig_convolver_reset(c);
}

/* The work on a block, in phases: twisted, transformed, multiplied, transformed back, untwisted. A pass of a transform is done in
   groups of each quarter, the others in groups of the whole. */
typedef struct {
    uint32_t units, cost; /* what one of them costs, as measured */
} phase;

static uint32_t products_of(const rig_fourier *f) { return 1 + rig_fourier_passes(f); }
static uint32_t untwist_of(const rig_fourier *f) { return 2 * products_of(f); }

static phase phase_of(const rig_fourier *f, uint32_t index, uint32_t heard)
{
    const uint32_t pass = (index - 1) % products_of(f), groups = f->points / RIG_GROUP;
    if (index == products_of(f)) return (phase){groups, 2 + 2 * heard};
    if (index == 0 || index == untwist_of(f)) return (phase){groups, 2};
    return (phase){groups / 4, pass < 2 ? 12 : 8};
}

/* Works on [from, to) of a phase's units. */
static void work(const rig_convolver *c, uint32_t index, uint32_t from, uint32_t to)
{
    const rig_section *s = &c->sections[index];
    const rig_fourier *f = &c->response->fourier[index];
    const rig_kernels *k = c->kernels;
    const uint32_t passes = rig_fourier_passes(f), parts = c->response->parts[index];
    if (s->phase == 0) {
        k->twist(s->early, s->late, f->twist, s->work[0], from, to);
    } else if (s->phase < products_of(f)) {
        rig_pass pass = rig_fourier_pass(f, s->phase - 1, 0, s->work);
        if (s->phase == passes) pass.out = s->spectra + s->newest * RIG_GROUP_FLOATS, pass.out_stride = (size_t)parts * RIG_GROUP_FLOATS;
        k->fourier(&pass, from, to);
    } else if (s->phase == products_of(f)) {
        const rig_products products = {s->spectra, c->response->spectra[index], s->work[0], parts, s->newest, s->heard};
        k->products(&products, from, to);
    } else if (s->phase < untwist_of(f)) {
        const rig_pass pass = rig_fourier_pass(f, s->phase - products_of(f) - 1, 1, s->work);
        k->fourier(&pass, from, to);
    } else {
        k->untwist(s->work[passes % 2], f->twist, s->out[!s->plays], from, to);
    }
}

/* Goes on with the work on the block before the one that comes in, as far as that has come. */
static void go_on(rig_convolver *c, uint32_t index)
{
    rig_section *s = &c->sections[index];
    const rig_fourier *f = &c->response->fourier[index];
    const uint32_t due = (uint32_t)((uint64_t)s->all * s->at / f->points);
    while (s->spent < due) {
        const phase now = phase_of(f, s->phase, s->heard);
        const uint32_t room = (due - s->spent + now.cost - 1) / now.cost, left = now.units - s->done, units = room < left ? room : left;
        work(c, index, s->done, s->done + units);
        s->spent += units * now.cost;
        s->done += units;
        if (s->done == now.units) ++s->phase, s->done = 0;
    }
}

static float silence[RIG_FIRST_POINTS * RIG_LONGER * RIG_LONGER];

/* A block has come in, and what was made of the one before it is heard from now on. */
static void turn_over(rig_convolver *c, uint32_t index)
{
    rig_section *s = &c->sections[index];
    const rig_fourier *f = &c->response->fourier[index];
    const uint32_t points = f->points, parts = c->response->parts[index];
    const uint32_t late = (c->now + c->length - points) % c->length;
    s->late = c->line + late;
    s->early = s->heard ? c->line + (late + c->length - points) % c->length : silence;
    s->newest = (s->newest + parts - 1) % parts;
    s->ready = s->heard > 0;
    s->heard += s->heard < parts;
    s->plays = !s->plays;
    s->at = s->phase = s->done = s->spent = s->all = 0;
    for (uint32_t i = 0; i <= untwist_of(f); ++i) {
        const phase phase = phase_of(f, i, s->heard);
        s->all += phase.units * phase.cost;
    }
}

/* The sections' share of a stretch that ends where a block of the first one does, or before. */
static void run_sections(rig_convolver *c, const float *x, float *y, uint32_t frames)
{
    memcpy(c->line + c->now, x, frames * sizeof(float));
    c->now = (c->now + frames) % c->length;
    for (uint32_t i = 0; i < c->response->sections; ++i) {
        rig_section *s = &c->sections[i];
        const float *out = s->out[s->plays] + s->at;
        if (s->ready)
            for (uint32_t n = 0; n < frames; ++n) y[n] += out[n];
        s->at += frames;
        go_on(c, i);
        if (s->at == c->response->fourier[i].points) turn_over(c, i);
    }
}

static void run_head(rig_convolver *c, const float *x, float *y, uint32_t frames)
{
    const uint32_t left = c->ring - c->at, n = frames < left ? frames : left;
    for (uint32_t copy = 0; copy < 2; ++copy) {
        memcpy(c->past + copy * c->ring + c->at, x, n * sizeof(float));
        memcpy(c->past + copy * c->ring, x + n, (frames - n) * sizeof(float));
    }
    /* A block that wraps lies in one piece across the seam of the two copies; any other, with its past, ends in the upper. */
    const uint32_t start = c->at + (c->at + frames <= c->ring ? c->ring : 0);
    c->at = (c->at + frames) % c->ring;
    c->kernels->fir(c->response->h, c->response->head, c->past + start, y, frames);
}

void rig_convolver_run(rig_convolver *c, const float *x, float *y, uint32_t frames)
{
    run_head(c, x, y, frames);
    for (uint32_t i = 0, n; c->length && i < frames; i += n) {
        const uint32_t left = RIG_FIRST_POINTS - c->sections[0].at;
        n = frames - i < left ? frames - i : left;
        run_sections(c, x + i, y + i, n);
    }
}

/* Quick, however long the response is: a section looks at nothing that it has not heard since. */
void rig_convolver_reset(rig_convolver *c)
{
    memset(c->past, 0, (2 * (size_t)c->ring + RIG_PAD) * sizeof(float));
    c->at = c->now = 0;
    for (uint32_t i = 0; i < c->response->sections; ++i) {
        rig_section *s = &c->sections[i];
        s->at = s->newest = s->heard = s->plays = s->ready = s->phase = s->done = s->spent = s->all = 0;
    }
}
