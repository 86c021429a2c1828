/* The broker's life in a scene, and its disk; the client is in scene_client.c. */
#include "tests/sim/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "base/util.h"
#include "tests/sim/scene_internal.h"

#define PATIENCE_NS (60 * SECOND)
/* Longer than the quiet time after which the flush profile `extreme` flushes. */
#define FLUSH_NS (6 * SECOND)
#define FILE_BYTES_MAX (64 * MIB)

/* A process that was killed lets go of nothing; and worlds come and go by the hundred. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0:quarantine_size_mb=16:malloc_context_size=5";
}

static void hear(void *context, enum log_level level, const char *line, size_t len)
{
    struct scene *s = context;
    (void)level;
    size_t room = sizeof s->told - 1 - s->told_len;
    size_t taken = MIN(len, room);
    memcpy(s->told + s->told_len, line, taken);
    s->told_len += taken;
    s->told[s->told_len] = '\0';
    if (s->tell)
        fprintf(stderr, "%.*s", (int)len, line);
}

/* A broker on `host`, and its clients, in a world that is there. */
static void scene_settle(struct scene *s, struct sim_host *host,
                         const struct scene_options *options)
{
    s->host = host;
    s->fs = sim_host_files(host);
    s->tell = options->tell;
    struct life_options life = {
        .cores = options->cores == 0 ? 1 : options->cores,
        .wal_profile = "auto",
        .flush_profile = options->flush_profile == NULL ? "extreme" : options->flush_profile,
        .settings = options->settings,
        .sink = hear,
        .sink_context = s,
    };
    sim_life_init(&s->life, s->sim, host, &life);
    scene_client_init(s);
}

struct scene *scene_new(const struct scene_options *options)
{
    struct sim_options world;
    struct scene *s = mem_alloc(sizeof *s);
    crc32c_init();
    sim_options_init(&world, options->seed == 0 ? 1 : options->seed);
    s->sim = sim_new(&world);
    s->wall_ms = world.wall_ms;
    struct sim_host *host = sim_host_new(s->sim, "broker");
    s->clients = sim_host_new(s->sim, "client");
    scene_settle(s, host, options);
    return s;
}

struct scene *scene_new_beside(struct scene *first, const struct scene_options *options)
{
    char name[32];
    struct scene *s = mem_alloc(sizeof *s);
    cr_assert(!first->beside && options->seed == 0);
    snprintf(name, sizeof name, "beside-%u", ++first->neighbours);
    s->sim = first->sim;
    s->beside = true;
    s->wall_ms = first->wall_ms;
    s->clients = first->clients;
    scene_settle(s, sim_host_new(s->sim, name), options);
    return s;
}

void scene_free(struct scene *s)
{
    scene_client_fini(s);
    /* Its threads end with it. */
    if (s->beside)
        sim_host_kill(s->host);
    else
        sim_free(s->sim);
    mem_free(s);
}

struct sim *scene_world(struct scene *s)
{
    return s->sim;
}

struct sim_host *scene_host(struct scene *s)
{
    return s->host;
}

void scene_wait(struct scene *s, uint64_t ns)
{
    sim_run(s->sim, ns);
}

void scene_shift_clocks(struct scene *s, int64_t ms)
{
    sim_host_shift_wall(s->host, ms);
    s->wall_ms += ms;
}

static bool is_off(void *context)
{
    const struct scene *s = context;
    return !sim_host_up(s->host);
}

bool scene_off(struct scene *s)
{
    return sim_run_until(s->sim, is_off, s, PATIENCE_NS);
}

/* The broker's life. */

void scene_begin(struct scene *s)
{
    s->told_len = 0;
    s->told[0] = '\0';
    sim_life_start(&s->life);
}

bool scene_try_start(struct scene *s)
{
    scene_begin(s);
    return scene_client_greet(s);
}

void scene_start(struct scene *s)
{
    cr_assert(scene_try_start(s), "the broker does not start:\n%s", s->told);
}

