#include "period.h"

#include <stdlib.h>
#include <string.h>

#include "binding.h"
#include "budget.h"
#include "clock.h"
#include "../denormals.h"
#include "cost.h"
#include "guard.h"
#include "insert.h"
#include "looper.h"
#include "master.h"
#include "metronome.h"
#include "midi.h"
#include "overload.h"
#include "recorder.h"
#include "slot_bank.h"
#include "song.h"
#include "tape.h"
#include "touch.h"

/* Everything that the audio thread touches. What Python puts stands first. */
struct rig_rack {
    uint32_t want, bypass;
    uint32_t panics;        /* how many were asked for */
    struct { uint32_t input, output; } routes[RIG_SLOTS];

    uint32_t rate;
    rig_cost rest;          /* what a period takes beside its chains */
    rig_overload overload;
    rig_fade fade;
    rig_slot_bank banks[RIG_STAGES];
    rig_history guitar;     /* what came in: what the tuner hears, and the looper records */
    rig_looper looper;
    rig_history input;      /* the same with the loop: the key, and what the chains hear */
    const float *loop;      /* a recording that plays into the input, or NULL */
    uint32_t loop_frames, loop_at;
    rig_master master;
    rig_recorder recorder;
    rig_tape tape;
    rig_meters meters;
    uint32_t calmed;        /* panics that are over */
    rig_midi midi;
    rig_binder binder;
    rig_song song;
    rig_metronome metronome;
};

rig_rack *rig_rack_new(uint32_t rate)
{
    rig_rack *r = calloc(1, sizeof *r);
    const uint32_t frames = (uint32_t)(RIG_FADE_SECONDS * rate);
    float *rise = calloc(frames + 1, sizeof(float));
    if (!r || !rise || !rig_metronome_init(&r->metronome, rate)) {
        free(r);
        free(rise);
        return NULL;
    }
    rig_touch((volatile char *)r, sizeof *r);
    for (uint32_t i = 0; i < frames; ++i) rise[i] = (float)sin((i + 0.5) / frames * 1.57079632679489662);
    r->rate = rate;
    r->fade = (rig_fade){frames, rise};
    rig_master_init(&r->master, rate);
    for (uint32_t i = 0; i < RIG_STAGES; ++i) rig_slot_bank_init(&r->banks[i], i == RIG_OUTPUT ? 2 : 1);
    rig_song_init(&r->song, rate);
    rig_overload_init(&r->overload);
    r->meters.limiter = 1.0f;
    return r;
}

void rig_rack_free(rig_rack *r)
{
    rig_recorder_free(&r->recorder);
    rig_metronome_free(&r->metronome);
    rig_tape_free(&r->tape);
    rig_looper_free(&r->looper);
    free(r->fade.rise);
    free(r);
}

rig_chain *rig_rack_offer(rig_rack *r, uint32_t stage, uint32_t slot, rig_chain *chain)
{
    return rig_swap(&r->banks[stage].slots[slot].offer, chain);
}

rig_chain *rig_rack_collect(rig_rack *r, uint32_t stage, uint32_t slot)
{
    return rig_swap(&r->banks[stage].slots[slot].back, NULL);
}

rig_chain *rig_rack_rung_out(rig_rack *r, uint32_t stage, uint32_t ring)
{
    return rig_swap(&r->banks[stage].rings[ring].back, NULL);
}

void rig_rack_route(rig_rack *r, uint32_t amp, uint32_t input, uint32_t output)
{
    rig_put(&r->routes[amp].input, input);
    rig_put(&r->routes[amp].output, output);
}

