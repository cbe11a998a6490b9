#include "chain.h"

#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "clock.h"
#include "denormals.h"

static uint64_t made, freed;

uint64_t rig_chains_made(void) { return rig_get(&made); }
uint64_t rig_chains_freed(void) { return rig_get(&freed); }

/* [main] Memory as engines are promised it: zeroed, on a cache line. */
static void *new_state(size_t bytes)
{
    const size_t whole = (bytes + 63) & ~(size_t)63;
    void *state = aligned_alloc(64, whole);
    return state ? memset(state, 0, whole) : NULL;
}

/* NULL, or why not. */
static const char *unit_mount(rig_unit *unit, const rig_mount *mount, size_t *bytes)
{
    unit->gain_in = mount->gain_in;
    unit->gain_out = mount->gain_out;
    unit->branch = mount->branch;
    if (!mount->latency) return NULL;
    unit->resampler = new_state(rig_resampler_size(mount));
    if (!unit->resampler) return "out of memory";
    rig_resampler_init(unit->resampler, mount);
    *bytes += rig_resampler_size(mount);
    return NULL;
}

static const char *unit_init(rig_unit *unit, const rig_engine *engine, const rig_setup *setup, size_t *bytes)
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

rig_chain *rig_chain_new(uint32_t n, const rig_engine *const *engines, const rig_setup *setups, const rig_mount *mounts,
                         const char **why)
{
    rig_chain *chain = calloc(1, sizeof(rig_chain) + n * sizeof(rig_unit));
    if (!chain) {
        *why = "out of memory";
        return NULL;
    }
    __atomic_add_fetch(&made, 1, __ATOMIC_RELAXED);
    chain->n_units = n;
    chain->units = (rig_unit *)(chain + 1);
    chain->level = 1.0f;
    chain->bytes = sizeof(rig_chain) + n * sizeof(rig_unit);
    rig_ramp_start(&chain->gain, 1.0f);
    for (uint32_t i = 0; i < n; ++i) {
        *why = unit_init(&chain->units[i], engines[i], &setups[i], &chain->bytes);
        if (!*why) *why = unit_mount(&chain->units[i], &mounts[i], &chain->bytes);
        if (*why) {
            rig_chain_free(chain);
            return NULL;
        }
    }
    return chain;
}

void rig_chain_free(rig_chain *chain)
{
    for (uint32_t i = 0; i < chain->n_units; ++i) {
        free(chain->units[i].self);
        free(chain->units[i].resampler);
        free(chain->units[i].params);
    }
    free(chain);
    __atomic_add_fetch(&freed, 1, __ATOMIC_RELAXED);
}

size_t rig_chain_bytes(const rig_chain *chain) { return chain->bytes; }

void rig_chain_set(rig_chain *chain, uint32_t unit, uint32_t param, float value)
{
    rig_put_float(&chain->units[unit].params[param], value);
}

void rig_chain_set_level(rig_chain *chain, float gain) { rig_put_float(&chain->level, gain); }

uint32_t rig_chain_faults(const rig_chain *chain, uint32_t unit) { return rig_get(&chain->units[unit].faults); }

float rig_chain_cost(const rig_chain *chain, uint32_t unit) { return rig_get_float(&chain->units[unit].cost); }

static void get_params(const rig_unit *unit, float *params)
{
    for (uint32_t i = 0; i < unit->engine->n_params; ++i) params[i] = rig_get_float(&unit->params[i]);
}

static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }

uint32_t rig_chain_need(rig_chain *chain)
{
    float params[RIG_PARAMS];
    uint32_t need = 0, side = 0; /* what follows must hear, in the signal and beside it */
    for (uint32_t i = chain->n_units; i-- > 0;) {
        rig_unit *unit = &chain->units[i];
        get_params(unit, params);
        const uint32_t memory = unit->engine->memory(unit->self, params);
        uint32_t *const at = unit->branch == RIG_BRANCH_B ? &side : &need;
        if (unit->branch == RIG_TRUNK) need = most(need, side);
        *at += unit->resampler ? rig_resampler_memory(unit->resampler, memory) : memory;
        if (unit->branch == RIG_TRUNK) side = need;
        unit->need = *at;
    }
    return most(need, side);
}

uint32_t rig_chain_memory(rig_chain *chain) { return rig_chain_need(chain); }

