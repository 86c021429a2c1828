/*
 * AlterConfigs and IncrementalAlterConfigs (KIP-133, KIP-339).
 *
 * Both become the same: a list of changes for each resource. What can be judged without knowing
 * the present settings is judged on the connection's core; the rest on core 0, where each resource
 * is a proposal of its own: one that is refused leaves the others as they are. The answer leaves
 * when every core has applied what was accepted.
 */
#include "broker/admin/alter_configs.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mutant.h"
#include "base/util.h"
#include "broker/admin/topics.h"
#include "broker/connection.h"
#include "broker/core.h"
#include "broker/handlers.h"
#include "broker/seen.h"
#include "broker/server.h"
#include "protocol/errors.h"
#include "protocol/schema/metadata_records.h"

#define ALTERABLE_VERSION 0 /* of ConfigRecord */

#define REFUSE(item, error, ...) config_alter_refuse(&(item)->alteration, error, __VA_ARGS__)

bool alter_node_id(struct bytes name, int32_t *id)
{
    bool negative = name.len > 0 && name.data[0] == '-';
    int64_t number = 0;
    size_t i = negative ? 1 : 0;
    if (name.len == i || name.len > 11)
        return false;
    for (; i < name.len; i++) {
        if (name.data[i] < '0' || name.data[i] > '9')
            return false;
        number = number * 10 + (name.data[i] - '0');
    }
    if (number > INT32_MAX)
        return false;
    *id = (int32_t)(negative ? -number : number);
    return true;
}

/* The judge, on core 0. */

/* What the resource has now. */
static int16_t alter_find(const struct catalog *catalog, struct image *image,
                          struct alter_item *item, struct bytes name)
{
    struct config_alteration *a = &item->alteration;
    const struct image_topic *topic;
    const struct image_resource *resource;
    switch (a->resource) {
    case CONFIG_RESOURCE_TOPIC:
        topic = image_topic_named(image, name);
        if (topic == NULL || catalog_topic_removed(catalog, topic->id))
            return REFUSE(item, KAFKA_UNKNOWN_TOPIC_OR_PARTITION,
                          "The topic '%.*s' does not exist.", (int)name.len,
                          (const char *)name.data);
        a->now = topic->overrides;
        a->now_count = topic->override_count;
        return KAFKA_NONE;
    case CONFIG_RESOURCE_BROKER:
        a->now = a->all_brokers ? image->default_overrides : image->broker_overrides;
        a->now_count =
            a->all_brokers ? image->default_override_count : image->broker_override_count;
        return KAFKA_NONE;
    default:
        resource = image_resource_find(&image->settings, a->resource, name);
        a->now = resource == NULL ? NULL : resource->overrides;
        a->now_count = resource == NULL ? 0 : resource->override_count;
        return KAFKA_NONE;
    }
}

static void alter_record(struct catalog *catalog, const struct config_alteration *a,
                         struct string resource, const struct config_pair *pair, const char *value)
{
    struct config_record record = {
        .resource_type = (int8_t)a->resource,
        .resource_name = resource,
        .name = string_of(pair->name),
        .value = string_of(value),
    };
    catalog_add(catalog, &config_record_type, ALTERABLE_VERSION, &record);
}

/* A record for each pair that is another one then. */
static bool alter_records(struct catalog *catalog, const struct config_alteration *a,
                          struct string resource)
{
    bool any = false;
    for (uint32_t i = 0; i < a->now_count; i++) {
        struct bytes name = bytes_of_string(a->now[i].name);
        if (config_pair_find(a->then, a->then_count, name) != NULL)
            continue;
        alter_record(catalog, a, resource, &a->now[i], NULL);
        any = true;
    }
    for (uint32_t i = 0; i < a->then_count; i++) {
        const char *now = config_pair_find(a->now, a->now_count, bytes_of_string(a->then[i].name));
        if (now != NULL && strcmp(now, a->then[i].value) == 0)
            continue;
        alter_record(catalog, a, resource, &a->then[i], a->then[i].value);
        any = true;
    }
    return any;
}

