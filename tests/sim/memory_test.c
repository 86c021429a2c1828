/*
 * Memory that is refused (tests/sim/talk.h, io/sim/memory.c): for each kind of request, each of the
 * allocations that it makes fails once, whoever makes it, on whichever core. The request is then
 * answered or its connection closed, the next one is served, and the stop shows that nothing was
 * kept.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"
#include "protocol/record.h"
#include "talk.h"

#define TOPICS 3
#define PARTITIONS 4
/* So many allocations, and more, of a request are tried. */
#define REFUSALS_MAX 400

static const char *const topics[TOPICS] = {"one", "two", "three"};

/* One kind of request. `number` is another one each time. */
struct kind {
    int16_t api_key;
    int16_t version;
    void (*ask)(struct talk_peer *p, const struct kind *kind, unsigned number);
    /* Whether the answer is one of a broker that has memory; null: any. */
    bool (*served)(const void *answer);
};

static struct talk *prepared(void)
{
    struct talk *t = talk_new(&(struct talk_options){.cores = 3});
    struct talk_peer *p = talk_connect(t);
    for (int i = 0; i < TOPICS; i++) {
        talk_create(t, topics[i], PARTITIONS);
        for (int32_t j = 0; j < PARTITIONS; j++) {
            talk_produce(p, topics[i], j, 100, -1);
            cr_assert_not_null(talk_answer(p));
        }
    }
    talk_close(p);
    return t;
}

static const void *call(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    kind->ask(p, kind, number);
    return talk_answer(p);
}

/* Each allocation fails once: those that the request makes until it is over. */
static void refuse_each(const struct kind *kind)
{
    struct talk *t = prepared();
    struct sim_host *host = talk_host(t);
    unsigned number = 0;
    for (uint64_t nth = 1;; nth++) {
        cr_assert_lt(nth, REFUSALS_MAX);
        struct talk_peer *p = talk_connect(t);
        talk_wait(t, 10 * NS_PER_MS);
        uint64_t before = sim_memory_count(host);
        sim_memory_refuse(host, nth);
        call(p, kind, number++);
        bool refused = sim_memory_count(host) >= before + nth;
        sim_memory_refuse(host, 0);
        talk_close(p);
        p = talk_connect(t);
        const void *answer = call(p, kind, number++);
        cr_assert_not_null(answer, "closed behind refusal %d", (int)nth);
        cr_assert(kind->served == NULL || kind->served(answer), "not served behind %d", (int)nth);
        talk_close(p);
        if (!refused)
            break;
    }
    talk_free(t);
}

/* Requests. */

static void ask_metadata(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    char name[32];
    struct metadata_request_topic asked[2];
    struct metadata_request request;
    message_defaults(&metadata_request_struct, &request);
    snprintf(name, sizeof name, "demanded-%u", number);
    for (int i = 0; i < 2; i++) {
        message_defaults(&metadata_request_topic_struct, &asked[i]);
        asked[i].name = string_of(i == 0 ? name : "no\xfftext");
    }
    request.topics.items = asked;
    request.topics.count = 2;
    request.allow_auto_topic_creation = true;
    talk_ask(p, kind->api_key, kind->version, &request);
}

static bool metadata_served(const void *answer)
{
    const struct metadata_response *response = answer;
    return response->topics.count == 2 && response->topics.items[0].error_code == 0 &&
           response->topics.items[1].name.len > 0;
}

static void ask_creation(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    char names[2][32];
    struct create_topics_request_creatable_topic_config config;
    struct create_topics_request_creatable_topic items[2];
    struct create_topics_request request;
    message_defaults(&create_topics_request_struct, &request);
    message_defaults(&create_topics_request_creatable_topic_config_struct, &config);
    config.name = string_of("retention.ms");
    config.value = string_of("1000");
    for (int i = 0; i < 2; i++) {
        snprintf(names[i], sizeof names[i], "created-%u-%d", number, i);
        message_defaults(&create_topics_request_creatable_topic_struct, &items[i]);
        items[i].name = string_of(names[i]);
        items[i].num_partitions = 1;
        items[i].replication_factor = 1;
        items[i].configs.items = &config;
        items[i].configs.count = 1;
    }
    request.topics.items = items;
    request.topics.count = 2;
    talk_ask(p, kind->api_key, kind->version, &request);
}

