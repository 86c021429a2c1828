/*
 * meta.properties: who a log directory belongs to, as a Java properties file.
 *
 * Reading follows java.util.Properties: comments, continuation lines, three separators, escapes.
 * Writing escapes what Java would. The running form is the same file with a version that Kafka
 * refuses; the original is kept byte for byte beside it and returns unless a value has changed.
 */
#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "partition/kafka_files_internal.h"
#include "partition/kafka_files_text.h"

#define META_FILE "meta.properties"
#define META_SAVED_FILE "meta.properties.odradek"
#define META_VERSION 1
#define META_RUNNING_VERSION 1000
#define META_VALUE_MAX 512
/* Every byte of the cluster id may need six characters (\uXXXX). */
#define META_TEXT_MAX (256 + 6 * KAFKA_CLUSTER_ID_MAX)

/* One logical line, with escapes still in it. */
struct property_line {
    const uint8_t *pos;
    const uint8_t *end;
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static bool is_line_end(uint8_t c)
{
    return c == '\n' || c == '\r';
}

static void skip_blanks(struct property_line *line)
{
    while (line->pos < line->end && is_blank(*line->pos))
        line->pos++;
}

static void skip_while(struct property_line *rest, bool (*matches)(uint8_t))
{
    while (rest->pos < rest->end && matches(*rest->pos))
        rest->pos++;
}

/* The next logical line that is neither empty nor a comment. Its end is the first line end that no
 * backslash escapes. */
static bool next_line(struct property_line *rest, struct property_line *line)
{
    for (;;) {
        skip_while(rest, is_line_end);
        skip_blanks(rest);
        if (rest->pos == rest->end)
            return false;
        if (is_line_end(*rest->pos))
            continue;
        bool comment = *rest->pos == '#' || *rest->pos == '!';
        line->pos = rest->pos;
        while (rest->pos < rest->end && !is_line_end(*rest->pos)) {
            bool escape = *rest->pos == '\\' && !comment && rest->end - rest->pos > 1;
            bool two_ends =
                escape && rest->end - rest->pos > 2 && rest->pos[1] == '\r' && rest->pos[2] == '\n';
            rest->pos += two_ends ? 3 : escape ? 2 : 1;
        }
        line->end = rest->pos;
        if (!comment)
            return true;
    }
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits of \uXXXX, as UTF-8. */
static bool write_unicode(struct property_line *line, struct writer *to)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        int digit = line->pos < line->end ? hex_digit(*line->pos++) : -1;
        if (digit < 0)
            return false;
        code = code * 16 + (uint32_t)digit;
    }
    if (code < 0x80) {
        write_u8(to, (uint8_t)code);
    } else if (code < 0x800) {
        write_u8(to, (uint8_t)(0xc0 | code >> 6));
        write_u8(to, (uint8_t)(0x80 | (code & 0x3f)));
    } else {
        write_u8(to, (uint8_t)(0xe0 | code >> 12));
        write_u8(to, (uint8_t)(0x80 | (code >> 6 & 0x3f)));
        write_u8(to, (uint8_t)(0x80 | (code & 0x3f)));
    }
    return true;
}

static bool write_escape(struct property_line *line, struct writer *to)
{
    if (line->pos == line->end)
        return true;
    uint8_t c = *line->pos++;
    switch (c) {
    case 'u':
        return write_unicode(line, to);
    case 't':
        write_u8(to, '\t');
        return true;
    case 'n':
        write_u8(to, '\n');
        return true;
    case 'r':
        write_u8(to, '\r');
        return true;
    case 'f':
        write_u8(to, '\f');
        return true;
    case '\r':
        if (line->pos < line->end && *line->pos == '\n')
            line->pos++;
        skip_blanks(line);
        return true;
    case '\n':
        skip_blanks(line);
        return true;
    default:
        write_u8(to, c);
        return true;
    }
}