void rig_rack_play(rig_rack *r, uint32_t amp) { rig_put(&r->want, amp); }
void rig_rack_bypass(rig_rack *r, int on) { rig_put(&r->bypass, (uint32_t)on); }
void rig_rack_open(rig_rack *r, int on) { rig_put(&r->master.open, (uint32_t)on); }
void rig_rack_relieve(rig_rack *r, int on) { rig_put(&r->overload.off, !on); }
void rig_rack_limit(rig_rack *r, int on) { rig_put(&r->master.limit, (uint32_t)on); }
void rig_rack_level(rig_rack *r, float gain) { rig_put_float(&r->master.level, gain); }
void rig_rack_tempo(rig_rack *r, float bpm) { rig_put_float(&r->song.tempo, bpm); }
void rig_rack_follow(rig_rack *r, uint32_t whom) { rig_put(&r->song.follow, whom); }
void rig_rack_metronome(rig_rack *r, const rig_metronome_settings *settings) { rig_metronome_set(&r->metronome, settings); }
rig_bindings *rig_rack_bind(rig_rack *r, rig_bindings *bindings) { return rig_swap(&r->binder.offer, bindings); }
rig_bindings *rig_rack_unbound(rig_rack *r) { return rig_swap(&r->binder.back, NULL); }
uint32_t rig_rack_midi(rig_rack *r, rig_midi_event *events, uint32_t most) { return rig_midi_read(&r->midi, events, most); }
void rig_rack_panic(rig_rack *r) { rig_put(&r->panics, r->panics + 1); }

void rig_rack_loop(rig_rack *r, const float *recording, uint32_t frames)
{
    r->loop = frames ? recording : NULL;
    r->loop_frames = frames;
    r->loop_at = 0;
}

int rig_rack_looper(rig_rack *r, uint32_t room) { return rig_looper_init(&r->looper, room, r->fade.rise, r->fade.frames); }
int rig_rack_loop_order(rig_rack *r, uint32_t order) { return rig_looper_order(&r->looper, order); }
void rig_rack_loop_beats(rig_rack *r, int on) { rig_put(&r->looper.beats, (uint32_t)on); }
void rig_rack_loop_now(const rig_rack *r, rig_loop *loop) { rig_looper_show(&r->looper, loop); }

int rig_rack_record(rig_rack *r, int on)
{
    if (on) return rig_recorder_begin(&r->recorder, r->rate);
    rig_recorder_end(&r->recorder);
    return 1;
}

uint32_t rig_rack_recorded(rig_rack *r, float *tracks, uint32_t frames)
{
    return rig_recorder_read(&r->recorder, tracks, frames);
}

uint64_t rig_rack_record_lost(const rig_rack *r) { return rig_recorder_lost(&r->recorder); }
uint64_t rig_rack_record_missing(const rig_rack *r) { return rig_recorder_missing(&r->recorder); }

int rig_rack_keep(rig_rack *r, uint64_t frames) { return rig_tape_init(&r->tape, frames); }
uint64_t rig_rack_kept(const rig_rack *r) { return rig_load(&r->tape.written); }
uint32_t rig_rack_kept_read(const rig_rack *r, uint64_t from, float *tracks, uint32_t frames)
{
    return rig_tape_read(&r->tape, from, tracks, frames);
}

void rig_rack_heard(rig_rack *r, float *input, uint32_t frames)
{
    rig_history_peek(&r->guitar, rig_load(&r->guitar.written), input, frames);
}

uint64_t rig_rack_frames(const rig_rack *r) { return rig_get(&r->meters.frames); }

