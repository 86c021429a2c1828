/*
 * DescribeClientQuotas and AlterClientQuotas (KIP-546, KIP-612).
 *
 * Quotas are stored and told, and nobody is held to them: this broker does not throttle. They are
 * kept so that tools that set them work, and so that Kafka finds them in the same directory.
 *
 * Each entity of a request is a proposal of its own, as Kafka decides them apart.
 */
#include <arpa/inet.h>
#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/util.h"
#include "broker/catalog/catalog.h"
#include "broker/connection.h"
#include "broker/core.h"
#include "broker/handlers.h"
#include "broker/seen.h"
#include "protocol/errors.h"
#include "protocol/schema/metadata_records.h"

#define SENTENCE_MAX 384
#define LONG_LIMIT 9223372036854775808.0 /* 2^63 */
#define INT_LIMIT 2147483647.0
#define FRACTION_MIN 1e-6

struct quotas_state;

/* One entity on its way through the catalog. */
struct quota_item {
    struct proposal proposal; /* first */
    struct quotas_state *state;
    const struct alter_client_quotas_request_entry_data *asked;
    struct image_quota_part parts[IMAGE_QUOTA_PARTS_MAX]; /* sorted by type; the request's texts */
    uint32_t part_count;
    int16_t error;
    bool repeated; /* told once, with the first of its kind */
    char sentence[SENTENCE_MAX];
};

struct quotas_state {
    struct request *request;
    struct quota_item *items;
    uint32_t count;
    uint32_t waiting;
    bool validate_only;
};

__attribute__((format(printf, 2, 3))) static int16_t refuse(struct quota_item *item,
                                                            const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(item->sentence, sizeof item->sentence, format, arguments);
    va_end(arguments);
    return KAFKA_INVALID_REQUEST;
}

static bool is_type(struct string type, const char *name)
{
    return bytes_equal(string_bytes(type), bytes_of_string(name));
}

/* Alterations. */

static double value_now(const struct image_quota *quota, struct bytes key)
{
    for (uint32_t i = 0; quota != NULL && i < quota->value_count; i++)
        if (bytes_equal(bytes_of_string(quota->values[i].key), key))
            return quota->values[i].value;
    return NAN;
}

static int16_t alter_judge(struct catalog *catalog, struct proposal *proposal)
{
    struct client_quota_record_entity_data entity[IMAGE_QUOTA_PARTS_MAX];
    const struct quota_item *item = CONTAINER_OF(proposal, struct quota_item, proposal);
    const struct image_quota *quota =
        image_quota_find(&catalog_image(catalog)->settings, item->parts, item->part_count);
    for (uint32_t i = 0; i < item->part_count; i++) {
        message_defaults(&client_quota_record_entity_data_struct, &entity[i]);
        entity[i].entity_type = item->parts[i].type;
        entity[i].entity_name = item->parts[i].name;
    }
    for (int32_t i = 0; !item->state->validate_only && i < item->asked->ops.count; i++) {
        const struct alter_client_quotas_request_op_data *op = &item->asked->ops.items[i];
        struct client_quota_record record;
        double now = value_now(quota, string_bytes(op->key));
        if (op->remove ? isnan(now) : now == op->value)
            continue;
        message_defaults(&client_quota_record_struct, &record);
        record.entity.items = entity;
        record.entity.count = (int32_t)item->part_count;
        record.key = op->key;
        record.value = op->remove ? 0 : op->value;
        record.remove = op->remove;
        catalog_add(catalog, &client_quota_record_type, 0, &record);
    }
    return KAFKA_NONE;
}

static bool answer_entity(struct request *r, const struct quota_item *item,
                          struct alter_client_quotas_response_entry_data *answer)
{
    int32_t count = item->asked->entity.count;
    answer->entity.items = request_alloc(r, (size_t)count, sizeof *answer->entity.items);
    if (answer->entity.items == NULL)
        return false;
    /* What is refused may have any parts. */
    if (item->part_count == 0) {
        answer->entity.count = count;
        for (int32_t i = 0; i < count; i++) {
            answer->entity.items[i].entity_type =
                request_utf8(r, item->asked->entity.items[i].entity_type);
            answer->entity.items[i].entity_name =
                request_utf8(r, item->asked->entity.items[i].entity_name);
        }
        return true;
    }
    answer->entity.count = (int32_t)item->part_count;
    for (uint32_t i = 0; i < item->part_count; i++) {
        answer->entity.items[i].entity_type = item->parts[i].type;
        answer->entity.items[i].entity_name = request_utf8(r, item->parts[i].name);
    }
    return true;
}

