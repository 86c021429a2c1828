/*
 * One client connection: bytes in, requests in order, responses out in that order.
 *
 * Requests start in order. A produce may start while earlier produces run; any other request
 * waits until all before it are answered, and nothing overtakes it: clients rely on it. At most
 * CONNECTION_REQUESTS_MAX are held, and one of them may wait; then reading stops. A frame that lies
 * whole in a receive buffer is handled in place; a larger one is gathered once into memory of its
 * own, taken only when its size is known and allowed.
 *
 * What one peer can make its core hold is bounded: one request that waits, CONNECTION_QUEUE_BYTES
 * of answers and one more beside the send that runs, one frame, CONNECTION_STASH_BYTES behind a
 * request that takes long. What it lets us wait for has a deadline (odradek.frame.timeout.ms), a
 * shorter one when others wait for memory.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/heap.h"
#include "base/list.h"
#include "broker/admission.h"
#include "broker/request.h"
#include "broker/send_parts.h"
#include "io/io.h"

#define CONNECTION_REQUESTS_MAX 64
/* One send carries at most so much, so that a peer that reads is seen to. */
#define CONNECTION_SEND_BYTES ((size_t)1 << 20)
/* No request starts while so much memory of answers is not handed to a send. */
#define CONNECTION_QUEUE_BYTES ((size_t)64 << 10)
/* Input copied out of receive buffers. */
#define CONNECTION_STASH_BYTES ((size_t)1 << 20)

struct connection {
    struct list node;         /* core->open */
    struct list starved_node; /* core->starved */
    struct list send_node;    /* core->to_send */
    struct list sending_node; /* core->sending, the oldest send first */
    struct list holding_node; /* core->holding */
    struct core *core;
    int socket;
    uint32_t listener; /* index of the listener it came in on */

    struct admission_peer peer;
    struct io_op recv_op;
    struct io_op send_op;
    struct io_op close_op;
    bool receiving;
    bool canceling; /* the receive is asked to end */
    bool sending;
    bool starting; /* connection_start is on the stack */
    bool ended;    /* no more input: the peer is done, or we drain */
    bool closing;  /* nothing is read or sent any more; freed when everything has ended */
    bool closed;

    /* Received bytes not consumed yet: ids of receive buffers, linked through core->held. The
     * first `consumed` bytes of the first one are done. */
    int32_t input_first;
    int32_t input_last;
    uint32_t consumed;
    /* What came before these, when they were needed elsewhere. */
    uint8_t *stash; /* null: none */
    size_t stash_size;
    uint32_t stash_len;
    uint32_t stash_consumed;

    /* The frame being gathered. `prefix_len` is 4 once its size is known. */
    uint8_t prefix[4];
    uint32_t prefix_len;
    uint32_t frame_len;
    uint8_t *gathered; /* null: none */
    size_t gathered_size;
    uint32_t gathered_len;

    struct list requests;
    struct request *waiting; /* the one that has not started: the last of them */
    uint32_t request_count;
    uint32_t running;        /* started and not answered */
    uint32_t running_others; /* of these, other than produce */

    struct send_parts parts; /* of the running send */
    size_t queued_bytes;     /* memory of answers that no send has taken yet */
    bool proven;             /* a whole request has come */
    uint64_t last_active_ns;
    uint64_t frame_began_ns; /* an incomplete frame, or the wait for the first one; 0: none */
    uint64_t frame_moved_ns; /* the same, or when its latest whole mebibyte came */
    uint64_t frame_mebibytes;
    uint64_t send_began_ns; /* of the running send; 0: none */
    struct timer patience;

    /* What ApiVersions told. */
    char software_name[64];
    char software_version[64];
};

/* ERR_NO_MEMORY: the socket is still the caller's. */
int connection_open(struct core *core, int socket, uint32_t listener) MUST_CHECK;
/* Closes it as soon as nothing uses it; running requests end first. */
void connection_close(struct connection *connection);
/* A request is answered: later ones may start, finished ones are sent. */
void connection_request_answered(struct connection *connection, struct request *request);
/* Sends what is finished. Called at the end of the step, so that one send carries many answers. */
void connection_send(struct connection *connection);
/* Input that waited for memory or for answers goes on. */
void connection_resume(struct connection *connection);
/* Frees receive buffers that wait behind a request: their bytes are copied out. Closes the
 * connection when it asks for more than its share. */
void connection_stash(struct connection *connection);
/* Memory is wanted: closes the connection that has not taken its answer for the longest time, when
 * that is long. */
void connection_evict(struct core *core);
/* Stops reading; closes once what has started is answered and sent. */
void connection_drain(struct connection *connection);
