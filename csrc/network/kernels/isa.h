/* Which instruction set the kernels use. Read by cffi as it stands, less the lines with a #. */
#ifndef RIG_ISA_H
#define RIG_ISA_H

#include <stdint.h>

/* The instruction sets of the kernels: names from the best to the plainest that this machine has, and the one in use. */
const char *rig_isa_name(uint32_t index);
const char *rig_isa(void);
int rig_isa_use(const char *name);

#endif
