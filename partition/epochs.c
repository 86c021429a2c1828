/*
 * Leader epochs: a short sorted array. An epoch begins with each change of leader (on one machine:
 * with each start at most), so it grows slowly and binary search serves the rare questions.
 */
#include "partition/epochs.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "partition/kafka_files_text.h"

#define EPOCHS_VERSION 0
/* A line: two numbers, a space, a newline. */
#define EPOCHS_LINE_MAX (11 + 1 + 20 + 1)
#define EPOCHS_MAX (1u << 20)

void epochs_init(struct epochs *epochs)
{
    *epochs = (struct epochs){0};
}

void epochs_fini(struct epochs *epochs)
{
    mem_free(epochs->entries);
    epochs_init(epochs);
}

bool epochs_assign(struct epochs *epochs, int32_t epoch, int64_t offset)
{
    if (epoch < 0 || offset < 0 || epoch <= epochs_latest(epochs))
        return false;
    /* The previous epoch ended without a record, or behind it: it never was in force there. */
    epochs_cut_end(epochs, offset);
    epochs->entries =
        mem_grow(epochs->entries, epochs->count, &epochs->capacity, sizeof *epochs->entries);
    epochs->entries[epochs->count++] = (struct epoch_entry){epoch, offset};
    return true;
}

bool epochs_equal(const struct epochs *a, const struct epochs *b)
{
    bool equal = a->count == b->count;
    for (uint32_t i = 0; equal && i < a->count; i++)
        equal = a->entries[i].epoch == b->entries[i].epoch &&
                a->entries[i].start_offset == b->entries[i].start_offset;
    return equal;
}

int32_t epochs_latest(const struct epochs *epochs)
{
    return epochs->count == 0 ? -1 : epochs->entries[epochs->count - 1].epoch;
}

/* How many entries begin at or below `offset`. */
static uint32_t epochs_begun(const struct epochs *epochs, int64_t offset)
{
    uint32_t low = 0;
    uint32_t high = epochs->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (epochs->entries[middle].start_offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int32_t epochs_of_offset(const struct epochs *epochs, int64_t offset)
{
    uint32_t begun = epochs_begun(epochs, offset);
    return begun == 0 ? -1 : epochs->entries[begun - 1].epoch;
}

struct epoch_entry epochs_end_of(const struct epochs *epochs, int32_t epoch, int64_t log_end)
{
    const struct epoch_entry none = {-1, -1};
    if (epoch < 0 || epoch > epochs_latest(epochs))
        return none;
    if (epoch == epochs_latest(epochs))
        return (struct epoch_entry){epoch, log_end};
    uint32_t higher = 0;
    while (epochs->entries[higher].epoch <= epoch)
        higher++;
    ASSERT(higher < epochs->count);
    /* Before the first known epoch: it is answered with itself, and ends where the first begins. */
    int32_t floor = higher == 0 ? epoch : epochs->entries[higher - 1].epoch;
    return (struct epoch_entry){floor, epochs->entries[higher].start_offset};
}

struct epoch_entry epochs_end_under(const struct epochs *epochs, int32_t leader_epoch,
                                    int32_t epoch, int64_t log_end)
{
    int32_t latest = epochs_latest(epochs);
    if (epoch >= 0 && epoch == leader_epoch)
        return (struct epoch_entry){epoch, log_end};
    if (epoch > latest && epoch < leader_epoch)
        return (struct epoch_entry){latest < 0 ? epoch : latest, log_end};
    return epochs_end_of(epochs, epoch, log_end);
}

void epochs_cut_end(struct epochs *epochs, int64_t end_offset)
{
    while (epochs->count > 0 && epochs->entries[epochs->count - 1].start_offset >= end_offset)
        epochs->count--;
}

bool epochs_cut_start(struct epochs *epochs, int64_t start_offset)
{
    uint32_t begun = epochs_begun(epochs, start_offset);
    if (begun == 0 || (begun == 1 && epochs->entries[0].start_offset == start_offset))
        return false;
    uint32_t gone = begun - 1;
    epochs->count -= gone;
    memmove(epochs->entries, epochs->entries + gone, epochs->count * sizeof *epochs->entries);
    epochs->entries[0].start_offset = start_offset;
    return true;
}

char *epochs_print(const struct epochs *epochs)
{
    size_t size = 32 + (size_t)epochs->count * EPOCHS_LINE_MAX;
    char *text = mem_alloc(size);
    size_t len = (size_t)snprintf(text, size, "%d\n%u\n", EPOCHS_VERSION, epochs->count);
    for (uint32_t i = 0; i < epochs->count; i++) {
        const struct epoch_entry *entry = &epochs->entries[i];
        len += (size_t)snprintf(text + len, size - len, "%d %lld\n", entry->epoch,
                                (long long)entry->start_offset);
        ASSERT(len < size);
    }
    return text;
}

static int parse_lines(struct epochs *epochs, struct kafka_text *text)
{
    int64_t count;
    int result = kafka_text_header(text, EPOCHS_VERSION, &count);
    if (result != 0 || count == 0)
        return result == 0 && !kafka_text_at_end(text) ? ERR_CORRUPT : result;
    if (count > EPOCHS_MAX)
        return ERR_TOO_LARGE;
    for (int64_t i = 0; i < count; i++) {
        int64_t epoch;
        int64_t offset;
        if (!kafka_text_number(text, &epoch) || !kafka_text_space(text) ||
            !kafka_text_number(text, &offset) || !kafka_text_newline(text))
            return ERR_CORRUPT;
        if (epoch < 0 || epoch > INT32_MAX || offset < 0)
            return ERR_CORRUPT;
        /* As Kafka loads it: an entry that is not above the last one is ignored. */
        (void)epochs_assign(epochs, (int32_t)epoch, offset);
    }
    return kafka_text_at_end(text) ? 0 : ERR_CORRUPT;
}

int epochs_parse(struct epochs *epochs, struct bytes bytes)
{
    struct kafka_text text;
    kafka_text_init(&text, bytes);
    struct epochs parsed;
    epochs_init(&parsed);
    int result = parse_lines(&parsed, &text);
    if (result != 0) {
        epochs_fini(&parsed);
        return result;
    }
    epochs_fini(epochs);
    *epochs = parsed;
    return 0;
}
