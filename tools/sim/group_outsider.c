/* One call is out at a time. What it asks for and what it makes of the answer stand together. */
#include "tools/sim/group_outsider.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "protocol/schema/groups.h"

#define LIST_VERSION_STATES 4
#define LIST_VERSION_MAX 5
#define DESCRIBE_VERSION_NOT_FOUND 6
#define DELETE_VERSION_MAX 2
#define PAUSE_NS_MAX (150 * NS_PER_MS)
#define REMEMBERED_MAX 6
#define SHARE_BYTES 12
#define GROUPS_MAX 256

enum deed {
    DEED_FIND,
    DEED_COMMIT,
    DEED_FETCH,
    DEED_FORGET,
    DEED_DELETE,
    DEED_LIST,
    DEED_DESCRIBE,
    DEED_LOOK, /* the same, of members of the new protocol */
};

/* Somebody's claim, from earlier. */
struct remembered {
    struct model_group *group;
    struct model_claim claim;
};

struct sim_outsider {
    struct party *party;
    struct outsider_options options;
    struct caller caller;
    enum deed deed;
    struct model_group *group; /* that it is about */
    uint64_t sent;
    struct group_commit_call commit;
    struct group_fetch_call fetch;
    struct consumer_look look;
    uint32_t number; /* of a deletion */
    struct remembered remembered[REMEMBERED_MAX];
    uint32_t remembered_count;
    uint32_t audited; /* steps that an auditor has done */
    bool found;       /* there is a coordinator */
    bool stopping;
    bool done;
};

static void outsider_break(struct sim_outsider *o, const char *deed, int error)
{
    group_call_break(o->party, o->group, deed, error);
}

static void ask(struct sim_outsider *o, int16_t api, int16_t version, const void *request)
{
    o->sent = model_groups_moment(o->options.groups);
    caller_ask(&o->caller, api, version, request);
}

/* Anybody's; null: there is nobody. */
static const struct group_seat *pick_seat(struct sim_outsider *o)
{
    uint32_t count = roster_count(o->options.roster);
    if (count == 0)
        return NULL;
    return roster_seat(o->options.roster, (uint32_t)party_random(o->party, 0, count - 1));
}

static struct model_group *pick_group(struct sim_outsider *o, uint32_t plain_rate)
{
    if (roster_count(o->options.roster) == 0 || party_chance(o->party, plain_rate))
        return o->options.plain[party_random(o->party, 0, o->options.plain_count - 1)];
    return pick_seat(o)->options.group;
}

static uint32_t pick_places(struct sim_outsider *o, struct model_place *picked)
{
    const struct group_places *places = o->options.places;
    uint32_t count = (uint32_t)party_random(o->party, 1, MIN(GROUP_CALL_PLACES, places->count));
    uint64_t first = party_random(o->party, 0, places->count - 1);
    for (uint32_t i = 0; i < count; i++)
        picked[i] = places->items[(first + i) % places->count];
    return count;
}

/* Commits. */

/* Takes a member's name, to use it later. */
static void remember(struct sim_outsider *o)
{
    const struct group_seat *seat = pick_seat(o);
    const struct model_claim *claim = seat == NULL ? NULL : seat_claim(seat);
    if (claim == NULL)
        return;
    uint32_t at = o->remembered_count;
    if (at < REMEMBERED_MAX)
        o->remembered_count++;
    else
        at = (uint32_t)party_random(o->party, 0, REMEMBERED_MAX - 1);
    o->remembered[at] = (struct remembered){seat->options.group, *claim};
}

/* As somebody: a member of now or before, or one that never was. */
static void choose_claim(struct sim_outsider *o, struct model_claim *claim)
{
    *claim = model_claim_none;
    o->group = pick_group(o, 700);
    if (o->remembered_count == 0 || party_chance(o->party, 400))
        return;
    const struct remembered *one =
        &o->remembered[party_random(o->party, 0, o->remembered_count - 1)];
    o->group = one->group;
    *claim = one->claim;
    if (party_chance(o->party, 800))
        return;
    claim->invented = true;
    memset(claim->member_id, 0, sizeof claim->member_id);
    snprintf(claim->member_id, sizeof claim->member_id, "nobody-%d", claim->generation);
    memset(claim->instance_id, 0, sizeof claim->instance_id);
}

static void ask_commit(struct sim_outsider *o)
{
    struct model_claim claim;
    choose_claim(o, &claim);
    o->commit.groups = o->options.groups;
    o->commit.group = o->group;
    o->commit.count = pick_places(o, o->commit.places);
    o->commit.knows_epochs = model_group_is_modern(o->group) && party_chance(o->party, 800);
    group_commit_send(&o->caller, &o->commit, &claim);
}

/* Offsets. */

