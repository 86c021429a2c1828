/* The base layer: each structure's contract, in small. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/histogram.h"
#include "base/map.h"
#include "base/prng.h"
#include "base/region.h"
#include "base/slab.h"
#include "base/spsc.h"
#include "base/uuid.h"

Test(crc32c, agrees_with_the_vectors_of_rfc_3720)
{
    uint8_t data[32];
    crc32c_init();
    memset(data, 0, sizeof data);
    cr_assert_eq(crc32c(0, data, sizeof data), 0x8a9136aa);
    memset(data, 0xff, sizeof data);
    cr_assert_eq(crc32c(0, data, sizeof data), 0x62a8ab43);
    for (int i = 0; i < 32; i++)
        data[i] = (uint8_t)i;
    cr_assert_eq(crc32c(0, data, sizeof data), 0x46dd794e);
    cr_assert_eq(crc32c(0, "123456789", 9), 0xe3069283);
    cr_assert_eq(crc32c_portable(0, "123456789", 9), 0xe3069283);
}

Test(crc32c, both_implementations_agree_at_every_length_and_offset)
{
    struct prng prng;
    uint8_t *data = malloc(60000);
    crc32c_init();
    prng_init(&prng, 1);
    for (int i = 0; i < 60000; i++)
        data[i] = (uint8_t)prng_next(&prng);
    for (size_t len = 0; len < 3000; len++)
        cr_assert_eq(crc32c(7, data + len % 9, len), crc32c_portable(7, data + len % 9, len));
    cr_assert_eq(crc32c(0, data + 3, 59000), crc32c_portable(0, data + 3, 59000));
    uint32_t joined = crc32c_combine(crc32c(0, data, 100), crc32c(0, data + 100, 900), 900);
    cr_assert_eq(joined, crc32c(0, data, 1000));
    free(data);
}

Test(bytes, cursors_fail_once_and_stay_failed)
{
    struct reader r;
    uint8_t data[] = {1, 2, 3};
    reader_init(&r, data, sizeof data);
    cr_assert_eq(read_be16(&r), 0x0102);
    cr_assert_eq(read_be16(&r), 0);
    cr_assert_eq(r.error, ERR_SHORT);
    cr_assert_eq(read_u8(&r), 0, "what was left is not read any more");
    struct writer w;
    uint8_t out[3];
    writer_init(&w, out, sizeof out);
    write_be32(&w, 1);
    cr_assert_eq(w.error, ERR_SHORT);
    cr_assert_eq(writer_len(&w), 0);
}

Test(bytes, varints_come_back_and_overlong_ones_are_malformed)
{
    static const int64_t values[] = {0, 1, -1, 63, -64, 64, 300, -70000, INT32_MAX, INT32_MIN};
    uint8_t data[16];
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct writer w;
        struct reader r;
        writer_init(&w, data, sizeof data);
        write_varint64(&w, values[i]);
        cr_assert_eq(writer_len(&w), varint_size(values[i]));
        reader_init(&r, data, writer_len(&w));
        cr_assert_eq(read_varint64(&r), values[i]);
        reader_init(&r, data, writer_len(&w));
        cr_assert_eq(read_varint(&r), (int32_t)values[i]);
    }
    struct reader r;
    uint8_t overlong[] = {0xff, 0xff, 0xff, 0xff, 0x7f};
    reader_init(&r, overlong, sizeof overlong);
    read_uvarint(&r);
    cr_assert_eq(r.error, ERR_MALFORMED);
}

Test(region, hands_out_runs_that_do_not_overlap)
{
    struct region *region = region_new(64 * 4096, 4096);
    struct prng prng;
    void *runs[64] = {0};
    size_t sizes[64] = {0};
    prng_init(&prng, 2);
    for (int i = 0; i < 20000; i++) {
        size_t slot = prng_below(&prng, 64);
        if (runs[slot] != NULL) {
            for (size_t j = 0; j < sizes[slot]; j += 512)
                cr_assert_eq(((uint8_t *)runs[slot])[j], (uint8_t)slot);
            region_give(region, runs[slot], sizes[slot]);
            runs[slot] = NULL;
            continue;
        }
        sizes[slot] = 1 + prng_below(&prng, 5 * 4096);
        runs[slot] = region_take(region, sizes[slot]);
        if (runs[slot] != NULL)
            memset(runs[slot], (int)slot, sizes[slot]);
    }
    for (size_t slot = 0; slot < 64; slot++)
        if (runs[slot] != NULL)
            region_give(region, runs[slot], sizes[slot]);
    cr_assert_eq(region_used(region), 0);
    void *all = region_take(region, 64 * 4096);
    cr_assert_not_null(all, "everything is free and in one piece again");
    region_give(region, all, 64 * 4096);
    region_free(region);
}

Test(slab, is_exhausted_at_its_capacity)
{
    struct slab slab;
    void *objects[3];
    slab_init(&slab, 40, 3);
    for (int i = 0; i < 3; i++)
        cr_assert_not_null(objects[i] = slab_alloc(&slab));
    cr_assert_null(slab_alloc(&slab));
    memset(objects[1], 0xee, 40);
    slab_free(&slab, objects[1]);
    objects[1] = slab_alloc(&slab);
    cr_assert_eq(*(uint8_t *)objects[1], 0, "objects come zeroed");
    for (int i = 0; i < 3; i++)
        slab_free(&slab, objects[i]);
    slab_fini(&slab);
}

Test(arena, keeps_its_limit_and_gives_everything_back)
{
    struct region *region = region_new(1 << 20, 4096);
    struct arena arena;
    arena_init(&arena, region, 64 << 10);
    for (int i = 0; i < 100; i++)
        cr_assert_not_null(arena_alloc(&arena, 100));
    cr_assert_null(arena_alloc(&arena, 64 << 10));
    cr_assert_null(arena_alloc_array(&arena, SIZE_MAX / 2, 3));
    arena_reset(&arena);
    cr_assert_eq(region_used(region), 0);
    region_free(region);
}

struct counted {
    struct timer timer;
    struct heap *heap;
    int runs;
};

static void rearm(struct timer *timer)
{
    struct counted *counted = (struct counted *)timer;
    counted->runs++;
    heap_set(counted->heap, timer, 0);
}

Test(heap, a_timer_that_rearms_itself_in_the_past_does_not_run_for_ever)
{
    struct heap heap;
    struct counted counted = {.heap = &heap};
    heap_init(&heap, 1);
    timer_init(&counted.timer, rearm);
    heap_set(&heap, &counted.timer, 5);
    cr_assert_eq(heap_run(&heap, 4), 0);
    cr_assert_eq(heap_run(&heap, 5), 1);
    cr_assert_eq(counted.runs, 1);
    cr_assert_eq(heap_next(&heap), 0);
    heap_cancel(&heap, &counted.timer);
    cr_assert_eq(heap_next(&heap), UINT64_MAX);
    heap_fini(&heap);
}

static bool same_item(const void *item, const void *key)
{
    return item == key;
}

Test(map, finds_what_is_there_and_nothing_else)
{
    static int items[1000];
    struct map map;
    map_init(&map);
    /* Few different hashes: long probe sequences, and removals out of their middle. */
    for (int i = 0; i < 1000; i++)
        map_insert(&map, (uint64_t)i % 13, &items[i]);
    for (int i = 0; i < 1000; i += 2)
        map_remove(&map, (uint64_t)i % 13, &items[i]);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(map_find(&map, (uint64_t)i % 13, same_item, &items[i]),
                     i % 2 == 0 ? NULL : &items[i]);
    size_t position = 0;
    size_t count = 0;
    while (map_next(&map, &position) != NULL)
        count++;
    cr_assert_eq(count, 500);
    map_fini(&map);
}

