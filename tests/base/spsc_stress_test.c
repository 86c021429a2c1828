/*
 * The ring between two real threads.
 *
 * Each message is written plainly before it is pushed and checked plainly after it is popped, then
 * sent back through a second ring and used again: without the release and acquire of either ring
 * TSan reports a race, and the checks may see a stale number.
 */
#include "base/spsc.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "base/util.h"

#define STRESS_MESSAGES 300000
#define STRESS_POOL 96

struct stress_message {
    uint64_t number;
    uint64_t check;
};

struct stress {
    struct spsc *there;
    struct spsc *back;
    uint64_t received;
    uint64_t wrong;
};

static void *stress_consume(void *context)
{
    struct stress *stress = context;
    uint64_t expected = 0;
    while (expected < STRESS_MESSAGES) {
        void *items[24];
        uint32_t got = spsc_pop(stress->there, items, ARRAY_LENGTH(items));
        if (got == 0)
            sched_yield();
        for (uint32_t i = 0; i < got; i++) {
            struct stress_message *message = items[i];
            stress->wrong += message->number != expected || message->check != ~expected;
            expected++;
            message->number = message->check = 0;
            while (!spsc_push(stress->back, message))
                sched_yield();
        }
    }
    stress->received = expected;
    return NULL;
}

static void stress_produce(struct stress *stress, struct stress_message *pool)
{
    void *spare[STRESS_POOL];
    uint32_t spare_count = 0;
    for (size_t i = 0; i < STRESS_POOL; i++)
        spare[spare_count++] = &pool[i];
    for (uint64_t number = 0; number < STRESS_MESSAGES; number++) {
        while (spare_count == 0) {
            spare_count = spsc_pop(stress->back, spare, STRESS_POOL);
            if (spare_count == 0)
                sched_yield();
        }
        struct stress_message *message = spare[--spare_count];
        stress->wrong += message->number != 0 || message->check != 0;
        message->number = number;
        message->check = ~number;
        while (!spsc_push(stress->there, message))
            sched_yield();
    }
}

/* Returns how many checks failed. */
static uint64_t stress_run(void)
{
    struct stress producer = {.there = spsc_new(64), .back = spsc_new(128)};
    struct stress consumer = producer;
    struct stress_message *pool = calloc(STRESS_POOL, sizeof *pool);
    pthread_t thread;
    if (pool == NULL || pthread_create(&thread, NULL, stress_consume, &consumer) != 0)
        abort();
    stress_produce(&producer, pool);
    pthread_join(thread, NULL);
    uint64_t failures = producer.wrong + consumer.wrong;
    failures += consumer.received != STRESS_MESSAGES;
    failures += !spsc_empty(producer.there);
    free(pool);
    spsc_free(producer.there);
    spsc_free(producer.back);
    return failures;
}

Test(spsc_stress, two_threads_lose_reorder_and_tear_nothing)
{
    cr_assert_eq(stress_run(), 0);
}
