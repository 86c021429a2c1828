/* Administrators' requests to the whole broker, over several cores, and hostile ones. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "base/prng.h"
#include "base/util.h"
#include "protocol/batch.h"
#include "protocol/errors.h"
#include "tests/sim/talk.h"

#define PARTITIONS 5
#define RECORD_BYTES 100

static struct talk *t;
static struct talk_peer *peer;

static void begin(void)
{
    t = talk_new(&(struct talk_options){.cores = 3});
    talk_create(t, "t", PARTITIONS);
    talk_create(t, "other", 1);
    peer = talk_connect(t);
}

static void end(void)
{
    talk_close(peer);
    talk_free(t);
}

TestSuite(admin, .init = begin, .fini = end);

static const void *call(int16_t api, int16_t version, const void *request)
{
    const void *answer = talk_call(peer, api, version, request);
    cr_assert_not_null(answer, "the connection ended");
    return answer;
}

/* Directories. */

static const struct describe_log_dirs_response_result *
describe_dirs(struct describe_log_dirs_request_describable_log_dir_topic *topics, int32_t count)
{
    struct describe_log_dirs_request request = {.topics = {topics, count}};
    const struct describe_log_dirs_response *answer = call(API_DESCRIBE_LOG_DIRS, 4, &request);
    cr_assert_eq(answer->error_code, 0);
    cr_assert_eq(answer->results.count, 1);
    cr_assert_eq(answer->results.items[0].error_code, 0);
    return answer->results.items;
}

static int64_t size_of(const struct describe_log_dirs_response_result *dir, const char *topic,
                       int32_t partition)
{
    for (int32_t i = 0; i < dir->topics.count; i++) {
        const struct describe_log_dirs_response_topic *told = &dir->topics.items[i];
        if (!bytes_equal(string_bytes(told->name), bytes_of_string(topic)))
            continue;
        for (int32_t j = 0; j < told->partitions.count; j++)
            if (told->partitions.items[j].partition_index == partition)
                return told->partitions.items[j].partition_size;
    }
    return -1;
}

Test(admin, sizes_grow_with_what_is_appended_and_stay_when_it_is_flushed)
{
    int64_t batch = talk_batch(t, RECORD_BYTES).len;
    for (int i = 0; i < 3; i++) {
        talk_produce(peer, "t", 3, RECORD_BYTES, -1);
        cr_assert_not_null(talk_answer(peer));
    }
    for (int i = 0; i < 2; i++) {
        const struct describe_log_dirs_response_result *dir = describe_dirs(NULL, -1);
        cr_expect_eq(dir->topics.count, 2);
        for (int32_t j = 0; j < PARTITIONS; j++)
            cr_expect_eq(size_of(dir, "t", j), j == 3 ? 3 * batch : 0, "partition %d", j);
        cr_expect_eq(size_of(dir, "other", 0), 0);
        cr_expect_gt(dir->total_bytes, dir->usable_bytes);
        cr_expect_gt(dir->usable_bytes, 0);
        talk_wait(t, 20 * NS_PER_S);
    }
}

Test(admin, a_partition_is_described_once_and_an_unknown_one_not_at_all)
{
    int32_t first[] = {4, 0, 4, 9, -1};
    int32_t second[] = {0, 1};
    struct describe_log_dirs_request_describable_log_dir_topic topics[] = {
        {.topic = string_of("t"), .partitions = {first, ARRAY_LENGTH(first)}},
        {.topic = string_of("none"), .partitions = {second, ARRAY_LENGTH(second)}},
        {.topic = string_of("t"), .partitions = {second, ARRAY_LENGTH(second)}},
    };
    const struct describe_log_dirs_response_result *dir = describe_dirs(topics, 3);
    cr_assert_eq(dir->topics.count, 1);
    cr_assert_eq(dir->topics.items[0].partitions.count, 3);
    for (int32_t i = 0; i < 3; i++)
        cr_expect_eq(dir->topics.items[0].partitions.items[i].partition_index,
                     ((int32_t[]){0, 1, 4})[i]);
    cr_expect_eq(describe_dirs(NULL, 0)->topics.count, 0);
}

