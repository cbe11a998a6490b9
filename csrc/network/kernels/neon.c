/* Raspberry Pi 3 and later, Apple chips, and any other machine: 32 registers of 4 floats. */
#include "kernels.h"

#if !defined(__x86_64__)
#include <arm_neon.h>
#define LEAST vminq_f32
#define MOST vmaxq_f32
#define INVERSE(x) (1.0f / (x))
#define FUSED(a, b, c) vfmaq_f32(c, a, b)
#define ISA neon
#define LANES 4
#define TILES T(4, 4) T(2, 8) T(1, 8)
#define NARROW 1
#define DEEPER _Pragma("GCC unroll 4")
#define ACTIVE 8
#include "body.inc"
#define MOST_VECTORS 4
#include "cells.inc"
#define FROMS 6
#define TOS 4
#include "../../training/learning.inc"
#endif
