/*
 * Arbitrary bytes as a compiled message, by both readers: the compiled one and the interpreter must
 * read the same, or fail the same, and write the same. The first three bytes choose the message,
 * the version, and how much room the writers get.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/mem.h"
#include "base/region.h"
#include "base/util.h"
#include "protocol/message_internal.h"
#include "protocol/schema/all.h"

#define ARENA_UNIT 4096
/* As in message_fuzz.c; both readers take their share. */
#define MEMORY_FACTOR 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
    const struct message_type *type;
    int16_t version;
    unsigned flags;
    struct arena arena;
};

static const struct message_type *const compiled[] = {&produce_request_type, &produce_response_type,
                                                      &fetch_request_type, &fetch_response_type};

static int write_by(const struct fuzz *f, bool interpreted, const void *message,
                    struct writer *writer)
{
    return interpreted ? message_interpret_encode(f->type, f->version, message, writer, NULL)
                       : message_encode(f->type, f->version, message, writer, NULL);
}

/* One message by both writers: whole, and into less room than it needs. */
static void write_both(const struct fuzz *f, const void *message, uint8_t part)
{
    size_t whole = message_size(f->type, f->version, message, false);
    const size_t rooms[] = {whole, whole * part / 256};
    for (size_t i = 0; i < ARRAY_LENGTH(rooms); i++) {
        uint8_t *first = mem_alloc(whole);
        uint8_t *second = mem_alloc(whole);
        struct writer a;
        struct writer b;
        writer_init(&a, first, rooms[i]);
        writer_init(&b, second, rooms[i]);
        int result = write_by(f, false, message, &a);
        ASSERT(write_by(f, true, message, &b) == result);
        ASSERT(result == (rooms[i] < whole ? ERR_SHORT : 0));
        ASSERT(result != 0 || bytes_equal((struct bytes){first, writer_len(&a)},
                                          (struct bytes){second, writer_len(&b)}));
        mem_free(first);
        mem_free(second);
    }
}

/* What both read must be written the same by the interpreter. */
static void compare(const struct fuzz *f, const void *first, const void *second)
{
    size_t size = message_size(f->type, f->version, first, false);
    uint8_t *a = mem_alloc(size);
    uint8_t *b = mem_alloc(size);
    struct writer writer;
    writer_init(&writer, a, size);
    int result = write_by(f, true, first, &writer);
    ASSERT(result == 0 && writer_len(&writer) == size);
    writer_init(&writer, b, size);
    result = write_by(f, true, second, &writer);
    ASSERT(result == 0 && writer_len(&writer) == size);
    ASSERT(bytes_equal((struct bytes){a, size}, (struct bytes){b, size}));
    mem_free(a);
    mem_free(b);
}

static void read_both(struct fuzz *f, struct bytes input, uint8_t part)
{
    void *first = mem_alloc(f->type->size);
    void *second = mem_alloc(f->type->size);
    struct reader a;
    struct reader b;
    reader_init(&a, input.data, input.len);
    reader_init(&b, input.data, input.len);
    int result = message_decode_flags(f->type, f->version, &a, &f->arena, first, f->flags);
    ASSERT(result != ERR_NO_MEMORY);
    ASSERT(message_interpret_decode(f->type, f->version, &b, &f->arena, second, f->flags) ==
           result);
    if (result == 0) {
        ASSERT(a.pos == b.pos);
        compare(f, first, second);
        write_both(f, first, part);
    }
    mem_free(first);
    mem_free(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    struct fuzz f = {.type = compiled[data[0] % ARRAY_LENGTH(compiled)]};
    int versions = f.type->version_max - f.type->version_min + 1;
    f.version = (int16_t)(f.type->version_min + data[1] % versions);
    f.flags = data[0] >= 128 ? MESSAGE_KEEP_TAGS : 0;
    struct bytes input = {data + 3, size - 3};
    size_t memory = round_up(MEMORY_FACTOR * input.len + 32 * ARENA_UNIT, ARENA_UNIT);
    struct region *region = region_new(memory, ARENA_UNIT);
    arena_init(&f.arena, region, memory);
    read_both(&f, input, data[2]);
    arena_reset(&f.arena);
    region_free(region);
    return 0;
}
