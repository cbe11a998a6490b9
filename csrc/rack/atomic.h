/* How threads meet here. One side stores with release what the other loads with acquire, so that what was written before
   the store is seen after the load; numbers that stand alone are stored and loaded relaxed. Nothing else is shared. */
#ifndef RIG_ATOMIC_H
#define RIG_ATOMIC_H

#define rig_load(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define rig_store(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define rig_swap(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)

#define rig_get(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define rig_put(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)

/* Floats travel as their bits. */
static inline float rig_get_float(const float *p)
{
    float v;
    __atomic_load(p, &v, __ATOMIC_RELAXED);
    return v;
}

static inline void rig_put_float(float *p, float v) { __atomic_store(p, &v, __ATOMIC_RELAXED); }

static inline double rig_get_double(const double *p)
{
    double v;
    __atomic_load(p, &v, __ATOMIC_RELAXED);
    return v;
}

static inline void rig_put_double(double *p, double v) { __atomic_store(p, &v, __ATOMIC_RELAXED); }

/* What was noted, and the note begins anew: nothing that comes in between is lost. */
static inline float rig_take_float(float *p, float rest)
{
    float v;
    __atomic_exchange(p, &rest, &v, __ATOMIC_RELAXED);
    return v;
}

#endif
