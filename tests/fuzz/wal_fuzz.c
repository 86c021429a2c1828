/*
 * Arbitrary WAL files: what recovery does with them, and that a stream opens behind it.
 *
 * The input is a program that writes a stream's files: groups that are whole but are not always the
 * ones that belong there, lives, and raw bytes over anything. No fuzzer guesses a CRC, so whole
 * groups and heads are made here; raw bytes may destroy them again. Recovery must end with a
 * typed result, twice with the same, and show only what lies whole on the disk, in order. A program
 * that only does what a writer would do loses nothing. Behind a recovery a new life opens, and
 * shows nothing of the old ones.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "base/util.h"
#include "tests/wal/disk.h"
#include "wal/wal_format.h"
#include "wal/wal_head.h"
#include "wal/wal_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DIRECTORY "data"
#define GROUPS_MAX 64
#define FILE_BYTES_MAX (64 * WAL_ALIGNMENT)
#define GROUP_PAGES_MAX 3
#define ENTRIES_MAX 4

enum command { WRITE_GROUP, BEGIN_FILE, BEGIN_LIFE, OVERWRITE, CUT, HEAD_BYTES, SKIP, COMMANDS };

/* What recovery showed. */
struct shown {
    uint64_t hash;
    uint64_t last_sequence;
    uint64_t count;
};

struct fuzz {
    struct reader input;
    struct disk *disk;
    struct wal_head head;
    struct wal_life life; /* the one that is being written */
    uint64_t sequence;    /* of the next group */
    uint64_t file;
    uint64_t position;
    bool honest;               /* nothing was done that a writer would not do */
    struct shown written;      /* by an honest program, from `from` on */
    uint32_t files;            /* begun so far */
    uint32_t from_file;        /* the one a checkpoint names */
    struct wal_position *from; /* null: there was no checkpoint */
    struct wal_position position_from;
};

static void swallow(void *context, enum log_level level, const char *line, size_t len)
{
    (void)context;
    (void)level;
    (void)line;
    (void)len;
}

static const struct log quiet = {.level = LOG_INFO, .scope = "fuzz", .sink = swallow};

static void note(struct shown *shown, const struct wal_visit *entry)
{
    ASSERT(entry->sequence >= shown->last_sequence);
    shown->last_sequence = entry->sequence;
    shown->count++;
    uint64_t mixed = shown->hash * 31 + entry->sequence;
    mixed = mixed * 31 + (uint64_t)entry->kind;
    mixed = mixed * 31 + (uint64_t)entry->partition;
    shown->hash = mixed * 31 + crc32c(0, entry->payload.data, entry->payload.len);
}

/* What is in an entry follows from its header: what is shown is what was written. */
static uint8_t filling(int32_t partition, size_t len)
{
    return (uint8_t)(7 * len + (size_t)partition);
}

static int show(void *context, const struct wal_visit *entry)
{
    for (size_t i = 0; i < entry->payload.len; i++)
        ASSERT(entry->payload.data[i] == filling(entry->partition, entry->payload.len));
    note(context, entry);
    return 0;
}

/* Small numbers are what a writer would use. */
static uint64_t shift(struct fuzz *f, uint64_t number)
{
    uint8_t choice = read_u8(&f->input);
    if (choice < 224)
        return number;
    f->honest = false;
    if (choice == 255)
        return read_be64(&f->input);
    return number + choice - 239;
}

static void store(struct fuzz *f, uint64_t number, uint64_t position, const void *data, size_t len)
{
    char path[4096];
    wal_file_path(path, DIRECTORY, 0, number);
    int file = file_open(&f->disk->fs, path, FILE_CREATE);
    ASSERT(file >= 0);
    int result = file_write(&f->disk->fs, file, data, len, position);
    ASSERT(result == 0);
    file_close(&f->disk->fs, file);
}

