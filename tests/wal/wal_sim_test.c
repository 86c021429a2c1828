/*
 * A WAL stream on a simulated machine, by seeds: it appends, flushes and trims on a disk that
 * fails, until the machine ends at a moment of the seed's choice; then recovery is held to a model
 * of what was appended and acknowledged. A seed that fails replays: WAL_SIM_SEED=n runs that one
 * alone, and prints what happened to the disk.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "base/util.h"
#include "io/sim/sim.h"
#include "wal/wal.h"

#define SEEDS 100
#define LIVES 4
#define ENTRIES_MAX 512
#define PAYLOAD_MAX 20000

enum entry_state {
    ENTRY_WAITS,
    ENTRY_DURABLE, /* the owner was told */
    ENTRY_FLUSHED, /* durable elsewhere: it need not be recovered */
    ENTRY_DROPPED, /* the stream went offline before it was durable */
};

struct entry {
    enum entry_state state;
    uint32_t len;
    struct wal_span span;
};

/* What the seeds came by: a test that never meets what it is made for shows nothing. */
struct met {
    uint32_t crashes_within; /* in the middle of a disk operation */
    uint32_t offline;
    uint32_t online;
    uint32_t failed_writes;
    uint32_t unacknowledged; /* entries that were lost, as they may be */
    uint32_t trimmed;        /* lives whose recovery began behind the first file */
};

struct run {
    struct wal_owner owner; /* first */
    uint64_t seed;
    struct sim *sim;
    struct sim_host *host;
    struct io *io;
    struct wal *wal;
    struct log log;
    struct entry entries[ENTRIES_MAX];
    uint32_t count;
    uint32_t flushed; /* so many of the first */
    bool has_position;
    uint64_t first_file;
    struct wal_position position; /* in the checkpoint, which this test keeps in its head */
    uint32_t base;                /* the number of the first entry of this life */
    bool online;
    /* Recovery's check. */
    uint32_t next;    /* the entry that is expected next at the earliest */
    uint32_t visited; /* so many are known to be there */
    bool seen_dropped;
    const char *wrong;
    struct met met;
};

/* What dead processes had: nothing frees it, and here the leak checker sees it. */
struct left {
    struct wal *wal;
    struct left *next;
};
static struct left *left;

static void leave(struct wal *wal)
{
    struct left *one = mem_alloc(sizeof *one);
    *one = (struct left){wal, left};
    left = one;
}

/* The same bytes for the same number, and others for another. */
static void fill(uint8_t *data, uint32_t len, uint32_t number)
{
    for (uint32_t i = 0; i < len; i++)
        data[i] = (uint8_t)(number * 31 + i * (number | 1));
    memcpy(data, &number, sizeof number);
}

static void owner_durable(struct wal_owner *owner, uint64_t sequence)
{
    struct run *run = (struct run *)owner;
    for (uint32_t i = 0; i < run->count; i++)
        if (run->entries[i].state == ENTRY_WAITS && run->entries[i].span.sequence <= sequence)
            run->entries[i].state = ENTRY_DURABLE;
}

static void owner_offline(struct wal_owner *owner)
{
    struct run *run = (struct run *)owner;
    run->online = false;
    run->met.offline++;
    for (uint32_t i = run->count; i-- > 0;) {
        struct entry *e = &run->entries[i];
        if (e->state != ENTRY_WAITS)
            continue;
        e->state = ENTRY_DROPPED;
        wal_release(run->wal, &e->span, false);
    }
}

static void owner_online(struct wal_owner *owner)
{
    struct run *run = (struct run *)owner;
    run->online = true;
    run->met.online++;
}

static void owner_settled(struct wal_owner *owner)
{
    (void)owner;
}

/* Recovery. */

static bool payload_matches(const struct run *run, const struct wal_visit *visit, uint32_t index)
{
    static uint8_t expected[PAYLOAD_MAX];
    uint32_t len = run->entries[index].len;
    fill(expected, len, run->base + index);
    return visit->payload.len == len && memcmp(visit->payload.data, expected, len) == 0;
}

/* Entries come in their order; what was not durable may be missing, and only at the end of what a
 * life of the stream holds. */
static int visit_entry(void *context, const struct wal_visit *visit)
{
    struct run *run = context;
    uint32_t number;
    memcpy(&number, visit->payload.data, sizeof number);
    uint32_t index = number - run->base;
    if (index >= run->count || !payload_matches(run, visit, index))
        run->wrong = "an entry that was never appended, or in an earlier life";
    else if (index < run->next)
        run->wrong = "an entry twice, or out of order";
    else if (run->seen_dropped && run->entries[index].state != ENTRY_DROPPED)
        run->wrong = "an entry behind one that was given up";
    if (run->wrong != NULL)
        return ERR_CORRUPT;
    for (; run->next < index; run->next++)
        if (run->entries[run->next].state == ENTRY_DURABLE ||
            run->entries[run->next].state == ENTRY_WAITS)
            run->wrong = "a hole";
    run->seen_dropped = run->entries[index].state == ENTRY_DROPPED;
    run->next = index + 1;
    return run->wrong == NULL ? 0 : ERR_CORRUPT;
}

