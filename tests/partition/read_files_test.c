/* Files of segments that readers go on in: open while they serve, closed when they must go. */
#include "partition/read_files.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/util.h"
#include "protocol/batch.h"
#include "shard_fixture.h"

static struct rig rig;
static struct rig_read r;

static void setup(void)
{
    rig_init(&rig);
    rig_add(&rig, "topic", 0, 1);
}

/* `batches` of one record each; all in one segment, or one in each. */
static void start(int batches, bool spread)
{
    if (spread)
        rig.limits.segment_bytes = 1;
    cr_assert_eq(rig_start(&rig), 0);
    rig_append_many(&rig, 0, batches);
    rig_flush(&rig);
    r.read.capacity = 200;
}

static void teardown(void)
{
    rig_fini(&rig);
}

TestSuite(read_files, .init = setup, .fini = teardown);

static uint32_t open_logs(void)
{
    uint32_t count = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(rig.files.paths); i++)
        count += strstr(rig.files.paths[i], ".log") != NULL;
    return count;
}

/* One batch or two; the offset behind them. */
static int64_t read_one(int64_t offset)
{
    rig_read(&rig, &r, 0, offset);
    cr_assert_eq(r.read.error, 0);
    cr_assert_gt(r.read.len, 0);
    cr_assert_eq(batch_base_offset(r.data), offset);
    return r.read.segment.next_offset;
}

/* While no job runs; whether the read came to its end. */
static bool reads_without_a_job(int64_t offset)
{
    rig.io.hold_reading = true;
    rig_read_give(&rig, &r, 0, offset);
    rig_settle(&rig);
    bool done = r.done;
    rig.io.hold_reading = false;
    rig_settle(&rig);
    cr_assert(r.done);
    cr_assert_eq(r.read.error, 0);
    cr_assert_eq(batch_base_offset(r.data), offset);
    return done;
}

Test(read_files, a_reader_that_goes_on_takes_no_job)
{
    start(100, false);
    int64_t offset = read_one(0);
    cr_assert_eq(open_logs(), 1);
    while (offset < 90) {
        cr_assert(reads_without_a_job(offset));
        offset = r.read.segment.next_offset;
    }
    cr_assert_eq(open_logs(), 1);
}

Test(read_files, a_jump_opens_nothing)
{
    start(100, false);
    read_one(50);
    cr_assert_eq(open_logs(), 0);
}

Test(read_files, what_is_not_in_memory_takes_a_job_by_the_open_file)
{
    start(100, false);
    int64_t offset = read_one(0);
    rig.io.uncached = true;
    rig.files.fault =
        (struct file_fault){.verb = VERB_OPEN, .path = ".log", .error = ERR_IO, .times = 100};
    cr_assert_not(reads_without_a_job(offset));
    cr_assert_eq(rig.files.fault.hits, 0);
}

/* The batch's CRC is checked: so what both have read fits together. */
Test(read_files, a_job_reads_the_rest_of_what_is_half_in_memory)
{
    start(100, false);
    int64_t offset = read_one(0);
    rig.io.half_cached = true;
    for (int i = 0; i < 10; i++) {
        cr_assert_not(reads_without_a_job(offset));
        cr_assert_eq(r.read.segment.have, 100);
        offset = r.read.segment.next_offset;
    }
}

Test(read_files, what_one_step_does_not_read_waits_for_the_next)
{
    static struct rig_read others[3];
    start(100, false);
    int64_t offset = read_one(0);
    rig.io.hold_reading = true;
    rig_shard(&rig, 0)->read_files.step_bytes = 399;
    for (int i = 0; i < 3; i++) {
        others[i].read.capacity = 200;
        rig_read_give(&rig, &others[i], 0, offset);
    }
    cr_assert(read_files_wait_for_step(rig_shard(&rig, 0)));
    cr_assert_gt(others[0].read.len, 0);
    cr_assert_eq(others[1].read.len, 0);
    rig_settle(&rig);
    for (int i = 0; i < 3; i++) {
        cr_assert(others[i].done);
        cr_assert_eq(others[i].read.error, 0);
        cr_assert_eq(batch_base_offset(others[i].data), offset);
    }
    cr_assert_not(read_files_wait_for_step(rig_shard(&rig, 0)));
}

/* Its partition was deleted meanwhile. */
Test(read_files, a_read_that_waits_is_answered_when_its_partition_goes)
{
    start(100, false);
    int64_t offset = read_one(0);
    rig_shard(&rig, 0)->read_files.step_bytes = 0;
    rig_read_give(&rig, &r, 0, offset);
    cr_assert(read_files_wait_for_step(rig_shard(&rig, 0)));
    partition_delete(rig_partition(&rig, 0));
    rig.places[0].partition = NULL;
    rig_settle(&rig);
    cr_assert(r.done);
    cr_assert_eq(r.read.error, ERR_OFFLINE);
    cr_assert_eq(open_logs(), 0);
}

