/*
 * The broker's data directory seen from outside, between two starts: what must be true of it
 * whatever has happened, and damage done to it. Unlike the clients this knows the broker's formats.
 *
 * All act on the simulated machine, which is on while the broker is not running.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "io/sim/sim.h"

#define SIM_DIRECTORY "/data"

/* The first rule that is broken, or null:
 *   - while our WAL lies there, meta.properties says so and keeps Kafka away
 *   - Kafka's marker of a clean stop stands there only when nothing of ours does */
const char *sim_directory_judge(struct sim_host *host);

struct sim_directory_damage {
    char path[128];
    uint64_t position;
    uint8_t byte; /* as it was */
};

/* Breaks one of the newest WAL groups that a later group calls durable. False: there is none. */
bool sim_directory_damage(struct sim_host *host, struct sim_directory_damage *damage);
void sim_directory_mend(struct sim_host *host, const struct sim_directory_damage *damage);

/* Whether the WAL of core 0 holds catalog records that another core has applied and no segment has:
 * without it no start may succeed. */
bool sim_directory_catalog_is_owed(struct sim_host *host);
/* Takes core 0's WAL away, or puts it back. */
void sim_directory_hide_wal(struct sim_host *host, bool hide);
