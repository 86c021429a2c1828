/* Tools of the contract tests. */
#include "contract.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_NS (20 * NS_PER_S)

/* Of this test's process; made when it is first asked for. */
static struct sim_host *simulated;

struct sim_host *contract_host(void)
{
    return simulated;
}

void contract_simulate(void)
{
    struct sim_options options;
    if (simulated != NULL)
        return;
    const char *seed = getenv("SIM_SEED");
    sim_options_init(&options, seed == NULL ? 1 : strtoull(seed, NULL, 10));
    simulated = sim_host_new(sim_new(&options), "contract");
    sim_enter(simulated);
    cr_assert_eq(file_make_directory(sim_host_files(simulated), "/tmp"), 0);
}

static struct sim *world(void)
{
    return sim_host_world(simulated);
}

struct io *contract_open_with(enum contract_backend backend, uint32_t buffers, uint32_t threads)
{
    static const enum io_backend backends[] = {IO_RING, IO_EPOLL, IO_AUTO, IO_AUTO};
    static struct log log;
    log_init_stderr(&log, LOG_WARN, "io test");
    struct io_options options = {
        .backend = backends[backend],
        .recv_buffer_bytes = 4096,
        .recv_buffer_count = buffers,
        .disk_threads = threads,
        .log = &log,
    };
    struct io *io = NULL;
    if (backend == CONTRACT_SIM)
        contract_simulate();
    int result = io_new(&options, &io);
    if (result == ERR_UNSUPPORTED)
        cr_skip_test("io_uring is not permitted here");
    cr_assert_eq(result, 0, "%s", result_name(result));
    cr_assert((backend == CONTRACT_SIM) == (strcmp(io_backend_name(io), "simulator") == 0));
    return io;
}

struct io *contract_open(enum contract_backend backend)
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

/* Peers outside of any io. */

static bool peer_has_settled(void *context)
{
    return sim_peer_state(context) != ERR_BUSY;
}

static struct contract_peer outside_simulated(uint16_t port)
{
    struct contract_peer peer = {.socket = -1};
    peer.peer = sim_peer_connect(simulated, "127.0.0.1", port);
    cr_assert(sim_run_until(world(), peer_has_settled, peer.peer, PATIENCE_NS));
    cr_assert_eq(sim_peer_state(peer.peer), 0);
    return peer;
}

struct contract_peer contract_outside(uint16_t port)
{
    if (simulated != NULL)
        return outside_simulated(port);
    struct contract_peer peer = {.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int result = connect(peer.socket, (struct sockaddr *)&address, sizeof address);
    cr_assert_eq(result, 0);
    return peer;
}

void contract_peer_write(struct contract_peer *peer, const void *data, size_t len)
{
    for (size_t at = 0; at < len;) {
        const uint8_t *rest = (const uint8_t *)data + at;
        int64_t n = peer->peer == NULL ? write(peer->socket, rest, len - at)
                                       : sim_peer_write(peer->peer, rest, len - at);
        cr_assert_gt(n, 0);
        at += (size_t)n;
    }
}

int64_t contract_peer_read_now(struct contract_peer *peer, void *data, size_t len)
{
    if (peer->peer != NULL)
        return sim_peer_read(peer->peer, data, len);
    int64_t got = recv(peer->socket, data, len, MSG_DONTWAIT);
    cr_assert(got >= 0 || errno == EAGAIN);
    return got;
}

int64_t contract_peer_read(struct contract_peer *peer, void *data, size_t len)
{
    if (peer->peer == NULL)
        return read(peer->socket, data, len);
    int64_t got = sim_peer_read(peer->peer, data, len);
    for (int i = 0; got == ERR_BUSY && i < 1000; i++) {
        sim_run(world(), NS_PER_MS);
        got = sim_peer_read(peer->peer, data, len);
    }
    return got;
}

void contract_peer_end(struct contract_peer *peer)
{
    if (peer->peer != NULL)
        sim_peer_end(peer->peer);
    else
        shutdown(peer->socket, SHUT_WR);
}

void contract_peer_close(struct contract_peer *peer)
{
    if (peer->peer != NULL)
        sim_peer_close(peer->peer);
    else
        close(peer->socket);
}

void contract_peer_reset(struct contract_peer *peer)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    if (peer->peer != NULL)
        sim_peer_reset(peer->peer);
    else
        setsockopt(peer->socket, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    contract_peer_close(peer);
}

int contract_accepted(struct io *io, struct contract_peer *outside)
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

void contract_limit_descriptors(const struct contract_peer *newest, bool limited)
{
    static struct rlimit before;
    static uint32_t before_simulated;
    if (newest->peer != NULL) {
        uint32_t *most = &sim_disk(simulated)->descriptors_max;
        if (limited)
            before_simulated = *most;
        *most = limited ? 1 : before_simulated;
        return;
    }
    if (limited)
        getrlimit(RLIMIT_NOFILE, &before);
    struct rlimit limit = before;
    if (limited)
        limit.rlim_cur = (rlim_t)newest->socket + 1;
    setrlimit(RLIMIT_NOFILE, &limit);
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
    if (simulated != NULL) {
        static unsigned count;
        snprintf(path, size, "/tmp/io_test_%u", count++);
        cr_assert_eq(file_make_directory(sim_host_files(simulated), path), 0);
        return;
    }
    const char *base = getenv("TMPDIR");
    snprintf(path, size, "%s/io_test_XXXXXX", base != NULL ? base : "/tmp");
    cr_assert_not_null(mkdtemp(path));
}
