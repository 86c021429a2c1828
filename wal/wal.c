/*
 * A stream: groups gather, are written, and become durable in order.
 *
 * All groups that are not durable hang in one list, oldest first: written ones that wait for those
 * before them, up to two in flight, closed ones, and at the end the one that gathers. A step's
 * appends go into the gathering group; wal_pump moves the list on; a completion takes the finished
 * prefix off its front. There is no other path, so none can pass over a group.
 *
 * When a write fails, the list is what has to be written again: the stream lets what is in flight
 * come back, begins a new life in a new file, durable in the head, and writes the whole list
 * there. When that fails as well nothing is left to try: the owner rolls back, and the stream
 * probes with an empty group until the disk takes one.
 *
 * A group that waits for a file waits for a job, and every job ends. When the file could not be
 * made the owner rolls back too, but nothing of these groups was ever written: the stream goes on
 * where it is, with their sequences.
 *
 * A stream that falls quiet writes one empty group, a little later: it says that the last group is
 * durable, so that recovery can tell a lost one from one that was never acknowledged.
 */
#include "wal/wal.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "wal/wal_internal.h"

#define QUIET_NS (20 * NS_PER_MS)
#define BACKOFF_NS_MIN (100 * NS_PER_MS)
#define BACKOFF_NS_MAX (5 * NS_PER_S)

/* How long a group may gather, and from which size on it need not. */
static const struct {
    const char *name;
    uint32_t bytes;
    uint64_t wait_ns;
} profiles[] = {
    [WAL_AUTO] = {"auto", 0, 0},
    [WAL_LOW] = {"low", 16 * 1024, 500 * NS_PER_US},
    [WAL_MEDIUM] = {"medium", 64 * 1024, 2 * NS_PER_MS},
    [WAL_HIGH] = {"high", 256 * 1024, 10 * NS_PER_MS},
    [WAL_ULTRA] = {"ultra", 1024 * 1024, 50 * NS_PER_MS},
};

const char *wal_profile_name(enum wal_profile profile)
{
    ASSERT((size_t)profile < ARRAY_LENGTH(profiles));
    return profiles[profile].name;
}

const char *wal_close_reason_name(enum wal_close_reason reason)
{
    static const char *const names[WAL_CLOSE_REASONS] = {
        [WAL_CLOSE_NATURAL] = "slot", [WAL_CLOSE_FULL] = "full", [WAL_CLOSE_BYTES] = "bytes",
        [WAL_CLOSE_AGE] = "age",      [WAL_CLOSE_STOP] = "stop",
    };
    ASSERT((size_t)reason < WAL_CLOSE_REASONS);
    return names[reason];
}

bool wal_profile_parse(struct bytes text, enum wal_profile *profile)
{
    for (size_t i = 0; i < ARRAY_LENGTH(profiles); i++) {
        if (bytes_equal(text, bytes_of_string(profiles[i].name))) {
            *profile = (enum wal_profile)i;
            return true;
        }
    }
    return false;
}

/* Groups. */

static struct wal_group *group_open(struct wal *wal, uint64_t needed, bool frees_space)
{
    struct wal_block *block = wal->block;
    if (block != NULL && block->holds == 1)
        block->used = 0; /* nothing of what was in it is needed */
    if (block == NULL || block->size - block->used < needed) {
        struct wal_block *fresh = wal_block_new(wal, needed, frees_space);
        if (fresh == NULL)
            return NULL;
        wal_block_leave(wal);
        wal->block = block = fresh;
    }
    struct wal_group *group = slab_alloc(&wal->group_slab);
    if (group == NULL)
        return NULL;
    group->wal = wal;
    group->block = block;
    group->data = block->memory + block->used;
    group->room = (uint32_t)(block->size - block->used);
    group->used = group->sum.end = WAL_GROUP_HEADER;
    wal->waiting_bytes += group->used;
    group->state = GROUP_GATHERING;
    group->frees_space = true;
    group->sequence = wal->sequence_next++;
    group->opened_ns = io_now(wal->options.io);
    block->holds++;
    list_push_back(&wal->groups, &group->node);
    wal->gathering = group;
    return group;
}

