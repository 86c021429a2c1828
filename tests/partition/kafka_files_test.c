/* Kafka's small files, and the names of its directories. */
#include "partition/kafka_files.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "segments_fixture.h"

static struct fixture f;

static void setup(void)
{
    fixture_init(&f);
    cr_assert_eq(file_make_directory(&f.files.fs, f.directory), 0);
}

static void teardown(void)
{
    fixture_fini(&f);
}

TestSuite(kafka_files, .init = setup, .fini = teardown);

static void store(const char *name, const char *text)
{
    fixture_store(&f, name, text, strlen(text));
}

static void expect_text(const char *name, const char *text)
{
    struct bytes bytes = fixture_load(&f, name);
    cr_assert(bytes_equal(bytes, bytes_of_string(text)), "%.*s", (int)bytes.len, bytes.data);
    free((void *)(uintptr_t)bytes.data);
}

static struct uuid some_id(void)
{
    return uuid_from_random(0x0123456789abcdef, 0xfedcba9876543210);
}

Test(kafka_files, partition_metadata_round_trip)
{
    struct uuid id;
    cr_assert_eq(kafka_read_partition_metadata(&f.files.fs, f.directory, &id), ERR_NOT_FOUND);
    cr_assert_eq(kafka_write_partition_metadata(&f.files.fs, f.directory, some_id(), true), 0);
    char text[64] = "version: 0\ntopic_id: ";
    uuid_print(some_id(), text + strlen(text));
    expect_text("partition.metadata", text);
    cr_assert_eq(kafka_read_partition_metadata(&f.files.fs, f.directory, &id), 0);
    cr_assert(uuid_equal(id, some_id()));
}

static int read_metadata(const char *text)
{
    struct uuid id;
    store("partition.metadata", text);
    return kafka_read_partition_metadata(&f.files.fs, f.directory, &id);
}

Test(kafka_files, partition_metadata_kafka_takes_or_refuses)
{
    cr_assert_eq(read_metadata("version: 0\ntopic_id: 9rvhMt0fQQ2YjOZ0mvM2GA\n"), 0);
    cr_assert_eq(read_metadata("version: 1\r\ntopic_id:  9rvhMt0fQQ2YjOZ0mvM2GA"), 0);
    cr_assert_eq(read_metadata("version: -1\ntopic_id: 9rvhMt0fQQ2YjOZ0mvM2GA"), ERR_VERSION);
    cr_assert_eq(read_metadata("version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA"), ERR_CORRUPT);
    cr_assert_eq(read_metadata("version: 0\n"), ERR_CORRUPT);
    cr_assert_eq(read_metadata("version: 0\ntopic_id: short"), ERR_CORRUPT);
    cr_assert_eq(read_metadata(""), ERR_CORRUPT);
}

Test(kafka_files, offsets_round_trip)
{
    struct kafka_offset entries[] = {{"zz", 3, 7}, {"a", 10, 1LL << 60}, {"a", 9, 0}, {"b", 0, 5}};
    struct kafka_offsets read;
    cr_assert_eq(
        kafka_write_offsets(&f.files.fs, f.directory, KAFKA_RECOVERY_POINT_FILE, entries, 4), 0);
    expect_text("recovery-point-offset-checkpoint",
                "0\n4\nzz 3 7\na 10 1152921504606846976\na 9 0\nb 0 5\n");
    cr_assert_eq(kafka_load_offsets(&f.files.fs, f.directory, KAFKA_RECOVERY_POINT_FILE, &read), 0);
    cr_assert_eq(read.count, 4);
    cr_assert_eq(kafka_find_offset(&read, "a", 10, -1), 1LL << 60);
    cr_assert_eq(kafka_find_offset(&read, "a", 9, -1), 0);
    cr_assert_eq(kafka_find_offset(&read, "zz", 3, -1), 7);
    cr_assert_eq(kafka_find_offset(&read, "zz", 4, -1), -1);
    cr_assert_eq(kafka_find_offset(&read, "", 0, 77), 77);
    kafka_free_offsets(&read);
}

static int load_offsets(const char *text, struct kafka_offsets *read)
{
    store("x", text);
    return kafka_load_offsets(&f.files.fs, f.directory, "x", read);
}

Test(kafka_files, offsets_missing_empty_or_repeated)
{
    struct kafka_offsets read;
    cr_assert_eq(kafka_load_offsets(&f.files.fs, f.directory, "nothing", &read), 0);
    cr_assert_eq(kafka_find_offset(&read, "a", 0, -3), -3);
    cr_assert_eq(load_offsets("", &read), 0);
    kafka_free_offsets(&read);
    cr_assert_eq(load_offsets("0\n3\na 0 1\na 0 2\na 0 3\n", &read), 0);
    cr_assert_eq(read.count, 1);
    cr_assert_eq(kafka_find_offset(&read, "a", 0, -1), 3);
    kafka_free_offsets(&read);
}

