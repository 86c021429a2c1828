/*
 * Recovery in the order of the header. Entries are gathered per partition in its pending ring, as
 * if they had just been appended, and written to segments in large pieces; nothing is synced until
 * all is written, then everything at once, and only then the new checkpoints say so.
 */
#include "partition/recovery.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "partition/checkpoint.h"
#include "partition/kafka_files.h"
#include "partition/partition.h"
#include "partition/recovery_state.h"
#include "partition/segments_found.h"
#include "protocol/batch.h"

#define STREAMS_MAX 64
#define REPLAY_BYTES_MAX (32 * MIB)

struct recovery_stream {
    bool has_checkpoint;
    struct checkpoint checkpoint;
    struct wal_recovered wal;
};

struct recovery {
    struct file_system *fs;
    const char *directory;
    const struct log *log;
    struct recovery_stream streams[STREAMS_MAX];
    uint64_t wal_streams; /* a bit for each that has WAL files */
    bool ours;            /* checkpoints are there: they know, not Kafka's files */
    bool clean;
    struct kafka_offsets recovery_points;
    struct kafka_offsets log_starts;
    struct kafka_offsets cleaned;
    struct map checkpoints; /* struct checkpoint_partition, the one with the higher end */
    recovery_find_fn *find;
    void *context;
    struct list dirty; /* partitions with replayed entries */
    uint64_t gathered;
    uint64_t entries;
    struct partition **opened; /* all partitions that recovery_open was given */
    uint32_t opened_count;
    uint32_t opened_capacity;
};

/* Finding out what there is. */

struct partition_key {
    struct uuid topic_id;
    int32_t index;
};

static uint64_t key_hash(struct uuid topic_id, int32_t index)
{
    return hash_u64(uuid_hash(topic_id) + (uint64_t)index);
}

static bool checkpoint_matches(const void *item, const void *key)
{
    const struct checkpoint_partition *p = item;
    const struct partition_key *k = key;
    return p->index == k->index && uuid_equal(p->topic_id, k->topic_id);
}

static struct checkpoint_partition *checkpoint_of(const struct recovery *r, struct uuid topic_id,
                                                  int32_t index)
{
    struct partition_key key = {topic_id, index};
    return map_find(&r->checkpoints, key_hash(topic_id, index), checkpoint_matches, &key);
}

/* A change of the core count can leave a partition in two checkpoints. The higher end is the newer
 * one; at the same end only the log start can have moved, and it never goes back. That the end is
 * unknown was said by the last start or the one before it, and until its end nothing was added. */
static bool is_newer(const struct checkpoint_partition *a, const struct checkpoint_partition *b)
{
    if (a->synced_end == SYNCED_END_UNKNOWN || b->synced_end == SYNCED_END_UNKNOWN)
        return b->synced_end != SYNCED_END_UNKNOWN;
    return a->synced_end > b->synced_end;
}

static void checkpoint_add(struct recovery *r, struct checkpoint_partition *p)
{
    struct checkpoint_partition *other = checkpoint_of(r, p->topic_id, p->index);
    if (other != NULL) {
        int64_t log_start = MAX(other->log_start, p->log_start);
        other->log_start = p->log_start = log_start;
    }
    if (other != NULL && !is_newer(p, other) && !MUTANT(TAKE_OLDER_CHECKPOINT))
        return;
    uint64_t hash = key_hash(p->topic_id, p->index);
    if (other != NULL)
        map_remove(&r->checkpoints, hash, other);
    map_insert(&r->checkpoints, hash, p);
}

static int load_checkpoints(struct recovery *r)
{
    uint64_t streams;
    int listed = checkpoint_list_streams(r->fs, r->directory, &streams);
    if (listed != 0)
        return listed;
    for (unsigned i = 0; i < STREAMS_MAX; i++) {
        struct recovery_stream *s = &r->streams[i];
        if ((streams & ((uint64_t)1 << i)) == 0)
            continue;
        int result = checkpoint_load(r->fs, r->directory, i, &s->checkpoint);
        if (result == ERR_NOT_FOUND)
            continue;
        if (result != 0) {
            log_error(r->log, "the checkpoint of stream %u in %s cannot be used: %s", i,
                      r->directory, result_sentence(result));
            return result;
        }
        s->has_checkpoint = true;
    }
    /* Stream 0 is always there, and its checkpoint is the first to go at a clean stop: without it
     * the others do not name every partition, and Kafka's files say everything. */
    r->ours = r->streams[0].has_checkpoint;
    for (unsigned i = 0; r->ours && i < STREAMS_MAX; i++)
        for (uint32_t j = 0; j < r->streams[i].checkpoint.count; j++)
            checkpoint_add(r, &r->streams[i].checkpoint.partitions[j]);
    return 0;
}

