/*
 * CreateTopics, DeleteTopics, CreatePartitions (KIP-4, KIP-516), and creation on demand.
 *
 * Each topic is a proposal of its own: the catalog gathers those of one request, and of many, into
 * one commit. What can be judged without the catalog is judged first, on the connection's core.
 */
#include "broker/admin/topics.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/config/config_describe.h"
#include "broker/connection.h"
#include "broker/core.h"
#include "broker/handlers.h"
#include "broker/seen.h"
#include "broker/server.h"
#include "protocol/errors.h"
#include "protocol/schema/metadata_records.h"

#define TOPIC_NAME_MAX 249
#define TOPIC_PARTITIONS_MAX 9999
#define BATCH_PARTITIONS_MAX 10000 /* above it Kafka counts before it tries */
#define MESSAGE_MAX 512

struct topics_state;

/* One topic on its way through the catalog. */
struct topic_item {
    struct proposal proposal; /* first */
    struct topics_state *state;
    struct topic_creation *creation; /* instead of a state: on demand */
    struct request *request;
    struct bytes name;
    struct uuid id;
    int32_t partitions;
    int32_t partitions_now; /* before an extension; told by the judge */
    int32_t assignments;    /* of an extension: how many the client gave, -1 for none */
    const struct create_topics_request_creatable_topic *asked;
    int16_t error;
    const char *message;
    bool proposed;
};

struct topics_state {
    struct request *request;
    struct topic_item *items;
    uint32_t count;
    uint32_t waiting;
    bool validate_only;
    void (*answer)(struct topics_state *state);
};

bool topic_name_valid(struct bytes name)
{
    if (name.len == 0 || name.len > TOPIC_NAME_MAX)
        return false;
    if (bytes_equal(name, BYTES_LITERAL(".")) || bytes_equal(name, BYTES_LITERAL("..")))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!alnum && c != '.' && c != '_' && c != '-')
            return false;
    }
    return true;
}

void topic_name_explain(struct bytes name, char *text, size_t size)
{
    int len = (int)MIN(name.len, size);
    const char *shown = (const char *)name.data;
    if (len == 0)
        snprintf(text, size, "Topic name is invalid: the empty string is not allowed");
    else if (bytes_equal(name, BYTES_LITERAL(".")) || bytes_equal(name, BYTES_LITERAL("..")))
        snprintf(text, size, "Topic name is invalid: '%.*s' is not allowed", len, shown);
    else if (name.len > TOPIC_NAME_MAX)
        snprintf(text, size,
                 "Topic name is invalid: the length of '%.*s' is longer than the max allowed "
                 "length %d",
                 len, shown, TOPIC_NAME_MAX);
    else
        snprintf(text, size,
                 "Topic name is invalid: '%.*s' contains one or more characters other than ASCII "
                 "alphanumerics, '.', '_' and '-'",
                 len, shown);
}

static int16_t refuse(struct topic_item *item, int16_t error, const char *message)
{
    item->message = message;
    return error;
}

/* Kafka's sentence about this one; short of memory the error's general sentence does. */
static int16_t refuse_with(struct topic_item *item, int16_t error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int16_t refuse_with(struct topic_item *item, int16_t error, const char *format, ...)
{
    size_t size = item->name.len + MESSAGE_MAX;
    char *text = arena_alloc(&item->request->arena, size);
    item->message = text;
    if (text == NULL)
        return error;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, size, format, arguments);
    va_end(arguments);
    return error;
}

static void topics_done_one(struct topics_state *state)
{
    ASSERT(state->waiting > 0);
    state->waiting--;
    if (state->waiting == 0)
        state->answer(state);
}

static void item_done(struct core *core, struct core_call *call)
{
    (void)core;
    struct topic_item *item = CONTAINER_OF(call, struct topic_item, proposal.call);
    if (item->error == KAFKA_NONE)
        item->error = item->proposal.error;
    if (item->creation == NULL) {
        topics_done_one(item->state);
        return;
    }
    item->creation->waiting--;
    if (item->creation->waiting == 0)
        item->creation->done(item->creation);
}

