/* Snapshots and segments of the metadata log: written, read back, damaged, missing. */
#include "broker/catalog/catalog_files.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "broker/catalog/catalog_snapshot.h"
#include "broker/catalog/catalog_state.h"
#include "catalog_fixture.h"
#include "protocol/batch.h"

static char directory[64];
static void swallow(void *context, enum log_level level, const char *line, size_t len)
{
    (void)context;
    (void)level;
    (void)line;
    (void)len;
}

static const struct log quiet = {.level = LOG_ERROR, .scope = "test", .sink = swallow};
static int64_t log_end;

struct seen {
    uint32_t batches;
    struct catalog_state *state;
};

static void setup(void)
{
    fixture_make_directory(directory);
    log_end = 0;
}

static void teardown(void)
{
    fixture_remove_directory(directory);
}

TestSuite(catalog_files, .init = setup, .fini = teardown);

static void append_topic(const char *segment, const char *name)
{
    struct fixture_batch batch;
    fixture_topic_batch(&batch, log_end, name, uuid_from_random((uint64_t)name[0], 1));
    fixture_append_file(directory, segment, batch.data, batch.len);
    log_end += 2;
}

static int see(void *context, const uint8_t *batch, uint32_t len)
{
    struct seen *seen = context;
    seen->batches++;
    return catalog_state_apply(seen->state, batch, len);
}

static int read_files(struct catalog_reading *reading, struct seen *seen, int64_t limit)
{
    *seen = (struct seen){.state = catalog_state_new()};
    *reading = (struct catalog_reading){
        .fs = file_system_real(),
        .directory = directory,
        .offset_limit = limit,
        .log = &quiet,
        .batch = see,
        .context = seen,
    };
    return catalog_files_read(reading);
}

static int count_one(void *context, struct bytes value)
{
    (void)value;
    (*(uint32_t *)context)++;
    return 0;
}

/* Records in the state that the files amount to; the reading has to succeed. */
static uint32_t count_records(struct catalog_reading *reading, int64_t limit)
{
    struct seen seen;
    uint32_t count = 0;
    cr_assert_eq(read_files(reading, &seen, limit), 0);
    cr_assert_eq(catalog_state_write(seen.state, count_one, &count), 0);
    catalog_state_free(seen.state);
    return count;
}

static int make_snapshot(int64_t limit)
{
    struct catalog_snapshot_id id = {0};
    return catalog_snapshot_make(file_system_real(), directory, limit, 5000, &id);
}

#define LOG_0 "00000000000000000000.log"
#define SNAPSHOT_4 "00000000000000000004-0000000001.checkpoint"
#define SNAPSHOT_6 "00000000000000000006-0000000001.checkpoint"

static void damage(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r+b");
    cr_assert_not_null(file);
    cr_assert_eq(fseek(file, 100, SEEK_SET), 0);
    cr_assert_eq(fputc(0xff, file), 0xff);
    fclose(file);
}

static void erase(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    cr_assert_eq(remove(path), 0);
}

Test(catalog_files, names_of_snapshots_are_kafkas)
{
    struct catalog_snapshot_id id;
    char name[CATALOG_SNAPSHOT_NAME_SIZE];
    catalog_snapshot_print((struct catalog_snapshot_id){4, 1}, name);
    cr_expect_str_eq(name, SNAPSHOT_4);
    cr_assert(catalog_snapshot_parse(SNAPSHOT_4, &id));
    cr_expect_eq(id.end_offset, 4);
    cr_expect_eq(id.epoch, 1);
    cr_expect(!catalog_snapshot_parse("bootstrap.checkpoint", &id));
    cr_expect(!catalog_snapshot_parse(SNAPSHOT_4 ".deleted", &id));
    cr_expect(!catalog_snapshot_parse(SNAPSHOT_4 ".tmp", &id));
    cr_expect(!catalog_snapshot_parse("99999999999999999999-0000000001.checkpoint", &id));
    cr_expect(!catalog_snapshot_parse("0000000000000000000x-0000000001.checkpoint", &id));
}

Test(catalog_files, an_empty_or_missing_directory_is_an_empty_log)
{
    struct catalog_reading reading;
    cr_expect_eq(count_records(&reading, INT64_MAX), 0);
    cr_expect_eq(reading.next_offset, 0);
    cr_expect(!reading.has_snapshot);
    erase("");
    cr_expect_eq(count_records(&reading, INT64_MAX), 0);
    fixture_make_directory(directory);
}

Test(catalog_files, the_log_is_read_over_all_segments_up_to_the_limit)
{
    struct catalog_reading reading;
    append_topic(LOG_0, "a");
    append_topic(LOG_0, "b");
    append_topic("00000000000000000004.log", "c");
    cr_expect_eq(count_records(&reading, INT64_MAX), 6);
    cr_expect_eq(reading.next_offset, 6);
    cr_expect_eq(reading.epoch, 1);
    cr_expect_eq(count_records(&reading, 2), 2);
    cr_expect_eq(reading.next_offset, 2);
}

Test(catalog_files, a_snapshot_stands_for_the_log_before_it)
{
    struct catalog_reading reading;
    append_topic(LOG_0, "a");
    append_topic(LOG_0, "b");
    cr_assert_eq(make_snapshot(4), 0);
    append_topic("00000000000000000004.log", "c");
    erase(LOG_0);
    cr_expect_eq(count_records(&reading, INT64_MAX), 6);
    cr_expect(reading.has_snapshot);
    cr_expect_eq(reading.snapshot.end_offset, 4);
    cr_expect_eq(reading.next_offset, 6);
    cr_expect_gt(reading.log_bytes, 0);
}

