/* A full disk: clients are refused, everything else goes on, and produce resumes by itself. */
#include <criterion/criterion.h>
#include <string.h>

#include "partition/flush.h"
#include "tests/partition/shard_fixture.h"

static struct rig rig;

static void setup(void)
{
    rig_init(&rig);
    for (int i = 0; i < 3; i++)
        rig_add(&rig, "topic", i, 1);
    cr_assert_eq(rig_start(&rig), 0);
    for (uint32_t i = 0; i < 3; i++)
        rig_append_many(&rig, i, 2);
    rig_flush(&rig);
    rig_append_many(&rig, 0, 1);
}

static void teardown(void)
{
    rig_fini(&rig);
}

TestSuite(disk_full, .init = setup, .fini = teardown);

static enum appended {
    DONE = APPEND_DONE,
    REFUSED = APPEND_OFFLINE
} give(uint32_t place, enum append_origin origin)
{
    struct rig_append *a = rig_give(&rig, place, (struct rig_batch){.origin = origin});
    cr_assert_eq(a->result, 0, "never parked");
    rig_settle(&rig);
    cr_assert_neq(a->answer, 0);
    return (enum appended)a->append.outcome;
}

static void note_trim(struct partition_trim *trim)
{
    cr_assert_eq(trim->error, 0);
}

static void fill_disk(const char *path)
{
    rig.files.fault = (struct file_fault){VERB_WRITE, path, ERR_NO_SPACE, UINT32_MAX, 0};
    rig_advance(&rig, 1000);
    cr_assert_gt(rig.files.fault.hits, 0);
}

Test(disk_full, clients_are_refused_and_the_rest_goes_on)
{
    cr_assert_eq(give(0, APPEND_CLIENT), DONE);
    fill_disk(".log");
    cr_assert_eq(give(0, APPEND_CLIENT), REFUSED);
    cr_assert_eq(give(1, APPEND_CLIENT), REFUSED, "the whole log directory");
    cr_assert_eq(give(1, APPEND_COORDINATOR), DONE);
    cr_assert_eq(rig_read_all(&rig, 0), 4);
    cr_assert_eq(rig_read_all(&rig, 1), 3);
    cr_assert_not_null(strstr(rig.logged, "produce is refused until there is space again"));
}

Test(disk_full, produce_resumes_when_there_is_space)
{
    fill_disk(".log");
    cr_assert_eq(give(0, APPEND_CLIENT), REFUSED);
    rig.files.fault.times = 0;
    rig_advance(&rig, 10000);
    cr_assert_eq(give(0, APPEND_CLIENT), DONE);
    rig_flush(&rig);
    rig_crash(&rig);
    cr_assert_eq(rig_start(&rig), 0);
    cr_assert_eq(rig_read_all(&rig, 0), 4);
}

Test(disk_full, deleting_the_partition_that_does_not_fit_is_enough)
{
    fill_disk("topic-0");
    cr_assert_eq(give(1, APPEND_CLIENT), REFUSED);
    partition_delete(rig_partition(&rig, 0));
    rig.places[0].partition = NULL;
    rig_settle(&rig);
    cr_assert_eq(give(1, APPEND_CLIENT), DONE);
    rig.places[0] = rig.places[2];
    rig.place_count = 2;
}

Test(disk_full, deleting_another_one_ends_the_backoff)
{
    fill_disk("topic-0");
    for (int i = 0; i < 8; i++)
        rig_advance(&rig, 5000);
    cr_assert_gt(rig_partition(&rig, 0)->flush_backoff_ms, 5000);
    rig.files.fault.times = 0; /* as the deletion makes room */
    partition_delete(rig_partition(&rig, 2));
    rig.places[2].partition = NULL;
    rig_settle(&rig);
    cr_assert_eq(give(1, APPEND_CLIENT), DONE, "at once");
    rig.place_count = 2;
}

Test(disk_full, a_directory_that_cannot_take_its_longer_name_goes_at_once)
{
    fill_disk(".log");
    cr_assert(rig_has(&rig, "topic-2"));
    rig.files.fault = (struct file_fault){VERB_RENAME, "topic-2", ERR_NO_SPACE, UINT32_MAX, 0};
    partition_delete(rig_partition(&rig, 2));
    rig.places[2].partition = NULL;
    rig.place_count = 2;
    rig_settle(&rig);
    cr_assert_gt(rig.files.fault.hits, 0);
    cr_assert_not(rig_has(&rig, "topic-2"));
    cr_assert_eq(give(1, APPEND_CLIENT), DONE, "it has made room");
}

Test(disk_full, a_checkpoint_that_does_not_fit_counts_as_well)
{
    fill_disk("checkpoint");
    cr_assert_eq(give(1, APPEND_CLIENT), REFUSED);
    rig.files.fault.times = 0;
    rig_advance(&rig, 10000);
    cr_assert_eq(give(1, APPEND_CLIENT), DONE);
}

