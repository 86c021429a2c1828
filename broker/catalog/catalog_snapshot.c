/*
 * A snapshot is built in memory, batch by batch, and written in one piece: it is small beside the
 * log that it stands for.
 */
#include "broker/catalog/catalog_snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/catalog/catalog_state.h"
#include "partition/segment_files.h"
#include "protocol/record.h"
#include "protocol/schema/metadata_records.h"

/* A batch is closed when it has this much; a record of any size finds room in the next. */
#define BATCH_BYTES_GOOD (512 * KIB)
#define BATCH_BYTES (CATALOG_BATCH_BYTES_MAX + MIB)
#define CONTROL_VALUE_BYTES 64
/* A snapshot's header, its first batch, is smaller. */
#define HEAD_BYTES 4096

struct build {
    const struct catalog_snapshot *snapshot;
    uint8_t *file;
    size_t len;
    size_t capacity;
    uint8_t *batch;
    struct batch_builder builder;
    int64_t next_offset; /* inside the snapshot */
};

static void build_begin_batch(struct build *b)
{
    batch_build_begin(&b->builder, b->batch, BATCH_BYTES);
}

/* Appends the gathered batch to the file, and begins the next one. */
static int build_end_batch(struct build *b, uint16_t attributes)
{
    struct batch_build_options options = BATCH_BUILD_PLAIN;
    options.attributes = attributes;
    int32_t count = b->builder.count;
    if (count == 0)
        return 0;
    int64_t size = batch_build_end(&b->builder, &options);
    if (size < 0)
        return (int)size;
    batch_patch_offset(b->batch, b->next_offset);
    batch_patch_leader_epoch(b->batch, b->snapshot->id.epoch);
    if (b->capacity - b->len < (size_t)size) {
        size_t capacity = MAX(b->capacity * 2, b->len + (size_t)size);
        b->file = mem_realloc(b->file, b->capacity, capacity);
        b->capacity = capacity;
    }
    memcpy(b->file + b->len, b->batch, (size_t)size);
    b->len += (size_t)size;
    b->next_offset += count;
    build_begin_batch(b);
    return 0;
}

static void build_control(struct build *b, enum control_type type,
                          const struct message_type *message, const void *value)
{
    uint8_t bytes[CONTROL_VALUE_BYTES];
    struct writer w;
    writer_init(&w, bytes, sizeof bytes);
    int result = message_encode(message, 0, value, &w, NULL);
    ASSERT(result == 0 && w.error == 0);
    batch_build_add_control(&b->builder, type, b->snapshot->now_ms, blob_of(bytes, writer_len(&w)));
}

static int build_header(struct build *b, const struct catalog_state *state)
{
    struct snapshot_header_record header;
    struct k_raft_version_record version;
    message_defaults(&snapshot_header_record_struct, &header);
    message_defaults(&k_raft_version_record_struct, &version);
    header.last_contained_log_timestamp = b->snapshot->last_timestamp;
    version.k_raft_version = catalog_state_kraft_version(state);
    build_control(b, CONTROL_SNAPSHOT_HEADER, &snapshot_header_record_type, &header);
    if (version.k_raft_version > 0) {
        struct blob voters = catalog_state_voters(state);
        build_control(b, CONTROL_KRAFT_VERSION, &k_raft_version_record_type, &version);
        if (voters.len >= 0)
            batch_build_add_control(&b->builder, CONTROL_KRAFT_VOTERS, b->snapshot->now_ms, voters);
    }
    return build_end_batch(b, BATCH_ATTRIBUTE_CONTROL);
}

static int build_record(void *context, struct bytes value)
{
    struct build *b = context;
    if (writer_len(&b->builder.writer) + value.len > BATCH_BYTES_GOOD) {
        int result = build_end_batch(b, 0);
        if (result != 0)
            return result;
    }
    batch_build_add(&b->builder, b->snapshot->now_ms, (struct blob){NULL, -1},
                    blob_of(value.data, value.len));
    return b->builder.writer.error;
}

static int build_footer(struct build *b)
{
    struct snapshot_footer_record footer;
    message_defaults(&snapshot_footer_record_struct, &footer);
    build_control(b, CONTROL_SNAPSHOT_FOOTER, &snapshot_footer_record_type, &footer);
    return build_end_batch(b, BATCH_ATTRIBUTE_CONTROL);
}

int catalog_snapshot_write(struct file_system *fs, const char *directory,
                           const struct catalog_snapshot *snapshot, struct catalog_state *state)
{
    ASSERT(!catalog_state_in_transaction(state));
    /* Mapped: of so much most catalogs touch a few pages. */
    struct build b = {.snapshot = snapshot, .batch = mem_map_raw(BATCH_BYTES)};
    char path[SEGMENT_PATH_SIZE];
    char name[CATALOG_SNAPSHOT_NAME_SIZE];
    catalog_snapshot_print(snapshot->id, name);
    segment_join_path(path, directory, name);
    build_begin_batch(&b);
    int result = build_header(&b, state);
    if (result == 0)
        result = catalog_state_write(state, build_record, &b);
    if (result == 0)
        result = build_end_batch(&b, 0);
    if (result == 0)
        result = build_footer(&b);
    if (result == 0) {
        ASSERT(catalog_snapshot_check(b.file, b.len));
        result = file_replace(fs, path, b.file, b.len);
    }
    mem_free(b.file);
    mem_unmap_raw(b.batch, BATCH_BYTES);
    return result;
}

/* What is there. */

