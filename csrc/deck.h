/* The deck of `rig capture`: plays a recording into the send and records the return, both in one callback, so that the two
   never slip against each other. Read by cffi as it stands, less the lines with a #. */
#ifndef RIG_DECK_H
#define RIG_DECK_H

#include <stdint.h>

typedef struct rig_deck rig_deck;

/* What is played, and where the answer goes. Python keeps it, and both its buffers, until the deck holds another. */
typedef struct {
    const float *play;
    float *heard;
    uint64_t play_frames, heard_frames;
    uint32_t loop;  /* 1: over and over, heard being a ring; 0: once, then silence until heard is full */
    uint64_t at;    /* frames so far; the audio thread stores it after the samples */
} rig_reel;

/* What the audio thread says of itself. Peaks are linear, and the highest since the last rig_deck_meters(). */
typedef struct {
    uint64_t clips;  /* samples of the return at full scale */
    float send_peak, return_peak;
} rig_deck_meters;

/* [main] */
rig_deck *rig_deck_new(void);
void rig_deck_free(rig_deck *deck);
void rig_deck_put(rig_deck *deck, rig_reel *reel);          /* runs from the next period on; NULL: silence */
int rig_deck_holds(rig_deck *deck, const rig_reel *reel);   /* whether that is the one that runs now */
uint64_t rig_reel_at(const rig_reel *reel);
void rig_deck_level(rig_deck *deck, float gain);
void rig_deck_read(rig_deck *deck, rig_deck_meters *meters);
void rig_deck_process(rig_deck *deck, const float *in, float *out, uint32_t frames); /* [audio] */

/* A JACK client's process callback; see rig_client in rack.h. */
typedef struct {
    rig_deck *deck;
    void *(*get_buffer)(void *port, uint32_t frames);
    void *send, *ret;
} rig_deck_client;
int rig_deck_callback(uint32_t frames, void *client);       /* [audio] */

#endif
