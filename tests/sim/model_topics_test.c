/* The simulator's knowledge of topics: every kind of wrong listing must be reported, no right one.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/sim/verdict.h"
#include "tools/sim/model_topics.h"

struct rig {
    struct model *model;
    struct model_topics *topics;
    struct model_listing listing;
};

static const struct model_topic_plan plan = {.compression = MODEL_COMPRESSION_KEPT};

static struct uuid id_of(uint8_t number)
{
    return (struct uuid){{number, 1}};
}

static struct rig rig_new(void)
{
    struct rig r = {.model = model_new()};
    r.topics = model_topics_new(r.model);
    return r;
}

static struct model_topic *attempt(struct rig *r, int32_t partitions)
{
    return model_topic_attempt(r->topics, "t", partitions, &plan);
}

static struct model_topic *create(struct rig *r, uint8_t id, int32_t partitions)
{
    return model_topic_created(r->topics, attempt(r, partitions), id_of(id));
}

static void delete (struct rig *r, struct model_topic *topic)
{
    model_topic_going(r->topics, topic);
    model_topic_gone(r->topics, topic);
}

static void list(struct rig *r)
{
    model_listing_begin(&r->listing, r->topics, model_topics_moment(r->topics));
}

static struct model_topic *told(struct rig *r, struct uuid id, int32_t partitions)
{
    return model_listing_told(&r->listing, bytes_of_string("t"), id, partitions);
}

static void keeps(struct rig *r)
{
    verdict_keeps(r->model);
}

static void end(struct rig *r)
{
    model_topics_free(r->topics);
    model_free(r->model);
}

static void breaks(struct rig *r, const char *part)
{
    verdict_breaks(r->model, part);
    end(r);
}

/* A core that has told it may be ahead of the others until the answer is there. */
Test(model_topics, is_everywhere_when_an_answer_has_confirmed_it)
{
    struct rig r = rig_new();
    attempt(&r, 2);
    list(&r);
    struct model_topic *topic = told(&r, id_of(1), 2);
    cr_assert_not(model_topic_everywhere(topic, 0));
    model_topic_answered(r.topics, topic);
    cr_assert(model_topic_everywhere(topic, 1));
    model_topic_growing(r.topics, topic, 3);
    model_topic_grown(r.topics, topic, 3);
    cr_assert_not(model_topic_everywhere(topic, 2));
    model_topic_answered(r.topics, topic);
    cr_assert(model_topic_everywhere(topic, 2));
    delete (&r, topic);
    topic = create(&r, 2, 2);
    cr_assert(model_topic_everywhere(topic, 1));
    cr_assert_not(model_topic_everywhere(topic, 2));
    keeps(&r);
    end(&r);
}

Test(model_topics, is_content_with_a_life_and_the_next)
{
    struct rig r = rig_new();
    struct model_topic *first = create(&r, 1, 3);
    list(&r);
    cr_assert_eq(told(&r, id_of(1), 3), first);
    model_listing_end(&r.listing);
    delete (&r, first);
    list(&r);
    model_listing_told_missing(&r.listing, bytes_of_string("t"));
    model_listing_end(&r.listing);
    struct model_topic *second = create(&r, 2, 5);
    list(&r);
    cr_assert_eq(told(&r, id_of(2), 5), second);
    model_listing_end(&r.listing);
    keeps(&r);
    end(&r);
}

Test(model_topics, reports_a_confirmed_topic_that_is_missing)
{
    struct rig r = rig_new();
    create(&r, 1, 3);
    list(&r);
    model_listing_end(&r.listing);
    breaks(&r, "missing in a list");
    r = rig_new();
    create(&r, 1, 3);
    list(&r);
    model_listing_told_missing(&r.listing, bytes_of_string("t"));
    breaks(&r, "said not to exist");
}

Test(model_topics, leaves_open_what_is_confirmed_or_deleted_meanwhile)
{
    struct rig r = rig_new();
    list(&r);
    struct model_topic *topic = create(&r, 1, 3);
    model_listing_end(&r.listing);
    model_topic_going(r.topics, topic);
    list(&r);
    model_listing_end(&r.listing);
    list(&r);
    told(&r, id_of(1), 3);
    model_topic_gone(r.topics, topic);
    model_listing_end(&r.listing);
    keeps(&r);
    end(&r);
}

Test(model_topics, reports_a_deleted_topic_that_is_listed)
{
    struct rig r = rig_new();
    delete (&r, create(&r, 1, 3));
    list(&r);
    told(&r, id_of(1), 3);
    breaks(&r, "after its deletion");
    r = rig_new();
    delete (&r, create(&r, 1, 3));
    list(&r);
    told(&r, (struct uuid){{0}}, 3);
    breaks(&r, "nobody can have made");
}

