#include "player_recorder.h"

#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "../denormals.h"
#include "../ramp.h"

#define FULL_SCALE 0.9999f
#define STEP (1.0f / 480) /* of the way from a take to its other in a frame: 10 ms at 48 kHz, no click and no gap */

/* Everything that the audio thread touches. What Python puts stands first. */
struct rig_player_recorder {
    const rig_order *next; /* Python stores, audio loads */
    float level, turned;

    uint64_t runs;         /* audio stores, Python loads: the number of the order that runs; those before it are Python's again */
    rig_ramp gain;
    float mix;             /* of a take's other, on its way to `turned` */
    rig_player_recorder_meters meters;
};

rig_player_recorder *rig_player_recorder_new(void) { return calloc(1, sizeof(rig_player_recorder)); }
void rig_player_recorder_free(rig_player_recorder *p) { free(p); }
void rig_player_recorder_put(rig_player_recorder *p, const rig_order *order) { rig_store(&p->next, order); }
uint64_t rig_player_recorder_runs(rig_player_recorder *p) { return rig_load(&p->runs); }
uint64_t rig_take_at(const rig_take *take) { return rig_load(&take->at); }
void rig_player_recorder_level(rig_player_recorder *p, float gain) { rig_put_float(&p->level, gain); }
void rig_player_recorder_turn(rig_player_recorder *p, float mix) { rig_put_float(&p->turned, mix); }

void rig_player_recorder_read(rig_player_recorder *p, rig_player_recorder_meters *m)
{
    m->clips = rig_get(&p->meters.clips);
    m->send_peak = rig_take_float(&p->meters.send_peak, 0.0f);
    m->return_peak = rig_take_float(&p->meters.return_peak, 0.0f);
}

static void show_peak(float *meter, const float *x, uint32_t frames)
{
    float peak = 0.0f;
    for (uint32_t i = 0; i < frames; ++i) peak = fabsf(x[i]) > peak ? fabsf(x[i]) : peak;
    if (peak > rig_get_float(meter)) rig_put_float(meter, peak);
}

static void count_clips(uint64_t *clips, const float *x, uint32_t frames)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < frames; ++i) n += fabsf(x[i]) >= FULL_SCALE;
    if (n) rig_put(clips, *clips + n);
}

static float nearer(float now, float to) { return now < to ? fminf(now + STEP, to) : fmaxf(now - STEP, to); }

static void run(rig_take *r, float *mix, float turned, const float *in, float *out, uint32_t frames)
{
    uint64_t at = r->at;
    for (uint32_t i = 0; i < frames; ++i, ++at) {
        const uint64_t place = at % r->play_frames;
        if (r->loop || at < r->play_frames) out[i] = r->play[place];
        if (r->other) {
            *mix = nearer(*mix, turned);
            out[i] += *mix * (r->other[place] - out[i]);
        }
        if (r->loop || at < r->heard_frames) r->heard[at % r->heard_frames] = in[i];
    }
    rig_store(&r->at, at);
}

void rig_player_recorder_process(rig_player_recorder *p, const float *in, float *out, uint32_t frames)
{
    if (!frames) return;
    const rig_denormals fpu = rig_denormals_enter();
    const rig_order *order = rig_load(&p->next);
    memset(out, 0, frames * sizeof(float));
    if (order) {
        if (order->take) run(order->take, &p->mix, rig_get_float(&p->turned), in, out, frames);
        rig_store(&p->runs, order->number);
    }
    rig_ramp_apply(&p->gain, rig_get_float(&p->level), out, frames);
    show_peak(&p->meters.send_peak, out, frames);
    show_peak(&p->meters.return_peak, in, frames);
    count_clips(&p->meters.clips, in, frames);
    rig_denormals_leave(fpu);
}

int rig_player_recorder_callback(uint32_t frames, void *arg)
{
    rig_player_recorder_client *c = arg;
    rig_player_recorder_process(c->player_recorder, c->get_buffer(c->ret, frames), c->get_buffer(c->send, frames), frames);
    return 0;
}
