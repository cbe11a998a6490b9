#include "looper.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "loop_layers.h"
#include "touch.h"

#define SHORTEST 4 /* fades that a loop is long at least */

int rig_looper_init(rig_looper *l, uint32_t room, const float *rise, uint32_t fade)
{
    const size_t bytes = (size_t)room * sizeof(float);
    l->data = malloc(bytes);
    if (!l->data) return 0;
    rig_touch((volatile char *)l->data, bytes);
    l->room = room;
    l->rise = rise;
    l->fade = fade;
    l->step = 1.0f / (float)fade;
    rig_loop_make_taps(l->taps);
    return 1;
}

void rig_looper_free(rig_looper *l) { free(l->data); }

int rig_looper_order(rig_looper *l, uint32_t order)
{
    const uint32_t asked = l->asked;
    if (asked - rig_load(&l->taken) >= RIG_LOOP_ORDERS) return 0;
    l->orders[asked % RIG_LOOP_ORDERS] = order;
    rig_store(&l->asked, asked + 1);
    return 1;
}

void rig_looper_now(rig_looper *l, uint32_t order)
{
    if (l->data && l->pressed - l->done < RIG_LOOP_ORDERS) l->feet[l->pressed++ % RIG_LOOP_ORDERS] = order;
}

void rig_looper_show(const rig_looper *l, rig_loop *shown)
{
    const rig_loop *from = &l->shown;
    *shown = (rig_loop){
        .state = rig_get(&from->state),
        .at = rig_get(&from->at),
        .frames = rig_get(&from->frames),
        .layers = rig_get(&from->layers),
        .most = rig_get(&from->most),
        .slow = rig_get(&from->slow),
        .waits = rig_get(&from->waits),
        .room = l->room,
    };
}

static void show(rig_looper *l)
{
    rig_put(&l->shown.state, l->state);
    rig_put(&l->shown.at, l->state == RIG_LOOP_RECORDING ? l->recorded : l->place / 2);
    rig_put(&l->shown.frames, l->frames);
    rig_put(&l->shown.layers, l->layers);
    rig_put(&l->shown.most, l->most);
    rig_put(&l->shown.slow, l->slower);
    rig_put(&l->shown.waits, l->wait > 0);
}

/* --- its states ------------------------------------------------------------------------------------------------- */

static void empty(rig_looper *l)
{
    l->state = RIG_LOOP_EMPTY;
    l->frames = l->place = l->layers = l->most = l->wait = l->recorded = l->wanted = l->stops = 0;
    l->slow = l->slower = l->tail = l->clearing = 0;
    l->level = l->dub = 0.0f;
}

/* The recording is a loop of so many frames, and some have been recorded beyond. */
static void close_loop(rig_looper *l, uint32_t frames)
{
    const uint32_t beyond = l->recorded - frames, mixed = beyond < l->fade ? beyond : l->fade;
    for (uint32_t i = 0; i < mixed; ++i) rig_loop_mix_tail(l, i, l->data[frames + i]);
    l->tail = l->fade - mixed;
    l->frames = frames;
    l->layers = l->most = 1;
    l->layer[0] = (rig_layer){0, frames, 1.0f};
    l->place = 2 * beyond;
    l->level = beyond ? 0.0f : 1.0f;
    l->state = l->stops ? RIG_LOOP_STOPPED : RIG_LOOP_PLAYING;
    l->wanted = l->stops = 0;
}

/* Frames to the nearest beat: below 0, it has passed. */
static int64_t to_beat(const rig_moment *moment)
{
    return llrint((nearbyint(moment->beat) - moment->beat) / moment->beats_a_frame);
}

static uint32_t to_next_beat(const rig_looper *l, const rig_moment *moment)
{
    return rig_get(&l->beats) ? (uint32_t)llrint((ceil(moment->beat) - moment->beat) / moment->beats_a_frame) : 0;
}