static void *push_all(void *context)
{
    for (uintptr_t i = 1; i <= 200000; i++)
        while (!spsc_push(context, (void *)i))
            continue;
    return NULL;
}

Test(spsc, keeps_the_order_between_two_threads)
{
    struct spsc *ring = spsc_new(64);
    pthread_t thread;
    uintptr_t next = 1;
    pthread_create(&thread, NULL, push_all, ring);
    while (next <= 200000) {
        void *items[16];
        uint32_t count = spsc_pop(ring, items, 16);
        for (uint32_t i = 0; i < count; i++)
            cr_assert_eq((uintptr_t)items[i], next++);
    }
    pthread_join(thread, NULL);
    cr_assert(spsc_empty(ring));
    spsc_free(ring);
}

Test(uuid, text_comes_back)
{
    char text[UUID_TEXT_LEN + 1];
    struct uuid id = uuid_from_random(0xf8000000deadbeef, 0x1234567890abcdef);
    struct uuid again;
    uuid_print(id, text);
    cr_assert_neq(text[0], '-');
    cr_assert_eq(uuid_parse(bytes_of_string(text), &again), 0);
    cr_assert(uuid_equal(id, again));
    struct uuid one = {{[15] = 1}};
    cr_assert_str_eq(uuid_print(one, text), "AAAAAAAAAAAAAAAAAAAAAQ");
    cr_assert_eq(uuid_parse(bytes_of_string("AAAA"), &again), ERR_MALFORMED);
}

Test(histogram, percentiles_are_within_their_error)
{
    static struct histogram h;
    histogram_init(&h);
    for (uint64_t i = 1; i <= 100000; i++)
        histogram_record(&h, i);
    cr_assert_eq(h.total, 100000);
    uint64_t median = histogram_at(&h, 50);
    cr_assert(median >= 50000 && median <= 50800);
    cr_assert_eq(histogram_at(&h, 100), 100000);
    histogram_record(&h, UINT64_MAX);
    cr_assert_eq(histogram_at(&h, 100), h.max);
}
