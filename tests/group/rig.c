/* The fixture of the group tests. */
#include "rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/util.h"

#define START_NS (1000 * NS_PER_S)

static uint64_t rig_now(struct groups_host *host)
{
    return CONTAINER_OF(host, struct rig, host)->now_ns;
}

static int64_t rig_wall(struct groups_host *host)
{
    return (int64_t)(CONTAINER_OF(host, struct rig, host)->now_ns / NS_PER_MS);
}

static struct uuid rig_new_id(struct groups_host *host)
{
    uint64_t n = ++CONTAINER_OF(host, struct rig, host)->ids;
    return uuid_from_random(n, n);
}

static void rig_append(struct groups_host *host, struct groups *groups, struct group_write *write)
{
    struct rig *rig = CONTAINER_OF(host, struct rig, host);
    cr_assert_eq(groups, &rig->groups);
    list_push_back(&rig->writes, &write->node);
}

static bool rig_topic_at(struct groups_host *host, uint32_t index, struct group_topic *topic)
{
    const struct rig *rig = CONTAINER_OF(host, struct rig, host);
    if (index >= rig->topic_count)
        return false;
    *topic = rig->topics[index];
    return true;
}

static bool rig_topic_named(struct groups_host *host, struct bytes name, struct group_topic *topic)
{
    for (uint32_t i = 0; rig_topic_at(host, i, topic); i++)
        if (bytes_equal(string_bytes(topic->name), name))
            return true;
    return false;
}

static bool rig_topic_with_id(struct groups_host *host, struct uuid id, struct group_topic *topic)
{
    for (uint32_t i = 0; rig_topic_at(host, i, topic); i++)
        if (uuid_equal(topic->id, id))
            return true;
    return false;
}

static uint64_t rig_topics_version(struct groups_host *host)
{
    return CONTAINER_OF(host, struct rig, host)->topics_version;
}

void rig_topic(struct rig *rig, const char *name, int32_t partitions)
{
    uint32_t at = 0;
    while (at < rig->topic_count && strcmp(rig->topics[at].name.data, name) < 0)
        at++;
    bool there = at < rig->topic_count && strcmp(rig->topics[at].name.data, name) == 0;
    rig->topics_version++;
    if (partitions == 0) {
        cr_assert(there);
        rig->topic_count--;
        memmove(&rig->topics[at], &rig->topics[at + 1],
                (rig->topic_count - at) * sizeof *rig->topics);
        return;
    }
    if (!there) {
        cr_assert_lt(rig->topic_count, RIG_TOPICS_MAX);
        memmove(&rig->topics[at + 1], &rig->topics[at],
                (rig->topic_count - at) * sizeof *rig->topics);
        rig->topic_count++;
        rig->topics[at].name = s(name);
        rig->topics[at].id = uuid_from_random(rig->topics_version, (uint8_t)name[0]);
    }
    rig->topics[at].partitions = partitions;
}

static struct group_settings rig_settings(struct groups_host *host, struct bytes group_id)
{
    const struct rig *rig = CONTAINER_OF(host, struct rig, host);
    if (bytes_equal(group_id, BYTES_LITERAL("g")))
        return rig->settings;
    return (struct group_settings){.session_ms = 45000, .heartbeat_ms = 5000};
}

void rig_init(struct rig *rig)
{
    *rig = (struct rig){
        .now_ns = START_NS,
        .memory = {.limit = MIB},
        .settings = {.session_ms = 45000, .heartbeat_ms = 5000},
        .config =
            {
                .session_ms_min = 6000,
                .session_ms_max = 1800000,
                .rebalance_delay_ms = 3000,
                .members_max = 1000,
                .retention_ms = 60000,
                .consumer_members_max = 1000,
                .may_upgrade = true,
                .may_downgrade = true,
                .assignors = {"uniform", "range"},
            },
    };
    rig->host = (struct groups_host){
        .timers = &rig->timers,
        .memory = &rig->memory,
        .config = &rig->config,
        .secret = 7,
        .now_ns = rig_now,
        .wall_ms = rig_wall,
        .new_id = rig_new_id,
        .append = rig_append,
        .settings = rig_settings,
        .topic_named = rig_topic_named,
        .topic_with_id = rig_topic_with_id,
        .topic_at = rig_topic_at,
        .topics_version = rig_topics_version,
    };
    heap_init(&rig->timers, 16);
    list_init(&rig->writes);
    rig->region = region_new(4 * MIB, 4096);
    groups_init(&rig->groups, &rig->host);
    groups_loaded(&rig->groups);
}

