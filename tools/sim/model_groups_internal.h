/* The structures of the model of groups, for its own files. */
#pragma once

#include "tools/sim/model_consumers.h"

#define MODEL_NEVER UINT64_MAX

enum write_state { WRITE_OUT, WRITE_DONE, WRITE_REFUSED, WRITE_OPEN };

/* A commit or a deletion. */
struct model_write {
    uint32_t number;
    struct model_group *group;
    struct model_offset_log *log; /* null: of the whole group */
    struct model_claim claim;
    enum write_state state;
    bool removes;
    bool with_epoch;
    const char *forbidden; /* why it must be refused; null: it may be done */
    uint64_t sent;
    uint64_t settled; /* when it acts, if ever, it does so before; MODEL_NEVER: at any time */
    uint64_t known;   /* since then it is known to have acted */
    int32_t generation_then; /* the group's, when it was sent */
    int64_t sent_ms;         /* by the clients' clock */
    uint64_t seen;           /* the last question that found it there; 0: none has */
};

/* What may stand at one place of a group. */
struct model_offset_log {
    struct model_place place;
    struct model_write **writes; /* those that may still be read, by number */
    uint32_t count;
    uint32_t capacity;
};

struct model_assignment {
    struct model_group *group;
    int32_t generation;
    struct model_share *shares;
    uint32_t count;
};

/* A static member. */
struct model_instance {
    char instance_id[MODEL_INSTANCE_BYTES];
    char member_id[MODEL_MEMBER_BYTES]; /* its latest id that is known to count */
    uint64_t asked_at;                  /* of the join that gave it: who joined before is fenced */
    uint64_t known_at;                  /* since then */
};

#define MODEL_READS_MAX 8

/* A topic, and how many joins have subscribed to it. */
struct model_reads {
    const struct model_topic *topic;
    uint32_t joins;
};

/* What is known of the times at which a group had members: model_expiry.c. */
struct model_holding {
    uint32_t joins; /* that were sent */
    struct model_reads reads[MODEL_READS_MAX];
    bool certain;                       /* somebody was certainly a member once */
    int64_t until_ms;                   /* then last; at first when the first join was sent */
    char member_id[MODEL_MEMBER_BYTES]; /* who that was */
    int32_t generation;
    uint64_t gap;       /* what stood there before that may have gone: nobody may have been one */
    int64_t touched_ms; /* the last time that anybody wrote to it, or was a member */
};

/* A member of the new protocol. */
struct model_consumer {
    struct model_group *group;
    char member_id[MODEL_MEMBER_BYTES];
    char instance_id[MODEL_INSTANCE_BYTES];
    int32_t session_ms;
    int32_t rebalance_ms;
    int32_t epoch;       /* the highest that it was told; 0: none */
    uint64_t epoch_at;   /* since then */
    uint64_t since;      /* it has been a member all the time since then; MODEL_NEVER: it is none */
    int64_t alive_ms;    /* the last heartbeat that was served was sent then */
    int64_t revoking_ms; /* since then it may have something to give up; INT64_MAX: it has not */
    uint64_t left_at;    /* it is known to have left then; MODEL_NEVER: it is not */
    struct model_spots told; /* its assignment, as it was told last */
    struct model_spots held; /* told, and not given up */
    uint64_t held_at[MODEL_SPOT_TOPICS][MODEL_SPOT_PARTITIONS]; /* since then */
    uint64_t late_at;   /* when the first of those was sent that may act at any time; MODEL_NEVER */
    uint32_t late_ends; /* so many more epochs have to be told until they cannot any more */
    bool open;          /* the last one may have acted */
    bool blind;         /* it may have more than it knows of, and not give it up */
    bool owes;          /* it had, and has not said since that it gave it up */
};

