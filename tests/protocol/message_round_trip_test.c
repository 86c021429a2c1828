/*
 * Every message in every version: filled at random by its descriptors, written, read back, written
 * again. A member that one side skips, or reads in another width, moves all that follows.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/prng.h"
#include "base/region.h"
#include "base/util.h"
#include "protocol/message_internal.h"
#include "protocol/schema/all.h"

#define ROUNDS 20
#define ELEMENTS_MAX 3
#define TEXT_LEN_MAX 200 /* lengths of one and of two varint bytes */
#define ARENA_BYTES (16 * MIB)
#define OUT_BYTES (1 * MIB)

struct filler {
    struct prng prng;
    struct arena *arena;
    int16_t version;
};

static bool chance(struct filler *f, unsigned one_in)
{
    return prng_below(&f->prng, one_in) == 0;
}

static struct blob random_blob(struct filler *f)
{
    size_t len = chance(f, 4) ? 0 : prng_below(&f->prng, TEXT_LEN_MAX);
    uint8_t *data = arena_alloc(f->arena, len);
    cr_assert_not_null(data);
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)prng_next(&f->prng);
    return blob_of(data, len);
}

static void fill_value(struct filler *f, enum message_kind kind, bool nullable, void *to)
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

static void fill_struct(struct filler *f, const struct message_struct *structure, void *base);

static void fill_array(struct filler *f, const struct message_field *field,
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
            fill_struct(f, field->nested, element);
        else
            fill_value(f, field->kind, false, element);
    }
}

static void fill_field(struct filler *f, const struct message_field *field, void *base)
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
        fill_struct(f, field->nested, to);
        break;
    case FORM_OPTIONAL:
        if (nullable && chance(f, 2))
            break;
        *(void **)to = arena_alloc(f->arena, field->nested->size);
        fill_struct(f, field->nested, *(void **)to);
        break;
    }
}

static void fill_struct(struct filler *f, const struct message_struct *structure, void *base)
{
    message_defaults(structure, base);
    for (uint16_t i = 0; i < structure->field_count; i++)
        if (version_in(structure->fields[i].versions, f->version) &&
            (structure->fields[i].tag == UNTAGGED || !chance(f, 3)))
            fill_field(f, &structure->fields[i], base);
}

static struct bytes encode(struct arena *arena, const struct message_type *type, int16_t version,
                           const void *message)
{
    size_t size = message_size(type, version, message, false);
    uint8_t *data = arena_alloc(arena, size);
    struct writer writer;
    writer_init(&writer, data, size);
    cr_assert_eq(message_encode(type, version, message, &writer, NULL), 0, "%s %d does not encode",
                 type->name, version);
    cr_assert_eq(writer_len(&writer), size, "%s %d has another size", type->name, version);
    return (struct bytes){data, size};
}

/* The text of a message shows every member. */
static struct bytes dump(struct arena *arena, const struct message_type *type, int16_t version,
                         const void *message)
{
    uint8_t *text = arena_alloc(arena, OUT_BYTES);
    struct writer writer;
    writer_init(&writer, text, OUT_BYTES);
    cr_assert_eq(message_dump(type, version, message, &writer), 0);
    return (struct bytes){text, writer_len(&writer)};
}

static void round_trip(struct filler *f, const struct message_type *type)
{
    void *message = arena_alloc(f->arena, type->size);
    void *again = arena_alloc(f->arena, type->size);
    struct reader reader;
    fill_struct(f, type->root, message);
    struct bytes first = encode(f->arena, type, f->version, message);
    memset(again, 0x5a, type->size);
    reader_init(&reader, first.data, first.len);
    cr_assert_eq(message_decode(type, f->version, &reader, f->arena, again), 0,
                 "%s %d does not decode", type->name, f->version);
    cr_assert_eq(reader_left(&reader), 0);
    struct bytes second = encode(f->arena, type, f->version, again);
    cr_assert(bytes_equal(first, second), "%s %d comes out different", type->name, f->version);
    cr_assert(bytes_equal(dump(f->arena, type, f->version, message),
                          dump(f->arena, type, f->version, again)),
              "%s %d shows different", type->name, f->version);
}

Test(message_round_trip, holds_for_every_message_and_version)
{
    struct region *region = region_new(ARENA_BYTES, 4096);
    struct arena arena;
    struct filler f = {.arena = &arena};
    size_t count;
    const struct message_type *const *types = schema_types(&count);
    arena_init(&arena, region, ARENA_BYTES);
    prng_init(&f.prng, 20260);
    for (size_t i = 0; i < count; i++)
        for (int16_t v = types[i]->version_min; v <= types[i]->version_max; v++)
            for (int round = 0; round < ROUNDS; round++) {
                f.version = v;
                round_trip(&f, types[i]);
                arena_reset(&arena);
            }
    region_free(region);
}

Test(message_round_trip, refuses_every_cut_of_every_message)
{
    struct region *region = region_new(ARENA_BYTES, 4096);
    struct arena arena;
    struct filler f = {.arena = &arena};
    size_t count;
    const struct message_type *const *types = schema_types(&count);
    arena_init(&arena, region, ARENA_BYTES);
    prng_init(&f.prng, 20261);
    for (size_t i = 0; i < count; i++) {
        f.version = types[i]->version_max;
        void *message = arena_alloc(&arena, types[i]->size);
        fill_struct(&f, types[i]->root, message);
        struct bytes whole = encode(&arena, types[i], f.version, message);
        for (size_t len = 0; len < whole.len; len += 1 + len / 64) {
            struct reader reader;
            reader_init(&reader, whole.data, len);
            cr_assert_lt(message_decode(types[i], f.version, &reader, &arena, message), 0);
        }
        arena_reset(&arena);
    }
    region_free(region);
}

static void check_rows(const struct message_type *type, const struct message_struct *structure)
{
    for (uint16_t i = 0; i < structure->field_count; i++) {
        const struct message_field *field = &structure->fields[i];
        cr_assert(field->tag == UNTAGGED || field->kind != KIND_RECORDS,
                  "%s.%s: tagged records cannot be split", structure->name, field->name);
        cr_assert(field->tag == UNTAGGED || field->versions.since >= type->flexible_since ||
                      type->version_min >= type->flexible_since,
                  "%s.%s: tagged before versions are flexible", structure->name, field->name);
        if (field->nested != NULL)
            check_rows(type, field->nested);
    }
}

Test(message_round_trip, stands_on_rows_that_make_sense)
{
    size_t count;
    const struct message_type *const *types = schema_types(&count);
    for (size_t i = 0; i < count; i++)
        check_rows(types[i], types[i]->root);
}

Test(message_round_trip, finds_types_by_kafkas_name)
{
    cr_assert_eq(schema_type_named(bytes_of_string("FetchRequest")), &fetch_request_type);
    cr_assert_null(schema_type_named(bytes_of_string("FetchRequests")));
    cr_assert_null(schema_type_named(bytes_of_string("")));
}
