/*
 * A state machine with one call out at a time; a JoinGroup or SyncGroup may be out for long.
 *
 * What a leader hands in has the model's number of it and one bit per partition for each member,
 * and some bytes more.
 */
#include "tools/sim/group_member.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "protocol/schema/groups.h"

#define JOIN_VERSION_MIN 2
#define JOIN_VERSION_INSTANCE 5
#define JOIN_VERSION_MAX 9
#define SYNC_VERSION_INSTANCE 3
#define SYNC_VERSION_MAX 5
#define HEARTBEAT_VERSION_MAX 4
#define LEAVE_VERSION_MEMBERS 3
#define LEAVE_VERSION_MAX 5
#define RETRY_NS_MAX (200 * NS_PER_MS)
#define ABSENCE_NS_MAX (6 * NS_PER_S)
#define MEMBERS_MAX 64
#define SHARE_BYTES 12
#define SHARE_BYTES_MAX 200
#define NAME_BYTES 24
#define SUBSCRIPTION_BYTES 1024

enum step {
    STEP_FIND, /* the coordinator */
    STEP_JOIN,
    STEP_SYNC,
    STEP_LIVE, /* the next deed of a member */
    STEP_BEAT, /* one of them is out: */
    STEP_COMMIT,
    STEP_FETCH,
    STEP_LEAVE,
    STEP_AWAY, /* until the timer */
};

struct sim_group_member {
    struct party *party;
    struct group_member_options options;
    char instance_id[MODEL_INSTANCE_BYTES];
    struct client client;
    struct client_call call;
    struct timer next;
    enum step step;
    char member_id[MODEL_MEMBER_BYTES]; /* to join with; "": as a new one */
    uint64_t sent;
    struct model_claim claim;
    bool joined_ever;
    bool is_member; /* it takes itself for one */
    bool leads;
    struct model_share shares[MEMBERS_MAX]; /* of the members, when it leads */
    uint32_t member_count;
    char protocol[NAME_BYTES];
    uint32_t assignment;
    uint64_t share;
    struct group_commit_call commit;
    struct group_fetch_call fetch;
    bool stopping;
    bool settled; /* served since it was stopped */
};

static void member_then(struct sim_group_member *m, enum step step, uint64_t pause_ns_max)
{
    m->step = step;
    if (!m->party->leaving)
        party_set_timer(m->party, &m->next, party_random(m->party, 0, pause_ns_max));
}

static void member_live(struct sim_group_member *m)
{
    member_then(m, STEP_LIVE, (uint64_t)m->options.session_ms * NS_PER_MS / 3);
}

static void member_join(struct sim_group_member *m)
{
    m->is_member = m->settled = false;
    member_then(m, STEP_JOIN, RETRY_NS_MAX);
}

/* It must begin anew; or believes so. */
static void member_reset(struct sim_group_member *m)
{
    *m->member_id = '\0';
    member_join(m);
}

static void member_break(struct sim_group_member *m, const char *deed, int error)
{
    group_call_break(m->party, m->options.group, deed, error);
    member_reset(m);
}

static bool is_static(const struct sim_group_member *m)
{
    return *m->instance_id != '\0';
}

static struct string instance_of(const struct sim_group_member *m)
{
    return is_static(m) ? string_of(m->instance_id) : STRING_NULL;
}

static const char *protocol_type(const struct sim_group_member *m)
{
    return m->options.consumes ? "consumer" : "other";
}

static int16_t choose_version(struct sim_group_member *m, int16_t with_instance, int16_t most)
{
    return (int16_t)party_random(m->party, is_static(m) ? (uint64_t)with_instance : 0,
                                 (uint64_t)most);
}

/* What every client makes of an error; true: it was one. */
static bool member_failed(struct sim_group_member *m, const char *deed, int16_t error)
{
    if (error == KAFKA_NONE)
        return false;
    if (error == KAFKA_REBALANCE_IN_PROGRESS)
        member_join(m);
    else if (error == KAFKA_UNKNOWN_MEMBER_ID || error == KAFKA_FENCED_INSTANCE_ID)
        member_reset(m);
    else if (error == KAFKA_ILLEGAL_GENERATION && party_chance(m->party, 500))
        member_join(m);
    else if (error == KAFKA_ILLEGAL_GENERATION || error == KAFKA_GROUP_ID_NOT_FOUND)
        member_reset(m);
    else if (!group_error_is_passing(error))
        member_break(m, deed, error);
    else if (error == KAFKA_NOT_COORDINATOR)
        member_then(m, STEP_FIND, RETRY_NS_MAX);
    else if (m->is_member)
        member_live(m);
    else
        member_join(m);
    return true;
}