Test(disk_full, a_client_that_waits_for_room_in_the_wal_is_answered)
{
    struct rig_append *a = NULL;
    rig.io.hold_writing = true;
    for (int i = 0; i < 1000; i++) {
        a = rig_give(&rig, 0, (struct rig_batch){.value_len = 200 * 1024});
        rig_settle(&rig);
        if (a->result != 0)
            break;
    }
    cr_assert_eq(a->result, ERR_BUSY);
    cr_assert_eq(give(1, APPEND_COORDINATOR), DONE, "the last part is for the broker's own");
    int rooms = rig.shards[0].rooms;
    rig.files.fault = (struct file_fault){VERB_WRITE, ".log", ERR_NO_SPACE, UINT32_MAX, 0};
    rig.io.hold_writing = false;
    rig_settle(&rig);
    cr_assert_gt(rig.shards[0].rooms, rooms, "it is asked to try again");
    cr_assert_eq(give(0, APPEND_CLIENT), REFUSED);
}

Test(disk_full, without_the_reserve_clients_are_refused_until_it_is_there)
{
    rig_crash(&rig);
    char path[256];
    rig_path(&rig, ".odradek-reserve-0", path);
    cr_assert_eq(file_remove(&rig.files.fs, path), 0);
    rig.files.fault =
        (struct file_fault){VERB_ALLOCATE, ".odradek-reserve", ERR_NO_SPACE, UINT32_MAX, 0};
    cr_assert_eq(rig_start(&rig), 0, "a start does not need it");
    cr_assert_eq(rig_read_all(&rig, 0), 3);
    cr_assert_eq(give(0, APPEND_CLIENT), REFUSED);
    cr_assert_eq(give(0, APPEND_COORDINATOR), DONE);
    rig.files.fault.times = 0;
    for (int i = 0; i < 3; i++)
        rig_advance(&rig, 1000);
    cr_assert_eq(give(0, APPEND_CLIENT), DONE);
}

/* More of the broker's own records than the WAL has files for, all given at once. */
static void give_more_than_the_wal_holds(struct rig_append **appends, int count)
{
    rig_crash(&rig);
    rig.wal.files_max = 2;
    cr_assert_eq(rig_start(&rig), 0);
    rig_advance(&rig, 1000);
    for (int i = 0; i < count; i++) {
        appends[i] = rig_give(
            &rig, 0, (struct rig_batch){.value_len = 600 * 1024, .origin = APPEND_COORDINATOR});
        cr_assert_eq(appends[i]->result, 0);
    }
}

Test(disk_full, what_waits_for_a_wal_file_has_it_when_a_flush_has_freed_one)
{
    struct rig_append *appends[6];
    give_more_than_the_wal_holds(appends, 6);
    rig_advance(&rig, 10000);
    for (int i = 0; i < 6; i++)
        cr_assert_eq(appends[i]->append.outcome, APPEND_DONE, "%d", i);
    cr_assert_eq(partition_high_watermark(rig_partition(&rig, 0)), 9);
}

Test(disk_full, what_waits_for_a_wal_file_is_answered_when_no_flush_can_free_one)
{
    struct rig_append *appends[6];
    give_more_than_the_wal_holds(appends, 6);
    rig.files.fault = (struct file_fault){VERB_WRITE, ".log", ERR_NO_SPACE, UINT32_MAX, 0};
    rig_settle(&rig);
    int taken = 0;
    for (int i = 0; i < 6; i++) {
        cr_assert_neq(appends[i]->answer, 0, "no time has passed");
        taken += appends[i]->append.outcome == APPEND_DONE;
    }
    cr_assert_eq(taken, 2, "each has a file for itself");
    cr_assert_eq(appends[5]->append.outcome, APPEND_OFFLINE);
    rig.files.fault.times = 0;
    rig_advance(&rig, 10000);
    cr_assert_eq(give(0, APPEND_CLIENT), DONE);
    cr_assert_eq(partition_high_watermark(rig_partition(&rig, 0)), 3 + taken + 1);
}

Test(disk_full, a_log_start_may_move_when_nothing_else_has_a_place)
{
    rig.files.fault =
        (struct file_fault){VERB_ALLOCATE, ".odradek-reserve", ERR_NO_SPACE, UINT32_MAX, 0};
    while (give(0, APPEND_COORDINATOR) == DONE)
        cr_assert_lt(rig_read_all(&rig, 0), 2000);
    cr_assert_eq(give(0, APPEND_CLIENT), REFUSED);
    struct partition_trim trim = {.partition = rig_partition(&rig, 1), .offset = 1};
    trim.done = note_trim;
    partition_trim(&trim);
    rig_settle(&rig);
    cr_assert_eq(trim.error, 0);
    cr_assert_eq(rig_partition(&rig, 1)->log_start, 1);
    rig.files.fault.times = 0;
    rig_advance(&rig, 2000);
    cr_assert_eq(give(0, APPEND_CLIENT), DONE);
}
