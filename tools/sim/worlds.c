/* The rounds of misfortune in each world; see the header. */
#include "tools/sim/worlds.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "tools/sim/directory.h"

#define ROUND_NS (3 * NS_PER_S)
#define START_NS (2 * NS_PER_S)
#define STOP_NS (20 * NS_PER_S)
#define LATE_NS (10 * NS_PER_S)
#define FILLED_NS (8 * NS_PER_S)
#define SLOW_RESERVE_NS (2 * NS_PER_S)
#define SLOW_SEGMENT_NS (2 * NS_PER_S)
/* The least that a broker of the simulator has: a WAL of four blocks. */
#define LITTLE_MEMORY (8 * MIB)
/* For every connection there is. */
#define DESCRIPTORS_ENOUGH 1024

static bool host_down(void *context)
{
    const struct sim_life *life = context;
    return !sim_host_up(life->host);
}

static bool life_over(void *context)
{
    const struct sim_life *life = context;
    return !life->running || !sim_host_up(life->host);
}

static void wait_between(struct sim_life *life, uint64_t min_ms, uint64_t max_ms)
{
    sim_run(life->sim,
            sim_pick(life->sim, (struct sim_range){min_ms * NS_PER_MS, max_ms * NS_PER_MS}));
}

/* The process or the whole machine ends, and what is left on the disk is looked at. */
static const char *end_and_look(struct sim_life *life, bool power_loss)
{
    struct sim_disk_options *disk = sim_disk(life->host);
    struct sim_disk_options faults = *disk;
    sim_life_end(life, power_loss);
    sim_host_start(life->host);
    disk->read_error = disk->entry_error = 0;
    const char *broken = sim_directory_judge(life->host);
    *disk = faults;
    return broken;
}

/* The next start is under way, whatever has ended the last one. */
static const char *start_again(struct sim_life *life, const char *broken)
{
    if (broken == NULL && !life->running)
        sim_life_start(life);
    sim_life_mind(life);
    return broken;
}

/* Power. */

struct power_aim {
    enum sim_disk_kind kind;
    uint64_t of_start; /* so many of them belong to a start */
};

/* During a start, or at one of the next operations of a broker at work. */
static const char *power_round(struct sim_life *life)
{
    static const struct power_aim aims[] = {{SIM_DISK_CHANGE, 60}, {SIM_DISK_CHANGE, 60},
                                            {SIM_DISK_WRITE, 30},  {SIM_DISK_SYNC, 20},
                                            {SIM_DISK_SYNC, 20},   {SIM_DISK_SYNC_DIRECTORY, 10},
                                            {SIM_DISK_RENAME, 6},  {SIM_DISK_SYNC_DIRECTORY, 10}};
    const struct power_aim *aim =
        &aims[sim_pick(life->sim, (struct sim_range){0, ARRAY_LENGTH(aims) - 1})];
    bool at_work = sim_chance(life->sim, SIM_ALWAYS / 3 * 2);
    if (at_work)
        wait_between(life, 100, 600);
    struct sim_failure failure = {
        .kind = aim->kind,
        .number = sim_pick(life->sim, (struct sim_range){1, at_work ? 8 : aim->of_start}),
        .crash = true,
    };
    sim_disk_fail(life->host, &failure);
    sim_run_until(life->sim, host_down, life, NS_PER_S);
    sim_disk_fail(life->host, NULL);
    return start_again(life, end_and_look(life, true));
}

static void power_faults(struct sim_life *life)
{
    struct sim_disk_options *disk = sim_disk(life->host);
    disk->writeback = SIM_ALWAYS / 4;
    disk->reorder = SIM_ALWAYS / 5;
    disk->reorder_ns = (struct sim_range){0, 20 * NS_PER_MS};
}

const struct seed_world sim_world_power = {power_faults, power_round, false, false};

/* A sick disk. */

static void sick_faults(struct sim_life *life)
{
    struct sim_disk_options *disk = sim_disk(life->host);
    uint32_t rate = (uint32_t)sim_pick(life->sim, (struct sim_range){1000, SIM_ALWAYS / 4});
    disk->write_error = rate;
    disk->write_short = rate / 4;
    disk->write_torn = rate / 4;
    disk->sync_error = rate;
}

