/* Lives stand in the order of their attempts; there are few of them, so they are searched in turn.
 */
#include "tools/sim/model_topics.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

struct model_topics {
    struct model *model;
    struct model_topic **lives;
    uint32_t count;
    uint64_t moment;
    uint64_t *told; /* of each life: the listing in which it was told last */
    uint64_t listings;
};

struct model_topics *model_topics_new(struct model *model)
{
    struct model_topics *topics = mem_alloc(sizeof *topics);
    topics->model = model;
    return topics;
}

void model_topics_free(struct model_topics *topics)
{
    for (uint32_t i = 0; i < topics->count; i++)
        mem_free(topics->lives[i]);
    mem_free(topics->lives);
    mem_free(topics->told);
    mem_free(topics);
}

uint64_t model_topics_moment(struct model_topics *topics)
{
    return ++topics->moment;
}

struct model_topic *model_topic_attempt(struct model_topics *topics, const char *name,
                                        int32_t partitions, const struct model_topic_plan *plan)
{
    ASSERT(partitions > 0 && partitions <= MODEL_TOPIC_PARTITIONS_MAX);
    struct model_topic *topic = mem_alloc(sizeof *topic);
    uint32_t count = topics->count;
    snprintf(topic->name, sizeof topic->name, "%s", name);
    topic->plan = *plan;
    topic->count = topic->count_before = topic->count_most = partitions;
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(topics->lives[i]->name, name) == 0 && topics->lives[i]->growth_open)
            topic->count_most = MAX(topic->count_most, topics->lives[i]->count_most);
    topics->lives =
        mem_realloc(topics->lives, count * sizeof(void *), (count + 1) * sizeof(void *));
    topics->told =
        mem_realloc(topics->told, count * sizeof *topics->told, (count + 1) * sizeof *topics->told);
    topics->lives[topics->count++] = topic;
    return topic;
}

static void topic_add_partitions(struct model_topics *topics, struct model_topic *topic)
{
    for (int32_t i = 0; i < topic->count; i++) {
        if (topic->partitions[i] != NULL)
            continue;
        topic->partitions[i] = model_add_partition(topics->model, topic->name, i);
        if (topic->plan.append_time)
            model_use_append_time(topic->partitions[i]);
        if (topic->plan.compact)
            model_use_compaction(topic->partitions[i], topic->plan.keeps_tombstones);
        if (topic->plan.retains)
            model_use_retention(topic->partitions[i], &topic->plan.retention);
    }
}

static void topic_begin(struct model_topics *topics, struct model_topic *topic, struct uuid id)
{
    ASSERT(topic->there_at == 0 && !topic->dropped);
    topic->id = id;
    topic->there_at = model_topics_moment(topics);
    topic_add_partitions(topics, topic);
}

struct model_topic *model_topic_created(struct model_topics *topics, struct model_topic *attempt,
                                        struct uuid id)
{
    struct model_topic *topic = model_topic_with_id(topics, id);
    if (topic == NULL)
        topic = attempt;
    bool other = topic != attempt && (topic->confirmed || strcmp(topic->name, attempt->name) != 0);
    if (other || uuid_is_zero(id))
        model_break(topics->model, "topic %s was created with an id that is not new",
                    attempt->name);
    if (topic->there_at == 0)
        topic_begin(topics, topic, id);
    topic->confirmed = true;
    if (topic->answered_at == 0)
        topic->answered_at = model_topics_moment(topics);
    topic->count_answered = MAX(topic->count_answered, MIN(attempt->count, topic->count));
    return topic;
}

void model_topic_dropped(struct model_topic *topic)
{
    ASSERT(topic->there_at == 0);
    topic->dropped = true;
}

void model_topic_growing(struct model_topics *topics, struct model_topic *topic, int32_t partitions)
{
    ASSERT(partitions <= MODEL_TOPIC_PARTITIONS_MAX);
    /* By name: when it is never answered, it may come to act on a later life as well. */
    for (uint32_t i = 0; i < topics->count; i++)
        if (strcmp(topics->lives[i]->name, topic->name) == 0)
            topics->lives[i]->count_most = MAX(topics->lives[i]->count_most, partitions);
}

void model_topic_growth_unanswered(struct model_topic *topic)
{
    topic->growth_open = true;
}

void model_topic_grown(struct model_topics *topics, struct model_topic *topic, int32_t partitions)
{
    if (partitions <= topic->count)
        return;
    topic->count_before = topic->count;
    topic->count = partitions;
    topic->grown_at = model_topics_moment(topics);
    topic_add_partitions(topics, topic);
}

void model_topic_answered(struct model_topics *topics, struct model_topic *topic)
{
    if (topic->answered_at == 0)
        topic->answered_at = model_topics_moment(topics);
    if (topic->grown_at != 0 && topic->count_answered < topic->count)
        topic->grown_at = model_topics_moment(topics);
    topic->count_answered = topic->count;
}

bool model_topic_everywhere(const struct model_topic *topic, int32_t partition)
{
    return partition < topic->count_answered;
}

void model_topic_going(struct model_topics *topics, struct model_topic *topic)
{
    if (topic->going_at == 0)
        topic->going_at = model_topics_moment(topics);
}

void model_topic_gone(struct model_topics *topics, struct model_topic *topic)
{
    ASSERT(topic->going_at != 0);
    if (topic->gone_at == 0)
        topic->gone_at = model_topics_moment(topics);
}

