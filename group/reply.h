/*
 * What an answer of a coordinator is made of: copies of its state.
 *
 * The answer is encoded on another core, when the state may have changed. The copies lie in chunks
 * from mem_alloc, so that either core may free them.
 */
#pragma once

#include <stddef.h>

#include "protocol/message.h"

struct group_reply_chunk;

/* All zero: empty. */
struct group_reply {
    struct group_reply_chunk *chunk; /* newest first */
    size_t used;                     /* of the newest */
    size_t total;
};

/* Zeroed, aligned to 16, never null. */
void *group_reply_alloc(struct group_reply *reply, size_t count, size_t size);
struct string group_reply_string(struct group_reply *reply, struct string text);
struct blob group_reply_blob(struct group_reply *reply, struct blob blob);
void group_reply_free(struct group_reply *reply);
