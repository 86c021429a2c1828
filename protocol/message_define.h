/* From rows to descriptors; for the sources of protocol/schema/ only. */
#pragma once

#include "base/util.h"
#include "protocol/message.h"

// clang-format off
#define FROM(n)     {(n), INT16_MAX}
#define RANGE(n, m) {(n), (m)}
#define NEVER       {1, 0}
#define EMPTY       0

#define DESCRIBE_FIELD(_, k, n, v, nul, t, value)                                                  \
    {.name = #n, .kind = KIND_##k, .form = FORM_FIELD, .offset = offsetof(struct _, n),            \
     .tag = (t), .versions = v, .nullable = nul, .default_value = (value)},
#define DESCRIBE_ARRAY(_, k, n, v, nul, t, value)                                                  \
    {.name = #n, .kind = KIND_##k, .form = FORM_ARRAY, .offset = offsetof(struct _, n),            \
     .tag = (t), .versions = v, .nullable = nul, .default_value = (value)},
#define DESCRIBE_NESTED(_, s, n, v, t)                                                             \
    {.name = #n, .kind = KIND_STRUCT, .form = FORM_NESTED, .offset = offsetof(struct _, n),        \
     .tag = (t), .versions = v, .nullable = NEVER, .nested = &s##_struct, .default_value = EMPTY},
#define DESCRIBE_OPTIONAL(_, s, n, v, nul, t, value)                                               \
    {.name = #n, .kind = KIND_STRUCT, .form = FORM_OPTIONAL, .offset = offsetof(struct _, n),      \
     .tag = (t), .versions = v, .nullable = nul, .nested = &s##_struct, .default_value = (value)},
#define DESCRIBE_LIST(_, s, n, v, nul, t, value)                                                   \
    {.name = #n, .kind = KIND_STRUCT, .form = FORM_LIST, .offset = offsetof(struct _, n),          \
     .tag = (t), .versions = v, .nullable = nul, .nested = &s##_struct, .default_value = (value)},
// clang-format on

#define MESSAGE_DEFINE_STRUCT(structure, ROWS) MESSAGE_DEFINE_STRUCT_WITH(structure, ROWS, NULL)

/* The last argument: its defaults as a function, or null. */
#define MESSAGE_DEFINE_STRUCT_WITH(structure, ROWS, set_defaults)                           \
    _Static_assert(sizeof(struct structure) <= UINT16_MAX, "offsets have 16 bits");         \
    static const struct message_field structure##_fields[] = {                              \
        ROWS(structure, DESCRIBE_FIELD, DESCRIBE_ARRAY, DESCRIBE_NESTED, DESCRIBE_OPTIONAL, \
             DESCRIBE_LIST)};                                                               \
    const struct message_struct structure##_struct = {                                      \
        .name = #structure,                                                                 \
        .size = sizeof(struct structure),                                                   \
        .fields = structure##_fields,                                                       \
        .field_count = ARRAY_LENGTH(structure##_fields),                                    \
        .tags_offset = offsetof(struct structure, unknown_tags),                            \
        .defaults = (set_defaults),                                                         \
    };

#define MESSAGE_DEFINE_EMPTY_STRUCT(structure)                   \
    const struct message_struct structure##_struct = {           \
        .name = #structure,                                      \
        .size = sizeof(struct structure),                        \
        .tags_offset = offsetof(struct structure, unknown_tags), \
    };

/* `flexible` is the first flexible version, or NOT_FLEXIBLE. */
#define NOT_FLEXIBLE INT16_MAX
#define MESSAGE_DEFINE_TYPE(message, kafka_name, key, min, max, flexible) \
    MESSAGE_DEFINE_TYPE_WITH(message, kafka_name, key, min, max, flexible, NULL)

/* The last argument: its struct message_code, or null. */
#define MESSAGE_DEFINE_TYPE_WITH(message, kafka_name, key, min, max, flexible, code) \
    const struct message_type message##_type = {                                     \
        .name = (kafka_name),                                                        \
        .api_key = (key),                                                            \
        .version_min = (min),                                                        \
        .version_max = (max),                                                        \
        .flexible_since = (flexible),                                                \
        .root = &message##_struct,                                                   \
        .size = sizeof(struct message),                                              \
        .compiled = (code),                                                          \
    };
