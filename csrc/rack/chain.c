#include "chain.h"

#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "clock.h"
#include "denormals.h"
#include "guard.h"

static uint64_t made, freed;

uint64_t rig_chains_made(void) { return rig_get(&made); }
uint64_t rig_chains_freed(void) { return rig_get(&freed); }

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
        *why = rig_unit_init(&chain->units[i], engines[i], &setups[i], &mounts[i], &chain->bytes);
        if (*why) {
            rig_chain_free(chain);
            return NULL;
        }
    }
    return chain;
}

void rig_chain_free(rig_chain *chain)
{
    for (uint32_t i = 0; i < chain->n_units; ++i) rig_unit_free(&chain->units[i]);
    free(chain);
    __atomic_add_fetch(&freed, 1, __ATOMIC_RELAXED);
}

size_t rig_chain_bytes(const rig_chain *chain) { return chain->bytes; }

void rig_chain_set(rig_chain *chain, uint32_t unit, uint32_t param, float value)
{
    rig_put_float(&chain->units[unit].params[param], value);
}

void rig_chain_set_level(rig_chain *chain, float gain) { rig_put_float(&chain->level, gain); }

void rig_chain_switch(rig_chain *chain, uint32_t unit, int on) { rig_put(&chain->units[unit].on, (uint32_t)on); }

uint32_t rig_chain_faults(const rig_chain *chain, uint32_t unit) { return rig_get(&chain->units[unit].faults); }

float rig_chain_cost(const rig_chain *chain, uint32_t unit) { return rig_get_float(&chain->units[unit].cost); }

static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }

uint32_t rig_chain_need(rig_chain *chain)
{
    uint32_t need = 0, side = 0; /* what follows must hear, in the signal and beside it */
    for (uint32_t i = chain->n_units; i-- > 0;) {
        rig_unit *unit = &chain->units[i];
        uint32_t *const at = unit->branch == RIG_BRANCH_B ? &side : &need;
        if (unit->branch == RIG_TRUNK) need = most(need, side);
        *at += rig_unit_memory(unit);
        if (unit->branch == RIG_TRUNK) side = need;
        unit->need = *at;
    }
    return most(need, side);
}

uint32_t rig_chain_memory(rig_chain *chain) { return rig_chain_need(chain); }

int rig_chain_settle(rig_chain *chain)
{
    int moved = 0;
    for (uint32_t i = 0; i < chain->n_units; ++i) moved |= rig_unit_settle(&chain->units[i]);
    return moved;
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
            rig_unit_run(unit, chain->at, branch == RIG_BRANCH_B ? side : signal, key, side, frames);
    }
    chain->at += frames;
    rig_ramp_apply(&chain->gain, rig_get_float(&chain->level), signal, frames);
    rig_tame(signal, RIG_BLAST, frames); /* the level is behind the last guard */
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
    for (uint32_t i = 0; i < chain->n_units; ++i) rig_unit_reset(&chain->units[i]);
    rig_chain_settle(chain);
    rig_denormals_leave(fpu);
    chain->at = 0;
}

/* Each engine knows what silence does to it; what comes out then, and is no silence, the next one must hear. What that takes
   is a first guess at what playing will. */
void rig_chain_prewarm(rig_chain *chain)
{
    float signal[RIG_BLOCK];
    const float key[RIG_BLOCK] = {0};
    const uint32_t need = rig_chain_need(chain);
    rig_chain_reset(chain);
    for (uint32_t at = 0; at < need; at += RIG_BLOCK) {
        memset(signal, 0, sizeof signal);
        const uint64_t start = rig_clock();
        rig_chain_process(chain, signal, key, RIG_BLOCK);
        rig_cost_add(&chain->cost, rig_clock() - start, RIG_BLOCK);
    }
    rig_cost_begin(&chain->cost); /* among others it will take longer */
    rig_ramp_start(&chain->gain, rig_get_float(&chain->level)); /* nobody has heard it with another */
    chain->at = 0; /* the song begins */
}
