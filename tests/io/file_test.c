/* The file verbs, on the real file system and on a simulated one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "contract.h"

static char directory[128];

static void set_up(void)
{
    contract_directory(directory, sizeof directory);
}

static int remove_entry(void *context, const char *name, enum file_kind kind)
{
    (void)context;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    struct file_system *fs = file_system_real();
    return kind == FILE_KIND_DIRECTORY ? file_remove_directory(fs, path) : file_remove(fs, path);
}

static void tear_down(void)
{
    struct file_system *fs = file_system_real();
    cr_assert_eq(file_list(fs, directory, remove_entry, NULL), 0);
    cr_assert_eq(file_remove_directory(fs, directory), 0);
}

static void set_up_simulated(void)
{
    contract_simulate();
    set_up();
}

TestSuite(file, .init = set_up, .fini = tear_down);
TestSuite(file_sim, .init = set_up_simulated, .fini = tear_down);

/* In the second one file_system_real is the simulated host's. */
#define FILES(suite, name)            \
    static void suite##_##name(void); \
    Test(suite, name)                 \
    {                                 \
        suite##_##name();             \
    }                                 \
    Test(suite##_sim, name)           \
    {                                 \
        suite##_##name();             \
    }                                 \
    static void suite##_##name(void)

static const char *in_directory(char path[256], const char *name)
{
    snprintf(path, 256, "%s/%s", directory, name);
    return path;
}

FILES(file, writes_parts_behind_one_another_and_reads_them)
{
    struct file_system *fs = file_system_real();
    char path[256];
    int file = file_open(fs, in_directory(path, "a"), FILE_CREATE | FILE_EXCLUSIVE);
    cr_assert_geq(file, 0);
    static struct iovec parts[3000]; /* more than one system call takes */
    static char letters[3000];
    for (size_t i = 0; i < 3000; i++) {
        letters[i] = (char)('a' + i % 26);
        parts[i] = (struct iovec){&letters[i], i % 10 != 9};
    }
    cr_assert_eq(file_write_parts(fs, file, parts, 3000, 100), 0);
    char got[4000];
    cr_assert_eq(file_read(fs, file, got, sizeof got, 0), 2800, "short at the end of the file");
    for (size_t i = 0, at = 100; i < 3000; i++)
        if (i % 10 != 9)
            cr_assert_eq(got[at++], letters[i]);
    cr_assert_eq(got[99], 0);
    file_close(fs, file);
}

FILES(file, tells_why_it_cannot_open)
{
    struct file_system *fs = file_system_real();
    char path[256];
    cr_assert_eq(file_open(fs, in_directory(path, "none"), FILE_READ), ERR_NOT_FOUND);
    int file = file_open(fs, path, FILE_CREATE);
    cr_assert_eq(file_write(fs, file, "abc", 3, 0), 0);
    cr_assert_eq(file_open(fs, path, FILE_CREATE | FILE_EXCLUSIVE), ERR_EXISTS);
    file_close(fs, file);
    file = file_open(fs, path, FILE_READ);
    cr_assert_lt(file_write(fs, file, "x", 1, 0), 0, "opened for reading");
    file_close(fs, file);
    file = file_open(fs, path, FILE_TRUNCATE);
    struct file_info info;
    cr_assert_eq(file_get_info(fs, path, &info), 0);
    cr_assert_eq(info.size, 0);
    file_close(fs, file);
}

FILES(file, tells_size_kind_and_space)
{
    struct file_system *fs = file_system_real();
    char path[256];
    int file = file_open(fs, in_directory(path, "a"), FILE_CREATE);
    cr_assert_eq(file_write(fs, file, "abc", 3, 9997), 0);
    cr_assert_eq(file_write_back(fs, file, 0, 3), 0);
    cr_assert_eq(file_sync(fs, file), 0);
    struct file_info info;
    cr_assert_eq(file_get_info(fs, path, &info), 0);
    cr_assert_eq(info.kind, FILE_KIND_FILE);
    cr_assert_eq(info.size, 10000);
    cr_assert_gt(info.modified_ms, 1600000000000);
    cr_assert_eq(file_truncate(fs, file, 5), 0);
    cr_assert_eq(file_get_info(fs, path, &info), 0);
    cr_assert_eq(info.size, 5);
    file_close(fs, file);
    cr_assert_eq(file_get_info(fs, directory, &info), 0);
    cr_assert_eq(info.kind, FILE_KIND_DIRECTORY);
    cr_assert_eq(file_get_info(fs, in_directory(path, "none"), &info), ERR_NOT_FOUND);
    struct file_space space;
    cr_assert_eq(file_get_space(fs, directory, &space), 0);
    cr_assert(space.total_bytes >= space.free_bytes && space.block_bytes >= 4096);
}

FILES(file, allocates_without_changing_bytes)
{
    struct file_system *fs = file_system_real();
    char path[256];
    int file = file_open(fs, in_directory(path, "a"), FILE_CREATE);
    cr_assert_eq(file_write(fs, file, "abc", 3, 0), 0);
    int result = file_allocate(fs, file, 0, 65536);
    if (result != ERR_UNSUPPORTED) {
        cr_assert_eq(result, 0);
        struct file_info info;
        cr_assert_eq(file_get_info(fs, path, &info), 0);
        cr_assert_eq(info.size, 65536);
        cr_assert_geq(info.allocated, 65536);
        char got[3];
        cr_assert_eq(file_read(fs, file, got, 3, 0), 3);
        cr_assert_eq(memcmp(got, "abc", 3), 0);
    }
    file_close(fs, file);
}

static int count_entry(void *context, const char *name, enum file_kind kind)
{
    uint32_t *seen = context;
    if (strcmp(name, "file") == 0 && kind == FILE_KIND_FILE)
        *seen += 1;
    else if (strcmp(name, "directory") == 0 && kind == FILE_KIND_DIRECTORY)
        *seen += 16;
    else
        *seen += 256;
    return 0;
}

static int stop_at_entry(void *context, const char *name, enum file_kind kind)
{
    (void)name;
    (void)kind;
    ++*(uint32_t *)context;
    return ERR_TOO_LARGE;
}

FILES(file, lists_entries_and_stops_when_told)
{
    struct file_system *fs = file_system_real();
    char path[256];
    cr_assert_eq(file_make_directory(fs, in_directory(path, "directory")), 0);
    cr_assert_eq(file_make_directory(fs, path), ERR_EXISTS);
    file_close(fs, file_open(fs, in_directory(path, "file"), FILE_CREATE));
    uint32_t seen = 0;
    cr_assert_eq(file_list(fs, directory, count_entry, &seen), 0);
    cr_assert_eq(seen, 17);
    seen = 0;
    cr_assert_eq(file_list(fs, directory, stop_at_entry, &seen), ERR_TOO_LARGE);
    cr_assert_eq(seen, 1);
    cr_assert_eq(file_list(fs, in_directory(path, "none"), count_entry, &seen), ERR_NOT_FOUND);
}

FILES(file, renames_over_another_and_removes)
{
    struct file_system *fs = file_system_real();
    char a[256];
    char b[256];
    file_close(fs, file_open(fs, in_directory(b, "b"), FILE_CREATE));
    int file = file_open(fs, in_directory(a, "a"), FILE_CREATE);
    cr_assert_eq(file_write(fs, file, "abc", 3, 0), 0);
    file_close(fs, file);
    cr_assert_eq(file_rename(fs, a, b), 0);
    cr_assert_eq(file_sync_directory(fs, directory), 0);
    cr_assert_eq(file_sync_all(fs, directory), 0);
    struct file_info info;
    cr_assert_eq(file_get_info(fs, a, &info), ERR_NOT_FOUND);
    cr_assert_eq(file_get_info(fs, b, &info), 0);
    cr_assert_eq(info.size, 3);
    cr_assert_eq(file_remove_directory(fs, directory), ERR_EXISTS, "not empty");
    cr_assert_eq(file_remove(fs, b), 0);
    cr_assert_eq(file_remove(fs, b), ERR_NOT_FOUND);
}

FILES(file, replaces_a_file_whole)
{
    struct file_system *fs = file_system_real();
    char path[256];
    in_directory(path, "a");
    cr_assert_eq(file_replace(fs, path, "first, longer", 13), 0);
    cr_assert_eq(file_replace(fs, path, "second", 6), 0);
    char *data;
    uint64_t len;
    cr_assert_eq(file_load(fs, path, 100, &data, &len), 0);
    cr_assert_eq(len, 6);
    cr_assert_str_eq(data, "second");
    mem_free(data);
    cr_assert_eq(file_put(fs, path, "third.", 6), 0);
    cr_assert_eq(file_load(fs, path, 100, &data, &len), 0);
    cr_assert_str_eq(data, "third.");
    mem_free(data);
    uint32_t seen = 0;
    cr_assert_eq(file_list(fs, directory, count_entry, &seen), 0);
    cr_assert_eq(seen, 256, "nothing is left beside it");
    cr_assert_eq(file_load(fs, path, 5, &data, &len), ERR_TOO_LARGE);
    cr_assert_eq(file_load(fs, in_directory(path, "none"), 5, &data, &len), ERR_NOT_FOUND);
}

FILES(file, leaves_the_old_file_when_a_replacement_fails)
{
    struct file_system *fs = file_system_real();
    char path[256];
    char inner[256];
    in_directory(path, "a");
    in_directory(inner, "a/b");
    cr_assert_eq(file_make_directory(fs, path), 0);
    cr_assert_eq(file_make_directory(fs, inner), 0);
    cr_assert_lt(file_replace(fs, path, "x", 1), 0);
    struct file_info info;
    char temporary[256];
    cr_assert_eq(file_get_info(fs, in_directory(temporary, "a.tmp"), &info), ERR_NOT_FOUND);
    cr_assert_eq(file_remove_directory(fs, inner), 0);
}

FILES(file, makes_every_level_of_a_directory_that_is_missing)
{
    struct file_system *fs = file_system_real();
    char path[256];
    struct file_info info;
    cr_assert_eq(file_make_directories(fs, in_directory(path, "one/two/three")), 0);
    cr_assert_eq(file_get_info(fs, path, &info), 0);
    cr_assert_eq(file_make_directories(fs, path), 0, "it may be there");
    file_close(fs, file_open(fs, in_directory(path, "one/file"), FILE_CREATE));
    cr_assert_lt(file_make_directories(fs, in_directory(path, "one/file/below")), 0);
    static char longer[8192];
    memset(longer, 'x', sizeof longer - 1);
    cr_assert_eq(file_make_directories(fs, longer), ERR_TOO_LARGE);
    cr_assert_eq(file_remove(fs, in_directory(path, "one/file")), 0);
    cr_assert_eq(file_remove_directory(fs, in_directory(path, "one/two/three")), 0);
    cr_assert_eq(file_remove_directory(fs, in_directory(path, "one/two")), 0);
}

static bool child_is_locked_out(const char *path)
{
    pid_t child = fork();
    if (child == 0)
        _exit(file_lock(file_system_real(), path) == ERR_LOCKED ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

FILES(file, locks_out_another_process)
{
    struct file_system *fs = file_system_real();
    char path[256];
    int file = file_lock(fs, in_directory(path, ".lock"));
    cr_assert_geq(file, 0);
    cr_assert(child_is_locked_out(path));
    cr_assert_eq(file_lock(fs, path), ERR_LOCKED, "and a second time here");
    file_close(fs, file);
    cr_assert_not(child_is_locked_out(path));
}
