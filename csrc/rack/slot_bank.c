#include "slot_bank.h"

#include <string.h>

#include "clock.h"
#include "shed.h"

/* In fades of 10 ms: so much longer than it has to hear may a newcomer take, before it parts from the one that plays, or fades
   in with less of the past. */
#define PATIENCE 5
#define TRIES 16 /* blocks, in which there may be no time for it */

void rig_slot_bank_init(rig_slot_bank *bank, uint32_t channels)
{
    bank->channels = channels;
    bank->wire.level = 1.0f;
    rig_ramp_start(&bank->wire.gain, 1.0f);
    bank->now = &bank->wire;
}

static rig_ring *ring_of(rig_slot_bank *bank, const rig_chain *chain)
{
    for (rig_ring *r = bank->rings; r < bank->rings + RIG_RINGS; ++r)
        if (r->chain == chain) return r;
    return NULL;
}

/* Takes and gives back. A slot takes nothing new before what it held has been given back, or rings on without it. */
static void slot_trade(rig_slot_bank *bank, rig_slot *slot)
{
    rig_chain *leaving = slot->leaving;
    if (leaving && leaving != bank->now && leaving != bank->next) {
        rig_ring *ring = ring_of(bank, leaving);
        if (ring) {
            ring->orphan = 1;
            slot->leaving = NULL;
        } else if (!rig_load(&slot->back)) {
            slot->leaving = NULL;
            rig_store(&slot->back, leaving);
        }
    }
    if (!slot->leaving && rig_get(&slot->offer)) {
        slot->leaving = slot->chain;
        slot->chain = rig_swap(&slot->offer, NULL);
    }
}

/* A chain has left. Where something in it rings it goes on; the fifth at once ends the oldest. */
static void ring_on(rig_slot_bank *bank, rig_chain *chain)
{
    uint32_t ringing = 0;
    rig_ring *free = NULL, *oldest = NULL;
    if (chain->part == chain->n_units) return;
    for (rig_ring *r = bank->rings; r < bank->rings + RIG_RINGS; ++r) {
        if (!r->chain && !rig_load(&r->back)) free = r;
        if (!r->chain || r->ends) continue;
        ++ringing;
        if (!oldest || r->rung > oldest->rung) oldest = r;
    }
    if (ringing == RIG_RINGS - 1) oldest->ends = 1;
    if (free) *free = (rig_ring){.chain = chain};
    else rig_chain_hush(chain); /* nobody collects */
}

/* One that has rung out. Where no slot holds it, it goes back. */
static void ring_end(rig_ring *ring)
{
    if (ring->orphan) rig_store(&ring->back, ring->chain);
    ring->chain = NULL;
}

static int is_ringing(const rig_slot_bank *bank)
{
    int any = 0;
    for (const rig_ring *r = bank->rings; r < bank->rings + RIG_RINGS; ++r) any |= r->chain != NULL;
    return any;
}

/* A block of all that rings. */
static void ring(rig_slot_bank *bank, rig_signal *sum, const rig_moment *moment, rig_budget *budget)
{
    rig_signal_silence(sum, 1, moment->frames);
    for (rig_ring *r = bank->rings; r < bank->rings + RIG_RINGS; ++r) {
        rig_signal rings;
        if (!r->chain) continue;
        const uint32_t tail = rig_chain_tail(r->chain);
        if (budget->relief >= RIG_RELIEF_TAILS && !r->ends) {
            r->ends = 1;
            ++budget->ended;
        }
        rig_chain_ring(r->chain, &rings, moment);
        if (r->ends)
            for (uint32_t c = 0; c < rings.channels; ++c)
                for (uint32_t i = 0; i < moment->frames; ++i) rings.at[c][i] *= 1.0f - (float)(i + 1) / (float)moment->frames;
        rig_signal_add(sum, &rings, moment->frames);
        r->rung += moment->frames;
        if (r->ends) rig_chain_hush(r->chain);
        if (r->ends || (tail != RIG_ENDLESS && r->rung >= tail)) ring_end(r);
    }
}

