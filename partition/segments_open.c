/*
 * Opening a partition's segments at start-up.
 *
 * Three situations, two sources of truth for the end of the log:
 *
 *   ours, after a crash   the checkpoint's synced end: .log files are good below it, and what lies
 *                         above is cut or deleted, since nobody knows whether it is on the disk
 *   a clean stop          files are as they were left: only the last segment is looked into
 *   Kafka, after a crash  its recovery point: every batch from that segment on is checked, the
 *                         first bad one ends the log, and what is kept is synced
 *
 * Only names that vanish have to be durable before the broker writes on: a deleted segment that
 * came back after the next crash would stand between newer ones.
 */
#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "partition/index.h"
#include "partition/segment_recover.h"
#include "partition/segments.h"
#include "partition/segments_found.h"

struct opening {
    struct segments *s;
    const struct segments_load *load;
    struct segments_found found;
    uint8_t *buffer; /* SEGMENT_RECOVER_BUFFER bytes */
    bool ours;
};

static int remove_segment_files(struct opening *o, int64_t base_offset)
{
    o->found.names_changed = true;
    for (int kind = SEGMENT_LOG; kind < SEGMENT_SNAPSHOT; kind++) {
        int result =
            segment_file_remove(o->s->fs, o->s->directory, base_offset, (enum segment_file)kind);
        if (result != 0)
            return result;
    }
    return 0;
}

static int log_size(const struct opening *o, int64_t base_offset, struct file_info *info)
{
    char path[SEGMENT_PATH_SIZE];
    segment_file_path(path, o->s->directory, base_offset, SEGMENT_LOG);
    return file_get_info(o->s->fs, path, info);
}

static int sync_log(const struct opening *o, int64_t base_offset)
{
    char path[SEGMENT_PATH_SIZE];
    segment_file_path(path, o->s->directory, base_offset, SEGMENT_LOG);
    int file = file_open(o->s->fs, path, 0);
    if (file < 0)
        return file;
    int result = file_sync(o->s->fs, file);
    file_close(o->s->fs, file);
    return result;
}

static struct segment *add_segment(struct segments *s, int64_t base_offset)
{
    struct segment *segment = mem_alloc(sizeof *segment);
    segment->base_offset = base_offset;
    segment->max_timestamp = -1;
    segment->max_timestamp_offset = base_offset;
    segment->first_timestamp = -1;
    segment->index.time_last = -1;
    list_push_back(&s->list, &segment->node);
    s->count++;
    return segment;
}

/* The segment at the list's end; `next` is the base offset of the one behind it, if `last` is not
 * set, else where the log ends at most. */
static int recover(struct opening *o, enum segment_trust trust, int64_t next, bool last,
                   bool *damaged)
{
    struct segment *segment = segments_last(o->s);
    struct segment_recover r = {
        .fs = o->s->fs,
        .directory = o->s->directory,
        .trust = trust,
        .last = last,
        .limit = next,
        .buffer = o->buffer,
        .segment = segment,
        .has_indexes = segments_found_has(&o->found, segment->base_offset, SEGMENT_INDEX) &&
                       segments_found_has(&o->found, segment->base_offset, SEGMENT_TIME_INDEX),
    };
    int result = segment_recover_run(&r);
    *damaged = r.damaged;
    if (result == ERR_CORRUPT)
        log_warn(o->s->log, "%s: segment %lld does not check out", o->s->directory,
                 (long long)segment->base_offset);
    if (result == 0 && !last && !r.damaged)
        segment->end_offset = next;
    return result;
}

/* A finished segment that nobody has reason to doubt: its size and its last time entry. */
static int take_finished(struct opening *o, int64_t next)
{
    struct segments *s = o->s;
    struct segment *segment = segments_last(s);
    int64_t base = segment->base_offset;
    bool damaged;
    if (!segments_found_has(&o->found, base, SEGMENT_INDEX) ||
        !segments_found_has(&o->found, base, SEGMENT_TIME_INDEX))
        return recover(o, SEGMENT_TRUST_LOG, next, false, &damaged);
    struct file_info info;
    struct index_file index;
    int result = log_size(o, base, &info);
    if (result == 0)
        result = time_index_open(&index, s->fs, s->directory, base);
    if (result != 0)
        return result;
    struct time_index_entry largest = {-1, base};
    if (index.count > 0)
        result = time_index_get(&index, index.count - 1, &largest);
    bool valid = index.size % TIME_INDEX_ENTRY == 0 && largest.timestamp >= -1 &&
                 largest.offset >= base && largest.offset < next;
    index_close(&index);
    if (result == 0 && !valid)
        return recover(o, SEGMENT_TRUST_LOG, next, false, &damaged);
    segment->synced_bytes = info.size;
    segment->created_ms = segment->modified_ms = info.modified_ms;
    segment->end_offset = next;
    segment->max_timestamp = largest.timestamp;
    segment->max_timestamp_offset = largest.offset;
    segment->index.time_entries = index.count;
    segment->index.time_last = largest.timestamp;
    return result;
}

