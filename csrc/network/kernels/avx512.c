/* Skylake-X, Zen 4 and later: 32 registers of 16 floats. */
#include "kernels.h"

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,fma")
#endif
#include <immintrin.h>
#define LEAST _mm512_min_ps
#define MOST _mm512_max_ps
/* 14 bits, and a Newton step doubles them: a 512-bit division takes as long as thirty multiply-adds. */
static inline __attribute__((always_inline)) __m512 inverse(__m512 x)
{
    const __m512 rough = _mm512_rcp14_ps(x);
    return rough * _mm512_fnmadd_ps(x, rough, _mm512_set1_ps(2.0f));
}
#define INVERSE inverse
#define FUSED _mm512_fmadd_ps
#define ISA avx512
#define LANES 16
#define TILES T(8, 2) T(4, 4) T(3, 4) T(2, 4) T(1, 4)
#define NARROW 3
#define PAIR 8
#define DEEPER _Pragma("GCC unroll 1")
#define ACTIVE 8
#include "body.inc"
#define MOST_VECTORS 4
#include "cells.inc"
#define FROMS 6
#define TOS 4
#include "../../training/learning.inc"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