static void item_propose(struct request *r, struct topic_item *item,
                         int16_t (*judge)(struct catalog *, struct proposal *))
{
    item->proposal.judge = judge;
    item->proposal.call.done = item_done;
    item->proposed = true;
    item->proposal.urgent = item->creation != NULL;
    catalog_propose(r->core, &item->proposal);
}

/* Creation. */

/* '.' and '_' are the same in metric names: two topics may not differ only in them. */
static const char *colliding_topic(const struct image *image, struct bytes name)
{
    const struct image_topic *topic = image_topic_colliding(image, name);
    return topic == NULL ? NULL : topic->name;
}

static void add_partitions(struct catalog *catalog, struct uuid id, int32_t first, int32_t end)
{
    struct server *server = catalog_core(catalog)->server;
    int32_t node = server_node_id(server);
    struct uuid directory = server_directory_id(server);
    int16_t version = image_partition_record_version(catalog_image(catalog));
    for (int32_t i = first; i < end; i++) {
        struct partition_record record;
        message_defaults(&partition_record_struct, &record);
        record.partition_id = i;
        record.topic_id = id;
        record.leader = node;
        record.leader_epoch = 0;
        record.partition_epoch = 0;
        record.replicas.items = record.isr.items = &node;
        record.replicas.count = record.isr.count = 1;
        record.directories.items = &directory;
        record.directories.count = 1;
        catalog_add(catalog, &partition_record_type, version, &record);
    }
}

static void add_configs(struct catalog *catalog, const struct topic_item *item)
{
    for (int32_t i = 0; item->asked != NULL && i < item->asked->configs.count; i++) {
        struct config_record record = {
            .resource_type = 2,
            .resource_name = string_of_bytes(item->name),
            .name = item->asked->configs.items[i].name,
            .value = item->asked->configs.items[i].value,
        };
        catalog_add(catalog, &config_record_type, 0, &record);
    }
}

static int16_t create_judge(struct catalog *catalog, struct proposal *proposal)
{
    struct topic_item *item = CONTAINER_OF(proposal, struct topic_item, proposal);
    const struct image *image = catalog_image(catalog);
    if (image_topic_named(image, item->name) != NULL || catalog_topic_taken(catalog, item->name))
        return KAFKA_TOPIC_ALREADY_EXISTS;
    if (item->creation != NULL && colliding_topic(image, item->name) != NULL)
        return KAFKA_INVALID_TOPIC_EXCEPTION;
    if (item->state != NULL && item->state->validate_only)
        return KAFKA_NONE;
    struct topic_record record = {.name = string_of_bytes(item->name), .topic_id = item->id};
    catalog_add(catalog, &topic_record_type, 0, &record);
    add_configs(catalog, item);
    add_partitions(catalog, item->id, 0, item->partitions);
    catalog_take_topic(catalog, item->name);
    return KAFKA_NONE;
}

static struct uuid new_id(struct core *core)
{
    return io_random_uuid(core->io);
}

void topics_create_missing(struct request *r, struct topic_creation *creation,
                           const struct bytes *names, uint32_t count)
{
    struct topic_item *items = request_alloc(r, count, sizeof *items);
    if (items == NULL)
        return;
    creation->waiting = count;
    for (uint32_t i = 0; i < count; i++) {
        items[i].creation = creation;
        items[i].request = r;
        items[i].name = names[i];
        items[i].id = new_id(r->core);
        items[i].partitions = server_config(r->core->server)->num_partitions;
        item_propose(r, &items[i], create_judge);
    }
}

void topics_create_internal(struct request *r, struct topic_creation *creation,
                            const struct create_topics_request_creatable_topic *topic)
{
    struct topic_item *item = request_alloc(r, 1, sizeof *item);
    if (item == NULL)
        return;
    creation->waiting = 1;
    item->creation = creation;
    item->request = r;
    item->name = string_bytes(topic->name);
    item->id = new_id(r->core);
    item->partitions = topic->num_partitions;
    item->asked = topic;
    item_propose(r, item, create_judge);
}