static void alter_answer(struct quotas_state *state)
{
    struct request *r = state->request;
    struct alter_client_quotas_response response;
    message_defaults(&alter_client_quotas_response_struct, &response);
    response.entries.items = request_alloc(r, state->count, sizeof *response.entries.items);
    if (response.entries.items == NULL)
        return;
    for (uint32_t i = 0; i < state->count; i++) {
        const struct quota_item *item = &state->items[i];
        if (item->repeated)
            continue;
        struct alter_client_quotas_response_entry_data *answer =
            &response.entries.items[response.entries.count++];
        message_defaults(&alter_client_quotas_response_entry_data_struct, answer);
        answer->error_code = item->error;
        answer->error_message = STRING_NULL;
        if (item->error != KAFKA_NONE)
            answer->error_message = request_utf8(
                r, string_of(item->sentence[0] != '\0' ? item->sentence
                                                       : kafka_error_message(item->error)));
        if (!answer_entity(r, item, answer))
            return;
    }
    request_respond(r, &response);
}

static void alter_done_one(struct quotas_state *state)
{
    ASSERT(state->waiting > 0);
    if (--state->waiting == 0)
        alter_answer(state);
}

static void alter_done(struct core *core, struct core_call *call)
{
    (void)core;
    struct quota_item *item = CONTAINER_OF(call, struct quota_item, proposal.call);
    item->error = item->proposal.error;
    alter_done_one(item->state);
}

/* What may be a quota of users and clients, and of addresses; `limit` 0: any number. */
static const struct quota_key {
    const char *key;
    const char *type;
    double limit;
    bool of_address;
} quota_keys[] = {
    {"producer_byte_rate", "LONG", LONG_LIMIT, false},
    {"consumer_byte_rate", "LONG", LONG_LIMIT, false},
    {"request_percentage", "DOUBLE", 0, false},
    {"controller_mutation_rate", "DOUBLE", 0, false},
    {"connection_creation_rate", "INT", INT_LIMIT, true},
};

static int16_t check_op(struct quota_item *item,
                        const struct alter_client_quotas_request_op_data *op, bool of_address)
{
    struct bytes name = string_bytes(op->key);
    const struct quota_key *key = NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(quota_keys); i++)
        if (quota_keys[i].of_address == of_address &&
            bytes_equal(name, bytes_of_string(quota_keys[i].key)))
            key = &quota_keys[i];
    if (op->remove)
        return KAFKA_NONE;
    if (key == NULL)
        return refuse(item, "Invalid configuration key %.*s", (int)MIN(name.len, (size_t)256),
                      (const char *)name.data);
    if (!(op->value > 0) || isinf(op->value))
        return refuse(item, "Quota %s must be greater than 0", key->key);
    if (key->limit > 0 && op->value > key->limit)
        return refuse(item, "Proposed value for %s is too large for a%s %s.", key->key,
                      of_address ? "n" : "", key->type);
    if (key->limit > 0 && fabs(op->value - round(op->value)) > FRACTION_MIN)
        return refuse(item, "%s cannot be a fractional value.", key->key);
    return KAFKA_NONE;
}

/* "ClientQuotaEntity(entries={client-id=c, user=u})" */
static int16_t refuse_repeated(struct quota_item *item)
{
    char text[SENTENCE_MAX / 2] = "";
    size_t len = 0;
    for (uint32_t i = 0; i < item->part_count && len < sizeof text - 1; i++) {
        const struct image_quota_part *part = &item->parts[i];
        struct string name = part->name.len < 0 ? string_of("null") : part->name;
        int more = snprintf(text + len, sizeof text - len, "%s%.*s=%.*s", i > 0 ? ", " : "",
                            part->type.len, part->type.data, name.len, name.data);
        len += (size_t)MAX(more, 0);
    }
    return refuse(item, "Ignoring duplicate entity ClientQuotaEntity(entries={%s})", text);
}

