/*
 * What is known of a message without its bytes: facts of kinds, and defaults: setting them, and
 * recognising them, since a tagged field at its default is not written.
 */
#include "protocol/message.h"

#include "base/assert.h"
#include "base/util.h"
#include "protocol/message_internal.h"

static const struct message_kind_facts kind_facts[] = {
#define KIND_FACTS(kind, type, kafka_name, plain, flexible) \
    [KIND_##kind] = {(kafka_name), sizeof(type), (plain), (flexible)},
    MESSAGE_KIND_TABLE(KIND_FACTS)
#undef KIND_FACTS
};

const struct message_kind_facts *message_kind_facts(enum message_kind kind)
{
    ASSERT(kind != KIND_STRUCT && (size_t)kind < ARRAY_LENGTH(kind_facts));
    return &kind_facts[kind];
}

size_t message_element_size(const struct message_field *field)
{
    return field->kind == KIND_STRUCT ? field->nested->size : message_kind_facts(field->kind)->size;
}

static void default_value(const struct message_field *field, void *to)
{
    int64_t value = field->default_value;
    switch ((enum message_kind)field->kind) {
    case KIND_BOOL:
        *(bool *)to = value != 0;
        break;
    case KIND_INT8:
        *(int8_t *)to = (int8_t)value;
        break;
    case KIND_INT16:
    case KIND_UINT16:
        *(int16_t *)to = (int16_t)value;
        break;
    case KIND_INT32:
    case KIND_UINT32:
        *(int32_t *)to = (int32_t)value;
        break;
    case KIND_INT64:
        *(int64_t *)to = value;
        break;
    case KIND_FLOAT64:
        *(double *)to = (double)value;
        break;
    case KIND_UUID:
        memset(to, 0, sizeof(struct uuid));
        break;
    case KIND_STRING:
    case KIND_LEGACY_STRING:
        *(struct string *)to = (struct string){NULL, value == DEFAULT_NULL ? -1 : 0};
        break;
    case KIND_BYTES:
    case KIND_RECORDS:
        *(struct blob *)to = (struct blob){NULL, value == DEFAULT_NULL ? -1 : 0};
        break;
    case KIND_STRUCT:
        UNREACHABLE();
    }
}

void message_default_field(const struct message_field *field, void *base)
{
    void *to = message_member(field, base);
    switch ((enum message_form)field->form) {
    case FORM_FIELD:
        default_value(field, to);
        break;
    case FORM_ARRAY:
    case FORM_LIST:
        *(struct message_array *)to =
            (struct message_array){NULL, field->default_value == DEFAULT_NULL ? -1 : 0};
        break;
    case FORM_NESTED:
        message_defaults(field->nested, to);
        break;
    case FORM_OPTIONAL:
        *(void **)to = NULL;
        break;
    }
}

void message_defaults(const struct message_struct *structure, void *message)
{
    if (structure->defaults != NULL) {
        structure->defaults(message);
        return;
    }
    for (uint16_t i = 0; i < structure->field_count; i++)
        message_default_field(&structure->fields[i], message);
    memset((uint8_t *)message + structure->tags_offset, 0, sizeof(struct message_tags));
}

void *message_new_elements(struct arena *arena, const struct message_struct *structure,
                           size_t count)
{
    uint8_t *elements = arena_alloc_array(arena, count, structure->size);
    for (size_t i = 0; elements != NULL && i < count; i++)
        message_defaults(structure, elements + i * structure->size);
    return elements;
}

static bool value_is_default(const struct message_field *field, const void *from)
{
    int64_t value = field->default_value;
    switch ((enum message_kind)field->kind) {
    case KIND_BOOL:
        return *(const bool *)from == (value != 0);
    case KIND_INT8:
        return *(const int8_t *)from == value;
    case KIND_INT16:
        return *(const int16_t *)from == value;
    case KIND_UINT16:
        return *(const uint16_t *)from == value;
    case KIND_INT32:
        return *(const int32_t *)from == value;
    case KIND_UINT32:
        return *(const uint32_t *)from == value;
    case KIND_INT64:
        return *(const int64_t *)from == value;
    case KIND_FLOAT64: {
        double default_double = (double)value;
        return memcmp(from, &default_double, sizeof default_double) == 0;
    }
    case KIND_UUID:
        return uuid_is_zero(*(const struct uuid *)from);
    case KIND_STRING:
    case KIND_LEGACY_STRING:
        return MAX(((const struct string *)from)->len, -1) == (value == DEFAULT_NULL ? -1 : 0);
    case KIND_BYTES:
    case KIND_RECORDS:
        return MAX(((const struct blob *)from)->len, -1) == (value == DEFAULT_NULL ? -1 : 0);
    case KIND_STRUCT:
        break;
    }
    UNREACHABLE();
}

static bool struct_is_default(const struct message_struct *structure, const void *base,
                              int16_t version)
{
    if (message_tags_of(structure, base)->count > 0)
        return false;
    for (uint16_t i = 0; i < structure->field_count; i++) {
        const struct message_field *field = &structure->fields[i];
        if (version_in(field->versions, version) && !message_field_is_default(field, base, version))
            return false;
    }
    return true;
}

static bool optional_is_default(const struct message_field *field, const void *structure,
                                int16_t version)
{
    if (field->default_value == DEFAULT_NULL || structure == NULL)
        return (field->default_value == DEFAULT_NULL) == (structure == NULL);
    return struct_is_default(field->nested, structure, version);
}

bool message_field_is_default(const struct message_field *field, const void *base, int16_t version)
{
    const void *from = message_member_of(field, base);
    switch ((enum message_form)field->form) {
    case FORM_FIELD:
        return value_is_default(field, from);
    case FORM_ARRAY:
    case FORM_LIST: {
        int32_t count = MAX(((const struct message_array *)from)->count, -1);
        return count == (field->default_value == DEFAULT_NULL ? -1 : 0);
    }
    case FORM_NESTED:
        return struct_is_default(field->nested, from, version);
    case FORM_OPTIONAL:
        return optional_is_default(field, *(const void *const *)from, version);
    }
    UNREACHABLE();
}

struct string string_of(const char *text)
{
    return text == NULL ? STRING_NULL : string_of_bytes(bytes_of_string(text));
}

struct string string_of_bytes(struct bytes bytes)
{
    ASSERT(bytes.len <= INT32_MAX);
    return (struct string){(const char *)bytes.data, (int32_t)bytes.len};
}

struct bytes string_bytes(struct string string)
{
    return (struct bytes){(const uint8_t *)string.data, (size_t)MAX(string.len, 0)};
}

bool strings_equal(struct string a, struct string b)
{
    return a.len == b.len && bytes_equal(string_bytes(a), string_bytes(b));
}

struct bytes blob_bytes(struct blob blob)
{
    return (struct bytes){blob.data, (size_t)MAX(blob.len, 0)};
}

struct blob blob_of(const void *data, size_t len)
{
    ASSERT(len <= INT32_MAX);
    return (struct blob){data, (int32_t)len};
}