static void ask_fetch(struct sim_outsider *o)
{
    o->fetch.group = o->group;
    o->fetch.known = o->options.places;
    o->fetch.count =
        o->options.audits || party_chance(o->party, 300) ? 0 : pick_places(o, o->fetch.places);
    group_fetch_send(&o->caller, o->options.groups, &o->fetch);
}

static bool fetch_answered(struct sim_outsider *o, const struct offset_fetch_response *answer)
{
    return group_fetch_ended(o->party, &o->fetch, o->caller.call.version, answer) == KAFKA_NONE;
}

/* Whatever is known of its end. */
static void deletion_ended(struct sim_outsider *o, int16_t error, const char *deed)
{
    enum model_outcome outcome = MODEL_OPEN;
    if (error == KAFKA_NONE)
        outcome = MODEL_DONE;
    else if (error == GROUP_NO_ANSWER)
        outcome = MODEL_LATE;
    else if (error == KAFKA_GROUP_ID_NOT_FOUND || error == KAFKA_NON_EMPTY_GROUP ||
             error == KAFKA_GROUP_SUBSCRIBED_TO_TOPIC ||
             error == KAFKA_COORDINATOR_LOAD_IN_PROGRESS)
        outcome = MODEL_REFUSED;
    else if (!group_error_is_passing(error))
        outsider_break(o, deed, error);
    model_write_ended(o->options.groups, o->number, outcome);
    if (error == KAFKA_GROUP_ID_NOT_FOUND)
        model_group_told_missing(o->group, o->sent);
}

static void ask_forget(struct sim_outsider *o)
{
    struct offset_delete_request request;
    struct offset_delete_request_topic topic;
    struct offset_delete_request_partition partition;
    struct model_place place =
        o->options.places->items[party_random(o->party, 0, o->options.places->count - 1)];
    message_defaults(&offset_delete_request_struct, &request);
    message_defaults(&offset_delete_request_topic_struct, &topic);
    message_defaults(&offset_delete_request_partition_struct, &partition);
    request.group_id = string_of(model_group_id(o->group));
    request.topics.items = &topic;
    request.topics.count = 1;
    topic.name = string_of(place.topic->name);
    topic.partitions.items = &partition;
    topic.partitions.count = 1;
    partition.partition_index = place.partition;
    o->number = model_offset_deleting(o->group, place);
    ask(o, API_OFFSET_DELETE, 0, &request);
}

static void forget_answered(struct sim_outsider *o, const struct offset_delete_response *answer)
{
    int16_t error = answer == NULL ? GROUP_NO_ANSWER : answer->error_code;
    if (error == KAFKA_NONE)
        error = answer->topics.count == 1 && answer->topics.items[0].partitions.count == 1
                    ? answer->topics.items[0].partitions.items[0].error_code
                    : INT16_MAX;
    deletion_ended(o, error, "the deletion of an offset");
}

static void ask_delete(struct sim_outsider *o)
{
    struct delete_groups_request request;
    struct string id = string_of(model_group_id(o->group));
    message_defaults(&delete_groups_request_struct, &request);
    request.groups_names.items = &id;
    request.groups_names.count = 1;
    o->number = model_group_deleting(o->group);
    ask(o, API_DELETE_GROUPS, (int16_t)party_random(o->party, 0, DELETE_VERSION_MAX), &request);
}

static void delete_answered(struct sim_outsider *o, const struct delete_groups_response *answer)
{
    int16_t error = GROUP_NO_ANSWER;
    if (answer != NULL)
        error = answer->results.count == 1 ? answer->results.items[0].error_code : INT16_MAX;
    deletion_ended(o, error, "its deletion");
}

/* Listings. */

static void ask_list(struct sim_outsider *o)
{
    struct list_groups_request request;
    message_defaults(&list_groups_request_struct, &request);
    ask(o, API_LIST_GROUPS, (int16_t)party_random(o->party, 0, LIST_VERSION_MAX), &request);
}

static bool is_listed(const struct list_groups_response *answer, const struct model_group *group)
{
    for (int32_t i = 0; i < answer->groups.count; i++)
        if (bytes_equal(string_bytes(answer->groups.items[i].group_id),
                        bytes_of_string(model_group_id(group))))
            return true;
    return false;
}

static void judge_listed(struct sim_outsider *o, const struct list_groups_response *answer,
                         int32_t at)
{
    const struct list_groups_response_listed_group *told = &answer->groups.items[at];
    struct model_group *group;
    bool known = false;
    for (int32_t i = 0; i < at; i++)
        if (bytes_equal(string_bytes(told->group_id),
                        string_bytes(answer->groups.items[i].group_id)))
            model_break(o->party->model, "group %.*s is listed twice", (int)told->group_id.len,
                        told->group_id.data);
    for (uint32_t i = 0; (group = model_group_at(o->options.groups, i)) != NULL && !known; i++)
        known = bytes_equal(string_bytes(told->group_id), bytes_of_string(model_group_id(group)));
    if (!known)
        model_break(o->party->model, "group %.*s is listed, which nobody made",
                    (int)told->group_id.len, told->group_id.data);
}

