/* What the two halves of the ring share: io_ring.c (the ring itself, waiting, disk) and ring_net.c
 * (sockets). */
#pragma once

#include <liburing.h>

#include "io/io_internal.h"

#define RING_BUFFER_GROUP 1

/* The low bits of user_data: completions that belong to no operation. */
enum { RING_IGNORE = 0, RING_EVENT = 1, RING_MESSAGE = 2, RING_TAGS = 7 };

/* By descriptor. A descriptor is closed when nothing of it is out any more, so that it is never
 * used again while an operation still names it. */
struct ring_socket {
    uint32_t out;
    bool shut; /* by io_shutdown */
    struct io_op *closing;
};

struct ring {
    struct io io; /* first */
    struct io_uring uring;
    bool enabled;
    uint64_t event_count; /* what the armed read of the event file fills in */
    struct ring_socket *sockets;
    uint32_t socket_count;
    uint32_t buffer_bytes;
    uint8_t *buffer_memory;
    struct io_buffer *buffers;
    struct io_uring_buf_ring *buffer_ring;
    size_t buffer_ring_bytes;
};

static inline struct ring *ring_of(struct io *io)
{
    return CONTAINER_OF(io, struct ring, io);
}

/* A submission slot. The queue goes to the kernel early when it is full. */
struct io_uring_sqe *ring_slot(struct ring *ring);
int64_t ring_value(int result);
/* Gives a receive buffer to the kernel. */
void ring_give_buffer(struct ring *ring, uint32_t id);

/* ring_net.c */
void ring_accept(struct io *io, struct io_op *op, int listener);
int ring_connect(struct io *io, struct io_op *op, const char *host, uint16_t port);
void ring_recv(struct io *io, struct io_op *op, int socket);
void ring_send(struct io *io, struct io_op *op, int socket, const struct iovec *parts, int count);
void ring_shutdown(struct io *io, int socket);
void ring_close(struct io *io, struct io_op *op, int socket);
void ring_accept_event(struct ring *ring, struct io_op *op, const struct io_uring_cqe *cqe);
void ring_connect_event(struct ring *ring, struct io_op *op, int result);
void ring_recv_event(struct ring *ring, struct io_op *op, const struct io_uring_cqe *cqe);
void ring_send_event(struct ring *ring, struct io_op *op, int result);
