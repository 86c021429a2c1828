/*
 * The group coordinator of one core: for each partition of __consumer_offsets that the core owns,
 * the groups that hash to it.
 *
 * A request becomes a call to the owner's core (coordinator_send). There the state machines of
 * group/ decide; what has to be in the log is gathered for the step, appended as one batch for each
 * partition, and answered when it is durable. Answers leave at the end of the step, never inside a
 * state machine.
 *
 * A partition that has records is replayed first, one after the other and in bounded pieces; who
 * asks meanwhile is told COORDINATOR_LOAD_IN_PROGRESS.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "broker/core.h"
#include "group/groups.h"

#define COORDINATOR_TOPIC "__consumer_offsets"

struct coordinator;
struct coordinator_part;
struct group_call;
struct request;
struct topic_config;

/* Something asked of the groups of one partition; embedded in the operation, which lives in the
 * request's arena until `done`. */
struct group_call {
    struct core_call call; /* first */
    int32_t place;         /* partition of __consumer_offsets */
    /* On the owner; ends, now or later, in coordinator_answer. Not called when `error` says why. */
    void (*serve)(struct coordinator_part *part, struct group_call *call);
    void (*done)(struct group_call *call); /* on the asking core */
    int16_t error;
    uint64_t after; /* see coordinator_answer_durable */
};

/* Which core's coordinator a group has; false: nobody's, there is no __consumer_offsets. */
bool coordinator_place(const struct core *core, struct string group_id, unsigned *owner,
                       int32_t *place);
/* From any core. False as above, and nothing was sent. */
bool coordinator_send(struct core *core, struct string group_id, struct group_call *call);
/* The same, to the partition and owner that are known already. */
void coordinator_send_place(struct core *core, unsigned owner, int32_t place,
                            struct group_call *call);

/* For `serve`. */
struct groups *coordinator_groups(struct coordinator_part *part);
void coordinator_answer(struct coordinator_part *part, struct group_call *call);
/* Answers when everything that has been appended to the partition by now is durable. */
void coordinator_answer_durable(struct coordinator_part *part, struct group_call *call);

/* All groups of the core, on it. */
int16_t coordinator_list(struct coordinator *coordinator, struct group_listing *listing);

/* The core's side. */

struct coordinator *coordinator_new(struct core *core, const struct config *config,
                                    size_t memory_bytes);
void coordinator_free(struct coordinator *coordinator);
/* What the partitions that the core owns at its start hold is loaded. */
void coordinator_start(struct coordinator *coordinator);
/* Part of each step, before the shard's and after it. True: there is more to do at once. */
bool coordinator_step(struct coordinator *coordinator);
/* Appends that met ERR_BUSY may go on. */
void coordinator_room(struct coordinator *coordinator);
/* The core stops: who waits is answered, and nothing new is written. */
void coordinator_stop(struct coordinator *coordinator);

/* The catalog's changes. */
void coordinator_partition_created(struct coordinator *coordinator, struct partition *partition);
void coordinator_topic_removed(struct coordinator *coordinator, const struct image_topic *topic);
