/* A state-variable filter by trapezoidal integration (A. Simper, "Solving the continuous SVF equations using trapezoidal integration
   and equivalent currents", 2013). With T = s / tan(w / 2) it makes 1, T and T^2 of its input, each over T^2 + k T + 1. However its knobs
   are turned while it plays, it stays calm (A. Wishnick, "Time-varying filters for musical applications", DAFx-14). In double: at
   20 Hz a float would lose what it moves by in its last bit. */
#ifndef RIG_SVF_H
#define RIG_SVF_H

typedef struct {
    double first, second; /* what its two integrators hold */
} rig_svf;

/* Where it is tuned to. g: tan(w / 2) at its corner; k: 1 / Q. */
typedef struct {
    double k, a1, a2, a3;
} rig_svf_tuning;

static inline rig_svf_tuning rig_svf_tuned(double g, double k)
{
    const double a1 = 1.0 / (1.0 + g * (g + k));
    return (rig_svf_tuning){k, a1, g * a1, g * g * a1};
}

/* band, low: T and 1 over what they are over; the high is x - k band - low. */
static inline void rig_svf_next(rig_svf *s, const rig_svf_tuning *t, double x, double *band, double *low)
{
    const double v = x - s->second;
    *band = t->a1 * s->first + t->a2 * v;
    *low = s->second + t->a2 * s->first + t->a3 * v;
    s->first = 2.0 * *band - s->first;
    s->second = 2.0 * *low - s->second;
}

#endif