static int16_t alter_judge(struct catalog *catalog, struct proposal *proposal)
{
    char id[12];
    struct alter_item *item = CONTAINER_OF(proposal, struct alter_item, proposal);
    struct config_alteration *a = &item->alteration;
    struct image *image = catalog_image(catalog);
    struct bytes name = string_bytes(item->name);
    /* However it was written ("01"), the records name the broker in one way. */
    if (a->resource == CONFIG_RESOURCE_BROKER && !a->all_brokers) {
        (void)snprintf(id, sizeof id, "%d", server_node_id(catalog_core(catalog)->server));
        name = bytes_of_string(id);
    }
    /* What is for one broker and what is for all depend on each other. */
    struct bytes key = a->resource == CONFIG_RESOURCE_BROKER ? BYTES_LITERAL("") : name;
    if (catalog_resource_taken(catalog, item->type, key)) {
        catalog_postpone(catalog);
        return KAFKA_NONE;
    }
    a->layers = image_config_layers(image);
    a->eligible_replicas = image_feature_level(image, "eligible.leader.replicas.version") > 0;
    int16_t error = alter_find(catalog, image, item, name);
    if (error != KAFKA_NONE)
        return error;
    error = config_alter(a);
    bool tried = item->state->validate_only && !MUTANT(APPLY_TRIED_SETTINGS);
    if (error == KAFKA_NONE && !tried && alter_records(catalog, a, string_of_bytes(name)))
        catalog_take_resource(catalog, item->type, key);
    config_alteration_fini(a);
    return error;
}

/* The answer. */

static const char *alter_sentence(const struct alter_item *item)
{
    if (item->error == KAFKA_NONE || item->silent)
        return NULL;
    const char *text = item->alteration.message;
    return text[0] != '\0' ? text : kafka_error_message(item->error);
}

static void answer_replaced(struct alter_state *state)
{
    struct request *r = state->request;
    struct alter_configs_response response;
    message_defaults(&alter_configs_response_struct, &response);
    response.responses.items = request_alloc(r, state->count, sizeof *response.responses.items);
    if (response.responses.items == NULL)
        return;
    response.responses.count = (int32_t)state->count;
    for (uint32_t i = 0; i < state->count; i++) {
        const struct alter_item *item = &state->items[i];
        response.responses.items[i] = (struct alter_configs_response_resource_response){
            .error_code = item->error,
            .error_message = request_utf8(r, string_of(alter_sentence(item))),
            .resource_type = item->type,
            .resource_name = request_utf8(r, item->name),
        };
    }
    request_respond(r, &response);
}

static void answer_changed(struct alter_state *state)
{
    struct request *r = state->request;
    struct incremental_alter_configs_response response;
    message_defaults(&incremental_alter_configs_response_struct, &response);
    response.responses.items = request_alloc(r, state->count, sizeof *response.responses.items);
    if (response.responses.items == NULL)
        return;
    response.responses.count = (int32_t)state->count;
    for (uint32_t i = 0; i < state->count; i++) {
        const struct alter_item *item = &state->items[i];
        response.responses.items[i] =
            (struct incremental_alter_configs_response_alter_configs_resource_response){
                .error_code = item->error,
                .error_message = request_utf8(r, string_of(alter_sentence(item))),
                .resource_type = item->type,
                .resource_name = request_utf8(r, item->name),
            };
    }
    request_respond(r, &response);
}

static void alter_done_one(struct alter_state *state)
{
    ASSERT(state->waiting > 0);
    if (--state->waiting > 0)
        return;
    if (state->replaces)
        answer_replaced(state);
    else
        answer_changed(state);
}

static void alter_done(struct core *core, struct core_call *call)
{
    (void)core;
    struct alter_item *item = CONTAINER_OF(call, struct alter_item, proposal.call);
    item->error = item->proposal.error;
    alter_done_one(item->state);
}

/* What needs no catalog. */