static bool list_answered(struct sim_outsider *o, const struct list_groups_response *answer)
{
    struct model_group *group;
    int16_t error = answer == NULL ? GROUP_NO_ANSWER : answer->error_code;
    o->group = model_group_at(o->options.groups, 0);
    if (error != KAFKA_NONE && !group_error_is_passing(error))
        outsider_break(o, "a listing", error);
    if (error != KAFKA_NONE)
        return false;
    for (int32_t i = 0; i < answer->groups.count; i++)
        judge_listed(o, answer, i);
    for (uint32_t i = 0; (group = model_group_at(o->options.groups, i)) != NULL; i++) {
        if (is_listed(answer, group))
            model_group_told_there(group, o->sent);
        else
            model_group_told_missing(group, o->sent);
    }
    return true;
}

/* Descriptions. */

static void ask_describe(struct sim_outsider *o)
{
    struct describe_groups_request request;
    struct string id = string_of(model_group_id(o->group));
    message_defaults(&describe_groups_request_struct, &request);
    request.groups.items = &id;
    request.groups.count = 1;
    ask(o, API_DESCRIBE_GROUPS, (int16_t)party_random(o->party, 0, DESCRIBE_VERSION_NOT_FOUND),
        &request);
}

static const struct sim_group_member *member_named(const struct sim_outsider *o, struct string id)
{
    for (uint32_t i = 0; i < o->options.roster->member_count; i++)
        if (seat_is_settled_as(sim_group_member_seat(o->options.roster->members[i]), o->group, id))
            return o->options.roster->members[i];
    return NULL;
}

static int32_t members_expected(const struct sim_outsider *o)
{
    int32_t count = 0;
    for (uint32_t i = 0; i < o->options.roster->member_count; i++)
        count += sim_group_member_seat(o->options.roster->members[i])->options.group == o->group;
    return count;
}

/* When nothing happens it is exactly what the members know. */
static void judge_described(struct sim_outsider *o,
                            const struct describe_groups_response_described_group *told)
{
    int32_t expected = members_expected(o);
    const char *state = expected > 0 ? "Stable" : "Empty";
    struct model *model = o->party->model;
    const char *id = model_group_id(o->group);
    if (!bytes_equal(string_bytes(told->group_state), bytes_of_string(state)))
        model_break(model, "group %s is described as %.*s, it is %s", id,
                    (int)told->group_state.len, told->group_state.data, state);
    if (told->members.count != expected)
        model_break(model, "group %s is described with %d members, it has %d", id,
                    told->members.count, expected);
    for (int32_t i = 0; i < told->members.count; i++) {
        const struct describe_groups_response_described_group_member *one = &told->members.items[i];
        const struct sim_group_member *member = member_named(o, one->member_id);
        struct bytes share = blob_bytes(one->member_assignment);
        if (member == NULL)
            model_break(model, "group %s is described with a member that it does not have", id);
        else if (share.len < SHARE_BYTES ||
                 load_be32(share.data) != sim_group_member_assignment(member) ||
                 load_be64(share.data + 4) != sim_group_member_share(member))
            model_break(model, "group %s: a member is described with another's assignment", id);
    }
}

static bool describe_answered(struct sim_outsider *o, const struct describe_groups_response *answer)
{
    int16_t error = GROUP_NO_ANSWER;
    if (answer != NULL)
        error = answer->groups.count == 1 ? answer->groups.items[0].error_code : INT16_MAX;
    bool missing = error == KAFKA_GROUP_ID_NOT_FOUND;
    bool modern = model_group_is_modern(o->group);
    if (error == KAFKA_NONE &&
        bytes_equal(string_bytes(answer->groups.items[0].group_state), BYTES_LITERAL("Dead")))
        missing = true;
    /* There may be one of the other kind. */
    if (missing && !modern)
        model_group_told_missing(o->group, o->sent);
    if (missing)
        return true;
    if (error != KAFKA_NONE && !group_error_is_passing(error))
        outsider_break(o, "a question about it", error);
    if (error != KAFKA_NONE)
        return false;
    model_group_told_there(o->group, o->sent);
    if (modern)
        model_consumers_told_missing(o->group, o->sent);
    else if (o->options.audits && o->options.settled)
        judge_described(o, &answer->groups.items[0]);
    return true;
}

static void ask_look(struct sim_outsider *o)
{
    o->look.group = o->group;
    o->look.places = o->options.places;
    o->look.roster = o->options.roster;
    o->look.settled = o->options.audits && o->options.settled;
    consumer_look_send(&o->caller, o->options.groups, &o->look);
}

