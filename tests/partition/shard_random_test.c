/*
 * A shard under random use and random misfortune, against a model: appends with and without
 * sequences, failing disks, a failing WAL, power cuts and restarts with another number of cores.
 *
 * What was acknowledged is at its offset, once; nothing is there that was not given. A producer
 * that repeats what it got no answer for has it in the log exactly once.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "base/prng.h"
#include "partition/partition.h"
#include "protocol/record.h"
#include "tests/partition/shard_fixture.h"

#define PLACES 4
#define TAGS_MAX 4096
#define OPERATIONS 400

/* What is known of one batch; its tag is its index. */
struct known {
    uint32_t place;
    int64_t offset; /* acknowledged there, -1: not (yet) */
    int64_t seen;   /* found there by the running verification, -1: not */
};

struct producer_model {
    int32_t sequence; /* of the next batch, or of the one that is out */
    uint64_t tag;     /* of the one whose fate is unknown, 0: none */
    bool out;
};

static struct rig rig;
static struct prng prng;
static struct known known[TAGS_MAX];
static uint64_t next_tag;
static struct producer_model producers[PLACES];
static unsigned acknowledged;
static unsigned crashes;

static uint64_t seed;
static int operation;

/* The seed replays a failure exactly. */
#define EXPECT(condition)                                                 \
    cr_assert((condition), "%s: seed %llu, operation %d: %s", #condition, \
              (unsigned long long)seed, operation, rig.logged)

static uint64_t below(uint64_t limit)
{
    return prng_next(&prng) % limit;
}

/* Answers. */

static bool is_of_producer(const struct rig_append *a)
{
    return a->tag != 0 && batch_producer_id(a->batch) >= 0;
}

static void note_answer(struct rig *r, struct partition_append *append)
{
    (void)r;
    struct rig_append *a = CONTAINER_OF(append, struct rig_append, append);
    struct producer_model *producer = &producers[a->place];
    bool written = append->outcome == APPEND_DONE || append->outcome == APPEND_DUPLICATE;
    EXPECT(written || append->outcome == APPEND_OFFLINE || append->outcome == APPEND_GONE);
    if (written) {
        EXPECT(known[a->tag].offset < 0 || known[a->tag].offset == append->base_offset);
        known[a->tag].offset = append->base_offset;
        acknowledged++;
    }
    if (!is_of_producer(a))
        return;
    EXPECT(a->tag == producer->tag);
    producer->out = false;
    if (written) {
        producer->tag = 0;
        producer->sequence++;
    }
}

/* Verification. */

static void see_batch(void *context, const uint8_t *batch, uint32_t len)
{
    uint32_t place = *(const uint32_t *)context;
    struct bytes records = batch_records(batch, len);
    struct reader reader;
    struct record record;
    reader_init(&reader, records.data, records.len);
    EXPECT(record_read(&reader, &record) == 0);
    uint64_t tag = load_be64(record.value.data);
    EXPECT(tag > 0 && tag < next_tag);
    EXPECT(known[tag].place == place);
    EXPECT(known[tag].seen == -1);
    known[tag].seen = batch_base_offset(batch);
}

static void verify(void)
{
    rig_settle(&rig); /* else reading would let things move between two partitions */
    uint32_t times = rig.files.fault.times;
    rig.files.fault.times = 0;
    for (uint64_t tag = 1; tag < next_tag; tag++)
        known[tag].seen = -1;
    for (uint32_t place = 0; place < PLACES; place++) {
        struct partition *p = rig_partition(&rig, place);
        EXPECT(!p->offline);
        EXPECT(rig_visit_all(&rig, place, see_batch, &place) == p->durable_end);
        EXPECT(p->log_start <= p->synced_end && p->synced_end <= p->durable_end);
        EXPECT(p->durable_end <= p->log_end && p->last_stable == p->durable_end);
    }
    for (uint64_t tag = 1; tag < next_tag; tag++)
        EXPECT(known[tag].offset < 0 || known[tag].seen == known[tag].offset);
    rig.files.fault.times = times;
}

/* Operations. */

static uint64_t new_tag(uint32_t place)
{
    cr_assert_lt(next_tag, TAGS_MAX);
    known[next_tag] = (struct known){place, -1, -1};
    return next_tag++;
}

