/* DescribeGroups and ListGroups. */
#include "broker/groups/group_look.h"

#include <ctype.h>

#include "base/assert.h"
#include "broker/groups/coordinator.h"
#include "broker/handlers.h"
#include "protocol/errors.h"

#define DESCRIBE_VERSION_NOT_FOUND 6
#define LIST_VERSION_STATES 4
#define LIST_VERSION_TYPES 5

/* DescribeGroups. */

struct string group_complaint(struct request *r, struct string group_id, const char *kind)
{
    struct bytes id = string_bytes(group_id);
    if (kind == NULL)
        return request_print(r, "Group %.*s not found.", (int)id.len, (const char *)id.data);
    return request_print(r, "Group %.*s is not a %s group.", (int)id.len, (const char *)id.data,
                         kind);
}

struct describe_state;

struct describe_group {
    struct group_call call; /* first */
    struct describe_state *state;
    struct group_description description;
};

struct describe_state {
    struct request *request;
    const struct describe_groups_request *body;
    struct describe_group *groups;
    uint32_t count;
    uint32_t waiting;
};

static void describe_serve(struct coordinator_part *part, struct group_call *call)
{
    struct describe_group *group = CONTAINER_OF(call, struct describe_group, call);
    groups_describe(coordinator_groups(part), &group->description);
    coordinator_answer(part, call);
}

static bool describe_members(struct request *r, const struct group_description *description,
                             struct describe_groups_response_described_group *answer)
{
    answer->members.items =
        request_alloc(r, description->member_count, sizeof *answer->members.items);
    if (answer->members.items == NULL)
        return false;
    answer->members.count = (int32_t)description->member_count;
    for (uint32_t i = 0; i < description->member_count; i++) {
        struct describe_groups_response_described_group_member *member = &answer->members.items[i];
        message_defaults(&describe_groups_response_described_group_member_struct, member);
        member->member_id = description->members[i].member_id;
        member->group_instance_id = description->members[i].instance_id;
        member->client_id = description->members[i].client_id;
        member->client_host = description->members[i].client_host;
        member->member_metadata = description->members[i].metadata;
        member->member_assignment = description->members[i].assignment;
    }
    return true;
}

static bool describe_fill(struct describe_state *state, const struct describe_group *group,
                          struct describe_groups_response_described_group *answer)
{
    struct request *r = state->request;
    const struct group_description *d = &group->description;
    message_defaults(&describe_groups_response_described_group_struct, answer);
    answer->group_id = d->group_id;
    answer->error_code = group->call.error;
    if (answer->error_code != KAFKA_NONE)
        return true;
    if (!d->found && r->version >= DESCRIBE_VERSION_NOT_FOUND) {
        answer->error_code = KAFKA_GROUP_ID_NOT_FOUND;
        answer->error_message = group_complaint(r, d->group_id, d->is_consumer ? "classic" : NULL);
    }
    answer->group_state = string_of(d->state);
    answer->protocol_type = d->protocol_type;
    answer->protocol_data = d->protocol_data;
    if (state->body->include_authorized_operations && answer->error_code == KAFKA_NONE)
        answer->authorized_operations = GROUP_OPERATIONS;
    return describe_members(r, d, answer);
}

static void describe_one_back(struct describe_state *state)
{
    struct request *r = state->request;
    struct describe_groups_response response;
    ASSERT(state->waiting > 0);
    state->waiting--;
    if (state->waiting > 0)
        return;
    message_defaults(&describe_groups_response_struct, &response);
    request_hold(r);
    response.groups.items = request_alloc(r, state->count, sizeof *response.groups.items);
    bool room = response.groups.items != NULL;
    response.groups.count = (int32_t)state->count;
    for (uint32_t i = 0; i < state->count && room; i++)
        room = describe_fill(state, &state->groups[i], &response.groups.items[i]);
    if (room)
        request_respond(r, &response);
    for (uint32_t i = 0; i < state->count; i++)
        group_reply_free(&state->groups[i].description.reply);
    request_release(r);
}

static void describe_back(struct group_call *call)
{
    describe_one_back(CONTAINER_OF(call, struct describe_group, call)->state);
}