static int load_kafka_files(struct recovery *r)
{
    int64_t broker_epoch;
    int result = kafka_load_clean_stop(r->fs, r->directory, &broker_epoch);
    if (result != 0 && result != ERR_NOT_FOUND)
        return result;
    r->clean = result == 0;
    result =
        kafka_load_offsets(r->fs, r->directory, KAFKA_RECOVERY_POINT_FILE, &r->recovery_points);
    if (result != 0)
        return result;
    result = kafka_load_offsets(r->fs, r->directory, KAFKA_LOG_START_FILE, &r->log_starts);
    if (result != 0)
        return result;
    /* Without it everything is cleaned again: no reason not to start. */
    result = kafka_load_offsets(r->fs, r->directory, KAFKA_CLEANED_FILE, &r->cleaned);
    if (result == ERR_CORRUPT || result == ERR_VERSION)
        log_warn(r->log, "%s/%s cannot be used: %s; compacted logs are cleaned from their start",
                 r->directory, KAFKA_CLEANED_FILE, result_sentence(result));
    return result == ERR_CORRUPT || result == ERR_VERSION ? 0 : result;
}

int recovery_begin(struct file_system *fs, const char *directory, const struct log *log,
                   struct recovery **recovery)
{
    struct recovery *r = mem_alloc(sizeof *r);
    r->fs = fs;
    r->directory = directory;
    r->log = log;
    list_init(&r->dirty);
    map_init(&r->checkpoints);
    int result = wal_list_streams(fs, directory, &r->wal_streams);
    if (result == 0)
        result = load_checkpoints(r);
    if (result == 0)
        result = load_kafka_files(r);
    if (result != 0) {
        recovery_end(r);
        return result;
    }
    *recovery = r;
    return 0;
}

static void drop_gathered(struct partition *p)
{
    for (uint32_t i = 0; i < p->pending.count; i++)
        mem_free(pending_at(&p->pending, i)->span.data);
    pending_pop_front(&p->pending, p->pending.count);
}

void recovery_end(struct recovery *r)
{
    struct list *node;
    while ((node = list_pop_front(&r->dirty)) != NULL)
        drop_gathered(LIST_ENTRY(node, struct partition, dirty_node));
    for (unsigned i = 0; i < STREAMS_MAX; i++)
        if (r->streams[i].has_checkpoint)
            checkpoint_free(&r->streams[i].checkpoint);
    map_fini(&r->checkpoints);
    kafka_free_offsets(&r->recovery_points);
    kafka_free_offsets(&r->log_starts);
    kafka_free_offsets(&r->cleaned);
    mem_free(r->opened);
    mem_free(r);
}

/* Opening a partition. */

static void load_checkpointed_state(struct recovery *r, struct partition *p,
                                    const struct checkpoint_partition *c,
                                    const struct segments_found *found)
{
    for (uint32_t i = 0; i < c->epochs.count; i++)
        epochs_assign(&p->epochs, c->epochs.entries[i].epoch, c->epochs.entries[i].start_offset);
    /* One above was told by a batch that was not synced: the WAL tells it again, or it is gone. */
    epochs_cut_end(&p->epochs, p->log_end);
    p->epochs_changed = !recovery_epochs_file_is_current(r->fs, p, found);
    bool has_state = c->producers.len > 0 && !MUTANT(LOSE_PRODUCER_STATE);
    if (has_state && producers_snapshot_read(p->producers, c->producers) != 0)
        log_warn(r->log, "producer state of %s-%d is damaged: it starts anew", p->topic, p->index);
    p->log_start = c->log_start;
}