/* The base offset of the next .log from file `*at` on; moves `*at` behind it. */
static bool next_base(const struct opening *o, uint32_t *at, int64_t *base)
{
    while (*at < o->found.count) {
        const struct segments_found_file *file = &o->found.files[(*at)++];
        if (file->kind != SEGMENT_LOG)
            continue;
        *base = file->offset;
        return true;
    }
    return false;
}

/* Whether a segment is at or above the synced end, and not just an empty one that begins there. */
static int is_above_end(const struct opening *o, int64_t base, bool *above)
{
    struct file_info info;
    int64_t end = o->load->synced_end;
    *above = base > end;
    if (base != end)
        return 0;
    int result = log_size(o, base, &info);
    *above = info.size > 0;
    return result;
}

static int open_last_of_ours(struct opening *o)
{
    int64_t end = o->load->synced_end;
    struct segment *last = segments_last(o->s);
    bool damaged;
    int result = ERR_CORRUPT;
    if (MUTANT(TRUST_UNSYNCED_BYTES))
        return recover(o, SEGMENT_TRUST_LOG, INT64_MAX, true, &damaged);
    if (o->load->trusted)
        result = recover(o, SEGMENT_TRUST_FILES, end, true, &damaged);
    if (!o->load->trusted || result == ERR_CORRUPT || (result == 0 && last->end_offset != end))
        result = recover(o, SEGMENT_TRUST_LOG, end, true, &damaged);
    if (result != 0 || last->end_offset == end)
        return result;
    log_error(o->s->log, "%s ends at offset %lld, not at %lld", o->s->directory,
              (long long)last->end_offset, (long long)end);
    return ERR_CORRUPT;
}

static int open_ours(struct opening *o)
{
    uint32_t at = 0;
    int64_t base = 0;
    int result = 0;
    while (result == 0 && next_base(o, &at, &base)) {
        bool above;
        bool damaged;
        result = is_above_end(o, base, &above);
        if (result == 0 && above)
            result = remove_segment_files(o, base);
        if (result != 0 || above)
            continue;
        if (o->s->count > 0)
            result = o->load->trusted ? take_finished(o, base)
                                      : recover(o, SEGMENT_TRUST_LOG, base, false, &damaged);
        (void)add_segment(o->s, base);
    }
    if (result == 0 && o->s->count > 0)
        return open_last_of_ours(o);
    /* Where all has gone by retention the one segment was empty. A write to it that failed has
     * taken its files away, or left what must not be believed. */
    return result == 0 && o->load->synced_end > o->load->log_start ? ERR_CORRUPT : result;
}

/* One of Kafka's segments; behind it begins `next`, or nothing. */
static int open_one_of_kafka(struct opening *o, int64_t next, bool last, bool *damaged)
{
    const struct segments_load *load = o->load;
    *damaged = false;
    if (load->trusted && !last)
        return take_finished(o, next);
    int result = 0;
    if (load->trusted) {
        result = recover(o, SEGMENT_TRUST_FILES, next, true, damaged);
        if (result != ERR_CORRUPT)
            return result;
    } else if (next <= load->recovery_point) {
        return take_finished(o, next);
    }
    result = recover(o, SEGMENT_TRUST_NOTHING, next, last, damaged);
    return result != 0 ? result : sync_log(o, segments_last(o->s)->base_offset);
}

static int open_kafka(struct opening *o)
{
    uint32_t at = 0;
    int64_t base = 0;
    bool damaged = false;
    int result = 0;
    bool more = next_base(o, &at, &base);
    while (result == 0 && more) {
        (void)add_segment(o->s, base);
        int64_t next = INT64_MAX;
        more = next_base(o, &at, &base);
        if (more)
            next = base;
        result = open_one_of_kafka(o, next, !more, &damaged);
        if (damaged)
            break;
    }
    for (; result == 0 && more; more = next_base(o, &at, &base))
        result = remove_segment_files(o, base);
    if (!o->load->trusted)
        o->found.names_changed = true;
    return result;
}

