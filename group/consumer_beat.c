/*
 * ConsumerGroupHeartbeat: a member joins, says what is new about it, moves towards its target, or
 * leaves. A beat is worked out as a whole into a plan, which changes nothing by itself.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/util.h"
#include "group/consumer_internal.h"
#include "protocol/errors.h"

#define MESSAGE_MAX 400
/* What a key of a record can hold. */
#define NAME_MAX_LEN INT16_MAX

/* The member as it will be. */
struct draft {
    struct consumer_beat *beat;
    struct consumer_plan *plan;
    struct consumer *consumer;
    const struct consumer_member *member;   /* as it is; null: it is new */
    const struct consumer_member *replaced; /* the static one whose place it takes */
    struct consumer_view view;
    struct consumer_group_member_metadata_value said;
    struct consumer_current current;
    int32_t epoch; /* the group's */
    int32_t target_epoch;
    bool changed; /* its subscription did */
};

void beat_answer(struct consumer_beat *beat, int16_t error, const char *message)
{
    beat->error = error;
    beat->message = message;
    beat->done(beat);
}

/* Not answered yet. */
static void __attribute__((format(printf, 3, 4)))
beat_refuse(struct consumer_beat *beat, int16_t error, const char *format, ...)
{
    char *text = group_reply_alloc(&beat->reply, MESSAGE_MAX, 1);
    va_list values;
    va_start(values, format);
    vsnprintf(text, MESSAGE_MAX, format, values);
    va_end(values);
    beat->error = error;
    beat->message = text;
}

static int shown(struct string text)
{
    return text.len < 0 ? 0 : MIN(text.len, 100);
}

/* What is wrong with the request itself; null: nothing. */
static const char *beat_flaw(const struct consumer_beat *beat)
{
    bool id_due = beat->makes_id || beat->epoch > 0 || beat->epoch == CONSUMER_EPOCH_LEAVE;
    if (id_due && beat->member_id.len <= 0)
        return "MemberId can't be empty.";
    if (beat->group_id.len <= 0)
        return "GroupId can't be empty.";
    if (beat->instance_id.len == 0)
        return "InstanceId can't be empty.";
    if (beat->rack_id.len == 0)
        return "RackId can't be empty.";
    if (beat->epoch == CONSUMER_EPOCH_LEAVE_STATIC && !string_given(beat->instance_id))
        return "InstanceId can't be null.";
    if (beat->epoch < CONSUMER_EPOCH_LEAVE_STATIC)
        return "MemberEpoch is invalid.";
    if (beat->group_id.len > NAME_MAX_LEN || beat->member_id.len > NAME_MAX_LEN ||
        beat->pattern.len > NAME_MAX_LEN)
        return "The request names what no record can hold.";
    if (beat->epoch != 0)
        return NULL;
    if (beat->rebalance_ms == -1)
        return "RebalanceTimeoutMs must be provided in first request.";
    if (!beat->owned_said || beat->owned.count > 0)
        return "TopicPartitions must be empty when (re-)joining.";
    if (beat->topics == NULL && !string_given(beat->pattern))
        return "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when "
               "(re-)joining.";
    return NULL;
}

/* Who it is. */

static bool epoch_fits(struct consumer_beat *beat, const struct consumer_member *member)
{
    int32_t known = member->current.epoch;
    if (beat->epoch == 0 || beat->epoch == known)
        return true;
    if (beat->epoch > known) {
        beat_refuse(beat, KAFKA_FENCED_MEMBER_EPOCH,
                    "The consumer group member has a greater member epoch (%d) than the one known "
                    "by the group coordinator (%d). The member must abandon all its partitions and "
                    "rejoin.",
                    beat->epoch, known);
        return false;
    }
    /* The answer that told it the new epoch may have been lost. */
    if (beat->epoch == member->current.previous_epoch && beat->owned_said &&
        spots_within(beat->owned, member->current.assigned))
        return true;
    beat_refuse(beat, KAFKA_FENCED_MEMBER_EPOCH,
                "The consumer group member has a smaller member epoch (%d) than the one known by "
                "the group coordinator (%d). The member must abandon all its partitions and "
                "rejoin.",
                beat->epoch, known);
    return false;
}

static void refuse_unknown(struct consumer_beat *beat)
{
    beat_refuse(beat, KAFKA_UNKNOWN_MEMBER_ID, "Member %.*s is not a member of group %.*s.",
                shown(beat->member_id), beat->member_id.data, shown(beat->group_id),
                beat->group_id.data);
}

