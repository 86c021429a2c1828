/*
 * From rows to code; for the sources of protocol/schema/ only.
 *
 * The interpreter looks at every field's descriptor, and so pays some forty instructions for each
 * field that a message could have. Produce and Fetch are worth more: MESSAGE_COMPILE_STRUCT expands
 * the same rows once more, into functions in which versions, tags and defaults are constants and
 * nested structures are calls that the compiler sees through. Nothing is written by hand, so
 * nothing can drift from the rows; single values and sections of tagged fields are the
 * interpreter's own (message_internal.h). tests/protocol/message_compile_test.c and
 * tests/fuzz/compiled_fuzz.c hold both to the same results.
 *
 *     MESSAGE_COMPILE_STRUCT(structure, ROWS)   nested ones first
 *     MESSAGE_COMPILE_TYPE(message, ...)        in place of MESSAGE_DEFINE_TYPE
 *
 * OPTIONAL rows are not supported: neither message has one.
 */
#pragma once

#include "base/assert.h"
#include "protocol/message_define.h"
#include "protocol/message_internal.h"

/* Values by kind: reading, writing, their default, and whether they have it. */
#define COMPILED_NUMBER(KIND, type, load, put, wire)                                          \
    static inline type compiled_read_##KIND(struct message_decoder *d, bool nullable)         \
    {                                                                                         \
        (void)nullable;                                                                       \
        return (type)load(d->reader);                                                         \
    }                                                                                         \
    static inline void compiled_put_##KIND(struct message_sink *s, type value, bool nullable) \
    {                                                                                         \
        (void)nullable;                                                                       \
        put(s, (wire)value);                                                                  \
    }                                                                                         \
    static inline type compiled_default_##KIND(int64_t value)                                 \
    {                                                                                         \
        return (type)value;                                                                   \
    }                                                                                         \
    static inline bool compiled_has_default_##KIND(type member, int64_t value)                \
    {                                                                                         \
        return member == value;                                                               \
    }

COMPILED_NUMBER(INT8, int8_t, read_u8, message_put_u8, uint8_t)
COMPILED_NUMBER(INT16, int16_t, read_be16, message_put_be16, uint16_t)
COMPILED_NUMBER(INT32, int32_t, read_be32, message_put_be32, uint32_t)
COMPILED_NUMBER(INT64, int64_t, read_be64, message_put_be64, uint64_t)

static inline struct uuid compiled_read_UUID(struct message_decoder *d, bool nullable)
{
    (void)nullable;
    struct uuid id;
    read_copy(d->reader, &id, sizeof id);
    return id;
}

static inline void compiled_put_UUID(struct message_sink *s, struct uuid id, bool nullable)
{
    (void)nullable;
    message_put_bytes(s, &id, sizeof id);
}

static inline struct uuid compiled_default_UUID(int64_t value)
{
    (void)value;
    return (struct uuid){{0}};
}

static inline bool compiled_has_default_UUID(struct uuid id, int64_t value)
{
    (void)value;
    return uuid_is_zero(id);
}

static inline int32_t compiled_default_len(int64_t value)
{
    return value == DEFAULT_NULL ? -1 : 0;
}

static inline struct string compiled_read_STRING(struct message_decoder *d, bool nullable)
{
    return message_read_string(d->reader, d->flexible, nullable);
}

static inline void compiled_put_STRING(struct message_sink *s, struct string text, bool nullable)
{
    message_put_string(s, text, s->flexible, nullable);
}

static inline struct string compiled_default_STRING(int64_t value)
{
    return (struct string){NULL, compiled_default_len(value)};
}

static inline bool compiled_has_default_STRING(struct string text, int64_t value)
{
    return MAX(text.len, -1) == compiled_default_len(value);
}

static inline struct blob compiled_read_RECORDS(struct message_decoder *d, bool nullable)
{
    return message_read_blob(d->reader, d->flexible, nullable);
}

/* The member is passed where it lies: a split names it. */
static inline void compiled_put_records(struct message_sink *s, const struct blob *blob,
                                        bool nullable)
{
    if (message_put_len(s, blob->len, nullable))
        message_put_records(s, blob);
}
#define compiled_put_RECORDS(s, member, nullable) compiled_put_records((s), &(member), (nullable))

static inline struct blob compiled_default_RECORDS(int64_t value)
{
    return (struct blob){NULL, compiled_default_len(value)};
}

static inline bool compiled_has_default_RECORDS(struct blob blob, int64_t value)
{
    return MAX(blob.len, -1) == compiled_default_len(value);
}

/* Nearly always the section is empty. */
static inline void compiled_read_tags(struct message_decoder *d,
                                      const struct message_struct *structure, void *base)
{
    struct reader *r = d->reader;
    if (r->pos < r->end && *r->pos == 0)
        r->pos++;
    else
        message_decode_tags(d, structure, base);
}