static void find_answered(struct sim_group_member *m,
                          const struct find_coordinator_response *answer)
{
    int16_t error = group_find_ended(m->party, m->options.group, m->call.version, answer);
    /* Who begins before there is a topic would read none. */
    if (error != KAFKA_NONE || (m->options.places->count == 0 && !m->stopping))
        member_then(m, STEP_FIND, RETRY_NS_MAX);
    else if (m->is_member)
        member_live(m);
    else
        member_join(m);
}

/* Joining. */

/* A ConsumerProtocolSubscription, version 0. */
static struct blob subscription(const struct sim_group_member *m, uint8_t *room)
{
    struct writer w;
    const struct group_places *places = m->options.places;
    const struct model_topic *last = NULL;
    uint32_t topics = 0;
    writer_init(&w, room, SUBSCRIPTION_BYTES);
    write_be16(&w, 0);
    write_be32(&w, 0);
    for (uint32_t i = 0; i < places->count; i++) {
        const struct model_topic *topic = places->items[i].topic;
        if (topic == last)
            continue;
        last = topic;
        topics++;
        write_be16(&w, (uint16_t)strlen(topic->name));
        write_bytes(&w, topic->name, strlen(topic->name));
    }
    write_be32(&w, UINT32_MAX);
    ASSERT(w.error == 0);
    store_be32(room + 2, topics);
    return (struct blob){room, (int32_t)writer_len(&w)};
}

static void joining(struct sim_group_member *m)
{
    const struct model_topic *topics[GROUP_PLACES_MAX];
    const struct group_places *places = m->options.places;
    uint32_t count = 0;
    for (uint32_t i = 0; i < places->count; i++)
        if (count == 0 || topics[count - 1] != places->items[i].topic)
            topics[count++] = places->items[i].topic;
    model_group_joining(m->options.group, topics, count);
}

static void ask_join(struct sim_group_member *m)
{
    struct join_group_request request;
    struct join_group_request_protocol protocols[2];
    uint8_t room[SUBSCRIPTION_BYTES];
    int16_t version = (int16_t)party_random(
        m->party, m->options.knows_statics ? JOIN_VERSION_INSTANCE : JOIN_VERSION_MIN,
        JOIN_VERSION_MAX);
    message_defaults(&join_group_request_struct, &request);
    for (int i = 0; i < 2; i++) {
        message_defaults(&join_group_request_protocol_struct, &protocols[i]);
        protocols[i].name = string_of(i == 0 ? "range" : "roundrobin");
        protocols[i].metadata = subscription(m, room);
    }
    request.group_id = string_of(model_group_id(m->options.group));
    request.session_timeout_ms = m->options.session_ms;
    request.rebalance_timeout_ms = m->options.rebalance_ms;
    request.member_id = string_of(m->member_id);
    request.group_instance_id = instance_of(m);
    request.protocol_type = string_of(protocol_type(m));
    request.protocols.items = protocols;
    request.protocols.count = (int32_t)party_random(m->party, 1, 2);
    joining(m);
    m->sent = model_groups_moment(m->options.groups);
    client_call(&m->client, &m->call, API_JOIN_GROUP, version, &request);
}

/* False: it does not fit, so the broker has not made it of what it was given. */
static bool text_take(char *to, size_t size, struct string text)
{
    struct bytes bytes = string_bytes(text);
    if (bytes.len >= size)
        return false;
    memset(to, 0, size);
    if (bytes.len > 0)
        memcpy(to, bytes.data, bytes.len);
    return true;
}

static bool take_members(struct sim_group_member *m, const struct join_group_response *answer)
{
    m->member_count = 0;
    if (answer->members.count > MEMBERS_MAX)
        return false;
    for (int32_t i = 0; i < answer->members.count; i++) {
        const struct join_group_response_member *one = &answer->members.items[i];
        struct model_share *share = &m->shares[m->member_count++];
        *share = (struct model_share){0};
        if (!text_take(share->member_id, sizeof share->member_id, one->member_id) ||
            !text_take(share->instance_id, sizeof share->instance_id, one->group_instance_id))
            return false;
    }
    return true;
}

