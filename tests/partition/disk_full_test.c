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

static void crash_without_reserve(void)
{
    char path[256];
    rig_crash(&rig);
    rig_path(&rig, ".odradek-reserve-0", path);
    cr_assert_eq(file_remove(&rig.files.fs, path), 0);
}

Test(disk_full, behind_a_start_clients_wait_for_the_reserve_and_are_told)
{
    crash_without_reserve();
    cr_assert_eq(rig_start_at_once(&rig), 0);
    cr_assert(!rig_has(&rig, ".odradek-reserve-0"));
    int rooms = rig.shards[0].rooms;
    struct rig_append *own = rig_give(&rig, 0, (struct rig_batch){.origin = APPEND_COORDINATOR});
    cr_assert_eq(own->result, 0, "the broker's own do not");
    cr_assert_eq(rig_give(&rig, 0, (struct rig_batch){0})->result, ERR_BUSY);
    rig_settle(&rig);
    cr_assert(rig_has(&rig, ".odradek-reserve-0"));
    cr_assert_eq(rig.shards[0].rooms, rooms + 1);
    cr_assert_eq(give(0, APPEND_CLIENT), DONE);
}

Test(disk_full, without_the_reserve_clients_are_refused_until_it_is_there)
{
    crash_without_reserve();
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

/* The memory runs out before the files do. */
#define MUCH (60 * 1024)

static void start_with_many_files(void)
{
    rig_crash(&rig);
    rig.wal.files_max = 64;
    rig.wal.memory_bytes = 8 << 20;
    cr_assert_eq(rig_start(&rig), 0);
    rig_append_many(&rig, 0, 1);
}

/* Of those that the broker writes itself, until one is not taken; that one. */
static struct rig_append *give_until_no_memory(bool frees_space, size_t value_len)
{
    for (int i = 0; i < 400; i++) {
        struct rig_append *a = rig_make(
            &rig, 0, (struct rig_batch){.value_len = value_len, .origin = APPEND_COORDINATOR});
        a->append.frees_space = frees_space;
        a->result = partition_append(&a->append);
        rig_settle(&rig);
        if (a->result != 0 || a->append.outcome != APPEND_DONE)
            return a;
        cr_assert_neq(a->answer, 0);
    }
    cr_assert(false, "there is always memory");
    return NULL;
}

static bool is_cramped(void)
{
    return wal_cramped(rig_shard(&rig, 0)->wal);
}

Test(disk_full, what_finds_no_memory_is_answered_at_once_while_flushes_fail)
{
    start_with_many_files();
    fill_disk(".log");
    struct rig_append *a = give_until_no_memory(false, MUCH);
    cr_assert_not(is_cramped(), "it is the memory");
    cr_assert_eq(a->result, 0, "it does not wait");
    cr_assert_eq(a->append.outcome, APPEND_OFFLINE);
    cr_assert_eq(give(0, APPEND_COORDINATOR), REFUSED, "a small one, too: the last block is kept");
    rig.files.fault.times = 0;
    rig_advance(&rig, 10000);
    cr_assert_eq(give(0, APPEND_COORDINATOR), DONE);
    cr_assert_eq(give(0, APPEND_CLIENT), DONE);
}

Test(disk_full, what_finds_no_memory_waits_for_a_flush_that_may_succeed)
{
    start_with_many_files();
    rig.io.hold_writing = true;
    struct rig_append *a = give_until_no_memory(false, MUCH);
    cr_assert_eq(a->result, ERR_BUSY);
    int rooms = rig.shards[0].rooms;
    rig.io.hold_writing = false;
    rig_settle(&rig);
    cr_assert_gt(rig.shards[0].rooms, rooms);
    cr_assert_eq(give(0, APPEND_COORDINATOR), DONE);
}

Test(disk_full, who_waits_for_memory_is_asked_and_answered_when_the_flush_has_failed)
{
    start_with_many_files();
    rig.io.hold_writing = true;
    struct rig_append *a = give_until_no_memory(false, MUCH);
    cr_assert_eq(a->result, ERR_BUSY);
    int rooms = rig.shards[0].rooms;
    rig.files.fault = (struct file_fault){VERB_WRITE, ".log", ERR_NO_SPACE, UINT32_MAX, 0};
    rig.io.hold_writing = false;
    rig_settle(&rig);
    cr_assert_gt(rig.shards[0].rooms, rooms, "no time has passed");
    a->result = partition_append(&a->append);
    cr_assert_eq(a->result, 0);
    rig_settle(&rig);
    cr_assert_eq(a->append.outcome, APPEND_OFFLINE);
}

Test(disk_full, a_log_start_may_move_when_the_memory_is_used_up)
{
    start_with_many_files();
    fill_disk(".log");
    cr_assert_eq(give_until_no_memory(false, MUCH)->append.outcome, APPEND_OFFLINE);
    struct partition_trim trim = {
        .partition = rig_partition(&rig, 1), .offset = 1, .done = note_trim};
    partition_trim(&trim);
    rig_settle(&rig);
    cr_assert_eq(rig_partition(&rig, 1)->log_start, 1);
}

Test(disk_full, what_may_free_space_is_taken_when_the_memory_is_used_up_as_far_as_that_goes)
{
    start_with_many_files();
    fill_disk(".log");
    cr_assert_eq(give_until_no_memory(false, MUCH)->append.outcome, APPEND_OFFLINE);
    struct rig_append *a = rig_make(&rig, 2, (struct rig_batch){.origin = APPEND_COORDINATOR});
    a->append.frees_space = true;
    a->result = partition_append(&a->append);
    rig_settle(&rig);
    cr_assert_eq(a->append.outcome, APPEND_DONE);
    cr_assert_eq(give_until_no_memory(true, MUCH)->append.outcome, APPEND_OFFLINE,
                 "nor does it wait");
}

static int trim_error = 1;

static void keep_error(struct partition_trim *trim)
{
    trim_error = trim->error;
}

Test(disk_full, a_log_start_without_memory_ends_when_the_flush_that_it_waits_for_has_failed)
{
    start_with_many_files();
    rig.io.hold_writing = true;
    cr_assert_eq(give_until_no_memory(true, MUCH)->result, ERR_BUSY);
    cr_assert_eq(give_until_no_memory(true, 1)->result, ERR_BUSY);
    struct partition_trim trim = {
        .partition = rig_partition(&rig, 1), .offset = 1, .done = keep_error};
    partition_trim(&trim);
    rig_settle(&rig);
    cr_assert_eq(trim_error, 1, "it waits");
    rig.files.fault = (struct file_fault){VERB_WRITE, ".log", ERR_NO_SPACE, UINT32_MAX, 0};
    rig.io.hold_writing = false;
    rig_settle(&rig);
    cr_assert_eq(trim_error, ERR_OFFLINE, "no time has passed");
    cr_assert_eq(rig_partition(&rig, 1)->log_start, 0);
}