static uint32_t group_len(const struct wal_group *group)
{
    return (uint32_t)round_up(group->used, WAL_ALIGNMENT);
}

static void group_close(struct wal *wal, enum wal_close_reason reason)
{
    struct wal_group *group = wal->gathering;
    ASSERT(group != NULL && group->state == GROUP_GATHERING);
    group->state = GROUP_CLOSED;
    group->block->used += group_len(group);
    ASSERT(group->block->used <= group->block->size);
    wal->gathering = NULL;
    wal->stats.closed[reason]++;
}

/* Whether the group's bytes are neither in a file nor on their way there. */
static bool group_waits(const struct wal_group *group)
{
    return group->state == GROUP_GATHERING || group->state == GROUP_CLOSED;
}

static void group_wait_again(struct wal *wal, struct wal_group *group)
{
    if (!group_waits(group))
        wal->waiting_bytes += group->used;
    group->state = GROUP_CLOSED;
}

static void group_free(struct wal *wal, struct wal_group *group)
{
    if (group_waits(group))
        wal->waiting_bytes -= group->used;
    list_remove(&group->node);
    wal_drop(wal, group->block);
    slab_free(&wal->group_slab, group);
}

uint32_t wal_entry_max(const struct wal *wal)
{
    uint64_t memory = wal->options.memory_bytes / 4;
    uint64_t room = MIN(wal->options.file_bytes, memory) - WAL_ALIGNMENT;
    return (uint32_t)MIN(room, UINT32_MAX / 2);
}

/* Whether the current file has room for the entry behind everything that waits: asked when there is
 * no other file. An entry counts as if it had a group of its own. */
static bool has_place(const struct wal *wal, bool frees_space, uint32_t size)
{
    const struct wal_file *f = wal->current;
    uint64_t needed = round_up(WAL_GROUP_HEADER + (uint64_t)size, WAL_ALIGNMENT);
    LIST_EACH(node, &wal->groups) {
        const struct wal_group *group = LIST_ENTRY(node, const struct wal_group, node);
        if (group_waits(group))
            needed += group_len(group);
    }
    return f->position + needed <= f->size - (frees_space ? 0 : wal_file_margin(f));
}

/* Whether the gathering group cannot take the entry. */
static bool goes_apart(const struct wal *wal, const struct wal_entry *entry, uint32_t size)
{
    const struct wal_group *group = wal->gathering;
    return group->room - group->used < size ||
           (wal_cramped(wal) && group->frees_space != entry->frees_space);
}

int wal_append(struct wal *wal, const struct wal_entry *entry, uint32_t len, struct wal_span *span)
{
    if (wal->state == WAL_OFFLINE || wal->probing)
        return ERR_OFFLINE;
    if (len > wal_entry_max(wal))
        return ERR_TOO_LARGE;
    uint32_t size = (uint32_t)wal_entry_size(len);
    if (!wal_memory_allows(wal, entry->frees_space, 0))
        return ERR_NO_MEMORY;
    if (wal_cramped(wal) && !has_place(wal, entry->frees_space, size))
        return wal->next == NEXT_FULL ? ERR_NO_MEMORY : ERR_NO_SPACE;
    struct wal_group *group = wal->gathering;
    if (group != NULL && goes_apart(wal, entry, size)) {
        group_close(wal, WAL_CLOSE_FULL);
        group = NULL;
    }
    if (group == NULL) {
        group = group_open(wal, round_up(WAL_GROUP_HEADER + (uint64_t)size, WAL_ALIGNMENT),
                           entry->frees_space);
        if (group == NULL)
            return ERR_NO_MEMORY;
    }
    uint8_t *at = group->data + group->used;
    wal_entry_encode(at, entry, len);
    group->used += size;
    wal->waiting_bytes += size;
    group->entries++;
    group->live++;
    group->frees_space = group->frees_space && entry->frees_space;
    group->block->holds++;
    wal->stats.entries++;
    *span = (struct wal_span){
        .data = at + WAL_ENTRY_HEADER,
        .len = len,
        .block = group->block,
        .sequence = group->sequence,
    };
    return 0;
}

