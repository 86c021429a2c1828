/*
 * One map from a key to the bytes of the latest record.
 *
 * A key begins with the rank of its kind, and is laid out so that sorting all keys gives the order
 * of a snapshot: a topic stands before its partitions. What goes when another thing goes hangs
 * below it: partitions below their topic, configuration entries below their resource, which is an
 * entry without a record of its own.
 */
#include "broker/catalog/catalog_state.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "broker/catalog/catalog_records.h"
#include "protocol/record.h"
#include "protocol/schema/metadata_records.h"

#define SCRATCH_BYTES (16 * MIB)
#define KEY_BYTES_MAX (256 * KIB)
#define VALUE_BYTES_MAX (8 * MIB)
#define RESOURCE_TOPIC 2
#define NO_LEADER_CHANGE (-2)

/* A null array of a change says: as it was. */
#define TAKE_ARRAY(to, from)           \
    do {                               \
        if ((from).count >= 0) {       \
            (to).items = (from).items; \
            (to).count = (from).count; \
        }                              \
    } while (0)

/* In the order of a snapshot. */
enum rank {
    RANK_METADATA_VERSION, /* first: it says how to read what follows */
    RANK_FEATURE,
    RANK_ZK_STATE,
    RANK_BROKER,
    RANK_CONTROLLER,
    RANK_TOPIC,
    RANK_CONFIG,
    RANK_QUOTA,
    RANK_PRODUCER_IDS,
    RANK_ACL,
    RANK_SCRAM,
    RANK_TOKEN,
};

struct entry {
    struct list node; /* in the parent's children */
    struct list children;
    struct bytes value; /* owned; empty: nothing is written for it */
    size_t key_len;
    uint8_t key[];
};

struct catalog_state {
    struct map map; /* struct entry */
    struct region *scratch;
    struct catalog_replay replay;
    uint8_t *key_buffer;
    uint8_t *value_buffer;
    int16_t kraft_version;
    struct bytes voters; /* owned */
    bool has_voters;
};

struct catalog_state *catalog_state_new(void)
{
    struct catalog_state *state = mem_alloc(sizeof *state);
    map_init(&state->map);
    state->scratch = region_new(SCRATCH_BYTES, 4096);
    state->key_buffer = mem_alloc_raw(KEY_BYTES_MAX);
    state->value_buffer = mem_map_raw(VALUE_BYTES_MAX); /* large, and hardly touched */
    catalog_replay_init(&state->replay, state->scratch);
    return state;
}

static void owned_set(struct bytes *owned, struct bytes value)
{
    mem_free((void *)(uintptr_t)owned->data);
    *owned = (struct bytes){(const uint8_t *)mem_copy_bytes(value), value.len};
}

void catalog_state_free(struct catalog_state *state)
{
    size_t position = 0;
    struct entry *entry;
    if (state == NULL)
        return;
    while ((entry = map_next(&state->map, &position)) != NULL) {
        mem_free((void *)(uintptr_t)entry->value.data);
        mem_free(entry);
    }
    map_fini(&state->map);
    catalog_replay_fini(&state->replay);
    region_free(state->scratch);
    mem_free((void *)(uintptr_t)state->voters.data);
    mem_free(state->key_buffer);
    mem_unmap_raw(state->value_buffer, VALUE_BYTES_MAX);
    mem_free(state);
}

/* Entries. */

static struct writer key_begin(struct catalog_state *state, enum rank rank)
{
    struct writer key;
    writer_init(&key, state->key_buffer, KEY_BYTES_MAX);
    write_u8(&key, (uint8_t)rank);
    return key;
}

/* With its length behind it, a name cannot run into what follows, and names sort as themselves. */
static void key_name(struct writer *key, struct string name)
{
    struct bytes bytes = string_bytes(name);
    write_bytes(key, bytes.data, bytes.len);
    write_u8(key, 0);
    write_be32(key, (uint32_t)bytes.len);
}

