#include "convolution.h"

#include <math.h>
#include <string.h>

#define DIRECT 384   /* so many taps are a FIR altogether: transforms would cost more */
#define HEAD 128     /* else the first so many */
#define FIRST 64     /* taps of the shortest partitions; those of the next section are LONGER times as long */
#define LONGER 16
#define FEW 32       /* so many more of the same length cost less than a section of longer ones */
#define GROUP_FLOATS (2 * RIG_GROUP)
#define PI 3.14159265358979323846

static uint32_t points_of(uint32_t section)
{
    uint32_t points = FIRST;
    while (section--) points *= LONGER;
    return points;
}

static uint32_t passes_of(uint32_t points)
{
    uint32_t passes = 0;
    for (; points > 1; points /= 4) ++passes;
    return passes;
}

static uint32_t most_points(const rig_response *r) { return points_of(r->sections - 1); }

/* How many taps of how many are a FIR, and how many partitions a section has. */
static void part(rig_response *r, uint32_t taps)
{
    uint32_t at = r->head = taps <= DIRECT ? taps : HEAD;
    r->taps = taps;
    r->sections = 0;
    while (at < taps) {
        const uint32_t points = points_of(r->sections), rest = (taps - at + points - 1) / points;
        const uint32_t most = (2 * points * LONGER - at) / points, last = r->sections + 1 == RIG_SECTIONS;
        const uint32_t parts = last || rest <= most + FEW ? rest : most;
        r->parts[r->sections++] = parts;
        at += parts * points;
    }
}

void rig_response_lay_out(rig_response *r, rig_arena *arena, uint32_t taps)
{
    part(r, taps);
    r->h = rig_arena_floats(arena, r->head);
    for (uint32_t i = 0; i < r->sections; ++i) {
        rig_fourier *f = &r->fourier[i];
        f->points = points_of(i);
        f->turns = rig_arena_floats(arena, f->points * 3 / 2);
        f->spread = rig_arena_floats(arena, f->points * 3 / 2);
        f->twist = rig_arena_floats(arena, f->points * 2);
        r->spectra[i] = rig_arena_floats(arena, (size_t)r->parts[i] * f->points * 2);
    }
}

/* exp(i angle) into a place of a table of groups. */
static void put_turn(float *groups, size_t at, double angle)
{
    groups += at / RIG_GROUP * GROUP_FLOATS + at % RIG_GROUP;
    groups[0] = (float)cos(angle);
    groups[RIG_GROUP] = (float)sin(angle);
}

/* turns: by the share of a circle that each of the last three quarters is turned in the first pass; spread: in the second, where four
   neighbours are turned alike. Later passes find theirs in turns. twist: x[j] + i x[j + points] is turned by a quarter of a circle
   from the first number to past the last; a product modulo z^(2 points) + 1 is then one modulo z^points - 1 (Crandall & Fagin,
   "Discrete weighted transforms and large-integer arithmetic", Math. Comp. 62(205), 1994: right-angle convolution). Its later half
   is that of a plain convolution. */
static void fill_turns(rig_fourier *f)
{
    const uint32_t quarter = f->points / 4;
    for (uint32_t i = 0; i < quarter; ++i)
        for (uint32_t k = 1; k < 4; ++k) {
            const size_t at = (i / RIG_GROUP * 3 + k - 1) * RIG_GROUP + i % RIG_GROUP;
            put_turn(f->turns, at, -2.0 * PI * k * i / f->points);
            put_turn(f->spread, at, -2.0 * PI * k * (i / 4 * 4) / f->points);
        }
    for (uint32_t i = 0; i < f->points; ++i) put_turn(f->twist, i, PI * i / (2.0 * f->points));
}

/* One pass of a transform. */
static rig_pass pass_of(const rig_fourier *f, uint32_t index, uint32_t flip)
{
    const uint32_t span = 1u << (2 * index);
    return (rig_pass){.points = f->points, .span = span, .flip = flip, .turns = span == 4 ? f->spread : f->turns,
                      .in_stride = GROUP_FLOATS, .out_stride = GROUP_FLOATS};
}

