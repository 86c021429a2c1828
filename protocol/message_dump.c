/*
 * Messages as JSON text: the same walk as the encoder's, with names. Members are camelCase as in
 * Kafka's definitions: snake case the other way round.
 */
#include "protocol/message.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/util.h"
#include "protocol/message_internal.h"

#define NUMBER_TEXT_LEN 40

struct dumper {
    struct writer *writer;
    int16_t version;
};

static void put_text(struct dumper *d, const char *text)
{
    write_bytes(d->writer, text, strlen(text));
}

static void put_name(struct dumper *d, const char *name)
{
    write_u8(d->writer, '"');
    for (const char *c = name; *c != '\0'; c++) {
        if (*c != '_')
            write_u8(d->writer, (uint8_t)*c);
        else if (c[1] >= 'a' && c[1] <= 'z')
            write_u8(d->writer, (uint8_t)(*++c - 'a' + 'A'));
    }
    put_text(d, "\":");
}

static void dump_string(struct dumper *d, struct string text)
{
    if (text.len < 0) {
        put_text(d, "null");
        return;
    }
    write_u8(d->writer, '"');
    for (int32_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.data[i];
        char escape[NUMBER_TEXT_LEN];
        if (c < ' ') {
            snprintf(escape, sizeof escape, "\\u%04X", c);
            put_text(d, escape);
            continue;
        }
        if (c == '"' || c == '\\')
            write_u8(d->writer, '\\');
        write_u8(d->writer, c);
    }
    write_u8(d->writer, '"');
}

static void dump_base64(struct dumper *d, struct bytes bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t len = MIN(bytes.len - i, (size_t)3);
        uint32_t group = 0;
        for (size_t j = 0; j < 3; j++)
            group = group << 8 | (j < len ? bytes.data[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            write_u8(d->writer,
                     j <= len ? (uint8_t)digits[group >> (18 - 6 * j) & 63] : (uint8_t)'=');
    }
}

static void dump_bytes(struct dumper *d, struct blob blob, bool shown)
{
    if (blob.len < 0) {
        put_text(d, "null");
        return;
    }
    write_u8(d->writer, '"');
    if (shown)
        dump_base64(d, blob_bytes(blob));
    write_u8(d->writer, '"');
}

static void dump_integer(struct dumper *d, int64_t value)
{
    char text[NUMBER_TEXT_LEN];
    snprintf(text, sizeof text, "%" PRId64, value);
    put_text(d, text);
}

static void dump_double(struct dumper *d, double value)
{
    char text[NUMBER_TEXT_LEN];
    snprintf(text, sizeof text, "%.17g", value);
    put_text(d, text);
    if (strspn(text, "-0123456789") == strlen(text))
        put_text(d, ".0");
}

static void dump_value(struct dumper *d, enum message_kind kind, const void *from)
{
    char id[UUID_TEXT_LEN + 1];
    switch (kind) {
    case KIND_BOOL:
        put_text(d, *(const bool *)from ? "true" : "false");
        break;
    case KIND_INT8:
        dump_integer(d, *(const int8_t *)from);
        break;
    case KIND_INT16:
        dump_integer(d, *(const int16_t *)from);
        break;
    case KIND_UINT16:
        dump_integer(d, *(const uint16_t *)from);
        break;
    case KIND_INT32:
        dump_integer(d, *(const int32_t *)from);
        break;
    case KIND_UINT32:
        dump_integer(d, *(const uint32_t *)from);
        break;
    case KIND_INT64:
        dump_integer(d, *(const int64_t *)from);
        break;
    case KIND_FLOAT64:
        dump_double(d, *(const double *)from);
        break;
    case KIND_UUID:
        write_u8(d->writer, '"');
        put_text(d, uuid_print(*(const struct uuid *)from, id));
        write_u8(d->writer, '"');
        break;
    case KIND_STRING:
    case KIND_LEGACY_STRING:
        dump_string(d, *(const struct string *)from);
        break;
    case KIND_BYTES:
    case KIND_RECORDS:
        dump_bytes(d, *(const struct blob *)from, kind == KIND_BYTES);
        break;
    case KIND_STRUCT:
        UNREACHABLE();
    }
}

static void dump_struct(struct dumper *d, const struct message_struct *structure, const void *base);

static void dump_array(struct dumper *d, const struct message_field *field,
                       const struct message_array *array)
{
    if (array->count < 0) {
        put_text(d, "null");
        return;
    }
    size_t size = message_element_size(field);
    const uint8_t *element = array->items;
    write_u8(d->writer, '[');
    for (int32_t i = 0; i < array->count; i++, element += size) {
        if (i > 0)
            write_u8(d->writer, ',');
        if (field->kind == KIND_STRUCT)
            dump_struct(d, field->nested, element);
        else
            dump_value(d, field->kind, element);
    }
    write_u8(d->writer, ']');
}

static void dump_field(struct dumper *d, const struct message_field *field, const void *base)
{
    const void *from = message_member_of(field, base);
    switch ((enum message_form)field->form) {
    case FORM_FIELD:
        dump_value(d, field->kind, from);
        break;
    case FORM_ARRAY:
    case FORM_LIST:
        dump_array(d, field, from);
        break;
    case FORM_NESTED:
        dump_struct(d, field->nested, from);
        break;
    case FORM_OPTIONAL:
        if (*(const void *const *)from == NULL)
            put_text(d, "null");
        else
            dump_struct(d, field->nested, *(const void *const *)from);
        break;
    }
}

static void dump_struct(struct dumper *d, const struct message_struct *structure, const void *base)
{
    const char *separator = "{";
    for (uint16_t i = 0; i < structure->field_count; i++) {
        const struct message_field *field = &structure->fields[i];
        if (!message_field_is_plain(field, d->version) &&
            !message_field_goes_tagged(field, base, d->version))
            continue;
        put_text(d, separator);
        put_name(d, field->name);
        dump_field(d, field, base);
        separator = ",";
    }
    put_text(d, *separator == '{' ? "{}" : "}");
}

int message_dump(const struct message_type *type, int16_t version, const void *message,
                 struct writer *writer)
{
    ASSERT(version >= type->version_min && version <= type->version_max);
    struct dumper d = {writer, version};
    dump_struct(&d, type->root, message);
    return writer->error;
}
