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
    X(ACK_BEFORE_DURABLE, power, 80,                                                               \
      "a group is acknowledged when it is written, but not durable")                               \
    X(ACK_OUT_OF_ORDER, power, 80, "groups behind one that is still in flight are acknowledged")   \
    X(ACK_FAILED_GROUP, sick, 20, "a group that was rolled back is answered as done")              \
    X(ANSWER_DUPLICATE_EARLY, slow, 20, "a duplicate is answered before its original is durable")  \
    X(ANSWER_OUT_OF_ORDER, ordinary, 20, "an answer overtakes that of an earlier request")         \
    X(ANSWER_ACKS_0, ordinary, 20, "a request with acks=0 is answered")                            \
    X(SERVE_ABOVE_HIGH_WATERMARK, ordinary, 20, "readers see what is not durable yet")             \
    X(HIGH_WATERMARK_GOES_BACK, ordinary, 20,                                                      \
      "the high watermark is told before a restart as it is not behind it")                        \
    X(LEAVE_OTHERS_WAITING, ordinary, 300,                                                         \
      "what moves on one core does not end a fetch's wait on the others")                          \
    X(REUSE_OFFSET, ordinary, 20, "a batch is stored under an offset that was given away before")  \
    X(KEEP_LOG_END, sick, 20, "the log end is not rolled back with a failed group")                \
    X(FORGET_PRODUCER_ROLL_BACK, sick, 20, "a failed group's producer state stays")                \
    X(ACCEPT_ANY_SEQUENCE, ordinary, 20,                                                           \
      "a batch is taken although an earlier one of its producer is missing")                       \
    X(KNOW_LAST_BATCH_ALONE, slow, 20,                                                             \
      "only the last of a producer's five batches is known again")                                 \
    X(LOSE_PRODUCER_STATE, cores, 80, "the producer state of the checkpoint is lost")              \
    X(ACCEPT_OLD_EPOCH, ordinary, 150, "a producer of an older epoch is not fenced")               \
    X(CONFIRM_BEFORE_ALL_CORES, ordinary, 20, "a topic is confirmed when the first core knows it") \
    X(CONFIRM_FAILED_CATALOG, sick, 20, "a change of the catalog that failed is applied")          \
    X(DURABLE_TOO_HIGH, power, 80, "a group's header calls groups durable that are in flight")     \
    X(KEEP_BEHIND_FAILURE, sick, 20,                                                               \
      "a group that was written behind a failed one is not written again")                         \
    X(GO_ON_IN_FAILED_FILE, sick, 20,                                                              \
      "a new life begins behind the failed write in the same file")                                \
    X(FORGET_NEW_LIFE, sick, 20, "a new life's groups are written before the head names it")       \
    X(REUSE_LIFE, sick, 20, "a new life has the number of the last one")                           \
    X(FORGET_WAL_NAME, cores, 80, "a new WAL file's name is not made durable")                     \
    X(TRUNCATE_PROVEN_HOLE, damage, 20,                                                            \
      "a gap is dropped although a group proves it acknowledged")                                  \
    X(FORGET_PROOF, ordinary, 20, "a stream that falls quiet does not prove its last group")       \
    X(KEEP_BEHIND_HOLE, slow, 80, "groups behind an unacknowledged hole are kept")                 \
    X(MISS_LATER_LIVES, sick, 20, "recovery ends with the first life")                             \
    X(ACCEPT_OLDER_CATALOG, gone, 20,                                                              \
      "a catalog that ends below what a core had applied is accepted")                             \
    X(KEEP_RESERVE, full, 20, "a start on a full disk keeps the reserve")                          \
    X(WAIT_FOR_ANOTHER_FILE, filled, 150,                                                          \
      "a group waits for its file for as long as the disk is full")                                \
    X(WAIT_FOR_FLUSH, filled, 600, "what finds no room in the WAL waits although flushes fail")    \
    X(DROP_LAST_PENDING, ordinary, 20, "a flush leaves out the last batch it reports")             \
    X(FLUSH_BEFORE_DURABLE, power, 80, "a flush takes what is not durable yet")                    \
    X(RETRY_SYNC, sick, 20, "a failed segment sync is tried again, and the second one believed")   \
    X(CHECKPOINT_BEFORE_SYNC, power, 80, "the checkpoint names segment bytes that are not synced") \
    X(SKIP_DIRECTORY_SYNC, power, 80, "a new segment's name is not made durable")                  \
    X(FORGET_PARTITION_NAME, power, 400, "a new partition directory's name is not made durable")   \
    X(RECYCLE_BEFORE_CHECKPOINT, ordinary, 20,                                                     \
      "the WAL is trimmed by a checkpoint that is not there")                                      \
    X(CHECKPOINT_IN_PLACE, cores, 150, "a checkpoint is written over the only good slot")          \
    X(CHECKPOINT_WITHOUT_SYNC, power, 80, "a checkpoint is not synced")                            \
    X(TAKE_OLDER_CHECKPOINT, cores, 150,                                                           \
      "of two checkpoints that name a partition the older one counts")                             \
    X(CHECKPOINT_OWN_ALONE, cores, 20,                                                             \
      "a start's first checkpoint leaves out what moves to another core")                          \
    X(START_WITHOUT_CHECKPOINT, power, 80,                                                         \
      "a start empties the WAL before a checkpoint names what it held")                            \
    X(KEEP_OLD_POSITION, clean, 150, "a new WAL is read from where the old one was needed")        \
    X(MOVE_LOG_START_EARLY, power, 600, "the log start moves before its entry is durable")         \
    X(FORGET_LOG_START, power, 80, "a replay passes over log starts")                              \
    X(TRUST_UNSYNCED_BYTES, power, 80, "recovery keeps what lies behind a segment's synced end")   \
    X(RECOVER_WITHOUT_SYNC, power, 80, "what recovery writes is not synced before its checkpoint") \
    X(ACCEPT_TORN_GROUP, power, 80, "a group counts although its checksum is wrong")               \
    X(FORGET_WAKE, ordinary, 20, "a core that sleeps is not told that another one sent it a call") \
    X(KEEP_ANSWER, ordinary, 20, "the memory of an answer that was sent is not given back")        \
    X(KEEP_DELETED, ordinary, 20, "deleted partitions stay in memory until the stop")              \
    X(STOP_BEFORE_FLUSH, clean, 20, "a stop does not wait until everything is in the segments")    \
    X(REMOVE_NEWEST_SLOT_FIRST, clean, 80,                                                         \
      "a stop removes the newer checkpoint and then the older one")                                \
    X(MARK_BEFORE_EMPTY, clean, 80,                                                                \
      "the marker of a clean stop is written while our WAL is there")                              \
    X(LEAVE_CLEAN_MARKER, clean, 80, "the marker of a clean stop stays there after a start")       \
    X(LET_KAFKA_START, clean, 80,                                                                  \
      "meta.properties does not keep Kafka away while our WAL is there")                           \
    X(SHOW_COMMIT_EARLY, sick, 40, "a committed offset is told before it is durable")              \
    X(KEEP_FAILED_COMMIT, sick, 40, "an offset whose commit failed is told")                       \
    X(COMMIT_OLD_GENERATION, ordinary, 20, "a member of an older generation may commit")           \
    X(COMMIT_FENCED_MEMBER, ordinary, 80, "a static member whose place is taken may commit")       \
    X(COMMIT_UNKNOWN_MEMBER, ordinary, 20, "who is no member may commit as one")                   \
    X(COMMIT_BESIDE_MEMBERS, ordinary, 20, "who is no member may commit while there are members")  \
    X(FORGET_GENERATION, ordinary, 20, "a start forgets a group's generation")                     \
    X(FORGET_LEADER_EPOCH, ordinary, 20, "a start forgets the leader epochs of committed offsets") \
    X(ASSIGN_BEFORE_DURABLE, sick, 40, "an assignment is handed out before it is durable")         \
    X(ASSIGN_TO_NEXT_MEMBER, ordinary, 20, "each member gets the next one's assignment")           \
    X(KEEP_DELETED_OFFSETS, ordinary, 40, "the log keeps the offsets of a group that is deleted")  \
    X(SHOW_DELETION_EARLY, sick, 150, "a deleted offset is gone before that is durable")           \
    X(HIDE_REBALANCE, ordinary, 60, "heartbeats do not tell of a rebalance")                       \
    X(CLEAN_THE_LATEST, clean, 80, "compaction removes the last record of a key")                  \
    X(FORGET_TOMBSTONES, clean, 80, "compaction removes tombstones before their time")             \
    X(CLEAN_BEFORE_CHECKPOINT, stale, 300,                                                         \
      "compaction takes what no checkpoint on the disk knows yet")                                 \
    X(REMOVE_BEFORE_RENAME, swap, 80, "segments give way before the compacted one has its name")   \
    X(CUT_CATALOG_EARLY, power, 80, "the catalog's log goes before a snapshot has it")             \
    X(SWAP_WITHOUT_SYNC, power, 80, "a compacted segment is not synced before it is swapped")      \
    X(FORGET_REFUSED, outage, 20, "who was refused for the storage may begin with a later batch")  \
    X(SUM_AS_SENT, power, 80, "the WAL sums a batch as it was sent, and not as it is stored")      \
    X(READ_REPLACED_FILE, ordinary, 80, "a compacted segment is read from the file it replaced")   \
    X(RETAIN_TOO_LITTLE, ordinary, 80, "retention by size takes one segment too many")             \
    X(RETAIN_FOREVER, ordinary, 80, "nothing goes by retention")                                   \
    X(GO_BY_OLDEST_RECORD, ordinary, 80, "a segment goes when its first record is too old")        \
    X(RETAIN_COMPACTED, ordinary, 80,                                                              \
      "nothing goes by retention from a topic that is compacted, too")                             \
    X(AGE_BY_FIRST_CLEANED, ordinary, 300, "a cleaned segment is as old as its first batch")       \
    X(EXPIRE_COMMITS_OF_MEMBERS, ordinary, 150, "offsets of a group with members expire, too")     \
    X(EXPIRE_EARLY_AFTER_RESTART, ordinary, 80, "a start forgets when an offset was committed")    \
    X(EMPTY_SINCE_EVER, stale, 120, "a start forgets since when a group has had no members")       \
    X(KEEP_EXPIRED, ordinary, 80, "committed offsets never expire")                                \
    X(ANSWER_HEARTBEAT_EARLY, sick, 40, "a heartbeat is answered before its records are durable")  \
    X(ANSWER_FAILED_HEARTBEAT, sick, 40, "a heartbeat whose records failed is answered as done")   \
    X(FORGET_MEMBER_EPOCH, ordinary, 80, "the log keeps the epoch that a member had before")       \
    X(FORGET_HEARTBEATS, ordinary, 40, "a heartbeat does not keep the session")                    \
    X(KEEP_SILENT_MEMBERS, ordinary, 40, "who is silent stays a member for ever")                  \
    X(GIVE_BEFORE_RELEASE, ordinary, 40, "a partition is given while another member has it")       \
    X(GIVE_WHILE_REVOKED, ordinary, 80,                                                            \
      "a partition is given before who is to lose it has said that he let it go")                  \
    X(WORK_WITHOUT_DRAFT, slow, 150,                                                               \
      "a heartbeat does not see what those before it in the same write have changed")              \
    X(COMMIT_OLD_MEMBER_EPOCH, ordinary, 40, "a member may commit with an epoch that is over")     \
    X(COMMIT_BESIDE_CONSUMERS, ordinary, 80,                                                       \
      "who is no member may commit while there are members of the new protocol")                   \
    X(APPLY_TRIED_SETTINGS, ordinary, 40, "a change of settings that is only tried is made")       \
    X(SNAPSHOT_WITHOUT_SETTINGS, clean, 80, "a snapshot of the catalog leaves settings out")

enum mutant {
    MUTANT_NONE,
#define MUTANT_MEMBER(name, world, seeds, sentence) MUTANT_##name,
    MUTANT_TABLE(MUTANT_MEMBER)
#undef MUTANT_MEMBER
};

/* Whether it is the one that is switched on. Only the simulator has this function. */
bool mutant_is(enum mutant mutant);
