/* The song's time: how fast it goes and where it is, by our own tempo, by a MIDI clock, or by JACK's transport.

   Whom it follows says where it is; it goes there a little faster or slower than the tempo, or jumps where it is far away. The tempo
   that engines are told stands still as long as it can: an echo that is a note long would waver with it. What stops being heard is
   gone on without, at the last tempo. */
#ifndef RIG_SONG_H
#define RIG_SONG_H

#include "midi_clock.h"
#include "rack.h"

typedef struct {
    uint32_t follow;  /* Python puts: RIG_FOLLOW_... */
    float tempo;      /* the same: beats a minute where nobody is followed, or says one */
    double rate;
    double beat;      /* audio: where the song is */
    double pace;      /* audio: beats a frame */
    uint32_t follows; /* audio: whom it followed in the block before */
    rig_midi_clock clock;
    rig_transport transport; /* as it was at the start of the period, which is this frame: */
    uint64_t transport_at;
    uint32_t state;   /* audio: RIG_LEAD_... */
    uint32_t bar;     /* audio: beats of one, where whom it follows says so; else 0 */
} rig_song;

/* [main] */
void rig_song_init(rig_song *song, double rate);

/* [audio] Before a period whose first frame is `at`. */
void rig_song_transport(rig_song *song, uint64_t at, const rig_transport *transport);

/* [audio] A MIDI event that is due. */
void rig_song_hear(rig_song *song, const rig_midi_event *event);

/* [audio] Where the song is at the start of a block, which is its frame `at`; when it is over, it has gone on. Returns 1 where it
   jumped. */
int rig_song_begin(rig_song *song, uint64_t at, uint32_t frames);
void rig_song_end(rig_song *song, uint32_t frames);

#endif