static void note_opened(struct recovery *r, struct partition *p)
{
    r->opened = mem_grow(r->opened, r->opened_count, &r->opened_capacity, sizeof *r->opened);
    r->opened[r->opened_count++] = p;
}

/* What cannot be opened stays as it was told, whatever has been read of it: the next checkpoint
 * says the same again, and the next start tries again. */
static void leave_unopened(struct recovery *r, struct partition *p, int64_t synced_end, int error)
{
    log_error(r->log, "%s-%d is offline: %s", p->topic, p->index, result_sentence(error));
    p->offline = true;
    p->log_start = 0;
    p->synced_end = synced_end;
    p->log_end = p->durable_end = p->last_stable = MAX(synced_end, 0);
}

/* Kafka's files know where the log begins. ERR_CORRUPT: above its end. */
static int load_kafkas_log_start(struct recovery *r, struct partition *p)
{
    p->log_start =
        MAX(p->log_start, kafka_find_offset(&r->log_starts, p->topic, p->index, p->log_start));
    if (p->log_start <= p->log_end)
        return 0;
    log_error(r->log, "%s-%d begins at %lld, and its segments end at %lld", p->topic, p->index,
              (long long)p->log_start, (long long)p->log_end);
    return ERR_CORRUPT;
}

static int open_segments(struct recovery *r, struct partition *p, const struct segments_load *load)
{
    int result = segments_open(&p->segments, load);
    const struct segment *first = segments_first(&p->segments);
    const struct segment *last = segments_last(&p->segments);
    p->log_start = first == NULL ? 0 : first->base_offset;
    p->log_end = last == NULL ? MAX(load->synced_end, 0) : last->end_offset;
    if (result != 0 || load->synced_end != SYNCED_END_UNKNOWN)
        return result;
    /* A clean stop had synced everything: what is not there any more was taken away. A crash of
     * Kafka may leave a recovery point that is older than the topic. */
    if ((load->trusted || r->ours) && p->log_end < load->recovery_point)
        return ERR_CORRUPT;
    return load_kafkas_log_start(r, p);
}

/* `result` tells whether the directory could be listed. */
static int open_listed(struct recovery *r, struct partition *p, const struct segments_found *found,
                       int result)
{
    const struct checkpoint_partition *c = checkpoint_of(r, p->topic_id, p->index);
    struct segments_load load = {
        .synced_end = r->ours ? 0 : SYNCED_END_UNKNOWN,
        .recovery_point = kafka_find_offset(&r->recovery_points, p->topic, p->index, 0),
        .trusted = r->clean && !r->ours,
        .replay_from = INT64_MAX,
        .replay = recovery_replay_batch,
        .context = p,
        .found = found,
    };
    if (c != NULL) {
        load.synced_end = c->synced_end;
        load.log_start = c->log_start;
    }
    bool known = load.synced_end != SYNCED_END_UNKNOWN;
    if (result == 0 && !known)
        load.replay_from = recovery_load_state(
            r->fs, p, found, load.trusted ? INT64_MAX : load.recovery_point, r->log);
    recovery_load_aborted(r->fs, p, found, load.replay_from, r->log);
    if (result == 0)
        result = open_segments(r, p, &load);
    else
        p->segments.directory_made = true;
    if (result != 0)
        leave_unopened(r, p, load.synced_end, result);
    if (c != NULL && known)
        load_checkpointed_state(r, p, c, found);
    if (p->offline)
        return 0;
    /* What was replayed Kafka may not have in its indexes, and it will trust them. */
    if (load.replay_from < p->log_end)
        result = aborted_store(&p->aborted, &p->segments, load.replay_from);
    if (result != 0)
        return result;
    p->clean_end = kafka_find_offset(&r->cleaned, p->topic, p->index, 0);
    struct uuid topic_id;
    p->metadata_written = p->metadata_written ||
                          (found->metadata && kafka_read_partition_metadata(
                                                  r->fs, p->segments.directory, &topic_id) == 0);
    recovery_settle(p, load.replay_from, r->log);
    return 0;
}

int recovery_open(struct recovery *r, struct partition *p)
{
    struct segments_found found;
    note_opened(r, p);
    int result = segments_found_load(&found, r->fs, p->segments.directory);
    result = open_listed(r, p, &found, result);
    segments_found_free(&found);
    return result;
}

