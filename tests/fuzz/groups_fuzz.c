/*
 * Arbitrary records of __consumer_offsets, replayed: groups of both protocols, offsets, and those
 * of transactions with their markers.
 *
 * The input is a row of steps: a first byte that says which, then a record's key and value, each
 * with its length. What is malformed is refused with a typed error; everything else builds groups,
 * which are then looked at, expired and deleted, while timers run. Nothing may crash
 * or hang, all memory is given back, and another replay of the same log, with what was written
 * meanwhile, tells the same offsets.
 */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/region.h"
#include "base/util.h"
#include "group/consumer.h"
#include "group/groups.h"
#include "protocol/errors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LOG_MAX 4096
#define PRODUCERS 4
#define START_NS (1000000 * NS_PER_S)

enum step_bits {
    STEP_TOMBSTONE = 1,
    STEP_TRANSACTIONAL = 2,
    STEP_MARKER = 4,
    STEP_COMMITS = 8,
    STEP_PRODUCER_SHIFT = 4,
};

struct entry {
    uint8_t *bytes; /* null: a marker */
    struct group_record record;
    int64_t producer_id; /* -1: outside of transactions */
    bool commits;
};

struct world {
    struct groups_host host; /* first */
    struct heap timers;
    struct group_memory memory;
    struct groups_config config;
    struct groups groups;
    struct region *region;
    struct list writes;
    uint64_t now_ns;
    uint64_t ids;
    struct entry log[LOG_MAX];
    uint32_t log_count;
};

static uint64_t world_now(struct groups_host *host)
{
    return CONTAINER_OF(host, struct world, host)->now_ns;
}

static int64_t world_wall(struct groups_host *host)
{
    return (int64_t)(CONTAINER_OF(host, struct world, host)->now_ns / NS_PER_MS);
}

static struct uuid world_new_id(struct groups_host *host)
{
    uint64_t n = ++CONTAINER_OF(host, struct world, host)->ids;
    return uuid_from_random(n, n);
}

static void world_append(struct groups_host *host, struct groups *groups, struct group_write *write)
{
    struct world *w = CONTAINER_OF(host, struct world, host);
    ASSERT(groups == &w->groups && write->count > 0);
    list_push_back(&w->writes, &write->node);
}

static struct group_settings world_settings(struct groups_host *host, struct bytes group_id)
{
    (void)host;
    (void)group_id;
    return (struct group_settings){.session_ms = 45000, .heartbeat_ms = 5000};
}

/* Two topics. */
static bool world_topic_at(struct groups_host *host, uint32_t index, struct group_topic *topic)
{
    static const char *const names[] = {"a", "t"};
    (void)host;
    if (index >= ARRAY_LENGTH(names))
        return false;
    *topic = (struct group_topic){
        .id = uuid_from_random(index + 1, index + 1),
        .name = string_of(names[index]),
        .partitions = 3,
    };
    return true;
}

static bool world_topic_named(struct groups_host *host, struct bytes name,
                              struct group_topic *topic)
{
    for (uint32_t i = 0; world_topic_at(host, i, topic); i++)
        if (bytes_equal(string_bytes(topic->name), name))
            return true;
    return false;
}

static bool world_topic_with_id(struct groups_host *host, struct uuid id, struct group_topic *topic)
{
    for (uint32_t i = 0; world_topic_at(host, i, topic); i++)
        if (uuid_equal(topic->id, id))
            return true;
    return false;
}

static uint64_t world_topics_version(struct groups_host *host)
{
    (void)host;
    return 1;
}

static struct world *world_new(void)
{
    struct world *w = mem_alloc(sizeof *w);
    w->now_ns = START_NS;
    w->memory.limit = 8 * MIB;
    w->config = (struct groups_config){
        .session_ms_min = 6000,
        .session_ms_max = 1800000,
        .rebalance_delay_ms = 3000,
        .members_max = 100,
        .retention_ms = 60000,
        .consumer_members_max = 100,
        .may_upgrade = true,
        .may_downgrade = true,
        .assignors = {"uniform", "range"},
    };
    w->host = (struct groups_host){
        .timers = &w->timers,
        .memory = &w->memory,
        .config = &w->config,
        .secret = 7,
        .now_ns = world_now,
        .wall_ms = world_wall,
        .new_id = world_new_id,
        .append = world_append,
        .settings = world_settings,
        .topic_named = world_topic_named,
        .topic_with_id = world_topic_with_id,
        .topic_at = world_topic_at,
        .topics_version = world_topics_version,
    };
    heap_init(&w->timers, 16);
    list_init(&w->writes);
    w->region = region_new(4 * MIB, 4096);
    groups_init(&w->groups, &w->host);
    return w;
}

