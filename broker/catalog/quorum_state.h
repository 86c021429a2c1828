/*
 * `quorum-state` in the metadata log's directory: the node's vote and the leader it knows, as
 * Kafka's FileQuorumStateStore writes them, one line of JSON.
 *
 * Version 0 goes with kraft.version 0 and lists the voters; version 1 goes with kraft.version 1,
 * where the voters stand in the log (KIP-853).
 */
#pragma once

#include <stdint.h>

#include "base/result.h"
#include "base/uuid.h"
#include "io/file.h"

#define QUORUM_VOTERS_MAX 64

struct quorum_state {
    int16_t version;
    int32_t leader_id; /* -1: unknown */
    int32_t leader_epoch;
    int32_t voted_id;                  /* -1: none */
    struct uuid voted_directory;       /* version 1; zero: unknown */
    int32_t voters[QUORUM_VOTERS_MAX]; /* version 0 */
    uint32_t voter_count;
};

/* ERR_NOT_FOUND, ERR_CORRUPT, ERR_VERSION. Blocking. */
int quorum_state_load(struct file_system *fs, const char *directory,
                      struct quorum_state *state) MUST_CHECK;
/* Atomic and durable. Blocking. */
int quorum_state_write(struct file_system *fs, const char *directory,
                       const struct quorum_state *state) MUST_CHECK;
