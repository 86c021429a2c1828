/*
 * A table of pages. A page keeps a second copy only while one of its sectors differs, so that a
 * file that is synced costs its bytes once, and one that was filled with zeros costs nothing.
 *
 * A cut is a change of the file's metadata, which a journal makes durable as a whole: until then a
 * crash may bring back everything behind it. Once it is durable nothing from before may appear
 * behind it, whatever was written there later.
 */
#include "io/sim/disk_image.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

#define SECTORS (DISK_PAGE / DISK_SECTOR)

static const uint8_t zeros[DISK_PAGE];

void disk_image_init(struct disk_image *image)
{
    *image = (struct disk_image){.cut = DISK_NO_CUT, .dirty_first = UINT64_MAX / DISK_PAGE};
}

static void page_allocate(struct disk_image *image, struct disk_page *page, bool allocated)
{
    if (page->allocated == allocated)
        return;
    page->allocated = allocated;
    uint64_t change = allocated ? 1 : UINT64_MAX;
    image->allocated_pages += change;
    if (image->disk_pages != NULL)
        *image->disk_pages += change;
}

static void page_clear(struct disk_image *image, struct disk_page *page)
{
    mem_free(page->cached);
    mem_free(page->durable);
    page_allocate(image, page, false);
    *page = (struct disk_page){0};
}

void disk_image_fini(struct disk_image *image)
{
    for (uint64_t i = 0; i < image->page_count; i++)
        page_clear(image, &image->pages[i]);
    ASSERT(image->allocated_pages == 0);
    mem_free(image->pages);
    disk_image_init(image);
}

static struct disk_page *page_at(struct disk_image *image, uint64_t number)
{
    if (number >= image->page_count) {
        uint64_t count = MAX(number + 1, image->page_count * 2);
        image->pages = mem_realloc(image->pages, image->page_count * sizeof *image->pages,
                                   count * sizeof *image->pages);
        image->page_count = count;
    }
    return &image->pages[number];
}

static const uint8_t *page_bytes(const struct disk_page *page)
{
    return page->cached != NULL ? page->cached : zeros;
}

/* The bits of the sectors that [from, to) of a page touches. */
static uint8_t sector_mask(uint64_t from, uint64_t to)
{
    ASSERT(from < to && to <= DISK_PAGE);
    unsigned first = (unsigned)(from / DISK_SECTOR);
    unsigned end = (unsigned)((to + DISK_SECTOR - 1) / DISK_SECTOR);
    return (uint8_t)((0xffU << first) & (0xffU >> (SECTORS - end)));
}

/* A part of a page, when a range is walked page by page. */
struct part {
    uint64_t number;
    uint64_t from;
    uint64_t to;
};

static struct part part_at(uint64_t pos, uint64_t end)
{
    uint64_t from = pos % DISK_PAGE;
    return (struct part){pos / DISK_PAGE, from, MIN(from + (end - pos), (uint64_t)DISK_PAGE)};
}

uint64_t disk_image_read(const struct disk_image *image, void *data, uint64_t len, uint64_t pos)
{
    uint64_t end = MIN(image->size, pos + len);
    uint64_t at = pos;
    while (at < end) {
        struct part part = part_at(at, end);
        const uint8_t *bytes =
            part.number < image->page_count ? page_bytes(&image->pages[part.number]) : zeros;
        memcpy((uint8_t *)data + (at - pos), bytes + part.from, part.to - part.from);
        at += part.to - part.from;
    }
    return at - pos;
}

uint64_t disk_image_pages_wanted(const struct disk_image *image, uint64_t pos, uint64_t len)
{
    uint64_t wanted = 0;
    for (uint64_t n = pos / DISK_PAGE; len > 0 && n <= (pos + len - 1) / DISK_PAGE; n++)
        wanted += n >= image->page_count || !image->pages[n].allocated;
    return wanted;
}

static bool page_is_split(const struct disk_page *page)
{
    return page->durable != NULL || page->blank;
}

