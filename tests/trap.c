/* Preloaded into a process: counts what the audio thread must not do. A thread is watched while it is inside
   trapped_process(), which stands in for the process callback and calls the real one.

   Memory and locks are counted where libc is called; whatever asks the system, a file, a futex, a sleep, where Linux is asked
   (syscall user dispatch: while the thread's selector says so, each call of the system is a signal to us). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static __thread int watched __attribute__((tls_model("initial-exec")));
static unsigned long allocations, frees, locks, callbacks, syscalls;
static long first = -1; /* the number of the first system call */
static int catches;      /* 1: Linux tells us of them */
static int (*real)(uint32_t, void *);

unsigned long trap_allocations(void) { return __atomic_load_n(&allocations, __ATOMIC_RELAXED); }
unsigned long trap_frees(void) { return __atomic_load_n(&frees, __ATOMIC_RELAXED); }
unsigned long trap_locks(void) { return __atomic_load_n(&locks, __ATOMIC_RELAXED); }
unsigned long trap_syscalls(void) { return __atomic_load_n(&syscalls, __ATOMIC_RELAXED); }
long trap_first(void) { return __atomic_load_n(&first, __ATOMIC_RELAXED); }
int trap_catches(void) { return __atomic_load_n(&catches, __ATOMIC_RELAXED); }
unsigned long trap_callbacks(void) { return __atomic_load_n(&callbacks, __ATOMIC_RELAXED); }
void trap_callback(void *process) { real = (int (*)(uint32_t, void *))process; }

#if defined(__x86_64__) && defined(PR_SET_SYSCALL_USER_DISPATCH)
static __thread volatile char selector __attribute__((tls_model("initial-exec")));

/* Counts the call, and has it done; the rest of this callback is not watched. */
static void caught(int signal, siginfo_t *info, void *context)
{
    selector = SYSCALL_DISPATCH_FILTER_ALLOW;
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    const int before = errno;
    if (__atomic_fetch_add(&syscalls, 1, __ATOMIC_RELAXED) == 0) __atomic_store_n(&first, info->si_syscall, __ATOMIC_RELAXED);
    const long result = syscall(info->si_syscall, r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]);
    r[REG_RAX] = result == -1 ? -errno : result;
    errno = before;
    (void)signal;
}

static void watch(int on)
{
    static __thread int asked;
    if (!asked++) {
        struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO};
        sigaction(SIGSYS, &action, NULL);
        if (!prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector)) __atomic_store_n(&catches, 1, __ATOMIC_RELAXED);
    }
    selector = on ? SYSCALL_DISPATCH_FILTER_BLOCK : SYSCALL_DISPATCH_FILTER_ALLOW;
}
#else
static void watch(int on) { (void)on; }
#endif

int trapped_process(uint32_t frames, void *arg)
{
    watch(1);
    watched = 1;
    const int result = real(frames, arg);
    watched = 0;
    watch(0);
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

#define COUNTED(name, type, arguments, values)                                   \
    type name arguments                                                          \
    {                                                                            \
        static type(*next) arguments;                                            \
        if (!next) next = (type(*) arguments)dlsym(RTLD_NEXT, #name);            \
        count(&locks);                                                           \
        return next values;                                                      \
    }

COUNTED(pthread_mutex_lock, int, (pthread_mutex_t *mutex), (mutex))
COUNTED(pthread_mutex_trylock, int, (pthread_mutex_t *mutex), (mutex))
COUNTED(pthread_rwlock_rdlock, int, (pthread_rwlock_t *lock), (lock))
COUNTED(pthread_rwlock_wrlock, int, (pthread_rwlock_t *lock), (lock))
COUNTED(pthread_spin_lock, int, (pthread_spinlock_t *lock), (lock))
COUNTED(sem_wait, int, (sem_t *semaphore), (semaphore))
COUNTED(sem_post, int, (sem_t *semaphore), (semaphore))
