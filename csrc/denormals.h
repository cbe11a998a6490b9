/* Flush-to-zero for as long as sound is worked out: a dying reverb tail of denormals must not cost more than a loud chord. */
#ifndef RIG_DENORMALS_H
#define RIG_DENORMALS_H

#include <stdint.h>

#if defined(__SSE__)
#include <xmmintrin.h>
typedef unsigned rig_denormals;
static inline rig_denormals rig_denormals_enter(void)
{
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040u); /* flush results to zero, read denormals as zero */
    return before;
}
static inline void rig_denormals_leave(rig_denormals before) { _mm_setcsr(before); }
#elif defined(__aarch64__)
typedef uint64_t rig_denormals;
static inline rig_denormals rig_denormals_enter(void)
{
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | (1u << 24)));
    return before;
}
static inline void rig_denormals_leave(rig_denormals before) { __asm__ volatile("msr fpcr, %0" : : "r"(before)); }
#else
typedef int rig_denormals;
static inline rig_denormals rig_denormals_enter(void) { return 0; }
static inline void rig_denormals_leave(rig_denormals before) { (void)before; }
#endif

#endif