static int16_t move_to(const char *path, const char *name, int32_t partition)
{
    struct alter_replica_log_dirs_request_alter_replica_log_dir_topic topic = {
        .name = string_of(name), .partitions = {&partition, 1}};
    struct alter_replica_log_dirs_request_alter_replica_log_dir dir = {.path = string_of(path),
                                                                       .topics = {&topic, 1}};
    struct alter_replica_log_dirs_request request = {.dirs = {&dir, 1}};
    const struct alter_replica_log_dirs_response *answer =
        call(API_ALTER_REPLICA_LOG_DIRS, 2, &request);
    cr_assert_eq(answer->results.count, 1);
    cr_assert_eq(answer->results.items[0].partitions.count, 1);
    return answer->results.items[0].partitions.items[0].error_code;
}

Test(admin, replicas_may_go_where_they_are_and_nowhere_else)
{
    char path[256];
    struct bytes own = string_bytes(describe_dirs(NULL, 0)->log_dir);
    snprintf(path, sizeof path, "%.*s", (int)own.len, (const char *)own.data);
    cr_assert_eq(path[0], '/');
    cr_expect_eq(move_to(path, "t", 0), KAFKA_NONE);
    cr_expect_eq(move_to(path, "t", PARTITIONS), KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    cr_expect_eq(move_to(path, "none", 0), KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    cr_expect_eq(move_to("/nowhere", "t", 0), KAFKA_LOG_DIR_NOT_FOUND);
    cr_expect_eq(move_to("", "t", 0), KAFKA_LOG_DIR_NOT_FOUND);
    cr_expect_eq(move_to("/", "t", 0), KAFKA_LOG_DIR_NOT_FOUND);
    cr_expect_eq(move_to(path + 1, "t", 0), KAFKA_LOG_DIR_NOT_FOUND, "a relative path");
    strcat(path, "//");
    cr_expect_eq(move_to(path, "t", 0), KAFKA_NONE);
    strcat(path, "x");
    cr_expect_eq(move_to(path, "t", 0), KAFKA_LOG_DIR_NOT_FOUND);
}

/* Producers. */

static void produce_as(int64_t producer, int32_t partition, int32_t sequence)
{
    struct blob batch = talk_batch(t, RECORD_BYTES);
    uint8_t bytes[1024];
    cr_assert_leq((size_t)batch.len, sizeof bytes);
    memcpy(bytes, batch.data, (size_t)batch.len);
    store_be64(bytes + 43, (uint64_t)producer);
    store_be16(bytes + 51, 3);
    store_be32(bytes + 53, (uint32_t)sequence);
    store_be32(bytes + 17, crc32c(0, bytes + 21, (size_t)batch.len - 21));
    struct produce_request_partition_produce_data part;
    struct produce_request_topic_produce_data topic;
    struct produce_request request;
    message_defaults(&produce_request_partition_produce_data_struct, &part);
    message_defaults(&produce_request_topic_produce_data_struct, &topic);
    message_defaults(&produce_request_struct, &request);
    part.index = partition;
    part.records = (struct blob){bytes, batch.len};
    topic.name = string_of("t");
    topic.partition_data.items = &part;
    topic.partition_data.count = 1;
    request.transactional_id = STRING_NULL;
    request.acks = -1;
    request.timeout_ms = 1000;
    request.topic_data.items = &topic;
    request.topic_data.count = 1;
    const struct produce_response *answer = call(API_PRODUCE, 9, &request);
    cr_assert_eq(answer->responses.items[0].partition_responses.items[0].error_code, 0);
}

/* Regression: what the first round found went into the list that round was still sending. */
Test(admin, producers_of_every_core_are_described)
{
    int32_t indexes[PARTITIONS + 3] = {0, 1, 2, 3, 4, 0, PARTITIONS, -1};
    for (int32_t i = 0; i < PARTITIONS; i++)
        for (int32_t j = 0; j < i; j++)
            for (int32_t sequence = 0; sequence <= j; sequence++)
                produce_as(100 + j, i, sequence);
    struct describe_producers_request_topic_request topics[] = {
        {.name = string_of("t"), .partition_indexes = {indexes, ARRAY_LENGTH(indexes)}},
        {.name = string_of("none"), .partition_indexes = {indexes, 1}},
        {.name = string_of("../x"), .partition_indexes = {indexes, 1}},
    };
    struct describe_producers_request request = {.topics = {topics, 3}};
    const struct describe_producers_response *answer = call(API_DESCRIBE_PRODUCERS, 0, &request);
    cr_assert_eq(answer->topics.count, 3);
    cr_assert_eq(answer->topics.items[0].partitions.count, ARRAY_LENGTH(indexes));
    for (int32_t i = 0; i < PARTITIONS + 1; i++) {
        const struct describe_producers_response_partition_response *part =
            &answer->topics.items[0].partitions.items[i];
        cr_assert_eq(part->error_code, 0);
        cr_assert_eq(part->active_producers.count, i % PARTITIONS);
        for (int32_t j = 0; j < part->active_producers.count; j++) {
            const struct describe_producers_response_producer_state *one =
                &part->active_producers.items[j];
            cr_expect_eq(one->last_sequence, one->producer_id - 100);
            cr_expect_eq(one->producer_epoch, 3);
            cr_expect_gt(one->last_timestamp, 0);
            cr_expect_eq(one->coordinator_epoch, -1);
            cr_expect_eq(one->current_txn_start_offset, -1);
        }
    }
    for (int32_t i = PARTITIONS + 1; i < PARTITIONS + 3; i++)
        cr_expect_eq(answer->topics.items[0].partitions.items[i].error_code,
                     KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    cr_expect_eq(answer->topics.items[1].partitions.items[0].error_code,
                 KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    cr_expect_eq(answer->topics.items[2].partitions.items[0].error_code,
                 KAFKA_INVALID_TOPIC_EXCEPTION);
}

/* Elections and reassignments. */

Test(admin, no_election_is_needed)
{
    int32_t indexes[] = {0, PARTITIONS};
    struct elect_leaders_request_topic_partitions topics[] = {
        {.topic = string_of("t"), .partitions = {indexes, 2}},
        {.topic = string_of("none"), .partitions = {indexes, 1}},
    };
    struct elect_leaders_request request = {.topic_partitions = {topics, 2}, .timeout_ms = 1000};
    const struct elect_leaders_response *answer = call(API_ELECT_LEADERS, 2, &request);
    cr_assert_eq(answer->replica_election_results.count, 2);
    const struct elect_leaders_response_partition_result *parts =
        answer->replica_election_results.items[0].partition_result.items;
    cr_expect_eq(parts[0].error_code, KAFKA_ELECTION_NOT_NEEDED);
    cr_expect_eq(parts[1].error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    parts = answer->replica_election_results.items[1].partition_result.items;
    cr_expect_eq(parts[0].error_code, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    request.topic_partitions.count = -1;
    answer = call(API_ELECT_LEADERS, 2, &request);
    cr_expect_eq(answer->replica_election_results.count, 2);
    cr_expect_eq(answer->replica_election_results.items[0].partition_result.count, 0);
    request.election_type = 7;
    answer = call(API_ELECT_LEADERS, 2, &request);
    cr_expect_eq(answer->error_code, KAFKA_INVALID_REQUEST);
}

static int16_t reassign(int32_t partition, int32_t *replicas, int32_t count)
{
    struct alter_partition_reassignments_request_reassignable_partition part = {
        .partition_index = partition, .replicas = {replicas, count}};
    struct alter_partition_reassignments_request_reassignable_topic topic = {
        .name = string_of("t"), .partitions = {&part, 1}};
    struct alter_partition_reassignments_request request = {
        .timeout_ms = 1000, .allow_replication_factor_change = true, .topics = {&topic, 1}};
    const struct alter_partition_reassignments_response *answer =
        call(API_ALTER_PARTITION_REASSIGNMENTS, 1, &request);
    return answer->responses.items[0].partitions.items[0].error_code;
}

Test(admin, replicas_stay_on_the_only_broker)
{
    cr_expect_eq(reassign(0, (int32_t[]){1}, 1), KAFKA_NONE);
    cr_expect_eq(reassign(0, (int32_t[]){2}, 1), KAFKA_INVALID_REPLICA_ASSIGNMENT);
    cr_expect_eq(reassign(0, (int32_t[]){1, 1}, 2), KAFKA_INVALID_REPLICA_ASSIGNMENT);
    cr_expect_eq(reassign(0, (int32_t[]){1, 2}, 2), KAFKA_INVALID_REPLICA_ASSIGNMENT);
    cr_expect_eq(reassign(0, NULL, 0), KAFKA_INVALID_REPLICA_ASSIGNMENT);
    cr_expect_eq(reassign(0, NULL, -1), KAFKA_NO_REASSIGNMENT_IN_PROGRESS);
    cr_expect_eq(reassign(PARTITIONS, (int32_t[]){1}, 1), KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
}

/* Features. */

static int16_t update(struct update_features_request_feature_update_key *updates, int32_t count,
                      bool validate_only)
{
    struct update_features_request request = {
        .timeout_ms = 1000, .feature_updates = {updates, count}, .validate_only = validate_only};
    const struct update_features_response *answer = call(API_UPDATE_FEATURES, 2, &request);
    return answer->error_code;
}

/* -1: it is not finalized. */
static int level_of(const char *name)
{
    struct api_versions_request request;
    message_defaults(&api_versions_request_struct, &request);
    request.client_software_name = request.client_software_version = string_of("x");
    const struct api_versions_response *answer = call(API_API_VERSIONS, 4, &request);
    for (int32_t i = 0; i < answer->finalized_features.count; i++)
        if (bytes_equal(string_bytes(answer->finalized_features.items[i].name),
                        bytes_of_string(name)))
            return answer->finalized_features.items[i].max_version_level;
    return -1;
}

Test(admin, features_change_together_or_not_at_all)
{
    struct update_features_request_feature_update_key updates[] = {
        {.feature = string_of("group.version"), .upgrade_type = 2},
        {.feature = string_of("share.version"), .max_version_level = 7, .upgrade_type = 1},
    };
    cr_expect_eq(update(updates, 2, false), KAFKA_INVALID_UPDATE_VERSION);
    cr_expect_eq(level_of("group.version"), 1);
    cr_expect_eq(update(updates, 1, true), KAFKA_NONE);
    cr_expect_eq(level_of("group.version"), 1, "that was only asked");
    cr_expect_eq(update(updates, 1, false), KAFKA_NONE);
    cr_expect_eq(level_of("group.version"), -1);
    updates[0].max_version_level = 1;
    updates[0].upgrade_type = 1;
    updates[1].max_version_level = 0;
    updates[1].upgrade_type = 3;
    cr_expect_eq(update(updates, 2, false), KAFKA_NONE);
    cr_expect_eq(level_of("group.version"), 1);
    cr_expect_eq(level_of("share.version"), -1);
    cr_expect_eq(level_of("kraft.version"), 1, "the quorum's own, from the first start on");
}

/* The quorum. */

Test(admin, the_quorum_is_this_node)
{
    struct describe_quorum_request_partition_data part = {0};
    struct describe_quorum_request_topic_data topic = {
        .topic_name = string_of("__cluster_metadata"), .partitions = {&part, 1}};
    struct describe_quorum_request request = {.topics = {&topic, 1}};
    const struct describe_quorum_response *answer = call(API_DESCRIBE_QUORUM, 2, &request);
    const struct describe_quorum_response_partition_data *told =
        &answer->topics.items[0].partitions.items[0];
    cr_assert_eq(told->error_code, 0);
    cr_expect_eq(told->leader_id, 1);
    cr_expect_gt(told->high_watermark, 8, "features, a registration, two topics");
    cr_assert_eq(told->current_voters.count, 1);
    cr_expect_eq(told->current_voters.items[0].replica_id, 1);
    cr_expect_eq(told->current_voters.items[0].log_end_offset, told->high_watermark);
    cr_expect_eq(told->observers.count, 0);
    part.partition_index = 1;
    answer = call(API_DESCRIBE_QUORUM, 2, &request);
    cr_expect_eq(answer->topics.items[0].partitions.items[0].error_code,
                 KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
}

/* Hostile. */

/* Requests with everything that they can have. */
static uint8_t *whole_frame(int16_t api, size_t *len)
{
    static int32_t numbers[] = {0, 3, -1, INT32_MAX};
    struct describe_log_dirs_request_describable_log_dir_topic topic = {.topic = string_of("t"),
                                                                        .partitions = {numbers, 4}};
    struct describe_log_dirs_request dirs = {.topics = {&topic, 1}};
    struct describe_producers_request_topic_request producers = {.name = string_of("t"),
                                                                 .partition_indexes = {numbers, 4}};
    struct describe_producers_request described = {.topics = {&producers, 1}};
    struct update_features_request_feature_update_key update = {
        .feature = string_of("metadata.version"), .max_version_level = 28, .upgrade_type = 2};
    struct update_features_request features = {
        .timeout_ms = 9, .feature_updates = {&update, 1}, .validate_only = true};
    struct alter_partition_reassignments_request_reassignable_partition part = {
        .replicas = {numbers, 4}};
    struct alter_partition_reassignments_request_reassignable_topic moved = {
        .name = string_of("t"), .partitions = {&part, 1}};
    struct alter_partition_reassignments_request reassigned = {.timeout_ms = 9,
                                                               .topics = {&moved, 1}};
    struct alter_replica_log_dirs_request_alter_replica_log_dir_topic placed = {
        .name = string_of("t"), .partitions = {numbers, 4}};
    struct alter_replica_log_dirs_request_alter_replica_log_dir dir = {.path = string_of("/data"),
                                                                       .topics = {&placed, 1}};
    struct alter_replica_log_dirs_request moves = {.dirs = {&dir, 1}};
    struct elect_leaders_request_topic_partitions elected = {.topic = string_of("t"),
                                                             .partitions = {numbers, 4}};
    struct elect_leaders_request election = {.topic_partitions = {&elected, 1}, .timeout_ms = 9};
    struct describe_user_scram_credentials_request_user_name user = {.name = string_of("alice")};
    struct describe_user_scram_credentials_request scram = {.users = {&user, 1}};
    struct string texts[] = {string_of("Ongoing"), string_of("x")};
    struct list_transactions_request listed = {.state_filters = {texts, 2}};
    struct delete_acls_request_filter filter = {
        .resource_type_filter = 1,
        .resource_name_filter = string_of("t"),
        .pattern_type_filter = 1,
        .principal_filter = string_of("User:a"),
        .host_filter = string_of("*"),
        .operation = 1,
        .permission_type = 1,
    };
    struct delete_acls_request acls = {.filters = {&filter, 1}};
    const struct {
        int16_t api;
        const void *request;
    } requests[] = {
        {API_DESCRIBE_LOG_DIRS, &dirs},
        {API_DESCRIBE_PRODUCERS, &described},
        {API_UPDATE_FEATURES, &features},
        {API_ALTER_PARTITION_REASSIGNMENTS, &reassigned},
        {API_ALTER_REPLICA_LOG_DIRS, &moves},
        {API_ELECT_LEADERS, &election},
        {API_DESCRIBE_USER_SCRAM_CREDENTIALS, &scram},
        {API_LIST_TRANSACTIONS, &listed},
        {API_DELETE_ACLS, &acls},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(requests); i++)
        if (requests[i].api == api)
            return talk_frame(peer, api, api_find(api)->version_max, requests[i].request, len);
    cr_assert(false, "no request for %d", api);
    return NULL;
}

Test(admin, bytes_that_are_wrong_are_answered_or_end_the_connection)
{
    static const int16_t apis[] = {
        API_DESCRIBE_LOG_DIRS,
        API_DESCRIBE_PRODUCERS,
        API_UPDATE_FEATURES,
        API_ALTER_PARTITION_REASSIGNMENTS,
        API_ALTER_REPLICA_LOG_DIRS,
        API_ELECT_LEADERS,
        API_DESCRIBE_USER_SCRAM_CREDENTIALS,
        API_LIST_TRANSACTIONS,
        API_DELETE_ACLS,
    };
    struct prng prng;
    prng_init(&prng, 1);
    for (size_t i = 0; i < ARRAY_LENGTH(apis); i++) {
        for (int turn = 0; turn < 60; turn++) {
            size_t len;
            uint8_t *frame = whole_frame(apis[i], &len);
            size_t body = 16 + (prng_next(&prng) % (len - 16));
            frame[body] = (uint8_t)prng_next(&prng);
            talk_send(peer, frame, len, NS_PER_S);
            mem_free(frame);
            if (!talk_has_answer(peer, NS_PER_S))
                cr_assert(talk_is_closed(peer, NS_PER_S), "api %d is mute", apis[i]);
            talk_close(peer);
            peer = talk_connect(t);
        }
    }
    cr_expect_eq(level_of("metadata.version"), 29);
}
