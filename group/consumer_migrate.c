/*
 * From the classic protocol to KIP-848 and back, while members stay
 * (group.consumer.migration.policy).
 *
 * A classic group becomes a consumer group when the first member of the new protocol joins: its
 * members stay as they are, with the assignments that they have. It becomes a classic one when the
 * last of them has gone: the others are told to rejoin.
 *
 * Here memory changes at once, and the group is busy until the log has followed. If that write
 * fails the members are dropped: they come again, to whichever group the log has.
 */
#include "base/assert.h"
#include "base/util.h"
#include "group/consumer_internal.h"
#include "group/consumer_protocol.h"
#include "protocol/errors.h"

static struct groups_host *host_of(const struct group *group)
{
    return group->groups->host;
}

/* Up. */

struct upgraded {
    struct string id;
    struct consumer_group_member_metadata_value said;
    struct spots assigned;
};

static struct blob any_metadata(const struct group_member *member)
{
    struct blob chosen = member_metadata(member);
    return chosen.data == NULL && member->protocol_count > 0 ? member->protocols[0].metadata
                                                             : chosen;
}

static struct consumer_classic *classic_of(struct group_reply *memory,
                                           const struct group_member *member)
{
    struct consumer_classic *classic = group_reply_alloc(memory, 1, sizeof *classic);
    message_defaults(&consumer_group_member_metadata_value_classic_member_metadata_struct, classic);
    classic->session_timeout_ms = member->session_ms;
    classic->supported_protocols.items = group_reply_alloc(
        memory, member->protocol_count, sizeof *classic->supported_protocols.items);
    for (uint32_t i = 0; i < member->protocol_count; i++) {
        struct consumer_group_member_metadata_value_classic_protocol *to =
            &classic->supported_protocols.items[classic->supported_protocols.count++];
        message_defaults(&consumer_group_member_metadata_value_classic_protocol_struct, to);
        to->name = member->protocols[i].name;
        to->metadata = member->protocols[i].metadata;
    }
    return classic;
}

static int upgrade_member(struct group_reply *memory, const struct group_member *member,
                          struct upgraded *out)
{
    struct groups_host *host = host_of(member->group);
    struct consumer_subscription subscription;
    struct consumer_group_member_metadata_value said;
    int result = consumer_subscription_read(memory, host, any_metadata(member), &subscription);
    if (result == 0)
        result =
            consumer_assignment_read(memory, host, text_blob(member->assignment), &out->assigned);
    if (result != 0)
        return result;
    message_defaults(&consumer_group_member_metadata_value_struct, &said);
    said.instance_id = text_string(member->instance_id);
    said.rack_id = subscription.rack;
    said.client_id = text_string(member->client_id);
    said.client_host = text_string(member->client_host);
    said.subscribed_topic_names.items = subscription.topics;
    said.subscribed_topic_names.count = (int32_t)subscription.topic_count;
    said.server_assignor = STRING_NULL;
    said.rebalance_timeout_ms = member->rebalance_ms;
    said.classic_member_metadata = classic_of(memory, member);
    out->id = group_reply_string(memory, text_string(member->id));
    out->said = consumer_said_copy(memory, &said);
    return 0;
}

static void plan_upgrade(struct consumer_plan *plan, const struct upgraded *members, uint32_t count,
                         int32_t generation)
{
    for (uint32_t i = 0; i < count; i++)
        plan_add(plan, CONSUMER_MEMBER, members[i].id, false)->member = members[i].said;
    plan_add(plan, CONSUMER_EPOCH, STRING_NULL, false)->epoch = generation;
    for (uint32_t i = 0; i < count; i++)
        plan_add(plan, CONSUMER_TARGET, members[i].id, false)->target = members[i].assigned;
    plan_add(plan, CONSUMER_TARGET_EPOCH, STRING_NULL, false)->epoch = generation;
    for (uint32_t i = 0; i < count; i++)
        plan_add(plan, CONSUMER_CURRENT, members[i].id, false)->current = (struct consumer_current){
            .epoch = generation,
            .previous_epoch = generation,
            .state = CONSUMER_STABLE,
            .assigned = members[i].assigned,
        };
}

bool consumer_upgrade(struct group *group)
{
    const struct groups_config *config = host_of(group)->config;
    struct group_reply memory = {0};
    if (!config->may_upgrade || !group_uses_consumers(group) ||
        group->member_count > (uint32_t)config->consumer_members_max)
        return false;
    struct upgraded *members = group_reply_alloc(&memory, group->member_count, sizeof *members);
    uint32_t count = 0;
    LIST_EACH(node, &group->members)
        if (upgrade_member(&memory, LIST_ENTRY(node, struct group_member, node),
                           &members[count++]) != 0) {
            group_reply_free(&memory);
            return false;
        }
    int32_t generation = group->generation;
    group_drop_members(group, KAFKA_REBALANCE_IN_PROGRESS);
    group_rest(group);
    consumer_make(group);
    struct consumer_plan *plan = plan_new(group, group->consumer);
    plan_add(plan, CONSUMER_CLASSIC, STRING_NULL, true);
    plan_upgrade(plan, members, count, generation);
    /* The first heartbeat compares the hash of the topics, which is not known here. */
    consumer_write_applied(plan);
    consumer_loaded(group->consumer);
    group_reply_free(&memory);
    return true;
}

