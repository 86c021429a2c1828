/*
 * One question is out at a time. Questions about a topic by its name are judged only while that
 * life of it certainly goes on, from the question to the answer.
 */
#include "tools/sim/inspector.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "tools/sim/caller.h"

#define METADATA_VERSION_ALL_IS_NULL 1
#define METADATA_VERSION_CREATES_NOT 4
#define METADATA_VERSION_EPOCH 7
#define METADATA_VERSION_ID 10
#define METADATA_VERSION_BY_ID 12
#define METADATA_VERSION_MAX 13
#define OFFSETS_VERSION_EPOCH 4
#define OFFSETS_VERSION_HIGHEST 7
#define OFFSETS_VERSION_MAX 11
#define EPOCH_VERSION_MIN 2
#define EPOCH_VERSION_MAX 4
#define CONFIGS_VERSION_MAX 4
/* How many of a thousand questions are for all settings of a topic: to tell them costs as much as
 * dozens of other requests. */
#define CONFIGS_ALL_RATE 100
#define PARTS_MAX 4
#define TIME_LATEST (-1)
#define TIME_EARLIEST (-2)
#define TIME_HIGHEST (-3)
#define EPOCH_OF_NOBODY 1000

enum question {
    ASK_ALL,
    ASK_NAME,
    ASK_ID,
    ASK_DESCRIPTION,
    ASK_CONFIGS,
    ASK_OFFSETS,
    ASK_EPOCHS,
    ASK_COUNT,
};

/* What was asked of a partition. */
struct asked {
    int32_t index;
    int64_t floor;
    int64_t start_floor;
    int32_t epoch_floor;
    int32_t epoch;         /* ASK_EPOCHS: the one asked for */
    int32_t current_epoch; /* -1: not said */
    bool everywhere;       /* each core knows it */
};

struct sim_inspector {
    struct party *party;
    struct caller caller;
    uint64_t pause_ns_max;
    int64_t start_ms;
    enum question question;
    struct model_topic *topic; /* that the question is about; null: all */
    uint64_t sent;
    int64_t time_ms; /* ASK_OFFSETS */
    struct asked asked[PARTS_MAX];
    int32_t asked_count;
    int32_t epochs[MODEL_TOPIC_PARTITIONS_MAX]; /* known when the question was sent */
    bool finishing;
    bool done;
};

/* A life that anybody knows of, at random; null when there is none. */
static struct model_topic *inspector_pick(struct sim_inspector *inspector, bool staying)
{
    struct model_topics *topics = inspector->party->topics;
    struct model_topic *picked = NULL;
    struct model_topic *topic;
    uint64_t fitting = 0;
    for (uint32_t i = 0; (topic = model_topic_at(topics, i)) != NULL; i++) {
        bool fits = staying ? model_topic_stays(topic) : topic->there_at != 0;
        if (fits && party_random(inspector->party, 0, fitting++) == 0)
            picked = topic;
    }
    return picked;
}

static int16_t pick_version(struct sim_inspector *inspector, uint64_t least, uint64_t most)
{
    return (int16_t)party_random(inspector->party, least, most);
}

static void ask(struct sim_inspector *inspector, int16_t api, int16_t version, const void *request)
{
    inspector->sent = model_topics_moment(inspector->party->topics);
    caller_ask(&inspector->caller, api, version, request);
}

/* Listings. */