Test(kafka_files, offsets_that_are_damaged)
{
    struct kafka_offsets read;
    cr_assert_eq(load_offsets("1\n0\n", &read), ERR_VERSION);
    cr_assert_eq(load_offsets("0\n2\na 0 1\n", &read), ERR_CORRUPT);
    cr_assert_eq(load_offsets("0\n1\na 0 1\nb 0 1\n", &read), ERR_CORRUPT);
    cr_assert_eq(load_offsets("0\n1\na 0\n", &read), ERR_CORRUPT);
    cr_assert_eq(load_offsets("0\n1\na -1 0\n", &read), ERR_CORRUPT);
    cr_assert_eq(load_offsets("0\n1000000000\na 0 1\n", &read), ERR_CORRUPT);
    cr_assert_eq(load_offsets("junk", &read), ERR_CORRUPT);
}

static struct kafka_meta some_meta(void)
{
    struct kafka_meta meta = {
        .cluster_id = "MkU3OEVBNTcwNTJENDM2Qg",
        .node_id = 1,
        .has_directory_id = true,
        .directory_id = some_id(),
    };
    return meta;
}

Test(kafka_files, meta_properties_round_trip)
{
    struct kafka_meta meta = some_meta();
    struct kafka_meta read;
    cr_assert_eq(kafka_load_meta(&f.files.fs, f.directory, &read), ERR_NOT_FOUND);
    cr_assert_eq(kafka_write_meta(&f.files.fs, f.directory, &meta), 0);
    cr_assert_eq(kafka_load_meta(&f.files.fs, f.directory, &read), 0);
    cr_assert_str_eq(read.cluster_id, meta.cluster_id);
    cr_assert_eq(read.node_id, 1);
    cr_assert(read.has_directory_id && uuid_equal(read.directory_id, meta.directory_id));
    cr_assert_not(read.running);
}

Test(kafka_files, every_cluster_id_survives_its_escapes)
{
    struct kafka_meta meta = some_meta();
    struct kafka_meta read;
    for (int c = 1; c < 256; c++) {
        snprintf(meta.cluster_id, sizeof meta.cluster_id, "%c x%c=\\%c", c, c, c);
        cr_assert_eq(kafka_write_meta(&f.files.fs, f.directory, &meta), 0);
        cr_assert_eq(kafka_load_meta(&f.files.fs, f.directory, &read), 0);
        cr_assert_str_eq(read.cluster_id, meta.cluster_id, "%d", c);
    }
    memset(meta.cluster_id, 1, KAFKA_CLUSTER_ID_MAX);
    cr_assert_eq(kafka_write_meta(&f.files.fs, f.directory, &meta), 0);
    cr_assert_eq(kafka_load_meta(&f.files.fs, f.directory, &read), 0);
    cr_assert_str_eq(read.cluster_id, meta.cluster_id);
}

#define ORIGINAL \
    "#\n#Mon Jan 05 10:00:00 UTC 2026\nnode.id=1\nversion=1\ncluster.id=c\nunknown.key=kept\n"

Test(kafka_files, running_form_keeps_the_original_and_gives_it_back)
{
    struct kafka_meta meta;
    store("meta.properties", ORIGINAL);
    cr_assert_eq(kafka_load_meta(&f.files.fs, f.directory, &meta), 0);
    for (int i = 0; i < 2; i++) { /* a crash in between: the running form stands there already */
        cr_assert_eq(kafka_write_meta_running(&f.files.fs, f.directory, &meta), 0);
        expect_text("meta.properties.odradek", ORIGINAL);
        expect_text("meta.properties", "#\ncluster.id=c\nversion=1000\nnode.id=1\n");
        struct kafka_meta read;
        cr_assert_eq(kafka_load_meta(&f.files.fs, f.directory, &read), 0);
        cr_assert(read.running);
        cr_assert_eq(read.node_id, 1);
    }
    cr_assert_eq(kafka_write_meta(&f.files.fs, f.directory, &meta), 0);
    expect_text("meta.properties", ORIGINAL);
    cr_assert_not(fixture_has(&f, "meta.properties.odradek"));
}

Test(kafka_files, original_that_says_something_else_is_replaced)
{
    struct kafka_meta meta;
    store("meta.properties", ORIGINAL);
    cr_assert_eq(kafka_load_meta(&f.files.fs, f.directory, &meta), 0);
    cr_assert_eq(kafka_write_meta_running(&f.files.fs, f.directory, &meta), 0);
    meta.has_directory_id = true;
    meta.directory_id = some_id();
    cr_assert_eq(kafka_write_meta(&f.files.fs, f.directory, &meta), 0);
    struct kafka_meta read;
    cr_assert_eq(kafka_load_meta(&f.files.fs, f.directory, &read), 0);
    cr_assert(read.has_directory_id && !read.running);
    cr_assert_not(fixture_has(&f, "meta.properties.odradek"));
}

