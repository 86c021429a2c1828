/*
 * WAL files: zero-filled ahead of use, taken in order, recycled.
 *
 * Writing into blocks that were written before is what makes a DSYNC write cheap, so a file is
 * filled with zeros once, in the background, and then used again under another number for ever.
 * At least one spare is kept ready. What a recycled file still holds is harmless: its groups name
 * another life, file number or position.
 *
 * A stream begins with a small file, so that a start is quick; the second one has 4 MiB, and each
 * further one is four times as large, up to the full size, or to what the free space allows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "wal/wal_internal.h"
#include "wal/wal_reserve.h"

/* Zeros are written in pieces of so much, all from the same few pages. */
#define FILL_BYTES WAL_FIRST_FILE_UNIT
#define FILL_PARTS 16
#define FILE_GROWTH 4
#define SECOND_FILE_BYTES (4 * MIB)
#define FREE_FILES_MAX 4
#define PATH_BYTES 4096
/* A new file takes at most this part of the free space, its share of the reserve included. */
#define SPACE_SHARE 4
#define PREPARE_RETRY_NS (500 * NS_PER_MS)
/* The part of the last file that is for what frees space, and how much is enough. */
#define MARGIN_SHARE 4
#define MARGIN_MAX MIB
#define PROBE_WRITES 3

static const char *directory_of(const struct wal *wal)
{
    return wal->options.directory;
}

static struct file_system *files_of(const struct wal *wal)
{
    return io_files(wal->options.io);
}

static void path_of(const struct wal *wal, char *path, uint64_t number)
{
    wal_file_path(path, directory_of(wal), wal->options.stream, number);
}

static int fill_with_zeros(struct file_system *fs, int file, uint64_t size)
{
    uint8_t *zeros = mem_map(FILL_BYTES);
    struct iovec parts[FILL_PARTS];
    int result = 0;
    ASSERT(size % FILL_BYTES == 0);
    for (int i = 0; i < FILL_PARTS; i++)
        parts[i] = (struct iovec){zeros, FILL_BYTES};
    for (uint64_t at = 0; result == 0 && at < size; at += FILL_PARTS * FILL_BYTES) {
        uint64_t count = MIN((size - at) / FILL_BYTES, (uint64_t)FILL_PARTS);
        result = file_write_parts(fs, file, parts, (int)count, at);
    }
    if (result == 0)
        result = file_sync(fs, file);
    mem_unmap(zeros, FILL_BYTES);
    return result;
}

static void file_give_up(const struct wal *wal, const struct wal_file *f)
{
    char path[PATH_BYTES];
    path_of(wal, path, f->number);
    file_close(files_of(wal), f->file);
    int ignored = file_remove(files_of(wal), path);
    (void)ignored;
}

static int file_make(const struct wal *wal, struct wal_file *f)
{
    struct file_system *fs = files_of(wal);
    char path[PATH_BYTES];
    path_of(wal, path, f->number);
    unsigned flags = FILE_CREATE | FILE_TRUNCATE | (wal->direct ? FILE_DIRECT : 0);
    f->file = file_open(fs, path, flags);
    if (f->file < 0)
        return f->file;
    int result = fill_with_zeros(fs, f->file, f->size);
    /* The first file of a new stream gets its name with the head's: before, it means nothing. */
    bool named_later = wal->head.number == 0;
    if (result == 0 && !named_later && !MUTANT(FORGET_WAL_NAME))
        result = file_sync_directory(fs, directory_of(wal));
    if (result != 0)
        file_give_up(wal, f);
    return result;
}

static int file_recycle(const struct wal *wal, const struct wal_file *f, uint64_t from)
{
    struct file_system *fs = files_of(wal);
    char old[PATH_BYTES];
    char new[PATH_BYTES];
    path_of(wal, old, from);
    path_of(wal, new, f->number);
    int result = file_rename(fs, old, new);
    if (result == 0)
        result = file_sync_directory(fs, directory_of(wal));
    if (result != 0) {
        file_close(fs, f->file);
        /* Whichever name it has now. */
        int ignored = file_remove(fs, old) + file_remove(fs, new);
        (void)ignored;
    }
    return result;
}

/* The size that the free space allows, not below what is needed. */
static uint64_t file_size_for(const struct wal *wal, uint64_t wanted, uint64_t least)
{
    struct file_space space;
    if (file_get_space(files_of(wal), directory_of(wal), &space) != 0)
        return wanted;
    while (wanted / 2 >= least && wanted * 2 > space.free_bytes / SPACE_SHARE)
        wanted = round_up(wanted / 2, MIB);
    return wanted;
}

