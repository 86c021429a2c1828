/* The simulated network and its machines: servers of several cores, clients, what befalls them. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"
#include "io/sim/sim.h"

#define CORES 2
#define PORT 9092
#define CONNECTIONS_MAX 64

/* A server that sends back what comes, on each of its cores. */

struct server;

struct connection {
    struct io_op recv; /* first */
    struct io_op send;
    struct io_op close;
    struct server *server;
    int socket;
    bool receiving;
    bool sending;
    bool closing;
    int events;
    uint8_t data[65536];
    struct iovec part;
    size_t len;
};

struct server {
    struct io_loop loop; /* first */
    struct io *io;
    struct io_op accept;
    struct connection *connections[CONNECTIONS_MAX];
    int count;
    int accepted;
    int stopped;
};

static void connection_send(struct connection *c);

static void close_done(struct io_op *op, const struct io_event *event)
{
    struct connection *c = CONTAINER_OF(op, struct connection, close);
    cr_assert_eq(event->value, 0);
    cr_assert_not(c->receiving || c->sending);
    c->socket = -1;
}

static void connection_close(struct connection *c)
{
    if (c->closing)
        return;
    c->closing = true;
    c->close.done = close_done;
    io_close(c->server->io, &c->close, c->socket);
}

static void send_done(struct io_op *op, const struct io_event *event)
{
    struct connection *c = CONTAINER_OF(op, struct connection, send);
    c->sending = false;
    if (event->value < 0) {
        connection_close(c);
        return;
    }
    memmove(c->data, c->data + event->value, c->len - (size_t)event->value);
    c->len -= (size_t)event->value;
    connection_send(c);
}

static void connection_send(struct connection *c)
{
    if (c->sending || c->closing || c->len == 0)
        return;
    c->sending = true;
    c->send.done = send_done;
    c->part = (struct iovec){c->data, c->len};
    io_send(c->server->io, &c->send, c->socket, &c->part, 1);
}

static void recv_done(struct io_op *op, const struct io_event *event)
{
    struct connection *c = CONTAINER_OF(op, struct connection, recv);
    c->events++;
    if (event->buffer != NULL) {
        cr_assert_leq(c->len + event->buffer->len, sizeof c->data);
        memcpy(c->data + c->len, event->buffer->data, event->buffer->len);
        c->len += event->buffer->len;
        io_recv_release(c->server->io, event->buffer);
        connection_send(c);
    }
    if (event->last) {
        c->receiving = false;
        connection_close(c);
    }
}

static void accept_done(struct io_op *op, const struct io_event *event)
{
    struct server *server = CONTAINER_OF(op, struct server, accept);
    cr_assert_not(event->last);
    cr_assert(server->count < CONNECTIONS_MAX);
    struct connection *c = mem_alloc(sizeof *c);
    server->connections[server->count++] = c;
    server->accepted++;
    c->server = server;
    c->socket = (int)event->value;
    c->receiving = true;
    c->recv.done = recv_done;
    io_recv(server->io, &c->recv, c->socket);
}

static uint64_t server_step(struct io_loop *loop)
{
    (void)loop;
    return IO_NEVER;
}

static bool server_has_work(struct io_loop *loop)
{
    (void)loop;
    return false;
}

static void server_run(void *context)
{
    struct server *server = context;
    struct io_listen_options options = {.port = PORT};
    uint16_t port;
    int listener;
    int result = io_listen(server->io, &options, &listener, &port);
    cr_assert_eq(result, 0);
    server->accept.done = accept_done;
    io_accept(server->io, &server->accept, listener);
    io_run(server->io, &server->loop);
    server->stopped++;
}

struct world {
    struct sim *sim;
    struct sim_host *a;
    struct sim_host *b;
    struct server servers[CORES];
};

static void world_serve(struct world *w)
{
    static struct log log;
    log_init_stderr(&log, LOG_WARN, "sim test");
    struct io_options options = {
        .recv_buffer_bytes = 1024, .recv_buffer_count = 16, .disk_threads = 1, .log = &log};
    for (int i = 0; i < CORES; i++) {
        w->servers[i] = (struct server){.loop = {server_step, server_has_work}};
        cr_assert_eq(sim_io_new(w->a, &options, &w->servers[i].io), 0);
        sim_thread_start(w->a, server_run, &w->servers[i]);
    }
    sim_run(w->sim, NS_PER_MS);
}

