/*
 * Compiled messages against the interpreter: whatever bytes there are, both read the same or fail
 * the same; whatever message, both write the same. Bytes are those of random messages in every
 * version, with unknown tagged fields, with bits turned, and cut.
 */
#include "protocol/message_compile.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/region.h"
#include "protocol/schema/all.h"
#include "tests/protocol/message_filler.h"

#define ROUNDS 60
#define MUTATIONS 40
#define ARENA_BYTES (16 * MIB)
#define OUT_BYTES ((size_t)256 * KIB)
#define SPLITS_MAX 64
#define UNKNOWN_TAG 77

/* One of the two. */
struct reading {
    int result;
    size_t left;
    void *message;
};

struct writing {
    int result;
    size_t len;
    struct message_splits splits;
    uint8_t *data;
};

static struct region *region;
static struct arena arena;
static struct message_filler filler = {.arena = &arena};

static void setup(void)
{
    region = region_new(ARENA_BYTES, 4096);
    arena_init(&arena, region, ARENA_BYTES);
    prng_init(&filler.prng, 20262);
}

static void teardown(void)
{
    arena_reset(&arena);
    region_free(region);
}

TestSuite(message_compile, .init = setup, .fini = teardown);

static struct writing write_by(bool compiled, const struct message_type *type, const void *message,
                               size_t room, bool split)
{
    struct writing w = {.data = arena_alloc(&arena, OUT_BYTES)};
    struct writer writer;
    cr_assert_not_null(w.data);
    w.splits.capacity = SPLITS_MAX;
    w.splits.items = arena_alloc_array(&arena, SPLITS_MAX, sizeof *w.splits.items);
    struct message_splits *splits = split ? &w.splits : NULL;
    writer_init(&writer, w.data, room);
    w.result = compiled ? message_encode(type, filler.version, message, &writer, splits)
                        : message_interpret_encode(type, filler.version, message, &writer, splits);
    w.len = writer_len(&writer);
    return w;
}

/* The bytes, or an empty slice when both fail. */
static struct bytes write_both(const struct message_type *type, const void *message, size_t room,
                               bool split)
{
    struct writing a = write_by(true, type, message, room, split);
    struct writing b = write_by(false, type, message, room, split);
    cr_assert_eq(a.result, b.result, "%s %d: %d and %d", type->name, filler.version, a.result,
                 b.result);
    if (a.result != 0)
        return (struct bytes){0};
    cr_assert_eq(a.len, b.len);
    cr_assert_arr_eq(a.data, b.data, a.len, "%s %d is written different", type->name,
                     filler.version);
    cr_assert_eq(a.splits.count, b.splits.count);
    for (uint32_t i = 0; i < a.splits.count; i++) {
        cr_assert_eq(a.splits.items[i].position, b.splits.items[i].position);
        cr_assert_eq(a.splits.items[i].blob, b.splits.items[i].blob);
    }
    return (struct bytes){a.data, a.len};
}

static struct reading read_by(bool compiled, const struct message_type *type, struct bytes bytes,
                              unsigned flags)
{
    struct reader reader;
    struct reading r = {.message = arena_alloc(&arena, type->size)};
    cr_assert_not_null(r.message);
    memset(r.message, compiled ? 0x5a : 0xa5, type->size);
    reader_init(&reader, bytes.data, bytes.len);
    r.result =
        compiled
            ? message_decode_flags(type, filler.version, &reader, &arena, r.message, flags)
            : message_interpret_decode(type, filler.version, &reader, &arena, r.message, flags);
    r.left = reader_left(&reader);
    return r;
}

/* How the interpreter writes what was read tells whether it is the same. */
static void read_both(const struct message_type *type, struct bytes bytes, unsigned flags)
{
    struct reading a = read_by(true, type, bytes, flags);
    struct reading b = read_by(false, type, bytes, flags);
    cr_assert_eq(a.result, b.result, "%s %d: %d and %d", type->name, filler.version, a.result,
                 b.result);
    if (a.result != 0)
        return;
    cr_assert_eq(a.left, b.left);
    struct writing first = write_by(false, type, a.message, OUT_BYTES, false);
    struct writing second = write_by(false, type, b.message, OUT_BYTES, false);
    cr_assert_eq(first.result, 0);
    cr_assert_eq(first.len, second.len);
    cr_assert_arr_eq(first.data, second.data, first.len, "%s %d is read different", type->name,
                     filler.version);
}

/* Calls `check` with many random messages of each compiled type and version. */
static void each_message(void (*check)(const struct message_type *type, void *message))
{
    size_t count;
    int compiled = 0;
    const struct message_type *const *types = schema_types(&count);
    for (size_t i = 0; i < count; i++) {
        const struct message_type *type = types[i];
        if (type->compiled == NULL)
            continue;
        compiled++;
        for (int16_t v = type->version_min; v <= type->version_max; v++)
            for (int round = 0; round < ROUNDS; round++) {
                void *message = arena_alloc(&arena, type->size);
                filler.version = v;
                message_fill(&filler, type->root, message);
                check(type, message);
                arena_reset(&arena);
            }
    }
    cr_assert_eq(compiled, 4, "requests and responses of Produce and Fetch");
}

