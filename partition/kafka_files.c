/*
 * Kafka's offset checkpoints, partition.metadata, the mark of a clean stop, and directory names.
 * meta.properties is in kafka_files_meta.c.
 */
#include "partition/kafka_files.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "partition/kafka_files_internal.h"
#include "partition/kafka_files_text.h"

#define OFFSETS_VERSION 0
#define METADATA_VERSION 0
#define CLEAN_STOP_FILE ".kafka_cleanshutdown"
#define OFFSETS_BYTES_MAX (256 * MIB)
#define OFFSETS_LINE_MIN 6 /* "t 0 0\n" */

void kafka_path(char *path, const char *directory, const char *name)
{
    int len = snprintf(path, KAFKA_PATH_SIZE, "%s/%s", directory, name);
    ASSERT(len > 0 && len < KAFKA_PATH_SIZE);
}

int kafka_put_text(struct file_system *fs, const char *directory, const char *name,
                   struct bytes text, bool sync)
{
    char path[KAFKA_PATH_SIZE];
    kafka_path(path, directory, name);
    return sync ? file_replace(fs, path, text.data, text.len)
                : file_put(fs, path, text.data, text.len);
}

int kafka_write_text(struct file_system *fs, const char *directory, const char *name,
                     struct bytes text)
{
    return kafka_put_text(fs, directory, name, text, true);
}

int kafka_load_text(struct file_system *fs, const char *directory, const char *name, uint64_t limit,
                    struct bytes *text)
{
    char path[KAFKA_PATH_SIZE];
    kafka_path(path, directory, name);
    char *data;
    uint64_t len;
    int result = file_load(fs, path, limit, &data, &len);
    if (result == 0)
        *text = (struct bytes){(const uint8_t *)data, len};
    return result == ERR_TOO_LARGE ? ERR_CORRUPT : result;
}

void kafka_free_text(struct bytes text)
{
    mem_free((void *)(uintptr_t)text.data);
}

/* partition.metadata. */

int kafka_write_partition_metadata(struct file_system *fs, const char *directory,
                                   struct uuid topic_id, bool sync)
{
    ASSERT(!uuid_is_zero(topic_id));
    char id[UUID_TEXT_LEN + 1];
    char text[64];
    int len = snprintf(text, sizeof text, "version: %d\ntopic_id: %s", METADATA_VERSION,
                       uuid_print(topic_id, id));
    ASSERT(len > 0 && (size_t)len < sizeof text);
    return kafka_put_text(fs, directory, KAFKA_METADATA_FILE, bytes_of_string(text), sync);
}

/* `label`, a blank, the value, the end of the line. */
static bool metadata_line(struct kafka_text *text, const char *label, struct bytes *value)
{
    struct bytes word;
    return kafka_text_word(text, &word) && bytes_equal(word, bytes_of_string(label)) &&
           kafka_text_space(text) && kafka_text_word(text, value) && kafka_text_newline(text);
}

static int metadata_parse(struct bytes bytes, struct uuid *topic_id)
{
    struct kafka_text text;
    struct kafka_text number;
    struct bytes value;
    int64_t version;
    kafka_text_init(&text, bytes);
    if (!metadata_line(&text, "version:", &value))
        return ERR_CORRUPT;
    kafka_text_init(&number, value);
    if (!kafka_text_number(&number, &version) || !kafka_text_at_end(&number))
        return ERR_CORRUPT;
    /* A later version keeps the second line, so that a downgrade works: Kafka promises it. */
    if (version < METADATA_VERSION)
        return ERR_VERSION;
    if (!metadata_line(&text, "topic_id:", &value) || uuid_parse(value, topic_id) != 0)
        return ERR_CORRUPT;
    return uuid_is_zero(*topic_id) ? ERR_CORRUPT : 0;
}

int kafka_read_partition_metadata(struct file_system *fs, const char *directory,
                                  struct uuid *topic_id)
{
    struct bytes text;
    int result = kafka_load_text(fs, directory, KAFKA_METADATA_FILE, KAFKA_SMALL_FILE_MAX, &text);
    if (result != 0)
        return result;
    result = metadata_parse(text, topic_id);
    kafka_free_text(text);
    return result;
}

/* Offset checkpoints. */

