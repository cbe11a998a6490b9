/* Every x86-64 machine has these: 16 registers of 4 floats. */
#include "kernels.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#define LEAST _mm_min_ps
#define MOST _mm_max_ps
#define INVERSE(x) (1.0f / (x))
#define ISA sse2
#define LANES 4
#define TILES T(2, 4) T(1, 8)
#define NARROW 1
#define DEEPER _Pragma("GCC unroll 4")
#define ACTIVE 4
#include "body.inc"
#define MOST_VECTORS 2
#include "cells.inc"
#define FROMS 2
#define TOS 4
#include "../../training/learning.inc"
#endif
