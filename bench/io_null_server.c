/*
 * What io alone can carry: a server that reads size-prefixed requests and answers each at once with
 * four bytes, or as many as are asked for, and a closed-loop client on another core, in one
 * process. The rest of the broker is held against this number.
 *
 *   io_null_server ring|epoll CONNECTIONS REQUEST_BYTES[:ANSWER_BYTES] SECONDS [WAL_FILE]
 *
 * With a WAL_FILE the answers wait for group commit: everything that has arrived goes out as one
 * direct, synchronous write of 4 KiB blocks, at most two in flight. What is written and answered
 * is always the same memory: nothing is copied for it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "io/io.h"

#define BUFFER_BYTES 65536
#define BUFFER_COUNT 1024
#define WAL_BYTES ((uint64_t)64 << 20)
#define WAL_FILL_BYTES ((uint32_t)256 << 10)
#define WAL_BLOCK 4096
#define CONNECTIONS_MAX 4096
#define ANSWER_BYTES 4
#define ANSWER_BYTES_MAX ((uint32_t)64 << 20)
#define ARRIVING_BYTES_MAX (WAL_BYTES / 2)

struct server;

struct connection {
    struct io_op recv_op;
    struct io_op send_op;
    struct server *server;
    struct connection *next_changed;
    int socket;
    uint32_t request_left; /* bytes of the request that is arriving; 0: its size comes next */
    uint32_t prefix_len;
    uint8_t prefix[4];
    uint32_t arrived; /* requests not in a group yet */
    uint32_t durable; /* requests that may be answered */
    uint32_t grouped[2];
    bool changed;
    bool sending;
    struct iovec part;
};

struct wal_write {
    struct io_op op;
    struct server *server;
    uint8_t *block;
    bool out;
    bool done;
};

struct server {
    struct io_loop loop;
    struct io *io;
    struct io_op accept_op;
    int listener;
    int wal;
    uint64_t wal_pos;
    uint64_t pending_bytes;
    uint32_t write_bytes_max; /* all that can arrive: each connection has one request under way */
    uint8_t *answers;         /* of all connections, one like the other */
    uint32_t answers_bytes;
    uint32_t answer_bytes;
    struct wal_write writes[2];
    unsigned oldest;
    struct connection *changed;
    struct connection **connections;
    uint32_t connection_count;
    uint64_t writes_done;
};

static void fail(const char *what, int64_t result)
{
    fprintf(stderr, "%s: %s\n", what, result_name((int)result));
    exit(1);
}

static void connection_change(struct connection *c)
{
    if (c->changed)
        return;
    c->changed = true;
    c->next_changed = c->server->changed;
    c->server->changed = c;
}

static void connection_consume(struct connection *c, const uint8_t *data, uint32_t len)
{
    while (len > 0) {
        if (c->request_left == 0) {
            uint32_t taken = MIN(len, 4 - c->prefix_len);
            memcpy(c->prefix + c->prefix_len, data, taken);
            c->prefix_len += taken;
            data += taken;
            len -= taken;
            if (c->prefix_len < 4)
                return;
            memcpy(&c->request_left, c->prefix, 4);
            c->prefix_len = 0;
            continue;
        }
        uint32_t taken = MIN(len, c->request_left);
        data += taken;
        len -= taken;
        c->request_left -= taken;
        c->arrived += c->request_left == 0;
    }
}

static void connection_received(struct io_op *op, const struct io_event *event)
{
    struct connection *c = CONTAINER_OF(op, struct connection, recv_op);
    if (event->buffer != NULL) {
        connection_consume(c, event->buffer->data, event->buffer->len);
        c->server->pending_bytes += event->buffer->len;
        io_recv_release(c->server->io, event->buffer);
        connection_change(c);
    } else if (event->value == ERR_BUSY) {
        io_recv(c->server->io, &c->recv_op, c->socket);
    }
}

static void connection_answer(struct connection *c);