Test(model_topics, reports_an_id_of_nobody)
{
    struct rig r = rig_new();
    create(&r, 1, 3);
    list(&r);
    told(&r, id_of(2), 3);
    breaks(&r, "an id that nobody made");
}

Test(model_topics, reports_an_id_that_comes_again)
{
    struct rig r = rig_new();
    delete (&r, create(&r, 1, 3));
    create(&r, 1, 3);
    breaks(&r, "not new");
}

Test(model_topics, reports_a_topic_that_is_listed_twice)
{
    struct rig r = rig_new();
    create(&r, 1, 3);
    list(&r);
    told(&r, id_of(1), 3);
    told(&r, id_of(1), 3);
    breaks(&r, "listed twice");
}

Test(model_topics, reports_another_name)
{
    struct rig r = rig_new();
    create(&r, 1, 3);
    list(&r);
    model_listing_told(&r.listing, bytes_of_string("u"), id_of(1), 3);
    breaks(&r, "another name");
}

Test(model_topics, adopts_an_attempt_without_an_answer)
{
    struct rig r = rig_new();
    struct model_topic *topic = attempt(&r, 3);
    cr_assert(model_topic_name_may_exist(r.topics, "t"));
    list(&r);
    cr_assert_eq(told(&r, id_of(1), 3), topic);
    cr_assert(model_topic_stays(topic));
    model_topic_answered(r.topics, topic);
    list(&r);
    model_listing_end(&r.listing);
    breaks(&r, "missing in a list");
}

/* The core that is asked next may stand still since before the creation. */
Test(model_topics, leaves_open_what_a_listing_alone_has_shown_until_all_is_settled)
{
    struct rig r = rig_new();
    attempt(&r, 3);
    list(&r);
    told(&r, id_of(1), 3);
    list(&r);
    model_listing_told_missing(&r.listing, bytes_of_string("t"));
    model_listing_end(&r.listing);
    keeps(&r);
    list(&r);
    r.listing.settled = true;
    model_listing_end(&r.listing);
    breaks(&r, "missing in a list");
}

Test(model_topics, leaves_open_partitions_that_a_listing_alone_has_shown_until_all_is_settled)
{
    struct rig r = rig_new();
    struct model_topic *topic = create(&r, 1, 3);
    model_topic_growing(r.topics, topic, 5);
    model_topic_grown(r.topics, topic, 5);
    list(&r);
    told(&r, id_of(1), 3);
    keeps(&r);
    list(&r);
    r.listing.settled = true;
    told(&r, id_of(1), 3);
    breaks(&r, "a wrong number");
}

Test(model_topics, reports_an_attempt_that_was_refused_and_shows)
{
    struct rig r = rig_new();
    model_topic_dropped(attempt(&r, 3));
    cr_assert(!model_topic_name_may_exist(r.topics, "t"));
    list(&r);
    told(&r, id_of(1), 3);
    breaks(&r, "an id that nobody made");
}

Test(model_topics, takes_an_answer_behind_the_listing_that_showed_it)
{
    struct rig r = rig_new();
    struct model_topic *first = attempt(&r, 3);
    struct model_topic *second = attempt(&r, 3);
    list(&r);
    cr_assert_eq(told(&r, id_of(1), 3), first);
    cr_assert_eq(model_topic_created(r.topics, second, id_of(1)), first);
    keeps(&r);
    end(&r);
}

Test(model_topics, reports_wrong_numbers_of_partitions)
{
    static const int32_t wrong[] = {2, 6};
    for (size_t i = 0; i < 2; i++) {
        struct rig r = rig_new();
        struct model_topic *topic = create(&r, 1, 3);
        model_topic_growing(r.topics, topic, 5);
        list(&r);
        told(&r, id_of(1), 3);
        list(&r);
        told(&r, id_of(1), 5);
        keeps(&r);
        list(&r);
        told(&r, id_of(1), wrong[i]);
        breaks(&r, "a wrong number");
    }
}

Test(model_topics, reports_partitions_that_were_confirmed_and_are_gone)
{
    struct rig r = rig_new();
    struct model_topic *topic = create(&r, 1, 3);
    model_topic_growing(r.topics, topic, 5);
    list(&r);
    model_topic_grown(r.topics, topic, 5);
    model_topic_answered(r.topics, topic);
    cr_assert_not_null(topic->partitions[4]);
    told(&r, id_of(1), 3);
    keeps(&r);
    list(&r);
    told(&r, id_of(1), 3);
    breaks(&r, "a wrong number");
}
