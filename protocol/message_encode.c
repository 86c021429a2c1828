/*
 * Writing messages: one walk over the descriptors, into a sink that either writes or only counts.
 * Both take the same path, so that a size and the bytes cannot disagree; the size of a tagged field
 * stands before it and comes from such a count.
 */
#include "protocol/message.h"

#include "base/assert.h"
#include "base/util.h"
#include "protocol/message_internal.h"

void message_sink_fail(struct message_sink *s, int error)
{
    ASSERT(error < 0);
    if (s->error == 0)
        s->error = error;
}

void message_put_no_room(struct message_sink *s, size_t len)
{
    if (s->counting)
        s->size += len;
    else
        writer_fail(&s->writer);
}

void message_put_records(struct message_sink *s, const struct blob *blob)
{
    if (!s->split || blob->len <= 0) {
        message_put_bytes(s, blob->data, (size_t)MAX(blob->len, 0));
        return;
    }
    if (s->counting)
        return;
    if (s->splits->count == s->splits->capacity) {
        message_sink_fail(s, ERR_TOO_LARGE);
        return;
    }
    s->splits->items[s->splits->count++] =
        (struct message_split){.position = writer_len(&s->writer), .blob = blob};
}

static void encode_value(struct message_sink *s, enum message_kind kind, bool nullable,
                         const void *from)
{
    switch (kind) {
    case KIND_BOOL:
        message_put_u8(s, *(const bool *)from ? 1 : 0);
        break;
    case KIND_INT8:
        message_put_u8(s, *(const uint8_t *)from);
        break;
    case KIND_INT16:
    case KIND_UINT16:
        message_put_be16(s, *(const uint16_t *)from);
        break;
    case KIND_INT32:
    case KIND_UINT32:
        message_put_be32(s, *(const uint32_t *)from);
        break;
    case KIND_INT64:
        message_put_be64(s, *(const uint64_t *)from);
        break;
    case KIND_FLOAT64: {
        uint64_t bits;
        memcpy(&bits, from, sizeof bits);
        message_put_be64(s, bits);
        break;
    }
    case KIND_UUID:
        message_put_bytes(s, from, sizeof(struct uuid));
        break;
    case KIND_STRING:
        message_put_string(s, *(const struct string *)from, s->flexible, nullable);
        break;
    case KIND_LEGACY_STRING:
        message_put_string(s, *(const struct string *)from, false, nullable);
        break;
    case KIND_BYTES:
        if (message_put_len(s, ((const struct blob *)from)->len, nullable))
            message_put_bytes(s, ((const struct blob *)from)->data,
                              (size_t)MAX(((const struct blob *)from)->len, 0));
        break;
    case KIND_RECORDS:
        if (message_put_len(s, ((const struct blob *)from)->len, nullable))
            message_put_records(s, from);
        break;
    case KIND_STRUCT:
        UNREACHABLE();
    }
}

static void encode_struct(struct message_sink *s, const struct message_struct *structure,
                          const void *base);

static void encode_array(struct message_sink *s, const struct message_field *field,
                         const struct message_array *array)
{
    if (!message_put_len(s, array->count, version_in(field->nullable, s->version)))
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

static void encode_optional(struct message_sink *s, const struct message_field *field,
                            const void *structure)
{
    bool nullable = version_in(field->nullable, s->version);
    uint8_t null = field->tag == UNTAGGED ? UINT8_MAX : 0;
    if (structure == NULL && !nullable)
        message_sink_fail(s, ERR_MALFORMED);
    if (nullable)
        message_put_u8(s, structure != NULL ? 1 : null);
    if (structure != NULL)
        encode_struct(s, field->nested, structure);
}

static void encode_field(struct message_sink *s, const struct message_field *field,
                         const void *base)
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

static void encode_tagged(struct message_sink *s, const struct message_field *field,
                          const void *base)
{
    /* Its size would have to count what is left out. */
    ASSERT(field->kind != KIND_RECORDS);
    struct message_sink counter = *s;
    writer_init(&counter.writer, NULL, 0);
    counter.counting = true;
    counter.size = 0;
    encode_field(&counter, field, base);
    message_put_uvarint(s, (uint32_t)field->tag);
    message_put_uvarint(s, (uint32_t)counter.size);
    encode_field(s, field, base);
}

/* The field with the lowest tag above `tag` that must be written. */
static const struct message_field *next_tagged(const struct message_sink *s,
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
void message_encode_tags(struct message_sink *s, const struct message_struct *structure,
                         const void *base, uint32_t known)
{
    const struct message_tags *unknown = message_tags_of(structure, base);
    message_put_uvarint(s, known + unknown->count);
    if (known + unknown->count == 0)
        return;
    const struct message_field *field = next_tagged(s, structure, base, UNTAGGED);
    while (field != NULL) {
        encode_tagged(s, field, base);
        field = next_tagged(s, structure, base, field->tag);
    }
    message_put_bytes(s, unknown->data, unknown->len);
}

static void encode_struct(struct message_sink *s, const struct message_struct *structure,
                          const void *base)
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
        message_encode_tags(s, structure, base, tagged);
}

static void encode_root(struct message_sink *s, const struct message_type *type,
                        const void *message)
{
    if (type->compiled != NULL)
        type->compiled->encode(s, message);
    else
        encode_struct(s, type->root, message);
}

static struct message_sink sink_of(const struct message_type *type, int16_t version)
{
    ASSERT(version >= type->version_min && version <= type->version_max);
    return (struct message_sink){.flexible = version >= type->flexible_since, .version = version};
}

size_t message_size(const struct message_type *type, int16_t version, const void *message,
                    bool split)
{
    struct message_sink s = sink_of(type, version);
    s.counting = true;
    s.split = split;
    encode_root(&s, type, message);
    return s.size;
}

static struct message_sink sink_over(const struct message_type *type, int16_t version,
                                     const struct writer *writer, struct message_splits *splits)
{
    struct message_sink s = sink_of(type, version);
    s.writer = *writer;
    s.splits = splits;
    s.split = splits != NULL;
    return s;
}

static int sink_end(const struct message_sink *s, struct writer *writer)
{
    *writer = s->writer;
    return s->error != 0 ? s->error : writer->error;
}

int message_encode(const struct message_type *type, int16_t version, const void *message,
                   struct writer *writer, struct message_splits *splits)
{
    struct message_sink s = sink_over(type, version, writer, splits);
    encode_root(&s, type, message);
    return sink_end(&s, writer);
}

int message_interpret_encode(const struct message_type *type, int16_t version, const void *message,
                             struct writer *writer, struct message_splits *splits)
{
    struct message_sink s = sink_over(type, version, writer, splits);
    encode_struct(&s, type->root, message);
    return sink_end(&s, writer);
}
