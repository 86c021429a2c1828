/*
 * Start, stop, and what lies between them on the main thread.
 *
 * Start: lock the directory, learn whose it is, recover the catalog, build every core's image from
 * it, recover the partitions it names, give each to its core, open the WALs, listen. Only then do
 * the cores' threads run. From before the first write until the end of a clean stop the directory
 * carries a mark that keeps Kafka away: its newest records may lie in our WAL.
 *
 * Stop: the cores drain and flush (life.h) and end. Then the main thread writes what Kafka expects
 * of a clean stop, removes everything of ours, and last the marker that says so.
 */
#include "broker/server.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "broker/accept.h"
#include "broker/catalog/catalog.h"
#include "broker/closings.h"
#include "broker/core.h"
#include "broker/partitions.h"
#include "broker/server_internal.h"
#include "partition/kafka_files.h"
#include "partition/partition.h"
#include "wal/wal_reserve.h"

#define PATH_BYTES 4096
/* A request with one batch of the producers' usual size (batch.size is 16384) lies whole in one. */
#define RECV_BUFFER_BYTES 32768
#define RECV_BUFFER_COUNT 1024
/* Descriptors that connections leave alone: for the WAL, the segments that jobs open, and us. */
#define FILES_RESERVED 64
#define FILES_PER_CORE 32
#define FILES_PER_DISK_THREAD 8

const struct config *server_config(const struct server *server)
{
    return server->config;
}

struct life *server_life(const struct server *server)
{
    return (struct life *)(uintptr_t)&server->life;
}

struct admission *server_admission(const struct server *server)
{
    return (struct admission *)(uintptr_t)&server->admission;
}

struct uuid server_directory_id(const struct server *server)
{
    return server->meta.directory_id;
}

const char *server_cluster_id(const struct server *server)
{
    return server->meta.cluster_id;
}

int32_t server_node_id(const struct server *server)
{
    return server->meta.node_id;
}

bool server_catalog_is_new(const struct server *server)
{
    return server->catalog_new;
}

struct bytes server_bootstrap(const struct server *server)
{
    return server->bootstrap;
}

uint64_t server_idle_ns(const struct server *server)
{
    int64_t ms = server->config->connection_idle_ms_max;
    return ms < 0 ? IO_NEVER / 4 : (uint64_t)ms * NS_PER_MS;
}

uint64_t server_frame_timeout_ns(const struct server *server)
{
    return (uint64_t)server->config->frame_timeout_ms * NS_PER_MS;
}

int32_t server_request_bytes_max(const struct server *server)
{
    return server->config->request_bytes_max;
}

void server_advertised(const struct server *server, uint32_t listener, struct string *host,
                       int32_t *port)
{
    const struct config_listener *l = &server->config->listeners[listener];
    *host = string_of(l->advertised_host);
    *port = l->advertised_port != 0 ? l->advertised_port : server->ports[listener];
}

/* The directory. */

static int lock_directory(struct server *server)
{
    char path[PATH_BYTES];
    const char *directory = server->config->log_directory;
    int result = file_make_directories(server->fs, directory);
    if (result == 0) {
        snprintf(path, sizeof path, "%s/.lock", directory);
        server->lock = file_lock(server->fs, path);
        result = MIN(server->lock, 0);
    }
    if (result == ERR_LOCKED) {
        log_error(server->log,
                  "the data directory %s is in use by another broker; stop that one, "
                  "or choose another directory with --data",
                  directory);
        return SERVER_EXIT_LOCKED;
    }
    if (result != 0) {
        log_error(server->log, "the data directory %s cannot be used: %s", directory,
                  result_sentence(result));
        return SERVER_EXIT_IO;
    }
    return 0;
}

static void new_meta(struct server *server)
{
    struct io *io = server->ios[0];
    server->meta.node_id = server->config->node_id;
    if (server->config->cluster_id != NULL)
        snprintf(server->meta.cluster_id, sizeof server->meta.cluster_id, "%s",
                 server->config->cluster_id);
    else
        uuid_print(io_random_uuid(io), server->meta.cluster_id);
}