static void ask_metadata(struct sim_inspector *inspector)
{
    struct metadata_request request;
    struct metadata_request_topic asked;
    message_defaults(&metadata_request_struct, &request);
    message_defaults(&metadata_request_topic_struct, &asked);
    int16_t version = pick_version(inspector, METADATA_VERSION_CREATES_NOT, METADATA_VERSION_MAX);
    request.allow_auto_topic_creation = false;
    if (inspector->question == ASK_ALL) {
        version = pick_version(inspector, inspector->finishing ? METADATA_VERSION_ID : 0,
                               METADATA_VERSION_MAX);
        request.topics.count = version < METADATA_VERSION_ALL_IS_NULL ? 0 : -1;
    } else {
        request.topics.items = &asked;
        request.topics.count = 1;
        asked.name = string_of(inspector->topic->name);
    }
    if (inspector->question == ASK_ID) {
        version = pick_version(inspector, METADATA_VERSION_BY_ID, METADATA_VERSION_MAX);
        asked.topic_id = inspector->topic->id;
        asked.name = STRING_NULL;
    }
    for (int32_t i = 0; inspector->topic != NULL && i < inspector->topic->count; i++)
        inspector->epochs[i] = model_epoch(inspector->topic->partitions[i]);
    ask(inspector, API_METADATA, version, &request);
}

static void judge_partitions(struct sim_inspector *inspector, struct model_topic *topic,
                             const struct metadata_response_topic *told)
{
    struct model *model = inspector->party->model;
    bool epochs =
        topic == inspector->topic && inspector->caller.call.version >= METADATA_VERSION_EPOCH;
    uint64_t seen = 0;
    for (int32_t i = 0; i < told->partitions.count; i++) {
        const struct metadata_response_partition *part = &told->partitions.items[i];
        int32_t index = part->partition_index;
        if (part->error_code != KAFKA_NONE || index < 0 || index >= told->partitions.count ||
            index >= MODEL_TOPIC_PARTITIONS_MAX || (seen & ((uint64_t)1 << index)) != 0) {
            model_break(model, "topic %s is listed with partition %d, error %d", topic->name, index,
                        part->error_code);
            return;
        }
        seen |= (uint64_t)1 << index;
        if (epochs && index < topic->count && index < inspector->asked_count)
            model_told_epoch(model, topic->partitions[index], part->leader_epoch,
                             inspector->epochs[index]);
    }
}

static void judge_missing(struct sim_inspector *inspector, struct model_listing *listing,
                          int16_t error)
{
    const struct model_topic *topic = inspector->topic;
    bool by_id = inspector->question == ASK_ID;
    int16_t expected = by_id ? KAFKA_UNKNOWN_TOPIC_ID : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    if (topic == NULL || error != expected)
        model_break(inspector->party->model, "a listing of %s carries the error %d",
                    topic == NULL ? "all topics" : topic->name, error);
    else if (by_id ? model_topic_stays(topic) : true)
        model_listing_told_missing(listing, bytes_of_string(topic->name));
}

static bool is_internal_name(struct string name)
{
    return name.len > 2 && memcmp(name.data, "__", 2) == 0;
}

static void begin_listing(struct sim_inspector *inspector, struct model_listing *listing)
{
    model_listing_begin(listing, inspector->party->topics, inspector->sent);
    listing->settled = inspector->finishing;
}

static void judge_metadata(struct sim_inspector *inspector, const struct metadata_response *answer)
{
    struct model_listing listing;
    begin_listing(inspector, &listing);
    for (int32_t i = 0; i < answer->topics.count; i++) {
        const struct metadata_response_topic *told = &answer->topics.items[i];
        if (told->error_code != KAFKA_NONE) {
            judge_missing(inspector, &listing, told->error_code);
            continue;
        }
        /* Older versions do not say that it is. */
        if (told->is_internal || is_internal_name(told->name))
            continue;
        struct model_topic *topic = model_listing_told(&listing, string_bytes(told->name),
                                                       told->topic_id, told->partitions.count);
        if (topic != NULL)
            judge_partitions(inspector, topic, told);
    }
    if (inspector->question == ASK_ALL)
        model_listing_end(&listing);
    else if (answer->topics.count != 1)
        model_break(inspector->party->model, "one topic was asked for, %d are listed",
                    answer->topics.count);
}

static void ask_description(struct sim_inspector *inspector)
{
    struct describe_topic_partitions_request request;
    struct describe_topic_partitions_request_topic_request asked;
    message_defaults(&describe_topic_partitions_request_struct, &request);
    message_defaults(&describe_topic_partitions_request_topic_request_struct, &asked);
    asked.name = string_of(inspector->topic->name);
    request.topics.items = &asked;
    request.topics.count = 1;
    ask(inspector, API_DESCRIBE_TOPIC_PARTITIONS, 0, &request);
}

