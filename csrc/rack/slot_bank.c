#include "slot_bank.h"

#include <string.h>

#include "clock.h"

/* In fades of 10 ms: so much longer than it has to hear may a newcomer take, before it parts from the one that plays, or fades
   in with less of the past. */
#define PATIENCE 5
#define TRIES 16 /* blocks, in which there may be no time for it */

void rig_slot_bank_init(rig_slot_bank *bank)
{
    bank->wire.level = 1.0f;
    rig_ramp_start(&bank->wire.gain, 1.0f);
    bank->now = &bank->wire;
}

/* Takes and gives back. A slot takes nothing new before what it held has been given back. */
static void slot_trade(rig_slot_bank *bank, rig_slot *slot)
{
    rig_chain *leaving = slot->leaving;
    if (leaving && leaving != bank->now && leaving != bank->next && !rig_load(&slot->back)) {
        slot->leaving = NULL;
        rig_store(&slot->back, leaving);
    }
    if (!slot->leaving && rig_get(&slot->offer)) {
        slot->leaving = slot->chain;
        slot->chain = rig_swap(&slot->offer, NULL);
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

void rig_slot_bank_part(rig_slot_bank *bank)
{
    bank->fading = RIG_OUT;
    bank->faded = 0;
}

static float cost_of_now(const rig_slot_bank *bank)
{
    return bank->fading == RIG_GAP ? 0.0f : rig_cost_usual(&bank->now->cost);
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
static uint64_t hear(rig_slot_bank *bank, const rig_history *key, uint32_t n, rig_budget *budget)
{
    float signal[RIG_BLOCK], listen[RIG_BLOCK];
    const uint64_t end = bank->heard.written, start = rig_clock();
    rig_history_read(&bank->heard, end, bank->behind, signal, n);
    rig_history_read(key, end, bank->behind, listen, n);
    bank->next->at = end - bank->behind;
    rig_chain_run(bank->next, signal, listen, n, bank->due);
    bank->behind -= n;
    bank->due -= n < bank->due ? n : bank->due;
    const uint64_t ns = rig_clock() - start;
    budget->caught_up += ns;
    return ns;
}

/* What next takes here is not known before it has played here, among others that use the same caches. */
static void try_out(rig_slot_bank *bank, const rig_history *key, rig_budget *budget)
{
    rig_cost *cost = &bank->next->cost;
    for (uint32_t i = 0; i < RIG_TIMES_FEW; ++i) {
        const float safe = rig_cost_safe(cost), most = rig_budget_most(budget, cost_of_now(bank), safe);
        if (!rig_budget_has(budget, most, safe * (RIG_PIECE + RIG_PIECE_MORE))) break;
        bank->behind = RIG_PIECE;
        bank->due = 0;
        rig_cost_add(cost, hear(bank, key, RIG_PIECE, budget), RIG_PIECE + RIG_PIECE_MORE);
    }
    ++bank->tried;
}

/* Lets next hear the past for as long as there is time. What it takes with all its engines is what it will take. */
static void catch_up(rig_slot_bank *bank, const rig_history *key, uint32_t frames, rig_budget *budget)
{
    const uint32_t last = bank->next->n_units ? bank->next->units[bank->next->n_units - 1].need : 0;
    const float now = cost_of_now(bank);
    for (uint32_t heard = 0, n; bank->behind; heard += n) {
        const float cost = rig_cost_usual(&bank->next->cost);
        const int fades = bank->fading == RIG_STILL;
        const float most = fades ? rig_budget_fade_most(budget, now, cost) : rig_budget_most(budget, now, cost);
        n = room(bank, budget, most, cost, heard, frames);
        if (!n) break;
        const int whole = bank->due < last + RIG_BLOCK && n >= frames;
        const uint64_t ns = hear(bank, key, n, budget);
        if (whole) rig_cost_add(&bank->next->cost, ns, n);
    }
}

/* Next hears this block, too, as if it were past, for as long as it isn't to be heard itself; it waits where another bank's newcomer
   is on its way. Returns 1 where it is heard from here on. */
static int arrives(rig_slot_bank *bank, const rig_fade *fade, const rig_history *key, uint32_t frames, rig_budget *budget)
{
    if (budget->by_clock && budget->turn && budget->turn != bank) {
        bank->begun = 0;
        return 0;
    }
    const int unknown = budget->by_clock && bank->next->cost.count < RIG_TIMES_FEW && bank->tried < TRIES;
    if (unknown && rig_chain_need(bank->next)) {
        budget->turn = bank;
        try_out(bank, key, budget);
        return 0;
    }
    if (rig_chain_settle(bank->next) || !bank->begun) begin(bank, fade, budget);
    if (budget->by_clock && (bank->behind || bank->due) && too_late(bank, frames)) give_up(bank);
    if (bank->fading == RIG_OUT) return 0;
    if (bank->behind || bank->due) {
        budget->turn = bank;
        bank->behind += frames;
        catch_up(bank, key, frames, budget);
        return 0;
    }
    bank->next->at = bank->heard.written - frames;
    bank->fading = bank->fading == RIG_GAP ? RIG_IN : RIG_OVER;
    bank->faded = 0;
    return 1;
}

/* A chain's block, and what it takes; or silence. */
static void play(rig_chain *chain, int heard, float *signal, const float *listen, uint32_t frames, rig_budget *budget)
{
    if (!heard) {
        memset(signal, 0, frames * sizeof(float));
        return;
    }
    const uint64_t start = rig_clock();
    rig_chain_run(chain, signal, listen, frames, 0);
    const uint64_t ns = rig_clock() - start;
    rig_cost_add(&chain->cost, ns, frames);
    budget->played += ns;
}

/* Mixes next's block into the signal, either of which may be silence; at the end of the fade next is the one that plays. */
static void fade_over(rig_slot_bank *bank, const rig_fade *fade, float *signal, const float *next, uint32_t frames)
{
    for (uint32_t i = 0; i < frames; ++i, ++bank->faded) {
        if (bank->faded >= fade->frames) {
            signal[i] = next[i];
            continue;
        }
        const float in = fade->rise[bank->faded], out = fade->rise[fade->frames - 1 - bank->faded];
        signal[i] = out * signal[i] + in * next[i];
    }
    if (bank->faded < fade->frames) return;
    bank->begun = 0;
    if (bank->fading == RIG_OUT) {
        bank->fading = RIG_GAP;
        return;
    }
    bank->now = bank->next;
    bank->next = NULL;
    bank->fading = RIG_STILL;
}

int rig_slot_bank_run(rig_slot_bank *bank, const rig_fade *fade, const rig_history *key, float *signal, uint32_t frames,
                      rig_budget *budget)
{
    float next[RIG_BLOCK], listen[RIG_BLOCK];
    rig_history_write(&bank->heard, signal, frames);
    rig_history_read(key, key->written, frames, listen, frames);
    const int waits = bank->next && (bank->fading == RIG_STILL || bank->fading == RIG_GAP);
    const int begins = waits && arrives(bank, fade, key, frames, budget);
    memcpy(next, signal, frames * sizeof(float));
    play(bank->now, bank->fading != RIG_GAP && bank->fading != RIG_IN, signal, listen, frames, budget);
    if (bank->fading == RIG_STILL || bank->fading == RIG_GAP) return 0;
    play(bank->next, bank->fading != RIG_OUT, next, listen, frames, budget);
    fade_over(bank, fade, signal, next, frames);
    return begins;
}