static bool entry_matches(const void *item, const void *key)
{
    const struct entry *entry = item;
    return bytes_equal((struct bytes){entry->key, entry->key_len}, *(const struct bytes *)key);
}

static struct bytes key_bytes(const struct writer *key)
{
    return (struct bytes){key->start, writer_len(key)};
}

static struct entry *entry_find(const struct catalog_state *state, const struct writer *key)
{
    struct bytes bytes = key_bytes(key);
    return map_find(&state->map, hash_bytes(bytes), entry_matches, &bytes);
}

/* Sets the value under a key that was not cut short; a new entry hangs below `parent`, if any. */
static int entry_put(struct catalog_state *state, const struct writer *key, struct bytes value,
                     struct entry *parent)
{
    if (key->error != 0)
        return ERR_MALFORMED;
    struct entry *entry = entry_find(state, key);
    if (entry == NULL) {
        struct bytes bytes = key_bytes(key);
        entry = mem_alloc(sizeof *entry + bytes.len);
        entry->key_len = bytes.len;
        memcpy(entry->key, bytes.data, bytes.len);
        list_init(&entry->node);
        list_init(&entry->children);
        map_insert(&state->map, hash_bytes(bytes), entry);
        if (parent != NULL)
            list_push_back(&parent->children, &entry->node);
    }
    owned_set(&entry->value, value);
    return 0;
}

static void entry_free(struct catalog_state *state, struct entry *entry)
{
    ASSERT(list_empty(&entry->children));
    map_remove(&state->map, hash_bytes((struct bytes){entry->key, entry->key_len}), entry);
    list_remove(&entry->node);
    mem_free((void *)(uintptr_t)entry->value.data);
    mem_free(entry);
}

/* Removes what stands under a key, with everything below it; missing is fine. */
static void entry_remove(struct catalog_state *state, const struct writer *key)
{
    struct entry *entry = entry_find(state, key);
    if (entry == NULL)
        return;
    struct entry *child;
    while ((child = LIST_FIRST(&entry->children, struct entry, node)) != NULL)
        entry_free(state, child);
    entry_free(state, entry);
}

/* Replaces an entry's record by a changed message. */
static int entry_store(struct catalog_state *state, struct entry *entry,
                       const struct catalog_record *record)
{
    struct writer writer;
    writer_init(&writer, state->value_buffer, VALUE_BYTES_MAX);
    int result = catalog_record_write(record->type, record->version, record->message, &writer);
    if (result == 0)
        owned_set(&entry->value, (struct bytes){writer.start, writer_len(&writer)});
    return result;
}

/* Features and registrations. */

static int apply_feature(struct catalog_state *state, const struct catalog_record *record)
{
    const struct feature_level_record *feature = record->message;
    bool first = bytes_equal(string_bytes(feature->name), BYTES_LITERAL("metadata.version"));
    struct writer key = key_begin(state, first ? RANK_METADATA_VERSION : RANK_FEATURE);
    key_name(&key, feature->name);
    if (feature->feature_level != 0)
        return entry_put(state, &key, record->value, NULL);
    entry_remove(state, &key);
    return 0;
}

static struct writer broker_key(struct catalog_state *state, int32_t id)
{
    struct writer key = key_begin(state, RANK_BROKER);
    write_be32(&key, (uint32_t)id);
    return key;
}

static int apply_broker(struct catalog_state *state, const struct catalog_record *record)
{
    const struct register_broker_record *broker = record->message;
    struct writer key = broker_key(state, broker->broker_id);
    return entry_put(state, &key, record->value, NULL);
}

static int apply_unregister(struct catalog_state *state, const struct catalog_record *record)
{
    const struct unregister_broker_record *broker = record->message;
    struct writer key = broker_key(state, broker->broker_id);
    entry_remove(state, &key);
    return 0;
}

