/*
 * DescribeConfigs (KIP-133, KIP-226, KIP-569): what config_describe says, encoded; and
 * ListConfigResources (KIP-1000, KIP-1142): what can be asked for.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/util.h"
#include "broker/admin/alter_configs.h"
#include "broker/config/config_describe.h"
#include "broker/connection.h"
#include "broker/core.h"
#include "broker/handlers.h"
#include "broker/server.h"
#include "protocol/errors.h"

struct describing {
    struct request *request;
    const struct describe_configs_request *body;
    const struct describe_configs_request_resource *resource;
    struct config_layers layers;
    struct config_filter filter;
    const struct config_filter *wanted; /* null: all */
    char sentence[320];                 /* of a refusal; empty: the error's own */
};

static bool filter_build(struct describing *d)
{
    int32_t count = d->resource->configuration_keys.count;
    if (count <= 0)
        return true;
    struct bytes *names = request_alloc(d->request, (size_t)count, sizeof *names);
    if (names == NULL)
        return false;
    for (int32_t i = 0; i < count; i++)
        names[i] = string_bytes(d->resource->configuration_keys.items[i]);
    d->filter = (struct config_filter){names, (uint32_t)count};
    d->wanted = &d->filter;
    return true;
}

__attribute__((format(printf, 2, 3))) static int16_t refuse(struct describing *d,
                                                            const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(d->sentence, sizeof d->sentence, format, arguments);
    va_end(arguments);
    return KAFKA_INVALID_REQUEST;
}

/* Whether the resource is this broker; `expected` is how Kafka says what it could have been. */
static int16_t check_broker(struct describing *d, const char *expected)
{
    int32_t id;
    struct bytes name = string_bytes(d->resource->resource_name);
    int32_t node = server_node_id(d->request->core->server);
    if (!alter_node_id(name, &id))
        return refuse(d, "Broker id must be an integer, but it is: %.*s",
                      (int)MIN(name.len, (size_t)256), (const char *)name.data);
    if (id != node)
        return refuse(d, "Unexpected broker id, expected %d%s but received %d", node, expected, id);
    return KAFKA_NONE;
}

static int16_t describe_topic(struct describing *d, struct bytes name,
                              struct config_description *description)
{
    const struct image_topic *topic = image_topic_named(&d->request->core->image, name);
    if (topic == NULL)
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    config_describe_topic(&d->layers, topic->overrides, topic->override_count, d->wanted,
                          description);
    return KAFKA_NONE;
}

static int16_t describe_broker(struct describing *d, struct bytes name,
                               struct config_description *description)
{
    if (name.len == 0) {
        config_describe_broker_defaults(&d->layers, d->wanted, description);
        return KAFKA_NONE;
    }
    int16_t error = check_broker(d, " or empty string,");
    if (error == KAFKA_NONE)
        config_describe_broker(&d->layers, d->wanted, description);
    return error;
}

static int16_t describe_loggers(struct describing *d, struct bytes name,
                                struct config_description *description)
{
    if (name.len == 0)
        return refuse(d, "Broker id must not be empty");
    int16_t error = check_broker(d, "");
    if (error == KAFKA_NONE)
        config_describe_loggers(d->request->core->log.level, d->wanted, description);
    return error;
}

/* A group or a subscription; it need not have settings of its own. */
static int16_t describe_setting(struct describing *d, struct bytes name,
                                struct config_description *description)
{
    enum config_resource type = (enum config_resource)d->resource->resource_type;
    const struct image_resource *resource =
        image_resource_find(&d->request->core->image.settings, type, name);
    const struct config_pair *pairs = resource == NULL ? NULL : resource->overrides;
    uint32_t count = resource == NULL ? 0 : resource->override_count;
    if (name.len == 0)
        return refuse(d, type == CONFIG_RESOURCE_GROUP
                             ? "Group name must not be empty"
                             : "Client metrics subscription name must not be empty");
    if (type == CONFIG_RESOURCE_GROUP)
        config_describe_group(&d->layers, pairs, count, d->wanted, description);
    else
        config_describe_client_metrics(pairs, count, d->wanted, description);
    return KAFKA_NONE;
}