static void connection_sent(struct io_op *op, const struct io_event *event)
{
    struct connection *c = CONTAINER_OF(op, struct connection, send_op);
    c->sending = false;
    if (event->value > 0)
        connection_answer(c);
}

static void connection_answer(struct connection *c)
{
    if (c->sending || c->durable == 0)
        return;
    const struct server *server = c->server;
    uint32_t count = MIN(c->durable, server->answers_bytes / server->answer_bytes);
    c->durable -= count;
    c->sending = true;
    c->part = (struct iovec){server->answers, count * server->answer_bytes};
    io_send(c->server->io, &c->send_op, c->socket, &c->part, 1);
}

static void server_accepted(struct io_op *op, const struct io_event *event)
{
    struct server *server = CONTAINER_OF(op, struct server, accept_op);
    if (event->value < 0 || server->connection_count == CONNECTIONS_MAX)
        return;
    struct connection *c = mem_alloc(sizeof *c);
    c->server = server;
    c->socket = (int)event->value;
    c->recv_op.done = connection_received;
    c->send_op.done = connection_sent;
    server->connections[server->connection_count++] = c;
    io_recv(server->io, &c->recv_op, c->socket);
}

/* Only the oldest finished groups are answered: the contiguous prefix. */
static void server_acknowledge(struct server *server)
{
    while (server->writes[server->oldest].done) {
        unsigned group = server->oldest;
        server->writes[group].done = false;
        server->oldest = 1 - group;
        server->writes_done++;
        for (uint32_t i = 0; i < server->connection_count; i++) {
            struct connection *c = server->connections[i];
            c->durable += c->grouped[group];
            c->grouped[group] = 0;
            connection_answer(c);
        }
    }
}

static void server_written(struct io_op *op, const struct io_event *event)
{
    struct wal_write *write = CONTAINER_OF(op, struct wal_write, op);
    if (event->value < 0)
        fail("write", event->value);
    write->out = false;
    write->done = true;
    server_acknowledge(write->server);
}

static void server_write(struct server *server, unsigned group)
{
    struct wal_write *write = &server->writes[group];
    ASSERT(server->pending_bytes < server->write_bytes_max);
    uint64_t len = round_up(server->pending_bytes + 1, WAL_BLOCK);
    server->pending_bytes = 0;
    if (server->wal_pos + len > WAL_BYTES)
        server->wal_pos = 0;
    struct io_extent extent = {
        .file = server->wal, .data = write->block, .len = (uint32_t)len, .pos = server->wal_pos};
    server->wal_pos += len;
    write->out = true;
    for (struct connection *c = server->changed; c != NULL; c = c->next_changed) {
        c->grouped[group] = c->arrived;
        c->arrived = 0;
        c->changed = false;
    }
    server->changed = NULL;
    io_write(server->io, &write->op, &extent, IO_DSYNC);
}

static uint64_t server_step(struct io_loop *loop)
{
    struct server *server = CONTAINER_OF(loop, struct server, loop);
    if (server->wal >= 0) {
        unsigned group = server->oldest;
        if (server->writes[group].out || server->writes[group].done)
            group = 1 - group;
        if (server->changed != NULL && !server->writes[group].out && !server->writes[group].done)
            server_write(server, group);
        return IO_NEVER;
    }
    for (struct connection *c = server->changed; c != NULL; c = c->next_changed) {
        c->durable += c->arrived;
        c->arrived = 0;
        c->changed = false;
        connection_answer(c);
    }
    server->changed = NULL;
    return IO_NEVER;
}

static bool no_work(struct io_loop *loop)
{
    (void)loop;
    return false;
}

/* The client: each connection has one request under way. */

struct client;

struct caller {
    struct io_op recv_op;
    struct io_op send_op;
    struct client *client;
    int socket;
    uint32_t got;
    bool sending;
    bool answered; /* before the send was known to be done: the next one waits for that */
    struct iovec part;
};