struct probe {
    int file;
    bool dsync;
    uint64_t best_ns;
};

static int probe_write(const struct wal *wal, struct probe *probe, const uint8_t *block,
                       unsigned turn)
{
    struct file_system *fs = files_of(wal);
    /* Each has blocks of its own: a block's second write may be cheaper. */
    uint64_t pos = (2 * (uint64_t)turn + probe->dsync) * WAL_ALIGNMENT;
    uint64_t start = io_now_precise(wal->options.io);
    int result = file_write(fs, probe->file, block, WAL_ALIGNMENT, pos);
    if (result == 0 && !probe->dsync)
        result = file_sync(fs, probe->file);
    uint64_t took = io_now_precise(wal->options.io) - start;
    probe->best_ns = MIN(probe->best_ns, took);
    return result;
}

static int probe_run(const struct wal *wal, struct probe *probes)
{
    uint8_t *block = mem_map(WAL_ALIGNMENT);
    int result = 0;
    for (unsigned turn = 0; result == 0 && turn < PROBE_WRITES; turn++) {
        result = probe_write(wal, &probes[0], block, turn);
        if (result == 0)
            result = probe_write(wal, &probes[1], block, turn);
    }
    mem_unmap(block, WAL_ALIGNMENT);
    return result;
}

static int probe_open(const struct wal *wal, struct probe *probe, uint64_t number)
{
    char path[PATH_BYTES];
    path_of(wal, path, number);
    probe->best_ns = UINT64_MAX;
    unsigned flags = (probe->dsync ? FILE_DSYNC : 0u) | (wal->direct ? FILE_DIRECT : 0u);
    probe->file = file_open(files_of(wal), path, flags);
    return MIN(probe->file, 0);
}

/* Some consumer drives take a write and a sync sooner than a DSYNC write. They must be clearly
 * sooner: a sync costs the ring a worker thread, a DSYNC write does not. The best of several turns
 * counts, so that a neighbour's load does not decide. Until it is known groups are DSYNC writes.
 * The file is one that is ready and that no group has been written to. */
static int disk_probe(const struct wal *wal, uint64_t number, bool *dsync)
{
    struct probe probes[2] = {{.dsync = true}, {.dsync = false}};
    int result = probe_open(wal, &probes[0], number);
    if (result != 0)
        return result;
    result = probe_open(wal, &probes[1], number);
    if (result == 0) {
        result = probe_run(wal, probes);
        file_close(files_of(wal), probes[1].file);
    }
    file_close(files_of(wal), probes[0].file);
    if (result != 0)
        return result;
    *dsync = probes[0].best_ns <= 2 * probes[1].best_ns;
    log_info(wal->options.log, "disk probe: DSYNC write %llu us, write and sync %llu us: using %s",
             (unsigned long long)(probes[0].best_ns / NS_PER_US),
             (unsigned long long)(probes[1].best_ns / NS_PER_US),
             *dsync ? "DSYNC" : "write and sync");
    return 0;
}

/* A head that cannot be stored is no reason against the file: the next start probes again. Nobody
 * else stores it while the job runs. */
static int job_probe(struct wal *wal, const struct wal_file *made)
{
    struct wal_job *job = &wal->job;
    job->head = wal->head;
    int result = disk_probe(wal, made->number, &job->head.dsync);
    if (result != 0)
        return result;
    job->head.probed = job->probed = true;
    int ignored = wal_head_store(files_of(wal), directory_of(wal), &job->head);
    (void)ignored;
    return 0;
}

/* Its part of the reserve comes first: a start must be able to write what the file will hold. */
static int job_make_file(struct wal *wal)
{
    struct wal_job *job = &wal->job;
    struct wal_file made = *job->prepare;
    made.size = file_size_for(wal, job->prepare_bytes, job->prepare_least);
    job->prepare_bytes = made.size;
    int result = wal_reserve_grow(files_of(wal), directory_of(wal), wal->options.stream,
                                  job->reserve_bytes + made.size);
    if (result == 0)
        result = file_make(wal, &made);
    job->made = made.file;
    if (result != 0 || !job->probe)
        return result;
    result = job_probe(wal, &made);
    if (result != 0)
        file_give_up(wal, &made);
    return result;
}