/* Entries into `group`; returns the bytes used. */
static uint32_t fill_group(struct fuzz *f, uint8_t *group, uint32_t room, uint32_t *count)
{
    uint32_t used = WAL_GROUP_HEADER;
    for (uint32_t i = read_u8(&f->input) % (ENTRIES_MAX + 1); i > 0; i--) {
        struct wal_entry entry = {.kind = WAL_BATCH, .partition = (int32_t)read_u8(&f->input)};
        uint32_t len = read_be16(&f->input) % (2 * WAL_ALIGNMENT);
        if (wal_entry_size(len) > room - used)
            break;
        wal_entry_encode(group + used, &entry, len);
        memset(group + used + WAL_ENTRY_HEADER, filling(entry.partition, len), len);
        used += (uint32_t)wal_entry_size(len);
        ++*count;
    }
    return used;
}

static void write_group(struct fuzz *f)
{
    uint8_t group[GROUP_PAGES_MAX * WAL_ALIGNMENT] = {0};
    uint32_t pages = 1 + read_u8(&f->input) % GROUP_PAGES_MAX;
    uint32_t entries = 0;
    uint32_t used = fill_group(f, group, pages * WAL_ALIGNMENT, &entries);
    if (f->position + sizeof group > FILE_BYTES_MAX)
        return;
    struct wal_group_header h = {
        .uuid = f->head.uuid,
        .entries = (uint32_t)shift(f, entries),
        .life = shift(f, f->life.life),
        .sequence = shift(f, f->sequence),
        .file = shift(f, f->file),
        .position = shift(f, f->position),
        .durable = shift(f, f->sequence - 1),
        .catalog_offset = (int64_t)shift(f, 7),
        .len = pages * WAL_ALIGNMENT,
        .used = used,
    };
    wal_group_encode(group, &h, &(struct wal_group_sum){WAL_GROUP_HEADER, 0});
    store(f, f->file, f->position, group, h.len);
    if (f->position == 0 && f->files++ == f->from_file) {
        f->position_from = (struct wal_position){f->file, f->sequence};
        f->from = &f->position_from;
        f->written = (struct shown){0};
    }
    if (f->honest) {
        int result = wal_group_visit(group, &h, show, &f->written);
        ASSERT(result == 0);
    }
    f->position += h.len;
    f->sequence++;
}

/* As after a failed write: the life ends in front of the next group, which begins a new file. */
static void begin_life(struct fuzz *f)
{
    if (f->head.life_count == WAL_LIVES_MAX)
        return;
    bool empty = f->sequence == f->life.sequence;
    f->honest = f->honest && !empty;
    f->life = (struct wal_life){
        .life = shift(f, f->life.life + 1),
        .before = shift(f, f->sequence),
        .sequence = shift(f, f->sequence),
        .file = shift(f, f->file + 1),
    };
    f->head.lives[f->head.life_count++] = f->life;
    f->sequence = f->life.sequence;
    f->file = f->life.file;
    f->position = 0;
}

static struct disk_node *chosen_file(struct fuzz *f)
{
    char name[64];
    snprintf(name, sizeof name, ".odradek-wal-0-%llu",
             (unsigned long long)(f->file - read_u8(&f->input) % 4));
    return disk_file(f->disk, name);
}

static struct bytes some_bytes(struct fuzz *f)
{
    size_t len = read_u8(&f->input);
    return read_bytes(&f->input, MIN(len, reader_left(&f->input)));
}

static void overwrite(struct fuzz *f)
{
    struct disk_node *node = chosen_file(f);
    uint64_t position = (uint64_t)read_u8(&f->input) * WAL_ALIGNMENT + read_u8(&f->input);
    struct bytes bytes = some_bytes(f);
    f->honest = false;
    if (node != NULL && position + bytes.len <= node->len)
        memcpy(node->now + position, bytes.data, bytes.len);
}

static void cut(struct fuzz *f)
{
    struct disk_node *node = chosen_file(f);
    uint64_t len = (uint64_t)read_be16(&f->input) * 16;
    f->honest = false;
    if (node != NULL)
        node->len = MIN(node->len, len);
}

