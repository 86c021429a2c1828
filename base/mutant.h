/*
 * Mutants: one deliberately wrong behaviour at a time, to prove that the simulator can fail.
 *
 * A mutant stands at the one line where its rule is kept, as MUTANT(NAME). In the libraries of the
 * broker that is the constant false, and nothing of it is left in the program. The simulator links
 * libraries of its own, compiled with -DMUTANTS, where `odradek-sim --mutant NAME` makes one of
 * them true. `odradek-sim --mutants` runs the table and wants each one caught.
 *
 * Rejected: an #ifdef at each place. It would have to be read around in the code that ships, and
 * needs a build for each mutant.
 */
#pragma once

#include <stdbool.h>

#ifdef MUTANTS
#define MUTANT(name) mutant_is(MUTANT_##name)
#else
#define MUTANT(name) false
#endif

/*
 * Name, the world it is caught in (tools/sim/worlds.h), within how many seeds, and what it does
 * wrong.
 */
#define MUTANT_TABLE(X)                                                                           \
    X(ACK_BEFORE_DURABLE, ordinary, 20,                                                           \
      "a group is acknowledged when it is written, but not durable")                              \
    X(SKIP_DIRECTORY_SYNC, ordinary, 20, "a new segment's name is not made durable")              \
    X(REUSE_OFFSET, ordinary, 20, "a batch is stored under an offset that was given away before") \
    X(RETRY_SYNC, ordinary, 20,                                                                   \
      "a failed segment sync is tried again, and the second one believed")                        \
    X(DROP_LAST_PENDING, ordinary, 20, "a flush leaves out the last batch it reports")            \
    X(SERVE_ABOVE_HIGH_WATERMARK, ordinary, 20, "readers see what is not durable yet")            \
    X(LOSE_PRODUCER_STATE, ordinary, 20, "the producer state of the checkpoint is lost")          \
    X(TRUNCATE_PROVEN_HOLE, ordinary, 20,                                                         \
      "a gap is dropped although a group proves it acknowledged")                                 \
    X(KEEP_BEHIND_HOLE, ordinary, 20, "groups behind an unacknowledged hole are kept")            \
    X(REUSE_LIFE, ordinary, 20, "a new life has the number of the last one")                      \
    X(ANSWER_DUPLICATE_EARLY, ordinary, 20,                                                       \
      "a duplicate is answered before its original is durable")                                   \
    X(FORGET_PRODUCER_ROLL_BACK, ordinary, 20, "a failed group's producer state stays")           \
    X(TRUST_UNSYNCED_BYTES, ordinary, 20,                                                         \
      "recovery keeps what lies behind a segment's synced end")                                   \
    X(RECYCLE_BEFORE_CHECKPOINT, ordinary, 20,                                                    \
      "the WAL is trimmed by a checkpoint that is not there")

enum mutant {
    MUTANT_NONE,
#define MUTANT_MEMBER(name, world, seeds, sentence) MUTANT_##name,
    MUTANT_TABLE(MUTANT_MEMBER)
#undef MUTANT_MEMBER
};

/* Whether it is the one that is switched on. Only the simulator has this function. */
bool mutant_is(enum mutant mutant);
