/* JoinGroup, SyncGroup, Heartbeat and LeaveGroup: the classic protocol of consumer groups. */
#include "base/assert.h"
#include "broker/groups/group_waits.h"
#include "broker/handlers.h"
#include "protocol/errors.h"

#define JOIN_VERSION_REBALANCE 1
#define JOIN_VERSION_NEEDS_ID 4
#define JOIN_VERSION_TYPE 7
#define JOIN_VERSION_SKIP 9
#define SYNC_VERSION_PROTOCOL 5
#define LEAVE_VERSION_MEMBERS 3

/* JoinGroup. */

struct join_state {
    struct group_call call; /* first */
    struct group_wait wait;
    struct request *request;
    struct coordinator_part *part; /* the owner's */
    struct group_join join;
};

static void join_over(struct group_join *join)
{
    struct join_state *state = CONTAINER_OF(join, struct join_state, join);
    coordinator_answer(state->part, &state->call);
}

static void join_serve(struct coordinator_part *part, struct group_call *call)
{
    struct join_state *state = CONTAINER_OF(call, struct join_state, call);
    state->part = part;
    groups_join(coordinator_groups(part), &state->join);
}

static void join_cancel(struct group_wait *wait)
{
    struct join_state *state = CONTAINER_OF(wait, struct join_state, wait);
    groups_join_cancel(&state->join, KAFKA_COORDINATOR_NOT_AVAILABLE);
}

static void join_back(struct group_call *call)
{
    group_wait_back(&CONTAINER_OF(call, struct join_state, call)->wait);
}

static struct string or_empty(struct string text)
{
    return text.len < 0 ? (struct string){"", 0} : text;
}

static bool join_fill_members(const struct join_state *state, struct join_group_response *response)
{
    const struct group_join *join = &state->join;
    response->members.items =
        request_alloc(state->request, join->member_count, sizeof *response->members.items);
    if (response->members.items == NULL)
        return false;
    response->members.count = (int32_t)join->member_count;
    for (uint32_t i = 0; i < join->member_count; i++) {
        struct join_group_response_member *member = &response->members.items[i];
        message_defaults(&join_group_response_member_struct, member);
        member->member_id = join->members[i].member_id;
        member->group_instance_id = join->members[i].instance_id;
        member->metadata = join->members[i].metadata;
    }
    return true;
}

static void join_answer_client(struct join_state *state, int16_t error)
{
    const struct group_join *join = &state->join;
    struct request *r = state->request;
    struct join_group_response response;
    message_defaults(&join_group_response_struct, &response);
    response.error_code = error;
    response.generation_id = join->generation;
    response.protocol_name = join->protocol_name;
    if (r->version < JOIN_VERSION_TYPE)
        response.protocol_name = or_empty(response.protocol_name);
    response.protocol_type = join->has_type ? join->protocol_type : STRING_NULL;
    response.leader = or_empty(join->leader);
    response.member_id = or_empty(join->new_member_id);
    response.skip_assignment = join->skip_assignment;
    request_hold(r);
    if (join_fill_members(state, &response))
        request_respond(r, &response);
    group_reply_free(&state->join.reply);
    request_release(r);
}

static void join_finish(struct group_wait *wait)
{
    struct join_state *state = CONTAINER_OF(wait, struct join_state, wait);
    int16_t error = state->call.error;
    join_answer_client(state, error != KAFKA_NONE ? error : state->join.error);
}