/* Whose directory it is; from here on Kafka must not start on it. */
static int claim_directory(struct server *server)
{
    const char *directory = server->config->log_directory;
    int result = kafka_load_meta(server->fs, directory, &server->meta);
    if (result == ERR_NOT_FOUND) {
        new_meta(server);
    } else if (result != 0) {
        log_error(server->log,
                  "%s/meta.properties cannot be used: %s; it was written by a newer "
                  "version, or is damaged",
                  directory, result_sentence(result));
        return SERVER_EXIT_DATA;
    } else if (server->meta.node_id != server->config->node_id) {
        log_error(server->log, "the data directory %s belongs to node %d, but node.id is %d",
                  directory, server->meta.node_id, server->config->node_id);
        return SERVER_EXIT_DATA;
    }
    if (!server->meta.has_directory_id) {
        struct io *io = server->ios[0];
        server->meta.has_directory_id = true;
        server->meta.directory_id = io_random_uuid(io);
    }
    result = wal_reserve_give_up(server->fs, directory, server->log);
    if (result == 0 && !MUTANT(LET_KAFKA_START))
        result = kafka_write_meta_running(server->fs, directory, &server->meta);
    if (result != 0) {
        log_error(server->log, "the data directory %s cannot be written: %s", directory,
                  result_sentence(result));
        return SERVER_EXIT_IO;
    }
    return 0;
}

/* Construction of the cores. */

static int make_ios(struct server *server)
{
    struct io_options options = {
        .backend = server->config->io_backend,
        .recv_buffer_bytes = RECV_BUFFER_BYTES,
        .recv_buffer_count = RECV_BUFFER_COUNT,
        .disk_threads = server->config->disk_threads,
        .log = server->log,
    };
    for (unsigned i = 0; i < server->core_count; i++) {
        int result = io_new(&options, &server->ios[i]);
        if (result != 0) {
            log_error(server->log, "cannot set up %s: %s",
                      options.backend == IO_EPOLL ? "epoll" : "io_uring", result_sentence(result));
            return SERVER_EXIT_IO;
        }
    }
    return 0;
}

/* What a core may take of the descriptors when the logs have theirs. */
static uint32_t core_connections(const struct server *server)
{
    const struct config *config = server->config;
    uint64_t files =
        FILES_RESERVED + (FILES_PER_CORE + FILES_PER_DISK_THREAD * ((uint64_t)config->disk_threads +
                                                                    IO_DISK_THREADS_MORE)) *
                             server->core_count;
    uint64_t left = server->descriptors - MIN(files, server->descriptors / 2);
    uint64_t count = MAX(left / server->core_count, (uint64_t)1);
    if (count >= config->core_connections_max)
        return config->core_connections_max;
    log_warn(server->log,
             "a core takes %u connections instead of odradek.connections.max=%u: the system "
             "permits %llu open files (ulimit -n)",
             (unsigned)count, config->core_connections_max,
             (unsigned long long)server->descriptors);
    return (uint32_t)count;
}

static void make_cores(struct server *server)
{
    uint32_t connections = core_connections(server);
    for (unsigned i = 0; i < server->core_count; i++) {
        snprintf(server->scopes[i], sizeof server->scopes[i], "core %u", i);
        struct log log = log_scoped(server->log, server->scopes[i]);
        struct core_options options = {
            .server = server,
            .id = i,
            .core_count = server->core_count,
            .io = server->ios[i],
            .memory_bytes = server->config->memory_bytes / 2,
            .connections_max = connections,
            .recv_buffer_count = RECV_BUFFER_COUNT,
            .config = server->config,
            .log = &log,
        };
        core_init(&server->cores[i], &options);
        budget_add(&server->cores[i].budget, "WAL blocks", server->config->memory_bytes / 2);
        budget_add(&server->cores[i].budget, "receive buffers",
                   (size_t)RECV_BUFFER_BYTES * RECV_BUFFER_COUNT);
    }
    core_link_all(server->cores, server->core_count);
}

