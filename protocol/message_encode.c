/*
 * Writing messages: one walk over the descriptors, into a sink that either writes or only counts.
 * Both take the same path, so that a size and the bytes cannot disagree; the size of a tagged field
 * stands before it and comes from such a count.
 */
#include "protocol/message.h"

#include "base/assert.h"
#include "base/util.h"
#include "protocol/message_internal.h"

struct sink {
    struct writer *writer; /* null: only count */
    size_t size;
    struct message_splits *splits;
    bool split; /* leave out the bytes of records */
    bool flexible;
    int16_t version;
    int error;
};

static void sink_fail(struct sink *s, int error)
{
    ASSERT(error < 0);
    if (s->error == 0)
        s->error = error;
}

static void put_u8(struct sink *s, uint8_t value)
{
    s->size += 1;
    if (s->writer != NULL)
        write_u8(s->writer, value);
}

static void put_be16(struct sink *s, uint16_t value)
{
    s->size += 2;
    if (s->writer != NULL)
        write_be16(s->writer, value);
}

static void put_be32(struct sink *s, uint32_t value)
{
    s->size += 4;
    if (s->writer != NULL)
        write_be32(s->writer, value);
}

static void put_be64(struct sink *s, uint64_t value)
{
    s->size += 8;
    if (s->writer != NULL)
        write_be64(s->writer, value);
}

static void put_uvarint(struct sink *s, uint32_t value)
{
    s->size += uvarint_size(value);
    if (s->writer != NULL)
        write_uvarint(s->writer, value);
}

static void put_bytes(struct sink *s, const void *data, size_t len)
{
    s->size += len;
    if (s->writer != NULL)
        write_bytes(s->writer, data, len);
}

/* The prefix of what can be null; false where it is null and may not be. */
static bool put_len(struct sink *s, int32_t len, bool nullable)
{
    if (len < 0 && !nullable) {
        sink_fail(s, ERR_MALFORMED);
        return false;
    }
    if (s->flexible)
        put_uvarint(s, (uint32_t)MAX(len, -1) + 1);
    else
        put_be32(s, (uint32_t)MAX(len, -1));
    return true;
}

static void put_string(struct sink *s, struct string text, bool compact, bool nullable)
{
    if (text.len > MESSAGE_STRING_LEN_MAX || (text.len < 0 && !nullable)) {
        sink_fail(s, ERR_MALFORMED);
        return;
    }
    if (compact)
        put_uvarint(s, (uint32_t)MAX(text.len, -1) + 1);
    else
        put_be16(s, (uint16_t)MAX(text.len, -1));
    put_bytes(s, text.data, (size_t)MAX(text.len, 0));
}

static void put_records(struct sink *s, const struct blob *blob)
{
    if (!s->split || blob->len <= 0) {
        put_bytes(s, blob->data, (size_t)MAX(blob->len, 0));
        return;
    }
    if (s->writer == NULL)
        return;
    if (s->splits->count == s->splits->capacity) {
        sink_fail(s, ERR_TOO_LARGE);
        return;
    }
    s->splits->items[s->splits->count++] =
        (struct message_split){.position = writer_len(s->writer), .blob = blob};
}

static void encode_value(struct sink *s, enum message_kind kind, bool nullable, const void *from)
{
    switch (kind) {
    case KIND_BOOL:
        put_u8(s, *(const bool *)from ? 1 : 0);
        break;
    case KIND_INT8:
        put_u8(s, *(const uint8_t *)from);
        break;
    case KIND_INT16:
    case KIND_UINT16:
        put_be16(s, *(const uint16_t *)from);
        break;
    case KIND_INT32:
    case KIND_UINT32:
        put_be32(s, *(const uint32_t *)from);
        break;
    case KIND_INT64:
        put_be64(s, *(const uint64_t *)from);
        break;
    case KIND_FLOAT64: {
        uint64_t bits;
        memcpy(&bits, from, sizeof bits);
        put_be64(s, bits);
        break;
    }
    case KIND_UUID:
        put_bytes(s, from, sizeof(struct uuid));
        break;
    case KIND_STRING:
        put_string(s, *(const struct string *)from, s->flexible, nullable);
        break;
    case KIND_LEGACY_STRING:
        put_string(s, *(const struct string *)from, false, nullable);
        break;
    case KIND_BYTES:
        if (put_len(s, ((const struct blob *)from)->len, nullable))
            put_bytes(s, ((const struct blob *)from)->data,
                      (size_t)MAX(((const struct blob *)from)->len, 0));
        break;
    case KIND_RECORDS:
        if (put_len(s, ((const struct blob *)from)->len, nullable))
            put_records(s, from);
        break;
    case KIND_STRUCT:
        UNREACHABLE();
    }
}

