/*
 * Commits and deletions of offsets, as writes to places that may overlap in time.
 *
 * A write acts at one moment between being sent and being settled. It may be read unless another
 * one is known to have acted before the question was sent, and cannot have acted before it.
 */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "tools/sim/model_groups_internal.h"

#define EPOCHS 7

/* What is committed follows from the number alone. */
struct model_offset model_commit_value(const struct model_groups *groups, uint32_t number,
                                       char text[MODEL_METADATA_BYTES])
{
    ASSERT(number > 0 && number <= groups->write_count);
    const struct model_write *write = groups->writes[number - 1];
    bool has_epoch = write->with_epoch;
    int len = 0;
    int dots = number % 8 == 1 ? 200 : (int)(number % 20);
    if (number % 4 != 0) {
        len = snprintf(text, MODEL_METADATA_BYTES, "commit %u of %s ", number, write->group->id);
        if (groups->long_metadata)
            dots = MODEL_METADATA_BYTES - len;
        memset(text + len, '.', (size_t)dots);
        len += dots;
    }
    return (struct model_offset){
        .offset = number,
        .epoch = has_epoch ? (int32_t)(number % EPOCHS) - 1 : -1,
        .metadata = {text, len},
    };
}

void model_groups_use_long_metadata(struct model_groups *groups)
{
    groups->long_metadata = true;
}

static struct model_offset_log *log_find(const struct model_group *group, struct model_place place)
{
    for (uint32_t i = 0; i < group->log_count; i++) {
        struct model_offset_log *log = group->logs[i];
        if (log->place.topic == place.topic && log->place.partition == place.partition)
            return log;
    }
    return NULL;
}

static struct model_offset_log *log_of(struct model_group *group, struct model_place place)
{
    struct model_offset_log *log = log_find(group, place);
    if (log != NULL)
        return log;
    log = mem_alloc(sizeof *log);
    log->place = place;
    group->logs = mem_grow(group->logs, group->log_count, &group->log_capacity,
                           sizeof(struct model_offset_log *));
    group->logs[group->log_count++] = log;
    return log;
}

void model_offset_logs_free(struct model_group *group)
{
    for (uint32_t i = 0; i < group->log_count; i++) {
        mem_free(group->logs[i]->writes);
        mem_free(group->logs[i]);
    }
    mem_free(group->logs);
}

static struct model_write *write_new(struct model_group *group, struct model_offset_log *log)
{
    struct model_groups *groups = group->groups;
    struct model_write *write = mem_alloc(sizeof *write);
    groups->writes = mem_grow(groups->writes, groups->write_count, &groups->write_capacity,
                              sizeof(struct model_write *));
    groups->writes[groups->write_count++] = write;
    write->number = groups->write_count;
    write->group = group;
    write->log = log;
    write->claim = model_claim_none;
    write->sent = model_groups_moment(groups);
    write->sent_ms = model_groups_time(groups, write->sent);
    write->settled = write->known = MODEL_NEVER;
    write->generation_then = group->generation;
    if (log == NULL) {
        group->deletions = mem_grow(group->deletions, group->deletion_count,
                                    &group->deletion_capacity, sizeof(struct model_write *));
        group->deletions[group->deletion_count++] = write;
        return write;
    }
    log->writes = mem_grow(log->writes, log->count, &log->capacity, sizeof(struct model_write *));
    log->writes[log->count++] = write;
    return write;
}

uint32_t model_commit_sent(struct model_group *group, struct model_place place,
                           const struct model_claim *claim, bool with_epoch)
{
    struct model_write *write = write_new(group, log_of(group, place));
    write->claim = *claim;
    write->with_epoch = with_epoch;
    write->forbidden = model_claim_is_stale(group, claim);
    model_group_touching(group);
    return write->number;
}

uint32_t model_offset_deleting(struct model_group *group, struct model_place place)
{
    struct model_write *write = write_new(group, log_of(group, place));
    write->removes = true;
    return write->number;
}

uint32_t model_group_deleting(struct model_group *group)
{
    struct model_write *write = write_new(group, NULL);
    write->removes = true;
    return write->number;
}

/* What may be read. */