void rig_slot_bank_steer(rig_slot_bank *bank, uint32_t want)
{
    for (uint32_t i = 0; i < RIG_SLOTS; ++i) slot_trade(bank, &bank->slots[i]);
    rig_chain *target = want < RIG_SLOTS ? bank->slots[want].chain : NULL;
    if (!target) target = &bank->wire;
    if (bank->fading || target == (bank->next ? bank->next : bank->now)) return; /* a fade that is heard is finished */
    bank->next = target == bank->now ? NULL : target;
    bank->begun = bank->tried = 0;
}

void rig_slot_bank_arrive(rig_slot_bank *bank)
{
    if (!bank->next) return;
    bank->now = bank->next;
    bank->next = NULL;
    rig_chain_settle(bank->now);
}

float rig_slot_bank_playing(const rig_slot_bank *bank)
{
    const int alone = bank->fading == RIG_GAP || bank->fading == RIG_IN;
    const float now = alone ? 0.0f : rig_cost_usual(&bank->now->cost);
    return bank->fading == RIG_OVER || bank->fading == RIG_IN ? now + rig_cost_usual(&bank->next->cost) : now;
}

float rig_slot_bank_fading(const rig_slot_bank *bank)
{
    return bank->fading == RIG_OVER ? rig_cost_usual(&bank->next->cost) : 0.0f;
}

float rig_slot_bank_coming(const rig_slot_bank *bank)
{
    return bank->next && bank->fading == RIG_STILL ? rig_cost_usual(&bank->next->cost) : 0.0f;
}

static float cost_of_now(const rig_slot_bank *bank)
{
    return bank->fading == RIG_GAP ? 0.0f : rig_cost_usual(&bank->now->cost);
}

void rig_slot_bank_fit(rig_slot_bank *bank, const rig_budget *budget)
{
    const float whole = budget->whole, others = budget->playing - budget->fading - cost_of_now(bank);
    if (!budget->sheds || !bank->next || bank->fading != RIG_STILL || bank->begun) return;
    rig_shed_to_fit(bank->next, RIG_FULL * whole - others, RIG_ROOM * whole - others, RIG_WORTH * whole);
}

void rig_slot_bank_part(rig_slot_bank *bank)
{
    bank->fading = RIG_OUT;
    bank->faded = 0;
}

/* How far back next begins to hear the past. Where an engine has been switched meanwhile it begins anew, so that those behind
   that engine remember what they would had it always been so. */
static void begin(rig_slot_bank *bank, const rig_fade *fade, const rig_budget *budget)
{
    const uint32_t reach = RIG_HISTORY - 2 * RIG_BLOCK, need = rig_chain_need(bank->next);
    const float pace = rig_budget_pace(budget, cost_of_now(bank), rig_cost_usual(&bank->next->cost));
    bank->due = need < reach ? need : reach;
    bank->behind = (bank->due - (uint32_t)((float)bank->due / pace)) / RIG_PIECE * RIG_PIECE;
    bank->patience = bank->due + PATIENCE * fade->frames;
    bank->begun = 1;
}

/* Whether next could not keep to the time that it was given. */
static int too_late(rig_slot_bank *bank, uint32_t frames)
{
    if (bank->patience > frames && bank->behind <= RIG_HISTORY - RIG_BLOCK) { /* the history goes no further back */
        bank->patience -= frames;
        return 0;
    }
    return 1;
}

/* Next waits no longer: it is heard when the other has faded out, in silence with what it has heard. */
static void give_up(rig_slot_bank *bank)
{
    if (bank->fading == RIG_STILL) rig_slot_bank_part(bank);
    else bank->behind = bank->due = 0;
}

/* How many frames of the past there is time for at once; heard: how many were in this block. */
static uint32_t room(const rig_slot_bank *bank, const rig_budget *budget, float most, float cost, uint32_t heard, uint32_t frames)
{
    const uint32_t n = bank->behind < RIG_BLOCK ? bank->behind : RIG_BLOCK;
    if (!budget->by_clock) return heard < 2 * frames ? n : 0;
    if (n >= frames && rig_budget_has(budget, most, cost * (float)n)) return n;
    for (uint32_t piece = (n + RIG_PIECE - 1) / RIG_PIECE * RIG_PIECE; piece; piece -= RIG_PIECE)
        if (rig_budget_has(budget, most, cost * (float)(piece + RIG_PIECE_MORE))) return piece < n ? piece : n;
    return 0;
}

