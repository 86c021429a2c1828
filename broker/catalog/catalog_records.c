/*
 * Decoding metadata records and holding back those of open transactions.
 *
 * All types of Kafka 4.2 are known, also those that mean nothing to a single node: a snapshot that
 * is written here must lose none of them. For the same reason an unknown type is an error.
 */
#include "broker/catalog/catalog_records.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/batch.h"
#include "protocol/record.h"
#include "protocol/schema/metadata_records.h"

#define FRAME_VERSION 1

struct held_value {
    struct list node;
    size_t len;
    uint8_t data[];
};

static const struct message_type *type_of_key(uint32_t key)
{
    static const struct message_type *const types[] = {
        &register_broker_record_type,
        &unregister_broker_record_type,
        &topic_record_type,
        &partition_record_type,
        &config_record_type,
        &partition_change_record_type,
        &fence_broker_record_type,
        &unfence_broker_record_type,
        &remove_topic_record_type,
        &delegation_token_record_type,
        &user_scram_credential_record_type,
        &feature_level_record_type,
        &client_quota_record_type,
        &producer_ids_record_type,
        &broker_registration_change_record_type,
        &access_control_entry_record_type,
        &remove_access_control_entry_record_type,
        &no_op_record_type,
        &zk_migration_state_record_type,
        &remove_user_scram_credential_record_type,
        &begin_transaction_record_type,
        &end_transaction_record_type,
        &abort_transaction_record_type,
        &remove_delegation_token_record_type,
        &register_controller_record_type,
        &clear_elr_record_type,
    };
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if ((uint32_t)types[i]->api_key == key)
            return types[i];
    return NULL;
}

int catalog_record_read(struct bytes value, struct arena *arena, struct catalog_record *record)
{
    struct reader reader;
    reader_init(&reader, value.data, value.len);
    uint32_t frame = read_uvarint(&reader);
    uint32_t key = read_uvarint(&reader);
    uint32_t version = read_uvarint(&reader);
    if (reader.error != 0 || frame == 0)
        return ERR_MALFORMED;
    const struct message_type *type = type_of_key(key);
    if (frame > FRAME_VERSION || type == NULL || version > (uint32_t)type->version_max)
        return ERR_VERSION;
    void *message = arena_alloc(arena, type->size);
    if (message == NULL)
        return ERR_NO_MEMORY;
    *record = (struct catalog_record){type, (int16_t)version, message, value, arena};
    int result =
        message_decode_flags(type, record->version, &reader, arena, message, MESSAGE_KEEP_TAGS);
    if (result != 0)
        return result == ERR_NO_MEMORY ? result : ERR_MALFORMED;
    return reader_left(&reader) == 0 ? 0 : ERR_MALFORMED;
}

int catalog_record_write(const struct message_type *type, int16_t version, const void *message,
                         struct writer *writer)
{
    ASSERT(type->api_key >= 0 && version <= type->version_max);
    write_uvarint(writer, FRAME_VERSION);
    write_uvarint(writer, (uint32_t)type->api_key);
    write_uvarint(writer, (uint32_t)version);
    int result = message_encode(type, version, message, writer, NULL);
    return result != 0 ? result : writer->error;
}

void catalog_replay_init(struct catalog_replay *replay, struct region *scratch)
{
    *replay = (struct catalog_replay){.scratch = scratch};
    list_init(&replay->held);
}

static void held_drop(struct catalog_replay *replay)
{
    struct list *node;
    while ((node = list_pop_front(&replay->held)) != NULL)
        mem_free(LIST_ENTRY(node, struct held_value, node));
    replay->in_transaction = false;
}

void catalog_replay_fini(struct catalog_replay *replay)
{
    held_drop(replay);
}

static void held_add(struct catalog_replay *replay, struct bytes value)
{
    struct held_value *held = mem_alloc(sizeof *held + value.len);
    held->len = value.len;
    memcpy(held->data, value.data, value.len);
    list_push_back(&replay->held, &held->node);
}

static int visit_value(struct catalog_replay *replay, struct bytes value,
                       const struct catalog_visitor *visitor);

/* The transaction has ended: what it held takes effect now. */
static int held_release(struct catalog_replay *replay, const struct catalog_visitor *visitor)
{
    int result = 0;
    struct list *node;
    replay->in_transaction = false;
    while (result == 0 && (node = list_pop_front(&replay->held)) != NULL) {
        struct held_value *held = LIST_ENTRY(node, struct held_value, node);
        result = visit_value(replay, (struct bytes){held->data, held->len}, visitor);
        mem_free(held);
    }
    held_drop(replay);
    return result;
}

static int visit_record(struct catalog_replay *replay, const struct catalog_record *record,
                        const struct catalog_visitor *visitor)
{
    const struct message_type *type = record->type;
    if (type == &begin_transaction_record_type) {
        if (replay->in_transaction)
            return ERR_MALFORMED;
        replay->in_transaction = true;
    } else if (type == &end_transaction_record_type) {
        return held_release(replay, visitor);
    } else if (type == &abort_transaction_record_type) {
        held_drop(replay);
    } else if (type == &no_op_record_type) {
        return 0;
    } else if (replay->in_transaction) {
        held_add(replay, record->value);
    } else {
        return visitor->record(visitor->context, record);
    }
    return 0;
}

static int visit_value(struct catalog_replay *replay, struct bytes value,
                       const struct catalog_visitor *visitor)
{
    struct arena arena;
    struct catalog_record record;
    arena_init(&arena, replay->scratch, ARENA_WHOLE_REGION);
    int result = catalog_record_read(value, &arena, &record);
    if (result == 0)
        result = visit_record(replay, &record, visitor);
    arena_reset(&arena);
    return result;
}

static int visit_control(const struct record *record, const struct catalog_visitor *visitor)
{
    int type = control_type(record);
    if (type < 0)
        return type;
    return visitor->control == NULL ? 0 : visitor->control(visitor->context, type, record->value);
}

int catalog_replay_batch(struct catalog_replay *replay, const uint8_t *batch, uint32_t len,
                         const struct catalog_visitor *visitor)
{
    struct reader reader;
    struct bytes records = batch_records(batch, len);
    if (batch_compression(batch) != COMPRESSION_NONE)
        return ERR_VERSION;
    reader_init(&reader, records.data, records.len);
    int32_t count = batch_record_count(batch);
    for (int32_t i = 0; i < count; i++) {
        struct record record;
        int result = record_read(&reader, &record);
        if (result == 0)
            result = batch_is_control(batch)
                         ? visit_control(&record, visitor)
                         : visit_value(replay, blob_bytes(record.value), visitor);
        if (result != 0)
            return result;
    }
    return 0;
}
