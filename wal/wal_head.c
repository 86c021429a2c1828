/* Loading and storing the head's two slots. */
#include "wal/wal_head.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/util.h"

#define HEAD_SLOT 4096
#define HEAD_VERSION 1
#define HEAD_MAGIC 0x4f4457414c484544u /* "ODWALHED" */
#define PATH_BYTES 4096

void wal_head_path(char *path, const char *directory, unsigned stream)
{
    int len = snprintf(path, PATH_BYTES, "%s/.odradek-wal-%u-head", directory, stream);
    ASSERT(len > 0 && len < PATH_BYTES);
}

void wal_file_path(char *path, const char *directory, unsigned stream, uint64_t number)
{
    int len = snprintf(path, PATH_BYTES, "%s/.odradek-wal-%u-%llu", directory, stream,
                       (unsigned long long)number);
    ASSERT(len > 0 && len < PATH_BYTES);
}

static void slot_encode(const struct wal_head *head, uint8_t *slot)
{
    struct writer w;
    memset(slot, 0, HEAD_SLOT);
    writer_init(&w, slot, HEAD_SLOT - 4);
    write_be64(&w, HEAD_MAGIC);
    write_be16(&w, HEAD_VERSION);
    write_u8(&w, head->probed);
    write_u8(&w, head->dsync);
    write_be64(&w, head->number);
    write_bytes(&w, head->uuid.bytes, sizeof head->uuid.bytes);
    write_be32(&w, head->stream);
    write_be32(&w, head->life_count);
    for (uint32_t i = 0; i < head->life_count; i++) {
        write_be64(&w, head->lives[i].life);
        write_be64(&w, head->lives[i].before);
        write_be64(&w, head->lives[i].sequence);
        write_be64(&w, head->lives[i].file);
    }
    ASSERT(w.error == 0);
    store_be32(slot + HEAD_SLOT - 4, crc32c(0, slot, HEAD_SLOT - 4));
}

static bool life_is_sane(const struct wal_life *life, uint64_t life_min)
{
    return life->life >= life_min && life->life < WAL_NUMBER_END && life->before < WAL_NUMBER_END &&
           life->sequence < WAL_NUMBER_END && life->file < WAL_NUMBER_END;
}

static int slot_decode(const uint8_t *slot, struct wal_head *head)
{
    struct reader r;
    reader_init(&r, slot, HEAD_SLOT - 4);
    *head = (struct wal_head){0};
    if (read_be64(&r) != HEAD_MAGIC)
        return ERR_CORRUPT;
    if (load_be32(slot + HEAD_SLOT - 4) != crc32c(0, slot, HEAD_SLOT - 4))
        return ERR_CORRUPT;
    if (read_be16(&r) > HEAD_VERSION)
        return ERR_VERSION;
    head->probed = read_u8(&r) != 0;
    head->dsync = read_u8(&r) != 0;
    head->number = read_be64(&r);
    read_copy(&r, head->uuid.bytes, sizeof head->uuid.bytes);
    head->stream = read_be32(&r);
    head->life_count = read_be32(&r);
    if (head->life_count == 0 || head->life_count > WAL_LIVES_MAX)
        return ERR_CORRUPT;
    bool sane = head->number < WAL_NUMBER_END;
    uint64_t life_min = 0;
    for (uint32_t i = 0; i < head->life_count; i++) {
        head->lives[i].life = read_be64(&r);
        head->lives[i].before = read_be64(&r);
        head->lives[i].sequence = read_be64(&r);
        head->lives[i].file = read_be64(&r);
        sane = sane && life_is_sane(&head->lives[i], life_min);
        life_min = head->lives[i].life + 1;
    }
    return r.error == 0 && sane ? 0 : ERR_CORRUPT;
}

int wal_head_load(struct file_system *fs, const char *directory, unsigned stream,
                  struct wal_head *head)
{
    char path[PATH_BYTES];
    uint8_t slots[2 * HEAD_SLOT];
    struct wal_head found[2];
    int results[2] = {ERR_CORRUPT, ERR_CORRUPT};
    wal_head_path(path, directory, stream);
    int file = file_open(fs, path, FILE_READ);
    if (file < 0)
        return file;
    int64_t got = file_read(fs, file, slots, sizeof slots, 0);
    file_close(fs, file);
    if (got < 0)
        return (int)got;
    for (int i = 0; i < 2; i++)
        if (got >= (i + 1) * HEAD_SLOT)
            results[i] = slot_decode(slots + i * HEAD_SLOT, &found[i]);
    /* A newer build wrote last: what the older slot says is outdated. */
    if (results[0] == ERR_VERSION || results[1] == ERR_VERSION)
        return ERR_VERSION;
    if (results[0] != 0 && results[1] != 0)
        return ERR_CORRUPT;
    bool second = results[0] != 0 || (results[1] == 0 && found[1].number > found[0].number);
    *head = found[second];
    return head->stream == stream ? 0 : ERR_CORRUPT;
}

static int slot_store(struct file_system *fs, const char *path, const uint8_t *slot,
                      unsigned number)
{
    int file = file_open(fs, path, 0);
    if (file < 0)
        return file;
    int result = file_write(fs, file, slot, HEAD_SLOT, (uint64_t)number * HEAD_SLOT);
    if (result == 0)
        result = file_sync(fs, file);
    file_close(fs, file);
    return result;
}

int wal_head_store(struct file_system *fs, const char *directory, struct wal_head *head)
{
    char path[PATH_BYTES];
    uint8_t slots[2 * HEAD_SLOT] = {0};
    bool first = head->number == 0;
    head->number++;
    unsigned slot = head->number & 1;
    slot_encode(head, slots + slot * HEAD_SLOT);
    wal_head_path(path, directory, head->stream);
    int result = first ? file_replace(fs, path, slots, sizeof slots)
                       : slot_store(fs, path, slots + slot * HEAD_SLOT, slot);
    if (result != 0)
        head->number--;
    return result;
}

int wal_head_begin_life(struct wal_head *head, const struct wal_life *life, uint64_t durable)
{
    struct wal_life *last = head->life_count == 0 ? NULL : &head->lives[head->life_count - 1];
    ASSERT(last == NULL || last->life < life->life);
    if (last != NULL && last->sequence > durable) {
        uint64_t before = last->before;
        *last = *life;
        last->before = before;
        return 0;
    }
    if (head->life_count == WAL_LIVES_MAX)
        return ERR_TOO_LARGE;
    head->lives[head->life_count++] = *life;
    return 0;
}

void wal_head_forget(struct wal_head *head, uint64_t sequence)
{
    uint32_t count = 0;
    while (count + 1 < head->life_count && head->lives[count + 1].before <= sequence)
        count++;
    head->life_count -= count;
    memmove(head->lives, head->lives + count, head->life_count * sizeof *head->lives);
}
