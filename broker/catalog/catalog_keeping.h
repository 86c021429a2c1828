/*
 * Keeping the catalog's log short: snapshots while it grows, and what they make superfluous.
 *
 * A snapshot is due when the log has grown by metadata.log.max.record.bytes.between.snapshots, or
 * metadata.log.max.snapshot.interval.ms after the first change that the newest one does not have:
 * Kafka asks with each of its NoOp records, here a catalog that rests wakes nobody.
 *
 * Retention is Kafka's rule (KIP-630, KafkaMetadataLog.maybeClean), judged behind each snapshot and
 * at a start: the oldest snapshot, and the log below the one that follows it, go while log and
 * snapshots are larger than metadata.max.retention.bytes, or while the snapshot's last record is
 * older than metadata.max.retention.ms. The newest snapshot and the log behind it always stay.
 *
 * The order is what keeps a crash at any step harmless: the snapshot is durable with its name; then
 * the log start moves, an entry of the WAL as any other (partition/trim.h), and segments go when a
 * checkpoint has it; last go the snapshots below it. Whatever is left too much the next look finds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "broker/catalog/catalog_snapshot.h"

struct catalog_keeping;
struct core;
struct partition;
struct segments;

/* `id` is that of the newest whole snapshot; end_offset 0: there is none. */
struct catalog_keeping *catalog_keeping_new(struct core *core, struct partition *partition,
                                            struct catalog_snapshot_id id);
void catalog_keeping_free(struct catalog_keeping *keeping);
/* So many bytes were appended, and are durable. */
void catalog_keeping_grown(struct catalog_keeping *keeping, uint64_t bytes);
/* At a start: judges what is there. */
void catalog_keeping_begin(struct catalog_keeping *keeping);
/* Nothing is under way. */
bool catalog_keeping_idle(const struct catalog_keeping *keeping);

/* Up to where the log may go, and the snapshots that end below: the end of one of them, or
 * `log_start`. */
struct catalog_retention {
    const struct catalog_snapshot_entry *snapshots; /* the oldest first */
    uint32_t count;
    int64_t newest_end; /* of the newest snapshot that is known to be whole */
    const struct segments *segments;
    int64_t log_start;
    int64_t now_ms;
    int64_t bytes_max; /* metadata.max.retention.bytes, negative: no limit */
    int64_t ms_max;    /* metadata.max.retention.ms, the same */
};
int64_t catalog_retention_judge(const struct catalog_retention *retention);
