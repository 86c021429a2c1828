/*
 * The simulated network: sockets of cores and of tests, and the streams between them.
 *
 * A connection is two ends that know each other. Each end has the stream that comes in: bytes that
 * the peer has sent, a first part of which has arrived. What is sent occupies the stream until it
 * is received, so its size is both socket buffers in one. One timer a stream delivers.
 */
#pragma once

#include "io/sim/internal.h"

struct sim_stream {
    uint8_t *bytes; /* a ring of `size` bytes, which grows up to its capacity */
    uint32_t size;
    uint32_t capacity;
    uint32_t first;
    uint32_t len;     /* sent and not received */
    uint32_t arrived; /* of these */
    bool end_sent;
    bool end_arrived;
    bool reset_sent;
    bool reset_arrived;
    struct timer delivery;
};

enum sim_socket_kind { SIM_LISTENER, SIM_CONNECTION };

struct sim_socket {
    enum sim_socket_kind kind;
    struct sim *sim;
    struct sim_host *host;
    struct sim_core *core; /* null: a test's end, or waiting to be accepted */
    struct list host_node; /* in sim_host.sockets */
    struct list node;      /* in sim_core.sockets when it has something to do, or in a backlog */
    uint64_t id;
    int number;    /* its descriptor, or -1 */
    uint16_t port; /* its own */
    uint32_t pins; /* held by a function on the stack */
    bool closed;   /* the owner has let go of it */
    bool gone;     /* its machine lost power: nothing answers */
    bool lost;     /* half open: what is sent to it gets lost */
    bool shut;
    bool connected;
    struct io_op *in;        /* accept or receive */
    struct io_op *out;       /* connect or send */
    struct sim_socket *peer; /* of a connection */
    struct sim_stream stream;
    struct sim_host *target; /* while it connects */
    uint16_t target_port;
    int connect_result;
    struct timer connecting;
    struct list backlog; /* of a listener */
    uint32_t backlog_count;
};

/* Ends (connection.c). */

struct sim_socket *sim_socket_new(struct sim_host *host, enum sim_socket_kind kind);
/* The owner lets go: the peer sees the end, or a reset when bytes were not received. */
void sim_socket_close(struct sim_socket *socket);
void sim_socket_unpin(struct sim_socket *socket);
/* Begins to connect; `connect_result` and `connected` tell how it went. */
void sim_socket_connect(struct sim_socket *socket, struct sim_host *target, uint16_t port);
/* Whose address it is, seen from `host`; null: nobody's. */
struct sim_host *sim_net_resolve(struct sim_host *host, const char *name);
/* A new listener, or null: the port is taken. `*port` 0 chooses. */
struct sim_socket *sim_net_listen(struct sim_host *host, uint16_t *port, bool first);
void sim_net_end(struct sim_host *host, bool power_loss);

/* Streams (stream.c). `socket` is the receiving end. */

void sim_stream_init(struct sim_socket *socket);
void sim_stream_fini(struct sim_socket *socket);
/* How many of the bytes found room. */
uint32_t sim_stream_send(struct sim_socket *socket, const uint8_t *data, uint64_t len);
/* Takes bytes that have arrived. */
uint32_t sim_stream_take(struct sim_socket *socket, uint8_t *data, uint32_t len);
void sim_stream_send_end(struct sim_socket *socket);
void sim_stream_send_reset(struct sim_socket *socket);
/* Forgets what has come and what will come. */
void sim_stream_drop(struct sim_socket *socket);
/* Sets the delivery again, after the network has changed. */
void sim_stream_kick(struct sim_socket *socket);

/* The core's side (socket.c). */

/* Something may have changed for its operations. */
void sim_socket_queue(struct sim_socket *socket);
void sim_sockets_run(struct sim_core *core);
