#include "master.h"

#include "atomic.h"
#include "guard.h"

#define FADE_SECONDS 0.025 /* mute, start and end */
#define CUT 5              /* times as fast a panic is */

void rig_master_init(rig_master *m, uint32_t rate)
{
    m->level = 1.0f;
    m->limit = 1;
    m->fade_step = (float)(1.0 / (FADE_SECONDS * rate));
    rig_ramp_start(&m->gain, 1.0f);
    for (int c = 0; c < 2; ++c) rig_dc_blocker_init(&m->blockers[c], rate);
    rig_limiter_init(&m->limiter, rate);
}

void rig_master_begin(rig_master *m, int open)
{
    m->open = (uint32_t)open;
    m->fade = open ? 1.0f : 0.0f;
    m->blockers[0].begun = m->blockers[1].begun = 0;
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

/* The master fade, on its way to an end. */
static void fade(rig_master *m, float end, rig_signal *s, uint32_t frames)
{
    const float pace = m->cut ? CUT * m->fade_step : m->fade_step, step = end > m->fade ? pace : -pace;
    for (uint32_t i = 0; i < frames; ++i) {
        if (m->fade != end) m->fade = fminf(1.0f, fmaxf(0.0f, m->fade + step));
        for (uint32_t c = 0; c < s->channels; ++c) s->at[c][i] *= m->fade;
    }
}

static float highest(const rig_signal *s, uint32_t frames)
{
    const float left = rig_highest(s->at[0], frames);
    return s->channels > 1 ? fmaxf(left, rig_highest(s->at[1], frames)) : left;
}

void rig_master_run(rig_master *m, rig_signal *s, uint32_t frames, rig_meters *meters)
{
    const uint32_t limit = rig_get(&m->limit);
    const float end = rig_get(&m->open) && !m->cut ? 1.0f : 0.0f;
    const rig_ramp gain = m->gain;
    for (uint32_t c = 0; c < s->channels; ++c) {
        m->gain = gain; /* the same for both */
        rig_ramp_apply(&m->gain, rig_get_float(&m->level), s->at[c], frames);
        rig_tame(s->at[c], limit ? RIG_LOUDEST : RIG_BLAST, frames);
        if (limit) rig_dc_blocker_run(&m->blockers[c], s->at[c], frames);
        else m->blockers[c].begun = 0;
    }
    if (s->channels == 1) m->blockers[1] = m->blockers[0]; /* so far it is the same sound */
    if (m->fade != 1.0f || end != 1.0f) fade(m, end, s, frames);
    rig_show_clip(&meters->out_clips, highest(s, frames));
    if (limit) {
        const float least = rig_limiter_run(&m->limiter, s, frames);
        if (least < rig_get_float(&meters->limiter)) rig_put_float(&meters->limiter, least);
    }
    rig_show_peak(&meters->out_peak, highest(s, frames));
    rig_put(&meters->silent, m->fade == 0.0f && end == 0.0f);
}