static int16_t check_broker(struct alter_item *item, struct bytes name)
{
    int32_t id;
    int32_t node = server_node_id(item->state->request->core->server);
    item->alteration.all_brokers = name.len == 0;
    if (name.len == 0)
        return KAFKA_NONE;
    if (!alter_node_id(name, &id))
        return REFUSE(item, KAFKA_INVALID_REQUEST, "Node id must be an integer, but it is: %.*s",
                      (int)MIN(name.len, (size_t)256), (const char *)name.data);
    if (id != node)
        return REFUSE(item, KAFKA_INVALID_REQUEST,
                      "Unexpected broker id, expected %d, but received %d", node, id);
    return KAFKA_NONE;
}

static int16_t check_resource(struct alter_item *item)
{
    struct bytes name = string_bytes(item->name);
    switch (item->type) {
    case CONFIG_RESOURCE_TOPIC:
        if (name.len == 0)
            return REFUSE(item, KAFKA_INVALID_REQUEST, "Default topic resources are not allowed.");
        if (topic_name_valid(name))
            return KAFKA_NONE;
        topic_name_explain(name, item->alteration.message, sizeof item->alteration.message);
        return KAFKA_INVALID_TOPIC_EXCEPTION;
    case CONFIG_RESOURCE_BROKER:
        return check_broker(item, name);
    case CONFIG_RESOURCE_GROUP:
        if (name.len == 0)
            return REFUSE(item, KAFKA_INVALID_REQUEST, "Default group resources are not allowed.");
        return KAFKA_NONE;
    case CONFIG_RESOURCE_CLIENT_METRICS:
        if (name.len == 0)
            return REFUSE(item, KAFKA_INVALID_REQUEST, "Subscription name can't be empty");
        return KAFKA_NONE;
    default:
        return REFUSE(item, KAFKA_INVALID_REQUEST, "Unknown resource type %d", item->type);
    }
}

/* As it was asked for: the value may be null, the operation unknown. */
struct asked_change {
    struct string name;
    int8_t operation;
    struct string value;
};

/* Names that come twice, values that are not there, operations that are not known. */
static int16_t check_changes(struct alter_item *item, const struct asked_change *asked)
{
    struct seen names;
    struct request *r = item->state->request;
    if (!seen_init(&names, &r->arena, item->change_count, r->core->secret))
        return KAFKA_UNKNOWN_SERVER_ERROR;
    for (uint32_t i = 0; i < item->change_count; i++)
        if (seen_put(&names, item->changes[i].name, i) != SEEN_NEVER)
            return REFUSE(item, KAFKA_INVALID_REQUEST, "Error due to duplicate config keys");
    for (uint32_t i = 0; i < item->change_count; i++) {
        struct bytes name = item->changes[i].name;
        if (asked[i].value.len < 0 && asked[i].operation != CONFIG_DELETE)
            return REFUSE(item, KAFKA_INVALID_REQUEST, "Null value not supported for : %.*s",
                          (int)MIN(name.len, (size_t)256), (const char *)name.data);
        item->silent = asked[i].operation < CONFIG_SET || asked[i].operation > CONFIG_SUBTRACT;
        if (item->silent)
            return KAFKA_UNKNOWN_SERVER_ERROR;
    }
    return KAFKA_NONE;
}

/* Kafka refuses every one of the resources that come twice. */
static bool refuse_repeated(struct alter_state *state)
{
    struct seen seen;
    struct request *r = state->request;
    if (!request_seen_init(r, &seen, state->count))
        return false;
    for (uint32_t i = 0; i < state->count; i++) {
        struct alter_item *item = &state->items[i];
        struct bytes name = string_bytes(item->name);
        uint8_t *key = request_alloc(r, name.len + 1, 1);
        if (key == NULL)
            return false;
        key[0] = (uint8_t)item->type;
        if (name.len > 0)
            memcpy(key + 1, name.data, name.len);
        uint32_t before = seen_put(&seen, (struct bytes){key, name.len + 1}, i);
        if (before == SEEN_NEVER)
            continue;
        const char *sentence = "Each resource must appear at most once.";
        state->items[before].error =
            REFUSE(&state->items[before], KAFKA_INVALID_REQUEST, "%s", sentence);
        item->error = REFUSE(item, KAFKA_INVALID_REQUEST, "%s", sentence);
    }
    return true;
}