/* Where pass `index` of one direction reads and writes, from one work memory to the other and back. */
static rig_pass between(const rig_fourier *f, uint32_t index, uint32_t flip, float *const *work)
{
    rig_pass pass = pass_of(f, index, flip);
    pass.in = work[index % 2];
    pass.out = work[(index + 1) % 2];
    return pass;
}

/* The spectrum of a partition, as one of so many. */
static void fill_spectrum(const rig_fourier *f, const float *taps, uint32_t count, float *const *work, float *spectrum, uint32_t parts)
{
    const uint32_t passes = passes_of(f->points);
    for (uint32_t i = 0; i < f->points; ++i) {
        const size_t at = i / RIG_GROUP * GROUP_FLOATS + i % RIG_GROUP;
        const float tap = i < count ? taps[i] / (float)f->points : 0.0f; /* divided, as the inverse transform does not */
        work[0][at] = tap * f->twist[at];
        work[0][at + RIG_GROUP] = tap * f->twist[at + RIG_GROUP];
    }
    for (uint32_t i = 0; i < passes; ++i) {
        rig_pass pass = between(f, i, 0, work);
        if (i + 1 == passes) pass.out = spectrum, pass.out_stride = (size_t)parts * GROUP_FLOATS;
        rig_kernels_now()->fourier(&pass, 0, f->points / FIRST);
    }
}

void rig_response_fill(rig_response *r, const float *taps, const rig_convolver *lent)
{
    uint32_t at = r->head;
    memcpy(r->h, taps, r->head * sizeof(float));
    for (uint32_t i = 0; i < r->sections; ++i) {
        const uint32_t points = r->fourier[i].points;
        fill_turns(&r->fourier[i]);
        for (uint32_t part = 0; part < r->parts[i]; ++part, at += points)
            fill_spectrum(&r->fourier[i], taps + at, at < r->taps ? r->taps - at : 0, lent->sections[i].work,
                          r->spectra[i] + part * GROUP_FLOATS, r->parts[i]);
    }
}

void rig_convolver_lay_out(rig_convolver *c, rig_arena *arena, const rig_response *r)
{
    c->ring = (r->head + 2 * RIG_BLOCK - 1) / RIG_BLOCK * RIG_BLOCK;
    c->past = rig_arena_floats(arena, 2 * (size_t)c->ring + RIG_PAD);
    c->length = r->sections ? 3 * most_points(r) : 0; /* two blocks to work on, and the one that comes in */
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

static uint32_t products_of(const rig_fourier *f) { return 1 + passes_of(f->points); }
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
    const uint32_t passes = passes_of(f->points), parts = c->response->parts[index];
    if (s->phase == 0) {
        k->twist(s->early, s->late, f->twist, s->work[0], from, to);
    } else if (s->phase < products_of(f)) {
        rig_pass pass = between(f, s->phase - 1, 0, s->work);
        if (s->phase == passes) pass.out = s->spectra + s->newest * GROUP_FLOATS, pass.out_stride = (size_t)parts * GROUP_FLOATS;
        k->fourier(&pass, from, to);
    } else if (s->phase == products_of(f)) {
        const rig_products products = {s->spectra, c->response->spectra[index], s->work[0], parts, s->newest, s->heard};
        k->products(&products, from, to);
    } else if (s->phase < untwist_of(f)) {
        const rig_pass pass = between(f, s->phase - products_of(f) - 1, 1, s->work);
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

static float silence[FIRST * LONGER * LONGER];

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
    for (uint32_t i = 0; i < frames; ++i) {
        const uint32_t at = (c->at + i) % c->ring;
        c->past[at] = c->past[at + c->ring] = x[i];
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
        const uint32_t left = FIRST - c->sections[0].at;
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
