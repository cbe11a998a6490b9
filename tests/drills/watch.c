/* Stands in for the process callback of a JACK client, around the real one, or by itself: when each callback ended within its
   period, what it took, and what was heard at a port. One writer, the audio thread; whoever reads may be a callback behind. */
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

enum { BINS = 8000, PER_PERIOD = 1000, LATE = 4096 };

typedef struct { /* what the audio thread touches */
    /* set before it runs */
    int (*real)(uint32_t frames, void *arg); /* or NULL */
    void *arg;
    void *client;
    int (*cycle)(const void *client, uint32_t *frame, uint64_t *now, uint64_t *next, float *period); /* jack_get_cycle_times */
    uint64_t (*time)(void);                                                                          /* jack_get_time, us */
    float *(*buffer)(void *port, uint32_t frames);                                                   /* jack_port_get_buffer */
    void *port; /* listened to, or NULL */

    /* counted */
    uint64_t callbacks, missed, late, own; /* missed: periods without a callback. own: late, and its own work took a period */
    uint64_t took[BINS], ended[BINS];      /* callbacks by what they took, and by when they ended, in thousandths of a period */
    uint64_t heard;                        /* ns of CLOCK_MONOTONIC, at the last sound; 0: none yet */
    uint64_t first;                        /* at the first sound */
    uint64_t silence, longest;             /* frames without sound: up to now, and at most since the first sound */
    uint64_t called, pause, gap;           /* ns: the latest callback; at most between two of them, and between two with sound */
    double power;                          /* of the last callbacks with sound, smoothed over a few thousand frames */
    uint32_t frame, late_at[LATE];         /* the server's frame: at the latest callback, at those that were late */
} watch;

static const float SOUND = 1e-4f;
static const uint64_t CROSSING = 16; /* frames without sound that a low tone has */

static uint64_t ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return 1000000000ull * (uint64_t)t.tv_sec + (uint64_t)t.tv_nsec;
}

static void count(uint64_t *bins, double periods)
{
    const double at = periods * PER_PERIOD;
    ++bins[at < 0.0 ? 0 : at >= BINS ? BINS - 1 : (int)at];
}

static void longest(uint64_t *most, uint64_t span)
{
    if (span > *most) *most = span;
}

static void listen(watch *w, uint32_t frames, uint64_t now)
{
    const float *x = w->buffer(w->port, frames);
    double sum = 0.0;
    for (uint32_t i = 0; i < frames; ++i) {
        sum += (double)x[i] * x[i];
        if (fabsf(x[i]) < SOUND) {
            ++w->silence;
            continue;
        }
        if (w->first) longest(&w->longest, w->silence);
        w->silence = 0;
    }
    if (w->silence > CROSSING) return;
    if (!w->first) w->first = now;
    else longest(&w->gap, now - w->heard);
    w->heard = now;
    w->power += (sum / frames - w->power) * fmin(1.0, frames / 4800.0);
}

int watch_process(uint32_t frames, void *arg)
{
    watch *w = arg;
    uint32_t frame;
    uint64_t began, next;
    float period;
    const uint64_t start = ns(CLOCK_MONOTONIC), work = ns(CLOCK_THREAD_CPUTIME_ID);
    const int result = w->real ? w->real(frames, w->arg) : 0;
    if (w->port) listen(w, frames, start);
    const double took = (double)(ns(CLOCK_MONOTONIC) - start), worked = (double)(ns(CLOCK_THREAD_CPUTIME_ID) - work);
    if (w->called) longest(&w->pause, start - w->called);
    w->called = start;
    if (w->cycle(w->client, &frame, &began, &next, &period) || !(period > 0.0f)) return result;
    const double ended = ((double)w->time() - (double)began) / period;
    if (w->callbacks && frame - w->frame > frames) w->missed += (frame - w->frame) / frames - 1;
    w->frame = frame;
    count(w->took, took / (1000.0 * period));
    count(w->ended, ended);
    if (ended >= 1.0) {
        w->late_at[w->late++ % LATE] = frame;
        w->own += worked >= 1000.0 * period;
    }
    ++w->callbacks;
    return result;
}

/* From now on, all anew. Two counts may be of before: the audio thread goes on meanwhile. */
void watch_forget(watch *w)
{
    w->missed = w->late = w->own = w->longest = w->silence = w->pause = w->gap = 0;
    memset(w->took, 0, sizeof w->took);
    memset(w->ended, 0, sizeof w->ended);
}
