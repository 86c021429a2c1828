/* Readers that go on where they stopped find their place, and a wrong place misleads nobody. */
#include <criterion/criterion.h>

#include "base/util.h"
#include "partition/read_places.h"
#include "protocol/batch.h"
#include "shard_fixture.h"

static struct read_places places;

static struct read_place place(uint64_t topic, int32_t partition, int64_t segment, int64_t offset)
{
    return (struct read_place){.topic_id = uuid_from_random(topic, topic),
                               .partition = partition,
                               .segment = segment,
                               .offset = offset};
}

Test(read_places, a_place_is_found_by_all_that_names_it)
{
    struct read_place kept = place(1, 2, 100, 150);
    cr_assert_not(read_places_find(&places, &kept));
    kept.position = 4711;
    kept.size = 12;
    read_places_keep(&places, &kept);
    struct read_place others[] = {place(2, 2, 100, 150),
                                  place(1, 3, 100, 150),
                                  place(1, 2, 120, 150),
                                  place(1, 2, 100, 151),
                                  {.topic_id = kept.topic_id,
                                   .partition = 2,
                                   .replacements = 1,
                                   .segment = 100,
                                   .offset = 150}};
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        cr_assert_not(read_places_find(&places, &others[i]));
    struct read_place found = place(1, 2, 100, 150);
    cr_assert(read_places_find(&places, &found));
    cr_assert_eq(found.position, 4711);
    cr_assert_eq(found.size, 12);
}

Test(read_places, the_newest_reader_has_the_slot)
{
    for (int64_t offset = 1; offset <= 10 * READ_PLACES; offset++) {
        struct read_place kept = place(1, 0, 0, offset);
        kept.position = (uint64_t)offset;
        read_places_keep(&places, &kept);
        struct read_place found = place(1, 0, 0, offset);
        cr_assert(read_places_find(&places, &found));
        cr_assert_eq(found.position, (uint64_t)offset);
    }
}

static struct rig rig;

static void setup(void)
{
    rig_init(&rig);
    rig_add(&rig, "topic", 0, 1);
    rig.limits.index_interval_bytes = 100;
    cr_assert_eq(rig_start(&rig), 0);
    rig_append_many(&rig, 0, 300);
    rig_flush(&rig);
    rig.files.fault =
        (struct file_fault){.verb = VERB_OPEN, .path = ".index", .error = ERR_IO, .times = 1000};
}

static void teardown(void)
{
    rig_fini(&rig);
}

/* Reads a batch or two; the offset behind them. */
static int64_t read_one(int64_t offset)
{
    static struct rig_read r;
    r.read.capacity = 200;
    rig_read(&rig, &r, 0, offset);
    cr_assert_eq(r.read.error, 0);
    cr_assert_gt(r.read.len, 0);
    cr_assert_eq(batch_base_offset(r.data), offset);
    return r.read.segment.next_offset;
}

Test(read_places, a_reader_that_goes_on_needs_no_index, .init = setup, .fini = teardown)
{
    int64_t offset = 0;
    while (offset < 100)
        offset = read_one(offset);
    cr_assert_eq(rig.files.fault.hits, 0);
    offset = read_one(200);
    cr_assert_eq(rig.files.fault.hits, 1, "a jump does");
    read_one(offset);
    cr_assert_eq(rig.files.fault.hits, 1);
}

/* The first read only learns how large the batch is. */
Test(read_places, a_batch_larger_than_the_buffer_needs_no_index_either, .init = setup,
     .fini = teardown)
{
    static struct rig_read r;
    int64_t offset = read_one(0);
    r.read.capacity = BATCH_HEADER_SIZE;
    rig_read(&rig, &r, 0, offset);
    cr_assert_eq(r.read.len, 0);
    cr_assert_gt(r.read.needed, 0);
    r.read.capacity = r.read.needed;
    rig_read(&rig, &r, 0, offset);
    cr_assert_eq(batch_base_offset(r.data), offset);
    cr_assert_eq(rig.files.fault.hits, 0);
}

Test(read_places, a_wrong_place_costs_time_and_not_the_answer, .init = setup, .fini = teardown)
{
    struct partition *p = rig_partition(&rig, 0);
    for (uint64_t position = 1; position < 5000; position += 97) {
        struct read_place wrong = {.topic_id = p->topic_id,
                                   .partition = p->index,
                                   .segment = segments_first(&p->segments)->base_offset,
                                   .offset = 40,
                                   .position = position};
        read_places_keep(&p->shard->read_places, &wrong);
        read_one(40);
    }
}
