/*
 * Encoding, storing and loading a stream's checkpoint. The format stands in the header.
 *
 * A shard's whole state is written each time: 10,000 partitions are about 600 KB, one sequential
 * write. A log of changes was rejected: it would need a checkpoint of its own.
 */
#include "partition/checkpoint.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "partition/partition.h"
#include "partition/shard.h"

#define CHECKPOINT_MAGIC 0x4f44434bu /* "ODCK" */
#define CHECKPOINT_VERSION 1
#define CHECKPOINT_HEADER 20
#define CHECKPOINT_FIXED (8 + 8 + 8 + 4)
#define CHECKPOINT_PARTITION_FIXED (16 + 4 + 8 + 8 + 4 + 4)
#define CHECKPOINT_PREFIX ".odradek-checkpoint-"
#define CHECKPOINT_BYTES_MAX (1 * GIB)

static void checkpoint_path(char *path, size_t size, const char *directory, unsigned stream,
                            uint64_t number)
{
    int len = snprintf(path, size, "%s/" CHECKPOINT_PREFIX "%u-%u", directory, stream,
                       MUTANT(CHECKPOINT_IN_PLACE) ? 0 : (unsigned)(number & 1));
    ASSERT(len > 0 && (size_t)len < size);
}

static uint64_t partition_size(const struct partition *p)
{
    return CHECKPOINT_PARTITION_FIXED + 12 * (uint64_t)p->epochs.count +
           producers_state_size(p->producers, p->synced_end);
}

uint64_t checkpoint_size(const struct shard *shard)
{
    uint64_t size = CHECKPOINT_HEADER + CHECKPOINT_FIXED;
    LIST_EACH(node, &shard->partitions)
        size += partition_size(LIST_ENTRY(node, struct partition, shard_node));
    return size;
}

uint64_t checkpoint_source_size(const struct checkpoint_source *source)
{
    uint64_t size = CHECKPOINT_HEADER + CHECKPOINT_FIXED;
    for (uint32_t i = 0; i < source->count; i++)
        size += partition_size(source->partitions[i]);
    return size;
}

static void encode_partition(struct writer *w, const struct partition *p)
{
    write_bytes(w, p->topic_id.bytes, sizeof p->topic_id.bytes);
    write_be32(w, (uint32_t)p->index);
    write_be64(w, (uint64_t)p->synced_end);
    write_be64(w, (uint64_t)p->log_start);
    write_be32(w, p->epochs.count);
    for (uint32_t i = 0; i < p->epochs.count; i++) {
        write_be32(w, (uint32_t)p->epochs.entries[i].epoch);
        write_be64(w, (uint64_t)p->epochs.entries[i].start_offset);
    }
    size_t len = producers_state_size(p->producers, p->synced_end);
    write_be32(w, (uint32_t)len);
    uint8_t *snapshot = write_gap(w, len);
    if (snapshot != NULL)
        producers_state_write(p->producers, p->synced_end, snapshot, len);
}

static void encode_header(struct writer *w, uint64_t len, uint64_t number,
                          const struct wal_position *position, uint32_t count)
{
    write_be32(w, CHECKPOINT_MAGIC);
    write_be16(w, CHECKPOINT_VERSION);
    write_be16(w, 0);
    write_be32(w, 0);
    write_be64(w, len - CHECKPOINT_HEADER);
    write_be64(w, number);
    write_be64(w, position->file);
    write_be64(w, position->sequence);
    write_be32(w, count);
}

static void encode_end(const struct writer *w, uint8_t *data, uint64_t len)
{
    ASSERT(w->error == 0 && writer_len(w) == len);
    store_be32(data + 8, crc32c(0, data + 12, len - 12));
}