struct model_group {
    struct model_groups *groups;
    char *id;
    int32_t generation;     /* the latest that is known; -1: none */
    uint64_t generation_at; /* since then */
    uint32_t assignment;    /* its number; 0: not known */
    uint64_t dead_before;   /* who joined before belongs to a group that is gone */
    uint64_t dead_at;       /* since then that is known */
    uint64_t touched_at;    /* the last end of what may make the group */
    uint32_t touches_out;
    bool touched_late; /* one of them may act at any time */
    /* A commit without membership that was done in a generation that was known. */
    int32_t plain_generation;
    uint64_t plain_sent;
    uint64_t plain_ended;
    struct model_instance *instances;
    uint32_t instance_count;
    uint32_t instance_capacity;
    struct model_offset_log **logs;
    uint32_t log_count;
    uint32_t log_capacity;
    struct model_holding holding;
    struct model_consumer **consumers;
    uint32_t consumer_count;
    uint32_t consumer_capacity;
    int32_t consumer_epoch;         /* the highest of any of them, or of the group */
    uint64_t consumer_epoch_at;     /* since then */
    struct model_write **deletions; /* of the whole group */
    uint32_t deletion_count;
    uint32_t deletion_capacity;
};

struct model_groups {
    struct model *model;
    int64_t retention_ms; /* 0: nothing expires */
    bool long_metadata;
    uint64_t moment;
    int64_t *times; /* of each moment, by the clients' clock */
    uint64_t times_capacity;
    struct model_group **groups;
    uint32_t count;
    uint32_t capacity;
    struct model_write **writes; /* by number, from 1 on */
    uint32_t write_count;
    uint32_t write_capacity;
    struct model_assignment **assignments; /* by number, from 1 on */
    uint32_t assignment_count;
    uint32_t assignment_capacity;
    struct model_group_counts counts;
};

/* model_groups.c */
/* A deletion was done: what was known of its members ends. */
void model_group_is_gone(struct model_group *group, uint64_t since);
/* Whether a deletion that is not known to have acted may have. */
bool model_group_may_be_gone(const struct model_group *group);

/* Whether a deletion, or the end of what it had, explains that the group began anew; what was known
 * of generations and epochs is forgotten then. */
bool model_group_began_anew(struct model_group *group);

/* model_consumers.c */
/* See model_claim_is_stale. */
const char *model_consumer_stale_at(const struct model_group *group,
                                    const struct model_claim *claim, uint64_t moment);
/* The id of somebody who has certainly been a member since then; null: nobody has. */
const char *model_consumer_since(const struct model_group *group, uint64_t moment);
/* The group began anew: epochs do. */
void model_consumers_forget(struct model_group *group);
void model_consumers_free(struct model_group *group);

/* model_offsets.c */
/* Epochs begin anew: what was forbidden and is still on its way may be allowed by then. */
void model_writes_forgive(struct model_group *group);
/* The member has a newer epoch: what it has sent with older ones acts no more. */
void model_writes_settle_member(struct model_group *group, const char *member_id, int32_t epoch);
/* A generation is known: what older ones have sent acts no more. */
void model_writes_settle(struct model_group *group, int32_t generation);
/* The group can be without any offset for a question that was sent then. */
bool model_group_may_be_bare(struct model_group *group, uint64_t sent);
void model_offset_logs_free(struct model_group *group);

/* model_expiry.c */
/* The clients' clock at a moment. */
int64_t model_groups_time(const struct model_groups *groups, uint64_t moment);
/* Somebody was a member at some time between `sent` and now. */
void model_group_held(struct model_group *group, const struct model_claim *claim, uint64_t sent);
/* Somebody writes to it, or has. */
void model_group_stirs(struct model_group *group);
/* Whether this commit may have gone by itself. */
bool model_write_may_expire(const struct model_write *write);
/* Whether the group may have ended by itself, with what it knew. */
bool model_group_may_have_ended(const struct model_group *group);
/* Whether nothing of it can be there any more for a question that was sent then. */
bool model_group_is_overdue(const struct model_group *group, uint64_t sent);
