/*
 * A producer snapshot is true for the offset in its name, whatever follows in the log. So a clean
 * stop needs no replay, because one stands at the log's end, and a crash needs only the batches
 * behind the newest one that was certainly on the disk.
 */
#include "partition/recovery_state.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/util.h"
#include "partition/kafka_files.h"
#include "partition/partition.h"
#include "partition/segments_found.h"
#include "protocol/batch.h"
#include "protocol/record.h"

#define EPOCHS_BYTES_MAX (16 * MIB)
#define PATH_BYTES 4096

/* The newest snapshot at or below `limit` that can be read; -1: none. `any` tells whether there are
 * snapshots at all. */
static int64_t load_producers(struct partition *p, const struct segments_found *found,
                              int64_t limit, bool *any, const struct log *log)
{
    int64_t offset;
    struct bytes snapshot;
    *any = false;
    while (limit >= 0) {
        int result = segments_load_snapshot(&p->segments, found, limit, &offset, &snapshot);
        if (result == ERR_NOT_FOUND)
            return -1;
        *any = true;
        if (result == 0) {
            result = producers_snapshot_read(p->producers, snapshot);
            mem_free((void *)(uintptr_t)snapshot.data);
        }
        if (result == 0)
            return offset;
        log_warn(log, "the producer state of %s-%d cannot be read: %s; an older one is taken",
                 p->topic, p->index, result_sentence(result));
        if (result != ERR_CORRUPT && result != ERR_VERSION)
            return -1;
        limit = offset - 1;
    }
    return -1;
}

/* ERR_*: there is none that can be read. `epochs` is the caller's to free in any case. */
static int read_epochs(struct file_system *fs, const struct partition *p, struct epochs *epochs)
{
    char path[PATH_BYTES];
    char *data;
    uint64_t len;
    epochs_init(epochs);
    (void)snprintf(path, sizeof path, "%s/%s", p->segments.directory, KAFKA_EPOCHS_FILE);
    int result = file_load(fs, path, EPOCHS_BYTES_MAX, &data, &len);
    if (result != 0)
        return result;
    result = epochs_parse(epochs, (struct bytes){(uint8_t *)data, len});
    mem_free(data);
    return result;
}

bool recovery_epochs_file_is_current(struct file_system *fs, const struct partition *p,
                                     const struct segments_found *found)
{
    struct epochs epochs;
    if (!found->epochs)
        return p->epochs.count == 0;
    bool current = read_epochs(fs, p, &epochs) == 0 && epochs_equal(&epochs, &p->epochs);
    epochs_fini(&epochs);
    return current;
}

static void load_epochs(struct file_system *fs, struct partition *p, const struct log *log)
{
    struct epochs epochs;
    int result = read_epochs(fs, p, &epochs);
    if (result == ERR_CORRUPT || result == ERR_VERSION || result == ERR_TOO_LARGE)
        log_warn(log, "%s/%s is damaged: leader epochs of %s-%d start anew", p->segments.directory,
                 KAFKA_EPOCHS_FILE, p->topic, p->index);
    if (result != 0) {
        epochs_fini(&epochs);
        return;
    }
    epochs_fini(&p->epochs);
    p->epochs = epochs;
}

int64_t recovery_load_state(struct file_system *fs, struct partition *p,
                            const struct segments_found *found, int64_t limit,
                            const struct log *log)
{
    bool any;
    int64_t offset = load_producers(p, found, limit, &any, log);
    if (found->epochs)
        load_epochs(fs, p, log);
    p->snapshot_end = offset;
    if (limit == INT64_MAX)
        return any ? MAX(offset, 0) : INT64_MAX;
    /* After a crash the file may know of epochs whose batches were lost. */
    epochs_cut_end(&p->epochs, MAX(offset, 0));
    p->epochs_changed = true;
    return MAX(offset, 0);
}

void recovery_load_aborted(struct file_system *fs, struct partition *p,
                           const struct segments_found *found, int64_t replay_from,
                           const struct log *log)
{
    int result = aborted_load(&p->aborted, fs, p->segments.directory, found);
    if (result != 0)
        log_warn(log, "the index of aborted transactions of %s-%d cannot be read: %s", p->topic,
                 p->index, result_sentence(result));
    aborted_cut_end(&p->aborted, replay_from);
}

static bool is_abort(const uint8_t *batch)
{
    struct record record;
    struct reader reader;
    struct bytes records = batch_records(batch, (uint32_t)batch_size(batch));
    reader_init(&reader, records.data, records.len);
    return record_read(&reader, &record) == 0 && control_type(&record) == CONTROL_ABORT;
}

static void replay_marker(struct partition *p, const uint8_t *batch)
{
    struct aborted_entry entry = {
        .producer_id = batch_producer_id(batch),
        .first_offset = producers_transaction_start(p->producers, batch_producer_id(batch)),
        .last_offset = batch_last_offset(batch),
    };
    producers_end_transaction(p->producers, entry.producer_id, batch_producer_epoch(batch),
                              batch_max_timestamp(batch));
    if (entry.first_offset < 0 || !is_abort(batch))
        return;
    int64_t open = producers_first_open(p->producers);
    entry.last_stable = open >= 0 ? open : entry.last_offset + 1;
    aborted_add(&p->aborted, &entry);
}

void recovery_replay_batch(void *context, const uint8_t *batch)
{
    struct partition *p = context;
    epochs_assign(&p->epochs, batch_leader_epoch(batch), batch_base_offset(batch));
    if (batch_producer_id(batch) < 0)
        return;
    if (batch_is_control(batch)) {
        replay_marker(p, batch);
        return;
    }
    struct producer_batch producer =
        producer_batch_of(batch, batch_base_offset(batch), batch_max_timestamp(batch));
    producers_apply(p->producers, &producer, NULL);
}

void recovery_settle(struct partition *p, int64_t replay_from, const struct log *log)
{
    if (replay_from != INT64_MAX && p->log_end < replay_from) {
        log_warn(log, "%s-%d ends at %lld, below its producer state: that starts anew", p->topic,
                 p->index, (long long)p->log_end);
        producers_free(p->producers);
        p->producers = producers_new();
    }
    p->synced_end = p->durable_end = p->log_end;
    p->last_stable = partition_stable_end(p);
}
