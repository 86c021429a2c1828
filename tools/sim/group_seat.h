/*
 * A seat in a group: what a simulated member has and does whichever protocol it speaks. A client
 * with one call out at a time, a timer for what comes next, who it is in the group, and commits and
 * reads of offsets. A member embeds it and says by its protocol what it does when.
 */
#pragma once

#include "tools/sim/group_calls.h"

struct group_seat_options {
    struct model_groups *groups;
    struct model_group *group;
    const struct group_places *places; /* the caller's; it may grow */
    const char *instance_id;           /* "": not static; copied */
    bool reliable;                     /* it never goes by itself */
    int32_t session_ms;                /* the broker's, or what it asks for */
    int32_t rebalance_ms;
};

enum seat_step {
    SEAT_FIND, /* the coordinator */
    SEAT_JOIN,
    SEAT_SYNC, /* in the classic protocol */
    SEAT_LIVE, /* the next deed of a member */
    SEAT_BEAT, /* one of them is out: */
    SEAT_COMMIT,
    SEAT_FETCH,
    SEAT_LEAVE,
    SEAT_AWAY, /* until the timer */
};

struct group_seat;

/* What the seat leaves to the protocol. */
struct seat_protocol {
    /* The pause before a step is over; never before SEAT_FIND. */
    void (*act)(struct group_seat *seat);
    /* The call of this step is; never that of SEAT_FIND or SEAT_FETCH. Null: without an answer. */
    void (*answered)(struct group_seat *seat, const void *answer);
    /* A member is to live on, who is none to join. */
    void (*go_on)(struct group_seat *seat);
};

struct group_seat {
    const struct seat_protocol *protocol;
    struct party *party;
    struct group_seat_options options;
    char instance_id[MODEL_INSTANCE_BYTES];
    struct caller caller;
    enum seat_step step;
    char member_id[MODEL_MEMBER_BYTES]; /* to join with; "": the broker is to give it one */
    struct model_claim claim;           /* of its last join */
    struct group_commit_call commit;
    struct group_fetch_call fetch;
    bool joined_ever;
    bool is_member; /* it takes itself for one */
    bool stopping;
    bool settled; /* served since it was stopped */
};

void seat_init(struct group_seat *seat, struct party *party,
               const struct group_seat_options *options, const struct seat_protocol *protocol);
/* After the party has left. */
void seat_fini(struct group_seat *seat);
/* From now on it stays. */
void seat_stop(struct group_seat *seat);
/* Nothing is in the way any more: it goes on over a new connection, as the old one may be dead. */
void seat_redial(struct group_seat *seat);
/* It is a member, was served as one since it was stopped, and as far as it can tell has what it is
 * assigned: who it is; else null. */
const struct model_claim *seat_settled(const struct group_seat *seat);
/* It is that, in this group, and by this id. */
bool seat_is_settled_as(const struct group_seat *seat, const struct model_group *group,
                        struct string member_id);
/* Who it is, was, or takes itself for; null: it never joined. */
const struct model_claim *seat_claim(const struct group_seat *seat);

/* What members do with it. */

struct string seat_group_id(const struct group_seat *seat);
bool seat_is_static(const struct group_seat *seat);
/* It may leave, fall silent, or be late. */
bool seat_may_stray(const struct group_seat *seat);
/* See model_groups_moment. */
uint64_t seat_moment(struct group_seat *seat);

/* The next step, after so long at most; or soon. */
void seat_then(struct group_seat *seat, enum seat_step step, uint64_t pause_ns_max);
void seat_soon(struct group_seat *seat, enum seat_step step);
/* Its next deed, before its session ends. */
void seat_live(struct group_seat *seat);
/* It does nothing for a while: it has left, or fallen silent. */
void seat_go_away(struct group_seat *seat);
/* It is back, and knows nothing of its absence; false: it begins anew. */
bool seat_has_slept(struct group_seat *seat);

/* Each of these is a step, and sends its call. */
void seat_ask(struct group_seat *seat, enum seat_step step, int16_t api_key, int16_t version,
              const void *request);
/* Commits to some of these places, a bit for each; false: it chose none and asks for nothing. */
bool seat_commit(struct group_seat *seat, uint64_t places);
/* Reads the offsets of some of them, or all of the group. */
void seat_fetch(struct group_seat *seat, uint64_t places);

/* It joined as `member_id`, by a request of the moment `asked_at`: that is its claim now. */
void seat_joined(struct group_seat *seat, int32_t generation, uint64_t asked_at);
/* See group_commit_ended. */
int16_t seat_committed(struct group_seat *seat, const struct offset_commit_response *answer);
