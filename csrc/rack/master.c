#include "master.h"

#include "atomic.h"
#include "guard.h"

#define FADE_SECONDS 0.025 /* mute, start and end */

void rig_master_init(rig_master *m, uint32_t rate)
{
    m->level = 1.0f;
    m->limit = 1;
    m->fade_step = (float)(1.0 / (FADE_SECONDS * rate));
    rig_ramp_start(&m->gain, 1.0f);
    rig_dc_blocker_init(&m->blocker, rate);
    rig_limiter_init(&m->limiter, rate);
}

void rig_master_begin(rig_master *m, int open)
{
    m->open = (uint32_t)open;
    m->fade = open ? 1.0f : 0.0f;
    m->blocker.begun = 0;
    rig_ramp_start(&m->gain, m->level);
}

void rig_show_peak(float *meter, float peak)
{
    if (peak > rig_get_float(meter)) rig_put_float(meter, peak);
}

void rig_show_clip(uint32_t *clips, float peak)
{
    if (peak >= 1.0f) rig_put(clips, *clips + 1);
}

static void fade(rig_master *m, float end, float *x, uint32_t frames)
{
    const float step = end > m->fade ? m->fade_step : -m->fade_step;
    for (uint32_t i = 0; i < frames; ++i) {
        if (m->fade != end) m->fade = fminf(1.0f, fmaxf(0.0f, m->fade + step));
        x[i] *= m->fade;
    }
}

void rig_master_run(rig_master *m, float *x, uint32_t frames, rig_meters *meters)
{
    const uint32_t limit = rig_get(&m->limit);
    const float end = rig_get(&m->open) ? 1.0f : 0.0f;
    rig_ramp_apply(&m->gain, rig_get_float(&m->level), x, frames);
    rig_tame(x, limit ? RIG_LOUDEST : RIG_BLAST, frames);
    if (limit) rig_dc_blocker_run(&m->blocker, x, frames);
    else m->blocker.begun = 0;
    if (m->fade != 1.0f || end != 1.0f) fade(m, end, x, frames);
    rig_show_clip(&meters->out_clips, rig_highest(x, frames));
    if (limit) {
        const float gain = rig_limiter_run(&m->limiter, x, frames);
        if (gain < rig_get_float(&meters->limiter)) rig_put_float(&meters->limiter, gain);
    }
    rig_show_peak(&meters->out_peak, rig_highest(x, frames));
    rig_put(&meters->silent, m->fade == 0.0f && end == 0.0f);
}
