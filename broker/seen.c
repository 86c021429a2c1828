/* Open addressing in twice the room that is needed, so that a probe soon finds a free slot. */
#include "broker/seen.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/util.h"

bool seen_init(struct seen *seen, struct arena *arena, size_t count, uint64_t secret)
{
    size_t capacity = 8;
    while (capacity < 2 * count)
        capacity *= 2;
    seen->capacity = capacity;
    seen->secret = secret;
    seen->slots = arena_alloc_array(arena, capacity, sizeof *seen->slots);
    return seen->slots != NULL;
}

uint32_t seen_put(struct seen *seen, struct bytes key, uint32_t index)
{
    ASSERT(is_power_of_two(seen->capacity) && index != SEEN_NEVER);
    size_t at = hash_bytes_keyed(key, seen->secret) & (seen->capacity - 1);
    for (size_t probes = 0; probes < seen->capacity; probes++) {
        struct seen_slot *slot = &seen->slots[at];
        if (!slot->used) {
            *slot = (struct seen_slot){.key = key, .index = index, .used = true};
            return SEEN_NEVER;
        }
        if (bytes_equal(slot->key, key))
            return slot->index;
        at = (at + 1) & (seen->capacity - 1);
    }
    UNREACHABLE();
}

static struct bytes number_at(const int32_t *numbers, size_t stride, size_t at)
{
    return (struct bytes){(const uint8_t *)numbers + stride * at, sizeof *numbers};
}

bool *seen_again(struct arena *arena, const int32_t *numbers, size_t stride, size_t count,
                 bool anywhere, uint64_t secret)
{
    struct seen seen;
    bool *again = arena_alloc_array(arena, count, sizeof *again);
    if (count < 2 || again == NULL)
        return again;
    if (!seen_init(&seen, arena, count, secret))
        return NULL;
    for (size_t i = count; i-- > 0;) {
        uint32_t behind = seen_put(&seen, number_at(numbers, stride, i), (uint32_t)i);
        again[i] = behind != SEEN_NEVER;
        if (again[i] && anywhere)
            again[behind] = true;
    }
    return again;
}
