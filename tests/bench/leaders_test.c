/* What answers to Metadata do to the lists of leaders. */
#include "bench/load/leaders.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/util.h"
#include "protocol/api.h"
#include "protocol/errors.h"

static struct leaders leaders;
static uint32_t changes;
static uint32_t moved_last;
static char topics[2][4] = {"one", "two"};
static char hosts[2][8] = {"a", "b"};

static void changed(struct leaders *of, uint32_t moved)
{
    cr_assert_eq(of, &leaders);
    changes++;
    moved_last = moved;
}

static struct cluster_broker known[] = {{1, hosts[0], 9092}, {2, hosts[1], 9092}};
static struct cluster_partition partitions[] = {
    {topics[0], 0, 0, 0, 0}, {topics[0], 1, 0, 0, 0}, {topics[1], 0, 0, 0, 0}};
static char *names[] = {topics[0], topics[1]};
static struct cluster cluster = {.brokers = known,
                                 .broker_count = 2,
                                 .topics = names,
                                 .topic_count = 2,
                                 .partitions = partitions,
                                 .partition_count = 3,
                                 .metadata_version = 9};

static void setup(void)
{
    changes = moved_last = 0;
    leaders_init(&leaders, &cluster, changed);
}

static void teardown(void)
{
    leaders_fini(&leaders);
}

TestSuite(leaders, .init = setup, .fini = teardown);

/* An answer in which the partitions of topic "one" and that of "two" have these leaders. */
static int answer(const int32_t leader[3], int32_t third_broker, uint16_t port_of_first)
{
    struct metadata_response_broker brokers[3];
    struct metadata_response_partition told[3];
    struct metadata_response_topic of[2];
    struct metadata_response response;
    static uint8_t bytes[1024];
    struct writer w;
    message_defaults(metadata_response_type.root, &response);
    for (int i = 0; i < 3; i++) {
        message_defaults(&metadata_response_broker_struct, &brokers[i]);
        brokers[i].node_id = i == 2 ? third_broker : i + 1;
        brokers[i].host = string_of(i == 2 ? "c" : hosts[i]);
        brokers[i].port = i == 0 ? port_of_first : 9092;
        message_defaults(&metadata_response_partition_struct, &told[i]);
        told[i].partition_index = i % 2;
        told[i].leader_id = leader[i];
    }
    for (int t = 0; t < 2; t++) {
        message_defaults(&metadata_response_topic_struct, &of[t]);
        of[t].name = string_of(topics[t]);
        of[t].partitions.items = &told[2 * t];
        of[t].partitions.count = t == 0 ? 2 : 1;
    }
    response.brokers.items = brokers;
    response.brokers.count = third_broker == 0 ? 2 : 3;
    response.topics.items = of;
    response.topics.count = 2;
    writer_init(&w, bytes, sizeof bytes);
    write_be32(&w, 7);
    write_u8(&w, 0);
    cr_assert_eq(message_encode(&metadata_response_type, 9, &response, &w, NULL), 0);
    return leaders_take(&leaders, (struct bytes){bytes, writer_len(&w)});
}

Test(leaders, lanes_go_in_turn_to_the_brokers_that_lead)
{
    cr_assert_eq(leaders_broker_of(&leaders, 0), 0);
    cr_assert_eq(leaders_broker_of(&leaders, 1), 0, "the second broker leads nothing");
    cr_assert_eq(answer((int32_t[]){1, 2, 2}, 0, 9092), 0);
    cr_assert_eq(leaders_broker_of(&leaders, 0), 0);
    cr_assert_eq(leaders_broker_of(&leaders, 1), 1);
    cr_assert_eq(leaders_broker_of(&leaders, 2), 0);
}

Test(leaders, what_moved_is_told_and_listed)
{
    cr_assert_eq(answer((int32_t[]){1, 1, 1}, 0, 9092), 0);
    cr_assert_eq(changes, 0, "nothing has changed");
    cr_assert_eq(answer((int32_t[]){1, 2, 2}, 0, 9092), 0);
    cr_assert_eq(moved_last, 2);
    cr_assert_eq(leaders.lists[0].count, 1);
    cr_assert_eq(leaders.lists[1].count, 2);
    cr_assert_eq(leaders.lists[1].partitions[1], 2);
    cr_assert_eq(leaders.of_partition[1], 1);
}

Test(leaders, a_partition_without_leader_keeps_its_last)
{
    cr_assert_eq(answer((int32_t[]){-1, 2, 9}, 0, 9092), 0);
    cr_assert_eq(moved_last, 1);
    cr_assert_eq(leaders.of_partition[0], 0);
    cr_assert_eq(leaders.of_partition[2], 0, "nor does one whose leader is not listed move");
}

Test(leaders, brokers_join_and_move_to_other_addresses)
{
    cr_assert_eq(answer((int32_t[]){3, 1, 1}, 3, 9093), 0);
    cr_assert_eq(changes, 1);
    cr_assert_eq(leaders.broker_count, 3);
    cr_assert_eq(leaders.of_partition[0], 2);
    cr_assert_eq(leaders.brokers[0].port, 9093);
    cr_assert_str_eq(leaders.brokers[2].host, "c");
    cr_assert_eq(answer((int32_t[]){3, 1, 1}, 0, 9092), 0);
    cr_assert_eq(leaders.broker_count, 3, "a place is for good");
    cr_assert_eq(changes, 2, "an address alone is a change, too");
    cr_assert_eq(moved_last, 0);
}

Test(leaders, bytes_that_are_no_answer_change_nothing)
{
    uint8_t bytes[] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 9, 9, 9};
    cr_assert_lt(leaders_take(&leaders, (struct bytes){bytes, sizeof bytes}), 0);
    cr_assert_eq(changes, 0);
    cr_assert_eq(leaders.broker_count, 2);
}

Test(leaders, errors_that_another_leader_explains_are_told_apart)
{
    cr_assert(leaders_explain(KAFKA_NOT_LEADER_OR_FOLLOWER));
    cr_assert(leaders_explain(KAFKA_FENCED_LEADER_EPOCH));
    cr_assert_not(leaders_explain(KAFKA_NONE));
    cr_assert_not(leaders_explain(KAFKA_MESSAGE_TOO_LARGE));
    cr_assert_not(leaders_explain(KAFKA_REQUEST_TIMED_OUT));
}
