/* Tools of the contract tests. */
#include "contract.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_NS (20 * NS_PER_S)

struct io *contract_open_with(enum io_backend backend, uint32_t buffers, uint32_t threads)
{
    static struct log log;
    log_init_stderr(&log, LOG_WARN, "io test");
    struct io_options options = {
        .backend = backend,
        .recv_buffer_bytes = 4096,
        .recv_buffer_count = buffers,
        .disk_threads = threads,
        .log = &log,
    };
    struct io *io = NULL;
    int result = io_new(&options, &io);
    if (result == ERR_UNSUPPORTED)
        cr_skip_test("io_uring is not permitted here");
    cr_assert_eq(result, 0, "%s", result_name(result));
    return io;
}

struct io *contract_open(enum io_backend backend)
{
    return contract_open_with(backend, 16, 2);
}

uint64_t contract_hash(uint64_t hash, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ bytes[i]) * 1099511628211U;
    return hash;
}

void contract_fill(uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 2654435761U >> 16);
}

static void probe_take(struct probe *probe, struct io_buffer *buffer)
{
    probe->bytes += buffer->len;
    probe->hash = contract_hash(probe->hash, buffer->data, buffer->len);
    if (!probe->hold) {
        io_recv_release(probe->io, buffer);
        return;
    }
    cr_assert_lt(probe->held_count, PROBE_HELD_MAX);
    probe->held[probe->held_count++] = buffer;
}

static void probe_done(struct io_op *op, const struct io_event *event)
{
    struct probe *probe = (struct probe *)(void *)op;
    cr_assert(probe->out, "an event after the last one");
    if (probe->events++ == 0)
        probe->first = event->value;
    probe->value = event->value;
    if (event->buffer != NULL) {
        cr_assert_eq(event->value, event->buffer->len);
        cr_assert_not(event->last, "the last event carries no bytes");
        probe_take(probe, event->buffer);
    }
    if (event->last) {
        probe->out = false;
        if (probe->counter != NULL)
            probe->order = (*probe->counter)++;
    }
    if (probe->event != NULL)
        probe->event(probe, event);
}

struct io_op *probe_start(struct probe *probe, struct io *io)
{
    cr_assert_not(probe->out);
    probe->op.done = probe_done;
    probe->io = io;
    probe->out = true;
    return &probe->op;
}

static void poll_patiently(struct io *io, uint64_t begin_ns)
{
    cr_assert_lt(io_now_precise(io) - begin_ns, PATIENCE_NS, "nothing moves any more");
    io_poll(io, io_now_precise(io) + NS_PER_S);
}

int64_t probe_wait(struct probe *probe)
{
    uint64_t begin_ns = io_now_precise(probe->io);
    while (probe->out)
        poll_patiently(probe->io, begin_ns);
    return probe->value;
}

void probe_wait_events(struct probe *probe, int events)
{
    uint64_t begin_ns = io_now_precise(probe->io);
    while (probe->events < events)
        poll_patiently(probe->io, begin_ns);
}

void probe_wait_bytes(struct probe *probe, uint64_t bytes)
{
    uint64_t begin_ns = io_now_precise(probe->io);
    while (probe->bytes < bytes)
        poll_patiently(probe->io, begin_ns);
}

void probe_release_held(struct probe *probe)
{
    while (probe->held_count > 0)
        io_recv_release(probe->io, probe->held[--probe->held_count]);
}

void contract_settle(struct io *io)
{
    for (int i = 0; i < 20; i++)
        io_poll(io, 0);
}

int contract_listen(struct io *io, uint16_t *port)
{
    struct io_listen_options options = {.host = "127.0.0.1", .port = *port, .first = true};
    int listener = -1;
    int result = io_listen(io, &options, &listener, port);
    cr_assert_eq(result, 0, "%s", result_name(result));
    cr_assert_neq(*port, 0);
    return listener;
}

void contract_close(struct io *io, int socket)
{
    struct probe close_probe = {0};
    io_close(io, probe_start(&close_probe, io), socket);
    cr_assert_eq(probe_wait(&close_probe), 0);
}

void contract_pair(struct io *io, int sockets[2])
{
    uint16_t port = 0;
    int listener = contract_listen(io, &port);
    struct probe accepts = {0};
    struct probe connects = {0};
    io_accept(io, probe_start(&accepts, io), listener);
    int result = io_connect(io, probe_start(&connects, io), "127.0.0.1", port);
    cr_assert_eq(result, 0);
    sockets[0] = (int)probe_wait(&connects);
    cr_assert_geq(sockets[0], 0, "%s", result_name(sockets[0]));
    probe_wait_events(&accepts, 1);
    sockets[1] = (int)accepts.value;
    cr_assert_geq(sockets[1], 0);
    contract_close(io, listener);
    cr_assert_not(accepts.out);
}

int contract_outside(uint16_t port)
{
    int outside = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int result = connect(outside, (struct sockaddr *)&address, sizeof address);
    cr_assert_eq(result, 0);
    return outside;
}

int contract_accepted(struct io *io, int *outside)
{
    uint16_t port = 0;
    int listener = contract_listen(io, &port);
    struct probe accepts = {0};
    io_accept(io, probe_start(&accepts, io), listener);
    *outside = contract_outside(port);
    probe_wait_events(&accepts, 1);
    int accepted = (int)accepts.value;
    contract_close(io, listener);
    return accepted;
}

int64_t contract_send(struct io *io, int socket, const void *data, size_t len)
{
    struct probe sends = {0};
    struct iovec part = {(void *)(uintptr_t)data, len};
    io_send(io, probe_start(&sends, io), socket, &part, 1);
    return probe_wait(&sends);
}

void contract_directory(char *path, size_t size)
{
    const char *base = getenv("TMPDIR");
    snprintf(path, size, "%s/io_test_XXXXXX", base != NULL ? base : "/tmp");
    cr_assert_not_null(mkdtemp(path));
}
