/* A chain of chunks, freed together. */
#include "group/reply.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

#define CHUNK_BYTES (4 * KIB)

struct group_reply_chunk {
    struct group_reply_chunk *next;
    size_t size; /* of data */
    _Alignas(16) uint8_t data[];
};

void *group_reply_alloc(struct group_reply *reply, size_t count, size_t size)
{
    ASSERT(size == 0 || count <= SIZE_MAX / 2 / size);
    size_t wanted = round_up(count * size, 16);
    struct group_reply_chunk *chunk = reply->chunk;
    if (chunk == NULL || chunk->size - reply->used < wanted) {
        size_t room = MAX(wanted, CHUNK_BYTES - sizeof *chunk);
        chunk = mem_alloc(sizeof *chunk + room);
        chunk->size = room;
        chunk->next = reply->chunk;
        reply->chunk = chunk;
        reply->used = 0;
    }
    void *memory = chunk->data + reply->used;
    reply->used += wanted;
    reply->total += wanted;
    return memory;
}

struct blob group_reply_blob(struct group_reply *reply, struct blob blob)
{
    if (blob.len <= 0)
        return blob;
    uint8_t *copy = group_reply_alloc(reply, (size_t)blob.len, 1);
    memcpy(copy, blob.data, (size_t)blob.len);
    return (struct blob){copy, blob.len};
}

struct string group_reply_string(struct group_reply *reply, struct string text)
{
    struct blob copy = group_reply_blob(reply, (struct blob){(const uint8_t *)text.data, text.len});
    return (struct string){(const char *)copy.data, copy.len};
}

void group_reply_free(struct group_reply *reply)
{
    while (reply->chunk != NULL) {
        struct group_reply_chunk *next = reply->chunk->next;
        mem_free(reply->chunk);
        reply->chunk = next;
    }
    *reply = (struct group_reply){0};
}
