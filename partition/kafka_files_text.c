/* The cursor over Kafka's text files. Plain and strict; speed does not matter here. */
#include "partition/kafka_files_text.h"

#include "base/assert.h"

void kafka_text_init(struct kafka_text *text, struct bytes bytes)
{
    text->pos = bytes.data;
    text->end = bytes.data + bytes.len;
}

bool kafka_text_at_end(const struct kafka_text *text)
{
    ASSERT(text->pos <= text->end);
    return text->pos == text->end;
}

static bool take(struct kafka_text *text, uint8_t c)
{
    if (kafka_text_at_end(text) || *text->pos != c)
        return false;
    text->pos++;
    return true;
}

bool kafka_text_number(struct kafka_text *text, int64_t *number)
{
    bool negative = take(text, '-');
    if (!negative)
        (void)take(text, '+');
    const uint8_t *start = text->pos;
    int64_t value = 0;
    for (; !kafka_text_at_end(text) && *text->pos >= '0' && *text->pos <= '9'; text->pos++) {
        int64_t digit = *text->pos - '0';
        /* Counted downwards: the most negative number has no positive twin. */
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    if (text->pos == start || (!negative && value == INT64_MIN))
        return false;
    *number = negative ? value : -value;
    return true;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

bool kafka_text_word(struct kafka_text *text, struct bytes *word)
{
    const uint8_t *start = text->pos;
    while (!kafka_text_at_end(text) && !is_space(*text->pos))
        text->pos++;
    *word = (struct bytes){start, (size_t)(text->pos - start)};
    return word->len > 0;
}

bool kafka_text_space(struct kafka_text *text)
{
    const uint8_t *start = text->pos;
    while (take(text, ' ') || take(text, '\t'))
        ;
    return text->pos > start;
}

bool kafka_text_newline(struct kafka_text *text)
{
    if (kafka_text_at_end(text))
        return true;
    bool carriage = take(text, '\r');
    return take(text, '\n') || carriage;
}

int kafka_text_header(struct kafka_text *text, int64_t version, int64_t *count)
{
    *count = 0;
    if (kafka_text_at_end(text))
        return 0;
    int64_t found;
    if (!kafka_text_number(text, &found) || !kafka_text_newline(text))
        return ERR_CORRUPT;
    if (found != version)
        return ERR_VERSION;
    if (kafka_text_at_end(text))
        return 0;
    if (!kafka_text_number(text, count) || !kafka_text_newline(text) || *count < 0)
        return ERR_CORRUPT;
    return 0;
}
