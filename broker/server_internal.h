/* The server's inside, shared by its start and stop (server.c) and its recovery (server_recover.c).
 */
#pragma once

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
    bool pin;
    struct io *ios[SERVER_CORES_MAX];
    struct core *cores;
    struct io_thread *threads[SERVER_CORES_MAX];
    char scopes[SERVER_CORES_MAX][16];
    uint16_t ports[SERVER_LISTENERS_MAX];
    struct life life;
    struct partition *catalog_partition;
    int64_t broker_epoch;
};

/* Blocking: catalog, images, partitions, WALs. An exit code. */
int server_recover(struct server *server);
/* Blocking, after the cores have ended: the files of a clean stop. An exit code. */
int server_finish(struct server *server);