static void judge_description(struct sim_inspector *inspector,
                              const struct describe_topic_partitions_response *answer)
{
    struct model_listing listing;
    begin_listing(inspector, &listing);
    if (answer->topics.count != 1) {
        model_break(inspector->party->model, "one topic was asked for, %d are described",
                    answer->topics.count);
        return;
    }
    const struct describe_topic_partitions_response_topic *told = answer->topics.items;
    if (told->error_code != KAFKA_NONE)
        judge_missing(inspector, &listing, told->error_code);
    else
        (void)model_listing_told(&listing, string_bytes(told->name), told->topic_id,
                                 told->partitions.count);
}

/* Configuration. */

static void ask_configs(struct sim_inspector *inspector)
{
    struct describe_configs_request request;
    struct describe_configs_request_resource resource;
    struct string names[] = {string_of("compression.type"), string_of("message.timestamp.type"),
                             string_of("max.message.bytes"), string_of("segment.bytes")};
    bool all = party_chance(inspector->party, CONFIGS_ALL_RATE);
    message_defaults(&describe_configs_request_struct, &request);
    message_defaults(&describe_configs_request_resource_struct, &resource);
    resource.resource_type = RESOURCE_TOPIC;
    resource.resource_name = string_of(inspector->topic->name);
    resource.configuration_keys.items = names;
    resource.configuration_keys.count = all ? -1 : (int32_t)ARRAY_LENGTH(names);
    request.resources.items = &resource;
    request.resources.count = 1;
    ask(inspector, API_DESCRIBE_CONFIGS, pick_version(inspector, 1, CONFIGS_VERSION_MAX), &request);
}

static void judge_config(struct sim_inspector *inspector,
                         const struct describe_configs_response_result *told, const char *name,
                         const char *value)
{
    for (int32_t i = 0; i < told->configs.count; i++) {
        const struct describe_configs_response_resource_result *config = &told->configs.items[i];
        if (!bytes_equal(string_bytes(config->name), bytes_of_string(name)))
            continue;
        if (!bytes_equal(string_bytes(config->value), bytes_of_string(value)))
            model_break(inspector->party->model, "topic %s: %s is told as %.*s, it is %s",
                        inspector->topic->name, name, (int)config->value.len, config->value.data,
                        value);
        return;
    }
    model_break(inspector->party->model, "topic %s: %s is not told", inspector->topic->name, name);
}

static void judge_configs(struct sim_inspector *inspector,
                          const struct describe_configs_response *answer)
{
    const struct model_topic_plan *plan = &inspector->topic->plan;
    char text[32];
    if (answer->results.count != 1 || answer->results.items[0].error_code != KAFKA_NONE) {
        model_break(inspector->party->model, "the configuration of topic %s is not told",
                    inspector->topic->name);
        return;
    }
    const struct describe_configs_response_result *told = answer->results.items;
    judge_config(inspector, told, "compression.type",
                 plan->compression == MODEL_COMPRESSION_KEPT
                     ? "producer"
                     : (plan->compression == COMPRESSION_NONE
                            ? "uncompressed"
                            : compression_name((enum compression)plan->compression)));
    judge_config(inspector, told, "message.timestamp.type",
                 plan->append_time ? "LogAppendTime" : "CreateTime");
    snprintf(text, sizeof text, "%d", plan->message_bytes_max);
    const char *limit = "max.message.bytes";
    bool changes = model_setting_find(inspector->party->configs, RESOURCE_TOPIC,
                                      inspector->topic->name, limit) != NULL;
    if (plan->message_bytes_max > 0 && !changes)
        judge_config(inspector, told, limit, text);
    snprintf(text, sizeof text, "%d", plan->segment_bytes);
    if (plan->segment_bytes > 0)
        judge_config(inspector, told, "segment.bytes", text);
}