/* Unescapes up to the end, or for a key to its separator, into a NUL-terminated `text`. */
static bool read_part(struct property_line *line, bool key, char text[META_VALUE_MAX])
{
    struct writer to;
    writer_init(&to, text, META_VALUE_MAX);
    while (line->pos < line->end) {
        uint8_t c = *line->pos;
        if (key && (c == '=' || c == ':' || is_blank(c)))
            break;
        line->pos++;
        if (c != '\\')
            write_u8(&to, c);
        else if (!write_escape(line, &to))
            return false;
    }
    write_u8(&to, '\0');
    return to.error == 0;
}

static bool read_property(struct property_line *line, char key[META_VALUE_MAX],
                          char value[META_VALUE_MAX])
{
    if (!read_part(line, true, key))
        return false;
    skip_blanks(line);
    if (line->pos < line->end && (*line->pos == '=' || *line->pos == ':')) {
        line->pos++;
        skip_blanks(line);
    }
    return read_part(line, false, value);
}

static bool value_number(const char *value, int64_t *number)
{
    struct kafka_text text;
    kafka_text_init(&text, bytes_of_string(value));
    return kafka_text_number(&text, number) && kafka_text_at_end(&text);
}

/* What has been read of a file; -1 and empty: not there. */
struct meta_fields {
    int64_t version;
    int64_t node_id;
    struct kafka_meta meta;
};

static bool meta_take(struct meta_fields *fields, const char *key, const char *value)
{
    if (strcmp(key, "version") == 0)
        return value_number(value, &fields->version);
    if (strcmp(key, "node.id") == 0)
        return value_number(value, &fields->node_id) && fields->node_id >= 0 &&
               fields->node_id <= INT32_MAX;
    if (strcmp(key, "cluster.id") == 0) {
        if (strlen(value) > KAFKA_CLUSTER_ID_MAX)
            return false;
        memcpy(fields->meta.cluster_id, value, strlen(value) + 1);
    }
    if (strcmp(key, "directory.id") == 0) {
        fields->meta.has_directory_id = true;
        return uuid_parse(bytes_of_string(value), &fields->meta.directory_id) == 0;
    }
    return true;
}

static int meta_parse(struct bytes text, struct kafka_meta *meta)
{
    struct property_line rest = {text.data, text.data + text.len};
    struct property_line line;
    struct meta_fields fields = {.version = 0, .node_id = -1};
    char key[META_VALUE_MAX];
    char value[META_VALUE_MAX];
    while (next_line(&rest, &line))
        if (!read_property(&line, key, value) || !meta_take(&fields, key, value))
            return ERR_CORRUPT;
    if (fields.version != META_VERSION && fields.version != META_RUNNING_VERSION)
        return ERR_VERSION;
    if (fields.node_id < 0 || fields.meta.cluster_id[0] == '\0')
        return ERR_CORRUPT;
    *meta = fields.meta;
    meta->node_id = (int32_t)fields.node_id;
    meta->running = fields.version == META_RUNNING_VERSION;
    return 0;
}

int kafka_load_meta(struct file_system *fs, const char *directory, struct kafka_meta *meta)
{
    struct bytes text;
    int result = kafka_load_text(fs, directory, META_FILE, KAFKA_SMALL_FILE_MAX, &text);
    if (result != 0)
        return result;
    result = meta_parse(text, meta);
    kafka_free_text(text);
    return result;
}

static void write_text(struct writer *w, const char *text)
{
    write_bytes(w, text, strlen(text));
}

static void write_value(struct writer *w, const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        uint8_t byte = (uint8_t)*c;
        char escape[8];
        /* Bytes above ASCII stay as they are: Java reads them one by one, as Latin-1. */
        if (byte < 0x20 || byte == 0x7f) {
            (void)snprintf(escape, sizeof escape, "\\u%04x", byte);
            write_text(w, escape);
            continue;
        }
        if (strchr("=:#!\\", *c) != NULL || (*c == ' ' && c == value))
            write_u8(w, '\\');
        write_u8(w, byte);
    }
}

