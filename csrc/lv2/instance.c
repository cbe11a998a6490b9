#include "instance.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "../denormals.h"
#include "state.h"
#include "urid.h"

#define PAUSE_NS 3000000 /* between two looks of the worker: some blocks */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t some = PTHREAD_COND_INITIALIZER;
static rig_instance *all;
static int working;

void rig_instances_lock(void) { pthread_mutex_lock(&lock); }
void rig_instances_unlock(void) { pthread_mutex_unlock(&lock); }

/* -- the worker: one thread for all plug-ins, which looks at their rings every few blocks. To be woken would take a system call
   in the audio thread. */

static lv2_status answer(void *handle, uint32_t size, const void *data)
{
    rig_instance *i = handle;
    return rig_messages_put(&i->answers, data, size) ? LV2_DONE : LV2_NO_SPACE;
}

static void begin_anew(rig_instance *i)
{
    static char lost[RIG_MESSAGES]; /* under the lock */
    uint32_t size;
    while (rig_messages_take(&i->asked, lost, &size)) {}
    if (i->plugin->deactivate) i->plugin->deactivate(i->handle);
    if (i->plugin->activate) i->plugin->activate(i->handle);
}

/* All that was asked for. */
static void work(rig_instance *i)
{
    static char message[RIG_MESSAGES]; /* under the lock */
    uint32_t size;
    if (rig_load(&i->away)) {
        begin_anew(i);
        rig_store(&i->away, 0);
    }
    while (i->worker && rig_messages_take(&i->asked, message, &size))
        i->worker->work(i->handle, answer, i, size, message);
}

static void *work_for_ever(void *nothing)
{
    const struct timespec pause = {0, PAUSE_NS};
    rig_denormals_enter();
    for (;;) {
        pthread_mutex_lock(&lock);
        while (!all) pthread_cond_wait(&some, &lock);
        for (rig_instance *i = all; i; i = i->next) work(i);
        pthread_mutex_unlock(&lock);
        nanosleep(&pause, NULL);
    }
    return nothing;
}

/* Under the lock. */
static const char *enlist(rig_instance *i)
{
    pthread_t thread;
    if (!working && pthread_create(&thread, NULL, work_for_ever, NULL)) return "no thread can be begun for its worker";
    if (!working) pthread_detach(thread);
    working = 1;
    i->next = all;
    all = i;
    pthread_cond_signal(&some);
    return NULL;
}

/* What a plug-in calls while it runs, or while its state is restored. */
static lv2_status schedule(void *handle, uint32_t size, const void *data)
{
    rig_instance *i = handle;
    if (!i->worker) return LV2_UNKNOWN;
    if (!i->live) return i->worker->work(i->handle, answer, i, size, data);
    return rig_messages_put(&i->asked, data, size) ? LV2_DONE : LV2_NO_SPACE;
}

/* -- birth and end */

/* Nobody listens: a screen does not survive what libraries write to the terminal, which plug-ins would where they can't say it here. */
static int say(void *handle, uint32_t kind, const char *format, ...)
{
    (void)handle, (void)kind, (void)format;
    return 0;
}

static int say_list(void *handle, uint32_t kind, const char *format, va_list list)
{
    (void)handle, (void)kind, (void)format, (void)list;
    return 0;
}

static lv2_log talk = {NULL, say, say_list};

static const void *extension(const rig_instance *i, const char *uri)
{
    return i->plugin->extension_data ? i->plugin->extension_data(uri) : NULL;
}

static const lv2_option *options(double rate, float *rate_of, lv2_option *list)
{
    static const int32_t least = 1, most = RIG_BLOCK, events = RIG_MESSAGES;
    const uint32_t whole = rig_urid(LV2_ATOM "Int");
    *rate_of = (float)rate;
    list[0] = (lv2_option){0, 0, rig_urid(LV2 "ext/parameters#sampleRate"), sizeof(float), rig_urid(LV2_ATOM "Float"), rate_of};
    list[1] = (lv2_option){0, 0, rig_urid(LV2_BUFFERS "minBlockLength"), sizeof least, whole, &least};
    list[2] = (lv2_option){0, 0, rig_urid(LV2_BUFFERS "maxBlockLength"), sizeof most, whole, &most};
    list[3] = (lv2_option){0, 0, rig_urid(LV2_BUFFERS "nominalBlockLength"), sizeof most, whole, &most};
    list[4] = (lv2_option){0, 0, rig_urid(LV2_BUFFERS "sequenceSize"), sizeof events, whole, &events};
    list[5] = (lv2_option){0};
    return list;
}

const char *rig_instance_born(rig_instance *i, const rig_lv2_plugin *plugin, double rate)
{
    float rate_of;
    lv2_option list[6];
    i->plugin = plugin->found;
    i->schedule = (lv2_schedule){i, schedule};
    const lv2_feature features[] = {
        {LV2 "ext/urid#map", &rig_urid_map},
        {LV2 "ext/urid#unmap", &rig_urid_unmap},
        {LV2 "ext/options#options", (void *)options(rate, &rate_of, list)},
        {LV2_BUFFERS "boundedBlockLength", NULL},
        {LV2 "ext/worker#schedule", &i->schedule},
        {LV2 "ext/log#log", &talk},
        {LV2 "lv2core#isLive", NULL},
    };
    enum { N = sizeof features / sizeof *features };
    const lv2_feature *given[N + 1] = {NULL};
    for (int k = 0; k < N; ++k) given[k] = &features[k];
    rig_instances_lock();
    i->handle = i->plugin->instantiate(i->plugin, rate, plugin->bundle, given);
    rig_instances_unlock();
    if (!i->handle) return "the plug-in does not start";
    i->worker = extension(i, LV2 "ext/worker#interface");
    i->state = extension(i, LV2 "ext/state#interface");
    return NULL;
}

const char *rig_instance_begin(rig_instance *i, const int32_t *state, uint32_t count)
{
    rig_instances_lock();
    if (i->state && count) rig_state_restore(i->state, i->handle, &i->schedule, state, count);
    if (i->plugin->activate) i->plugin->activate(i->handle);
    i->fresh = 1;
    const char *why = enlist(i);
    rig_instances_unlock();
    if (why) rig_instance_end(i);
    return why;
}

void rig_instance_end(rig_instance *i)
{
    rig_instances_lock();
    rig_instance **at = &all;
    while (*at && *at != i) at = &(*at)->next;
    if (*at) *at = i->next;
    if (i->plugin->deactivate) i->plugin->deactivate(i->handle);
    i->plugin->cleanup(i->handle);
    rig_instances_unlock();
}

/* -- while it plays */

static void take_answers(rig_instance *i)
{
    uint32_t size;
    if (!i->worker) return;
    while (rig_messages_take(&i->answers, i->message, &size))
        if (i->worker->respond) i->worker->respond(i->handle, size, i->message);
    if (i->worker->end_run) i->worker->end_run(i->handle);
}

/* Where nobody is kept waiting: whoever is first, this or the worker. */
static void begin_now(rig_instance *i)
{
    rig_instances_lock();
    if (rig_load(&i->away)) begin_anew(i);
    rig_store(&i->away, 0);
    rig_instances_unlock();
}

int rig_instance_run(rig_instance *i, uint32_t frames, int live)
{
    i->live = live;
    if (rig_load(&i->away)) {
        if (live) return 0;
        begin_now(i);
    }
    i->fresh = 0;
    i->plugin->run(i->handle, frames);
    take_answers(i);
    return 1;
}

void rig_instance_renew(rig_instance *i)
{
    if (i->fresh) return;
    i->fresh = 1;
    rig_store(&i->away, 1);
}