static bool join_fill(struct join_state *state, const struct join_group_request *body)
{
    struct request *r = state->request;
    struct group_join *join = &state->join;
    size_t count = (size_t)MAX(body->protocols.count, 0);
    struct group_protocol *protocols = request_alloc(r, count, sizeof *protocols);
    if (protocols == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        protocols[i] = (struct group_protocol){body->protocols.items[i].name,
                                               body->protocols.items[i].metadata};
    *join = (struct group_join){
        .group_id = request_utf8(r, body->group_id),
        .member_id = body->member_id,
        .instance_id = body->group_instance_id,
        .client_id = request_utf8(r, or_empty(r->client_id)),
        .protocol_type = body->protocol_type,
        .protocols = protocols,
        .protocol_count = (uint32_t)count,
        .session_ms = body->session_timeout_ms,
        .rebalance_ms = r->version < JOIN_VERSION_REBALANCE ? body->session_timeout_ms
                                                            : body->rebalance_timeout_ms,
        .needs_id = r->version >= JOIN_VERSION_NEEDS_ID,
        .may_skip = r->version >= JOIN_VERSION_SKIP,
        .done = join_over,
        .generation = -1,
        .protocol_name = STRING_NULL,
        .new_member_id = body->member_id,
    };
    if (request_client_host(r, &join->client_host))
        return true;
    request_close(r);
    return false;
}

void join_group_handle(struct request *r)
{
    void *body;
    if (!request_decode(r, &body))
        return;
    struct join_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    if (!join_fill(state, body))
        return;
    state->call.serve = join_serve;
    state->call.done = join_back;
    state->wait = (struct group_wait){
        .request = r,
        .cancel = join_cancel,
        .finish = join_finish,
    };
    unsigned owner;
    int32_t place;
    if (!coordinator_place(r->core, state->join.group_id, &owner, &place)) {
        join_answer_client(state, KAFKA_NOT_COORDINATOR);
        return;
    }
    state->wait.owner = owner;
    group_wait_begin(&state->wait);
    coordinator_send_place(r->core, owner, place, &state->call);
}

/* SyncGroup. */

struct sync_state {
    struct group_call call; /* first */
    struct group_wait wait;
    struct request *request;
    struct coordinator_part *part; /* the owner's */
    struct group_sync sync;
};

static void sync_over(struct group_sync *sync)
{
    struct sync_state *state = CONTAINER_OF(sync, struct sync_state, sync);
    coordinator_answer(state->part, &state->call);
}

static void sync_serve(struct coordinator_part *part, struct group_call *call)
{
    struct sync_state *state = CONTAINER_OF(call, struct sync_state, call);
    state->part = part;
    groups_sync(coordinator_groups(part), &state->sync);
}

static void sync_cancel(struct group_wait *wait)
{
    struct sync_state *state = CONTAINER_OF(wait, struct sync_state, wait);
    groups_sync_cancel(&state->sync, KAFKA_COORDINATOR_NOT_AVAILABLE);
}

static void sync_back(struct group_call *call)
{
    group_wait_back(&CONTAINER_OF(call, struct sync_state, call)->wait);
}

static void sync_answer_client(struct sync_state *state, int16_t error)
{
    struct group_sync *sync = &state->sync;
    struct sync_group_response response;
    message_defaults(&sync_group_response_struct, &response);
    response.error_code = error;
    if (error == KAFKA_NONE) {
        response.protocol_type = sync->answer_type;
        response.protocol_name = sync->answer_name;
        response.assignment = sync->answer;
    }
    struct request *r = state->request;
    request_hold(r);
    request_respond(r, &response);
    group_reply_free(&sync->reply);
    request_release(r);
}

static void sync_finish(struct group_wait *wait)
{
    struct sync_state *state = CONTAINER_OF(wait, struct sync_state, wait);
    int16_t error = state->call.error;
    sync_answer_client(state, error != KAFKA_NONE ? error : state->sync.error);
}

static bool sync_fill(struct sync_state *state, const struct sync_group_request *body)
{
    struct request *r = state->request;
    size_t count = (size_t)MAX(body->assignments.count, 0);
    struct group_assignment *assignments = request_alloc(r, count, sizeof *assignments);
    if (assignments == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        assignments[i] = (struct group_assignment){body->assignments.items[i].member_id,
                                                   body->assignments.items[i].assignment};
    state->sync = (struct group_sync){
        .group_id = request_utf8(r, body->group_id),
        .generation = body->generation_id,
        .member_id = body->member_id,
        .instance_id = body->group_instance_id,
        .protocol_type = body->protocol_type,
        .protocol_name = body->protocol_name,
        .assignments = assignments,
        .assignment_count = (uint32_t)count,
        .done = sync_over,
    };
    return true;
}

void sync_group_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct sync_group_request *body = decoded;
    struct sync_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    if (!sync_fill(state, body))
        return;
    state->call.serve = sync_serve;
    state->call.done = sync_back;
    state->wait = (struct group_wait){
        .request = r,
        .cancel = sync_cancel,
        .finish = sync_finish,
    };
    unsigned owner;
    int32_t place;
    bool silent = body->protocol_type.len < 0 || body->protocol_name.len < 0;
    if (r->version >= SYNC_VERSION_PROTOCOL && silent) {
        sync_answer_client(state, KAFKA_INCONSISTENT_GROUP_PROTOCOL);
        return;
    }
    if (!coordinator_place(r->core, state->sync.group_id, &owner, &place)) {
        sync_answer_client(state, KAFKA_NOT_COORDINATOR);
        return;
    }
    state->wait.owner = owner;
    group_wait_begin(&state->wait);
    coordinator_send_place(r->core, owner, place, &state->call);
}

/* Heartbeat. */

struct heartbeat_state {
    struct group_call call; /* first */
    struct request *request;
    struct group_caller caller;
    int16_t error;
};

static void heartbeat_serve(struct coordinator_part *part, struct group_call *call)
{
    struct heartbeat_state *state = CONTAINER_OF(call, struct heartbeat_state, call);
    state->error = groups_heartbeat(coordinator_groups(part), &state->caller);
    coordinator_answer(part, call);
}

static void heartbeat_back(struct group_call *call)
{
    struct heartbeat_state *state = CONTAINER_OF(call, struct heartbeat_state, call);
    struct heartbeat_response response;
    message_defaults(&heartbeat_response_struct, &response);
    response.error_code = call->error != KAFKA_NONE ? call->error : state->error;
    request_respond(state->request, &response);
}

void heartbeat_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct heartbeat_request *body = decoded;
    struct heartbeat_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->caller = (struct group_caller){
        .group_id = request_utf8(r, body->group_id),
        .generation = body->generation_id,
        .member_id = body->member_id,
        .instance_id = body->group_instance_id,
    };
    state->call.serve = heartbeat_serve;
    state->call.done = heartbeat_back;
    if (coordinator_send(r->core, state->caller.group_id, &state->call))
        return;
    state->error = KAFKA_NOT_COORDINATOR;
    heartbeat_back(&state->call);
}

