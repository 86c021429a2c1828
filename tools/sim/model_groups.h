/*
 * What clients know of consumer groups and their offsets. It judges the broker by the protocol's
 * promises alone and shares no code with it.
 *
 * Promises that are checked as events come in:
 *   - a fetched offset is one that was committed there, with its metadata and leader epoch, and
 *     nothing that is known to be there before the question was asked has replaced it
 *   - what was once seen, or acknowledged, stays until a newer commit or a deletion may have come
 *   - a refused commit is never seen
 *   - who is of an older generation, fenced, of a deleted group, or never was a member, is refused,
 *     and nothing he commits is ever seen, whatever he was told
 *   - who commits without being a member does so only while there are no members
 *   - generations grow; each has one assignment, which its leader has handed in, and everybody gets
 *     his own part of it
 *   - a group with offsets is listed, a deleted one is not
 *   - an offset goes by itself only when for the retention nobody was a member, or, where nobody
 * ever was, nothing was committed; then it does not come back. When nothing is in the way it goes
 *
 * A generation counts from the first answer to a SyncGroup on: before that it may be given away
 * once more after a crash, here as in Kafka. A request without an answer may act at any time, also
 * behind later ones. Answers are judged by what was known when their request was sent.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "protocol/message.h"
#include "tools/sim/model_topics.h"

#define MODEL_MEMBER_BYTES 96
#define MODEL_INSTANCE_BYTES 24
#define MODEL_METADATA_BYTES 4096 /* what a broker takes, by default */

struct model_groups;
struct model_group;

struct model_groups *model_groups_new(struct model *model);
void model_groups_free(struct model_groups *groups);
/* Offsets expire after so long, by the broker's clock (model_clock.h); without this they never do.
 */
void model_groups_use_retention(struct model_groups *groups, int64_t retention_ms);
/* From now on commits have as much metadata as a broker takes. */
void model_groups_use_long_metadata(struct model_groups *groups);
/* Passes with every call; tells what came before what. Never 0. */
uint64_t model_groups_moment(struct model_groups *groups);

/* The group with this id, known from now on. */
struct model_group *model_group_named(struct model_groups *groups, const char *id);
/* In the order of being known; null at the end. */
struct model_group *model_group_at(const struct model_groups *groups, uint32_t number);
const char *model_group_id(const struct model_group *group);

/* Who somebody is in a group, as the answer to his JoinGroup has it. */
struct model_claim {
    char member_id[MODEL_MEMBER_BYTES];     /* "": he is no member */
    char instance_id[MODEL_INSTANCE_BYTES]; /* "": not static */
    int32_t generation;                     /* -1: no member */
    uint64_t asked_at;                      /* when that JoinGroup was sent, and answered */
    uint64_t joined_at;
    bool invented; /* nobody was ever given this */
};
extern const struct model_claim model_claim_none;

/* A request that may make the group, other than a commit, is about to be sent; and its end.
 * `late`: it had no answer. */
void model_group_touching(struct model_group *group);
void model_group_touched(struct model_group *group, bool late);
/* The same for a JoinGroup, which subscribes to these topics. */
void model_group_joining(struct model_group *group, const struct model_topic *const *topics,
                         uint32_t count);
/* Joined; the claim is the answer. */
void model_group_joined(struct model_group *group, const struct model_claim *claim);
/* Heartbeat, or anything else that only a member may do, sent at `sent`, ended without an error. */
void model_group_served(struct model_group *group, const struct model_claim *claim, uint64_t sent);
/* He is certainly no member any more: why, or null. */
const char *model_claim_is_stale(const struct model_group *group, const struct model_claim *claim);

/* One member's part of what a leader hands in: a bit per partition. */
struct model_share {
    char member_id[MODEL_MEMBER_BYTES];
    char instance_id[MODEL_INSTANCE_BYTES];
    uint64_t partitions;
};
/* A leader is about to hand it in: its number, from 1 on. */
uint32_t model_group_assigning(struct model_group *group, int32_t generation,
                               const struct model_share *shares, uint32_t count);
/* How many members it has a part for. */
uint32_t model_assignment_size(const struct model_groups *groups, uint32_t number);
/* SyncGroup ended without an error: he got `partitions` of the assignment with this number, or (0)
 * nothing. */
void model_group_assigned(struct model_group *group, const struct model_claim *claim, uint64_t sent,
                          uint32_t number, uint64_t partitions);

/* Offsets. */

enum model_outcome {
    MODEL_DONE,
    MODEL_REFUSED, /* for certain */
    MODEL_OPEN,    /* no answer, or an error that leaves open what the disk has */
    MODEL_LATE,    /* no answer: it may act at any time */
};

struct model_place {
    const struct model_topic *topic;
    int32_t partition;
};

struct model_offset {
    int64_t offset; /* -1: none */
    int32_t epoch;
    struct string metadata;
};

/* A commit is about to be sent: its number, which is the offset that it commits. */
uint32_t model_commit_sent(struct model_group *group, struct model_place place,
                           const struct model_claim *claim, bool with_epoch);
/* What it commits; `text` has room for the metadata. */
struct model_offset model_commit_value(const struct model_groups *groups, uint32_t number,
                                       char text[MODEL_METADATA_BYTES]);
/* Deletions: of one offset, or of the whole group. */
uint32_t model_offset_deleting(struct model_group *group, struct model_place place);
uint32_t model_group_deleting(struct model_group *group);
/* How a commit or a deletion ended. */
void model_write_ended(struct model_groups *groups, uint32_t number, enum model_outcome outcome);

/* An OffsetFetch, sent at `sent`, told this; without an epoch where the version has none. */
void model_offset_told(struct model_group *group, struct model_place place, uint64_t sent,
                       const struct model_offset *told, bool with_epoch);
/* All offsets were asked for: those that were not told are not there. */
void model_offsets_told_all(struct model_group *group, uint64_t sent,
                            const struct model_place *told, uint32_t count);

/* Groups. */

/* An answer to a question sent at `sent` says that there is no such group. */
void model_group_told_missing(struct model_group *group, uint64_t sent);
/* That there is. */
void model_group_told_there(struct model_group *group, uint64_t sent);

struct model_group_counts {
    uint64_t commits;     /* acknowledged */
    uint64_t refused;     /* commits of those who must not */
    uint64_t seen;        /* offsets that were told */
    uint64_t generations; /* that became known */
    uint64_t deletions;   /* of groups, acknowledged */
};
void model_groups_count(const struct model_groups *groups, struct model_group_counts *counts);