void rig_rack_meters(rig_rack *r, rig_meters *m)
{
    rig_meters *from = &r->meters;
    *m = (rig_meters){
        .callbacks = rig_get(&from->callbacks),
        .frames = rig_get(&from->frames),
        .fade_frame = rig_get(&from->fade_frame),
        .record_lost = rig_get(&r->recorder.lost),
        .input_faults = rig_get(&from->input_faults),
        .in_clips = rig_get(&from->in_clips),
        .out_clips = rig_get(&from->out_clips),
        .playing = rig_get(&from->playing),
        .settled = rig_get(&from->settled),
        .silent = rig_get(&from->silent),
        .lead = rig_get(&from->lead),
        .midi_lost = rig_get(&r->midi.lost),
        .relief = rig_get(&r->overload.step),
        .tails_ended = rig_get(&from->tails_ended),
        .beat = rig_get_double(&from->beat),
        .tempo = rig_get_float(&from->tempo),
        .in_peak = rig_take_float(&from->in_peak, 0.0f),
        .out_peak = rig_take_float(&from->out_peak, 0.0f),
        .limiter = rig_take_float(&from->limiter, 1.0f),
        .load = rig_take_float(&from->load, 0.0f),
        .load_mean = rig_get_float(&from->load_mean),
    };
}

/* Where the rack's input comes from: the port, and a loop if there is one. Broken samples become silence, and so do those that are
   louder than any guitar: what the engines remember of them would be heard for long. */
static void read_input(rig_rack *r, const float *in, float *x, uint32_t frames)
{
    uint32_t bad = 0;
    for (uint32_t i = 0; i < frames; ++i) {
        float v = in[i];
        if (r->loop) {
            v += r->loop[r->loop_at];
            r->loop_at = r->loop_at + 1 == r->loop_frames ? 0 : r->loop_at + 1;
        }
        const int fine = fabsf(v) < RIG_LOUDEST; /* false for NaN, too */
        x[i] = fine ? v : 0.0f;
        bad |= !fine;
    }
    if (bad) rig_put(&r->meters.input_faults, r->meters.input_faults + 1);
}

static void tell(void *r, const rig_midi_event *event) { rig_midi_tell(&((rig_rack *)r)->midi, event); }

/* What a MIDI event does, at its frame. */
static void hear(rig_rack *r, const rig_midi_event *event)
{
    const rig_bound_rack bound = {&r->want, &r->master.level};
    rig_song_hear(&r->song, event);
    rig_binder_hear(&r->binder, event, &bound, tell, r);
    rig_midi_taken(&r->midi);
}

/* Hears what is due, and of what comes within the next frames what only has to be known by their end. Returns how many frames the next
   block may have: no more than up to the next event that does something. */
static uint32_t listen(rig_rack *r, uint32_t frames)
{
    const uint64_t at = r->meters.frames;
    for (const rig_midi_event *event; (event = rig_midi_next(&r->midi)) && event->frame < at + frames;) {
        if (event->frame > at && rig_binder_knows(&r->binder, event)) return (uint32_t)(event->frame - at);
        hear(r, event);
    }
    return frames;
}

/* Where the song is in this block; whom it follows has said so by then. Returns 1 where it jumped. */
static int keep_time(rig_rack *r, uint32_t frames)
{
    const uint64_t at = r->meters.frames;
    const int jumped = rig_song_begin(&r->song, at, frames);
    rig_put(&r->meters.lead, r->song.state);
    rig_put_double(&r->meters.beat, r->song.beat);
    rig_put_float(&r->meters.tempo, (float)(60.0 * r->rate * r->song.pace));
    return jumped;
}

