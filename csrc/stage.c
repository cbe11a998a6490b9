#include "stage.h"

#include <string.h>

#include "clock.h"

void rig_stage_init(rig_stage *stage)
{
    stage->wire.level = 1.0f;
    rig_ramp_start(&stage->wire.gain, 1.0f);
    stage->now = &stage->wire;
}

/* Takes and gives back. A slot takes nothing new before what it held has been given back. */
static void slot_trade(rig_stage *stage, rig_slot *slot)
{
    rig_chain *leaving = slot->leaving;
    if (leaving && leaving != stage->now && leaving != stage->next && !rig_load(&slot->back)) {
        slot->leaving = NULL;
        rig_store(&slot->back, leaving);
    }
    if (!slot->leaving && rig_get(&slot->offer)) {
        slot->leaving = slot->chain;
        slot->chain = rig_swap(&slot->offer, NULL);
    }
}

void rig_stage_steer(rig_stage *stage, uint32_t want)
{
    for (uint32_t i = 0; i < RIG_SLOTS; ++i) slot_trade(stage, &stage->slots[i]);
    rig_chain *target = want < RIG_SLOTS ? stage->slots[want].chain : NULL;
    if (!target) target = &stage->wire;
    if (stage->fading || target == (stage->next ? stage->next : stage->now)) return; /* a fade that is heard is finished */
    stage->next = target == stage->now ? NULL : target;
    stage->behind = stage->next ? rig_chain_need(stage->next) : 0;
}

void rig_stage_arrive(rig_stage *stage)
{
    if (!stage->next) return;
    stage->now = stage->next;
    stage->next = NULL;
}

/* Lets next hear the past: at least twice the pace of the music, and more until the deadline. */
static void catch_up(rig_stage *stage, const rig_history *key, uint32_t frames, uint64_t deadline)
{
    float signal[RIG_BLOCK], listen[RIG_BLOCK];
    const uint64_t end = stage->heard.written - frames, start = rig_clock();
    const uint32_t reach = RIG_HISTORY - 2 * RIG_BLOCK;
    if (stage->behind > reach) stage->behind = reach;
    uint32_t n;
    stage->next->at = end - stage->behind;
    for (uint32_t done = 0; stage->behind && (done < 2 * frames || rig_clock() < deadline); done += n) {
        n = stage->behind < RIG_BLOCK ? stage->behind : RIG_BLOCK;
        rig_history_read(&stage->heard, end, stage->behind, signal, n);
        rig_history_read(key, end, stage->behind, listen, n);
        rig_chain_run(stage->next, signal, listen, n, stage->behind);
        stage->behind -= n;
    }
    stage->caught_up_ns += rig_clock() - start;
}

/* Mixes next's block into the signal; at the end of the fade next is the one that plays. */
static void fade_over(rig_stage *stage, const rig_fade *fade, float *signal, const float *next, uint32_t frames)
{
    for (uint32_t i = 0; i < frames; ++i, ++stage->faded) {
        if (stage->faded >= fade->frames) {
            signal[i] = next[i];
            continue;
        }
        const float in = fade->rise[stage->faded], out = fade->rise[fade->frames - 1 - stage->faded];
        signal[i] = out * signal[i] + in * next[i];
    }
    if (stage->faded < fade->frames) return;
    stage->now = stage->next;
    stage->next = NULL;
    stage->fading = 0;
}

int rig_stage_run(rig_stage *stage, const rig_fade *fade, const rig_history *key, float *signal, uint32_t frames,
                  uint64_t deadline)
{
    float next[RIG_BLOCK], listen[RIG_BLOCK];
    rig_history_write(&stage->heard, signal, frames);
    rig_history_read(key, key->written, frames, listen, frames);
    if (stage->next && !stage->fading) catch_up(stage, key, frames, deadline);
    const int begins = stage->next && !stage->fading && !stage->behind;
    if (begins) {
        stage->fading = 1;
        stage->faded = 0;
    }
    memcpy(next, signal, frames * sizeof(float));
    rig_chain_run(stage->now, signal, listen, frames, 0);
    if (stage->fading) {
        rig_chain_run(stage->next, next, listen, frames, 0);
        fade_over(stage, fade, signal, next, frames);
    } else if (stage->next) {
        stage->behind += frames; /* this block has become the past, too */
    }
    return begins;
}