static void refuse_unknown_instance(struct consumer_beat *beat)
{
    beat_refuse(beat, KAFKA_UNKNOWN_MEMBER_ID, "Instance id %.*s is unknown.",
                shown(beat->instance_id), beat->instance_id.data);
}

/* A static member that is known under another id. */
static void refuse_fenced(struct consumer_beat *beat, const struct consumer_member *member)
{
    beat_refuse(beat, KAFKA_FENCED_INSTANCE_ID,
                "Static member %.*s with instance id %.*s was fenced by member %.*s.",
                shown(beat->member_id), beat->member_id.data, shown(beat->instance_id),
                beat->instance_id.data, shown(text_string(member->id)), member->id.data);
}

static bool draft_find_static(struct draft *d)
{
    struct consumer_beat *beat = d->beat;
    struct consumer_member *member = consumer_find_static(d->consumer, beat->instance_id);
    if (beat->epoch != 0 && member == NULL) {
        refuse_unknown_instance(beat);
        return false;
    }
    if (member == NULL || strings_equal(text_string(member->id), beat->answer_id)) {
        d->member = member != NULL ? member : consumer_find(d->consumer, beat->answer_id);
        if (member == NULL || beat->epoch == 0)
            return true;
        return epoch_fits(beat, member);
    }
    if (beat->epoch != 0) {
        refuse_fenced(beat, member);
        return false;
    }
    bool modern = beat->classic == NULL && !consumer_is_classic(member);
    if (modern && member->current.epoch != CONSUMER_EPOCH_LEAVE_STATIC) {
        beat_refuse(beat, KAFKA_UNRELEASED_INSTANCE_ID,
                    "Static member %.*s with instance id %.*s cannot join the group because the "
                    "instance id is owned by %.*s member.",
                    shown(beat->answer_id), beat->answer_id.data, shown(beat->instance_id),
                    beat->instance_id.data, shown(text_string(member->id)), member->id.data);
        return false;
    }
    d->replaced = member;
    return true;
}

static bool draft_find(struct draft *d)
{
    struct consumer_beat *beat = d->beat;
    if (string_given(beat->instance_id))
        return draft_find_static(d);
    d->member = consumer_find(d->consumer, beat->answer_id);
    if (d->member != NULL)
        return epoch_fits(beat, d->member);
    if (beat->epoch == 0)
        return true;
    refuse_unknown(beat);
    return false;
}

/* What it says. */

static void said_begin(struct draft *d)
{
    const struct consumer_member *from = d->replaced != NULL ? d->replaced : d->member;
    if (d->replaced != NULL) {
        /* Its records go before these come. */
        struct group_reply *memory = &d->plan->memory;
        d->said = consumer_said_copy(memory, &from->said);
        d->current = from->current;
        d->current.previous_epoch = 0;
        d->current.epoch = d->beat->classic != NULL ? d->target_epoch : 0;
        d->current.assigned = spots_copy(memory, from->current.assigned);
        d->current.revoking = spots_copy(memory, from->current.revoking);
        d->view.target = spots_copy(memory, from->target);
    } else if (from != NULL) {
        d->said = from->said;
        d->current = from->current;
        d->view.target = from->target;
    } else {
        message_defaults(&consumer_group_member_metadata_value_struct, &d->said);
        d->said.instance_id = d->said.rack_id = STRING_NULL;
        d->said.server_assignor = STRING_NULL;
    }
}

static bool said_equal(const struct consumer_group_member_metadata_value *a,
                       const struct consumer_group_member_metadata_value *b)
{
    return strings_equal(a->instance_id, b->instance_id) && strings_equal(a->rack_id, b->rack_id) &&
           strings_equal(a->client_id, b->client_id) &&
           strings_equal(a->client_host, b->client_host) &&
           strings_equal(a->server_assignor, b->server_assignor) &&
           strings_equal(a->subscribed_topic_regex, b->subscribed_topic_regex) &&
           a->classic_member_metadata == b->classic_member_metadata &&
           a->rebalance_timeout_ms == b->rebalance_timeout_ms;
}

static bool topics_equal(const struct consumer_group_member_metadata_value *a,
                         const struct consumer_group_member_metadata_value *b)
{
    if (a->subscribed_topic_names.count != b->subscribed_topic_names.count)
        return false;
    for (int32_t i = 0; i < a->subscribed_topic_names.count; i++)
        if (!strings_equal(a->subscribed_topic_names.items[i], b->subscribed_topic_names.items[i]))
            return false;
    return true;
}