static int16_t check_ops(struct quota_item *item)
{
    struct request *r = item->state->request;
    struct seen keys;
    bool of_address = is_type(item->parts[0].type, "ip");
    if (!seen_init(&keys, &r->arena, (size_t)item->asked->ops.count, r->core->secret))
        return KAFKA_UNKNOWN_SERVER_ERROR;
    for (int32_t i = 0; i < item->asked->ops.count; i++) {
        const struct alter_client_quotas_request_op_data *op = &item->asked->ops.items[i];
        if (seen_put(&keys, string_bytes(op->key), (uint32_t)i) != SEEN_NEVER)
            return refuse_repeated(item);
        int16_t error = check_op(item, op, of_address);
        if (error != KAFKA_NONE)
            return error;
    }
    return KAFKA_NONE;
}

static bool is_address(struct string name)
{
    struct in6_addr address;
    char text[INET6_ADDRSTRLEN] = "";
    if ((size_t)name.len >= sizeof text || memchr(name.data, 0, (size_t)name.len) != NULL)
        return false;
    memcpy(text, name.data, (size_t)name.len);
    return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1 ||
           strcmp(text, "localhost") == 0;
}

/* Takes one part into the sorted ones; of a type that comes twice the last counts, as in Kafka. */
static int16_t take_part(struct quota_item *item,
                         const struct alter_client_quotas_request_entity_data *asked)
{
    static const char *const types[] = {"client-id", "ip", "user"};
    struct bytes type = string_bytes(asked->entity_type);
    struct string name = asked->entity_name;
    uint32_t at = 0;
    bool known = false;
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        known = known || bytes_equal(type, bytes_of_string(types[i]));
    if (!known)
        return refuse(item, "Unhandled client quota entity type: %.*s",
                      (int)MIN(type.len, (size_t)256), (const char *)type.data);
    if (name.len == 0)
        return refuse(item, "Empty %.*s not supported", (int)type.len, (const char *)type.data);
    if (is_type(asked->entity_type, "ip") && name.len >= 0 && !is_address(name))
        return refuse(item, "%.*s is not a valid IP or resolvable host.", MIN(name.len, 256),
                      name.data);
    while (at < item->part_count && bytes_compare(string_bytes(item->parts[at].type), type) < 0)
        at++;
    if (at == item->part_count || !strings_equal(item->parts[at].type, asked->entity_type)) {
        ASSERT(item->part_count < IMAGE_QUOTA_PARTS_MAX);
        memmove(&item->parts[at + 1], &item->parts[at],
                (item->part_count - at) * sizeof item->parts[0]);
        item->part_count++;
    }
    item->parts[at] = (struct image_quota_part){asked->entity_type, name};
    return KAFKA_NONE;
}

static int16_t check_entity(struct quota_item *item)
{
    int16_t error = KAFKA_NONE;
    for (int32_t i = 0; error == KAFKA_NONE && i < item->asked->entity.count; i++)
        error = take_part(item, &item->asked->entity.items[i]);
    if (error != KAFKA_NONE) {
        item->part_count = 0;
        return error;
    }
    if (item->part_count == 0)
        return refuse(item, "Invalid empty client quota entity");
    for (uint32_t i = 0; i < item->part_count; i++)
        if (item->part_count > 1 && is_type(item->parts[i].type, "ip"))
            return refuse(item, "Invalid quota entity combination, IP entity shouldnot be combined "
                                "with User or ClientId");
    return check_ops(item);
}

static void write_text(struct writer *w, struct string text)
{
    write_be32(w, (uint32_t)text.len);
    write_bytes(w, string_bytes(text).data, string_bytes(text).len);
}

