/* What the configuration says about log compaction, brought to the cores' shards. */
#pragma once

#include <stddef.h>

struct config;
struct core;

/* Memory of one core for the keys of a cleaning. log.cleaner.dedupe.buffer.size is shared by the
 * cores; where it is not set a part of the core's own memory stands for it, since Kafka's default
 * is as large as a whole core here. It is not touched while nothing is cleaned. */
size_t cleaning_map_bytes(const struct config *config, unsigned core_count);
/* Tells the shard what the broker's keys say now. */
void cleaning_configure(struct core *core);
