/*
 * The .properties reader; see the header for the format.
 *
 * Two passes over each logical line. The first joins the physical lines into one buffer and keeps
 * every escape, the second walks that buffer once: key, separator, value. Bytes are decoded to
 * UTF-8 on the way in, escapes on the way out, so that neither pass knows of the other's concern.
 */
#include "broker/config/properties.h"

#include <stdbool.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

/* A growing text. */
struct text {
    char *data;
    size_t len;
    size_t capacity;
};

static void text_add(struct text *t, uint8_t byte)
{
    if (t->len + 1 >= t->capacity) {
        size_t capacity = t->capacity == 0 ? 128 : t->capacity * 2;
        t->data = mem_realloc(t->data, t->capacity, capacity);
        t->capacity = capacity;
    }
    t->data[t->len++] = (char)byte;
    t->data[t->len] = '\0';
}

static void text_add_code_point(struct text *t, uint32_t c)
{
    ASSERT(c <= 0x10ffff);
    if (c < 0x80) {
        text_add(t, (uint8_t)c);
    } else if (c < 0x800) {
        text_add(t, (uint8_t)(0xc0 | c >> 6));
        text_add(t, (uint8_t)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        text_add(t, (uint8_t)(0xe0 | c >> 12));
        text_add(t, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        text_add(t, (uint8_t)(0x80 | (c & 0x3f)));
    } else {
        text_add(t, (uint8_t)(0xf0 | c >> 18));
        text_add(t, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        text_add(t, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
        text_add(t, (uint8_t)(0x80 | (c & 0x3f)));
    }
}

/* The length of the well-formed UTF-8 sequence at `s`, 0 when there is none. Overlong forms,
 * surrogates and values above U+10FFFF are not well-formed. */
static size_t utf8_sequence(const uint8_t *s, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (s[0] < 0x80)
        return 1;
    size_t len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc0 || s[0] > 0xf7 || len > left)
        return 0;
    uint32_t c = s[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3fu);
    }
    bool surrogate = c >= 0xd800 && c <= 0xdfff;
    return c < least[len] || c > 0x10ffff || surrogate ? 0 : len;
}

struct lines {
    const uint8_t *pos;
    const uint8_t *end;
    uint32_t line; /* of pos, from 1 */
};

static bool is_blank(int c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static void lines_skip_blanks(struct lines *in)
{
    while (in->pos < in->end && is_blank(*in->pos))
        in->pos++;
}

/* Passes over one line end, if there is one here. */
static bool lines_skip_end(struct lines *in)
{
    if (in->pos == in->end || (*in->pos != '\n' && *in->pos != '\r'))
        return false;
    bool carriage = *in->pos++ == '\r';
    if (carriage && in->pos < in->end && *in->pos == '\n')
        in->pos++;
    in->line++;
    return true;
}

static void lines_skip_comment(struct lines *in)
{
    while (in->pos < in->end && *in->pos != '\n' && *in->pos != '\r')
        in->pos++;
}

/* Copies what stands on this line, as UTF-8; false when it ends in a backslash of its own, which
 * is not copied. */
static bool lines_take(struct lines *in, struct text *line)
{
    bool escaped = false;
    while (in->pos < in->end && *in->pos != '\n' && *in->pos != '\r') {
        size_t len = utf8_sequence(in->pos, (size_t)(in->end - in->pos));
        escaped = *in->pos == '\\' && !escaped;
        if (len == 0)
            text_add_code_point(line, *in->pos++);
        for (; len > 0; len--)
            text_add(line, *in->pos++);
    }
    if (escaped)
        line->data[--line->len] = '\0';
    return !escaped;
}

/* Passes over blank lines and comments; false at the end. */
static bool lines_find(struct lines *in)
{
    for (;;) {
        lines_skip_blanks(in);
        if (in->pos == in->end)
            return false;
        if (*in->pos == '#' || *in->pos == '!')
            lines_skip_comment(in);
        else if (!lines_skip_end(in))
            return true;
    }
}

/* The next line with its continuations. Lines of nothing but a backslash are no beginning: what
 * follows them may still be a comment. */
static bool lines_next(struct lines *in, struct text *line, uint32_t *number)
{
    line->len = 0;
    while (line->len == 0) {
        if (!lines_find(in))
            return false;
        *number = in->line;
        while (!lines_take(in, line) && line->len > 0 && lines_skip_end(in))
            lines_skip_blanks(in);
    }
    return true;
}

/* Four hexadecimal digits; -1 when they are not there. */
static int32_t read_hex4(const char *digits, size_t left)
{
    int32_t value = 0;
    if (left < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = digits[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* The \uXXXX whose digits stand at *pos, with a low surrogate behind a high one. A surrogate that
 * stands alone is no character: U+FFFD. */
static const char *unescape_unicode(const struct text *line, size_t *pos, struct text *out)
{
    int32_t unit = read_hex4(line->data + *pos, line->len - *pos);
    if (unit < 0)
        return "a \\u needs four hexadecimal digits";
    if (unit == 0)
        return "a NUL character";
    *pos += 4;
    uint32_t c = (uint32_t)unit;
    const char *next = line->data + *pos;
    if (c >= 0xd800 && c <= 0xdbff && line->len - *pos >= 6 && next[0] == '\\' && next[1] == 'u') {
        int32_t low = read_hex4(next + 2, 4);
        if (low >= 0xdc00 && low <= 0xdfff) {
            c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
            *pos += 6;
        }
    }
    text_add_code_point(out, c >= 0xd800 && c <= 0xdfff ? 0xfffd : c);
    return NULL;
}

/* Copies from *pos on, without escapes, up to the end or (for a key) to a separator. Returns the
 * reason of a failure, or null. */
static const char *unescape(const struct text *line, size_t *pos, bool key, struct text *out)
{
    out->len = 0;
    while (*pos < line->len) {
        char c = line->data[*pos];
        if (c == '\0')
            return "a NUL character";
        if (key && (c == '=' || c == ':' || is_blank(c)))
            break;
        (*pos)++;
        if (c != '\\') {
            text_add(out, (uint8_t)c);
            continue;
        }
        if (*pos == line->len)
            break;
        c = line->data[(*pos)++];
        if (c == 'u') {
            const char *reason = unescape_unicode(line, pos, out);
            if (reason != NULL)
                return reason;
            continue;
        }
        if (c == '\0')
            return "a NUL character";
        c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 'f' ? '\f' : c;
        text_add(out, (uint8_t)c);
    }
    return NULL;
}

static void skip_separator(const struct text *line, size_t *pos)
{
    while (*pos < line->len && is_blank(line->data[*pos]))
        (*pos)++;
    if (*pos < line->len && (line->data[*pos] == '=' || line->data[*pos] == ':'))
        (*pos)++;
    while (*pos < line->len && is_blank(line->data[*pos]))
        (*pos)++;
}

static char *text_copy(const struct text *t)
{
    return mem_copy_bytes((struct bytes){(const uint8_t *)t->data, t->len});
}

static void properties_add(struct properties *properties, const struct property *property)
{
    properties->items = mem_grow(properties->items, properties->count, &properties->capacity,
                                 sizeof *properties->items);
    properties->items[properties->count++] = *property;
}

int properties_parse(struct bytes text, struct properties *properties,
                     struct properties_error *error)
{
    *properties = (struct properties){0};
    *error = (struct properties_error){.line = 1, .reason = "the file is larger than 1 MiB"};
    if (text.len > PROPERTIES_BYTES_MAX)
        return ERR_TOO_LARGE;
    if (text.len == 0)
        return 0;
    struct lines in = {.pos = text.data, .end = text.data + text.len, .line = 1};
    struct text line = {0}, key = {0}, value = {0};
    error->reason = NULL;
    while (error->reason == NULL && lines_next(&in, &line, &error->line)) {
        size_t pos = 0;
        error->reason = unescape(&line, &pos, true, &key);
        if (error->reason == NULL) {
            skip_separator(&line, &pos);
            error->reason = unescape(&line, &pos, false, &value);
        }
        if (error->reason == NULL)
            properties_add(properties,
                           &(struct property){text_copy(&key), text_copy(&value), error->line});
    }
    mem_free(line.data);
    mem_free(key.data);
    mem_free(value.data);
    if (error->reason == NULL)
        return 0;
    properties_fini(properties);
    return ERR_MALFORMED;
}

void properties_fini(struct properties *properties)
{
    for (uint32_t i = 0; i < properties->count; i++) {
        mem_free(properties->items[i].key);
        mem_free(properties->items[i].value);
    }
    mem_free(properties->items);
    *properties = (struct properties){0};
}
