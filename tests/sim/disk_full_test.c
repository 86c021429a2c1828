/* A full disk: what is refused, what goes on, and a start on it; and that each request is answered
 * at once, whatever it is. */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "protocol/api.h"
#include "protocol/schema/groups.h"
#include "protocol/schema/topics.h"
#include "tests/sim/scene.h"

#define BIG 500000
/* A request on a full disk has its answer within this time. */
#define PROMPT_NS SECOND

static const char *const settings[] = {"odradek.wal.max.bytes=33554432", NULL};

/* How many of this size are taken until the disk is full. */
static uint32_t put_until_full(struct scene *s, const char *topic, uint32_t from)
{
    for (uint32_t i = 0; i < 300; i++) {
        struct scene_batch batch = {.topic = topic, .value = from + i, .bytes = BIG};
        int error = scene_produce(s, batch).error;
        if (error == KAFKA_KAFKA_STORAGE_ERROR)
            return i;
        cr_assert_eq(error, KAFKA_NONE);
    }
    cr_assert(false, "it is never full");
    return 0;
}

/* As many of "kept" as fit beside 20 of "victim". */
static uint32_t fill(struct scene *s)
{
    sim_disk(scene_host(s))->capacity_bytes = 80u << 20;
    scene_start(s);
    scene_create(s, "victim", 1);
    scene_create(s, "kept", 1);
    for (uint32_t i = 1; i <= 20; i++) {
        struct scene_batch batch = {.topic = "victim", .value = i, .bytes = BIG};
        cr_assert_eq(scene_produce(s, batch).error, KAFKA_NONE);
    }
    return put_until_full(s, "kept", 1);
}

/* Within half a minute. */
static void expect_to_be_taken_again(struct scene *s, uint32_t value)
{
    int error = KAFKA_KAFKA_STORAGE_ERROR;
    for (int i = 0; i < 60 && error == KAFKA_KAFKA_STORAGE_ERROR; i++) {
        error = scene_try_put(s, "kept", 0, value);
        if (error != KAFKA_NONE)
            scene_wait(s, SECOND / 2);
    }
    cr_assert_eq(error, KAFKA_NONE);
}

Test(disk_full, produce_is_refused_and_reading_creating_and_deleting_go_on_until_there_is_space)
{
    struct scene *s = scene_new(&(struct scene_options){.settings = settings});
    uint32_t kept = fill(s);
    cr_assert_gt(kept, 10);
    scene_expect(s, "kept", 0, scene_count_to(kept));
    scene_expect(s, "victim", 0, scene_count_to(20));
    scene_create(s, "other", 1);
    cr_assert_eq(scene_try_put(s, "other", 0, 1), KAFKA_KAFKA_STORAGE_ERROR);
    cr_assert_eq(scene_delete(s, "victim"), KAFKA_NONE);
    expect_to_be_taken_again(s, kept + 1);
    scene_expect(s, "kept", 0, scene_count_to(kept + 1));
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "kept", 0, scene_count_to(kept + 1));
    scene_expect(s, "victim", 0, "error 3");
    scene_free(s);
}

Test(disk_full, produce_resumes_by_itself_when_space_comes_from_outside)
{
    struct scene *s = scene_new(&(struct scene_options){.settings = settings});
    uint32_t kept = fill(s);
    scene_leave_free(s, 64u << 20);
    expect_to_be_taken_again(s, kept + 1);
    scene_expect(s, "kept", 0, scene_count_to(kept + 1));
    scene_free(s);
}

/* Whether anything was written before the reserve was given up, and whether it was. */
struct order {
    bool given_up;
    bool written_before;
};

static void watch_order(void *context, const char *line)
{
    struct order *order = context;
    if (strstr(line, "REMOVE " DATA "/.odradek-reserve-0") != NULL)
        order->given_up = true;
    else if (!order->given_up && (strstr(line, " WRITE ") != NULL || strstr(line, "ALLOCATE")))
        order->written_before = true;
}

Test(disk_full, killed_on_a_full_disk_it_starts_by_giving_up_the_reserve_deletes_and_goes_on)
{
    struct order order = {0};
    struct scene *s = scene_new(&(struct scene_options){.settings = settings});
    uint32_t kept = fill(s);
    scene_kill(s);
    scene_leave_free(s, 0);
    sim_trace(scene_world(s), watch_order, &order);
    scene_start(s);
    sim_trace(scene_world(s), NULL, NULL);
    cr_assert(scene_said(s, "giving up the reserve"));
    cr_assert(order.given_up && !order.written_before);
    scene_expect(s, "kept", 0, scene_count_to(kept));
    scene_expect(s, "victim", 0, scene_count_to(20));
    cr_assert_eq(scene_delete(s, "victim"), KAFKA_NONE);
    expect_to_be_taken_again(s, kept + 1);
    scene_wait(s, 30 * SECOND);
    cr_assert(scene_exists(s, DATA "/.odradek-reserve-0"), "it is refilled");
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "kept", 0, scene_count_to(kept + 1));
    scene_free(s);
}