void wal_summed(struct wal *wal, const struct wal_span *span, uint32_t from, uint32_t crc)
{
    struct wal_group *group = wal->gathering;
    ASSERT(group != NULL && group->sequence == span->sequence && from <= span->len);
    uint32_t at = (uint32_t)(span->data - group->data);
    ASSERT(at + round_up(span->len, WAL_ENTRY_ALIGNMENT) == group->used);
    wal_group_sum_known(&group->sum, group->data, at + from, at + span->len, crc);
}

/* Releasing. */

static struct wal_group *group_of_sequence(struct wal *wal, uint64_t sequence)
{
    LIST_EACH(node, &wal->groups) {
        struct wal_group *group = LIST_ENTRY(node, struct wal_group, node);
        if (group->sequence == sequence)
            return group;
    }
    return NULL;
}

void wal_plan(struct wal *wal, const struct wal_span *span)
{
    struct wal_file *f = wal_file_of_sequence(wal, span->sequence);
    ASSERT(f != NULL && f->planned < f->live);
    f->planned++;
}

void wal_unplan(struct wal *wal, const struct wal_span *span)
{
    struct wal_file *f = wal_file_of_sequence(wal, span->sequence);
    ASSERT(f != NULL && f->planned > 0);
    f->planned--;
}

void wal_release(struct wal *wal, const struct wal_span *span, bool planned)
{
    struct wal_group *group =
        span->sequence > wal->durable ? group_of_sequence(wal, span->sequence) : NULL;
    if (group != NULL) {
        ASSERT(group->live > 0);
        group->live--;
    }
    struct wal_file *f = wal_file_of_sequence(wal, span->sequence);
    if (f != NULL) {
        ASSERT(f->live > 0 && (!planned || f->planned > 0));
        f->live--;
        f->planned -= planned;
    }
    wal_drop(wal, span->block);
}

/* Writing. */

static void group_written(struct io_op *op, const struct io_event *event);

static void group_write(struct wal *wal, struct wal_group *group, struct wal_file *f)
{
    struct wal_group_header header = {
        .uuid = wal->head.uuid,
        .stream = wal->options.stream,
        .entries = group->entries,
        .life = wal->life,
        .sequence = group->sequence,
        .file = f->number,
        .position = f->position,
        .durable = MUTANT(DURABLE_TOO_HIGH) ? group->sequence - 1 : wal->durable,
        .catalog_offset = wal->catalog_offset,
        .len = group_len(group),
        .used = group->used,
    };
    wal_group_encode(group->data, &header, &group->sum);
    group->extent = (struct io_extent){f->file, group->data, header.len, f->position};
    ASSERT(group->state == GROUP_CLOSED && wal->waiting_bytes >= group->used);
    wal->waiting_bytes -= group->used;
    group->state = GROUP_WRITING;
    group->op.done = group_written;
    if (f->position == 0)
        f->first_sequence = group->sequence;
    f->position += header.len;
    f->end_sequence = group->sequence + 1;
    f->live += group->live;
    wal->writing++;
    wal->proven = MAX(wal->proven, wal->durable);
    wal->stats.groups++;
    wal->stats.bytes += header.len;
    bool dsync = wal->head.dsync && !MUTANT(ACK_BEFORE_DURABLE);
    io_write(wal->options.io, &group->op, &group->extent, dsync ? IO_DSYNC : 0);
}

static struct wal_group *first_closed(struct wal *wal)
{
    LIST_EACH(node, &wal->groups) {
        struct wal_group *group = LIST_ENTRY(node, struct wal_group, node);
        if (group->state == GROUP_CLOSED)
            return group;
    }
    return NULL;
}

