/*
 * Accepting connections. One multishot accept per listener and core is out. When it ends for lack
 * of descriptors or slots, it is started again by the next connection that ends, on whichever core;
 * for descriptors also by a slow timer.
 */
#include "broker/accept.h"

#include "base/assert.h"
#include "base/mem.h"
#include "broker/admission.h"
#include "broker/connection.h"
#include "broker/core.h"
#include "broker/server.h"

/* Descriptors may also come free elsewhere than by the end of a connection. */
#define ACCEPT_RETRY_NS NS_PER_S
#define ACCEPT_PATIENCE_NS (2 * NS_PER_S)

struct acceptor {
    struct core *core;
    uint32_t index;
    int listener;
    bool accepting;
    bool closed;
    struct io_op accept_op;
    struct io_op close_op;
    struct timer retry;
    uint64_t logged_ns;
};

static void refuse_done(struct io_op *op, const struct io_event *event)
{
    (void)event;
    mem_free(op);
}

/* A peer that came between the last free slot and the cancel. */
static void refuse(struct core *core, int socket)
{
    struct io_op *op = mem_alloc(sizeof *op);
    op->done = refuse_done;
    io_close(core->io, op, socket);
}

static bool accept_full(const struct core *core)
{
    return slab_used(&core->connections) == core->connections.capacity || admission_full(core);
}

static void accept_event(struct io_op *op, const struct io_event *event)
{
    struct acceptor *a = CONTAINER_OF(op, struct acceptor, accept_op);
    struct core *core = a->core;
    if (event->last)
        a->accepting = false;
    if (event->value >= 0) {
        if (core->stopping || accept_full(core) ||
            connection_open(core, (int)event->value, a->index) != 0)
            refuse(core, (int)event->value);
        if (accept_full(core) && a->accepting)
            io_cancel(core->io, &a->accept_op);
        if (!a->accepting)
            accept_resume(core);
        return;
    }
    if (core->stopping)
        return;
    /* There may be room again since it was canceled. */
    if (event->value == ERR_CANCELED) {
        accept_resume(core);
        return;
    }
    if (log_limited(&a->logged_ns, io_now(core->io), 10 * NS_PER_S))
        log_warn(&core->log, "cannot accept connections now: %s",
                 result_sentence((int)event->value));
    if (event->last) {
        admission_wait(core);
        core_timer_set(core, &a->retry, ACCEPT_RETRY_NS);
    }
}

static void accept_retry(struct timer *timer)
{
    accept_resume(CONTAINER_OF(timer, struct acceptor, retry)->core);
}

/* A broker that was just killed may still hold the port for a moment: the kernel takes an
 * io_uring apart in the background. */
static int listen_patiently(struct core *core, const struct io_listen_options *options,
                            struct acceptor *a, uint16_t *port)
{
    uint64_t start = io_now_precise(core->io);
    int result;
    while ((result = io_listen(core->io, options, &a->listener, port)) == ERR_ADDRESS_IN_USE &&
           io_now_precise(core->io) - start < ACCEPT_PATIENCE_NS)
        io_pause(ACCEPT_PATIENCE_NS / 100);
    return result;
}

int accept_listen(struct core *core, uint16_t *ports)
{
    const struct config *config = server_config(core->server);
    core->listener_count = config->listener_count;
    core->acceptors = mem_alloc_array(core->listener_count, sizeof *core->acceptors);
    for (uint32_t i = 0; i < core->listener_count; i++) {
        struct acceptor *a = &core->acceptors[i];
        struct io_listen_options options = {
            .host = config->listeners[i].host,
            .port = ports[i] != 0 ? ports[i] : config->listeners[i].port,
            .first = core->id == 0,
        };
        a->core = core;
        a->index = i;
        a->accept_op.done = accept_event;
        timer_init(&a->retry, accept_retry);
        int result = listen_patiently(core, &options, a, &ports[i]);
        if (result != 0) {
            log_error(&core->log, "cannot listen on %s:%u: %s",
                      options.host == NULL ? "*" : options.host, options.port,
                      result_sentence(result));
            core->listener_count = i;
            return result;
        }
    }
    return 0;
}

void accept_start(struct core *core)
{
    for (uint32_t i = 0; i < core->listener_count; i++) {
        struct acceptor *a = &core->acceptors[i];
        a->accepting = true;
        io_accept(core->io, &a->accept_op, a->listener);
    }
}

void accept_resume(struct core *core)
{
    if (core->stopping)
        return;
    admission_wait(core);
    if (accept_full(core))
        return;
    admission_wait_over(core);
    for (uint32_t i = 0; i < core->listener_count; i++) {
        struct acceptor *a = &core->acceptors[i];
        if (!a->accepting) {
            core_timer_cancel(core, &a->retry);
            a->accepting = true;
            io_accept(core->io, &a->accept_op, a->listener);
        }
    }
}

static void listener_closed(struct io_op *op, const struct io_event *event)
{
    (void)event;
    CONTAINER_OF(op, struct acceptor, close_op)->closed = true;
}

void accept_stop(struct core *core)
{
    for (uint32_t i = 0; i < core->listener_count; i++) {
        struct acceptor *a = &core->acceptors[i];
        core_timer_cancel(core, &a->retry);
        a->close_op.done = listener_closed;
        io_close(core->io, &a->close_op, a->listener);
    }
}

bool accept_stopped(const struct core *core)
{
    for (uint32_t i = 0; i < core->listener_count; i++)
        if (!core->acceptors[i].closed)
            return false;
    return true;
}