static bool creation_served(const void *answer)
{
    const struct create_topics_response *response = answer;
    return response->topics.count == 2 && response->topics.items[0].error_code == 0 &&
           response->topics.items[1].error_code == 0 && response->topics.items[1].configs.count > 0;
}

static void ask_deletion(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    struct delete_topics_request_delete_topic_state items[2];
    struct delete_topics_request request;
    message_defaults(&delete_topics_request_struct, &request);
    (void)number;
    for (int i = 0; i < 2; i++) {
        message_defaults(&delete_topics_request_delete_topic_state_struct, &items[i]);
        items[i].name = string_of(i == 0 ? "one" : "nowhere");
    }
    request.topics.items = items;
    request.topics.count = 2;
    request.timeout_ms = 10000;
    talk_ask(p, kind->api_key, kind->version, &request);
}

static void ask_partitions(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    struct create_partitions_request_topic items[2];
    struct create_partitions_request request;
    message_defaults(&create_partitions_request_struct, &request);
    for (int i = 0; i < 2; i++) {
        message_defaults(&create_partitions_request_topic_struct, &items[i]);
        items[i].name = string_of(topics[i]);
        items[i].count = i == 0 ? (int32_t)number + PARTITIONS + 1 : 1;
        items[i].assignments.count = -1;
    }
    request.topics.items = items;
    request.topics.count = 2;
    request.timeout_ms = 10000;
    talk_ask(p, kind->api_key, kind->version, &request);
}

static bool partitions_served(const void *answer)
{
    const struct create_partitions_response *response = answer;
    return response->results.count == 2 && response->results.items[0].error_code == 0;
}

static void ask_offsets(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    struct list_offsets_request_partition parts[PARTITIONS];
    struct list_offsets_request_topic items[TOPICS];
    struct list_offsets_request request;
    message_defaults(&list_offsets_request_struct, &request);
    for (int32_t j = 0; j < PARTITIONS; j++) {
        message_defaults(&list_offsets_request_partition_struct, &parts[j]);
        parts[j].partition_index = j;
        parts[j].timestamp = j == 0 ? 1 : (int64_t)(number % 2) - 2;
    }
    for (int i = 0; i < TOPICS; i++) {
        message_defaults(&list_offsets_request_topic_struct, &items[i]);
        items[i].name = string_of(topics[i]);
        items[i].partitions.items = parts;
        items[i].partitions.count = PARTITIONS;
    }
    request.topics.items = items;
    request.topics.count = TOPICS;
    talk_ask(p, kind->api_key, kind->version, &request);
}

static bool offsets_served(const void *answer)
{
    const struct list_offsets_response *response = answer;
    bool good = response->topics.count == TOPICS;
    for (int32_t i = 0; i < response->topics.count; i++)
        for (int32_t j = 0; j < response->topics.items[i].partitions.count; j++)
            good = good && response->topics.items[i].partitions.items[j].error_code == 0;
    return good;
}

static void ask_epochs(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    struct offset_for_leader_epoch_request_offset_for_leader_partition parts[PARTITIONS];
    struct offset_for_leader_epoch_request_offset_for_leader_topic items[TOPICS];
    struct offset_for_leader_epoch_request request;
    message_defaults(&offset_for_leader_epoch_request_struct, &request);
    (void)number;
    for (int32_t j = 0; j < PARTITIONS; j++) {
        message_defaults(&offset_for_leader_epoch_request_offset_for_leader_partition_struct,
                         &parts[j]);
        parts[j].partition = j;
    }
    for (int i = 0; i < TOPICS; i++) {
        message_defaults(&offset_for_leader_epoch_request_offset_for_leader_topic_struct,
                         &items[i]);
        items[i].topic = string_of(topics[i]);
        items[i].partitions.items = parts;
        items[i].partitions.count = PARTITIONS;
    }
    request.topics.items = items;
    request.topics.count = TOPICS;
    talk_ask(p, kind->api_key, kind->version, &request);
}

