/*
 * A character is a first byte, which tells its length and narrows the second byte, and bytes of 80
 * to BF. What breaks off before its length is one unreadable thing, so that the text behind it is
 * read again at once.
 */
#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

#include "base/assert.h"

/* Bytes of a character that begins so; 0: none does. */
static size_t character_len(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* No overlong forms, no surrogates, nothing above 10FFFF: all of it shows in the second byte. */
static bool second_fits(uint8_t first, uint8_t second)
{
    uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    return second >= low && second <= high;
}

/* How many bytes at `text` belong together, at least 1; whether they are a character. */
static size_t character_at(const uint8_t *text, size_t len, bool *valid)
{
    size_t wanted = character_len(text[0]);
    size_t have = 1;
    ASSERT(len > 0);
    if (wanted > 1 && len > 1 && second_fits(text[0], text[1]))
        for (have = 2; have < wanted && have < len && (text[have] & 0xC0) == 0x80;)
            have++;
    *valid = have == wanted;
    return have;
}

size_t utf8_valid_len(const uint8_t *text, size_t len)
{
    size_t at = 0;
    bool valid = true;
    while (at < len) {
        size_t step = character_at(text + at, len - at, &valid);
        if (!valid)
            break;
        at += step;
    }
    return at;
}

size_t utf8_repair(const uint8_t *text, size_t len, uint8_t *out)
{
    static const uint8_t replacement[] = {0xEF, 0xBF, 0xBD};
    size_t written = 0;
    bool valid;
    for (size_t at = 0; at < len;) {
        size_t step = character_at(text + at, len - at, &valid);
        const uint8_t *from = valid ? text + at : replacement;
        size_t count = valid ? step : sizeof replacement;
        memcpy(out + written, from, count);
        written += count;
        at += step;
    }
    ASSERT(written <= 3 * len);
    return written;
}
