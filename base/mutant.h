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
#define MUTANT_TABLE(X)                                                                            \
    X(ACK_BEFORE_DURABLE, ordinary, 40,                                                            \
      "a group is acknowledged when it is written, but not durable")                               \
    X(ACK_OUT_OF_ORDER, power, 40, "groups behind one that is still in flight are acknowledged")   \
    X(ACK_FAILED_GROUP, sick, 40, "a group that was rolled back is answered as done")              \
    X(ANSWER_DUPLICATE_EARLY, slow, 40, "a duplicate is answered before its original is durable")  \
    X(ANSWER_OUT_OF_ORDER, ordinary, 40, "an answer overtakes that of an earlier request")         \
    X(ANSWER_ACKS_0, ordinary, 40, "a request with acks=0 is answered")                            \
    X(SERVE_ABOVE_HIGH_WATERMARK, ordinary, 40, "readers see what is not durable yet")             \
    X(HIGH_WATERMARK_GOES_BACK, ordinary, 40,                                                      \
      "the high watermark is told before a restart as it is not behind it")                        \
    X(REUSE_OFFSET, ordinary, 40, "a batch is stored under an offset that was given away before")  \
    X(KEEP_LOG_END, sick, 40, "the log end is not rolled back with a failed group")                \
    X(FORGET_PRODUCER_ROLL_BACK, sick, 40, "a failed group's producer state stays")                \
    X(ACCEPT_ANY_SEQUENCE, slow, 40,                                                               \
      "a batch is taken although an earlier one of its producer is missing")                       \
    X(KNOW_LAST_BATCH_ALONE, slow, 40,                                                             \
      "only the last of a producer's five batches is known again")                                 \
    X(LOSE_PRODUCER_STATE, power, 40, "the producer state of the checkpoint is lost")              \
    X(DURABLE_TOO_HIGH, power, 40, "a group's header calls groups durable that are in flight")     \
    X(KEEP_BEHIND_FAILURE, sick, 40,                                                               \
      "a group that was written behind a failed one is not written again")                         \
    X(GO_ON_IN_FAILED_FILE, sick, 40,                                                              \
      "a new life begins behind the failed write in the same file")                                \
    X(FORGET_NEW_LIFE, sick, 40, "a new life's groups are written before the head names it")       \
    X(REUSE_LIFE, sick, 40, "a new life has the number of the last one")                           \
    X(WRITE_HEAD_IN_PLACE, cores, 40, "the head is written over its only good slot")               \
    X(FORGET_WAL_NAME, power, 40, "a new WAL file's name is not made durable")                     \
    X(TRUNCATE_PROVEN_HOLE, damage, 40,                                                            \
      "a gap is dropped although a group proves it acknowledged")                                  \
    X(KEEP_BEHIND_HOLE, slow, 40, "groups behind an unacknowledged hole are kept")                 \
    X(MISS_LATER_LIVES, sick, 40, "recovery ends with the first life")                             \
    X(ACCEPT_OLDER_CATALOG, gone, 40,                                                              \
      "a catalog that ends below what a core had applied is accepted")                             \
    X(KEEP_RESERVE, full, 40, "a start on a full disk keeps the reserve")                          \
    X(DROP_LAST_PENDING, ordinary, 40, "a flush leaves out the last batch it reports")             \
    X(FLUSH_BEFORE_DURABLE, power, 40, "a flush takes what is not durable yet")                    \
    X(RETRY_SYNC, sick, 40, "a failed segment sync is tried again, and the second one believed")   \
    X(CHECKPOINT_BEFORE_SYNC, power, 40, "the checkpoint names segment bytes that are not synced") \
    X(SKIP_DIRECTORY_SYNC, power, 40, "a new segment's name is not made durable")                  \
    X(FORGET_PARTITION_NAME, power, 40, "a new partition directory's name is not made durable")    \
    X(RECYCLE_BEFORE_CHECKPOINT, power, 40,                                                        \
      "the WAL is trimmed by a checkpoint that is not there")                                      \
    X(CHECKPOINT_IN_PLACE, power, 40, "a checkpoint is written over the only good slot")           \
    X(CHECKPOINT_WITHOUT_SYNC, power, 40, "a checkpoint is not synced")                            \
    X(TAKE_OLDER_CHECKPOINT, cores, 40,                                                            \
      "of two checkpoints that name a partition the older one counts")                             \
    X(CHECKPOINT_OWN_ALONE, cores, 40,                                                             \
      "a start's first checkpoint leaves out what moves to another core")                          \
    X(START_WITHOUT_CHECKPOINT, power, 40,                                                         \
      "a start empties the WAL before a checkpoint names what it held")                            \
    X(KEEP_OLD_POSITION, clean, 40, "a new WAL is read from where the old one was needed")         \
    X(TRUST_UNSYNCED_BYTES, power, 40, "recovery keeps what lies behind a segment's synced end")   \
    X(RECOVER_WITHOUT_SYNC, power, 40, "what recovery writes is not synced before its checkpoint") \
    X(STOP_BEFORE_FLUSH, clean, 40, "a stop does not wait until everything is in the segments")    \
    X(REMOVE_NEWEST_SLOT_FIRST, clean, 40,                                                         \
      "a stop removes the newer checkpoint and then the older one")                                \
    X(MARK_BEFORE_EMPTY, clean, 40,                                                                \
      "the marker of a clean stop is written while our WAL is there")                              \
    X(LEAVE_CLEAN_MARKER, clean, 40, "the marker of a clean stop stays there after a start")       \
    X(LET_KAFKA_START, clean, 40, "meta.properties does not keep Kafka away while our WAL is there")

enum mutant {
    MUTANT_NONE,
#define MUTANT_MEMBER(name, world, seeds, sentence) MUTANT_##name,
    MUTANT_TABLE(MUTANT_MEMBER)
#undef MUTANT_MEMBER
};

/* Whether it is the one that is switched on. Only the simulator has this function. */
bool mutant_is(enum mutant mutant);
