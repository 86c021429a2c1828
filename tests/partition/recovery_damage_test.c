/* Start-up on what is damaged, missing or cannot be read: nothing acknowledged is given up
 * silently. */
#include "partition/recovery.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "partition/kafka_files.h"
#include "tests/partition/recovery_fixture.h"

TestSuite(recovery_damage, .init = setup, .fini = teardown);

Test(recovery_damage, missing_directory_of_synced_records_is_an_offline_partition)
{
    rig_add(&rig, "topic", 0, 1);
    rig_add(&rig, "other", 0, 1);
    start();
    rig_append_many(&rig, 0, 3);
    rig_append_many(&rig, 1, 2);
    rig_flush(&rig);
    rig_crash(&rig);
    char command[128];
    snprintf(command, sizeof command, "rm -r %s/topic-0", rig.root);
    cr_assert_eq(system(command), 0);
    start();
    cr_assert(rig_partition(&rig, 0)->offline);
    cr_assert_eq(outcome_of(0, (struct rig_batch){0}), APPEND_OFFLINE);
    expect_end(1, 2);
    rig_append_many(&rig, 1, 1);
    rig_flush(&rig);
    restart(); /* and stays one: its synced end is not forgotten */
    cr_assert(rig_partition(&rig, 0)->offline);
    cr_assert_eq(rig_partition(&rig, 0)->synced_end, 3);
    expect_end(1, 3);
}

Test(recovery_damage, partition_that_cannot_be_opened_keeps_its_records_in_the_wal)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append_many(&rig, 0, 3);
    rig_flush(&rig);
    rig_append_many(&rig, 0, 2);
    rig_crash(&rig);
    rig.files.fault = (struct file_fault){VERB_OPEN, "topic-0", ERR_IO, 1000, 0};
    cr_assert_eq(rig_start(&rig), ERR_OFFLINE);
    cr_assert_not_null(strstr(rig.logged, "its acknowledged records from 3 to 5"));
    rig_crash(&rig);
    rig.files.fault = (struct file_fault){0};
    start();
    expect_end(0, 5);
}

/* The first start could not open it, and yet wrote a checkpoint that names every partition. */
static void expect_to_survive_a_start_that_cannot_open(void)
{
    rig.files.fault = (struct file_fault){VERB_OPEN, "topic-0", ERR_IO, 1000, 0};
    start();
    rig.files.fault = (struct file_fault){0};
    cr_assert(rig_partition(&rig, 0)->offline);
    rig_append_many(&rig, 1, 1);
    rig_flush(&rig);
    restart();
    expect_end(0, 3);
    expect_end(1, 3);
    cr_assert_eq(outcome_of(0, produced(5, 2)), APPEND_DUPLICATE);
    cr_assert_eq(outcome_of(0, produced(5, 3)), APPEND_DONE);
    restart();
    expect_end(0, 4);
}

static void prepare_produced(void)
{
    rig_add(&rig, "topic", 0, 1);
    rig_add(&rig, "other", 0, 1);
    start();
    for (int i = 0; i < 3; i++)
        rig_append(&rig, 0, produced(5, i));
    rig_append_many(&rig, 1, 2);
    rig_flush(&rig);
}

Test(recovery_damage, partition_that_cannot_be_opened_behind_a_clean_stop_keeps_its_records)
{
    prepare_produced();
    stop_cleanly();
    expect_to_survive_a_start_that_cannot_open();
}

Test(recovery_damage, partition_that_cannot_be_opened_behind_a_crashed_kafka_keeps_its_records)
{
    char command[128];
    prepare_produced();
    rig_stop(&rig);
    snprintf(command, sizeof command, "rm %s/.odradek-*", rig.root);
    cr_assert_eq(system(command), 0);
    expect_to_survive_a_start_that_cannot_open();
}

Test(recovery_damage, partition_that_cannot_be_opened_behind_a_crash_keeps_its_records)
{
    prepare_produced();
    rig_crash(&rig);
    expect_to_survive_a_start_that_cannot_open();
}

Test(recovery_damage, partition_that_two_starts_cannot_open_keeps_its_records)
{
    prepare_produced();
    stop_cleanly();
    for (int i = 0; i < 2; i++) {
        rig.files.fault = (struct file_fault){VERB_OPEN, "topic-0/0", ERR_IO, 1000, 0};
        start();
        cr_assert(rig_partition(&rig, 0)->offline);
        cr_assert_eq(kafka_remove_clean_stop(&rig.files.fs, rig.root), 0);
        rig_append_many(&rig, 1, 2);
        rig_flush(&rig);
        rig_crash(&rig);
    }
    rig.files.fault = (struct file_fault){0};
    start();
    expect_end(0, 3);
    expect_end(1, 6);
    cr_assert_eq(outcome_of(0, produced(5, 2)), APPEND_DUPLICATE);
}

Test(recovery_damage, segment_that_is_gone_behind_a_clean_stop_is_not_an_empty_partition)
{
    char path[256];
    prepare_produced();
    stop_cleanly();
    struct kafka_offset end = {"topic", 0, 3};
    cr_assert_eq(kafka_write_offsets(&rig.files.fs, rig.root, KAFKA_RECOVERY_POINT_FILE, &end, 1),
                 0);
    rig_path(&rig, "topic-0/00000000000000000000.log", path);
    cr_assert_eq(remove(path), 0);
    start();
    cr_assert(rig_partition(&rig, 0)->offline);
    restart();
    cr_assert_eq(outcome_of(0, produced(5, 3)), APPEND_OFFLINE);
}

