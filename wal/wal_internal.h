/*
 * The inside of a stream, shared by its sources: wal.c (appending, groups, life and failure),
 * wal_memory.c (blocks), wal_files.c (files and their preparation), wal_recover.c.
 */
#pragma once

#include "base/list.h"
#include "base/slab.h"
#include "wal/wal.h"
#include "wal/wal_format.h"
#include "wal/wal_head.h"

#define WAL_BLOCK_BYTES ((size_t)1 << 20)
#define WAL_GROUPS_MAX 4096
#define WAL_FILES_MAX 256
#define WAL_WRITES_IN_FLIGHT 2

/* Memory of one or more groups. `holds` counts entries not released, readers, and groups that are
 * not durable yet. */
struct wal_block {
    uint8_t *memory;
    size_t size;
    size_t used;
    uint32_t holds;
};

enum group_state { GROUP_GATHERING, GROUP_CLOSED, GROUP_WRITING, GROUP_SYNCING, GROUP_WRITTEN };

/* A group from its first entry until it is durable. */
struct wal_group {
    struct list node; /* wal->groups, in the order of their sequences */
    struct wal *wal;
    struct wal_block *block;
    uint8_t *data;
    uint32_t used;
    uint32_t room; /* of the block, for this group */
    uint32_t entries;
    uint32_t live;    /* entries not released yet */
    bool frees_space; /* all of them do */
    struct wal_group_sum sum;
    enum group_state state;
    uint64_t sequence;
    uint64_t opened_ns;
    struct io_op op;
    struct io_extent extent;
};

enum file_state {
    FILE_UNUSED,    /* the slot is empty */
    FILE_FREE,      /* trimmed, of full size: may become another number */
    FILE_PREPARING, /* the background job has it */
    FILE_SPARE,     /* ready to be written */
    FILE_LIVE,      /* has groups */
    FILE_SEALED,    /* a write failed: deleted when trimmed */
};

/* The file behind the current one. */
enum wal_next {
    NEXT_COMES,  /* it is there, or is being made, or is tried when the job is done */
    NEXT_FULL,   /* there are as many as may be: a trim makes room */
    NEXT_FAILED, /* it could not be made, and is tried again at prepare_retry_ns */
};

/* Whether the disk-full reserve covers the files. */
enum wal_reserve {
    RESERVE_COVERS,
    RESERVE_COMES, /* it is made behind the start, before anything else */
    RESERVE_SHORT, /* it could not be made, and is tried again at prepare_retry_ns */
};

struct wal_file {
    enum file_state state;
    int file;
    uint64_t number;
    uint64_t size;
    uint64_t position; /* of the next group */
    uint64_t first_sequence;
    uint64_t end_sequence; /* one past its last */
    uint64_t live;         /* entries not released */
    uint64_t planned;      /* of them, in the running flush plan */
};

/* What the background job does: makes one file ready, deletes others, stores the head. */
struct wal_job {
    struct io_op op;
    struct wal *wal;
    bool running;
    struct wal_file *prepare; /* null: none */
    uint64_t from_number;     /* of a recycled file, UINT64_MAX: create */
    bool store_head;
    bool reserve;           /* the reserve alone */
    uint64_t reserve_bytes; /* of all files: what the reserve must cover */
    uint64_t prepare_bytes; /* the size wanted, and then the one made */
    uint64_t prepare_least;
    int made;   /* the new file's handle */
    bool probe; /* the disk, on the new file */
    bool probed;
    struct wal_head head; /* what the probe has stored */
    int reserve_result;
    int prepare_result;
    int head_result;
    uint64_t remove[WAL_FILES_MAX];
    uint32_t remove_count;
};

enum wal_state {
    WAL_ONLINE,
    WAL_FAILING,  /* a write failed: no new writes until those in flight are back */
    WAL_RENEWING, /* the head with the new life is being written */
    WAL_OFFLINE,
};

struct wal {
    struct wal_options options;
    struct wal_head head;
    bool direct;
    enum wal_state state;
    bool probing; /* half open: the new life has proven nothing yet */
    bool draining;
    bool renewal_failed; /* a write failed before the new life proved itself */
    uint64_t life;

    struct region *region;
    size_t memory_for_all; /* of it, what any entry may use */
    struct slab blocks;
    struct slab group_slab;
    struct wal_block *block;     /* where the next group begins */
    struct wal_group *gathering; /* the last of groups, or null */
    struct list groups;          /* everything that is not durable */
    uint32_t writing;
    uint64_t sequence_next;
    uint64_t durable;
    uint64_t proven;   /* the highest sequence that a written group calls durable */
    uint64_t quiet_ns; /* when the last write came back */
    int64_t catalog_offset;

    struct wal_file files[WAL_FILES_MAX];
    uint32_t file_slots; /* those behind were never used: each pump looks at the files */
    struct wal_file *current;
    uint64_t used_bytes;    /* of live and sealed files */
    uint64_t waiting_bytes; /* of entries in groups that are not written yet */
    uint32_t wanted_len;    /* of a group that waits for a file */
    enum wal_next next;
    bool stuck; /* a group waits for a file, and no job is under way that may make one */
    enum wal_reserve reserve;
    struct wal_position trim; /* the last asked for */
    uint64_t file_next;
    struct wal_job job;
    uint64_t retry_ns;
    uint64_t backoff_ns;
    uint64_t prepare_retry_ns;

    struct wal_stats stats;
};

/* What a group needs of a file. */
struct wal_place {
    uint64_t sequence; /* the group's, or the first of a new life */
    uint32_t len;
    bool frees_space;
};

/* wal_memory.c */

/* The region is there. */
void wal_memory_begin(struct wal *wal);
/* Whether blocks of so many bytes may be taken; 0: whether those that are there may be used. */
static inline bool wal_memory_allows(const struct wal *wal, bool frees_space, size_t size)
{
    return frees_space || region_used(wal->region) + size <= wal->memory_for_all;
}
/* Null when there is no memory for it. The caller makes it the stream's. */
struct wal_block *wal_block_new(struct wal *wal, size_t size, bool frees_space);
/* The next group begins in another one. */
void wal_block_leave(struct wal *wal);

/* wal_files.c */

/* A file with a place for this group, made current when it is another one; null when none is ready:
 * a job is under way then, and its end pumps again, or wal->next says why there is none. */
struct wal_file *wal_file_for(struct wal *wal, const struct wal_place *place);
/* The last part of a file is given away when there is another one behind it; else it is for what
 * frees space. */
uint64_t wal_file_margin(const struct wal_file *f);
/* Starts the background job when there is something to prepare, delete or store. */
void wal_files_prepare(struct wal *wal);
/* Deletes sealed files that hold nothing durable: no recovery looks for their groups. */
void wal_files_drop_empty(struct wal *wal);
struct wal_file *wal_file_of_sequence(struct wal *wal, uint64_t sequence);
/* Blocking: makes the first file and deletes what earlier lives left. */
int wal_files_open(struct wal *wal) MUST_CHECK;
void wal_files_close(struct wal *wal);
/* Called when a job is finished (wal.c): whether it stored the head; its results are in the job. */
void wal_job_finished(struct wal *wal, bool stored_head);
/* Numbers of this stream's files in the directory, ascending. */
struct wal_listing {
    unsigned stream;
    uint64_t numbers[WAL_FILES_MAX];
    uint32_t count;
};
int wal_list_files(struct file_system *fs, const char *directory, unsigned stream,
                   struct wal_listing *listing) MUST_CHECK;
