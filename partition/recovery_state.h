/*
 * What a partition's own files say of its producers and leader epochs, for recovery: Kafka's
 * `.snapshot` and `leader-epoch-checkpoint`, and the batches behind them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "io/file.h"

struct partition;
struct segments_found;

/*
 * Loads the newest producer snapshot at or below `limit` that checks out, and the leader epochs
 * below it, of what was found in the partition's directory. Returns the offset from which batches
 * have to be replayed over that: 0 when there is no snapshot; INT64_MAX when `limit` is INT64_MAX
 * (a clean stop) and there never was one, as Kafka has it. Blocking, before the segments are
 * opened.
 */
int64_t recovery_load_state(struct file_system *fs, struct partition *p,
                            const struct segments_found *found, int64_t limit,
                            const struct log *log);

/* Whether the file with the leader epochs says what `p` has, which comes from our checkpoint: after
 * a crash it may be older, and it is all that a start behind a clean stop reads. Blocking. */
bool recovery_epochs_file_is_current(struct file_system *fs, const struct partition *p,
                                     const struct segments_found *found);

/* A batch behind that: the `replay` of struct segments_load; `context` is the partition. A
 * transaction's marker, which has to be whole, ends it. */
void recovery_replay_batch(void *context, const uint8_t *batch);

/* The aborted transactions that Kafka's indexes list, below `replay_from`: what is above is
 * replayed. Blocking. */
void recovery_load_aborted(struct file_system *fs, struct partition *p,
                           const struct segments_found *found, int64_t replay_from,
                           const struct log *log);

/* The segments are open, and everything is replayed: the partition's ends and what follows from
 * them. `replay_from` is what recovery_load_state returned, or 0. */
void recovery_settle(struct partition *p, int64_t replay_from, const struct log *log);
