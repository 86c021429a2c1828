/*
 * Members of the classic protocol in a consumer group, while it is migrated online: JoinGroup,
 * SyncGroup, Heartbeat and LeaveGroup of a member whose group assigns by itself.
 *
 * A join is a heartbeat that says what the member's subscription says; it leads nobody, and is told
 * its epoch as a generation. A sync gives it what it has now. When there is something new for it a
 * heartbeat tells it to rejoin, for which it has its rebalance timeout, and the same again to sync.
 */
#include "base/assert.h"
#include "base/util.h"
#include "group/consumer_internal.h"
#include "group/consumer_protocol.h"
#include "protocol/errors.h"

#define PROTOCOL consumer_group_member_metadata_value_classic_protocol

static struct groups_host *host_of(const struct group *group)
{
    return group->groups->host;
}

static bool member_supports(const struct consumer_member *member, struct string name)
{
    const struct consumer_classic *classic = member->said.classic_member_metadata;
    for (int32_t i = 0; i < classic->supported_protocols.count; i++)
        if (strings_equal(classic->supported_protocols.items[i].name, name))
            return true;
    return false;
}

bool consumer_all_support(const struct consumer *consumer, struct string name,
                          const struct consumer_member *but)
{
    LIST_EACH(node, &consumer->members) {
        const struct consumer_member *member = LIST_ENTRY(node, struct consumer_member, node);
        if (member != but && consumer_is_classic(member) && !member_supports(member, name))
            return false;
    }
    return true;
}

/* Who asks, in the classic protocol; null, and why. */
static struct consumer_member *classic_member(const struct consumer *consumer, struct string id,
                                              struct string instance_id, int16_t *error)
{
    struct consumer_member *member = string_given(instance_id)
                                         ? consumer_find_static(consumer, instance_id)
                                         : consumer_find(consumer, id);
    *error = KAFKA_UNKNOWN_MEMBER_ID;
    if (member == NULL)
        return NULL;
    if (!strings_equal(text_string(member->id), id)) {
        *error = KAFKA_FENCED_INSTANCE_ID;
        return NULL;
    }
    return consumer_is_classic(member) ? member : NULL;
}

static void must_come(struct consumer_member *member)
{
    struct groups_host *host = host_of(member->consumer->group);
    if (timer_armed(&member->rebalance))
        return;
    heap_set(host->timers, &member->rebalance,
             host->now_ns(host) + (uint64_t)MAX(member->said.rebalance_timeout_ms, 0) * NS_PER_MS);
}

static void came(struct consumer_member *member)
{
    heap_cancel(host_of(member->consumer->group)->timers, &member->rebalance);
}

/* Heartbeat. */

/* Some of its target is with others. */
static bool waits_for_others(const struct consumer_member *member)
{
    struct group_reply memory = {0};
    struct spots wanted = spots_without(&memory, member->target, member->current.assigned);
    bool waits = consumer_unheld(&memory, member->consumer, wanted).count < wanted.count;
    group_reply_free(&memory);
    return waits;
}

int16_t consumer_heartbeat(struct group *group, const struct group_caller *caller)
{
    int16_t error;
    const struct consumer *consumer = group->consumer;
    struct consumer_member *member =
        classic_member(consumer, caller->member_id, caller->instance_id, &error);
    if (member == NULL)
        return error;
    if (caller->generation != member->current.epoch)
        return KAFKA_ILLEGAL_GENERATION;
    consumer_touch(member);
    bool free = member->current.state == CONSUMER_UNRELEASED && !waits_for_others(member);
    if (member->current.epoch >= consumer->epoch && member->current.state != CONSUMER_UNREVOKED &&
        !free)
        return KAFKA_NONE;
    must_come(member);
    return KAFKA_REBALANCE_IN_PROGRESS;
}

/* SyncGroup. */

