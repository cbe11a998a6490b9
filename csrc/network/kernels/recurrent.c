#include "recurrent.h"

#include <string.h>

#include "isa.h"

#if defined(__x86_64__)
extern const rig_recurrent rig_recurrent_sse2, rig_recurrent_avx2, rig_recurrent_avx512;
static const rig_recurrent *const all[] = {&rig_recurrent_avx512, &rig_recurrent_avx2, &rig_recurrent_sse2};
#else
extern const rig_recurrent rig_recurrent_neon;
static const rig_recurrent *const all[] = {&rig_recurrent_neon};
#endif

const rig_recurrent *rig_recurrent_now(void)
{
    uint32_t i = 0;
    while (strcmp(all[i]->name, rig_isa())) ++i;
    return all[i];
}
