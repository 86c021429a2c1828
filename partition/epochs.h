/*
 * Leader epochs of one partition: at which offset each began (KIP-101), as in Kafka's
 * `leader-epoch-checkpoint` file.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/result.h"

struct epoch_entry {
    int32_t epoch;
    int64_t start_offset;
};

struct epochs {
    struct epoch_entry *entries; /* ascending in both */
    uint32_t count;
    uint32_t capacity;
};

void epochs_init(struct epochs *epochs);
void epochs_fini(struct epochs *epochs);
/* Notes that `epoch` begins at `offset`. True when that changed anything (a later epoch only). */
bool epochs_assign(struct epochs *epochs, int32_t epoch, int64_t offset);
bool epochs_equal(const struct epochs *a, const struct epochs *b);
/* The latest epoch, -1 when none; the epoch of an offset, -1 when before the first. */
int32_t epochs_latest(const struct epochs *epochs);
int32_t epochs_of_offset(const struct epochs *epochs, int64_t offset);
/* KIP-320 / OffsetForLeaderEpoch: the largest epoch <= `epoch` and where it ends (`log_end` for
 * the latest). Epoch -1, offset -1 when there is none. */
struct epoch_entry epochs_end_of(const struct epochs *epochs, int32_t epoch, int64_t log_end);
/* The same where `leader_epoch` is in force, which begins at `log_end` until it has a record. */
struct epoch_entry epochs_end_under(const struct epochs *epochs, int32_t leader_epoch,
                                    int32_t epoch, int64_t log_end);
void epochs_cut_end(struct epochs *epochs, int64_t end_offset);
/* Entries below `start_offset` go; the one in force there moves up to it. True when that changed
 * anything. */
bool epochs_cut_start(struct epochs *epochs, int64_t start_offset);
/* The text of the file ("0\n<count>\n<epoch> <offset>\n..."), from mem_alloc. */
char *epochs_print(const struct epochs *epochs);
int epochs_parse(struct epochs *epochs, struct bytes text) MUST_CHECK;
