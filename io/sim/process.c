/*
 * What a process asks for without naming its io: threads, a pause, new ios, the file system. A
 * program that links the simulator has these calls redirected here by the linker (--wrap, see
 * CMakeLists.txt). On a simulated host they are simulated, else they go through to the real ones:
 * so what lies above io is simulated as it is, to the letter.
 */
#include "base/assert.h"
#include "io/sim/internal.h"

/* The linker's names. */
int __wrap_io_thread_start(struct io_thread **thread, const char *name, int cpu,
                           void (*run)(void *context), void *context);
int __real_io_thread_start(struct io_thread **thread, const char *name, int cpu,
                           void (*run)(void *context), void *context);
void __wrap_io_thread_join(struct io_thread *thread);
void __real_io_thread_join(struct io_thread *thread);
void __wrap_io_wait_for_stop(void);
void __real_io_wait_for_stop(void);
_Noreturn void __wrap_io_exit(int code);
_Noreturn void __real_io_exit(int code);
void __wrap_io_pause(uint64_t ns);
void __real_io_pause(uint64_t ns);
uint64_t __wrap_io_raise_descriptors(void);
uint64_t __real_io_raise_descriptors(void);
int __wrap_io_new(const struct io_options *options, struct io **io);
int __real_io_new(const struct io_options *options, struct io **io);
struct file_system *__wrap_file_system_real(void);
struct file_system *__real_file_system_real(void);

/* On which host the caller is: a simulated thread's, or the one that was entered; null: the real
 * machine. Nothing hands it to the functions below, so it cannot be but a variable. Only simulated
 * worlds write to it, and they have one thread. */
static struct sim_host *current;

struct sim_host *sim_process_switch(struct sim_host *host)
{
    struct sim_host *before = current;
    current = host;
    return before;
}

struct sim_host *sim_process_host(void)
{
    return current;
}

void sim_enter(struct sim_host *host)
{
    ASSERT(current == NULL && host != NULL);
    current = host;
}

void sim_leave(void)
{
    ASSERT(current != NULL);
    current = NULL;
}

int __wrap_io_thread_start(struct io_thread **thread, const char *name, int cpu,
                           void (*run)(void *context), void *context)
{
    if (current == NULL)
        return __real_io_thread_start(thread, name, cpu, run, context);
    *thread = (struct io_thread *)(void *)sim_thread_start(current, run, context);
    return 0;
}

/* Who joins the threads of a process that has ended, has ended with it: what they leave is not in
 * the state that the joiner expects. */
void __wrap_io_thread_join(struct io_thread *thread)
{
    if (current == NULL) {
        __real_io_thread_join(thread);
        return;
    }
    sim_thread_join((struct sim_thread *)(void *)thread);
    /* What its cores were doing is cut off; a main thread that went on would tidy up behind them as
     * if they had finished, which no process does that has ended. */
    struct sim_thread *joiner = current->sim->running;
    if (joiner != NULL && !sim_thread_alive(joiner))
        sim_thread_give_up(joiner);
}

void __wrap_io_wait_for_stop(void)
{
    if (current == NULL)
        __real_io_wait_for_stop();
    else
        sim_wait_for_stop(current);
}

void __wrap_io_exit(int code)
{
    if (current == NULL)
        __real_io_exit(code);
    sim_note(current->sim, current, "exit %d", code);
    sim_host_kill(current);
    sim_thread_give_up(current->sim->running);
}

void __wrap_io_pause(uint64_t ns)
{
    if (current == NULL)
        __real_io_pause(ns);
    else
        sim_pause(current->sim, ns);
}

uint64_t __wrap_io_raise_descriptors(void)
{
    return current == NULL ? __real_io_raise_descriptors() : sim_disk(current)->descriptors_max;
}

int __wrap_io_new(const struct io_options *options, struct io **io)
{
    return current == NULL ? __real_io_new(options, io) : sim_io_new(current, options, io);
}

struct file_system *__wrap_file_system_real(void)
{
    return current == NULL ? __real_file_system_real() : sim_host_files(current);
}