/* The log. */

static void world_keep(struct world *w, const struct group_record *record, int64_t producer_id)
{
    ASSERT(w->log_count < LOG_MAX);
    struct entry *kept = &w->log[w->log_count++];
    size_t key = (size_t)MAX(record->key.len, 0);
    size_t value = (size_t)MAX(record->value.len, 0);
    kept->bytes = mem_alloc(key + value + 1);
    memcpy(kept->bytes, record->key.data, key);
    if (value > 0)
        memcpy(kept->bytes + key, record->value.data, value);
    kept->record.key = (struct blob){kept->bytes, record->key.len};
    kept->record.value = (struct blob){kept->bytes + key, record->value.len};
    kept->producer_id = producer_id;
}

/* What was appended is durable; past what the log takes it fails. */
static void world_write(struct world *w)
{
    struct list *node;
    while ((node = list_pop_front(&w->writes)) != NULL) {
        struct group_write *write = LIST_ENTRY(node, struct group_write, node);
        bool fits = write->count <= LOG_MAX - w->log_count;
        for (uint32_t i = 0; fits && i < write->count; i++)
            world_keep(w, &write->records[i], write->transactional ? write->producer.id : -1);
        write->done(write, fits ? 0 : ERR_OFFLINE);
    }
}

/* False: the record is refused, and no log of ours would have it. */
static bool world_load(struct world *w, const struct entry *entry)
{
    struct group_record_read read;
    struct arena arena;
    if (entry->bytes == NULL) {
        groups_end_transaction(&w->groups, entry->producer_id, entry->commits);
        return true;
    }
    arena_init(&arena, w->region, MIB);
    int result = group_record_decode(entry->record.key, entry->record.value, &arena, &read);
    ASSERT(result <= 0);
    if (result == 0 && entry->producer_id >= 0)
        groups_load_transactional(&w->groups, entry->producer_id, &read);
    else if (result == 0)
        groups_load(&w->groups, &read);
    arena_reset(&arena);
    return result == 0;
}

static void world_free(struct world *w)
{
    groups_close(&w->groups);
    world_write(w);
    groups_fini(&w->groups);
    ASSERT(w->memory.used == 0 && w->memory.pending == 0);
    ASSERT(heap_next(&w->timers) == UINT64_MAX);
    for (uint32_t i = 0; i < w->log_count; i++)
        mem_free(w->log[i].bytes);
    heap_fini(&w->timers);
    region_free(w->region);
    mem_free(w);
}

/* A length and so many bytes, or what is left. */
static struct blob take(struct reader *r)
{
    size_t len = reader_left(r) < 2 ? 0 : read_be16(r);
    struct bytes bytes = read_bytes(r, MIN(len, reader_left(r)));
    return blob_of(bytes.data, bytes.len);
}

static void world_fill(struct world *w, struct bytes input)
{
    struct reader r;
    reader_init(&r, input.data, input.len);
    while (reader_left(&r) > 2 && w->log_count < LOG_MAX / 2) {
        uint8_t step = read_u8(&r);
        int64_t producer_id = (step >> STEP_PRODUCER_SHIFT) % PRODUCERS;
        if ((step & STEP_MARKER) != 0) {
            struct entry *marker = &w->log[w->log_count++];
            *marker = (struct entry){
                .producer_id = producer_id,
                .commits = (step & STEP_COMMITS) != 0,
            };
            world_load(w, marker);
            continue;
        }
        struct group_record record = {.key = take(&r)};
        record.value = (step & STEP_TOMBSTONE) != 0 ? (struct blob){NULL, -1} : take(&r);
        world_keep(w, &record, (step & STEP_TRANSACTIONAL) != 0 ? producer_id : -1);
        if (!world_load(w, &w->log[w->log_count - 1]))
            mem_free(w->log[--w->log_count].bytes);
    }
    groups_loaded(&w->groups);
}