/* Every operation of a kind from the nth on finds no space, in a row of puts and flushes. */
static bool no_space_from(enum sim_disk_kind kind, uint64_t number)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    uint32_t last = 0;
    scene_start(s);
    scene_create(s, "kept", 1);
    scene_plan(s, (struct sim_failure){
                      .kind = kind, .number = number, .from_then_on = true, .error = ERR_NO_SPACE});
    for (int round = 0; round < 3; round++) {
        int error = scene_try_put(s, "kept", 0, last + 1);
        cr_assert(error == KAFKA_NONE || error == KAFKA_KAFKA_STORAGE_ERROR, "%d", error);
        last += error == KAFKA_NONE;
        scene_expect(s, "kept", 0, scene_count_to(last));
        scene_flush(s);
    }
    bool met = sim_disk_failure_seen(scene_host(s)) >= number;
    scene_no_plan(s);
    expect_to_be_taken_again(s, ++last);
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "kept", 0, scene_count_to(last));
    scene_free(s);
    return met;
}

Test(disk_full, no_space_from_each_nth_write_on_is_answered_56_and_service_resumes)
{
    uint64_t number = 1;
    while (no_space_from(SIM_DISK_WRITE, number))
        number++;
    cr_assert_gt(number, 10);
    cr_assert(no_space_from(SIM_DISK_OPEN, 1));
}

/* Answers to `count` produces, all of which are out: how many were taken, and no answer is late. */
static uint32_t take_answers(struct scene *s, uint32_t count, uint32_t *refused)
{
    uint64_t end_ns = sim_now(scene_world(s)) + PROMPT_NS;
    uint32_t taken = 0;
    *refused = 0;
    for (uint32_t i = 0; i < count; i++) {
        int error = scene_answered(s).error;
        bool behind = *refused > 0;
        cr_assert(error == KAFKA_KAFKA_STORAGE_ERROR ||
                      error == (behind ? KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER : KAFKA_NONE),
                  "%d", error);
        taken += error == KAFKA_NONE;
        *refused += error != KAFKA_NONE;
    }
    cr_assert_leq(sim_now(scene_world(s)), end_ns, "answered late");
    return taken;
}

#define IN_FLIGHT 40

/* The disk fills while much is in flight, and the attempt to make the next WAL file takes a while:
 * what is given meanwhile waits for it. */
static void send_until_full(struct scene *s, struct scene_producer *p, uint64_t late_ns)
{
    scene_start(s);
    scene_create(s, "t", 1);
    *p = scene_producer(s);
    scene_wait(s, SECOND);
    scene_plan(s, (struct sim_failure){.kind = SIM_DISK_ALLOCATE,
                                       .number = 1,
                                       .from_then_on = true,
                                       .error = ERR_NO_SPACE});
    sim_disk(scene_host(s))->entry_ns = (struct sim_range){late_ns, late_ns};
    for (uint32_t i = 0; i < IN_FLIGHT; i++)
        scene_send(
            s, (struct scene_batch){
                   .topic = "t", .value = 1 + i, .bytes = BIG, .as = p, .sequence = (int32_t)i});
}

Test(disk_full, what_is_in_flight_when_the_disk_fills_is_answered_at_once_and_can_be_sent_again)
{
    uint64_t lates[] = {0, 50 * MS, 200 * MS};
    for (size_t i = 0; i < ARRAY_LENGTH(lates); i++) {
        struct scene *s = scene_new(&(struct scene_options){.settings = settings});
        struct scene_producer p;
        uint32_t refused;
        send_until_full(s, &p, lates[i]);
        uint32_t taken = take_answers(s, IN_FLIGHT, &refused);
        cr_assert_gt(taken, 0);
        cr_assert_gt(refused, 0);
        cr_assert(lates[i] == 0 || scene_said(s, "the WAL has no place"));
        scene_expect(s, "t", 0, scene_count_to(taken));
        /* There is space again: the producer goes on where it was, without a restart. */
        scene_no_plan(s);
        sim_disk(scene_host(s))->entry_ns = (struct sim_range){0, 0};
        scene_wait(s, SECOND);
        for (uint32_t n = taken; n < IN_FLIGHT; n++) {
            struct scene_batch batch = {
                .topic = "t", .value = 1 + n, .as = &p, .sequence = (int32_t)n};
            struct scene_ack ack = scene_produce(s, batch);
            cr_assert_eq(ack.error, KAFKA_NONE);
            cr_assert_eq(ack.offset, n);
        }
        scene_crash(s);
        scene_start(s);
        scene_expect(s, "t", 0, scene_count_to(IN_FLIGHT));
        scene_free(s);
    }
}

