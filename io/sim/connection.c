/* Ends of connections and listeners: how they come to be, find each other, and go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "io/sim/net.h"

#define FIRST_EPHEMERAL_PORT 40000
#define BACKLOG_MAX 1024
/* Nobody answers: the caller gives up. */
#define CONNECT_PATIENCE_NS (60 * NS_PER_S)

static void connecting_expired(struct timer *timer);

struct sim_socket *sim_socket_new(struct sim_host *host, enum sim_socket_kind kind)
{
    struct sim_socket *socket = mem_alloc(sizeof *socket);
    socket->kind = kind;
    socket->sim = host->sim;
    socket->host = host;
    socket->id = host->sim->next_socket++;
    socket->number = -1;
    list_init(&socket->node);
    list_init(&socket->backlog);
    timer_init(&socket->connecting, connecting_expired);
    sim_stream_init(socket);
    list_push_back(&host->sockets, &socket->host_node);
    return socket;
}

static void socket_free(struct sim_socket *socket)
{
    ASSERT(list_empty(&socket->backlog));
    heap_cancel(&socket->sim->events, &socket->connecting);
    sim_stream_fini(socket);
    list_remove(&socket->node);
    list_remove(&socket->host_node);
    mem_free(socket);
}

static bool is_over(const struct sim_socket *socket)
{
    return socket->closed && socket->pins == 0;
}

/* Both ends go together: until then each may still send to the other. */
static void socket_release(struct sim_socket *socket)
{
    struct sim_socket *peer = socket->peer;
    if (!is_over(socket) || (peer != NULL && !is_over(peer)))
        return;
    socket_free(socket);
    if (peer != NULL)
        socket_free(peer);
}

void sim_socket_unpin(struct sim_socket *socket)
{
    ASSERT(socket->pins > 0);
    socket->pins--;
    socket_release(socket);
}

static void listener_clear(struct sim_socket *listener)
{
    while (!list_empty(&listener->backlog)) {
        struct sim_socket *waiting = LIST_FIRST(&listener->backlog, struct sim_socket, node);
        list_remove(&waiting->node);
        sim_socket_close(waiting);
    }
}

void sim_socket_close(struct sim_socket *socket)
{
    ASSERT(!socket->closed && socket->in == NULL && socket->out == NULL);
    struct sim_socket *peer = socket->peer;
    bool unread = socket->stream.len > 0 || !socket->connected;
    sim_note(socket->sim, socket->host, "close %llu", (unsigned long long)socket->id);
    socket->closed = true;
    socket->core = NULL;
    list_remove(&socket->node);
    heap_cancel(&socket->sim->events, &socket->connecting);
    listener_clear(socket);
    if (peer != NULL && !peer->closed) {
        if (unread)
            sim_stream_send_reset(peer);
        else if (!socket->stream.reset_arrived)
            sim_stream_send_end(peer);
        sim_stream_drop(socket);
    }
    socket_release(socket);
}

/* Addresses. */

struct sim_host *sim_net_resolve(struct sim_host *host, const char *name)
{
    static const char *const own[] = {"127.0.0.1", "localhost", "::1"};
    struct sim *sim = host->sim;
    char address[32];
    for (size_t i = 0; i < ARRAY_LENGTH(own); i++)
        if (strcmp(name, own[i]) == 0)
            return host;
    for (uint32_t i = 0; i < sim->host_count; i++) {
        snprintf(address, sizeof address, "10.0.0.%u", i + 1);
        if (strcmp(name, address) == 0 || strcmp(name, sim->hosts[i]->name) == 0)
            return sim->hosts[i];
    }
    return NULL;
}

static uint16_t port_choose(struct sim_host *host)
{
    if (host->next_port < FIRST_EPHEMERAL_PORT)
        host->next_port = FIRST_EPHEMERAL_PORT;
    return host->next_port++;
}

static bool is_listener(const struct sim_socket *socket, uint16_t port)
{
    return socket->kind == SIM_LISTENER && !socket->closed && socket->port == port;
}

/* One of those that share the port, by seed. */
static struct sim_socket *listener_find(struct sim_host *host, uint16_t port)
{
    struct sim_socket *found = NULL;
    uint64_t seen = 0;
    LIST_EACH(node, &host->sockets) {
        struct sim_socket *socket = LIST_ENTRY(node, struct sim_socket, host_node);
        if (is_listener(socket, port) && prng_below(&host->sim->prng, ++seen) == 0)
            found = socket;
    }
    return found;
}

struct sim_socket *sim_net_listen(struct sim_host *host, uint16_t *port, bool first)
{
    if (*port == 0)
        *port = port_choose(host);
    if (first && listener_find(host, *port) != NULL)
        return NULL;
    struct sim_socket *listener = sim_socket_new(host, SIM_LISTENER);
    listener->port = *port;
    return listener;
}