uint32_t rig_chain_latency(const rig_chain *chain)
{
    uint32_t frames = 0, side = 0;
    for (uint32_t i = 0; i < chain->n_units; ++i) {
        const rig_unit *unit = &chain->units[i];
        uint32_t *const at = unit->branch == RIG_BRANCH_B ? &side : &frames;
        if (unit->branch == RIG_TRUNK) frames = most(frames, side);
        if (unit->resampler) *at += unit->resampler->latency;
        if (unit->branch == RIG_TRUNK) side = frames;
    }
    return most(frames, side);
}

/* True when any sample is NaN or infinite: all exponent bits are set. */
static int not_finite(const float *signal, uint32_t frames)
{
    uint32_t bad = 0;
    for (uint32_t i = 0; i < frames; ++i) {
        uint32_t bits;
        memcpy(&bits, &signal[i], sizeof bits);
        bad |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return (int)bad;
}

static void scale(float *signal, float gain, uint32_t frames)
{
    if (gain == 1.0f) return;
    for (uint32_t i = 0; i < frames; ++i) signal[i] *= gain;
}

/* Runs one engine on a block that begins with frame `at`; if it breaks, it starts anew and its input passes through, so that
   the sound goes on. */
static void unit_run(rig_unit *unit, uint64_t at, float *signal, const float *key, float *side, uint32_t frames)
{
    float params[RIG_PARAMS], before[RIG_BLOCK];
    float *const io[] = {[RIG_SIGNAL] = signal, [RIG_KEY] = (float *)key, [RIG_SIDE] = side};
    get_params(unit, params);
    memcpy(before, signal, frames * sizeof(float));
    const uint64_t start = rig_clock();
    scale(signal, unit->gain_in, frames);
    if (unit->resampler) rig_resampler_run(unit->resampler, at, unit->engine, unit->self, params, io, frames);
    else unit->engine->process(unit->self, params, io, frames);
    scale(signal, unit->gain_out, frames);
    const float cost = (float)(rig_clock() - start) / (float)frames;
    rig_put_float(&unit->cost, unit->cost + (cost - unit->cost) / 256.0f);
    if (not_finite(signal, frames)) {
        memcpy(signal, before, frames * sizeof(float));
        unit->engine->reset(unit->self);
        if (unit->resampler) rig_resampler_reset(unit->resampler);
        rig_put(&unit->faults, unit->faults + 1);
    }
}

void rig_chain_run(rig_chain *chain, float *signal, const float *key, uint32_t frames, uint32_t behind)
{
    float side[RIG_BLOCK];
    uint32_t branch = RIG_TRUNK;
    for (uint32_t i = 0; i < chain->n_units; ++i) {
        rig_unit *unit = &chain->units[i];
        if (branch == RIG_TRUNK && unit->branch != RIG_TRUNK) memcpy(side, signal, frames * sizeof(float));
        branch = unit->branch;
        if (behind < unit->need + RIG_BLOCK)
            unit_run(unit, chain->at, branch == RIG_BRANCH_B ? side : signal, key, side, frames);
    }
    chain->at += frames;
    rig_ramp_apply(&chain->gain, rig_get_float(&chain->level), signal, frames);
}

void rig_chain_process(rig_chain *chain, float *signal, const float *key, uint32_t frames)
{
    const rig_denormals fpu = rig_denormals_enter();
    for (uint32_t at = 0, n; at < frames; at += n) {
        n = frames - at < RIG_BLOCK ? frames - at : RIG_BLOCK;
        rig_chain_run(chain, signal + at, key + at, n, 0);
    }
    rig_denormals_leave(fpu);
}

void rig_chain_reset(rig_chain *chain)
{
    const rig_denormals fpu = rig_denormals_enter();
    for (rig_unit *unit = chain->units; unit < chain->units + chain->n_units; ++unit) {
        unit->engine->reset(unit->self);
        if (unit->resampler) rig_resampler_reset(unit->resampler);
    }
    rig_denormals_leave(fpu);
    chain->at = 0;
}

/* Each engine knows what silence does to it; what comes out then, and is no silence, the next one must hear. */
void rig_chain_prewarm(rig_chain *chain)
{
    float signal[RIG_BLOCK];
    const float key[RIG_BLOCK] = {0};
    const uint32_t need = rig_chain_need(chain);
    rig_chain_reset(chain);
    for (uint32_t at = 0; at < need; at += RIG_BLOCK) {
        memset(signal, 0, sizeof signal);
        rig_chain_process(chain, signal, key, RIG_BLOCK);
    }
    chain->at = 0; /* the song begins */
}
