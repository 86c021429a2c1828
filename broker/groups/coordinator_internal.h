/* The coordinator's inside, shared with its loader. */
#pragma once

#include "broker/groups/coordinator.h"
#include "partition/partition.h"
#include "protocol/compress.h"

enum coordinator_state { COORDINATOR_LOADING, COORDINATOR_ACTIVE, COORDINATOR_FAILED };

struct coordinator_part {
    struct list dirty_node;   /* coordinator->dirty */
    struct list loading_node; /* coordinator->loading */
    struct coordinator *coordinator;
    struct partition *partition;
    int32_t index;
    enum coordinator_state state;
    bool gone; /* deleted with its topic: freed when nothing is out */
    struct groups groups;
    struct list writes;    /* struct group_write, not appended yet */
    struct list after;     /* struct group_call that wait for what is before them */
    uint64_t writes_begun; /* all that were ever given */
    uint64_t writes_ended; /* of these, from the front */
    uint32_t batches_out;
    uint32_t reads_out;
};

struct coordinator_load {
    struct partition_read read;
    struct coordinator_part *part; /* null: nothing is being loaded */
    uint8_t *buffer;
    size_t capacity;
    int64_t end;
    uint64_t began_ns;
    uint64_t records;
    struct timer again;
    struct compressor *compressor;
    uint8_t *room; /* plain records of a compressed batch */
};

struct coordinator {
    struct groups_host host; /* first */
    struct core *core;
    struct groups_config config;
    struct group_memory memory;
    struct coordinator_part **parts; /* by index */
    uint32_t part_capacity;
    struct list dirty;   /* parts with writes */
    struct list answers; /* struct group_call */
    struct list loading; /* parts */
    struct slab batches;
    uint8_t *buffer; /* for one batch */
    bool parked;     /* the WAL had no room */
    bool stopped;
    struct coordinator_load load;
    struct timer expiry;
    int64_t expiry_ms;
    enum compression compression;
    struct compressor *compressor;
    uint8_t *packed;
};

void coordinator_load_init(struct coordinator *coordinator);
void coordinator_load_fini(struct coordinator *coordinator);
/* Begins with the next part that waits, unless one is being loaded. */
void coordinator_load_next(struct coordinator *coordinator);
/* The part is loaded, or damaged. */
void coordinator_loaded(struct coordinator_part *part, int result);
void coordinator_part_free_maybe(struct coordinator_part *part);
