/* Which partition of __consumer_offsets keeps a group: Kafka's rule. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

/* Java's String.hashCode of the UTF-8 text, of which invalid bytes count as U+FFFD. */
int32_t group_java_hash(struct bytes text);
/* abs(hash) modulo `partitions`, which is positive; the least integer counts as 0. */
int32_t group_place(struct bytes group_id, int32_t partitions);
