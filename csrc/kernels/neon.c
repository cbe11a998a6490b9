/* Raspberry Pi 3 and later, Apple chips, and any other machine: 32 registers of 4 floats. */
#include "kernels.h"

#if !defined(__x86_64__)
#define ISA neon
#define LANES 4
#define TILE 4
#define VECTORS 4
#include "body.h"
#endif
