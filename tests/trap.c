/* Preloaded into a process: counts what the audio thread must not do. A thread is watched while it is inside
   trapped_process(), which stands in for the process callback and calls the real one. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static __thread int watched __attribute__((tls_model("initial-exec")));
static unsigned long allocations, frees, locks, callbacks;
static int (*real)(uint32_t, void *);

unsigned long trap_allocations(void) { return __atomic_load_n(&allocations, __ATOMIC_RELAXED); }
unsigned long trap_frees(void) { return __atomic_load_n(&frees, __ATOMIC_RELAXED); }
unsigned long trap_locks(void) { return __atomic_load_n(&locks, __ATOMIC_RELAXED); }
unsigned long trap_callbacks(void) { return __atomic_load_n(&callbacks, __ATOMIC_RELAXED); }
void trap_callback(void *process) { real = (int (*)(uint32_t, void *))process; }

int trapped_process(uint32_t frames, void *arg)
{
    watched = 1;
    const int result = real(frames, arg);
    watched = 0;
    __atomic_add_fetch(&callbacks, 1, __ATOMIC_RELAXED);
    return result;
}

static void count(unsigned long *what)
{
    if (watched) __atomic_add_fetch(what, 1, __ATOMIC_RELAXED);
}

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

void *malloc(size_t size) { count(&allocations); return __libc_malloc(size); }
void *calloc(size_t n, size_t size) { count(&allocations); return __libc_calloc(n, size); }
void *realloc(void *p, size_t size) { count(&allocations); return __libc_realloc(p, size); }
void *aligned_alloc(size_t line, size_t size) { count(&allocations); return __libc_memalign(line, size); }
void *memalign(size_t line, size_t size) { count(&allocations); return __libc_memalign(line, size); }
int posix_memalign(void **p, size_t line, size_t size)
{
    count(&allocations);
    return (*p = __libc_memalign(line, size)) ? 0 : ENOMEM;
}
void free(void *p) { count(&frees); __libc_free(p); }

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    static int (*next)(pthread_mutex_t *);
    if (!next) next = (int (*)(pthread_mutex_t *))dlsym(RTLD_NEXT, "pthread_mutex_lock");
    count(&locks);
    return next(mutex);
}
