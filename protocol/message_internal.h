/* What decoder, encoder and dumper of messages share: looking at descriptors. */
#pragma once

#include "protocol/message.h"

#define MESSAGE_STRING_LEN_MAX INT16_MAX

struct message_kind_facts {
    const char *name; /* Kafka's */
    uint8_t size;     /* in memory, bytes */
    uint8_t least;    /* on the wire, bytes */
    uint8_t least_flexible;
};

/* Not for KIND_STRUCT. */
const struct message_kind_facts *message_kind_facts(enum message_kind kind);
/* Of an array's elements, or of the value itself; bytes in memory. */
size_t message_element_size(const struct message_field *field);
void message_default_field(const struct message_field *field, void *base);
/* Whether a tagged field may be left out. */
bool message_field_is_default(const struct message_field *field, const void *base, int16_t version);

static inline bool version_in(struct version_range range, int16_t version)
{
    return version >= range.since && version <= range.until;
}

static inline void *message_member(const struct message_field *field, void *base)
{
    return (uint8_t *)base + field->offset;
}

static inline const void *message_member_of(const struct message_field *field, const void *base)
{
    return (const uint8_t *)base + field->offset;
}

static inline const struct message_tags *message_tags_of(const struct message_struct *structure,
                                                         const void *base)
{
    return (const void *)((const uint8_t *)base + structure->tags_offset);
}

static inline bool message_field_is_plain(const struct message_field *field, int16_t version)
{
    return field->tag == UNTAGGED && version_in(field->versions, version);
}

/* Whether it is in the version, tagged, and must be written. */
static inline bool message_field_goes_tagged(const struct message_field *field, const void *base,
                                             int16_t version)
{
    return field->tag != UNTAGGED && version_in(field->versions, version) &&
           !message_field_is_default(field, base, version);
}
