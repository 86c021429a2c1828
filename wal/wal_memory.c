/*
 * The memory of a stream: blocks, in which groups gather and stay until a flush has their entries.
 *
 * On a full disk no flush does, and then the memory runs out, mostly long before the files that the
 * stream has already. So it keeps a part for what may free space, as the last file does: one block.
 * It is counted, not set apart: whichever block is taken last is that one.
 */
#include "base/assert.h"
#include "base/util.h"
#include "wal/wal_internal.h"

/* Where a block is no more than this part of the memory, one is for what frees space. */
#define MEMORY_KEPT_SHARE 4

void wal_memory_begin(struct wal *wal)
{
    size_t size = region_size(wal->region);
    bool keeps = size >= MEMORY_KEPT_SHARE * WAL_BLOCK_BYTES;
    wal->memory_for_all = keeps ? size - WAL_BLOCK_BYTES : size;
}

struct wal_block *wal_block_new(struct wal *wal, size_t size, bool frees_space)
{
    size = round_up(size, WAL_BLOCK_BYTES);
    if (!wal_memory_allows(wal, frees_space, size))
        return NULL;
    struct wal_block *block = slab_alloc(&wal->blocks);
    if (block == NULL)
        return NULL;
    block->size = size;
    block->memory = region_take(wal->region, block->size);
    if (block->memory == NULL) {
        slab_free(&wal->blocks, block);
        return NULL;
    }
    block->holds = 1; /* the stream's own, while groups may begin in it */
    return block;
}

void wal_hold(struct wal *wal, struct wal_block *block)
{
    (void)wal;
    ASSERT(block->holds > 0);
    block->holds++;
}

void wal_drop(struct wal *wal, struct wal_block *block)
{
    ASSERT(block->holds > 0);
    block->holds--;
    if (block->holds > 0)
        return;
    ASSERT(block != wal->block);
    region_give(wal->region, block->memory, block->size);
    slab_free(&wal->blocks, block);
}

void wal_block_leave(struct wal *wal)
{
    struct wal_block *block = wal->block;
    wal->block = NULL;
    if (block != NULL)
        wal_drop(wal, block);
}
