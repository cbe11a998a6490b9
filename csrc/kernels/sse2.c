/* Every x86-64 machine has these: 16 registers of 4 floats. */
#include "kernels.h"

#if defined(__x86_64__)
#define ISA sse2
#define LANES 4
#define TILE 2
#define VECTORS 4
#include "body.h"
#endif