struct client {
    struct io_loop loop;
    struct io *io;
    struct caller *callers;
    uint8_t *request;
    uint32_t request_bytes;
    uint32_t answer_bytes;
    uint32_t connections;
    uint64_t answers;
    uint64_t end_ns;
    uint64_t seconds;
    uint16_t port;
};

static void caller_call(struct caller *caller)
{
    struct client *client = caller->client;
    caller->sending = true;
    caller->answered = false;
    caller->part = (struct iovec){client->request, client->request_bytes};
    io_send(client->io, &caller->send_op, caller->socket, &caller->part, 1);
}

static void caller_sent(struct io_op *op, const struct io_event *event)
{
    struct caller *caller = CONTAINER_OF(op, struct caller, send_op);
    if (event->value < 0)
        fail("send", event->value);
    caller->sending = false;
    if (caller->answered)
        caller_call(caller);
}

static void caller_received(struct io_op *op, const struct io_event *event)
{
    struct caller *caller = CONTAINER_OF(op, struct caller, recv_op);
    if (event->buffer != NULL) {
        caller->got += event->buffer->len;
        io_recv_release(caller->client->io, event->buffer);
        if (caller->got == caller->client->answer_bytes) {
            caller->got = 0;
            caller->client->answers++;
            caller->answered = true;
            if (!caller->sending)
                caller_call(caller);
        }
    } else if (event->value == ERR_BUSY) {
        io_recv(caller->client->io, &caller->recv_op, caller->socket);
    }
}

static void caller_connected(struct io_op *op, const struct io_event *event)
{
    struct caller *caller = CONTAINER_OF(op, struct caller, send_op);
    if (event->value < 0)
        fail("connect", event->value);
    caller->socket = (int)event->value;
    caller->send_op.done = caller_sent;
    caller->recv_op.done = caller_received;
    io_recv(caller->client->io, &caller->recv_op, caller->socket);
    caller_call(caller);
}

static uint64_t client_step(struct io_loop *loop)
{
    struct client *client = CONTAINER_OF(loop, struct client, loop);
    if (io_now(client->io) >= client->end_ns)
        io_stop(client->io);
    return client->end_ns;
}

static void client_run(void *context)
{
    struct client *client = context;
    for (uint32_t i = 0; i < client->connections; i++) {
        struct caller *caller = &client->callers[i];
        caller->client = client;
        caller->send_op.done = caller_connected;
        int result = io_connect(client->io, &caller->send_op, "127.0.0.1", client->port);
        if (result != 0)
            fail("connect", result);
    }
    uint64_t begin_ns = io_now_precise(client->io);
    client->end_ns = begin_ns + client->seconds * NS_PER_S;
    io_run(client->io, &client->loop);
    double seconds = (double)(io_now_precise(client->io) - begin_ns) / (double)NS_PER_S;
    double each_us = seconds * 1e6 / (double)MAX(client->answers, (uint64_t)1);
    printf("%s: %u connections, %u bytes, answers of %u: %.0f requests/s, mean %.0f us\n",
           io_backend_name(client->io), client->connections, client->request_bytes,
           client->answer_bytes, (double)client->answers / seconds, each_us * client->connections);
}

static void server_run(void *context)
{
    struct server *server = context;
    io_accept(server->io, &server->accept_op, server->listener);
    io_run(server->io, &server->loop);
}

static void server_open_wal(struct server *server, const char *path)
{
    struct file_system *fs = io_files(server->io);
    server->wal = file_open(fs, path, FILE_CREATE | FILE_DIRECT);
    if (server->wal < 0)
        fail(path, server->wal);
    for (int i = 0; i < 2; i++) {
        server->writes[i].server = server;
        server->writes[i].op.done = server_written;
        server->writes[i].block = mem_map(MAX(server->write_bytes_max, WAL_FILL_BYTES));
    }
    for (uint64_t pos = 0; pos < WAL_BYTES; pos += WAL_FILL_BYTES) {
        int result = file_write(fs, server->wal, server->writes[0].block, WAL_FILL_BYTES, pos);
        if (result != 0)
            fail(path, result);
    }
    int result = file_sync(fs, server->wal);
    if (result != 0)
        fail(path, result);
}