/* Index files without a .log, and snapshots that belong to no segment, but for the newest. */
static int drop_orphans(struct opening *o)
{
    const struct segment *last = segments_last(o->s);
    int64_t end = last == NULL ? 0 : last->end_offset;
    int64_t newest = -1;
    for (uint32_t i = 0; i < o->found.count; i++)
        if (o->found.files[i].kind == SEGMENT_SNAPSHOT && o->found.files[i].offset <= end)
            newest = o->found.files[i].offset;
    for (uint32_t i = 0; i < o->found.count; i++) {
        const struct segments_found_file *file = &o->found.files[i];
        if (segments_found_has(&o->found, file->offset, SEGMENT_LOG) && file->offset <= end)
            continue;
        if (file->kind == SEGMENT_LOG || (file->kind == SEGMENT_SNAPSHOT && file->offset == newest))
            continue;
        int result = segment_file_remove(o->s->fs, o->s->directory, file->offset, file->kind);
        if (result != 0)
            return result;
    }
    return 0;
}

/* Control batches are told apart by their one record. */
#define CONTROL_BYTES_MAX 512

static int replay_batch(const struct opening *o, const struct segment_scan *scan)
{
    const struct segments_load *load = o->load;
    uint8_t control[CONTROL_BYTES_MAX];
    if (!batch_is_control(scan->header) || scan->batch_size > sizeof control) {
        load->replay(load->context, scan->header);
        return 0;
    }
    int64_t got = file_read(o->s->fs, scan->file, control, scan->batch_size, scan->batch_position);
    if (got < 0)
        return (int)got;
    if ((uint64_t)got != scan->batch_size)
        return ERR_CORRUPT;
    load->replay(load->context, control);
    return 0;
}

static int replay_segment(struct opening *o, const struct segment *segment)
{
    const struct segments_load *load = o->load;
    char path[SEGMENT_PATH_SIZE];
    uint64_t position = 0;
    struct index_file index;
    struct index_entry entry;
    int result = index_open(&index, o->s->fs, o->s->directory, segment->base_offset);
    if (result != 0)
        return result;
    int64_t count = index_count(&index, load->replay_from, segment->synced_bytes);
    if (count > 0 && index_get(&index, (uint32_t)count - 1, &entry) == 0)
        position = entry.position;
    index_close(&index);
    segment_file_path(path, o->s->directory, segment->base_offset, SEGMENT_LOG);
    int file = file_open(o->s->fs, path, FILE_READ);
    if (file < 0)
        return file;
    struct segment_scan scan;
    segment_scan_init(&scan, o->s->fs, file, position, segment->synced_bytes);
    scan.buffer = o->buffer;
    scan.buffer_size = SEGMENT_RECOVER_BUFFER;
    scan.offset_min = segment->base_offset;
    int replayed = 0;
    while (replayed == 0 && (result = segment_scan_next(&scan)) == 1 &&
           batch_base_offset(scan.header) < segment->end_offset)
        if (batch_last_offset(scan.header) >= load->replay_from)
            replayed = replay_batch(o, &scan);
    file_close(o->s->fs, file);
    return replayed != 0 ? replayed : MIN(result, 0);
}

static int replay(struct opening *o)
{
    if (o->load->replay == NULL)
        return 0;
    LIST_EACH(node, &o->s->list) {
        const struct segment *segment = LIST_ENTRY(node, struct segment, node);
        if (segment->end_offset <= o->load->replay_from || segment->synced_bytes == 0)
            continue;
        int result = replay_segment(o, segment);
        if (result != 0)
            return result;
    }
    return 0;
}

static int open_found(struct opening *o)
{
    int result = o->ours ? open_ours(o) : open_kafka(o);
    if (result == 0)
        result = drop_orphans(o);
    if (result == 0 && o->found.names_changed)
        result = file_sync_directory(o->s->fs, o->s->directory);
    return result != 0 ? result : replay(o);
}

int segments_open(struct segments *s, const struct segments_load *load)
{
    ASSERT(list_empty(&s->list) && s->count == 0);
    ASSERT(load->synced_end >= -1);
    struct opening o = {.s = s, .load = load, .ours = load->synced_end >= 0};
    o.buffer = mem_alloc_raw(SEGMENT_RECOVER_BUFFER);
    int result = 0;
    if (load->found != NULL)
        o.found = *load->found;
    else
        result = segments_found_load(&o.found, s->fs, s->directory);
    s->directory_made = !o.found.missing;
    if (result == 0 && o.found.missing)
        result = load->synced_end > 0 ? ERR_CORRUPT : 0;
    else if (result == 0)
        result = open_found(&o);
    if (load->found == NULL)
        segments_found_free(&o.found);
    mem_free(o.buffer);
    if (result == 0)
        return 0;
    struct list *node;
    while ((node = list_pop_front(&s->list)) != NULL)
        mem_free(LIST_ENTRY(node, struct segment, node));
    s->count = 0;
    return result;
}