/* A topic that a record cannot name is none. */
static void say_topics(struct draft *d)
{
    const struct consumer_beat *beat = d->beat;
    struct string *topics = group_reply_alloc(&d->plan->memory, beat->topic_count, sizeof *topics);
    uint32_t count = 0;
    for (uint32_t i = 0; i < beat->topic_count; i++)
        if (beat->topics[i].len >= 0)
            topics[count++] = beat->topics[i];
    d->said.subscribed_topic_names.items = topics;
    d->said.subscribed_topic_names.count = (int32_t)consumer_sort_topics(topics, count);
}

static void draft_say(struct draft *d)
{
    const struct consumer_beat *beat = d->beat;
    const struct consumer_group_member_metadata_value before = d->said;
    bool is_new = d->member == NULL;
    if (string_given(beat->instance_id))
        d->said.instance_id = beat->instance_id;
    if (string_given(beat->rack_id))
        d->said.rack_id = beat->rack_id;
    if (beat->rebalance_ms != -1)
        d->said.rebalance_timeout_ms = beat->rebalance_ms;
    if (string_given(beat->assignor))
        d->said.server_assignor = beat->assignor;
    if (string_given(beat->pattern))
        d->said.subscribed_topic_regex = beat->pattern;
    d->said.classic_member_metadata = beat->classic;
    d->said.client_id = beat->client_id;
    d->said.client_host = beat->client_host;
    if (beat->topics != NULL)
        say_topics(d);
    d->changed = !topics_equal(&before, &d->said) ||
                 !strings_equal(before.subscribed_topic_regex, d->said.subscribed_topic_regex);
    if (is_new || d->changed || !said_equal(&before, &d->said))
        plan_add(d->plan, CONSUMER_MEMBER, d->view.id, false)->member = d->said;
    d->view.said = &d->said;
}

/* The pattern that it names is resolved, unless it is; the one that nobody names any more goes. */
static int16_t draft_resolve(struct draft *d)
{
    struct groups_host *host = d->plan->group->groups->host;
    struct string text = d->said.subscribed_topic_regex;
    struct consumer_change change;
    const struct consumer_member *from = d->replaced != NULL ? d->replaced : d->member;
    if (from != NULL && !strings_equal(from->said.subscribed_topic_regex, text))
        plan_remove_pattern(d->plan, from);
    /* Its record goes before this one is applied. */
    text = group_reply_string(&d->plan->memory, text);
    if (!d->changed || text.len <= 0 || consumer_find_pattern(d->consumer, text) != NULL)
        return KAFKA_NONE;
    int16_t error = consumer_pattern_resolve(&d->plan->memory, host, text, &change);
    if (error == KAFKA_NONE)
        *plan_add(d->plan, CONSUMER_PATTERN, text, false) = change;
    return error;
}

/* The group's part. */

static void add_epoch(struct draft *d, int64_t hash)
{
    d->epoch++;
    struct consumer_change *epoch = plan_add(d->plan, CONSUMER_EPOCH, STRING_NULL, false);
    epoch->epoch = d->epoch;
    epoch->hash = hash;
}

static void add_targets(struct draft *d, struct consumer_views views)
{
    const struct spots *targets = consumer_assign(d->plan, views);
    for (uint32_t i = 0; i < views.count; i++) {
        const struct consumer_view *view = &views.items[i];
        bool own = strings_equal(view->id, d->view.id);
        if (own)
            d->view.target = targets[i];
        /* Who takes a place has no target of its own in the log yet. */
        bool fresh = own && d->replaced != NULL;
        if (fresh || !spots_equal(view->target, targets[i]))
            plan_add(d->plan, CONSUMER_TARGET, view->id, false)->target = targets[i];
    }
    plan_add(d->plan, CONSUMER_TARGET_EPOCH, STRING_NULL, false)->epoch = d->epoch;
    d->target_epoch = d->epoch;
}

/* The next epoch, where something changed, and the target for it. */
static void draft_assign(struct draft *d)
{
    struct consumer *consumer = d->consumer;
    struct groups_host *host = consumer->group->groups->host;
    uint64_t version = host->topics_version(host);
    bool look = consumer->hash_due || consumer->topics_seen != version;
    /* Patterns that were looked at a moment ago are due later: so is this. */
    bool again = look && !consumer_patterns_refresh(d->plan, consumer);
    struct consumer_views views = {0};
    if (look || d->changed || d->epoch == 0) {
        views = consumer_views_of(d->plan, d->replaced, &d->view);
        int64_t hash = consumer_topics_hash(d->plan, views);
        if (d->changed || d->epoch == 0 || hash != consumer->hash)
            add_epoch(d, hash);
        consumer->hash_due = again;
        consumer->topics_seen = version;
    }
    if (d->epoch > d->target_epoch) {
        if (views.items == NULL)
            views = consumer_views_of(d->plan, d->replaced, &d->view);
        add_targets(d, views);
    } else if (d->replaced != NULL) {
        plan_add(d->plan, CONSUMER_TARGET, d->view.id, false)->target = d->view.target;
    }
}

