/* What the tests of recovery share: one rig, and short words for what is done with it. */
#pragma once

#include "tests/partition/shard_fixture.h"

extern struct rig rig;

void setup(void);
void teardown(void);
/* Fails the test when it does not start. */
void start(void);
/* A power failure, and a start. */
void restart(void);
/* All of the partition up to `end` is synced and can be read. */
void expect_end(uint32_t place, int64_t end);
enum append_outcome outcome_of(uint32_t place, struct rig_batch batch);
struct rig_batch produced(int64_t producer_id, int32_t sequence);
/* A clean stop, as Kafka makes and expects it. */
void stop_cleanly(void);
