/*
 * What all implementations share: the choice between them, the loop, sleeping and waking, clocks,
 * sockets' set-up, threads.
 *
 * Sleeping: the core announces it, then looks once more at everything that can be handed to it, and
 * only then waits. Whoever hands something over looks at the announcement after it has done so.
 * Both sides use sequentially consistent order between their store and their load, so that one of
 * them always sees the other.
 */
#include "io/io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "io/io_internal.h"

#define LISTEN_BACKLOG 1024

int io_base_init(struct io *io, const struct io_operations *operations,
                 const struct io_options *options)
{
    ASSERT(is_power_of_two(options->recv_buffer_count));
    io->operations = operations;
    io->log = options->log;
    io->files = file_system_real();
    io->buffer_count = options->recv_buffer_count;
    list_init(&io->ready);
    io->event_file = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (io->event_file < 0)
        return result_from_errno(errno);
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        seed = (uint64_t)(uintptr_t)io;
    prng_init(&io->prng, seed);
    io_read_clocks(io);
    io->pool = disk_pool_new(io, options->disk_threads);
    return 0;
}

void io_base_fini(struct io *io)
{
    disk_pool_free(io->pool);
    close(io->event_file);
}

int io_new(const struct io_options *options, struct io **io)
{
    if (options->backend == IO_EPOLL)
        return io_epoll_new(options, io);
    int result = io_ring_new(options, io);
    if (result != 0 && options->backend == IO_AUTO) {
        log_warn(options->log, "io_uring cannot be used here (%s): using epoll",
                 result_sentence(result));
        return io_epoll_new(options, io);
    }
    return result;
}

void io_free(struct io *io)
{
    io->operations->free(io);
}

const char *io_backend_name(const struct io *io)
{
    return io->operations->name;
}

struct file_system *io_files(struct io *io)
{
    return io->files;
}

/* Time. */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void io_read_clocks(struct io *io)
{
    io->now_ns = clock_ns(CLOCK_MONOTONIC);
    io->wall_ms = (int64_t)(clock_ns(CLOCK_REALTIME) / NS_PER_MS);
}

uint64_t io_now(const struct io *io)
{
    return io->now_ns;
}

uint64_t io_now_precise(struct io *io)
{
    (void)io;
    return clock_ns(CLOCK_MONOTONIC);
}

int64_t io_wall_ms(const struct io *io)
{
    return io->wall_ms;
}

uint64_t io_random(struct io *io)
{
    return prng_next(&io->prng);
}

/* The loop. */

void io_ready(struct io *io, struct io_op *op, int64_t value)
{
    struct op_ready *ready = (void *)op->internal;
    ready->op = op;
    ready->value = value;
    list_push_back(&io->ready, &ready->node);
}

void io_hand_out(struct io *io, struct io_op *op, const struct io_event *event)
{
    io->handed_out++;
    op->done(op, event);
}

/* Only what was ready at the start: a callback may make more. */
static void io_take_ready(struct io *io)
{
    struct list due;
    list_init(&due);
    list_append(&due, &io->ready);
    struct list *node;
    while ((node = list_pop_front(&due)) != NULL) {
        struct op_ready *ready = LIST_ENTRY(node, struct op_ready, node);
        struct io_event event = {.value = ready->value, .last = true};
        io_hand_out(io, ready->op, &event);
    }
}

bool io_may_sleep(struct io *io)
{
    atomic_store(&io->sleeping, true);
    bool work = disk_pool_ready(io->pool) || (io->loop != NULL && io->loop->has_work(io->loop));
    if (work)
        io_awake(io);
    return !work;
}

void io_awake(struct io *io)
{
    atomic_store_explicit(&io->sleeping, false, memory_order_relaxed);
}

int io_poll(struct io *io, uint64_t deadline_ns)
{
    io->handed_out = 0;
    if (!list_empty(&io->ready))
        deadline_ns = 0;
    io->operations->poll(io, deadline_ns);
    io_take_ready(io);
    disk_pool_take(io->pool);
    return io->handed_out;
}

void io_run(struct io *io, struct io_loop *loop)
{
    io->loop = loop;
    io->stopped = false;
    while (!io->stopped) {
        uint64_t deadline_ns = loop->step(loop);
        if (!io->stopped)
            io_poll(io, deadline_ns);
    }
    io->loop = NULL;
}

void io_stop(struct io *io)
{
    io->stopped = true;
}

/* Waking. */

static void event_write(struct io *io)
{
    uint64_t one = 1;
    ssize_t written = write(io->event_file, &one, sizeof one);
    (void)written;
}

void io_wake(struct io *from, struct io *target)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (!atomic_load_explicit(&target->sleeping, memory_order_relaxed))
        return;
    if (atomic_exchange(&target->sleeping, false))
        from->operations->wake(from, target);
}

void io_wake_if_sleeping(struct io *io)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (!atomic_load_explicit(&io->sleeping, memory_order_relaxed))
        return;
    if (atomic_exchange(&io->sleeping, false))
        event_write(io);
}

void io_wake_external(struct io *target)
{
    event_write(target);
}

/* Threads. */

struct io_thread {
    pthread_t thread;
    void (*run)(void *context);
    void *context;
};

static void *thread_main(void *argument)
{
    struct io_thread *thread = argument;
    thread->run(thread->context);
    return NULL;
}

int io_thread_start(struct io_thread **result, int cpu, void (*run)(void *context), void *context)
{
    struct io_thread *thread = mem_alloc(sizeof *thread);
    thread->run = run;
    thread->context = context;
    int error = pthread_create(&thread->thread, NULL, thread_main, thread);
    if (error != 0) {
        mem_free(thread);
        return result_from_errno(error);
    }
    if (cpu >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET((size_t)cpu, &set);
        pthread_setaffinity_np(thread->thread, sizeof set, &set);
    }
    *result = thread;
    return 0;
}