static void world_end_servers(struct world *w)
{
    if (sim_host_up(w->a))
        sim_host_kill(w->a);
    for (int i = 0; i < CORES; i++) {
        cr_assert_eq(w->servers[i].stopped, 1, "its loop has ended");
        io_free(w->servers[i].io);
        for (int k = 0; k < w->servers[i].count; k++)
            mem_free(w->servers[i].connections[k]);
    }
}

static void world_make(struct world *w, uint64_t seed)
{
    struct sim_options options;
    sim_options_init(&options, seed);
    w->sim = sim_new(&options);
    w->a = sim_host_new(w->sim, "server");
    w->b = sim_host_new(w->sim, "client");
    world_serve(w);
}

static void world_free(struct world *w)
{
    world_end_servers(w);
    sim_free(w->sim);
}

static bool settled(void *context)
{
    return sim_peer_state(context) != ERR_BUSY;
}

static struct sim_peer *connect_to(struct world *w)
{
    struct sim_peer *peer = sim_peer_connect(w->b, "server", PORT);
    cr_assert(sim_run_until(w->sim, settled, peer, 100 * NS_PER_S));
    return peer;
}

/* What comes back of `len` bytes within ten seconds; a negative ERR_* that came instead. */
static int64_t echo(struct world *w, struct sim_peer *peer, size_t len)
{
    static uint8_t data[20000];
    static uint8_t got[20000];
    uint64_t end_ns = sim_now(w->sim) + 10 * NS_PER_S;
    size_t sent = 0;
    size_t received = 0;
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i * 7);
    while (received < len && sim_now(w->sim) < end_ns) {
        int64_t n = sent < len ? sim_peer_write(peer, data + sent, len - sent) : ERR_BUSY;
        if (n < 0 && n != ERR_BUSY)
            return n;
        sent += (size_t)MAX(n, 0);
        n = sim_peer_read(peer, got + received, len - received);
        if (n < 0 && n != ERR_BUSY)
            return n;
        received += (size_t)MAX(n, 0);
        sim_run(w->sim, 10 * NS_PER_US);
    }
    cr_assert_eq(memcmp(data, got, received), 0);
    return (int64_t)received;
}

/* How often the server has received something. */
static int connection_events(const struct world *w)
{
    int events = 0;
    for (int i = 0; i < CORES; i++)
        for (int k = 0; k < w->servers[i].count; k++)
            events += w->servers[i].connections[k]->events;
    return events;
}

Test(sim_net, serves_clients_on_every_core)
{
    struct world w;
    world_make(&w, 1);
    struct sim_peer *peers[20];
    for (int i = 0; i < 20; i++)
        peers[i] = connect_to(&w);
    for (int i = 0; i < 20; i++)
        cr_assert_eq(echo(&w, peers[i], 10000), 10000);
    cr_assert_gt(w.servers[0].accepted, 0);
    cr_assert_gt(w.servers[1].accepted, 0);
    for (int i = 0; i < 20; i++)
        sim_peer_close(peers[i]);
    sim_run(w.sim, NS_PER_MS);
    for (int i = 0; i < CORES; i++)
        for (int k = 0; k < w.servers[i].count; k++)
            cr_assert_eq(w.servers[i].connections[k]->socket, -1, "the server has closed it, too");
    world_free(&w);
}

struct waited {
    struct io_op op;
    bool out;
    int64_t value;
};

static void waited_done(struct io_op *op, const struct io_event *event)
{
    struct waited *waited = (struct waited *)(void *)op;
    waited->out = !event->last;
    waited->value = event->value;
}

