/*
 * The embedded controller: the only writer of the `__cluster_metadata` log, on core 0.
 *
 * A proposal carries metadata records. Proposals gather while a commit is in flight; then all
 * that wait become one record batch, written through core 0's WAL like any other append. When it
 * is durable every core applies it to its own image, and only when the last core has confirmed is
 * the proposal done.
 *
 * Where many propose, a batch also waits for those who were in the last one and are about to ask
 * again, at most for odradek.catalog.batch.wait.ms: so a thousand creations by a hundred clients
 * are ten writes and not hundreds. One who proposes alone never waits. What is not taken into a
 * batch within 30 s is answered REQUEST_TIMED_OUT; what is taken is answered when it is decided.
 * What waits lies in its requests' memory and in the calls a core may have out: those bound it.
 *
 * Proposals are judged when they are taken into a batch, against the image plus what is taken
 * already, so that two proposals of the same topic cannot both succeed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/uuid.h"
#include "broker/catalog/catalog_files.h"
#include "broker/core.h"
#include "protocol/message.h"

struct catalog;

/* One thing proposed, from any core. Owned by the proposer until `call.done`. */
struct proposal {
    struct core_call call; /* first; `run` is set by catalog_propose, `done` by the proposer */
    /* On core 0: judges against the catalog's state, and adds records with catalog_add. A nonzero
     * Kafka error means that nothing was added, and ends the proposal at once. */
    int16_t (*judge)(struct catalog *catalog, struct proposal *proposal);
    bool urgent; /* of the broker's own, or somebody waits to produce: judged before the others */
    /* It may lead to free space, or to an orderly stop: it has a place in the WAL when the disk is
     * full and others have none. */
    bool frees_space;
    /* out */
    int16_t error; /* Kafka's; of the judge, or of the storage; 7: not taken within 30 s */
    struct list node;
    uint64_t since_ns;
};

/* Why a batch was closed. */
enum catalog_close_reason {
    CATALOG_CLOSE_COUNT,    /* odradek.catalog.batch.proposals were in it */
    CATALOG_CLOSE_BYTES,    /* the next proposal would not have fitted */
    CATALOG_CLOSE_CONFLICT, /* the next one changes what this one changes, or must not share */
    CATALOG_CLOSE_AGE,      /* odradek.catalog.batch.wait.ms were over */
    CATALOG_CLOSE_URGENT,   /* somebody waits who must not wait for others */
    CATALOG_CLOSE_IDLE,     /* nobody else was expected */
    CATALOG_CLOSE_STOP,     /* the broker starts or stops, and waits for nobody */
    CATALOG_CLOSE_REASONS,
};
const char *catalog_close_reason_name(enum catalog_close_reason reason);

/* How the batches were: for whoever asks how well they gather. */
struct catalog_counts {
    uint64_t batches;   /* written */
    uint64_t proposals; /* in them */
    uint64_t bytes;
    uint64_t closed[CATALOG_CLOSE_REASONS];
};
const struct catalog_counts *catalog_counted(const struct catalog *catalog);

/* From any core: the proposal ends in call.done on this core, when every core has applied it. */
void catalog_propose(struct core *core, struct proposal *proposal);

/* For judges. The image of core 0 is behind `catalog_image`; names taken in the same batch are
 * known by catalog_topic_taken. */
struct image *catalog_image(struct catalog *catalog);
bool catalog_topic_taken(const struct catalog *catalog, struct bytes name);
bool catalog_topic_removed(const struct catalog *catalog, struct uuid id);
void catalog_take_topic(struct catalog *catalog, struct bytes name);
void catalog_remove_topic(struct catalog *catalog, struct uuid id);
/* A configuration that the batch changes, type and name of its resource. Who finds it taken calls
 * catalog_postpone, adds nothing, and is judged again with the next batch, when the image has it.
 */
bool catalog_resource_taken(const struct catalog *catalog, int8_t type, struct bytes name);
void catalog_take_resource(struct catalog *catalog, int8_t type, struct bytes name);
void catalog_postpone(struct catalog *catalog);
/* Adds one record to the batch that is being gathered; it is encoded at once. `type` is the
 * metadata record's message type and version. */
void catalog_add(struct catalog *catalog, const struct message_type *type, int16_t version,
                 const void *record);
/* The same for a record that is encoded already, its frame included. */
void catalog_add_value(struct catalog *catalog, struct bytes value);
struct core *catalog_core(struct catalog *catalog);
struct partition *catalog_partition(struct catalog *catalog);
/* The next block of producer ids that judges may give out. */
int64_t catalog_take_producer_ids(struct catalog *catalog, int32_t count);

/* On core 0 before it runs; `partition` is the opened catalog partition, `newest` its newest whole
 * snapshot (end_offset 0: there is none). */
struct catalog *catalog_new(struct core *core, struct partition *partition,
                            struct catalog_snapshot_id newest);
void catalog_free(struct catalog *catalog);
/* The first thing on core 0: begins the log's new leader epoch and registers this broker; then
 * every core accepts connections. */
void catalog_boot(struct catalog *catalog);
/* That is done. */
void catalog_booted(struct catalog *catalog);
/* Before the core stops: partitions get no leader and this broker is fenced, so that the next one
 * to start, which may be Kafka, need not wait until its session has expired. Call it in each step,
 * until it returns true; *proposed is set when this call has begun it. */
bool catalog_retire(struct catalog *catalog, bool *proposed);
/* That is under way: completions drive it. */
bool catalog_retiring(const struct catalog *catalog);
/* Each core's part of a step: confirms what it has applied once the directories of partitions that
 * were deleted have given up their names. True: it did. */
bool catalog_confirm(struct core *core);
/* Nothing is gathered or in flight. */
bool catalog_idle(const struct catalog *catalog);
