/* Every message there is, by area. */
#pragma once

#include "protocol/schema/configs.h"
#include "protocol/schema/consumer_group.h"
#include "protocol/schema/fetch.h"
#include "protocol/schema/group_records.h"
#include "protocol/schema/groups.h"
#include "protocol/schema/metadata.h"
#include "protocol/schema/metadata_records.h"
#include "protocol/schema/produce.h"
#include "protocol/schema/quorum.h"
#include "protocol/schema/security.h"
#include "protocol/schema/share_group.h"
#include "protocol/schema/share_records.h"
#include "protocol/schema/share_state.h"
#include "protocol/schema/storage.h"
#include "protocol/schema/streams_group.h"
#include "protocol/schema/streams_records.h"
#include "protocol/schema/topics.h"
#include "protocol/schema/transactions.h"

/* All types, in the order of the areas; `count` receives how many. */
const struct message_type *const *schema_types(size_t *count);
/* By Kafka's name ("FetchRequest"), or null. */
const struct message_type *schema_type_named(struct bytes name);
