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

#define DISK_SECTOR 512
#define DISK_PAGE 4096
#define DISK_NO_CUT UINT64_MAX

struct disk_page {
    uint8_t *cached;  /* null: zeros */
    uint8_t *durable; /* null: as cached, or blank; else the sectors of neither mask are equal */
    uint8_t dirty;    /* a bit per sector */
    uint8_t lost;
    bool allocated;
    bool blank; /* the disk has zeros, and no memory for them */
};

struct disk_image {
    struct disk_page *pages;
    uint64_t page_count;
    uint64_t size;
    uint64_t durable_size;
    uint64_t cut; /* the lowest size since the last sync, when below durable_size */
    uint64_t allocated_pages;
    uint64_t *disk_pages; /* the same of all images of a disk; null: nobody counts them */
    uint64_t dirty_first; /* pages outside of [dirty_first, dirty_end) have no dirty sector */
    uint64_t dirty_end;
};

void disk_image_init(struct disk_image *image);
void disk_image_fini(struct disk_image *image);

/* Bytes read: fewer than `len` at the end. */
uint64_t disk_image_read(const struct disk_image *image, void *data, uint64_t len, uint64_t pos);
/* How many pages a write there would allocate. */
uint64_t disk_image_pages_wanted(const struct disk_image *image, uint64_t pos, uint64_t len);
/* Into the cache. `data` null: zeros. */
void disk_image_write(struct disk_image *image, const void *data, uint64_t len, uint64_t pos);
/* The same, and durable at once. */
void disk_image_write_through(struct disk_image *image, const void *data, uint64_t len,
                              uint64_t pos);
/* Makes what is dirty in the range durable, and the size up to its end. */
void disk_image_sync_range(struct disk_image *image, uint64_t pos, uint64_t len);
void disk_image_sync(struct disk_image *image);
/* What is dirty in the range becomes durable without any promise. */
void disk_image_write_back(struct disk_image *image, uint64_t pos, uint64_t len);
/* What is dirty in the range becomes lost. */
void disk_image_lose(struct disk_image *image, uint64_t pos, uint64_t len);
/* A sync that fails: each dirty sector has become durable, or is lost. */
void disk_image_sync_failed(struct disk_image *image, struct prng *prng);
void disk_image_truncate(struct disk_image *image, uint64_t size);
/* Allocates the pages and extends the size to the range's end. */
void disk_image_allocate(struct disk_image *image, uint64_t pos, uint64_t len);
/* Flips bits in the range, in both images. */
void disk_image_corrupt(struct disk_image *image, uint64_t pos, uint64_t len, struct prng *prng);
/* Power loss: each dirty sector survives or not, as does a new size. Both images agree then. */
void disk_image_crash(struct disk_image *image, struct prng *prng);
/* Bytes of sectors that are not as they are on the disk. */
uint64_t disk_image_unsynced(const struct disk_image *image);
