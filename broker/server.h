/*
 * The whole broker: its directory, its cores, its start and its stop.
 *
 * Everything that blocks happens here, on the main thread: before the cores' threads start
 * (recovery) and after they have ended (what Kafka expects to find after a clean stop).
 */
#pragma once

#include <stdint.h>

#include "base/uuid.h"
#include "broker/config/config.h"
#include "broker/life.h"
#include "protocol/message.h"

struct admission;
struct core;
struct server;

/* Exit codes of the program. */
enum server_exit {
    SERVER_EXIT_OK = 0,
    SERVER_EXIT_USAGE = 64,       /* EX_USAGE: the command line or the configuration is wrong */
    SERVER_EXIT_DATA = 65,        /* EX_DATAERR: damaged, foreign or newer data */
    SERVER_EXIT_UNAVAILABLE = 69, /* EX_UNAVAILABLE: the address is taken */
    SERVER_EXIT_IO = 74,          /* EX_IOERR: the directory cannot be used */
    SERVER_EXIT_LOCKED = 75,      /* EX_TEMPFAIL: another broker uses the directory */
};

/* Starts, serves until SIGTERM or SIGINT, stops. Returns the exit code; the log has the sentence.
 */
int server_run(const struct config *config, const struct log *log);

/* What cores ask. Constant while they run. */
const struct config *server_config(const struct server *server);
struct life *server_life(const struct server *server);
struct admission *server_admission(const struct server *server);
struct uuid server_directory_id(const struct server *server);
/* The cluster id as text, NUL-terminated. */
const char *server_cluster_id(const struct server *server);
int32_t server_node_id(const struct server *server);
/* The catalog began with nothing: it has to be given its quorum. */
bool server_catalog_is_new(const struct server *server);
/* What Kafka's bootstrap.checkpoint says, where the catalog has no features; else empty. */
struct bytes server_bootstrap(const struct server *server);
uint64_t server_idle_ns(const struct server *server);
uint64_t server_frame_timeout_ns(const struct server *server);
int32_t server_request_bytes_max(const struct server *server);
/* What clients that came in on a listener are told to connect to. */
void server_advertised(const struct server *server, uint32_t listener, struct string *host,
                       int32_t *port);
