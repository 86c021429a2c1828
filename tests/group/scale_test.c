/* Large groups: each member gets its own, nothing is counted twice, and a start loads all of it. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/util.h"
#include "rig.h"

#define MEMBERS 1000
#define SHARE_BYTES 12

struct crowd {
    struct rig rig;
    struct rig_join joins[MEMBERS];
    struct rig_sync syncs[MEMBERS];
    struct group_assignment assignments[MEMBERS];
    char shares[MEMBERS][SHARE_BYTES];
};

static struct crowd *c;

static void set_up(void)
{
    c = mem_alloc(sizeof *c);
    rig_init(&c->rig);
    c->rig.memory.limit = MIB;
}

static void tear_down(void)
{
    rig_fini(&c->rig);
    mem_free(c);
}

TestSuite(scale, .init = set_up, .fini = tear_down);

static void sync_ended(struct group_sync *sync)
{
    CONTAINER_OF(sync, struct rig_sync, sync)->ended = true;
}

/* All join at once, and the first generation begins. */
static struct rig_join *everybody_joins(void)
{
    struct rig_join *leader = NULL;
    for (int i = 0; i < MEMBERS; i++) {
        rig_join_fill(&c->joins[i], "g", s(""));
        rig_join(&c->rig, &c->joins[i]);
        cr_assert(!c->joins[i].ended, "member %d: %d", i, c->joins[i].join.error);
    }
    rig_wait(&c->rig, 8000);
    for (int i = 0; i < MEMBERS; i++) {
        struct group_join *join = &c->joins[i].join;
        cr_assert(c->joins[i].ended);
        cr_assert_eq(join->error, KAFKA_NONE);
        cr_assert_eq(join->generation, 1);
        if (join->member_count == 0)
            continue;
        cr_assert_null(leader, "one leads");
        cr_assert_eq(join->member_count, MEMBERS);
        leader = &c->joins[i];
    }
    cr_assert_not_null(leader);
    return leader;
}

static void ask_sync(int i, bool leads)
{
    struct group_sync *sync = &c->syncs[i].sync;
    *sync = (struct group_sync){
        .group_id = s("g"),
        .generation = 1,
        .member_id = c->joins[i].join.new_member_id,
        .instance_id = STRING_NULL,
        .protocol_type = STRING_NULL,
        .protocol_name = STRING_NULL,
        .assignments = c->assignments,
        .assignment_count = leads ? MEMBERS : 0,
        .done = sync_ended,
    };
    groups_sync(&c->rig.groups, sync);
}

static void fill_shares(void)
{
    for (int i = 0; i < MEMBERS; i++) {
        int len = snprintf(c->shares[i], SHARE_BYTES, "share-%d", i);
        c->assignments[i].member_id = c->joins[i].join.new_member_id;
        c->assignments[i].assignment = (struct blob){(const uint8_t *)c->shares[i], len};
    }
}

Test(scale, a_thousand_members_each_get_their_own_within_the_memory)
{
    struct rig_join *leader = everybody_joins();
    fill_shares();
    for (int i = 0; i < MEMBERS; i++)
        ask_sync(i, &c->joins[i] == leader);
    rig_write(&c->rig, 0);
    cr_assert_str_eq(rig_state(&c->rig, "g"), "Stable");
    for (int i = 0; i < MEMBERS; i++) {
        struct bytes share = blob_bytes(c->syncs[i].sync.answer);
        cr_assert(c->syncs[i].ended);
        cr_assert_eq(c->syncs[i].sync.error, KAFKA_NONE);
        cr_assert(bytes_equal(share, bytes_of_string(c->shares[i])), "member %d", i);
    }
    size_t used = c->rig.memory.used;
    cr_assert_leq(used, c->rig.memory.limit);
    rig_restart(&c->rig);
    struct group_description description = {.group_id = s("g")};
    groups_describe(&c->rig.groups, &description);
    cr_assert_eq(description.member_count, MEMBERS);
    group_reply_free(&description.reply);
    cr_assert_leq(c->rig.memory.used, used, "what is loaded is counted as it was");
    for (int i = 0; i < MEMBERS; i++) {
        rig_join_free(&c->joins[i]);
        rig_sync_free(&c->syncs[i]);
    }
}

Test(scale, a_member_beyond_the_memory_is_refused_and_the_others_stay)
{
    int refused = 0;
    c->rig.memory.limit = 64 * KIB;
    for (int i = 0; i < MEMBERS; i++) {
        rig_join_fill(&c->joins[i], "g", s(""));
        rig_join(&c->rig, &c->joins[i]);
        refused += c->joins[i].ended;
        cr_assert_leq(c->rig.memory.used, c->rig.memory.limit);
        cr_assert(!c->joins[i].ended || c->joins[i].join.error == KAFKA_COORDINATOR_NOT_AVAILABLE);
    }
    cr_assert(refused > 0 && refused < MEMBERS, "%d are refused", refused);
    rig_wait(&c->rig, 8000);
    int joined = 0;
    for (int i = 0; i < MEMBERS; i++) {
        joined += c->joins[i].join.error == KAFKA_NONE;
        cr_assert(c->joins[i].ended);
    }
    cr_assert_eq(joined, MEMBERS - refused);
    for (int i = 0; i < MEMBERS; i++)
        rig_join_free(&c->joins[i]);
}
