/*
 * Requests that carry no records: Metadata of the run's topics, or an OffsetCommit of one
 * partition. Each is a frame made once; a commit's offset is patched, and its answer is held
 * against the one that is expected, so that a request costs the generator next to nothing.
 *
 * A group is a name only: nobody is its member, and so commits need no generation (as Kafka takes
 * them from consumers that assign partitions by themselves).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/load/cluster.h"

struct query {
    uint8_t *frame; /* its size in front */
    size_t len;
    uint8_t *answer; /* to a commit, from its correlation id on, without an error */
    size_t answer_len;
    size_t offset_at; /* of the commit's offset in the frame; 0: it is none */
    size_t error_at;  /* of the error code in the answer */
};

/* The request of lane `lane`; a commit is of the lane's group and partition, in turn. */
void query_init(struct query *query, const struct cluster *cluster, const struct options *options,
                uint32_t lane);
void query_fini(struct query *query);
/* Before each send: a commit commits this offset. */
void query_set_offset(struct query *query, int64_t offset);
/* The answer's error, Kafka's code; ERR_MALFORMED when it is not an answer to this. */
int query_read_answer(const struct query *query, struct bytes answer, int16_t *error) MUST_CHECK;
