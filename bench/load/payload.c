/* Keys and values. Bodies are slices of one pool for each pattern, begun where lane and sequence
 * say: a copy, no computation, and neighbours differ. */
#include "bench/load/payload.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/prng.h"
#include "base/util.h"

#define POOL_BYTES (256 * KIB)
#define POOL_SEED 0x0dade4

struct payload {
    enum bench_payload pattern;
    /* Twice the same bytes, so that a slice never has to be joined. */
    uint8_t *pools[PAYLOAD_COUNT];
};

static void pool_fill_random(uint8_t *pool)
{
    struct prng prng;
    prng_init(&prng, POOL_SEED);
    for (size_t i = 0; i < POOL_BYTES; i += 8)
        store_be64(pool + i, prng_next(&prng));
}

static void pool_fill_text(uint8_t *pool)
{
    static const char *const words[] = {"the ",    "care ",  "of ",     "a ",      "family ",
                                        "man ",    "spool ", "thread ", "star ",   "wooden ",
                                        "stairs ", "he ",    "laughs ", "leaves ", "falling "};
    struct prng prng;
    size_t at = 0;
    prng_init(&prng, POOL_SEED);
    while (at < POOL_BYTES) {
        const char *word = words[prng_below(&prng, ARRAY_LENGTH(words))];
        size_t len = MIN(strlen(word), POOL_BYTES - at);
        memcpy(pool + at, word, len);
        at += len;
    }
}

struct payload *payload_new(enum bench_payload pattern)
{
    struct payload *payload = mem_alloc(sizeof *payload);
    payload->pattern = pattern;
    for (int i = 0; i < PAYLOAD_COUNT; i++)
        payload->pools[i] = mem_alloc(2 * POOL_BYTES);
    pool_fill_random(payload->pools[PAYLOAD_RANDOM]);
    pool_fill_text(payload->pools[PAYLOAD_TEXT]);
    for (int i = 0; i < PAYLOAD_COUNT; i++)
        memcpy(payload->pools[i] + POOL_BYTES, payload->pools[i], POOL_BYTES);
    return payload;
}

void payload_free(struct payload *payload)
{
    if (payload == NULL)
        return;
    for (int i = 0; i < PAYLOAD_COUNT; i++)
        mem_free(payload->pools[i]);
    mem_free(payload);
}

/* Where the body of a stamp begins in its pool. */
static size_t body_begin(uint32_t lane, uint64_t sequence)
{
    uint64_t mixed = (sequence + 1) * 0x9e3779b97f4a7c15u + lane * 0xc2b2ae3d27d4eb4fu;
    return (size_t)(mixed >> 40) % POOL_BYTES;
}

void payload_write(const struct payload *payload, const struct stamp *stamp, uint8_t *value,
                   size_t len)
{
    size_t at = 0;
    if (len >= STAMP_BYTES) {
        memcpy(value, "ODB", 3);
        value[3] = (uint8_t)payload->pattern;
        store_be32(value + 4, stamp->lane);
        store_be64(value + 8, stamp->run);
        store_be64(value + 16, stamp->sequence);
        store_be64(value + 24, stamp->time_ns);
        at = STAMP_BYTES;
    }
    const uint8_t *from =
        payload->pools[payload->pattern] + body_begin(stamp->lane, stamp->sequence);
    while (at < len) {
        size_t part = MIN(len - at, POOL_BYTES);
        memcpy(value + at, from, part);
        at += part;
    }
}

bool payload_stamp(struct bytes value, struct stamp *stamp)
{
    if (value.len < STAMP_BYTES || memcmp(value.data, "ODB", 3) != 0)
        return false;
    stamp->lane = load_be32(value.data + 4);
    stamp->run = load_be64(value.data + 8);
    stamp->sequence = load_be64(value.data + 16);
    stamp->time_ns = load_be64(value.data + 24);
    return true;
}

bool payload_verify(const struct payload *payload, struct bytes value)
{
    struct stamp stamp;
    if (!payload_stamp(value, &stamp) || value.data[3] >= PAYLOAD_COUNT)
        return false;
    const uint8_t *from = payload->pools[value.data[3]] + body_begin(stamp.lane, stamp.sequence);
    for (size_t at = STAMP_BYTES; at < value.len;) {
        size_t part = MIN(value.len - at, POOL_BYTES);
        if (memcmp(value.data + at, from, part) != 0)
            return false;
        at += part;
    }
    return true;
}

/* Eight hexadecimal digits: one digit a byte, then to characters, all eight at a time. */
static uint64_t digits_of(uint32_t number)
{
    uint64_t digits = number;
    digits = (digits << 16 | digits) & 0x0000ffff0000ffffu;
    digits = (digits << 8 | digits) & 0x00ff00ff00ff00ffu;
    digits = (digits << 4 | digits) & 0x0f0f0f0f0f0f0f0fu;
    uint64_t letters = (digits + 0x0606060606060606u) >> 4 & 0x0101010101010101u;
    return digits + 0x3030303030303030u + letters * ('a' - '0' - 10);
}

void payload_write_key(enum bench_key pattern, uint64_t sequence, uint64_t chance, uint8_t *key)
{
    uint64_t number = pattern == KEY_RANDOM ? chance : sequence;
    if (pattern == KEY_FIXED) {
        memcpy(key, "odradek-bench-01", KEY_BYTES);
    } else if (pattern != KEY_NONE) {
        store_be64(key, digits_of((uint32_t)(number >> 32)));
        store_be64(key + 8, digits_of((uint32_t)number));
    }
}
