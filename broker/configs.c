/* DescribeConfigs (KIP-133, KIP-226, KIP-569): what config_describe says, encoded. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "broker/config_describe.h"
#include "broker/connection.h"
#include "broker/core.h"
#include "broker/handlers.h"
#include "broker/server.h"
#include "protocol/errors.h"

enum resource_type {
    RESOURCE_TOPIC = 2,
    RESOURCE_BROKER = 4,
    RESOURCE_BROKER_LOGGER = 8,
    RESOURCE_CLIENT_METRICS = 16,
    RESOURCE_GROUP = 32,
};

struct describing {
    struct request *request;
    const struct describe_configs_request *body;
    const struct describe_configs_request_resource *resource;
    struct config_layers layers;
    struct config_filter filter;
    const struct config_filter *wanted; /* null: all */
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

static bool is_this_broker(const struct describing *d)
{
    char text[16];
    snprintf(text, sizeof text, "%d", server_node_id(d->request->core->server));
    return bytes_equal(string_bytes(d->resource->resource_name), bytes_of_string(text));
}

/* Fills the description, or says why not. */
static int16_t describe(struct describing *d, struct config_description *description)
{
    struct bytes name = string_bytes(d->resource->resource_name);
    const struct image_topic *topic;
    switch (d->resource->resource_type) {
    case RESOURCE_TOPIC:
        topic = image_topic_named(&d->request->core->image, name);
        if (topic == NULL)
            return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
        config_describe_topic(&d->layers, topic->overrides, topic->override_count, d->wanted,
                              description);
        return KAFKA_NONE;
    case RESOURCE_BROKER:
        if (name.len > 0 && !is_this_broker(d))
            return KAFKA_INVALID_REQUEST;
        if (name.len == 0)
            config_describe_broker_defaults(&d->layers, d->wanted, description);
        else
            config_describe_broker(&d->layers, d->wanted, description);
        return KAFKA_NONE;
    case RESOURCE_BROKER_LOGGER:
        if (!is_this_broker(d))
            return KAFKA_INVALID_REQUEST;
        config_describe_loggers(&d->layers, d->wanted, description);
        return KAFKA_NONE;
    case RESOURCE_CLIENT_METRICS:
        config_describe_client_metrics(NULL, 0, d->wanted, description);
        return KAFKA_NONE;
    case RESOURCE_GROUP:
        config_describe_group(&d->layers, NULL, 0, d->wanted, description);
        return KAFKA_NONE;
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
    if (!filter_build(d))
        return false;
    message_defaults(&describe_configs_response_result_struct, result);
    result->resource_type = d->resource->resource_type;
    result->resource_name = d->resource->resource_name;
    result->error_code = describe(d, &description);
    result->error_message = string_of("");
    if (result->error_code != KAFKA_NONE) {
        if (result->error_code != KAFKA_UNKNOWN_TOPIC_OR_PARTITION)
            result->error_message = string_of(kafka_error_message(result->error_code));
        return true;
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
