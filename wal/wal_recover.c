/*
 * Recovery: which groups of a stream must be kept.
 *
 * Groups are read in order while each is exactly the one expected: uuid, stream, life, sequence,
 * file, position, CRC. A life ends where the head says that the next one begins, whatever its
 * files hold behind that: those writes had failed, even if their bytes arrived. Where a group is
 * missing the next file goes on with it, because the writer had changed files, or it is a gap: then
 * every block of every live file is searched for a group of this life that calls the missing one
 * durable. If there is one, acknowledged records are damaged and nothing may start on them; if
 * there is none, the gap was never acknowledged, nor was anything behind it.
 *
 * Nothing is written here, so a crash during recovery changes nothing.
 */
#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "wal/wal_internal.h"

#define SCAN_BYTES (256 * KIB)
#define GROUP_BYTES_MAX (1 * GIB)

struct recovery {
    struct file_system *fs;
    const char *directory;
    const struct log *log;
    unsigned stream;
    struct wal_head head;
    struct wal_listing listing;
    uint32_t life;     /* index in head.lives */
    uint64_t sequence; /* expected next */
    uint64_t file;     /* its number and position */
    uint64_t position;
    int handle;      /* of the file, -1: none open */
    uint8_t *window; /* bytes of one file, read ahead */
    uint64_t capacity;
    uint64_t window_file;
    uint64_t window_position;
    uint64_t window_len;
    const uint8_t *group; /* in the window */
    wal_visit_fn *visit;
    void *context;
    struct wal_recovered *recovered;
};

static int open_file(struct recovery *r, uint64_t number)
{
    char path[4096];
    wal_file_path(path, r->directory, r->stream, number);
    return file_open(r->fs, path, FILE_READ);
}

static uint64_t file_size(const struct recovery *r, uint64_t number)
{
    char path[4096];
    struct file_info info;
    wal_file_path(path, r->directory, r->stream, number);
    return file_get_info(r->fs, path, &info) == 0 ? info.size : UINT64_MAX;
}

/* A header that was damaged may announce anything: no memory is taken for more than there is. */
static bool may_hold(const struct recovery *r, const struct wal_group_header *h, uint64_t file,
                     uint64_t position)
{
    if (h->len <= WAL_ALIGNMENT)
        return true;
    uint64_t size = file_size(r, file);
    return h->len <= GROUP_BYTES_MAX && position <= size && h->len <= size - position;
}

static bool is_expected(const struct recovery *r, const struct wal_group_header *h, uint64_t file,
                        uint64_t position)
{
    return uuid_equal(h->uuid, r->head.uuid) && h->stream == r->stream &&
           h->life == r->head.lives[r->life].life &&
           (h->sequence == r->sequence || MUTANT(KEEP_BEHIND_HOLE)) && h->file == file &&
           h->position == position;
}

/* `len` bytes of a file at a place, fewer only at its end, or an error. Groups are small and lie
 * behind one another: one read brings many. */
static int64_t read_window(struct recovery *r, int handle, uint64_t file, uint64_t position,
                           uint64_t len)
{
    uint64_t from = position - r->window_position;
    bool here = file == r->window_file && position >= r->window_position;
    if (!here || from + len > r->window_len) {
        if (r->capacity < MAX(len, SCAN_BYTES)) {
            mem_free(r->window);
            r->capacity = MAX(len, SCAN_BYTES);
            r->window = mem_alloc_raw(r->capacity);
        }
        r->window_len = 0;
        int64_t got = file_read(r->fs, handle, r->window, MAX(len, SCAN_BYTES), position);
        if (got < 0)
            return got;
        r->window_file = file;
        r->window_position = position;
        r->window_len = (uint64_t)got;
        from = 0;
    }
    r->group = r->window + from;
    return (int64_t)MIN(len, r->window_len - from);
}

/* The group at a place, whole, in r->group: 1; 0 when it is not the expected one. */
static int read_expected(struct recovery *r, int handle, uint64_t file, uint64_t position,
                         struct wal_group_header *h)
{
    int64_t got = read_window(r, handle, file, position, WAL_ALIGNMENT);
    if (got < 0)
        return (int)got;
    int result = wal_group_decode((struct bytes){r->group, (size_t)got}, h);
    if (result == ERR_VERSION) {
        char path[4096];
        wal_file_path(path, r->directory, r->stream, file);
        log_error(r->log, "%s was written by a newer version", path);
        return result;
    }
    if ((result != 0 && result != ERR_SHORT) || !is_expected(r, h, file, position))
        return 0;
    if (!may_hold(r, h, file, position))
        return 0;
    got = read_window(r, handle, file, position, h->len);
    if (got < 0)
        return (int)got;
    return (uint64_t)got == h->len && wal_group_intact(r->group, h);
}

