/*
 * A simulated broker's life: started, stopped, killed and crashed on a simulated machine, as an
 * init system and bad luck would do it. The broker inside is the whole program, unchanged. It
 * listens at its machine's name: a world may have several machines with a broker each.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "io/sim/sim.h"

#define LIFE_PORT 9092

struct life_options {
    unsigned cores;
    const char *wal_profile;
    const char *flush_profile;
    /* 0: what a small broker has. Smaller ones than a user may choose are possible. */
    uint64_t wal_file_bytes;
    uint64_t wal_bytes_max;
    uint64_t memory_bytes;
    uint32_t connections_max;
    uint32_t segment_ms;
    int64_t offsets_retention_ms; /* of committed offsets; 0: as the settings have it */
    bool tell;                    /* the broker's log goes to standard error */
    const char *const *settings;  /* further "name=value"s, null at the end; null: none */
    log_sink_fn *sink;            /* of the broker's log; null: none */
    void *sink_context;
};

struct sim_life {
    struct sim *sim;
    struct sim_host *host;
    struct life_options options;
    struct sim_thread *thread;
    bool running;              /* server_run has not returned */
    uint64_t started_ns;       /* for the last time */
    int code;                  /* its result */
    uint32_t descriptors_left; /* when it had returned */
    uint32_t starts;
    uint32_t refused; /* starts that ended by themselves */
    uint32_t crashes; /* planned ones of the disk, too */
    uint32_t kills;
    uint32_t stops;
    bool prompt; /* nothing is in the way but perhaps a full disk: it answers at once */
};

void sim_life_init(struct sim_life *life, struct sim *sim, struct sim_host *host,
                   const struct life_options *options);
void sim_life_start(struct sim_life *life);
/* Power loss, or the end of the process alone; nothing when it is off. */
void sim_life_end(struct sim_life *life, bool power_loss);
/* Asks for a stop and waits up to `ns`; false when it did not end in that time. */
bool sim_life_stop(struct sim_life *life, uint64_t ns);
/* Starts again what has ended by itself. */
void sim_life_mind(struct sim_life *life);