/* The recording begins with the last frames of the guitar; those that nobody remembers any more are silent. */
static void go_back(rig_looper *l, const rig_history *guitar, uint64_t now, uint32_t frames)
{
    uint32_t heard = frames < RIG_HISTORY - RIG_BLOCK ? frames : RIG_HISTORY - RIG_BLOCK;
    if (heard > now) heard = (uint32_t)now;
    float *const first = l->data + (frames - heard);
    memset(l->data, 0, (frames - heard) * sizeof(float));
    rig_history_read(guitar, now, heard, first, heard);
    for (uint32_t i = 0; heard < frames && i < heard && i < l->fade; ++i) first[i] *= l->rise[i];
    l->recorded = frames;
}

/* From now on; to the beat, from the nearest one, which may have passed. */
static void begin(rig_looper *l, const rig_history *guitar, const rig_moment *moment)
{
    const int64_t away = rig_get(&l->beats) ? to_beat(moment) : 0, most = l->room / 2;
    l->state = RIG_LOOP_RECORDING;
    l->wait = away > 0 ? (uint32_t)away : 0;
    l->recorded = 0;
    if (away < 0) go_back(l, guitar, guitar->written - moment->frames, (uint32_t)(-away < most ? -away : most));
}

/* Now, or to the beat, so that it has the nearest whole number of them. */
static void end(rig_looper *l, const rig_moment *moment, uint32_t stops)
{
    const uint32_t shortest = SHORTEST * l->fade;
    uint32_t frames = l->recorded;
    if (rig_get(&l->beats)) {
        const double most = floor(l->room * moment->beats_a_frame), beats = nearbyint(frames * moment->beats_a_frame);
        frames = (uint32_t)llrint(fmin(fmax(1.0, beats), fmax(1.0, most)) / moment->beats_a_frame);
    }
    if (frames < shortest) frames = shortest;
    if (frames > l->room) frames = l->room;
    l->stops = stops;
    if (frames <= l->recorded) close_loop(l, frames);
    else l->wanted = frames;
}

static void begin_overdub(rig_looper *l)
{
    const uint32_t k = l->layers;
    if (k == RIG_LOOP_LAYERS || (size_t)(k + 1) * l->frames > l->room) return;
    l->layer[k] = (rig_layer){0, 0, 1.0f};
    l->dubbed = k;
    l->layers = l->most = k + 1;
    l->state = RIG_LOOP_OVERDUBBING;
}

/* --- what the player wants ------------------------------------------------------------------------------------- */

static void play_again(rig_looper *l, const rig_moment *moment)
{
    l->state = RIG_LOOP_PLAYING;
    l->place = 0;
    l->wait = to_next_beat(l, moment);
}

static void go(rig_looper *l, const rig_history *guitar, const rig_moment *moment)
{
    switch (l->state) {
    case RIG_LOOP_EMPTY: begin(l, guitar, moment); break;
    case RIG_LOOP_RECORDING:
        if (!l->wait && !l->wanted) end(l, moment, 0);
        break;
    case RIG_LOOP_PLAYING: begin_overdub(l); break;
    case RIG_LOOP_OVERDUBBING: l->state = RIG_LOOP_PLAYING; break;
    case RIG_LOOP_STOPPED: play_again(l, moment);
    }
}

static void stop(rig_looper *l, const rig_moment *moment)
{
    if (l->state == RIG_LOOP_RECORDING && (l->wait || !l->recorded)) empty(l);
    else if (l->state == RIG_LOOP_RECORDING) end(l, moment, 1);
    else if (l->state == RIG_LOOP_STOPPED) play_again(l, moment);
    else if (l->state != RIG_LOOP_EMPTY) {
        l->state = RIG_LOOP_STOPPED;
        l->wait = 0;
    }
}

static void undo(rig_looper *l)
{
    if (l->state == RIG_LOOP_RECORDING) empty(l);
    else if (l->layers > 1) --l->layers;
    if (l->state == RIG_LOOP_OVERDUBBING) l->state = RIG_LOOP_PLAYING;
}

static void clear(rig_looper *l)
{
    if (l->level > 0.0f) l->clearing = 1;
    else empty(l);
}

