/*
 * The watch over the broker's states; see the header. An edge is counted, not its duration: what
 * was seen at a shard's last step is kept beside it.
 */
#include "tools/sim/states.h"

#include <string.h>

#include "base/assert.h"
#include "base/util.h"
#include "partition/partition.h"
#include "partition/shard.h"
#include "wal/wal_internal.h"

#define STREAMS_MAX 64

/* The linker's names. */
uint64_t __wrap_shard_step(struct shard *shard);
uint64_t __real_shard_step(struct shard *shard);
int __wrap_shard_open(struct shard *shard, const struct shard_options *options,
                      const struct wal_recovered *recovered);
int __real_shard_open(struct shard *shard, const struct shard_options *options,
                      const struct wal_recovered *recovered);
int __wrap_wal_recover(const struct wal_recover_options *options, struct wal_recovered *recovered);
int __real_wal_recover(const struct wal_recover_options *options, struct wal_recovered *recovered);

/* What was true of a shard at its last step. */
struct seen {
    bool open;
    bool true_of[STATE_COUNT];
    uint64_t failed_writes;
    bool was_offline;
    struct wal_file *preparing;
    uint64_t flushes[FLUSH_REASONS];
    uint64_t failures;
    uint64_t relogged;
    uint32_t segments;
    uint32_t segments_failing;
    uint64_t deleted;
    /* Of the stream, beyond the life of its process. */
    bool known;
    bool recovered; /* and not opened since */
    bool copies;
    uint64_t begun;
    uint64_t durable;
};

/* Nothing hands it to the functions that the linker redirects, so it cannot be but a variable. A
 * run has a process and a thread to itself. */
static struct watch {
    uint64_t *counts;
    uint32_t streams; /* opened in this life */
    uint32_t streams_before;
    struct seen seen[STREAMS_MAX];
} watch;

const char *state_text(enum state state)
{
    static const char *const texts[] = {
#define STATE_TEXT(name, text) text,
        STATES(STATE_TEXT)
#undef STATE_TEXT
    };
    ASSERT(state < STATE_COUNT);
    return texts[state];
}

void states_watch(uint64_t *counts)
{
    memset(&watch, 0, sizeof watch);
    watch.counts = counts;
}

static void reach(enum state state, uint64_t times)
{
    if (watch.counts != NULL)
        watch.counts[state] += times;
}

/* Counts when it becomes true. */
static void edge(struct seen *seen, enum state state, bool is_true)
{
    if (is_true && !seen->true_of[state])
        reach(state, 1);
    seen->true_of[state] = is_true;
}

static void see_sealed(struct seen *seen, const struct wal *wal)
{
    uint32_t sealed = 0;
    for (uint32_t i = 0; i < wal->file_slots; i++)
        sealed += wal->files[i].state == FILE_SEALED;
    reach(STATE_WAL_SEALED, sealed > 0);
    seen->failed_writes = wal->stats.failed_writes;
}

static void see_job(struct seen *seen, const struct wal *wal)
{
    struct wal_file *preparing = wal->job.running ? wal->job.prepare : NULL;
    if (preparing != NULL && preparing != seen->preparing)
        reach(wal->job.from_number == UINT64_MAX ? STATE_WAL_CREATED : STATE_WAL_RECYCLED, 1);
    seen->preparing = preparing;
}

static void see_wal(struct seen *seen, const struct wal *wal)
{
    edge(seen, STATE_WAL_TWO_WRITES, wal->writing >= 2);
    edge(seen, STATE_WAL_RENEWING, wal->state == WAL_RENEWING);
    edge(seen, STATE_WAL_RENEWAL_FAILED, wal->renewal_failed);
    edge(seen, STATE_WAL_OFFLINE, wal->state == WAL_OFFLINE);
    edge(seen, STATE_WAL_PROBE, wal->probing);
    edge(seen, STATE_WAL_CRAMPED, wal_cramped(wal));
    edge(seen, STATE_WAL_LAST_BLOCK, !wal_cramped(wal) && wal_keeps_apart(wal));
    /* Between the two it probes. */
    bool back = seen->was_offline && wal->state == WAL_ONLINE && !wal->probing;
    reach(STATE_WAL_ONLINE_AGAIN, back);
    seen->was_offline = wal->state == WAL_OFFLINE || (seen->was_offline && !back);
    bool half = wal_pressed(wal, 2);
    edge(seen, STATE_WAL_HALF_USED, half);
    edge(seen, STATE_WAL_CROWDED, half && wal_pressed(wal, 3));
    see_job(seen, wal);
    if (wal->stats.failed_writes != seen->failed_writes)
        see_sealed(seen, wal);
    seen->begun = wal->sequence_next;
    seen->durable = wal->durable;
}

static void see_segments(struct seen *seen, const struct shard *shard)
{
    uint32_t count = 0;
    uint32_t failing = 0;
    uint32_t moving = 0;
    LIST_EACH(node, &shard->partitions) {
        const struct partition *p = LIST_ENTRY(node, struct partition, shard_node);
        count += p->segments.count;
        failing += p->segments.write_failed;
        moving += p->retention.trimming;
    }
    if (count > seen->segments && seen->segments > 0)
        reach(failing < seen->segments_failing ? STATE_SEGMENT_AFTER_FAILURE : STATE_SEGMENT_ROLLED,
              1);
    edge(seen, STATE_RETENTION_MOVED, moving > 0);
    edge(seen, STATE_RETENTION_ROLLED, shard->rolls_out > 0);
    seen->segments = count;
    seen->segments_failing = failing;
}