static bool has_ended(void *context)
{
    const struct scene *s = context;
    return !s->life.running || !sim_host_up(s->host);
}

int scene_start_refused(struct scene *s)
{
    cr_assert(!scene_try_start(s), "the broker starts");
    cr_assert(sim_run_until(s->sim, has_ended, s, PATIENCE_NS));
    cr_assert(sim_host_up(s->host), "the power went");
    scene_kill(s);
    return s->life.code;
}

void scene_crash(struct scene *s)
{
    scene_client_leave(s);
    sim_life_end(&s->life, true);
}

void scene_kill(struct scene *s)
{
    scene_client_leave(s);
    sim_life_end(&s->life, false);
}

bool scene_stop(struct scene *s)
{
    scene_client_leave(s);
    return sim_life_stop(&s->life, PATIENCE_NS) && s->life.code == 0;
}

void scene_set_cores(struct scene *s, unsigned cores)
{
    s->life.options.cores = cores;
}

bool scene_said(const struct scene *s, const char *text)
{
    return strstr(s->told, text) != NULL;
}

const char *scene_told(const struct scene *s)
{
    return s->told;
}

void scene_flush(struct scene *s)
{
    scene_wait(s, FLUSH_NS);
}

/* The disk. */

/* The machine is on, that its disk may be looked at. */
static struct file_system *files_of(struct scene *s)
{
    if (!sim_host_up(s->host))
        sim_host_start(s->host);
    return s->fs;
}

void scene_plan(struct scene *s, struct sim_failure failure)
{
    files_of(s);
    sim_disk_fail(s->host, &failure);
    s->planned = failure.number;
}

static bool plan_is_met(void *context)
{
    const struct scene *s = context;
    return sim_disk_failure_seen(s->host) >= s->planned;
}

void scene_await_plan(struct scene *s)
{
    cr_assert(sim_run_until(s->sim, plan_is_met, s, PATIENCE_NS),
              "nothing met the planned failure");
}

void scene_no_plan(struct scene *s)
{
    sim_disk_fail(s->host, NULL);
}

bool scene_exists(struct scene *s, const char *path)
{
    struct file_info info;
    return file_get_info(files_of(s), path, &info) == 0;
}

uint64_t scene_size(struct scene *s, const char *path)
{
    struct file_info info;
    cr_assert_eq(file_get_info(files_of(s), path, &info), 0, "%s is not there", path);
    return info.size;
}

void scene_damage(struct scene *s, const char *path, uint64_t pos, uint64_t len)
{
    cr_assert_eq(sim_disk_corrupt(s->host, path, pos, len), 0, "%s is not there", path);
}

void scene_write(struct scene *s, const char *path, const void *data, uint64_t len, uint64_t pos)
{
    int file = file_open(files_of(s), path, FILE_CREATE);
    cr_assert_geq(file, 0);
    cr_assert_eq(file_write(s->fs, file, data, len, pos), 0);
    cr_assert_eq(file_sync(s->fs, file), 0);
    file_close(s->fs, file);
    cr_assert_eq(file_sync_directory(s->fs, DATA), 0);
}

void scene_read_file(struct scene *s, const char *path, void *data, uint64_t len, uint64_t pos)
{
    int file = file_open(files_of(s), path, FILE_READ);
    cr_assert_geq(file, 0, "%s is not there", path);
    cr_assert_eq(file_read(s->fs, file, data, len, pos), (int64_t)len);
    file_close(s->fs, file);
}

void scene_remove(struct scene *s, const char *path)
{
    cr_assert_eq(file_remove(files_of(s), path), 0, "%s is not there", path);
    cr_assert_eq(file_sync_directory(s->fs, DATA), 0);
}

#define NAMES_MAX 64

struct names {
    uint32_t count;
    char items[NAMES_MAX][128];
};

static int add_name(void *context, const char *name, enum file_kind kind)
{
    struct names *names = context;
    (void)kind;
    cr_assert_lt(names->count, NAMES_MAX);
    snprintf(names->items[names->count++], sizeof names->items[0], "%s", name);
    return 0;
}