/* Where one partition is to live: on this node. */
static int16_t check_replicas(struct topic_item *item, const int32_t *brokers, int32_t count,
                              int32_t node)
{
    if (count <= 0)
        return refuse(item, KAFKA_INVALID_REPLICA_ASSIGNMENT,
                      "The manual partition assignment includes an empty replica list.");
    for (int32_t i = 0; i < count; i++)
        if (brokers[i] != node)
            return refuse_with(item, KAFKA_INVALID_REPLICA_ASSIGNMENT,
                               "The manual partition assignment includes broker %d, but no such "
                               "broker is registered.",
                               brokers[i]);
    return count == 1 ? KAFKA_NONE
                      : refuse_with(item, KAFKA_INVALID_REPLICA_ASSIGNMENT,
                                    "The manual partition assignment includes the broker %d more "
                                    "than once.",
                                    node);
}

/* Explicit replicas: partitions 0, 1, ... each once. */
static int16_t check_assignments(struct topic_item *item, int32_t node)
{
    const struct create_topics_request_creatable_topic *asked = item->asked;
    int32_t count = asked->assignments.count;
    if (asked->num_partitions != -1 || asked->replication_factor != -1)
        return refuse(item, KAFKA_INVALID_REQUEST,
                      "A manual partition assignment was given, so neither the number of "
                      "partitions nor the replication factor may be set.");
    for (int32_t i = 0; i < count; i++) {
        bool found = false;
        for (int32_t j = 0; j < count; j++)
            found = found || asked->assignments.items[j].partition_index == i;
        const struct create_topics_request_creatable_replica_assignment *a =
            &asked->assignments.items[i];
        if (!found)
            return refuse(item, KAFKA_INVALID_REPLICA_ASSIGNMENT,
                          "partitions should be a consecutive 0-based integer sequence");
        int16_t error = check_replicas(item, a->broker_ids.items, a->broker_ids.count, node);
        if (error != KAFKA_NONE)
            return error;
    }
    item->partitions = count;
    return KAFKA_NONE;
}

static int16_t check_counts(struct topic_item *item, const struct config *config)
{
    const struct create_topics_request_creatable_topic *asked = item->asked;
    if (asked->assignments.count > 0)
        return check_assignments(item, config->node_id);
    item->partitions = asked->num_partitions == -1 ? config->num_partitions : asked->num_partitions;
    if (item->partitions <= 0)
        return refuse(item, KAFKA_INVALID_PARTITIONS,
                      "Number of partitions was set to an invalid non-positive value.");
    if (item->partitions > TOPIC_PARTITIONS_MAX)
        return refuse(item, KAFKA_POLICY_VIOLATION,
                      item->partitions > BATCH_PARTITIONS_MAX
                          ? "Excessively large number of partitions per request."
                          : "Unable to perform excessively large batch operation.");
    if (asked->replication_factor == -1 || asked->replication_factor == 1)
        return KAFKA_NONE;
    if (asked->replication_factor < 1)
        return refuse(item, KAFKA_INVALID_REPLICATION_FACTOR,
                      "Replication factor must be larger than 0, or -1 to use the default value.");
    return refuse_with(item, KAFKA_INVALID_REPLICATION_FACTOR,
                       "Unable to replicate the partition %d time(s): The target replication "
                       "factor of %d cannot be reached because only 1 broker(s) are registered.",
                       asked->replication_factor, asked->replication_factor);
}

/* Pairs of C strings from the request's configs, in its arena; null when memory is short. */
static struct config_pair *config_pairs(struct request *r, const struct topic_item *item,
                                        uint32_t *count)
{
    const struct create_topics_request_creatable_topic *asked = item->asked;
    *count = (uint32_t)asked->configs.count;
    struct config_pair *pairs = arena_alloc_array(&r->arena, *count, sizeof *pairs);
    for (uint32_t i = 0; pairs != NULL && i < *count; i++) {
        struct bytes name = string_bytes(asked->configs.items[i].name);
        struct bytes value = string_bytes(asked->configs.items[i].value);
        char *text = arena_alloc(&r->arena, name.len + value.len + 2);
        if (text == NULL)
            return NULL;
        memcpy(text, name.data, name.len);
        pairs[i].name = text;
        if (asked->configs.items[i].value.len < 0)
            continue;
        pairs[i].value = text + name.len + 1;
        if (value.len > 0)
            memcpy(pairs[i].value, value.data, value.len);
    }
    return pairs;
}

