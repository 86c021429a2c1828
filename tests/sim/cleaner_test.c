/* Compaction in the whole broker: what is there after it, and after the power went at any moment.
 */
#include <string.h>

#include "protocol/api.h"
#include "protocol/batch.h"
#include "protocol/message.h"
#include "tests/sim/scene.h"

#define MINUTE (60 * SECOND)
#define LOG(offset) DATA "/t-0/0000000000000000000" #offset ".log"

static const struct scene_options options = {0};

/* Of one key, ten milliseconds behind the last one. */
static void put(struct scene *s, uint32_t key, uint32_t value)
{
    static int64_t time = 1000000;
    struct scene_batch batch = {.topic = "t", .key = key, .value = value, .timestamp = time += 10};
    batch.tombstone = value == 0;
    cr_assert_eq(scene_produce(s, batch).error, KAFKA_NONE);
}

static struct scene *begin(const char *tombstone_ms)
{
    struct scene *s = scene_new(&options);
    scene_start(s);
    scene_create_compacted(s, "t", tombstone_ms);
    return s;
}

static void put_six(struct scene *s)
{
    put(s, 1, 11);
    put(s, 2, 21);
    put(s, 1, 12);
    put(s, 3, 31);
    put(s, 2, 22);
    put(s, 4, 41);
}

/* The last one stands in the active segment. */
#define SIX "@2 12 31 22 41"

Test(cleaner, the_last_value_of_each_key_stays_and_small_segments_become_one)
{
    struct scene *s = begin("0");
    put_six(s);
    scene_expect(s, "t", 0, "11 21 12 31 22 41");
    scene_flush(s);
    scene_wait(s, SECOND);
    scene_expect(s, "t", 0, SIX);
    cr_assert(scene_exists(s, LOG(0)));
    cr_assert_not(scene_exists(s, LOG(1)));
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "t", 0, SIX);
    cr_assert(scene_stop(s));
    scene_start(s);
    scene_expect(s, "t", 0, SIX);
    scene_free(s);
}

Test(cleaner, a_tombstone_goes_when_its_time_is_over)
{
    struct scene *s = begin("60000");
    put(s, 1, 11);
    put(s, 2, 21);
    put(s, 1, 0);
    put(s, 3, 31);
    scene_flush(s);
    scene_wait(s, SECOND);
    scene_expect(s, "t", 0, "@1 21 - 31");
    /* The next cleaning is within the time, the one after it is not. */
    put(s, 3, 32);
    put(s, 4, 41);
    scene_flush(s);
    scene_wait(s, SECOND);
    scene_expect(s, "t", 0, "@1 21 - @4 32 41");
    scene_wait(s, 70 * SECOND);
    put(s, 4, 42);
    put(s, 5, 51);
    scene_flush(s);
    scene_wait(s, SECOND);
    scene_expect(s, "t", 0, "@1 21 @4 32 @6 42 51");
    scene_free(s);
}

Test(cleaner, a_topic_may_go_while_it_is_compacted)
{
    struct scene *s = begin("0");
    put_six(s);
    scene_plan(
        s, (struct sim_failure){
               .kind = SIM_DISK_RENAME, .path = DATA "/t-0/", .number = 1, .late_ns = 2 * SECOND});
    scene_flush(s);
    cr_assert_eq(scene_delete(s, "t"), KAFKA_NONE);
    scene_wait(s, 5 * SECOND);
    cr_assert_not(scene_exists(s, LOG(0)));
    scene_free(s);
}

Test(cleaner, readers_wait_for_a_swap_that_the_disk_refuses_and_it_is_repeated)
{
    struct scene *s = begin("0");
    put_six(s);
    scene_plan(s, (struct sim_failure){
                      .kind = SIM_DISK_RENAME, .path = DATA "/t-0/", .number = 4, .error = ERR_IO});
    scene_flush(s);
    scene_await_plan(s);
    scene_wait(s, SECOND);
    cr_assert(scene_said(s, "cannot swap segments of t-0"));
    scene_expect(s, "t", 0, SIX);
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "t", 0, SIX);
    scene_free(s);
}

Test(cleaner, what_no_checkpoint_on_the_disk_knows_is_not_compacted)
{
    struct scene *s = begin("0");
    put(s, 1, 11);
    put(s, 2, 21);
    put(s, 1, 12);
    scene_flush(s);
    put(s, 1, 13);
    put(s, 3, 31);
    put(s, 4, 41);
    scene_plan(s, (struct sim_failure){
                      .kind = SIM_DISK_SYNC, .path = CHECKPOINTS, .number = 1, .late_ns = MINUTE});
    scene_flush(s);
    scene_await_plan(s);
    scene_wait(s, 30 * SECOND);
    scene_crash(s);
    /* The older checkpoint names an end at the record of 12. */
    scene_start(s);
    scene_expect(s, "t", 0, "11 21 12 13 31 41");
    scene_flush(s);
    scene_wait(s, SECOND);
    scene_expect(s, "t", 0, "@1 21 @3 13 31 41");
    scene_free(s);
}

