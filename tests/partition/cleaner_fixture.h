/*
 * What the tests of compaction share: records told as words, and a rig with a compacted topic.
 *
 * A word is a key of letters and its value: "a1"; "a-" is a tombstone, "-7" has no key.
 */
#pragma once

#include "partition/cleaner_plan.h"
#include "protocol/record.h"
#include "tests/partition/recovery_fixture.h"

#define CLEANER_BATCH_MAX 4096

struct keyed_batch {
    const char *words; /* separated by blanks */
    enum compression compression;
    int64_t base_offset;
    int64_t timestamp;   /* of the first record; the next are one ms later each */
    int64_t producer_id; /* 0: none */
    int16_t epoch;
    int32_t sequence;
    bool transactional;
    bool log_append_time;
};
/* The batch, in static memory that the next eight calls leave alone. */
struct batch_span keyed_build(struct keyed_batch spec);
/* A transaction marker. */
struct batch_span keyed_marker(int64_t producer_id, bool commit, int64_t offset);

/* Adds "offset:word" for each record of a batch, and "offset..offset" for one without any. */
void keyed_print(struct batch_span batch, char *text, size_t size);

/* A topic with policy compact at place 0, whose segments hold `segment_bytes`. */
void keyed_start(uint32_t segment_bytes);
/* Appends, and flushes. */
void keyed_put(const char *words);
void keyed_give(struct batch_span batch);
/* Compacts what can be, until nothing is due. */
void keyed_clean(void);
/* What a reader of everything sees. */
const char *keyed_read(void);
#define keyed_expect(text) cr_assert_str_eq(keyed_read(), text)