bool model_topic_stays(const struct model_topic *topic)
{
    return topic->there_at != 0 && topic->going_at == 0;
}

bool model_topic_name_may_exist(const struct model_topics *topics, const char *name)
{
    for (uint32_t i = 0; i < topics->count; i++) {
        const struct model_topic *topic = topics->lives[i];
        if (strcmp(topic->name, name) == 0 && !topic->dropped && topic->gone_at == 0)
            return true;
    }
    return false;
}

struct model_topic *model_topic_with_id(const struct model_topics *topics, struct uuid id)
{
    for (uint32_t i = topics->count; !uuid_is_zero(id) && i > 0; i--)
        if (uuid_equal(topics->lives[i - 1]->id, id))
            return topics->lives[i - 1];
    return NULL;
}

struct model_topic *model_topic_at(const struct model_topics *topics, uint32_t number)
{
    return number < topics->count ? topics->lives[number] : NULL;
}

static bool name_is(const struct model_topic *topic, struct bytes name)
{
    return bytes_equal(bytes_of_string(topic->name), name);
}

/* An attempt of which nobody knows yet how it ended. */
static struct model_topic *unanswered(const struct model_topics *topics, struct bytes name,
                                      int32_t partitions)
{
    for (uint32_t i = 0; i < topics->count; i++) {
        struct model_topic *topic = topics->lives[i];
        if (name_is(topic, name) && topic->there_at == 0 && !topic->dropped &&
            partitions >= topic->count && partitions <= topic->count_most)
            return topic;
    }
    return NULL;
}

void model_listing_begin(struct model_listing *listing, struct model_topics *topics, uint64_t sent)
{
    topics->listings++;
    *listing = (struct model_listing){.topics = topics, .sent = sent};
}

/* Null, or what is wrong with it. */
static const char *listing_judge(const struct model_listing *listing,
                                 const struct model_topic *topic, struct bytes name,
                                 int32_t partitions)
{
    bool grown = topic->grown_at != 0 && topic->grown_at < listing->sent &&
                 (listing->settled || topic->count_answered >= topic->count);
    int32_t least = grown ? topic->count : topic->count_before;
    if (!name_is(topic, name))
        return "with another name";
    if (topic->gone_at != 0 && topic->gone_at < listing->sent)
        return "after its deletion was confirmed";
    if (partitions < least || partitions > topic->count_most)
        return "with a wrong number of partitions";
    return NULL;
}

/* Without an id: any life of the name may be meant that may have existed then. One that is certain
 * comes first: beside it there is no other. */
static struct model_topic *listing_told_name(struct model_listing *listing, struct bytes name,
                                             int32_t partitions)
{
    struct model_topics *topics = listing->topics;
    struct model_topic *found = NULL;
    for (uint32_t i = topics->count; i > 0; i--) {
        struct model_topic *topic = topics->lives[i - 1];
        if (topic->dropped || listing_judge(listing, topic, name, partitions) != NULL)
            continue;
        if (found == NULL || model_topic_stays(topic))
            found = topic;
    }
    if (found == NULL)
        model_break(topics->model,
                    "topic %.*s is listed with %d partitions, which nobody can have made",
                    (int)name.len, (const char *)name.data, partitions);
    return found;
}

static void listing_count(struct model_listing *listing, const struct model_topic *topic)
{
    struct model_topics *topics = listing->topics;
    for (uint32_t i = 0; i < topics->count; i++) {
        if (topics->lives[i] != topic)
            continue;
        if (topics->told[i] == topics->listings)
            model_break(topics->model, "topic %s is listed twice", topic->name);
        topics->told[i] = topics->listings;
    }
    listing->told++;
}

struct model_topic *model_listing_told(struct model_listing *listing, struct bytes name,
                                       struct uuid id, int32_t partitions)
{
    struct model_topics *topics = listing->topics;
    struct model_topic *topic = NULL;
    if (uuid_is_zero(id)) {
        topic = listing_told_name(listing, name, partitions);
    } else {
        topic = model_topic_with_id(topics, id);
        if (topic == NULL) {
            topic = unanswered(topics, name, partitions);
            if (topic != NULL)
                topic_begin(topics, topic, id);
        }
        const char *wrong = topic == NULL ? "with an id that nobody made"
                                          : listing_judge(listing, topic, name, partitions);
        if (wrong != NULL)
            model_break(topics->model, "topic %.*s is listed %s (%d partitions)", (int)name.len,
                        (const char *)name.data, wrong, partitions);
    }
    if (topic != NULL)
        listing_count(listing, topic);
    return topic;
}

static bool must_be_listed(const struct model_listing *listing, const struct model_topic *topic)
{
    uint64_t since = listing->settled ? topic->there_at : topic->answered_at;
    return model_topic_stays(topic) && since != 0 && since < listing->sent;
}

void model_listing_told_missing(struct model_listing *listing, struct bytes name)
{
    struct model_topics *topics = listing->topics;
    for (uint32_t i = 0; i < topics->count; i++)
        if (name_is(topics->lives[i], name) && must_be_listed(listing, topics->lives[i]))
            model_break(topics->model, "topic %s is said not to exist", topics->lives[i]->name);
}

void model_listing_end(struct model_listing *listing)
{
    struct model_topics *topics = listing->topics;
    for (uint32_t i = 0; i < topics->count; i++)
        if (must_be_listed(listing, topics->lives[i]) && topics->told[i] != topics->listings)
            model_break(topics->model, "topic %s is missing in a list of all",
                        topics->lives[i]->name);
}
