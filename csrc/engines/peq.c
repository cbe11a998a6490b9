/* peq: a parametric equaliser: two shelves and three bells between a low and a high cut. The shapes are R. Bristow-Johnson's
   ("Cookbook formulae for audio EQ biquad filter coefficients", W3C note, 2021), the cuts Butterworth's. So that they keep them up to the end of
   what is heard, poles are those of the analog filter and zeros match its magnitude: M. Vicanek, "Matched second order digital
   filters", 2016, at 0 Hz, at the band's frequency and, where he has Nyquist's, just below it. What then plays is a state-variable
   filter, whose knobs may move. */
#include <math.h>

#include "../rig_engine.h"
#include "../svf.h"

enum { LOWCUT, LOWSLOPE, LOW, LOWHZ, LOWQ, MID1, MID1HZ, MID1Q, MID2, MID2HZ, MID2Q, MID3, MID3HZ, MID3Q, HIGH, HIGHHZ, HIGHQ,
       HIGHCUT, HIGHSLOPE, N_PARAMS };
#define SLOPES "off|12dB|24dB|48dB"
static const rig_param params[N_PARAMS] = {
    [LOWCUT] = {"lowcut", "Hz", "takes away what is below", 20.0f, 1000.0f, 80.0f, NULL},
    [LOWSLOPE] = {"lowslope", "", "of the low cut, an octave", 0.0f, 3.0f, 0.0f, SLOPES},
    [LOW] = {"low", "dB", "a shelf: thump", -15.0f, 15.0f, 0.0f, NULL},
    [LOWHZ] = {"lowhz", "Hz", "the middle of its slope", 20.0f, 1000.0f, 120.0f, NULL},
    [LOWQ] = {"lowq", "", "how steep that is", 0.3f, 1.2f, 0.7f, NULL, RIG_BY_RATIO},
    [MID1] = {"mid1", "dB", "a bell: mud or warmth", -15.0f, 15.0f, 0.0f, NULL},
    [MID1HZ] = {"mid1hz", "Hz", "its middle", 20.0f, 10000.0f, 250.0f, NULL},
    [MID1Q] = {"mid1q", "", "how narrow it is", 0.3f, 10.0f, 1.0f, NULL, RIG_BY_RATIO},
    [MID2] = {"mid2", "dB", "a bell: body or honk", -15.0f, 15.0f, 0.0f, NULL},
    [MID2HZ] = {"mid2hz", "Hz", "its middle", 20.0f, 10000.0f, 800.0f, NULL},
    [MID2Q] = {"mid2q", "", "how narrow it is", 0.3f, 10.0f, 1.0f, NULL, RIG_BY_RATIO},
    [MID3] = {"mid3", "dB", "a bell: bite or fizz", -15.0f, 15.0f, 0.0f, NULL},
    [MID3HZ] = {"mid3hz", "Hz", "its middle", 20.0f, 10000.0f, 3000.0f, NULL},
    [MID3Q] = {"mid3q", "", "how narrow it is", 0.3f, 10.0f, 1.0f, NULL, RIG_BY_RATIO},
    [HIGH] = {"high", "dB", "a shelf: air", -15.0f, 15.0f, 0.0f, NULL},
    [HIGHHZ] = {"highhz", "Hz", "the middle of its slope", 500.0f, 10000.0f, 5000.0f, NULL},
    [HIGHQ] = {"highq", "", "how steep that is", 0.3f, 1.2f, 0.7f, NULL, RIG_BY_RATIO},
    [HIGHCUT] = {"highcut", "Hz", "takes away what is above", 1000.0f, 12000.0f, 8000.0f, NULL},
    [HIGHSLOPE] = {"highslope", "", "of the high cut, an octave", 0.0f, 3.0f, 0.0f, SLOPES},
};

#define PI 3.14159265358979323846
#define TOP (PI * 40.0 / 44.1) /* radians a frame, 20 kHz at 44.1: up to there it is matched */
#define MOST 0.37              /* of the rate: no band is higher */
#define TURN_MS 10.0           /* from one tuning to another */
#define STEEPEST 4             /* filters of second order in a row, for 48 dB an octave */

typedef enum { HIGH_PASS, LOW_SHELF, BELL, HIGH_SHELF, LOW_PASS } shape;
enum { FILTERS = 2 * STEEPEST + 5 };

/* What one filter is asked for; amount: dB, or 1 of a cut that is on. At 0 it does nothing. */
typedef struct {
    shape shape;
    double hz, q, amount;
} wish;

/* num[0] + num[1] s + num[2] s^2 over the same of den; s is 1 at the band's frequency. */
typedef struct {
    double num[3], den[3];
} analog;

/* How the filter is set: out = direct * in + band * T + low * 1, see svf.h. */
typedef struct {
    double g, k, direct, band, low;
} setting;

