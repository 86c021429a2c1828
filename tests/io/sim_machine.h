/* One simulated machine with its disk, driven by the test's own thread. */
#pragma once

#include "io/sim/sim.h"

/* Runs of a random test. */
#define SEEDS 200
#define BLOCK 4096

struct machine {
    struct sim *sim;
    struct sim_host *host;
    struct file_system *fs;
};

struct machine machine_new(uint64_t seed);
void machine_free(struct machine *m);
/* The power goes, and comes back. */
void machine_restart(struct machine *m);
/* Only the process ends, and another begins. */
void machine_restart_process(struct machine *m);
/* A file with this text; its handle. */
int machine_make(struct machine *m, const char *path, const char *text);
/* A file whose bytes and entry are durable. */
int machine_make_durable(struct machine *m, const char *path, const char *text);
/* The whole text of a file until the next call, or "-" when it is not there. */
const char *machine_text(struct machine *m, const char *path);
struct io *machine_core(struct machine *m);

/* An operation that is waited for. */
struct machine_wait {
    struct io_op op;
    bool out;
    int64_t value;
};

struct io_op *machine_wait_start(struct machine_wait *wait);
/* Polls until it has ended; its value. */
int64_t machine_wait_end(struct io *io, struct machine_wait *wait);