void scene_remove_directory(struct scene *s, const char *path)
{
    struct names names = {0};
    char file[256];
    cr_assert_eq(file_list(files_of(s), path, add_name, &names), 0, "%s is not there", path);
    for (uint32_t i = 0; i < names.count; i++) {
        snprintf(file, sizeof file, "%s/%s", path, names.items[i]);
        cr_assert_eq(file_remove(s->fs, file), 0);
    }
    cr_assert_eq(file_remove_directory(s->fs, path), 0);
    cr_assert_eq(file_sync_all(s->fs, DATA), 0);
}

void scene_leave_free(struct scene *s, uint64_t bytes)
{
    sim_disk(s->host)->capacity_bytes = sim_disk_used(s->host) + bytes;
}

/* The WAL. */

static struct scene_groups found_groups;

/* A group that was torn may lie whole in the file all the same, and again in the next life. */
static bool group_is_later(const struct wal_group_header *a, const struct wal_group_header *b)
{
    return a->sequence > b->sequence || (a->sequence == b->sequence && a->life > b->life);
}

static void add_group(const char *path, const struct wal_group_header *header)
{
    struct scene_groups *groups = &found_groups;
    cr_assert_lt(groups->count, SCENE_GROUPS_MAX);
    uint32_t at = groups->count++;
    for (; at > 0 && group_is_later(&groups->items[at - 1].header, header); at--)
        groups->items[at] = groups->items[at - 1];
    groups->items[at].header = *header;
    snprintf(groups->items[at].path, sizeof groups->items[at].path, "%s", path);
}

static void add_groups(struct scene *s, const char *path)
{
    char *data;
    uint64_t len;
    cr_assert_eq(file_load(s->fs, path, FILE_BYTES_MAX, &data, &len), 0);
    for (uint64_t at = 0; at + WAL_ALIGNMENT <= len; at += WAL_ALIGNMENT) {
        struct wal_group_header header;
        struct bytes rest = {(const uint8_t *)data + at, len - at};
        if (wal_group_decode(rest, &header) == 0 && header.position == at &&
            wal_group_intact(rest.data, &header))
            add_group(path, &header);
    }
    mem_free(data);
}

const struct scene_groups *scene_wal(struct scene *s, unsigned stream)
{
    struct names names = {0};
    char path[160];
    char prefix[64];
    snprintf(prefix, sizeof prefix, ".odradek-wal-%u-", stream);
    found_groups.count = 0;
    cr_assert_eq(file_list(files_of(s), DATA, add_name, &names), 0);
    for (uint32_t i = 0; i < names.count; i++) {
        if (strncmp(names.items[i], prefix, strlen(prefix)) != 0 ||
            strstr(names.items[i], "head") != NULL)
            continue;
        snprintf(path, sizeof path, DATA "/%s", names.items[i]);
        add_groups(s, path);
    }
    return &found_groups;
}

struct scene_group scene_wal_last(struct scene *s, unsigned stream)
{
    const struct scene_groups *groups = scene_wal(s, stream);
    cr_assert_gt(groups->count, 0);
    return groups->items[groups->count - 1];
}

/* Sweeps. */

unsigned scene_stride(unsigned usual)
{
    return usual == 0 || getenv("SCENE_EVERY_CHANGE") != NULL ? 1 : usual;
}

uint64_t scene_sweep(const struct scene_sweep *sweep)
{
    for (uint64_t number = 1;; number += scene_stride(sweep->stride)) {
        struct scene *s = scene_new(&sweep->options);
        sweep->before(s);
        scene_plan(
            s, (struct sim_failure){
                   .kind = SIM_DISK_CHANGE, .path = sweep->path, .number = number, .crash = true});
        sweep->act(s);
        bool met = sim_disk_failure_seen(s->host) >= number;
        if (met) {
            cr_assert(scene_off(s));
            /* What lands of what was in flight differs from change to change. */
            scene_crash(s);
            sweep->after(s);
        }
        scene_free(s);
        if (!met)
            return number - 1;
    }
}
