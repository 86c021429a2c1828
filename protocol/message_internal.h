/*
 * What decoder, encoder and dumper of messages share: looking at descriptors, and single values.
 *
 * Values are read and written in one place for the interpreter and for compiled messages
 * (protocol/message_compile.h); both end in the same tagged fields, too.
 */
#pragma once

#include "base/util.h"
#include "protocol/message.h"

#define MESSAGE_STRING_LEN_MAX INT16_MAX

/* Most of their arguments are constants in compiled messages; the compiler's own measure does not
 * see that. */
#define MESSAGE_INLINE static inline __attribute__((always_inline))

struct message_kind_facts {
    const char *name; /* Kafka's */
    uint8_t size;     /* in memory, bytes */
    uint8_t least;    /* on the wire, bytes */
    uint8_t least_flexible;
};

/* Not for KIND_STRUCT. */
const struct message_kind_facts *message_kind_facts(enum message_kind kind);
/* Of an array's elements, or of the value itself; bytes in memory. */
size_t message_element_size(const struct message_field *field);
void message_default_field(const struct message_field *field, void *base);
/* Whether a tagged field may be left out. */
bool message_field_is_default(const struct message_field *field, const void *base, int16_t version);

static inline bool version_in(struct version_range range, int16_t version)
{
    return version >= range.since && version <= range.until;
}

static inline void *message_member(const struct message_field *field, void *base)
{
    return (uint8_t *)base + field->offset;
}

static inline const void *message_member_of(const struct message_field *field, const void *base)
{
    return (const uint8_t *)base + field->offset;
}

static inline const struct message_tags *message_tags_of(const struct message_struct *structure,
                                                         const void *base)
{
    return (const void *)((const uint8_t *)base + structure->tags_offset);
}

static inline bool message_field_is_plain(const struct message_field *field, int16_t version)
{
    return field->tag == UNTAGGED && version_in(field->versions, version);
}

/* Whether it is in the version, tagged, and must be written. */
static inline bool message_field_goes_tagged(const struct message_field *field, const void *base,
                                             int16_t version)
{
    return field->tag != UNTAGGED && version_in(field->versions, version) &&
           !message_field_is_default(field, base, version);
}

/* Reading. */

struct message_decoder {
    struct reader *reader;
    struct arena *arena;
    int16_t version;
    bool flexible;
    unsigned flags;
};

/* The section of tagged fields at the end of a structure. */
void message_decode_tags(struct message_decoder *decoder, const struct message_struct *structure,
                         void *base);
/* The interpreter's reading of a message, also of one that is compiled. */
int message_interpret_decode(const struct message_type *type, int16_t version,
                             struct reader *reader, struct arena *arena, void *message,
                             unsigned flags) MUST_CHECK;

/* -1 is null. `compact` lengths are varints, one higher. */
static inline int32_t message_read_len(struct reader *r, bool compact, bool two_bytes)
{
    if (compact) {
        uint32_t raw = read_uvarint(r);
        if (raw > INT32_MAX)
            reader_fail(r, ERR_MALFORMED);
        return r->error != 0 ? -1 : (int32_t)raw - 1;
    }
    int32_t len = two_bytes ? (int16_t)read_be16(r) : (int32_t)read_be32(r);
    return MAX(len, -1);
}

static inline struct blob message_read_run(struct reader *r, int32_t len, bool nullable)
{
    if (len < 0) {
        if (!nullable)
            reader_fail(r, ERR_MALFORMED);
        return (struct blob){NULL, -1};
    }
    const uint8_t *data = reader_take(r, (size_t)len);
    return (struct blob){data, data == NULL ? 0 : len};
}

MESSAGE_INLINE struct string message_read_string(struct reader *r, bool compact, bool nullable)
{
    int32_t len = message_read_len(r, compact, true);
    if (len > MESSAGE_STRING_LEN_MAX)
        reader_fail(r, ERR_MALFORMED);
    struct blob text = message_read_run(r, len, nullable);
    return (struct string){(const char *)text.data, text.len};
}

static inline struct blob message_read_blob(struct reader *r, bool compact, bool nullable)
{
    return message_read_run(r, message_read_len(r, compact, false), nullable);
}

/* How many elements follow; -1 is null. Those that are 0 or less, and failures, have none. */
static inline int32_t message_read_count(struct message_decoder *d, bool nullable)
{
    int32_t count = message_read_len(d->reader, d->flexible, false);
    if (count < 0 && !nullable)
        reader_fail(d->reader, ERR_MALFORMED);
    return count;
}

