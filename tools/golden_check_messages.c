/*
 * Golden messages: the bytes that Kafka's own classes wrote are decoded and written again, and must
 * come out the same; so must the size, which is computed apart. The dump must be the JSON that
 * Kafka's converter gave, where the line has any.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/region.h"
#include "base/util.h"
#include "protocol/message_internal.h"
#include "protocol/schema/all.h"
#include "tools/golden_check.h"

#define ARENA_BYTES (64 * MIB)
#define ARENA_UNIT 4096
#define JSON_FACTOR 2 /* of Kafka's own text, and of 64 KiB */

struct case_line {
    const struct message_type *type;
    int16_t version;
    const char *hex;
    const char *json;
};

static const char *check_size_and_bytes(const struct case_line *line, const void *message,
                                        struct bytes golden)
{
    if (message_size(line->type, line->version, message, false) != golden.len)
        return "has another size";
    uint8_t *again = mem_alloc(MAX(golden.len, (size_t)1));
    struct writer writer;
    writer_init(&writer, again, golden.len);
    const char *problem = NULL;
    if (message_encode(line->type, line->version, message, &writer, NULL) != 0)
        problem = "does not encode";
    else if (!bytes_equal((struct bytes){again, writer_len(&writer)}, golden))
        problem = "comes out different";
    mem_free(again);
    return problem;
}

/* Compiled messages are read by the interpreter, too, and written by it. */
static const char *check_interpreter(const struct case_line *line, struct bytes golden,
                                     struct arena *arena)
{
    struct reader reader;
    struct writer writer;
    reader_init(&reader, golden.data, golden.len);
    void *message = arena_alloc(arena, line->type->size);
    uint8_t *again = arena_alloc(arena, golden.len);
    if (message == NULL || again == NULL)
        return "is too large";
    writer_init(&writer, again, golden.len);
    if (message_interpret_decode(line->type, line->version, &reader, arena, message,
                                 MESSAGE_KEEP_TAGS) != 0 ||
        reader_left(&reader) != 0)
        return "does not decode by the interpreter";
    if (message_interpret_encode(line->type, line->version, message, &writer, NULL) != 0 ||
        !bytes_equal((struct bytes){again, writer_len(&writer)}, golden))
        return "comes out different by the interpreter";
    return NULL;
}

static const char *check_json(const struct case_line *line, const void *message)
{
    if (line->json == NULL || *line->json == '\0')
        return NULL;
    size_t capacity = JSON_FACTOR * (strlen(line->json) + 64 * KIB);
    uint8_t *text = mem_alloc(capacity);
    struct writer writer;
    writer_init(&writer, text, capacity);
    const char *problem = NULL;
    if (message_dump(line->type, line->version, message, &writer) != 0)
        problem = "does not fit as JSON";
    else if (!bytes_equal((struct bytes){text, writer_len(&writer)}, bytes_of_string(line->json)))
        problem = "shows as other JSON";
    mem_free(text);
    return problem;
}

static const char *check_case(const struct case_line *line, struct bytes golden,
                              struct arena *arena)
{
    struct reader reader;
    reader_init(&reader, golden.data, golden.len);
    void *message = arena_alloc(arena, line->type->size);
    if (message == NULL)
        return "is too large";
    if (message_decode_flags(line->type, line->version, &reader, arena, message,
                             MESSAGE_KEEP_TAGS) != 0)
        return "does not decode";
    if (reader_left(&reader) != 0)
        return "leaves bytes unread";
    const char *problem = check_size_and_bytes(line, message, golden);
    if (problem == NULL && line->type->compiled != NULL)
        problem = check_interpreter(line, golden, arena);
    return problem != NULL ? problem : check_json(line, message);
}

static const char *check_line(char *text, struct arena *arena)
{
    struct case_line line = {0};
    const char *name = golden_next_column(&text);
    const char *version = golden_next_column(&text);
    golden_next_column(&text);
    line.hex = golden_next_column(&text);
    line.json = golden_next_column(&text);
    if (line.hex == NULL)
        return "has too few columns";
    line.type = schema_type_named(bytes_of_string(name));
    if (line.type == NULL)
        return "is of an unknown message";
    line.version = (int16_t)strtol(version, NULL, 10);
    if (line.version < line.type->version_min || line.version > line.type->version_max)
        return "is of an unknown version";
    size_t len;
    uint8_t *golden = golden_read_hex(line.hex, &len);
    if (golden == NULL)
        return "is not hexadecimal";
    const char *problem = check_case(&line, (struct bytes){golden, len}, arena);
    mem_free(golden);
    return problem;
}

int golden_check_messages(const char *path)
{
    char *text = golden_read_file(path);
    if (text == NULL)
        return -1;
    struct region *region = region_new(ARENA_BYTES, ARENA_UNIT);
    struct arena arena;
    arena_init(&arena, region, ARENA_BYTES);
    int lines = 0;
    int failures = 0;
    char *rest = text;
    char *line;
    while ((line = golden_next_line(&rest)) != NULL) {
        lines++;
        const char *problem = check_line(line, &arena);
        if (problem != NULL) {
            printf("%s:%d: %s %s\n", path, lines, line, problem);
            failures++;
        }
        arena_reset(&arena);
    }
    printf("%s: %d messages, %d failed\n", path, lines, failures);
    region_free(region);
    mem_free(text);
    return failures;
}