static int recover(struct run *run, struct wal_recovered *recovered)
{
    struct wal_recover_options options = {
        .fs = sim_host_files(run->host),
        .directory = "/data",
        .from = run->has_position ? &run->position : NULL,
        .visit = visit_entry,
        .context = run,
        .log = &run->log,
    };
    run->next = 0;
    run->seen_dropped = false;
    run->wrong = NULL;
    return wal_recover(&options, recovered);
}

static void check_recovered(struct run *run)
{
    struct wal_recovered recovered;
    int result = recover(run, &recovered);
    for (uint32_t i = run->next; run->wrong == NULL && i < run->count; i++) {
        run->met.unacknowledged += run->entries[i].state == ENTRY_WAITS;
        if (run->entries[i].state == ENTRY_DURABLE)
            run->wrong = "an acknowledged entry is missing at the end";
    }
    cr_assert(run->wrong == NULL && result == 0, "seed %llu: %s (%s)",
              (unsigned long long)run->seed, run->wrong == NULL ? "refused" : run->wrong,
              result_name(result));
}

/* A life. */

static void life_open(struct run *run)
{
    struct wal_recovered recovered;
    struct io_options io = {
        .recv_buffer_bytes = 4096, .recv_buffer_count = 2, .disk_threads = 1, .log = &run->log};
    int result = recover(run, &recovered);
    cr_assert_eq(result, 0);
    result = sim_io_new(run->host, &io, &run->io);
    cr_assert_eq(result, 0);
    struct wal_options options = {
        .io = run->io,
        .directory = "/data",
        .file_bytes = 1 << 20,
        .files_max = 6,
        .first_file_bytes = 1 << 20,
        .memory_bytes = 4 << 20,
        .owner = &run->owner,
        .log = &run->log,
    };
    result = wal_open(&options, &recovered, &run->wal);
    cr_assert_eq(result, 0, "seed %llu: %s", (unsigned long long)run->seed, result_name(result));
    /* Everything of earlier lives was flushed before. */
    run->base += run->count;
    run->count = run->flushed = 0;
    run->has_position = false;
    run->first_file = recovered.file_next;
    run->online = true;
}

static void append_some(struct run *run)
{
    uint64_t appends = sim_random(run->sim) % 4;
    struct wal_entry what = {.kind = WAL_BATCH};
    while (appends-- > 0 && run->online && run->count < ENTRIES_MAX) {
        struct entry *e = &run->entries[run->count];
        bool large = sim_random(run->sim) % 4 == 0;
        e->len = 8 + (uint32_t)(sim_random(run->sim) % (large ? PAYLOAD_MAX - 8 : 200));
        e->state = ENTRY_WAITS;
        if (wal_append(run->wal, &what, e->len, &e->span) != 0)
            return;
        fill(e->span.data, e->len, run->base + run->count);
        run->count++;
    }
}

/* Some of the first durable entries become durable elsewhere. */
static void flush_some(struct run *run)
{
    uint32_t end = run->flushed;
    while (end < run->count && run->entries[end].state != ENTRY_WAITS &&
           sim_random(run->sim) % 10 != 0)
        end++;
    for (uint32_t i = run->flushed; i < end; i++)
        if (run->entries[i].state == ENTRY_DURABLE)
            wal_plan(run->wal, &run->entries[i].span);
    run->position = wal_position_after_plan(run->wal);
    run->has_position = true;
    for (uint32_t i = run->flushed; i < end; i++) {
        if (run->entries[i].state != ENTRY_DURABLE)
            continue;
        wal_release(run->wal, &run->entries[i].span, true);
        run->entries[i].state = ENTRY_FLUSHED;
    }
    run->flushed = end;
    wal_trim(run->wal, &run->position);
}

static void set_faults(struct run *run)
{
    struct sim_disk_options *disk = sim_disk(run->host);
    uint32_t rate = sim_random(run->sim) % 2 == 0 ? 0 : SIM_ALWAYS / 40;
    disk->write_error = disk->write_short = disk->write_torn = rate;
    disk->sync_error = disk->entry_error = rate;
    disk->reorder = sim_random(run->sim) % 2 == 0 ? 0 : SIM_ALWAYS / 5;
    disk->stall = SIM_ALWAYS / 500;
    disk->writeback = SIM_ALWAYS / 10;
}

static void clear_faults(struct run *run)
{
    struct sim_disk_options *disk = sim_disk(run->host);
    disk->write_error = disk->write_short = disk->write_torn = 0;
    disk->sync_error = disk->entry_error = 0;
}

