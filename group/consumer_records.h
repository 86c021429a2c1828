/*
 * The records of a consumer group of KIP-848 in __consumer_offsets, in Kafka's own formats: what
 * one of them changes, read and written. Keys 3 to 8 and 16; message definitions: ConsumerGroup*Key
 * and ConsumerGroup*Value.
 *
 * Whatever changes such a group is a list of these changes: they are appended, and applied when
 * they are durable, by the very function that a replay uses.
 */
#pragma once

#include "base/arena.h"
#include "group/spots.h"
#include "protocol/schema/group_records.h"

struct group_record;

/* By the keys' types. */
enum consumer_change_kind {
    CONSUMER_CLASSIC = 2, /* only as a tombstone: the classic group of this name ends */
    CONSUMER_EPOCH = 3,
    CONSUMER_TOPICS = 4, /* until Kafka 4.0; read and passed over */
    CONSUMER_MEMBER = 5,
    CONSUMER_TARGET_EPOCH = 6,
    CONSUMER_TARGET = 7,
    CONSUMER_CURRENT = 8,
    CONSUMER_PATTERN = 16,
};

/* As Kafka numbers them. */
enum consumer_member_state {
    CONSUMER_STABLE = 0,
    CONSUMER_UNREVOKED = 1,  /* it is to give partitions up */
    CONSUMER_UNRELEASED = 2, /* others are to give its partitions up */
    CONSUMER_UNKNOWN = 127,
};

/* What a member has, and at which epoch. */
struct consumer_current {
    int32_t epoch;
    int32_t previous_epoch;
    int8_t state;
    struct spots assigned;
    struct spots revoking;
};

struct consumer_change {
    enum consumer_change_kind kind;
    struct string key; /* the member's id, the pattern; null: the group's own */
    bool tombstone;
    int32_t epoch;                                          /* EPOCH, TARGET_EPOCH */
    int64_t hash;                                           /* EPOCH: of the topics */
    struct consumer_group_member_metadata_value member;     /* MEMBER */
    struct spots target;                                    /* TARGET */
    struct consumer_current current;                        /* CURRENT */
    struct consumer_group_regular_expression_value pattern; /* PATTERN */
};

static inline bool consumer_record_known(uint16_t type)
{
    return (type >= CONSUMER_EPOCH && type <= CONSUMER_CURRENT) || type == CONSUMER_PATTERN;
}

/* `key` stands behind its type, `value` before its version; len -1: a tombstone. The group's id and
 * the change borrow from both and from the arena. Errors as group_record_decode. */
int consumer_record_decode(uint16_t type, struct reader *key, struct blob value,
                           struct arena *arena, struct string *group,
                           struct consumer_change *change) MUST_CHECK;
/* The record of a change; it lies in `memory`. */
void consumer_record_write(struct group_reply *memory, struct string group,
                           const struct consumer_change *change, struct group_record *record);
