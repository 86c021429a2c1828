/*
 * From the directory to cores with images and partitions, and back to a directory that Kafka takes.
 */
#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "broker/catalog/catalog.h"
#include "broker/cleaning.h"
#include "broker/partitions.h"
#include "broker/server_internal.h"
#include "partition/checkpoint.h"
#include "partition/partition.h"
#include "partition/recovery.h"
#include "partition/strays.h"

/* What it takes to fill it with zeros is a part of a start. */
#define WAL_FIRST_FILE_BYTES (256 * KIB)

static struct partition *find_any(void *context, struct uuid topic_id, int32_t index)
{
    struct server *server = context;
    struct partition *catalog = server->catalog_partition;
    if (index == catalog->index && uuid_equal(topic_id, catalog->topic_id))
        return catalog;
    unsigned owner = index < 0 ? 0 : core_of_partition(server->core_count, topic_id, index);
    return image_partition_here(&server->cores[owner].image, topic_id, index);
}

/* Whether a directory is a partition's, for strays_set_aside. Its partition.metadata need not be
 * read again. */
static bool is_known(void *context, const char *topic, int32_t index, const struct uuid *topic_id)
{
    struct server *server = context;
    struct image_topic *found = image_topic_named(&server->cores[0].image, bytes_of_string(topic));
    if (found == NULL || image_partition_at(found, index) == NULL)
        return false;
    if (topic_id == NULL)
        return true;
    if (!uuid_equal(*topic_id, found->id))
        return false;
    find_any(server, found->id, index)->metadata_written = true;
    return true;
}

/* Not opened yet. */
static void make_partitions(struct server *server)
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
                partition_configure(p, image, topic);
                place->partition = p;
            }
        }
    }
}