void rig_fini(struct rig *rig)
{
    groups_close(&rig->groups);
    rig_write(rig, ERR_NOT_FOUND);
    groups_fini(&rig->groups);
    cr_assert_eq(rig->memory.used, 0, "%zu bytes are still counted", rig->memory.used);
    cr_assert_eq(rig->memory.pending, 0);
    cr_assert_eq(heap_next(&rig->timers), UINT64_MAX, "a timer is left");
    for (uint32_t i = 0; i < rig->log_count; i++)
        mem_free(rig->log[i].bytes);
    heap_fini(&rig->timers);
    region_free(rig->region);
}

void rig_wait(struct rig *rig, int64_t ms)
{
    uint64_t end = rig->now_ns + (uint64_t)ms * NS_PER_MS;
    while (heap_next(&rig->timers) <= end) {
        rig->now_ns = MAX(rig->now_ns, heap_next(&rig->timers));
        heap_run(&rig->timers, rig->now_ns);
    }
    rig->now_ns = end;
}

static void rig_keep(struct rig *rig, const struct group_record *record, int64_t producer_id)
{
    cr_assert_lt(rig->log_count, RIG_RECORDS_MAX);
    struct rig_record *kept = &rig->log[rig->log_count++];
    size_t key = (size_t)record->key.len;
    size_t value = (size_t)MAX(record->value.len, 0);
    kept->bytes = mem_alloc(key + value + 1);
    memcpy(kept->bytes, record->key.data, key);
    if (value > 0)
        memcpy(kept->bytes + key, record->value.data, value);
    kept->producer_id = producer_id;
    kept->record = (struct group_record){{kept->bytes, record->key.len},
                                         {kept->bytes + key, record->value.len}};
}

uint32_t rig_write_one(struct rig *rig, int result)
{
    struct list *node = list_pop_front(&rig->writes);
    if (node == NULL)
        return 0;
    struct group_write *write = LIST_ENTRY(node, struct group_write, node);
    uint32_t count = write->count;
    for (uint32_t i = 0; i < count && result == 0; i++)
        rig_keep(rig, &write->records[i], write->transactional ? write->producer.id : -1);
    write->done(write, result);
    return count;
}

void rig_write(struct rig *rig, int result)
{
    while (rig_write_one(rig, result) > 0)
        ;
}

static void rig_load(struct rig *rig, const struct rig_record *kept)
{
    struct group_record_read read;
    struct arena arena;
    if (kept->bytes == NULL) {
        groups_end_transaction(&rig->groups, kept->producer_id, kept->committed);
        return;
    }
    arena_init(&arena, rig->region, MIB);
    cr_assert_eq(group_record_decode(kept->record.key, kept->record.value, &arena, &read), 0);
    if (kept->producer_id >= 0)
        groups_load_transactional(&rig->groups, kept->producer_id, &read);
    else
        groups_load(&rig->groups, &read);
    arena_reset(&arena);
}

void rig_end_transaction(struct rig *rig, int64_t producer_id, bool committed)
{
    cr_assert_lt(rig->log_count, RIG_RECORDS_MAX);
    rig->log[rig->log_count++] =
        (struct rig_record){.producer_id = producer_id, .committed = committed};
    groups_end_transaction(&rig->groups, producer_id, committed);
}

void rig_begin_load(struct rig *rig)
{
    groups_close(&rig->groups);
    rig_write(rig, ERR_NOT_FOUND);
    groups_fini(&rig->groups);
    groups_init(&rig->groups, &rig->host);
}

