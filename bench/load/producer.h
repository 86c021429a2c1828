/*
 * The sending half of the native client: tasks, each of which awaits its answer before the next
 * send, on connections that gather what they may not send yet into batches.
 *
 * A connection is a lane: the records it sends reach each partition in the order of their
 * sequences. Batches go to the lane's partitions in turn, one partition a batch; keys do not choose
 * the partition. What fails for a time is sent again, as often as --retries says, and counted; what
 * fails for good is counted by its reason. With --mode metadata the same tasks ask for the topics'
 * metadata, with --mode commit they commit offsets (query.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/load/run.h"

struct producer;

struct producer *producer_new(struct worker *worker);
/* Everything is closed. */
void producer_free(struct producer *producer);
/* Connects; producer_ready tells when all connections are there. Failures go to worker_fail. */
void producer_connect(struct producer *producer);
bool producer_ready(const struct producer *producer);
/* Begins to send, once. */
void producer_start(struct producer *producer);
/* Sends what is due; when to come again. */
uint64_t producer_step(struct producer *producer);
/* Sends nothing new. */
void producer_stop(struct producer *producer);
/* No task awaits an answer. */
bool producer_idle(const struct producer *producer);
/* Gives up what is on its way, and closes; producer_closed tells when all is. */
void producer_close(struct producer *producer);
bool producer_closed(const struct producer *producer);
