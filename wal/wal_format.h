/*
 * The bytes of a WAL file.
 *
 * A file is a row of groups and nothing else. A group begins on a 4 KiB boundary, is padded with
 * zeros to the next, and is written once in the life of its file: no block is ever rewritten, so a
 * torn write can only damage the group it belongs to, which was not acknowledged. All numbers are
 * little-endian.
 *
 *       0  magic "ODWALGRP"                  64  position of this group in the file, u64
 *       8  version u16, zero u16             72  durable sequence u64: every group up to it was
 *      12  crc32c u32 of the whole group         complete when this one was issued
 *          with this field zero              80  catalog offset i64 that the core had applied
 *      16  WAL uuid (16 bytes)               88  length u32, padding included
 *      32  stream u32, entry count u32       92  used u32: header and entries, without padding
 *      40  life u64                          96  entries
 *      48  sequence u64
 *      56  file number u64
 *
 * Why so much identity: recycled files are full of old groups, and disks lose and misdirect writes.
 * A group counts only where its uuid, stream, life, sequence, file number and position are what
 * the reader expects, and its CRC holds. `durable sequence` is what tells a hole that was
 * acknowledged (a later group says so) from one that was not.
 *
 * An entry, aligned to 8: payload length u32, kind u8, zero u8[3], topic id (16), partition i32,
 * zero u32, payload.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/uuid.h"
#include "wal/wal.h"

#define WAL_ALIGNMENT 4096
#define WAL_GROUP_HEADER 96
#define WAL_ENTRY_HEADER 32
#define WAL_ENTRY_ALIGNMENT 8
#define WAL_FORMAT_VERSION 1

struct wal_group_header {
    struct uuid uuid;
    uint32_t stream;
    uint32_t entries;
    uint64_t life;
    uint64_t sequence;
    uint64_t file;
    uint64_t position;
    uint64_t durable;
    int64_t catalog_offset;
    uint32_t len;
    uint32_t used;
};

/* The CRC of a group's entries up to `end`, as far as it is known before the group goes out. */
struct wal_group_sum {
    uint32_t end; /* from the group's start; WAL_GROUP_HEADER: nothing is known */
    uint32_t crc;
};

/* The payload's bytes from `from` up to its end at `to` have this CRC; those before it are summed
 * here. `from` and `to` count from the group's start. */
void wal_group_sum_known(struct wal_group_sum *sum, const uint8_t *group, uint32_t from,
                         uint32_t to, uint32_t crc);

/* Writes the header over the first bytes of `group`, zeroes the padding, and sets the CRC. */
void wal_group_encode(uint8_t *group, const struct wal_group_header *header,
                      const struct wal_group_sum *sum);
/* Reads a header. ERR_MALFORMED when it is none, ERR_VERSION when it is a newer one, ERR_SHORT
 * when the group is longer than `data`. The CRC is not looked at. */
int wal_group_decode(struct bytes data, struct wal_group_header *header) MUST_CHECK;
/* `data` holds header->len bytes. */
bool wal_group_intact(const uint8_t *data, const struct wal_group_header *header);

void wal_entry_encode(uint8_t *to, const struct wal_entry *entry, uint32_t len);
/* Space an entry takes in its group, in bytes. */
uint64_t wal_entry_size(uint64_t len);
/* Visits the entries of an intact group. ERR_MALFORMED, or what the visitor returns. */
int wal_group_visit(const uint8_t *group, const struct wal_group_header *header,
                    wal_visit_fn *visit, void *context) MUST_CHECK;
