/*
 * The keys of Kafka's cleaner. Where they are for the whole broker each core has its share: one
 * cleaning at a time per core stands for log.cleaner.threads, but for 0, which means none at all.
 */
#include "broker/cleaning.h"

#include "base/assert.h"
#include "base/util.h"
#include "broker/catalog/image.h"
#include "broker/config/config_value.h"
#include "broker/core.h"
#include "broker/server.h"

#define MAP_SHARE 16 /* of a core's memory */
#define MAP_BYTES_MIN MIB
/* Above this a rate is no limit. */
#define RATE_MAX 1e15

size_t cleaning_map_bytes(const struct config *config, unsigned core_count)
{
    const struct config_def *def =
        config_table_find(CONFIG_SCOPE_BROKER, BYTES_LITERAL("log.cleaner.dedupe.buffer.size"));
    ASSERT(def != NULL && core_count > 0);
    const char *text = config_text(config, def->name);
    int64_t bytes = config_value_integer(text);
    if (bytes == config_value_integer(def->standard))
        return MAX(config->memory_bytes / MAP_SHARE, MAP_BYTES_MIN);
    return MAX((size_t)MAX(bytes, 0) / core_count, MAP_BYTES_MIN);
}

/* Bytes per second of one core; 0: no limit. */
static uint64_t rate_limit(const struct config_layers *layers, unsigned core_count)
{
    const struct config_def *def = config_table_find(
        CONFIG_SCOPE_BROKER, BYTES_LITERAL("log.cleaner.io.max.bytes.per.second"));
    ASSERT(def != NULL);
    double rate = config_value_double(config_layers_text(layers, def)) / core_count;
    if (!(rate < RATE_MAX))
        return 0;
    return rate < 1.0 ? 1 : (uint64_t)rate;
}

void cleaning_configure(struct core *core)
{
    const struct config_layers layers = image_config_layers(&core->image);
    const struct config *config = layers.config;
    int64_t backoff_ms = config_layers_integer(&layers, "log.cleaner.backoff.ms");
    const struct cleaner_settings settings = {
        .enabled = config_value_boolean(config_text(config, "log.cleaner.enable")) &&
                   config_layers_integer(&layers, "log.cleaner.threads") > 0,
        .map_bytes = cleaning_map_bytes(config, core->core_count),
        .backoff_ms = (uint64_t)MIN(MAX(backoff_ms, 0), (int64_t)24 * 3600 * 1000),
        .bytes_per_second = rate_limit(&layers, core->core_count),
    };
    cleaner_configure(&core->shard, &settings);
}
