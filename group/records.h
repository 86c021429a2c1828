/*
 * The records of __consumer_offsets, in Kafka's own format: a key that begins with its type as an
 * int16 (0 and 1: an offset, 2: a group), and a value that begins with its version as an int16, or
 * none (a tombstone). Message definitions: OffsetCommitKey/Value, LegacyOffsetCommitKey/Value,
 * GroupMetadataKey/Value. Those of KIP-848 are read and written by consumer_records.h.
 *
 * Offsets are written in version 3, in version 1 when the commit named its own expiry (KIP-211);
 * groups in version 3, as Kafka 4.2 writes them.
 */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/result.h"
#include "base/uuid.h"
#include "group/consumer_records.h"
#include "protocol/message.h"
#include "protocol/schema/group_records.h"

struct group_record {
    struct blob key;
    struct blob value; /* len -1: a tombstone */
};

struct group_offset_key {
    struct string group;
    struct string topic;
    int32_t partition;
};

struct group_offset_value {
    int64_t offset;
    int32_t epoch; /* -1: unknown */
    struct string metadata;
    int64_t commit_ms;
    int64_t expire_ms; /* -1: by offsets.retention.minutes */
};

enum group_record_kind { GROUP_RECORD_OFFSET, GROUP_RECORD_GROUP, GROUP_RECORD_CONSUMER };

/* A record that was read; borrowed from its bytes and the arena. */
struct group_record_read {
    enum group_record_kind kind;
    struct group_offset_key key; /* of a group: only that */
    bool tombstone;
    struct group_offset_value offset;
    struct group_metadata_value group;
    struct consumer_change consumer;
};

/* ERR_UNSUPPORTED: another type of record. ERR_MALFORMED, ERR_SHORT, ERR_VERSION, ERR_NO_MEMORY. */
int group_record_decode(struct blob key, struct blob value, struct arena *arena,
                        struct group_record_read *record) MUST_CHECK;

/* A value of any kind: a version, which has to be one of the type's, and the message behind it.
 * Errors as above. */
int group_value_decode(const struct message_type *type, struct blob value, struct arena *arena,
                       void *message) MUST_CHECK;

/* Bytes that group_record_write_offset needs at most. */
size_t group_record_offset_size(const struct group_offset_key *key,
                                const struct group_offset_value *value);
/* Writes an offset's record, or with a null value its tombstone. ERR_SHORT, ERR_MALFORMED. */
int group_record_write_offset(struct writer *writer, const struct group_offset_key *key,
                              const struct group_offset_value *value,
                              struct group_record *record) MUST_CHECK;

size_t group_record_group_size(struct string group, const struct group_metadata_value *value);
/* The same for a group. */
int group_record_write_group(struct writer *writer, struct string group,
                             const struct group_metadata_value *value,
                             struct group_record *record) MUST_CHECK;