static int job_run(struct file_system *fs, void *context)
{
    struct wal_job *job = context;
    struct wal *wal = job->wal;
    if (job->store_head && !MUTANT(FORGET_NEW_LIFE))
        job->head_result = wal_head_store(fs, directory_of(wal), &wal->head);
    for (uint32_t i = 0; i < job->remove_count; i++) {
        char path[PATH_BYTES];
        path_of(wal, path, job->remove[i]);
        int ignored = file_remove(fs, path);
        (void)ignored;
    }
    if (job->prepare != NULL && job->from_number != UINT64_MAX)
        job->prepare_result = file_recycle(wal, job->prepare, job->from_number);
    else if (job->prepare != NULL)
        job->prepare_result = job_make_file(wal);
    if (job->reserve)
        job->reserve_result =
            wal_reserve_grow(fs, directory_of(wal), wal->options.stream, job->reserve_bytes);
    return 0;
}

static void prepare_failed(struct wal *wal)
{
    wal->next = NEXT_FAILED;
    wal->prepare_retry_ns = io_now(wal->options.io) + PREPARE_RETRY_NS;
}

static void file_prepared(struct wal *wal)
{
    struct wal_job *job = &wal->job;
    struct wal_file *f = job->prepare;
    job->prepare = NULL;
    if (job->prepare_result != 0) {
        f->state = FILE_UNUSED;
        prepare_failed(wal);
        log_warn(wal->options.log, "cannot prepare a WAL file: %s",
                 result_sentence(job->prepare_result));
        return;
    }
    f->state = FILE_SPARE;
    wal->next = NEXT_COMES;
    wal->prepare_retry_ns = 0;
    if (job->from_number == UINT64_MAX) {
        f->size = job->prepare_bytes;
        f->file = job->made;
    }
    /* Groups that are out as DSYNC writes may be synced once more. */
    if (job->probed)
        wal->head = job->head;
    job->probed = false;
}

static void say_reserve_short(const struct wal *wal, int error)
{
    log_warn(wal->options.log, "no room for the disk-full reserve in %s: %s", directory_of(wal),
             result_sentence(error));
}

static void reserve_grown(struct wal *wal)
{
    struct wal_job *job = &wal->job;
    job->reserve = false;
    enum wal_reserve before = wal->reserve;
    if (job->reserve_result == 0) {
        wal->reserve = RESERVE_COVERS;
        wal->next = NEXT_COMES;
        if (before == RESERVE_SHORT)
            log_info(wal->options.log, "the disk-full reserve is complete again");
    } else {
        prepare_failed(wal);
        wal->reserve = RESERVE_SHORT;
        if (before == RESERVE_COMES)
            say_reserve_short(wal, job->reserve_result);
    }
    if (before == RESERVE_COMES)
        wal->options.owner->reserve_settled(wal->options.owner);
}

static void job_done(struct io_op *op, const struct io_event *event)
{
    struct wal_job *job = CONTAINER_OF(op, struct wal_job, op);
    struct wal *wal = job->wal;
    (void)event;
    job->running = false;
    job->remove_count = 0;
    if (job->prepare != NULL)
        file_prepared(wal);
    if (job->reserve)
        reserve_grown(wal);
    bool stored = job->store_head;
    job->store_head = false;
    wal_job_finished(wal, stored);
}

static struct wal_file *file_in_state(struct wal *wal, enum file_state state)
{
    struct wal_file *found = NULL;
    for (size_t i = 0; i < wal->file_slots; i++) {
        struct wal_file *f = &wal->files[i];
        if (f->state == state && (found == NULL || f->number < found->number))
            found = f;
    }
    return found;
}

/* An empty one, or null. */
static struct wal_file *file_slot(struct wal *wal)
{
    struct wal_file *f = file_in_state(wal, FILE_UNUSED);
    if (f != NULL || wal->file_slots == WAL_FILES_MAX)
        return f;
    return &wal->files[wal->file_slots];
}

/* Sealed files that are about to be deleted do not count. */
static uint64_t files_bytes(const struct wal *wal)
{
    uint64_t total = 0;
    for (size_t i = 0; i < wal->file_slots; i++) {
        const struct wal_file *f = &wal->files[i];
        if (f->state != FILE_UNUSED && (f->state != FILE_SEALED || f->live > 0))
            total += f->size;
    }
    return total;
}

/* A new life may have one file above the limit: what the failed one holds is flushed later. */
static bool space_for(const struct wal *wal, uint64_t size)
{
    uint64_t limit = wal->options.files_max * wal->options.file_bytes;
    if (wal->state == WAL_FAILING)
        limit += wal->options.file_bytes;
    return files_bytes(wal) + size <= limit;
}

