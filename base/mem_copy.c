/*
 * What is made of the other calls of base/mem.h, wherever they have their memory from: the
 * simulator has a heap in place of base/mem.c.
 */
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

#define GROW_MIN 4u /* elements */

void *mem_grow(void *array, uint32_t count, uint32_t *capacity, size_t size)
{
    ASSERT(count <= *capacity && *capacity <= UINT32_MAX / 2);
    if (count < *capacity)
        return array;
    uint32_t wider = MAX(*capacity * 2, GROW_MIN);
    array = mem_realloc(array, *capacity * size, wider * size);
    *capacity = wider;
    return array;
}

char *mem_copy_string(const char *text)
{
    return mem_copy_bytes(bytes_of_string(text));
}

char *mem_copy_bytes(struct bytes text)
{
    char *copy = mem_alloc(text.len + 1);
    if (text.len > 0)
        memcpy(copy, text.data, text.len);
    return copy;
}