/* What is appended there would be acknowledged, and lie below the log start. */
Test(recovery_damage, log_start_above_the_segments_of_kafkas_directory_is_an_offline_partition)
{
    static const struct kafka_offset start_at[] = {{"topic", 0, 9}, {"other", 0, 1}};
    prepare_produced();
    rig_append_many(&rig, 1, 1);
    stop_cleanly();
    cr_assert_eq(kafka_write_offsets(&rig.files.fs, rig.root, KAFKA_LOG_START_FILE, start_at, 2),
                 0);
    start();
    cr_assert(rig_partition(&rig, 0)->offline);
    cr_assert_not_null(strstr(rig.logged, "begins at 9"));
    cr_assert_eq(outcome_of(0, (struct rig_batch){0}), APPEND_OFFLINE);
    expect_end(1, 3);
    cr_assert_eq(rig_partition(&rig, 1)->log_start, 1);
}

Test(recovery_damage, directory_that_cannot_be_listed_was_not_taken_away)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append_many(&rig, 0, 3);
    rig_crash(&rig);
    start();
    rig_append_many(&rig, 0, 2);
    rig_crash(&rig);
    rig.files.fault = (struct file_fault){VERB_LIST, "topic-0", ERR_IO, 1000, 0};
    cr_assert_eq(rig_start(&rig), ERR_OFFLINE);
    rig_crash(&rig);
    rig.files.fault = (struct file_fault){0};
    start();
    expect_end(0, 5);
}

Test(recovery_damage, missing_directory_of_a_partition_without_records_is_nothing)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    restart();
    expect_end(0, 0);
    rig_append_many(&rig, 0, 1);
    restart();
    expect_end(0, 1);
}

Test(recovery_damage, wal_that_goes_on_behind_a_gap_takes_the_partition_offline)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append_many(&rig, 0, 2);
    struct partition *p = rig_partition(&rig, 0);
    struct rig_batch spec = {0};
    uint32_t len;
    uint8_t *batch = rig_build(&spec, &len);
    batch_patch_offset(batch, 7);
    struct wal_entry entry = {WAL_BATCH, p->topic_id, p->index, false};
    struct wal_span span;
    cr_assert_eq(wal_append(p->shard->wal, &entry, len, &span), 0);
    memcpy(span.data, batch, len);
    rig_settle(&rig);
    wal_release(p->shard->wal, &span, false);
    free(batch);
    restart();
    cr_assert(rig_partition(&rig, 0)->offline);
    cr_assert_not_null(strstr(rig.logged, "its log ends at 2, the WAL goes on up to 8"));
}

Test(recovery_damage, entry_that_is_no_batch_is_damage)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    struct partition *p = rig_partition(&rig, 0);
    struct wal_entry entry = {WAL_BATCH, p->topic_id, p->index, false};
    struct wal_span span;
    rig_append_many(&rig, 0, 2);
    cr_assert_eq(wal_append(p->shard->wal, &entry, 10, &span), 0);
    memset(span.data, 1, 10);
    rig_settle(&rig);
    wal_release(p->shard->wal, &span, false);
    rig_crash(&rig);
    cr_assert_eq(rig_start(&rig), ERR_CORRUPT);
}

Test(recovery_damage, both_slots_of_the_checkpoint_damaged_refuses_the_start)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append_many(&rig, 0, 1);
    rig_flush(&rig);
    rig_crash(&rig);
    char command[256];
    snprintf(command, sizeof command, "for f in %s/.odradek-checkpoint-*; do echo x > $f; done",
             rig.root);
    cr_assert_eq(system(command), 0);
    cr_assert_eq(rig_start(&rig), ERR_CORRUPT);
    cr_assert_not_null(strstr(rig.logged, "checkpoint of stream 0"));
}

Test(recovery_damage, records_that_cannot_be_written_refuse_the_start_and_stay)
{
    static const struct file_fault faults[] = {
        {VERB_WRITE, ".log", ERR_NO_SPACE, 1, 0},
        {VERB_MAKE_DIRECTORY, "topic", ERR_NO_SPACE, 1, 0},
        {VERB_SYNC_ALL, "", ERR_IO, 1, 0},
        {VERB_WRITE, "partition.metadata", ERR_NO_SPACE, 1, 0},
        {VERB_WRITE, "checkpoint", ERR_NO_SPACE, 1, 0},
        {VERB_LIST, "", ERR_IO, 1, 0},
    };
    rig_add(&rig, "topic", 0, 1);
    rig_add(&rig, "other", 0, 1);
    start();
    rig_append_many(&rig, 0, 3);
    rig_append_many(&rig, 1, 2);
    rig_crash(&rig);
    for (size_t i = 0; i < ARRAY_LENGTH(faults); i++) {
        rig.files.fault = faults[i];
        int result = rig_start(&rig);
        cr_assert_eq(result, faults[i].error, "fault %zu: %d", i, result);
        rig_crash(&rig);
    }
    start();
    expect_end(0, 3);
    expect_end(1, 2);
}
