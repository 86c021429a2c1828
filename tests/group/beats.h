/* What tests of one consumer group "g" of KIP-848 begin with: topics "t" of 4 and "u" of 2
 * partitions, and the first heartbeats of four members, which are not sent. */
#pragma once

#include <criterion/criterion.h>

#include "rig.h"

static struct rig rig;
static struct rig_beat a;
static struct rig_beat b;
static struct rig_beat c;
static struct rig_beat d;

static void set_up(void)
{
    rig_init(&rig);
    rig_topic(&rig, "t", 4);
    rig_topic(&rig, "u", 2);
    rig_beat_fill(&a, "g", "a");
    rig_beat_fill(&b, "g", "b");
    rig_beat_fill(&c, "g", "c");
    rig_beat_fill(&d, "g", "d");
}

static void tear_down(void)
{
    group_reply_free(&a.beat.reply);
    group_reply_free(&b.beat.reply);
    group_reply_free(&c.beat.reply);
    group_reply_free(&d.beat.reply);
    rig_fini(&rig);
}

#define EXPECT_GROUP(text) cr_assert_str_eq(rig_consumers(&rig, "g"), text)
