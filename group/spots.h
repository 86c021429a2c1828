/*
 * Sets of topic partitions: sorted arrays without doubles, so that what reconciliation asks for is
 * one pass over two of them.
 *
 * A set borrows its items. What the operations make lies in a reply's memory; a set that is kept is
 * copied with spots_keep and ended with spots_drop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"
#include "group/reply.h"

struct spot {
    struct uuid topic;
    int32_t partition;
};

/* All zero: empty. */
struct spots {
    struct spot *items;
    uint32_t count;
};

/* By topic, then by partition. */
int spot_compare(const struct spot *a, const struct spot *b);
/* Sorts `count` items in place and takes doubles out. */
struct spots spots_of(struct spot *items, uint32_t count);
bool spots_have(struct spots set, const struct spot *spot);
bool spots_equal(struct spots a, struct spots b);
/* Every one of `part` is in `whole`. */
bool spots_within(struct spots part, struct spots whole);
bool spots_meet(struct spots a, struct spots b);
struct spots spots_common(struct group_reply *memory, struct spots a, struct spots b);
/* Those of `a` that are not in `b`. */
struct spots spots_without(struct group_reply *memory, struct spots a, struct spots b);
struct spots spots_joined(struct group_reply *memory, struct spots a, struct spots b);
struct spots spots_copy(struct group_reply *memory, struct spots set);
/* Takes the place of what was kept there. */
void spots_keep(struct spots *kept, struct spots set);
void spots_drop(struct spots *kept);
/* Where the run of one topic that begins at `first` ends. */
uint32_t spots_topic_end(struct spots set, uint32_t first);