/* Down. */

/* The first protocol that all have; null: none. */
static struct string common_protocol(const struct consumer *consumer)
{
    const struct consumer_member *first =
        LIST_FIRST(&consumer->members, struct consumer_member, node);
    const struct consumer_classic *classic = first->said.classic_member_metadata;
    for (int32_t i = 0; i < classic->supported_protocols.count; i++)
        if (consumer_all_support(consumer, classic->supported_protocols.items[i].name, NULL))
            return classic->supported_protocols.items[i].name;
    return STRING_NULL;
}

static bool downgrade_due(const struct consumer *consumer)
{
    const struct groups_config *config = host_of(consumer->group)->config;
    if (!config->may_downgrade || consumer->member_count == 0 ||
        consumer->member_count > (uint32_t)config->members_max)
        return false;
    LIST_EACH(node, &consumer->members)
        if (!consumer_is_classic(LIST_ENTRY(node, struct consumer_member, node)))
            return false;
    return string_given(common_protocol(consumer));
}

static void downgrade_member(struct group *group, const struct consumer_member *from,
                             struct group_reply *memory)
{
    const struct consumer_classic *classic = from->said.classic_member_metadata;
    uint32_t count = (uint32_t)classic->supported_protocols.count;
    struct consumer_subscription subscription = {0};
    struct group_protocol *protocols = group_reply_alloc(memory, count, sizeof *protocols);
    for (uint32_t i = 0; i < count; i++)
        protocols[i] = (struct group_protocol){classic->supported_protocols.items[i].name,
                                               classic->supported_protocols.items[i].metadata};
    struct group_member_options options = {
        .id = text_string(from->id),
        .instance_id = from->said.instance_id,
        .client_id = from->said.client_id,
        .client_host = from->said.client_host,
        .session_ms = classic->session_timeout_ms,
        .rebalance_ms = from->said.rebalance_timeout_ms,
        .protocols = protocols,
        .protocol_count = count,
    };
    struct group_member *member = member_add(group, &options, true);
    ASSERT(member != NULL);
    if (consumer_subscription_read(memory, host_of(group), protocols[0].metadata, &subscription) !=
        0)
        subscription.version = 0;
    member_set_assignment(member, consumer_assignment_write(memory, host_of(group),
                                                            subscription.version, from->target));
    member_touch(member);
    if (group->leader == NULL)
        group->leader = member;
}

static void plan_downgrade(struct consumer_plan *plan, const struct consumer *consumer)
{
    static const enum consumer_change_kind kinds[] = {CONSUMER_CURRENT, CONSUMER_TARGET,
                                                      CONSUMER_MEMBER};
    for (size_t k = 0; k < ARRAY_LENGTH(kinds); k++)
        LIST_EACH(node, &consumer->members) {
            const struct consumer_member *member = LIST_ENTRY(node, struct consumer_member, node);
            struct string id = group_reply_string(&plan->memory, text_string(member->id));
            plan_add(plan, kinds[k], id, true);
        }
    plan_add(plan, CONSUMER_TARGET_EPOCH, STRING_NULL, true);
    LIST_EACH(node, &consumer->patterns)
        plan_add(
            plan, CONSUMER_PATTERN,
            group_reply_string(&plan->memory,
                               text_string(LIST_ENTRY(node, struct consumer_pattern, node)->text)),
            true);
    plan_add(plan, CONSUMER_EPOCH, STRING_NULL, true);
}

static void stored(struct group_store *store, int result)
{
    (void)store;
    (void)result; /* a replay has the same members in the other protocol */
}

void consumer_downgrade_maybe(struct group *group)
{
    struct consumer *consumer = group->consumer;
    if (consumer == NULL || consumer->busy || !list_empty(&consumer->waiting) ||
        group->groups->closed || !downgrade_due(consumer))
        return;
    struct group_reply memory = {0};
    struct consumer_plan *plan = plan_new(group, group->consumer);
    plan_downgrade(plan, consumer);
    text_set(&group->protocol_type, BYTES_LITERAL("consumer"));
    text_set(&group->protocol_name, string_bytes(common_protocol(consumer)));
    group->generation = consumer->epoch;
    LIST_EACH(node, &consumer->members)
        downgrade_member(group, LIST_ENTRY(node, struct consumer_member, node), &memory);
    consumer_free(consumer);
    consumer_write_ended(plan);
    group_set_state(group, GROUP_STABLE);
    group_subscribe(group);
    struct group_store *store = group_store_new(group);
    store->stored = stored;
    group_store(store);
    group_reply_free(&memory);
    group_rebalance(group);
}
