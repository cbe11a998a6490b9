#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "clock.h"
#include "guard.h"
#include "wet.h"

/* In fades from off to on, which take 10 ms. */
#define CALM 5    /* one that has played for so long breaks for the first time */
#define LONGEST 8 /* that one is left out */
#define AGAIN 2   /* one that has played for so long has been heard again */

#define FADE_NS 1e7f   /* a fade */
#define SHARE 20.0f    /* beginning anew takes at most one part in so many */
#define DEAR_NS 1e6f   /* longer is more than a short period has */
#define SPOILT 8       /* how often in a row one may break that has been heard again, or is dear */
#define WARMS (2 * RIG_HISTORY) /* frames that one runs unheard at most */

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
    unit->rest = unit->pause = unit->spoilt = 0;
    rig_put(&unit->ended, 0);
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

/* Runs the engine on a block; returns whether what came out is sound. ns: what that took. */
static int play(rig_unit *unit, uint64_t at, rig_signal *signal, rig_signal *side, const rig_moment *moment, uint64_t *ns)
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
    *ns = rig_clock() - start;
    const float cost = (float)*ns / (float)frames;
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
   out for a while. ns: what its block took, 0 where no clock is looked at. sane: nothing was wrong with what it heard. See
   rig_unit_run(). */
static void caught(rig_unit *unit, uint64_t ns, int sane)
{
    const uint32_t longer = unit->pause ? 2 * unit->pause : unit->fade, most = LONGEST * unit->fade;
    const int calm = unit->ran >= CALM * unit->fade;
    const uint64_t start = rig_clock();
    begin_anew(unit);
    const float took = ns ? (float)(ns + rig_clock() - start) : 0.0f, fair = SHARE * took / FADE_NS * (float)unit->fade;
    unit->pause = calm ? 0 : longer < most ? longer : most;
    if (fair >= (float)unit->fade && fair > (float)unit->pause) unit->pause = (uint32_t)fair;
    const int again = !calm && unit->ran >= AGAIN * unit->fade;
    unit->spoilt = (calm ? 0 : unit->spoilt) + (sane && (again || took > DEAR_NS));
    if (unit->spoilt >= SPOILT) rig_put(&unit->ended, 1);
    unit->rest = unit->pause;
    unit->ran = 0;
    rig_put(&unit->faults, unit->faults + 1);
}

/* Whether it is no louder than a guitar. */
static int is_sane(const rig_signal *signal, uint32_t frames)
{
    int loud = 0;
    for (uint32_t c = 0; c < signal->channels; ++c) loud |= rig_exceeds(signal->at[c], 1.0f, frames);
    return !loud;
}

/* What it takes; to be shown once a round of times. */
static void took(rig_unit *unit, uint64_t ns, uint32_t frames)
{
    rig_cost_add(&unit->times, ns, frames);
    if (unit->times.count % RIG_TIMES == RIG_TIMES_FEW) rig_put_float(&unit->usual, rig_cost_usual(&unit->times));
}

/* A piece of the block is run for the sake of its time; nobody hears it. */
static void try_piece(rig_unit *unit, uint64_t at, const rig_signal *signal, const rig_signal *side, const rig_moment *moment)
{
    rig_signal heard, beside;
    uint64_t ns;
    rig_moment piece = *moment;
    piece.frames = unit->piece < moment->frames ? unit->piece : moment->frames;
    --unit->tries;
    rig_signal_copy(&heard, signal, piece.frames);
    rig_signal_copy(&beside, side, piece.frames);
    rig_signal_fit(&beside, unit->channels, piece.frames);
    if (!play(unit, at, &heard, &beside, &piece, &ns)) caught(unit, ns, is_sane(signal, piece.frames));
    took(unit, ns, piece.frames + RIG_PIECE_MORE);
}

/* Whether it does not run now: its input passes. */
static int rests(rig_unit *unit, uint32_t frames)
{
    if (rig_get(&unit->ended) && !rig_get(&unit->on)) at_peace(unit);
    if (!unit->rest) return rig_get(&unit->ended) || (rig_get(&unit->shed) == RIG_SHED && !unit->heard);
    unit->rest -= unit->rest < frames ? unit->rest : frames;
    return 1;
}

void rig_unit_run(rig_unit *unit, uint64_t at, rig_signal *signal, rig_signal *side, const rig_moment *moment)
{
    const uint32_t frames = moment->frames;
    rig_signal before;
    float share[RIG_BLOCK];
    uint64_t ns;
    rig_signal_fit(signal, unit->channels, frames);
    rig_signal_copy(&before, signal, frames);
    const uint32_t moving = rig_wet_approach(unit, share, frames);
    const int partly = moving || share[frames - 1] == 0.0f, rings = (int)unit->rings;
    if (rests(unit, frames)) {
        if (unit->tries && !unit->rest) try_piece(unit, at, signal, side, moment);
        return;
    }
    if (partly && rings) rig_wet_feed(share, signal, frames);
    if (play(unit, at, signal, side, moment, &ns)) {
        if (partly && rings) rig_wet_pass(share, &before, signal, frames);
        if (unit->pause) rig_wet_ease_in(unit, &before, signal, frames);
        if (unit->ran < CALM * unit->fade) unit->ran += frames;
        if (partly && !rings) rig_wet_mix(share, moving, &before, signal, frames);
        if (unit->heard < unit->fade || rig_get(&unit->shed)) rig_wet_blend(unit, &before, signal, frames);
    } else {
        rig_signal_copy(signal, &before, frames);
        caught(unit, moment->live ? ns : 0, is_sane(&before, frames));
    }
    took(unit, ns, frames);
    if (rig_get(&unit->shed) == RIG_WARMING) unit->warmed += frames;
}

int rig_unit_settle(rig_unit *unit)
{
    const uint32_t wet = unit->wet, heard = unit->heard;
    if (rig_get(&unit->shed) == RIG_WARMING) rig_put(&unit->shed, RIG_SHED);
    unit->wet = rig_get(&unit->on) ? unit->fade : 0;
    unit->heard = rig_get(&unit->shed) ? 0 : unit->fade;
    return unit->wet != wet || unit->heard != heard;
}

void rig_unit_shed(rig_unit *unit)
{
    rig_put(&unit->shed, RIG_SHED);
    unit->tries = 0;
}

void rig_unit_warm(rig_unit *unit)
{
    if (unit->rings) begin_anew(unit); /* else it forgets what it heard before it was shed */
    unit->warmed = unit->tries = 0;
    rig_put(&unit->shed, RIG_WARMING);
}

int rig_unit_is_warm(const rig_unit *unit)
{
    const uint32_t memory = rig_unit_memory(unit);
    return unit->warmed >= (memory < WARMS ? memory : WARMS);
}

void rig_unit_keep(rig_unit *unit) { rig_put(&unit->shed, RIG_KEPT); }

void rig_unit_try(rig_unit *unit, uint32_t piece)
{
    rig_cost_begin(&unit->times);
    unit->piece = piece;
    unit->tries = RIG_TIMES_FEW;
}

void rig_unit_reset(rig_unit *unit)
{
    begin_anew(unit);
    at_peace(unit);
}