/* Memory for so many elements of `size` bytes, which take at least `least` bytes each on the wire;
 * or null, and failed. It is not cleared. */
static inline void *message_take_elements(struct message_decoder *d, int32_t count, size_t least,
                                          size_t size)
{
    if ((size_t)count > reader_left(d->reader) / MAX(least, (size_t)1)) {
        reader_fail(d->reader, ERR_SHORT);
        return NULL;
    }
    void *items = arena_take_array(d->arena, (size_t)count, size);
    if (items == NULL)
        reader_fail(d->reader, ERR_NO_MEMORY);
    return items;
}

/* Writing. */

/* Either writes or only counts: then the writer has no room from the start. Both take the same
 * path, so that a size and the bytes cannot disagree. */
struct message_sink {
    struct writer writer; /* a copy: given back when the message is written */
    bool counting;
    bool split; /* leave out the bytes of records */
    bool flexible;
    int16_t version;
    int error;
    size_t size; /* counted */
    struct message_splits *splits;
};

/* The section of tagged fields: `known` fields are to be written, and the unknown ones. */
void message_encode_tags(struct message_sink *sink, const struct message_struct *structure,
                         const void *base, uint32_t known);
/* What message_encode does, by the interpreter, also for a message that is compiled. */
int message_interpret_encode(const struct message_type *type, int16_t version, const void *message,
                             struct writer *writer, struct message_splits *splits) MUST_CHECK;
/* Notes the first failure. */
void message_sink_fail(struct message_sink *sink, int error);
/* The bytes of a records field, or their place. */
void message_put_records(struct message_sink *sink, const struct blob *blob);

/* For `len` bytes without room: counts them, or fails. */
void message_put_no_room(struct message_sink *sink, size_t len);

/* Where `len` bytes go; null where they are only counted, or have no room. */
static inline uint8_t *message_put_gap(struct message_sink *s, size_t len)
{
    if (__builtin_expect((size_t)(s->writer.end - s->writer.pos) < len, 0)) {
        message_put_no_room(s, len);
        return NULL;
    }
    uint8_t *gap = s->writer.pos;
    s->writer.pos += len;
    return gap;
}

static inline void message_put_u8(struct message_sink *s, uint8_t value)
{
    uint8_t *to = message_put_gap(s, 1);
    if (to != NULL)
        *to = value;
}

static inline void message_put_be16(struct message_sink *s, uint16_t value)
{
    uint8_t *to = message_put_gap(s, 2);
    if (to != NULL)
        store_be16(to, value);
}

static inline void message_put_be32(struct message_sink *s, uint32_t value)
{
    uint8_t *to = message_put_gap(s, 4);
    if (to != NULL)
        store_be32(to, value);
}

static inline void message_put_be64(struct message_sink *s, uint64_t value)
{
    uint8_t *to = message_put_gap(s, 8);
    if (to != NULL)
        store_be64(to, value);
}

static inline void message_put_uvarint(struct message_sink *s, uint32_t value)
{
    if (__builtin_expect(value < 0x80, 1)) {
        message_put_u8(s, (uint8_t)value);
        return;
    }
    uint8_t *to = message_put_gap(s, uvarint_size(value));
    for (; to != NULL && value >= 0x80; value >>= 7)
        *to++ = (uint8_t)(value | 0x80);
    if (to != NULL)
        *to = (uint8_t)value;
}

static inline void message_put_bytes(struct message_sink *s, const void *data, size_t len)
{
    uint8_t *to = len == 0 ? NULL : message_put_gap(s, len);
    if (to != NULL)
        memcpy(to, data, len);
}

/* The prefix of what can be null; false where it is null and may not be. */
MESSAGE_INLINE bool message_put_len(struct message_sink *s, int32_t len, bool nullable)
{
    if (len < 0 && !nullable) {
        message_sink_fail(s, ERR_MALFORMED);
        return false;
    }
    if (s->flexible)
        message_put_uvarint(s, (uint32_t)MAX(len, -1) + 1);
    else
        message_put_be32(s, (uint32_t)MAX(len, -1));
    return true;
}

MESSAGE_INLINE void message_put_string(struct message_sink *s, struct string text, bool compact,
                                       bool nullable)
{
    if (text.len > MESSAGE_STRING_LEN_MAX || (text.len < 0 && !nullable)) {
        message_sink_fail(s, ERR_MALFORMED);
        return;
    }
    if (compact)
        message_put_uvarint(s, (uint32_t)MAX(text.len, -1) + 1);
    else
        message_put_be16(s, (uint16_t)MAX(text.len, -1));
    message_put_bytes(s, text.data, (size_t)MAX(text.len, 0));
}
