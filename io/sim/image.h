/*
 * The bytes of a simulated file, twice: as the page cache has them and as the disk has them.
 *
 * Sectors of 512 bytes are what the disk writes whole. A sector is clean (both are equal), dirty
 * (the next sync writes it), or lost (they differ, but no sync will ever write it: a failed sync
 * or a lying disk). Pages of 4 KiB are the unit of space.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/prng.h"

#define IMAGE_SECTOR 512
#define IMAGE_PAGE 4096
#define IMAGE_NO_CUT UINT64_MAX

struct image_page {
    uint8_t *cached;  /* null: zeros */
    uint8_t *durable; /* null: as cached; else the sectors of neither mask are equal */
    uint8_t dirty;    /* a bit per sector */
    uint8_t lost;
    bool allocated;
};

struct image {
    struct image_page *pages;
    uint64_t page_count;
    uint64_t size;
    uint64_t durable_size;
    uint64_t cut; /* the lowest size since the last sync, when below durable_size */
    uint64_t allocated_pages;
};

void image_init(struct image *image);
void image_fini(struct image *image);

/* Bytes read: fewer than `len` at the end. */
uint64_t image_read(const struct image *image, void *data, uint64_t len, uint64_t pos);
/* How many pages a write there would allocate. */
uint64_t image_pages_wanted(const struct image *image, uint64_t pos, uint64_t len);
/* Into the cache. */
void image_write(struct image *image, const void *data, uint64_t len, uint64_t pos);
/* Makes what is dirty in the range durable, and the size up to its end. */
void image_sync_range(struct image *image, uint64_t pos, uint64_t len);
void image_sync(struct image *image);
/* What is dirty in the range becomes durable without any promise. */
void image_write_back(struct image *image, uint64_t pos, uint64_t len);
/* What is dirty in the range becomes lost. */
void image_lose(struct image *image, uint64_t pos, uint64_t len);
/* A sync that fails: each dirty sector has become durable, or is lost. */
void image_sync_failed(struct image *image, struct prng *prng);
void image_truncate(struct image *image, uint64_t size);
/* Allocates the pages and extends the size to the range's end. */
void image_allocate(struct image *image, uint64_t pos, uint64_t len);
/* Flips bits in the range, in both images. */
void image_corrupt(struct image *image, uint64_t pos, uint64_t len, struct prng *prng);
/* Power loss: each dirty sector survives or not, as does a new size. Both images agree then. */
void image_crash(struct image *image, struct prng *prng);
/* Bytes of sectors that are not as they are on the disk. */
uint64_t image_unsynced(const struct image *image);