/* Offsets and epochs. */

/* Some partitions in a row; now and then with a leader epoch that nobody has. */
static void choose_parts(struct sim_inspector *inspector, bool with_current_epoch)
{
    struct party *party = inspector->party;
    const struct model_topic *topic = inspector->topic;
    int32_t first = (int32_t)party_random(party, 0, (uint64_t)topic->count - 1);
    int32_t most = MIN(PARTS_MAX, topic->count - first);
    inspector->asked_count = (int32_t)party_random(party, 1, (uint64_t)most);
    for (int32_t i = 0; i < inspector->asked_count; i++) {
        const struct model_partition *p = topic->partitions[first + i];
        struct asked *asked = &inspector->asked[i];
        *asked = (struct asked){.index = first + i,
                                .floor = model_floor(p),
                                .start_floor = model_start_floor(p),
                                .epoch_floor = model_epoch(p),
                                .current_epoch = -1,
                                .everywhere = model_topic_everywhere(topic, first + i)};
        asked->epoch = (int32_t)party_random(party, 0, (uint64_t)asked->epoch_floor + 3) - 1;
        if (with_current_epoch && party_chance(party, 100))
            asked->current_epoch = party_chance(party, 500) ? asked->epoch_floor
                                                            : asked->epoch_floor + EPOCH_OF_NOBODY;
    }
}

/* True when the partition has an answer to be judged. */
static bool part_has_answer(struct sim_inspector *inspector, const struct asked *asked,
                            int16_t error)
{
    bool foreign = asked->current_epoch >= EPOCH_OF_NOBODY - 1 &&
                   asked->current_epoch == asked->epoch_floor + EPOCH_OF_NOBODY;
    if (error == KAFKA_KAFKA_STORAGE_ERROR)
        return false;
    /* When nothing is in the way each creation is answered. */
    if (error == KAFKA_UNKNOWN_TOPIC_OR_PARTITION && inspector->party->calm_ns == IO_NEVER &&
        !asked->everywhere)
        return false;
    if (foreign ? error == KAFKA_UNKNOWN_LEADER_EPOCH
                : error == KAFKA_FENCED_LEADER_EPOCH && asked->current_epoch >= 0)
        return false;
    if (error == KAFKA_NONE && !foreign)
        return true;
    model_break(inspector->party->model, "%s-%d: a question about offsets is answered with %d",
                inspector->topic->name, asked->index, error);
    return false;
}

static void ask_offsets(struct sim_inspector *inspector)
{
    struct party *party = inspector->party;
    struct list_offsets_request request;
    struct list_offsets_request_topic topic;
    struct list_offsets_request_partition parts[PARTS_MAX];
    int16_t version = pick_version(inspector, 1, OFFSETS_VERSION_MAX);
    int64_t now = party_wall_ms(party);
    /* The clock may have been put back since. */
    int64_t first = MIN(inspector->start_ms, now);
    int64_t last = MAX(inspector->start_ms, now);
    uint64_t kind = party_random(party, 0, 9);
    inspector->time_ms =
        kind == 0   ? TIME_EARLIEST
        : kind <= 2 ? TIME_LATEST
        : kind == 3 && version >= OFFSETS_VERSION_HIGHEST
            ? TIME_HIGHEST
            : first - 100 + (int64_t)party_random(party, 0, (uint64_t)(last - first) + 200);
    choose_parts(inspector, version >= OFFSETS_VERSION_EPOCH);
    message_defaults(&list_offsets_request_struct, &request);
    message_defaults(&list_offsets_request_topic_struct, &topic);
    for (int32_t i = 0; i < inspector->asked_count; i++) {
        message_defaults(&list_offsets_request_partition_struct, &parts[i]);
        parts[i].partition_index = inspector->asked[i].index;
        parts[i].current_leader_epoch = inspector->asked[i].current_epoch;
        parts[i].timestamp = inspector->time_ms;
    }
    topic.name = string_of(inspector->topic->name);
    topic.partitions.items = parts;
    topic.partitions.count = inspector->asked_count;
    request.replica_id = -1;
    request.isolation_level = (int8_t)party_random(party, 0, 1);
    request.topics.items = &topic;
    request.topics.count = 1;
    ask(inspector, API_LIST_OFFSETS, version, &request);
}

