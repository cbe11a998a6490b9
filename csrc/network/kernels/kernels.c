#include "kernels.h"

#include <string.h>

#include "isa.h"

#if defined(__x86_64__)
extern const rig_kernels rig_kernels_sse2, rig_kernels_avx2, rig_kernels_avx512;
#else
extern const rig_kernels rig_kernels_neon;
#endif

/* From the best to the plainest. */
static const rig_kernels *const all[] = {
#if defined(__x86_64__)
    &rig_kernels_avx512, &rig_kernels_avx2, &rig_kernels_sse2,
#else
    &rig_kernels_neon,
#endif
};
static const uint32_t n_all = sizeof all / sizeof *all;
static const rig_kernels *chosen;

static int supported(const rig_kernels *k)
{
#if defined(__x86_64__)
    if (k == &rig_kernels_avx512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    if (k == &rig_kernels_avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    (void)k;
    return 1;
}

const rig_kernels *rig_kernels_now(void)
{
    for (uint32_t i = 0; !chosen && i < n_all; ++i)
        if (supported(all[i])) chosen = all[i];
    return chosen;
}

const char *rig_isa(void) { return rig_kernels_now()->name; }

const char *rig_isa_name(uint32_t index)
{
    for (uint32_t i = 0; i < n_all; ++i)
        if (supported(all[i]) && index-- == 0) return all[i]->name;
    return NULL;
}

int rig_isa_use(const char *name)
{
    for (uint32_t i = 0; i < n_all; ++i)
        if (supported(all[i]) && !strcmp(all[i]->name, name)) {
            chosen = all[i];
            return 1;
        }
    return 0;
}