/* Whether the gathering group may be closed now; else `*deadline` says when. */
static bool gathering_due(const struct wal *wal, uint64_t *deadline, enum wal_close_reason *reason)
{
    const struct wal_group *group = wal->gathering;
    uint32_t bytes = profiles[wal->options.profile].bytes;
    uint64_t wait_ns = profiles[wal->options.profile].wait_ns;
    *reason = wal->draining ? WAL_CLOSE_STOP : WAL_CLOSE_NATURAL;
    if (bytes == 0 || wal->draining)
        return true;
    *reason = WAL_CLOSE_BYTES;
    if (group->used >= bytes)
        return true;
    *reason = WAL_CLOSE_AGE;
    *deadline = group->opened_ns + wait_ns;
    return *deadline <= io_now(wal->options.io);
}

/* One empty group when the last durable one is not proven yet. */
static void write_proof(struct wal *wal, uint64_t *deadline)
{
    if (!list_empty(&wal->groups) || wal->proven >= wal->durable || wal->draining ||
        MUTANT(FORGET_PROOF) || (wal_cramped(wal) && !has_place(wal, true, 0)))
        return;
    uint64_t due = wal->quiet_ns + QUIET_NS;
    if (due > io_now(wal->options.io)) {
        *deadline = MIN(*deadline, due);
        return;
    }
    if (group_open(wal, WAL_ALIGNMENT, true) == NULL)
        return;
    /* The proof itself needs no other one. */
    wal->proven = wal->gathering->sequence;
    group_close(wal, WAL_CLOSE_NATURAL);
}

static void begin_life(struct wal *wal);
static void go_offline(struct wal *wal);

static uint64_t pump_state(struct wal *wal)
{
    uint64_t now = io_now(wal->options.io);
    if (wal->state == WAL_FAILING && wal->writing == 0 && wal->renewal_failed)
        go_offline(wal);
    if (wal->state == WAL_FAILING && wal->writing == 0 && !wal->job.running)
        begin_life(wal);
    if (wal->state == WAL_OFFLINE && wal->retry_ns <= now && !wal->draining && !wal->job.running)
        begin_life(wal);
    return wal->state == WAL_OFFLINE && !wal->draining && !wal->job.running ? wal->retry_ns
                                                                            : IO_NEVER;
}

/* Without direct I/O a failed write-back is reported once for each open file, so the sync of one
 * group may hear of the failure of another: then only one may be out. */
static uint32_t writes_max(const struct wal *wal)
{
    return wal->direct ? WAL_WRITES_IN_FLIGHT : 1;
}

uint64_t wal_pump(struct wal *wal)
{
    uint64_t deadline = IO_NEVER;
    wal->stuck = false;
    if (wal->state != WAL_ONLINE)
        return pump_state(wal);
    write_proof(wal, &deadline);
    while (wal->writing < writes_max(wal)) {
        struct wal_group *group = first_closed(wal);
        if (group == NULL && wal->gathering != NULL) {
            enum wal_close_reason reason;
            if (!gathering_due(wal, &deadline, &reason))
                break;
            group = wal->gathering;
            group_close(wal, reason);
        }
        if (group == NULL)
            break;
        struct wal_place place = {group->sequence, group_len(group), group->frees_space};
        struct wal_file *f = wal_file_for(wal, &place);
        if (f == NULL) {
            wal->stuck = wal->writing == 0 && !wal->job.running;
            break;
        }
        group_write(wal, group, f);
    }
    if (wal->stuck && wal->next == NEXT_FAILED && !MUTANT(WAIT_FOR_ANOTHER_FILE))
        wal_give_up(wal);
    wal_files_prepare(wal);
    if (wal->next == NEXT_FAILED && !wal->job.running && !wal->draining)
        deadline = MIN(deadline, wal->prepare_retry_ns);
    return deadline;
}