#define SUFFIX_DELETED ".checkpoint.deleted"
#define OLD_NAME_SIZE (CATALOG_SNAPSHOT_NAME_SIZE + sizeof ".deleted")

struct found_snapshots {
    struct catalog_snapshot_entry *items;
    uint32_t count;
    uint32_t capacity;
};

static int note_name(void *context, const char *name, enum file_kind kind)
{
    struct found_snapshots *found = context;
    struct catalog_snapshot_id id;
    if (kind != FILE_KIND_FILE || !catalog_snapshot_parse(name, &id))
        return 0;
    found->items = mem_grow(found->items, found->count, &found->capacity, sizeof *found->items);
    found->items[found->count++] = (struct catalog_snapshot_entry){.id = id};
    return 0;
}

static int entry_order(const void *left, const void *right)
{
    const struct catalog_snapshot_id *a = &((const struct catalog_snapshot_entry *)left)->id;
    const struct catalog_snapshot_id *b = &((const struct catalog_snapshot_entry *)right)->id;
    if (a->end_offset != b->end_offset)
        return a->end_offset < b->end_offset ? -1 : 1;
    return (a->epoch > b->epoch) - (a->epoch < b->epoch);
}

static int look_into(struct file_system *fs, const char *directory,
                     struct catalog_snapshot_entry *entry)
{
    char path[SEGMENT_PATH_SIZE];
    char name[CATALOG_SNAPSHOT_NAME_SIZE];
    uint8_t head[HEAD_BYTES];
    catalog_snapshot_print(entry->id, name);
    segment_join_path(path, directory, name);
    int file = file_open(fs, path, FILE_READ);
    if (file < 0)
        return file;
    struct file_info info;
    int result = file_get_info(fs, path, &info);
    int64_t got = result == 0 ? file_read(fs, file, head, sizeof head, 0) : result;
    file_close(fs, file);
    if (got < 0)
        return (int)got;
    entry->bytes = info.size;
    entry->last_timestamp = catalog_snapshot_timestamp((struct bytes){head, (size_t)got});
    return 0;
}

int catalog_snapshot_list(struct file_system *fs, const char *directory,
                          struct catalog_snapshot_entry **entries, uint32_t *count)
{
    struct found_snapshots found = {0};
    int result = file_list(fs, directory, note_name, &found);
    if (result == ERR_NOT_FOUND)
        result = 0;
    if (found.count > 0)
        qsort(found.items, found.count, sizeof *found.items, entry_order);
    for (uint32_t i = 0; result == 0 && i < found.count; i++)
        result = look_into(fs, directory, &found.items[i]);
    if (result != 0) {
        mem_free(found.items);
        return result;
    }
    *entries = found.items;
    *count = found.count;
    return 0;
}

/* Removal. */

struct old_names {
    int64_t offset;
    char (*items)[OLD_NAME_SIZE];
    uint32_t count;
    uint32_t capacity;
};

static bool is_old(const struct old_names *old, const char *name)
{
    struct catalog_snapshot_id id;
    size_t len = strlen(name);
    size_t suffix = strlen(SUFFIX_DELETED);
    if (len >= OLD_NAME_SIZE)
        return false;
    return (catalog_snapshot_parse(name, &id) && id.end_offset < old->offset) ||
           (len > suffix && strcmp(name + len - suffix, SUFFIX_DELETED) == 0);
}

static int note_old(void *context, const char *name, enum file_kind kind)
{
    struct old_names *old = context;
    if (kind != FILE_KIND_FILE || !is_old(old, name))
        return 0;
    old->items = mem_grow(old->items, old->count, &old->capacity, sizeof *old->items);
    memcpy(old->items[old->count++], name, strlen(name) + 1);
    return 0;
}

int catalog_snapshot_remove_below(struct file_system *fs, const char *directory, int64_t offset)
{
    struct old_names old = {.offset = offset};
    int result = file_list(fs, directory, note_old, &old);
    for (uint32_t i = 0; result == 0 && i < old.count; i++) {
        char path[SEGMENT_PATH_SIZE];
        segment_join_path(path, directory, old.items[i]);
        result = file_remove(fs, path);
    }
    mem_free(old.items);
    return result;
}

/* Making. */

static int make_batch(void *context, const uint8_t *batch, uint32_t len)
{
    return catalog_state_apply(context, batch, len);
}

int catalog_snapshot_make(struct file_system *fs, const char *directory, int64_t offset_limit,
                          int64_t now_ms, struct catalog_snapshot_id *id)
{
    struct catalog_state *state = catalog_state_new();
    struct catalog_reading reading = {
        .fs = fs,
        .directory = directory,
        .offset_limit = offset_limit,
        .batch = make_batch,
        .context = state,
    };
    int result = catalog_files_read(&reading);
    if (result == 0 && reading.next_offset != offset_limit)
        result = ERR_CORRUPT;
    bool nothing_new = reading.has_snapshot && reading.snapshot.end_offset == offset_limit;
    if (reading.has_snapshot)
        *id = reading.snapshot;
    if (result == 0 && !nothing_new && !catalog_state_in_transaction(state)) {
        const struct catalog_snapshot snapshot = {
            .id = {offset_limit, reading.epoch},
            .last_timestamp = reading.last_timestamp,
            .now_ms = now_ms,
        };
        result = catalog_snapshot_write(fs, directory, &snapshot, state);
        if (result == 0)
            *id = snapshot.id;
    }
    catalog_state_free(state);
    return result;
}