int kafka_write_offsets(struct file_system *fs, const char *directory, const char *name,
                        const struct kafka_offset *entries, uint32_t count)
{
    size_t size = 64;
    for (uint32_t i = 0; i < count; i++)
        size += strlen(entries[i].topic) + 1 + 11 + 1 + 20 + 1;
    char *text = mem_alloc(size);
    size_t len = (size_t)snprintf(text, size, "%d\n%u\n", OFFSETS_VERSION, count);
    for (uint32_t i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, size - len, "%s %d %lld\n", entries[i].topic,
                                entries[i].partition, (long long)entries[i].offset);
        ASSERT(len < size);
    }
    int result = kafka_write_text(fs, directory, name, (struct bytes){(const uint8_t *)text, len});
    mem_free(text);
    return result;
}

static int offset_compare(const void *left, const void *right)
{
    const struct kafka_offset *a = left;
    const struct kafka_offset *b = right;
    int order = strcmp(a->topic, b->topic);
    if (order != 0)
        return order;
    return (a->partition > b->partition) - (a->partition < b->partition);
}

static bool offset_line(struct kafka_text *text, struct kafka_offset *entry)
{
    struct bytes topic;
    int64_t partition;
    if (!kafka_text_word(text, &topic) || !kafka_text_space(text) ||
        !kafka_text_number(text, &partition) || !kafka_text_space(text) ||
        !kafka_text_number(text, &entry->offset) || !kafka_text_newline(text))
        return false;
    if (partition < 0 || partition > INT32_MAX || memchr(topic.data, 0, topic.len) != NULL)
        return false;
    /* The blank behind the topic becomes its terminator. */
    char *start = (char *)(uintptr_t)topic.data;
    start[topic.len] = '\0';
    entry->topic = start;
    entry->partition = (int32_t)partition;
    return true;
}

/* Of equal keys the later line comes last: topics point into one text, in the order of its lines.
 */
static int offset_compare_lines(const void *left, const void *right)
{
    const struct kafka_offset *a = left;
    const struct kafka_offset *b = right;
    int order = offset_compare(a, b);
    return order != 0 ? order : (a->topic > b->topic) - (a->topic < b->topic);
}

static int offsets_parse(struct kafka_offsets *offsets, struct bytes bytes)
{
    struct kafka_text text;
    int64_t count;
    kafka_text_init(&text, bytes);
    int result = kafka_text_header(&text, OFFSETS_VERSION, &count);
    if (result != 0)
        return result;
    if ((uint64_t)count > bytes.len / (OFFSETS_LINE_MIN - 1))
        return ERR_CORRUPT;
    offsets->entries = mem_alloc_array((size_t)count + 1, sizeof *offsets->entries);
    for (int64_t i = 0; i < count; i++)
        if (!offset_line(&text, &offsets->entries[i]))
            return ERR_CORRUPT;
    if (!kafka_text_at_end(&text))
        return ERR_CORRUPT;
    qsort(offsets->entries, (size_t)count, sizeof *offsets->entries, offset_compare_lines);
    for (int64_t i = 0; i < count; i++) {
        struct kafka_offset *last = &offsets->entries[MAX(offsets->count, 1u) - 1];
        if (offsets->count > 0 && offset_compare(last, &offsets->entries[i]) == 0)
            *last = offsets->entries[i];
        else
            offsets->entries[offsets->count++] = offsets->entries[i];
    }
    return 0;
}

int kafka_load_offsets(struct file_system *fs, const char *directory, const char *name,
                       struct kafka_offsets *offsets)
{
    *offsets = (struct kafka_offsets){0};
    struct bytes text;
    int result = kafka_load_text(fs, directory, name, OFFSETS_BYTES_MAX, &text);
    if (result == ERR_NOT_FOUND)
        return 0;
    if (result != 0)
        return result;
    offsets->text = (char *)(uintptr_t)text.data;
    result = offsets_parse(offsets, text);
    if (result != 0)
        kafka_free_offsets(offsets);
    return result;
}

int64_t kafka_find_offset(const struct kafka_offsets *offsets, const char *topic, int32_t partition,
                          int64_t missing)
{
    struct kafka_offset key = {topic, partition, 0};
    if (offsets->count == 0)
        return missing;
    const struct kafka_offset *found =
        bsearch(&key, offsets->entries, offsets->count, sizeof *offsets->entries, offset_compare);
    return found == NULL ? missing : found->offset;
}

void kafka_free_offsets(struct kafka_offsets *offsets)
{
    mem_free(offsets->entries);
    mem_free(offsets->text);
    *offsets = (struct kafka_offsets){0};
}

/* The mark of a clean stop. */