/* Sweeps. */

static void prepare(struct scene *s)
{
    scene_start(s);
    scene_create_compacted(s, "t", "0");
    put_six(s);
}

static void flush_and_compact(struct scene *s)
{
    scene_flush(s);
    scene_wait(s, 2 * SECOND);
}

/* At any moment each key has its last value; and the next cleaning does the rest. */
static void look(struct scene *s)
{
    scene_start(s);
    const char *found = scene_read(s, "t", 0);
    cr_assert(strstr(found, "12 31 22 41") != NULL, "%s", found);
    scene_flush(s);
    scene_wait(s, 2 * SECOND);
    scene_expect(s, "t", 0, SIX);
    put(s, 5, 51);
    scene_expect(s, "t", 0, SIX " 51");
}

Test(cleaner, the_power_may_go_at_any_change_of_the_disk)
{
    const struct scene_sweep sweep = {
        .options = options,
        .path = DATA "/t-0",
        .before = prepare,
        .act = flush_and_compact,
        .after = look,
    };
    cr_assert_gt(scene_sweep(&sweep), 20);
}

static void prepare_half_a_swap(struct scene *s)
{
    prepare(s);
    scene_plan(s, (struct sim_failure){
                      .kind = SIM_DISK_RENAME, .path = DATA "/t-0/", .number = 4, .crash = true});
    scene_flush(s);
    scene_wait(s, 2 * SECOND);
    cr_assert(scene_off(s));
    scene_crash(s);
}

static void start(struct scene *s)
{
    (void)scene_try_start(s);
}

Test(cleaner, so_it_may_while_a_start_ends_what_was_cut_short)
{
    const struct scene_sweep sweep = {
        .options = options,
        .path = DATA "/t-0",
        .before = prepare_half_a_swap,
        .act = start,
        .after = look,
    };
    cr_assert_gt(scene_sweep(&sweep), 3);
}

/* Fetches that a swap comes between. */

#define LARGE 50000
#define LIMIT 1000
#define SMALL_BATCHES 30

/* Of key 1. */
static void put_large(struct scene *s, int64_t timestamp)
{
    struct scene_batch large = {.topic = "t", .key = 1, .value = 1, .timestamp = timestamp};
    large.bytes = LARGE;
    cr_assert_eq(scene_produce(s, large).error, KAFKA_NONE);
}

/* A large batch that a compaction drops whole, and small ones behind it. */
static void put_large_and_small(struct scene *s)
{
    put_large(s, 900000);
    for (uint32_t key = 2; key < 2 + SMALL_BATCHES; key++)
        put(s, key, key);
    put_large(s, 2000000);
    put_large(s, 2001000);
}

/* What came is within the limit, or one batch. False: the large batch has gone. */
static bool check_little(struct scene *s)
{
    const struct fetch_response *answer = scene_take(s, API_FETCH);
    cr_assert_not_null(answer);
    const struct fetch_response_partition_data *part =
        &answer->responses.items[0].partitions.items[0];
    struct bytes records = blob_bytes(part->records);
    struct batch_span first;
    cr_assert_eq(part->error_code, KAFKA_NONE);
    cr_assert_eq(batch_next(records, 0, &first), 0);
    cr_assert(records.len <= LIMIT || records.len == first.len, "%zu bytes", records.len);
    return first.len > LARGE;
}

/* Fetches go on, on cores that take their time, until a compaction has been. */
static void fetch_until_compacted(struct scene *s)
{
    bool there = true;
    for (int round = 0; there; round++) {
        cr_assert_lt(round, 5000, "it is not compacted");
        for (unsigned client = 0; client < SCENE_CLIENTS; client++) {
            scene_use(s, client);
            scene_ask_fetch(s, "t", 0, 0, LIMIT);
        }
        for (unsigned client = 0; client < SCENE_CLIENTS; client++) {
            scene_use(s, client);
            there = check_little(s) && there;
        }
    }
}

Test(cleaner, a_fetch_keeps_its_limit_where_a_swap_comes_between_its_looks)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct scene *s = scene_new(&(struct scene_options){.seed = seed, .cores = 2});
        scene_start(s);
        scene_create_compacted(s, "t", "0");
        put_large_and_small(s);
        *sim_cores(scene_host(s)) = (struct sim_core_options){SIM_ALWAYS / 3, {0, 5 * MS}};
        scene_wait(s, 3 * SECOND);
        fetch_until_compacted(s);
        scene_free(s);
    }
}
