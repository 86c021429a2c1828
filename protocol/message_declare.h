/*
 * From rows to structures; for the headers of protocol/schema/ only.
 *
 * The rows of a structure are one macro. Each row calls one of its five arguments:
 *
 *     FIELD(_, kind, name, versions, nullable, tag, default)          one value
 *     ARRAY(_, kind, name, versions, nullable, tag, default)          an array of values
 *     NESTED(_, structure, name, versions, tag)                       a structure, inline
 *     OPTIONAL(_, structure, name, versions, nullable, tag, default)  a pointer to a structure
 *     LIST(_, structure, name, versions, nullable, tag, default)      an array of structures
 *
 * where _ stands for the structure that the row is in. Versions are FROM(n), RANGE(n, m) or NEVER;
 * a tag is UNTAGGED or its number; a default is a number, false, true, EMPTY or DEFAULT_NULL.
 */
#pragma once

#include "protocol/message.h"

#define MEMBER_TYPE_BOOL bool
#define MEMBER_TYPE_INT8 int8_t
#define MEMBER_TYPE_INT16 int16_t
#define MEMBER_TYPE_UINT16 uint16_t
#define MEMBER_TYPE_INT32 int32_t
#define MEMBER_TYPE_UINT32 uint32_t
#define MEMBER_TYPE_INT64 int64_t
#define MEMBER_TYPE_FLOAT64 double
#define MEMBER_TYPE_UUID struct uuid
#define MEMBER_TYPE_STRING struct string
#define MEMBER_TYPE_LEGACY_STRING struct string
#define MEMBER_TYPE_BYTES struct blob
#define MEMBER_TYPE_RECORDS struct blob

/* As struct message_array, with the type of its elements. */
#define MEMBER_ARRAY_OF(type, name) \
    struct {                        \
        type *items;                \
        int32_t count;              \
    } name;

#define MEMBER_FIELD(_, k, name, v, nullable, t, value) MEMBER_TYPE_##k name;
#define MEMBER_ARRAY(_, k, name, v, nullable, t, value) MEMBER_ARRAY_OF(MEMBER_TYPE_##k, name)
#define MEMBER_NESTED(_, structure, name, v, t) struct structure name;
#define MEMBER_OPTIONAL(_, structure, name, v, nullable, t, value) struct structure *name;
#define MEMBER_LIST(_, structure, name, v, nullable, t, value) \
    MEMBER_ARRAY_OF(struct structure, name)

#define MESSAGE_STRUCT(structure, ROWS)                                                          \
    struct structure {                                                                           \
        ROWS(structure, MEMBER_FIELD, MEMBER_ARRAY, MEMBER_NESTED, MEMBER_OPTIONAL, MEMBER_LIST) \
        struct message_tags unknown_tags;                                                        \
    };                                                                                           \
    extern const struct message_struct structure##_struct;

/* Without fields of its own. */
#define MESSAGE_EMPTY_STRUCT(structure)   \
    struct structure {                    \
        struct message_tags unknown_tags; \
    };                                    \
    extern const struct message_struct structure##_struct;

#define MESSAGE_TYPE(message) extern const struct message_type message##_type;