/* Fills the description, or says why not. */
static int16_t describe(struct describing *d, struct config_description *description)
{
    struct bytes name = string_bytes(d->resource->resource_name);
    switch (d->resource->resource_type) {
    case CONFIG_RESOURCE_TOPIC:
        return describe_topic(d, name, description);
    case CONFIG_RESOURCE_BROKER:
        return describe_broker(d, name, description);
    case CONFIG_RESOURCE_LOGGER:
        return describe_loggers(d, name, description);
    case CONFIG_RESOURCE_CLIENT_METRICS:
    case CONFIG_RESOURCE_GROUP:
        return describe_setting(d, name, description);
    default:
        return KAFKA_INVALID_REQUEST;
    }
}

/* False: memory is short, and the request is over. */
static bool answer_text(struct request *r, const char *text, struct string *copy)
{
    bool done = request_text(r, text, copy);
    if (!done)
        request_close(r);
    return done;
}

static bool answer_synonyms(const struct describing *d, const struct config_description *from,
                            const struct config_entry *entry,
                            struct describe_configs_response_resource_result *config)
{
    struct request *r = d->request;
    if (!d->body->include_synonyms)
        return true;
    config->synonyms.items = request_alloc(r, entry->synonym_count, sizeof *config->synonyms.items);
    if (config->synonyms.items == NULL)
        return false;
    config->synonyms.count = (int32_t)entry->synonym_count;
    for (uint32_t i = 0; i < entry->synonym_count; i++) {
        const struct config_synonym *synonym = &from->synonyms[entry->synonym_first + i];
        struct describe_configs_response_synonym *told = &config->synonyms.items[i];
        if (!answer_text(r, synonym->name, &told->name) ||
            !answer_text(r, synonym->value, &told->value))
            return false;
        told->source = (int8_t)synonym->source;
    }
    return true;
}

static bool answer_entries(const struct describing *d, const struct config_description *from,
                           struct describe_configs_response_result *result)
{
    struct request *r = d->request;
    result->configs.items = request_alloc(r, from->count, sizeof *result->configs.items);
    if (result->configs.items == NULL)
        return false;
    result->configs.count = (int32_t)from->count;
    for (uint32_t i = 0; i < from->count; i++) {
        const struct config_entry *entry = &from->entries[i];
        struct describe_configs_response_resource_result *config = &result->configs.items[i];
        message_defaults(&describe_configs_response_resource_result_struct, config);
        if (!answer_text(r, entry->name, &config->name) ||
            !answer_text(r, entry->value, &config->value))
            return false;
        config->read_only = entry->read_only;
        config->config_source = (int8_t)entry->source;
        config->is_sensitive = entry->sensitive;
        config->config_type = (int8_t)entry->type;
        config->documentation = STRING_NULL;
        if (!answer_synonyms(d, from, entry, config))
            return false;
    }
    return true;
}

static bool describe_resource(struct describing *d, struct describe_configs_response_result *result)
{
    struct config_description description = {0};
    d->wanted = NULL;
    d->sentence[0] = '\0';
    if (!filter_build(d))
        return false;
    message_defaults(&describe_configs_response_result_struct, result);
    result->resource_type = d->resource->resource_type;
    result->resource_name = d->resource->resource_name;
    result->error_code = describe(d, &description);
    result->error_message = string_of("");
    if (result->error_code != KAFKA_NONE) {
        const char *sentence =
            d->sentence[0] != '\0' ? d->sentence : kafka_error_message(result->error_code);
        if (result->error_code == KAFKA_UNKNOWN_TOPIC_OR_PARTITION)
            return true;
        return answer_text(d->request, sentence, &result->error_message);
    }
    bool done = answer_entries(d, &description, result);
    config_description_fini(&description);
    return done;
}