static void encode_struct(struct sink *s, const struct message_struct *structure, const void *base);

static void encode_array(struct sink *s, const struct message_field *field,
                         const struct message_array *array)
{
    if (!put_len(s, array->count, version_in(field->nullable, s->version)))
        return;
    size_t size = message_element_size(field);
    const uint8_t *element = array->items;
    for (int32_t i = 0; i < array->count; i++, element += size) {
        if (field->kind == KIND_STRUCT)
            encode_struct(s, field->nested, element);
        else
            encode_value(s, field->kind, false, element);
    }
}

static void encode_optional(struct sink *s, const struct message_field *field,
                            const void *structure)
{
    bool nullable = version_in(field->nullable, s->version);
    uint8_t null = field->tag == UNTAGGED ? UINT8_MAX : 0;
    if (structure == NULL && !nullable)
        sink_fail(s, ERR_MALFORMED);
    if (nullable)
        put_u8(s, structure != NULL ? 1 : null);
    if (structure != NULL)
        encode_struct(s, field->nested, structure);
}

static void encode_field(struct sink *s, const struct message_field *field, const void *base)
{
    const void *from = message_member_of(field, base);
    switch ((enum message_form)field->form) {
    case FORM_FIELD:
        encode_value(s, field->kind, version_in(field->nullable, s->version), from);
        break;
    case FORM_ARRAY:
    case FORM_LIST:
        encode_array(s, field, from);
        break;
    case FORM_NESTED:
        encode_struct(s, field->nested, from);
        break;
    case FORM_OPTIONAL:
        encode_optional(s, field, *(const void *const *)from);
        break;
    }
}

static void encode_tagged(struct sink *s, const struct message_field *field, const void *base)
{
    /* Its size would have to count what is left out. */
    ASSERT(field->kind != KIND_RECORDS);
    struct sink counter = *s;
    counter.writer = NULL;
    counter.size = 0;
    encode_field(&counter, field, base);
    put_uvarint(s, (uint32_t)field->tag);
    put_uvarint(s, (uint32_t)counter.size);
    encode_field(s, field, base);
}

/* The field with the lowest tag above `tag` that must be written. */
static const struct message_field *next_tagged(const struct sink *s,
                                               const struct message_struct *structure,
                                               const void *base, int32_t tag)
{
    const struct message_field *next = NULL;
    for (uint16_t i = 0; i < structure->field_count; i++) {
        const struct message_field *field = &structure->fields[i];
        if (field->tag > tag && (next == NULL || field->tag < next->tag) &&
            message_field_goes_tagged(field, base, s->version))
            next = field;
    }
    return next;
}

/* Tags go out in ascending order; the rows need not stand in it. `known` fields are to be tagged.
 */
static void encode_tags(struct sink *s, const struct message_struct *structure, const void *base,
                        uint32_t known)
{
    const struct message_tags *unknown = message_tags_of(structure, base);
    put_uvarint(s, known + unknown->count);
    if (known + unknown->count == 0)
        return;
    const struct message_field *field = next_tagged(s, structure, base, UNTAGGED);
    while (field != NULL) {
        encode_tagged(s, field, base);
        field = next_tagged(s, structure, base, field->tag);
    }
    put_bytes(s, unknown->data, unknown->len);
}

static void encode_struct(struct sink *s, const struct message_struct *structure, const void *base)
{
    uint32_t tagged = 0;
    for (uint16_t i = 0; i < structure->field_count; i++) {
        const struct message_field *field = &structure->fields[i];
        if (message_field_is_plain(field, s->version))
            encode_field(s, field, base);
        else
            tagged += message_field_goes_tagged(field, base, s->version);
    }
    if (s->flexible)
        encode_tags(s, structure, base, tagged);
}

size_t message_size(const struct message_type *type, int16_t version, const void *message,
                    bool split)
{
    ASSERT(version >= type->version_min && version <= type->version_max);
    struct sink s = {
        .split = split, .flexible = version >= type->flexible_since, .version = version};
    encode_struct(&s, type->root, message);
    return s.size;
}

int message_encode(const struct message_type *type, int16_t version, const void *message,
                   struct writer *writer, struct message_splits *splits)
{
    ASSERT(version >= type->version_min && version <= type->version_max);
    struct sink s = {.writer = writer,
                     .splits = splits,
                     .split = splits != NULL,
                     .flexible = version >= type->flexible_since,
                     .version = version};
    encode_struct(&s, type->root, message);
    return s.error != 0 ? s.error : writer->error;
}