/* Takes the finished groups off the front of the list. */
static void advance_durable(struct wal *wal)
{
    uint64_t before = wal->durable;
    struct wal_group *group;
    while ((group = LIST_FIRST(&wal->groups, struct wal_group, node)) != NULL &&
           group->state == GROUP_WRITTEN) {
        ASSERT(group->sequence > wal->durable);
        wal->durable = group->sequence;
        group_free(wal, group);
    }
    wal->quiet_ns = io_now(wal->options.io);
    if (wal->durable != before) {
        uint64_t told = MUTANT(ACK_OUT_OF_ORDER) ? wal->current->end_sequence - 1 : wal->durable;
        wal->options.owner->durable(wal->options.owner, told);
    }
}

static void write_succeeded(struct wal *wal)
{
    wal->backoff_ns = 0;
    advance_durable(wal);
    if (wal->probing) {
        wal->probing = false;
        log_info(wal->options.log, "the WAL is writable again");
        wal->options.owner->online(wal->options.owner);
    }
}

/* After the owner has rolled back. */
static void drop_groups(struct wal *wal)
{
    wal->gathering = NULL;
    LIST_EACH(node, &wal->groups) {
        struct wal_group *group = LIST_ENTRY(node, struct wal_group, node);
        ASSERT(group->live == 0);
        group_free(wal, group);
    }
    wal_block_leave(wal);
}

/* The stream is where it was behind the last durable group: no reader can meet what never was. */
void wal_give_up(struct wal *wal)
{
    struct wal_owner *owner = wal->options.owner;
    ASSERT(wal->state == WAL_ONLINE && !wal->probing && wal->writing == 0);
    log_warn(wal->options.log, "the WAL has no place for %llu bytes: what waits is not taken",
             (unsigned long long)wal->waiting_bytes);
    wal->stuck = false;
    wal->stats.given_up++;
    owner->offline(owner);
    drop_groups(wal);
    wal->sequence_next = wal->durable + 1;
    wal->wanted_len = 0;
    /* A proof that waited was not written. */
    if (wal->proven > wal->durable)
        wal->proven = 0;
    owner->online(owner);
}

/* Drops everything that is not durable. */
static void go_offline(struct wal *wal)
{
    bool was_probing = wal->probing;
    ASSERT(wal->writing == 0);
    wal->renewal_failed = false;
    wal->state = WAL_OFFLINE;
    wal->probing = true;
    wal->backoff_ns = MIN(MAX(wal->backoff_ns * 2, BACKOFF_NS_MIN), BACKOFF_NS_MAX);
    wal->retry_ns = io_now(wal->options.io) + wal->backoff_ns;
    if (!was_probing)
        wal->options.owner->offline(wal->options.owner);
    drop_groups(wal);
}

static void write_failed(struct wal *wal, int error)
{
    if (wal->state == WAL_FAILING)
        return;
    wal->stats.failed_writes++;
    log_error(wal->options.log, "a write to WAL file %llu failed: %s; %s",
              (unsigned long long)wal->current->number, result_sentence(error),
              wal->backoff_ns == 0 ? "writing again to another file" : "going offline");
    if (wal->backoff_ns == 0)
        wal->backoff_ns = BACKOFF_NS_MIN / 2;
    else
        wal->renewal_failed = true;
    wal->state = WAL_FAILING;
}

static void group_written(struct io_op *op, const struct io_event *event)
{
    struct wal_group *group = CONTAINER_OF(op, struct wal_group, op);
    struct wal *wal = group->wal;
    bool whole =
        event->value >= 0 && (group->state == GROUP_SYNCING || event->value == group->extent.len);
    if (whole && group->state == GROUP_WRITING && !wal->head.dsync) {
        group->state = GROUP_SYNCING;
        io_sync(wal->options.io, op, group->extent.file);
        return;
    }
    wal->writing--;
    group->state = GROUP_WRITTEN;
    /* A sync that failed may have dropped what this one was to make durable. */
    if (wal->state == WAL_FAILING && !wal->head.dsync)
        whole = false;
    if (!whole) {
        group_wait_again(wal, group);
        write_failed(wal, event->value < 0 ? (int)event->value : ERR_IO);
    } else if (wal->state == WAL_ONLINE) {
        write_succeeded(wal);
    } else {
        advance_durable(wal);
    }
}

