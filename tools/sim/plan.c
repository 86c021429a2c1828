/* The drawing of plans; see the header. */
#include "tools/sim/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/prng.h"
#include "base/util.h"

/* Of a million reads: what lies in the cache is no fault, and both ways are taken in every run. */
#define UNCACHED_RATE 300000

#define PAUSE_NS_MIN (40 * NS_PER_MS)
#define VALUE_BYTES_MAX 20000
#define BATCH_RECORDS_MAX 200

/* Streams of a seed that are not a kind's own. */
enum stream {
    STREAM_SIZES = 1000,
    STREAM_EVENTS = 1001,
    STREAM_CREW = 1002,
    STREAM_CLEANING = 1003,
    STREAM_CORES = 2000,
};

struct kind_row {
    const char *name;
    const char *text;
    uint32_t most;
};

static const struct kind_row kind_rows[] = {
#define KIND_ROW(kind, name, most, text) {name, text, most},
    PLAN_KINDS(KIND_ROW)
#undef KIND_ROW
};

_Static_assert(PLAN_KIND_COUNT <= 64, "a bit per kind");

const char *plan_kind_name(enum plan_kind kind)
{
    ASSERT(kind < PLAN_KIND_COUNT);
    return kind_rows[kind].name;
}

const char *plan_kind_text(enum plan_kind kind)
{
    ASSERT(kind < PLAN_KIND_COUNT);
    return kind_rows[kind].text;
}

bool plan_kind_parse(struct bytes name, enum plan_kind *kind)
{
    for (unsigned i = 0; i < PLAN_KIND_COUNT; i++) {
        *kind = (enum plan_kind)i;
        if (strlen(kind_rows[i].name) == name.len &&
            memcmp(kind_rows[i].name, name.data, name.len) == 0)
            return true;
    }
    return false;
}

bool plan_has(const struct plan *plan, enum plan_kind kind)
{
    return (plan->kinds >> kind & 1) != 0;
}

static void stream_begin(struct prng *prng, uint64_t seed, unsigned stream)
{
    prng_init(prng, hash_u64(seed) ^ hash_u64(stream + 1));
}

void plan_hurry(struct plan *plan)
{
    plan->pause_ns = PAUSE_NS_MIN;
    plan->value_bytes_max = VALUE_BYTES_MAX;
    plan->batch_records_max = BATCH_RECORDS_MAX;
}

static uint64_t draw(struct prng *prng, uint64_t low, uint64_t high)
{
    return low + prng_below(prng, high - low + 1);
}

/* Small numbers are as likely as large ones: first how many times it doubles, then where. */
static uint64_t draw_scaled(struct prng *prng, uint64_t low, uint64_t high)
{
    unsigned doublings = 0;
    while (low << (doublings + 1) <= high)
        doublings++;
    uint64_t from = low << draw(prng, 0, doublings);
    return draw(prng, from, MIN(from * 2, high));
}

static void draw_kinds(struct plan *plan, uint64_t without)
{
    for (unsigned i = 0; i < PLAN_KIND_COUNT; i++) {
        struct prng prng;
        stream_begin(&prng, plan->seed, i);
        bool there = prng_below(&prng, 3) == 0;
        uint32_t rate = (uint32_t)draw(&prng, 1, kind_rows[i].most);
        if (!there || (without >> i & 1) != 0)
            continue;
        plan->kinds |= (uint64_t)1 << i;
        plan->rates[i] = rate;
    }
}

/* The broker's own minimum is 8 MiB a file and 32 MiB of memory: smaller ones, which life.c can
 * give it, make pressure, recycling and forced flushes happen within seconds. */
static void draw_wal(struct plan *plan, struct prng *prng)
{
    static const char *const wal[] = {"auto", "auto", "low", "medium"};
    static const char *const flush[] = {"low-latency", "balanced", "high-throughput", "extreme"};
    plan->wal_profile = wal[prng_below(prng, ARRAY_LENGTH(wal))];
    plan->flush_profile = flush[prng_below(prng, ARRAY_LENGTH(flush))];
    bool small = prng_below(prng, 8) != 0;
    plan->wal_file_bytes = small ? draw(prng, 1, 2) * MIB : 8 * MIB;
    plan->wal_bytes_max = plan->wal_file_bytes * draw(prng, 4, 8);
    plan->memory_bytes = small ? 8 * MIB * (plan->wal_file_bytes / MIB) : 32 * MIB;
}

static void draw_sizes(struct plan *plan)
{
    struct prng prng;
    stream_begin(&prng, plan->seed, STREAM_SIZES);
    plan->cores = (unsigned)draw(&prng, 1, 3);
    draw_wal(plan, &prng);
    plan->partitions = (uint32_t)draw(&prng, 1, 8);
    plan->pause_ns = draw_scaled(&prng, PAUSE_NS_MIN, NS_PER_S);
    plan->value_bytes_max = (uint32_t)draw_scaled(&prng, 32, VALUE_BYTES_MAX);
    plan->batch_records_max = (uint32_t)draw_scaled(&prng, 2, BATCH_RECORDS_MAX);
    plan->segment_ms = (uint32_t)draw_scaled(&prng, 200, 600000);
    plan->connections_max = (uint32_t)draw_scaled(&prng, 64, 128);
    plan->descriptors_max = (uint32_t)draw_scaled(&prng, 64, 256);
    plan->socket_bytes = (uint32_t)draw_scaled(&prng, 256, 8192);
    if (prng_below(&prng, 3) == 0)
        plan->offsets_retention_ms = (uint32_t)draw_scaled(&prng, 1000, 8000);
}

