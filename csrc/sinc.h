/* What lies between two frames: a sinc under a raised cosine, and for one who reads faster than the sound came in a slower one, so
   that nothing folds. */
#ifndef RIG_SINC_H
#define RIG_SINC_H

#include <math.h>
#include <stdint.h>

#define RIG_SINC_ZEROS 8 /* each side of the middle */
#define RIG_SINC_FINE 256 /* points between two of them */
#define RIG_SINC_FASTEST 4
#define RIG_SINC_TAPS (2 * RIG_SINC_ZEROS * RIG_SINC_FASTEST) /* at most */

typedef struct {
    float points[(RIG_SINC_ZEROS + 1) * RIG_SINC_FINE + 2];
} rig_sinc;

/* In zeroed memory. It is nothing at all at its zeros, so that frames are left as they are where none lies between. */
static inline void rig_sinc_init(rig_sinc *s)
{
    for (uint32_t i = 0; i < RIG_SINC_ZEROS * RIG_SINC_FINE; ++i) {
        const double x = 3.14159265358979323846 * i / RIG_SINC_FINE, window = cos(x / (2.0 * RIG_SINC_ZEROS));
        s->points[i] = i % RIG_SINC_FINE ? (float)(sin(x) / x * window * window) : i ? 0.0f : 1.0f;
    }
}

/* Frames each side that count for one who reads at `speed`, up to RIG_SINC_FASTEST. */
static inline uint32_t rig_sinc_half(float speed) { return (uint32_t)ceilf(RIG_SINC_ZEROS * fmaxf(1.0f, speed)); }

/* The weights of 2 * rig_sinc_half(speed) frames for the sound `between` (0..1) a frame after the last of the first half. */
static inline void rig_sinc_weights(const rig_sinc *s, float between, float speed, float *weights)
{
    const uint32_t half = rig_sinc_half(speed);
    const float slower = 1.0f / fmaxf(1.0f, speed), middle = (float)half - 1.0f + between;
    for (uint32_t k = 0; k < 2 * half; ++k) {
        const float x = fabsf((float)k - middle) * slower * RIG_SINC_FINE;
        const uint32_t i = (uint32_t)x;
        weights[k] = slower * (s->points[i] + (x - (float)i) * (s->points[i + 1] - s->points[i]));
    }
}

#endif