/* The registration of a broker, to be changed; *entry null: there is none. */
static int broker_open(struct catalog_state *state, int32_t id, struct arena *arena,
                       struct catalog_record *stored, struct entry **entry)
{
    struct writer key = broker_key(state, id);
    *entry = entry_find(state, &key);
    return *entry == NULL ? 0 : catalog_record_read((*entry)->value, arena, stored);
}

static int apply_broker_change(struct catalog_state *state, const struct catalog_record *record)
{
    const struct broker_registration_change_record *change = record->message;
    struct catalog_record stored;
    struct entry *entry;
    int result = broker_open(state, change->broker_id, record->arena, &stored, &entry);
    if (result != 0 || entry == NULL)
        return result;
    struct register_broker_record *broker = stored.message;
    if (change->fenced != 0)
        broker->fenced = change->fenced > 0;
    if (change->in_controlled_shutdown != 0)
        broker->in_controlled_shutdown = change->in_controlled_shutdown > 0;
    if (change->log_dirs.count > 0)
        TAKE_ARRAY(broker->log_dirs, change->log_dirs);
    /* Versions that have the members of version 1 and 2 of the change. */
    static const int16_t least[] = {0, 1, 3};
    stored.version = MAX(stored.version, least[record->version]);
    return entry_store(state, entry, &stored);
}

static int set_fenced(struct catalog_state *state, const struct catalog_record *record, int32_t id,
                      bool fenced)
{
    struct catalog_record stored;
    struct entry *entry;
    int result = broker_open(state, id, record->arena, &stored, &entry);
    if (result != 0 || entry == NULL)
        return result;
    ((struct register_broker_record *)stored.message)->fenced = fenced;
    return entry_store(state, entry, &stored);
}

static int apply_fence(struct catalog_state *state, const struct catalog_record *record)
{
    return set_fenced(state, record, ((const struct fence_broker_record *)record->message)->id,
                      true);
}

static int apply_unfence(struct catalog_state *state, const struct catalog_record *record)
{
    return set_fenced(state, record, ((const struct unfence_broker_record *)record->message)->id,
                      false);
}

static int apply_controller(struct catalog_state *state, const struct catalog_record *record)
{
    const struct register_controller_record *controller = record->message;
    struct writer key = key_begin(state, RANK_CONTROLLER);
    write_be32(&key, (uint32_t)controller->controller_id);
    return entry_put(state, &key, record->value, NULL);
}

/* Topics. */

static struct writer topic_key(struct catalog_state *state, struct uuid id)
{
    struct writer key = key_begin(state, RANK_TOPIC);
    write_bytes(&key, id.bytes, sizeof id.bytes);
    return key;
}

static struct entry *topic_find(struct catalog_state *state, struct uuid id)
{
    struct writer key = topic_key(state, id);
    return entry_find(state, &key);
}

static int apply_topic(struct catalog_state *state, const struct catalog_record *record)
{
    const struct topic_record *topic = record->message;
    struct writer key = topic_key(state, topic->topic_id);
    return entry_put(state, &key, record->value, NULL);
}

static struct writer partition_key(struct catalog_state *state, struct uuid id, int32_t index)
{
    struct writer key = topic_key(state, id);
    write_be32(&key, (uint32_t)index);
    return key;
}

static int apply_partition(struct catalog_state *state, const struct catalog_record *record)
{
    const struct partition_record *partition = record->message;
    struct entry *topic = topic_find(state, partition->topic_id);
    if (topic == NULL)
        return 0;
    struct writer key = partition_key(state, partition->topic_id, partition->partition_id);
    return entry_put(state, &key, record->value, topic);
}