/* It is sick for a while, then well enough for what fails behind a start to be told apart. */
static const char *sick_round(struct sim_life *life)
{
    struct sim_disk_options honest = *sim_disk(life->host);
    honest.write_error = honest.write_short = honest.write_torn = honest.sync_error = 0;
    struct sim_disk_options sick = *sim_disk(life->host);
    wait_between(life, 20, 1000);
    *sim_disk(life->host) = honest;
    wait_between(life, 0, 500);
    const char *broken =
        start_again(life, end_and_look(life, sim_chance(life->sim, SIM_ALWAYS / 4 * 3)));
    wait_between(life, 500, 1500);
    *sim_disk(life->host) = sick;
    return broken;
}

const struct seed_world sim_world_sick = {sick_faults, sick_round, false, false};

/* Stalls and resets: much is in flight when the power goes. */

static void slow_faults(struct sim_life *life)
{
    struct sim_disk_options *disk = sim_disk(life->host);
    struct sim_net_options *net = sim_net(life->sim);
    disk->stall = SIM_ALWAYS / 20;
    disk->stall_ns = (struct sim_range){200 * NS_PER_MS, 2 * NS_PER_S};
    disk->reorder = SIM_ALWAYS / 5;
    disk->reorder_ns = (struct sim_range){0, 20 * NS_PER_MS};
    net->reset = SIM_ALWAYS / 100;
}

static const char *slow_round(struct sim_life *life)
{
    wait_between(life, 200, 3000);
    return start_again(life, end_and_look(life, sim_chance(life->sim, SIM_ALWAYS / 4 * 3)));
}

const struct seed_world sim_world_slow = {slow_faults, slow_round, false, false};

/* Damage, and a catalog that has lost its end. */

static void calm_faults(struct sim_life *life)
{
    struct sim_disk_options *disk = sim_disk(life->host);
    struct sim_net_options *net = sim_net(life->sim);
    disk->stall = disk->reorder = disk->read_error = disk->write_error = disk->write_short = 0;
    disk->write_torn = disk->sync_error = disk->entry_error = 0;
    net->half_open = 0;
}

static const char *damage_round(struct sim_life *life)
{
    struct sim_directory_damage damage;
    wait_between(life, 300, 2500);
    const char *broken = end_and_look(life, false);
    bool damaged = sim_directory_damage(life->host, &damage);
    sim_life_start(life);
    /* It may start, when it does not need the group: what clients read tells. */
    bool refused = sim_run_until(life->sim, life_over, life, ROUND_NS);
    if (refused || damaged)
        sim_life_end(life, false);
    if (!sim_host_up(life->host))
        sim_host_start(life->host);
    if (damaged)
        sim_directory_mend(life->host, &damage);
    return start_again(life, broken);
}

const struct seed_world sim_world_damage = {calm_faults, damage_round, false, false};

static const char *gone_round(struct sim_life *life)
{
    wait_between(life, 100, 2500);
    const char *broken = end_and_look(life, false);
    life->options.cores = MAX(life->options.cores, 2U);
    if (broken == NULL && sim_directory_catalog_is_owed(life->host)) {
        sim_directory_hide_wal(life->host, true);
        sim_life_start(life);
        bool refused = sim_run_until(life->sim, life_over, life, ROUND_NS);
        if (!refused)
            broken = "a catalog that ends below what a core had applied was accepted";
        sim_life_end(life, false);
        sim_host_start(life->host);
        sim_directory_hide_wal(life->host, false);
    }
    return start_again(life, broken);
}

const struct seed_world sim_world_gone = {calm_faults, gone_round, false, false};

/* A full disk. */

static bool full_disk_starts(struct sim_life *life)
{
    sim_life_mind(life);
    return !sim_run_until(life->sim, life_over, life, START_NS);
}

static const char *full_round(struct sim_life *life)
{
    struct sim_disk_options *disk = sim_disk(life->host);
    uint64_t capacity = disk->capacity_bytes;
    wait_between(life, 300, 2000);
    disk->capacity_bytes =
        sim_disk_used(life->host) + sim_pick(life->sim, (struct sim_range){0, 256 * KIB});
    wait_between(life, 500, 3000);
    const char *broken = end_and_look(life, sim_chance(life->sim, SIM_ALWAYS / 2));
    disk->capacity_bytes = MIN(disk->capacity_bytes, sim_disk_used(life->host));
    sim_life_start(life);
    if (broken == NULL && !full_disk_starts(life))
        broken = "a start on a full disk was refused";
    disk->capacity_bytes = capacity;
    return start_again(life, broken);
}

const struct seed_world sim_world_full = {calm_faults, full_round, false, false};

