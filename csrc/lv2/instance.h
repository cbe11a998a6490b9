/* An instance of a plug-in: born, asked to begin anew and gone again off the audio thread, with the worker that it may have. */
#ifndef RIG_LV2_INSTANCE_H
#define RIG_LV2_INSTANCE_H

#include "abi.h"
#include "lv2.h"
#include "ring.h"

typedef struct rig_instance {
    const lv2_descriptor *plugin;
    void *handle;
    const lv2_worker *worker; /* NULL: it has none */
    const lv2_state *state;   /* the same */
    lv2_schedule schedule;    /* what it asks its worker by */
    int live;                 /* whoever runs it: whether that is the audio thread, which waits for nobody */
    uint32_t away;            /* audio stores 1, when it is to begin anew and is not run; who lets it begin 0, when it has */
    int fresh;                /* nothing has run since it began */
    rig_messages asked, answers;
    char message[RIG_MESSAGES]; /* the runner's */
    struct rig_instance *next;  /* of all there are */
} rig_instance;

/* [main] NULL, or why not. The memory is zeroed; it is connected between birth and beginning. state: see state.h. */
const char *rig_instance_born(rig_instance *i, const rig_lv2_plugin *plugin, double rate);
const char *rig_instance_begin(rig_instance *i, const int32_t *state, uint32_t count);
void rig_instance_end(rig_instance *i);

/* [audio] Runs a block, with what the worker has answered. 0: it is away. live: whether this is the audio thread; where it is not,
   what the plug-in asks its worker is done at once. */
int rig_instance_run(rig_instance *i, uint32_t frames, int live);

/* [audio] It is to begin anew: the worker sees to that, or whoever runs it next where that is not the audio thread. */
void rig_instance_renew(rig_instance *i);

/* [main] What is called of an instance by one thread at a time, and so are all plug-ins: many share what they should not. */
void rig_instances_lock(void);
void rig_instances_unlock(void);

#endif