void rig_restart(struct rig *rig)
{
    rig_begin_load(rig);
    for (uint32_t i = 0; i < rig->log_count; i++) {
        rig_load(rig, &rig->log[i]);
        cr_assert_eq(heap_next(&rig->timers), UINT64_MAX, "time runs while the log is loaded");
    }
    groups_loaded(&rig->groups);
}

struct string s(const char *text)
{
    return string_of(text);
}

struct blob rig_subscription(const char *topic)
{
    static uint8_t bytes[4][64];
    static unsigned turn;
    uint8_t *to = bytes[turn++ % 4];
    struct writer w;
    writer_init(&w, to, 64);
    write_be16(&w, 0);
    write_be32(&w, 1);
    write_be16(&w, (uint16_t)strlen(topic));
    write_bytes(&w, topic, strlen(topic));
    write_be32(&w, 0xFFFFFFFF);
    return (struct blob){to, (int32_t)writer_len(&w)};
}

static void rig_joined(struct group_join *join)
{
    struct rig_join *rig_join = CONTAINER_OF(join, struct rig_join, join);
    cr_assert(!rig_join->ended, "answered twice");
    rig_join->ended = true;
}

void rig_join_fill(struct rig_join *join, const char *group, struct string id)
{
    *join = (struct rig_join){0};
    join->protocols[0] = (struct group_protocol){s("range"), rig_subscription("t")};
    join->join = (struct group_join){
        .group_id = s(group),
        .member_id = id,
        .instance_id = STRING_NULL,
        .client_id = s("client"),
        .client_host = s("/127.0.0.1"),
        .protocol_type = s("consumer"),
        .protocols = join->protocols,
        .protocol_count = 1,
        .session_ms = 10000,
        .rebalance_ms = 20000,
        .done = rig_joined,
    };
}

void rig_join(struct rig *rig, struct rig_join *join)
{
    join->join.protocols = join->protocols;
    groups_join(&rig->groups, &join->join);
}

void rig_join_free(struct rig_join *join)
{
    cr_assert(join->ended, "a join was never answered");
    group_reply_free(&join->join.reply);
}

static void rig_synced(struct group_sync *sync)
{
    struct rig_sync *rig_sync = CONTAINER_OF(sync, struct rig_sync, sync);
    cr_assert(!rig_sync->ended, "answered twice");
    rig_sync->ended = true;
}

void rig_sync(struct rig *rig, struct rig_sync *sync, const struct rig_join *join,
              const char *assignment)
{
    *sync = (struct rig_sync){0};
    sync->sync = (struct group_sync){
        .group_id = join->join.group_id,
        .generation = join->join.generation,
        .member_id = join->join.new_member_id,
        .instance_id = STRING_NULL,
        .protocol_type = STRING_NULL,
        .protocol_name = STRING_NULL,
        .assignments = &sync->assignment,
        .assignment_count = assignment != NULL,
        .done = rig_synced,
    };
    if (assignment != NULL)
        sync->assignment = (struct group_assignment){join->join.new_member_id,
                                                     blob_of(assignment, strlen(assignment))};
    groups_sync(&rig->groups, &sync->sync);
}

void rig_sync_free(struct rig_sync *sync)
{
    cr_assert(sync->ended, "a sync was never answered");
    group_reply_free(&sync->sync.reply);
}

void rig_make_stable(struct rig *rig, const char *group, struct rig_join *join)
{
    struct rig_sync sync;
    rig_join_fill(join, group, s(""));
    rig_join(rig, join);
    rig_wait(rig, 3000);
    cr_assert(join->ended);
    cr_assert_eq(join->join.error, KAFKA_NONE);
    rig_sync(rig, &sync, join, "mine");
    rig_write(rig, 0);
    cr_assert_eq(sync.sync.error, KAFKA_NONE);
    rig_sync_free(&sync);
    cr_assert_str_eq(rig_state(rig, group), "Stable");
}

