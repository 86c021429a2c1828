/*
 * Reading messages: one walk over the descriptors.
 *
 * Nothing is trusted: a count is held against the bytes that are left, divided by the least that
 * an element takes in this version, before memory is taken. Lengths below -1 read as null, as Kafka
 * has it; null where the version knows none is malformed. Known tagged fields must fill the
 * size they announce.
 */
#include "protocol/message.h"

#include "base/assert.h"
#include "base/util.h"
#include "protocol/message_internal.h"

static void decode_value(struct message_decoder *d, enum message_kind kind, bool nullable, void *to)
{
    struct reader *r = d->reader;
    switch (kind) {
    case KIND_BOOL:
        *(bool *)to = read_u8(r) != 0;
        break;
    case KIND_INT8:
        *(uint8_t *)to = read_u8(r);
        break;
    case KIND_INT16:
    case KIND_UINT16:
        *(uint16_t *)to = read_be16(r);
        break;
    case KIND_INT32:
    case KIND_UINT32:
        *(uint32_t *)to = read_be32(r);
        break;
    case KIND_INT64:
        *(uint64_t *)to = read_be64(r);
        break;
    case KIND_FLOAT64: {
        uint64_t bits = read_be64(r);
        memcpy(to, &bits, sizeof bits);
        break;
    }
    case KIND_UUID:
        read_copy(r, to, sizeof(struct uuid));
        break;
    case KIND_STRING:
        *(struct string *)to = message_read_string(r, d->flexible, nullable);
        break;
    case KIND_LEGACY_STRING:
        *(struct string *)to = message_read_string(r, false, nullable);
        break;
    case KIND_BYTES:
    case KIND_RECORDS:
        *(struct blob *)to = message_read_blob(r, d->flexible, nullable);
        break;
    case KIND_STRUCT:
        UNREACHABLE();
    }
}

static size_t least_of_kind(const struct message_decoder *d, enum message_kind kind)
{
    const struct message_kind_facts *facts = message_kind_facts(kind);
    return d->flexible ? facts->least_flexible : facts->least;
}

/* The least bytes that a structure takes in this version. */
static size_t least_of_struct(const struct message_decoder *d,
                              const struct message_struct *structure)
{
    size_t size = d->flexible ? 1 : 0;
    for (uint16_t i = 0; i < structure->field_count; i++) {
        const struct message_field *field = &structure->fields[i];
        if (!message_field_is_plain(field, d->version))
            continue;
        if (field->form == FORM_FIELD)
            size += least_of_kind(d, field->kind);
        else if (field->form == FORM_NESTED)
            size += least_of_struct(d, field->nested);
        else
            size += d->flexible || field->form == FORM_OPTIONAL ? 1 : 4;
    }
    return size;
}

static void decode_struct(struct message_decoder *d, const struct message_struct *structure,
                          void *base);

static void decode_elements(struct message_decoder *d, const struct message_field *field,
                            struct message_array *array)
{
    size_t size = message_element_size(field);
    uint8_t *element = array->items;
    for (int32_t i = 0; i < array->count && d->reader->error == 0; i++, element += size) {
        if (field->kind == KIND_STRUCT)
            decode_struct(d, field->nested, element);
        else
            decode_value(d, field->kind, false, element);
    }
}

static void decode_array(struct message_decoder *d, const struct message_field *field,
                         struct message_array *array)
{
    int32_t count = message_read_count(d, version_in(field->nullable, d->version));
    *array = (struct message_array){NULL, count};
    if (count <= 0 || d->reader->error != 0)
        return;
    size_t least = field->kind == KIND_STRUCT ? least_of_struct(d, field->nested)
                                              : least_of_kind(d, field->kind);
    array->items = message_take_elements(d, count, least, message_element_size(field));
    if (array->items != NULL)
        decode_elements(d, field, array);
}

static void *new_struct(struct message_decoder *d, const struct message_struct *structure)
{
    void *base = arena_alloc(d->arena, structure->size);
    if (base == NULL)
        reader_fail(d->reader, ERR_NO_MEMORY);
    return base;
}

/* A byte below 0 is null; but where the field is tagged, a varint of 0. */
static bool decode_is_null(struct message_decoder *d, const struct message_field *field)
{
    if (field->tag == UNTAGGED)
        return (int8_t)read_u8(d->reader) < 0;
    return read_uvarint(d->reader) == 0;
}

static void decode_optional(struct message_decoder *d, const struct message_field *field, void **to)
{
    *to = NULL;
    if (version_in(field->nullable, d->version) && decode_is_null(d, field))
        return;
    if (d->reader->error == 0)
        *to = new_struct(d, field->nested);
    if (*to != NULL)
        decode_struct(d, field->nested, *to);
}