static void judge_offset(struct sim_inspector *inspector, const struct asked *asked,
                         const struct list_offsets_response_partition_response *told)
{
    struct model *model = inspector->party->model;
    struct model_partition *p = inspector->topic->partitions[asked->index];
    struct model_time_answer answer = {.asked_ms = inspector->time_ms,
                                       .floor = asked->floor,
                                       .start_floor = asked->start_floor,
                                       .offset = told->offset,
                                       .time_ms = told->timestamp};
    if (told->partition_index != asked->index)
        model_break(model, "topic %s: offsets are answered for another partition",
                    inspector->topic->name);
    else if (!part_has_answer(inspector, asked, told->error_code))
        return;
    else if (inspector->time_ms == TIME_LATEST)
        model_told_end(model, p, told->offset, asked->floor);
    else if (inspector->time_ms == TIME_EARLIEST)
        model_told_start(model, p, told->offset, asked->start_floor);
    else if (inspector->time_ms == TIME_HIGHEST)
        model_told_highest(model, p, &answer);
    else
        model_told_first_at(model, p, &answer);
}

static void judge_offsets(struct sim_inspector *inspector,
                          const struct list_offsets_response *answer)
{
    if (answer->topics.count != 1 ||
        answer->topics.items[0].partitions.count != inspector->asked_count) {
        model_break(inspector->party->model, "topic %s: not the offsets that were asked for",
                    inspector->topic->name);
        return;
    }
    for (int32_t i = 0; i < inspector->asked_count; i++)
        judge_offset(inspector, &inspector->asked[i], &answer->topics.items[0].partitions.items[i]);
}

static void ask_epochs(struct sim_inspector *inspector)
{
    struct offset_for_leader_epoch_request request;
    struct offset_for_leader_epoch_request_offset_for_leader_topic topic;
    struct offset_for_leader_epoch_request_offset_for_leader_partition parts[PARTS_MAX];
    choose_parts(inspector, true);
    message_defaults(&offset_for_leader_epoch_request_struct, &request);
    message_defaults(&offset_for_leader_epoch_request_offset_for_leader_topic_struct, &topic);
    for (int32_t i = 0; i < inspector->asked_count; i++) {
        message_defaults(&offset_for_leader_epoch_request_offset_for_leader_partition_struct,
                         &parts[i]);
        parts[i].partition = inspector->asked[i].index;
        parts[i].current_leader_epoch = inspector->asked[i].current_epoch;
        parts[i].leader_epoch = inspector->asked[i].epoch;
    }
    topic.topic = string_of(inspector->topic->name);
    topic.partitions.items = parts;
    topic.partitions.count = inspector->asked_count;
    request.topics.items = &topic;
    request.topics.count = 1;
    ask(inspector, API_OFFSET_FOR_LEADER_EPOCH,
        pick_version(inspector, EPOCH_VERSION_MIN, EPOCH_VERSION_MAX), &request);
}

static void judge_epochs(struct sim_inspector *inspector,
                         const struct offset_for_leader_epoch_response *answer)
{
    struct model *model = inspector->party->model;
    if (answer->topics.count != 1 ||
        answer->topics.items[0].partitions.count != inspector->asked_count) {
        model_break(model, "topic %s: not the epochs that were asked for", inspector->topic->name);
        return;
    }
    for (int32_t i = 0; i < inspector->asked_count; i++) {
        const struct offset_for_leader_epoch_response_epoch_end_offset *told =
            &answer->topics.items[0].partitions.items[i];
        const struct asked *asked = &inspector->asked[i];
        struct model_epoch_answer fit = {.asked = asked->epoch,
                                         .floor = asked->floor,
                                         .epoch_floor = asked->epoch_floor,
                                         .epoch = told->leader_epoch,
                                         .end = told->end_offset};
        if (told->partition != asked->index)
            model_break(model, "topic %s: epochs are answered for another partition",
                        inspector->topic->name);
        else if (part_has_answer(inspector, asked, told->error_code))
            model_told_epoch_end(model, inspector->topic->partitions[asked->index], &fit);
    }
}