/* The next file to make: a recycled one, or a larger one than the last. */
static bool job_plan_file(struct wal *wal)
{
    struct wal_job *job = &wal->job;
    struct wal_file *f = file_in_state(wal, FILE_FREE);
    if (f != NULL && f->size >= wal->wanted_len) {
        job->from_number = f->number;
    } else {
        uint64_t least = round_up(MAX(wal->options.first_file_bytes, wal->wanted_len), MIB);
        uint64_t size = MAX(wal->current->size * FILE_GROWTH, SECOND_FILE_BYTES);
        size = MAX(MIN(size, wal->options.file_bytes), least);
        f = file_slot(wal);
        if (f == NULL || !space_for(wal, size))
            return false;
        job->reserve_bytes = files_bytes(wal);
        job->prepare_bytes = size;
        job->prepare_least = least;
        *f = (struct wal_file){.size = size};
        wal->file_slots = MAX(wal->file_slots, (uint32_t)(f - wal->files) + 1);
        job->from_number = UINT64_MAX;
    }
    f->state = FILE_PREPARING;
    f->number = wal->file_next++;
    f->position = 0;
    f->live = f->planned = 0;
    f->first_sequence = f->end_sequence = 0;
    job->prepare = f;
    return true;
}

/* Whether a file is to be made now. What failed last time is in doubt until it has succeeded. */
static bool job_wants_file(struct wal *wal)
{
    if (file_in_state(wal, FILE_SPARE) != NULL) {
        wal->next = NEXT_COMES;
        return false;
    }
    if (!job_plan_file(wal)) {
        wal->next = NEXT_FULL;
        return false;
    }
    if (wal->next == NEXT_FULL)
        wal->next = NEXT_COMES;
    return true;
}

void wal_files_prepare(struct wal *wal)
{
    struct wal_job *job = &wal->job;
    if (job->running)
        return;
    bool wanted = job->store_head || job->remove_count > 0;
    job->prepare_result = 0;
    /* Storing the head must not wait for zeros. */
    bool may_prepare = !job->store_head && (wal->state == WAL_FAILING ||
                                            wal->prepare_retry_ns <= io_now(wal->options.io));
    if (wal->draining && list_empty(&wal->groups))
        may_prepare = false;
    job->reserve = wal->reserve != RESERVE_COVERS && may_prepare && wal->state == WAL_ONLINE;
    if (job->reserve) {
        job->reserve_bytes = files_bytes(wal);
        wanted = true;
    } else if (may_prepare && job_wants_file(wal)) {
        wanted = true;
    }
    if (!wanted)
        return;
    job->wal = wal;
    job->probe = wal->state == WAL_ONLINE && !wal->head.probed;
    job->head_result = 0;
    job->running = true;
    job->op.done = job_done;
    io_job(wal->options.io, &job->op, 2, job_run, job);
}

uint64_t wal_file_margin(const struct wal_file *f)
{
    return round_up(MIN(f->size / MARGIN_SHARE, MARGIN_MAX), WAL_ALIGNMENT);
}

static bool has_room(struct wal *wal, const struct wal_file *f, const struct wal_place *place)
{
    uint64_t room = f->size - f->position;
    if (place->len > room)
        return false;
    return place->frees_space || place->len + wal_file_margin(f) <= room ||
           file_in_state(wal, FILE_SPARE) != NULL;
}

struct wal_file *wal_file_for(struct wal *wal, const struct wal_place *place)
{
    struct wal_file *f = wal->current;
    while (f == NULL || !has_room(wal, f, place)) {
        f = file_in_state(wal, FILE_SPARE);
        if (f == NULL) {
            wal->wanted_len = place->len;
            wal_files_prepare(wal);
            return NULL;
        }
        wal->wanted_len = 0;
        wal->used_bytes += f->size;
        f->state = FILE_LIVE;
        f->first_sequence = f->end_sequence = place->sequence;
        wal->current = f;
    }
    return f;
}

struct wal_file *wal_file_of_sequence(struct wal *wal, uint64_t sequence)
{
    for (size_t i = 0; i < wal->file_slots; i++) {
        struct wal_file *f = &wal->files[i];
        bool used = f->state == FILE_LIVE || f->state == FILE_SEALED;
        if (used && sequence >= f->first_sequence && sequence < f->end_sequence)
            return f;
    }
    return NULL;
}

