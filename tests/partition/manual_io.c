/* The io of the shard tests; see its header. */
#include "tests/partition/manual_io.h"

#include "partition/shard.h"

static struct manual_io *manual_of(struct io *io)
{
    return (struct manual_io *)io;
}

static bool held(const struct manual_io *m, const struct op_state *state)
{
    if (state->verb != OP_JOB)
        return m->hold_writes;
    if (state->flags == SHARD_DISK_LANE)
        return m->hold_writing;
    if (state->flags == SHARD_FLUSH_LANE)
        return m->hold_writing || m->hold_second;
    if (state->flags == SHARD_RENAME_LANE)
        return m->hold_renaming;
    if (state->flags == SHARD_REMOVE_LANE)
        return m->hold_removing;
    if (state->flags == SHARD_CLEAN_LANE)
        return m->hold_cleaning;
    return (state->flags == 0 || state->flags == SHARD_TIME_LANE) && m->hold_reading;
}

static int64_t run(struct manual_io *m, struct op_state *state)
{
    struct file_system *fs = m->io.files;
    bool of_shard = state->verb == OP_JOB && state->flags != 2; /* the WAL's lane */
    if (m->ghost && !of_shard)
        return state->verb == OP_WRITE ? (int64_t)state->disk.len : 0;
    switch (state->verb) {
    case OP_WRITE: {
        int result =
            file_write(fs, state->file, state->disk.data, state->disk.len, state->disk.pos);
        return result == 0 ? (int64_t)state->disk.len : result;
    }
    case OP_READ:
        return file_read(fs, state->file, state->disk.data, state->disk.len, state->disk.pos);
    case OP_SYNC:
        return file_sync(fs, state->file);
    default:
        return state->disk.run(fs, state->disk.context);
    }
}

/* Only what waits at the start: a callback may give more. */
static void manual_poll(struct io *io, uint64_t deadline_ns)
{
    struct manual_io *m = manual_of(io);
    struct list due;
    struct list kept;
    struct list *node;
    (void)deadline_ns;
    list_init(&due);
    list_init(&kept);
    list_append(&due, &m->waiting);
    while ((node = list_pop_front(&due)) != NULL) {
        struct op_state *state = LIST_ENTRY(node, struct op_state, node);
        if (held(m, state))
            list_push_back(&kept, node);
        else
            io_hand_out_last(io, op_of(state), run(m, state));
    }
    list_append(&kept, &m->waiting);
    list_append(&m->waiting, &kept);
}

static void manual_give(struct io *io, struct io_op *op)
{
    list_push_back(&manual_of(io)->waiting, &op_state(op)->node);
}

static void manual_write(struct io *io, struct io_op *op, const struct io_extent *extent,
                         unsigned flags)
{
    (void)extent;
    (void)flags;
    manual_of(io)->writes++;
    manual_give(io, op);
}

static void manual_read(struct io *io, struct io_op *op, const struct io_extent *extent)
{
    (void)extent;
    manual_give(io, op);
}

static int64_t manual_read_now(struct io *io, const struct io_extent *extent)
{
    const struct manual_io *m = manual_of(io);
    if (m->uncached)
        return ERR_BUSY;
    uint32_t len = m->half_cached ? MAX(extent->len / 2, 1U) : extent->len;
    return file_read(m->io.files, extent->file, extent->data, len, extent->pos);
}

static void manual_sync(struct io *io, struct io_op *op, int file)
{
    (void)file;
    manual_give(io, op);
}

static void manual_job(struct io *io, struct io_op *op, unsigned lane, io_job_fn *job,
                       void *context)
{
    struct op_state *state = op_state(op);
    state->flags = (uint8_t)lane;
    state->disk.run = job;
    state->disk.context = context;
    manual_give(io, op);
}

static uint64_t manual_now(struct io *io)
{
    return io->now_ns;
}

static void manual_flush(struct io *io)
{
    (void)io;
}

void manual_io_init(struct manual_io *m, struct file_system *files, const struct log *log)
{
    static const struct io_operations operations = {
        .name = "manual",
        .poll = manual_poll,
        .flush = manual_flush,
        .now_precise = manual_now,
        .write = manual_write,
        .read = manual_read,
        .read_now = manual_read_now,
        .sync = manual_sync,
        .job = manual_job,
    };
    *m = (struct manual_io){.io = {.operations = &operations, .log = log, .files = files}};
    m->io.now_ns = NS_PER_S;
    m->io.wall_ms = 1700000000000;
    list_init(&m->waiting);
    list_init(&m->io.ready);
    prng_init(&m->io.prng, 1);
}

bool manual_io_busy(const struct manual_io *m)
{
    for (const struct list *node = m->waiting.next; node != &m->waiting; node = node->next)
        if (!held(m, LIST_ENTRY((struct list *)(uintptr_t)node, struct op_state, node)))
            return true;
    return !list_empty(&m->io.ready);
}

void manual_io_advance(struct manual_io *m, uint64_t ms)
{
    m->io.now_ns += ms * NS_PER_MS;
    m->io.wall_ms += (int64_t)ms;
}