typedef struct {
    wish wish;
    setting now, aim, step;
    uint32_t left; /* frames on its way to the aim */
    rig_svf svf[2];
} filter;

typedef struct {
    double rate;
    uint32_t turn; /* frames */
    filter filters[FILTERS];
} state;

static size_t size(const rig_setup *setup) { return setup->n_arrays ? 0 : sizeof(state); }

static wish wish_of(uint32_t i, const float *p)
{
    static const struct { shape shape; uint32_t amount; } bands[] = {{LOW_SHELF, LOW}, {BELL, MID1}, {BELL, MID2}, {BELL, MID3}, {HIGH_SHELF, HIGH}};
    if (i < 5) return (wish){bands[i].shape, p[bands[i].amount + 1], p[bands[i].amount + 2], p[bands[i].amount]};
    const int low = i < 5 + STEEPEST;
    const uint32_t slope = (uint32_t)(p[low ? LOWSLOPE : HIGHSLOPE] + 0.5f), row = slope ? 1u << (slope - 1) : 0, at = (i - 5) % STEEPEST;
    const double q = at < row ? 0.5 / cos(PI * (2 * at + 1) / (4.0 * row)) : 0.7071;
    return (wish){low ? HIGH_PASS : LOW_PASS, p[low ? LOWCUT : HIGHCUT], q, at < row};
}

static analog analog_of(const wish *w)
{
    const double a = pow(10.0, w->amount / 40.0), d = 1.0 / w->q, r = sqrt(a) * d;
    switch (w->shape) {
    case HIGH_PASS: return (analog){{0.0, 0.0, 1.0}, {1.0, d, 1.0}};
    case LOW_SHELF: return (analog){{a * a, a * r, a}, {1.0, r, a}};
    case BELL: return (analog){{1.0, a * d, 1.0}, {1.0, d / a, 1.0}};
    case HIGH_SHELF: return (analog){{a, a * r, a * a}, {a, r, 1.0}};
    default: return (analog){{1.0, 0.0, 0.0}, {1.0, d, 1.0}};
    }
}

/* |H|^2; x: the square of the frequency, 1 at the band's. */
static double power(const analog *h, double x)
{
    const double *n = h->num, *d = h->den, top = n[0] - n[2] * x, bottom = d[0] - d[2] * x;
    return (top * top + n[1] * n[1] * x) / (bottom * bottom + d[1] * d[1] * x);
}

/* The digital filter as |N(t)|^2 over |D(t)|^2, t = tan(w / 2)^2 / g^2: D is given by its poles, N = n0 + n1 t + n2 t^2 found. */
static setting matched(const analog *h, double w0)
{
    const double *n = h->num, *d = h->den, corner = w0 * sqrt(d[0] / d[2]), q = 0.5 * d[1] / sqrt(d[0] * d[2]);
    const double apart = sqrt(fabs(q * q - 1.0)) * corner, fall = exp(-q * corner);
    const double a1 = -2.0 * fall * (q < 1.0 ? cos(apart) : cosh(apart)), a2 = fall * fall;
    const double nyquist = 1.0 - a1 + a2, g = sqrt((1.0 + a1 + a2) / nyquist), k = 2.0 * (1.0 - a2) / (g * nyquist);
    const double at[2] = {w0, TOP}, n0 = n[0] * n[0] / (d[0] * d[0]);
    double t[2], want[2];
    for (int i = 0; i < 2; ++i) {
        const double tangent = tan(0.5 * at[i]) / g;
        t[i] = tangent * tangent;
        want[i] = power(h, at[i] * at[i] / (w0 * w0)) * (1.0 + (k * k - 2.0) * t[i] + t[i] * t[i]) - n0;
    }
    const int cut = n[0] == 0.0 && n[1] == 0.0; /* a high-pass keeps both its zeros at 0 Hz */
    const double n2 = cut ? want[0] / (t[0] * t[0]) : (want[1] / t[1] - want[0] / t[0]) / (t[1] - t[0]), n1 = cut ? 0.0 : want[0] / t[0] - n2 * t[0];
    const double high = sqrt(fmax(0.0, n2)), low = sqrt(n0), band = sqrt(fmax(0.0, n1 + 2.0 * low * high));
    return (setting){g, k, high, band, low};
}

/* Of high T^2 + band T + low over T^2 + k T + 1: the latter over the former. */
static setting inverse(setting s)
{
    const double mean = sqrt(s.direct * s.low);
    return (setting){s.g * s.low / mean, s.band / mean, 1.0 / s.direct, s.k / mean, 1.0 / s.low};
}

/* A boost is matched, a cut is what undoes it; of a high shelf the other way round: the poles lie where zeros can reach what they bend. */
static setting tuned(const wish *w, double rate)
{
    const int turned = w->shape == HIGH_SHELF ? w->amount > 0.0 : w->shape != LOW_PASS && w->amount < 0.0;
    wish one = *w;
    if (turned) one.amount = -one.amount;
    const analog h = analog_of(&one);
    setting s = matched(&h, 2.0 * PI * fmin(w->hz / rate, MOST));
    if (turned) s = inverse(s);
    s.band -= s.k * s.direct;
    s.low -= s.direct;
    return w->amount == 0.0 ? (setting){s.g, s.k, 1.0, 0.0, 0.0} : s;
}