/* What is not durable goes back to the state before its write, groups that were written behind the
 * failed one too. Their files end in front of them. */
static void seal_failed(struct wal *wal)
{
    uint64_t before = wal->durable + 1;
    struct wal_file *failed = wal->current;
    LIST_EACH(node, &wal->groups) {
        struct wal_group *group = LIST_ENTRY(node, struct wal_group, node);
        if (group->state != GROUP_WRITTEN && group->state != GROUP_CLOSED)
            continue;
        if (group->state == GROUP_WRITTEN && MUTANT(KEEP_BEHIND_FAILURE))
            continue;
        struct wal_file *f = wal_file_of_sequence(wal, group->sequence);
        if (f != NULL)
            f->live -= group->live;
        group_wait_again(wal, group);
    }
    for (size_t i = 0; i < wal->file_slots; i++) {
        struct wal_file *f = &wal->files[i];
        if (f->state == FILE_LIVE && f->end_sequence > before) {
            f->end_sequence = MAX(before, f->first_sequence);
            f->state = FILE_SEALED;
        }
    }
    failed->state = FILE_SEALED;
    if (!MUTANT(GO_ON_IN_FAILED_FILE))
        failed->position = failed->size;
}

/* A new life in a new file. */
static void begin_life(struct wal *wal)
{
    wal->state = WAL_FAILING;
    seal_failed(wal);
    uint64_t before = wal->durable + 1;
    uint64_t first = list_empty(&wal->groups) ? wal->sequence_next : before;
    struct wal_file *next = wal_file_for(wal, &(struct wal_place){first, WAL_ALIGNMENT, true});
    if (next == NULL) {
        if (!wal->job.running)
            go_offline(wal);
        return;
    }
    struct wal_life life = {wal->life + !MUTANT(REUSE_LIFE), before, first, next->number};
    wal_head_forget(&wal->head, wal->trim.sequence);
    if (wal_head_begin_life(&wal->head, &life, wal->durable) != 0) {
        go_offline(wal);
        return;
    }
    wal->life++;
    wal->stats.lives++;
    wal->state = WAL_RENEWING;
    wal_files_drop_empty(wal);
    wal->job.store_head = true;
    wal_files_prepare(wal);
}

/* The new life is in the head. Half open, it has to prove itself with an empty group. */
static void begin_writing(struct wal *wal)
{
    ASSERT(wal->state == WAL_RENEWING);
    wal->state = WAL_ONLINE;
    if (!wal->probing)
        return;
    if (group_open(wal, WAL_ALIGNMENT, true) == NULL)
        go_offline(wal);
    else
        group_close(wal, WAL_CLOSE_NATURAL);
}

void wal_job_finished(struct wal *wal, bool stored_head)
{
    if (!stored_head) {
        /* With a write still out the stream asks for a file once more when that is back. */
        if (wal->state == WAL_FAILING && wal->writing == 0 && wal->job.prepare_result != 0)
            go_offline(wal);
    } else if (wal->job.head_result != 0) {
        log_error(wal->options.log, "cannot store the head of the WAL: %s",
                  result_sentence(wal->job.head_result));
        go_offline(wal);
    } else {
        begin_writing(wal);
    }
    if (wal->trim.file != 0)
        wal_trim(wal, &wal->trim);
    else
        wal_files_prepare(wal);
}

/* State. */

uint64_t wal_durable(const struct wal *wal)
{
    return wal->durable;
}

bool wal_idle(const struct wal *wal)
{
    return list_empty(&wal->groups) && wal->writing == 0 && !wal->job.running;
}

bool wal_reserved(const struct wal *wal)
{
    return wal->reserve != RESERVE_SHORT;
}

bool wal_reserve_comes(const struct wal *wal)
{
    return wal->reserve == RESERVE_COMES && wal_online(wal);
}

bool wal_cramped(const struct wal *wal)
{
    return wal->next != NEXT_COMES && wal->state == WAL_ONLINE;
}

