/* Files beside the segments: the descriptors of the rows. */
#include "protocol/schema/storage.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(producer_snapshot_producer_entry, PRODUCER_SNAPSHOT_PRODUCER_ENTRY_ROWS)
MESSAGE_DEFINE_STRUCT(producer_snapshot, PRODUCER_SNAPSHOT_ROWS)
MESSAGE_DEFINE_TYPE(producer_snapshot, "ProducerSnapshot", -1, 1, 1, NOT_FLEXIBLE)
// clang-format on
