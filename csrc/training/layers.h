/* The layer for each number of channels that has its own code. */

#define C 4
#define LANES 0, 1, 2, 3
#include "layer.h"
#define C 8
#define LANES 0, 1, 2, 3, 4, 5, 6, 7
#include "layer.h"
#define C 16
#define LANES 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#include "layer.h"