static void run_block(rig_rack *r, const rig_period *p, uint32_t at, uint32_t frames, rig_budget *budget)
{
    float x[RIG_BLOCK];
    rig_signal signal;
    const int jumped = keep_time(r, frames);
    const rig_moment moment = {x, frames, r->song.beat, r->song.pace, (uint32_t)budget->by_clock};
    read_input(r, p->in + at, x, frames);
    const float peak = rig_highest(x, frames);
    rig_show_peak(&r->meters.in_peak, peak);
    rig_show_clip(&r->meters.in_clips, peak);
    rig_history_write(&r->guitar, x, frames);
    rig_looper_run(&r->looper, &r->guitar, x, &moment);
    rig_history_write(&r->input, x, frames);
    memcpy(p->di + at, x, frames * sizeof(float));
    signal.channels = 1;
    memcpy(signal.at[0], x, frames * sizeof(float));
    if (p->inserts) rig_inserts_enter(x, at);
    for (uint32_t i = 0; i < RIG_STAGES; ++i)
        if (rig_slot_bank_run(&r->banks[i], &r->fade, &r->input, &signal, &moment, budget) && i == RIG_AMP)
            rig_put(&r->meters.fade_frame, r->meters.frames);
    if (p->inserts) rig_inserts_leave(frames);
    rig_master_run(&r->master, &signal, frames, &r->meters);
    memcpy(p->out_1 + at, signal.at[0], frames * sizeof(float));
    memcpy(p->out_2 + at, signal.at[signal.channels - 1], frames * sizeof(float));
    rig_recorder_write(&r->recorder, p->out_1 + at, p->out_2 + at, p->di + at, frames);
    rig_tape_write(&r->tape, p->out_1 + at, p->out_2 + at, p->di + at, frames);
    rig_metronome_run(&r->metronome, &r->song, jumped, p->click ? p->click + at : NULL, p->out_1 + at, p->out_2 + at, frames, &r->master);
    rig_song_end(&r->song, frames);
    rig_put(&r->meters.frames, r->meters.frames + frames);
}

/* Heads each stage for what the player wants to hear. */
static void steer(rig_rack *r)
{
    const uint32_t want = rig_get(&r->want);
    rig_slot_bank_steer(&r->banks[RIG_INPUT], rig_get(&r->routes[want].input));
    rig_slot_bank_steer(&r->banks[RIG_AMP], rig_get(&r->bypass) ? RIG_SLOTS : want);
    rig_slot_bank_steer(&r->banks[RIG_OUTPUT], rig_get(&r->routes[want].output));
    uint32_t settled = 1;
    for (uint32_t i = 0; i < RIG_STAGES; ++i) settled &= !r->banks[i].next;
    if (settled && !rig_get(&r->meters.settled)) rig_overload_fresh(&r->overload);
    rig_put(&r->meters.settled, settled);
    if (settled) rig_put(&r->meters.playing, want);
}

void rig_rack_begin(rig_rack *r, int open)
{
    steer(r);
    for (uint32_t i = 0; i < RIG_STAGES; ++i) rig_slot_bank_arrive(&r->banks[i]);
    rig_master_begin(&r->master, open);
    steer(r);
}

/* A panic: the master is cut off, and when nothing is heard any more all that plays begins anew. */
static void calm(rig_rack *r)
{
    const uint32_t asked = rig_get(&r->panics);
    r->master.cut = asked != r->calmed;
    if (!r->master.cut || r->master.fade > 0.0f) return;
    for (uint32_t i = 0; i < RIG_STAGES; ++i) rig_slot_bank_panic(&r->banks[i]);
    rig_looper_stop(&r->looper);
    r->master.cut = 0;
    r->calmed = asked;
}

/* What this period has time for. Where it has none for all newcomers beside those that play, the dearest one parts. */
static rig_budget budget_of(rig_rack *r, uint32_t frames, int by_clock, uint64_t start)
{
    rig_budget budget = {.by_clock = by_clock, .start = start, .frames = frames, .whole = 1e9f / (float)r->rate};
    budget.sheds = by_clock && !rig_get(&r->overload.off);
    budget.relief = r->overload.step;
    if (!by_clock || rig_get(&r->meters.settled)) return budget;
    float coming = 0.0f, dearest = 0.0f;
    rig_slot_bank *parts = NULL;
    budget.playing = rig_cost_usual(&r->rest);
    for (uint32_t i = 0; i < RIG_STAGES; ++i) {
        budget.playing += rig_slot_bank_playing(&r->banks[i]);
        budget.fading += rig_slot_bank_fading(&r->banks[i]);
        if (r->banks[i].fading == RIG_GAP) budget.turn = &r->banks[i]; /* silence goes before all */
    }
    for (uint32_t i = 0; i < RIG_STAGES; ++i) {
        rig_slot_bank_fit(&r->banks[i], &budget);
        const float own = rig_slot_bank_coming(&r->banks[i]);
        coming += own;
        if (own > dearest) {
            dearest = own;
            parts = &r->banks[i];
        }
    }
    if (!rig_budget_fits(&budget, coming)) rig_slot_bank_part(parts);
    return budget;
}

