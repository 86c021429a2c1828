/* A test's own end of a connection: without a core, asked and told directly. */
#include "base/assert.h"
#include "base/mem.h"
#include "io/sim/net.h"

struct sim_peer {
    struct sim_socket *socket;
};

struct sim_peer *sim_peer_connect(struct sim_host *host, const char *name, uint16_t port)
{
    struct sim_host *target = sim_net_resolve(host, name);
    ASSERT(target != NULL && host->up);
    struct sim_peer *peer = mem_alloc(sizeof *peer);
    peer->socket = sim_socket_new(host, SIM_CONNECTION);
    /* It stays until it is closed, also when its host ends. */
    peer->socket->pins++;
    sim_socket_connect(peer->socket, target, port);
    return peer;
}

int sim_peer_state(const struct sim_peer *peer)
{
    const struct sim_socket *socket = peer->socket;
    if (socket->closed || socket->stream.reset_arrived)
        return ERR_CLOSED;
    if (socket->connected)
        return 0;
    return timer_armed(&socket->connecting) ? ERR_BUSY : socket->connect_result;
}

int64_t sim_peer_write(struct sim_peer *peer, const void *data, uint64_t len)
{
    const struct sim_socket *socket = peer->socket;
    int state = sim_peer_state(peer);
    if (state != 0)
        return state;
    if (socket->peer->stream.end_sent)
        return ERR_CLOSED;
    uint32_t sent = sim_stream_send(socket->peer, data, len);
    return sent == 0 && len > 0 ? ERR_BUSY : (int64_t)sent;
}

int64_t sim_peer_read(struct sim_peer *peer, void *data, uint64_t len)
{
    struct sim_socket *socket = peer->socket;
    int state = sim_peer_state(peer);
    if (state != 0)
        return state;
    uint32_t got = sim_stream_take(socket, data, (uint32_t)MIN(len, (uint64_t)UINT32_MAX));
    if (got > 0 || len == 0)
        return got;
    return socket->stream.end_arrived ? 0 : ERR_BUSY;
}

void sim_peer_end(struct sim_peer *peer)
{
    if (sim_peer_state(peer) == 0)
        sim_stream_send_end(peer->socket->peer);
}

void sim_peer_reset(struct sim_peer *peer)
{
    if (sim_peer_state(peer) == 0)
        sim_stream_send_reset(peer->socket->peer);
}

void sim_peer_close(struct sim_peer *peer)
{
    struct sim_socket *socket = peer->socket;
    if (!socket->closed)
        sim_socket_close(socket);
    sim_socket_unpin(socket);
    mem_free(peer);
}
