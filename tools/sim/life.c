/* The broker's main function on a simulated thread; see the header. */
#include "tools/sim/life.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/util.h"
#include "broker/config/config.h"
#include "broker/config/options.h"
#include "broker/server.h"

#define ARGUMENTS_MAX 96
#define MEMORY "odradek.memory.bytes=33554432"
#define WAL_FILE "odradek.wal.file.bytes=8388608"
#define WAL_MAX "odradek.wal.max.bytes=67108864"

static void quiet(void *context, enum log_level level, const char *line, size_t len)
{
    (void)context;
    (void)level;
    (void)line;
    (void)len;
}

/* More happens in less time to a broker that is smaller than its table of settings permits. */
static void config_shrink(struct config *config, const struct life_options *options)
{
    if (options->offsets_retention_ms != 0)
        config->offsets_retention_ms = options->offsets_retention_ms;
    if (options->wal_file_bytes == 0)
        return;
    ASSERT((uint64_t)config->message_bytes_max < options->wal_file_bytes / 2);
    config->wal_file_bytes = options->wal_file_bytes;
    config->wal_bytes_max = options->wal_bytes_max;
    config->memory_bytes = options->memory_bytes;
    config->core_connections_max = options->connections_max;
}

/* Behind those that are there; how many there are then. */
static int arguments_add(char *argv[ARGUMENTS_MAX], const char *const *settings)
{
    int argc = 0;
    while (argv[argc] != NULL)
        argc++;
    for (; settings != NULL && *settings != NULL; settings++) {
        ASSERT(argc + 2 < ARGUMENTS_MAX);
        argv[argc++] = "--set";
        argv[argc++] = (char *)(uintptr_t)*settings;
    }
    return argc;
}

static void life_main(void *context)
{
    struct sim_life *life = context;
    struct options options;
    struct config *config;
    struct config_notes notes = {0};
    struct log log;
    char message[OPTIONS_MESSAGE_MAX];
    char listen[128];
    char cores[32];
    char wal[64];
    char flush[64];
    char segment[64];
    char message_max[64];
    bool small = life->options.wal_file_bytes != 0;
    uint32_t segment_ms = life->options.segment_ms;
    snprintf(listen, sizeof listen, "%s:%d", sim_host_name(life->host), LIFE_PORT);
    snprintf(cores, sizeof cores, "%u", life->options.cores);
    snprintf(wal, sizeof wal, "odradek.wal.profile=%s", life->options.wal_profile);
    snprintf(flush, sizeof flush, "odradek.flush.profile=%s", life->options.flush_profile);
    snprintf(message_max, sizeof message_max, "message.max.bytes=%u", small ? 262144 : 1048588);
    snprintf(segment, sizeof segment, "log.roll.ms=%u", segment_ms == 0 ? 604800000 : segment_ms);
    char *argv[ARGUMENTS_MAX] = {"odradek",
                                 "--data",
                                 "/data",
                                 "--listen",
                                 listen,
                                 "--cores",
                                 cores,
                                 "--set",
                                 wal,
                                 "--set",
                                 flush,
                                 "--set",
                                 MEMORY,
                                 "--set",
                                 WAL_FILE,
                                 "--set",
                                 WAL_MAX,
                                 "--set",
                                 "odradek.connections.max=64",
                                 "--set",
                                 message_max,
                                 "--set",
                                 segment,
                                 "--set",
                                 "log.cleaner.backoff.ms=100"};
    int argc = arguments_add(argv, life->options.settings);
    log_init_stderr(&log, LOG_INFO, "odradek");
    log.wall_ms = NULL;
    if (!life->options.tell) {
        log.sink = life->options.sink != NULL ? life->options.sink : quiet;
        log.context = life->options.sink_context;
    }
    int result = options_parse(argc, argv, &options, message, sizeof message);
    ASSERT(result == 0);
    struct config_input input = {&options, {NULL, 0}};
    result = config_load(&input, &notes, &config);
    ASSERT(result == 0);
    config_shrink(config, &life->options);
    config_notes_fini(&notes);
    options_fini(&options);
    life->code = server_run(config, &log);
    config_free(config);
    life->descriptors_left = sim_host_descriptors(life->host);
    life->running = false;
}

void sim_life_init(struct sim_life *life, struct sim *sim, struct sim_host *host,
                   const struct life_options *options)
{
    *life = (struct sim_life){.sim = sim, .host = host, .options = *options};
}

void sim_life_start(struct sim_life *life)
{
    ASSERT(!life->running);
    if (!sim_host_up(life->host))
        sim_host_start(life->host);
    life->running = true;
    life->started_ns = sim_now(life->sim);
    life->starts++;
    life->thread = sim_thread_start(life->host, life_main, life);
}

void sim_life_end(struct sim_life *life, bool power_loss)
{
    life->prompt = false;
    if (power_loss)
        life->crashes++;
    else
        life->kills++;
    if (power_loss)
        sim_host_crash(life->host);
    else
        sim_host_kill(life->host);
    life->running = false;
}

static bool life_has_ended(void *context)
{
    const struct sim_life *life = context;
    return !life->running || !sim_host_up(life->host);
}

bool sim_life_stop(struct sim_life *life, uint64_t ns)
{
    life->stops++;
    if (life->running)
        sim_host_stop(life->host);
    bool ended = sim_run_until(life->sim, life_has_ended, life, ns);
    if (ended)
        sim_life_end(life, false);
    return ended;
}

void sim_life_mind(struct sim_life *life)
{
    if (!life_has_ended(life))
        return;
    if (life->running && !sim_host_up(life->host))
        life->crashes++;
    if (sim_host_up(life->host)) {
        life->refused++;
        sim_host_kill(life->host);
    }
    life->running = false;
    sim_life_start(life);
}