void checkpoint_encode(const struct shard *shard, uint64_t number,
                       const struct wal_position *position, uint8_t *data, uint64_t len)
{
    struct writer w;
    uint32_t count = 0;
    LIST_EACH(node, &shard->partitions)
        count++;
    writer_init(&w, data, len);
    encode_header(&w, len, number, position, count);
    LIST_EACH(node, &shard->partitions)
        encode_partition(&w, LIST_ENTRY(node, struct partition, shard_node));
    encode_end(&w, data, len);
}

void checkpoint_source_encode(const struct checkpoint_source *source, uint64_t number,
                              const struct wal_position *position, uint8_t *data, uint64_t len)
{
    struct writer w;
    writer_init(&w, data, len);
    encode_header(&w, len, number, position, source->count);
    for (uint32_t i = 0; i < source->count; i++)
        encode_partition(&w, source->partitions[i]);
    encode_end(&w, data, len);
}

int checkpoint_write(struct file_system *fs, const char *directory, unsigned stream,
                     uint64_t number, const void *data, uint64_t len)
{
    char path[4096];
    checkpoint_path(path, sizeof path, directory, stream, number);
    struct file_info info;
    /* A new slot appears whole or not at all: there may be no other one to fall back to. */
    if (file_get_info(fs, path, &info) == ERR_NOT_FOUND)
        return file_replace(fs, path, data, len);
    int file = file_open(fs, path, 0);
    if (file < 0)
        return file;
    int result = file_write(fs, file, data, len, 0);
    if (result == 0 && !MUTANT(CHECKPOINT_WITHOUT_SYNC))
        result = file_sync(fs, file);
    file_close(fs, file);
    return result;
}

static int decode_epochs(struct reader *r, struct epochs *epochs)
{
    uint32_t count = read_be32(r);
    if (count > reader_left(r) / 12)
        return reader_fail(r, ERR_CORRUPT);
    for (uint32_t i = 0; i < count; i++) {
        int32_t epoch = (int32_t)read_be32(r);
        int64_t start = (int64_t)read_be64(r);
        if (!epochs_assign(epochs, epoch, start))
            return reader_fail(r, ERR_CORRUPT);
    }
    return r->error;
}

static int decode_partition(struct reader *r, struct checkpoint_partition *p)
{
    read_copy(r, p->topic_id.bytes, sizeof p->topic_id.bytes);
    p->index = (int32_t)read_be32(r);
    p->synced_end = (int64_t)read_be64(r);
    p->log_start = (int64_t)read_be64(r);
    if (p->index < 0 || p->synced_end < SYNCED_END_UNKNOWN || p->log_start < 0)
        return reader_fail(r, ERR_CORRUPT);
    int result = decode_epochs(r, &p->epochs);
    if (result != 0)
        return result;
    p->producers = read_bytes(r, read_be32(r));
    return r->error;
}

/* `data` is one slot's file. */
static int checkpoint_decode(struct checkpoint *c, struct bytes data)
{
    struct reader r;
    reader_init(&r, data.data, data.len);
    if (read_be32(&r) != CHECKPOINT_MAGIC)
        return ERR_CORRUPT;
    if (read_be16(&r) > CHECKPOINT_VERSION)
        return ERR_VERSION;
    read_skip(&r, 2);
    uint32_t crc = read_be32(&r);
    uint64_t len = read_be64(&r);
    if (r.error != 0 || len > reader_left(&r) || len < CHECKPOINT_FIXED)
        return ERR_CORRUPT;
    if (crc32c(0, data.data + 12, 8 + len) != crc)
        return ERR_CORRUPT;
    r.end = r.pos + len;
    c->number = read_be64(&r);
    c->position.file = read_be64(&r);
    c->position.sequence = read_be64(&r);
    c->count = read_be32(&r);
    if (c->count > reader_left(&r) / CHECKPOINT_PARTITION_FIXED)
        return ERR_CORRUPT;
    c->partitions = mem_alloc_array(MAX(c->count, 1), sizeof *c->partitions);
    for (uint32_t i = 0; i < c->count; i++) {
        int result = decode_partition(&r, &c->partitions[i]);
        if (result != 0)
            return ERR_CORRUPT;
    }
    return 0;
}