Test(sim_net, a_core_connects_to_another_host)
{
    struct world w;
    struct io *io;
    struct io_options options = {.recv_buffer_bytes = 1024, .recv_buffer_count = 2};
    struct waited waited = {.op.done = waited_done, .out = true};
    char name[64];
    world_make(&w, 2);
    cr_assert_eq(sim_io_new(w.b, &options, &io), 0);
    cr_assert_eq(io_connect(io, &waited.op, "nobody", PORT), ERR_NOT_FOUND);
    cr_assert_eq(io_connect(io, &waited.op, "server", PORT), 0);
    while (waited.out)
        io_poll(io, IO_NEVER);
    cr_assert_geq(waited.value, 0);
    int socket = (int)waited.value;
    io_peer_name(io, socket, name);
    cr_assert_str_eq(name, "10.0.0.1:9092");
    waited.out = true;
    io_close(io, &waited.op, socket);
    while (waited.out)
        io_poll(io, IO_NEVER);
    io_free(io);
    world_free(&w);
}

/* One byte at a time, and every other cut of the stream. */
Test(sim_net, delivers_in_parts)
{
    int events = 0;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct world w;
        world_make(&w, seed);
        sim_net(w.sim)->partial = SIM_ALWAYS;
        struct sim_peer *peer = connect_to(&w);
        cr_assert_eq(echo(&w, peer, 200), 200);
        events += connection_events(&w);
        sim_peer_close(peer);
        world_free(&w);
    }
    cr_assert_gt(events, 20 * 5);
}

Test(sim_net, buffers_are_bounded)
{
    struct world w;
    struct io *io;
    struct io_options options = {.recv_buffer_bytes = 1024, .recv_buffer_count = 2};
    struct io_listen_options listen = {.port = 1000, .first = true};
    static uint8_t data[100000];
    uint16_t port;
    int listener;
    world_make(&w, 3);
    sim_net(w.sim)->buffer_bytes = 5000;
    cr_assert_eq(sim_io_new(w.b, &options, &io), 0);
    cr_assert_eq(io_listen(io, &listen, &listener, &port), 0);
    struct sim_peer *peer = sim_peer_connect(w.a, "client", 1000);
    cr_assert(sim_run_until(w.sim, settled, peer, NS_PER_S));
    cr_assert_eq(sim_peer_write(peer, data, sizeof data), 5000);
    sim_run(w.sim, NS_PER_S);
    cr_assert_eq(sim_peer_write(peer, data, sizeof data), ERR_BUSY, "nobody receives");
    struct waited waited = {.op.done = waited_done, .out = true};
    io_close(io, &waited.op, listener);
    while (waited.out)
        io_poll(io, IO_NEVER);
    sim_run(w.sim, NS_PER_S);
    cr_assert_eq(sim_peer_state(peer), ERR_CLOSED, "nobody will ever accept it");
    sim_peer_close(peer);
    io_free(io);
    world_free(&w);
}

Test(sim_net, resets_happen_to_both_ends)
{
    struct world w;
    world_make(&w, 4);
    struct sim_peer *peer = connect_to(&w);
    cr_assert_eq(echo(&w, peer, 100), 100);
    sim_net(w.sim)->reset = SIM_ALWAYS;
    cr_assert_eq(echo(&w, peer, 100), ERR_CLOSED);
    sim_run(w.sim, NS_PER_MS);
    for (int i = 0; i < CORES; i++)
        for (int k = 0; k < w.servers[i].count; k++)
            cr_assert_eq(w.servers[i].connections[k]->socket, -1);
    sim_peer_close(peer);
    world_free(&w);
}

Test(sim_net, a_half_open_connection_is_silent)
{
    struct world w;
    world_make(&w, 5);
    struct sim_peer *peer = connect_to(&w);
    sim_net(w.sim)->half_open = SIM_ALWAYS;
    cr_assert_eq(echo(&w, peer, 100), 0, "nothing comes");
    sim_net(w.sim)->half_open = 0;
    cr_assert_eq(echo(&w, peer, 100), 0, "for good");
    cr_assert_eq(sim_peer_state(peer), 0);
    struct sim_peer *other = connect_to(&w);
    cr_assert_eq(echo(&w, other, 100), 100, "others are not concerned");
    sim_peer_close(other);
    sim_peer_close(peer);
    world_free(&w);
}

Test(sim_net, refuses_when_nobody_listens_and_when_told_to)
{
    struct world w;
    world_make(&w, 6);
    struct sim_peer *peer = sim_peer_connect(w.b, "server", PORT + 1);
    cr_assert(sim_run_until(w.sim, settled, peer, NS_PER_S));
    cr_assert_lt(sim_peer_state(peer), 0);
    sim_peer_close(peer);
    sim_net(w.sim)->refuse = SIM_ALWAYS;
    peer = connect_to(&w);
    cr_assert_lt(sim_peer_state(peer), 0);
    sim_peer_close(peer);
    world_free(&w);
}

