/* General memory and mappings: zeroed, counted, never null. */
#include "base/mem.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "base/util.h"

static bool all_zero(const void *memory, size_t size)
{
    const uint8_t *bytes = memory;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

Test(mem, new_memory_is_zeroed)
{
    for (int i = 0; i < 32; i++) {
        uint8_t *memory = mem_alloc(1000);
        cr_assert(all_zero(memory, 1000));
        memset(memory, 0xff, 1000);
        mem_free(memory);
    }
    uint64_t *array = mem_alloc_array(100, sizeof *array);
    cr_assert(all_zero(array, 100 * sizeof *array));
    mem_free(array);
}

Test(mem, nothing_may_be_asked_for_and_freed)
{
    void *empty = mem_alloc(0);
    cr_assert_not_null(empty);
    mem_free(empty);
    mem_free(NULL);
}

Test(mem, growing_keeps_the_old_bytes_and_zeroes_the_new_ones)
{
    uint8_t *memory = mem_realloc(NULL, 0, 16);
    cr_assert(all_zero(memory, 16));
    memset(memory, 7, 16);
    memory = mem_realloc(memory, 16, 5000);
    for (size_t i = 0; i < 16; i++)
        cr_assert_eq(memory[i], 7);
    cr_assert(all_zero(memory + 16, 5000 - 16));
    memory = mem_realloc(memory, 5000, 8);
    cr_assert_eq(memory[7], 7);
    mem_free(memory);
}

Test(mem, an_array_grows_when_it_is_full_and_only_then)
{
    uint32_t capacity = 0;
    uint64_t *array = NULL;
    uint64_t before = mem_allocations();
    for (uint32_t i = 0; i < 1000; i++) {
        array = mem_grow(array, i, &capacity, sizeof *array);
        cr_assert_gt(capacity, i);
        cr_assert_eq(array[i], 0);
        array[i] = i + 1;
    }
    cr_assert_leq(mem_allocations() - before, 10);
    for (uint32_t i = 0; i < 1000; i++)
        cr_assert_eq(array[i], i + 1);
    mem_free(array);
}

Test(mem, copies_end_in_a_nul)
{
    char *string = mem_copy_string("topic");
    char *bytes = mem_copy_bytes((struct bytes){(const uint8_t *)"topic-name", 5});
    char *empty = mem_copy_bytes((struct bytes){0});
    cr_assert_str_eq(string, "topic");
    cr_assert_str_eq(bytes, "topic");
    cr_assert_str_eq(empty, "");
    mem_free(string);
    mem_free(bytes);
    mem_free(empty);
}

Test(mem, a_mapping_is_page_aligned_and_zeroed)
{
    uint8_t *memory = mem_map(MIB + 1);
    cr_assert_eq((uintptr_t)memory % 4096, 0);
    cr_assert(all_zero(memory, MIB + 1));
    memory[MIB] = 1;
    mem_unmap(memory, MIB + 1);
}

Test(mem, discarded_pages_read_as_zero)
{
    uint8_t *memory = mem_map(64 * KIB);
    memset(memory, 0xff, 64 * KIB);
    mem_discard(memory + 4 * KIB, 8 * KIB);
    cr_assert_eq(memory[4 * KIB - 1], 0xff);
    cr_assert(all_zero(memory + 4 * KIB, 8 * KIB));
    cr_assert_eq(memory[12 * KIB], 0xff);
    mem_unmap(memory, 64 * KIB);
}

Test(mem, every_call_of_the_allocator_is_counted)
{
    uint64_t before = mem_allocations();
    void *a = mem_alloc(1);
    void *b = mem_alloc_array(2, 2);
    b = mem_realloc(b, 4, 8);
    char *c = mem_copy_string("c");
    void *d = mem_map(4096);
    cr_assert_eq(mem_allocations() - before, 5);
    mem_free(a);
    mem_free(b);
    mem_free(c);
    mem_unmap(d, 4096);
    cr_assert_eq(mem_allocations() - before, 5);
}

Test(mem, an_array_whose_size_overflows_ends_the_process, .signal = SIGABRT)
{
    volatile size_t count = SIZE_MAX / 4 + 1;
    mem_alloc_array(count, 4);
}

Test(mem, a_mapping_the_system_refuses_ends_the_process, .signal = SIGABRT)
{
    mem_map((size_t)1 << 60);
}