/* Replaying. */

static int write_partition(struct recovery *r, struct partition *p)
{
    uint32_t count = p->pending.count;
    struct segment_write_batch *batches = mem_alloc_array(count, sizeof *batches);
    for (uint32_t i = 0; i < count; i++) {
        const struct pending_batch *pending = pending_at(&p->pending, i);
        batches[i] = (struct segment_write_batch){
            .data = pending->span.data,
            .len = pending->span.len,
            .base_offset = pending->base_offset,
            .last_offset = pending->last_offset,
            .max_timestamp = pending->max_timestamp,
        };
    }
    struct segment_write *write = mem_alloc(sizeof *write);
    int result = 0;
    uint32_t done = 0;
    while (result == 0 && done < count) {
        *write = (struct segment_write){
            .segments = &p->segments,
            .limits = p->limits,
            .batches = batches + done,
            .batch_count = count - done,
        };
        segments_write_begin(&p->segments, write);
        result = write->error = segments_write_run(write);
        segments_write_end(&p->segments, write);
        done += result == 0 ? write->written : 0;
    }
    if (result == 0 && !p->metadata_written) {
        result = kafka_write_partition_metadata(r->fs, p->segments.directory, p->topic_id, false);
        p->metadata_written = result == 0;
    }
    drop_gathered(p);
    recovery_settle(p, INT64_MAX, r->log);
    mem_free(write);
    mem_free(batches);
    return result;
}

static int write_gathered(struct recovery *r)
{
    int result = 0;
    struct list *node;
    while ((node = list_pop_front(&r->dirty)) != NULL) {
        struct partition *p = LIST_ENTRY(node, struct partition, dirty_node);
        int written = write_partition(r, p);
        if (written != 0)
            log_error(r->log, "cannot write what the WAL holds of %s-%d: %s", p->topic, p->index,
                      result_sentence(written));
        result = result == 0 ? written : result;
    }
    r->gathered = 0;
    return result;
}

static int replay_append(struct recovery *r, struct partition *p, struct bytes batch)
{
    if (batch.len < BATCH_HEADER_SIZE || batch_size(batch.data) != (int64_t)batch.len)
        return ERR_CORRUPT;
    if (batch_last_offset(batch.data) < p->log_end)
        return 0;
    if (batch_base_offset(batch.data) != p->log_end) {
        /* It was logged again, with all before it, further on. */
        p->replay_end = MAX(p->replay_end, batch_last_offset(batch.data) + 1);
        return 0;
    }
    struct pending_batch pending = {
        .base_offset = batch_base_offset(batch.data),
        .last_offset = batch_last_offset(batch.data),
        .max_timestamp = batch_max_timestamp(batch.data),
        .span = {.data = mem_alloc(batch.len), .len = (uint32_t)batch.len},
    };
    memcpy(pending.span.data, batch.data, batch.len);
    pending_push(&p->pending, &pending);
    recovery_replay_batch(p, pending.span.data);
    p->log_end = pending.last_offset + 1;
    p->epochs_changed = true;
    if (list_empty(&p->dirty_node))
        list_push_back(&r->dirty, &p->dirty_node);
    r->gathered += batch.len;
    r->entries++;
    return r->gathered >= REPLAY_BYTES_MAX ? write_gathered(r) : 0;
}

/* Acknowledged records that have no place to go. */
static int replay_miss(struct partition *p, struct bytes batch)
{
    if (batch.len < BATCH_HEADER_SIZE)
        return ERR_CORRUPT;
    p->replay_end = MAX(p->replay_end, batch_last_offset(batch.data) + 1);
    return 0;
}

static int replay_entry(void *context, const struct wal_visit *entry)
{
    struct recovery *r = context;
    struct partition *p = r->find(r->context, entry->topic_id, entry->partition);
    if (p == NULL)
        return 0;
    switch (entry->kind) {
    case WAL_BATCH:
        return p->offline ? replay_miss(p, entry->payload) : replay_append(r, p, entry->payload);
    case WAL_LOG_START:
        if (entry->payload.len == 8 && !MUTANT(FORGET_LOG_START))
            p->log_start = MAX(p->log_start, (int64_t)load_be64(entry->payload.data));
        return 0;
    case WAL_EMPTY:
    case WAL_SYNCED_END:
        return 0;
    }
    return ERR_VERSION;
}