static int16_t check_configs(struct request *r, struct topic_item *item)
{
    uint32_t count;
    if (item->asked->configs.count <= 0)
        return KAFKA_NONE;
    struct config_pair *pairs = config_pairs(r, item, &count);
    char *message = pairs == NULL ? NULL : arena_alloc(&r->arena, MESSAGE_MAX);
    if (message == NULL)
        return KAFKA_UNKNOWN_SERVER_ERROR;
    for (uint32_t i = 0; i < count; i++)
        if (config_pair_check(string_bytes(item->asked->configs.items[i].name),
                              string_bytes(item->asked->configs.items[i].value), message,
                              MESSAGE_MAX) != 0)
            return refuse(item, KAFKA_INVALID_CONFIG, message);
    if (topic_config_validate_all(server_config(r->core->server), pairs, count, message,
                                  MESSAGE_MAX) != 0)
        return refuse(item, KAFKA_INVALID_CONFIG, message);
    return KAFKA_NONE;
}

struct string topic_name_complaint(struct request *r, struct bytes name)
{
    size_t size = name.len + MESSAGE_MAX;
    char *text = arena_alloc(&r->arena, size);
    if (text == NULL)
        return (struct string){0};
    topic_name_explain(name, text, size);
    return string_of(text);
}

static int16_t refuse_name(struct topic_item *item)
{
    return refuse(item, KAFKA_INVALID_TOPIC_EXCEPTION,
                  topic_name_complaint(item->request, item->name).data);
}

static int16_t check_creation(struct request *r, struct topic_item *item)
{
    if (!topic_name_valid(item->name))
        return refuse_name(item);
    /* Judged once for the whole request: two of its topics may collide with each other. */
    const struct image *image = &r->core->image;
    if (image_topic_named(image, item->name) == NULL && colliding_topic(image, item->name) != NULL)
        return KAFKA_INVALID_TOPIC_EXCEPTION;
    int16_t error = check_counts(item, server_config(r->core->server));
    return error != KAFKA_NONE ? error : check_configs(r, item);
}

static bool answer_entries(struct request *r, const struct config_description *description,
                           struct create_topics_response_creatable_topic_result *answer)
{
    answer->configs.items =
        arena_alloc_array(&r->arena, description->count, sizeof *answer->configs.items);
    if (answer->configs.items == NULL)
        return false;
    answer->configs.count = (int32_t)description->count;
    for (uint32_t i = 0; i < description->count; i++) {
        const struct config_entry *entry = &description->entries[i];
        struct create_topics_response_creatable_topic_configs *config = &answer->configs.items[i];
        if (!request_text(r, entry->name, &config->name) ||
            !request_text(r, entry->value, &config->value))
            return false;
        config->read_only = entry->read_only;
        config->config_source = (int8_t)entry->source;
        config->is_sensitive = entry->sensitive;
    }
    return true;
}

/* The effective configuration, as CreateTopics answers it from version 5 on. The topic is there:
 * when memory is short, that is answered without it. */
static void answer_configs(struct request *r, const struct topic_item *item,
                           struct create_topics_response_creatable_topic_result *answer)
{
    uint32_t count;
    struct config_pair *pairs = config_pairs(r, item, &count);
    bool done = false;
    const struct image *image = &r->core->image;
    struct config_layers layers = image_config_layers(image);
    struct config_description description;
    if (pairs != NULL) {
        config_describe_topic(&layers, pairs, count, NULL, &description);
        done = answer_entries(r, &description, answer);
        config_description_fini(&description);
    }
    if (!done) {
        answer->topic_config_error_code = KAFKA_UNKNOWN_SERVER_ERROR;
        answer->configs.items = NULL;
        answer->configs.count = -1;
    }
}

