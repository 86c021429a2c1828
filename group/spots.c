/* Merges of sorted arrays. Where one of them is much the larger, and what only it has is not
 * wanted, it is searched and not walked: an assignor holds each member's few partitions against
 * all. */
#include "group/spots.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/util.h"

int spot_compare(const struct spot *a, const struct spot *b)
{
    for (size_t i = 0; i < sizeof a->topic.bytes; i += 8) {
        uint64_t x = load_be64(a->topic.bytes + i);
        uint64_t y = load_be64(b->topic.bytes + i);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a->partition > b->partition) - (a->partition < b->partition);
}

static int compare(const void *a, const void *b)
{
    return spot_compare(a, b);
}

struct spots spots_of(struct spot *items, uint32_t count)
{
    uint32_t kept = 0;
    if (count > 1)
        qsort(items, count, sizeof *items, compare);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || spot_compare(&items[kept - 1], &items[i]) != 0)
            items[kept++] = items[i];
    return (struct spots){items, kept};
}

bool spots_have(struct spots set, const struct spot *spot)
{
    if (set.count == 0)
        return false;
    return bsearch(spot, set.items, set.count, sizeof *set.items, compare) != NULL;
}

bool spots_equal(struct spots a, struct spots b)
{
    if (a.count != b.count)
        return false;
    for (uint32_t i = 0; i < a.count; i++)
        if (spot_compare(&a.items[i], &b.items[i]) != 0)
            return false;
    return true;
}

bool spots_within(struct spots part, struct spots whole)
{
    for (uint32_t i = 0; i < part.count; i++)
        if (!spots_have(whole, &part.items[i]))
            return false;
    return true;
}

bool spots_meet(struct spots a, struct spots b)
{
    for (uint32_t i = 0; i < a.count; i++)
        if (spots_have(b, &a.items[i]))
            return true;
    return false;
}

enum wanted { ONLY_A = 1, ONLY_B = 2, BOTH = 4 };

/* The first from `from` on that is not below `spot`: in steps that double, and then by halves. */
static uint32_t skip_below(struct spots set, uint32_t from, const struct spot *spot)
{
    uint32_t step = 1;
    uint32_t low = from;
    while (step < set.count - low && spot_compare(&set.items[low + step], spot) < 0) {
        low += step;
        step *= 2;
    }
    uint32_t high = MIN(set.count - low, step) + low;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (spot_compare(&set.items[middle], spot) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct spots merge(struct group_reply *memory, struct spots a, struct spots b,
                          unsigned wanted)
{
    uint32_t i = 0;
    uint32_t j = 0;
    uint32_t room = a.count + ((wanted & ONLY_B) != 0 ? b.count : 0);
    struct spots out = {group_reply_alloc(memory, room, sizeof *out.items), 0};
    while (i < a.count || (j < b.count && (wanted & ONLY_B) != 0)) {
        int order = i == a.count ? 1 : j == b.count ? -1 : spot_compare(&a.items[i], &b.items[j]);
        unsigned kind = order < 0 ? ONLY_A : order > 0 ? ONLY_B : BOTH;
        if ((wanted & kind) != 0) {
            ASSERT(out.count < room);
            out.items[out.count++] = order <= 0 ? a.items[i] : b.items[j];
        } else if (order > 0) {
            j = skip_below(b, j, &a.items[i]);
            continue;
        } else if (order < 0 && j < b.count) {
            i = skip_below(a, i, &b.items[j]);
            continue;
        } else if (order < 0) {
            break;
        }
        i += order <= 0;
        j += order >= 0;
    }
    return out;
}

struct spots spots_common(struct group_reply *memory, struct spots a, struct spots b)
{
    return merge(memory, a, b, BOTH);
}

struct spots spots_without(struct group_reply *memory, struct spots a, struct spots b)
{
    return merge(memory, a, b, ONLY_A);
}

struct spots spots_joined(struct group_reply *memory, struct spots a, struct spots b)
{
    return merge(memory, a, b, ONLY_A | ONLY_B | BOTH);
}

struct spots spots_copy(struct group_reply *memory, struct spots set)
{
    return merge(memory, set, (struct spots){0}, ONLY_A);
}

void spots_keep(struct spots *kept, struct spots set)
{
    struct spots copy = {0};
    if (set.count > 0) {
        copy.items = mem_alloc_array(set.count, sizeof *copy.items);
        memcpy(copy.items, set.items, set.count * sizeof *copy.items);
        copy.count = set.count;
    }
    spots_drop(kept);
    *kept = copy;
}

void spots_drop(struct spots *kept)
{
    mem_free(kept->items);
    *kept = (struct spots){0};
}

uint32_t spots_topic_end(struct spots set, uint32_t first)
{
    uint32_t end = first + 1;
    ASSERT(first < set.count);
    while (end < set.count && uuid_equal(set.items[first].topic, set.items[end].topic))
        end++;
    return end;
}
