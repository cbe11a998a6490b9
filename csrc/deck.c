#include "deck.h"

#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "fpu.h"
#include "ramp.h"

#define FULL_SCALE 0.9999f

/* Everything that the audio thread touches. What Python puts stands first. */
struct rig_deck {
    rig_reel *next;     /* Python stores, audio loads */
    float level;

    rig_reel *reel;     /* audio stores, Python loads: what it no longer sees here is its own again */
    rig_ramp gain;
    rig_deck_meters meters;
};

rig_deck *rig_deck_new(void) { return calloc(1, sizeof(rig_deck)); }
void rig_deck_free(rig_deck *d) { free(d); }
void rig_deck_put(rig_deck *d, rig_reel *reel) { rig_store(&d->next, reel); }
int rig_deck_holds(rig_deck *d, const rig_reel *reel) { return rig_load(&d->reel) == reel; }
uint64_t rig_reel_at(const rig_reel *reel) { return rig_load(&reel->at); }
void rig_deck_level(rig_deck *d, float gain) { rig_put_float(&d->level, gain); }

void rig_deck_read(rig_deck *d, rig_deck_meters *m)
{
    m->clips = rig_get(&d->meters.clips);
    m->send_peak = rig_get_float(&d->meters.send_peak);
    m->return_peak = rig_get_float(&d->meters.return_peak);
    rig_put_float(&d->meters.send_peak, 0.0f);
    rig_put_float(&d->meters.return_peak, 0.0f);
}

static void show_peak(float *meter, const float *x, uint32_t frames)
{
    float peak = rig_get_float(meter);
    for (uint32_t i = 0; i < frames; ++i) peak = fabsf(x[i]) > peak ? fabsf(x[i]) : peak;
    rig_put_float(meter, peak);
}

static void count_clips(uint64_t *clips, const float *x, uint32_t frames)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < frames; ++i) n += fabsf(x[i]) >= FULL_SCALE;
    if (n) rig_put(clips, *clips + n);
}

static void run(rig_reel *r, const float *in, float *out, uint32_t frames)
{
    uint64_t at = r->at;
    for (uint32_t i = 0; i < frames; ++i, ++at) {
        if (r->loop || at < r->play_frames) out[i] = r->play[at % r->play_frames];
        if (r->loop || at < r->heard_frames) r->heard[at % r->heard_frames] = in[i];
    }
    rig_store(&r->at, at);
}

void rig_deck_process(rig_deck *d, const float *in, float *out, uint32_t frames)
{
    if (!frames) return;
    const rig_fpu fpu = rig_fpu_enter();
    rig_reel *reel = rig_load(&d->next);
    memset(out, 0, frames * sizeof(float));
    if (reel) run(reel, in, out, frames);
    rig_store(&d->reel, reel);
    rig_ramp_apply(&d->gain, rig_get_float(&d->level), out, frames);
    show_peak(&d->meters.send_peak, out, frames);
    show_peak(&d->meters.return_peak, in, frames);
    count_clips(&d->meters.clips, in, frames);
    rig_fpu_leave(fpu);
}

int rig_deck_callback(uint32_t frames, void *arg)
{
    rig_deck_client *c = arg;
    rig_deck_process(c->deck, c->get_buffer(c->ret, frames), c->get_buffer(c->send, frames), frames);
    return 0;
}