Test(disk_full, what_was_in_flight_when_the_disk_filled_is_there_whole_or_not_at_all_after_a_crash)
{
    for (uint64_t late_ms = 10; late_ms < 200; late_ms += 20) {
        struct scene *s = scene_new(&(struct scene_options){.settings = settings});
        struct scene_producer p;
        send_until_full(s, &p, 50 * MS);
        scene_wait(s, late_ms * MS);
        uint32_t taken = 0;
        while (scene_has_answer(s))
            taken += scene_answered(s).error == KAFKA_NONE;
        scene_no_plan(s);
        scene_crash(s);
        sim_disk(scene_host(s))->entry_ns = (struct sim_range){0, 0};
        scene_start(s);
        const char *read = scene_read(s, "t", 0);
        uint32_t found = 0;
        while (found < IN_FLIGHT && strcmp(read, scene_count_to(found)) != 0)
            found++;
        cr_assert_str_eq(found == 0 ? "-" : scene_count_to(found), read);
        cr_assert_geq(found, taken);
        scene_free(s);
    }
}

/* Commits as nobody of 40 partitions of "wide", with 4000 bytes each; the error, which is prompt.
 */
#define WIDE 40

static int commit_much(struct scene *s)
{
    static char metadata[4001];
    struct offset_commit_request request;
    struct offset_commit_request_topic topic;
    struct offset_commit_request_partition partitions[WIDE];
    memset(metadata, 'm', sizeof metadata - 1);
    message_defaults(&offset_commit_request_struct, &request);
    message_defaults(&offset_commit_request_topic_struct, &topic);
    for (int32_t i = 0; i < WIDE; i++) {
        message_defaults(&offset_commit_request_partition_struct, &partitions[i]);
        partitions[i].partition_index = i;
        partitions[i].committed_offset = 0;
        partitions[i].committed_metadata = string_of(metadata);
    }
    request.group_id = string_of("g");
    request.generation_id_or_member_epoch = -1;
    request.member_id = string_of("");
    topic.name = string_of("wide");
    topic.partitions.items = partitions;
    topic.partitions.count = WIDE;
    request.topics.items = &topic;
    request.topics.count = 1;
    uint64_t end_ns = sim_now(scene_world(s)) + PROMPT_NS;
    const struct offset_commit_response *answer = scene_call(s, API_OFFSET_COMMIT, &request);
    cr_assert_not_null(answer);
    cr_assert_leq(sim_now(scene_world(s)), end_ns, "answered late");
    return answer->topics.items[0].partitions.items[0].error_code;
}

static void find_coordinator(struct scene *s)
{
    struct find_coordinator_request request;
    message_defaults(&find_coordinator_request_struct, &request);
    request.key = string_of("g");
    for (int i = 0; i < 100; i++) {
        const struct find_coordinator_response *answer =
            scene_call(s, API_FIND_COORDINATOR, &request);
        cr_assert_not_null(answer);
        if (answer->error_code == KAFKA_NONE && commit_much(s) == KAFKA_NONE)
            return;
        scene_wait(s, 100 * MS);
    }
    cr_assert(false, "there is no coordinator");
}

/* Commits until the WAL has no place for one. */
static void commit_until_refused(struct scene *s)
{
    for (int i = 0; i < 200; i++) {
        int error = commit_much(s);
        if (error == KAFKA_COORDINATOR_NOT_AVAILABLE)
            return;
        cr_assert_eq(error, KAFKA_NONE);
    }
    cr_assert(false, "it is never full");
}

static int create_promptly(struct scene *s, const char *topic)
{
    uint64_t end_ns = sim_now(scene_world(s)) + PROMPT_NS;
    int error = scene_try_create(s, topic, 1);
    cr_assert_leq(sim_now(scene_world(s)), end_ns, "answered late");
    return error;
}

/* Topics without end: a client that asks again and again must not take the last place. */
static void create_until_refused(struct scene *s)
{
    for (int i = 0; i < 300; i++) {
        char name[32];
        snprintf(name, sizeof name, "more-%d", i);
        int error = create_promptly(s, name);
        if (error == KAFKA_KAFKA_STORAGE_ERROR)
            return;
        cr_assert_eq(error, KAFKA_NONE);
    }
    cr_assert(false, "it is never full");
}