static bool current_equal(const struct consumer_current *a, const struct consumer_current *b)
{
    return a->epoch == b->epoch && a->previous_epoch == b->previous_epoch && a->state == b->state &&
           spots_equal(a->assigned, b->assigned) && spots_equal(a->revoking, b->revoking);
}

/* False: it was refused. */
static bool draft_reconcile(struct draft *d)
{
    struct consumer_beat *beat = d->beat;
    struct consumer_current after = d->current;
    bool settled = d->current.state == CONSUMER_STABLE && d->current.epoch == d->target_epoch;
    if (!settled || d->changed) {
        consumer_view_subscribe(d->plan, &d->view);
        struct consumer_reconcile in = {
            .current = d->current,
            .target = d->view.target,
            .target_epoch = d->target_epoch,
            .subscription_changed = d->changed,
            .subscribed = consumer_topic_ids(d->plan, &d->view),
            .owned_said = beat->owned_said,
            .owned = beat->owned,
            .consumer = d->consumer,
        };
        if (!consumer_reconcile(&d->plan->memory, &in, &after)) {
            beat_refuse(beat, KAFKA_FENCED_MEMBER_EPOCH,
                        "The consumer group member is in a unknown state. The member must abandon "
                        "all its partitions and rejoin.");
            return false;
        }
    }
    if (d->member == NULL || !current_equal(&after, &d->current))
        plan_add(d->plan, CONSUMER_CURRENT, d->view.id, false)->current = after;
    bool full = beat->rebalance_ms != -1 && (beat->topics != NULL || string_given(beat->pattern)) &&
                beat->owned_said;
    beat->assignment_said =
        beat->epoch == 0 || full || !spots_equal(after.assigned, d->current.assigned);
    if (beat->assignment_said)
        beat->assignment = spots_copy(&beat->reply, after.assigned);
    beat->answer_epoch = after.epoch;
    return true;
}

static void draft_replace(struct draft *d)
{
    struct string id = group_reply_string(&d->plan->memory, text_string(d->replaced->id));
    plan_add(d->plan, CONSUMER_CURRENT, id, true);
    plan_add(d->plan, CONSUMER_TARGET, id, true);
    plan_add(d->plan, CONSUMER_MEMBER, id, true);
}

static void beat_go_on(struct consumer_plan *plan, struct consumer_beat *beat)
{
    struct consumer *consumer = plan->consumer;
    struct draft d = {
        .beat = beat,
        .plan = plan,
        .consumer = consumer,
        .view.id = beat->answer_id,
        .epoch = consumer->epoch,
        .target_epoch = consumer->target_epoch,
    };
    if (!draft_find(&d))
        return;
    if (!consumer->stored && plan->group->stored)
        plan_add(plan, CONSUMER_CLASSIC, STRING_NULL, true);
    said_begin(&d);
    if (d.replaced != NULL)
        draft_replace(&d);
    draft_say(&d);
    int16_t error = draft_resolve(&d);
    if (error != KAFKA_NONE) {
        beat_refuse(beat, error, "SubscribedTopicRegex `%.*s` is not a valid regular expression.",
                    shown(beat->pattern), beat->pattern.data);
        return;
    }
    draft_assign(&d);
    if (!draft_reconcile(&d))
        consumer->hash_due = true;
}

/* It leaves, for good or, as a static member, for a while. */

static void beat_leave(struct consumer_plan *plan, struct consumer_beat *beat)
{
    bool static_member = string_given(beat->instance_id);
    struct consumer_member *member = static_member
                                         ? consumer_find_static(plan->consumer, beat->instance_id)
                                         : consumer_find(plan->consumer, beat->member_id);
    if (member == NULL) {
        if (static_member)
            refuse_unknown_instance(beat);
        else
            refuse_unknown(beat);
        return;
    }
    if (static_member && !strings_equal(text_string(member->id), beat->member_id)) {
        refuse_fenced(beat, member);
        return;
    }
    beat->answer_epoch = beat->epoch;
    if (beat->epoch == CONSUMER_EPOCH_LEAVE_STATIC) {
        struct consumer_change *change = plan_add(plan, CONSUMER_CURRENT, beat->member_id, false);
        change->current = member->current;
        change->current.epoch = CONSUMER_EPOCH_LEAVE_STATIC;
        change->current.revoking = (struct spots){0};
    } else {
        plan_remove_member(plan, member);
    }
}