static size_t meta_print(const struct kafka_meta *meta, int version, char text[META_TEXT_MAX])
{
    struct writer w;
    char number[16];
    writer_init(&w, text, META_TEXT_MAX);
    write_text(&w, "#\ncluster.id=");
    write_value(&w, meta->cluster_id);
    if (meta->has_directory_id) {
        char id[UUID_TEXT_LEN + 1];
        write_text(&w, "\ndirectory.id=");
        write_text(&w, uuid_print(meta->directory_id, id));
    }
    (void)snprintf(number, sizeof number, "%d", version);
    write_text(&w, "\nversion=");
    write_text(&w, number);
    (void)snprintf(number, sizeof number, "%d", meta->node_id);
    write_text(&w, "\nnode.id=");
    write_text(&w, number);
    write_text(&w, "\n");
    ASSERT(w.error == 0);
    return writer_len(&w);
}

static int meta_write(struct file_system *fs, const char *directory, const struct kafka_meta *meta,
                      int version)
{
    ASSERT(meta->cluster_id[0] != '\0' && meta->node_id >= 0);
    char text[META_TEXT_MAX];
    size_t len = meta_print(meta, version, text);
    return kafka_write_text(fs, directory, META_FILE, (struct bytes){(const uint8_t *)text, len});
}

static bool meta_equal(const struct kafka_meta *a, const struct kafka_meta *b)
{
    return strcmp(a->cluster_id, b->cluster_id) == 0 && a->node_id == b->node_id &&
           a->has_directory_id == b->has_directory_id &&
           (!a->has_directory_id || uuid_equal(a->directory_id, b->directory_id));
}

/* Puts the saved original back when it says the same. `*restored` tells whether it did. */
static int meta_restore(struct file_system *fs, const char *directory,
                        const struct kafka_meta *meta, bool *restored)
{
    struct bytes text;
    struct kafka_meta saved;
    *restored = false;
    int result = kafka_load_text(fs, directory, META_SAVED_FILE, KAFKA_SMALL_FILE_MAX, &text);
    if (result == ERR_NOT_FOUND)
        return 0;
    if (result != 0)
        return result;
    if (meta_parse(text, &saved) == 0 && !saved.running && meta_equal(meta, &saved)) {
        result = kafka_write_text(fs, directory, META_FILE, text);
        *restored = result == 0;
    }
    kafka_free_text(text);
    return result;
}

int kafka_write_meta(struct file_system *fs, const char *directory, const struct kafka_meta *meta)
{
    bool restored;
    int result = meta_restore(fs, directory, meta, &restored);
    if (result == 0 && !restored)
        result = meta_write(fs, directory, meta, META_VERSION);
    if (result != 0)
        return result;
    char path[KAFKA_PATH_SIZE];
    kafka_path(path, directory, META_SAVED_FILE);
    result = file_remove(fs, path);
    return result == ERR_NOT_FOUND ? 0 : result;
}

/* Saves the file that stands there, unless it is our own running form. */
static int meta_save(struct file_system *fs, const char *directory)
{
    struct bytes text;
    struct kafka_meta meta;
    int result = kafka_load_text(fs, directory, META_FILE, KAFKA_SMALL_FILE_MAX, &text);
    if (result == ERR_NOT_FOUND)
        return 0;
    if (result != 0)
        return result;
    result = meta_parse(text, &meta);
    if (result == 0 && !meta.running)
        result = kafka_write_text(fs, directory, META_SAVED_FILE, text);
    kafka_free_text(text);
    return result;
}

int kafka_write_meta_running(struct file_system *fs, const char *directory,
                             const struct kafka_meta *meta)
{
    int result = meta_save(fs, directory);
    if (result != 0)
        return result;
    return meta_write(fs, directory, meta, META_RUNNING_VERSION);
}