/* What replay has passed over must have come again by the end. What belongs to a partition that
 * cannot be opened must not leave the WAL with it, unless its directory was taken away. */
static int settle_missed(struct recovery *r)
{
    int result = 0;
    for (uint32_t i = 0; i < r->opened_count; i++) {
        struct partition *p = r->opened[i];
        if (p->replay_end <= p->log_end)
            continue;
        if (p->offline && p->segments.directory_made) {
            log_error(r->log,
                      "%s-%d cannot be opened, and the WAL holds its acknowledged records from "
                      "%lld to %lld; mend %s, or remove it to give the partition up",
                      p->topic, p->index, (long long)p->log_end, (long long)p->replay_end,
                      p->segments.directory);
            result = ERR_OFFLINE;
            continue;
        }
        log_error(r->log, "%s-%d is offline: its log ends at %lld, the WAL goes on up to %lld",
                  p->topic, p->index, (long long)p->log_end, (long long)p->replay_end);
        p->offline = true;
    }
    return result;
}

/* What lies below the log start is known only when everything is replayed. */
static void settle_log_starts(struct recovery *r)
{
    for (uint32_t i = 0; i < r->opened_count; i++) {
        struct partition *p = r->opened[i];
        if (p->offline)
            continue;
        if (p->log_start > p->log_end) {
            log_error(r->log, "%s-%d is offline: its log begins at %lld and ends at %lld", p->topic,
                      p->index, (long long)p->log_start, (long long)p->log_end);
            p->offline = true;
            continue;
        }
        if (epochs_cut_start(&p->epochs, p->log_start))
            p->epochs_changed = true;
        aborted_cut_start(&p->aborted, p->log_start);
        p->last_stable = partition_stable_end(p);
    }
}

int recovery_replay(struct recovery *r, recovery_find_fn *find, void *context)
{
    r->find = find;
    r->context = context;
    for (unsigned i = 0; i < STREAMS_MAX; i++) {
        struct recovery_stream *s = &r->streams[i];
        if ((r->wal_streams & ((uint64_t)1 << i)) == 0)
            continue;
        struct wal_recover_options options = {
            .fs = r->fs,
            .directory = r->directory,
            .stream = i,
            .from = s->has_checkpoint ? &s->checkpoint.position : NULL,
            .visit = replay_entry,
            .context = r,
            .log = r->log,
        };
        int result = wal_recover(&options, &s->wal);
        if (result != 0)
            return result;
    }
    int result = settle_missed(r);
    if (result == 0)
        result = write_gathered(r);
    settle_log_starts(r);
    return result;
}

int64_t recovery_catalog_offset(const struct recovery *r)
{
    int64_t highest = -1;
    for (unsigned i = 0; i < STREAMS_MAX; i++)
        if (r->streams[i].wal.found)
            highest = MAX(highest, r->streams[i].wal.catalog_offset);
    return highest;
}

uint64_t recovery_entries(const struct recovery *r)
{
    return r->entries;
}

int recovery_sync(struct recovery *r)
{
    return r->entries == 0 || MUTANT(RECOVER_WITHOUT_SYNC) ? 0 : file_sync_all(r->fs, r->directory);
}

/* Going on. */

/* Each stream counts for itself: the number chooses the slot that is overwritten. */
static uint64_t first_number(const struct recovery_stream *s)
{
    return s->has_checkpoint ? s->checkpoint.number + 1 : 1;
}

static struct wal_position first_position(const struct recovery_stream *s)
{
    /* A stop that was cut short may have left the checkpoint alone: the new WAL counts from 1. */
    if (s->has_checkpoint && (s->wal.found || MUTANT(KEEP_OLD_POSITION)))
        return s->checkpoint.position;
    return (struct wal_position){0, 0};
}

static int write_first_checkpoint(struct recovery *r, unsigned stream, const void *data,
                                  uint64_t len)
{
    if (MUTANT(START_WITHOUT_CHECKPOINT))
        return 0;
    int result =
        checkpoint_write(r->fs, r->directory, stream, first_number(&r->streams[stream]), data, len);
    if (result != 0)
        log_error(r->log, "cannot write a checkpoint in %s: %s", r->directory,
                  result_sentence(result));
    return result;
}