void describe_configs_handle(struct request *r)
{
    void *decoded;
    struct describe_configs_response response;
    if (!request_decode(r, &decoded))
        return;
    const struct describe_configs_request *body = decoded;
    struct describing d = {
        .request = r, .body = body, .layers = image_config_layers(&r->core->image)};
    message_defaults(&describe_configs_response_struct, &response);
    response.results.items =
        request_alloc(r, (size_t)body->resources.count, sizeof *response.results.items);
    if (response.results.items == NULL)
        return;
    response.results.count = body->resources.count;
    for (int32_t i = 0; i < body->resources.count; i++) {
        d.resource = &body->resources.items[i];
        if (!describe_resource(&d, &response.results.items[i]))
            return;
    }
    request_respond(r, &response);
}

/* ListConfigResources. */

struct listing {
    struct list_config_resources_response response;
    struct request *request;
};

static void list_add(struct listing *l, enum config_resource type, struct string name)
{
    struct list_config_resources_response_config_resource *resource =
        &l->response.config_resources.items[l->response.config_resources.count++];
    message_defaults(&list_config_resources_response_config_resource_struct, resource);
    resource->resource_type = (int8_t)type;
    resource->resource_name = request_utf8(l->request, name);
}

static void list_settings(struct listing *l, enum config_resource type)
{
    const struct image_settings *settings = &l->request->core->image.settings;
    for (uint32_t i = 0; i < settings->resource_count; i++)
        if (settings->resources[i].type == type)
            list_add(l, type, settings->resources[i].name);
}

static bool list_wants(const struct list_config_resources_request *body, enum config_resource type)
{
    for (int32_t i = 0; i < body->resource_types.count; i++)
        if (body->resource_types.items[i] == (int8_t)type)
            return true;
    return body->resource_types.count <= 0;
}

static bool list_knows(const struct list_config_resources_request *body)
{
    for (int32_t i = 0; i < body->resource_types.count; i++) {
        int8_t type = body->resource_types.items[i];
        if (type != CONFIG_RESOURCE_TOPIC && type != CONFIG_RESOURCE_BROKER &&
            type != CONFIG_RESOURCE_LOGGER && type != CONFIG_RESOURCE_CLIENT_METRICS &&
            type != CONFIG_RESOURCE_GROUP)
            return false;
    }
    return true;
}

/* In Kafka's order. The names live in the image: they are encoded before anything changes it. */
static void list_all(struct listing *l, const struct list_config_resources_request *body,
                     const char *node)
{
    const struct image *image = &l->request->core->image;
    if (l->request->version == 0) {
        list_settings(l, CONFIG_RESOURCE_CLIENT_METRICS);
        return;
    }
    if (list_wants(body, CONFIG_RESOURCE_GROUP))
        list_settings(l, CONFIG_RESOURCE_GROUP);
    if (list_wants(body, CONFIG_RESOURCE_CLIENT_METRICS))
        list_settings(l, CONFIG_RESOURCE_CLIENT_METRICS);
    if (list_wants(body, CONFIG_RESOURCE_LOGGER))
        list_add(l, CONFIG_RESOURCE_LOGGER, string_of(node));
    if (list_wants(body, CONFIG_RESOURCE_BROKER))
        list_add(l, CONFIG_RESOURCE_BROKER, string_of(node));
    for (uint32_t i = 0; list_wants(body, CONFIG_RESOURCE_TOPIC) && i < image->topic_count; i++)
        list_add(l, CONFIG_RESOURCE_TOPIC, string_of(image->sorted[i]->name));
}

void list_config_resources_handle(struct request *r)
{
    void *decoded;
    char node[12];
    if (!request_decode(r, &decoded))
        return;
    const struct list_config_resources_request *body = decoded;
    const struct image *image = &r->core->image;
    struct listing l = {.request = r};
    message_defaults(&list_config_resources_response_struct, &l.response);
    l.response.config_resources.items =
        request_alloc(r, (size_t)image->topic_count + image->settings.resource_count + 2,
                      sizeof *l.response.config_resources.items);
    if (l.response.config_resources.items == NULL)
        return;
    (void)snprintf(node, sizeof node, "%d", server_node_id(r->core->server));
    if (list_knows(body))
        list_all(&l, body, node);
    else
        l.response.error_code = KAFKA_UNSUPPORTED_VERSION;
    request_respond(r, &l.response);
}
