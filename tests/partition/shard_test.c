/* The queues of a shard: who is answered when, what a step promises, how it stops. */
#include "partition/shard.h"

#include <criterion/criterion.h>

#include "base/mem.h"
#include "partition/segment_files.h"
#include "tests/partition/shard_fixture.h"

static struct rig rig;

static void setup(void)
{
    rig_init(&rig);
    rig_add(&rig, "topic", 0, 1);
    rig_add(&rig, "topic", 1, 1);
}

static void teardown(void)
{
    rig_fini(&rig);
}

TestSuite(shard, .init = setup, .fini = teardown);

static void start(unsigned cores)
{
    rig.cores = cores;
    cr_assert_eq(rig_start(&rig), 0);
}

/* Callbacks. */

static int appended_again;

static void append_again(struct rig *r, struct partition_append *append)
{
    (void)append;
    if (appended_again == 3)
        return;
    appended_again++;
    rig_give(r, 0, (struct rig_batch){0});
}

Test(shard, answer_may_append_again)
{
    start(1);
    rig.answered = append_again;
    rig_append(&rig, 0, (struct rig_batch){0});
    cr_assert_eq(rig.answers, 4);
    cr_assert_eq(rig_partition(&rig, 0)->durable_end, 4);
}

static void append_again_when_refused(struct rig *r, struct partition_append *append)
{
    if (append->outcome == APPEND_OFFLINE)
        append_again(r, append);
}

Test(shard, answer_may_append_again_while_the_stream_is_offline)
{
    start(1);
    rig_settle(&rig);
    rig_wal_break(&rig);
    rig.answered = append_again_when_refused;
    rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    cr_assert_eq(rig.answers, 4);
    cr_assert_eq(rig_partition(&rig, 0)->log_end, 0);
    rig_wal_mend(&rig);
}

static struct rig_read reads[2];

static void read_in_answer(struct rig *r, struct partition_append *append)
{
    rig_read_give(r, &reads[append->base_offset], 0, append->base_offset);
}

Test(shard, reader_in_an_answer_sees_what_was_answered)
{
    start(1);
    rig.answered = read_in_answer;
    rig_give(&rig, 0, (struct rig_batch){0});
    rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    for (int i = 0; i < 2; i++) {
        cr_assert(reads[i].done);
        cr_assert_gt(reads[i].read.len, 0);
    }
}

Test(shard, refused_append_is_answered_in_the_next_step_not_at_once)
{
    start(1);
    rig_partition(&rig, 0)->offline = true;
    struct rig_append *a = rig_give(&rig, 0, (struct rig_batch){0});
    cr_assert_eq(a->answer, 0);
    shard_step(rig_shard(&rig, 0));
    cr_assert_eq(a->answer, 1);
}

/* Room. */

Test(shard, room_is_told_after_a_flush_and_not_without_a_reason)
{
    start(1);
    rig_append_many(&rig, 0, 3);
    cr_assert_eq(rig.shards[0].rooms, 0);
    rig_advance(&rig, 999);
    cr_assert_eq(rig.shards[0].rooms, 0);
    rig_flush(&rig);
    cr_assert_eq(rig.shards[0].rooms, 1);
    partition_delete(rig_partition(&rig, 0));
    rig.places[0].partition = NULL;
    rig_settle(&rig);
    cr_assert_eq(rig.shards[0].rooms, 2);
}

/* Deadlines. */

Test(shard, idle_shard_asks_for_no_step)
{
    start(1);
    rig_append_many(&rig, 0, 1);
    rig_flush(&rig);
    cr_assert_eq(shard_step(rig_shard(&rig, 0)), IO_NEVER);
}

Test(shard, step_comes_again_for_the_stream_and_for_the_flush)
{
    start(1);
    struct shard *shard = rig_shard(&rig, 0);
    rig_append_many(&rig, 0, 1);
    uint64_t first = shard_step(shard);
    cr_assert_lt(first, shard->last_append_ns + 1000 * NS_PER_MS); /* the proof of the last group */
    rig_advance(&rig, 100);
    cr_assert_eq(shard_step(shard), shard->last_append_ns + 1000 * NS_PER_MS);
}

/* Several shards. */

