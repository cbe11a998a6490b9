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
    const size_t size = engine->size(setup);
    if (!size) return "its files don't make sense to it";
    unit->params = calloc(engine->n_params + 1, sizeof(float));
    if (!unit->params) return "out of memory";
    memcpy(unit->params, setup->params, engine->n_params * sizeof(float));
    for (uint32_t i = 0; i < unit->copies; ++i) {
        unit->self[i] = new_state(size);
        if (!unit->self[i]) return "out of memory";
        *bytes += size;
        const char *why = engine->init(unit->self[i], setup);
        if (!why) continue;
        free(unit->self[i]);
        unit->self[i] = NULL; /* it has not begun, and has no end */
        return why;
    }
    return NULL;
}

static const char *resampler_init(rig_unit *unit, const rig_mount *mount, size_t *bytes)
{
    const size_t size = rig_resampler_size(mount);
    if (unit->channels > unit->copies) return "an engine for two channels runs at the chain's rate";
    for (uint32_t i = 0; i < unit->copies; ++i) {
        unit->resampler[i] = new_state(size);
        if (!unit->resampler[i]) return "out of memory";
        rig_resampler_init(unit->resampler[i], mount);
        *bytes += size;
    }
    return NULL;
}

/* As if the guard had never caught it. */
static void at_peace(rig_unit *unit)
{
    unit->ran = CALM * unit->fade;
    unit->rest = unit->pause = 0;
}

/* What the engine says, which counts at its rate. */
static uint32_t own_latency(const rig_unit *unit, const rig_mount *mount)
{
    const uint64_t late = unit->engine->latency ? unit->engine->latency(unit->self[0]) : 0;
    if (!unit->resampler[0]) return (uint32_t)late;
    return (uint32_t)((late * mount->there.down + mount->there.up / 2) / mount->there.up);
}

const char *rig_unit_init(rig_unit *unit, const rig_engine *engine, const rig_setup *setup, const rig_mount *mount,
                          uint32_t channels, size_t *bytes)
{
    const uint32_t own = mount->channels ? mount->channels : engine->channels;
    if (engine->abi != RIG_ABI || engine->n_params > RIG_PARAMS || own > 2) return "it was built for another version of rig";
    unit->engine = engine;
    unit->channels = channels > own ? channels : own;
    unit->copies = own == 1 ? unit->channels : 1;
    const char *why = engine_init(unit, engine, setup, bytes);
    unit->rings = !why && engine->tail && engine->tail(unit->self[0], unit->params) > 0;
    unit->gain_in = mount->gain_in;
    unit->gain_out = mount->gain_out;
    unit->branch = mount->branch;
    unit->on = !mount->off;
    unit->fade = mount->fade ? mount->fade : 1;
    at_peace(unit);
    rig_unit_settle(unit);
    if (!why && mount->latency) why = resampler_init(unit, mount, bytes);
    if (!why) unit->own = own_latency(unit, mount);
    unit->latency = mount->latency + mount->late + unit->own;
    memcpy(unit->waits, mount->waits, sizeof unit->waits);
    return why;
}

void rig_unit_free(rig_unit *unit)
{
    for (uint32_t i = 0; i < 2; ++i) {
        if (unit->self[i] && unit->engine->end) unit->engine->end(unit->self[i]);
        free(unit->self[i]);
        free(unit->resampler[i]);
    }
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
    const uint32_t memory = unit->engine->memory(unit->self[0], params);
    return unit->resampler[0] ? rig_resampler_memory(unit->resampler[0], memory) : memory;
}

uint32_t rig_unit_tail(const rig_unit *unit)
{
    float params[RIG_PARAMS];
    if (!unit->rings) return rig_unit_memory(unit);
    get_params(unit, params);
    return unit->engine->tail(unit->self[0], params);
}

static void scale(rig_signal *signal, float gain, uint32_t frames)
{
    if (gain == 1.0f) return;
    for (uint32_t c = 0; c < signal->channels; ++c)
        for (uint32_t i = 0; i < frames; ++i) signal->at[c][i] *= gain;
}

/* How much of the engine is heard, frame by frame, on its way to where it is switched to. Returns how many frames are on that way;
   for those behind them the share is the end's. */
static uint32_t approach(rig_unit *unit, float *share, uint32_t frames)
{
    const uint32_t on = rig_get(&unit->on), end = on ? unit->fade : 0;
    uint32_t i = 0;
    for (; i < frames && unit->wet != end; ++i) {
        unit->wet = on ? unit->wet + 1 : unit->wet - 1;
        share[i] = (float)unit->wet / (float)unit->fade;
    }
    for (uint32_t k = i; k < frames; ++k) share[k] = on ? 1.0f : 0.0f;
    return i;
}

/* The engine's output and what went in, on a straight line from one to the other: they are mostly the same wave, which equal
   power would swell by up to 3 dB. Before and after the line each is left bit for bit as it is. */