/* Lets next hear n frames of the past; returns how many ns that took. */
static uint64_t hear(rig_slot_bank *bank, const rig_history *key, const rig_moment *moment, uint32_t n, rig_budget *budget)
{
    rig_signal signal;
    float listen[RIG_BLOCK];
    const uint64_t end = bank->heard[0].written, start = rig_clock();
    const double ago = (double)bank->behind - moment->frames;
    const rig_moment then = {listen, n, moment->beat - ago * moment->beats_a_frame, moment->beats_a_frame,
                             moment->live};
    signal.channels = bank->channels;
    for (uint32_t c = 0; c < bank->channels; ++c) rig_history_read(&bank->heard[c], end, bank->behind, signal.at[c], n);
    rig_history_read(key, end, bank->behind, listen, n);
    bank->next->at = end - bank->behind;
    rig_chain_catch_up(bank->next, &signal, &then, bank->due);
    bank->behind -= n;
    bank->due -= n < bank->due ? n : bank->due;
    const uint64_t ns = rig_clock() - start;
    budget->caught_up += ns;
    return ns;
}

/* What next takes here is not known before it has played here, among others that use the same caches. */
static void try_out(rig_slot_bank *bank, const rig_history *key, const rig_moment *moment, rig_budget *budget)
{
    rig_cost *cost = &bank->next->cost;
    for (uint32_t i = 0; i < RIG_TIMES_FEW; ++i) {
        const float safe = rig_cost_safe(cost), most = rig_budget_most(budget, cost_of_now(bank), safe);
        if (!rig_budget_has(budget, most, safe * (RIG_PIECE + RIG_PIECE_MORE))) break;
        bank->behind = RIG_PIECE;
        bank->due = 0;
        rig_cost_add(cost, hear(bank, key, moment, RIG_PIECE, budget), RIG_PIECE + RIG_PIECE_MORE);
    }
    ++bank->tried;
}

/* Whether the past is heard by all engines of a chain: where one rings, those before it hear it alone. */
static int hears_whole(const rig_chain *chain) { return chain->part == chain->n_units; }

/* Lets next hear the past for as long as there is time. What it takes with all its engines is what it will take. */
static void catch_up(rig_slot_bank *bank, const rig_history *key, const rig_moment *moment, rig_budget *budget)
{
    const uint32_t frames = moment->frames, last = bank->next->n_units ? bank->next->units[bank->next->n_units - 1].need : 0;
    const float now = cost_of_now(bank);
    for (uint32_t heard = 0, n; bank->behind; heard += n) {
        const float cost = rig_cost_usual(&bank->next->cost);
        const int fades = bank->fading == RIG_STILL;
        const float most = fades ? rig_budget_fade_most(budget, now, cost) : rig_budget_most(budget, now, cost);
        n = room(bank, budget, most, cost, heard, frames);
        if (!n) break;
        const int whole = hears_whole(bank->next) && bank->due < last + RIG_BLOCK && n >= frames;
        const uint64_t ns = hear(bank, key, moment, n, budget);
        if (whole) rig_cost_add(&bank->next->cost, ns, n);
    }
}

/* Next hears this block, too, as if it were past, for as long as it isn't to be heard itself; it waits where another bank's newcomer
   is on its way. Returns 1 where it is heard from here on. */
static int arrives(rig_slot_bank *bank, const rig_fade *fade, const rig_history *key, const rig_moment *moment, rig_budget *budget)
{
    const uint32_t frames = moment->frames;
    if (budget->by_clock && budget->turn && budget->turn != bank) {
        bank->begun = 0;
        return 0;
    }
    const int unknown = budget->by_clock && hears_whole(bank->next) && bank->next->cost.count < RIG_TIMES_FEW && bank->tried < TRIES;
    if (unknown && rig_chain_need(bank->next)) {
        budget->turn = bank;
        try_out(bank, key, moment, budget);
        return 0;
    }
    if (rig_chain_settle(bank->next) || !bank->begun) begin(bank, fade, budget);
    if (budget->by_clock && (bank->behind || bank->due) && too_late(bank, frames)) give_up(bank);
    if (bank->fading == RIG_OUT) return 0;
    if (bank->behind || bank->due) {
        budget->turn = bank;
        bank->behind += frames;
        catch_up(bank, key, moment, budget);
        return 0;
    }
    bank->next->at = bank->heard[0].written - frames;
    rig_ring *rings = ring_of(bank, bank->next);
    if (rings) rings->chain = NULL; /* what of it rang on until now goes on in it */
    bank->fading = bank->fading == RIG_GAP ? RIG_IN : RIG_OVER;
    bank->faded = 0;
    return 1;
}