Test(shard, partitions_of_two_cores_go_to_their_own_streams)
{
    start(2);
    rig_append_many(&rig, 0, 2);
    rig_append_many(&rig, 1, 3);
    cr_assert_eq(rig_shard(&rig, 0)->pending_batches, 2);
    cr_assert_eq(rig_shard(&rig, 1)->pending_batches, 3);
    rig_flush(&rig);
    cr_assert_eq(rig_read_all(&rig, 0), 2);
    cr_assert_eq(rig_read_all(&rig, 1), 3);
}

Test(shard, failed_stream_takes_only_its_own_partitions_with_it)
{
    start(2);
    rig_settle(&rig);
    rig.files.fault = (struct file_fault){VERB_WRITE, ".odradek-wal-1-", ERR_IO, UINT32_MAX, 0};
    struct rig_append *a = rig_give(&rig, 0, (struct rig_batch){0});
    struct rig_append *b = rig_give(&rig, 1, (struct rig_batch){0});
    rig_settle(&rig);
    cr_assert_eq(a->append.outcome, APPEND_DONE);
    cr_assert_eq(b->append.outcome, APPEND_OFFLINE);
    cr_assert(wal_online(rig_shard(&rig, 0)->wal));
    cr_assert_not(wal_online(rig_shard(&rig, 1)->wal));
    rig_wal_mend(&rig);
}

/* Stopping. */

Test(shard, stop_waits_for_what_is_in_flight_and_flushes_it)
{
    start(1);
    rig.io.hold_writes = true;
    struct rig_append *a = rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    struct shard *shard = rig_shard(&rig, 0);
    shard_stop(shard);
    rig_settle(&rig);
    cr_assert_not(shard_stopped(shard));
    cr_assert_eq(a->answer, 0);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert_eq(a->append.outcome, APPEND_DONE);
    cr_assert(shard_stopped(shard));
    cr_assert_eq(rig_partition(&rig, 0)->synced_end, 1);
}

Test(shard, stop_waits_for_a_sick_disk)
{
    start(1);
    rig_append_many(&rig, 0, 1);
    rig.files.fault = (struct file_fault){VERB_WRITE, ".log", ERR_IO, 3, 0};
    shard_stop(rig_shard(&rig, 0));
    rig_settle(&rig);
    cr_assert_not(shard_stopped(rig_shard(&rig, 0)));
    rig_advance(&rig, 100);
    cr_assert_not(shard_stopped(rig_shard(&rig, 0)));
    rig_advance(&rig, 200);
    rig_advance(&rig, 400);
    cr_assert(shard_stopped(rig_shard(&rig, 0)));
}

Test(shard, stop_waits_for_the_names_of_deleted_partitions_but_not_for_their_files)
{
    char path[SEGMENT_PATH_SIZE];
    start(1);
    rig_append_many(&rig, 0, 1);
    rig_flush(&rig);
    rig.io.hold_renaming = true;
    partition_delete(rig_partition(&rig, 0));
    rig.places[0].partition = NULL;
    shard_stop(rig_shard(&rig, 0));
    rig_settle(&rig);
    cr_assert_not(shard_stopped(rig_shard(&rig, 0)));
    rig.io.hold_renaming = false;
    rig_settle(&rig);
    cr_assert(shard_stopped(rig_shard(&rig, 0)));
    cr_assert_not(rig_has(&rig, "topic-0"));
    segments_deleted_path(path, "topic-0", rig.places[0].topic_id);
    cr_assert(rig_has(&rig, path), "the next start deletes it");
}

/* Steady load. */

Test(shard, steady_load_allocates_nothing)
{
    start(1);
    struct rig_append *a[200];
    for (int round = 0; round < 4; round++) {
        rig_flush(&rig);
        for (int i = 0; i < 200; i++)
            a[i] = rig_make(&rig, 0, (struct rig_batch){.value_len = 100});
        for (int i = 0; i < 200; i++) {
            uint64_t before = mem_allocations();
            cr_assert_eq(partition_append(&a[i]->append), 0);
            shard_step(rig_shard(&rig, 0));
            cr_assert(round == 0 || mem_allocations() == before);
            io_poll(&rig.io.io, 0); /* beside it the stream prepares its files */
        }
    }
}