Test(read_files, a_read_larger_than_a_step_takes_a_job)
{
    start(100, false);
    int64_t offset = read_one(0);
    struct read_file *file = segments_first(&rig_partition(&rig, 0)->segments)->read_file;
    cr_assert_not_null(file);
    cr_assert_eq(read_files_use(rig_shard(&rig, 0), file, READ_FILES_STEP_BYTES + 1), READ_BY_JOB);
    cr_assert_eq(read_files_use(rig_shard(&rig, 0), NULL, 1), READ_BY_JOB);
    cr_assert(reads_without_a_job(offset));
}

/* The batch that comes next is named with its size, so that room for it can be made. */
Test(read_files, the_next_batch_is_known_by_its_size)
{
    start(100, false);
    struct partition_state state;
    struct partition *p = rig_partition(&rig, 0);
    cr_assert_eq(partition_probe(p, 0, false, &state), 0);
    cr_assert_eq(state.first, 0);
    r.read.capacity = 150; /* one batch, and the header of the next */
    int64_t offset = read_one(0);
    uint32_t size = (uint32_t)batch_size(r.data);
    cr_assert_eq(partition_probe(p, offset, false, &state), 0);
    cr_assert_eq(state.first, size, "%u, not %u", state.first, size);
    /* Its header is not among what was read. */
    r.read.capacity = size;
    offset = read_one(offset);
    cr_assert_eq(partition_probe(p, offset, false, &state), 0);
    cr_assert_eq(state.first, size, "%u, not %u", state.first, size);
    rig_append(&rig, 0, (struct rig_batch){.value_len = 5000});
    cr_assert_eq(partition_probe(p, 100, false, &state), 0);
    cr_assert_gt(state.first, 5000);
}

Test(read_files, the_least_recently_used_gives_way)
{
    start(READ_FILES_MAX + 20, true);
    for (int64_t offset = 0; offset < READ_FILES_MAX; offset++)
        read_one(offset);
    cr_assert_eq(open_logs(), READ_FILES_MAX);
    cr_assert(reads_without_a_job(0));
    for (int64_t offset = READ_FILES_MAX; offset < READ_FILES_MAX + 10; offset++) {
        read_one(offset);
        read_one(offset);
    }
    cr_assert_leq(open_logs(), READ_FILES_MAX);
    cr_assert(reads_without_a_job(READ_FILES_MAX + 9));
    cr_assert(reads_without_a_job(0));
    cr_assert_not(reads_without_a_job(1));
}

static void trimmed(struct partition_trim *trim)
{
    cr_assert_eq(trim->error, 0);
}

static void trim(int64_t offset, struct partition_trim *t)
{
    *t = (struct partition_trim){
        .partition = rig_partition(&rig, 0), .offset = offset, .done = trimmed};
    partition_trim(t);
}

Test(read_files, a_removed_segment_is_closed)
{
    struct partition_trim t;
    start(10, true);
    read_one(0);
    read_one(5);
    cr_assert_eq(open_logs(), 2);
    trim(3, &t);
    rig_flush(&rig);
    cr_assert_eq(open_logs(), 1);
    cr_assert_not(rig_has(&rig, "topic-0/00000000000000000000.log"));
}

Test(read_files, a_segment_that_is_being_read_is_closed_behind_its_last_reader)
{
    struct partition_trim t;
    start(10, true);
    read_one(0);
    rig.io.uncached = true;
    rig.io.hold_reading = true;
    rig_read_give(&rig, &r, 0, 0);
    trim(3, &t);
    rig_settle(&rig);
    cr_assert_not(r.done);
    cr_assert_eq(open_logs(), 1);
    rig.io.hold_reading = false;
    rig_flush(&rig);
    cr_assert(r.done);
    cr_assert_eq(r.read.error, 0);
    cr_assert_eq(batch_base_offset(r.data), 0);
    cr_assert_eq(open_logs(), 0);
}

/* It went while a job opened its file. */
Test(read_files, a_segment_that_went_meanwhile_is_not_kept_open)
{
    struct partition_trim t;
    start(10, true);
    rig.io.hold_reading = true;
    rig_read_give(&rig, &r, 0, 0);
    rig.io.hold_reading = false;
    rig_step(&rig); /* the read's job has ended, that which opens has not */
    cr_assert_eq(rig_shard(&rig, 0)->read_files.jobs_out, 1);
    trim(3, &t);
    rig_flush(&rig);
    cr_assert_eq(open_logs(), 0);
    cr_assert_not(rig_has(&rig, "topic-0/00000000000000000000.log"));
}

Test(read_files, a_deleted_partition_is_closed)
{
    start(10, true);
    read_one(0);
    partition_delete(rig_partition(&rig, 0));
    rig.places[0].partition = NULL;
    rig_settle(&rig);
    cr_assert_eq(open_logs(), 0);
}

Test(read_files, a_stop_closes_all_files)
{
    start(10, true);
    for (int64_t offset = 0; offset < 10; offset++)
        read_one(offset);
    cr_assert_eq(open_logs(), 10);
    rig_stop(&rig);
    cr_assert_eq(open_logs(), 0);
}
