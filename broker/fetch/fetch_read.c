/*
 * Sharing out the limits of a fetch, and reading.
 *
 * max_bytes goes round in order: each partition is allotted what it may have of what is left, and
 * the memory for it is taken from the connection's core. What an owner knows of segments is an
 * estimate, so a partition may come back with nothing but the size of its first batch: then it
 * reads once more, when that fits the limits, or when it would be the first of the whole answer,
 * which comes whatever its size (KIP-74). A reader that goes on is spared that: the owner knows the
 * size of the batch that comes next.
 */
#include "broker/fetch/fetch_internal.h"

#include "base/assert.h"
#include "base/mem.h"
#include "broker/partitions.h"
#include "protocol/batch.h"

static void fetch_read_done(struct core *core, struct core_call *call);

static void part_read(struct fetch_part *part, uint32_t bytes)
{
    struct fetch_state *state = part->state;
    struct core *core = state->request->core;
    part->memory = core_fetch_take(core, bytes);
    if (part->memory == NULL) {
        part->allotted = 0;
        return;
    }
    part->memory_size = part->allotted = bytes;
    part->call.run = fetch_read_run;
    part->call.done = fetch_read_done;
    state->out++;
    core_send(core, part->probe->owner, &part->call);
}

static void part_give_back(struct fetch_part *part)
{
    if (part->memory != NULL)
        core_fetch_give(part->state->request->core, part->memory, part->memory_size);
    part->memory = NULL;
    mem_free(part->aborted);
    part->aborted = NULL;
    part->aborted_count = 0;
}

/* The first batch of the answer comes whole: where that leaves no room within max_bytes, what the
 * partitions behind have brought is not sent. */
static void parts_make_room(struct fetch_state *state, const struct fetch_part *first)
{
    if (state->bytes_read + first->read.needed <= state->bytes_max)
        return;
    for (uint32_t i = 0; i < state->part_count; i++) {
        struct fetch_part *part = &state->parts[i];
        if (part == first || part->read.len == 0)
            continue;
        state->bytes_read -= part->read.len;
        part->read.len = 0;
        part_give_back(part);
    }
    ASSERT(state->bytes_read == 0);
}

/* The next partition whose first batch did not fit but may come; null when all is read. Goes over
 * the partitions once. */
static struct fetch_part *part_to_reread(struct fetch_state *state)
{
    for (; state->judged < state->part_count; state->judged++) {
        struct fetch_part *part = &state->parts[state->judged];
        uint64_t needed = part->error == KAFKA_NONE && !part->reread ? part->read.needed : 0;
        bool fits = needed <= (uint64_t)MAX(part->asked.bytes_max, 0) &&
                    state->bytes_read + needed <= state->bytes_max;
        bool wants = part->read.len == 0 && needed > 0;
        if (wants && (fits || !state->first_read))
            return part;
        state->first_read = state->first_read || part->read.len > 0;
    }
    return NULL;
}

static void fetch_reads_over(struct fetch_state *state)
{
    struct fetch_part *part;
    while ((part = part_to_reread(state)) != NULL) {
        uint32_t needed = part->read.needed;
        part->reread = true;
        parts_make_room(state, part);
        part_give_back(part);
        state->out = 1;
        part_read(part, needed);
        state->out--;
        if (state->out > 0)
            return;
    }
    fetch_answer(state);
}

static void fetch_out_done(struct fetch_state *state)
{
    ASSERT(state->out > 0);
    state->out--;
    if (state->out == 0)
        fetch_reads_over(state);
}

/* One batch may exceed the limits. Where the probe or the first read saw it, a compaction may have
 * put several smaller ones since. */
static void part_cut(struct fetch_part *part)
{
    const struct fetch_state *state = part->state;
    if (part->read.len > 0 && state->bytes_read + part->read.len > state->bytes_max)
        part->read.len = MIN(part->read.len, (uint32_t)batch_size(part->memory));
}

static void fetch_read_done(struct core *core, struct core_call *call)
{
    (void)core;
    struct fetch_part *part = CONTAINER_OF(call, struct fetch_part, call);
    part->error = partition_error(part->read.error);
    if (part->error != KAFKA_NONE)
        part->read.len = 0;
    part_cut(part);
    part->state->bytes_read += part->read.len;
    fetch_out_done(part->state);
}

void fetch_read(struct fetch_state *state)
{
    uint64_t left = state->bytes_max;
    bool first = true;
    state->out = 1;
    for (uint32_t i = 0; i < state->part_count; i++) {
        struct fetch_part *part = &state->parts[i];
        if (part->error != KAFKA_NONE || part->there.available == 0)
            continue;
        uint64_t bytes = MIN((uint64_t)MAX(part->asked.bytes_max, 0), left);
        bytes = MIN(bytes, part->there.available);
        /* It would come back with its first batch's size alone. */
        uint64_t least = MAX((uint64_t)part->there.first, (uint64_t)BATCH_HEADER_SIZE);
        if (!first && bytes < least) {
            part->read.needed = part->there.first;
            continue;
        }
        bytes = MAX(bytes, least);
        first = false;
        left -= MIN(left, bytes);
        part_read(part, (uint32_t)bytes);
    }
    fetch_out_done(state);
}