/* A disk that stays full: nothing waits for the space. */

static void filled_faults(struct sim_life *life)
{
    struct sim_net_options *net = sim_net(life->sim);
    calm_faults(life);
    if (sim_chance(life->sim, SIM_ALWAYS / 2))
        life->options.cores = 1;
    life->options.memory_bytes = MIN(life->options.memory_bytes, LITTLE_MEMORY);
    sim_disk(life->host)->descriptors_max = DESCRIPTORS_ENOUGH;
    net->buffer_bytes = MAX(net->buffer_bytes, (uint32_t)(256 * KIB));
    net->partial = net->reset = net->refuse = 0;
    sim_cores(life->host)->stall = 0;
    sim_memory(life->host)->refuse = 0;
}

static void must_be_prompt(struct sim_life *life)
{
    life->prompt = true;
    sim_run(life->sim, FILLED_NS);
    life->prompt = false;
}

/* The attempt to make a WAL file takes long: more comes meanwhile than the last one holds. */
static void slow_reserve(struct sim_life *life)
{
    struct sim_failure failure = {
        .kind = SIM_DISK_ALLOCATE,
        .path = SIM_DIRECTORY "/.odradek-reserve-",
        .number = 1,
        .from_then_on = true,
        .late_ns = SLOW_RESERVE_NS,
    };
    sim_disk_fail(life->host, &failure);
}

/* The WAL has its files already, segments alone find no space: its memory is used up. Clients may
 * use much of it while the first write takes its time. */
static void fill_memory(struct sim_life *life)
{
    struct sim_failure failure = {.kind = SIM_DISK_WRITE, .path = ".log", .number = 1};
    failure.late_ns = SLOW_SEGMENT_NS;
    sim_disk_fail(life->host, &failure);
    sim_run(life->sim, SLOW_SEGMENT_NS);
    failure.late_ns = 0;
    failure.error = ERR_NO_SPACE;
    failure.from_then_on = true;
    sim_disk_fail(life->host, &failure);
}

static const char *filled_round(struct sim_life *life)
{
    struct sim_disk_options *disk = sim_disk(life->host);
    uint64_t capacity = disk->capacity_bytes;
    const char *broken = NULL;
    wait_between(life, 300, 2000);
    if (sim_chance(life->sim, SIM_ALWAYS / 2)) {
        fill_memory(life);
    } else {
        slow_reserve(life);
        disk->capacity_bytes =
            sim_disk_used(life->host) + sim_pick(life->sim, (struct sim_range){0, 4 * MIB});
    }
    must_be_prompt(life);
    if (sim_chance(life->sim, SIM_ALWAYS / 2)) {
        broken = end_and_look(life, sim_chance(life->sim, SIM_ALWAYS / 2));
        disk->capacity_bytes = MIN(disk->capacity_bytes, sim_disk_used(life->host));
        sim_life_start(life);
        if (broken == NULL && !full_disk_starts(life))
            broken = "a start on a full disk was refused";
        must_be_prompt(life);
    }
    disk->capacity_bytes = capacity;
    sim_disk_fail(life->host, NULL);
    return start_again(life, broken);
}

const struct seed_world sim_world_filled = {filled_faults, filled_round, false, true};

/* Other numbers of cores. */

static const char *cores_round(struct sim_life *life)
{
    static const enum sim_disk_kind kinds[] = {SIM_DISK_CHANGE, SIM_DISK_WRITE, SIM_DISK_SYNC};
    wait_between(life, 100, 700);
    const char *broken = end_and_look(life, sim_chance(life->sim, SIM_ALWAYS / 2));
    life->options.cores = (unsigned)sim_pick(life->sim, (struct sim_range){1, 4});
    /* The start itself is cut short, too. */
    uint64_t kind = sim_pick(life->sim, (struct sim_range){0, ARRAY_LENGTH(kinds) - 1});
    struct sim_failure failure = {
        .kind = kinds[kind],
        .number =
            sim_pick(life->sim, (struct sim_range){1, kinds[kind] == SIM_DISK_SYNC ? 25 : 60}),
        .crash = true,
    };
    sim_disk_fail(life->host, &failure);
    sim_life_start(life);
    bool cut = sim_run_until(life->sim, host_down, life, NS_PER_S);
    sim_disk_fail(life->host, NULL);
    if (cut && broken == NULL)
        broken = end_and_look(life, true);
    return start_again(life, broken);
}

