#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "clock.h"
#include "guard.h"

/* In fades from off to on, which take 10 ms. */
#define CALM 5      /* one that has played for so long breaks for the first time */
#define LONGEST 128 /* that one is left out */

/* [main] Memory as engines are promised it: zeroed, on a cache line. */
static void *new_state(size_t bytes)
{
    const size_t whole = (bytes + 63) & ~(size_t)63;
    void *state = aligned_alloc(64, whole);
    return state ? memset(state, 0, whole) : NULL;
}

static const char *engine_init(rig_unit *unit, const rig_engine *engine, const rig_setup *setup, size_t *bytes)
{
    if (engine->abi != RIG_ABI || engine->n_params > RIG_PARAMS) return "it was built for another version of rig";
    const size_t size = engine->size(setup);
    if (!size) return "its files don't make sense to it";
    unit->engine = engine;
    unit->self = new_state(size);
    unit->params = calloc(engine->n_params + 1, sizeof(float));
    if (!unit->self || !unit->params) return "out of memory";
    memcpy(unit->params, setup->params, engine->n_params * sizeof(float));
    *bytes += size;
    return engine->init(unit->self, setup);
}

static const char *resampler_init(rig_unit *unit, const rig_mount *mount, size_t *bytes)
{
    const size_t size = rig_resampler_size(mount);
    unit->resampler = new_state(size);
    if (!unit->resampler) return "out of memory";
    rig_resampler_init(unit->resampler, mount);
    *bytes += size;
    return NULL;
}

/* As if the guard had never caught it. */
static void at_peace(rig_unit *unit)
{
    unit->ran = CALM * unit->fade;
    unit->rest = unit->pause = 0;
}

const char *rig_unit_init(rig_unit *unit, const rig_engine *engine, const rig_setup *setup, const rig_mount *mount,
                          size_t *bytes)
{
    const char *why = engine_init(unit, engine, setup, bytes);
    unit->gain_in = mount->gain_in;
    unit->gain_out = mount->gain_out;
    unit->branch = mount->branch;
    unit->on = !mount->off;
    unit->fade = mount->fade ? mount->fade : 1;
    at_peace(unit);
    rig_unit_settle(unit);
    if (!why && mount->latency) why = resampler_init(unit, mount, bytes);
    return why;
}

void rig_unit_free(rig_unit *unit)
{
    free(unit->self);
    free(unit->resampler);
    free(unit->params);
}

static void get_params(const rig_unit *unit, float *params)
{
    for (uint32_t i = 0; i < unit->engine->n_params; ++i) params[i] = rig_get_float(&unit->params[i]);
}

uint32_t rig_unit_memory(const rig_unit *unit)
{
    float params[RIG_PARAMS];
    get_params(unit, params);
    const uint32_t memory = unit->engine->memory(unit->self, params);
    return unit->resampler ? rig_resampler_memory(unit->resampler, memory) : memory;
}

static void scale(float *signal, float gain, uint32_t frames)
{
    if (gain == 1.0f) return;
    for (uint32_t i = 0; i < frames; ++i) signal[i] *= gain;
}

/* The engine's output and what went in, on a straight line from one to the other: they are mostly the same wave, which equal
   power would swell by up to 3 dB. Before and after the line each is left bit for bit as it is. */
static void mix(rig_unit *unit, const float *dry, float *signal, uint32_t frames)
{
    const uint32_t on = rig_get(&unit->on), fade = unit->fade, end = on ? fade : 0;
    uint32_t i = 0, wet = unit->wet;
    for (; i < frames && wet != end; ++i) {
        wet = on ? wet + 1 : wet - 1;
        const float share = (float)wet / (float)fade;
        signal[i] = (1.0f - share) * dry[i] + share * signal[i];
    }
    unit->wet = wet;
    if (!on) memcpy(signal + i, dry + i, (frames - i) * sizeof(float));
}

/* Runs the engine on a block; returns whether what came out is sound. */
static int play(rig_unit *unit, uint64_t at, float *signal, const float *key, float *side, uint32_t frames)
{
    float params[RIG_PARAMS];
    float *const io[] = {[RIG_SIGNAL] = signal, [RIG_KEY] = (float *)key, [RIG_SIDE] = side};
    get_params(unit, params);
    const uint64_t start = rig_clock();
    scale(signal, unit->gain_in, frames);
    if (unit->resampler) rig_resampler_run(unit->resampler, at, unit->engine, unit->self, params, io, frames);
    else unit->engine->process(unit->self, params, io, frames);
    scale(signal, unit->gain_out, frames);
    const float cost = (float)(rig_clock() - start) / (float)frames;
    rig_put_float(&unit->cost, unit->cost + (cost - unit->cost) / 256.0f);
    return !rig_exceeds(signal, RIG_BLAST, frames);
}

static void begin_anew(rig_unit *unit)
{
    unit->engine->reset(unit->self);
    if (unit->resampler) rig_resampler_reset(unit->resampler);
}

/* The engine has broken: it starts anew. Beginning anew may cost more than playing, so one that breaks again at once is left
   out for a while, and for twice as long each time. */
static void caught(rig_unit *unit)
{
    const uint32_t longer = unit->pause ? 2 * unit->pause : unit->fade, most = LONGEST * unit->fade;
    unit->pause = unit->ran >= CALM * unit->fade ? 0 : longer < most ? longer : most;
    unit->rest = unit->pause;
    unit->ran = 0;
    begin_anew(unit);
    rig_put(&unit->faults, unit->faults + 1);
}

/* It plays again after a while: in a straight line from what went in, as it begins out of silence. */
static void ease_in(const rig_unit *unit, const float *dry, float *signal, uint32_t frames)
{
    for (uint32_t i = 0; i < frames && unit->ran + i < unit->fade; ++i) {
        const float share = (float)(unit->ran + i) / (float)unit->fade;
        signal[i] = (1.0f - share) * dry[i] + share * signal[i];
    }
}

void rig_unit_run(rig_unit *unit, uint64_t at, float *signal, const float *key, float *side, uint32_t frames)
{
    float before[RIG_BLOCK];
    memcpy(before, signal, frames * sizeof(float));
    if (unit->rest) {
        unit->rest -= unit->rest < frames ? unit->rest : frames;
    } else if (play(unit, at, signal, key, side, frames)) {
        if (unit->pause) ease_in(unit, before, signal, frames);
        if (unit->ran < CALM * unit->fade) unit->ran += frames;
    } else {
        memcpy(signal, before, frames * sizeof(float));
        caught(unit);
    }
    mix(unit, before, signal, frames);
}

int rig_unit_settle(rig_unit *unit)
{
    const uint32_t before = unit->wet;
    unit->wet = rig_get(&unit->on) ? unit->fade : 0;
    return unit->wet != before;
}

void rig_unit_reset(rig_unit *unit)
{
    begin_anew(unit);
    at_peace(unit);
}