static void joined(struct sim_group_member *m, const struct join_group_response *answer)
{
    struct model_claim claim = {.generation = answer->generation_id, .asked_at = m->sent};
    memcpy(claim.instance_id, m->instance_id, sizeof claim.instance_id);
    bool fits = text_take(claim.member_id, sizeof claim.member_id, answer->member_id) &&
                text_take(m->protocol, sizeof m->protocol, answer->protocol_name) &&
                take_members(m, answer);
    if (!fits || answer->generation_id <= 0 || answer->member_id.len <= 0) {
        member_break(m, "a join with odd words", KAFKA_NONE);
        return;
    }
    claim.joined_at = model_groups_moment(m->options.groups);
    m->claim = claim;
    m->joined_ever = true;
    memcpy(m->member_id, claim.member_id, sizeof m->member_id);
    /* Without the assignment of this generation it is nobody: it joins again, as every client. */
    m->is_member = false;
    m->leads = bytes_equal(string_bytes(answer->leader), string_bytes(answer->member_id)) &&
               !answer->skip_assignment;
    model_group_joined(m->options.group, &m->claim);
    member_then(m, STEP_SYNC, party_chance(m->party, 100) ? NS_PER_S : 0);
}

static void join_answered(struct sim_group_member *m, const struct join_group_response *answer)
{
    model_group_touched(m->options.group, answer == NULL);
    int16_t error = answer == NULL ? GROUP_NO_ANSWER : answer->error_code;
    if (error == KAFKA_MEMBER_ID_REQUIRED) {
        if (!text_take(m->member_id, sizeof m->member_id, answer->member_id) ||
            *m->member_id == '\0')
            member_break(m, "a first join without an id", error);
        else
            member_join(m);
        return;
    }
    /* A new life without an answer: it may begin once more, and fence the one that is unknown. */
    if (error == GROUP_NO_ANSWER && party_chance(m->party, 300))
        *m->member_id = '\0';
    if (!member_failed(m, "a join", error))
        joined(m, answer);
}

/* The assignment. */

struct handing {
    struct sync_group_request_assignment items[MEMBERS_MAX];
    uint8_t bytes[MEMBERS_MAX][SHARE_BYTES_MAX];
};

/* Each place to one member; who comes first changes. */
static void hand_in(struct sim_group_member *m, struct handing *handing,
                    struct sync_group_request *request)
{
    uint32_t places = m->options.places->count;
    uint64_t first = party_random(m->party, 0, m->member_count - 1);
    for (uint32_t i = 0; i < places; i++)
        m->shares[(first + i) % m->member_count].partitions |= (uint64_t)1 << i;
    uint32_t number =
        model_group_assigning(m->options.group, m->claim.generation, m->shares, m->member_count);
    for (uint32_t i = 0; i < m->member_count; i++) {
        uint64_t len = party_random(m->party, SHARE_BYTES, SHARE_BYTES_MAX);
        message_defaults(&sync_group_request_assignment_struct, &handing->items[i]);
        memset(handing->bytes[i], 0, SHARE_BYTES_MAX);
        store_be32(handing->bytes[i], number);
        store_be64(handing->bytes[i] + 4, m->shares[i].partitions);
        handing->items[i].member_id = string_of(m->shares[i].member_id);
        handing->items[i].assignment = (struct blob){handing->bytes[i], (int32_t)len};
    }
    request->assignments.items = handing->items;
    request->assignments.count = (int32_t)m->member_count;
}

static void ask_sync(struct sim_group_member *m)
{
    struct sync_group_request request;
    struct handing *handing = mem_alloc(sizeof *handing);
    message_defaults(&sync_group_request_struct, &request);
    request.group_id = string_of(model_group_id(m->options.group));
    request.generation_id = m->claim.generation;
    request.member_id = string_of(m->claim.member_id);
    request.group_instance_id = instance_of(m);
    request.protocol_type = string_of(protocol_type(m));
    request.protocol_name = string_of(m->protocol);
    if (m->leads && m->member_count > 0)
        hand_in(m, handing, &request);
    m->sent = model_groups_moment(m->options.groups);
    client_call(&m->client, &m->call, API_SYNC_GROUP,
                choose_version(m, SYNC_VERSION_INSTANCE, SYNC_VERSION_MAX), &request);
    mem_free(handing);
}

static void sync_answered(struct sim_group_member *m, const struct sync_group_response *answer)
{
    if (member_failed(m, "a sync", answer == NULL ? GROUP_NO_ANSWER : answer->error_code))
        return;
    struct bytes bytes = blob_bytes(answer->assignment);
    if (bytes.len != 0 && bytes.len < SHARE_BYTES) {
        member_break(m, "a sync with odd bytes", KAFKA_NONE);
        return;
    }
    m->assignment = bytes.len == 0 ? 0 : load_be32(bytes.data);
    m->share = bytes.len == 0 ? 0 : load_be64(bytes.data + 4);
    m->is_member = true;
    m->settled = false;
    model_group_assigned(m->options.group, &m->claim, m->sent, m->assignment, m->share);
    member_live(m);
}