static void see_flush(struct seen *seen, const struct shard *shard)
{
    const struct flush *flush = &shard->flush;
    for (unsigned i = 0; i < FLUSH_REASONS; i++) {
        reach((enum state)(STATE_FLUSH_BY_BATCHES + i), flush->flushes[i] - seen->flushes[i]);
        seen->flushes[i] = flush->flushes[i];
    }
    if (flush->failures != seen->failures)
        reach(STATE_FLUSH_FAILED, flush->failures - seen->failures);
    seen->failures = flush->failures;
    edge(seen, STATE_FLUSH_REFUSES, flush_refuses(shard));
    if (shard->relog.logged != seen->relogged)
        reach(STATE_RELOGGED, shard->relog.logged - seen->relogged);
    seen->relogged = shard->relog.logged;
    seen->copies = shard->relog.bytes > 0;
    edge(seen, STATE_RELOG_BLOCKED, shard->relog.blocked);
    edge(seen, STATE_PARTITION_DELETED, deletion_holds_names(shard));
}

uint64_t __wrap_shard_step(struct shard *shard)
{
    uint64_t deadline = __real_shard_step(shard);
    if (shard->stream >= STREAMS_MAX || shard->wal == NULL)
        return deadline;
    struct seen *seen = &watch.seen[shard->stream];
    bool flushing = !flush_resting(&shard->flush);
    see_wal(seen, shard->wal);
    see_flush(seen, shard);
    if (flushing || seen->segments == 0)
        see_segments(seen, shard);
    return deadline;
}

/* A life forgets what its memory held; what its stream had begun it does not. */
static void seen_begin(struct seen *seen)
{
    struct seen fresh = {
        .known = true, .copies = false, .begun = seen->begun, .durable = seen->durable};
    *seen = fresh;
}

/* A start is complete only when the next one begins: then the one before that is compared. */
static void see_cores(void)
{
    if (watch.streams_before > 0 && watch.streams != watch.streams_before)
        reach(STATE_RECOVERY_OTHER_CORES, 1);
    watch.streams_before = watch.streams;
    watch.streams = 0;
}

int __wrap_shard_open(struct shard *shard, const struct shard_options *options,
                      const struct wal_recovered *recovered)
{
    int result = __real_shard_open(shard, options, recovered);
    if (result == 0 && options->stream < STREAMS_MAX) {
        /* The first stream is opened first. */
        if (options->stream == 0)
            see_cores();
        watch.streams++;
        seen_begin(&watch.seen[options->stream]);
    }
    return result;
}

static void see_recovered(struct seen *seen, const struct wal_recovered *recovered)
{
    reach(STATE_RECOVERY_ENTRIES, recovered->found && recovered->entries > 0);
    if (seen->recovered)
        reach(STATE_RECOVERY_REPEATED, 1);
    if (recovered->found && seen->known && recovered->entries > 0) {
        uint64_t end = recovered->sequence_next;
        reach(STATE_RECOVERY_RELOGGED, seen->copies);
        reach(STATE_RECOVERY_ALL, end >= seen->begun);
        reach(STATE_RECOVERY_DROPPED, end < seen->begun);
        reach(STATE_RECOVERY_UNACKNOWLEDGED, end > seen->durable + 1);
    }
    seen->recovered = true;
}

int __wrap_wal_recover(const struct wal_recover_options *options, struct wal_recovered *recovered)
{
    int result = __real_wal_recover(options, recovered);
    if (result == 0 && options->stream < STREAMS_MAX)
        see_recovered(&watch.seen[options->stream], recovered);
    return result;
}

void states_see_line(const char *line, size_t len)
{
    static const struct {
        const char *text;
        enum state state;
    } rows[] = {
        {"cannot prepare a WAL file", STATE_WAL_PREPARE_FAILED},
        {"the WAL has no place for", STATE_WAL_GIVEN_UP},
        {"cannot store the head of the WAL", STATE_WAL_HEAD_FAILED},
        {"no room for the disk-full reserve", STATE_RESERVE_SHORT},
        {"giving up the reserve", STATE_RESERVE_GIVEN_UP},
        {"the disk-full reserve is complete again", STATE_RESERVE_BACK},
        {"the checkpoint of stream", STATE_CHECKPOINT_UNUSABLE},
        {"an older one is taken", STATE_PRODUCERS_OLDER},
        {"cannot write the checkpoint", STATE_CHECKPOINT_FAILED},
        {"is full: produce is refused", STATE_FLUSH_FULL},
        {"there is space again", STATE_FLUSH_SPACE_AGAIN},
        {" is offline: ", STATE_PARTITION_OFFLINE},
        {"cannot be opened, and the WAL holds", STATE_RECOVERY_REFUSED},
        {"cannot be used: ", STATE_RECOVERY_REFUSED},
        {"cannot delete ", STATE_DELETE_FAILED},
        {"it is set aside as", STATE_STRAY},
        {"no snapshot of the catalog could be written", STATE_CATALOG_SNAPSHOT_FAILED},
        {"instead of odradek.connections.max", STATE_CONNECTIONS_LIMITED},
        {"cannot accept connections now", STATE_ACCEPT_FAILED},
        {"the stop is unclean", STATE_STOP_UNCLEAN},
        {"the stop is not clean", STATE_STOP_UNCLEAN},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (memmem(line, len, rows[i].text, strlen(rows[i].text)) != NULL)
            reach(rows[i].state, 1);
}
