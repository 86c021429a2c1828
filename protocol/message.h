/*
 * Kafka's messages as C structures, and the one interpreter that reads and writes them all.
 *
 * A message is declared by rows in protocol/schema/, one for each field: the row gives the member
 * of the structure and its descriptor (protocol/message_declare.h says how). Names follow from
 * Kafka's own, in snake case:
 *
 *     FetchRequest                     struct fetch_request, fetch_request_type
 *     its nested FetchTopic            struct fetch_request_topic
 *     its nested ForgottenTopic        struct fetch_request_forgotten_topic
 *     field MaxWaitMs                  member max_wait_ms
 *     field Topics, an array           member topics.items, topics.count
 *     field Default (a C keyword)      member default_
 *
 * A nested structure is called after its message and itself; where its name begins with the
 * message's (with or without Request or Response), that is not said twice. Every structure
 * has its descriptor, fetch_request_topic_struct, and ends in the member unknown_tags.
 *
 * Strings, bytes and records of a decoded message are borrowed from the input; arrays and optional
 * structures live in the arena. Formats: KIP-482 (flexible versions), KIP-893 (nullable
 * structures).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/result.h"
#include "base/uuid.h"

/* Not NUL-terminated; len -1 is null. */
struct string {
    const char *data;
    int32_t len;
};

/* Bytes or records; len -1 is null. */
struct blob {
    const uint8_t *data;
    int32_t len;
};

/* The layout of every array member; count -1 is null. */
struct message_array {
    void *items;
    int32_t count;
};

/* Encoded unknown tagged fields: kept by a decoder that was asked to, written again behind the
 * known ones. */
struct message_tags {
    const uint8_t *data;
    uint32_t len;
    uint32_t count;
};

// clang-format off
/* Kinds of values: C type, Kafka's name, least bytes on the wire, and those of flexible versions.
 * The legacy string is never compact: the client id of the request header. */
#define MESSAGE_KIND_TABLE(X)                          \
    X(BOOL,          bool,          "bool",    1,  1)  \
    X(INT8,          int8_t,        "int8",    1,  1)  \
    X(INT16,         int16_t,       "int16",   2,  2)  \
    X(UINT16,        uint16_t,      "uint16",  2,  2)  \
    X(INT32,         int32_t,       "int32",   4,  4)  \
    X(UINT32,        uint32_t,      "uint32",  4,  4)  \
    X(INT64,         int64_t,       "int64",   8,  8)  \
    X(FLOAT64,       double,        "float64", 8,  8)  \
    X(UUID,          struct uuid,   "uuid",    16, 16) \
    X(STRING,        struct string, "string",  2,  1)  \
    X(LEGACY_STRING, struct string, "string",  2,  2)  \
    X(BYTES,         struct blob,   "bytes",   4,  1)  \
    X(RECORDS,       struct blob,   "records", 4,  1)
// clang-format on

enum message_kind {
    KIND_STRUCT,
#define MESSAGE_KIND_ENUM(kind, type, kafka_name, least, least_flexible) KIND_##kind,
    MESSAGE_KIND_TABLE(MESSAGE_KIND_ENUM)
#undef MESSAGE_KIND_ENUM
};

/* One value, an array of them, a structure inline, a pointer to a structure, an array of them. */
enum message_form { FORM_FIELD, FORM_ARRAY, FORM_NESTED, FORM_OPTIONAL, FORM_LIST };

/* Both ends belong to it. */
struct version_range {
    int16_t since;
    int16_t until;
};

struct message_struct;

struct message_field {
    const char *name; /* as the C member */
    uint8_t kind;     /* enum message_kind, of an element where it is an array */
    uint8_t form;     /* enum message_form */
    uint16_t offset;
    int16_t tag; /* UNTAGGED, or the tag */
    struct version_range versions;
    struct version_range nullable;
    const struct message_struct *nested; /* of KIND_STRUCT */
    int64_t default_value;               /* DEFAULT_NULL: null, for what can be null */
};

