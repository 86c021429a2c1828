/* Each place is a topic of its own in the request, so that answers can be matched in order. */
#include "tools/sim/group_calls.h"

#include <string.h>

#include "base/assert.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "protocol/schema/groups.h"

#define FIND_VERSION_BATCHED 4
#define FIND_VERSION_MAX 6
#define COMMIT_VERSION_MIN 2
#define COMMIT_VERSION_EPOCH 6
#define COMMIT_VERSION_INSTANCE 7
#define COMMIT_VERSION_MEMBER_EPOCH 9
#define COMMIT_VERSION_ID 10
#define FETCH_VERSION_MIN 1
#define FETCH_VERSION_ALL 2
#define FETCH_VERSION_EPOCH 5
#define FETCH_VERSION_STABLE 7
#define FETCH_VERSION_GROUPS 8
#define FETCH_VERSION_ID 10

void group_places_add(struct group_places *places, const struct model_topic *topic)
{
    for (uint32_t i = 0; i < places->count; i++)
        if (places->items[i].topic == topic)
            return;
    ASSERT(places->topic_count < GROUP_TOPICS_MAX);
    places->topics[places->topic_count++] = topic;
    for (int32_t i = 0; i < topic->count && places->count < GROUP_PLACES_MAX; i++)
        places->items[places->count++] = (struct model_place){topic, i};
}

uint32_t group_places_find(const struct group_places *places, struct uuid topic_id)
{
    uint32_t t = 0;
    while (t < places->topic_count && !uuid_equal(places->topics[t]->id, topic_id))
        t++;
    return t;
}

uint32_t group_places_topic(const struct group_places *places, const struct model_topic *topic)
{
    uint32_t number = group_places_find(places, topic->id);
    ASSERT(number < places->topic_count);
    return number;
}

bool group_error_is_passing(int16_t error)
{
    return error == GROUP_NO_ANSWER || error == KAFKA_COORDINATOR_LOAD_IN_PROGRESS ||
           error == KAFKA_COORDINATOR_NOT_AVAILABLE || error == KAFKA_NOT_COORDINATOR ||
           error == KAFKA_UNKNOWN_SERVER_ERROR || error == KAFKA_REQUEST_TIMED_OUT ||
           error == KAFKA_KAFKA_STORAGE_ERROR;
}

void group_call_break(struct party *party, const struct model_group *group, const char *deed,
                      int error)
{
    model_break(party->model, "group %s: %s was answered with %d", model_group_id(group), deed,
                error);
}

/* The coordinator. */

void group_find_send(struct caller *caller, const struct model_group *group)
{
    struct find_coordinator_request request;
    struct string key = string_of(model_group_id(group));
    int16_t version = (int16_t)party_random(caller->client.party, 0, FIND_VERSION_MAX);
    message_defaults(&find_coordinator_request_struct, &request);
    if (version < FIND_VERSION_BATCHED) {
        request.key = key;
    } else {
        request.coordinator_keys.items = &key;
        request.coordinator_keys.count = 1;
    }
    caller_ask(caller, API_FIND_COORDINATOR, version, &request);
}

int16_t group_find_ended(struct party *party, const struct model_group *group, int16_t version,
                         const struct find_coordinator_response *answer)
{
    int16_t error = GROUP_NO_ANSWER;
    if (answer != NULL && version < FIND_VERSION_BATCHED)
        error = answer->error_code;
    else if (answer != NULL)
        error =
            answer->coordinators.count == 1 ? answer->coordinators.items[0].error_code : INT16_MAX;
    if (error != KAFKA_NONE && !group_error_is_passing(error))
        group_call_break(party, group, "a question for its coordinator", error);
    return error;
}

/* Commits. */