static int checkpoint_load_slot(struct file_system *fs, const char *path, struct checkpoint *c)
{
    uint64_t len;
    *c = (struct checkpoint){0};
    int result = file_load(fs, path, CHECKPOINT_BYTES_MAX, &c->data, &len);
    if (result != 0)
        return result;
    result = checkpoint_decode(c, (struct bytes){(const uint8_t *)c->data, len});
    if (result != 0)
        checkpoint_free(c);
    return result;
}

/* A slot that was never written, or that a crash has torn; that may look like another version. Of
 * one that cannot be read nobody knows whether it is the newer. */
static bool may_be_passed_over(int result)
{
    return result == ERR_NOT_FOUND || result == ERR_CORRUPT || result == ERR_VERSION;
}

int checkpoint_list_streams(struct file_system *fs, const char *directory, uint64_t *streams)
{
    return wal_list_streams_of(fs, directory, CHECKPOINT_PREFIX, streams);
}

int checkpoint_load(struct file_system *fs, const char *directory, unsigned stream,
                    struct checkpoint *c)
{
    struct checkpoint slots[2];
    int results[2];
    int unknown = 0;
    for (unsigned i = 0; i < 2; i++) {
        char path[4096];
        checkpoint_path(path, sizeof path, directory, stream, i);
        results[i] = checkpoint_load_slot(fs, path, &slots[i]);
        if (results[i] != 0 && !may_be_passed_over(results[i]))
            unknown = results[i];
    }
    if (unknown != 0 || (results[0] != 0 && results[1] != 0)) {
        for (unsigned i = 0; i < 2; i++)
            if (results[i] == 0)
                checkpoint_free(&slots[i]);
        if (unknown != 0)
            return unknown;
        if (results[0] == ERR_NOT_FOUND)
            return results[1];
        return results[1] == ERR_VERSION ? results[1] : results[0];
    }
    unsigned newer = results[0] != 0 || (results[1] == 0 && slots[1].number > slots[0].number);
    if (results[0] == 0 && results[1] == 0)
        checkpoint_free(&slots[1 - newer]);
    *c = slots[newer];
    return 0;
}

void checkpoint_free(struct checkpoint *c)
{
    for (uint32_t i = 0; c->partitions != NULL && i < c->count; i++)
        epochs_fini(&c->partitions[i].epochs);
    mem_free(c->partitions);
    mem_free(c->data);
    *c = (struct checkpoint){0};
}

/* 0: it is missing or damaged. */
static int slot_number(struct file_system *fs, const char *path, uint64_t *number)
{
    struct checkpoint slot;
    *number = 0;
    int result = checkpoint_load_slot(fs, path, &slot);
    if (result != 0)
        return may_be_passed_over(result) ? 0 : result;
    *number = slot.number;
    checkpoint_free(&slot);
    return 0;
}

/* The newest goes last: should the power go in between, what is left must neither be damaged nor
 * say less than is known. */
int checkpoint_remove(struct file_system *fs, const char *directory, unsigned stream)
{
    char paths[2][4096];
    uint64_t numbers[2];
    for (unsigned i = 0; i < 2; i++) {
        checkpoint_path(paths[i], sizeof paths[i], directory, stream, i);
        int unknown = slot_number(fs, paths[i], &numbers[i]);
        if (unknown != 0)
            return unknown;
    }
    unsigned older = (numbers[0] > numbers[1]) != MUTANT(REMOVE_NEWEST_SLOT_FIRST);
    int result = file_remove(fs, paths[older]);
    if (result == 0)
        result = file_sync_directory(fs, directory);
    if (result != 0 && result != ERR_NOT_FOUND)
        return result;
    result = file_remove(fs, paths[1 - older]);
    return result == ERR_NOT_FOUND ? 0 : result;
}
