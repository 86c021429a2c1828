/*
 * From the directory to cores with images and partitions, and back to a directory that Kafka takes.
 */
#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/catalog.h"
#include "broker/partitions.h"
#include "broker/server_internal.h"
#include "partition/checkpoint.h"
#include "partition/partition.h"
#include "partition/recovery.h"
#include "protocol/batch.h"

#define CATALOG_TOPIC "__cluster_metadata"
#define CATALOG_SEGMENT_BYTES (256 * MIB)
#define CATALOG_READ_BYTES (4 * MIB)
#define WAL_FIRST_FILE_BYTES (2 * MIB)

/* Kafka's fixed id of the metadata topic. */
static struct uuid catalog_id(void)
{
    return (struct uuid){{[15] = 1}};
}

static struct partition *find_catalog(void *context, struct uuid topic_id, int32_t index)
{
    struct server *server = context;
    return index == 0 && uuid_equal(topic_id, catalog_id()) ? server->catalog_partition : NULL;
}

static struct partition *find_any(void *context, struct uuid topic_id, int32_t index)
{
    struct server *server = context;
    struct partition *catalog = find_catalog(context, topic_id, index);
    if (catalog != NULL)
        return catalog;
    unsigned owner = index < 0 ? 0 : core_of_partition(server->core_count, topic_id, index);
    struct image_topic *topic = image_topic_with_id(&server->cores[owner].image, topic_id);
    struct image_partition *place = topic == NULL ? NULL : image_partition_at(topic, index);
    return place == NULL ? NULL : place->partition;
}

static int open_catalog(struct server *server, struct recovery *recovery)
{
    struct partition *p = partition_new(server->fs, server->config->log_directory, CATALOG_TOPIC,
                                        catalog_id(), 0, server->log);
    server->catalog_partition = p;
    p->limits = (struct segment_limits){
        .segment_bytes = CATALOG_SEGMENT_BYTES,
        .index_interval_bytes = 4096,
        .index_bytes_max = 10 * MIB,
        .segment_ms = INT64_MAX,
    };
    int result = recovery_open(recovery, p);
    if (result == 0)
        result = recovery_replay(recovery, find_catalog, server);
    if (result == 0 && p->offline)
        result = ERR_CORRUPT;
    if (result == 0 && recovery_catalog_offset(recovery) >= p->log_end) {
        log_error(server->log,
                  "the catalog ends at %lld, but a core had applied %lld: it is "
                  "damaged",
                  (long long)p->log_end, (long long)recovery_catalog_offset(recovery));
        result = ERR_CORRUPT;
    }
    p->leader_epoch = epochs_latest(&p->epochs) + 1;
    return result;
}

/* Applies one piece of the catalog's log to every core's image. */
static int apply_piece(struct server *server, struct bytes log)
{
    while (log.len > 0) {
        int64_t size = batch_check(log);
        if (size < 0)
            return ERR_CORRUPT;
        for (unsigned i = 0; i < server->core_count; i++) {
            int result = image_apply(&server->cores[i].image, log.data, (uint32_t)size, NULL);
            if (result != 0)
                return result;
        }
        log.data += size;
        log.len -= (size_t)size;
    }
    return 0;
}

static int read_catalog(struct server *server)
{
    struct partition *p = server->catalog_partition;
    uint8_t *data = mem_alloc(CATALOG_READ_BYTES);
    int result = 0;
    int64_t offset = p->log_start;
    while (result == 0 && offset < p->log_end) {
        struct segment *segment = segments_find(&p->segments, offset);
        if (segment == NULL) {
            result = ERR_CORRUPT;
            break;
        }
        struct segment_read read = {
            .segments = &p->segments,
            .segment = segment,
            .synced_bytes = segment->synced_bytes,
            .offset = offset,
            .offset_limit = p->log_end,
            .position_hint = SEGMENT_NO_HINT,
            .data = data,
            .capacity = CATALOG_READ_BYTES,
            .check = true,
        };
        result = segment_read_run(&read);
        if (result == 0 && read.len == 0)
            result = ERR_CORRUPT;
        if (result == 0)
            result = apply_piece(server, (struct bytes){data, read.len});
        offset = read.next_offset;
    }
    mem_free(data);
    return result;
}

static int open_partitions(struct server *server, struct recovery *recovery)
{
    for (unsigned i = 0; i < server->core_count; i++) {
        struct image *image = &server->cores[i].image;
        for (uint32_t t = 0; t < image->topic_count; t++) {
            struct image_topic *topic = image->sorted[t];
            for (int32_t index = 0; index < topic->partition_count; index++) {
                struct image_partition *place = &topic->partitions[index];
                if (place->owner != i)
                    continue;
                struct partition *p = partition_new(server->fs, server->config->log_directory,
                                                    topic->name, topic->id, index, server->log);
                partition_configure(p, topic);
                place->partition = p;
                int result = recovery_open(recovery, p);
                if (result != 0)
                    return result;
            }
        }
    }
    return 0;
}

static void attach_partitions(struct server *server, unsigned core)
{
    struct image *image = &server->cores[core].image;
    for (uint32_t t = 0; t < image->topic_count; t++) {
        struct image_topic *topic = image->sorted[t];
        for (int32_t index = 0; index < topic->partition_count; index++) {
            struct partition *p = topic->partitions[index].partition;
            topic->partitions[index].partition = NULL;
            if (p != NULL)
                partitions_attach(&server->cores[core], topic, p);
        }
    }
}