Test(sim_net, a_cut_delays_and_loses_nothing)
{
    struct world w;
    world_make(&w, 7);
    struct sim_peer *peer = connect_to(&w);
    uint8_t got[101];
    cr_assert_eq(sim_peer_write(peer, "x", 1), 1);
    sim_net_cut(w.a, w.b, true);
    sim_run(w.sim, NS_PER_S);
    cr_assert_eq(connection_events(&w), 0, "it was on its way");
    cr_assert_eq(echo(&w, peer, 100), 0);
    struct sim_peer *other = connect_to(&w);
    cr_assert_eq(sim_peer_state(other), ERR_TIMEOUT);
    sim_net_cut(w.a, w.b, false);
    sim_run(w.sim, NS_PER_MS);
    cr_assert_eq(sim_peer_read(peer, got, sizeof got), 101);
    sim_peer_close(other);
    sim_peer_close(peer);
    world_free(&w);
}

Test(sim_net, a_killed_process_closes_its_connections)
{
    struct world w;
    world_make(&w, 8);
    struct sim_peer *peer = connect_to(&w);
    cr_assert_eq(echo(&w, peer, 100), 100);
    sim_host_kill(w.a);
    sim_run(w.sim, NS_PER_MS);
    uint8_t byte;
    cr_assert_eq(sim_peer_read(peer, &byte, 1), 0, "the end");
    sim_peer_close(peer);
    world_free(&w);
}

Test(sim_net, a_crashed_machine_is_silent_and_resets_when_it_is_back)
{
    struct world w;
    world_make(&w, 9);
    struct sim_peer *peer = connect_to(&w);
    cr_assert_eq(echo(&w, peer, 100), 100);
    sim_host_crash(w.a);
    world_end_servers(&w);
    cr_assert_eq(echo(&w, peer, 100), 0);
    cr_assert_eq(sim_peer_state(peer), 0, "nobody has told it");
    struct sim_peer *other = connect_to(&w);
    cr_assert_eq(sim_peer_state(other), ERR_TIMEOUT);
    sim_peer_close(other);
    sim_host_start(w.a);
    world_serve(&w);
    sim_run(w.sim, NS_PER_MS);
    cr_assert_eq(sim_peer_state(peer), ERR_CLOSED);
    sim_peer_close(peer);
    peer = connect_to(&w);
    cr_assert_eq(echo(&w, peer, 100), 100, "it serves again");
    sim_peer_close(peer);
    world_free(&w);
}

/* Everything at once, and the machine goes down and comes back. */
static uint64_t run_storm(uint64_t seed)
{
    struct world w;
    int64_t echoed = 0;
    world_make(&w, seed);
    struct sim_net_options *net = sim_net(w.sim);
    net->partial = SIM_ALWAYS / 4;
    net->reset = net->half_open = net->refuse = SIM_ALWAYS / 50;
    for (int i = 0; i < 12; i++) {
        struct sim_peer *peer = connect_to(&w);
        echoed += MAX(echo(&w, peer, 3000), 0);
        if (i == 5) {
            sim_host_crash(w.a);
            world_end_servers(&w);
            sim_host_start(w.a);
            world_serve(&w);
        }
        sim_peer_close(peer);
    }
    cr_assert_gt(echoed, 0);
    uint64_t hash = sim_hash(w.sim);
    world_free(&w);
    return hash;
}

Test(sim_net, a_seed_replays_and_another_differs)
{
    for (uint64_t seed = 0; seed < 10; seed++) {
        uint64_t hash = run_storm(seed);
        void *shift = mem_alloc(1000 + seed * 100); /* other addresses */
        cr_assert_eq(run_storm(seed), hash, "seed %d", (int)seed);
        mem_free(shift);
        cr_assert_neq(run_storm(seed + 1000), hash);
    }
}

/* Processes. */