void describe_groups_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    struct describe_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->body = decoded;
    state->count = (uint32_t)MAX(state->body->groups.count, 0);
    state->groups = request_alloc(r, state->count, sizeof *state->groups);
    if (state->groups == NULL)
        return;
    state->waiting = state->count + 1;
    for (uint32_t i = 0; i < state->count; i++) {
        struct describe_group *group = &state->groups[i];
        group->state = state;
        group->description.group_id = request_utf8(r, state->body->groups.items[i]);
        group->call.serve = describe_serve;
        group->call.done = describe_back;
        if (coordinator_send(r->core, group->description.group_id, &group->call))
            continue;
        group->call.error = KAFKA_NOT_COORDINATOR;
        state->waiting--;
    }
    describe_one_back(state);
}

/* ListGroups. */

struct list_state;

struct list_core {
    struct core_call call; /* first */
    struct list_state *state;
    struct group_listing listing;
    int16_t error;
};

struct list_state {
    struct request *request;
    const struct list_groups_request *body;
    struct list_core *cores;
    uint32_t waiting;
};

static void list_run(struct core *core, struct core_call *call)
{
    struct list_core *one = CONTAINER_OF(call, struct list_core, call);
    one->error = coordinator_list(core->coordinator, &one->listing);
    core_reply(core, call);
}

/* State and type names are the same in any case (KIP-518, KIP-848). */
static bool same_name(struct string a, const char *name)
{
    struct bytes text = string_bytes(a);
    if (text.len != strlen(name))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if (tolower(text.data[i]) != tolower((unsigned char)name[i]))
            return false;
    return true;
}

static bool name_wanted(const struct string *names, int32_t count, const char *name)
{
    for (int32_t i = 0; i < count; i++)
        if (same_name(names[i], name))
            return true;
    return count <= 0;
}

static void list_add(const struct list_state *state, const struct group_listing *listing,
                     struct list_groups_response *response)
{
    const struct list_groups_request *body = state->body;
    int16_t version = state->request->version;
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct group_listed *item = &listing->items[i];
        if (version >= LIST_VERSION_STATES &&
            !name_wanted(body->states_filter.items, body->states_filter.count, item->state))
            continue;
        if (version >= LIST_VERSION_TYPES &&
            !name_wanted(body->types_filter.items, body->types_filter.count, item->type))
            continue;
        struct list_groups_response_listed_group *group =
            &response->groups.items[response->groups.count++];
        message_defaults(&list_groups_response_listed_group_struct, group);
        group->group_id = item->group_id;
        group->protocol_type = item->protocol_type;
        group->group_state = string_of(item->state);
        group->group_type = string_of(item->type);
    }
}

static void list_respond(struct list_state *state)
{
    struct request *r = state->request;
    unsigned cores = r->core->core_count;
    size_t total = 0;
    struct list_groups_response response;
    message_defaults(&list_groups_response_struct, &response);
    for (unsigned i = 0; i < cores; i++) {
        total += state->cores[i].listing.count;
        if (state->cores[i].error != KAFKA_NONE)
            response.error_code = state->cores[i].error;
    }
    response.groups.items = request_alloc(r, total, sizeof *response.groups.items);
    if (response.groups.items == NULL)
        return;
    for (unsigned i = 0; i < cores && response.error_code == KAFKA_NONE; i++)
        list_add(state, &state->cores[i].listing, &response);
    request_respond(r, &response);
}

static void list_done(struct core *core, struct core_call *call)
{
    struct list_state *state = CONTAINER_OF(call, struct list_core, call)->state;
    ASSERT(state->waiting > 0);
    state->waiting--;
    if (state->waiting > 0)
        return;
    struct request *r = state->request;
    request_hold(r);
    list_respond(state);
    for (unsigned i = 0; i < core->core_count; i++)
        group_reply_free(&state->cores[i].listing.reply);
    request_release(r);
}

void list_groups_handle(struct request *r)
{
    void *decoded;
    unsigned count = r->core->core_count;
    if (!request_decode(r, &decoded))
        return;
    struct list_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->body = decoded;
    state->cores = request_alloc(r, count, sizeof *state->cores);
    if (state->cores == NULL)
        return;
    state->waiting = count;
    for (unsigned i = 0; i < count; i++) {
        state->cores[i].state = state;
        state->cores[i].call.run = list_run;
        state->cores[i].call.done = list_done;
    }
    for (unsigned i = 0; i < count; i++)
        core_send(r->core, i, &state->cores[i].call);
}
