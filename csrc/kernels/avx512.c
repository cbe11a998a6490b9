/* Skylake-X, Zen 4 and later: 32 registers of 16 floats. */
#include "kernels.h"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,fma")
#endif
#define ISA avx512
#define LANES 16
#define TILE 8
#define VECTORS 2
#include "body.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
