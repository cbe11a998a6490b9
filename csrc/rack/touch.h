/* Memory that the audio thread will use. */
#ifndef RIG_TOUCH_H
#define RIG_TOUCH_H

#include <stddef.h>

/* [main] The system hands out pages when they are first written to. Now, not in the middle of a song. */
static inline void rig_touch(volatile char *memory, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 1024) memory[i] = 0;
}

#endif
