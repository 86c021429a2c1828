/*
 * Runs one fixed piece of work under callgrind, which counts the instructions of
 * instructions_counted and of nothing else. bench/instructions.py compares the counts with the
 * table beside it, so that a hot path cannot grow slower unseen on a machine whose clock says
 * nothing. The processor's own counters would be quicker, but most virtual machines and containers
 * do not have them.
 *
 *     instructions --list       names
 *     instructions --compiler   what the counts depend on
 *     instructions NAME         runs it and prints how many operations were counted
 */
#include "bench/instructions.h"

#include <stdio.h>
#include <string.h>

#include "base/crc32c.h"

#define TEXT_(text) #text
#define TEXT(text) TEXT_(text)

#if defined(__clang__)
#define COMPILER "clang " TEXT(__clang_major__)
#else
#define COMPILER "gcc " TEXT(__GNUC__)
#endif

static const struct work *const all_work[] = {codec_work, log_work};

void instructions_counted(const struct work *work);

__attribute__((noinline)) void instructions_counted(const struct work *work)
{
    work->run();
}

static void call(void (*function)(void))
{
    if (function != NULL)
        function();
}

/* The first round warms up what is set up once. */
static void run(const struct work *work)
{
    call(work->begin);
    for (uint32_t round = 0; round <= work->rounds; round++) {
        call(work->before);
        if (round == 0)
            work->run();
        else
            instructions_counted(work);
        call(work->after);
    }
    call(work->end);
    printf("%u\n", work->rounds * work->operations);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 64;
    crc32c_init();
    if (strcmp(argv[1], "--compiler") == 0) {
        printf(COMPILER ", CRC-32C by %s\n", crc32c_name());
        return 0;
    }
    for (size_t i = 0; i < sizeof all_work / sizeof all_work[0]; i++) {
        for (const struct work *work = all_work[i]; work->name != NULL; work++) {
            if (strcmp(argv[1], "--list") == 0) {
                puts(work->name);
            } else if (strcmp(argv[1], work->name) == 0) {
                run(work);
                return 0;
            }
        }
    }
    return strcmp(argv[1], "--list") == 0 ? 0 : 64;
}