/* Half of all seeds have classic members alone. */
static void draw_crew(struct plan *plan)
{
    static const enum crew_kind kinds[] = {CREW_CLASSIC, CREW_CLASSIC, CREW_MODERN, CREW_BOTH};
    struct prng prng;
    stream_begin(&prng, plan->seed, STREAM_CREW);
    plan->crew = kinds[prng_below(&prng, ARRAY_LENGTH(kinds))];
}

static void draw_cleaning(struct plan *plan)
{
    struct prng prng;
    stream_begin(&prng, plan->seed, STREAM_CLEANING);
    plan->cleans_twice = prng_below(&prng, 3) == 0;
    plan->keeps_tombstones = prng_below(&prng, 2) == 0;
}

/* Kinds that are events, and how often each is taken. */
static enum plan_kind draw_event_kind(struct prng *prng)
{
    static const enum plan_kind kinds[] = {PLAN_CRASH,
                                           PLAN_CRASH,
                                           PLAN_CRASH_IN_FLIGHT,
                                           PLAN_CRASH_IN_FLIGHT,
                                           PLAN_KILL,
                                           PLAN_KILL,
                                           PLAN_STOP,
                                           PLAN_FULL,
                                           PLAN_OUTAGE,
                                           PLAN_CUT,
                                           PLAN_CROWD};
    return kinds[prng_below(prng, ARRAY_LENGTH(kinds))];
}

static void draw_events(struct plan *plan, uint64_t without)
{
    struct prng prng;
    stream_begin(&prng, plan->seed, STREAM_EVENTS);
    uint64_t left_ns = plan->seconds * NS_PER_S;
    while (left_ns > 0 && plan->event_count < PLAN_EVENTS_MAX) {
        uint32_t number = plan->event_count++;
        struct plan_event *event = &plan->events[number];
        event->before_ns = draw(&prng, 50 * NS_PER_MS, 4 * NS_PER_S);
        event->kind = draw_event_kind(&prng);
        event->after_ns = draw_scaled(&prng, NS_PER_MS, 2 * NS_PER_S);
        event->number = draw_scaled(&prng, 1, 200);
        event->nothing =
            !plan_has(plan, event->kind) || (number < 64 && (without >> number & 1) != 0);
        left_ns -= MIN(left_ns, event->before_ns + event->after_ns);
    }
}

void plan_make(struct plan *plan, uint64_t seed, uint32_t seconds, const struct plan_cuts *cuts)
{
    *plan = (struct plan){.seed = seed};
    plan->seconds = cuts->seconds != 0 ? cuts->seconds : seconds;
    plan->clients_out = cuts->clients;
    draw_kinds(plan, cuts->kinds);
    draw_sizes(plan);
    draw_crew(plan);
    draw_cleaning(plan);
    if (cuts->partitions != 0)
        plan->partitions = cuts->partitions;
    draw_events(plan, cuts->events);
}

unsigned plan_cores(const struct plan *plan, uint32_t start)
{
    struct prng prng;
    if (!plan_has(plan, PLAN_CORES))
        return plan->cores;
    stream_begin(&prng, plan->seed, STREAM_CORES + start);
    return (unsigned)draw(&prng, 1, 4);
}

void plan_apply(const struct plan *plan, struct sim_disk_options *disk, struct sim_net_options *net)
{
    const uint32_t *rates = plan->rates;
    disk->stall = rates[PLAN_STALL];
    disk->stall_ns = (struct sim_range){10 * NS_PER_MS, 3 * NS_PER_S};
    disk->reorder = rates[PLAN_REORDER];
    disk->reorder_ns = (struct sim_range){0, 20 * NS_PER_MS};
    disk->read_error = rates[PLAN_READ_ERROR];
    disk->uncached = UNCACHED_RATE;
    disk->write_error = rates[PLAN_WRITE_ERROR];
    disk->write_short = rates[PLAN_WRITE_SHORT];
    disk->write_torn = rates[PLAN_WRITE_TORN];
    disk->sync_error = rates[PLAN_SYNC_ERROR];
    disk->entry_error = rates[PLAN_ENTRY_ERROR];
    disk->writeback = rates[PLAN_WRITEBACK];
    if (plan_has(plan, PLAN_DESCRIPTORS))
        disk->descriptors_max = plan->descriptors_max;
    net->partial = rates[PLAN_PARTIAL];
    net->reset = rates[PLAN_RESET];
    net->half_open = rates[PLAN_HALF_OPEN];
    net->refuse = rates[PLAN_REFUSE];
    if (plan_has(plan, PLAN_TRICKLE))
        net->buffer_bytes = plan->socket_bytes;
}

void plan_describe(const struct plan *plan, char *text, size_t size)
{
    static const char *const crews[] = {"classic", "modern", "all kinds of"};
    int len = snprintf(text, size,
                       "%u s, %u cores, WAL %s of %llu MiB files and %llu MiB, flush %s, "
                       "%u partitions, pauses up to %llu ms, offsets for %u ms, %s members; "
                       "trouble:",
                       plan->seconds, plan->cores, plan->wal_profile,
                       (unsigned long long)(plan->wal_file_bytes / MIB),
                       (unsigned long long)(plan->wal_bytes_max / MIB), plan->flush_profile,
                       plan->partitions, (unsigned long long)(plan->pause_ns / NS_PER_MS),
                       plan->offsets_retention_ms, crews[plan->crew]);
    for (unsigned i = 0; i < PLAN_KIND_COUNT && (size_t)len < size; i++)
        if (plan_has(plan, (enum plan_kind)i))
            len += snprintf(text + len, size - (size_t)len, " %s", kind_rows[i].name);
    if (plan->kinds == 0 && (size_t)len < size)
        snprintf(text + len, size - (size_t)len, " none");
}
