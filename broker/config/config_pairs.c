/* Sorted arrays that are moved about: a resource has a few settings, and they change rarely. */
#include "broker/config/config_pairs.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/result.h"
#include "base/util.h"

static bool is_text(struct bytes bytes)
{
    return bytes.len == 0 || memchr(bytes.data, 0, bytes.len) == NULL;
}

int config_pair_check(struct bytes name, struct bytes value, char *message, size_t size)
{
    if (is_text(name) && is_text(value))
        return 0;
    snprintf(message, size, "The name or the value of configuration '%.*s' has a null character",
             (int)MIN(name.len, (size_t)256), (const char *)name.data);
    return ERR_INVALID;
}

static void pair_remove(struct config_pair *pairs, uint32_t *count, uint32_t at)
{
    ASSERT(at < *count);
    mem_free(pairs[at].name);
    mem_free(pairs[at].value);
    memmove(&pairs[at], &pairs[at + 1], (*count - at - 1) * sizeof *pairs);
    (*count)--;
}

void config_pairs_set(struct config_pair **pairs, uint32_t *count, struct bytes name,
                      struct string value)
{
    uint32_t at = 0;
    if (!is_text(name))
        return;
    while (at < *count && bytes_compare(bytes_of_string((*pairs)[at].name), name) < 0)
        at++;
    bool there = at < *count && bytes_equal(bytes_of_string((*pairs)[at].name), name);
    if (value.len < 0 || !is_text(string_bytes(value))) {
        if (there)
            pair_remove(*pairs, count, at);
        return;
    }
    if (!there) {
        *pairs = mem_realloc(*pairs, *count * sizeof **pairs, (*count + 1) * sizeof **pairs);
        memmove(&(*pairs)[at + 1], &(*pairs)[at], (*count - at) * sizeof **pairs);
        (*pairs)[at].name = mem_copy_bytes(name);
        (*count)++;
    } else {
        mem_free((*pairs)[at].value);
    }
    (*pairs)[at].value = mem_copy_bytes(string_bytes(value));
}

struct config_pair *config_pairs_copy(const struct config_pair *pairs, uint32_t count)
{
    if (count == 0)
        return NULL;
    struct config_pair *copy = mem_alloc_array(count, sizeof *copy);
    for (uint32_t i = 0; i < count; i++) {
        copy[i].name = mem_copy_string(pairs[i].name);
        copy[i].value = mem_copy_string(pairs[i].value);
    }
    return copy;
}

void config_pairs_free(struct config_pair *pairs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        mem_free(pairs[i].name);
        mem_free(pairs[i].value);
    }
    mem_free(pairs);
}
