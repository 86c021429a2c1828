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

struct decoder {
    struct reader *reader;
    struct arena *arena;
    int16_t version;
    bool flexible;
    unsigned flags;
};

/* -1 is null. `compact` lengths are varints, one higher. */
static int32_t decode_len(struct decoder *d, bool compact, bool two_bytes)
{
    if (compact) {
        uint32_t raw = read_uvarint(d->reader);
        if (raw > INT32_MAX)
            reader_fail(d->reader, ERR_MALFORMED);
        return d->reader->error != 0 ? -1 : (int32_t)raw - 1;
    }
    int32_t len = two_bytes ? (int16_t)read_be16(d->reader) : (int32_t)read_be32(d->reader);
    return MAX(len, -1);
}

static struct blob decode_bytes(struct decoder *d, int32_t len, bool nullable)
{
    if (len < 0) {
        if (!nullable)
            reader_fail(d->reader, ERR_MALFORMED);
        return (struct blob){NULL, -1};
    }
    struct bytes bytes = read_bytes(d->reader, (size_t)len);
    return (struct blob){bytes.data, (int32_t)bytes.len};
}

static struct string decode_string(struct decoder *d, bool compact, bool nullable)
{
    int32_t len = decode_len(d, compact, true);
    if (len > MESSAGE_STRING_LEN_MAX)
        reader_fail(d->reader, ERR_MALFORMED);
    struct blob text = decode_bytes(d, len, nullable);
    return (struct string){(const char *)text.data, text.len};
}

static void decode_value(struct decoder *d, enum message_kind kind, bool nullable, void *to)
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
        *(struct string *)to = decode_string(d, d->flexible, nullable);
        break;
    case KIND_LEGACY_STRING:
        *(struct string *)to = decode_string(d, false, nullable);
        break;
    case KIND_BYTES:
    case KIND_RECORDS:
        *(struct blob *)to = decode_bytes(d, decode_len(d, d->flexible, false), nullable);
        break;
    case KIND_STRUCT:
        UNREACHABLE();
    }
}

static size_t least_of_kind(const struct decoder *d, enum message_kind kind)
{
    const struct message_kind_facts *facts = message_kind_facts(kind);
    return d->flexible ? facts->least_flexible : facts->least;
}

/* The least bytes that a structure takes in this version. */
static size_t least_of_struct(const struct decoder *d, const struct message_struct *structure)
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

static void decode_struct(struct decoder *d, const struct message_struct *structure, void *base);

static void decode_elements(struct decoder *d, const struct message_field *field,
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

static void decode_array(struct decoder *d, const struct message_field *field,
                         struct message_array *array)
{
    int32_t count = decode_len(d, d->flexible, false);
    *array = (struct message_array){NULL, count};
    if (count < 0 && !version_in(field->nullable, d->version))
        reader_fail(d->reader, ERR_MALFORMED);
    if (count <= 0 || d->reader->error != 0)
        return;
    size_t least = field->kind == KIND_STRUCT ? least_of_struct(d, field->nested)
                                              : least_of_kind(d, field->kind);
    if ((size_t)count > reader_left(d->reader) / MAX(least, (size_t)1)) {
        reader_fail(d->reader, ERR_SHORT);
        return;
    }
    array->items = arena_alloc_array(d->arena, (size_t)count, message_element_size(field));
    if (array->items == NULL)
        reader_fail(d->reader, ERR_NO_MEMORY);
    else
        decode_elements(d, field, array);
}

static void *new_struct(struct decoder *d, const struct message_struct *structure)
{
    void *base = arena_alloc(d->arena, structure->size);
    if (base == NULL)
        reader_fail(d->reader, ERR_NO_MEMORY);
    return base;
}

/* A byte below 0 is null; but where the field is tagged, a varint of 0. */
static bool decode_is_null(struct decoder *d, const struct message_field *field)
{
    if (field->tag == UNTAGGED)
        return (int8_t)read_u8(d->reader) < 0;
    return read_uvarint(d->reader) == 0;
}

static void decode_optional(struct decoder *d, const struct message_field *field, void **to)
{
    *to = NULL;
    if (version_in(field->nullable, d->version) && decode_is_null(d, field))
        return;
    if (d->reader->error == 0)
        *to = new_struct(d, field->nested);
    if (*to != NULL)
        decode_struct(d, field->nested, *to);
}

static void decode_field(struct decoder *d, const struct message_field *field, void *base)
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
static void decode_absent(struct decoder *d, const struct message_field *field, void *base)
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

static void decode_tagged(struct decoder *d, const struct message_field *field, void *base,
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

static void decode_tags(struct decoder *d, const struct message_struct *structure, void *base)
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

static void decode_struct(struct decoder *d, const struct message_struct *structure, void *base)
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
        decode_tags(d, structure, base);
}

int message_decode_flags(const struct message_type *type, int16_t version, struct reader *reader,
                         struct arena *arena, void *message, unsigned flags)
{
    ASSERT(version >= type->version_min && version <= type->version_max);
    struct decoder d = {reader, arena, version, version >= type->flexible_since, flags};
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