static void commit_fill(struct group_commit_call *commit, uint32_t i,
                        struct offset_commit_request_topic *topic,
                        struct offset_commit_request_partition *partition,
                        char text[MODEL_METADATA_BYTES])
{
    struct model_offset value = model_commit_value(commit->groups, commit->numbers[i], text);
    message_defaults(&offset_commit_request_topic_struct, topic);
    message_defaults(&offset_commit_request_partition_struct, partition);
    topic->name = string_of(commit->places[i].topic->name);
    topic->topic_id = commit->places[i].topic->id;
    topic->partitions.items = partition;
    topic->partitions.count = 1;
    partition->partition_index = commit->places[i].partition;
    partition->committed_offset = value.offset;
    partition->committed_leader_epoch = value.epoch;
    partition->committed_metadata = value.metadata;
}

void group_commit_send(struct caller *caller, struct group_commit_call *commit,
                       const struct model_claim *claim)
{
    struct offset_commit_request request;
    struct offset_commit_request_topic topics[GROUP_CALL_PLACES];
    struct offset_commit_request_partition partitions[GROUP_CALL_PLACES];
    char texts[GROUP_CALL_PLACES][MODEL_METADATA_BYTES];
    bool is_static = *claim->instance_id != '\0';
    uint64_t least = is_static ? COMMIT_VERSION_INSTANCE : COMMIT_VERSION_MIN;
    if (commit->knows_epochs)
        least = COMMIT_VERSION_MEMBER_EPOCH;
    int16_t version = (int16_t)party_random(caller->client.party, least, COMMIT_VERSION_ID);
    ASSERT(commit->count > 0 && commit->count <= GROUP_CALL_PLACES);
    message_defaults(&offset_commit_request_struct, &request);
    for (uint32_t i = 0; i < commit->count; i++) {
        commit->numbers[i] = model_commit_sent(commit->group, commit->places[i], claim,
                                               version >= COMMIT_VERSION_EPOCH);
        commit_fill(commit, i, &topics[i], &partitions[i], texts[i]);
    }
    request.group_id = string_of(model_group_id(commit->group));
    request.generation_id_or_member_epoch = claim->generation;
    request.member_id = string_of(claim->member_id);
    if (is_static)
        request.group_instance_id = string_of(claim->instance_id);
    request.topics.items = topics;
    request.topics.count = (int32_t)commit->count;
    caller_ask(caller, API_OFFSET_COMMIT, version, &request);
}

/* Refused for certain, or maybe done. */
static enum model_outcome commit_outcome(struct party *party, const struct model_group *group,
                                         int16_t error)
{
    switch (error) {
    case KAFKA_NONE:
        return MODEL_DONE;
    case GROUP_NO_ANSWER:
        return MODEL_LATE;
    case KAFKA_UNKNOWN_MEMBER_ID:
    case KAFKA_ILLEGAL_GENERATION:
    case KAFKA_FENCED_INSTANCE_ID:
    case KAFKA_REBALANCE_IN_PROGRESS:
    case KAFKA_GROUP_ID_NOT_FOUND:
    case KAFKA_COORDINATOR_LOAD_IN_PROGRESS:
        return MODEL_REFUSED;
    case KAFKA_STALE_MEMBER_EPOCH:
    case KAFKA_UNSUPPORTED_VERSION:
        if (!model_group_is_modern(group))
            group_call_break(party, group, "a commit", error);
        return MODEL_REFUSED;
    default:
        if (!group_error_is_passing(error))
            group_call_break(party, group, "a commit", error);
        return MODEL_OPEN;
    }
}

int16_t group_commit_ended(struct party *party, struct group_commit_call *commit,
                           const struct offset_commit_response *answer)
{
    int16_t first = KAFKA_NONE;
    bool whole = answer != NULL && answer->topics.count == (int32_t)commit->count;
    if (answer != NULL && !whole)
        group_call_break(party, commit->group, "a commit", answer->topics.count);
    for (uint32_t i = 0; i < commit->count; i++) {
        int16_t error = GROUP_NO_ANSWER;
        if (whole && answer->topics.items[i].partitions.count == 1 &&
            answer->topics.items[i].partitions.items[0].partition_index ==
                commit->places[i].partition)
            error = answer->topics.items[i].partitions.items[0].error_code;
        else if (whole)
            group_call_break(party, commit->group, "a commit", GROUP_NO_ANSWER);
        if (first == KAFKA_NONE)
            first = error;
        model_write_ended(commit->groups, commit->numbers[i],
                          commit_outcome(party, commit->group, error));
    }
    return first;
}

