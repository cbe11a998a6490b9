#include "crew.h"

#include <pthread.h>

static pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER, lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t begins = PTHREAD_COND_INITIALIZER, ends = PTHREAD_COND_INITIALIZER;
/* All behind the lock. helpers: threads that there are; wanted: of them for what is being done, 0 between; taken: how many have
   come; at_it: how many of those have not ended. */
static struct {
    uint32_t helpers, wanted, taken, at_it;
    void (*work)(void *task, uint32_t who);
    void *task;
} crew;

static void *help(void *unused)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        while (crew.taken >= crew.wanted) pthread_cond_wait(&begins, &lock);
        const uint32_t who = ++crew.taken;
        ++crew.at_it;
        pthread_mutex_unlock(&lock);
        crew.work(crew.task, who);
        pthread_mutex_lock(&lock);
        if (!--crew.at_it) pthread_cond_signal(&ends);
    }
    return unused;
}

/* Fewer than wanted, where the system gives no more. */
static void hire(uint32_t helpers)
{
    pthread_t thread;
    while (crew.helpers < helpers && !pthread_create(&thread, NULL, help, NULL)) {
        pthread_detach(thread);
        ++crew.helpers;
    }
}

void rig_crew_work(uint32_t threads, void (*work)(void *task, uint32_t who), void *task)
{
    const int alone = threads < 2 || pthread_mutex_trylock(&busy); /* somebody else's work has them all */
    if (!alone) {
        pthread_mutex_lock(&lock);
        hire(threads - 1);
        crew.work = work, crew.task = task;
        crew.wanted = threads - 1, crew.taken = 0;
        pthread_cond_broadcast(&begins);
        pthread_mutex_unlock(&lock);
    }
    work(task, 0);
    if (alone) return;
    pthread_mutex_lock(&lock);
    crew.wanted = 0;
    while (crew.at_it) pthread_cond_wait(&ends, &lock);
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(&busy);
}
