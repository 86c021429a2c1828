/* XXH3 of the system's xxHash, and its integer avalanche. */
#include "base/hash.h"

#include <xxhash.h>

uint64_t hash_bytes(struct bytes bytes)
{
    return XXH3_64bits(bytes.data, bytes.len);
}

uint64_t hash_bytes_keyed(struct bytes bytes, uint64_t secret)
{
    return XXH3_64bits_withSeed(bytes.data, bytes.len, secret);
}

struct hash_wide hash_bytes_wide(struct bytes bytes, const uint8_t secret[HASH_SECRET_BYTES])
{
    _Static_assert(HASH_SECRET_BYTES >= XXH3_SECRET_SIZE_MIN, "XXH3 wants a longer secret");
    XXH128_hash_t hash = XXH3_128bits_withSecret(bytes.data, bytes.len, secret, HASH_SECRET_BYTES);
    return (struct hash_wide){hash.low64, hash.high64};
}