/* Fetches. */

static void fetch_fill_old(const struct group_fetch_call *fetch,
                           struct offset_fetch_request *request,
                           struct offset_fetch_request_topic *topics)
{
    request->group_id = string_of(model_group_id(fetch->group));
    for (uint32_t i = 0; i < fetch->count; i++) {
        message_defaults(&offset_fetch_request_topic_struct, &topics[i]);
        topics[i].name = string_of(fetch->places[i].topic->name);
        topics[i].partition_indexes.items = (int32_t *)(uintptr_t)&fetch->places[i].partition;
        topics[i].partition_indexes.count = 1;
    }
    request->topics.items = topics;
    request->topics.count = fetch->count == 0 ? -1 : (int32_t)fetch->count;
}

static void fetch_fill_new(const struct group_fetch_call *fetch,
                           struct offset_fetch_request_group *group,
                           struct offset_fetch_request_topics *topics)
{
    message_defaults(&offset_fetch_request_group_struct, group);
    group->group_id = string_of(model_group_id(fetch->group));
    for (uint32_t i = 0; i < fetch->count; i++) {
        message_defaults(&offset_fetch_request_topics_struct, &topics[i]);
        topics[i].name = string_of(fetch->places[i].topic->name);
        topics[i].topic_id = fetch->places[i].topic->id;
        topics[i].partition_indexes.items = (int32_t *)(uintptr_t)&fetch->places[i].partition;
        topics[i].partition_indexes.count = 1;
    }
    group->topics.items = topics;
    group->topics.count = fetch->count == 0 ? -1 : (int32_t)fetch->count;
}

void group_fetch_send(struct caller *caller, struct model_groups *groups,
                      struct group_fetch_call *fetch)
{
    struct offset_fetch_request request;
    struct offset_fetch_request_topic topics[GROUP_CALL_PLACES];
    struct offset_fetch_request_topics new_topics[GROUP_CALL_PLACES];
    struct offset_fetch_request_group group;
    int16_t least = fetch->count == 0 ? FETCH_VERSION_ALL : FETCH_VERSION_MIN;
    int16_t version =
        (int16_t)party_random(caller->client.party, (uint64_t)least, FETCH_VERSION_ID);
    ASSERT(fetch->count <= GROUP_CALL_PLACES);
    message_defaults(&offset_fetch_request_struct, &request);
    if (version < FETCH_VERSION_GROUPS) {
        fetch_fill_old(fetch, &request, topics);
    } else {
        fetch_fill_new(fetch, &group, new_topics);
        request.groups.items = &group;
        request.groups.count = 1;
    }
    if (version >= FETCH_VERSION_STABLE)
        request.require_stable = party_chance(caller->client.party, 500);
    fetch->sent = model_groups_moment(groups);
    caller_ask(caller, API_OFFSET_FETCH, version, &request);
}

/* One partition of an answer, of either form. */
struct told {
    struct string name; /* null: by id */
    struct uuid id;
    int32_t partition;
    struct model_offset offset;
    int16_t error;
};

static const struct model_place *place_of(const struct group_fetch_call *fetch,
                                          const struct told *told)
{
    for (uint32_t i = 0; i < fetch->known->count; i++) {
        const struct model_place *place = &fetch->known->items[i];
        bool same = told->name.len > 0
                        ? bytes_equal(string_bytes(told->name), bytes_of_string(place->topic->name))
                        : uuid_equal(told->id, place->topic->id);
        if (same && place->partition == told->partition)
            return place;
    }
    return NULL;
}