/* Asking and judging. */

static void inspector_ask(struct sim_inspector *inspector)
{
    struct party *party = inspector->party;
    inspector->question =
        inspector->finishing ? ASK_ALL : (enum question)party_random(party, 0, ASK_COUNT - 1);
    bool any = inspector->question == ASK_NAME || inspector->question == ASK_ID ||
               inspector->question == ASK_DESCRIPTION;
    inspector->topic = inspector->question == ASK_ALL ? NULL : inspector_pick(inspector, !any);
    if (inspector->topic == NULL)
        inspector->question = ASK_ALL;
    else
        inspector->asked_count = inspector->topic->count;
    switch (inspector->question) {
    case ASK_ALL:
    case ASK_NAME:
    case ASK_ID:
        ask_metadata(inspector);
        return;
    case ASK_DESCRIPTION:
        ask_description(inspector);
        return;
    case ASK_CONFIGS:
        ask_configs(inspector);
        return;
    case ASK_OFFSETS:
        ask_offsets(inspector);
        return;
    case ASK_EPOCHS:
        ask_epochs(inspector);
        return;
    case ASK_COUNT:
        break;
    }
    UNREACHABLE();
}

static void inspector_judge(struct sim_inspector *inspector, const void *answer)
{
    bool certain = inspector->topic != NULL && model_topic_stays(inspector->topic);
    switch (inspector->question) {
    case ASK_ALL:
    case ASK_NAME:
    case ASK_ID:
        judge_metadata(inspector, answer);
        return;
    case ASK_DESCRIPTION:
        judge_description(inspector, answer);
        return;
    case ASK_CONFIGS:
        if (certain)
            judge_configs(inspector, answer);
        return;
    case ASK_OFFSETS:
        if (certain)
            judge_offsets(inspector, answer);
        return;
    case ASK_EPOCHS:
        if (certain)
            judge_epochs(inspector, answer);
        return;
    case ASK_COUNT:
        break;
    }
    UNREACHABLE();
}

static void inspector_next(struct timer *timer)
{
    inspector_ask(CONTAINER_OF(timer, struct sim_inspector, caller.next));
}

static void inspector_answered(struct client_call *call, const void *message)
{
    struct sim_inspector *inspector = CONTAINER_OF(call, struct sim_inspector, caller.call);
    if (message != NULL)
        inspector_judge(inspector, message);
    if (inspector->finishing && message != NULL && inspector->question == ASK_ALL) {
        inspector->done = true;
        return;
    }
    caller_pause(&inspector->caller, inspector->pause_ns_max);
}

struct sim_inspector *sim_inspector_new(struct party *party, uint64_t pause_ns_max)
{
    struct sim_inspector *inspector = mem_alloc(sizeof *inspector);
    inspector->party = party;
    inspector->pause_ns_max = pause_ns_max;
    inspector->start_ms = party_wall_ms(party);
    caller_init(&inspector->caller, party, inspector_next, inspector_answered);
    return inspector;
}

void sim_inspector_free(struct sim_inspector *inspector)
{
    caller_fini(&inspector->caller);
    mem_free(inspector);
}

void sim_inspector_start(struct sim_inspector *inspector)
{
    caller_start(&inspector->caller);
}

void sim_inspector_finish(struct sim_inspector *inspector)
{
    inspector->finishing = true;
    if (caller_rests(&inspector->caller))
        sim_inspector_start(inspector);
}

bool sim_inspector_done(const struct sim_inspector *inspector)
{
    return inspector->done;
}
