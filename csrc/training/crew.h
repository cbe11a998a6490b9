/* Threads that help with one piece of work at a time, and sleep between. */
#ifndef RIG_CREW_H
#define RIG_CREW_H

#include <stdint.h>

/* work(task, 0) here, and work(task, 1 ...) on up to threads - 1 others, if they wake before it is over. Returns when all that
   began have ended. */
void rig_crew_work(uint32_t threads, void (*work)(void *task, uint32_t who), void *task);

#endif
