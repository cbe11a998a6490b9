#include "response.h"

#include <math.h>
#include <string.h>

#define DIRECT 384   /* so many taps are a FIR altogether: transforms would cost more */
#define HEAD 128     /* else the first so many */
#define FEW 32       /* so many more of the same length cost less than a section of longer ones */
#define PI 3.14159265358979323846

static uint32_t points_of(uint32_t section)
{
    uint32_t points = RIG_FIRST_POINTS;
    while (section--) points *= RIG_LONGER;
    return points;
}

uint32_t rig_fourier_passes(const rig_fourier *f)
{
    uint32_t passes = 0;
    for (uint32_t points = f->points; points > 1; points /= 4) ++passes;
    return passes;
}

/* How many taps of how many are a FIR, and how many partitions a section has. */
static void part(rig_response *r, uint32_t taps)
{
    uint32_t at = r->head = taps <= DIRECT ? taps : HEAD;
    r->taps = taps;
    r->sections = 0;
    while (at < taps) {
        const uint32_t points = points_of(r->sections), rest = (taps - at + points - 1) / points;
        const uint32_t most = (2 * points * RIG_LONGER - at) / points, last = r->sections + 1 == RIG_SECTIONS;
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
    groups += at / RIG_GROUP * RIG_GROUP_FLOATS + at % RIG_GROUP;
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

rig_pass rig_fourier_pass(const rig_fourier *f, uint32_t index, uint32_t flip, float *const *work)
{
    const uint32_t span = 1u << (2 * index);
    return (rig_pass){.points = f->points, .span = span, .flip = flip, .turns = span == 4 ? f->spread : f->turns,
                      .in = work[index % 2], .out = work[(index + 1) % 2],
                      .in_stride = RIG_GROUP_FLOATS, .out_stride = RIG_GROUP_FLOATS};
}

/* The spectrum of a partition, as one of so many. */
static void fill_spectrum(const rig_fourier *f, const float *taps, uint32_t count, float *const *work, float *spectrum, uint32_t parts)
{
    const uint32_t passes = rig_fourier_passes(f);
    for (uint32_t i = 0; i < f->points; ++i) {
        const size_t at = i / RIG_GROUP * RIG_GROUP_FLOATS + i % RIG_GROUP;
        const float tap = i < count ? taps[i] / (float)f->points : 0.0f; /* divided, as the inverse transform does not */
        work[0][at] = tap * f->twist[at];
        work[0][at + RIG_GROUP] = tap * f->twist[at + RIG_GROUP];
    }
    for (uint32_t i = 0; i < passes; ++i) {
        rig_pass pass = rig_fourier_pass(f, i, 0, work);
        if (i + 1 == passes) pass.out = spectrum, pass.out_stride = (size_t)parts * RIG_GROUP_FLOATS;
        rig_kernels_now()->fourier(&pass, 0, f->points / RIG_FIRST_POINTS);
    }
}

void rig_response_fill(rig_response *r, const float *taps, float *const *work)
{
    uint32_t at = r->head;
    memcpy(r->h, taps, r->head * sizeof(float));
    for (uint32_t i = 0; i < r->sections; ++i) {
        const uint32_t points = r->fourier[i].points;
        fill_turns(&r->fourier[i]);
        for (uint32_t part = 0; part < r->parts[i]; ++part, at += points)
            fill_spectrum(&r->fourier[i], taps + at, at < r->taps ? r->taps - at : 0, work,
                          r->spectra[i] + part * RIG_GROUP_FLOATS, r->parts[i]);
    }
}