static int load_meta(const char *text, struct kafka_meta *meta)
{
    store("meta.properties", text);
    return kafka_load_meta(&f.files.fs, f.directory, meta);
}

Test(kafka_files, meta_properties_as_java_reads_them)
{
    struct kafka_meta meta;
    cr_assert_eq(
        load_meta("  # c\r\n! c\n\nversion : 1\r\n\tnode.id 5\ncluster.id=a\\\n   b\\u0063", &meta),
        0);
    cr_assert_str_eq(meta.cluster_id, "abc");
    cr_assert_eq(meta.node_id, 5);
    cr_assert_eq(load_meta("version=1\nnode\\.id=6\ncluster.id\\\n  =x\\=y\\\\", &meta), 0);
    cr_assert_str_eq(meta.cluster_id, "x=y\\");
    cr_assert_eq(
        load_meta("# a comment ends with its line \\\nversion=1\nnode.id=1\ncluster.id=x", &meta),
        0);
    cr_assert_eq(load_meta("version=1\nnode.id=1\nnode.id=2\ncluster.id=x\n", &meta), 0);
    cr_assert_eq(meta.node_id, 2, "the last one counts");
}

/* The cluster id that `value` stands for, "" when the file is refused. */
static const char *cluster_id_of(const char *value)
{
    static struct kafka_meta meta;
    char text[1024];
    snprintf(text, sizeof text, "version=1\nnode.id=1\ncluster.id=%s", value);
    return load_meta(text, &meta) == 0 ? meta.cluster_id : "";
}

Test(kafka_files, escapes_of_properties_as_java_reads_them)
{
    cr_expect_str_eq(cluster_id_of("a\\tb\\nc\\rd\\fe\\qf\n"), "a\tb\nc\rd\feqf");
    cr_expect_str_eq(cluster_id_of("\\u0041\\u00e9\\u20AC\\uffFF\n"), "A\u00e9\u20ac\uffff");
    cr_expect_str_eq(cluster_id_of("a\\\r\n  \tb\r"), "ab", "a line that goes on, as on Windows");
    cr_expect_str_eq(cluster_id_of("a\\\r b\n"), "ab");
    cr_expect_str_eq(cluster_id_of("a\\"), "a", "nothing behind the backslash");
    cr_expect_str_eq(cluster_id_of("\\u00"), "");
    cr_expect_str_eq(cluster_id_of("\\u00g0\n"), "");
    cr_expect_str_eq(cluster_id_of("\\u00G0\n"), "");
}

Test(kafka_files, meta_properties_are_as_long_as_they_may_be)
{
    struct kafka_meta meta;
    char id[KAFKA_CLUSTER_ID_MAX + 2];
    memset(id, 'x', sizeof id);
    id[KAFKA_CLUSTER_ID_MAX + 1] = '\0';
    cr_expect_str_eq(cluster_id_of(id), "", "one too many");
    cr_expect_str_eq(cluster_id_of(id + 1), id + 1);
    cr_expect_eq(load_meta("version=1\nnode.id=2147483647\ncluster.id=x", &meta), 0);
    cr_expect_eq(load_meta("version=1\nnode.id=2147483648\ncluster.id=x", &meta), ERR_CORRUPT);
    cr_expect_eq(load_meta("version=1\nnode.id=-1\ncluster.id=x", &meta), ERR_CORRUPT);
    cr_expect_eq(load_meta("version=1\nnode.id=1 2\ncluster.id=x", &meta), ERR_CORRUPT);
    cr_expect_eq(load_meta("version=1\nnode.id=1\nkey\\u00zz=1\ncluster.id=x", &meta), ERR_CORRUPT);
}

Test(kafka_files, meta_properties_that_are_refused)
{
    struct kafka_meta meta;
    cr_assert_eq(load_meta("", &meta), ERR_VERSION);
    cr_assert_eq(load_meta("version=0\nbroker.id=1\n", &meta), ERR_VERSION);
    cr_assert_eq(load_meta("version=2\nnode.id=1\ncluster.id=x\n", &meta), ERR_VERSION);
    cr_assert_eq(load_meta("version=1\ncluster.id=x\n", &meta), ERR_CORRUPT);
    cr_assert_eq(load_meta("version=1\nnode.id=1\n", &meta), ERR_CORRUPT);
    cr_assert_eq(load_meta("version=1\nnode.id=one\ncluster.id=x\n", &meta), ERR_CORRUPT);
    cr_assert_eq(load_meta("version=1\nnode.id=1\ncluster.id=x\ndirectory.id=1\n", &meta),
                 ERR_CORRUPT);
    cr_assert_eq(load_meta("version=1\nnode.id=1\ncluster.id=\\u12", &meta), ERR_CORRUPT);
}