static void append_plain(void)
{
    uint32_t place = (uint32_t)below(PLACES);
    struct rig_batch spec = {.value_len = 8 + below(below(8) == 0 ? 100000 : 500)};
    spec.tag = new_tag(place);
    (void)rig_give(&rig, place, spec);
}

/* A producer has one batch out, and repeats it until it hears of its success. */
static void append_produced(void)
{
    uint32_t place = (uint32_t)below(PLACES);
    struct producer_model *producer = &producers[place];
    if (producer->out)
        return;
    if (producer->tag == 0)
        producer->tag = new_tag(place);
    struct rig_batch spec = {
        .idempotent = true,
        .producer_id = 100 + place,
        .sequence = producer->sequence,
        .tag = producer->tag,
        .value_len = 20,
    };
    producer->out = true;
    if (rig_give(&rig, place, spec)->result != 0)
        producer->out = false;
}

static void break_something(void)
{
    static const struct file_fault faults[] = {
        {VERB_WRITE, ".log", ERR_NO_SPACE, 1, 0}, {VERB_SYNC, ".log", ERR_IO, 1, 0},
        {VERB_WRITE, ".log", ERR_IO, 5, 0},       {VERB_MAKE_DIRECTORY, "topic", ERR_IO, 1, 0},
        {VERB_WRITE, "checkpoint", ERR_IO, 1, 0}, {VERB_SYNC, "checkpoint", ERR_IO, 1, 0},
        {VERB_WRITE, ".log", ERR_IO, 2, 0},       {VERB_WRITE, ".log", ERR_IO, 2, 0},
        {VERB_WRITE, ".log", ERR_IO, 2, 0},       {VERB_OPEN, ".log", ERR_IO, 1, 0},
    };
    rig.files.fault = faults[below(ARRAY_LENGTH(faults))];
}

static void crash(void)
{
    rig.files.lucky = below(2) == 0;
    rig_crash(&rig);
    crashes++;
    for (uint32_t place = 0; place < PLACES; place++)
        producers[place].out = false;
    rig.cores = 1 + (unsigned)below(2);
    if (below(3) == 0) { /* and again, during the start */
        rig.files.changes_max = 1 + below(60);
        int result = rig_start(&rig);
        EXPECT(result == 0 || rig.files.off);
        rig_crash(&rig);
    }
    EXPECT(rig_start(&rig) == 0);
}

static void operate(void)
{
    uint64_t dice = below(100);
    if (dice < 40)
        append_plain();
    else if (dice < 60)
        append_produced();
    else if (dice < 75)
        rig_step(&rig);
    else if (dice < 80)
        rig_settle(&rig);
    else if (dice < 88)
        rig_advance(&rig, 1 + below(1500));
    else if (dice < 90)
        rig.io.hold_writes = !rig.io.hold_writes;
    else if (dice < 92)
        rig.io.hold_writing = !rig.io.hold_writing;
    else if (dice < 95)
        break_something();
    else if (dice < 98)
        verify();
    else
        crash();
}

static void calm(void)
{
    rig.files.fault.times = 0;
    rig.io.hold_writes = rig.io.hold_writing = false;
    for (int i = 0; i < 20; i++)
        rig_advance(&rig, 10000);
}

static void run(void)
{
    prng_init(&prng, seed);
    memset(producers, 0, sizeof producers);
    next_tag = 1;
    acknowledged = 0;
    rig_init(&rig);
    rig.answered = note_answer;
    rig.limits.segment_bytes = 4000;
    rig.limits.index_interval_bytes = 200;
    rig.profile = (enum flush_profile)below(FLUSH_IDLE_ONLY + 1);
    for (int32_t i = 0; i < PLACES; i++)
        rig_add(&rig, "topic", i, 1);
    cr_assert_eq(rig_start(&rig), 0);
    for (operation = 0; operation < OPERATIONS; operation++)
        operate();
    calm();
    verify();
    crash();
    verify();
    EXPECT(acknowledged > 20);
    rig_fini(&rig);
}

ParameterizedTestParameters(shard_random, nothing_is_lost_and_nothing_appears)
{
    static uint64_t seeds[24];
    for (uint64_t i = 0; i < ARRAY_LENGTH(seeds); i++)
        seeds[i] = i + 1;
    return cr_make_param_array(uint64_t, seeds, ARRAY_LENGTH(seeds));
}

ParameterizedTest(uint64_t *chosen, shard_random, nothing_is_lost_and_nothing_appears)
{
    seed = *chosen;
    run();
}