/* Trimming. */

static void file_retire(struct wal *wal, struct wal_file *f, uint32_t free_files)
{
    ASSERT(wal->used_bytes >= f->size);
    wal->used_bytes -= f->size;
    wal->prepare_retry_ns = 0; /* it may succeed now */
    bool keep =
        f->state == FILE_LIVE && f->size >= wal->current->size && free_files < FREE_FILES_MAX;
    if (keep) {
        f->state = FILE_FREE;
        return;
    }
    file_close(files_of(wal), f->file);
    ASSERT(wal->job.remove_count < WAL_FILES_MAX);
    wal->job.remove[wal->job.remove_count++] = f->number;
    f->state = FILE_UNUSED;
}

void wal_files_drop_empty(struct wal *wal)
{
    ASSERT(!wal->job.running);
    for (size_t i = 0; i < wal->file_slots; i++) {
        struct wal_file *f = &wal->files[i];
        if (f->state == FILE_SEALED && f != wal->current && f->end_sequence == f->first_sequence) {
            ASSERT(f->live == 0);
            file_retire(wal, f, 0);
        }
    }
}

void wal_trim(struct wal *wal, const struct wal_position *position)
{
    wal->trim = *position;
    if (wal->job.running)
        return;
    uint32_t free_files = 0;
    for (size_t i = 0; i < wal->file_slots; i++)
        free_files += wal->files[i].state == FILE_FREE;
    for (size_t i = 0; i < wal->file_slots; i++) {
        struct wal_file *f = &wal->files[i];
        bool used = f->state == FILE_LIVE || f->state == FILE_SEALED;
        if (!used || f == wal->current || f->number >= position->file)
            continue;
        ASSERT(f->live == 0);
        file_retire(wal, f, free_files);
        free_files += f->state == FILE_FREE;
    }
    wal_files_prepare(wal);
}

struct wal_position wal_position_after_plan(const struct wal *wal)
{
    const struct wal_file *oldest = wal->current;
    for (size_t i = 0; i < wal->file_slots; i++) {
        const struct wal_file *f = &wal->files[i];
        bool needed = (f->state == FILE_LIVE || f->state == FILE_SEALED) && f->live > f->planned;
        if (needed && (oldest == NULL || f->number < oldest->number))
            oldest = f;
    }
    ASSERT(oldest != NULL);
    return (struct wal_position){oldest->number, oldest->first_sequence};
}

uint64_t wal_oldest_end(const struct wal *wal)
{
    const struct wal_file *oldest = NULL;
    for (size_t i = 0; i < wal->file_slots; i++) {
        const struct wal_file *f = &wal->files[i];
        bool used = f->state == FILE_LIVE || f->state == FILE_SEALED;
        if (used && f->live > 0 && (oldest == NULL || f->number < oldest->number))
            oldest = f;
    }
    return oldest == NULL || oldest == wal->current ? 0 : oldest->end_sequence;
}

/* Opening. */

static int listing_add(void *context, const char *name, enum file_kind kind)
{
    struct wal_listing *listing = context;
    char prefix[64];
    char *end;
    int len = snprintf(prefix, sizeof prefix, ".odradek-wal-%u-", listing->stream);
    if (kind != FILE_KIND_FILE || strncmp(name, prefix, (size_t)len) != 0)
        return 0;
    if (name[len] < '0' || name[len] > '9')
        return 0;
    uint64_t number = strtoull(name + len, &end, 10);
    if (*end != '\0' || number >= WAL_NUMBER_END)
        return 0;
    if (listing->count == WAL_FILES_MAX)
        return ERR_TOO_LARGE;
    uint32_t at = listing->count++;
    for (; at > 0 && listing->numbers[at - 1] > number; at--)
        listing->numbers[at] = listing->numbers[at - 1];
    listing->numbers[at] = number;
    return 0;
}

int wal_list_files(struct file_system *fs, const char *directory, unsigned stream,
                   struct wal_listing *listing)
{
    *listing = (struct wal_listing){.stream = stream};
    return file_list(fs, directory, listing_add, listing);
}

/* Deletes every file of earlier lives but the one that is in use now. */
static int files_remove_others(struct wal *wal)
{
    struct wal_listing listing;
    struct file_system *fs = files_of(wal);
    int result = wal_list_files(fs, directory_of(wal), wal->options.stream, &listing);
    for (uint32_t i = 0; result == 0 && i < listing.count; i++) {
        char path[PATH_BYTES];
        if (listing.numbers[i] == wal->current->number)
            continue;
        path_of(wal, path, listing.numbers[i]);
        result = file_remove(fs, path);
    }
    return result;
}

