/*
 * Talking to a simulated broker byte by byte: a machine with the whole broker on it, and peers that
 * connect, write, read and go as a test says. Frames are made and answers are read by the codec, or
 * by hand.
 *
 *     struct talk *t = talk_new(&(struct talk_options){.cores = 2});
 *     struct talk_peer *p = talk_connect(t);
 *     talk_ask(p, API_METADATA, 9, &request);
 *     const struct metadata_response *answer = talk_answer(p);
 *     talk_free(t);                         (a clean stop, which shows that nothing was kept)
 *
 * All is on one thread and decided by the seed. What fails fails the test, unless it says
 * otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "io/sim/sim.h"
#include "protocol/api.h"
#include "protocol/message.h"

struct talk;
struct talk_peer;

struct talk_options {
    uint64_t seed;               /* 0: 1 */
    unsigned cores;              /* 0: 1 */
    const char *const *settings; /* "name=value", null at the end; may be null */
    uint64_t refuse;             /* the number of the start's allocation that fails; 0: none */
    bool tell;                   /* the broker's log on standard error */
};

/* A broker that answers. */
struct talk *talk_new(const struct talk_options *options);
/* When all peers were closed it must come to hold nothing of theirs (tools/sim/idle.h). Then stops
 * it, which must be clean: its pools have everything back. */
void talk_free(struct talk *t);
struct talk *talk_of(const struct talk_peer *p);
struct sim *talk_world(struct talk *t);
struct sim_host *talk_host(struct talk *t);
void talk_wait(struct talk *t, uint64_t ns);

struct talk_peer *talk_connect(struct talk *t);
/* The same, without an assertion: null when the connection was refused or closed. */
struct talk_peer *talk_try_connect(struct talk *t);
/* Frees the peer. */
void talk_close(struct talk_peer *p);
void talk_reset(struct talk_peer *p);

/* One request, whole, with the next correlation id. */
void talk_ask(struct talk_peer *p, int16_t api_key, int16_t version, const void *request);
/* Encodes it into memory that the caller gives back with mem_free, without sending it. */
uint8_t *talk_frame(struct talk_peer *p, int16_t api_key, int16_t version, const void *request,
                    size_t *len);
/* Sends bytes as far as the broker takes them within `patience_ns`: how many. */
size_t talk_send(struct talk_peer *p, const void *data, size_t len, uint64_t patience_ns);
/* Tells the broker that nothing more comes; it may still answer. */
void talk_end(struct talk_peer *p);

/* The answer to the oldest ask that has none, within a minute; null when the connection ended
 * first. Fails the test when neither comes. Valid until the next answer of any peer. */
const void *talk_answer(struct talk_peer *p);
/* Whether a whole answer lies here within `ns`; it is still to be taken. */
bool talk_has_answer(struct talk_peer *p, uint64_t ns);
/* Whether the broker closes the connection within `ns`. */
bool talk_is_closed(struct talk_peer *p, uint64_t ns);
/* Bytes that the broker has sent and nobody took. */
size_t talk_received(const struct talk_peer *p);
/* Does not read any more, so that what is sent stays with the broker; and reads again. */
void talk_read(struct talk_peer *p, bool reads);

/* Ask and answer. */
const void *talk_call(struct talk_peer *p, int16_t api_key, int16_t version, const void *request);

/* On a connection of their own. */
void talk_create(struct talk *t, const char *topic, int32_t partitions);
/* A batch with one record of `bytes` bytes, in memory that stays until the next one. */
struct blob talk_batch(struct talk *t, size_t bytes);
/* Asks for a produce of such a batch to one partition; `acks` as in the request. */
void talk_produce(struct talk_peer *p, const char *topic, int32_t partition, size_t bytes,
                  int16_t acks);
/* Asks for partition 0 of the topic from `offset` on. */
void talk_fetch(struct talk_peer *p, const char *topic, int32_t wait_ms, int64_t offset);
/* Its answer, which must be without an error: bytes of records. */
int32_t talk_fetched(struct talk_peer *p);
