/* The table of what is looked at; see the header. */
#include "tools/sim/idle.h"

#include <stdint.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/util.h"
#include "broker/core.h"
#include "io/io_internal.h"
#include "wal/wal_internal.h"

static uint64_t list_length(const struct list *list)
{
    uint64_t length = 0;
    LIST_EACH(node, list)
        length++;
    return length;
}

/* Those that are out, and those that wait until they may be. */
static uint64_t calls_out(const struct core *core)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < core->core_count; i++)
        if (i != core->id)
            count += core->links[i].calls_out + list_length(&core->links[i].parked);
    return count;
}

/* Beyond the block in which the next group gathers. */
static uint64_t wal_memory(const struct core *core)
{
    struct wal_stats stats;
    wal_get_stats(core->shard.wal, &stats);
    return stats.memory_used - MIN(stats.memory_used, (uint64_t)WAL_BLOCK_BYTES);
}

/* Of the last groups: damage to them would be taken for a torn tail. */
static uint64_t unproven(const struct core *core)
{
    const struct wal *wal = core->shard.wal;
    return wal->durable - MIN(wal->proven, wal->durable);
}

struct row {
    uint64_t count;
    const char *what;
};

/* The first row that is not empty, as a sentence. */
static const char *rows_tell(const struct core *core, const struct row *rows, size_t count,
                             char *sentence, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].count == 0)
            continue;
        snprintf(sentence, size, "core %u idles and holds %llu %s", core->id,
                 (unsigned long long)rows[i].count, rows[i].what);
        return sentence;
    }
    return NULL;
}

static const char *clients_keep(const struct core *core, char *sentence, size_t size)
{
    const struct row rows[] = {
        {slab_used(&core->connections), "connections"},
        {list_length(&core->open), "open connections"},
        {slab_used(&core->requests), "requests"},
        {list_length(&core->ended), "requests that have ended"},
        {region_used(core->memory), "bytes of request memory"},
        {core->io->buffers_out, "receive buffers"},
        {core->gathering, "bytes of frames that are gathered"},
        {core->stashed, "bytes of stashes"},
        {core->fetched, "bytes of records for consumers"},
        {list_length(&core->starved), "connections that wait for memory"},
        {list_length(&core->growing), "frames that wait for memory"},
        {list_length(&core->holding), "connections that hold receive buffers"},
        {list_length(&core->to_send), "connections with answers to be sent"},
        {list_length(&core->sending), "sends under way"},
        {list_length(&core->parked_appends), "appends that wait for room"},
        {list_length(&core->fetch_waits), "fetches that wait"},
        {list_length(&core->group_waits), "members that wait"},
        {calls_out(core), "calls to other cores"},
    };
    return rows_tell(core, rows, ARRAY_LENGTH(rows), sentence, size);
}

static const char *shard_keeps(const struct core *core, char *sentence, size_t size)
{
    const struct shard *shard = &core->shard;
    const struct row rows[] = {
        {unproven(core), "groups that nothing in the WAL proves"},
        {list_length(&shard->appends), "appends"},
        {list_length(&shard->answers), "answers to appends"},
        {list_length(&shard->reads), "reads"},
        {list_length(&shard->queries), "time queries"},
        {list_length(&shard->moved), "partitions that have moved"},
        {list_length(&shard->deletions.waiting), "deleted partitions"},
        {list_length(&shard->deletions.renamed), "directories of deleted partitions"},
        {shard->pending_batches, "batches that are in no segment"},
        {shard->pending_bytes, "bytes that are in no segment"},
        {shard->relog.bytes, "bytes that were logged again"},
        {wal_memory(core), "bytes of WAL memory"},
    };
    return rows_tell(core, rows, ARRAY_LENGTH(rows), sentence, size);
}

const char *idle_keeps(struct sim_host *host, char *sentence, size_t size)
{
    const char *told = NULL;
    const struct io *io;
    for (uint32_t i = 0; told == NULL && (io = sim_core_io(host, i)) != NULL; i++) {
        if (io->loop == NULL)
            continue;
        const struct core *core = CONTAINER_OF(io->loop, struct core, loop);
        ASSERT(core->io == io);
        told = clients_keep(core, sentence, size);
        if (told == NULL)
            told = shard_keeps(core, sentence, size);
    }
    return told;
}