/* The parts as one key: lengths and texts. False: the request is over. */
static bool entity_key(struct request *r, const struct quota_item *item, struct bytes *key)
{
    size_t size = 0;
    for (uint32_t i = 0; i < item->part_count; i++)
        size += 2 * sizeof(uint32_t) + string_bytes(item->parts[i].type).len +
                string_bytes(item->parts[i].name).len;
    uint8_t *text = request_alloc(r, size + 1, 1);
    if (text == NULL)
        return false;
    struct writer w;
    writer_init(&w, text, size);
    for (uint32_t i = 0; i < item->part_count; i++) {
        write_text(&w, item->parts[i].type);
        write_text(&w, item->parts[i].name);
    }
    ASSERT(w.error == 0);
    *key = (struct bytes){text, size};
    return true;
}

static bool refuse_all_repeated(struct quotas_state *state)
{
    struct seen seen;
    struct bytes key;
    if (!request_seen_init(state->request, &seen, state->count))
        return false;
    for (uint32_t i = 0; i < state->count; i++) {
        struct quota_item *item = &state->items[i];
        if (item->part_count == 0)
            continue;
        if (!entity_key(state->request, item, &key))
            return false;
        uint32_t before = seen_put(&seen, key, i);
        if (before == SEEN_NEVER)
            continue;
        item->repeated = true;
        item->error = KAFKA_INVALID_REQUEST;
        state->items[before].error = refuse_repeated(&state->items[before]);
    }
    return true;
}

void alter_client_quotas_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct alter_client_quotas_request *body = decoded;
    struct quotas_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    *state = (struct quotas_state){.request = r,
                                   .count = (uint32_t)body->entries.count,
                                   .waiting = 1,
                                   .validate_only = body->validate_only};
    state->items = request_alloc(r, state->count, sizeof *state->items);
    if (state->items == NULL)
        return;
    for (uint32_t i = 0; i < state->count; i++) {
        state->items[i].state = state;
        state->items[i].asked = &body->entries.items[i];
        state->items[i].error = check_entity(&state->items[i]);
    }
    if (!refuse_all_repeated(state))
        return;
    for (uint32_t i = 0; i < state->count; i++) {
        struct quota_item *item = &state->items[i];
        if (item->error != KAFKA_NONE)
            continue;
        state->waiting++;
        item->proposal.judge = alter_judge;
        item->proposal.call.done = alter_done;
        catalog_propose(r->core, &item->proposal);
    }
    alter_done_one(state);
}

/* Descriptions. */

enum match_type { MATCH_EXACT, MATCH_DEFAULT, MATCH_SPECIFIED };

struct quotas_asking {
    struct request *request;
    const struct describe_client_quotas_request *body;
    struct describe_client_quotas_response response;
    char sentence[SENTENCE_MAX];
};

__attribute__((format(printf, 3, 4))) static bool
refuse_filter(struct quotas_asking *asking, int16_t error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(asking->sentence, sizeof asking->sentence, format, arguments);
    va_end(arguments);
    asking->response.error_code = error;
    asking->response.entries.count = -1;
    return false;
}

static bool check_component(struct quotas_asking *asking,
                            const struct describe_client_quotas_request_component_data *c)
{
    static const char *const matches[] = {"EXACT", "DEFAULT", "SPECIFIED"};
    struct bytes type = string_bytes(c->entity_type);
    if (type.len == 0)
        return refuse_filter(asking, KAFKA_INVALID_REQUEST, "Invalid empty entity type.");
    if (!is_type(c->entity_type, "user") && !is_type(c->entity_type, "client-id") &&
        !is_type(c->entity_type, "ip"))
        return refuse_filter(asking, KAFKA_UNSUPPORTED_VERSION, "Unsupported entity type %.*s",
                             (int)MIN(type.len, (size_t)256), (const char *)type.data);
    if (c->match_type < MATCH_EXACT || c->match_type > MATCH_SPECIFIED)
        return refuse_filter(asking, KAFKA_INVALID_REQUEST, "Unknown match type %d", c->match_type);
    if (c->match_type == MATCH_EXACT && c->match.len < 0)
        return refuse_filter(asking, KAFKA_INVALID_REQUEST,
                             "Request specified MATCH_TYPE_EXACT, but set match string to null.");
    if (c->match_type != MATCH_EXACT && c->match.len >= 0)
        return refuse_filter(asking, KAFKA_INVALID_REQUEST,
                             "Request specified MATCH_TYPE_%s, but also specified a match string.",
                             matches[c->match_type]);
    return true;
}

