/*
 * What a broker that idles may hold (tools/sim/idle.h): that the look at it sees what is held, and
 * that all of it goes when its cause has gone. A leak is KEEP_DELETED of base/mutant.h.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"
#include "talk.h"
#include "tools/sim/idle.h"

#define LARGE 300000

/* "" when nothing is kept. Valid until the next time. */
static const char *kept(struct talk *t)
{
    static char sentence[256];
    const char *told = idle_keeps(talk_host(t), sentence, sizeof sentence);
    return told == NULL ? "" : told;
}

#define expect_kept(t, what) cr_assert_not_null(strstr(kept(t), what), "\"%s\"", kept(t))

static void expect_nothing(struct talk *t)
{
    talk_wait(t, IDLE_NS);
    cr_assert_str_eq(kept(t), "");
}

Test(idle, a_connection_is_held_until_it_goes)
{
    struct talk *t = talk_new(&(struct talk_options){0});
    expect_nothing(t);
    struct talk_peer *p = talk_connect(t);
    talk_wait(t, NS_PER_MS);
    expect_kept(t, "core 0 idles and holds 1 connections");
    talk_close(p);
    expect_nothing(t);
    talk_free(t);
}

Test(idle, half_a_frame_is_memory_until_its_connection_goes)
{
    struct talk *t = talk_new(&(struct talk_options){0});
    struct talk_peer *p = talk_connect(t);
    size_t len;
    talk_create(t, "t", 1);
    uint8_t *half = mem_alloc(LARGE);
    half[1] = 0x10;
    len = talk_send(p, half, LARGE, NS_PER_S);
    cr_assert_eq(len, LARGE);
    talk_wait(t, NS_PER_MS);
    cr_assert_str_neq(kept(t), "");
    talk_reset(p);
    expect_nothing(t);
    mem_free(half);
    talk_free(t);
}

/* A batch that is durable is proven so by a later group, 20 ms later by an empty one; and waits for
 * its segment, and takes a place in the WAL's memory. */
Test(idle, a_batch_is_proven_soon_and_held_until_it_is_in_a_segment)
{
    struct talk *t = talk_new(&(struct talk_options){0});
    struct talk_peer *p = talk_connect(t);
    talk_create(t, "t", 1);
    expect_kept(t, "connections");
    talk_produce(p, "t", 0, 100, -1);
    cr_assert_not_null(talk_answer(p));
    talk_close(p);
    talk_wait(t, 10 * NS_PER_MS);
    expect_kept(t, "groups that nothing in the WAL proves");
    talk_wait(t, 40 * NS_PER_MS);
    expect_kept(t, "batches that are in no segment");
    expect_nothing(t);
    talk_free(t);
}

Test(idle, a_fetch_that_waits_is_held_until_it_ends)
{
    struct talk *t = talk_new(&(struct talk_options){.cores = 2});
    struct talk_peer *p = talk_connect(t);
    talk_create(t, "t", 1);
    talk_fetch(p, "t", 60000, 0);
    talk_wait(t, 10 * NS_PER_MS);
    cr_assert_str_neq(kept(t), "");
    talk_close(p);
    expect_nothing(t);
    talk_free(t);
}
