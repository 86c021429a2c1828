/*
 * The receiving half of the native client: each consumer reads its share of the partitions, with
 * one connection for each broker that leads some of them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/load/run.h"

struct consumer;

struct consumer *consumer_new(struct worker *worker);
/* Everything is closed. */
void consumer_free(struct consumer *consumer);
void consumer_connect(struct consumer *consumer);
bool consumer_ready(const struct consumer *consumer);
/* Begins to read, once. */
void consumer_start(struct consumer *consumer);
uint64_t consumer_step(struct consumer *consumer);
/* From here on what is there is read to its end: no further acknowledgement will come. */
void consumer_drain(struct consumer *consumer);
/* Everything is read, or nothing has come for too long. */
bool consumer_finished(const struct consumer *consumer);
void consumer_close(struct consumer *consumer);
bool consumer_closed(const struct consumer *consumer);