static int file_make_first(struct wal *wal)
{
    struct wal_file *f = &wal->files[0];
    wal->file_slots = 1;
    *f = (struct wal_file){
        .number = wal->file_next++,
        .size = wal->options.first_file_bytes,
        .first_sequence = wal->sequence_next,
        .end_sequence = wal->sequence_next,
    };
    wal->direct = true;
    int result = file_make(wal, f);
    if (result == ERR_UNSUPPORTED) {
        log_warn(wal->options.log,
                 "the file system of %s has no direct I/O: WAL writes are "
                 "buffered and synced",
                 directory_of(wal));
        wal->direct = false;
        result = file_make(wal, f);
    }
    if (result == 0) {
        f->state = FILE_LIVE;
        wal->current = f;
        wal->used_bytes = f->size;
    }
    return result;
}

/* It is made when the stream runs, behind a start that waits for nothing which its first requests
 * do not need. Where space is short this is said at once: the first files of the other streams go
 * before it. */
static void reserve_begin(struct wal *wal)
{
    struct file_space space;
    uint64_t bytes = wal->current->size;
    uint64_t wanted = bytes + WAL_RESERVE_EXTRA_BYTES;
    int result = file_get_space(files_of(wal), directory_of(wal), &space);
    wal->reserve = RESERVE_COVERS;
    if (wal_reserve_covers(files_of(wal), directory_of(wal), wal->options.stream, bytes))
        return;
    wal->reserve = RESERVE_COMES;
    if (result != 0 || wanted <= space.free_bytes / SPACE_SHARE)
        return;
    wal->reserve = RESERVE_SHORT;
    wal->next = NEXT_FAILED;
    say_reserve_short(wal, ERR_NO_SPACE);
}

int wal_files_open(struct wal *wal)
{
    int result = file_make_first(wal);
    if (result != 0)
        return result;
    struct wal_life life = {wal->life, wal->sequence_next, wal->sequence_next,
                            wal->current->number};
    result = wal_head_begin_life(&wal->head, &life, wal->durable);
    ASSERT(result == 0);
    result = wal_head_store(files_of(wal), directory_of(wal), &wal->head);
    if (result == 0)
        result = files_remove_others(wal);
    if (result == 0)
        reserve_begin(wal);
    return result;
}

void wal_files_close(struct wal *wal)
{
    for (size_t i = 0; i < wal->file_slots; i++)
        if (wal->files[i].state != FILE_UNUSED)
            file_close(files_of(wal), wal->files[i].file);
}

struct stream_search {
    const char *prefix;
    uint64_t *streams;
};

static int stream_add(void *context, const char *name, enum file_kind kind)
{
    const struct stream_search *search = context;
    size_t len = strlen(search->prefix);
    char *end;
    if (kind != FILE_KIND_FILE || strncmp(name, search->prefix, len) != 0)
        return 0;
    unsigned long stream = strtoul(name + len, &end, 10);
    if (*end == '-' && stream < 64)
        *search->streams |= (uint64_t)1 << stream;
    return 0;
}

int wal_list_streams_of(struct file_system *fs, const char *directory, const char *prefix,
                        uint64_t *streams)
{
    struct stream_search search = {prefix, streams};
    *streams = 0;
    return file_list(fs, directory, stream_add, &search);
}

int wal_list_streams(struct file_system *fs, const char *directory, uint64_t *streams)
{
    return wal_list_streams_of(fs, directory, ".odradek-wal-", streams);
}

/* The head goes first: files without one mean nothing, whatever a crash leaves of them. */
int wal_remove(struct file_system *fs, const char *directory, unsigned stream)
{
    struct wal_listing listing;
    char path[PATH_BYTES];
    wal_head_path(path, directory, stream);
    int result = file_remove(fs, path);
    if (result == 0)
        result = file_sync_directory(fs, directory);
    if (result != 0 && result != ERR_NOT_FOUND)
        return result;
    result = wal_list_files(fs, directory, stream, &listing);
    for (uint32_t i = 0; result == 0 && i < listing.count; i++) {
        wal_file_path(path, directory, stream, listing.numbers[i]);
        result = file_remove(fs, path);
    }
    if (result == 0)
        result = wal_reserve_remove(fs, directory, stream);
    return result == 0 ? file_sync_directory(fs, directory) : result;
}
