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
#define MEMBERS_MAX 64
#define SHARE_BYTES 12
#define SHARE_BYTES_MAX 200
#define NAME_BYTES 24
#define SUBSCRIPTION_BYTES 1024

struct sim_group_member {
    struct group_seat seat;
    bool consumes;
    bool knows_statics;
    uint64_t sent;
    bool leads;
    struct model_share shares[MEMBERS_MAX]; /* of the members, when it leads */
    uint32_t member_count;
    char protocol[NAME_BYTES];
    uint32_t assignment;
    uint64_t share;
};

static struct sim_group_member *member_of(struct group_seat *seat)
{
    return CONTAINER_OF(seat, struct sim_group_member, seat);
}

static void member_join(struct sim_group_member *m)
{
    m->seat.is_member = m->seat.settled = false;
    seat_soon(&m->seat, SEAT_JOIN);
}

static void member_go_on(struct group_seat *seat)
{
    struct sim_group_member *m = member_of(seat);
    if (seat->is_member)
        seat_live(seat);
    else
        member_join(m);
}

/* It must begin anew; or believes so. */
static void member_reset(struct sim_group_member *m)
{
    *m->seat.member_id = '\0';
    member_join(m);
}

static void member_break(struct sim_group_member *m, const char *deed, int error)
{
    group_call_break(m->seat.party, m->seat.options.group, deed, error);
    member_reset(m);
}

static struct string instance_of(const struct sim_group_member *m)
{
    return seat_is_static(&m->seat) ? string_of(m->seat.instance_id) : STRING_NULL;
}

static const char *protocol_type(const struct sim_group_member *m)
{
    return m->consumes ? "consumer" : "other";
}

static int16_t choose_version(struct sim_group_member *m, int16_t with_instance, int16_t most)
{
    return (int16_t)party_random(
        m->seat.party, seat_is_static(&m->seat) ? (uint64_t)with_instance : 0, (uint64_t)most);
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
    else if (error == KAFKA_ILLEGAL_GENERATION && party_chance(m->seat.party, 500))
        member_join(m);
    else if (error == KAFKA_ILLEGAL_GENERATION || error == KAFKA_GROUP_ID_NOT_FOUND)
        member_reset(m);
    else if (!group_error_is_passing(error))
        member_break(m, deed, error);
    else if (error == KAFKA_NOT_COORDINATOR)
        seat_soon(&m->seat, SEAT_FIND);
    else
        member_go_on(&m->seat);
    return true;
}

/* Joining. */

/* A ConsumerProtocolSubscription, version 0. */
static struct blob subscription(const struct sim_group_member *m, uint8_t *room)
{
    struct writer w;
    const struct group_places *places = m->seat.options.places;
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
    const struct group_places *places = m->seat.options.places;
    uint32_t count = 0;
    for (uint32_t i = 0; i < places->count; i++)
        if (count == 0 || topics[count - 1] != places->items[i].topic)
            topics[count++] = places->items[i].topic;
    model_group_joining(m->seat.options.group, topics, count);
}

static void ask_join(struct sim_group_member *m)
{
    struct join_group_request request;
    struct join_group_request_protocol protocols[2];
    uint8_t room[SUBSCRIPTION_BYTES];
    int16_t version = (int16_t)party_random(
        m->seat.party, m->knows_statics ? JOIN_VERSION_INSTANCE : JOIN_VERSION_MIN,
        JOIN_VERSION_MAX);
    message_defaults(&join_group_request_struct, &request);
    for (int i = 0; i < 2; i++) {
        message_defaults(&join_group_request_protocol_struct, &protocols[i]);
        protocols[i].name = string_of(i == 0 ? "range" : "roundrobin");
        protocols[i].metadata = subscription(m, room);
    }
    request.group_id = seat_group_id(&m->seat);
    request.session_timeout_ms = m->seat.options.session_ms;
    request.rebalance_timeout_ms = m->seat.options.rebalance_ms;
    request.member_id = string_of(m->seat.member_id);
    request.group_instance_id = instance_of(m);
    request.protocol_type = string_of(protocol_type(m));
    request.protocols.items = protocols;
    request.protocols.count = (int32_t)party_random(m->seat.party, 1, 2);
    joining(m);
    m->sent = seat_moment(&m->seat);
    seat_ask(&m->seat, SEAT_JOIN, API_JOIN_GROUP, version, &request);
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
    bool fits = text_take(m->seat.member_id, sizeof m->seat.member_id, answer->member_id) &&
                text_take(m->protocol, sizeof m->protocol, answer->protocol_name) &&
                take_members(m, answer);
    if (!fits || answer->generation_id <= 0 || answer->member_id.len <= 0) {
        member_break(m, "a join with odd words", KAFKA_NONE);
        return;
    }
    seat_joined(&m->seat, answer->generation_id, m->sent);
    /* Without the assignment of this generation it is nobody: it joins again, as every client. */
    m->seat.is_member = false;
    m->leads = bytes_equal(string_bytes(answer->leader), string_bytes(answer->member_id)) &&
               !answer->skip_assignment;
    model_group_joined(m->seat.options.group, &m->seat.claim);
    seat_then(&m->seat, SEAT_SYNC, party_chance(m->seat.party, 100) ? NS_PER_S : 0);
}