/* The worst is what a callback took with all that was in it; catching up is no part of what playing costs. */
static void show_load(rig_rack *r, const rig_budget *budget)
{
    const uint64_t ns = rig_clock() - budget->start, own = ns - budget->caught_up;
    const float period = (float)budget->frames / (float)r->rate, share = 1e-9f / period;
    rig_cost_add(&r->rest, own - budget->played, budget->frames);
    if ((float)ns * share > rig_get_float(&r->meters.load)) rig_put_float(&r->meters.load, (float)ns * share);
    const float mean = rig_get_float(&r->meters.load_mean);
    rig_put_float(&r->meters.load_mean, mean + fminf(1.0f, period) * ((float)own * share - mean));
    rig_put(&r->meters.callbacks, r->meters.callbacks + 1);
    rig_put(&r->meters.tails_ended, r->meters.tails_ended + budget->ended);
    if (budget->by_clock) rig_overload_look(&r->overload, r->banks, budget, ns, r->fade.frames, (int)rig_get(&r->meters.settled));
}

/* An event has sent it to another amp: that is headed for from here on, in what is left of the period's time. */
static void turn_to(rig_rack *r, const rig_period *p, rig_budget *budget)
{
    const rig_budget before = *budget;
    steer(r);
    *budget = budget_of(r, p->frames, p->by_clock, before.start);
    budget->played = before.played;
    budget->caught_up = before.caught_up;
}

/* A block, as long as what comes in lets it be. Returns its length. */
static uint32_t next_block(rig_rack *r, const rig_period *p, uint32_t at, rig_budget *budget)
{
    const uint32_t want = rig_get(&r->want), left = p->frames - at;
    uint32_t n = listen(r, left < RIG_BLOCK ? left : RIG_BLOCK);
    if (rig_get(&r->want) != want) turn_to(r, p, budget);
    n = rig_binder_room(&r->binder, r->meters.frames, n);
    rig_binder_move(&r->binder, n);
    run_block(r, p, at, n, budget);
    return n;
}

void rig_period_run(rig_rack *r, const rig_period *p)
{
    if (!p->frames) return;
    const uint64_t start = rig_clock();
    const rig_denormals fpu = rig_denormals_enter();
    rig_binder_trade(&r->binder);
    steer(r);
    calm(r);
    rig_budget budget = budget_of(r, p->frames, p->by_clock, start);
    for (uint32_t at = 0; at < p->frames;) at += next_block(r, p, at, &budget);
    for (const rig_midi_event *late; (late = rig_midi_next(&r->midi));) hear(r, late); /* whatever frame JACK gave it */
    rig_midi_over(&r->midi);
    rig_denormals_leave(fpu);
    show_load(r, &budget);
}

void rig_rack_hear_midi(rig_rack *r, uint32_t at, const uint8_t *bytes, size_t size)
{
    rig_midi_come(&r->midi, r->meters.frames + at, bytes, size);
}

void rig_rack_hear_transport(rig_rack *r, const rig_transport *transport)
{
    rig_song_transport(&r->song, r->meters.frames, transport);
}

int rig_rack_follows(const rig_rack *r, uint32_t whom) { return rig_get(&r->song.follow) == whom; }

void rig_rack_process(rig_rack *r, const float *in, float *out_1, float *out_2, float *di, uint32_t frames)
{
    rig_period_run(r, &(rig_period){.in = in, .out_1 = out_1, .out_2 = out_2, .di = di, .frames = frames});
}
