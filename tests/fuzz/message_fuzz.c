/*
 * Arbitrary bytes as any message in any version: the first three bytes choose which. The decoder
 * must stay inside the input and take no more memory than the input justifies; what it accepts must
 * encode, in the size announced, and read back to the same bytes.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/mem.h"
#include "base/region.h"
#include "base/util.h"
#include "protocol/schema/all.h"

#define ARENA_UNIT 4096
/* Bytes of memory for a byte of input: the largest structure beside its least encoding, with what
 * nested counts may claim before the input proves too short. */
#define MEMORY_FACTOR 128
#define DUMP_BYTES 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int decode(const struct message_type *type, int16_t version, struct bytes input,
                  struct arena *arena, void *message)
{
    struct reader reader;
    reader_init(&reader, input.data, input.len);
    int result = message_decode_flags(type, version, &reader, arena, message, MESSAGE_KEEP_TAGS);
    ASSERT(result != ERR_NO_MEMORY);
    ASSERT(reader.pos >= input.data || input.len == 0);
    return result;
}

static struct bytes encode(const struct message_type *type, int16_t version, const void *message)
{
    size_t size = message_size(type, version, message, false);
    uint8_t *data = mem_alloc(size);
    struct writer writer;
    writer_init(&writer, data, size);
    int result = message_encode(type, version, message, &writer, NULL);
    ASSERT(result == 0);
    ASSERT(writer_len(&writer) == size);
    return (struct bytes){data, size};
}

static void dump(const struct message_type *type, int16_t version, const void *message)
{
    char text[DUMP_BYTES];
    struct writer writer;
    writer_init(&writer, text, sizeof text);
    int result = message_dump(type, version, message, &writer);
    ASSERT(result == 0 || result == ERR_SHORT);
}

static void check_accepted(const struct message_type *type, int16_t version, const void *message,
                           struct arena *arena)
{
    void *again = mem_alloc(type->size);
    struct bytes first = encode(type, version, message);
    arena_reset(arena);
    int result = decode(type, version, first, arena, again);
    ASSERT(result == 0);
    struct bytes second = encode(type, version, again);
    ASSERT(bytes_equal(first, second));
    dump(type, version, again);
    mem_free((void *)(uintptr_t)first.data);
    mem_free((void *)(uintptr_t)second.data);
    mem_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t count;
    const struct message_type *const *types = schema_types(&count);
    if (size < 3)
        return 0;
    const struct message_type *type = types[load_be16(data) % count];
    int16_t version =
        (int16_t)(type->version_min + data[2] % (type->version_max - type->version_min + 1));
    struct bytes input = {data + 3, size - 3};
    size_t memory = round_up(MEMORY_FACTOR * input.len + 16 * ARENA_UNIT, ARENA_UNIT);
    struct region *region = region_new(memory, ARENA_UNIT);
    struct arena arena;
    arena_init(&arena, region, memory);
    void *message = mem_alloc(type->size);
    if (decode(type, version, input, &arena, message) == 0)
        check_accepted(type, version, message, &arena);
    mem_free(message);
    arena_reset(&arena);
    region_free(region);
    return 0;
}
