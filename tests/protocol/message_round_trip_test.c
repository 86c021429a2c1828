/*
 * Every message in every version: filled at random by its descriptors, written, read back, written
 * again. A member that one side skips, or reads in another width, moves all that follows.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/region.h"
#include "base/util.h"
#include "protocol/message_internal.h"
#include "protocol/schema/all.h"
#include "tests/protocol/message_filler.h"

#define ROUNDS 20
#define ARENA_BYTES (16 * MIB)
#define OUT_BYTES (1 * MIB)

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

static void round_trip(struct message_filler *f, const struct message_type *type)
{
    void *message = arena_alloc(f->arena, type->size);
    void *again = arena_alloc(f->arena, type->size);
    struct reader reader;
    message_fill(f, type->root, message);
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
    struct message_filler f = {.arena = &arena};
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
    struct message_filler f = {.arena = &arena};
    size_t count;
    const struct message_type *const *types = schema_types(&count);
    arena_init(&arena, region, ARENA_BYTES);
    prng_init(&f.prng, 20261);
    for (size_t i = 0; i < count; i++) {
        f.version = types[i]->version_max;
        void *message = arena_alloc(&arena, types[i]->size);
        message_fill(&f, types[i]->root, message);
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
