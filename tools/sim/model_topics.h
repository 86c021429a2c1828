/*
 * What clients know of topics: each life of each name, from the attempt to create it to its end.
 *
 * An attempt that was not answered may still have succeeded, or may succeed later, when its bytes
 * arrive at last: it stays possible, until a listing shows its id. What was confirmed must be
 * listed by every answer whose request is sent from then on; what was confirmed to be deleted must
 * never be listed again, and no id comes twice.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"
#include "tools/sim/model.h"

#define MODEL_TOPIC_PARTITIONS_MAX 64
#define MODEL_COMPRESSION_KEPT (-1)

struct model_topics;

/* How a topic was asked for. All lives of a name are asked for in the same way. */
struct model_topic_plan {
    int8_t compression; /* enum compression, or MODEL_COMPRESSION_KEPT */
    bool append_time;
    int32_t message_bytes_max; /* 0: not set */
    int32_t segment_bytes;     /* 0: not set */
    int32_t segment_ms;        /* 0: not set */
    bool compact;              /* records have keys, and the last of each key stays */
    bool keeps_tombstones;     /* in a compacted one; else they go soon */
    bool retains;              /* the oldest go by themselves, by the limits below */
    struct model_retention retention;
};

/* One life of a topic. The order of its times is that of events on the client's machine. */
struct model_topic {
    char name[MODEL_NAME_BYTES];
    struct model_topic_plan plan;
    struct uuid id;         /* zero: not known yet */
    int32_t count;          /* partitions that were confirmed */
    int32_t count_before;   /* until `grown_at` */
    int32_t count_most;     /* that were ever asked for */
    int32_t count_answered; /* that an answer has confirmed, and not a listing alone */
    uint64_t there_at;      /* confirmed; 0: not yet */
    uint64_t answered_at;   /* by an answer; 0: not yet */
    uint64_t grown_at;
    uint64_t going_at; /* its deletion was sent; 0: not yet */
    uint64_t gone_at;  /* and confirmed; 0: not yet */
    bool confirmed;    /* by the answer to a creation, not by a listing alone */
    bool growth_open;  /* an extension was not answered: it may come at any time, or to a later life
                        */
    bool dropped;      /* the attempt was refused: this life never began */
    struct model_partition *partitions[MODEL_TOPIC_PARTITIONS_MAX];
};

struct model_topics *model_topics_new(struct model *model);
void model_topics_free(struct model_topics *topics);
/* Passes with every call; tells what came before what. */
uint64_t model_topics_moment(struct model_topics *topics);

/* An attempt to create: about to be sent. The topic lives as long as `topics`. */
struct model_topic *model_topic_attempt(struct model_topics *topics, const char *name,
                                        int32_t partitions, const struct model_topic_plan *plan);
/* An attempt was confirmed with this id. Returns the life that has it: another attempt's, when a
 * listing has shown it already, because nobody could tell them apart. */
struct model_topic *model_topic_created(struct model_topics *topics, struct model_topic *attempt,
                                        struct uuid id);
/* It was refused: the name was taken, or the request was wrong. */
void model_topic_dropped(struct model_topic *topic);
/* More partitions: about to be sent; not answered; confirmed. */
void model_topic_growing(struct model_topics *topics, struct model_topic *topic,
                         int32_t partitions);
void model_topic_growth_unanswered(struct model_topic *topic);
void model_topic_grown(struct model_topics *topics, struct model_topic *topic, int32_t partitions);
/* The deletion: about to be sent; confirmed. */
void model_topic_going(struct model_topics *topics, struct model_topic *topic);
void model_topic_gone(struct model_topics *topics, struct model_topic *topic);
/* An answer to what made it, or made it larger, has confirmed it, and not a listing alone. */
void model_topic_answered(struct model_topics *topics, struct model_topic *topic);
/* An answer has confirmed this partition, so every core of the broker knows it. What a listing
 * alone has shown, one core has told; another may yet have to learn it, here as in Kafka. */
bool model_topic_everywhere(const struct model_topic *topic, int32_t partition);
/* It is certain that it is there: confirmed, and nobody has begun to delete it. */
bool model_topic_stays(const struct model_topic *topic);
/* Whether an unanswered attempt, or a life that is not known to have ended, may hold the name. */
bool model_topic_name_may_exist(const struct model_topics *topics, const char *name);

/* The life with this id; null. */
struct model_topic *model_topic_with_id(const struct model_topics *topics, struct uuid id);
/* In order of their attempts; null at the end. */
struct model_topic *model_topic_at(const struct model_topics *topics, uint32_t number);

/* A listing: the request was sent at `sent`; each topic in it is told, then its end. */
struct model_listing {
    struct model_topics *topics;
    uint64_t sent;
    bool settled;  /* every core has had the time to learn what one of them has told */
    uint32_t told; /* distinct, confirmed lives */
};
void model_listing_begin(struct model_listing *listing, struct model_topics *topics, uint64_t sent);
/* The life that is listed, adopted if it was an unanswered attempt; null when it breaks the model.
 * A zero id is not told by this version of the answer: the name alone is judged. */
struct model_topic *model_listing_told(struct model_listing *listing, struct bytes name,
                                       struct uuid id, int32_t partitions);
/* A name that was asked for alone is said not to exist. */
void model_listing_told_missing(struct model_listing *listing, struct bytes name);
/* A listing of all topics is over: every one that all cores know was in it. */
void model_listing_end(struct model_listing *listing);
