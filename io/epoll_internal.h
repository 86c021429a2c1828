/* What the two halves of the epoll implementation share: io_epoll.c (waiting, disk) and
 * epoll_net.c (sockets). */
#pragma once

#include "io/io_internal.h"

/* By descriptor; kept, and used again with the descriptor. */
struct epoll_socket {
    struct list node; /* in epoll.runnable */
    int file;
    bool watched;
    bool readable; /* as far as is known: until the system says EAGAIN */
    bool writable;
    bool hung_up;      /* an end of stream or an error is to be read */
    bool shut;         /* by io_shutdown */
    struct io_op *in;  /* an accept or a receive */
    struct io_op *out; /* a connect or a send */
};

struct epoll {
    struct io io; /* first */
    int set;
    bool no_precise_wait; /* the system lacks epoll_pwait2 */
    struct list runnable; /* sockets with an operation that can go on */
    struct epoll_socket **sockets;
    uint32_t socket_count;
    uint32_t buffer_bytes;
    uint8_t *buffer_memory;
    struct io_buffer *buffers;
    uint32_t *free_buffers; /* a stack of ids */
    uint32_t free_count;
};

static inline struct epoll *epoll_of(struct io *io)
{
    return CONTAINER_OF(io, struct epoll, io);
}

/* epoll_net.c */
void epoll_accept(struct io *io, struct io_op *op, int listener);
int epoll_connect(struct io *io, struct io_op *op, const char *host, uint16_t port);
void epoll_recv(struct io *io, struct io_op *op, int socket);
void epoll_send(struct io *io, struct io_op *op, int socket, const struct iovec *parts, int count);
void epoll_shutdown(struct io *io, int socket);
void epoll_close_socket(struct io *io, struct io_op *op, int socket);
void epoll_cancel(struct io *io, struct io_op *op);
/* Notes what the system has reported of a socket. */
void epoll_mark(struct epoll *epoll, int socket, uint32_t events);
/* Lets every runnable socket go on, each a bounded way. */
void epoll_run_sockets(struct epoll *epoll);