bool wal_keeps_apart(const struct wal *wal)
{
    return wal_cramped(wal) || !wal_memory_allows(wal, false, WAL_BLOCK_BYTES);
}

bool wal_waits_for_trim(const struct wal *wal)
{
    return wal->stuck && wal->next == NEXT_FULL;
}

bool wal_online(const struct wal *wal)
{
    return wal->state != WAL_OFFLINE && !wal->probing;
}

void wal_set_catalog_offset(struct wal *wal, int64_t offset)
{
    ASSERT(offset >= wal->catalog_offset);
    wal->catalog_offset = offset;
}

void wal_set_profile(struct wal *wal, enum wal_profile profile)
{
    wal->options.profile = profile;
}

void wal_drain(struct wal *wal)
{
    wal->draining = true;
}

static uint64_t file_limit(const struct wal *wal)
{
    return wal->options.files_max * wal->options.file_bytes;
}

/* The current file, when nothing in it is needed, can be left for another one at any time; but not
 * while an older one is needed, because files are given back in order. */
static uint64_t file_used(const struct wal *wal)
{
    uint64_t used = wal->used_bytes + wal->waiting_bytes;
    bool alone = wal->used_bytes == wal->current->size;
    return alone && wal->current->live == 0 ? used - wal->current->size : used;
}

void wal_get_stats(const struct wal *wal, struct wal_stats *stats)
{
    *stats = wal->stats;
    stats->memory_used = region_used(wal->region);
    stats->memory_limit = region_size(wal->region);
    stats->file_limit = file_limit(wal);
    stats->file_used = file_used(wal);
}

bool wal_pressed(const struct wal *wal, unsigned quarters)
{
    return region_used(wal->region) > wal->memory_for_all / 4 * quarters ||
           file_used(wal) > file_limit(wal) / 4 * quarters;
}

int wal_open(const struct wal_options *options, const struct wal_recovered *recovered,
             struct wal **result)
{
    ASSERT(options->file_bytes % MIB == 0);
    ASSERT(options->first_file_bytes % WAL_FIRST_FILE_UNIT == 0);
    ASSERT(options->first_file_bytes <= options->file_bytes);
    struct wal *wal = mem_alloc(sizeof *wal);
    wal->options = *options;
    wal->options.files_max = MIN(options->files_max, (uint64_t)WAL_FILES_MAX);
    list_init(&wal->groups);
    wal->region = region_new(options->memory_bytes, WAL_BLOCK_BYTES);
    wal_memory_begin(wal);
    slab_init(&wal->blocks, sizeof(struct wal_block),
              (uint32_t)(options->memory_bytes / WAL_BLOCK_BYTES) + 1);
    slab_init(&wal->group_slab, sizeof(struct wal_group), WAL_GROUPS_MAX);
    wal->head.stream = options->stream;
    wal->sequence_next = 1;
    wal->life = 1;
    wal->catalog_offset = -1;
    if (recovered->found) {
        wal->head.uuid = recovered->uuid;
        wal->head.number = recovered->head_number;
        wal->life = recovered->life_next;
        wal->sequence_next = recovered->sequence_next;
        wal->file_next = recovered->file_next;
    } else {
        wal->head.uuid = io_random_uuid(options->io);
    }
    wal->head.probed = recovered->probed;
    wal->head.dsync = !recovered->probed || recovered->dsync;
    wal->durable = wal->proven = wal->sequence_next - 1;
    int error = wal_files_open(wal);
    if (error != 0) {
        log_error(options->log, "cannot create the WAL in %s: %s", options->directory,
                  result_sentence(error));
        wal_close(wal);
        return error;
    }
    *result = wal;
    return 0;
}

void wal_close(struct wal *wal)
{
    ASSERT(wal_idle(wal));
    wal_block_leave(wal);
    wal_files_close(wal);
    slab_fini(&wal->group_slab);
    slab_fini(&wal->blocks);
    region_free(wal->region);
    mem_free(wal);
}