static bool check_filter(struct quotas_asking *asking)
{
    const struct describe_client_quotas_request *body = asking->body;
    bool of_address = false;
    for (int32_t i = 0; i < body->components.count; i++) {
        const struct describe_client_quotas_request_component_data *c = &body->components.items[i];
        if (!check_component(asking, c))
            return false;
        /* There are three types, so a fourth component has come before. */
        for (int32_t j = 0; j < i; j++)
            if (bytes_equal(string_bytes(c->entity_type),
                            string_bytes(body->components.items[j].entity_type)))
                return refuse_filter(asking, KAFKA_INVALID_REQUEST,
                                     "Entity type %.*s cannot appear more than once in the filter.",
                                     c->entity_type.len, c->entity_type.data);
        of_address = of_address || is_type(c->entity_type, "ip");
    }
    if (of_address && body->components.count > 1)
        return refuse_filter(asking, KAFKA_INVALID_REQUEST,
                             "Invalid entity filter component combination. IP filter component "
                             "should not be used with user or clientId filter component.");
    return true;
}

static bool part_fits(const struct image_quota *quota,
                      const struct describe_client_quotas_request_component_data *c)
{
    for (uint32_t i = 0; i < quota->part_count; i++) {
        const struct image_quota_part *part = &quota->parts[i];
        if (!strings_equal(c->entity_type, part->type))
            continue;
        if (c->match_type == MATCH_EXACT)
            return strings_equal(c->match, part->name);
        return c->match_type == MATCH_SPECIFIED || part->name.len < 0;
    }
    return false;
}

static bool quota_fits(const struct quotas_asking *asking, const struct image_quota *quota)
{
    const struct describe_client_quotas_request *body = asking->body;
    if (body->strict && (uint32_t)body->components.count != quota->part_count)
        return false;
    for (int32_t i = 0; i < body->components.count; i++)
        if (!part_fits(quota, &body->components.items[i]))
            return false;
    return true;
}

static bool describe_quota(struct request *r, const struct image_quota *quota,
                           struct describe_client_quotas_response_entry_data *entry)
{
    message_defaults(&describe_client_quotas_response_entry_data_struct, entry);
    entry->entity.items = request_alloc(r, quota->part_count, sizeof *entry->entity.items);
    if (entry->entity.items == NULL)
        return false;
    entry->values.items = request_alloc(r, quota->value_count, sizeof *entry->values.items);
    if (entry->values.items == NULL)
        return false;
    entry->entity.count = (int32_t)quota->part_count;
    entry->values.count = (int32_t)quota->value_count;
    for (uint32_t i = 0; i < quota->part_count; i++) {
        entry->entity.items[i].entity_type = quota->parts[i].type;
        entry->entity.items[i].entity_name = request_utf8(r, quota->parts[i].name);
    }
    for (uint32_t i = 0; i < quota->value_count; i++) {
        entry->values.items[i].key = request_utf8(r, string_of(quota->values[i].key));
        entry->values.items[i].value = quota->values[i].value;
    }
    return true;
}

/* What is told lies in the image, and is encoded before anything changes it. */
void describe_client_quotas_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    struct quotas_asking asking = {.request = r, .body = decoded};
    struct describe_client_quotas_response *response = &asking.response;
    const struct image_settings *settings = &r->core->image.settings;
    message_defaults(&describe_client_quotas_response_struct, response);
    response->entries.items =
        request_alloc(r, settings->quota_count, sizeof *response->entries.items);
    if (response->entries.items == NULL)
        return;
    bool good = check_filter(&asking);
    response->error_message = string_of(asking.sentence);
    for (uint32_t i = 0; good && i < settings->quota_count; i++) {
        if (!quota_fits(&asking, &settings->quotas[i]))
            continue;
        if (!describe_quota(r, &settings->quotas[i],
                            &response->entries.items[response->entries.count++]))
            return;
    }
    request_respond(r, response);
}
