/* What a plug-in remembers beside its controls, as numbers that Python writes into a file and reads again: for each property its
   key's, its type's and its value's length in bytes, its flags, and the three, each filled up to whole numbers. */
#ifndef RIG_LV2_STATE_H
#define RIG_LV2_STATE_H

#include "abi.h"

/* [main] */
void rig_state_restore(const lv2_state *interface, void *instance, lv2_schedule *schedule, const int32_t *state, uint32_t count);

/* [main] NULL where it would not, or remembers nothing. folder: where it may write files; NULL: nowhere. free() is the caller's. */
int32_t *rig_state_save(const lv2_state *interface, void *instance, const char *folder, uint32_t *count);

#endif
