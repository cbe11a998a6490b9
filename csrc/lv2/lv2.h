/* LV2 plug-ins as engines, as Python sees it. Read by cffi as it stands, less the lines with a #. */
#ifndef RIG_LV2_H
#define RIG_LV2_H

#include "../rig_engine.h"

/* What a port of a plug-in is connected to. */
#define RIG_LV2_IN 0      /* channel `at` of what comes in */
#define RIG_LV2_OUT 1     /* channel `at` of what comes out */
#define RIG_LV2_KEY 2     /* the guitar as it came into the rack */
#define RIG_LV2_SILENCE 3 /* audio that nobody gives */
#define RIG_LV2_UNHEARD 4 /* audio, or a number, that nobody takes */
#define RIG_LV2_KNOB 5    /* knob `at`, one of `points` where there are some */
#define RIG_LV2_FIXED 6   /* a number that stays `value` */
#define RIG_LV2_TEMPO 7   /* beats a minute */
#define RIG_LV2_LATENCY 8 /* frames by which what comes out is late, as the plug-in says */
#define RIG_LV2_EVENTS 9  /* events in, of which there are none; `at` bytes */
#define RIG_LV2_TOLD 10   /* events out, which nobody takes; `at` bytes */
#define RIG_LV2_OPEN 11   /* connected to nothing */

typedef struct {
    uint32_t kind, at;
    float value;
    float times_rate;    /* 1: its knob's numbers are shares of the sample rate; 0: they are what they are */
    const float *points; /* of a choice: the value of each */
} rig_lv2_port;

/* A plug-in of a library, as Python has found it described. Lives as long as the process. */
typedef struct {
    const char *bundle; /* its folder, with the / at the end */
    const void *found;  /* what rig_lv2_find() found */
    uint32_t n_ports, ins, outs;
    uint32_t rings; /* it says something after its input has fallen silent */
    const rig_lv2_port *ports;
} rig_lv2_plugin;

/* [main] A plug-in in a library, which stays loaded; NULL: then why not. */
const void *rig_lv2_find(const char *library, const char *bundle, const char *uri, const char **why);

/* [main] What the engine of a chain remembers beside its knobs, as rig/lv2/state.py reads it, or NULL where that is what it was
   born with; rig_lv2_free() frees it. folder: where the plug-in may write files. */
int32_t *rig_lv2_state(const void *self, const char *folder, uint32_t *count);
void rig_lv2_free(int32_t *state);

#endif