/* What comes next. */

static void outsider_ask(struct sim_outsider *o)
{
    switch (o->deed) {
    case DEED_FIND:
        group_find_send(&o->caller, o->group);
        return;
    case DEED_COMMIT:
        ask_commit(o);
        return;
    case DEED_FETCH:
        ask_fetch(o);
        return;
    case DEED_FORGET:
        ask_forget(o);
        return;
    case DEED_DELETE:
        ask_delete(o);
        return;
    case DEED_LIST:
        ask_list(o);
        return;
    case DEED_DESCRIBE:
        ask_describe(o);
        return;
    case DEED_LOOK:
        ask_look(o);
        return;
    }
    UNREACHABLE();
}

/* First all offsets of each group, then each group, then all. */
static void auditor_next(struct sim_outsider *o)
{
    struct model_group *group = model_group_at(o->options.groups, o->audited / 2);
    if (group != NULL) {
        o->group = group;
        o->deed = o->audited % 2 == 0               ? DEED_FETCH
                  : model_group_is_modern(o->group) ? DEED_LOOK
                                                    : DEED_DESCRIBE;
    } else {
        o->group = model_group_at(o->options.groups, 0);
        o->deed = DEED_LIST;
    }
    outsider_ask(o);
}

static void outsider_choose(struct sim_outsider *o)
{
    uint64_t dice = party_random(o->party, 0, 99);
    o->group = pick_group(o, 800);
    if (!o->found || o->options.places->count == 0 || dice < 3)
        o->deed = DEED_FIND;
    else if (dice < 50)
        o->deed = DEED_COMMIT;
    else if (dice < 70)
        o->deed = DEED_FETCH;
    else if (dice < 78)
        o->deed = DEED_FORGET;
    else if (dice < 86)
        o->deed = DEED_DELETE;
    else if (dice < 92)
        o->deed = DEED_LIST;
    else
        o->deed = DEED_DESCRIBE;
    if (o->deed == DEED_DESCRIBE && model_group_is_modern(o->group) && party_chance(o->party, 800))
        o->deed = DEED_LOOK;
    if (party_chance(o->party, 400))
        remember(o);
    outsider_ask(o);
}

static void outsider_next(struct timer *timer)
{
    struct sim_outsider *o = CONTAINER_OF(timer, struct sim_outsider, caller.next);
    if (o->options.audits)
        auditor_next(o);
    else if (!o->stopping)
        outsider_choose(o);
}

/* True when it was answered as asked. */
static bool outsider_judge(struct sim_outsider *o, const void *answer)
{
    switch (o->deed) {
    case DEED_FIND:
        o->found =
            o->found || group_find_ended(o->party, o->group, o->caller.call.version, answer) == 0;
        return true;
    case DEED_COMMIT:
        return group_commit_ended(o->party, &o->commit, answer) == KAFKA_NONE;
    case DEED_FETCH:
        return fetch_answered(o, answer);
    case DEED_FORGET:
        forget_answered(o, answer);
        return true;
    case DEED_DELETE:
        delete_answered(o, answer);
        return true;
    case DEED_LIST:
        return list_answered(o, answer);
    case DEED_DESCRIBE:
        return describe_answered(o, answer);
    case DEED_LOOK:
        return consumer_look_ended(o->party, &o->look, answer) == KAFKA_NONE;
    }
    UNREACHABLE();
}

static void outsider_answered(struct client_call *call, const void *answer)
{
    struct sim_outsider *o = CONTAINER_OF(call, struct sim_outsider, caller.call);
    bool good = outsider_judge(o, answer);
    if (o->options.audits && good) {
        o->audited++;
        o->done = o->deed == DEED_LIST;
    }
    if (!o->done)
        caller_pause(&o->caller, o->options.audits && good ? 0 : PAUSE_NS_MAX);
}

struct sim_outsider *sim_outsider_new(struct party *party, const struct outsider_options *options)
{
    struct sim_outsider *o = mem_alloc(sizeof *o);
    ASSERT(options->audits || options->plain_count > 0);
    o->party = party;
    o->options = *options;
    caller_init(&o->caller, party, outsider_next, outsider_answered);
    return o;
}

void sim_outsider_free(struct sim_outsider *o)
{
    caller_fini(&o->caller);
    mem_free(o);
}

void sim_outsider_start(struct sim_outsider *o)
{
    caller_pause(&o->caller, o->options.audits ? 0 : PAUSE_NS_MAX);
}

void sim_outsider_stop(struct sim_outsider *o)
{
    o->stopping = true;
}

void sim_outsider_redial(struct sim_outsider *o)
{
    client_abandon(&o->caller.client);
}

bool sim_outsider_done(const struct sim_outsider *o)
{
    if (o->options.audits)
        return o->done;
    return o->stopping && caller_rests(&o->caller);
}