static struct io *bench_io(enum io_backend backend, const struct log *log)
{
    struct io_options options = {
        .backend = backend,
        .recv_buffer_bytes = BUFFER_BYTES,
        .recv_buffer_count = BUFFER_COUNT,
        .disk_threads = 2,
        .log = log,
    };
    struct io *io;
    int result = io_new(&options, &io);
    if (result != 0)
        fail("io", result);
    return io;
}

/* False when the arguments make no sense. */
static bool client_init(struct client *client, char **argv)
{
    char *rest;
    client->loop = (struct io_loop){client_step, no_work};
    client->connections = (uint32_t)strtoul(argv[2], NULL, 10);
    uint64_t request_bytes = strtoul(argv[3], &rest, 10);
    uint64_t answer_bytes = *rest == ':' ? strtoul(rest + 1, NULL, 10) : ANSWER_BYTES;
    client->seconds = strtoul(argv[4], NULL, 10);
    if (client->connections == 0 || client->connections > CONNECTIONS_MAX || request_bytes < 8 ||
        request_bytes > ARRIVING_BYTES_MAX / client->connections || answer_bytes == 0 ||
        answer_bytes > ANSWER_BYTES_MAX)
        return false;
    client->request_bytes = (uint32_t)request_bytes;
    client->answer_bytes = (uint32_t)answer_bytes;
    client->callers = mem_alloc_array(client->connections, sizeof *client->callers);
    client->request = mem_alloc(client->request_bytes);
    uint32_t size = client->request_bytes - 4;
    memcpy(client->request, &size, sizeof size);
    return true;
}

static void server_init(struct server *server, const struct client *client)
{
    server->loop = (struct io_loop){server_step, no_work};
    server->accept_op.done = server_accepted;
    server->connections = mem_alloc_array(CONNECTIONS_MAX, sizeof(struct connection *));
    server->write_bytes_max =
        (uint32_t)round_up((uint64_t)client->connections * client->request_bytes + 1, WAL_BLOCK);
    server->answer_bytes = client->answer_bytes;
    server->answers_bytes = MAX(client->answer_bytes, (uint32_t)BUFFER_BYTES);
    server->answers = mem_alloc(server->answers_bytes);
    /* Pages that nobody has written to would all be one page of zeros. */
    memset(server->answers, 'x', server->answers_bytes);
}

int main(int argc, char **argv)
{
    struct client client = {.answers = 0};
    if (argc < 5 || !client_init(&client, argv)) {
        fprintf(stderr,
                "usage: %s ring|epoll CONNECTIONS REQUEST_BYTES[:ANSWER_BYTES] SECONDS "
                "[WAL_FILE]\n",
                argv[0]);
        return 2;
    }
    struct log log;
    log_init_stderr(&log, LOG_INFO, "bench");
    enum io_backend backend = strcmp(argv[1], "epoll") == 0 ? IO_EPOLL : IO_RING;
    struct server server = {.io = bench_io(backend, &log), .wal = -1};
    client.io = bench_io(backend, &log);
    server_init(&server, &client);
    struct io_listen_options listen = {.host = "127.0.0.1", .first = true};
    int result = io_listen(server.io, &listen, &server.listener, &client.port);
    if (result != 0)
        fail("listen", result);
    if (argc > 5)
        server_open_wal(&server, argv[5]);
    struct io_thread *threads[2];
    result = io_thread_start(&threads[0], "server", 0, server_run, &server);
    if (result == 0)
        result = io_thread_start(&threads[1], "client", 1, client_run, &client);
    if (result != 0)
        fail("thread", result);
    io_thread_join(threads[1]);
    if (server.wal >= 0)
        printf("%lu groups\n", server.writes_done);
    fflush(stdout);
    /* The server's thread still runs, on what lies in this frame. */
    _exit(0);
}
