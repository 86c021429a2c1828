/* A direct-mapped table: the newest reader at a slot stays. */
#include "partition/read_places.h"

#include "base/assert.h"
#include "base/hash.h"

static uint64_t slot_of(const struct read_place *place)
{
    uint64_t hash = hash_u64(uuid_hash(place->topic_id) + (uint64_t)place->partition);
    return hash_u64(hash + (uint64_t)place->offset) % READ_PLACES;
}

void read_places_keep(struct read_places *places, const struct read_place *place)
{
    ASSERT(place->position > 0 && place->offset > place->segment);
    places->places[slot_of(place)] = *place;
}

bool read_places_find(const struct read_places *places, struct read_place *place)
{
    const struct read_place *kept = &places->places[slot_of(place)];
    if (kept->offset != place->offset || kept->segment != place->segment ||
        kept->partition != place->partition || kept->replacements != place->replacements ||
        !uuid_equal(kept->topic_id, place->topic_id) || kept->position == 0)
        return false;
    place->position = kept->position;
    place->size = kept->size;
    return true;
}