static void ask_produce(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    /* All partitions of all topics get the same batch; it is copied into the frame. */
    struct produce_request_partition_produce_data data[PARTITIONS];
    struct produce_request_topic_produce_data items[TOPICS];
    struct produce_request request = {
        .transactional_id = STRING_NULL, .acks = -1, .timeout_ms = 10000};
    struct blob batch = talk_batch(talk_of(p), number % 2 == 0 ? 100 : 20000);
    for (int32_t j = 0; j < PARTITIONS; j++)
        data[j] = (struct produce_request_partition_produce_data){.index = j, .records = batch};
    for (int i = 0; i < TOPICS; i++) {
        message_defaults(&produce_request_topic_produce_data_struct, &items[i]);
        items[i].name = string_of(topics[i]);
        items[i].partition_data.items = data;
        items[i].partition_data.count = PARTITIONS;
    }
    request.topic_data.items = items;
    request.topic_data.count = TOPICS;
    talk_ask(p, kind->api_key, kind->version, &request);
}

static bool produce_served(const void *answer)
{
    const struct produce_response *response = answer;
    bool good = response->responses.count == TOPICS;
    for (int32_t i = 0; i < response->responses.count; i++)
        for (int32_t j = 0; j < response->responses.items[i].partition_responses.count; j++)
            good =
                good && response->responses.items[i].partition_responses.items[j].error_code == 0;
    return good;
}

static void ask_fetch_from(struct talk_peer *p, const struct kind *kind, int32_t session_epoch,
                           int64_t offset)
{
    struct fetch_request_partition parts[PARTITIONS];
    struct fetch_request_topic items[TOPICS];
    struct fetch_request request;
    message_defaults(&fetch_request_struct, &request);
    for (int32_t j = 0; j < PARTITIONS; j++) {
        message_defaults(&fetch_request_partition_struct, &parts[j]);
        parts[j].partition = j;
        parts[j].fetch_offset = offset;
        parts[j].partition_max_bytes = 10000;
    }
    for (int i = 0; i < TOPICS; i++) {
        message_defaults(&fetch_request_topic_struct, &items[i]);
        items[i].topic = string_of(topics[i]);
        items[i].partitions.items = parts;
        items[i].partitions.count = PARTITIONS;
    }
    request.max_wait_ms = 100;
    request.min_bytes = 1;
    request.max_bytes = 1000000;
    request.session_epoch = session_epoch;
    request.topics.items = items;
    request.topics.count = TOPICS;
    talk_ask(p, kind->api_key, kind->version, &request);
}

static void ask_fetch(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    (void)number;
    ask_fetch_from(p, kind, -1, 0);
}

static void ask_session(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    (void)number;
    ask_fetch_from(p, kind, 0, 0);
}

/* Offset 1 is the end: it waits. */
static void ask_long_poll(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    (void)number;
    ask_fetch_from(p, kind, -1, 1);
}

static bool fetch_served(const void *answer)
{
    const struct fetch_response *response = answer;
    bool good = response->responses.count == TOPICS && response->error_code == 0;
    for (int32_t i = 0; i < response->responses.count; i++)
        for (int32_t j = 0; j < response->responses.items[i].partitions.count; j++)
            good = good && response->responses.items[i].partitions.items[j].error_code == 0 &&
                   response->responses.items[i].partitions.items[j].records.len > 0;
    return good;
}

static bool session_served(const void *answer)
{
    return fetch_served(answer) && ((const struct fetch_response *)answer)->session_id > 0;
}

static void ask_configs(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    struct describe_configs_request_resource items[2];
    struct describe_configs_request request;
    message_defaults(&describe_configs_request_struct, &request);
    (void)number;
    for (int i = 0; i < 2; i++) {
        message_defaults(&describe_configs_request_resource_struct, &items[i]);
        items[i].resource_type = 2;
        items[i].resource_name = string_of(topics[i]);
        items[i].configuration_keys.count = -1;
    }
    request.resources.items = items;
    request.resources.count = 2;
    request.include_synonyms = true;
    talk_ask(p, kind->api_key, kind->version, &request);
}

static void ask_description(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    struct describe_topic_partitions_request request;
    message_defaults(&describe_topic_partitions_request_struct, &request);
    request.response_partition_limit = 5 + (int32_t)(number % 2);
    talk_ask(p, kind->api_key, kind->version, &request);
}