/* Before sectors change in the cache, by page_fill: the disk keeps what they were. */
static void page_split(struct disk_page *page)
{
    if (page_is_split(page))
        return;
    if (page->cached == NULL) {
        page->blank = true;
        return;
    }
    page->durable = mem_alloc_raw(DISK_PAGE);
    memcpy(page->durable, page->cached, DISK_PAGE);
}

/* What the disk has of it can be changed. */
static void page_unblank(struct disk_page *page)
{
    if (page->blank)
        page->durable = mem_alloc(DISK_PAGE);
    page->blank = false;
}

static void page_join(struct disk_page *page)
{
    if ((page->dirty | page->lost) != 0)
        return;
    mem_free(page->durable);
    page->durable = NULL;
    page->blank = false;
}

static void sectors_copy(uint8_t *to, const uint8_t *from, uint8_t mask)
{
    for (unsigned s = 0; s < SECTORS; s++)
        if (mask & (1U << s))
            memcpy(to + s * DISK_SECTOR, from + s * DISK_SECTOR, DISK_SECTOR);
}

/* The dirty ones of the mask reach the disk. */
static void page_sync(struct disk_page *page, uint8_t mask)
{
    mask &= page->dirty;
    if (mask == 0)
        return;
    page->dirty &= (uint8_t)~mask;
    if ((page->dirty | page->lost) != 0) {
        page_unblank(page);
        sectors_copy(page->durable, page->cached, mask);
    }
    page_join(page);
}

/* `data` null: zeros, as everywhere below. */
static bool is_zero(const uint8_t *data, uint64_t len)
{
    return data == NULL || memcmp(data, zeros, len) == 0;
}

/* What a new page has around the part is zeros. */
static void page_fill(struct disk_page *page, const struct part *part, const uint8_t *data)
{
    if (page->cached == NULL) {
        page->cached = mem_alloc_raw(DISK_PAGE);
        memset(page->cached, 0, part->from);
        memset(page->cached + part->to, 0, DISK_PAGE - part->to);
    }
    memcpy(page->cached + part->from, data == NULL ? zeros : data, part->to - part->from);
}

static const uint8_t *data_at(const uint8_t *data, uint64_t at)
{
    return data == NULL ? NULL : data + at;
}

static void page_write(struct disk_image *image, const struct part *part, const uint8_t *data)
{
    struct disk_page *page = page_at(image, part->number);
    page_allocate(image, page, true);
    if (page->cached == NULL && page->durable == NULL && is_zero(data, part->to - part->from))
        return;
    page_split(page);
    page_fill(page, part, data);
    uint8_t mask = sector_mask(part->from, part->to);
    page->dirty |= mask;
    page->lost &= (uint8_t)~mask;
    image->dirty_first = MIN(image->dirty_first, part->number);
    image->dirty_end = MAX(image->dirty_end, part->number + 1);
}

/* A page both images agree on goes on having one copy. */
static void page_write_through(struct disk_image *image, const struct part *part,
                               const uint8_t *data)
{
    struct disk_page *page = page_at(image, part->number);
    if (page_is_split(page)) {
        page_write(image, part, data);
        page_sync(page, sector_mask(part->from, part->to));
        return;
    }
    page_allocate(image, page, true);
    if (page->cached == NULL && is_zero(data, part->to - part->from))
        return;
    page_fill(page, part, data);
}

void disk_image_write(struct disk_image *image, const void *data, uint64_t len, uint64_t pos)
{
    uint64_t at = pos;
    while (at < pos + len) {
        struct part part = part_at(at, pos + len);
        page_write(image, &part, data_at(data, at - pos));
        at += part.to - part.from;
    }
    if (len > 0)
        image->size = MAX(image->size, pos + len);
}

void disk_image_write_through(struct disk_image *image, const void *data, uint64_t len,
                              uint64_t pos)
{
    if (image->cut != DISK_NO_CUT) {
        disk_image_write(image, data, len, pos);
        disk_image_sync_range(image, pos, len);
        return;
    }
    uint64_t at = pos;
    while (at < pos + len) {
        struct part part = part_at(at, pos + len);
        page_write_through(image, &part, data_at(data, at - pos));
        at += part.to - part.from;
    }
    if (len > 0)
        image->size = MAX(image->size, pos + len);
    image->durable_size = MAX(image->durable_size, MIN(image->size, pos + len));
}