/* What the judge refused is put in words here, on the request's own core. */
static void explain_refusal(struct request *r, struct topic_item *item)
{
    int len = (int)item->name.len;
    const char *name = (const char *)item->name.data;
    if (item->error == KAFKA_TOPIC_ALREADY_EXISTS) {
        refuse_with(item, item->error, "Topic '%.*s' already exists.", len, name);
        return;
    }
    const char *other = colliding_topic(&r->core->image, item->name);
    if (item->error == KAFKA_INVALID_TOPIC_EXCEPTION && other != NULL)
        refuse_with(item, item->error, "Topic '%.*s' collides with existing topic: %s", len, name,
                    other);
}

static void create_answer(struct topics_state *state)
{
    struct request *r = state->request;
    struct create_topics_response response;
    message_defaults(&create_topics_response_struct, &response);
    response.topics.items = request_alloc(r, state->count, sizeof *response.topics.items);
    if (response.topics.items == NULL)
        return;
    for (uint32_t i = 0; i < state->count; i++) {
        struct topic_item *item = &state->items[i];
        struct create_topics_response_creatable_topic_result *answer =
            &response.topics.items[response.topics.count++];
        message_defaults(&create_topics_response_creatable_topic_result_struct, answer);
        answer->name = request_utf8(r, string_of_bytes(item->name));
        answer->error_code = item->error;
        answer->error_message = STRING_NULL;
        if (item->error != KAFKA_NONE) {
            if (item->message == NULL)
                explain_refusal(r, item);
            answer->error_message =
                string_of(item->message != NULL ? item->message : kafka_error_message(item->error));
            continue;
        }
        answer->topic_id = item->id;
        answer->num_partitions = item->partitions;
        answer->replication_factor = 1;
        if (r->version >= 5)
            answer_configs(r, item, answer);
    }
    request_respond(r, &response);
}

static struct topics_state *topics_begin(struct request *r, size_t count,
                                         void (*answer)(struct topics_state *state))
{
    struct topics_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return NULL;
    state->request = r;
    state->answer = answer;
    state->waiting = 1;
    state->items = request_alloc(r, count, sizeof *state->items);
    return state->items == NULL ? NULL : state;
}

/* One item for each name; a name that comes twice is refused. False: the request is over. */
static bool create_items(struct topics_state *state, const struct create_topics_request *body)
{
    struct request *r = state->request;
    struct seen names;
    if (!request_seen_init(r, &names, (size_t)body->topics.count))
        return false;
    for (int32_t i = 0; i < body->topics.count; i++) {
        const struct create_topics_request_creatable_topic *asked = &body->topics.items[i];
        uint32_t before = seen_put(&names, string_bytes(asked->name), state->count);
        if (before != SEEN_NEVER) {
            state->items[before].error =
                refuse(&state->items[before], KAFKA_INVALID_REQUEST, "Duplicate topic name.");
            continue;
        }
        struct topic_item *item = &state->items[state->count++];
        item->state = state;
        item->request = r;
        item->asked = asked;
        item->name = string_bytes(asked->name);
        item->id = new_id(r->core);
    }
    return true;
}

void create_topics_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct create_topics_request *body = decoded;
    struct topics_state *state = topics_begin(r, (size_t)body->topics.count, create_answer);
    if (state == NULL || !create_items(state, body))
        return;
    state->validate_only = body->validate_only;
    for (uint32_t i = 0; i < state->count; i++) {
        struct topic_item *item = &state->items[i];
        if (item->error == KAFKA_NONE)
            item->error = check_creation(r, item);
        if (item->error == KAFKA_NONE && body->timeout_ms <= 0)
            item->error = KAFKA_REQUEST_TIMED_OUT;
    }
    for (uint32_t i = 0; i < state->count; i++) {
        if (state->items[i].error != KAFKA_NONE)
            continue;
        state->waiting++;
        item_propose(r, &state->items[i], create_judge);
    }
    topics_done_one(state);
}

/* Deletion. */

static int16_t delete_judge(struct catalog *catalog, struct proposal *proposal)
{
    struct topic_item *item = CONTAINER_OF(proposal, struct topic_item, proposal);
    const struct image_topic *topic = image_topic_with_id(catalog_image(catalog), item->id);
    if (topic == NULL || catalog_topic_removed(catalog, item->id))
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    struct remove_topic_record record = {.topic_id = item->id};
    catalog_add(catalog, &remove_topic_record_type, 0, &record);
    catalog_remove_topic(catalog, item->id);
    return KAFKA_NONE;
}