static int apply_partition_change(struct catalog_state *state, const struct catalog_record *record)
{
    const struct partition_change_record *change = record->message;
    struct writer key = partition_key(state, change->topic_id, change->partition_id);
    struct entry *entry = entry_find(state, &key);
    struct catalog_record stored;
    if (entry == NULL)
        return 0;
    int result = catalog_record_read(entry->value, record->arena, &stored);
    if (result != 0)
        return result;
    struct partition_record *p = stored.message;
    TAKE_ARRAY(p->isr, change->isr);
    TAKE_ARRAY(p->replicas, change->replicas);
    TAKE_ARRAY(p->removing_replicas, change->removing_replicas);
    TAKE_ARRAY(p->adding_replicas, change->adding_replicas);
    TAKE_ARRAY(p->directories, change->directories);
    TAKE_ARRAY(p->eligible_leader_replicas, change->eligible_leader_replicas);
    TAKE_ARRAY(p->last_known_elr, change->last_known_elr);
    /* Kafka writes these two only where they are not empty. */
    if (p->eligible_leader_replicas.count == 0)
        p->eligible_leader_replicas.count = -1;
    if (p->last_known_elr.count == 0)
        p->last_known_elr.count = -1;
    if (change->leader_recovery_state >= 0)
        p->leader_recovery_state = change->leader_recovery_state;
    if (change->leader != NO_LEADER_CHANGE) {
        p->leader = change->leader;
        p->leader_epoch = catalog_next_epoch(p->leader_epoch);
    }
    p->partition_epoch = catalog_next_epoch(p->partition_epoch);
    stored.version = MAX(stored.version, record->version);
    return entry_store(state, entry, &stored);
}

static struct writer resource_key(struct catalog_state *state, int8_t type, struct string name)
{
    struct writer key = key_begin(state, RANK_CONFIG);
    write_u8(&key, (uint8_t)type);
    key_name(&key, name);
    return key;
}

static int apply_remove_topic(struct catalog_state *state, const struct catalog_record *record)
{
    struct uuid id = ((const struct remove_topic_record *)record->message)->topic_id;
    struct entry *topic = topic_find(state, id);
    struct catalog_record stored;
    if (topic == NULL)
        return 0;
    int result = catalog_record_read(topic->value, record->arena, &stored);
    if (result != 0)
        return result;
    struct string name = ((const struct topic_record *)stored.message)->name;
    struct writer key = resource_key(state, RESOURCE_TOPIC, name);
    entry_remove(state, &key);
    key = topic_key(state, id);
    entry_remove(state, &key);
    return 0;
}

static int clear_elr(struct catalog_state *state, struct entry *entry, struct arena *arena)
{
    struct catalog_record stored;
    int result = catalog_record_read(entry->value, arena, &stored);
    if (result != 0)
        return result;
    struct partition_record *p = stored.message;
    if (p->eligible_leader_replicas.count <= 0 && p->last_known_elr.count <= 0)
        return 0;
    p->eligible_leader_replicas.count = -1;
    p->last_known_elr.count = -1;
    p->partition_epoch = catalog_next_epoch(p->partition_epoch);
    return entry_store(state, entry, &stored);
}

/* Of one topic's partitions, if it is the named one or none is named. */
static int clear_topic_elr(struct catalog_state *state, const struct entry *topic,
                           const struct catalog_record *record)
{
    const struct clear_elr_record *clear = record->message;
    struct catalog_record stored;
    int result = catalog_record_read(topic->value, record->arena, &stored);
    if (result != 0)
        return result;
    struct bytes wanted = string_bytes(clear->topic_name);
    struct string name = ((const struct topic_record *)stored.message)->name;
    if (wanted.len > 0 && !bytes_equal(wanted, string_bytes(name)))
        return 0;
    LIST_EACH(node, &topic->children) {
        result = clear_elr(state, LIST_ENTRY(node, struct entry, node), record->arena);
        if (result != 0)
            return result;
    }
    return 0;
}

static int apply_clear_elr(struct catalog_state *state, const struct catalog_record *record)
{
    size_t position = 0;
    struct entry *entry;
    while ((entry = map_next(&state->map, &position)) != NULL) {
        if (entry->key[0] != RANK_TOPIC || entry->key_len != 1 + sizeof(struct uuid))
            continue;
        int result = clear_topic_elr(state, entry, record);
        if (result != 0)
            return result;
    }
    return 0;
}

/* Configuration and security. */

