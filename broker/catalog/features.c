/*
 * UpdateFeatures (KIP-584): all changes of a request are one proposal, so that they come together
 * or not at all. It is judged where the catalog is: the levels of that moment count.
 */
#include "broker/catalog/features.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/catalog/catalog.h"
#include "broker/handlers.h"
#include "broker/seen.h"
#include "broker/server.h"
#include "protocol/errors.h"
#include "protocol/schema/metadata_records.h"

#define RESOURCE_BROKER 4
#define MIN_INSYNC "min.insync.replicas"
#define REFUSED "The update failed for all features since the following feature had an error: "
#define REFUSAL_BYTES 512
#define ELIGIBLE_NEEDS_METADATA 23 /* told in words below, too */

static const struct feature_range supported[] = {
    {"group.version", 0, 1},   {"transaction.version", 0, 2}, {FEATURE_ELIGIBLE, 0, 1},
    {FEATURE_KRAFT, 0, 1},     {FEATURE_METADATA, 7, 29},     {"share.version", 0, 1},
    {"streams.version", 0, 1},
};

const struct feature_range *features_supported(size_t *count)
{
    *count = ARRAY_LENGTH(supported);
    return supported;
}

static const struct feature_range *find(struct bytes name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(supported); i++)
        if (bytes_equal(name, bytes_of_string(supported[i].name)))
            return &supported[i];
    return NULL;
}

static bool is(const struct feature_range *feature, const char *name)
{
    return strcmp(feature->name, name) == 0;
}

/* Judging. */

static int16_t level_now(const struct feature_view *view, const struct feature_range *feature)
{
    return is(feature, FEATURE_KRAFT) ? view->kraft_level
                                      : image_feature_level(view->image, feature->name);
}

/* Some levels of metadata.version brought records that those below do not know. */
static bool loses_metadata(int16_t from, int16_t to)
{
    static const int16_t changes[] = {8, 11, 13, 14, 15, 17, 23};
    for (size_t i = 0; i < ARRAY_LENGTH(changes); i++)
        if (to < changes[i] && changes[i] <= from)
            return true;
    return false;
}

/* What is wrong with another level of a feature that there is; null: nothing. */
static const char *level_refusal(const struct feature_range *feature,
                                 const struct feature_wish *wish, int16_t now)
{
    bool upgrade = wish->change == FEATURE_CHANGE_UPGRADE;
    if (wish->level < now && upgrade)
        return "Can't downgrade the version of this feature without setting the upgrade type to "
               "either safe or unsafe downgrade.";
    if (wish->level > now && !upgrade)
        return "Can't downgrade to a newer version.";
    if (!is(feature, FEATURE_KRAFT) || wish->level == now)
        return NULL;
    return wish->level < now ? "Can't downgrade the version of this feature."
                             : "The quorum of this broker keeps its version.";
}

static const char *refuse(char *message, size_t size, const struct feature_wish *wish,
                          const char *reason)
{
    (void)snprintf(message, size, "Invalid update version %d for feature %.*s. %s", wish->level,
                   (int)wish->name.len, (const char *)wish->name.data, reason);
    return message;
}

static const char *metadata_refusal(const struct feature_wish *wish, int16_t now, char *message,
                                    size_t size)
{
    if (wish->level >= now || !loses_metadata(now, wish->level))
        return NULL;
    bool safe = wish->change == FEATURE_CHANGE_SAFE_DOWNGRADE;
    (void)snprintf(message, size, "Unsupported metadata.version downgrade from %d to %d. %s", now,
                   wish->level,
                   safe ? "Refusing to perform the requested downgrade because it might delete "
                          "metadata information."
                        : "Unsafe metadata downgrade is not supported in this version.");
    return message;
}

const char *feature_refusal(const struct feature_view *view, const struct feature_wish *wish,
                            char *message, size_t size)
{
    char reason[128];
    const struct feature_range *feature = find(wish->name);
    if (wish->change < FEATURE_CHANGE_UPGRADE || wish->change > FEATURE_CHANGE_UNSAFE_DOWNGRADE)
        return refuse(message, size, wish,
                      "The controller does not support the given upgrade type.");
    if (wish->level < 0)
        return refuse(message, size, wish, "A feature version cannot be less than 0.");
    if (feature == NULL) {
        (void)snprintf(reason, sizeof reason, "Local controller %d does not support this feature.",
                       view->node_id);
        return refuse(message, size, wish, reason);
    }
    if (wish->level < feature->min || wish->level > feature->max) {
        (void)snprintf(reason, sizeof reason, "Local controller %d only supports versions %d-%d",
                       view->node_id, feature->min, feature->max);
        return refuse(message, size, wish, reason);
    }
    int16_t now = level_now(view, feature);
    const char *wrong = level_refusal(feature, wish, now);
    if (wrong == NULL && is(feature, FEATURE_ELIGIBLE) && wish->level > 0 &&
        view->metadata_level_then < ELIGIBLE_NEEDS_METADATA)
        wrong = FEATURE_ELIGIBLE " could not be set to 1 because it depends on metadata.version "
                                 "level 23";
    if (wrong != NULL)
        return refuse(message, size, wish, wrong);
    return is(feature, FEATURE_METADATA) ? metadata_refusal(wish, now, message, size) : NULL;
}

/* The first start writes it into a new catalog, and every image has it from the second on. */
int16_t features_kraft_level(const struct core *core)
{
    return server_catalog_is_new(core->server) ? 1 : core->image.kraft_version;
}

/* The request. */

struct features_state {
    struct proposal proposal; /* first */
    struct request *request;
    const struct update_features_request *body;
    const bool *again; /* by update: the same feature comes again behind it */
    struct string *names;
    char *message;
    size_t message_size;
};