static int16_t judge_told(struct party *party, struct group_fetch_call *fetch, int16_t version,
                          struct told *told, struct model_place *place)
{
    const struct model_place *found = place_of(fetch, told);
    if (told->error != KAFKA_NONE) {
        if (!group_error_is_passing(told->error))
            group_call_break(party, fetch->group, "a question for an offset", told->error);
        return told->error;
    }
    if (found == NULL) {
        model_break(party->model, "group %s: an offset of partition %d of another topic is told",
                    model_group_id(fetch->group), told->partition);
        return GROUP_NO_ANSWER;
    }
    *place = *found;
    model_offset_told(fetch->group, *found, fetch->sent, &told->offset,
                      version >= FETCH_VERSION_EPOCH);
    return KAFKA_NONE;
}

static bool told_of(const struct offset_fetch_response *answer, int16_t version, int32_t topic,
                    int32_t item, struct told *told)
{
    *told = (struct told){.name = STRING_NULL};
    if (version < FETCH_VERSION_GROUPS) {
        const struct offset_fetch_response_topic *t = &answer->topics.items[topic];
        if (item >= t->partitions.count)
            return false;
        const struct offset_fetch_response_partition *p = &t->partitions.items[item];
        told->name = t->name;
        told->partition = p->partition_index;
        told->offset = (struct model_offset){
            p->committed_offset, version < FETCH_VERSION_EPOCH ? -1 : p->committed_leader_epoch,
            p->metadata};
        told->error = p->error_code;
        return true;
    }
    const struct offset_fetch_response_topics *t = &answer->groups.items[0].topics.items[topic];
    if (item >= t->partitions.count)
        return false;
    const struct offset_fetch_response_partitions *p = &t->partitions.items[item];
    told->name = version >= FETCH_VERSION_ID ? STRING_NULL : t->name;
    told->id = t->topic_id;
    told->partition = p->partition_index;
    told->offset =
        (struct model_offset){p->committed_offset, p->committed_leader_epoch, p->metadata};
    told->error = p->error_code;
    return true;
}

/* The error of the whole. */
static int16_t fetch_error(struct party *party, const struct group_fetch_call *fetch,
                           int16_t version, const struct offset_fetch_response *answer)
{
    if (answer == NULL)
        return GROUP_NO_ANSWER;
    bool one = version < FETCH_VERSION_GROUPS || answer->groups.count == 1;
    int16_t error = KAFKA_NONE;
    if (version < FETCH_VERSION_GROUPS)
        error = answer->error_code;
    else if (one)
        error = answer->groups.items[0].error_code;
    if (!one || (error != KAFKA_NONE && !group_error_is_passing(error)))
        group_call_break(party, fetch->group, "a question for offsets", error);
    return one ? error : GROUP_NO_ANSWER;
}

int16_t group_fetch_ended(struct party *party, struct group_fetch_call *fetch, int16_t version,
                          const struct offset_fetch_response *answer)
{
    struct model_place places[GROUP_PLACES_MAX];
    struct told told;
    uint32_t count = 0;
    int16_t error = fetch_error(party, fetch, version, answer);
    if (error != KAFKA_NONE)
        return error;
    int32_t topics = version < FETCH_VERSION_GROUPS ? answer->topics.count
                                                    : answer->groups.items[0].topics.count;
    for (int32_t i = 0; i < topics; i++)
        for (int32_t j = 0; count < GROUP_PLACES_MAX && told_of(answer, version, i, j, &told);
             j++) {
            error = judge_told(party, fetch, version, &told, &places[count]);
            if (error != KAFKA_NONE)
                return error;
            count++;
        }
    if (fetch->count == 0)
        model_offsets_told_all(fetch->group, fetch->sent, places, count);
    else if (count != fetch->count)
        model_break(party->model, "group %s: %u offsets were asked for, %u are told",
                    model_group_id(fetch->group), fetch->count, count);
    return KAFKA_NONE;
}
