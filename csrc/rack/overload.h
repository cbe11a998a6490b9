/* An overload: what plays takes longer than its period. Then less is played, in this order, a step at a time:

     1. what rings on beside the amp ends;
     2. a newcomer hears the past in what time the period has left, or, where it has none, begins in silence;
     3. engines are shed: those that are off anyhow, then the costliest, as many as it takes.

   It comes back the other way round when there is room: an engine that would fit by what it costs first runs unheard, for as long as
   it remembers, and is heard again if that has fitted. Room is waited for longer each time, so that nothing comes and goes. Costs are
   medians: one callback that was disturbed sheds nothing. */
#ifndef RIG_OVERLOAD_H
#define RIG_OVERLOAD_H

#include "shed.h"
#include "slot_bank.h"

typedef struct {
    uint32_t off;     /* Python puts: 1: all is played, whatever it takes */
    uint32_t step;    /* audio puts, Python gets: RIG_RELIEF_NONE and so on */
    rig_cost took;    /* audio: what callbacks take */
    rig_cost own;     /* audio: the same without hearing the past */
    uint32_t since;   /* audio: frames since the last look */
    uint32_t roomy;   /* audio: frames for which it has fitted */
    uint32_t wait;    /* audio: in fades: for how much room is waited */
    uint32_t relaxed; /* audio: 1: something has come back since the last overload */
    uint32_t tried;   /* audio: 1: it has been tried what an engine that is shed takes by now */
} rig_overload;

/* [main] */
void rig_overload_init(rig_overload *overload);

/* [audio] A period is over: what it had and took, and ns: what all of it took. fade: frames of 10 ms. settled: no switch is under way. */
void rig_overload_look(rig_overload *overload, rig_slot_bank *banks, const rig_budget *budget, uint64_t ns, uint32_t fade, int settled);

/* [audio] Something else plays: what was shed is tried again soon. */
void rig_overload_fresh(rig_overload *overload);

#endif
