/* Type or version in front, then the message; see the header. */
#include "group/records.h"

#include "base/assert.h"
#include "base/mutant.h"

#define KEY_LEGACY_OFFSET 0
#define KEY_OFFSET 1
#define KEY_GROUP 2
#define OFFSET_VERSION 3
#define OFFSET_VERSION_EXPIRING 1
#define GROUP_VERSION 3

int group_value_decode(const struct message_type *type, struct blob value, struct arena *arena,
                       void *message)
{
    struct reader reader;
    reader_init(&reader, value.data, (size_t)value.len);
    int16_t version = (int16_t)read_be16(&reader);
    if (reader.error != 0)
        return reader.error;
    if (version < type->version_min || version > type->version_max)
        return ERR_VERSION;
    return message_decode(type, version, &reader, arena, message);
}

/* Old offsets, of key type 0, have one version of a value; those of type 1 have all, the oldest of
 * which looks the same. */
static int offset_decode(struct blob value, struct arena *arena, struct group_offset_value *out)
{
    struct offset_commit_value message;
    int result = group_value_decode(&offset_commit_value_type, value, arena, &message);
    if (result != 0)
        return result;
    *out = (struct group_offset_value){
        .offset = message.offset,
        .epoch = message.leader_epoch,
        .metadata = message.metadata,
        .commit_ms = MUTANT(EXPIRE_EARLY_AFTER_RESTART) ? 0 : message.commit_timestamp,
        .expire_ms = message.expire_timestamp,
    };
    return 0;
}

static int offset_key_decode(struct reader *reader, struct arena *arena,
                             struct group_offset_key *key)
{
    struct offset_commit_key message;
    int result = message_decode(&offset_commit_key_type, 0, reader, arena, &message);
    *key = (struct group_offset_key){message.group, message.topic, message.partition};
    return result;
}

static int group_key_decode(struct reader *reader, struct arena *arena,
                            struct group_offset_key *key)
{
    struct group_metadata_key message;
    int result = message_decode(&group_metadata_key_type, 0, reader, arena, &message);
    *key = (struct group_offset_key){.group = message.group};
    return result;
}

int group_record_decode(struct blob key, struct blob value, struct arena *arena,
                        struct group_record_read *record)
{
    struct reader reader;
    if (key.len < 0)
        return ERR_MALFORMED;
    *record = (struct group_record_read){.tombstone = value.len < 0};
    reader_init(&reader, key.data, (size_t)key.len);
    uint16_t type = read_be16(&reader);
    if (reader.error != 0)
        return reader.error;
    if (consumer_record_known(type)) {
        record->kind = GROUP_RECORD_CONSUMER;
        return consumer_record_decode(type, &reader, value, arena, &record->key.group,
                                      &record->consumer);
    }
    if (type > KEY_GROUP)
        return ERR_UNSUPPORTED;
    record->kind = type == KEY_GROUP ? GROUP_RECORD_GROUP : GROUP_RECORD_OFFSET;
    int result = type == KEY_GROUP ? group_key_decode(&reader, arena, &record->key)
                                   : offset_key_decode(&reader, arena, &record->key);
    if (result != 0 || record->tombstone)
        return result;
    return type == KEY_GROUP
               ? group_value_decode(&group_metadata_value_type, value, arena, &record->group)
               : offset_decode(value, arena, &record->offset);
}

/* One of the two halves of a record. */
static int part_write(struct writer *w, uint16_t head, const struct message_type *type,
                      int16_t version, const void *message, struct blob *part)
{
    uint8_t *start = w->pos;
    write_be16(w, head);
    if (w->error != 0)
        return w->error;
    int result = message_encode(type, version, message, w, NULL);
    *part = (struct blob){start, (int32_t)(w->pos - start)};
    return result;
}

static struct offset_commit_key offset_key(const struct group_offset_key *key)
{
    struct offset_commit_key message;
    message_defaults(&offset_commit_key_struct, &message);
    message.group = key->group;
    message.topic = key->topic;
    message.partition = key->partition;
    return message;
}

static struct offset_commit_value offset_value(const struct group_offset_value *value)
{
    struct offset_commit_value message;
    message_defaults(&offset_commit_value_struct, &message);
    message.offset = value->offset;
    message.leader_epoch = value->epoch;
    message.metadata = value->metadata;
    message.commit_timestamp = value->commit_ms;
    message.expire_timestamp = value->expire_ms;
    return message;
}

size_t group_record_offset_size(const struct group_offset_key *key,
                                const struct group_offset_value *value)
{
    struct offset_commit_key k = offset_key(key);
    size_t size = 2 + message_size(&offset_commit_key_type, 0, &k, false);
    if (value == NULL)
        return size;
    struct offset_commit_value v = offset_value(value);
    int16_t version = value->expire_ms >= 0 ? OFFSET_VERSION_EXPIRING : OFFSET_VERSION;
    return size + 2 + message_size(&offset_commit_value_type, version, &v, false);
}

int group_record_write_offset(struct writer *w, const struct group_offset_key *key,
                              const struct group_offset_value *value, struct group_record *record)
{
    struct offset_commit_key k = offset_key(key);
    record->value = (struct blob){NULL, -1};
    int result = part_write(w, KEY_OFFSET, &offset_commit_key_type, 0, &k, &record->key);
    if (result != 0 || value == NULL)
        return result;
    struct offset_commit_value v = offset_value(value);
    int16_t version = value->expire_ms >= 0 ? OFFSET_VERSION_EXPIRING : OFFSET_VERSION;
    return part_write(w, (uint16_t)version, &offset_commit_value_type, version, &v, &record->value);
}

static struct group_metadata_key group_key(struct string group)
{
    struct group_metadata_key message;
    message_defaults(&group_metadata_key_struct, &message);
    message.group = group;
    return message;
}

size_t group_record_group_size(struct string group, const struct group_metadata_value *value)
{
    struct group_metadata_key k = group_key(group);
    size_t size = 2 + message_size(&group_metadata_key_type, 0, &k, false);
    if (value != NULL)
        size += 2 + message_size(&group_metadata_value_type, GROUP_VERSION, value, false);
    return size;
}

int group_record_write_group(struct writer *w, struct string group,
                             const struct group_metadata_value *value, struct group_record *record)
{
    struct group_metadata_key k = group_key(group);
    record->value = (struct blob){NULL, -1};
    int result = part_write(w, KEY_GROUP, &group_metadata_key_type, 0, &k, &record->key);
    if (result != 0 || value == NULL)
        return result;
    return part_write(w, GROUP_VERSION, &group_metadata_value_type, GROUP_VERSION, value,
                      &record->value);
}
