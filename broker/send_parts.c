/* The first piece that does not fit moves all of them into a borrowed array. */
#include "broker/send_parts.h"

#include <string.h>

#include "base/assert.h"

const struct iovec *send_parts_items(const struct send_parts *parts)
{
    return parts->wide == NULL ? parts->few : parts->wide;
}

static bool widen(struct send_parts *parts, struct slab *wide)
{
    ASSERT(parts->wide == NULL && parts->count == SEND_PARTS_FEW);
    struct send_parts_wide *borrowed = slab_alloc(wide);
    if (borrowed == NULL)
        return false;
    memcpy(borrowed->parts, parts->few, sizeof parts->few);
    parts->wide = borrowed->parts;
    return true;
}

bool send_parts_add(struct send_parts *parts, struct slab *wide, struct iovec part)
{
    ASSERT(parts->count <= SEND_PARTS_MAX);
    if (parts->wide == NULL && parts->count == SEND_PARTS_FEW && !widen(parts, wide))
        return false;
    if (parts->count == SEND_PARTS_MAX)
        return false;
    struct iovec *items = parts->wide == NULL ? parts->few : parts->wide;
    items[parts->count++] = part;
    return true;
}

void send_parts_end(struct send_parts *parts, struct slab *wide)
{
    if (parts->wide != NULL)
        slab_free(wide, parts->wide);
    parts->wide = NULL;
    parts->count = 0;
}