/* Stores the head, and then perhaps bytes over it, with the CRC made right or not. */
static void write_head(struct fuzz *f)
{
    int result = wal_head_store(&f->disk->fs, DIRECTORY, &f->head);
    ASSERT(result == 0);
}

static void head_bytes(struct fuzz *f)
{
    struct disk_node *node;
    write_head(f);
    node = disk_file(f->disk, "-head");
    uint64_t position = read_be16(&f->input) % node->len;
    struct bytes bytes = some_bytes(f);
    f->honest = false;
    memcpy(node->now + position, bytes.data, MIN(bytes.len, node->len - position));
    for (uint64_t slot = 0; slot + WAL_ALIGNMENT <= node->len; slot += WAL_ALIGNMENT)
        store_be32(node->now + slot + WAL_ALIGNMENT - 4,
                   crc32c(0, node->now + slot, WAL_ALIGNMENT - 4));
}

static void run_command(struct fuzz *f)
{
    switch (read_u8(&f->input) % COMMANDS) {
    case WRITE_GROUP:
        write_group(f);
        break;
    case BEGIN_FILE:
        f->file = shift(f, f->file + 1);
        f->position = 0;
        break;
    case BEGIN_LIFE:
        begin_life(f);
        break;
    case OVERWRITE:
        overwrite(f);
        break;
    case CUT:
        cut(f);
        break;
    case HEAD_BYTES:
        head_bytes(f);
        break;
    case SKIP: /* a group that never landed */
        f->honest = false;
        f->sequence++;
        f->position += WAL_ALIGNMENT;
        break;
    }
}

static int recover(struct fuzz *f, struct shown *shown, struct wal_recovered *recovered)
{
    struct wal_recover_options options = {
        .fs = &f->disk->fs,
        .directory = DIRECTORY,
        .from = f->from,
        .visit = show,
        .context = shown,
        .log = &quiet,
    };
    *shown = (struct shown){0};
    int result = wal_recover(&options, recovered);
    ASSERT(result == 0 || result == ERR_CORRUPT || result == ERR_VERSION);
    ASSERT(result != 0 || recovered->entries == shown->count);
    ASSERT(disk_opened(f->disk) == 0);
    return result;
}

/* A group that is whole, of the last life, and calls the first one durable that recovery dropped,
 * must have refused the start. */
static void check_dropped(struct fuzz *f, const struct wal_recovered *recovered)
{
    struct wal_head head;
    struct wal_listing listing;
    int result = wal_head_load(&f->disk->fs, DIRECTORY, 0, &head);
    ASSERT(result == 0);
    result = wal_list_files(&f->disk->fs, DIRECTORY, 0, &listing);
    ASSERT(result == 0);
    if (listing.count == 0)
        return;
    char name[64];
    uint64_t number = listing.numbers[listing.count - 1];
    snprintf(name, sizeof name, ".odradek-wal-0-%llu", (unsigned long long)number);
    const struct disk_node *node = disk_file(f->disk, name);
    const struct wal_life *last = &head.lives[head.life_count - 1];
    /* No writer goes back to a file in front of where its life, or the recovery, began. */
    if (number < last->file || (f->from != NULL && number < f->from->file))
        return;
    for (uint64_t at = 0; at < node->len; at += WAL_ALIGNMENT) {
        struct wal_group_header h;
        struct bytes rest = {node->now + at, node->len - at};
        if (wal_group_decode(rest, &h) != 0 || !wal_group_intact(rest.data, &h))
            continue;
        if (uuid_equal(h.uuid, head.uuid) && h.stream == 0 && h.file == number &&
            h.position == at && h.life == last->life && h.sequence >= recovered->sequence_next)
            ASSERT(h.durable < recovered->sequence_next - 1);
    }
}

/* The stream goes on: its new life shows one new entry and nothing else. */

