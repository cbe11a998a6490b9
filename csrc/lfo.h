/* A slow wave: as often as a knob says, or as a note at the song's tempo, and then in step with the song. */
#ifndef RIG_LFO_H
#define RIG_LFO_H

#include <math.h>

#include "notes.h"
#include "rig_engine.h"

#define RIG_LFO_NOTES "off|4/1|2/1|" RIG_NOTES "|1/16t"
#define RIG_LFO_MOST 14.0f /* of a knob with these words */
#define RIG_LFO_CATCH_UP_MS 50.0

typedef struct {
    double phase, step; /* turns, and how many a frame */
    double lag, pull;   /* turns by which it is behind the song, and the share of them that a frame makes good: it glides, and does not jump */
    int begun;
} rig_lfo;

/* note: a knob's value, whose words are RIG_LFO_NOTES. */
static inline void rig_lfo_aim(rig_lfo *l, const rig_block *b, float hz, float note, double rate)
{
    static const double long_notes[] = {16.0, 8.0};
    const uint32_t which = (uint32_t)(note + 0.5f);
    l->phase -= floor(l->phase);
    l->lag = 0.0;
    l->step = hz / rate;
    if (which && b->beats_a_frame > 0.0) {
        const double beats = which > 2 ? rig_note_beats[which - 3] : long_notes[which - 1], song = b->beat / beats;
        if (!l->begun) l->phase = song - floor(song);
        l->step = b->beats_a_frame / beats;
        l->lag = song - l->phase;
        l->lag -= floor(l->lag + 0.5);
    }
    l->pull = 1.0 - exp(-1000.0 / (RIG_LFO_CATCH_UP_MS * rate));
    l->begun = 1;
}

/* A frame later. */
static inline void rig_lfo_move(rig_lfo *l)
{
    const double caught_up = l->pull * l->lag;
    l->phase += l->step + caught_up;
    l->lag -= caught_up;
}

/* -1 to 1: a sine, `apart` turns away. */
static inline float rig_lfo_sine(const rig_lfo *l, double apart)
{
    const double at = l->phase + apart;
    return sinf(6.2831853f * (float)(at - (double)(int64_t)at));
}

static inline void rig_lfo_reset(rig_lfo *l)
{
    l->phase = 0.0;
    l->begun = 0;
}

#endif
