/* Shedding: which engines are left out where the period has no time for all of them. */
#ifndef RIG_SHED_H
#define RIG_SHED_H

#include "chain.h"

/* Chains that are heard together. */
typedef struct {
    uint32_t n;
    rig_chain *chains[2 * RIG_STAGES];
} rig_heard;

/* [audio] Sheds until of `takes` ns a frame no more than `most` is left: those that are off, then the costliest, but none that takes
   less than `worth`. Returns what is left. */
float rig_shed(const rig_heard *heard, float takes, float most, float worth);

/* [audio] Of the engines that are shed, or that run unheard, the costliest that takes no more than `most`; of those that are shed the
   cheapest. NULL: none. */
rig_unit *rig_shed_costliest(const rig_heard *heard, uint32_t state, float most);
rig_unit *rig_shed_cheapest(const rig_heard *heard);

/* [audio] What all that are shed would take, ns a frame. */
float rig_shed_cost(const rig_heard *heard);

/* [audio] Sheds engines of a chain that nobody hears yet, by what they are known to take, where there are no `most` ns a frame for all
   of them: until no more than `room` is taken. */
void rig_shed_to_fit(rig_chain *chain, float most, float room, float worth);

#endif
