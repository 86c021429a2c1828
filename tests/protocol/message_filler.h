/* Random messages that are valid in one version: what tests write and read back. */
#pragma once

#include "base/prng.h"
#include "protocol/message.h"

struct message_filler {
    struct prng prng;
    struct arena *arena; /* of what the message points at */
    int16_t version;
};

/* Every member of the version at random, but some tagged ones, which keep their defaults. */
void message_fill(struct message_filler *filler, const struct message_struct *structure,
                  void *base);