static struct alter_state *alter_begin(struct request *r, int32_t count, bool validate_only)
{
    struct alter_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return NULL;
    *state = (struct alter_state){.request = r, .waiting = 1, .validate_only = validate_only};
    state->items = request_alloc(r, (size_t)count, sizeof *state->items);
    return state->items == NULL ? NULL : state;
}

/* The next item, judged as far as that is possible here. False: the request is over. */
static bool alter_take(struct alter_state *state, int8_t type, struct string name,
                       const struct asked_change *asked, size_t count)
{
    struct alter_item *item = &state->items[state->count++];
    item->state = state;
    item->type = type;
    item->name = name;
    item->change_count = (uint32_t)count;
    item->changes = request_alloc(state->request, count, sizeof *item->changes);
    if (item->changes == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        item->changes[i] = (struct config_change){
            .name = string_bytes(asked[i].name),
            .operation = (enum config_operation)asked[i].operation,
            .value = string_bytes(asked[i].value),
        };
    item->error = check_changes(item, asked);
    return true;
}

static void alter_propose(struct alter_state *state)
{
    if (!refuse_repeated(state))
        return;
    for (uint32_t i = 0; i < state->count; i++) {
        struct alter_item *item = &state->items[i];
        if (item->error == KAFKA_NONE)
            item->error = check_resource(item);
        item->alteration.resource = (enum config_resource)item->type;
        item->alteration.replaces = state->replaces;
        item->alteration.changes = item->changes;
        item->alteration.change_count = item->change_count;
    }
    for (uint32_t i = 0; i < state->count; i++) {
        struct alter_item *item = &state->items[i];
        if (item->error != KAFKA_NONE)
            continue;
        state->waiting++;
        item->proposal.frees_space = true; /* of retention, for one */
        item->proposal.judge = alter_judge;
        item->proposal.call.done = alter_done;
        catalog_propose(state->request->core, &item->proposal);
    }
    alter_done_one(state);
}

static bool take_replaced(struct alter_state *state,
                          const struct alter_configs_request_resource *asked)
{
    size_t count = (size_t)asked->configs.count;
    struct asked_change *changes = request_alloc(state->request, count, sizeof *changes);
    if (changes == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        changes[i] = (struct asked_change){asked->configs.items[i].name, CONFIG_SET,
                                           asked->configs.items[i].value};
    return alter_take(state, asked->resource_type, asked->resource_name, changes, count);
}

static bool
take_changed(struct alter_state *state,
             const struct incremental_alter_configs_request_alter_configs_resource *asked)
{
    size_t count = (size_t)asked->configs.count;
    struct asked_change *changes = request_alloc(state->request, count, sizeof *changes);
    if (changes == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        changes[i] = (struct asked_change){asked->configs.items[i].name,
                                           asked->configs.items[i].config_operation,
                                           asked->configs.items[i].value};
    return alter_take(state, asked->resource_type, asked->resource_name, changes, count);
}

void alter_configs_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct alter_configs_request *body = decoded;
    struct alter_state *state = alter_begin(r, body->resources.count, body->validate_only);
    if (state == NULL)
        return;
    state->replaces = true;
    for (int32_t i = 0; i < body->resources.count; i++)
        if (!take_replaced(state, &body->resources.items[i]))
            return;
    alter_propose(state);
}

void incremental_alter_configs_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct incremental_alter_configs_request *body = decoded;
    struct alter_state *state = alter_begin(r, body->resources.count, body->validate_only);
    if (state == NULL)
        return;
    for (int32_t i = 0; i < body->resources.count; i++)
        if (!take_changed(state, &body->resources.items[i]))
            return;
    alter_propose(state);
}
