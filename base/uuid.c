/* Kafka's uuids and their base64url text. */
#include "base/uuid.h"

#include "base/assert.h"
#include "base/hash.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool uuid_is_zero(struct uuid id)
{
    return (load_be64(id.bytes) | load_be64(id.bytes + 8)) == 0;
}

uint64_t uuid_hash(struct uuid id)
{
    return hash_u64(load_be64(id.bytes) ^ hash_u64(load_be64(id.bytes + 8)));
}

struct uuid uuid_from_random(uint64_t high, uint64_t low)
{
    struct uuid id;
    /* '-' is 62: the text begins with it when the first six bits are 111110. */
    if (high >> 58 == 62)
        high ^= (uint64_t)1 << 63;
    store_be64(id.bytes, (high & ~(uint64_t)0xf000) | 0x4000);
    store_be64(id.bytes + 8, (low & ~((uint64_t)3 << 62)) | (uint64_t)2 << 62);
    return id;
}

char *uuid_print(struct uuid id, char *text)
{
    unsigned bits = 0;
    unsigned held = 0;
    char *to = text;
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        bits = (bits << 8) | id.bytes[i];
        held += 8;
        while (held >= 6) {
            held -= 6;
            *to++ = alphabet[(bits >> held) & 63];
        }
    }
    *to++ = alphabet[(bits << (6 - held)) & 63];
    *to = '\0';
    ASSERT(to - text == UUID_TEXT_LEN);
    return text;
}

int uuid_parse(struct bytes text, struct uuid *id)
{
    if (text.len != UUID_TEXT_LEN)
        return ERR_MALFORMED;
    unsigned bits = 0;
    unsigned held = 0;
    size_t out = 0;
    struct uuid parsed;
    for (size_t i = 0; i < text.len; i++) {
        const char *found = text.data[i] == 0 ? NULL : strchr(alphabet, (char)text.data[i]);
        if (found == NULL)
            return ERR_MALFORMED;
        bits = (bits << 6) | (unsigned)(found - alphabet);
        held += 6;
        if (held >= 8) {
            held -= 8;
            parsed.bytes[out++] = (uint8_t)(bits >> held);
        }
    }
    if ((bits & ((1u << held) - 1)) != 0)
        return ERR_MALFORMED;
    ASSERT(out == sizeof parsed.bytes);
    *id = parsed;
    return 0;
}
