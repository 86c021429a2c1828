/* A commit's frame is what a broker decodes, and only its own answer counts. */
#include "bench/load/query.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/arena.h"
#include "base/util.h"
#include "protocol/api.h"

/* Size, key, version, correlation id, client id; from version 8 on a byte for tags. */
#define HEAD (4 + 2 + 2 + 4 + 2 + 13)
#define PLAIN_VERSION 7
#define FLEXIBLE_VERSION 9

static char group_name[] = "readers";
static struct cluster_group group = {group_name, 0};
static struct cluster_partition partitions[] = {{"words", 0, 0, 0, 0}, {"words", 1, 0, 0, 0}};
static const struct options options = {.mode = MODE_COMMIT};
static struct cluster cluster;
static struct query query;
static struct region *memory;
static struct arena arena;

static void setup(int16_t version)
{
    memory = region_new(MIB, 4096);
    arena_init(&arena, memory, MIB);
    cluster = (struct cluster){.partitions = partitions,
                               .partition_count = 2,
                               .groups = &group,
                               .group_count = 1,
                               .commit_version = version};
    query_init(&query, &cluster, &options, 3);
}

static void teardown(void)
{
    query_fini(&query);
    arena_reset(&arena);
    region_free(memory);
}

static void expect_offset(int16_t version, int64_t offset)
{
    const struct api *api = api_find(API_OFFSET_COMMIT);
    size_t head = HEAD + (api_request_header_version(api, version) >= 2 ? 1 : 0);
    struct offset_commit_request request;
    struct reader reader;
    query_set_offset(&query, offset);
    reader_init(&reader, query.frame + head, query.len - head);
    cr_assert_eq(message_decode(api->request, version, &reader, &arena, &request), 0);
    cr_assert_eq(reader_left(&reader), 0);
    cr_assert(bytes_equal(string_bytes(request.group_id), BYTES_LITERAL("readers")));
    cr_assert_eq(request.generation_id_or_member_epoch, -1);
    const struct offset_commit_request_partition *partition =
        &request.topics.items[0].partitions.items[0];
    cr_assert_eq(partition->partition_index, 1, "the fourth lane's turn");
    cr_assert_eq(partition->committed_offset, offset);
    cr_assert_eq(partition->committed_leader_epoch, -1);
}

static void a_commit_carries_its_offset(int16_t version)
{
    setup(version);
    expect_offset(version, 0);
    expect_offset(version, INT64_C(0x0123456789abcdef));
    expect_offset(version, 77);
    teardown();
}

Test(query, a_commit_carries_the_offset_that_was_set)
{
    a_commit_carries_its_offset(PLAIN_VERSION);
    a_commit_carries_its_offset(FLEXIBLE_VERSION);
}

static void an_answer_is_read(int16_t version, size_t behind)
{
    uint8_t told[128];
    int16_t error;
    setup(version);
    cr_assert_leq(query.answer_len, sizeof told);
    memcpy(told, query.answer, query.answer_len);
    struct bytes answer = {told, query.answer_len};
    cr_assert_eq(query_read_answer(&query, answer, &error), 0);
    cr_assert_eq(error, 0);
    /* The error is the last thing in it, but for the tags. */
    store_be16(told + answer.len - behind - 2, 16);
    cr_assert_eq(query_read_answer(&query, answer, &error), 0);
    cr_assert_eq(error, 16);
    answer.len--;
    cr_assert_eq(query_read_answer(&query, answer, &error), ERR_MALFORMED);
    teardown();
}

Test(query, the_error_of_a_commit_is_found_in_its_answer)
{
    an_answer_is_read(PLAIN_VERSION, 0);
    an_answer_is_read(FLEXIBLE_VERSION, 3);
}

Test(query, metadata_is_asked_for_every_topic_and_any_answer_is_one)
{
    static char a[] = "a";
    static char b[] = "b";
    static char *topics[] = {a, b};
    const struct options asks = {.mode = MODE_METADATA};
    struct cluster asked = {.topics = topics, .topic_count = 2, .metadata_version = 9};
    struct metadata_request request;
    struct reader reader;
    int16_t error;
    memory = region_new(MIB, 4096);
    arena_init(&arena, memory, MIB);
    query_init(&query, &asked, &asks, 0);
    query_set_offset(&query, 5);
    reader_init(&reader, query.frame + HEAD + 1, query.len - HEAD - 1);
    cr_assert_eq(message_decode(api_find(API_METADATA)->request, 9, &reader, &arena, &request), 0);
    cr_assert_eq(request.topics.count, 2);
    cr_assert_eq(query_read_answer(&query, BYTES_LITERAL("whatever"), &error), 0);
    cr_assert_eq(error, 0);
    teardown();
}