/* Sectors behind the cut: what the disk had there before it is gone. */
static void page_commit_cut(struct disk_page *page, uint64_t from)
{
    if (page->durable != NULL)
        memset(page->durable + from, 0, DISK_PAGE - from);
}

static void image_commit_cut(struct disk_image *image)
{
    for (uint64_t n = image->cut / DISK_PAGE; n < image->page_count; n++) {
        uint64_t from = n == image->cut / DISK_PAGE ? image->cut % DISK_PAGE : 0;
        page_commit_cut(&image->pages[n], from);
    }
    image->durable_size = MIN(image->durable_size, image->cut);
    image->cut = DISK_NO_CUT;
}

typedef void page_fn(struct disk_page *page, uint8_t mask);

/* What is applied cares for dirty sectors only. */
static void image_each(struct disk_image *image, uint64_t pos, uint64_t end, page_fn *apply)
{
    pos = MAX(pos, image->dirty_first * DISK_PAGE);
    end = MIN(end, image->dirty_end * DISK_PAGE);
    while (pos < end) {
        struct part part = part_at(pos, end);
        apply(&image->pages[part.number], sector_mask(part.from, part.to));
        pos += part.to - part.from;
    }
}

/* No sector is dirty any more. */
static void image_clean(struct disk_image *image)
{
    image->dirty_first = UINT64_MAX / DISK_PAGE;
    image->dirty_end = 0;
}

void disk_image_sync_range(struct disk_image *image, uint64_t pos, uint64_t len)
{
    if (image->cut != DISK_NO_CUT)
        image_commit_cut(image);
    image_each(image, pos, pos + len, page_sync);
    image->durable_size = MAX(image->durable_size, MIN(image->size, pos + len));
}

void disk_image_sync(struct disk_image *image)
{
    disk_image_sync_range(image, 0, image->page_count * DISK_PAGE);
    image->durable_size = image->size;
    image_clean(image);
}

void disk_image_write_back(struct disk_image *image, uint64_t pos, uint64_t len)
{
    /* A cut that is not durable yet may still be undone: what lies behind it has to wait. */
    if (image->cut == DISK_NO_CUT)
        image_each(image, pos, pos + len, page_sync);
}

static void page_lose(struct disk_page *page, uint8_t mask)
{
    mask &= page->dirty;
    page->dirty &= (uint8_t)~mask;
    page->lost |= mask;
}

void disk_image_lose(struct disk_image *image, uint64_t pos, uint64_t len)
{
    image_each(image, pos, pos + len, page_lose);
}

void disk_image_sync_failed(struct disk_image *image, struct prng *prng)
{
    if (image->cut != DISK_NO_CUT && prng_below(prng, 2) == 0)
        image_commit_cut(image);
    for (uint64_t n = image->dirty_first; n < image->dirty_end; n++) {
        struct disk_page *page = &image->pages[n];
        if (page->dirty == 0)
            continue;
        if (image->cut == DISK_NO_CUT)
            page_sync(page, (uint8_t)prng_next(prng));
        page_lose(page, 0xff);
    }
    image_clean(image);
}

void disk_image_truncate(struct disk_image *image, uint64_t size)
{
    if (size < image->durable_size)
        image->cut = MIN(image->cut, size);
    for (uint64_t n = size / DISK_PAGE; n < image->page_count; n++) {
        struct disk_page *page = &image->pages[n];
        struct part part = {n, n == size / DISK_PAGE ? size % DISK_PAGE : 0, DISK_PAGE};
        if (page->cached != NULL)
            page_write(image, &part, NULL);
        if (part.from == 0)
            page_allocate(image, page, false);
    }
    image->size = size;
}

