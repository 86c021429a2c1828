/* A model of groups with one group, one topic of two partitions, and a clock of the test's own. */
#pragma once

#include "tests/sim/verdict.h"
#include "tools/sim/model_clock.h"
#include "tools/sim/model_groups.h"

#define RIG_START_MS 1000000

struct rig {
    struct model *model;
    struct model_topics *topics;
    struct model_groups *groups;
    struct model_group *group;
    struct model_place place;
    int64_t now_ms;
};

static inline int64_t rig_now(void *context)
{
    const struct rig *r = context;
    return r->now_ms;
}

static inline void rig_init(struct rig *r)
{
    static const struct model_topic_plan plan = {.compression = MODEL_COMPRESSION_KEPT};
    *r = (struct rig){.model = model_new(), .now_ms = RIG_START_MS};
    model_use_clock(r->model, rig_now, r);
    r->topics = model_topics_new(r->model);
    r->groups = model_groups_new(r->model);
    r->group = model_group_named(r->groups, "g");
    struct model_topic *attempt = model_topic_attempt(r->topics, "t", 2, &plan);
    r->place.topic = model_topic_created(r->topics, attempt, (struct uuid){{1}});
}

static inline void end(struct rig *r)
{
    model_groups_free(r->groups);
    model_topics_free(r->topics);
    model_free(r->model);
}

/* The ends of tests: nothing was broken, or this was. */
static inline void keeps(struct rig *r)
{
    verdict_keeps(r->model);
    end(r);
}

static inline void breaks(struct rig *r, const char *part)
{
    verdict_breaks(r->model, part);
    end(r);
}
