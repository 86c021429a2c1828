/*
 * What records hold: keys and values that can be told again from a few numbers.
 *
 * A value begins with a stamp, big-endian, where it fits:
 *
 *      0 "ODB", pattern u8     8 run u64         24 time u64: when it was meant to be sent, in ns
 *      4 lane u32             16 sequence u64       of the sender's monotonic clock
 *
 * and goes on with bytes that follow from pattern, lane and sequence alone, so that whoever reads
 * it checks every byte without having kept any. A lane is one ordered stream of sends: its
 * sequences rise within each partition.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "bench/load/options.h"

#define STAMP_BYTES 32
#define KEY_BYTES 16

struct stamp {
    uint64_t run;
    uint64_t sequence;
    uint64_t time_ns;
    uint32_t lane;
};

struct payload;

struct payload *payload_new(enum bench_payload pattern);
void payload_free(struct payload *payload);
/* Fills `len` bytes; shorter than STAMP_BYTES they come without a stamp. */
void payload_write(const struct payload *payload, const struct stamp *stamp, uint8_t *value,
                   size_t len);
/* The stamp, when the value has one. */
bool payload_stamp(struct bytes value, struct stamp *stamp);
/* Whether everything behind the stamp is as it was written; `payload` may have any pattern. */
bool payload_verify(const struct payload *payload, struct bytes value);
/* Fills KEY_BYTES by pattern; KEY_NONE writes nothing. `chance` serves the random ones. */
void payload_write_key(enum bench_key pattern, uint64_t sequence, uint64_t chance, uint8_t *key);
