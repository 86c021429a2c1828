/*
 * One request on its way: the frame it lies in, the decoded header, and the answer.
 *
 * A handler gets the request with its header decoded and the body still closed. It decodes the
 * body into the request's arena, does its work, now or through calls to other cores, and ends with
 * exactly one of request_respond, request_respond_gather, request_silent, request_close. The
 * request stays alive until then even when its connection is gone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/list.h"
#include "io/io.h"
#include "protocol/api.h"
#include "protocol/message.h"

struct connection;
struct core;
struct request;
struct seen;

typedef void request_handler_fn(struct request *request);

enum request_state {
    REQUEST_WAITING, /* for those before it */
    REQUEST_RUNNING,
    REQUEST_ANSWERED, /* response complete, or none is due */
};

/* Response memory behind the encoded part: records of a fetch. */
struct response_part {
    void *memory; /* from core->memory */
    size_t size;  /* as taken */
};

/* What a handler waits for outside of the broker: data that may come, or not. */
struct request_wait {
    void (*end)(struct request_wait *wait);
};

struct request {
    struct list node; /* connection's, in order */
    struct connection *connection;
    struct core *core;
    enum request_state state;

    struct bytes frame;       /* without the size prefix */
    struct io_buffer *buffer; /* the frame lies in it; else in `frame_memory` */
    void *frame_memory;
    size_t frame_memory_size;

    const struct api *api;
    request_handler_fn *handler;
    bool overlaps; /* may run beside others of its kind: produce */
    int16_t version;
    int32_t correlation_id;
    struct string client_id;
    struct reader body;
    struct arena arena;
    struct request_wait *wait; /* set while it waits: its end is asked for when the peer is gone */

    uint8_t *response; /* size prefix, header, body; from core->memory, or in the arena */
    size_t response_size;
    bool response_in_arena;
    struct iovec *parts; /* what is sent; lives in the arena, or is `part` */
    uint32_t part_count;
    uint32_t parts_sent; /* handed to the running send */
    struct iovec part;
    struct response_part *memories; /* given back after sending; in the arena */
    uint32_t memory_count;
    uint32_t holds; /* uses by other cores; the request outlives its answer while there are any */
    bool gone;      /* out of the connection: freed with the last hold */
    size_t queued;  /* of connection->queued_bytes */
};

/* For connection.c: a request over `frame`, or null when there is no memory. Judges the header: an
 * unsupported key or version leaves `handler` null, and the connection is to be closed.
 *
 * `buffer`: the receive buffer in which the frame lies, or null. A produce is quick to come and go,
 * and holds the buffer; any other request may wait long for its answer, and copies the frame. */
struct request *request_new(struct connection *connection, struct bytes frame,
                            struct io_buffer *buffer) MUST_CHECK;
/* Copies the frame of a request that has not started out of its receive buffer. */
int request_let_buffer_go(struct request *request) MUST_CHECK;
/* The memory that its answer keeps. */
size_t request_answer_memory(const struct request *request);
/* The answer is on its way, and nobody asks for what the handler had. */
void request_trim(struct request *request);
/* Gives everything back, the frame included, once nobody holds the request. */
void request_free(struct request *request);
/* The same at the end of the step: its handler may be on the stack, and look at it once more. */
void request_free_later(struct request *request);
void request_free_ended(struct core *core);

/* The frame and the arena must stay although the answer may leave earlier (timeout.ms). */
void request_hold(struct request *request);
void request_release(struct request *request);

/* Decodes the body as the request's type; on failure the connection is closed, the request is
 * done, and false returned. `message` comes from the arena, with defaults set. */
bool request_decode(struct request *request, void **message);

/* Memory of the request's arena; on exhaustion closes the connection (a hostile request) and
 * returns null. What was taken before stays valid until the handler has returned, but nothing of it
 * may be at another core: calls go out when nothing more is taken, or hold the request. */
void *request_alloc(struct request *request, size_t count, size_t size);

/* The same, not zeroed: for what is written at once. */
void *request_take(struct request *request, size_t count, size_t size);

/* seen_init and seen_again (seen.h) in the request's arena; they close the connection as above. */
bool request_seen_init(struct request *request, struct seen *seen, size_t count);
bool *request_numbers_again(struct request *request, const int32_t *numbers, size_t stride,
                            size_t count, bool anywhere);

/* A copy of a text in the request's arena, null for null. False when memory is short. */
bool request_text(struct request *request, const char *text, struct string *copy) MUST_CHECK;

/* The text as a client may read it: what is no UTF-8 becomes U+FFFD. The text itself when all of it
 * is UTF-8; otherwise a copy in the arena, null when memory is short. */
struct string request_utf8(struct request *request, struct string text);

/* What printf would print, in the request's arena; null when memory is short. */
struct string request_print(struct request *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The client's address as Kafka shows it ("/127.0.0.1"), in the request's arena. False when memory
 * is short. */
bool request_client_host(struct request *request, struct string *host) MUST_CHECK;

/* Encodes and queues the answer. */
void request_respond(struct request *request, const void *response);

/* As above, with the bytes of `records` fields taken from `parts`, in field order: each non-empty
 * one is sent from where it lies. `memories` are given back to the core's region after sending. */
struct response_records {
    struct iovec *parts;
    uint32_t part_count;
    struct response_part *memories;
    uint32_t memory_count;
};
void request_respond_gather(struct request *request, const void *response,
                            const struct response_records *records);

/* Done, without an answer (acks=0). */
void request_silent(struct request *request);
/* Done; the connection is closed without an answer. */
void request_close(struct request *request);
