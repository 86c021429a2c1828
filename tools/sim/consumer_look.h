/*
 * ConsumerGroupDescribe: asked of a group of the new consumer protocol by who is no member of it,
 * told to the model, and, when nothing happens any more, compared with what the members know.
 */
#pragma once

#include "tools/sim/group_roster.h"

#define CONSUMER_LOOK_MEMBERS_MAX 64

struct consumer_look {
    struct model_group *group;
    const struct group_places *places;
    const struct group_roster *roster;
    bool settled; /* all members are, and are to be told so */
    uint64_t sent;
    uint64_t since_ns; /* it has been asked again and again since then; 0: no */
};

void consumer_look_send(struct caller *caller, struct model_groups *groups,
                        struct consumer_look *look);
/* KAFKA_NONE, an error after which it is to be asked again, or GROUP_NO_ANSWER. */
int16_t consumer_look_ended(struct party *party, struct consumer_look *look,
                            const struct consumer_group_describe_response *answer);

/* Each member is settled, all are at one epoch, and each partition is somebody's. */
bool consumers_are_settled(const struct group_roster *roster, const struct group_places *places,
                           const struct model_group *group);
