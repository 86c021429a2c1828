/* 128-bit ids as Kafka has them: topic ids, directory ids, the cluster id (URL-safe base64). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/result.h"

#define UUID_TEXT_LEN 22 /* characters, without the NUL */

struct uuid {
    uint8_t bytes[16];
};

static inline bool uuid_equal(struct uuid a, struct uuid b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}
bool uuid_is_zero(struct uuid id);
uint64_t uuid_hash(struct uuid id);
/* A version-4 uuid from 128 random bits; never one whose text starts with '-' (as Kafka). */
struct uuid uuid_from_random(uint64_t high, uint64_t low);
/* `text` has room for UUID_TEXT_LEN + 1. Returns `text`. */
char *uuid_print(struct uuid id, char *text);
/* ERR_MALFORMED unless exactly 22 base64url characters with zero trailing bits. */
int uuid_parse(struct bytes text, struct uuid *id) MUST_CHECK;
