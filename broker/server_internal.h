/* The server's inside, shared by its start and stop (server.c) and its recovery (server_recover.c).
 */
#pragma once

#include "broker/admission.h"
#include "broker/core.h"
#include "broker/server.h"
#include "partition/kafka_files.h"

#define SERVER_CORES_MAX 64
#define SERVER_LISTENERS_MAX 16

struct server {
    const struct config *config;
    const struct log *log;
    struct file_system *fs;
    int lock;
    struct kafka_meta meta;
    unsigned core_count;
    struct io *ios[SERVER_CORES_MAX];
    struct core *cores;
    struct io_thread *threads[SERVER_CORES_MAX];
    char scopes[SERVER_CORES_MAX][16];
    uint16_t ports[SERVER_LISTENERS_MAX];
    struct life life;
    struct admission admission;
    uint64_t descriptors; /* how many this process may have */
    struct partition *catalog_partition;
    bool catalog_new;                            /* it had neither log nor snapshot */
    struct catalog_snapshot_id catalog_snapshot; /* that was read; end_offset 0: none */
    struct bytes
        bootstrap; /* Kafka's bootstrap.checkpoint, for a catalog without features; owned */
    int64_t broker_epoch;
};

struct recovery;

/* Blocking: opens the catalog's partition and builds every core's image; refuses what a single
 * node cannot take over. Begins a new leader epoch, and says so in quorum-state. */
int server_catalog_open(struct server *server, struct recovery *recovery);
/* Blocking, after a clean stop: the snapshot that Kafka and our next start begin with. */
void server_catalog_finish(struct server *server);

/* Blocking: catalog, images, partitions, WALs. An exit code. */
int server_recover(struct server *server);
/* Blocking, after the cores have ended: the files of a clean stop. An exit code. */
int server_finish(struct server *server);