/* Moves to another file when the expected group is its first. 1: moved. */
static int try_file(struct recovery *r, uint64_t number, struct wal_group_header *h)
{
    int handle = open_file(r, number);
    if (handle == ERR_NOT_FOUND)
        return 0;
    if (handle < 0)
        return handle;
    int result = read_expected(r, handle, number, 0, h);
    if (result != 1) {
        file_close(r->fs, handle);
        return result;
    }
    if (r->handle >= 0)
        file_close(r->fs, r->handle);
    r->handle = handle;
    r->file = number;
    r->position = 0;
    return 1;
}

/* Goes on with the next life where it began in front of the expected group. */
static void follow_lives(struct recovery *r)
{
    while (r->life + 1 < r->head.life_count && r->head.lives[r->life + 1].before <= r->sequence &&
           !MUTANT(MISS_LATER_LIVES)) {
        const struct wal_life *next = &r->head.lives[++r->life];
        if (next->sequence < r->sequence)
            continue; /* recovery begins in the middle of this life, or behind it */
        r->sequence = next->sequence;
        r->file = next->file;
        r->position = 0;
        if (r->handle >= 0)
            file_close(r->fs, r->handle);
        r->handle = -1;
    }
}

/* Looks for the expected group behind the current position and in the next files. 1: found, in
 * r->group. */
static int find_next(struct recovery *r, struct wal_group_header *h)
{
    int result = 0;
    follow_lives(r);
    if (r->handle >= 0)
        result = read_expected(r, r->handle, r->file, r->position, h);
    if (result == 0 && MUTANT(KEEP_BEHIND_HOLE) && r->handle >= 0)
        result = read_expected(r, r->handle, r->file, r->position += WAL_ALIGNMENT, h);
    for (uint32_t i = 0; result == 0 && i < r->listing.count; i++) {
        uint64_t number = r->listing.numbers[i];
        if (number > r->file || (number == r->file && r->handle < 0))
            result = try_file(r, number, h);
    }
    return result;
}

/* Whether one block of a file proves that the missing group was acknowledged. */
static bool is_proof(const struct recovery *r, const struct wal_group_header *h, uint64_t file,
                     uint64_t position)
{
    return uuid_equal(h->uuid, r->head.uuid) && h->stream == r->stream &&
           h->life == r->head.lives[r->life].life && h->file == file && h->position == position &&
           h->sequence > r->sequence && h->durable >= r->sequence;
}

static int proof_intact(struct recovery *r, int handle, const struct wal_group_header *h)
{
    uint8_t *group = mem_alloc_raw(h->len);
    int64_t got = file_read(r->fs, handle, group, h->len, h->position);
    int result = got < 0 ? (int)got : (uint64_t)got == h->len && wal_group_intact(group, h);
    mem_free(group);
    return result;
}

/* 1: the file holds a proof. */
static int search_file(struct recovery *r, uint64_t number)
{
    int handle = open_file(r, number);
    if (handle < 0)
        return handle;
    uint64_t size = file_size(r, number);
    uint64_t bytes = round_up(MIN(MAX(size, 1), SCAN_BYTES), WAL_ALIGNMENT);
    uint8_t *window = mem_alloc_raw(bytes);
    int result = 0;
    int64_t got = (int64_t)bytes;
    for (uint64_t at = 0; result == 0 && got == (int64_t)bytes; at += bytes) {
        got = file_read(r->fs, handle, window, bytes, at);
        if (got < 0)
            result = (int)got;
        for (int64_t i = 0; result == 0 && i + WAL_ALIGNMENT <= got; i += WAL_ALIGNMENT) {
            struct wal_group_header h;
            int decoded = wal_group_decode((struct bytes){window + i, (size_t)(got - i)}, &h);
            if ((decoded == 0 || decoded == ERR_SHORT) &&
                is_proof(r, &h, number, at + (uint64_t)i) &&
                may_hold(r, &h, number, at + (uint64_t)i))
                result = proof_intact(r, handle, &h);
        }
    }
    mem_free(window);
    file_close(r->fs, handle);
    return result;
}