static void join_answered(struct sim_group_member *m, const struct join_group_response *answer)
{
    model_group_touched(m->seat.options.group, answer == NULL);
    int16_t error = answer == NULL ? GROUP_NO_ANSWER : answer->error_code;
    if (error == KAFKA_MEMBER_ID_REQUIRED) {
        if (!text_take(m->seat.member_id, sizeof m->seat.member_id, answer->member_id) ||
            *m->seat.member_id == '\0')
            member_break(m, "a first join without an id", error);
        else
            member_join(m);
        return;
    }
    /* A new life without an answer: it may begin once more, and fence the one that is unknown. */
    if (error == GROUP_NO_ANSWER && party_chance(m->seat.party, 300))
        *m->seat.member_id = '\0';
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
    uint32_t places = m->seat.options.places->count;
    uint64_t first = party_random(m->seat.party, 0, m->member_count - 1);
    for (uint32_t i = 0; i < places; i++)
        m->shares[(first + i) % m->member_count].partitions |= (uint64_t)1 << i;
    uint32_t number = model_group_assigning(m->seat.options.group, m->seat.claim.generation,
                                            m->shares, m->member_count);
    for (uint32_t i = 0; i < m->member_count; i++) {
        uint64_t len = party_random(m->seat.party, SHARE_BYTES, SHARE_BYTES_MAX);
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
    request.group_id = seat_group_id(&m->seat);
    request.generation_id = m->seat.claim.generation;
    request.member_id = string_of(m->seat.claim.member_id);
    request.group_instance_id = instance_of(m);
    request.protocol_type = string_of(protocol_type(m));
    request.protocol_name = string_of(m->protocol);
    if (m->leads && m->member_count > 0)
        hand_in(m, handing, &request);
    m->sent = seat_moment(&m->seat);
    seat_ask(&m->seat, SEAT_SYNC, API_SYNC_GROUP,
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
    m->seat.is_member = true;
    m->seat.settled = false;
    model_group_assigned(m->seat.options.group, &m->seat.claim, m->sent, m->assignment, m->share);
    seat_live(&m->seat);
}

/* A member's deeds. */

static void ask_beat(struct sim_group_member *m)
{
    struct heartbeat_request request;
    message_defaults(&heartbeat_request_struct, &request);
    request.group_id = seat_group_id(&m->seat);
    request.generation_id = m->seat.claim.generation;
    request.member_id = string_of(m->seat.claim.member_id);
    request.group_instance_id = instance_of(m);
    m->sent = seat_moment(&m->seat);
    seat_ask(&m->seat, SEAT_BEAT, API_HEARTBEAT,
             choose_version(m, SYNC_VERSION_INSTANCE, HEARTBEAT_VERSION_MAX), &request);
}

static void beat_answered(struct sim_group_member *m, const struct heartbeat_response *answer)
{
    if (member_failed(m, "a heartbeat", answer == NULL ? GROUP_NO_ANSWER : answer->error_code))
        return;
    model_group_served(m->seat.options.group, &m->seat.claim, m->sent);
    m->seat.settled = m->seat.stopping;
    seat_live(&m->seat);
}

static void ask_commit(struct sim_group_member *m)
{
    if (!seat_commit(&m->seat, m->share))
        ask_beat(m);
}

/* Going. */

static void ask_leave(struct sim_group_member *m)
{
    struct leave_group_request request;
    struct leave_group_request_member_identity identity;
    int16_t version = choose_version(m, LEAVE_VERSION_MEMBERS, LEAVE_VERSION_MAX);
    message_defaults(&leave_group_request_struct, &request);
    message_defaults(&leave_group_request_member_identity_struct, &identity);
    request.group_id = seat_group_id(&m->seat);
    identity.member_id = string_of(m->seat.claim.member_id);
    identity.group_instance_id = instance_of(m);
    if (version < LEAVE_VERSION_MEMBERS) {
        request.member_id = identity.member_id;
    } else {
        request.members.items = &identity;
        request.members.count = 1;
    }
    seat_ask(&m->seat, SEAT_LEAVE, API_LEAVE_GROUP, version, &request);
}

static void leave_answered(struct sim_group_member *m, const struct leave_group_response *answer)
{
    int16_t error = answer == NULL ? GROUP_NO_ANSWER : answer->error_code;
    if (error == KAFKA_NONE && m->seat.caller.call.version >= LEAVE_VERSION_MEMBERS)
        error = answer->members.count == 1 ? answer->members.items[0].error_code : INT16_MAX;
    if (error != KAFKA_NONE && error != KAFKA_UNKNOWN_MEMBER_ID &&
        error != KAFKA_FENCED_INSTANCE_ID && !group_error_is_passing(error)) {
        member_break(m, "a leave", error);
        return;
    }
    *m->seat.member_id = '\0';
    m->seat.is_member = false;
    seat_go_away(&m->seat);
}

/* It comes back: now and then it has slept and knows nothing of it, else it begins anew. */
static void member_return(struct sim_group_member *m)
{
    if (seat_has_slept(&m->seat)) {
        ask_commit(m);
        return;
    }
    *m->seat.member_id = '\0';
    m->seat.is_member = false;
    ask_join(m);
}

static void member_choose(struct sim_group_member *m)
{
    uint64_t dice = party_random(m->seat.party, 0, 99);
    bool may_go = seat_may_stray(&m->seat);
    if (may_go && dice < 5) {
        ask_leave(m);
    } else if (may_go && dice < 12) {
        client_break(&m->seat.caller.client);
        seat_go_away(&m->seat);
    } else if (may_go && dice < 14) {
        ask_join(m);
    } else if (may_go && seat_is_static(&m->seat) && dice < 20) {
        /* Its next life begins at once; the former one may still be about. */
        *m->seat.member_id = '\0';
        ask_join(m);
    } else if (dice < 55 || m->seat.stopping) {
        ask_beat(m);
    } else if (dice < 90) {
        ask_commit(m);
    } else {
        seat_fetch(&m->seat, m->share);
    }
}

static void member_act(struct group_seat *seat)
{
    struct sim_group_member *m = member_of(seat);
    switch (seat->step) {
    case SEAT_JOIN:
        ask_join(m);
        break;
    case SEAT_SYNC:
        ask_sync(m);
        break;
    case SEAT_LIVE:
        member_choose(m);
        break;
    case SEAT_AWAY:
        member_return(m);
        break;
    default:
        UNREACHABLE();
    }
}

static void commit_answered(struct sim_group_member *m, const struct offset_commit_response *answer)
{
    int16_t error = seat_committed(&m->seat, answer);
    if (member_failed(m, "a commit", error))
        return;
    if (party_chance(m->seat.party, 200))
        seat_fetch(&m->seat, m->share);
    else
        seat_live(&m->seat);
}

static void member_answered(struct group_seat *seat, const void *answer)
{
    struct sim_group_member *m = member_of(seat);
    switch (seat->step) {
    case SEAT_JOIN:
        join_answered(m, answer);
        break;
    case SEAT_SYNC:
        sync_answered(m, answer);
        break;
    case SEAT_BEAT:
        beat_answered(m, answer);
        break;
    case SEAT_COMMIT:
        commit_answered(m, answer);
        break;
    case SEAT_LEAVE:
        leave_answered(m, answer);
        break;
    default:
        UNREACHABLE();
    }
}

static const struct seat_protocol protocol = {
    .act = member_act,
    .answered = member_answered,
    .go_on = member_go_on,
};

struct sim_group_member *sim_group_member_new(struct party *party,
                                              const struct group_member_options *options)
{
    struct sim_group_member *m = mem_alloc(sizeof *m);
    seat_init(&m->seat, party, &options->seat, &protocol);
    m->consumes = options->consumes;
    m->knows_statics = options->knows_statics;
    return m;
}

void sim_group_member_free(struct sim_group_member *m)
{
    seat_fini(&m->seat);
    mem_free(m);
}

void sim_group_member_start(struct sim_group_member *m)
{
    seat_soon(&m->seat, SEAT_JOIN);
}

struct group_seat *sim_group_member_seat(struct sim_group_member *m)
{
    return &m->seat;
}

uint64_t sim_group_member_share(const struct sim_group_member *m)
{
    return m->share;
}

uint32_t sim_group_member_assignment(const struct sim_group_member *m)
{
    return m->assignment;
}