static void rig_committed_done(struct group_commit *commit)
{
    CONTAINER_OF(commit, struct rig_commit, commit)->ended = true;
}

void rig_commit(struct rig *rig, struct rig_commit *commit, const char *group, int64_t offset,
                const struct rig_join *join)
{
    rig_commit_inside(rig, commit, group, offset, join, -1);
}

void rig_commit_inside(struct rig *rig, struct rig_commit *commit, const char *group,
                       int64_t offset, const struct rig_join *join, int64_t producer_id)
{
    struct writer w;
    *commit = (struct rig_commit){0};
    commit->item = (struct group_commit_item){
        .topic = s("t"),
        .value = {offset, -1, s("about"), rig_wall(&rig->host), -1},
    };
    commit->commit = (struct group_commit){
        .caller = {s(group), -1, s(""), STRING_NULL},
        .items = &commit->item,
        .count = 1,
        .write =
            {
                .records = &commit->record,
                .count = 1,
                .transactional = producer_id >= 0,
                .producer = {producer_id, 0},
            },
        .done = rig_committed_done,
    };
    if (join != NULL) {
        commit->commit.caller.generation = join->join.generation;
        commit->commit.caller.member_id = join->join.new_member_id;
        commit->commit.caller.instance_id = join->join.instance_id;
    }
    writer_init(&w, commit->bytes, sizeof commit->bytes);
    struct group_offset_key key = {s(group), s("t"), 0};
    cr_assert_eq(group_record_write_offset(&w, &key, &commit->item.value, &commit->record), 0);
    groups_commit(&rig->groups, &commit->commit);
}

static void deleted(struct group_delete *deletion)
{
    ((struct rig_deletion *)deletion)->ended = true;
}

void rig_delete(struct rig *rig, struct rig_deletion *d, const char *group, bool whole)
{
    *d = (struct rig_deletion){.item = {.topic = s("t")}};
    d->deletion = (struct group_delete){
        .group_id = s(group),
        .whole = whole,
        .items = &d->item,
        .count = whole ? 0 : 1,
        .done = deleted,
    };
    groups_delete(&rig->groups, &d->deletion);
}

int64_t rig_committed(struct rig *rig, const char *group, const char *topic)
{
    struct group_fetch_item item = {.topic = s(topic)};
    struct group_fetch fetch = {
        .group_id = s(group),
        .member_id = STRING_NULL,
        .member_epoch = -1,
        .items = &item,
        .count = 1,
    };
    groups_fetch(&rig->groups, &fetch);
    cr_assert_eq(fetch.error, KAFKA_NONE);
    group_reply_free(&fetch.reply);
    return item.value.offset;
}

int16_t rig_heartbeat(struct rig *rig, const char *group, const struct rig_join *join)
{
    struct group_caller caller = {s(group), join->join.generation, join->join.new_member_id,
                                  STRING_NULL};
    return groups_heartbeat(&rig->groups, &caller);
}

const char *rig_state(struct rig *rig, const char *group)
{
    struct group_description d = {.group_id = s(group)};
    groups_describe(&rig->groups, &d);
    group_reply_free(&d.reply);
    return d.state;
}

static void rig_beat_done(struct consumer_beat *beat)
{
    struct rig_beat *rig_beat = CONTAINER_OF(beat, struct rig_beat, beat);
    cr_assert(!rig_beat->ended, "answered twice");
    rig_beat->ended = true;
}

void rig_beat_fill(struct rig_beat *beat, const char *group, const char *member)
{
    *beat = (struct rig_beat){0};
    beat->topics[0] = s("t");
    beat->beat = (struct consumer_beat){
        .group_id = s(group),
        .member_id = s(member),
        .instance_id = STRING_NULL,
        .rack_id = STRING_NULL,
        .assignor = STRING_NULL,
        .pattern = STRING_NULL,
        .client_id = s("client"),
        .client_host = s("/127.0.0.1"),
        .rebalance_ms = 20000,
        .topic_count = 1,
        .owned_said = true,
        .makes_id = true,
        .done = rig_beat_done,
    };
    beat->beat.topics = beat->topics;
}