static int report_damage(const struct recovery *r)
{
    char path[4096];
    uint64_t file = r->file;
    uint64_t position = r->position;
    /* Behind the end of a file the next one was to go on. */
    for (uint32_t i = 0; i < r->listing.count && position > 0; i++) {
        if (r->listing.numbers[i] > file && position >= file_size(r, file)) {
            file = r->listing.numbers[i];
            position = 0;
        }
    }
    wal_file_path(path, r->directory, r->stream, file);
    log_error(r->log,
              "%s is damaged at byte %llu: group %llu was acknowledged and cannot be read; restore "
              "the file, or remove the stream to give up its last records",
              path, (unsigned long long)position, (unsigned long long)r->sequence);
    return ERR_CORRUPT;
}

/* At a gap: 0 when nothing proves it. */
static int judge_gap(struct recovery *r)
{
    if (r->life + 1 < r->head.life_count && r->head.lives[r->life + 1].before > r->sequence)
        return report_damage(r);
    for (uint32_t i = 0; i < r->listing.count; i++) {
        if (r->listing.numbers[i] < r->file)
            continue;
        int result = search_file(r, r->listing.numbers[i]);
        if (result < 0)
            return result;
        if (result == 1 && !MUTANT(TRUNCATE_PROVEN_HOLE))
            return report_damage(r);
    }
    return 0;
}

static int take_group(struct recovery *r, const struct wal_group_header *h)
{
    r->recovered->catalog_offset = MAX(r->recovered->catalog_offset, h->catalog_offset);
    int result = wal_group_visit(r->group, h, r->visit, r->context);
    r->recovered->entries += h->entries;
    r->sequence = h->sequence + 1;
    r->position += h->len;
    return result == ERR_MALFORMED ? report_damage(r) : result;
}

static void recovery_place(struct recovery *r, const struct wal_position *from)
{
    const struct wal_life *first = &r->head.lives[0];
    r->sequence = first->sequence;
    r->file = first->file;
    if (from != NULL && from->sequence > r->sequence) {
        r->sequence = from->sequence;
        r->file = from->file;
    }
}

static int recovery_run(struct recovery *r)
{
    struct wal_group_header h;
    int result;
    while ((result = find_next(r, &h)) == 1) {
        result = take_group(r, &h);
        if (result != 0)
            break;
    }
    if (result == 0)
        result = judge_gap(r);
    if (r->handle >= 0)
        file_close(r->fs, r->handle);
    mem_free(r->window);
    return result;
}

int wal_recover(const struct wal_recover_options *options, struct wal_recovered *recovered)
{
    struct file_system *fs = options->fs;
    const char *directory = options->directory;
    unsigned stream = options->stream;
    const struct log *log = options->log;
    struct recovery *r = mem_alloc(sizeof *r);
    *recovered = (struct wal_recovered){.catalog_offset = -1};
    *r = (struct recovery){
        .fs = fs,
        .directory = directory,
        .log = log,
        .stream = stream,
        .handle = -1,
        .visit = options->visit,
        .context = options->context,
        .recovered = recovered,
    };
    int result = wal_head_load(fs, directory, stream, &r->head);
    if (result == ERR_NOT_FOUND) {
        mem_free(r);
        return 0;
    }
    if (result == 0)
        result = wal_list_files(fs, directory, stream, &r->listing);
    if (result != 0) {
        log_error(log, "the head of WAL stream %u in %s cannot be used: %s", stream, directory,
                  result_sentence(result));
        mem_free(r);
        return result;
    }
    recovered->found = true;
    recovery_place(r, options->from);
    result = recovery_run(r);
    recovered->uuid = r->head.uuid;
    recovered->head_number = r->head.number;
    recovered->probed = r->head.probed;
    recovered->dsync = r->head.dsync;
    recovered->life_next = r->head.lives[r->head.life_count - 1].life + 1;
    recovered->sequence_next = MAX(r->sequence, r->head.lives[r->head.life_count - 1].sequence) + 1;
    uint64_t highest = r->listing.count == 0 ? 0 : r->listing.numbers[r->listing.count - 1];
    recovered->file_next = MAX(highest, r->head.lives[r->head.life_count - 1].file) + 1;
    mem_free(r);
    return result;
}