static void delete_answer(struct topics_state *state)
{
    struct request *r = state->request;
    struct delete_topics_response response;
    message_defaults(&delete_topics_response_struct, &response);
    response.responses.items = request_alloc(r, state->count, sizeof *response.responses.items);
    if (response.responses.items == NULL)
        return;
    response.responses.count = (int32_t)state->count;
    for (uint32_t i = 0; i < state->count; i++) {
        const struct topic_item *item = &state->items[i];
        struct delete_topics_response_deletable_topic_result *answer = &response.responses.items[i];
        message_defaults(&delete_topics_response_deletable_topic_result_struct, answer);
        answer->name = item->name.data == NULL ? STRING_NULL : string_of_bytes(item->name);
        answer->topic_id = item->id;
        answer->error_code = item->error;
        if (item->error != KAFKA_NONE)
            answer->error_message = string_of(kafka_error_message(item->error));
    }
    request_respond(r, &response);
}

/* Finds the topic that is meant; the answer tells name and id where both are known. */
static int16_t delete_resolve(struct request *r, struct topic_item *item)
{
    const struct image *image = &r->core->image;
    bool by_id = !uuid_is_zero(item->id);
    bool by_name = item->name.data != NULL;
    if (by_id == by_name)
        return KAFKA_INVALID_REQUEST;
    if (!server_config(r->core->server)->delete_topics)
        return KAFKA_TOPIC_DELETION_DISABLED;
    const struct image_topic *topic =
        by_id ? image_topic_with_id(image, item->id) : image_topic_named(image, item->name);
    if (topic == NULL)
        return by_id ? KAFKA_UNKNOWN_TOPIC_ID : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    struct string name;
    if (!request_text(r, topic->name, &name))
        return KAFKA_UNKNOWN_SERVER_ERROR;
    item->id = topic->id;
    item->name = string_bytes(name);
    return KAFKA_NONE;
}

/* A topic that is named twice, by whatever, is refused both times. */
static bool delete_refuse_repeated(struct topics_state *state)
{
    struct seen ids;
    if (!request_seen_init(state->request, &ids, state->count))
        return false;
    for (uint32_t i = 0; i < state->count; i++) {
        struct topic_item *item = &state->items[i];
        if (item->error != KAFKA_NONE)
            continue;
        uint32_t before = seen_put(&ids, (struct bytes){item->id.bytes, sizeof item->id.bytes}, i);
        if (before != SEEN_NEVER)
            item->message = state->items[before].message = "repeated";
    }
    return true;
}

void delete_topics_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct delete_topics_request *body = decoded;
    bool named = r->version < 6;
    int32_t count = named ? body->topic_names.count : body->topics.count;
    struct topics_state *state = topics_begin(r, (size_t)count, delete_answer);
    if (state == NULL)
        return;
    for (int32_t i = 0; i < count; i++) {
        struct topic_item *item = &state->items[state->count++];
        item->state = state;
        item->request = r;
        struct string name = named ? body->topic_names.items[i] : body->topics.items[i].name;
        static const uint8_t nothing[1];
        if (name.len >= 0)
            item->name = (struct bytes){name.len == 0 ? nothing : (const uint8_t *)name.data,
                                        (size_t)name.len};
        if (!named)
            item->id = body->topics.items[i].topic_id;
        item->error = delete_resolve(r, item);
    }
    if (!delete_refuse_repeated(state))
        return;
    for (uint32_t i = 0; i < state->count; i++) {
        struct topic_item *item = &state->items[i];
        if (item->message != NULL)
            item->error = KAFKA_INVALID_REQUEST;
        if (item->error != KAFKA_NONE)
            continue;
        state->waiting++;
        item->proposal.frees_space = true;
        item_propose(r, item, delete_judge);
    }
    topics_done_one(state);
}

/* More partitions. */

