#include "chain.h"

#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "../denormals.h"
#include "clock.h"
#include "guard.h"

#define SETTLES (2 * RIG_HISTORY) /* frames of silence that a new chain hears at most */

static uint64_t made, freed;

uint64_t rig_chains_made(void) { return rig_get(&made); }
uint64_t rig_chains_freed(void) { return rig_get(&freed); }

/* Where a chain is parted, see chain.h. */
static uint32_t part_of(const rig_chain *chain)
{
    uint32_t part = 0;
    while (part < chain->n_units && !chain->units[part].rings) ++part;
    if (part == chain->n_units) return part;
    while (part && chain->units[part].branch != RIG_TRUNK && chain->units[part - 1].branch != RIG_TRUNK) --part;
    return part;
}

static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }

rig_chain *rig_chain_new(uint32_t n, const rig_engine *const *engines, const rig_setup *setups, const rig_mount *mounts,
                         uint32_t channels, uint32_t *which, const char **why)
{
    uint32_t side = channels; /* of branch b, and beside it those of the signal */
    rig_chain *chain = calloc(1, sizeof(rig_chain) + n * sizeof(rig_unit));
    if (!chain) {
        *which = n;
        *why = "out of memory";
        return NULL;
    }
    __atomic_add_fetch(&made, 1, __ATOMIC_RELAXED);
    chain->n_units = n;
    chain->units = (rig_unit *)(chain + 1);
    chain->level = 1.0f;
    chain->channels = n ? channels : 0;
    chain->bytes = sizeof(rig_chain) + n * sizeof(rig_unit);
    rig_ramp_start(&chain->gain, 1.0f);
    for (uint32_t i = 0; i < n; ++i) {
        uint32_t *const come = mounts[i].branch == RIG_BRANCH_B ? &side : &channels;
        if (mounts[i].branch == RIG_TRUNK) channels = most(channels, side);
        *why = rig_unit_init(&chain->units[i], engines[i], &setups[i], &mounts[i], *come, &chain->bytes);
        if (*why) {
            *which = i;
            rig_chain_free(chain);
            return NULL;
        }
        *come = chain->units[i].channels;
        if (mounts[i].branch == RIG_TRUNK) side = channels;
    }
    chain->part = part_of(chain);
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

const void *rig_chain_engine(const rig_chain *chain, uint32_t unit) { return chain->units[unit].self[0]; }

uint32_t rig_chain_left_out(const rig_chain *chain, uint32_t unit)
{
    const rig_unit *u = &chain->units[unit];
    return rig_get(&u->shed) ? RIG_UNIT_SHED : rig_get(&u->ended) ? RIG_UNIT_ENDED : RIG_UNIT_PLAYS;
}

float rig_chain_usual(const rig_chain *chain, uint32_t unit) { return rig_get_float(&chain->units[unit].usual); }

float rig_chain_cost(const rig_chain *chain, uint32_t unit) { return rig_get_float(&chain->units[unit].cost); }

float rig_chain_reduction(const rig_chain *chain, uint32_t unit) { return rig_get_float(&chain->units[unit].reduction); }

/* What the units before `end` must hear of the past. */
static uint32_t need_of(rig_chain *chain, uint32_t end)
{
    uint32_t need = 0, side = 0; /* what follows must hear, in the signal and beside it */
    for (uint32_t i = end; i-- > 0;) {
        rig_unit *unit = &chain->units[i];
        uint32_t *const at = unit->branch == RIG_BRANCH_B ? &side : &need;
        if (unit->branch == RIG_TRUNK) need = most(need, side);
        *at += rig_unit_memory(unit);
        if (unit->branch == RIG_TRUNK) side = need;
        unit->need = *at;
    }
    return most(need, side);
}

/* Of branches that come together the later one counts, with what it is made to wait; where that which joins them is off, branch a
   alone is heard. */
uint32_t rig_chain_latency(const rig_chain *chain)
{
    uint32_t late = 0, side = 0; /* of the signal, which branch a is, too, and of branch b */
    for (uint32_t i = 0; i < chain->n_units; ++i) {
        const rig_unit *unit = &chain->units[i];
        const uint32_t on = rig_get(&unit->on), own = on ? unit->latency : 0;
        if (unit->branch == RIG_TRUNK && on) late = most(late + unit->waits[0], side + unit->waits[1]);
        if (unit->branch == RIG_BRANCH_B) side += own;
        else late += own;
        if (unit->branch == RIG_TRUNK) side = late;
    }
    return most(late, side);
}

uint32_t rig_chain_late(const rig_chain *chain, uint32_t unit) { return chain->units[unit].own; }

uint32_t rig_chain_need(rig_chain *chain) { return need_of(chain, chain->part); }
uint32_t rig_chain_memory(rig_chain *chain) { return need_of(chain, chain->n_units); }

uint32_t rig_chain_tail(const rig_chain *chain)
{
    uint64_t tail = 0;
    for (uint32_t i = chain->part; i < chain->n_units; ++i) {
        const uint32_t own = rig_unit_tail(&chain->units[i]);
        if (own == RIG_ENDLESS) return RIG_ENDLESS;
        tail += own;
    }
    return tail < RIG_ENDLESS ? (uint32_t)tail : RIG_ENDLESS - 1;
}

int rig_chain_settle(rig_chain *chain)
{
    int moved = 0;
    for (uint32_t i = 0; i < chain->n_units; ++i) moved |= rig_unit_settle(&chain->units[i]);
    return moved;
}

/* Runs the units from one to before another, as far as they hear a block that lies `behind` frames before now. */
static void run(rig_chain *chain, uint32_t from, uint32_t to, uint64_t at, rig_signal *signal, const rig_moment *moment, uint32_t behind)
{
    rig_signal side;
    side.channels = 1;
    uint32_t branch = RIG_TRUNK;
    for (uint32_t i = from; i < to; ++i) {
        rig_unit *unit = &chain->units[i];
        if (branch == RIG_TRUNK && unit->branch != RIG_TRUNK) rig_signal_copy(&side, signal, moment->frames);
        if (branch != RIG_TRUNK && unit->branch == RIG_TRUNK) rig_signal_fit(&side, unit->channels, moment->frames);
        branch = unit->branch;
        if (behind < unit->need + RIG_BLOCK)
            rig_unit_run(unit, at, branch == RIG_BRANCH_B ? &side : signal, &side, moment);
    }
}

static void fit(const rig_chain *chain, rig_signal *signal, uint32_t frames)
{
    if (chain->channels) rig_signal_fit(signal, chain->channels, frames);
}

static void fade_by(const float *fade, rig_signal *signal, uint32_t frames)
{
    for (uint32_t c = 0; c < signal->channels; ++c)
        for (uint32_t i = 0; i < frames; ++i) signal->at[c][i] *= fade[i];
}

/* What is behind the last guard. */
static void finish(rig_chain *chain, rig_signal *signal, uint32_t frames)
{
    rig_ramp gain = chain->gain;
    for (uint32_t c = 0; c < signal->channels; ++c) {
        chain->gain = gain; /* the same for both */
        rig_ramp_apply(&chain->gain, rig_get_float(&chain->level), signal->at[c], frames);
        rig_tame(signal->at[c], RIG_BLAST, frames);
    }
}

void rig_chain_run(rig_chain *chain, rig_signal *signal, const rig_moment *moment, const float *fade)
{
    const uint32_t n = chain->n_units, frames = moment->frames;
    fit(chain, signal, frames);
    run(chain, 0, chain->part, chain->at, signal, moment, 0);
    if (fade && chain->part < n) fade_by(fade, signal, frames);
    run(chain, chain->part, n, chain->at, signal, moment, 0);
    finish(chain, signal, frames);
    if (fade && chain->part == n) fade_by(fade, signal, frames);
    chain->at += frames;
    chain->rang = chain->at;
}

void rig_chain_catch_up(rig_chain *chain, rig_signal *signal, const rig_moment *moment, uint32_t behind)
{
    fit(chain, signal, moment->frames);
    run(chain, 0, chain->part, chain->at, signal, moment, behind);
    if (chain->part == chain->n_units) finish(chain, signal, moment->frames);
    chain->at += moment->frames;
}

void rig_chain_ring(rig_chain *chain, rig_signal *signal, const rig_moment *moment)
{
    rig_signal_silence(signal, chain->units[chain->part].channels, moment->frames);
    run(chain, chain->part, chain->n_units, chain->rang, signal, moment, 0);
    finish(chain, signal, moment->frames);
    chain->rang += moment->frames;
}

void rig_chain_hush(rig_chain *chain)
{
    for (uint32_t i = chain->part; i < chain->n_units; ++i) rig_unit_reset(&chain->units[i]);
}

void rig_chain_process(rig_chain *chain, float *left, float *right, const float *key, uint32_t frames, double beats_a_frame)
{
    const rig_denormals fpu = rig_denormals_enter();
    rig_signal signal;
    for (uint32_t at = 0, n; at < frames; at += n) {
        n = frames - at < RIG_BLOCK ? frames - at : RIG_BLOCK;
        const rig_moment moment = {key + at, n, (double)chain->at * beats_a_frame, beats_a_frame, 0};
        signal.channels = right ? 2 : 1;
        memcpy(signal.at[0], left + at, n * sizeof(float));
        if (right) memcpy(signal.at[1], right + at, n * sizeof(float));
        rig_chain_run(chain, &signal, &moment, NULL);
        rig_signal_fit(&signal, right ? 2 : 1, n);
        memcpy(left + at, signal.at[0], n * sizeof(float));
        if (right) memcpy(right + at, signal.at[1], n * sizeof(float));
    }
    rig_denormals_leave(fpu);
}

void rig_chain_reset(rig_chain *chain)
{
    const rig_denormals fpu = rig_denormals_enter();
    for (uint32_t i = 0; i < chain->n_units; ++i) rig_unit_reset(&chain->units[i]);
    rig_chain_settle(chain);
    rig_denormals_leave(fpu);
    chain->at = chain->rang = 0;
}

/* Each engine knows what silence does to it; what comes out then, and is no silence, the next one must hear. One that remembers many
   seconds is not waited for: of the past it hears no more than RIG_HISTORY either. What that takes is a first guess at what playing
   will. */
void rig_chain_prewarm(rig_chain *chain)
{
    float signal[RIG_BLOCK];
    const float key[RIG_BLOCK] = {0};
    const uint32_t memory = rig_chain_memory(chain), need = memory < SETTLES ? memory : SETTLES;
    rig_chain_reset(chain);
    for (uint32_t at = 0; at < need; at += RIG_BLOCK) {
        memset(signal, 0, sizeof signal);
        const uint64_t start = rig_clock();
        rig_chain_process(chain, signal, NULL, key, RIG_BLOCK, 0.0);
        rig_cost_add(&chain->cost, rig_clock() - start, RIG_BLOCK);
    }
    rig_cost_begin(&chain->cost); /* among others it will take longer */
    for (uint32_t i = 0; i < chain->n_units; ++i) rig_cost_begin(&chain->units[i].times);
    rig_ramp_start(&chain->gain, rig_get_float(&chain->level)); /* nobody has heard it with another */
    chain->at = chain->rang = 0; /* the song begins */
}