struct message_decoder;
struct message_sink;

/* The rows of a message as straight code, for the few that are worth it; see message_compile.h. */
struct message_code {
    void (*decode)(struct message_decoder *decoder, void *message);
    void (*encode)(struct message_sink *sink, const void *message);
};

struct message_struct {
    const char *name;
    size_t size;
    const struct message_field *fields;
    uint16_t field_count;
    uint16_t tags_offset;            /* of its unknown_tags */
    void (*defaults)(void *message); /* message_defaults, where it is compiled; or null */
};

struct message_type {
    const char *name; /* Kafka's: "FetchRequest" */
    int16_t api_key;  /* or a record's type; -1: none */
    int16_t version_min;
    int16_t version_max;
    int16_t flexible_since; /* above version_max: never */
    const struct message_struct *root;
    size_t size;
    const struct message_code *compiled; /* null: the interpreter does it */
};

#define UNTAGGED (-1)
#define DEFAULT_NULL INT64_MIN

/*
 * Sets every member to its default: `structure` is a message's root or an element's. Arrays come
 * out empty (or null, where that is their default), optional structures null.
 */
void message_defaults(const struct message_struct *structure, void *message);
/* `count` elements, each at its defaults; null when the arena is exhausted. */
void *message_new_elements(struct arena *arena, const struct message_struct *structure,
                           size_t count);

enum message_flags {
    /* Keep the last run of unknown tagged fields, so that they are written again. */
    MESSAGE_KEEP_TAGS = 1,
};

/*
 * Reads one message into `message`, of type->size bytes; what follows it is left unread. The
 * version must be one of the type's. ERR_SHORT, ERR_MALFORMED, ERR_NO_MEMORY (the arena's limit);
 * the message means nothing then. Counts are held against the bytes that are left before anything
 * is allocated.
 */
int message_decode(const struct message_type *type, int16_t version, struct reader *reader,
                   struct arena *arena, void *message) MUST_CHECK;
int message_decode_flags(const struct message_type *type, int16_t version, struct reader *reader,
                         struct arena *arena, void *message, unsigned flags) MUST_CHECK;

/* A place where the bytes of a records field belong that were left out. */
struct message_split {
    size_t position;         /* in the writer, from its start */
    const struct blob *blob; /* the field, in the message */
};

struct message_splits {
    struct message_split *items;
    uint32_t capacity;
    uint32_t count;
};

/* The encoded size; with `split` without the bytes of records fields. */
size_t message_size(const struct message_type *type, int16_t version, const void *message,
                    bool split);
/*
 * Writes one message. With `splits`, a records field that is not empty writes its length but not
 * its bytes (its data may be null), and its place is noted. Members outside the version and tagged
 * ones at their default are left out. ERR_SHORT: no room. ERR_MALFORMED: null where the version
 * does not allow it, or a string too long. ERR_TOO_LARGE: more splits than their capacity.
 */
int message_encode(const struct message_type *type, int16_t version, const void *message,
                   struct writer *writer, struct message_splits *splits) MUST_CHECK;

/*
 * Writes a message as JSON text, for logs and tests: one line, in the form of Kafka's own
 * converter. Fields outside the version and tagged ones at their default are left out; bytes are
 * base64, records show as "". ERR_SHORT: no room for all of it.
 */
int message_dump(const struct message_type *type, int16_t version, const void *message,
                 struct writer *writer) MUST_CHECK;

/* Skips a section of tagged fields. */
void message_skip_tags(struct reader *reader);

#define STRING_NULL ((struct string){NULL, -1})

struct string string_of(const char *text); /* null gives null */
struct string string_of_bytes(struct bytes bytes);
struct bytes string_bytes(struct string string);      /* empty for null */
bool strings_equal(struct string a, struct string b); /* null equals null alone */
struct bytes blob_bytes(struct blob blob);            /* empty for null */
struct blob blob_of(const void *data, size_t len);