/* What is dubbed goes in at one speed. */
static void half(rig_looper *l)
{
    l->slower ^= l->frames > 0;
    if (l->state == RIG_LOOP_OVERDUBBING) l->state = RIG_LOOP_PLAYING;
    if (l->level == 0.0f) l->slow = l->slower;
}

static void obey(rig_looper *l, uint32_t order, const rig_history *guitar, const rig_moment *moment)
{
    switch (order) {
    case RIG_LOOP_GO: go(l, guitar, moment); break;
    case RIG_LOOP_STOP: stop(l, moment); break;
    case RIG_LOOP_UNDO: undo(l); break;
    case RIG_LOOP_REDO: l->layers += l->layers < l->most && l->state != RIG_LOOP_OVERDUBBING; break;
    case RIG_LOOP_CLEAR: clear(l); break;
    case RIG_LOOP_HALF: half(l);
    }
}

/* Whether something fades that what is ordered next would cut off; that takes a hundredth of a second. */
static int fades(const rig_looper *l)
{
    if (l->clearing || l->tail || l->slow != l->slower) return 1;
    if (l->dub > 0.0f && l->state != RIG_LOOP_OVERDUBBING) return 1;
    if (l->level > 0.0f && l->state == RIG_LOOP_STOPPED) return 1;
    for (uint32_t k = l->layers; k < l->most; ++k)
        if (l->layer[k].gain > 0.0f) return 1;
    return 0;
}

void rig_looper_stop(rig_looper *l)
{
    if (l->state == RIG_LOOP_RECORDING) empty(l);
    if (l->state == RIG_LOOP_EMPTY) return;
    l->state = RIG_LOOP_STOPPED;
    l->level = l->dub = 0.0f;
    l->tail = l->wait = 0;
    l->slow = l->slower;
    if (l->clearing) empty(l);
}

/* --- the block -------------------------------------------------------------------------------------------------- */

static void record(rig_looper *l, float x)
{
    if (l->wait && l->wait--) return;
    l->data[l->recorded++] = x;
    if (l->recorded == l->wanted) close_loop(l, l->recorded);
}

static float run(rig_looper *l, const rig_history *guitar, uint64_t now)
{
    if (l->wait && l->wait--) return 0.0f;
    const int plays = l->state != RIG_LOOP_STOPPED && !l->clearing;
    l->level = rig_loop_toward(l->level, plays ? 1.0f : 0.0f, l->step);
    if (l->level == 0.0f && !l->tail) {
        l->dub = 0.0f;
        if (l->clearing) empty(l);
        return 0.0f;
    }
    if (!(l->place & 1) && !l->tail && l->dub == 0.0f) l->slow = l->slower;
    const float heard = rig_loop_play(l);
    if (l->tail) {
        rig_loop_mix_tail(l, l->place / 2, guitar->data[now % RIG_HISTORY]);
        --l->tail;
    }
    if (l->state == RIG_LOOP_OVERDUBBING || l->dub > 0.0f) rig_loop_overdub(l, guitar, now);
    l->place += l->slow ? 1 : 2;
    if (l->place >= 2 * l->frames) l->place -= 2 * l->frames;
    return heard;
}

void rig_looper_run(rig_looper *l, const rig_history *guitar, float *x, const rig_moment *moment)
{
    if (!l->data) return;
    for (; l->done != l->pressed && !fades(l); ++l->done) obey(l, l->feet[l->done % RIG_LOOP_ORDERS], guitar, moment);
    for (uint32_t taken = l->taken; taken != rig_load(&l->asked) && !fades(l); rig_store(&l->taken, ++taken))
        obey(l, l->orders[taken % RIG_LOOP_ORDERS], guitar, moment);
    const uint32_t frames = moment->frames;
    if (l->state == RIG_LOOP_RECORDING && !l->wanted && l->room - l->recorded <= frames) end(l, moment, 0);
    for (uint32_t i = 0; i < frames; ++i) {
        if (l->state == RIG_LOOP_RECORDING) record(l, x[i]);
        else if (l->frames) x[i] += run(l, guitar, guitar->written - frames + i);
    }
    show(l);
}
