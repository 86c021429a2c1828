/* Files beside the segments: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* ProducerSnapshot, version 1. */
#define PRODUCER_SNAPSHOT_PRODUCER_ENTRY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT64, producer_id,              RANGE(1, 1), NEVER, UNTAGGED, 0)         \
    FIELD(_, INT16, epoch,                    RANGE(1, 1), NEVER, UNTAGGED, 0)         \
    FIELD(_, INT32, last_sequence,            RANGE(1, 1), NEVER, UNTAGGED, 0)         \
    FIELD(_, INT64, last_offset,              RANGE(1, 1), NEVER, UNTAGGED, 0)         \
    FIELD(_, INT32, offset_delta,             RANGE(1, 1), NEVER, UNTAGGED, 0)         \
    FIELD(_, INT64, timestamp,                RANGE(1, 1), NEVER, UNTAGGED, 0)         \
    FIELD(_, INT32, coordinator_epoch,        RANGE(1, 1), NEVER, UNTAGGED, 0)         \
    FIELD(_, INT64, current_txn_first_offset, RANGE(1, 1), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(producer_snapshot_producer_entry, PRODUCER_SNAPSHOT_PRODUCER_ENTRY_ROWS)
#define PRODUCER_SNAPSHOT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)     \
    FIELD(_, UINT32, crc,              RANGE(1, 1), NEVER, UNTAGGED, 0)     \
    LIST(_,  producer_snapshot_producer_entry,                              \
                     producer_entries, RANGE(1, 1), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(producer_snapshot, PRODUCER_SNAPSHOT_ROWS)
MESSAGE_TYPE(producer_snapshot)
// clang-format on
