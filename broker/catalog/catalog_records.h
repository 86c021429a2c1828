/*
 * The records of the metadata log as bytes, and their order of effect.
 *
 * A record's value is a frame version, the message type, its version and the message (KIP-631).
 * What stands between a BeginTransaction and its EndTransaction record takes effect with the
 * latter, and never when an AbortTransaction record comes instead (KIP-868).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/list.h"
#include "base/region.h"
#include "base/result.h"
#include "protocol/message.h"

/* One record, decoded; everything is borrowed. */
struct catalog_record {
    const struct message_type *type;
    int16_t version;
    void *message; /* of type->size bytes, with unknown tagged fields kept */
    struct bytes value;
    struct arena *arena; /* for the visitor, empty again with the next record */
};

/* ERR_MALFORMED, ERR_NO_MEMORY. ERR_VERSION: a type or version that Kafka 4.2 does not have. */
int catalog_record_read(struct bytes value, struct arena *arena,
                        struct catalog_record *record) MUST_CHECK;
int catalog_record_write(const struct message_type *type, int16_t version, const void *message,
                         struct writer *writer) MUST_CHECK;

/* An epoch's successor. Stored bytes may say anything, so it wraps rather than overflows. */
static inline int32_t catalog_next_epoch(int32_t epoch)
{
    return (int32_t)((uint32_t)epoch + 1);
}

/* Who is told of what a batch does. `control` may be null. A nonzero result ends the batch. */
struct catalog_visitor {
    int (*record)(void *context, const struct catalog_record *record);
    /* A control record: enum control_type or an unknown one, and its value. */
    int (*control)(void *context, int type, struct blob value);
    void *context;
};

/* A reader's place in the log: what it keeps from one batch to the next. */
struct catalog_replay {
    struct region *scratch; /* borrowed */
    struct list held;       /* values of the open transaction */
    bool in_transaction;
};

void catalog_replay_init(struct catalog_replay *replay, struct region *scratch);
void catalog_replay_fini(struct catalog_replay *replay);
/* One whole batch whose CRC is checked. */
int catalog_replay_batch(struct catalog_replay *replay, const uint8_t *batch, uint32_t len,
                         const struct catalog_visitor *visitor) MUST_CHECK;