Test(catalog_files, a_damaged_snapshot_gives_way_to_an_older_one)
{
    struct catalog_reading reading;
    append_topic(LOG_0, "a");
    append_topic(LOG_0, "b");
    cr_assert_eq(make_snapshot(4), 0);
    append_topic(LOG_0, "c");
    cr_assert_eq(make_snapshot(6), 0);
    damage(SNAPSHOT_6);
    cr_expect_eq(count_records(&reading, INT64_MAX), 6);
    cr_expect_eq(reading.snapshot.end_offset, 4);
    damage(SNAPSHOT_4);
    cr_expect_eq(count_records(&reading, INT64_MAX), 6);
    cr_expect(!reading.has_snapshot);
}

Test(catalog_files, records_missing_between_snapshot_and_log_are_damage)
{
    struct catalog_reading reading;
    struct seen seen;
    append_topic(LOG_0, "a");
    append_topic(LOG_0, "b");
    append_topic("00000000000000000004.log", "c");
    erase(LOG_0);
    cr_expect_eq(read_files(&reading, &seen, INT64_MAX), ERR_CORRUPT);
    catalog_state_free(seen.state);
}

Test(catalog_files, a_damaged_batch_is_never_passed_on)
{
    struct catalog_reading reading;
    struct seen seen;
    append_topic(LOG_0, "a");
    damage(LOG_0);
    cr_expect_eq(read_files(&reading, &seen, INT64_MAX), ERR_CORRUPT);
    cr_expect_eq(seen.batches, 0);
    catalog_state_free(seen.state);
}

Test(catalog_files, snapshots_are_listed_with_their_age_and_the_old_ones_removed)
{
    struct catalog_reading reading;
    struct catalog_snapshot_entry *entries;
    struct catalog_snapshot_id id;
    uint32_t count;
    for (int i = 0; i < 4; i++) {
        char name[2] = {(char)('a' + i), '\0'};
        append_topic(LOG_0, name);
        cr_assert_eq(make_snapshot(log_end), 0);
    }
    cr_assert_eq(make_snapshot(log_end), 0, "nothing new: nothing to do");
    cr_assert_eq(count_records(&reading, INT64_MAX), 8);
    cr_expect_eq(reading.snapshot.end_offset, 8);
    fixture_append_file(directory, SNAPSHOT_4 ".deleted", "x", 1);
    cr_assert_eq(catalog_snapshot_list(file_system_real(), directory, &entries, &count), 0);
    cr_assert_eq(count, 4);
    for (uint32_t i = 0; i < count; i++) {
        cr_expect_eq(entries[i].id.end_offset, 2 + 2 * i);
        cr_expect_gt(entries[i].bytes, 100);
        cr_expect_geq(entries[i].last_timestamp, 0);
    }
    mem_free(entries);
    cr_assert_eq(catalog_snapshot_remove_below(file_system_real(), directory, 6), 0);
    cr_assert_eq(catalog_snapshot_list(file_system_real(), directory, &entries, &count), 0);
    cr_assert_eq(count, 2);
    cr_expect_eq(entries[0].id.end_offset, 6);
    mem_free(entries);
    struct file_info info;
    char path[256];
    snprintf(path, sizeof path, "%s/" SNAPSHOT_4 ".deleted", directory);
    cr_expect_eq(file_get_info(file_system_real(), path, &info), ERR_NOT_FOUND);
    cr_expect(catalog_snapshot_parse(SNAPSHOT_6, &id));
}

Test(catalog_files, a_snapshot_above_the_end_of_the_log_is_not_made)
{
    append_topic(LOG_0, "a");
    cr_expect_eq(make_snapshot(3), ERR_CORRUPT);
    cr_expect_eq(make_snapshot(2), 0);
}

Test(catalog_files, a_snapshot_keeps_the_quorum)
{
    struct fixture_batch batch;
    struct catalog_reading reading;
    struct seen seen;
    fixture_voters_batch(&batch, 0, 1, uuid_from_random(5, 6));
    fixture_append_file(directory, LOG_0, batch.data, batch.len);
    log_end = 2;
    append_topic(LOG_0, "a");
    cr_assert_eq(make_snapshot(4), 0);
    erase(LOG_0);
    cr_assert_eq(read_files(&reading, &seen, INT64_MAX), 0);
    cr_expect_eq(catalog_state_kraft_version(seen.state), 1);
    cr_expect_gt(catalog_state_voters(seen.state).len, 0);
    catalog_state_free(seen.state);
}

Test(catalog_files, a_snapshot_without_its_footer_is_none)
{
    char path[256];
    char *data;
    uint64_t len;
    append_topic(LOG_0, "a");
    append_topic(LOG_0, "b");
    cr_assert_eq(make_snapshot(4), 0);
    snprintf(path, sizeof path, "%s/%s", directory, SNAPSHOT_4);
    cr_assert_eq(file_load(file_system_real(), path, 65536, &data, &len), 0);
    cr_expect(catalog_snapshot_check(data, len));
    int64_t header = batch_size((const uint8_t *)data);
    int64_t records = batch_size((const uint8_t *)data + header);
    cr_expect(!catalog_snapshot_check(data, (uint64_t)(header + records)));
    cr_expect(!catalog_snapshot_check(data + header, len - (uint64_t)header));
    cr_expect(!catalog_snapshot_check(data, len - 1));
    cr_expect(!catalog_snapshot_check(data, 0));
    mem_free(data);
}