static void ask_directories(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    static int32_t indexes[] = {0, 3, 0, PARTITIONS};
    struct describe_log_dirs_request_describable_log_dir_topic items[TOPICS];
    struct describe_log_dirs_request request;
    message_defaults(&describe_log_dirs_request_struct, &request);
    for (int i = 0; i < TOPICS; i++) {
        message_defaults(&describe_log_dirs_request_describable_log_dir_topic_struct, &items[i]);
        items[i].topic = string_of(topics[i]);
        items[i].partitions.items = indexes;
        items[i].partitions.count = ARRAY_LENGTH(indexes);
    }
    request.topics.items = items;
    request.topics.count = number % 2 == 0 ? TOPICS : -1;
    talk_ask(p, kind->api_key, kind->version, &request);
}

static bool directories_served(const void *answer)
{
    const struct describe_log_dirs_response *response = answer;
    return response->results.count == 1 && response->results.items[0].topics.count == TOPICS &&
           response->results.items[0].total_bytes > 0;
}

static void ask_producers(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    static int32_t indexes[] = {0, 1, 2, 3, PARTITIONS};
    struct describe_producers_request_topic_request items[TOPICS + 1];
    struct describe_producers_request request;
    (void)number;
    message_defaults(&describe_producers_request_struct, &request);
    for (int i = 0; i < TOPICS + 1; i++) {
        message_defaults(&describe_producers_request_topic_request_struct, &items[i]);
        items[i].name = string_of(i < TOPICS ? topics[i] : "no\xffname");
        items[i].partition_indexes.items = indexes;
        items[i].partition_indexes.count = ARRAY_LENGTH(indexes);
    }
    request.topics.items = items;
    request.topics.count = TOPICS + 1;
    talk_ask(p, kind->api_key, kind->version, &request);
}

static bool producers_served(const void *answer)
{
    const struct describe_producers_response *response = answer;
    return response->topics.count == TOPICS + 1 &&
           response->topics.items[0].partitions.items[0].error_code == 0 &&
           response->topics.items[TOPICS].partitions.items[0].error_message.len > 0;
}

static void ask_features(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    struct update_features_request_feature_update_key items[2];
    struct update_features_request request;
    message_defaults(&update_features_request_struct, &request);
    for (int i = 0; i < 2; i++) {
        message_defaults(&update_features_request_feature_update_key_struct, &items[i]);
        items[i].feature = string_of(i == 0 ? "group.version" : "share.version");
        items[i].max_version_level = (int16_t)(number % 2);
        items[i].upgrade_type = number % 2 == 0 ? 2 : 1;
    }
    request.feature_updates.items = items;
    request.feature_updates.count = 2;
    talk_ask(p, kind->api_key, kind->version, &request);
}

static void ask_election(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    static int32_t indexes[] = {0, PARTITIONS};
    struct elect_leaders_request_topic_partitions items[2];
    struct elect_leaders_request request;
    message_defaults(&elect_leaders_request_struct, &request);
    for (int i = 0; i < 2; i++) {
        message_defaults(&elect_leaders_request_topic_partitions_struct, &items[i]);
        items[i].topic = string_of(i == 0 ? topics[0] : "no\xffname");
        items[i].partitions.items = indexes;
        items[i].partitions.count = 2;
    }
    request.topic_partitions.items = items;
    request.topic_partitions.count = number % 2 == 0 ? 2 : -1;
    talk_ask(p, kind->api_key, kind->version, &request);
}

/* All the others: with nothing but their defaults. */
static void ask_plainly(struct talk_peer *p, const struct kind *kind, unsigned number)
{
    union {
        struct api_versions_request api_versions;
        struct describe_cluster_request cluster;
        struct find_coordinator_request coordinator;
        struct init_producer_id_request producer;
        struct describe_quorum_request quorum;
        struct describe_user_scram_credentials_request scram;
        struct list_transactions_request transactions;
    } request;
    const struct api *api = api_find(kind->api_key);
    (void)number;
    cr_assert_leq(api->request->size, sizeof request);
    memset(&request, 0, sizeof request);
    message_defaults(api->request->root, &request);
    if (kind->api_key == API_INIT_PRODUCER_ID)
        request.producer.transactional_id = STRING_NULL;
    if (kind->api_key == API_API_VERSIONS)
        request.api_versions.client_software_name = request.api_versions.client_software_version =
            string_of("x");
    talk_ask(p, kind->api_key, kind->version, &request);
}