/* A member's deeds. */

static void ask_beat(struct sim_group_member *m)
{
    struct heartbeat_request request;
    message_defaults(&heartbeat_request_struct, &request);
    request.group_id = string_of(model_group_id(m->options.group));
    request.generation_id = m->claim.generation;
    request.member_id = string_of(m->claim.member_id);
    request.group_instance_id = instance_of(m);
    m->step = STEP_BEAT;
    m->sent = model_groups_moment(m->options.groups);
    client_call(&m->client, &m->call, API_HEARTBEAT,
                choose_version(m, SYNC_VERSION_INSTANCE, HEARTBEAT_VERSION_MAX), &request);
}

static void beat_answered(struct sim_group_member *m, const struct heartbeat_response *answer)
{
    if (member_failed(m, "a heartbeat", answer == NULL ? GROUP_NO_ANSWER : answer->error_code))
        return;
    model_group_served(m->options.group, &m->claim, m->sent);
    m->settled = m->stopping;
    member_live(m);
}

/* Some of the partitions that it was assigned. */
static uint32_t pick_places(struct sim_group_member *m, struct model_place *picked)
{
    const struct group_places *places = m->options.places;
    uint32_t count = 0;
    for (uint32_t i = 0; i < places->count && count < GROUP_CALL_PLACES; i++)
        if ((m->share >> i & 1) != 0 && party_chance(m->party, 600))
            picked[count++] = places->items[i];
    return count;
}

static void ask_commit(struct sim_group_member *m)
{
    m->commit.groups = m->options.groups;
    m->commit.group = m->options.group;
    m->commit.count = pick_places(m, m->commit.places);
    if (m->commit.count == 0) {
        ask_beat(m);
        return;
    }
    m->step = STEP_COMMIT;
    group_commit_send(&m->client, &m->call, &m->commit, &m->claim);
}

static void ask_fetch(struct sim_group_member *m)
{
    m->fetch.group = m->options.group;
    m->fetch.known = m->options.places;
    m->fetch.count = pick_places(m, m->fetch.places);
    m->step = STEP_FETCH;
    group_fetch_send(&m->client, &m->call, m->options.groups, &m->fetch);
}

static void fetch_answered(struct sim_group_member *m, const struct offset_fetch_response *answer)
{
    group_fetch_ended(m->party, &m->fetch, m->call.version, answer);
    member_live(m);
}

/* Going. */

static void member_go(struct sim_group_member *m)
{
    if (m->settled)
        m->settled = false;
    member_then(m, STEP_AWAY, ABSENCE_NS_MAX);
}

static void ask_leave(struct sim_group_member *m)
{
    struct leave_group_request request;
    struct leave_group_request_member_identity identity;
    int16_t version = choose_version(m, LEAVE_VERSION_MEMBERS, LEAVE_VERSION_MAX);
    message_defaults(&leave_group_request_struct, &request);
    message_defaults(&leave_group_request_member_identity_struct, &identity);
    request.group_id = string_of(model_group_id(m->options.group));
    identity.member_id = string_of(m->claim.member_id);
    identity.group_instance_id = instance_of(m);
    if (version < LEAVE_VERSION_MEMBERS) {
        request.member_id = identity.member_id;
    } else {
        request.members.items = &identity;
        request.members.count = 1;
    }
    m->step = STEP_LEAVE;
    client_call(&m->client, &m->call, API_LEAVE_GROUP, version, &request);
}

static void leave_answered(struct sim_group_member *m, const struct leave_group_response *answer)
{
    int16_t error = answer == NULL ? GROUP_NO_ANSWER : answer->error_code;
    if (error == KAFKA_NONE && m->call.version >= LEAVE_VERSION_MEMBERS)
        error = answer->members.count == 1 ? answer->members.items[0].error_code : INT16_MAX;
    if (error != KAFKA_NONE && error != KAFKA_UNKNOWN_MEMBER_ID &&
        error != KAFKA_FENCED_INSTANCE_ID && !group_error_is_passing(error)) {
        member_break(m, "a leave", error);
        return;
    }
    *m->member_id = '\0';
    m->is_member = false;
    member_go(m);
}