static int16_t extend_judge(struct catalog *catalog, struct proposal *proposal)
{
    struct topic_item *item = CONTAINER_OF(proposal, struct topic_item, proposal);
    const struct image_topic *topic = image_topic_named(catalog_image(catalog), item->name);
    if (topic == NULL || catalog_topic_removed(catalog, topic->id))
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    item->partitions_now = topic->partition_count;
    if (item->partitions <= topic->partition_count || catalog_topic_taken(catalog, item->name))
        return KAFKA_INVALID_PARTITIONS;
    if (item->partitions > TOPIC_PARTITIONS_MAX) {
        item->message = "That many partitions are not possible.";
        return KAFKA_INVALID_PARTITIONS;
    }
    int32_t given = item->assignments;
    if (given >= 0 && given != item->partitions - topic->partition_count)
        return KAFKA_INVALID_REPLICA_ASSIGNMENT;
    if (item->state->validate_only)
        return KAFKA_NONE;
    add_partitions(catalog, topic->id, topic->partition_count, item->partitions);
    catalog_take_topic(catalog, item->name);
    return KAFKA_NONE;
}

static void explain_extension(struct topic_item *item)
{
    int32_t now = item->partitions_now;
    int len = (int)item->name.len;
    const char *name = (const char *)item->name.data;
    if (item->error == KAFKA_INVALID_REPLICA_ASSIGNMENT)
        refuse_with(item, item->error,
                    "Attempted to add %d additional partition(s), but only %d assignment(s) were "
                    "specified.",
                    item->partitions - now, item->assignments);
    else if (item->error == KAFKA_INVALID_PARTITIONS && item->partitions == now)
        refuse_with(item, item->error, "Topic already has %d partition(s).", now);
    else if (item->error == KAFKA_INVALID_PARTITIONS && item->partitions < now)
        refuse_with(item, item->error,
                    "The topic %.*s currently has %d partition(s); %d would not be an increase.",
                    len, name, now, item->partitions);
}

static void extend_answer(struct topics_state *state)
{
    struct request *r = state->request;
    struct create_partitions_response response;
    message_defaults(&create_partitions_response_struct, &response);
    response.results.items = request_alloc(r, state->count, sizeof *response.results.items);
    if (response.results.items == NULL)
        return;
    response.results.count = (int32_t)state->count;
    for (uint32_t i = 0; i < state->count; i++) {
        struct topic_item *item = &state->items[i];
        struct create_partitions_response_topic_result *answer = &response.results.items[i];
        message_defaults(&create_partitions_response_topic_result_struct, answer);
        answer->name = string_of_bytes(item->name);
        answer->error_code = item->error;
        if (item->error != KAFKA_NONE && item->message == NULL)
            explain_extension(item);
        if (item->error != KAFKA_NONE)
            answer->error_message =
                string_of(item->message != NULL ? item->message : kafka_error_message(item->error));
    }
    request_respond(r, &response);
}

static int16_t check_new_assignments(struct topic_item *item, int32_t node,
                                     const struct create_partitions_request_topic *asked)
{
    item->assignments = asked->assignments.count;
    for (int32_t i = 0; i < asked->assignments.count; i++) {
        const struct create_partitions_request_assignment *a = &asked->assignments.items[i];
        int16_t error = check_replicas(item, a->broker_ids.items, a->broker_ids.count, node);
        if (error != KAFKA_NONE)
            return error;
    }
    return KAFKA_NONE;
}

void create_partitions_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct create_partitions_request *body = decoded;
    struct topics_state *state = topics_begin(r, (size_t)body->topics.count, extend_answer);
    if (state == NULL)
        return;
    state->validate_only = body->validate_only;
    for (int32_t i = 0; i < body->topics.count; i++) {
        const struct create_partitions_request_topic *asked = &body->topics.items[i];
        struct topic_item *item = &state->items[state->count++];
        item->state = state;
        item->request = r;
        item->name = string_bytes(asked->name);
        item->partitions = asked->count;
        item->error = check_new_assignments(item, server_node_id(r->core->server), asked);
    }
    for (uint32_t i = 0; i < state->count; i++) {
        if (state->items[i].error != KAFKA_NONE)
            continue;
        state->waiting++;
        item_propose(r, &state->items[i], extend_judge);
    }
    topics_done_one(state);
}
