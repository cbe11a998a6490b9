/* Inserts: a send and a return of their own, by which another application stands inside a chain.

   Ports belong to a place in a table, not to an engine: chains come and go, and two of them may hold the same insert for as long as
   the one is faded into the other. What they send is added up; what comes back the newest of those that are heard has, and
   the others leave it to him. What comes back in a period was made of what was sent in the one before.

   Only a chain that is heard sends: one that hears the past, or is warmed elsewhere, is not known here by its block's key. */
#ifndef RIG_INSERT_H
#define RIG_INSERT_H

#include "history.h"
#include "rack.h"

typedef struct {
    const rig_insert_ports *ports; /* Python stores, audio loads once a period */
    uint32_t wired;                /* Python puts: bits 0 and 1: somebody hears the sends, 2 and 3: somebody feeds the returns */

    float *send[2];                /* audio: this block's, or NULL where there are no ports */
    const float *back[2];          /* the same */
    float *sends[2];               /* audio: this period's */
    const float *backs[2];
    uint64_t owner, newest;        /* audio: who of those that were heard in the block before, and in this one, was made last */
    float last[2];                 /* audio: what was sent last: where nobody sends any more it dies away */
    uint32_t sent;                 /* audio: somebody did in this block */
    rig_history went, came;        /* what was sent by the first port, and what came back by both: how late that is can be heard there */
    uint32_t touched;              /* Python: their memory is there */
} rig_insert;

/* [audio] A period of the client begins. */
void rig_inserts_begin(void *(*get_buffer)(void *port, uint32_t frames), uint32_t frames);

/* [audio] Around a block of it, which is known by its key. at: frames into the period. */
void rig_inserts_enter(const float *key, uint32_t at);
void rig_inserts_leave(uint32_t frames);

/* [audio] The insert of a place, for an engine that was the `birth`th to be made and whose block has that key; NULL where that is not
   heard, or has no ports. */
rig_insert *rig_insert_heard(int32_t place, const float *key, uint64_t birth);

/* [audio] Whether its return is heard: both ways are wired. */
int rig_insert_wired(const rig_insert *insert);

#endif
