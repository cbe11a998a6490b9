#include "slot_bank.h"

#include <string.h>

#include "clock.h"

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

/* Lets next hear the past: at least twice the pace of the music, and more until the deadline. */
static void catch_up(rig_slot_bank *bank, const rig_history *key, uint32_t frames, uint64_t deadline)
{
    float signal[RIG_BLOCK], listen[RIG_BLOCK];
    const uint64_t end = bank->heard.written - frames, start = rig_clock();
    uint32_t n;
    for (uint32_t done = 0; behind(bank, end) && (done < 2 * frames || rig_clock() < deadline); done += n) {
        n = bank->behind < RIG_BLOCK ? bank->behind : RIG_BLOCK;
        rig_history_read(&bank->heard, end, bank->behind, signal, n);
        rig_history_read(key, end, bank->behind, listen, n);
        rig_chain_run(bank->next, signal, listen, n, bank->behind);
        bank->behind -= n;
    }
    bank->caught_up_ns += rig_clock() - start;
}

/* Mixes next's block into the signal; at the end of the fade next is the one that plays. */
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
    bank->now = bank->next;
    bank->next = NULL;
    bank->fading = 0;
}

int rig_slot_bank_run(rig_slot_bank *bank, const rig_fade *fade, const rig_history *key, float *signal, uint32_t frames,
                  uint64_t deadline)
{
    float next[RIG_BLOCK], listen[RIG_BLOCK];
    rig_history_write(&bank->heard, signal, frames);
    rig_history_read(key, key->written, frames, listen, frames);
    if (bank->next && !bank->fading) catch_up(bank, key, frames, deadline);
    const int begins = bank->next && !bank->fading && !bank->behind;
    if (begins) {
        bank->fading = 1;
        bank->faded = 0;
    }
    memcpy(next, signal, frames * sizeof(float));
    rig_chain_run(bank->now, signal, listen, frames, 0);
    if (bank->fading) {
        rig_chain_run(bank->next, next, listen, frames, 0);
        fade_over(bank, fade, signal, next, frames);
    } else if (bank->next) {
        bank->behind += frames; /* this block has become the past, too */
    }
    return begins;
}
