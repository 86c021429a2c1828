/* Filling by descriptors. */
#include "tests/protocol/message_filler.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/util.h"
#include "protocol/message_internal.h"

#define ELEMENTS_MAX 3
#define TEXT_LEN_MAX 200 /* lengths of one and of two varint bytes */

static bool chance(struct message_filler *f, unsigned one_in)
{
    return prng_below(&f->prng, one_in) == 0;
}

static struct blob random_blob(struct message_filler *f)
{
    size_t len = chance(f, 4) ? 0 : prng_below(&f->prng, TEXT_LEN_MAX);
    uint8_t *data = arena_alloc(f->arena, len);
    cr_assert_not_null(data);
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)prng_next(&f->prng);
    return blob_of(data, len);
}

static void fill_value(struct message_filler *f, enum message_kind kind, bool nullable, void *to)
{
    struct blob blob = {NULL, -1};
    uint64_t bits = prng_next(&f->prng);
    switch (kind) {
    case KIND_BOOL:
        *(bool *)to = (bits & 1) != 0;
        break;
    case KIND_STRING:
    case KIND_LEGACY_STRING:
        if (!nullable || !chance(f, 4))
            blob = random_blob(f);
        *(struct string *)to = (struct string){(const char *)blob.data, blob.len};
        break;
    case KIND_BYTES:
    case KIND_RECORDS:
        if (!nullable || !chance(f, 4))
            blob = random_blob(f);
        *(struct blob *)to = blob;
        break;
    case KIND_UUID:
        *(struct uuid *)to = chance(f, 4) ? (struct uuid){{0}} : uuid_from_random(bits, ~bits);
        break;
    default:
        memcpy(to, &bits, message_kind_facts(kind)->size);
    }
}

static void fill_array(struct message_filler *f, const struct message_field *field,
                       struct message_array *array)
{
    size_t size = message_element_size(field);
    *array = (struct message_array){NULL, -1};
    if (version_in(field->nullable, f->version) && chance(f, 4))
        return;
    array->count = (int32_t)prng_below(&f->prng, ELEMENTS_MAX + 1);
    array->items = arena_alloc_array(f->arena, (size_t)array->count, size);
    cr_assert_not_null(array->items);
    for (int32_t i = 0; i < array->count; i++) {
        uint8_t *element = (uint8_t *)array->items + (size_t)i * size;
        if (field->kind == KIND_STRUCT)
            message_fill(f, field->nested, element);
        else
            fill_value(f, field->kind, false, element);
    }
}

static void fill_field(struct message_filler *f, const struct message_field *field, void *base)
{
    void *to = message_member(field, base);
    bool nullable = version_in(field->nullable, f->version);
    switch ((enum message_form)field->form) {
    case FORM_FIELD:
        fill_value(f, field->kind, nullable, to);
        break;
    case FORM_ARRAY:
    case FORM_LIST:
        fill_array(f, field, to);
        break;
    case FORM_NESTED:
        message_fill(f, field->nested, to);
        break;
    case FORM_OPTIONAL:
        if (nullable && chance(f, 2))
            break;
        *(void **)to = arena_alloc(f->arena, field->nested->size);
        message_fill(f, field->nested, *(void **)to);
        break;
    }
}

void message_fill(struct message_filler *f, const struct message_struct *structure, void *base)
{
    message_defaults(structure, base);
    for (uint16_t i = 0; i < structure->field_count; i++)
        if (version_in(structure->fields[i].versions, f->version) &&
            (structure->fields[i].tag == UNTAGGED || !chance(f, 3)))
            fill_field(f, &structure->fields[i], base);
}