static void life_end(struct run *run)
{
    struct wal_stats stats;
    wal_get_stats(run->wal, &stats);
    run->met.crashes_within += !sim_host_up(run->host);
    run->met.failed_writes += (uint32_t)stats.failed_writes;
    run->met.trimmed += run->has_position && run->position.file > run->first_file;
    switch (sim_random(run->sim) % 3) {
    case 0:
        sim_host_kill(run->host);
        break;
    case 1:
        sim_host_kill(run->host);
        sim_host_crash(run->host);
        break;
    default:
        sim_host_crash(run->host);
        break;
    }
    io_free(run->io);
    leave(run->wal);
    sim_host_start(run->host);
}

/* Until its steps are over, or the machine ends. */
static void life_step(struct run *run)
{
    uint64_t steps = 1 + sim_random(run->sim) % 300;
    while (steps-- > 0 && sim_host_up(run->host)) {
        append_some(run);
        uint64_t deadline_ns = wal_pump(run->wal);
        uint64_t pause_ns = sim_random(run->sim) % (2 * NS_PER_MS);
        io_poll(run->io, MIN(deadline_ns, io_now(run->io) + pause_ns));
        if (sim_host_up(run->host) && sim_random(run->sim) % 20 == 0)
            flush_some(run);
    }
}

static void life_run(struct run *run)
{
    struct sim_failure end = {
        .kind = SIM_DISK_CHANGE, .number = 1 + sim_random(run->sim) % 200, .crash = true};
    life_open(run);
    set_faults(run);
    if (sim_random(run->sim) % 2 == 0)
        sim_disk_fail(run->host, &end);
    life_step(run);
    life_end(run);
    clear_faults(run);
    check_recovered(run);
}

/* Worlds. */

static void say(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "%s\n", line);
}

static void run_begin(struct run *run, uint64_t seed)
{
    struct sim_options options;
    crc32c_init();
    *run = (struct run){.owner = {owner_durable, owner_offline, owner_online, owner_settled},
                        .seed = seed};
    run->log.level = (enum log_level) - 1;
    sim_options_init(&options, seed);
    run->sim = sim_new(&options);
    run->host = sim_host_new(run->sim, "a");
    int result = file_make_directory(sim_host_files(run->host), "/data");
    cr_assert_eq(result, 0);
    result = file_sync_directory(sim_host_files(run->host), "/");
    cr_assert_eq(result, 0);
    if (getenv("WAL_SIM_SEED") != NULL)
        sim_trace(run->sim, say, NULL);
}

/* Adds to `met`, when it is not null. */
static uint64_t run_seed(uint64_t seed, struct met *met)
{
    static struct run run;
    run_begin(&run, seed);
    for (uint32_t life = 0; life < LIVES; life++)
        life_run(&run);
    uint64_t hash = sim_hash(run.sim);
    sim_free(run.sim);
    if (met != NULL) {
        met->crashes_within += run.met.crashes_within;
        met->offline += run.met.offline;
        met->online += run.met.online;
        met->failed_writes += run.met.failed_writes;
        met->unacknowledged += run.met.unacknowledged;
        met->trimmed += run.met.trimmed;
    }
    return hash;
}

Test(wal_sim, nothing_acknowledged_is_lost_wherever_the_machine_ends, .timeout = 300)
{
    const char *only = getenv("WAL_SIM_SEED");
    const char *seeds = getenv("WAL_SIM_SEEDS");
    uint64_t count = seeds == NULL ? SEEDS : strtoull(seeds, NULL, 10);
    struct met met = {0};
    if (only != NULL) {
        run_seed(strtoull(only, NULL, 10), NULL);
        return;
    }
    for (uint64_t seed = 0; seed < count; seed++)
        run_seed(seed, &met);
    cr_assert_gt(met.crashes_within, 0);
    cr_assert_gt(met.offline, 0);
    cr_assert_gt(met.online, 0);
    cr_assert_gt(met.failed_writes, 0);
    cr_assert_gt(met.unacknowledged, 0);
    cr_assert_gt(met.trimmed, 0);
}

/* Sectors that are lost, wrong, or somewhere else: recovery gives back what was appended, in order,
 * or refuses. Only the end may be missing, which nothing proves. */
Test(wal_sim, a_disk_that_lies_is_found_out, .timeout = 300)
{
    static struct run run;
    uint32_t refused = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct wal_recovered recovered;
        run_begin(&run, seed);
        life_open(&run);
        struct sim_disk_options *disk = sim_disk(run.host);
        disk->write_lost = disk->write_corrupted = disk->write_misdirected = SIM_ALWAYS / 60;
        life_step(&run);
        life_end(&run);
        int result = recover(&run, &recovered);
        cr_assert(run.wrong == NULL, "seed %llu: %s", (unsigned long long)seed, run.wrong);
        refused += result != 0;
        sim_free(run.sim);
    }
    cr_assert(refused > 0 && refused < SEEDS);
}

Test(wal_sim, a_seed_replays)
{
    for (uint64_t seed = 0; seed < 5; seed++)
        cr_assert_eq(run_seed(seed, NULL), run_seed(seed, NULL));
    cr_assert_neq(run_seed(0, NULL), run_seed(1, NULL));
}
