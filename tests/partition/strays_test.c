/* Directories that are no partition of the catalog's. */
#include "partition/strays.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "partition/kafka_files.h"
#include "segments_fixture.h"

static struct fixture f;

static void setup(void)
{
    fixture_init(&f);
}

static void teardown(void)
{
    fixture_fini(&f);
}

TestSuite(strays, .init = setup, .fini = teardown);

static struct uuid id_of(const char *topic)
{
    return uuid_from_random((uint64_t)topic[0], strlen(topic));
}

/* The catalog: topics a and b with one partition each. */
static bool known(void *context, const char *topic, int32_t partition, const struct uuid *told)
{
    (void)context;
    if (told != NULL && !uuid_equal(*told, id_of(topic)))
        return false;
    return partition == 0 && (strcmp(topic, "a") == 0 || strcmp(topic, "b") == 0);
}

static void make(const char *name, const char *topic)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", f.root, name);
    cr_assert_eq(file_make_directory(&f.files.fs, path), 0);
    if (topic != NULL)
        cr_assert_eq(kafka_write_partition_metadata(&f.files.fs, path, id_of(topic), true), 0);
}

static bool has(const char *name)
{
    char path[512];
    struct file_info info;
    snprintf(path, sizeof path, "%s/%s", f.root, name);
    return file_get_info(&f.files.fs, path, &info) == 0;
}

static void remove_made(const char *name)
{
    char path[512];
    char file[600];
    snprintf(path, sizeof path, "%s/%s", f.root, name);
    snprintf(file, sizeof file, "%s/partition.metadata", path);
    (void)!file_remove(&f.files.fs, file);
    cr_assert_eq(file_remove_directory(&f.files.fs, path), 0, "%s", name);
}

#define UNIQUE(number) ".0000000000000000000000000000000" number "-stray"

Test(strays, what_the_catalog_does_not_know_is_set_aside)
{
    make("a-0", "a");
    make("a-1", "a");
    make("b-0", "old");
    make("gone-3", "gone");
    make("__cluster_metadata-0", NULL);
    make("gone-3" UNIQUE("0"), NULL);
    cr_assert_eq(strays_set_aside(&f.files.fs, f.root, known, NULL, &f.log), 0);
    cr_assert(has("a-0") && has("__cluster_metadata-0"));
    cr_assert(!has("a-1") && has("a-1" UNIQUE("0")));
    cr_assert(!has("b-0") && has("b-0" UNIQUE("0")), "the name is right, the topic id is not");
    cr_assert(!has("gone-3") && has("gone-3" UNIQUE("1")), "no name is taken twice");
    const char *left[] = {"a-0",
                          "__cluster_metadata-0",
                          "a-1" UNIQUE("0"),
                          "b-0" UNIQUE("0"),
                          "gone-3" UNIQUE("0"),
                          "gone-3" UNIQUE("1")};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        remove_made(left[i]);
}

Test(strays, a_directory_without_metadata_belongs_to_its_name)
{
    make("a-0", NULL);
    cr_assert_eq(strays_set_aside(&f.files.fs, f.root, known, NULL, &f.log), 0);
    cr_assert(has("a-0"));
    remove_made("a-0");
}

Test(strays, interrupted_deletions_are_finished)
{
    make("a-0.0123456789abcdef0123456789abcdef-delete", "a");
    make("a-0.0123456789abcdef0123456789abcdef-future", "a");
    cr_assert_eq(strays_set_aside(&f.files.fs, f.root, known, NULL, &f.log), 0);
    cr_assert(!has("a-0.0123456789abcdef0123456789abcdef-delete"));
    cr_assert(has("a-0.0123456789abcdef0123456789abcdef-future"));
    remove_made("a-0.0123456789abcdef0123456789abcdef-future");
}

Test(strays, a_long_name_is_cut_to_what_a_file_system_takes)
{
    char topic[250];
    char cut[300];
    memset(topic, 't', 249);
    topic[249] = '\0';
    char name[260];
    snprintf(name, sizeof name, "%s-7", topic);
    make(name, topic);
    cr_assert_eq(strays_set_aside(&f.files.fs, f.root, known, NULL, &f.log), 0);
    snprintf(cut, sizeof cut, "%.*s-7" UNIQUE("0"), 255 - 41, topic);
    cr_assert(has(cut) && !has(name));
    remove_made(cut);
}

Test(strays, live_partitions_are_counted)
{
    uint32_t count;
    make("a-0", "a");
    make("x-0", "x");
    make("x-1.0123456789abcdef0123456789abcdef-stray", "x");
    cr_assert_eq(strays_count_live(&f.files.fs, f.root, "a", &count), 0);
    cr_assert_eq(count, 1);
    remove_made("a-0");
    remove_made("x-0");
    remove_made("x-1.0123456789abcdef0123456789abcdef-stray");
}
