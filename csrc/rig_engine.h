/* What an engine is: the plug-in ABI. An author of engines reads this header and copies csrc/engines/gain.c. */
#ifndef RIG_ENGINE_H
#define RIG_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#define RIG_ABI 2
#define RIG_BLOCK 64   /* frames that process() is handed at most */
#define RIG_PARAMS 32  /* parameters that an engine has at most */

/* Where process() finds its signals. */
#define RIG_SIGNAL 0   /* the chain's signal, changed in place */
#define RIG_KEY 1      /* what came into the rack, in step with the signal, to listen to; read only */
#define RIG_SIDE 2     /* what came out of branch b, for an engine that joins it to the signal, which came out of a */

/* A knob. The preset's keys, the screen's bars and `rig engines` are all made from this table. */
typedef struct {
    const char *name, *unit, *help;
    float min, max, initial;
    const char *choices; /* NULL, or a word for each of the values 0, 1, 2 ... up to max: "off|soft|hard" */
} rig_param;

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
} rig_setup;

/* [main]  called before the engine is heard, where anything may be done.
   [audio] called in the process callback: no allocation, lock, system call or I/O.
   An engine owns no memory: it lives in size() zeroed bytes, 64-byte aligned, that the caller gives and takes away. */
typedef struct {
    uint32_t abi, n_params;
    const char *name, *about;
    const rig_param *params;
    size_t (*size)(const rig_setup *);                                               /* [main]  bytes of state; 0: the setup is not understood */
    const char *(*init)(void *self, const rig_setup *);                              /* [main]  NULL, or why not                               */
    uint32_t (*memory)(const void *self, const float *params);                       /* [audio] frames of past input that the output hangs on  */
    void (*process)(void *self, const float *params, float *const *io, uint32_t frames); /* [audio] */
    void (*reset)(void *self);                                                       /* [audio] as if it had heard silence for ever             */
} rig_engine;

#endif