Test(kafka_files, mark_of_a_clean_stop)
{
    int64_t epoch;
    cr_assert_eq(kafka_load_clean_stop(&f.files.fs, f.directory, &epoch), ERR_NOT_FOUND);
    cr_assert_eq(kafka_write_clean_stop(&f.files.fs, f.directory, 42), 0);
    expect_text(".kafka_cleanshutdown", "{\"version\":0,\"brokerEpoch\":42}");
    cr_assert_eq(kafka_load_clean_stop(&f.files.fs, f.directory, &epoch), 0);
    cr_assert_eq(epoch, 42);
    store(".kafka_cleanshutdown", "");
    cr_assert_eq(kafka_load_clean_stop(&f.files.fs, f.directory, &epoch), 0);
    cr_assert_eq(epoch, -1);
    cr_assert_eq(kafka_remove_clean_stop(&f.files.fs, f.directory), 0);
    cr_assert_eq(kafka_load_clean_stop(&f.files.fs, f.directory, &epoch), ERR_NOT_FOUND);
    uint32_t syncs = f.files.directory_syncs;
    cr_assert_eq(kafka_remove_clean_stop(&f.files.fs, f.directory), 0);
    cr_assert_eq(f.files.directory_syncs, syncs, "nothing was removed");
}

static void expect_directory(const char *name, const char *topic, int32_t partition,
                             enum kafka_directory_kind kind)
{
    struct kafka_directory directory;
    cr_assert(kafka_parse_directory(name, &directory), "%s", name);
    cr_assert_str_eq(directory.topic, topic);
    cr_assert_eq(directory.partition, partition);
    cr_assert_eq(directory.kind, kind);
}

Test(kafka_files, directory_names)
{
    expect_directory("a-0", "a", 0, KAFKA_DIRECTORY_LIVE);
    expect_directory("my-topic-12", "my-topic", 12, KAFKA_DIRECTORY_LIVE);
    expect_directory("a.b-delete-3", "a.b-delete", 3, KAFKA_DIRECTORY_LIVE);
    expect_directory("__cluster_metadata-0", "__cluster_metadata", 0, KAFKA_DIRECTORY_LIVE);
    expect_directory("a.b-1.0123abc-delete", "a.b", 1, KAFKA_DIRECTORY_DELETE);
    expect_directory("a-1.0123abc-future", "a", 1, KAFKA_DIRECTORY_FUTURE);
    expect_directory("a-1.0123abc-stray", "a", 1, KAFKA_DIRECTORY_STRAY);
    expect_directory("a--1", "a-", 1, KAFKA_DIRECTORY_LIVE);
    expect_directory("a-2147483647", "a", INT32_MAX, KAFKA_DIRECTORY_LIVE);
}

Test(kafka_files, names_that_are_no_partition)
{
    static const char *const names[] = {
        "",        "a",          "-0",         "a-",           "a-x",  "a-1x",       "a-delete",
        "-delete", "a-1.-stray", "lost+found", "a-2147483648", "a-+1", "a-1-delete", ".x-delete"};
    struct kafka_directory directory;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_assert_not(kafka_parse_directory(names[i], &directory), "%s", names[i]);
    char name[400];
    memset(name, 'a', sizeof name);
    snprintf(name + KAFKA_TOPIC_NAME_MAX + 1, 8, "-0");
    cr_assert_not(kafka_parse_directory(name, &directory));
    cr_assert(kafka_parse_directory(name + 1, &directory));
}

Test(kafka_files, printed_directory_names_parse_again)
{
    char text[KAFKA_DIRECTORY_NAME_MAX + 1];
    kafka_print_directory("some-topic", INT32_MAX, text);
    cr_assert_str_eq(text, "some-topic-2147483647");
    expect_directory(text, "some-topic", INT32_MAX, KAFKA_DIRECTORY_LIVE);
}

Test(kafka_files, every_failing_verb_leaves_old_or_new)
{
    struct kafka_meta meta = some_meta();
    for (uint64_t fault = 1;; fault++) {
        struct kafka_meta read;
        store("meta.properties", ORIGINAL);
        char path[256];
        fixture_path(&f, "meta.properties.odradek", path);
        remove(path);
        f.files.fail_at = f.files.calls + fault;
        int result = kafka_write_meta_running(&f.files.fs, f.directory, &meta);
        bool hit = f.files.calls >= f.files.fail_at;
        f.files.fail_at = 0;
        cr_assert_eq(kafka_load_meta(&f.files.fs, f.directory, &read), 0);
        cr_assert(read.running || result != 0);
        if (read.running)
            expect_text("meta.properties.odradek", ORIGINAL);
        if (!hit)
            break;
    }
}