static int checkpoint_shard(struct recovery *r, const struct shard *shard, unsigned stream)
{
    const struct recovery_stream *s = &r->streams[stream];
    struct wal_position position = first_position(s);
    uint64_t len = checkpoint_size(shard);
    uint8_t *data = mem_alloc(len);
    checkpoint_encode(shard, first_number(s), &position, data, len);
    int result = write_first_checkpoint(r, stream, data, len);
    mem_free(data);
    return result;
}

/*
 * The first checkpoint of a start names every partition, whatever its stream: those that move to
 * another stream, or come from Kafka, must stand in one before the old one is overwritten, else a
 * crash in between would leave them in none, and so without records.
 */
int recovery_checkpoint_all(struct recovery *r, const struct shard *first)
{
    const struct checkpoint_source all = {r->opened, r->opened_count};
    struct wal_position position = first_position(&r->streams[0]);
    if (MUTANT(CHECKPOINT_OWN_ALONE))
        return checkpoint_shard(r, first, 0);
    uint64_t len = checkpoint_source_size(&all);
    uint8_t *data = mem_alloc(len);
    checkpoint_source_encode(&all, first_number(&r->streams[0]), &position, data, len);
    int result = write_first_checkpoint(r, 0, data, len);
    mem_free(data);
    return result;
}

/* The streams lie on one disk: what one has measured in an earlier life holds for all. */
static void use_probe_of_others(const struct recovery *r, struct wal_recovered *recovered)
{
    for (unsigned i = 0; !recovered->probed && i < STREAMS_MAX; i++) {
        recovered->probed = r->streams[i].wal.probed;
        recovered->dsync = r->streams[i].wal.dsync;
    }
}

/* Nothing of `r` is changed here: others may be doing the same. */
int recovery_start_shard(struct recovery *r, struct shard *shard,
                         const struct shard_options *options)
{
    const struct recovery_stream *s = &r->streams[options->stream];
    struct wal_recovered recovered = s->wal;
    bool empty = list_empty(&shard->partitions) && !s->has_checkpoint;
    /* That of stream 0 is there already, and one that names nothing can be done without. */
    if (options->stream != 0 && !empty) {
        int result = checkpoint_shard(r, shard, options->stream);
        if (result != 0)
            return result;
    }
    flush_init(shard, options->flush_profile, first_number(s));
    use_probe_of_others(r, &recovered);
    return shard_open(shard, options, &recovered);
}

int recovery_drop_streams(struct recovery *r, unsigned count)
{
    for (unsigned i = count; i < STREAMS_MAX; i++) {
        int result = 0;
        if (r->wal_streams & ((uint64_t)1 << i))
            result = wal_remove(r->fs, r->directory, i);
        if (result == 0 && r->streams[i].has_checkpoint)
            result = checkpoint_remove(r->fs, r->directory, i);
        if (result != 0)
            return result;
    }
    return 0;
}

int recovery_write_final(struct file_system *fs, struct partition *p)
{
    if (!p->segments.directory_made || p->offline)
        return 0;
    int result = 0;
    if (!p->metadata_written)
        result = kafka_write_partition_metadata(fs, p->segments.directory, p->topic_id, true);
    if (result == 0 && p->epochs_changed) {
        char *text = epochs_print(&p->epochs);
        result =
            kafka_write_text(fs, p->segments.directory, KAFKA_EPOCHS_FILE, bytes_of_string(text));
        mem_free(text);
    }
    if (result != 0)
        return result;
    /* As it was found at the start: with many idle partitions a stop is made of such files. */
    if (p->snapshot_end == p->log_end)
        return segments_close(&p->segments, (struct bytes){NULL, 0});
    /* Also without a producer: Kafka would else read the log from the last snapshot on. */
    size_t len = producers_snapshot_size(p->producers, p->log_end);
    uint8_t *data = mem_alloc(len);
    producers_snapshot_write(p->producers, p->log_end, data, len);
    result = segments_close(&p->segments, (struct bytes){data, len});
    mem_free(data);
    return result;
}