/* Connecting: the way there, then the way back. */

static void connecting_again(struct sim_socket *socket, uint64_t ns)
{
    heap_set(&socket->sim->events, &socket->connecting, socket->sim->now_ns + ns);
}

void sim_socket_connect(struct sim_socket *socket, struct sim_host *target, uint16_t port)
{
    struct sim *sim = socket->sim;
    socket->port = port_choose(socket->host);
    socket->target = target;
    socket->target_port = port;
    bool answers = target->up && !sim->cut[socket->host->number][target->number];
    if (!answers)
        socket->connect_result = ERR_TIMEOUT;
    connecting_again(socket,
                     answers ? sim_pick(sim, sim->options.net.delay_ns) : CONNECT_PATIENCE_NS);
}

static struct sim_socket *arrive(struct sim_socket *socket)
{
    struct sim *sim = socket->sim;
    struct sim_socket *listener = listener_find(socket->target, socket->target_port);
    if (listener == NULL || listener->backlog_count == BACKLOG_MAX ||
        sim_strikes(sim, sim->options.net.refuse, SIM_STRIKE_REFUSE))
        return NULL;
    struct sim_socket *peer = sim_socket_new(socket->target, SIM_CONNECTION);
    peer->port = socket->target_port;
    peer->peer = socket;
    peer->connected = true;
    list_push_back(&listener->backlog, &peer->node);
    listener->backlog_count++;
    sim_socket_queue(listener);
    return peer;
}

static void connecting_expired(struct timer *timer)
{
    struct sim_socket *socket = CONTAINER_OF(timer, struct sim_socket, connecting);
    struct sim *sim = socket->sim;
    if (socket->target != NULL && socket->connect_result == 0) {
        socket->peer = arrive(socket);
        /* As the system says ECONNREFUSED. */
        socket->connect_result = socket->peer == NULL ? ERR_IO : 0;
        socket->target = NULL;
        connecting_again(socket, sim_pick(sim, sim->options.net.delay_ns));
        return;
    }
    socket->connected = socket->connect_result == 0;
    sim_note(sim, socket->host, "connect %llu port %u = %d", (unsigned long long)socket->id,
             socket->target_port, socket->connect_result);
    sim_socket_queue(socket);
}

/* Ends of hosts. */

/* Nobody sends for it any more; what the peer sends is answered when the machine is back. */
static void socket_vanish(struct sim_socket *socket)
{
    socket->gone = socket->closed = true;
    socket->core = NULL;
    list_remove(&socket->node);
    heap_cancel(&socket->sim->events, &socket->connecting);
    heap_cancel(&socket->sim->events, &socket->stream.delivery);
    if (socket->peer != NULL) {
        sim_stream_drop(socket);
        /* What it had sent and was not delivered yet is on the wire: all of it is lost. */
        heap_cancel(&socket->sim->events, &socket->peer->stream.delivery);
        socket->peer->stream.len = socket->peer->stream.arrived;
    }
    while (!list_empty(&socket->backlog)) {
        struct sim_socket *waiting = LIST_FIRST(&socket->backlog, struct sim_socket, node);
        list_remove(&waiting->node);
    }
}

void sim_net_end(struct sim_host *host, bool power_loss)
{
    struct list sockets;
    list_init(&sockets);
    list_append(&sockets, &host->sockets);
    struct list *node;
    while ((node = list_pop_front(&sockets)) != NULL) {
        struct sim_socket *socket = LIST_ENTRY(node, struct sim_socket, host_node);
        list_push_back(&host->sockets, &socket->host_node);
        if (socket->closed)
            continue;
        socket->in = socket->out = NULL;
        if (!power_loss) {
            sim_socket_close(socket);
            continue;
        }
        socket_vanish(socket);
        socket_release(socket);
    }
}

struct sim_net_options *sim_net(struct sim *sim)
{
    return &sim->options.net;
}

void sim_net_cut(struct sim_host *a, struct sim_host *b, bool cut)
{
    struct sim *sim = a->sim;
    ASSERT(sim == b->sim);
    sim_note(sim, a, "%s %s", cut ? "cut" : "heal", b->name);
    sim->strikes[SIM_STRIKE_CUT] += cut;
    sim->cut[a->number][b->number] = sim->cut[b->number][a->number] = cut;
    LIST_EACH(node, &a->sockets)
        sim_stream_kick(LIST_ENTRY(node, struct sim_socket, host_node));
    LIST_EACH(other, &b->sockets)
        sim_stream_kick(LIST_ENTRY(other, struct sim_socket, host_node));
}