static void mix(const float *share, uint32_t moving, const rig_signal *dry, rig_signal *signal, uint32_t frames)
{
    for (uint32_t c = 0; c < signal->channels; ++c) {
        float *x = signal->at[c];
        const float *d = dry->at[c];
        for (uint32_t i = 0; i < moving; ++i) x[i] = (1.0f - share[i]) * d[i] + share[i] * x[i];
        if (moving < frames && share[frames - 1] == 0.0f) memcpy(x + moving, d + moving, (frames - moving) * sizeof(float));
    }
}

/* The same for an engine that rings: what it hears is faded, what it says is not, and what it did not hear passes it by. */
static void feed(const float *share, rig_signal *signal, uint32_t frames)
{
    for (uint32_t c = 0; c < signal->channels; ++c)
        for (uint32_t i = 0; i < frames; ++i) signal->at[c][i] *= share[i];
}

static void pass(const float *share, const rig_signal *dry, rig_signal *signal, uint32_t frames)
{
    for (uint32_t c = 0; c < signal->channels; ++c)
        for (uint32_t i = 0; i < frames; ++i) signal->at[c][i] += (1.0f - share[i]) * dry->at[c][i];
}

/* Runs the engine, or both of them, on a block. */
static void process(rig_unit *unit, uint64_t at, rig_signal *signal, rig_signal *side, rig_block *block)
{
    block->channels = unit->channels / unit->copies;
    for (uint32_t i = 0; i < unit->copies; ++i) {
        float *const signals[] = {signal->at[i], signal->at[1]}, *const sides[] = {side->at[i], side->at[1]};
        block->signal = signals;
        block->side = sides;
        if (unit->resampler[i]) rig_resampler_run(unit->resampler[i], at, unit->engine, unit->self[i], block);
        else unit->engine->process(unit->self[i], block);
    }
}

/* What it shows: of two the one that takes more away. */
static void show(rig_unit *unit)
{
    float most = 0.0f;
    if (!unit->engine->reduction) return;
    for (uint32_t i = 0; i < unit->copies; ++i) most = fminf(most, unit->engine->reduction(unit->self[i]));
    rig_put_float(&unit->reduction, most);
}

/* Runs the engine on a block; returns whether what came out is sound. */
static int play(rig_unit *unit, uint64_t at, rig_signal *signal, rig_signal *side, const rig_moment *moment)
{
    float params[RIG_PARAMS];
    const uint32_t frames = moment->frames;
    rig_block block = {.key = moment->key, .params = params, .frames = frames, .beat = moment->beat, .beats_a_frame = moment->beats_a_frame,
                       .live = moment->live};
    get_params(unit, params);
    const uint64_t start = rig_clock();
    scale(signal, unit->gain_in, frames);
    process(unit, at, signal, side, &block);
    scale(signal, unit->gain_out, frames);
    const float cost = (float)(rig_clock() - start) / (float)frames;
    rig_put_float(&unit->cost, unit->cost + (cost - unit->cost) / 256.0f);
    show(unit);
    int broken = 0;
    for (uint32_t c = 0; c < signal->channels; ++c) broken |= rig_exceeds(signal->at[c], RIG_BLAST, frames);
    return !broken;
}

static void begin_anew(rig_unit *unit)
{
    for (uint32_t i = 0; i < unit->copies; ++i) {
        unit->engine->reset(unit->self[i]);
        if (unit->resampler[i]) rig_resampler_reset(unit->resampler[i]);
    }
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
static void ease_in(const rig_unit *unit, const rig_signal *dry, rig_signal *signal, uint32_t frames)
{
    for (uint32_t i = 0; i < frames && unit->ran + i < unit->fade; ++i) {
        const float share = (float)(unit->ran + i) / (float)unit->fade;
        for (uint32_t c = 0; c < signal->channels; ++c)
            signal->at[c][i] = (1.0f - share) * dry->at[c][i] + share * signal->at[c][i];
    }
}

void rig_unit_run(rig_unit *unit, uint64_t at, rig_signal *signal, rig_signal *side, const rig_moment *moment)
{
    const uint32_t frames = moment->frames;
    rig_signal before;
    float share[RIG_BLOCK];
    rig_signal_fit(signal, unit->channels, frames);
    rig_signal_copy(&before, signal, frames);
    const uint32_t moving = approach(unit, share, frames);
    const int partly = moving || share[frames - 1] == 0.0f, rings = (int)unit->rings;
    if (unit->rest) {
        unit->rest -= unit->rest < frames ? unit->rest : frames;
        return; /* its input passes */
    }
    if (partly && rings) feed(share, signal, frames);
    if (play(unit, at, signal, side, moment)) {
        if (partly && rings) pass(share, &before, signal, frames);
        if (unit->pause) ease_in(unit, &before, signal, frames);
        if (unit->ran < CALM * unit->fade) unit->ran += frames;
        if (partly && !rings) mix(share, moving, &before, signal, frames);
    } else {
        rig_signal_copy(signal, &before, frames);
        caught(unit);
    }
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