static void decode_field(struct message_decoder *d, const struct message_field *field, void *base)
{
    void *to = message_member(field, base);
    switch ((enum message_form)field->form) {
    case FORM_FIELD:
        decode_value(d, field->kind, version_in(field->nullable, d->version), to);
        break;
    case FORM_ARRAY:
    case FORM_LIST:
        decode_array(d, field, to);
        break;
    case FORM_NESTED:
        decode_struct(d, field->nested, to);
        break;
    case FORM_OPTIONAL:
        decode_optional(d, field, to);
        break;
    }
}

/* What is not there takes its default; that of an optional structure may be a structure. */
static void decode_absent(struct message_decoder *d, const struct message_field *field, void *base)
{
    message_default_field(field, base);
    if (field->form != FORM_OPTIONAL || field->default_value == DEFAULT_NULL)
        return;
    void **to = message_member(field, base);
    *to = new_struct(d, field->nested);
    if (*to != NULL)
        message_defaults(field->nested, *to);
}

static const struct message_field *field_with_tag(const struct message_struct *structure,
                                                  uint32_t tag, int16_t version)
{
    for (uint16_t i = 0; i < structure->field_count; i++) {
        const struct message_field *field = &structure->fields[i];
        if (field->tag != UNTAGGED && (uint32_t)field->tag == tag &&
            version_in(field->versions, version))
            return field;
    }
    return NULL;
}

static void decode_tagged(struct message_decoder *d, const struct message_field *field, void *base,
                          uint32_t size)
{
    struct reader *outer = d->reader;
    struct bytes bytes = read_bytes(outer, size);
    struct reader inner;
    reader_init(&inner, bytes.data, bytes.len);
    if (outer->error != 0)
        return;
    d->reader = &inner;
    decode_field(d, field, base);
    d->reader = outer;
    if (inner.error != 0)
        reader_fail(outer, inner.error);
    else if (reader_left(&inner) != 0)
        reader_fail(outer, ERR_MALFORMED);
}

/* Extends the run of unknown fields, or starts another behind a known one. */
static void keep_unknown(struct message_tags *unknown, const uint8_t *start, const uint8_t *end)
{
    if (unknown->count == 0 || unknown->data + unknown->len != start)
        *unknown = (struct message_tags){start, 0, 0};
    unknown->count++;
    unknown->len += (uint32_t)(end - start);
}

void message_decode_tags(struct message_decoder *d, const struct message_struct *structure,
                         void *base)
{
    struct reader *r = d->reader;
    uint32_t count = read_uvarint(r);
    for (uint32_t i = 0; i < count && r->error == 0; i++) {
        const uint8_t *start = r->pos;
        uint32_t tag = read_uvarint(r);
        uint32_t size = read_uvarint(r);
        const struct message_field *field = field_with_tag(structure, tag, d->version);
        if (field != NULL) {
            decode_tagged(d, field, base, size);
            continue;
        }
        read_skip(r, size);
        if ((d->flags & MESSAGE_KEEP_TAGS) != 0 && r->error == 0)
            keep_unknown((void *)((uint8_t *)base + structure->tags_offset), start, r->pos);
    }
}

static void decode_struct(struct message_decoder *d, const struct message_struct *structure,
                          void *base)
{
    memset((uint8_t *)base + structure->tags_offset, 0, sizeof(struct message_tags));
    for (uint16_t i = 0; i < structure->field_count; i++) {
        const struct message_field *field = &structure->fields[i];
        if (message_field_is_plain(field, d->version))
            decode_field(d, field, base);
        else
            decode_absent(d, field, base);
    }
    if (d->flexible)
        message_decode_tags(d, structure, base);
}

static struct message_decoder decoder_of(const struct message_type *type, int16_t version,
                                         struct reader *reader, struct arena *arena, unsigned flags)
{
    ASSERT(version >= type->version_min && version <= type->version_max);
    return (struct message_decoder){reader, arena, version, version >= type->flexible_since, flags};
}

int message_interpret_decode(const struct message_type *type, int16_t version,
                             struct reader *reader, struct arena *arena, void *message,
                             unsigned flags)
{
    struct message_decoder d = decoder_of(type, version, reader, arena, flags);
    decode_struct(&d, type->root, message);
    return reader->error;
}

int message_decode_flags(const struct message_type *type, int16_t version, struct reader *reader,
                         struct arena *arena, void *message, unsigned flags)
{
    struct message_decoder d = decoder_of(type, version, reader, arena, flags);
    if (type->compiled != NULL)
        type->compiled->decode(&d, message);
    else
        decode_struct(&d, type->root, message);
    return reader->error;
}

int message_decode(const struct message_type *type, int16_t version, struct reader *reader,
                   struct arena *arena, void *message)
{
    return message_decode_flags(type, version, reader, arena, message, 0);
}

void message_skip_tags(struct reader *reader)
{
    uint32_t count = read_uvarint(reader);
    for (uint32_t i = 0; i < count && reader->error == 0; i++) {
        read_uvarint(reader);
        read_skip(reader, read_uvarint(reader));
    }
}