static int apply_config(struct catalog_state *state, const struct catalog_record *record)
{
    const struct config_record *config = record->message;
    struct writer key = resource_key(state, config->resource_type, config->resource_name);
    struct entry *resource = entry_find(state, &key);
    if (resource == NULL) {
        int result = entry_put(state, &key, (struct bytes){NULL, 0}, NULL);
        if (result != 0)
            return result;
        resource = entry_find(state, &key);
    }
    key_name(&key, config->name);
    if (config->value.len >= 0 && !MUTANT(SNAPSHOT_WITHOUT_SETTINGS))
        return entry_put(state, &key, record->value, resource);
    entry_remove(state, &key);
    return 0;
}

static int entity_order(const void *left, const void *right)
{
    const struct client_quota_record_entity_data *a = left;
    const struct client_quota_record_entity_data *b = right;
    return bytes_compare(string_bytes(a->entity_type), string_bytes(b->entity_type));
}

static int apply_quota(struct catalog_state *state, const struct catalog_record *record)
{
    struct client_quota_record *quota = record->message;
    struct writer key = key_begin(state, RANK_QUOTA);
    if (quota->entity.count > 0)
        qsort(quota->entity.items, (size_t)quota->entity.count, sizeof *quota->entity.items,
              entity_order);
    for (int32_t i = 0; i < quota->entity.count; i++) {
        key_name(&key, quota->entity.items[i].entity_type);
        write_u8(&key, quota->entity.items[i].entity_name.len >= 0);
        key_name(&key, quota->entity.items[i].entity_name);
    }
    write_u8(&key, 0);
    key_name(&key, quota->key);
    if (!quota->remove)
        return entry_put(state, &key, record->value, NULL);
    entry_remove(state, &key);
    return 0;
}

static int apply_producer_ids(struct catalog_state *state, const struct catalog_record *record)
{
    struct writer key = key_begin(state, RANK_PRODUCER_IDS);
    return entry_put(state, &key, record->value, NULL);
}

static int apply_zk_state(struct catalog_state *state, const struct catalog_record *record)
{
    struct writer key = key_begin(state, RANK_ZK_STATE);
    return entry_put(state, &key, record->value, NULL);
}

static struct writer acl_key(struct catalog_state *state, struct uuid id)
{
    struct writer key = key_begin(state, RANK_ACL);
    write_bytes(&key, id.bytes, sizeof id.bytes);
    return key;
}

static int apply_acl(struct catalog_state *state, const struct catalog_record *record)
{
    const struct access_control_entry_record *acl = record->message;
    struct writer key = acl_key(state, acl->id);
    return entry_put(state, &key, record->value, NULL);
}

static int apply_remove_acl(struct catalog_state *state, const struct catalog_record *record)
{
    const struct remove_access_control_entry_record *acl = record->message;
    struct writer key = acl_key(state, acl->id);
    entry_remove(state, &key);
    return 0;
}

static struct writer scram_key(struct catalog_state *state, int8_t mechanism, struct string name)
{
    struct writer key = key_begin(state, RANK_SCRAM);
    write_u8(&key, (uint8_t)mechanism);
    key_name(&key, name);
    return key;
}

static int apply_scram(struct catalog_state *state, const struct catalog_record *record)
{
    const struct user_scram_credential_record *user = record->message;
    struct writer key = scram_key(state, user->mechanism, user->name);
    return entry_put(state, &key, record->value, NULL);
}

static int apply_remove_scram(struct catalog_state *state, const struct catalog_record *record)
{
    const struct remove_user_scram_credential_record *user = record->message;
    struct writer key = scram_key(state, user->mechanism, user->name);
    entry_remove(state, &key);
    return 0;
}

static int apply_token(struct catalog_state *state, const struct catalog_record *record)
{
    const struct delegation_token_record *token = record->message;
    struct writer key = key_begin(state, RANK_TOKEN);
    key_name(&key, token->token_id);
    return entry_put(state, &key, record->value, NULL);
}

