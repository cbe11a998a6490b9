/* What plays a network of one kind, for the engine `model` around it: as an engine, but with no knobs other than the network's
   own, and no name. */
#ifndef RIG_NET_H
#define RIG_NET_H

#include "../halfband.h"
#include "../rig_engine.h"

#define RIG_NET_KNOBS 4 /* that a network has at most */

/* The first of the setup's ints. The second: how many times the engine's rate it runs at; what follows is the network, as program.h
   or sequence.h says. */
enum { RIG_FEEDFORWARD, RIG_RECURRENT_NET, RIG_NETS };

/* As in rig_engine, the setup being the network's alone and its params the RIG_NET_KNOBS knobs, 0..1. */
typedef struct {
    size_t (*size)(const rig_setup *);                                                   /* [main]  */
    const char *(*init)(void *self, const rig_setup *);                                  /* [main]  */
    uint32_t (*knobs)(const void *self);                                                 /* [audio] how many it has */
    uint32_t (*memory)(const void *self);                                                /* [audio] */
    void (*process)(void *self, const float *knobs, float *signal, uint32_t frames);     /* [audio] */
    void (*reset)(void *self);                                                           /* [audio] */
} rig_net;

extern const rig_net rig_feedforward_net, rig_recurrent_net;

/* [main] The kind that a setup names, RIG_NETS where there is none of that number. */
static inline uint32_t rig_net_kind(const rig_setup *setup)
{
    return setup->n_ints && setup->ints[0] >= 0 && setup->ints[0] < RIG_NETS ? (uint32_t)setup->ints[0] : RIG_NETS;
}

/* [main] How many times its engine's rate it runs at, 0 where the setup says nothing that makes sense. */
static inline uint32_t rig_net_times(const rig_setup *setup)
{
    return setup->n_ints > 1 && rig_over_can(setup->ints[1]) ? (uint32_t)setup->ints[1] : 0;
}

/* [main] What the network is told, of a setup that names its kind and its times. knobs: where they begin among the parameters. */
static inline rig_setup rig_net_setup(const rig_setup *setup, uint32_t knobs)
{
    rig_setup own = *setup;
    own.rate *= setup->ints[1];
    own.params += knobs;
    own.ints += 2;
    own.n_ints -= 2;
    return own;
}

#endif
