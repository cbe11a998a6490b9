/* A value between two frames, by four-point, third-order Hermite interpolation (Niemitalo, "Polynomial interpolators for
   high-quality resampling of oversampled audio", 2001). */
#ifndef RIG_BETWEEN_H
#define RIG_BETWEEN_H

/* x: 0 at y1 to 1 at y2. */
static inline float rig_between(float y0, float y1, float y2, float y3, float x)
{
    const float c1 = 0.5f * (y2 - y0), c2 = y0 - 2.5f * y1 + 2.0f * y2 - 0.5f * y3, c3 = 0.5f * (y3 - y0) + 1.5f * (y1 - y2);
    return ((c3 * x + c2) * x + c1) * x + y1;
}

#endif
