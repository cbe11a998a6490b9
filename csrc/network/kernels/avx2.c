/* Haswell, Zen and later: 16 registers of 8 floats, fused multiply-add. */
#include "kernels.h"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
#include <immintrin.h>
#define LEAST _mm256_min_ps
#define MOST _mm256_max_ps
#define INVERSE(x) (1.0f / (x))
#define FUSED _mm256_fmadd_ps
#define ISA avx2
#define LANES 8
#define TILES T(6, 2) T(4, 3) T(3, 4) T(2, 4) T(1, 8)
#define NARROW 3
#define DEEPER _Pragma("GCC unroll 4")
#define ACTIVE 4
#include "body.inc"
#define MOST_VECTORS 2
#include "cells.inc"
#define FROMS 3
#define TOS 4
#include "../../training/learning.inc"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
