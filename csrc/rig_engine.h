/* What an engine is: the plug-in ABI. An author of engines reads this header and copies csrc/engines/gain.c. */
#ifndef RIG_ENGINE_H
#define RIG_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#define RIG_ABI 4
#define RIG_BLOCK 64   /* frames that process() is handed at most */
#define RIG_PARAMS 1024 /* parameters that an engine has at most */
#define RIG_ENDLESS 4294967295 /* of a tail: it never ends by itself */

/* How a knob's values are spread over its travel. */
#define RIG_BY_UNIT 0 /* evenly; those in Hz, ms and s by ratio */
#define RIG_EVENLY 1
#define RIG_BY_RATIO 2

/* A knob. The preset's keys, the screen's bars and `rig engines` are all made from this table. */
typedef struct {
    const char *name, *unit, *help;
    float min, max, initial;
    const char *choices; /* NULL, or a word for each of the values 0, 1, 2 ... up to max: "off|soft|hard" */
    uint32_t curve;      /* RIG_BY_UNIT and so on */
    float step;          /* what one press turns it by; 0: what suits its unit */
} rig_param;

/* A block on its way through an engine. Both channels of a stereo signal are as long. */
typedef struct {
    float *const *signal; /* `channels` of them, changed in place */
    const float *key;     /* the guitar as it came into the rack, in step with the signal, to listen to */
    float *const *side;   /* `channels`, too: what came out of branch b, for an engine that joins it to the signal, which came out of a */
    const float *params;  /* n_params values */
    uint32_t frames, channels;
    double beat, beats_a_frame; /* the song's time at frame 0, and how it goes on */
    uint32_t live;        /* 1: in the process callback; 0: offline, where what takes long may be waited for */
} rig_block;

/* Numbers from a file: weights, an impulse response. */
typedef struct {
    const float *data;
    size_t count;
} rig_array;

/* All that an engine is told at birth. Nothing here outlives init(): copy what you keep. */
typedef struct {
    double rate;             /* Hz */
    const float *params;     /* n_params values, to start from without a ramp */
    const rig_array *arrays; /* what the Python side made of the engine's files */
    uint32_t n_arrays;
    const int32_t *ints;
    uint32_t n_ints;
    float constant;          /* what it was found to say to silence, for it to take away; 0: nothing */
} rig_setup;

/* [main]  called before the engine is heard, where anything may be done.
   [audio] called in the process callback: no allocation, lock, system call or I/O.
   An engine owns no memory: it lives in size() zeroed bytes, 64-byte aligned, that the caller gives and takes away. */
typedef struct {
    uint32_t abi, n_params;
    uint32_t channels; /* 1: a mono engine; of a stereo signal each side has one of its own. 2: it hears two and makes two, also
                          where one came. 0: it takes what comes, one or two. What hangs on its files, the Python side says */
    const char *name, *about;
    const rig_param *params;
    size_t (*size)(const rig_setup *);                               /* [main]  bytes of state; 0: the setup is not understood */
    const char *(*init)(void *self, const rig_setup *);              /* [main]  NULL, or why not                               */
    uint32_t (*memory)(const void *self, const float *params);       /* [audio] frames of past input that the output hangs on, but for what rings; of more than RIG_HISTORY only those are heard before it is */
    uint32_t (*tail)(const void *self, const float *params);         /* [audio] frames that it rings on for, until it is 90 dB softer; NULL, or 0 after init(): it does not ring */
    uint32_t (*latency)(const void *self);                           /* [main]  frames by which what comes out is late; NULL: by none. It stays the same */
    void (*process)(void *self, const rig_block *block);             /* [audio] */
    void (*reset)(void *self);                                       /* [audio] as if it had heard silence for ever            */
    float (*reduction)(const void *self);                            /* [audio] dB by which it makes the sound softer now, 0 or less, to be shown; NULL: it doesn't */
    void (*end)(void *self);                                         /* [main]  gives back what init() took beside the memory; NULL: nothing */
} rig_engine;

#endif