/* It comes back: now and then it has slept and knows nothing of it, else it begins anew. */
static void member_return(struct sim_group_member *m)
{
    if (m->is_member && party_chance(m->party, 400)) {
        m->step = STEP_LIVE;
        ask_commit(m);
        return;
    }
    *m->member_id = '\0';
    m->is_member = false;
    m->step = STEP_JOIN;
    ask_join(m);
}

static void member_choose(struct sim_group_member *m)
{
    uint64_t dice = party_random(m->party, 0, 99);
    bool may_go = !m->stopping && !m->options.reliable;
    if (may_go && dice < 5) {
        ask_leave(m);
    } else if (may_go && dice < 12) {
        client_break(&m->client);
        member_go(m);
    } else if (may_go && dice < 14) {
        m->step = STEP_JOIN;
        ask_join(m);
    } else if (may_go && is_static(m) && dice < 20) {
        /* Its next life begins at once; the former one may still be about. */
        *m->member_id = '\0';
        m->step = STEP_JOIN;
        ask_join(m);
    } else if (dice < 55 || m->stopping) {
        ask_beat(m);
    } else if (dice < 90) {
        ask_commit(m);
    } else {
        ask_fetch(m);
    }
}

static void member_next(struct timer *timer)
{
    struct sim_group_member *m = CONTAINER_OF(timer, struct sim_group_member, next);
    switch (m->step) {
    case STEP_FIND:
        group_find_send(&m->client, &m->call, m->options.group);
        return;
    case STEP_JOIN:
        ask_join(m);
        return;
    case STEP_SYNC:
        ask_sync(m);
        return;
    case STEP_LIVE:
        member_choose(m);
        return;
    case STEP_AWAY:
        member_return(m);
        return;
    case STEP_BEAT:
    case STEP_COMMIT:
    case STEP_FETCH:
    case STEP_LEAVE:
        break;
    }
    UNREACHABLE();
}

static void commit_answered(struct sim_group_member *m, const struct offset_commit_response *answer)
{
    int16_t error = group_commit_ended(m->party, &m->commit, answer);
    if (member_failed(m, "a commit", error))
        return;
    if (party_chance(m->party, 200))
        ask_fetch(m);
    else
        member_live(m);
}

static void member_answered(struct client_call *call, const void *answer)
{
    struct sim_group_member *m = CONTAINER_OF(call, struct sim_group_member, call);
    switch (m->step) {
    case STEP_FIND:
        find_answered(m, answer);
        return;
    case STEP_JOIN:
        join_answered(m, answer);
        return;
    case STEP_SYNC:
        sync_answered(m, answer);
        return;
    case STEP_BEAT:
        beat_answered(m, answer);
        return;
    case STEP_COMMIT:
        commit_answered(m, answer);
        return;
    case STEP_FETCH:
        fetch_answered(m, answer);
        return;
    case STEP_LEAVE:
        leave_answered(m, answer);
        return;
    case STEP_LIVE:
    case STEP_AWAY:
        break;
    }
    UNREACHABLE();
}

struct sim_group_member *sim_group_member_new(struct party *party,
                                              const struct group_member_options *options)
{
    struct sim_group_member *m = mem_alloc(sizeof *m);
    ASSERT(strlen(options->instance_id) < sizeof m->instance_id);
    m->party = party;
    m->options = *options;
    memcpy(m->instance_id, options->instance_id, strlen(options->instance_id));
    m->claim = model_claim_none;
    m->call.done = member_answered;
    timer_init(&m->next, member_next);
    client_init(&m->client, party);
    return m;
}

void sim_group_member_free(struct sim_group_member *m)
{
    heap_cancel(&m->party->timers, &m->next);
    client_fini(&m->client);
    mem_free(m);
}

void sim_group_member_start(struct sim_group_member *m)
{
    member_then(m, STEP_JOIN, RETRY_NS_MAX);
}

void sim_group_member_stop(struct sim_group_member *m)
{
    m->stopping = true;
}

void sim_group_member_redial(struct sim_group_member *m)
{
    m->settled = false;
    client_abandon(&m->client);
}

const struct model_claim *sim_group_member_settled(const struct sim_group_member *m)
{
    return m->settled ? &m->claim : NULL;
}

const struct model_claim *sim_group_member_claim(const struct sim_group_member *m)
{
    return m->joined_ever ? &m->claim : NULL;
}

uint64_t sim_group_member_share(const struct sim_group_member *m)
{
    return m->share;
}

uint32_t sim_group_member_assignment(const struct sim_group_member *m)
{
    return m->assignment;
}

struct model_group *sim_group_member_group(const struct sim_group_member *m)
{
    return m->options.group;
}
