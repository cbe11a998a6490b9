#include "metronome.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "guard.h"

#define BEAT_HZ 1000.0
#define FIRST_HZ 1600.0
#define RISE 0.05 /* of a click */
#define LATE 0.03 /* beats: one that the song has only just passed is clicked at once */

/* A tone that swells, dies away and ends at nothing: what it has above a few kHz no filter could take. */
static void draw(float *x, uint32_t frames, double hz, double rate)
{
    for (uint32_t i = 0; i < frames; ++i) {
        const double t = (i + 0.5) / frames, rise = t < RISE ? 0.5 - 0.5 * cos(3.14159265358979323846 * t / RISE) : 1.0;
        const double fall = (0.5 + 0.5 * cos(3.14159265358979323846 * t)) * exp(-4.0 * t);
        x[i] = (float)(rise * fall * sin(2.0 * 3.14159265358979323846 * hz * i / rate));
    }
}

int rig_metronome_init(rig_metronome *m, double rate)
{
    m->last = -1;
    m->length = (uint32_t)(RIG_CLICK_SECONDS * rate);
    m->clicks = calloc(2 * m->length, sizeof(float));
    if (!m->clicks) return 0;
    draw(m->clicks, m->length, BEAT_HZ, rate);
    draw(m->clicks + m->length, m->length, FIRST_HZ, rate);
    return 1;
}

void rig_metronome_free(rig_metronome *m) { free(m->clicks); }

void rig_metronome_set(rig_metronome *m, const rig_metronome_settings *s)
{
    rig_put_float(&m->settings.level, s->level);
    rig_put(&m->settings.beats, s->beats);
    rig_put(&m->settings.out, s->out);
    rig_put(&m->settings.on, s->on);
}

/* The beat that comes next in the block, if one does, and at which frame. */
static int beat_comes(rig_metronome *m, const rig_song *song, int jumped, uint32_t frames, uint32_t *at)
{
    int64_t next = (int64_t)ceil(song->beat - LATE);
    if (jumped || next > m->last + 1) m->last = next - 1;
    next = m->last + 1;
    const double wait = ceil(((double)next - song->beat) / song->pace - 1e-6);
    if (wait >= frames) return 0;
    m->last = next;
    *at = wait > 0.0 ? (uint32_t)wait : 0;
    return 1;
}

/* Which click a beat has. */
static const float *click_of(const rig_metronome *m, const rig_song *song)
{
    const int64_t beats = song->bar ? song->bar : rig_get(&m->settings.beats);
    const int64_t count = m->last - (song->follows ? 0 : m->origin);
    return beats && count % beats == 0 ? m->clicks + m->length : m->clicks;
}

/* Up to `frames` of what sounds. */
static void sound(rig_metronome *m, float *x, uint32_t frames)
{
    const uint32_t n = m->left < frames ? m->left : frames;
    if (!n) return;
    memcpy(x, m->sounding, n * sizeof(float));
    m->sounding += n;
    m->left -= n;
}

static void add(float *out, const float *x, uint32_t frames, int limit)
{
    for (uint32_t i = 0; i < frames; ++i) out[i] += x[i];
    if (limit) rig_tame(out, 1.0f, frames);
}

void rig_metronome_run(rig_metronome *m, const rig_song *song, int jumped, float *click, float *out_1, float *out_2,
                       uint32_t frames, const rig_master *master)
{
    float x[RIG_BLOCK] = {0};
    const uint32_t on = rig_get(&m->settings.on);
    uint32_t at = frames;
    const int comes = beat_comes(m, song, jumped, frames, &at);
    if (on && !m->was_on) m->origin = comes ? m->last : m->last + 1;
    m->was_on = on;
    sound(m, x, at);
    if (comes && on && song->state != RIG_LEAD_STOPPED) {
        m->sounding = click_of(m, song);
        m->left = m->length;
    }
    sound(m, x + at, frames - at);
    rig_ramp_apply(&m->gain, on ? rig_get_float(&m->settings.level) : 0.0f, x, frames);
    if (click) memcpy(click, x, frames * sizeof(float));
    rig_ramp_apply(&m->heard, rig_get(&m->settings.out) ? master->fade : 0.0f, x, frames);
    if (rig_highest(x, frames) == 0.0f) return; /* what plays keeps every bit */
    add(out_1, x, frames, rig_get(&master->limit));
    add(out_2, x, frames, rig_get(&master->limit));
}
