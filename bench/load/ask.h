/*
 * One question at a time to one broker, waiting for its answer: for what precedes and follows the
 * load, where nothing has to be fast.
 */
#pragma once

#include "base/arena.h"
#include "bench/load/options.h"
#include "bench/load/wire.h"
#include "protocol/api.h"

#define ASK_APIS 128

struct ask {
    struct io_loop loop; /* first */
    struct io *io;
    struct wire wire;
    struct wire_clock clock; /* read once: nothing is measured */
    struct wire_call call;
    struct region *memory;
    struct arena arena;
    const struct api *api;
    int16_t version;
    uint64_t deadline_ns;
    int result;
    bool waiting;
    void *answer;
    /* What the broker serves; max -1 where it does not. */
    int16_t version_min[ASK_APIS];
    int16_t version_max[ASK_APIS];
};

/* Connects and asks for the broker's versions. `why` tells what is wrong. Close it in any case. */
int ask_open(struct ask *ask, struct io *io, const char *host, uint16_t port,
             struct sentence *why) MUST_CHECK;
void ask_close(struct ask *ask);
/* The newest version up to `most` that both sides know, or ERR_UNSUPPORTED. */
int ask_version(const struct ask *ask, int16_t key, int16_t most) MUST_CHECK;
/* The decoded answer lives until the next question. ERR_TIMEOUT after `timeout_ns`. */
struct ask_question {
    int16_t key;
    int16_t version;
    const void *request;
    uint64_t timeout_ns;
};
int ask_call(struct ask *ask, const struct ask_question *question, void **answer) MUST_CHECK;