static bool comes_behind(const struct model_write *later, const struct model_write *write,
                         uint64_t moment)
{
    return later != write && later->known <= moment && write->settled < later->sent;
}

/* Something that is known at this moment has certainly replaced it. */
static bool is_replaced(const struct model_offset_log *log, const struct model_write *write,
                        uint64_t moment)
{
    const struct model_group *group = write->group;
    for (uint32_t i = 0; i < log->count; i++)
        if (comes_behind(log->writes[i], write, moment))
            return true;
    for (uint32_t i = 0; i < group->deletion_count; i++)
        if (comes_behind(group->deletions[i], write, moment))
            return true;
    return false;
}

/* Commits that can never be read again go; deletions stay, they may explain why there is nothing.
 */
static void log_prune(struct model_offset_log *log)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < log->count; i++) {
        struct model_write *write = log->writes[i];
        bool over = write->state == WRITE_REFUSED || is_replaced(log, write, MODEL_NEVER - 1);
        if (write->state == WRITE_OUT || (write->removes && write->state != WRITE_REFUSED) || !over)
            log->writes[kept++] = write;
    }
    log->count = kept;
}

static bool may_be_read(const struct model_offset_log *log, const struct model_write *write,
                        uint64_t sent)
{
    return write->state != WRITE_REFUSED && write->forbidden == NULL &&
           !is_replaced(log, write, sent);
}

static bool anything_known(const struct model_offset_log *log, uint64_t sent)
{
    for (uint32_t i = 0; i < log->count; i++)
        if (log->writes[i]->known <= sent)
            return true;
    return false;
}

/* What may have stood there last may have gone by itself: one that nobody answered, too, which may
 * have come behind a later one. */
static bool may_have_expired(const struct model_offset_log *log, uint64_t sent)
{
    for (uint32_t i = 0; i < log->count; i++) {
        const struct model_write *write = log->writes[i];
        if (!write->removes && may_be_read(log, write, sent) && model_write_may_expire(write))
            return true;
    }
    return false;
}

/* Nothing may stand there; `*write` is the deletion that must have done it, when it is the only
 * explanation. */
static bool may_be_none(const struct model_group *group, const struct model_offset_log *log,
                        uint64_t sent, struct model_write **only)
{
    uint32_t ways = 0;
    *only = NULL;
    for (uint32_t i = 0; i < log->count; i++)
        if (log->writes[i]->removes && may_be_read(log, log->writes[i], sent)) {
            *only = log->writes[i];
            ways++;
        }
    for (uint32_t i = 0; i < group->deletion_count; i++)
        if (may_be_read(log, group->deletions[i], sent)) {
            *only = group->deletions[i];
            ways++;
        }
    bool never = !anything_known(log, sent);
    for (uint32_t i = 0; i < group->deletion_count && never; i++)
        never = group->deletions[i]->known > sent;
    ways += never;
    ways += !never && may_have_expired(log, sent);
    if (ways != 1 || never)
        *only = NULL;
    return ways > 0;
}

/* Only that explains that nothing is there: it is taken for a deletion, behind all that was known.
 */
static void log_expired(struct model_group *group, struct model_offset_log *log, uint64_t sent)
{
    uint64_t last = 0;
    for (uint32_t i = 0; i < log->count; i++)
        if (log->writes[i]->known <= sent)
            last = MAX(last, log->writes[i]->settled);
    struct model_write *write = write_new(group, log);
    write->removes = true;
    write->state = WRITE_DONE;
    write->settled = write->known = write->sent;
    write->sent = last + 1;
}

bool model_group_may_be_bare(struct model_group *group, uint64_t sent)
{
    struct model_write *only;
    for (uint32_t i = 0; i < group->log_count; i++)
        if (!may_be_none(group, group->logs[i], sent, &only))
            return false;
    return true;
}

static void write_known(struct model_write *write)
{
    uint64_t now = model_groups_moment(write->group->groups);
    write->known = MIN(write->known, now);
    write->settled = MIN(write->settled, now);
}

static void write_seen(struct model_write *write, uint64_t sent)
{
    write_known(write);
    write->seen = MAX(write->seen, sent);
}

/* The ends of writes. */

