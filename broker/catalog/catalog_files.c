/*
 * Snapshots are loaded whole and checked before their first batch is passed on, because half of one
 * cannot be taken back. Segments are read in pieces through one buffer that grows to the largest
 * batch.
 */
#include "broker/catalog/catalog_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "partition/segment_files.h"
#include "protocol/record.h"

#define SNAPSHOT_BYTES_MAX (4 * GIB)
#define SNAPSHOT_SUFFIX ".checkpoint"
#define BUFFER_BYTES (1 * MIB)

/* Names. */

void catalog_snapshot_print(struct catalog_snapshot_id id, char name[CATALOG_SNAPSHOT_NAME_SIZE])
{
    int len = snprintf(name, CATALOG_SNAPSHOT_NAME_SIZE, "%020lld-%010d%s",
                       (long long)id.end_offset, id.epoch, SNAPSHOT_SUFFIX);
    ASSERT(len > 0 && len < CATALOG_SNAPSHOT_NAME_SIZE);
}

bool catalog_snapshot_parse(const char *name, struct catalog_snapshot_id *id)
{
    char again[CATALOG_SNAPSHOT_NAME_SIZE];
    if (strlen(name) != 20 + 1 + 10 + strlen(SNAPSHOT_SUFFIX) || name[20] != '-')
        return false;
    long long epoch = strtoll(name + 21, NULL, 10);
    id->end_offset = strtoll(name, NULL, 10);
    id->epoch = (int32_t)MIN(MAX(epoch, 0), INT32_MAX);
    if (id->end_offset < 0)
        return false;
    catalog_snapshot_print(*id, again);
    return strcmp(again, name) == 0;
}

/* What is in the directory. */

struct listing {
    int64_t *logs; /* base offsets */
    uint32_t log_count;
    uint32_t log_capacity;
    struct catalog_snapshot_id *snapshots;
    uint32_t snapshot_count;
    uint32_t snapshot_capacity;
};

static int list_entry(void *context, const char *name, enum file_kind kind)
{
    struct listing *l = context;
    struct catalog_snapshot_id id;
    int64_t offset;
    enum segment_file file;
    if (kind != FILE_KIND_FILE)
        return 0;
    if (catalog_snapshot_parse(name, &id)) {
        l->snapshots =
            mem_grow(l->snapshots, l->snapshot_count, &l->snapshot_capacity, sizeof *l->snapshots);
        l->snapshots[l->snapshot_count++] = id;
    } else if (segment_file_parse(bytes_of_string(name), &offset, &file) && file == SEGMENT_LOG) {
        l->logs = mem_grow(l->logs, l->log_count, &l->log_capacity, sizeof *l->logs);
        l->logs[l->log_count++] = offset;
    }
    return 0;
}