void io_thread_join(struct io_thread *thread)
{
    pthread_join(thread->thread, NULL);
    mem_free(thread);
}

/* Sockets. */

static int address_resolve(const char *host, uint16_t port, bool passive, struct addrinfo **list)
{
    char service[8];
    struct addrinfo hints = {
        .ai_flags = (passive ? AI_PASSIVE : 0) | AI_NUMERICSERV,
        .ai_socktype = SOCK_STREAM,
    };
    snprintf(service, sizeof service, "%u", port);
    if (host != NULL && *host == '\0')
        host = NULL;
    if (passive && host == NULL)
        hints.ai_family = AF_INET6;
    return getaddrinfo(host, service, &hints, list) == 0 ? 0 : ERR_NOT_FOUND;
}

static int socket_bind(const struct addrinfo *address, bool shared)
{
    int on = 1;
    int off = 0;
    int listener = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return result_from_errno(errno);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (shared)
        setsockopt(listener, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    if (address->ai_family == AF_INET6)
        setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(listener, address->ai_addr, address->ai_addrlen) == 0 &&
        listen(listener, LISTEN_BACKLOG) == 0)
        return listener;
    int result = result_from_errno(errno);
    close(listener);
    return result;
}

static uint16_t socket_port(int listener)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    int result = getsockname(listener, (struct sockaddr *)&bound, &len);
    ASSERT(result == 0);
    if (bound.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&bound)->sin6_port);
    return ntohs(((struct sockaddr_in *)&bound)->sin_port);
}

/* With SO_REUSEPORT alone another process of the same user could share the port: the first core
 * binds once without it, which nobody else's socket lets pass. */
static int listen_checked(const struct io_listen_options *options, const struct addrinfo *address)
{
    if (options->first && options->port != 0) {
        int probe = socket_bind(address, false);
        if (probe < 0)
            return probe;
        close(probe);
    }
    return socket_bind(address, true);
}

int io_listen(struct io *io, const struct io_listen_options *options, int *listener,
              uint16_t *port)
{
    (void)io;
    struct addrinfo *list;
    int result = address_resolve(options->host, options->port, true, &list);
    if (result != 0)
        return result;
    result = ERR_NOT_FOUND;
    for (struct addrinfo *address = list; address != NULL && result < 0;
         address = address->ai_next)
        result = listen_checked(options, address);
    freeaddrinfo(list);
    if (result < 0)
        return result;
    *listener = result;
    *port = socket_port(result);
    return 0;
}

void io_accept(struct io *io, struct io_op *op, int listener)
{
    io->operations->accept(io, op, listener);
}

int io_connect(struct io *io, struct io_op *op, const char *host, uint16_t port)
{
    struct addrinfo *list;
    int result = address_resolve(host, port, false, &list);
    if (result != 0)
        return result;
    int on = 1;
    int peer = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    result = peer < 0 ? result_from_errno(errno) : 0;
    if (result == 0 && connect(peer, list->ai_addr, list->ai_addrlen) != 0 &&
        errno != EINPROGRESS) {
        result = result_from_errno(errno);
        close(peer);
    }
    freeaddrinfo(list);
    if (result != 0)
        return result;
    setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    io->operations->connect(io, op, peer);
    return 0;
}

void io_peer_name(struct io *io, int peer, char *text)
{
    (void)io;
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    char host[INET6_ADDRSTRLEN] = "?";
    uint16_t port = 0;
    if (getpeername(peer, (struct sockaddr *)&address, &len) == 0) {
        if (address.ss_family == AF_INET6) {
            struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address;
            inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
            port = ntohs(in6->sin6_port);
        } else if (address.ss_family == AF_INET) {
            struct sockaddr_in *in = (struct sockaddr_in *)&address;
            inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
            port = ntohs(in->sin_port);
        }
    }
    snprintf(text, 64, "%s:%u", host, port);
}

void io_recv(struct io *io, struct io_op *op, int socket)
{
    io->operations->recv(io, op, socket);
}

void io_recv_release(struct io *io, struct io_buffer *buffer)
{
    ASSERT(io->buffers_out > 0);
    io->buffers_out--;
    io->operations->recv_release(io, buffer);
}

uint32_t io_recv_available(const struct io *io)
{
    return io->buffer_count - io->buffers_out;
}

void io_send(struct io *io, struct io_op *op, int socket, const struct iovec *parts, int count)
{
    ASSERT(count > 0 && count <= 1024);
    io->operations->send(io, op, socket, parts, count);
}

void io_shutdown(struct io *io, int peer)
{
    (void)io;
    shutdown(peer, SHUT_RDWR);
}

void io_close(struct io *io, struct io_op *op, int socket)
{
    io->operations->close(io, op, socket);
}

void io_cancel(struct io *io, struct io_op *op)
{
    io->operations->cancel(io, op);
}

void io_write(struct io *io, struct io_op *op, const struct io_extent *extent, unsigned flags)
{
    io->operations->write(io, op, extent, flags);
}

void io_read(struct io *io, struct io_op *op, const struct io_extent *extent)
{
    io->operations->read(io, op, extent);
}

void io_sync(struct io *io, struct io_op *op, int file)
{
    io->operations->sync(io, op, file);
}

void io_job(struct io *io, struct io_op *op, unsigned lane, io_job_fn *job, void *context)
{
    disk_pool_submit(io->pool, op, lane, job, context);
}
