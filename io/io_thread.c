/* Threads, for cores and disk jobs, and what the process asks for at its start. Signals that ask
 * the process for something go to the thread that was there first: the others block them, and their
 * waits are never interrupted. */
#include "io/io.h"

#include <errno.h>
#include <linux/ioprio.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

/* Where the system does not say. */
#define DESCRIPTORS_USUAL 1024
#define GIVE_WAY_NICE 10
#define GIVE_WAY_IO_LEVEL 7 /* the last of the usual class */

#define THREAD_NAME_BYTES 16 /* Linux has no room for more */

struct io_thread {
    pthread_t thread;
    char name[THREAD_NAME_BYTES];
    void (*run)(void *context);
    void *context;
};

static void *thread_main(void *argument)
{
    struct io_thread *thread = argument;
    /* Another thread's name is written through /proc. */
    (void)pthread_setname_np(pthread_self(), thread->name);
    thread->run(thread->context);
    return NULL;
}

static int thread_create(struct io_thread *thread)
{
    static const int blocked[] = {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE};
    sigset_t set;
    sigset_t before;
    sigemptyset(&set);
    for (size_t i = 0; i < ARRAY_LENGTH(blocked); i++)
        sigaddset(&set, blocked[i]);
    int result = pthread_sigmask(SIG_BLOCK, &set, &before);
    ASSERT(result == 0);
    int error = pthread_create(&thread->thread, NULL, thread_main, thread);
    result = pthread_sigmask(SIG_SETMASK, &before, NULL);
    ASSERT(result == 0);
    return error == 0 ? 0 : result_from_errno(error);
}

unsigned io_cpu_count(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return (unsigned)CPU_COUNT(&set);
    /* More processors than the set holds. */
    return (unsigned)MAX(sysconf(_SC_NPROCESSORS_ONLN), 1L);
}

/* To the n-th of the processors that this process may use. Where that is forbidden the thread runs
 * all the same. */
static void thread_pin(struct io_thread *thread, unsigned n)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) == 0)
        return;
    n %= (unsigned)CPU_COUNT(&allowed);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &allowed) || n-- > 0)
            continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        (void)pthread_setaffinity_np(thread->thread, sizeof one, &one);
        return;
    }
}

int io_thread_start(struct io_thread **started, const char *name, int cpu,
                    void (*run)(void *context), void *context)
{
    struct io_thread *thread = mem_alloc(sizeof *thread);
    (void)snprintf(thread->name, sizeof thread->name, "%s", name);
    thread->run = run;
    thread->context = context;
    int result = thread_create(thread);
    if (result != 0) {
        mem_free(thread);
        return result;
    }
    if (cpu >= 0)
        thread_pin(thread, (unsigned)cpu);
    *started = thread;
    return 0;
}

void io_thread_join(struct io_thread *thread)
{
    int result = pthread_join(thread->thread, NULL);
    ASSERT(result == 0);
    mem_free(thread);
}

/* Nice values are of threads here, whatever POSIX says. A tenth of a processor is left to it beside
 * a thread that would use all of one. */
void io_thread_give_way(void)
{
    pid_t self = (pid_t)syscall(SYS_gettid);
    (void)setpriority(PRIO_PROCESS, (id_t)self, GIVE_WAY_NICE);
    (void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, self,
                  IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, GIVE_WAY_IO_LEVEL));
}

uint64_t io_raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return DESCRIPTORS_USUAL;
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        limit.rlim_cur = before;
    return limit.rlim_cur;
}

void io_wait_for_stop(void)
{
    sigset_t signals;
    int received;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigwait(&signals, &received);
}

bool io_wait_for_stop_within(uint64_t ns)
{
    struct timespec limit = {(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return sigtimedwait(&signals, NULL, &limit) > 0;
}

void io_exit(int code)
{
    _exit(code);
}

void io_pause(uint64_t ns)
{
    struct timespec pause = {(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
    while (nanosleep(&pause, &pause) != 0 && errno == EINTR)
        continue;
}
