/*
 * What members and outsiders of groups have in common: OffsetCommit and OffsetFetch, told to the
 * model as they go out and come back; and how each error is to be taken.
 */
#pragma once

#include "tools/sim/caller.h"
#include "tools/sim/model_consumers.h"
#include "tools/sim/model_groups.h"

/* Partitions that groups read; an assignment has a bit for each. */
#define GROUP_PLACES_MAX 48
#define GROUP_TOPICS_MAX 2
struct group_places {
    struct model_place items[GROUP_PLACES_MAX];
    uint32_t count;
    const struct model_topic *topics[GROUP_TOPICS_MAX];
    uint32_t topic_count;
};
/* All partitions of a topic that stays. */
void group_places_add(struct group_places *places, const struct model_topic *topic);
/* Where the topic stands among theirs, or topic_count. */
uint32_t group_places_find(const struct group_places *places, struct uuid topic_id);
/* The number of a topic that was added. */
uint32_t group_places_topic(const struct group_places *places, const struct model_topic *topic);

/* Not a code of Kafka: there was no answer. */
#define GROUP_NO_ANSWER (-3)

/* Errors after which the same may be asked again: the coordinator starts, stops or cannot write. */
bool group_error_is_passing(int16_t error);
/* The answer breaks the protocol. */
void group_call_break(struct party *party, const struct model_group *group, const char *deed,
                      int error);

/* Asks for the coordinator, which the first one to ask makes. */
void group_find_send(struct caller *caller, const struct model_group *group);
/* KAFKA_NONE, the error, or GROUP_NO_ANSWER. */
int16_t group_find_ended(struct party *party, const struct model_group *group, int16_t version,
                         const struct find_coordinator_response *answer);

#define GROUP_CALL_PLACES 4

struct group_commit_call {
    struct model_groups *groups;
    struct model_group *group;
    struct model_place places[GROUP_CALL_PLACES];
    uint32_t numbers[GROUP_CALL_PLACES];
    uint32_t count;
    bool knows_epochs; /* who sends it is a member of the new protocol */
};
/* Sends a commit to `places` of `commit`, with this claim. */
void group_commit_send(struct caller *caller, struct group_commit_call *commit,
                       const struct model_claim *claim);
/* Its end: KAFKA_NONE, the error, or GROUP_NO_ANSWER. */
int16_t group_commit_ended(struct party *party, struct group_commit_call *commit,
                           const struct offset_commit_response *answer);

struct group_fetch_call {
    struct model_group *group;
    struct model_place places[GROUP_CALL_PLACES];
    uint32_t count; /* 0: all */
    uint64_t sent;
    const struct group_places *known; /* where all offsets are */
};
void group_fetch_send(struct caller *caller, struct model_groups *groups,
                      struct group_fetch_call *fetch);
int16_t group_fetch_ended(struct party *party, struct group_fetch_call *fetch, int16_t version,
                          const struct offset_fetch_response *answer);