int kafka_write_clean_stop(struct file_system *fs, const char *directory, int64_t broker_epoch)
{
    char text[80];
    int len = snprintf(text, sizeof text, "{\"version\":0,\"brokerEpoch\":%lld}",
                       (long long)broker_epoch);
    ASSERT(len > 0 && (size_t)len < sizeof text);
    return kafka_write_text(fs, directory, CLEAN_STOP_FILE, bytes_of_string(text));
}

/* The number behind "brokerEpoch" in the JSON text; anything else there is not needed. */
static int64_t clean_stop_epoch(struct bytes bytes)
{
    static const char key[] = "\"brokerEpoch\"";
    const uint8_t *found = memmem(bytes.data, bytes.len, key, sizeof key - 1);
    if (found == NULL)
        return -1;
    const uint8_t *end = bytes.data + bytes.len;
    const uint8_t *pos = found + sizeof key - 1;
    while (pos < end && (*pos == ' ' || *pos == ':'))
        pos++;
    struct kafka_text text = {pos, end};
    int64_t epoch;
    return kafka_text_number(&text, &epoch) ? epoch : -1;
}

int kafka_load_clean_stop(struct file_system *fs, const char *directory, int64_t *broker_epoch)
{
    struct bytes text;
    int result = kafka_load_text(fs, directory, CLEAN_STOP_FILE, KAFKA_SMALL_FILE_MAX, &text);
    if (result != 0)
        return result;
    *broker_epoch = clean_stop_epoch(text);
    kafka_free_text(text);
    return 0;
}

int kafka_remove_clean_stop(struct file_system *fs, const char *directory)
{
    char path[KAFKA_PATH_SIZE];
    kafka_path(path, directory, CLEAN_STOP_FILE);
    int result = file_remove(fs, path);
    /* A start that was killed may have removed it and not synced that. It was the first after a
     * clean stop then, and this one is the next: it has the first checkpoint to make as well, and
     * makes its name durable before the WAL takes anything. */
    if (result == ERR_NOT_FOUND)
        return 0;
    return result == 0 ? file_sync_directory(fs, directory) : result;
}

/* Directory names. */

void kafka_print_directory(const char *topic, int32_t partition, char *text)
{
    ASSERT(partition >= 0);
    int len = snprintf(text, KAFKA_DIRECTORY_NAME_MAX + 1, "%s-%d", topic, partition);
    ASSERT(len > 0 && len <= KAFKA_DIRECTORY_NAME_MAX);
}

static bool ends_with(struct bytes name, const char *suffix)
{
    size_t len = strlen(suffix);
    return name.len >= len && memcmp(name.data + name.len - len, suffix, len) == 0;
}

/* Takes the kind's suffix and the unique part before it off `name`. */
static bool directory_kind(struct bytes *name, enum kafka_directory_kind *kind)
{
    static const char *const suffixes[] = {
        [KAFKA_DIRECTORY_DELETE] = "-delete",
        [KAFKA_DIRECTORY_FUTURE] = "-future",
        [KAFKA_DIRECTORY_STRAY] = "-stray",
    };
    *kind = KAFKA_DIRECTORY_LIVE;
    for (size_t i = KAFKA_DIRECTORY_DELETE; i < ARRAY_LENGTH(suffixes); i++) {
        if (!ends_with(*name, suffixes[i]))
            continue;
        *kind = (enum kafka_directory_kind)i;
        size_t unique_end = name->len - strlen(suffixes[i]);
        const uint8_t *dot = memrchr(name->data, '.', unique_end);
        if (dot == NULL || dot == name->data || (size_t)(dot - name->data) + 1 == unique_end)
            return false;
        name->len = (size_t)(dot - name->data);
        return true;
    }
    return true;
}

bool kafka_parse_directory(const char *name, struct kafka_directory *directory)
{
    struct bytes rest = bytes_of_string(name);
    if (!directory_kind(&rest, &directory->kind))
        return false;
    const uint8_t *dash = rest.len == 0 ? NULL : memrchr(rest.data, '-', rest.len);
    if (dash == NULL)
        return false;
    size_t topic_len = (size_t)(dash - rest.data);
    if (topic_len == 0 || topic_len > KAFKA_TOPIC_NAME_MAX)
        return false;
    struct kafka_text text = {dash + 1, rest.data + rest.len};
    int64_t partition;
    if (!kafka_text_number(&text, &partition) || !kafka_text_at_end(&text))
        return false;
    if (dash[1] < '0' || dash[1] > '9' || partition > INT32_MAX)
        return false;
    memcpy(directory->topic, rest.data, topic_len);
    directory->topic[topic_len] = '\0';
    directory->partition = (int32_t)partition;
    return true;
}
