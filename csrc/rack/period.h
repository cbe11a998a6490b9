/* A period's sound, as whoever runs the rack hands it over. */
#ifndef RIG_PERIOD_H
#define RIG_PERIOD_H

#include "midi_out.h"

typedef struct {
    const float *in;
    float *out_1, *out_2, *di;
    float *click;    /* the metronome alone, or NULL */
    uint32_t frames;
    int inserts;     /* those of this process are heard in it */
    int by_clock;    /* a switch takes the time that the period has for it; 0: no clock is looked at */
    rig_midi_sink midi;
} rig_period;

/* [audio] */
void rig_period_run(rig_rack *rack, const rig_period *period);

/* [audio] Whether the song follows them. */
int rig_rack_follows(const rig_rack *rack, uint32_t whom);

#endif