static int16_t sync_check(struct consumer *consumer, const struct group_sync *sync,
                          struct consumer_member **found)
{
    int16_t error;
    struct consumer_member *member =
        classic_member(consumer, sync->member_id, sync->instance_id, &error);
    if (member == NULL)
        return error;
    const struct PROTOCOL *protocols =
        member->said.classic_member_metadata->supported_protocols.items;
    *found = member;
    if (sync->generation != member->current.epoch)
        return KAFKA_ILLEGAL_GENERATION;
    if (string_given(sync->protocol_type) &&
        !bytes_equal(string_bytes(sync->protocol_type), BYTES_LITERAL("consumer")))
        return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
    if (string_given(sync->protocol_name) &&
        (member->said.classic_member_metadata->supported_protocols.count == 0 ||
         !strings_equal(sync->protocol_name, protocols[0].name)))
        return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
    if (consumer->epoch > member->current.epoch && member->current.state != CONSUMER_UNREVOKED) {
        must_come(member);
        return KAFKA_REBALANCE_IN_PROGRESS;
    }
    return KAFKA_NONE;
}

void consumer_sync(struct group *group, struct group_sync *sync)
{
    struct consumer_member *member = NULL;
    struct consumer_subscription subscription = {0};
    int16_t error = sync_check(group->consumer, sync, &member);
    if (error != KAFKA_NONE) {
        sync_answer(sync, error);
        return;
    }
    const struct consumer_classic *classic = member->said.classic_member_metadata;
    struct string name = {"", 0};
    if (classic->supported_protocols.count > 0) {
        name = classic->supported_protocols.items[0].name;
        if (consumer_subscription_read(&sync->reply, host_of(group),
                                       classic->supported_protocols.items[0].metadata,
                                       &subscription) != 0)
            subscription.version = 0;
    }
    came(member);
    consumer_touch(member);
    sync->answer_type = string_of("consumer");
    sync->answer_name = group_reply_string(&sync->reply, name);
    sync->answer = consumer_assignment_write(&sync->reply, host_of(group), subscription.version,
                                             member->current.assigned);
    sync_answer(sync, KAFKA_NONE);
}

/* JoinGroup. */

struct classic_join {
    struct consumer_beat beat; /* first */
    struct group_join *join;
    struct consumer_classic classic;
    struct group *group;
};

static void join_done(struct consumer_beat *beat)
{
    struct classic_join *classic = CONTAINER_OF(beat, struct classic_join, beat);
    struct group_join *join = classic->join;
    struct consumer *consumer = classic->group->consumer;
    struct consumer_member *member =
        consumer == NULL ? NULL : consumer_find(consumer, beat->answer_id);
    int16_t error = beat->error;
    join->new_member_id = beat->answer_id.len >= 0
                              ? group_reply_string(&join->reply, beat->answer_id)
                              : join->member_id;
    if (error == KAFKA_NONE) {
        join->generation = beat->answer_epoch;
        join->has_type = true;
        join->protocol_name = classic->classic.supported_protocols.items[0].name;
        join->leader = (struct string){"", 0};
        /* The same write may have it in the other protocol already. */
        bool stays = member != NULL && consumer_is_classic(member);
        if (stays && !classic->group->groups->closed) {
            came(member);
            must_come(member); /* to sync */
        }
    }
    group_reply_free(&beat->reply);
    join_answer(join, error);
}

static int16_t join_flaw(struct group *group, const struct group_join *join)
{
    const struct consumer *consumer = group->consumer;
    if (!bytes_equal(string_bytes(join->protocol_type), BYTES_LITERAL("consumer")) ||
        join->protocol_count == 0 || join->protocol_count > GROUP_PROTOCOLS_MAX)
        return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
    const struct consumer_member *own = consumer_find(consumer, join->member_id);
    for (uint32_t i = 0; i < join->protocol_count; i++)
        if (consumer_all_support(consumer, join->protocols[i].name, own))
            return KAFKA_NONE;
    return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
}

