#include "learning.h"

#include <string.h>

#include "../network/kernels/isa.h"

#if defined(__x86_64__)
extern const rig_learning rig_learning_sse2, rig_learning_avx2, rig_learning_avx512;
static const rig_learning *const all[] = {&rig_learning_avx512, &rig_learning_avx2, &rig_learning_sse2};
#else
extern const rig_learning rig_learning_neon;
static const rig_learning *const all[] = {&rig_learning_neon};
#endif

const rig_learning *rig_learning_now(void)
{
    uint32_t i = 0;
    while (strcmp(all[i]->name, rig_isa())) ++i;
    return all[i];
}