void rig_beat_next(struct rig_beat *beat)
{
    struct consumer_beat *b = &beat->beat;
    b->epoch = b->answer_epoch;
    b->rebalance_ms = -1;
    b->topics = NULL;
    b->topic_count = 0;
    b->pattern = STRING_NULL;
    b->instance_id = STRING_NULL;
    if (b->assignment_said) {
        cr_assert_leq(b->assignment.count, 16);
        for (uint32_t i = 0; i < b->assignment.count; i++)
            beat->owned[i] = b->assignment.items[i];
        b->owned = (struct spots){beat->owned, b->assignment.count};
    }
    b->owned_said = true;
    b->assignment_said = false;
    group_reply_free(&b->reply);
}

void rig_beat(struct rig *rig, struct rig_beat *beat)
{
    beat->ended = false;
    beat->beat.error = 0;
    groups_consumer_beat(&rig->groups, &beat->beat);
}

void rig_beat_is(struct rig *rig, struct rig_beat *beat, int16_t error)
{
    rig_beat(rig, beat);
    rig_write(rig, 0);
    cr_assert(beat->ended);
    cr_assert_eq(beat->beat.error, error, "%d: %s", beat->beat.error,
                 beat->beat.message == NULL ? "" : beat->beat.message);
    rig_replay(rig, beat->beat.group_id.data);
    rig_beat_next(beat);
}

static int rig_print_set(char *to, size_t size, const struct consumer_described_set *set)
{
    int len = 0;
    for (uint32_t i = 0; i < set->count; i++)
        for (uint32_t j = 0; j < set->topics[i].partition_count; j++)
            len += snprintf(to + len, size - (size_t)len, " %.*s%d", (int)set->topics[i].name.len,
                            set->topics[i].name.data, set->topics[i].partitions[j]);
    return len;
}

static int rig_member_order(const void *x, const void *y)
{
    const struct consumer_described_member *a = x;
    const struct consumer_described_member *b = y;
    return bytes_compare(string_bytes(a->member_id), string_bytes(b->member_id));
}

const char *rig_consumers(struct rig *rig, const char *group)
{
    static char text[4096];
    struct consumer_description d = {.group_id = s(group)};
    groups_consumer_describe(&rig->groups, &d);
    if (d.error != KAFKA_NONE) {
        group_reply_free(&d.reply);
        return "none";
    }
    int len = snprintf(text, sizeof text, "group %d/%d %s", d.epoch, d.target_epoch, d.state);
    qsort(d.members, d.member_count, sizeof *d.members, rig_member_order);
    for (uint32_t i = 0; i < d.member_count; i++) {
        const struct consumer_described_member *m = &d.members[i];
        len += snprintf(text + len, sizeof text - (size_t)len, "\n%.*s %d", (int)m->member_id.len,
                        m->member_id.data, m->epoch);
        len += rig_print_set(text + len, sizeof text - (size_t)len, &m->assigned);
        len += snprintf(text + len, sizeof text - (size_t)len, " >");
        len += rig_print_set(text + len, sizeof text - (size_t)len, &m->target);
    }
    group_reply_free(&d.reply);
    return text;
}

void rig_replay(struct rig *rig, const char *group)
{
    struct rig *twin = mem_alloc(sizeof *twin);
    char here[4096];
    rig_init(twin);
    memcpy(twin->log, rig->log, sizeof rig->log);
    twin->log_count = rig->log_count;
    memcpy(twin->topics, rig->topics, sizeof rig->topics);
    twin->topic_count = rig->topic_count;
    twin->now_ns = rig->now_ns;
    rig_restart(twin);
    snprintf(here, sizeof here, "%s", rig_consumers(rig, group));
    cr_assert_str_eq(rig_consumers(twin, group), here, "a replay makes something else of the log");
    cr_assert_str_eq(rig_state(twin, group), rig_state(rig, group));
    twin->log_count = 0; /* the bytes are not its own */
    rig_fini(twin);
    mem_free(twin);
}