static int16_t join_fill(struct group *group, struct group_join *join, struct classic_join *c)
{
    struct consumer_subscription subscription;
    struct consumer_beat *beat = &c->beat;
    if (consumer_subscription_read(&join->reply, host_of(group), join->protocols[0].metadata,
                                   &subscription) != 0)
        return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
    message_defaults(&consumer_group_member_metadata_value_classic_member_metadata_struct,
                     &c->classic);
    c->classic.session_timeout_ms = join->session_ms;
    c->classic.supported_protocols.items = group_reply_alloc(
        &join->reply, join->protocol_count, sizeof *c->classic.supported_protocols.items);
    for (uint32_t i = 0; i < join->protocol_count; i++) {
        struct PROTOCOL *protocol =
            &c->classic.supported_protocols.items[c->classic.supported_protocols.count++];
        message_defaults(&consumer_group_member_metadata_value_classic_protocol_struct, protocol);
        protocol->name = join->protocols[i].name;
        protocol->metadata = join->protocols[i].metadata;
        if (protocol->metadata.len < 0)
            protocol->metadata.len = 0;
    }
    const struct consumer_member *member = consumer_find(group->consumer, join->member_id);
    *beat = (struct consumer_beat){
        .group_id = join->group_id,
        .member_id = join->member_id,
        /* Who had left for a while has an epoch that would mean to leave. */
        .epoch = member == NULL ? 0 : MAX(member->current.epoch, 0),
        .instance_id = join->instance_id,
        .rack_id = subscription.rack,
        .assignor = STRING_NULL,
        .pattern = {"", 0},
        .client_id = join->client_id,
        .client_host = join->client_host,
        .rebalance_ms = join->rebalance_ms,
        .topics = subscription.topics,
        .topic_count = subscription.topic_count,
        .owned_said = true,
        .owned = subscription.owned,
        .classic = &c->classic,
        .done = join_done,
    };
    return KAFKA_NONE;
}

static struct string new_id(struct group *group, struct group_join *join)
{
    char *text = group_reply_alloc(&join->reply, UUID_TEXT_LEN + 1, 1);
    return string_of(uuid_print(host_of(group)->new_id(host_of(group)), text));
}

void consumer_join(struct group *group, struct group_join *join)
{
    bool is_new = join->member_id.len <= 0;
    int16_t error = join_flaw(group, join);
    if (error == KAFKA_NONE && is_new && !string_given(join->instance_id) && join->needs_id) {
        join->new_member_id = new_id(group, join);
        error = KAFKA_MEMBER_ID_REQUIRED;
    }
    struct classic_join *c = group_reply_alloc(&join->reply, 1, sizeof *c);
    c->join = join;
    c->group = group;
    if (error == KAFKA_NONE)
        error = join_fill(group, join, c);
    if (error != KAFKA_NONE) {
        join_answer(join, error);
        return;
    }
    consumer_beat_begin(group, &c->beat);
}

/* LeaveGroup. */

struct classic_leave {
    struct consumer_beat beat; /* first */
    struct group_reply memory;
};

static void leave_done(struct consumer_beat *beat)
{
    struct group_reply memory = CONTAINER_OF(beat, struct classic_leave, beat)->memory;
    group_reply_free(&beat->reply);
    group_reply_free(&memory);
}

int16_t consumer_leave(struct group *group, const struct group_leaver *leaver)
{
    struct consumer_member *member =
        string_given(leaver->instance_id)
            ? consumer_find_static(group->consumer, leaver->instance_id)
            : consumer_find(group->consumer, leaver->member_id);
    if (member == NULL)
        return KAFKA_UNKNOWN_MEMBER_ID;
    bool named = leaver->member_id.len > 0;
    if (named && !strings_equal(text_string(member->id), leaver->member_id))
        return KAFKA_FENCED_INSTANCE_ID;
    if (named && !consumer_is_classic(member))
        return KAFKA_UNKNOWN_MEMBER_ID;
    struct group_reply memory = {0};
    struct classic_leave *leave = group_reply_alloc(&memory, 1, sizeof *leave);
    leave->beat = (struct consumer_beat){
        .group_id = group_reply_string(&memory, text_string(group->id)),
        .member_id = group_reply_string(&memory, text_string(member->id)),
        .instance_id = STRING_NULL,
        .epoch = CONSUMER_EPOCH_LEAVE,
        .done = leave_done,
    };
    leave->memory = memory;
    consumer_beat_begin(group, &leave->beat);
    return KAFKA_NONE;
}
