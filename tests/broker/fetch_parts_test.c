/* Taking a fetch apart: what is asked for, once, in order, and by the core that owns it. */
#include <criterion/criterion.h>

#include "base/mem.h"
#include "broker/config/config.h"
#include "broker/fetch/fetch_internal.h"
#include "catalog_fixture.h"
#include "protocol/schema/metadata_records.h"

#define CORES 3
#define TOPICS_MAX 64
#define PARTITIONS 7
#define MEMORY ((size_t)8 << 20)

static struct config *config;
static struct core core;
static struct request request;
static struct fetch_request body;
static struct fetch_request_topic topics[TOPICS_MAX];
static struct fetch_request_partition parts[TOPICS_MAX];
static struct fetch_state state;
static const struct uuid known = {{1, 2, 3}};

/* "t" with its partitions, in the catalog of a broker of three cores. */
static void make_topic(void)
{
    struct fixture_batch batch;
    int32_t node = 1;
    int64_t offset = 0;
    fixture_topic_batch(&batch, offset, "t", known);
    offset += 2;
    cr_assert_eq(image_apply(&core.image, batch.data, batch.len, NULL), 0);
    for (int32_t i = 1; i < PARTITIONS; i++) {
        struct partition_record partition;
        message_defaults(&partition_record_struct, &partition);
        partition.partition_id = i;
        partition.topic_id = known;
        partition.leader = node;
        partition.leader_epoch = partition.partition_epoch = 0;
        partition.replicas.items = partition.isr.items = &node;
        partition.replicas.count = partition.isr.count = 1;
        fixture_record_batch(&batch, offset++, &partition_record_type, 2, &partition);
        cr_assert_eq(image_apply(&core.image, batch.data, batch.len, NULL), 0);
    }
}

static void setup(void)
{
    struct options options = {0};
    struct config_input input = {.options = &options};
    struct config_notes notes;
    struct fetch_sessions_options sessions = {100, 1 << 20, 0, CORES, 7};
    cr_assert_eq(config_load(&input, &notes, &config), 0);
    config_notes_fini(&notes);
    core = (struct core){.core_count = CORES};
    core.memory = region_new(MEMORY, 4096);
    core.fetch_sessions = fetch_sessions_new(&sessions);
    image_init(&core.image, config, CORES, 0);
    make_topic();
    request = (struct request){.core = &core, .version = 12};
    arena_init(&request.arena, core.memory, MEMORY);
    message_defaults(&fetch_request_struct, &body);
    body.topics.items = topics;
    state = (struct fetch_state){.request = &request, .body = &body};
}

static void teardown(void)
{
    arena_reset(&request.arena);
    image_fini(&core.image);
    fetch_sessions_free(core.fetch_sessions);
    region_free(core.memory);
    config_free(config);
}

TestSuite(fetch_parts, .init = setup, .fini = teardown);

/* One topic entry for each partition that is asked for, as a client may send it. */
static void ask(const char *topic, int32_t partition, int64_t offset)
{
    int32_t i = body.topics.count++;
    message_defaults(&fetch_request_partition_struct, &parts[i]);
    parts[i].partition = partition;
    parts[i].fetch_offset = offset;
    topics[i] = (struct fetch_request_topic){.topic = string_of(topic)};
    topics[i].partitions.items = &parts[i];
    topics[i].partitions.count = 1;
}

static void ask_id(struct uuid id, int32_t partition)
{
    ask("", partition, 0);
    topics[body.topics.count - 1].topic_id = id;
}

static void take_apart(void)
{
    cr_assert(fetch_take_apart(&state));
}

Test(fetch_parts, parts_stand_in_the_order_of_the_request)
{
    ask("t", 3, 30);
    ask("t", 0, 0);
    ask("t", 6, 60);
    take_apart();
    cr_assert_eq(state.part_count, 3);
    cr_assert_eq(state.unknown_count, 0);
    static const int32_t order[] = {3, 0, 6};
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(state.parts[i].asked.partition, order[i]);
        cr_expect_eq(state.parts[i].asked.offset, 10 * order[i]);
        cr_expect(uuid_equal(state.parts[i].topic_id, known));
        cr_expect_eq(state.parts[i].error, KAFKA_NONE);
        cr_expect_eq(state.parts[i].diverging.epoch, -1);
    }
}

Test(fetch_parts, a_partition_asked_for_again_keeps_its_first_place_and_the_last_offset)
{
    ask("t", 1, 10);
    ask("t", 2, 20);
    ask("t", 1, 11);
    take_apart();
    cr_assert_eq(state.part_count, 2);
    cr_expect_eq(state.parts[0].asked.partition, 1);
    cr_expect_eq(state.parts[0].asked.offset, 11);
    cr_expect_eq(state.parts[1].asked.partition, 2);
}