static int start_shards(struct server *server, struct recovery *recovery)
{
    const struct config *config = server->config;
    shard_attach(&server->cores[0].shard, server->catalog_partition);
    for (unsigned i = 0; i < server->core_count; i++) {
        struct core *core = &server->cores[i];
        attach_partitions(server, i);
        struct shard_options options = {
            .io = server->ios[i],
            .log_directory = config->log_directory,
            .stream = i,
            .flush_profile = config->flush_profile,
            .wal = {.file_bytes = config->wal_file_bytes,
                    .files_max = MAX(config->wal_bytes_max / config->wal_file_bytes, 2),
                    .first_file_bytes = MIN(WAL_FIRST_FILE_BYTES, config->wal_file_bytes),
                    .memory_bytes = config->memory_bytes / 2,
                    .profile = config->wal_profile},
            .log = &core->log,
        };
        int result = recovery_start_shard(recovery, &core->shard, &options);
        if (result != 0)
            return result;
        wal_set_catalog_offset(core->shard.wal, core->image.offset);
    }
    server->cores[0].catalog = catalog_new(&server->cores[0], server->catalog_partition);
    return recovery_drop_streams(recovery, server->core_count);
}

static int recover(struct server *server, struct recovery *recovery)
{
    int result = open_catalog(server, recovery);
    if (result == 0)
        result = read_catalog(server);
    if (result == 0)
        result = open_partitions(server, recovery);
    if (result == 0)
        result = recovery_replay(recovery, find_any, server);
    if (result == 0)
        result = recovery_sync(recovery);
    if (result == 0)
        result = kafka_remove_clean_stop(server->fs, server->config->log_directory);
    if (result == 0)
        result = start_shards(server, recovery);
    return result;
}

int server_recover(struct server *server)
{
    struct recovery *recovery;
    uint64_t start = io_now_precise(server->ios[0]);
    int result = recovery_begin(server->fs, server->config->log_directory, server->log, &recovery);
    if (result == 0) {
        result = recover(server, recovery);
        if (result == 0 && recovery_entries(recovery) > 0)
            log_info(server->log, "recovered %llu batches from the WAL in %llu ms",
                     (unsigned long long)recovery_entries(recovery),
                     (unsigned long long)((io_now_precise(server->ios[0]) - start) / NS_PER_MS));
        recovery_end(recovery);
    }
    if (result == 0)
        return 0;
    log_error(server->log, "the data directory %s cannot be used: %s",
              server->config->log_directory, result_sentence(result));
    return result == ERR_CORRUPT || result == ERR_VERSION ? SERVER_EXIT_DATA : SERVER_EXIT_IO;
}

/* Stopping. */

struct offset_lists {
    struct kafka_offset *ends;
    struct kafka_offset *starts;
    uint32_t count;
};

static int finish_partition(struct server *server, struct partition *p, struct offset_lists *lists)
{
    int result = recovery_write_final(server->fs, p);
    lists->ends[lists->count] = (struct kafka_offset){p->topic, p->index, p->log_end};
    lists->starts[lists->count] = (struct kafka_offset){p->topic, p->index, p->log_start};
    lists->count++;
    return result;
}

static int finish_partitions(struct server *server, struct offset_lists *lists)
{
    int result = 0;
    for (unsigned i = 0; result == 0 && i < server->core_count; i++)
        LIST_EACH(node, &server->cores[i].shard.partitions)
            if (result == 0)
                result =
                    finish_partition(server, LIST_ENTRY(node, struct partition, shard_node), lists);
    const char *directory = server->config->log_directory;
    if (result == 0)
        result = kafka_write_offsets(server->fs, directory, KAFKA_RECOVERY_POINT_FILE, lists->ends,
                                     lists->count);
    if (result == 0)
        result = kafka_write_offsets(server->fs, directory, KAFKA_HIGH_WATERMARK_FILE, lists->ends,
                                     lists->count);
    if (result == 0)
        result = kafka_write_offsets(server->fs, directory, KAFKA_LOG_START_FILE, lists->starts,
                                     lists->count);
    return result;
}

/* Ours go in the order in which a crash in between still finds everything. */
static int remove_ours(struct server *server)
{
    const char *directory = server->config->log_directory;
    int result = 0;
    for (unsigned i = 0; result == 0 && i < server->core_count; i++)
        result = wal_remove(server->fs, directory, i);
    for (unsigned i = 0; result == 0 && i < server->core_count; i++)
        result = checkpoint_remove(server->fs, directory, i);
    return result == 0 ? file_sync_directory(server->fs, directory) : result;
}

int server_finish(struct server *server)
{
    const char *directory = server->config->log_directory;
    struct offset_lists lists = {0};
    uint32_t count = 1;
    int64_t broker_epoch = server->cores[0].image.broker_epoch;
    for (unsigned i = 0; i < server->core_count; i++)
        LIST_EACH(node, &server->cores[i].shard.partitions)
            count++;
    lists.ends = mem_alloc_array(count, sizeof *lists.ends);
    lists.starts = mem_alloc_array(count, sizeof *lists.starts);
    int result = finish_partitions(server, &lists);
    if (result == 0)
        result = file_sync_all(server->fs, directory);
    mem_free(lists.ends);
    mem_free(lists.starts);
    if (server->cores[0].catalog != NULL)
        catalog_free(server->cores[0].catalog);
    for (unsigned i = 0; i < server->core_count; i++)
        shard_close(&server->cores[i].shard);
    if (result == 0)
        result = remove_ours(server);
    if (result == 0)
        result = kafka_write_meta(server->fs, directory, &server->meta);
    if (result == 0)
        result = kafka_write_clean_stop(server->fs, directory, broker_epoch);
    if (result == 0)
        return 0;
    log_error(server->log, "the stop is not clean: %s; the next start recovers",
              result_sentence(result));
    return SERVER_EXIT_IO;
}