const struct seed_world sim_world_cores = {calm_faults, cores_round, false, false};

/* Clean stops. */

static const char *clean_round(struct sim_life *life)
{
    wait_between(life, 100, 700);
    if (sim_chance(life->sim, SIM_ALWAYS / 2)) {
        bool removing = sim_chance(life->sim, SIM_ALWAYS / 2);
        struct sim_failure failure = {
            .kind = removing ? SIM_DISK_REMOVE : SIM_DISK_CHANGE,
            .number = sim_pick(life->sim, (struct sim_range){1, removing ? 20 : 120}),
            .crash = true,
        };
        sim_disk_fail(life->host, &failure);
    }
    sim_host_stop(life->host);
    bool ended = sim_run_until(life->sim, life_over, life, STOP_NS);
    sim_disk_fail(life->host, NULL);
    const char *broken = end_and_look(life, true);
    if (!ended && broken == NULL)
        broken = "the broker did not stop in 20 s";
    return start_again(life, broken);
}

const struct seed_world sim_world_clean = {calm_faults, clean_round, true, false};

/* Checkpoints that come too late: what has happened since the last one must not need it. */

static const char *stale_round(struct sim_life *life)
{
    struct sim_failure failure = {
        .kind = SIM_DISK_SYNC,
        .path = SIM_DIRECTORY "/.odradek-checkpoint-",
        .number = sim_pick(life->sim, (struct sim_range){1, 8}),
        .late_ns = LATE_NS,
    };
    wait_between(life, 0, 300);
    sim_disk_fail(life->host, &failure);
    wait_between(life, 500, 2500);
    sim_disk_fail(life->host, NULL);
    return start_again(life, end_and_look(life, true));
}

const struct seed_world sim_world_stale = {calm_faults, stale_round, false, false};

/* Compacted segments that get their names: one step of it is the last. */

static const char *swap_round(struct sim_life *life)
{
    static const struct {
        enum sim_disk_kind kind;
        const char *path;
        uint64_t most;
    } aims[] = {{SIM_DISK_RENAME, ".cleaned", 4},
                {SIM_DISK_RENAME, ".swap", 4},
                {SIM_DISK_REMOVE, ".log", 4},
                {SIM_DISK_REMOVE, "index", 8}};
    size_t aim = sim_pick(life->sim, (struct sim_range){0, ARRAY_LENGTH(aims) - 1});
    struct sim_failure failure = {
        .kind = aims[aim].kind,
        .path = aims[aim].path,
        .number = sim_pick(life->sim, (struct sim_range){1, aims[aim].most}),
        .crash = true,
    };
    wait_between(life, 0, 300);
    sim_disk_fail(life->host, &failure);
    sim_run_until(life->sim, host_down, life, ROUND_NS);
    sim_disk_fail(life->host, NULL);
    return start_again(life, end_and_look(life, true));
}

const struct seed_world sim_world_swap = {power_faults, swap_round, false, false};

/* Nothing can be written for a moment: what is on its way fails, and what comes next does not. */

static const char *outage_round(struct sim_life *life)
{
    struct sim_disk_options honest = *sim_disk(life->host);
    wait_between(life, 5, 200);
    sim_disk(life->host)->write_error = sim_disk(life->host)->sync_error = SIM_ALWAYS;
    wait_between(life, 1, 60);
    *sim_disk(life->host) = honest;
    bool kill = sim_chance(life->sim, SIM_ALWAYS / 20);
    return start_again(life, kill ? end_and_look(life, false) : NULL);
}

/* Far away, clients have sent the next batch before they hear of the last. */
static void outage_faults(struct sim_life *life)
{
    calm_faults(life);
    sim_net(life->sim)->delay_ns = (struct sim_range){20 * NS_PER_MS, 150 * NS_PER_MS};
}

const struct seed_world sim_world_outage = {outage_faults, outage_round, false, false};

static const struct {
    const char *name;
    const char *sentence;
    const struct seed_world *world;
} worlds[] = {
#define WORLD_ROW(name, sentence) {#name, sentence, &sim_world_##name},
    SIM_WORLD_TABLE(WORLD_ROW)
#undef WORLD_ROW
};

const struct seed_world *sim_world_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(worlds); i++)
        if (strcmp(worlds[i].name, name) == 0)
            return worlds[i].world;
    return NULL;
}

void sim_worlds_list(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(worlds); i++)
        printf("  %-16s %s\n", worlds[i].name, worlds[i].sentence);
}
