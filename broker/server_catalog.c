/*
 * The catalog at a start and at a stop, as far as it blocks: its partition, Kafka's quorum-state,
 * the newest snapshot and the log behind it, and at a clean stop the next snapshot.
 *
 * A directory of a larger cluster is refused. Its metadata log belongs to a quorum that would go on
 * without us, or its partitions have replicas elsewhere: serving it alone would fork it.
 */
#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "broker/catalog/catalog_snapshot.h"
#include "broker/catalog/quorum_state.h"
#include "broker/server_internal.h"
#include "partition/partition.h"
#include "partition/recovery.h"
#include "partition/strays.h"
#include "protocol/batch.h"

#define BOOTSTRAP_FILE "bootstrap.checkpoint"
#define BOOTSTRAP_BYTES_MAX (64 * MIB)
#define PATH_BYTES 4096

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

static int open_partition(struct server *server, struct recovery *recovery)
{
    struct partition *p = partition_new(server->fs, server->config->log_directory, CATALOG_TOPIC,
                                        catalog_id(), 0, server->log);
    server->catalog_partition = p;
    const char *small = "internal.metadata.log.segment.bytes";
    bool is_small = config_text(server->config, small) != NULL;
    p->limits = (struct segment_limits){
        .segment_bytes = (uint32_t)config_integer(server->config,
                                                  is_small ? small : "metadata.log.segment.bytes"),
        .index_interval_bytes = 4096,
        .index_bytes_max = 10 * MIB,
        .segment_ms = config_integer(server->config, "metadata.log.segment.ms"),
    };
    int result = recovery_open(recovery, p);
    if (result == 0)
        result = recovery_replay(recovery, find_catalog, server);
    if (result == 0 && p->offline)
        result = ERR_CORRUPT;
    bool behind = recovery_catalog_offset(recovery) >= p->log_end;
    if (result == 0 && behind && !MUTANT(ACCEPT_OLDER_CATALOG)) {
        log_error(server->log,
                  "the catalog ends at %lld, but a core had applied %lld: it is "
                  "damaged",
                  (long long)p->log_end, (long long)recovery_catalog_offset(recovery));
        result = ERR_CORRUPT;
    }
    return result;
}

/* Images. */

static int apply_batch(void *context, const uint8_t *batch, uint32_t len)
{
    struct server *server = context;
    for (unsigned i = 0; i < server->core_count; i++) {
        int result = image_apply(&server->cores[i].image, batch, len, NULL);
        if (result != 0)
            return result;
    }
    return 0;
}

static int read_images(struct server *server, struct catalog_reading *reading)
{
    struct partition *p = server->catalog_partition;
    *reading = (struct catalog_reading){
        .fs = server->fs,
        .directory = p->segments.directory,
        .offset_limit = INT64_MAX,
        .log = server->log,
        .batch = apply_batch,
        .context = server,
    };
    int result = catalog_files_read(reading);
    if (result == ERR_VERSION) {
        log_error(server->log, "the catalog has records that Kafka 4.2 does not know: they come "
                               "from a newer version");
        return result;
    }
    if (result == 0 && reading->next_offset != p->log_end)
        result = ERR_CORRUPT;
    if (result == ERR_CORRUPT)
        log_error(server->log, "the catalog can be read up to %lld, and its log ends at %lld",
                  (long long)reading->next_offset, (long long)p->log_end);
    for (unsigned i = 0; i < server->core_count; i++)
        server->cores[i].image.offset = reading->next_offset - 1;
    if (reading->has_snapshot)
        server->catalog_snapshot = reading->snapshot;
    server->catalog_new = !reading->has_snapshot && reading->next_offset == 0;
    return result;
}

/* A directory that kafka-storage has formatted and no broker has used says what to begin with. */
static int load_bootstrap(struct server *server)
{
    char path[PATH_BYTES];
    char *data;
    uint64_t len;
    if (server->cores[0].image.feature_count > 0)
        return 0;
    (void)snprintf(path, sizeof path, "%s/%s", server->config->log_directory, BOOTSTRAP_FILE);
    int result = file_load(server->fs, path, BOOTSTRAP_BYTES_MAX, &data, &len);
    if (result != 0)
        return result == ERR_NOT_FOUND ? 0 : result;
    if (catalog_snapshot_check(data, len)) {
        server->bootstrap = (struct bytes){(const uint8_t *)data, len};
        return 0;
    }
    log_error(server->log, "%s is damaged", path);
    mem_free(data);
    return ERR_CORRUPT;
}