static inline void compiled_put_tags(struct message_sink *s, const struct message_struct *structure,
                                     const void *base, uint32_t known)
{
    if (known + message_tags_of(structure, base)->count == 0)
        message_put_u8(s, 0);
    else
        message_encode_tags(s, structure, base, known);
}

// clang-format off
/* A range of versions is a pair in braces, hence the dots. */
#define COMPILED_IN(version, ...) version_in((struct version_range)__VA_ARGS__, (version))
#define COMPILED_PLAIN(t, version, ...) ((t) == UNTAGGED && COMPILED_IN(version, __VA_ARGS__))

/* Rows as statements on the structure `m`. Every member at its default: */
#define DEFAULTS_FIELD(_, k, n, v, nul, t, value) m->n = compiled_default_##k(value);
#define DEFAULTS_ARRAY(_, k, n, v, nul, t, value) \
    m->n.items = NULL;                            \
    m->n.count = compiled_default_len(value);
#define DEFAULTS_LIST DEFAULTS_ARRAY
#define DEFAULTS_NESTED(_, structure, n, v, t) compiled_defaults_##structure(&m->n);

/* Is every member of the version at its default? */
#define CHECK_FIELD(_, k, n, v, nul, t, value)                               \
    if (COMPILED_IN(version, v) && !compiled_has_default_##k(m->n, (value))) \
        return false;
#define CHECK_ARRAY(_, k, n, v, nul, t, value)                                         \
    if (COMPILED_IN(version, v) && MAX(m->n.count, -1) != compiled_default_len(value)) \
        return false;
#define CHECK_LIST CHECK_ARRAY
#define CHECK_NESTED(_, structure, n, v, t)                                          \
    if (COMPILED_IN(version, v) && !compiled_is_default_##structure(&m->n, version)) \
        return false;

/* The least bytes on the wire. */
#define LEAST_INT8(flexible)    1
#define LEAST_INT16(flexible)   2
#define LEAST_INT32(flexible)   4
#define LEAST_INT64(flexible)   8
#define LEAST_UUID(flexible)    16
#define LEAST_STRING(flexible)  ((flexible) ? 1 : 2)
#define LEAST_RECORDS(flexible) ((flexible) ? 1 : 4)
#define LEAST_FIELD(_, k, n, v, nul, t, value) \
    if (COMPILED_PLAIN(t, version, v))         \
        least += LEAST_##k(flexible);
#define LEAST_ARRAY(_, k, n, v, nul, t, value) \
    if (COMPILED_PLAIN(t, version, v))         \
        least += (flexible) ? 1 : 4;
#define LEAST_LIST LEAST_ARRAY
#define LEAST_NESTED(_, structure, n, v, t) \
    if (COMPILED_PLAIN(t, version, v))      \
        least += compiled_least_##structure(version, flexible);

/* Reading. */
#define DECODE_FIELD(_, k, n, v, nul, t, value)                 \
    if (COMPILED_PLAIN(t, version, v))                          \
        m->n = compiled_read_##k(d, COMPILED_IN(version, nul)); \
    else                                                        \
        m->n = compiled_default_##k(value);
#define DECODE_ITEMS(n, least)                                                          \
    m->n.items = NULL;                                                                  \
    if (m->n.count > 0 && d->reader->error == 0)                                        \
        m->n.items = message_take_elements(d, m->n.count, (least), sizeof *m->n.items); \
    for (int32_t i = 0; i < m->n.count && d->reader->error == 0; i++)
#define DECODE_ARRAY(_, k, n, v, nul, t, value)                         \
    m->n.count = COMPILED_PLAIN(t, version, v)                          \
                     ? message_read_count(d, COMPILED_IN(version, nul)) \
                     : compiled_default_len(value);                     \
    DECODE_ITEMS(n, LEAST_##k(d->flexible))                             \
        m->n.items[i] = compiled_read_##k(d, false);
#define DECODE_LIST(_, structure, n, v, nul, t, value)                  \
    m->n.count = COMPILED_PLAIN(t, version, v)                          \
                     ? message_read_count(d, COMPILED_IN(version, nul)) \
                     : compiled_default_len(value);                     \
    DECODE_ITEMS(n, compiled_least_##structure(version, d->flexible))   \
        compiled_decode_##structure(d, version, &m->n.items[i]);
#define DECODE_NESTED(_, structure, n, v, t)            \
    if (COMPILED_PLAIN(t, version, v))                  \
        compiled_decode_##structure(d, version, &m->n); \
    else                                                \
        compiled_defaults_##structure(&m->n);

/* Writing, and counting those that must be written as tagged. */
#define ENCODE_FIELD(_, k, n, v, nul, t, value)               \
    if (COMPILED_PLAIN(t, version, v))                        \
        compiled_put_##k(s, m->n, COMPILED_IN(version, nul)); \
    else if ((t) != UNTAGGED && COMPILED_IN(version, v))      \
        tagged += !compiled_has_default_##k(m->n, (value));
#define ENCODE_ITEMS(n, null)                   \
    if (message_put_len(s, m->n.count, (null))) \
        for (int32_t i = 0; i < m->n.count; i++)
#define ENCODE_ARRAY(_, k, n, v, nul, t, value)                       \
    if (COMPILED_PLAIN(t, version, v)) {                              \
        ENCODE_ITEMS(n, COMPILED_IN(version, nul))                    \
            compiled_put_##k(s, m->n.items[i], false);                \
    } else if ((t) != UNTAGGED && COMPILED_IN(version, v)) {          \
        tagged += MAX(m->n.count, -1) != compiled_default_len(value); \
    }
#define ENCODE_LIST(_, structure, n, v, nul, t, value)                \
    if (COMPILED_PLAIN(t, version, v)) {                              \
        ENCODE_ITEMS(n, COMPILED_IN(version, nul))                    \
            compiled_encode_##structure(s, version, &m->n.items[i]);  \
    } else if ((t) != UNTAGGED && COMPILED_IN(version, v)) {          \
        tagged += MAX(m->n.count, -1) != compiled_default_len(value); \
    }
#define ENCODE_NESTED(_, structure, n, v, t)             \
    if (COMPILED_PLAIN(t, version, v))                   \
        compiled_encode_##structure(s, version, &m->n);  \
    else if ((t) != UNTAGGED && COMPILED_IN(version, v)) \
        tagged += !compiled_is_default_##structure(&m->n, version);

#define COMPILED_OPTIONAL(_, structure, n, v, nul, t, value) \
    _Static_assert(0, "optional structures are not compiled");
#define COMPILED_ROWS(structure, ROWS, VERB) \
    ROWS(structure, VERB##_FIELD, VERB##_ARRAY, VERB##_NESTED, COMPILED_OPTIONAL, VERB##_LIST)
#define COMPILED_FUNCTION __attribute__((unused)) static inline

#define MESSAGE_COMPILE_STRUCT(structure, ROWS)                                         \
    COMPILED_FUNCTION void compiled_defaults_##structure(struct structure *m)           \
    {                                                                                   \
        COMPILED_ROWS(structure, ROWS, DEFAULTS)                                        \
        m->unknown_tags = (struct message_tags){NULL, 0, 0};                            \
    }                                                                                   \
    COMPILED_FUNCTION bool compiled_is_default_##structure(const struct structure *m,   \
                                                           int16_t version)             \
    {                                                                                   \
        if (m->unknown_tags.count > 0)                                                  \
            return false;                                                               \
        COMPILED_ROWS(structure, ROWS, CHECK)                                           \
        return true;                                                                    \
    }                                                                                   \
    COMPILED_FUNCTION size_t compiled_least_##structure(int16_t version, bool flexible) \
    {                                                                                   \
        size_t least = flexible ? 1 : 0;                                                \
        COMPILED_ROWS(structure, ROWS, LEAST)                                           \
        return least;                                                                   \
    }                                                                                   \
    COMPILED_FUNCTION void compiled_decode_##structure(                                 \
        struct message_decoder *d, int16_t version, struct structure *m)                \
    {                                                                                   \
        m->unknown_tags = (struct message_tags){NULL, 0, 0};                            \
        COMPILED_ROWS(structure, ROWS, DECODE)                                          \
        if (d->flexible)                                                                \
            compiled_read_tags(d, &structure##_struct, m);                              \
    }                                                                                   \
    COMPILED_FUNCTION void compiled_encode_##structure(                                 \
        struct message_sink *s, int16_t version, const struct structure *m)             \
    {                                                                                   \
        uint32_t tagged = 0;                                                            \
        COMPILED_ROWS(structure, ROWS, ENCODE)                                          \
        if (s->flexible)                                                                \
            compiled_put_tags(s, &structure##_struct, m, tagged);                       \
    }                                                                                   \
    static void structure##_defaults(void *message)                                     \
    {                                                                                   \
        compiled_defaults_##structure(message);                                         \
    }                                                                                   \
    MESSAGE_DEFINE_STRUCT_WITH(structure, ROWS, structure##_defaults)

/* `message` names its root structure, too. What is asserted tells the compiler which rows are in
 * every version. */
#define MESSAGE_COMPILE_TYPE(message, kafka_name, key, min, max, flexible)                  \
    static void message##_decode(struct message_decoder *decoder, void *to)                 \
    {                                                                                       \
        ASSERT(decoder->version >= (min));                                                  \
        compiled_decode_##message(decoder, decoder->version, to);                           \
    }                                                                                       \
    static void message##_encode(struct message_sink *sink, const void *from)               \
    {                                                                                       \
        ASSERT(sink->version >= (min));                                                     \
        compiled_encode_##message(sink, sink->version, from);                               \
    }                                                                                       \
    static const struct message_code message##_code = {message##_decode, message##_encode}; \
    MESSAGE_DEFINE_TYPE_WITH(message, kafka_name, key, min, max, flexible, &message##_code)
// clang-format on
