/* Encoding and decoding of groups; the header file tells the format. */
#include "wal/wal_format.h"

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/mutant.h"
#include "base/util.h"

static const char group_magic[8] = "ODWALGRP";

static void put16(uint8_t *to, uint16_t value)
{
    memcpy(to, &value, sizeof value);
}

static void put32(uint8_t *to, uint32_t value)
{
    memcpy(to, &value, sizeof value);
}

static void put64(uint8_t *to, uint64_t value)
{
    memcpy(to, &value, sizeof value);
}

static uint16_t get16(const uint8_t *from)
{
    uint16_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static uint32_t get32(const uint8_t *from)
{
    uint32_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static uint64_t get64(const uint8_t *from)
{
    uint64_t value;
    memcpy(&value, from, sizeof value);
    return value;
}

static uint32_t group_crc(const uint8_t *group, uint32_t len)
{
    static const uint8_t zero[4];
    uint32_t crc = crc32c(0, group, 12);
    crc = crc32c(crc, zero, sizeof zero);
    return crc32c(crc, group + 16, len - 16);
}

void wal_group_sum_known(struct wal_group_sum *sum, const uint8_t *group, uint32_t from,
                         uint32_t to, uint32_t crc)
{
    ASSERT(sum->end >= WAL_GROUP_HEADER && sum->end <= from && from <= to);
    uint32_t before = crc32c(sum->crc, group + sum->end, from - sum->end);
    sum->crc = crc32c_combine(before, crc, to - from);
    sum->end = to;
}

/* What group_crc gives, without another look at the bytes whose CRC is known. */
static uint32_t group_crc_of_sum(const uint8_t *group, uint32_t len,
                                 const struct wal_group_sum *sum)
{
    if (sum->end == WAL_GROUP_HEADER)
        return group_crc(group, len);
    uint32_t crc = crc32c(sum->crc, group + sum->end, len - sum->end);
    return crc32c_combine(group_crc(group, WAL_GROUP_HEADER), crc, len - WAL_GROUP_HEADER);
}

void wal_group_encode(uint8_t *group, const struct wal_group_header *h,
                      const struct wal_group_sum *sum)
{
    ASSERT(sum->end >= WAL_GROUP_HEADER && sum->end <= h->used);
    ASSERT(h->len % WAL_ALIGNMENT == 0 && h->used >= WAL_GROUP_HEADER && h->used <= h->len);
    memset(group, 0, WAL_GROUP_HEADER);
    memcpy(group, group_magic, sizeof group_magic);
    put16(group + 8, WAL_FORMAT_VERSION);
    memcpy(group + 16, h->uuid.bytes, sizeof h->uuid.bytes);
    put32(group + 32, h->stream);
    put32(group + 36, h->entries);
    put64(group + 40, h->life);
    put64(group + 48, h->sequence);
    put64(group + 56, h->file);
    put64(group + 64, h->position);
    put64(group + 72, h->durable);
    put64(group + 80, (uint64_t)h->catalog_offset);
    put32(group + 88, h->len);
    put32(group + 92, h->used);
    memset(group + h->used, 0, h->len - h->used);
    put32(group + 12, group_crc_of_sum(group, h->len, sum));
}

int wal_group_decode(struct bytes data, struct wal_group_header *h)
{
    if (data.len < WAL_GROUP_HEADER || memcmp(data.data, group_magic, sizeof group_magic) != 0)
        return ERR_MALFORMED;
    if (get16(data.data + 8) > WAL_FORMAT_VERSION)
        return ERR_VERSION;
    memcpy(h->uuid.bytes, data.data + 16, sizeof h->uuid.bytes);
    h->stream = get32(data.data + 32);
    h->entries = get32(data.data + 36);
    h->life = get64(data.data + 40);
    h->sequence = get64(data.data + 48);
    h->file = get64(data.data + 56);
    h->position = get64(data.data + 64);
    h->durable = get64(data.data + 72);
    h->catalog_offset = (int64_t)get64(data.data + 80);
    h->len = get32(data.data + 88);
    h->used = get32(data.data + 92);
    if (h->len % WAL_ALIGNMENT != 0 || h->used < WAL_GROUP_HEADER || h->used > h->len)
        return ERR_MALFORMED;
    return h->len > data.len ? ERR_SHORT : 0;
}

bool wal_group_intact(const uint8_t *data, const struct wal_group_header *h)
{
    return group_crc(data, h->len) == get32(data + 12) || MUTANT(ACCEPT_TORN_GROUP);
}

uint64_t wal_entry_size(uint64_t len)
{
    return round_up(WAL_ENTRY_HEADER + len, WAL_ENTRY_ALIGNMENT);
}

void wal_entry_encode(uint8_t *to, const struct wal_entry *entry, uint32_t len)
{
    put32(to, len);
    put32(to + 4, (uint32_t)entry->kind);
    memcpy(to + 8, entry->topic_id.bytes, sizeof entry->topic_id.bytes);
    put32(to + 24, (uint32_t)entry->partition);
    put32(to + 28, 0);
    uint64_t end = wal_entry_size(len);
    memset(to + WAL_ENTRY_HEADER + len, 0, end - WAL_ENTRY_HEADER - len);
}

int wal_group_visit(const uint8_t *group, const struct wal_group_header *h, wal_visit_fn *visit,
                    void *context)
{
    uint64_t at = WAL_GROUP_HEADER;
    for (uint32_t i = 0; i < h->entries; i++) {
        if (h->used - at < WAL_ENTRY_HEADER)
            return ERR_MALFORMED;
        const uint8_t *entry = group + at;
        uint32_t len = get32(entry);
        uint64_t size = wal_entry_size(len);
        if (size > h->used - at)
            return ERR_MALFORMED;
        struct wal_visit seen = {
            .kind = (enum wal_kind)entry[4],
            .partition = (int32_t)get32(entry + 24),
            .payload = {entry + WAL_ENTRY_HEADER, len},
            .sequence = h->sequence,
        };
        memcpy(seen.topic_id.bytes, entry + 8, sizeof seen.topic_id.bytes);
        int result = visit(context, &seen);
        if (result != 0)
            return result;
        at += size;
    }
    return 0;
}