void disk_image_allocate(struct disk_image *image, uint64_t pos, uint64_t len)
{
    for (uint64_t n = pos / DISK_PAGE; len > 0 && n <= (pos + len - 1) / DISK_PAGE; n++)
        page_allocate(image, page_at(image, n), true);
    image->size = MAX(image->size, pos + len);
}

void disk_image_corrupt(struct disk_image *image, uint64_t pos, uint64_t len, struct prng *prng)
{
    for (uint64_t at = pos; at < MIN(pos + len, image->size); at += DISK_SECTOR) {
        struct disk_page *page = page_at(image, at / DISK_PAGE);
        uint8_t bit = (uint8_t)(1U << prng_below(prng, 8));
        if (page->cached == NULL)
            page->cached = mem_alloc(DISK_PAGE);
        page->cached[at % DISK_PAGE] ^= bit;
        page_unblank(page);
        if (page->durable != NULL)
            page->durable[at % DISK_PAGE] ^= bit;
    }
}

/* How likely it is that a dirty sector had been written back, for one file at one crash. */
static unsigned survival_percent(struct prng *prng)
{
    switch (prng_below(prng, 4)) {
    case 0:
        return 0;
    case 1:
        return 100;
    default:
        return (unsigned)prng_below(prng, 101);
    }
}

static uint8_t survivors(struct prng *prng, unsigned percent)
{
    uint8_t mask = 0;
    for (unsigned s = 0; s < SECTORS; s++)
        if (prng_below(prng, 100) < percent)
            mask |= (uint8_t)(1U << s);
    return mask;
}

/* An undone cut takes back what was written behind it: that went into blocks of the new file. */
static void image_undo_cut(struct disk_image *image)
{
    uint64_t from = image->cut / DISK_SECTOR * DISK_SECTOR;
    image_each(image, from, image->page_count * DISK_PAGE, page_lose);
    image->size = image->durable_size;
    image->cut = DISK_NO_CUT;
}

/* A size that was extended and not synced: the old one, the new one, or one in between. */
static uint64_t surviving_size(const struct disk_image *image, struct prng *prng)
{
    if (image->size <= image->durable_size)
        return image->durable_size;
    uint64_t grown = image->size - image->durable_size;
    switch (prng_below(prng, 3)) {
    case 0:
        return image->durable_size;
    case 1:
        return image->size;
    default:
        return image->durable_size + prng_below(prng, grown + 1);
    }
}

/* The cache is gone: it shows what the disk has. */
static void page_reload(struct disk_page *page)
{
    if (!page_is_split(page))
        return;
    const uint8_t *durable = page->blank ? zeros : page->durable;
    sectors_copy(page->cached, durable, page->dirty | page->lost);
    page->dirty = page->lost = 0;
    page_join(page);
}

void disk_image_crash(struct disk_image *image, struct prng *prng)
{
    unsigned percent = survival_percent(prng);
    if (image->cut != DISK_NO_CUT) {
        if (prng_below(prng, 2) == 0)
            image_commit_cut(image);
        else
            image_undo_cut(image);
    }
    uint64_t size = surviving_size(image, prng);
    for (uint64_t n = 0; n < image->page_count; n++) {
        struct disk_page *page = &image->pages[n];
        if (page->dirty != 0)
            page_sync(page, survivors(prng, percent));
        page_reload(page);
    }
    /* Nothing may lie behind the end; it is no cut that a sync has to commit. */
    image->durable_size = size;
    disk_image_truncate(image, size);
    image->cut = DISK_NO_CUT;
    image_each(image, 0, image->page_count * DISK_PAGE, page_sync);
    image_clean(image);
}

static unsigned bits(uint8_t mask)
{
    return (unsigned)__builtin_popcount(mask);
}

uint64_t disk_image_unsynced(const struct disk_image *image)
{
    uint64_t sectors = 0;
    for (uint64_t n = 0; n < image->page_count; n++)
        sectors += bits(image->pages[n].dirty | image->pages[n].lost);
    return sectors * DISK_SECTOR;
}