static int open_partitions(struct server *server, struct recovery *recovery)
{
    for (unsigned i = 0; i < server->core_count; i++) {
        struct image *image = &server->cores[i].image;
        for (uint32_t t = 0; t < image->topic_count; t++) {
            struct image_topic *topic = image->sorted[t];
            for (int32_t index = 0; index < topic->partition_count; index++) {
                struct partition *p = topic->partitions[index].partition;
                int result = p == NULL ? 0 : recovery_open(recovery, p);
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

/* One core's part of a start, in a thread of its own. */
struct shard_start {
    struct server *server;
    struct recovery *recovery;
    unsigned core;
    struct io_thread *thread; /* null: none */
    int result;
};

static void start_shard(void *context)
{
    struct shard_start *start = context;
    const struct config *config = start->server->config;
    struct core *core = &start->server->cores[start->core];
    struct shard_options options = {
        .io = core->io,
        .log_directory = config->log_directory,
        .stream = start->core,
        .flush_profile = config->flush_profile,
        .wal = {.file_bytes = config->wal_file_bytes,
                .files_max = MAX(config->wal_bytes_max / config->wal_file_bytes, 2),
                .first_file_bytes = MIN(WAL_FIRST_FILE_BYTES, config->wal_file_bytes),
                .memory_bytes = config->memory_bytes / 2,
                .profile = config->wal_profile},
        .log = &core->log,
    };
    start->result = recovery_start_shard(start->recovery, &core->shard, &options);
    if (start->result != 0)
        return;
    wal_set_catalog_offset(core->shard.wal, core->image.offset);
    cleaning_configure(core);
}

/* A stream begins with a dozen calls that wait for the disk: side by side they take hardly longer
 * than those of one. Where there is no thread to be had they go one after the other. */
static int start_side_by_side(struct server *server, struct recovery *recovery)
{
    struct shard_start *starts = mem_alloc_array(server->core_count, sizeof *starts);
    int result = 0;
    for (unsigned i = server->core_count; i-- > 0;) {
        starts[i] = (struct shard_start){server, recovery, i, NULL, 0};
        if (i == 0 || io_thread_start(&starts[i].thread, "start", -1, start_shard, &starts[i]) != 0)
            start_shard(&starts[i]);
    }
    for (unsigned i = 0; i < server->core_count; i++) {
        if (starts[i].thread != NULL)
            io_thread_join(starts[i].thread);
        result = result == 0 ? starts[i].result : result;
    }
    mem_free(starts);
    return result;
}

static int start_shards(struct server *server, struct recovery *recovery)
{
    shard_attach(&server->cores[0].shard, server->catalog_partition);
    for (unsigned i = 0; i < server->core_count; i++)
        attach_partitions(server, i);
    int result = recovery_checkpoint_all(recovery, &server->cores[0].shard);
    if (result == 0)
        result = start_side_by_side(server, recovery);
    if (result != 0)
        return result;
    server->cores[0].catalog =
        catalog_new(&server->cores[0], server->catalog_partition, server->catalog_snapshot);
    return recovery_drop_streams(recovery, server->core_count);
}

static int recover(struct server *server, struct recovery *recovery)
{
    const char *directory = server->config->log_directory;
    int result = server_catalog_open(server, recovery);
    if (result == 0)
        make_partitions(server);
    if (result == 0)
        result = strays_set_aside(server->fs, directory, is_known, server, server->log);
    if (result == 0)
        result = open_partitions(server, recovery);
    if (result == 0)
        result = recovery_replay(recovery, find_any, server);
    if (result == 0)
        result = recovery_sync(recovery);
    if (result == 0 && !MUTANT(LEAVE_CLEAN_MARKER))
        result = kafka_remove_clean_stop(server->fs, directory);
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
    struct kafka_offset *cleaned;
    uint32_t count;
    uint32_t cleaned_count;
};

static int finish_partition(struct server *server, struct partition *p, struct offset_lists *lists)
{
    int result = recovery_write_final(server->fs, p);
    /* Kafka keeps the metadata log out of these files. */
    if (p == server->catalog_partition)
        return result;
    lists->ends[lists->count] = (struct kafka_offset){p->topic, p->index, p->log_end};
    lists->starts[lists->count] = (struct kafka_offset){p->topic, p->index, p->log_start};
    lists->count++;
    if (p->cleanup_limits.compact)
        lists->cleaned[lists->cleaned_count++] =
            (struct kafka_offset){p->topic, p->index, p->clean_end};
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
    if (result == 0)
        result = kafka_write_offsets(server->fs, directory, KAFKA_CLEANED_FILE, lists->cleaned,
                                     lists->cleaned_count);
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

/* What a start needs to know to open such a partition after all stands in our files, and Kafka
 * would take what it cannot read for empty: they stay. */
static int refuse_offline(const struct server *server)
{
    int result = 0;
    for (unsigned i = 0; i < server->core_count; i++)
        LIST_EACH(node, &server->cores[i].shard.partitions) {
            const struct partition *p = LIST_ENTRY(node, struct partition, shard_node);
            if (!p->offline)
                continue;
            log_warn(server->log, "%s-%d is offline", p->topic, p->index);
            result = ERR_OFFLINE;
        }
    return result;
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
    lists.cleaned = mem_alloc_array(count, sizeof *lists.cleaned);
    int result = refuse_offline(server);
    if (result == 0)
        result = finish_partitions(server, &lists);
    if (result == 0)
        server_catalog_finish(server);
    if (result == 0)
        result = file_sync_all(server->fs, directory);
    mem_free(lists.ends);
    mem_free(lists.starts);
    mem_free(lists.cleaned);
    if (server->cores[0].catalog != NULL)
        catalog_free(server->cores[0].catalog);
    for (unsigned i = 0; i < server->core_count; i++)
        shard_close(&server->cores[i].shard);
    if (result == 0 && MUTANT(MARK_BEFORE_EMPTY))
        result = kafka_write_clean_stop(server->fs, directory, broker_epoch);
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