/* A chain's block, and what it takes. fade: see rig_chain_run(). */
static void play(rig_chain *chain, rig_signal *signal, const rig_moment *moment, const float *fade, rig_budget *budget)
{
    const uint64_t start = rig_clock();
    rig_chain_run(chain, signal, moment, fade);
    const uint64_t ns = rig_clock() - start;
    rig_cost_add(&chain->cost, ns, moment->frames);
    budget->played += ns;
}

/* The fade is over: next is the one that plays; or, where the two part, nothing is heard but what rings. */
static void fade_ends(rig_slot_bank *bank)
{
    bank->begun = 0;
    if (bank->fading != RIG_IN) ring_on(bank, bank->now);
    if (bank->fading == RIG_OUT) {
        bank->fading = RIG_GAP;
        return;
    }
    bank->now = bank->next;
    bank->next = NULL;
    bank->fading = RIG_STILL;
}

/* A block of the fade: from now, to next, or from the one to the other. */
static void fade_over(rig_slot_bank *bank, const rig_fade *fade, rig_signal *signal, const rig_moment *moment, rig_budget *budget)
{
    rig_signal next;
    float in[RIG_BLOCK], out[RIG_BLOCK];
    for (uint32_t i = 0; i < moment->frames; ++i, ++bank->faded) {
        const int over = bank->faded >= fade->frames;
        in[i] = over ? 1.0f : fade->rise[bank->faded];
        out[i] = over ? 0.0f : fade->rise[fade->frames - 1 - bank->faded];
    }
    rig_signal_copy(&next, signal, moment->frames);
    if (bank->fading != RIG_IN) play(bank->now, signal, moment, out, budget);
    else rig_signal_silence(signal, 1, moment->frames);
    if (bank->fading != RIG_OUT) {
        play(bank->next, &next, moment, in, budget);
        rig_signal_add(signal, &next, moment->frames);
    }
    if (bank->faded >= fade->frames) fade_ends(bank);
}

int rig_slot_bank_run(rig_slot_bank *bank, const rig_fade *fade, const rig_history *key, rig_signal *signal,
                      const rig_moment *moment, rig_budget *budget)
{
    const uint32_t frames = moment->frames;
    rig_signal rings;
    rig_signal_fit(signal, signal->channels < bank->channels ? signal->channels : bank->channels, frames);
    for (uint32_t c = 0; c < bank->channels; ++c)
        rig_history_write(&bank->heard[c], signal->at[c < signal->channels ? c : 0], frames);
    const int waits = bank->next && (bank->fading == RIG_STILL || bank->fading == RIG_GAP);
    const int begins = waits && arrives(bank, fade, key, moment, budget);
    const int ringing = is_ringing(bank);
    if (ringing) ring(bank, &rings, moment, budget); /* before one more may begin to */
    if (bank->fading == RIG_STILL) play(bank->now, signal, moment, NULL, budget);
    else if (bank->fading == RIG_GAP) rig_signal_silence(signal, 1, frames);
    else fade_over(bank, fade, signal, moment, budget);
    if (ringing) rig_signal_add(signal, &rings, frames);
    return begins;
}

void rig_slot_bank_panic(rig_slot_bank *bank)
{
    if (bank->fading) {
        rig_chain_hush(bank->now);
        bank->now = bank->next;
        bank->next = NULL;
        bank->fading = RIG_STILL;
    }
    bank->begun = 0;
    for (rig_ring *r = bank->rings; r < bank->rings + RIG_RINGS; ++r) {
        if (!r->chain) continue;
        rig_chain_hush(r->chain);
        ring_end(r);
    }
    for (uint32_t i = 0; i < bank->now->n_units; ++i) rig_unit_reset(&bank->now->units[i]);
}