Test(memory, metadata_that_creates_a_topic_survives_each_refusal)
{
    refuse_each(&(struct kind){API_METADATA, 9, ask_metadata, metadata_served});
}

Test(memory, a_creation_of_topics_survives_each_refusal)
{
    refuse_each(&(struct kind){API_CREATE_TOPICS, 7, ask_creation, creation_served});
}

Test(memory, a_deletion_of_topics_survives_each_refusal)
{
    refuse_each(&(struct kind){API_DELETE_TOPICS, 6, ask_deletion, NULL});
}

Test(memory, a_creation_of_partitions_survives_each_refusal)
{
    refuse_each(&(struct kind){API_CREATE_PARTITIONS, 3, ask_partitions, partitions_served});
}

Test(memory, offsets_of_partitions_on_other_cores_survive_each_refusal)
{
    refuse_each(&(struct kind){API_LIST_OFFSETS, 7, ask_offsets, offsets_served});
}

Test(memory, epochs_of_partitions_on_other_cores_survive_each_refusal)
{
    refuse_each(&(struct kind){API_OFFSET_FOR_LEADER_EPOCH, 4, ask_epochs, NULL});
}

Test(memory, a_produce_to_all_cores_survives_each_refusal)
{
    refuse_each(&(struct kind){API_PRODUCE, 9, ask_produce, produce_served});
}

Test(memory, a_fetch_from_all_cores_survives_each_refusal)
{
    refuse_each(&(struct kind){API_FETCH, 12, ask_fetch, fetch_served});
}

Test(memory, a_fetch_that_begins_a_session_survives_each_refusal)
{
    refuse_each(&(struct kind){API_FETCH, 12, ask_session, session_served});
}

Test(memory, a_fetch_that_waits_survives_each_refusal)
{
    refuse_each(&(struct kind){API_FETCH, 12, ask_long_poll, NULL});
}

Test(memory, a_description_of_configs_survives_each_refusal)
{
    refuse_each(&(struct kind){API_DESCRIBE_CONFIGS, 4, ask_configs, NULL});
}

Test(memory, a_description_of_partitions_survives_each_refusal)
{
    refuse_each(&(struct kind){API_DESCRIBE_TOPIC_PARTITIONS, 0, ask_description, NULL});
}

Test(memory, a_description_of_directories_survives_each_refusal)
{
    refuse_each(&(struct kind){API_DESCRIBE_LOG_DIRS, 4, ask_directories, directories_served});
}

Test(memory, a_description_of_producers_survives_each_refusal)
{
    refuse_each(&(struct kind){API_DESCRIBE_PRODUCERS, 0, ask_producers, producers_served});
}

Test(memory, a_change_of_features_survives_each_refusal)
{
    refuse_each(&(struct kind){API_UPDATE_FEATURES, 1, ask_features, NULL});
}

Test(memory, an_election_survives_each_refusal)
{
    refuse_each(&(struct kind){API_ELECT_LEADERS, 2, ask_election, NULL});
}

Test(memory, the_plain_requests_survive_each_refusal)
{
    refuse_each(&(struct kind){API_DESCRIBE_QUORUM, 2, ask_plainly, NULL});
    refuse_each(&(struct kind){API_DESCRIBE_USER_SCRAM_CREDENTIALS, 0, ask_plainly, NULL});
    refuse_each(&(struct kind){API_LIST_TRANSACTIONS, 2, ask_plainly, NULL});
    refuse_each(&(struct kind){API_API_VERSIONS, 4, ask_plainly, NULL});
    refuse_each(&(struct kind){API_DESCRIBE_CLUSTER, 1, ask_plainly, NULL});
    refuse_each(&(struct kind){API_FIND_COORDINATOR, 4, ask_plainly, NULL});
    refuse_each(&(struct kind){API_INIT_PRODUCER_ID, 4, ask_plainly, NULL});
}

Test(memory, a_start_survives_each_refusal)
{
    uint64_t count = 1;
    for (uint64_t nth = 1; nth <= count; nth++) {
        struct talk *t = talk_new(&(struct talk_options){.cores = 2, .refuse = nth});
        count = sim_memory_count(talk_host(t));
        cr_assert(count > 0 && count < REFUSALS_MAX);
        sim_memory_refuse(talk_host(t), 0);
        talk_create(t, "one", 2);
        talk_free(t);
    }
}