static struct feature_wish wish_of(const struct features_state *state, int32_t i)
{
    const struct update_features_request_feature_update_key *update =
        &state->body->feature_updates.items[i];
    return (struct feature_wish){string_bytes(state->names[i]), update->max_version_level,
                                 update->upgrade_type};
}

static int16_t metadata_level_then(const struct features_state *state, const struct image *image)
{
    int16_t level = image_feature_level(image, FEATURE_METADATA);
    for (int32_t i = 0; i < state->body->feature_updates.count; i++) {
        struct feature_wish wish = wish_of(state, i);
        if (bytes_equal(wish.name, bytes_of_string(FEATURE_METADATA)))
            level = wish.level;
    }
    return level;
}

static void add_config(struct catalog *catalog, const char *resource, struct string value)
{
    struct config_record record = {
        .resource_type = RESOURCE_BROKER,
        .resource_name = string_of(resource),
        .name = string_of(MIN_INSYNC),
        .value = value,
    };
    catalog_add(catalog, &config_record_type, 0, &record);
}

/* With eligible leader replicas min.insync.replicas stands in the catalog, for all brokers alike.
 */
static void add_min_insync(struct catalog *catalog)
{
    const struct image *image = catalog_image(catalog);
    struct server *server = catalog_core(catalog)->server;
    struct bytes name = bytes_of_string(MIN_INSYNC);
    char node[16];
    if (config_pair_find(image->default_overrides, image->default_override_count, name) == NULL)
        add_config(catalog, "", string_of(config_text(server_config(server), MIN_INSYNC)));
    (void)snprintf(node, sizeof node, "%d", server_node_id(server));
    if (config_pair_find(image->broker_overrides, image->broker_override_count, name) != NULL)
        add_config(catalog, node, STRING_NULL);
}

static void add_level(struct catalog *catalog, const struct feature_wish *wish)
{
    const struct feature_range *feature = find(wish->name);
    ASSERT(feature != NULL);
    if (is(feature, FEATURE_KRAFT))
        return; /* it is as it was */
    if (is(feature, FEATURE_ELIGIBLE) && wish->level > 0)
        add_min_insync(catalog);
    struct feature_level_record record = {
        .name = string_of(feature->name),
        .feature_level = wish->level,
    };
    catalog_add(catalog, &feature_level_record_type, 0, &record);
}

static int16_t features_judge(struct catalog *catalog, struct proposal *proposal)
{
    struct features_state *state = CONTAINER_OF(proposal, struct features_state, proposal);
    const struct core *core = catalog_core(catalog);
    struct feature_view view = {
        .image = catalog_image(catalog),
        .kraft_level = features_kraft_level(core),
        .metadata_level_then = metadata_level_then(state, catalog_image(catalog)),
        .node_id = server_node_id(core->server),
    };
    int32_t count = state->body->feature_updates.count;
    size_t head = strlen(REFUSED);
    for (int32_t i = 0; i < count; i++) {
        struct feature_wish wish = wish_of(state, i);
        if (!state->again[i] && feature_refusal(&view, &wish, state->message + head,
                                                state->message_size - head) != NULL)
            return KAFKA_INVALID_UPDATE_VERSION;
    }
    for (int32_t i = 0; i < count && !state->body->validate_only; i++) {
        struct feature_wish wish = wish_of(state, i);
        if (!state->again[i])
            add_level(catalog, &wish);
    }
    return KAFKA_NONE;
}

static void features_answer(struct core *core, struct core_call *call)
{
    (void)core;
    struct features_state *state = CONTAINER_OF(call, struct features_state, proposal.call);
    struct request *r = state->request;
    struct update_features_response response;
    int32_t count = state->body->feature_updates.count;
    message_defaults(&update_features_response_struct, &response);
    response.error_code = state->proposal.error;
    response.error_message = STRING_NULL;
    if (response.error_code == KAFKA_INVALID_UPDATE_VERSION) {
        response.error_message = string_of(state->message);
    } else if (response.error_code != KAFKA_NONE) {
        response.error_message = string_of(kafka_error_message(response.error_code));
    } else if (r->version < 2) {
        response.results.items = request_alloc(r, (size_t)count, sizeof *response.results.items);
        if (response.results.items == NULL)
            return;
        response.results.count = count;
        for (int32_t i = 0; i < count; i++) {
            response.results.items[i].feature = state->names[i];
            response.results.items[i].error_message = string_of("NONE");
        }
    }
    request_respond(r, &response);
}

/* Of a feature that comes several times the last one counts. False: the request is over. */
static bool features_note(struct features_state *state)
{
    struct request *r = state->request;
    size_t count = (size_t)state->body->feature_updates.count;
    size_t longest = 0;
    struct seen seen;
    bool *again = request_alloc(r, count, sizeof *again);
    if (again == NULL || !request_seen_init(r, &seen, count))
        return false;
    state->again = again;
    state->names = request_alloc(r, count, sizeof *state->names);
    if (state->names == NULL)
        return false;
    for (size_t i = count; i-- > 0;) {
        state->names[i] = request_utf8(r, state->body->feature_updates.items[i].feature);
        struct bytes name = string_bytes(state->names[i]);
        again[i] = seen_put(&seen, name, (uint32_t)i) != SEEN_NEVER;
        longest = MAX(longest, name.len);
    }
    state->message_size = longest + REFUSAL_BYTES;
    state->message = request_alloc(r, state->message_size, 1);
    if (state->message == NULL)
        return false;
    memcpy(state->message, REFUSED, strlen(REFUSED));
    return true;
}

void update_features_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    struct features_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->body = decoded;
    if (!features_note(state))
        return;
    state->proposal.judge = features_judge;
    state->proposal.call.done = features_answer;
    catalog_propose(r->core, &state->proposal);
}