static void start_and_join(void *context)
{
    int *order = context;
    struct io_thread *thread;
    if (*order < 3) {
        ++*order;
        cr_assert_eq(io_thread_start(&thread, "simulated", 0, start_and_join, context), 0);
        io_thread_join(thread);
    }
    io_pause(NS_PER_MS);
}

Test(sim_net, threads_and_pauses_of_an_entered_host_are_simulated)
{
    struct world w;
    struct io_thread *thread;
    int order = 0;
    world_make(&w, 10);
    sim_enter(w.b);
    cr_assert_eq(file_system_real(), sim_host_files(w.b));
    uint64_t before = sim_now(w.sim);
    cr_assert_eq(io_thread_start(&thread, "simulated", 0, start_and_join, &order), 0);
    io_thread_join(thread);
    cr_assert_eq(order, 3);
    cr_assert_geq(sim_now(w.sim) - before, 4 * NS_PER_MS);
    sim_leave();
    cr_assert_neq(file_system_real(), sim_host_files(w.b));
    world_free(&w);
}

static void pause_once(void *context)
{
    (void)context;
    io_pause(NS_PER_S);
}

static void start_join_and_tell(void *context)
{
    bool *told = context;
    struct io_thread *thread;
    cr_assert_eq(io_thread_start(&thread, "simulated", 0, pause_once, NULL), 0);
    io_thread_join(thread);
    *told = true;
}

Test(sim_net, a_thread_that_joins_ends_with_its_process)
{
    struct world w;
    bool told = false;
    world_make(&w, 13);
    sim_thread_start(w.b, start_join_and_tell, &told);
    sim_run(w.sim, 10 * NS_PER_MS);
    sim_host_crash(w.b);
    sim_run(w.sim, 2 * NS_PER_S);
    cr_assert(!told, "it went on behind the end");
    sim_host_start(w.b);
    sim_thread_start(w.b, start_join_and_tell, &told);
    sim_run(w.sim, 2 * NS_PER_S);
    cr_assert(told);
    world_free(&w);
}

static void wait_for_ever(void *context)
{
    const bool *never = context;
    while (!*never)
        io_pause(NS_PER_MS);
}

Test(sim_net, a_thread_that_does_not_heed_the_end_is_left)
{
    struct world w;
    bool never = false;
    world_make(&w, 11);
    sim_thread_start(w.b, wait_for_ever, &never);
    sim_run(w.sim, 10 * NS_PER_MS);
    sim_host_kill(w.b);
    sim_host_start(w.b);
    world_free(&w);
}

static void pause_and_end(void *context)
{
    (void)context;
    io_pause(NS_PER_S);
}

static void join_and_tell(void *context)
{
    bool *joined = context;
    struct io_thread *thread;
    cr_assert_eq(io_thread_start(&thread, "simulated", 0, pause_and_end, NULL), 0);
    io_thread_join(thread);
    *joined = true;
}

Test(sim_net, a_thread_that_joins_another_does_not_outlive_its_process)
{
    struct world w;
    bool joined = false;
    bool joined_later = false;
    world_make(&w, 13);
    sim_thread_start(w.b, join_and_tell, &joined);
    sim_run(w.sim, 10 * NS_PER_MS);
    sim_host_kill(w.b);
    sim_run(w.sim, 2 * NS_PER_S);
    cr_assert(!joined);
    sim_host_start(w.b);
    sim_thread_start(w.b, join_and_tell, &joined_later);
    sim_run(w.sim, 2 * NS_PER_S);
    cr_assert(joined_later && !joined);
    world_free(&w);
}

Test(sim_net, wall_clocks_are_the_hosts_own)
{
    struct world w;
    world_make(&w, 12);
    sim_host_shift_wall(w.a, 3600 * 1000);
    struct io *here;
    struct io *there;
    struct io_options options = {.recv_buffer_bytes = 1024, .recv_buffer_count = 2};
    cr_assert_eq(sim_io_new(w.b, &options, &here), 0);
    cr_assert_eq(sim_io_new(w.a, &options, &there), 0);
    cr_assert_eq(io_now(here), io_now(there));
    cr_assert_eq(io_wall_ms(there) - io_wall_ms(here), 3600 * 1000);
    io_free(here);
    io_free(there);
    world_free(&w);
}
