/*
 * How many connections there may be: max.connections in the whole broker, max.connections.per.ip
 * from one address.
 *
 * Where the broker is full its cores stop accepting, as Kafka does, and peers wait in the kernel's
 * queue; a connection that ends anywhere wakes the cores that wait. Counts of addresses are kept by
 * core 0, and only where there is a limit: a new connection is not read from until core 0 has
 * counted it. One too many is closed.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "broker/core.h"

#define ADMISSION_ADDRESS_BYTES 48

struct config;

/* Shared by all cores; written when connections come and go only. */
struct admission {
    atomic_uint open;
    atomic_uint ended;    /* how many connections have ended so far */
    atomic_uint waiting;  /* cores that do not accept now */
    struct map addresses; /* core 0's: struct admission_count */
};

/* A connection, as it is counted. */
struct admission_peer {
    struct core_call call; /* first */
    char address[ADMISSION_ADDRESS_BYTES];
    void (*done)(struct admission_peer *peer);
    bool out;     /* core 0 is asked */
    bool counted; /* to be given back */
    bool refused;
};

void admission_init(struct admission *admission);
void admission_fini(struct admission *admission);

bool admission_full(const struct core *core);
void admission_opened(struct core *core);
/* Wakes the cores that wait for it. */
void admission_ended(struct core *core);
/* This core does not accept now. Ask admission_full again: room may have come meanwhile. */
void admission_wait(struct core *core);
void admission_wait_over(struct core *core);
/* Something has ended since the core began to wait. */
bool admission_moved(const struct core *core);

/* The limits, which are those of the core's image, may be other ones now. */
void admission_configured(struct core *core);

/* Whether addresses are counted at all. */
bool admission_counts(const struct core *core);
/* Counts the peer, or refuses it; ends in `done`, on this core, now or later. */
void admission_ask(struct core *core, struct admission_peer *peer);
/* Gives its place back; ends in `done`. */
void admission_leave(struct core *core, struct admission_peer *peer);