static int log_order(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left;
    int64_t b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* The newest first. */
static int snapshot_order(const void *left, const void *right)
{
    const struct catalog_snapshot_id *a = left;
    const struct catalog_snapshot_id *b = right;
    if (a->end_offset != b->end_offset)
        return a->end_offset > b->end_offset ? -1 : 1;
    return (a->epoch < b->epoch) - (a->epoch > b->epoch);
}

/* Snapshots. */

static bool is_control_of(const uint8_t *batch, uint32_t len, enum control_type type,
                          struct record *record)
{
    struct reader reader;
    struct bytes records = batch_records(batch, len);
    if (!batch_is_control(batch) || batch_record_count(batch) < 1)
        return false;
    reader_init(&reader, records.data, records.len);
    return record_read(&reader, record) == 0 && control_type(record) == (int)type;
}

bool catalog_snapshot_check(const void *file, uint64_t len)
{
    struct bytes left = {file, len};
    struct record record;
    bool first = true;
    bool ended = false;
    while (left.len > 0) {
        int64_t size = ended ? ERR_MALFORMED : batch_check(left);
        if (size < 0)
            return false;
        if (first && !is_control_of(left.data, (uint32_t)size, CONTROL_SNAPSHOT_HEADER, &record))
            return false;
        first = false;
        ended = is_control_of(left.data, (uint32_t)size, CONTROL_SNAPSHOT_FOOTER, &record);
        left.data += size;
        left.len -= (size_t)size;
    }
    return ended;
}

int64_t catalog_snapshot_timestamp(struct bytes file)
{
    struct record record;
    int64_t size = batch_check(file);
    if (size < 0 || !is_control_of(file.data, (uint32_t)size, CONTROL_SNAPSHOT_HEADER, &record) ||
        record.value.len < 10)
        return -1;
    return (int64_t)load_be64(record.value.data + 2);
}

static int pass_snapshot(struct catalog_reading *r, struct bytes file)
{
    r->last_timestamp = catalog_snapshot_timestamp(file);
    while (file.len > 0) {
        int64_t size = batch_check(file);
        ASSERT(size > 0);
        int result = r->batch(r->context, file.data, (uint32_t)size);
        if (result != 0)
            return result;
        file.data += size;
        file.len -= (size_t)size;
    }
    return 0;
}

static int load_snapshot(struct catalog_reading *r, struct catalog_snapshot_id id,
                         struct bytes *file)
{
    char path[SEGMENT_PATH_SIZE];
    char name[CATALOG_SNAPSHOT_NAME_SIZE];
    char *data;
    uint64_t len;
    catalog_snapshot_print(id, name);
    segment_join_path(path, r->directory, name);
    int result = file_load(r->fs, path, SNAPSHOT_BYTES_MAX, &data, &len);
    if (result != 0)
        return result;
    if (catalog_snapshot_check(data, len)) {
        *file = (struct bytes){(const uint8_t *)data, len};
        return 0;
    }
    mem_free(data);
    if (r->log != NULL)
        log_warn(r->log, "%s is damaged: an older snapshot is taken, if there is one", path);
    return ERR_CORRUPT;
}

static int read_snapshot(struct catalog_reading *r, const struct listing *l)
{
    for (uint32_t i = 0; i < l->snapshot_count; i++) {
        struct bytes file;
        if (l->snapshots[i].end_offset > r->offset_limit)
            continue;
        int result = load_snapshot(r, l->snapshots[i], &file);
        if (result == ERR_CORRUPT || result == ERR_NOT_FOUND)
            continue;
        if (result != 0)
            return result;
        r->has_snapshot = true;
        r->snapshot = l->snapshots[i];
        r->next_offset = r->snapshot.end_offset;
        r->epoch = r->snapshot.epoch;
        result = pass_snapshot(r, file);
        mem_free((void *)(uintptr_t)file.data);
        return result;
    }
    return 0;
}

/* The log. */

struct log_cursor {
    struct catalog_reading *reading;
    int file;
    int64_t end_offset; /* where the next segment begins */
    uint64_t position;  /* in the file, of what comes behind the buffer's bytes */
    uint8_t *buffer;
    size_t capacity;
    size_t len;
    bool ended;
};

static int pass_batch(struct log_cursor *c, const uint8_t *batch, uint32_t size)
{
    struct catalog_reading *r = c->reading;
    int64_t base = batch_base_offset(batch);
    if (base >= r->offset_limit || base >= c->end_offset) {
        c->ended = true;
        return 0;
    }
    if (batch_last_offset(batch) < r->next_offset)
        return 0;
    if (base != r->next_offset)
        return ERR_CORRUPT;
    r->next_offset = batch_last_offset(batch) + 1;
    r->epoch = batch_leader_epoch(batch);
    r->last_timestamp = batch_max_timestamp(batch);
    r->log_bytes += size;
    return r->batch(r->context, batch, size);
}

/* Passes on the whole batches in the buffer; what is left moves to its front. */
static int pass_buffer(struct log_cursor *c)
{
    size_t at = 0;
    while (!c->ended) {
        struct bytes left = {c->buffer + at, c->len - at};
        int64_t size = batch_check(left);
        if (size == ERR_SHORT)
            break;
        if (size < 0)
            return ERR_CORRUPT;
        int result = pass_batch(c, left.data, (uint32_t)size);
        if (result != 0)
            return result;
        at += (size_t)size;
    }
    memmove(c->buffer, c->buffer + at, c->len - at);
    c->len -= at;
    return 0;
}

static int fill_buffer(struct log_cursor *c)
{
    if (c->len == c->capacity) {
        if (c->capacity > CATALOG_BATCH_BYTES_MAX)
            return ERR_CORRUPT;
        c->buffer = mem_realloc(c->buffer, c->capacity, c->capacity * 2);
        c->capacity *= 2;
    }
    int64_t got =
        file_read(c->reading->fs, c->file, c->buffer + c->len, c->capacity - c->len, c->position);
    if (got < 0)
        return (int)got;
    c->position += (uint64_t)got;
    c->len += (size_t)got;
    c->ended = got == 0;
    return 0;
}

static int read_segment(struct log_cursor *c, int64_t base, int64_t next_base)
{
    char path[SEGMENT_PATH_SIZE];
    struct catalog_reading *r = c->reading;
    segment_file_path(path, r->directory, base, SEGMENT_LOG);
    c->file = file_open(r->fs, path, FILE_READ);
    if (c->file < 0)
        return c->file;
    c->end_offset = next_base;
    c->position = 0;
    c->len = 0;
    c->ended = false;
    int result = 0;
    while (result == 0 && !c->ended) {
        result = fill_buffer(c);
        if (result == 0 && !c->ended)
            result = pass_buffer(c);
    }
    file_close(r->fs, c->file);
    return result;
}

static int read_log(struct catalog_reading *r, const struct listing *l)
{
    struct log_cursor cursor = {
        .reading = r,
        .buffer = mem_alloc_raw(BUFFER_BYTES),
        .capacity = BUFFER_BYTES,
    };
    int result = 0;
    for (uint32_t i = 0; result == 0 && i < l->log_count; i++) {
        int64_t next_base = i + 1 < l->log_count ? l->logs[i + 1] : INT64_MAX;
        if (next_base <= r->next_offset)
            continue;
        /* An empty segment above may begin anywhere; a log that ends before it is found out by
         * whoever knows its end. */
        if (l->logs[i] >= r->offset_limit)
            break;
        if (l->logs[i] > r->next_offset)
            result = ERR_CORRUPT;
        else
            result = read_segment(&cursor, l->logs[i], next_base);
    }
    mem_free(cursor.buffer);
    return result;
}

int catalog_files_read(struct catalog_reading *r)
{
    struct listing l = {0};
    r->has_snapshot = false;
    r->next_offset = 0;
    r->epoch = 0;
    r->last_timestamp = -1;
    r->log_bytes = 0;
    int result = file_list(r->fs, r->directory, list_entry, &l);
    if (result == ERR_NOT_FOUND)
        return 0;
    if (l.log_count > 0)
        qsort(l.logs, l.log_count, sizeof *l.logs, log_order);
    if (l.snapshot_count > 0)
        qsort(l.snapshots, l.snapshot_count, sizeof *l.snapshots, snapshot_order);
    if (result == 0)
        result = read_snapshot(r, &l);
    if (result == 0)
        result = read_log(r, &l);
    mem_free(l.logs);
    mem_free(l.snapshots);
    return result;
}
