/*
 * ApiVersions (KIP-35, KIP-511, KIP-584): exactly what is served, and the features of the catalog.
 *
 * A version beyond ours is answered in version 0 with our own range, so that a newer client can
 * step down. It is the only API that answers a version it does not know.
 */
#include "base/assert.h"
#include "broker/catalog/features.h"
#include "broker/connection.h"
#include "broker/core.h"
#include "broker/dispatch.h"
#include "broker/handlers.h"
#include "protocol/errors.h"

#define PRODUCE_ADVERTISED_SINCE 0

static bool software_name_fits(struct string text)
{
    if (text.len <= 0)
        return false;
    for (int32_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool inner = i > 0 && i + 1 < text.len && (c == '-' || c == '.');
        if (!alnum && !inner)
            return false;
    }
    return true;
}

static bool answer_keys(struct request *r, struct api_versions_response *response)
{
    size_t count;
    const struct api *apis = api_all(&count);
    response->api_keys.items = request_alloc(r, count, sizeof *response->api_keys.items);
    if (response->api_keys.items == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct api *api = &apis[i];
        if (!dispatch_serves(api))
            continue;
        struct api_versions_response_api_version *key =
            &response->api_keys.items[response->api_keys.count++];
        key->api_key = api->key;
        /* librdkafka before 2.11.1 compresses only when it sees Produce 0. */
        key->min_version = api->key == API_PRODUCE ? PRODUCE_ADVERTISED_SINCE : api->version_min;
        key->max_version = api->version_max;
    }
    return true;
}

static void answer_finalized(struct api_versions_response *response, const char *name,
                             int16_t level)
{
    struct api_versions_response_finalized_feature_key *feature =
        &response->finalized_features.items[response->finalized_features.count++];
    feature->name = string_of(name);
    feature->max_version_level = level;
    feature->min_version_level = level;
}

static bool answer_features(struct request *r, struct api_versions_response *response)
{
    const struct image *image = &r->core->image;
    size_t count;
    const struct feature_range *supported = features_supported(&count);
    response->supported_features.items =
        request_alloc(r, count, sizeof *response->supported_features.items);
    if (response->supported_features.items == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        /* From version 4 on those that begin at 0 are told too. */
        if (r->version < 4 && supported[i].min < 1)
            continue;
        struct api_versions_response_supported_feature_key *feature =
            &response->supported_features.items[response->supported_features.count++];
        feature->name = string_of(supported[i].name);
        feature->min_version = supported[i].min;
        feature->max_version = supported[i].max;
    }
    response->finalized_features.items =
        request_alloc(r, IMAGE_FEATURES_MAX + 1, sizeof *response->finalized_features.items);
    if (response->finalized_features.items == NULL)
        return false;
    for (uint32_t i = 0; i < image->feature_count; i++)
        answer_finalized(response, image->features[i].name, image->features[i].level);
    int16_t kraft_level = features_kraft_level(r->core);
    if (kraft_level > 0)
        answer_finalized(response, FEATURE_KRAFT, kraft_level);
    response->finalized_features_epoch = image->offset;
    return true;
}

/* Version 0, our range as the only element. */
static void answer_unsupported(struct request *r)
{
    struct api_versions_response response;
    struct api_versions_response_api_version key = {
        .api_key = r->api->key,
        .min_version = r->api->version_min,
        .max_version = r->api->version_max,
    };
    message_defaults(&api_versions_response_struct, &response);
    response.error_code = KAFKA_UNSUPPORTED_VERSION;
    response.api_keys.items = &key;
    response.api_keys.count = 1;
    r->version = 0;
    request_respond(r, &response);
}

void api_versions_handle(struct request *r)
{
    void *body;
    struct api_versions_response response;
    if (r->version < r->api->version_min || r->version > r->api->version_max) {
        answer_unsupported(r);
        return;
    }
    if (!request_decode(r, &body))
        return;
    const struct api_versions_request *request = body;
    message_defaults(&api_versions_response_struct, &response);
    if (r->version >= 3 && (!software_name_fits(request->client_software_name) ||
                            !software_name_fits(request->client_software_version))) {
        response.error_code = KAFKA_INVALID_REQUEST;
        request_respond(r, &response);
        return;
    }
    if (answer_keys(r, &response) && answer_features(r, &response))
        request_respond(r, &response);
}