Test(fetch_parts, each_owner_gets_one_probe_with_its_partitions)
{
    bool seen[PARTITIONS] = {false};
    for (int32_t i = 0; i < PARTITIONS; i++)
        ask("t", i, 0);
    take_apart();
    cr_assert_eq(state.probe_count, CORES);
    for (uint32_t i = 0; i < CORES; i++) {
        const struct fetch_probe *probe = &state.probes[i];
        cr_expect_eq(probe->state, &state);
        for (uint32_t j = 0; j < i; j++)
            cr_expect_neq(probe->owner, state.probes[j].owner);
        for (const struct fetch_part *part = probe->parts; part != NULL;
             part = part->next_of_owner) {
            int32_t index = part->asked.partition;
            cr_expect_eq(part->probe, probe);
            cr_expect_eq(probe->owner, core_of_partition(CORES, known, index));
            cr_expect_not(seen[index], "partition %d", index);
            seen[index] = true;
        }
    }
    for (int32_t i = 0; i < PARTITIONS; i++)
        cr_expect(seen[i], "partition %d", i);
}

Test(fetch_parts, what_the_catalog_does_not_know_is_asked_of_nobody)
{
    ask("nobody", 0, 0);
    ask("t", PARTITIONS, 0);
    ask("t", -1, 0);
    take_apart();
    cr_assert_eq(state.part_count, 3);
    cr_assert_eq(state.unknown_count, 3);
    cr_assert_eq(state.probe_count, 0);
    for (uint32_t i = 0; i < 3; i++) {
        cr_expect(state.parts[i].unknown);
        cr_expect_eq(state.parts[i].error, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
        cr_expect_eq(state.parts[i].there.high_watermark, -1);
    }
}

Test(fetch_parts, from_version_13_on_topics_have_ids)
{
    request.version = FETCH_VERSION_TOPIC_ID;
    ask_id(known, 1);
    ask_id((struct uuid){{9}}, 1);
    ask_id(known, PARTITIONS);
    ask_id(known, 1);
    take_apart();
    cr_assert_eq(state.part_count, 3);
    cr_expect_eq(state.parts[0].error, KAFKA_NONE);
    cr_expect_eq(state.parts[1].error, KAFKA_UNKNOWN_TOPIC_ID);
    cr_expect_eq(state.parts[2].error, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
}

Test(fetch_parts, names_that_begin_alike_are_different_topics)
{
    ask("t", 0, 1);
    ask("tt", 0, 2);
    ask("", 0, 3);
    take_apart();
    cr_assert_eq(state.part_count, 3);
    cr_expect_eq(state.unknown_count, 2);
    cr_expect_eq(state.parts[0].asked.offset, 1);
}

Test(fetch_parts, thousands_of_partitions_are_found_again)
{
    enum { COUNT = 5000 };
    struct fetch_request_partition *many = mem_alloc_array(2 * COUNT, sizeof *many);
    for (int32_t i = 0; i < 2 * COUNT; i++) {
        message_defaults(&fetch_request_partition_struct, &many[i]);
        many[i].partition = i % COUNT;
        many[i].fetch_offset = i;
    }
    topics[0] = (struct fetch_request_topic){.topic = string_of("t")};
    topics[0].partitions.items = many;
    topics[0].partitions.count = 2 * COUNT;
    body.topics.count = 1;
    take_apart();
    cr_assert_eq(state.part_count, COUNT);
    cr_assert_eq(state.unknown_count, COUNT - PARTITIONS);
    for (int32_t i = 0; i < COUNT; i++) {
        cr_assert_eq(state.parts[i].asked.partition, i);
        cr_assert_eq(state.parts[i].asked.offset, COUNT + i);
    }
    mem_free(many);
}

Test(fetch_parts, nothing_asked_for_is_nothing)
{
    take_apart();
    cr_assert_eq(state.part_count, 0);
    cr_assert_eq(state.probe_count, 0);
}

static struct fetch_session *make_session(const char *name, int32_t first, int32_t end)
{
    struct fetch_session *session =
        fetch_session_create(core.fetch_sessions, false, (uint32_t)(end - first), 0);
    cr_assert_not_null(session);
    for (int32_t i = first; i < end; i++) {
        struct fetch_topic_key key = {{{0}}, bytes_of_string(name)};
        struct fetch_asked asked = {.partition = i, .offset = 100 + i, .bytes_max = 1};
        cr_assert_not_null(fetch_session_put(core.fetch_sessions, session, &key, &asked));
    }
    return session;
}

/* The names are copied: a session may go while its request waits, and another take its memory. */
Test(fetch_parts, an_incremental_request_asks_for_what_its_session_holds)
{
    struct fetch_session *session = make_session("t", 4, 6);
    state.use.session = session;
    ask("t", 0, 0);
    take_apart();
    fetch_session_drop(core.fetch_sessions, session);
    make_session("x", 0, 1);
    cr_assert_eq(state.part_count, 2, "what the request changed is in the session already");
    for (uint32_t i = 0; i < 2; i++) {
        cr_expect_eq(state.parts[i].asked.partition, (int32_t)i + 4);
        cr_expect_eq(state.parts[i].asked.offset, 104 + i);
        cr_expect_eq(state.parts[i].error, KAFKA_NONE);
        cr_expect_not_null(state.parts[i].place);
        cr_expect(bytes_equal(state.parts[i].topic.name, BYTES_LITERAL("t")));
    }
}