static int apply_remove_token(struct catalog_state *state, const struct catalog_record *record)
{
    const struct remove_delegation_token_record *token = record->message;
    struct writer key = key_begin(state, RANK_TOKEN);
    key_name(&key, token->token_id);
    entry_remove(state, &key);
    return 0;
}

/* Batches. */

static int state_record(void *context, const struct catalog_record *record)
{
    static const struct {
        const struct message_type *type;
        int (*apply)(struct catalog_state *state, const struct catalog_record *record);
    } kinds[] = {
        {&feature_level_record_type, apply_feature},
        {&register_broker_record_type, apply_broker},
        {&unregister_broker_record_type, apply_unregister},
        {&broker_registration_change_record_type, apply_broker_change},
        {&fence_broker_record_type, apply_fence},
        {&unfence_broker_record_type, apply_unfence},
        {&register_controller_record_type, apply_controller},
        {&topic_record_type, apply_topic},
        {&partition_record_type, apply_partition},
        {&partition_change_record_type, apply_partition_change},
        {&remove_topic_record_type, apply_remove_topic},
        {&clear_elr_record_type, apply_clear_elr},
        {&config_record_type, apply_config},
        {&client_quota_record_type, apply_quota},
        {&producer_ids_record_type, apply_producer_ids},
        {&zk_migration_state_record_type, apply_zk_state},
        {&access_control_entry_record_type, apply_acl},
        {&remove_access_control_entry_record_type, apply_remove_acl},
        {&user_scram_credential_record_type, apply_scram},
        {&remove_user_scram_credential_record_type, apply_remove_scram},
        {&delegation_token_record_type, apply_token},
        {&remove_delegation_token_record_type, apply_remove_token},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (kinds[i].type == record->type)
            return kinds[i].apply(context, record);
    return ERR_VERSION;
}

static int state_control(void *context, int type, struct blob value)
{
    struct catalog_state *state = context;
    if (type == CONTROL_KRAFT_VOTERS) {
        owned_set(&state->voters, blob_bytes(value));
        state->has_voters = true;
    } else if (type == CONTROL_KRAFT_VERSION) {
        /* The record's version, then kraft.version. */
        if (value.len < 4)
            return ERR_MALFORMED;
        state->kraft_version = (int16_t)load_be16(value.data + 2);
    }
    return 0;
}

int catalog_state_apply(struct catalog_state *state, const uint8_t *batch, uint32_t len)
{
    const struct catalog_visitor visitor = {state_record, state_control, state};
    return catalog_replay_batch(&state->replay, batch, len, &visitor);
}

bool catalog_state_in_transaction(const struct catalog_state *state)
{
    return state->replay.in_transaction;
}

int16_t catalog_state_kraft_version(const struct catalog_state *state)
{
    return state->kraft_version;
}

struct blob catalog_state_voters(const struct catalog_state *state)
{
    if (!state->has_voters)
        return (struct blob){NULL, -1};
    return blob_of(state->voters.data, state->voters.len);
}

static int entry_order(const void *left, const void *right)
{
    const struct entry *a = *(const struct entry *const *)left;
    const struct entry *b = *(const struct entry *const *)right;
    return bytes_compare((struct bytes){a->key, a->key_len}, (struct bytes){b->key, b->key_len});
}

int catalog_state_write(struct catalog_state *state, int (*take)(void *context, struct bytes value),
                        void *context)
{
    size_t position = 0;
    size_t count = 0;
    struct entry *entry;
    struct entry **sorted = mem_alloc_array(state->map.count + 1, sizeof *sorted);
    while ((entry = map_next(&state->map, &position)) != NULL)
        if (entry->value.len > 0)
            sorted[count++] = entry;
    qsort(sorted, count, sizeof *sorted, entry_order);
    int result = 0;
    for (size_t i = 0; result == 0 && i < count; i++)
        result = take(context, sorted[i]->value);
    mem_free(sorted);
    return result;
}
