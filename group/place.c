/*
 * Java hashes the UTF-16 units of a text, so the bytes are decoded on the way; a character above
 * U+FFFF is two units.
 */
#include "group/place.h"

#include "base/assert.h"
#include "base/utf8.h"

#define REPLACEMENT 0xFFFDu

/* The character at `at` and its length; an invalid byte is one U+FFFD. */
static uint32_t character_at(struct bytes text, size_t at, size_t *len)
{
    uint8_t first = text.data[at];
    size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    *len = 1;
    if (size > text.len - at || utf8_valid_len(text.data + at, size) != size)
        return REPLACEMENT;
    *len = size;
    if (size == 1)
        return first;
    uint32_t code = first & (0x7Fu >> size);
    for (size_t i = 1; i < size; i++)
        code = code << 6 | (text.data[at + i] & 0x3Fu);
    return code;
}

int32_t group_java_hash(struct bytes text)
{
    uint32_t hash = 0;
    size_t len;
    for (size_t at = 0; at < text.len; at += len) {
        uint32_t code = character_at(text, at, &len);
        if (code > 0xFFFF) {
            hash = hash * 31 + (0xD800 + ((code - 0x10000) >> 10));
            code = 0xDC00 + ((code - 0x10000) & 0x3FF);
        }
        hash = hash * 31 + code;
    }
    return (int32_t)hash;
}

int32_t group_place(struct bytes group_id, int32_t partitions)
{
    ASSERT(partitions > 0);
    int32_t hash = group_java_hash(group_id);
    if (hash == INT32_MIN)
        return 0;
    return (hash < 0 ? -hash : hash) % partitions;
}