void consumer_beat_work(struct consumer_plan *plan, struct consumer_beat *beat)
{
    const struct groups_config *config = plan->group->groups->host->config;
    const struct consumer *consumer = plan->consumer;
    beat->error = KAFKA_NONE;
    beat->message = NULL;
    beat->assignment_said = false;
    if (beat->epoch < 0)
        beat_leave(plan, beat);
    else if (consumer->member_count >= (uint32_t)config->consumer_members_max &&
             consumer_find(consumer, beat->answer_id) == NULL)
        beat_refuse(beat, KAFKA_GROUP_MAX_SIZE_REACHED,
                    "The consumer group has reached its maximum capacity of %d members.",
                    config->consumer_members_max);
    else
        beat_go_on(plan, beat);
}

/* From the request to its place in line. */

/* The group of its name, made where that is new or was a classic one that nobody is in; null: the
 * beat was refused. */
static struct group *beat_group(struct groups *groups, struct consumer_beat *beat)
{
    struct group *group = group_find(groups, string_bytes(beat->group_id));
    if (group != NULL && group->deleting) {
        beat_answer(beat, KAFKA_COORDINATOR_NOT_AVAILABLE, NULL);
        return NULL;
    }
    if (group != NULL && group->consumer != NULL)
        return group;
    bool classic = group != NULL && group->state != GROUP_EMPTY;
    if (beat->epoch == 0 && classic && consumer_upgrade(group))
        return group;
    if (beat->epoch != 0 || classic) {
        beat_refuse(beat, KAFKA_GROUP_ID_NOT_FOUND,
                    group != NULL      ? "Group %.*s is not a consumer group."
                    : beat->epoch >= 0 ? "Consumer group %.*s not found."
                                       : "Group %.*s not found.",
                    shown(beat->group_id), beat->group_id.data);
        beat->done(beat);
        return NULL;
    }
    if (group == NULL)
        group = group_take(groups, string_bytes(beat->group_id));
    if (group == NULL) {
        beat_answer(beat, KAFKA_COORDINATOR_NOT_AVAILABLE, NULL);
        return NULL;
    }
    consumer_make(group);
    return group;
}

static void beat_name(struct groups *groups, struct consumer_beat *beat)
{
    struct groups_host *host = groups->host;
    if (beat->member_id.len > 0) {
        beat->answer_id = beat->member_id;
        return;
    }
    char *text = group_reply_alloc(&beat->reply, UUID_TEXT_LEN + 1, 1);
    beat->answer_id = string_of(uuid_print(host->new_id(host), text));
}

void consumer_beat_begin(struct group *group, struct consumer_beat *beat)
{
    beat->groups = group->groups;
    beat_name(group->groups, beat);
    struct groups_host *host = group->groups->host;
    beat->interval_ms = host->settings(host, text_bytes(group->id)).heartbeat_ms;
    list_push_back(&group->consumer->waiting, &beat->node);
    if (group->consumer->busy)
        return;
    consumer_serve(group);
    group_forget_maybe(group);
}

void groups_consumer_beat(struct groups *groups, struct consumer_beat *beat)
{
    const struct groups_config *config = groups->host->config;
    const char *flaw = beat_flaw(beat);
    beat->groups = groups;
    beat->answer_id = STRING_NULL;
    if (flaw != NULL) {
        beat_answer(beat, KAFKA_INVALID_REQUEST, flaw);
        return;
    }
    if (string_given(beat->assignor) && !consumer_assignor_known(groups->host, beat->assignor)) {
        beat_refuse(beat, KAFKA_UNSUPPORTED_ASSIGNOR,
                    "ServerAssignor %.*s is not supported. Supported assignors: %s%s%s.",
                    shown(beat->assignor), beat->assignor.data, config->assignors[0],
                    config->assignors[1] == NULL ? "" : ", ",
                    config->assignors[1] == NULL ? "" : config->assignors[1]);
        beat->done(beat);
        return;
    }
    if (groups->closed) {
        beat_answer(beat, KAFKA_NOT_COORDINATOR, NULL);
        return;
    }
    struct group *group = beat_group(groups, beat);
    if (group == NULL)
        return;
    consumer_beat_begin(group, beat);
}