Test(memory, a_connection_that_finds_none_is_closed_and_the_next_one_is_served)
{
    struct talk *t = talk_new(&(struct talk_options){0});
    sim_memory_refuse(talk_host(t), 1);
    struct talk_peer *p = talk_connect(t);
    cr_assert(talk_is_closed(p, NS_PER_S));
    talk_close(p);
    talk_create(t, "one", 1);
    talk_free(t);
}

/* Nothing else happens on the core that would wake whoever waits. */
Test(memory, an_append_that_finds_none_is_tried_again_by_itself)
{
    struct talk *t = talk_new(&(struct talk_options){0});
    struct sim_host *host = talk_host(t);
    talk_create(t, "one", 1);
    bool refused = true;
    unsigned answered = 0;
    for (uint64_t nth = 1; refused; nth++) {
        talk_wait(t, 20 * NS_PER_S);
        struct talk_peer *p = talk_connect(t);
        uint64_t before = sim_memory_count(host);
        uint64_t began_ns = sim_now(talk_world(t));
        sim_memory_refuse(host, nth);
        talk_produce(p, "one", 0, 100, -1);
        answered += talk_answer(p) != NULL;
        cr_assert_lt(sim_now(talk_world(t)) - began_ns, NS_PER_S, "%d", (int)nth);
        refused = sim_memory_count(host) >= before + nth;
        sim_memory_refuse(host, 0);
        talk_close(p);
    }
    cr_assert_gt(answered, 1, "what was parked, and what was read later");
    talk_free(t);
}

/* Asks for a produce of one record, with this sequence of the producer, to the topic "one". */
static void produce_sequence(struct talk_peer *p, int64_t producer, int32_t sequence)
{
    uint8_t batch[200];
    struct batch_builder builder;
    const struct batch_build_options options = {0, producer, 0, sequence};
    batch_build_begin(&builder, batch, sizeof batch);
    batch_build_add(&builder, 1700000000000, (struct blob){NULL, -1}, blob_of("record", 6));
    int64_t len = batch_build_end(&builder, &options);
    cr_assert_gt(len, 0);
    struct produce_request_partition_produce_data data = {.records = blob_of(batch, (size_t)len)};
    struct produce_request_topic_produce_data item = {.name = string_of("one")};
    struct produce_request request = {
        .transactional_id = STRING_NULL, .acks = -1, .timeout_ms = 30000};
    item.partition_data.items = &data;
    item.partition_data.count = 1;
    request.topic_data.items = &item;
    request.topic_data.count = 1;
    talk_ask(p, API_PRODUCE, 9, &request);
}

static int16_t produce_error(struct talk_peer *p)
{
    const struct produce_response *answer = talk_answer(p);
    return answer == NULL ? -1 : answer->responses.items[0].partition_responses.items[0].error_code;
}

/* Each batch is packed anew for the topic, which takes memory. A producer that nobody knows may
 * begin with any sequence: were the second batch taken without the first, the first never could. */
Test(memory, a_batch_that_finds_none_is_not_overtaken_by_the_next_one_of_its_producer)
{
    static const char *const settings[] = {"compression.type=lz4", NULL};
    struct talk *t = talk_new(&(struct talk_options){.settings = settings});
    struct sim_host *host = talk_host(t);
    bool refused = true;
    talk_create(t, "one", 1);
    for (int64_t nth = 1; refused; nth++) {
        cr_assert_lt(nth, REFUSALS_MAX);
        struct talk_peer *p = talk_connect(t);
        talk_wait(t, 10 * NS_PER_MS);
        uint64_t before = sim_memory_count(host);
        sim_memory_refuse(host, (uint64_t)nth);
        produce_sequence(p, nth, 0);
        produce_sequence(p, nth, 1);
        if (produce_error(p) != -1)
            (void)produce_error(p);
        refused = sim_memory_count(host) >= before + (uint64_t)nth;
        sim_memory_refuse(host, 0);
        talk_close(p);
        p = talk_connect(t);
        produce_sequence(p, nth, 0);
        produce_sequence(p, nth, 1);
        cr_assert_eq(produce_error(p), 0, "the first behind refusal %d", (int)nth);
        cr_assert_eq(produce_error(p), 0, "the second behind refusal %d", (int)nth);
        talk_close(p);
    }
    talk_free(t);
}