/* What cannot be taken over. */

static int refuse(struct server *server, const char *why)
{
    log_error(server->log, "%s; a directory of a larger cluster cannot be taken over", why);
    return ERR_UNSUPPORTED;
}

static int check_quorum(struct server *server, const struct quorum_state *quorum)
{
    int32_t node = server->meta.node_id;
    if (quorum->leader_id >= 0 && quorum->leader_id != node)
        return refuse(server, "the metadata log follows the controller of another node");
    for (uint32_t i = 0; i < quorum->voter_count; i++)
        if (quorum->voters[i] != node)
            return refuse(server, "the metadata log has a quorum of several controllers");
    if (server->cores[0].image.foreign_voters)
        return refuse(server, "the metadata log has a quorum of other controllers");
    return 0;
}

static int check_partitions(struct server *server)
{
    const struct image *image = &server->cores[0].image;
    uint32_t live;
    for (uint32_t t = 0; t < image->topic_count; t++)
        for (int32_t i = 0; i < image->sorted[t]->partition_count; i++)
            if (image->sorted[t]->partitions[i].foreign)
                return refuse(server, "some partitions have replicas on other brokers");
    if (!server->catalog_new)
        return 0;
    int result = strays_count_live(server->fs, server->config->log_directory, CATALOG_TOPIC, &live);
    if (result == 0 && live > 0)
        return refuse(server, "there are partitions, but no metadata log that names them");
    return result;
}

/* The new epoch. It is in quorum-state before the log has a record of it. */
static int begin_epoch(struct server *server, const struct quorum_state *quorum,
                       int32_t latest_epoch)
{
    struct partition *p = server->catalog_partition;
    int32_t node = server->meta.node_id;
    int32_t epoch = MAX(MAX(epochs_latest(&p->epochs), quorum->leader_epoch), latest_epoch);
    if (epoch == INT32_MAX)
        return ERR_CORRUPT;
    p->leader_epoch = epoch + 1;
    bool voters_in_log = server->catalog_new || server->cores[0].image.kraft_version > 0;
    struct quorum_state next = {
        .version = voters_in_log ? 1 : 0,
        .leader_id = node,
        .leader_epoch = p->leader_epoch,
        .voted_id = -1,
        .voters = {node},
        .voter_count = 1,
    };
    int result = file_make_directory(server->fs, p->segments.directory);
    if (result != 0 && result != ERR_EXISTS)
        return result;
    if (result == 0)
        result = file_sync_directory(server->fs, server->config->log_directory);
    else
        result = 0;
    return result != 0 ? result : quorum_state_write(server->fs, p->segments.directory, &next);
}

int server_catalog_open(struct server *server, struct recovery *recovery)
{
    struct quorum_state quorum = {.leader_id = -1, .leader_epoch = 0, .voted_id = -1};
    struct catalog_reading reading;
    int result = open_partition(server, recovery);
    if (result == 0)
        result = read_images(server, &reading);
    if (result != 0)
        return result;
    const char *directory = server->catalog_partition->segments.directory;
    result = quorum_state_load(server->fs, directory, &quorum);
    if (result == ERR_CORRUPT || result == ERR_VERSION)
        log_error(server->log, "%s/quorum-state cannot be read: %s", directory,
                  result_sentence(result));
    if (result == 0 || result == ERR_NOT_FOUND)
        result = check_quorum(server, &quorum);
    if (result == 0)
        result = check_partitions(server);
    if (result == 0)
        result = load_bootstrap(server);
    return result != 0 ? result : begin_epoch(server, &quorum, reading.epoch);
}

void server_catalog_finish(struct server *server)
{
    const struct partition *p = server->catalog_partition;
    struct catalog_snapshot_id id;
    if (!p->segments.directory_made || p->offline)
        return;
    int result = catalog_snapshot_make(server->fs, p->segments.directory, p->log_end,
                                       io_wall_ms(server->ios[0]), &id);
    /* The log has everything: the next start only takes longer. */
    if (result != 0)
        log_warn(server->log, "no snapshot of the catalog could be written: %s",
                 result_sentence(result));
}
