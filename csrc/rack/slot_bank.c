#include "slot_bank.h"

#include <string.h>

#include "clock.h"

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
static void ring(rig_slot_bank *bank, rig_signal *sum, const rig_moment *moment)
{
    rig_signal_silence(sum, 1, moment->frames);
    for (rig_ring *r = bank->rings; r < bank->rings + RIG_RINGS; ++r) {
        rig_signal rings;
        if (!r->chain) continue;
        const uint32_t tail = rig_chain_tail(r->chain);
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
    bank->behind = bank->next ? rig_chain_need(bank->next) : 0;
}

void rig_slot_bank_arrive(rig_slot_bank *bank)
{
    if (!bank->next) return;
    bank->now = bank->next;
    bank->next = NULL;
    rig_chain_settle(bank->now);
}

/* Frames before `end` that next still has to hear. Where an engine has been switched meanwhile it hears all of them anew, so
   that those behind that engine remember what they would had it always been so. */
static uint32_t behind(rig_slot_bank *bank, uint64_t end)
{
    const uint32_t reach = RIG_HISTORY - 2 * RIG_BLOCK;
    if (rig_chain_settle(bank->next)) bank->behind = rig_chain_need(bank->next);
    if (bank->behind > reach) bank->behind = reach;
    bank->next->at = end - bank->behind;
    return bank->behind;
}

static void read_past(const rig_slot_bank *bank, uint64_t end, uint32_t behind, rig_signal *signal, uint32_t frames)
{
    signal->channels = bank->channels;
    for (uint32_t c = 0; c < bank->channels; ++c) rig_history_read(&bank->heard[c], end, behind, signal->at[c], frames);
}

/* Lets next hear the past: at least twice the pace of the music, and more until the deadline. */
static void catch_up(rig_slot_bank *bank, const rig_history *key, const rig_moment *moment, uint64_t deadline)
{
    rig_signal signal;
    float listen[RIG_BLOCK];
    const uint64_t end = bank->heard[0].written - moment->frames, start = rig_clock();
    uint32_t n;
    for (uint32_t done = 0; behind(bank, end) && (done < 2 * moment->frames || rig_clock() < deadline); done += n) {
        n = bank->behind < RIG_BLOCK ? bank->behind : RIG_BLOCK;
        const rig_moment then = {listen, n, moment->beat - bank->behind * moment->beats_a_frame, moment->beats_a_frame};
        read_past(bank, end, bank->behind, &signal, n);
        rig_history_read(key, end, bank->behind, listen, n);
        rig_chain_catch_up(bank->next, &signal, &then, bank->behind);
        bank->behind -= n;
    }
    bank->caught_up_ns += rig_clock() - start;
}

/* Next is heard, and now is not any more. */
static void take_over(rig_slot_bank *bank)
{
    ring_on(bank, bank->now);
    bank->now = bank->next;
    bank->next = NULL;
    bank->fading = 0;
}

/* A block of the fade from now to next; at its end next is the one that plays. */
static void fade_over(rig_slot_bank *bank, const rig_fade *fade, rig_signal *signal, const rig_moment *moment)
{
    rig_signal next;
    float in[RIG_BLOCK], out[RIG_BLOCK];
    for (uint32_t i = 0; i < moment->frames; ++i, ++bank->faded) {
        const int over = bank->faded >= fade->frames;
        in[i] = over ? 1.0f : fade->rise[bank->faded];
        out[i] = over ? 0.0f : fade->rise[fade->frames - 1 - bank->faded];
    }
    rig_signal_copy(&next, signal, moment->frames);
    rig_chain_run(bank->now, signal, moment, out);
    rig_chain_run(bank->next, &next, moment, in);
    rig_signal_add(signal, &next, moment->frames);
    if (bank->faded >= fade->frames) take_over(bank);
}

/* Next is about to be heard: what of it rang on until now goes on in it. */
static void begin_fade(rig_slot_bank *bank)
{
    rig_ring *rings = ring_of(bank, bank->next);
    if (rings) rings->chain = NULL;
    bank->fading = 1;
    bank->faded = 0;
}

int rig_slot_bank_run(rig_slot_bank *bank, const rig_fade *fade, const rig_history *key, rig_signal *signal,
                      const rig_moment *moment, uint64_t deadline)
{
    const uint32_t frames = moment->frames;
    rig_signal rings;
    rig_signal_fit(signal, signal->channels < bank->channels ? signal->channels : bank->channels, frames);
    for (uint32_t c = 0; c < bank->channels; ++c)
        rig_history_write(&bank->heard[c], signal->at[c < signal->channels ? c : 0], frames);
    if (bank->next && !bank->fading) catch_up(bank, key, moment, deadline);
    const int begins = bank->next && !bank->fading && !bank->behind;
    if (begins) begin_fade(bank);
    if (bank->next && !bank->fading) bank->behind += frames; /* this block will be the past, too */
    const int ringing = is_ringing(bank);
    if (ringing) ring(bank, &rings, moment); /* before one more may begin to */
    if (bank->fading) fade_over(bank, fade, signal, moment);
    else rig_chain_run(bank->now, signal, moment, NULL);
    if (ringing) rig_signal_add(signal, &rings, frames);
    return begins;
}

void rig_slot_bank_panic(rig_slot_bank *bank)
{
    if (bank->fading) bank->now = bank->next;
    bank->fading = 0;
    if (bank->next == bank->now) bank->next = NULL;
    for (rig_ring *r = bank->rings; r < bank->rings + RIG_RINGS; ++r) {
        if (!r->chain) continue;
        rig_chain_hush(r->chain);
        ring_end(r);
    }
    for (uint32_t i = 0; i < bank->now->n_units; ++i) rig_unit_reset(&bank->now->units[i]);
}
