/*
 * Tools of the contract tests, which run on every implementation of io.
 *
 * CONTRACT(suite, name) defines one test body and registers it for the ring, for epoll and for the
 * simulator. A probe is an operation that records its events and checks that it ends exactly once.
 */
#pragma once

#include <criterion/criterion.h>

#include "base/util.h"
#include "io/io.h"
#include "io/sim/sim.h"

/* For a lost wake, which would sleep for good. */
#define CONTRACT_TIMEOUT_S 60

enum contract_backend { CONTRACT_RING, CONTRACT_EPOLL, CONTRACT_AUTO, CONTRACT_SIM };

/* A test body that runs on all implementations. */
#define CONTRACT(suite, name)                                  \
    static void suite##_##name(enum contract_backend backend); \
    Test(suite##_ring, name, .timeout = CONTRACT_TIMEOUT_S)    \
    {                                                          \
        suite##_##name(CONTRACT_RING);                         \
    }                                                          \
    Test(suite##_epoll, name, .timeout = CONTRACT_TIMEOUT_S)   \
    {                                                          \
        suite##_##name(CONTRACT_EPOLL);                        \
    }                                                          \
    Test(suite##_sim, name, .timeout = CONTRACT_TIMEOUT_S)     \
    {                                                          \
        suite##_##name(CONTRACT_SIM);                          \
    }                                                          \
    static void suite##_##name(enum contract_backend backend)

#define PROBE_HELD_MAX 64

struct probe {
    struct io_op op; /* first */
    struct io *io;
    bool out;
    bool hold; /* keeps received buffers instead of releasing them */
    int events;
    int64_t value;  /* of the latest event */
    int64_t first;  /* of the first event */
    uint64_t bytes; /* received */
    uint64_t hash;  /* of the received bytes, by contract_hash */
    struct io_buffer *held[PROBE_HELD_MAX];
    uint32_t held_count;
    uint32_t order; /* at the end: how many probes of `counter` had ended before */
    uint32_t *counter;
    void (*event)(struct probe *probe, const struct io_event *event); /* may be null */
};

/* From here on this test runs on a simulated host; contract_open does it, too. */
void contract_simulate(void);
/* Null in tests of the real ones. */
struct sim_host *contract_host(void);
/* Small: 16 buffers of 4096 bytes, two disk threads. Skips the test where the ring is forbidden.
 * All simulated ios of a test are cores of one host. */
struct io *contract_open(enum contract_backend backend);
struct io *contract_open_with(enum contract_backend backend, uint32_t buffers, uint32_t threads);

/* Ready to be handed to a verb; may be used again when it has ended. */
struct io_op *probe_start(struct probe *probe, struct io *io);
/* Polls until it has ended; its last value. Fails the test when nothing moves any more. */
int64_t probe_wait(struct probe *probe);
/* Polls until at least `events` have come. */
void probe_wait_events(struct probe *probe, int events);
/* Polls until `bytes` have been received. */
void probe_wait_bytes(struct probe *probe, uint64_t bytes);
void probe_release_held(struct probe *probe);

/* Polls some times without waiting: nothing else may happen. */
void contract_settle(struct io *io);
uint64_t contract_hash(uint64_t hash, const void *data, size_t len);
/* Bytes that depend on their position. */
void contract_fill(uint8_t *data, size_t len);

int contract_listen(struct io *io, uint16_t *port);
/* Two connected sockets, both of this io. */
void contract_pair(struct io *io, int sockets[2]);
/* A socket outside of any io: a real one that blocks, or a simulated client. */
struct contract_peer {
    int socket; /* -1: simulated */
    struct sim_peer *peer;
};
struct contract_peer contract_outside(uint16_t port);
/* Whole. */
void contract_peer_write(struct contract_peer *peer, const void *data, size_t len);
/* As much as there is at once: bytes, 0 at the end, negative when there is nothing. */
int64_t contract_peer_read_now(struct contract_peer *peer, void *data, size_t len);
/* What comes first: bytes, 0 at the end, negative after a reset. */
int64_t contract_peer_read(struct contract_peer *peer, void *data, size_t len);
/* Ends what it sends. */
void contract_peer_end(struct contract_peer *peer);
/* Closes with a reset. */
void contract_peer_reset(struct contract_peer *peer);
void contract_peer_close(struct contract_peer *peer);
/* A connected socket of this io, and its outside peer. */
int contract_accepted(struct io *io, struct contract_peer *outside);
/* No more descriptors than there are now, or as many as before again. */
void contract_limit_descriptors(const struct contract_peer *newest, bool limited);
void contract_close(struct io *io, int socket);
int64_t contract_send(struct io *io, int socket, const void *data, size_t len);
/* A new directory under the temporary one. */
void contract_directory(char *path, size_t size);
