/*
 * A Kafka client's connection in the simulator, above io.h alone: it dials, sends calls, matches
 * answers, and dials again after a loss.
 *
 * Every call ends exactly once: with its answer, or with null when the connection broke, the answer
 * made no sense, or `CLIENT_PATIENCE_NS` passed. An answer nobody asked for breaks the model.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/heap.h"
#include "base/list.h"
#include "base/prng.h"
#include "base/region.h"
#include "io/io.h"
#include "protocol/api.h"
#include "protocol/batch_codec.h"
#include "tools/sim/model.h"
#include "tools/sim/model_configs.h"
#include "tools/sim/model_topics.h"

#define CLIENT_PATIENCE_NS (60 * (uint64_t)1000000000)
#define CLIENT_PROMPT_NS (4 * (uint64_t)1000000000)
#define CLIENT_LIVELY_NS (2 * (uint64_t)1000000000)

/* What all clients of one simulated machine share. */
struct party {
    struct io_loop loop; /* first */
    struct io *io;
    struct heap timers;
    struct region *memory; /* decoded answers */
    struct model *model;
    struct model_topics *topics;
    struct model_configs *configs;
    struct compressor *compressor;
    struct batch_scratch scratch; /* for one unpacked batch */
    struct prng prng;
    const char *host;
    uint16_t port;
    struct list clients;
    uint32_t open;     /* clients that are not closed */
    uint64_t calls;    /* that were sent */
    uint64_t patience; /* calls that waited too long */
    int64_t wall_start_ms;
    uint64_t calm_ns;   /* since then nothing has been in the way; IO_NEVER: something may be */
    uint64_t prompt_ns; /* the same, but for a disk that may be full */
    bool leaving;       /* clients close, none dials */
};

void party_init(struct party *party, struct io *io, struct model *model, uint64_t seed);
void party_fini(struct party *party);
/* Every client closes; calls that are not answered end. Done when `open` is 0. */
void party_leave(struct party *party);
void party_set_timer(struct party *party, struct timer *timer, uint64_t delay_ns);
/* Uniform in [low, high]. */
uint64_t party_random(struct party *party, uint64_t low, uint64_t high);
/* Unix time as it was at the start, and goes on: the machine's own clock may jump. */
int64_t party_wall_ms(const struct party *party);
/* At that time of io_now. */
int64_t party_wall_ms_at(const struct party *party, uint64_t at_ns);
/* True `rate` times in a thousand. */
bool party_chance(struct party *party, uint32_t rate);
/* A codec; seldom one of the dear ones, which cost as much as dozens of requests with each batch.
 */
enum compression party_codec(struct party *party);
/* Nothing is in the way from now on: each call must be answered, no connection may break. */
void party_calm(struct party *party);
/* Called now and then: whether the disk may be full, but nothing else is in the way. As long as
 * that is so, what changes something has an answer within CLIENT_PROMPT_NS, far below its timeout.
 * What was sent before `started_ns` was sent to a broker that is no more. When its machine lost its
 * power nobody told the client, who does not send again on that connection and waits. */
void party_prompt(struct party *party, bool prompt, uint64_t started_ns);
/* Called now and then: whether the broker lives and nothing slows it or its network. As long as
 * that is so, what changes something, and what waits for something that is there, has its answer
 * within CLIENT_LIVELY_NS, on a connection on which there was one. */
void party_lively(struct party *party, bool lively, uint64_t started_ns);

struct client_call {
    struct list node;
    void (*done)(struct client_call *call, const void *answer);
    /* Whether what it waits for is there. Null: it waits for nothing. */
    bool (*owed)(struct client_call *call);
    uint64_t owed_ns; /* since when, as far as it was looked at; 0: it is not */
    const struct message_type *answer_type;
    uint8_t *frame;
    size_t len;
    uint64_t sent_ns;
    int32_t correlation_id;
    int16_t version;
    bool silent;  /* no answer comes: done with null as soon as it is sent */
    bool changes; /* something durable: it waits for the disk, and for nothing else */
    bool active;
};

struct client_frame {
    int16_t api_key;
    int16_t version;
    int32_t correlation_id;
};

enum client_state { CLIENT_CLOSED, CLIENT_DIALING, CLIENT_OPEN, CLIENT_CLOSING };

struct client {
    struct list node; /* party's */
    struct party *party;
    enum client_state state;
    struct io_op op; /* connect, then receive */
    struct io_op send;
    struct io_op close;
    struct iovec part;
    int socket;
    int32_t next_correlation_id;
    uint8_t *frame;             /* being sent; its call may be answered before that ends */
    struct client_call *silent; /* the call of that frame, when no answer comes */
    struct list queued;
    struct list waiting; /* for answers, in order */
    struct timer redial;
    struct timer impatience;
    uint64_t alive_ns;  /* the last sign of the other side */
    bool heard;         /* on this connection: it was taken, and is not left to a start */
    bool may_be_closed; /* the broker has reason to: it cannot tell an error otherwise */
    uint8_t *received;
    size_t received_len;
    size_t received_capacity;
};

/* A request's frame, with its size in front; from mem_alloc. */
uint8_t *client_encode(const struct client_frame *frame, const void *request, size_t *len);

void client_init(struct client *client, struct party *party);
/* The client is closed. */
void client_fini(struct client *client);
/* `request` is encoded at once; the call must not be active. */
void client_call(struct client *client, struct client_call *call, int16_t api_key, int16_t version,
                 const void *request);
/* Drops the connection, as a client that crashes or loses patience. */
void client_break(struct client *client);
/* The same, and calls that were not sent yet end, too. */
void client_abandon(struct client *client);
