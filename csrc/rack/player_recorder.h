/* The player and recorder of `rig capture`: plays a recording into the send and records the return, both in one callback, so that the two
   never slip against each other. `rig abx` plays two recordings by it, of which one is heard at a time, at the same place. Read by cffi as it stands, less the lines with a #. */
#ifndef RIG_PLAYER_RECORDER_H
#define RIG_PLAYER_RECORDER_H

#include <stdint.h>

typedef struct rig_player_recorder rig_player_recorder;

/* What is played, and where the answer goes. */
typedef struct {
    const float *play, *other; /* other: as long, heard in its place as far as rig_player_recorder_turn() says; NULL: none */
    float *heard;
    uint64_t play_frames, heard_frames;
    uint32_t loop;  /* 1: over and over, heard being a ring; 0: once, then silence until heard is full */
    uint64_t at;    /* frames so far; the audio thread stores it after the samples */
} rig_take;

/* What is to run. Python keeps it, its take and the take's buffers until a later one runs: the numbers rise from 1, so that none
   is taken for another that was the same. */
typedef struct {
    rig_take *take; /* NULL: silence */
    uint64_t number;
} rig_order;

/* What the audio thread says of itself. Peaks are linear, and the highest since the last rig_player_recorder_meters(). */
typedef struct {
    uint64_t clips;  /* samples of the return at full scale */
    float send_peak, return_peak;
} rig_player_recorder_meters;

/* [main] */
rig_player_recorder *rig_player_recorder_new(void);
void rig_player_recorder_free(rig_player_recorder *p);
void rig_player_recorder_put(rig_player_recorder *p, const rig_order *order); /* runs from the next period on */
uint64_t rig_player_recorder_runs(rig_player_recorder *p);                    /* the number of the order that runs now; 0: none yet */
uint64_t rig_take_at(const rig_take *take);
void rig_player_recorder_level(rig_player_recorder *p, float gain);
void rig_player_recorder_turn(rig_player_recorder *p, float mix);             /* 0: what a take plays; 1: its other, faded to */
void rig_player_recorder_read(rig_player_recorder *p, rig_player_recorder_meters *meters);
void rig_player_recorder_process(rig_player_recorder *p, const float *in, float *out, uint32_t frames); /* [audio] */

/* A JACK client's process callback; see rig_client in rack.h. */
typedef struct {
    rig_player_recorder *player_recorder;
    void *(*get_buffer)(void *port, uint32_t frames);
    void *send, *ret;
} rig_player_recorder_client;
int rig_player_recorder_callback(uint32_t frames, void *client);       /* [audio] */

#endif