static int listen_all(struct server *server)
{
    for (unsigned i = 0; i < server->core_count; i++)
        if (accept_listen(&server->cores[i], server->ports) != 0)
            return SERVER_EXIT_UNAVAILABLE;
    return 0;
}

/* Running. */

static void core_main(void *context)
{
    core_run(context);
}

/* Each on its own processor, where every processor has a core: the scheduler moves them about to no
 * end then. Fewer cores go where there is room. */
static void run_cores(struct server *server)
{
    bool pin = server->config->pin && server->core_count == io_cpu_count();
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    for (unsigned i = 0; i < server->core_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "core-%u", i);
        int result = io_thread_start(&server->threads[i], name, pin ? (int)i : -1, core_main,
                                     &server->cores[i]);
        ASSERT(result == 0);
    }
    io_wait_for_stop();
    log_info(server->log, "stopping");
    atomic_store(&server->life.stop_asked, true);
    for (unsigned i = 0; i < server->core_count; i++)
        io_wake_external(server->ios[i]);
    for (unsigned i = 0; i < server->core_count; i++)
        io_thread_join(server->threads[i]);
}

static void print_start(struct server *server)
{
    char text[512];
    for (uint32_t i = 0; i < server->config->listener_count; i++) {
        const struct config_listener *l = &server->config->listeners[i];
        log_info(server->log, "listening on %s://%s:%u", l->name, l->host == NULL ? "*" : l->host,
                 server->ports[i]);
    }
    log_info(server->log, "%u cores on %s, CRC-32C by %s, data in %s", server->core_count,
             io_backend_name(server->ios[0]), crc32c_name(), server->config->log_directory);
    log_info(server->log, "memory budget: %s",
             budget_print(&server->cores[0].budget, text, sizeof text));
}

static void server_free(struct server *server)
{
    for (unsigned i = 0; i < server->core_count; i++) {
        if (server->cores[i].server != NULL)
            core_fini(&server->cores[i]);
        if (server->ios[i] != NULL)
            io_free(server->ios[i]);
    }
    if (server->lock >= 0)
        file_close(server->fs, server->lock);
    mem_free((void *)(uintptr_t)server->bootstrap.data);
    admission_fini(&server->admission);
    mem_free(server->cores);
    mem_free(server);
}

static unsigned count_cores(const struct config *config)
{
    unsigned count = config->cores != 0 ? config->cores : io_cpu_count();
    return MIN(count, SERVER_CORES_MAX);
}

static int server_start(struct server *server)
{
    int code = lock_directory(server);
    if (code == 0)
        code = make_ios(server);
    if (code == 0)
        code = claim_directory(server);
    if (code != 0)
        return code;
    make_cores(server);
    code = listen_all(server);
    if (code == 0)
        code = server_recover(server);
    return code;
}

int server_run(const struct config *config, const struct log *log)
{
    crc32c_init();
    struct server *server = mem_alloc(sizeof *server);
    server->config = config;
    server->log = log;
    server->lock = -1;
    server->fs = file_system_real();
    server->descriptors = io_raise_descriptors();
    admission_init(&server->admission);
    server->core_count = count_cores(config);
    server->cores = mem_alloc_array(server->core_count, sizeof *server->cores);
    int code = server_start(server);
    if (code == 0) {
        print_start(server);
        run_cores(server);
        for (unsigned i = 0; i < server->core_count; i++)
            closings_tell(&server->cores[i]);
        if (atomic_load(&server->life.unclean))
            io_exit(SERVER_EXIT_IO);
        code = server_finish(server);
        log_info(log, "stopped");
    }
    server_free(server);
    return code;
}