/* LeaveGroup. */

struct leave_state {
    struct group_call call; /* first */
    struct request *request;
    struct string group_id;
    struct group_leaver *leavers;
    uint32_t count;
    int16_t error;
};

static void leave_serve(struct coordinator_part *part, struct group_call *call)
{
    struct leave_state *state = CONTAINER_OF(call, struct leave_state, call);
    state->error =
        groups_leave(coordinator_groups(part), state->group_id, state->leavers, state->count);
    /* The last one to leave empties the group, and that is in the log. */
    coordinator_answer_durable(part, call);
}

static void leave_back(struct group_call *call)
{
    struct leave_state *state = CONTAINER_OF(call, struct leave_state, call);
    struct request *r = state->request;
    struct leave_group_response response;
    message_defaults(&leave_group_response_struct, &response);
    response.error_code = call->error != KAFKA_NONE ? call->error : state->error;
    if (r->version < LEAVE_VERSION_MEMBERS) {
        if (response.error_code == KAFKA_NONE && state->count > 0)
            response.error_code = state->leavers[0].error;
        request_respond(r, &response);
        return;
    }
    uint32_t count = response.error_code == KAFKA_NONE ? state->count : 0;
    response.members.items = request_alloc(r, count, sizeof *response.members.items);
    if (response.members.items == NULL)
        return;
    response.members.count = (int32_t)count;
    for (uint32_t i = 0; i < count; i++) {
        struct leave_group_response_member_response *member = &response.members.items[i];
        message_defaults(&leave_group_response_member_response_struct, member);
        member->member_id = state->leavers[i].member_id;
        member->group_instance_id = state->leavers[i].instance_id;
        member->error_code = state->leavers[i].error;
    }
    request_respond(r, &response);
}

static bool leave_fill(struct leave_state *state, const struct leave_group_request *body)
{
    struct request *r = state->request;
    bool several = r->version >= LEAVE_VERSION_MEMBERS;
    state->count = several ? (uint32_t)MAX(body->members.count, 0) : 1;
    state->leavers = request_alloc(r, state->count, sizeof *state->leavers);
    if (state->leavers == NULL)
        return false;
    for (uint32_t i = 0; i < state->count; i++) {
        struct group_leaver *leaver = &state->leavers[i];
        leaver->member_id = several ? body->members.items[i].member_id : body->member_id;
        leaver->instance_id = several ? body->members.items[i].group_instance_id : STRING_NULL;
    }
    return true;
}

void leave_group_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct leave_group_request *body = decoded;
    struct leave_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->group_id = request_utf8(r, body->group_id);
    if (!leave_fill(state, body))
        return;
    state->call.serve = leave_serve;
    state->call.done = leave_back;
    if (coordinator_send(r->core, state->group_id, &state->call))
        return;
    state->error = KAFKA_NOT_COORDINATOR;
    leave_back(&state->call);
}
