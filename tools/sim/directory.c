/* Reading and damaging the files of a broker that does not run; see the header. */
#include "tools/sim/directory.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "partition/checkpoint.h"
#include "partition/kafka_files.h"
#include "wal/wal_format.h"

#define STREAMS_MAX 8
#define NAMES_MAX 64
#define NAME_BYTES 64
#define FILE_BYTES_MAX (64 * MIB)
/* So many of a stream's last durable groups are worth damaging: older ones are flushed. */
#define NEWEST_GROUPS 24
/* A byte behind the header. */
#define DAMAGED_BYTE 100

#define WAL_PREFIX ".odradek-wal-"
#define HIDDEN_PREFIX "hidden-wal-"

struct names {
    char name[NAMES_MAX][NAME_BYTES];
    uint32_t count;
};

static int names_add(void *context, const char *name, enum file_kind kind)
{
    struct names *names = context;
    if (kind == FILE_KIND_FILE && names->count < NAMES_MAX && strlen(name) < NAME_BYTES)
        snprintf(names->name[names->count++], NAME_BYTES, "%s", name);
    return 0;
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool ends_with(const char *text, const char *end)
{
    return strlen(text) >= strlen(end) && strcmp(text + strlen(text) - strlen(end), end) == 0;
}

static void names_load(struct sim_host *host, struct names *names)
{
    names->count = 0;
    int ignored = file_list(sim_host_files(host), SIM_DIRECTORY, names_add, names);
    (void)ignored;
}

/* Kafka could start when nothing stops it. */
static bool kafka_kept_away(struct sim_host *host)
{
    struct kafka_meta meta;
    int result = kafka_load_meta(sim_host_files(host), SIM_DIRECTORY, &meta);
    return result == ERR_IO || (result == 0 && meta.running);
}

const char *sim_directory_judge(struct sim_host *host)
{
    struct names names;
    bool wal = false;
    bool marker = false;
    names_load(host, &names);
    for (uint32_t i = 0; i < names.count; i++) {
        wal = wal || (starts_with(names.name[i], WAL_PREFIX) && ends_with(names.name[i], "-head"));
        marker = marker || strcmp(names.name[i], ".kafka_cleanshutdown") == 0;
    }
    if (wal && marker)
        return "the marker of a clean stop stands beside our WAL";
    if (wal && !kafka_kept_away(host))
        return "Kafka may start on a directory that has our WAL";
    return NULL;
}

/* Damage. */

struct search {
    uint64_t life; /* the newest of the stream */
    uint64_t durable;
    struct sim_host *host;
    struct sim_directory_damage *damage;
    uint64_t found;
};

typedef void group_fn(struct search *search, const char *path, const struct wal_group_header *h,
                      const uint8_t *group);

static void walk_groups(struct search *search, const char *name, group_fn *take)
{
    char path[128];
    char *data;
    uint64_t len;
    struct wal_group_header h;
    snprintf(path, sizeof path, "%s/%s", SIM_DIRECTORY, name);
    if (file_load(sim_host_files(search->host), path, FILE_BYTES_MAX, &data, &len) != 0)
        return;
    for (uint64_t at = 0; at + WAL_ALIGNMENT <= len; at += WAL_ALIGNMENT) {
        const uint8_t *group = (const uint8_t *)data + at;
        if (wal_group_decode((struct bytes){group, len - at}, &h) == 0 && h.position == at &&
            wal_group_intact(group, &h))
            take(search, path, &h, group);
    }
    mem_free(data);
}

static void note_proof(struct search *search, const char *path, const struct wal_group_header *h,
                       const uint8_t *group)
{
    (void)path;
    (void)group;
    if (h->life > search->life) {
        search->life = h->life;
        search->durable = 0;
    }
    if (h->life == search->life)
        search->durable = MAX(search->durable, MIN(h->durable, h->sequence - 1));
}

/* One of those that fit, each as likely as the others. */
static void note_candidate(struct search *search, const char *path,
                           const struct wal_group_header *h, const uint8_t *group)
{
    if (h->life != search->life || h->sequence > search->durable ||
        h->sequence + NEWEST_GROUPS <= search->durable)
        return;
    search->found++;
    struct sim *sim = sim_host_world(search->host);
    if (sim_pick(sim, (struct sim_range){1, search->found}) != 1)
        return;
    snprintf(search->damage->path, sizeof search->damage->path, "%s", path);
    search->damage->position = h->position + DAMAGED_BYTE;
    search->damage->byte = group[DAMAGED_BYTE];
}

static void write_byte(struct sim_host *host, const struct sim_directory_damage *damage,
                       uint8_t byte)
{
    struct file_system *fs = sim_host_files(host);
    int file = file_open(fs, damage->path, 0);
    if (file < 0)
        return;
    int result = file_write(fs, file, &byte, 1, damage->position);
    if (result == 0)
        result = file_sync(fs, file);
    ASSERT(result == 0);
    file_close(fs, file);
}

static bool is_stream_file(const char *name, unsigned stream)
{
    char prefix[NAME_BYTES];
    snprintf(prefix, sizeof prefix, WAL_PREFIX "%u-", stream);
    return starts_with(name, prefix) && !ends_with(name, "-head");
}

bool sim_directory_damage(struct sim_host *host, struct sim_directory_damage *damage)
{
    struct search search = {.host = host, .damage = damage};
    struct names names;
    names_load(host, &names);
    for (unsigned stream = 0; stream < STREAMS_MAX; stream++) {
        search.life = search.durable = 0;
        for (uint32_t i = 0; i < names.count; i++)
            if (is_stream_file(names.name[i], stream))
                walk_groups(&search, names.name[i], note_proof);
        for (uint32_t i = 0; i < names.count; i++)
            if (is_stream_file(names.name[i], stream))
                walk_groups(&search, names.name[i], note_candidate);
    }
    if (search.found > 0)
        write_byte(host, damage, damage->byte ^ 0x10);
    return search.found > 0;
}

void sim_directory_mend(struct sim_host *host, const struct sim_directory_damage *damage)
{
    write_byte(host, damage, damage->byte);
}

/* The catalog. */

static int ignore_entry(void *context, const struct wal_visit *entry)
{
    (void)context;
    (void)entry;
    return 0;
}

static void ignore_line(void *context, enum log_level level, const char *line, size_t len)
{
    (void)context;
    (void)level;
    (void)line;
    (void)len;
}

/* Where the catalog's segments end, by a stream's checkpoint. */
static int64_t catalog_end(const struct checkpoint *checkpoint)
{
    const struct uuid id = {{[15] = 1}};
    for (uint32_t i = 0; i < checkpoint->count; i++)
        if (uuid_equal(checkpoint->partitions[i].topic_id, id))
            return checkpoint->partitions[i].synced_end;
    return 0;
}

bool sim_directory_catalog_is_owed(struct sim_host *host)
{
    struct file_system *fs = sim_host_files(host);
    struct log log;
    int64_t end = 0;
    int64_t applied = -1;
    log_init_stderr(&log, LOG_ERROR, "directory");
    log.sink = ignore_line;
    for (unsigned stream = 0; stream < STREAMS_MAX; stream++) {
        struct checkpoint checkpoint;
        struct wal_recovered recovered;
        if (checkpoint_load(fs, SIM_DIRECTORY, stream, &checkpoint) != 0)
            continue;
        end = MAX(end, catalog_end(&checkpoint));
        struct wal_recover_options options = {
            .fs = fs,
            .directory = SIM_DIRECTORY,
            .stream = stream,
            .from = &checkpoint.position,
            .visit = ignore_entry,
            .log = &log,
        };
        if (stream > 0 && wal_recover(&options, &recovered) == 0 && recovered.found)
            applied = MAX(applied, recovered.catalog_offset);
        checkpoint_free(&checkpoint);
    }
    return applied >= end;
}

void sim_directory_hide_wal(struct sim_host *host, bool hide)
{
    struct file_system *fs = sim_host_files(host);
    struct names names;
    const char *from = hide ? WAL_PREFIX "0-" : HIDDEN_PREFIX;
    const char *to = hide ? HIDDEN_PREFIX : WAL_PREFIX "0-";
    names_load(host, &names);
    for (uint32_t i = 0; i < names.count; i++) {
        char old[128];
        char new[128];
        if (!starts_with(names.name[i], from))
            continue;
        snprintf(old, sizeof old, "%s/%s", SIM_DIRECTORY, names.name[i]);
        snprintf(new, sizeof new, "%s/%s%s", SIM_DIRECTORY, to, names.name[i] + strlen(from));
        int result = file_rename(fs, old, new);
        ASSERT(result == 0);
    }
}