/* It does nothing. */
static int flat(const filter *f) { return !f->left && f->aim.direct == 1.0 && f->aim.band == 0.0 && f->aim.low == 0.0; }

static void forget(filter *f) { f->svf[0] = f->svf[1] = (rig_svf){0.0, 0.0}; }

static void tune(filter *f, const wish *w, double rate, uint32_t frames)
{
    if (f->wish.hz == w->hz && f->wish.q == w->q && f->wish.amount == w->amount && f->wish.shape == w->shape) return;
    f->wish = *w;
    const int from_flat = flat(f);
    f->aim = tuned(w, rate);
    if (from_flat) f->now = (setting){f->aim.g, f->aim.k, 1.0, 0.0, 0.0};
    const setting *to = &f->aim, *from = &f->now;
    f->step = (setting){(to->g - from->g) / frames, (to->k - from->k) / frames, (to->direct - from->direct) / frames,
                        (to->band - from->band) / frames, (to->low - from->low) / frames};
    f->left = frames;
}

static const char *init(void *self, const rig_setup *setup)
{
    state *s = self;
    s->rate = setup->rate;
    s->turn = (uint32_t)(TURN_MS * 0.001 * s->rate);
    for (uint32_t i = 0; i < FILTERS; ++i) {
        const wish w = wish_of(i, setup->params);
        s->filters[i].wish = w;
        s->filters[i].now = s->filters[i].aim = tuned(&w, s->rate);
    }
    return NULL;
}

/* Until it has forgotten 80 dB: as long as the slowest of its poles takes, and once the others' time constants. */
static uint32_t memory(const void *self, const float *p)
{
    double longest = 0.0, sum = 0.0;
    for (uint32_t i = 0; i < FILTERS; ++i) {
        const wish w = wish_of(i, p);
        if (w.amount == 0.0) continue;
        const analog h = analog_of(&w);
        const double corner = sqrt(h.den[0] / h.den[2]), q = 0.5 * h.den[1] / sqrt(h.den[0] * h.den[2]);
        const double slow = q > 1.0 ? q - sqrt(q * q - 1.0) : q, seconds = 1.0 / (2.0 * PI * w.hz * corner * slow);
        sum += seconds;
        longest = fmax(longest, seconds);
    }
    return (uint32_t)((9.2 * longest + sum) * ((const state *)self)->rate);
}

static float heard(rig_svf *svf, const rig_svf_tuning *t, const setting *s, double x)
{
    double band, low;
    rig_svf_next(svf, t, x, &band, &low);
    return (float)(s->direct * x + s->band * band + s->low * low);
}

/* One channel of a block. */
static setting run(const filter *f, rig_svf *svf, float *x, uint32_t frames)
{
    setting now = f->now;
    rig_svf own = *svf;
    uint32_t i = 0;
    for (; i < frames && i < f->left; ++i) {
        now.g += f->step.g, now.k += f->step.k, now.direct += f->step.direct, now.band += f->step.band, now.low += f->step.low;
        const rig_svf_tuning t = rig_svf_tuned(now.g, now.k);
        x[i] = heard(&own, &t, &now, x[i]);
    }
    if (f->left <= frames) now = f->aim;
    const rig_svf_tuning t = rig_svf_tuned(now.g, now.k);
    for (; i < frames; ++i) x[i] = heard(&own, &t, &now, x[i]);
    *svf = own;
    return now;
}

static void process(void *self, const rig_block *b)
{
    state *s = self;
    for (uint32_t i = 0; i < FILTERS; ++i) {
        filter *f = &s->filters[i];
        const wish w = wish_of(i, b->params);
        tune(f, &w, s->rate, s->turn);
        if (flat(f)) continue;
        setting now = f->now;
        for (uint32_t c = 0; c < b->channels; ++c) now = run(f, &f->svf[c], b->signal[c], b->frames);
        f->now = now;
        f->left -= f->left < b->frames ? f->left : b->frames;
        if (flat(f)) forget(f);
    }
}

static void reset(void *self)
{
    state *s = self;
    for (uint32_t i = 0; i < FILTERS; ++i) {
        filter *f = &s->filters[i];
        f->now = f->aim;
        f->left = 0;
        forget(f);
    }
}

const rig_engine rig_engine_peq = {
    .abi = RIG_ABI, .channels = 0, .name = "peq", .about = "five bands and two cuts, each where you want it",
    .n_params = N_PARAMS, .params = params,
    .size = size, .init = init, .memory = memory, .process = process, .reset = reset,
};