static void settle(struct model_write *write, int32_t generation, uint64_t now)
{
    bool ends = write->state == WRITE_OUT || write->state == WRITE_OPEN;
    if (ends && write->claim.generation >= 0 && write->claim.generation < generation)
        write->settled = MIN(write->settled, now);
}

void model_writes_settle(struct model_group *group, int32_t generation)
{
    uint64_t now = model_groups_moment(group->groups);
    for (uint32_t i = 0; i < group->log_count; i++)
        for (uint32_t j = 0; j < group->logs[i]->count; j++)
            settle(group->logs[i]->writes[j], generation, now);
}

void model_writes_forgive(struct model_group *group)
{
    for (uint32_t i = 0; i < group->log_count; i++)
        for (uint32_t j = 0; j < group->logs[i]->count; j++) {
            struct model_write *write = group->logs[i]->writes[j];
            if (write->state == WRITE_OUT || write->state == WRITE_OPEN)
                write->forbidden = NULL;
        }
}

void model_writes_settle_member(struct model_group *group, const char *member_id, int32_t epoch)
{
    uint64_t now = model_groups_moment(group->groups);
    for (uint32_t i = 0; i < group->log_count; i++)
        for (uint32_t j = 0; j < group->logs[i]->count; j++) {
            struct model_write *write = group->logs[i]->writes[j];
            if (strcmp(write->claim.member_id, member_id) == 0)
                settle(write, epoch, now);
        }
}

/* Somebody who is no member has committed. */
static void plain_commit_done(struct model_write *write)
{
    struct model_group *group = write->group;
    const char *member = model_consumer_since(group, write->sent);
    if (member != NULL)
        model_break(group->groups->model,
                    "group %s: a commit of no member was taken while %s is a member", group->id,
                    member);
    if (write->generation_then < 0)
        return;
    group->plain_generation = write->generation_then;
    group->plain_sent = write->sent;
    group->plain_ended = group->groups->moment;
}

static void commit_done(struct model_write *write)
{
    struct model_group *group = write->group;
    struct model_groups *groups = group->groups;
    groups->counts.commits++;
    if (write->forbidden != NULL)
        model_break(groups->model, "group %s: commit %u of %s of generation %d was taken, but %s",
                    group->id, write->number, write->claim.member_id, write->claim.generation,
                    write->forbidden);
    if (write->claim.generation >= 0)
        model_group_served(group, &write->claim, write->sent);
    else
        plain_commit_done(write);
}

static void deletion_done(struct model_write *write)
{
    struct model_group *group = write->group;
    if (write->log != NULL)
        return;
    group->groups->counts.deletions++;
    /* Members of before are gone with it, and cannot commit any more; unless their ids come again.
     */
    for (uint32_t i = 0; i < group->log_count && !model_group_is_modern(group); i++)
        for (uint32_t j = 0; j < group->logs[i]->count; j++) {
            struct model_write *other = group->logs[i]->writes[j];
            if (other->claim.joined_at < write->sent)
                settle(other, INT32_MAX, write->settled);
        }
    model_group_is_gone(group, write->sent);
}

static void write_refused(struct model_write *write)
{
    struct model_groups *groups = write->group->groups;
    write->state = WRITE_REFUSED;
    if (write->known != MODEL_NEVER)
        model_break(groups->model, "group %s: commit %u was seen, and then refused",
                    write->group->id, write->number);
    groups->counts.refused += !write->removes;
}

void model_write_ended(struct model_groups *groups, uint32_t number, enum model_outcome outcome)
{
    ASSERT(number > 0 && number <= groups->write_count);
    struct model_write *write = groups->writes[number - 1];
    ASSERT(write->state == WRITE_OUT);
    uint64_t now = model_groups_moment(groups);
    if (outcome != MODEL_LATE)
        write->settled = MIN(write->settled, now);
    write->state = outcome == MODEL_DONE ? WRITE_DONE : WRITE_OPEN;
    if (outcome == MODEL_REFUSED)
        write_refused(write);
    else if (outcome == MODEL_DONE)
        write_known(write);
    if (outcome == MODEL_DONE && write->removes)
        deletion_done(write);
    else if (outcome == MODEL_DONE)
        commit_done(write);
    /* Who was sent by an older generation acts no more. */
    if (write->state == WRITE_OPEN)
        settle(write, write->group->generation, now);
    if (!write->removes)
        model_group_touched(write->group, outcome == MODEL_LATE);
    if (write->log != NULL)
        log_prune(write->log);
}