/* The WAL is as full as the disk, of the broker's own records too. */
static uint32_t fill_all(struct scene *s)
{
    sim_disk(scene_host(s))->capacity_bytes = 80u << 20;
    scene_start(s);
    scene_create(s, "victim", 1);
    scene_create(s, "kept", 1);
    scene_create(s, "wide", WIDE);
    find_coordinator(s);
    for (uint32_t i = 1; i <= 20; i++) {
        struct scene_batch batch = {.topic = "victim", .value = i, .bytes = BIG};
        cr_assert_eq(scene_produce(s, batch).error, KAFKA_NONE);
    }
    uint32_t kept = put_until_full(s, "kept", 1);
    scene_leave_free(s, 0);
    return kept;
}

static void expect_deletion_to_help(struct scene *s, uint32_t kept)
{
    uint64_t end_ns = sim_now(scene_world(s)) + PROMPT_NS;
    cr_assert_eq(scene_delete(s, "victim"), KAFKA_NONE);
    cr_assert_leq(sim_now(scene_world(s)), end_ns, "answered late");
    expect_to_be_taken_again(s, kept + 1);
    cr_assert_eq(commit_much(s), KAFKA_NONE);
    cr_assert_eq(create_promptly(s, "new"), KAFKA_NONE);
    scene_expect(s, "kept", 0, scene_count_to(kept + 1));
}

Test(disk_full, a_deletion_has_a_place_when_commits_and_creations_have_taken_all_there_was)
{
    struct scene *s = scene_new(&(struct scene_options){.settings = settings});
    uint32_t kept = fill_all(s);
    commit_until_refused(s);
    create_until_refused(s);
    expect_deletion_to_help(s, kept);
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "kept", 0, scene_count_to(kept + 1));
    scene_free(s);
}

Test(disk_full, the_same_behind_a_start_on_the_full_disk)
{
    struct scene *s = scene_new(&(struct scene_options){.settings = settings});
    uint32_t kept = fill_all(s);
    scene_kill(s);
    scene_leave_free(s, 0);
    scene_start(s);
    scene_leave_free(s, 0);
    find_coordinator(s);
    commit_until_refused(s);
    create_until_refused(s);
    expect_deletion_to_help(s, kept);
    scene_free(s);
}

/* The WAL has files enough, as after a busy time, and its memory is what runs out. */
static void fill_memory(struct scene *s)
{
    scene_start(s);
    scene_create(s, "victim", 1);
    scene_create(s, "kept", 1);
    scene_create(s, "wide", WIDE);
    find_coordinator(s);
    scene_put(s, "victim", 0, 1);
    scene_put(s, "kept", 0, 1);
    scene_plan(s, (struct sim_failure){.kind = SIM_DISK_WRITE,
                                       .path = ".log",
                                       .number = 1,
                                       .from_then_on = true,
                                       .error = ERR_NO_SPACE});
    scene_wait(s, 10 * SECOND);
    cr_assert_eq(scene_try_put(s, "kept", 0, 2), KAFKA_KAFKA_STORAGE_ERROR);
}

/* The first one. */
static int delete_record(struct scene *s, const char *topic)
{
    struct delete_records_request_topic item = {.name = string_of(topic)};
    struct delete_records_request_partition partition = {.offset = 1};
    struct delete_records_request request = {.timeout_ms = 60000};
    item.partitions.items = &partition;
    item.partitions.count = 1;
    request.topics.items = &item;
    request.topics.count = 1;
    const struct delete_records_response *answer = scene_call(s, API_DELETE_RECORDS, &request);
    cr_assert_not_null(answer);
    return answer->topics.items[0].partitions.items[0].error_code;
}

Test(disk_full, a_deletion_has_memory_when_commits_and_creations_have_taken_all_there_was)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    fill_memory(s);
    commit_until_refused(s);
    create_until_refused(s);
    cr_assert(!scene_said(s, "cannot prepare a WAL file"));
    uint64_t end_ns = sim_now(scene_world(s)) + PROMPT_NS;
    cr_assert_eq(delete_record(s, "kept"), KAFKA_NONE);
    cr_assert_eq(scene_delete(s, "victim"), KAFKA_NONE);
    cr_assert_leq(sim_now(scene_world(s)), end_ns, "answered late");
    scene_no_plan(s);
    expect_to_be_taken_again(s, 2);
    cr_assert_str_eq(scene_read_from(s, "kept", 0, 1), "2");
    scene_crash(s);
    scene_start(s);
    cr_assert_str_eq(scene_read_from(s, "kept", 0, 1), "2");
    scene_free(s);
}