static void owner_durable(struct wal_owner *owner, uint64_t sequence)
{
    (void)owner;
    (void)sequence;
}

static void owner_moves(struct wal_owner *owner)
{
    (void)owner;
}

static void settle(struct disk *disk, struct wal *wal)
{
    for (int i = 0; i < 64 && !wal_idle(wal); i++) {
        wal_pump(wal);
        while (disk_out(disk) > 0)
            disk_finish(disk, 0, DISK_LANDS);
        while (disk_run_job(disk))
            continue;
        disk_pass(disk, NS_PER_MS);
    }
    ASSERT(wal_idle(wal));
}

static void go_on(struct fuzz *f, const struct wal_recovered *recovered)
{
    struct wal_owner owner = {owner_durable, owner_moves, owner_moves, owner_moves};
    struct wal_options options = {
        .io = &f->disk->io,
        .directory = DIRECTORY,
        .file_bytes = MIB,
        .files_max = 4,
        .first_file_bytes = MIB,
        .memory_bytes = 2 * MIB,
        .owner = &owner,
        .log = &quiet,
    };
    struct wal *wal;
    struct wal_span span;
    struct wal_entry entry = {.kind = WAL_BATCH, .partition = 5};
    /* Too small for the reserve and for more files, which would take most of the time. */
    f->disk->capacity = disk_used(f->disk) + 2 * MIB;
    int result = wal_open(&options, recovered, &wal);
    ASSERT(result == 0);
    result = wal_append(wal, &entry, 3, &span);
    ASSERT(result == 0);
    memset(span.data, filling(5, 3), 3);
    struct wal_visit expected = {WAL_BATCH, {{0}}, 5, {span.data, 3}, span.sequence};
    struct shown new = {0};
    note(&new, &expected);
    settle(f->disk, wal);
    ASSERT(wal_durable(wal) >= span.sequence);
    wal_release(wal, &span, false);
    wal_close(wal);
    struct shown shown;
    struct wal_recovered again;
    f->from = NULL;
    result = recover(f, &shown, &again);
    ASSERT(result == 0 && again.found);
    ASSERT(shown.count == 1 && shown.hash == new.hash);
}

static void check(struct fuzz *f, bool goes_on)
{
    struct shown first;
    struct shown second;
    struct wal_recovered recovered;
    struct wal_recovered again;
    int result = recover(f, &first, &recovered);
    int repeated = recover(f, &second, &again);
    ASSERT(result == repeated && first.count == second.count && first.hash == second.hash);
    if (f->honest)
        ASSERT(result == 0 && first.count == f->written.count && first.hash == f->written.hash);
    if (result != 0)
        return;
    ASSERT(recovered.sequence_next == again.sequence_next && recovered.found);
    ASSERT(recovered.life_next == again.life_next && recovered.file_next == again.file_next);
    check_dropped(f, &recovered);
    if (goes_on && recovered.sequence_next < WAL_NUMBER_END &&
        recovered.file_next < WAL_NUMBER_END && recovered.life_next < WAL_NUMBER_END)
        go_on(f, &recovered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct disk disk;
    struct fuzz f = {
        .disk = &disk,
        .head = {.uuid = {{9}}, .life_count = 1, .lives = {{1, 0, 1, 0}}},
        .life = {1, 0, 1, 0},
        .sequence = 1,
        .honest = true,
    };
    if (size < 3)
        return 0;
    crc32c_init();
    disk_init(&disk);
    reader_init(&f.input, data, size);
    uint8_t choice = read_u8(&f.input);
    f.from_file = read_u8(&f.input);
    bool head_last = choice % 8 != 0;
    for (int i = 0; i < GROUPS_MAX && reader_left(&f.input) > 0; i++)
        run_command(&f);
    if (head_last || disk_file(&disk, "-head") == NULL)
        write_head(&f);
    else
        f.honest = false;
    check(&f, choice >= 250);
    disk_fini(&disk);
    return 0;
}