/* Answers. */

static const char *place_name(struct model_place place, char name[2 * MODEL_NAME_BYTES])
{
    snprintf(name, 2 * MODEL_NAME_BYTES, "%s-%d", place.topic->name, place.partition);
    return name;
}

/* It has expired: nothing else explains it. */
static bool is_expired(const struct model_group *group, const struct model_offset_log *log,
                       uint64_t sent)
{
    bool removed = false;
    for (uint32_t i = 0; i < log->count; i++)
        removed = removed || (log->writes[i]->removes && may_be_read(log, log->writes[i], sent));
    for (uint32_t i = 0; i < group->deletion_count; i++)
        removed = removed || may_be_read(log, group->deletions[i], sent);
    return !removed && anything_known(log, sent);
}

static void told_none(struct model_group *group, struct model_place place, uint64_t sent)
{
    char name[2 * MODEL_NAME_BYTES];
    struct model_write *only;
    struct model_offset_log *log = log_find(group, place);
    if (log == NULL)
        return;
    if (!may_be_none(group, log, sent, &only))
        model_break(group->groups->model, "group %s: the offset of %s is lost", group->id,
                    place_name(place, name));
    if (only != NULL)
        write_known(only);
    else if (is_expired(group, log, sent))
        log_expired(group, log, sent);
}

static bool value_is(const struct model_groups *groups, const struct model_write *write,
                     const struct model_offset *told, bool with_epoch)
{
    char text[MODEL_METADATA_BYTES];
    struct model_offset value = model_commit_value(groups, write->number, text);
    return bytes_equal(string_bytes(value.metadata), string_bytes(told->metadata)) &&
           told->epoch == (with_epoch ? value.epoch : -1);
}

void model_offset_told(struct model_group *group, struct model_place place, uint64_t sent,
                       const struct model_offset *told, bool with_epoch)
{
    char name[2 * MODEL_NAME_BYTES];
    struct model_groups *groups = group->groups;
    groups->counts.seen++;
    if (told->offset == -1) {
        told_none(group, place, sent);
        return;
    }
    struct model_offset_log *log = log_find(group, place);
    bool exists = told->offset > 0 && told->offset <= groups->write_count && log != NULL;
    struct model_write *write = exists ? groups->writes[told->offset - 1] : NULL;
    place_name(place, name);
    if (write == NULL || write->log != log || write->removes)
        model_break(groups->model, "group %s: %s has offset %lld, which nobody committed there",
                    group->id, name, (long long)told->offset);
    else if (!value_is(groups, write, told, with_epoch))
        model_break(groups->model, "group %s: %s has offset %lld with epoch %d and metadata '%.*s'",
                    group->id, name, (long long)told->offset, told->epoch, (int)told->metadata.len,
                    told->metadata.data);
    else if (write->state == WRITE_REFUSED)
        model_break(groups->model, "group %s: %s has offset %lld, whose commit was refused",
                    group->id, name, (long long)told->offset);
    else if (write->forbidden != NULL)
        model_break(groups->model, "group %s: %s has offset %lld of generation %d, but %s",
                    group->id, name, (long long)told->offset, write->claim.generation,
                    write->forbidden);
    else if (is_replaced(log, write, sent))
        model_break(groups->model, "group %s: %s has offset %lld, which was replaced", group->id,
                    name, (long long)told->offset);
    else if (model_group_is_overdue(group, sent))
        model_break(groups->model, "group %s: %s has offset %lld, which is long overdue", group->id,
                    name, (long long)told->offset);
    else
        write_seen(write, sent);
}

void model_offsets_told_all(struct model_group *group, uint64_t sent,
                            const struct model_place *told, uint32_t count)
{
    for (uint32_t i = 0; i < group->log_count; i++) {
        struct model_place place = group->logs[i]->place;
        bool there = false;
        for (uint32_t j = 0; j < count; j++)
            there = there || (told[j].topic == place.topic && told[j].partition == place.partition);
        if (!there)
            told_none(group, place, sent);
    }
}