/* Use. */

static void world_pass(struct world *w, uint64_t ms)
{
    w->now_ns += ms * NS_PER_MS;
    heap_run(&w->timers, w->now_ns);
    world_write(w);
}

static void look(struct world *w, struct string group_id)
{
    struct group_description classic = {.group_id = group_id};
    struct consumer_description modern = {.group_id = group_id};
    groups_describe(&w->groups, &classic);
    groups_consumer_describe(&w->groups, &modern);
    ASSERT(!classic.found || modern.error != KAFKA_NONE);
    group_reply_free(&classic.reply);
    group_reply_free(&modern.reply);
}

#define NAMED 3

/* All offsets, or those of topic "t", for which `named` has room. */
static void fetch(struct world *w, struct string group_id, unsigned kind,
                  struct group_fetch_item *named, struct group_fetch *f)
{
    *f = (struct group_fetch){
        .group_id = group_id,
        .member_id = STRING_NULL,
        .member_epoch = -1,
        .all = kind < 2,
        .stable = kind % 2 == 1,
        .items = kind < 2 ? NULL : named,
        .count = kind < 2 ? 0 : NAMED,
    };
    for (int32_t i = 0; i < NAMED; i++)
        named[i] = (struct group_fetch_item){.topic = string_of("t"), .partition = i};
    groups_fetch(&w->groups, f);
    ASSERT(f->error == KAFKA_NONE);
}

static void compare(struct world *w, struct world *twin, struct string group_id)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        struct group_fetch_item named[2][NAMED];
        struct group_fetch here, there;
        fetch(w, group_id, kind, named[0], &here);
        fetch(twin, group_id, kind, named[1], &there);
        ASSERT(here.count == there.count);
        for (uint32_t i = 0; i < here.count; i++) {
            const struct group_fetch_item *a = &here.items[i];
            const struct group_fetch_item *b = &there.items[i];
            ASSERT(bytes_equal(string_bytes(a->topic), string_bytes(b->topic)));
            ASSERT(a->partition == b->partition);
            ASSERT(a->error == b->error && a->value.offset == b->value.offset);
            ASSERT(bytes_equal(string_bytes(a->value.metadata), string_bytes(b->value.metadata)));
        }
        group_reply_free(&here.reply);
        group_reply_free(&there.reply);
    }
}

static void nothing(struct group_delete *deletion)
{
    (void)deletion;
}

/* Each group of the list; every third one is deleted at last. */
static void world_use(struct world *w, struct world *twin)
{
    struct group_listing listing = {0};
    struct group_delete deletions[16];
    uint32_t deleted = 0;
    groups_list(&w->groups, &listing);
    for (uint32_t i = 0; i < listing.count; i++) {
        look(w, listing.items[i].group_id);
        if (twin != NULL)
            compare(w, twin, listing.items[i].group_id);
    }
    for (uint32_t i = 0; i < listing.count && deleted < ARRAY_LENGTH(deletions); i += 3) {
        struct group_delete *deletion = &deletions[deleted++];
        *deletion = (struct group_delete){
            .group_id = listing.items[i].group_id,
            .whole = true,
            .done = nothing,
        };
        groups_delete(&w->groups, deletion);
    }
    world_write(w);
    group_reply_free(&listing.reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world *w = world_new();
    world_fill(w, (struct bytes){data, size});
    world_write(w);
    world_use(w, NULL);
    for (int i = 0; i < 8; i++)
        world_pass(w, 20000);
    groups_expire(&w->groups);
    world_write(w);

    struct world *twin = world_new();
    twin->now_ns = w->now_ns;
    for (uint32_t i = 0; i < w->log_count; i++)
        world_load(twin, &w->log[i]);
    groups_loaded(&twin->groups);
    world_use(w, twin);
    world_free(twin);
    world_free(w);
    return 0;
}