static void check_writing(const struct message_type *type, void *message)
{
    struct bytes whole = write_both(type, message, OUT_BYTES, false);
    cr_assert_not_null(whole.data);
    cr_assert_eq(message_size(type, filler.version, message, false), whole.len);
    struct bytes split = write_both(type, message, OUT_BYTES, true);
    cr_assert_eq(message_size(type, filler.version, message, true), split.len);
    write_both(type, message, prng_below(&filler.prng, (uint32_t)whole.len + 1), false);
}

Test(message_compile, writes_what_the_interpreter_writes)
{
    each_message(check_writing);
}

/* A random member of the root becomes what no version can write. */
static void check_refusal(const struct message_type *type, void *message)
{
    uint32_t index = prng_below(&filler.prng, type->root->field_count);
    const struct message_field *field = &type->root->fields[index];
    if (field->form == FORM_LIST || field->form == FORM_ARRAY)
        ((struct message_array *)message_member(field, message))->count = -1;
    else if (field->kind == KIND_STRING)
        ((struct string *)message_member(field, message))->len = MESSAGE_STRING_LEN_MAX + 1;
    else
        return;
    if (field->tag == UNTAGGED && version_in(field->versions, filler.version))
        cr_assert_null(write_both(type, message, OUT_BYTES, false).data);
}

Test(message_compile, refuses_to_write_what_the_interpreter_refuses)
{
    each_message(check_refusal);
}

static void mutate(uint8_t *data, struct bytes whole, size_t *len)
{
    memcpy(data, whole.data, whole.len);
    *len = whole.len;
    if (prng_below(&filler.prng, 4) == 0)
        *len = prng_below(&filler.prng, (uint32_t)whole.len + 1);
    uint32_t bits = prng_below(&filler.prng, 4);
    for (uint32_t i = 0; i < bits; i++)
        data[prng_below(&filler.prng, (uint32_t)whole.len)] ^=
            (uint8_t)(1u << prng_below(&filler.prng, 8));
}

static void check_reading(const struct message_type *type, void *message)
{
    struct bytes whole = write_both(type, message, OUT_BYTES, false);
    cr_assert_gt(whole.len, 0);
    read_both(type, whole, 0);
    uint8_t *data = arena_alloc(&arena, whole.len);
    for (int i = 0; i < MUTATIONS; i++) {
        size_t len;
        mutate(data, whole, &len);
        read_both(type, (struct bytes){data, len}, 0);
        if (arena.taken > ARENA_BYTES / 2)
            break;
    }
}

Test(message_compile, reads_what_the_interpreter_reads)
{
    each_message(check_reading);
}

/* The root, and what it nests in lists, get a tagged field that no version knows. */
static void add_unknown(const struct message_struct *structure, void *base, bool nested)
{
    static const uint8_t unknown[] = {UNKNOWN_TAG, 3, 'a', 'b', 'c'};
    *(struct message_tags *)((uint8_t *)base + structure->tags_offset) =
        (struct message_tags){unknown, sizeof unknown, 1};
    for (uint16_t i = 0; i < structure->field_count && nested; i++) {
        const struct message_field *field = &structure->fields[i];
        struct message_array *array = message_member(field, base);
        if (field->form != FORM_LIST)
            continue;
        for (int32_t j = 0; j < array->count; j++)
            add_unknown(field->nested, (uint8_t *)array->items + (size_t)j * field->nested->size,
                        prng_below(&filler.prng, 2) == 0);
    }
}

static void check_unknown_tags(const struct message_type *type, void *message)
{
    if (filler.version < type->flexible_since)
        return;
    add_unknown(type->root, message, true);
    struct bytes whole = write_both(type, message, OUT_BYTES, false);
    cr_assert_gt(whole.len, 0);
    read_both(type, whole, 0);
    read_both(type, whole, MESSAGE_KEEP_TAGS);
}

Test(message_compile, passes_over_unknown_tagged_fields_or_keeps_them)
{
    each_message(check_unknown_tags);
}

static void check_defaults(const struct message_struct *structure)
{
    uint8_t *compiled = arena_alloc(&arena, structure->size);
    uint8_t *interpreted = arena_alloc(&arena, structure->size);
    cr_assert_not_null(structure->defaults);
    message_defaults(structure, compiled);
    for (uint16_t i = 0; i < structure->field_count; i++) {
        message_default_field(&structure->fields[i], interpreted);
        if (structure->fields[i].nested != NULL)
            check_defaults(structure->fields[i].nested);
    }
    cr_assert_arr_eq(compiled, interpreted, structure->size, "%s", structure->name);
}

Test(message_compile, sets_the_defaults_that_the_interpreter_sets)
{
    check_defaults(produce_request_type.root);
    check_defaults(produce_response_type.root);
    check_defaults(fetch_request_type.root);
    check_defaults(fetch_response_type.root);
}

/* A count that the bytes cannot hold takes no memory. */
Test(message_compile, holds_counts_against_the_bytes_that_are_left)
{
    static const uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0x10, 0, 0, 0};
    struct produce_request request;
    struct reader reader;
    reader_init(&reader, bytes, sizeof bytes);
    size_t before = arena.taken;
    cr_assert_eq(message_decode(&produce_request_type, 3, &reader, &arena, &request), ERR_SHORT);
    cr_assert_eq(arena.taken, before);
}
