/* The judgement: both lists sorted by place, then walked side by side. */
#include "bench/load/ledger.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

void ledger_init(struct ledger *ledger)
{
    *ledger = (struct ledger){0};
}

void ledger_fini(struct ledger *ledger)
{
    mem_free(ledger->acknowledged.items);
    mem_free(ledger->read.items);
    mem_free(ledger->resent.items);
}

/* Whether `next` goes on where `run` ends. */
static bool run_extends(const struct ledger_run *run, const struct ledger_run *next)
{
    return run->partition == next->partition && run->lane == next->lane &&
           run->offset + run->count == next->offset &&
           run->sequence + run->count == next->sequence && run->count <= UINT32_MAX - next->count;
}

static void list_push(struct ledger_list *list, const struct ledger_run *run)
{
    list->items = mem_grow(list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count++] = *run;
}

static void list_add(struct ledger_list *list, const struct ledger_run *run)
{
    if (list->count > 0 && run_extends(&list->items[list->count - 1], run)) {
        list->items[list->count - 1].count += run->count;
        return;
    }
    list_push(list, run);
}

void ledger_acknowledge(struct ledger *ledger, const struct ledger_run *run)
{
    ASSERT(run->count > 0);
    list_add(&ledger->acknowledged, run);
}

void ledger_resend(struct ledger *ledger, const struct ledger_run *run, bool unknown)
{
    struct ledger_run resent = *run;
    ASSERT(run->count > 0);
    resent.order = unknown;
    list_push(&ledger->resent, &resent);
}

void ledger_read(struct ledger *ledger, const struct ledger_run *run)
{
    struct ledger_run read = *run;
    ASSERT(run->count > 0);
    read.order = ledger->order++;
    list_add(&ledger->read, &read);
}

void ledger_alter(struct ledger *ledger)
{
    ledger->altered++;
}

static void list_merge(struct ledger_list *to, struct ledger_list *from)
{
    for (uint32_t i = 0; i < from->count; i++)
        list_push(to, &from->items[i]);
    from->count = 0;
}

void ledger_merge(struct ledger *to, struct ledger *from)
{
    ASSERT(to != from);
    list_merge(&to->acknowledged, &from->acknowledged);
    list_merge(&to->read, &from->read);
    list_merge(&to->resent, &from->resent);
    to->altered += from->altered;
    from->altered = 0;
}

#define COMPARE(a, b) ((a) < (b) ? -1 : (a) > (b))

static int compare_place(const void *left, const void *right)
{
    const struct ledger_run *a = left;
    const struct ledger_run *b = right;
    int result = COMPARE(a->partition, b->partition);
    if (result == 0)
        result = COMPARE(a->offset, b->offset);
    return result != 0 ? result : COMPARE(a->order, b->order);
}

static int compare_order(const void *left, const void *right)
{
    const struct ledger_run *a = left;
    const struct ledger_run *b = right;
    int result = COMPARE(a->partition, b->partition);
    return result != 0 ? result : COMPARE(a->order, b->order);
}

static int compare_lane(const void *left, const void *right)
{
    const struct ledger_run *a = left;
    const struct ledger_run *b = right;
    int result = COMPARE(a->lane, b->lane);
    if (result == 0)
        result = COMPARE(a->partition, b->partition);
    return result != 0 ? result : COMPARE(a->order, b->order);
}

/* By what was sent, and then those that may be doubled first. */
static int compare_sent(const void *left, const void *right)
{
    const struct ledger_run *a = left;
    const struct ledger_run *b = right;
    int result = COMPARE(a->lane, b->lane);
    if (result == 0)
        result = COMPARE(a->partition, b->partition);
    return result != 0 ? result : COMPARE(a->sequence, b->sequence);
}

static void list_sort(struct ledger_list *list, int (*compare)(const void *, const void *))
{
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare);
}

__attribute__((format(printf, 2, 3))) static void verdict_tell(struct ledger_verdict *verdict,
                                                               const char *format, ...)
{
    va_list arguments;
    if (*verdict->first != '\0')
        return;
    va_start(arguments, format);
    vsnprintf(verdict->first, sizeof verdict->first, format, arguments);
    va_end(arguments);
}

/* In the order of reading, offsets rise. */
static void judge_offsets(struct ledger *ledger, struct ledger_verdict *verdict)
{
    list_sort(&ledger->read, compare_order);
    for (uint32_t i = 1; i < ledger->read.count; i++) {
        const struct ledger_run *before = &ledger->read.items[i - 1];
        const struct ledger_run *run = &ledger->read.items[i];
        if (run->partition != before->partition || run->offset >= before->offset + before->count)
            continue;
        if (run->offset < before->offset) {
            verdict->reordered += run->count;
            verdict_tell(verdict, "partition %u: offset %lld was read behind offset %lld",
                         run->partition, (long long)run->offset, (long long)before->offset);
        }
    }
}

/* How many of the first `count` records of `run` are excused by having been sent again, from its
 * first on. An entry is used up by what it excuses: each sending makes one copy. */
static uint32_t excused(struct ledger *ledger, const struct ledger_run *run, uint32_t count,
                        bool doubled)
{
    struct ledger_run wanted = *run;
    uint32_t done = 0;
    uint32_t low = 0;
    for (uint32_t high = ledger->resent.count; low < high;) {
        uint32_t middle = low + (high - low) / 2;
        if (compare_sent(&ledger->resent.items[middle], run) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < ledger->resent.count && done < count; low++) {
        struct ledger_run *entry = &ledger->resent.items[low];
        wanted.sequence = run->sequence + done;
        if (entry->lane != run->lane || entry->partition != run->partition ||
            entry->sequence > wanted.sequence)
            break;
        if (entry->count == 0 || entry->sequence != wanted.sequence ||
            (doubled && entry->order == 0))
            continue;
        done += MIN(entry->count, count - done);
        entry->count = 0;
    }
    return done;
}

/* A run of which the sequences below `next` were read before. */
static void judge_again(struct ledger *ledger, const struct ledger_run *run, uint64_t next,
                        struct ledger_verdict *verdict)
{
    bool again = run->sequence + run->count >= next;
    uint32_t wrong = (uint32_t)MIN(run->count, next - run->sequence);
    uint32_t excuse = excused(ledger, run, wrong, again);
    ASSERT(excuse <= wrong);
    verdict->resent += excuse;
    if (excuse == wrong)
        return;
    *(again ? &verdict->duplicated : &verdict->reordered) += wrong - excuse;
    verdict_tell(verdict, "partition %u: record %llu of its sender came %s, at offset %lld",
                 run->partition, (unsigned long long)run->sequence, again ? "twice" : "late",
                 (long long)run->offset);
}

/* Within a partition the sequences of a lane rise: equal ones are doubled, lower ones late. */
static void judge_lanes(struct ledger *ledger, struct ledger_verdict *verdict)
{
    list_sort(&ledger->read, compare_lane);
    list_sort(&ledger->resent, compare_sent);
    uint64_t next = 0;
    for (uint32_t i = 0; i < ledger->read.count; i++) {
        const struct ledger_run *run = &ledger->read.items[i];
        const struct ledger_run *before = i == 0 ? run : run - 1;
        if (i == 0 || before->lane != run->lane || before->partition != run->partition)
            next = 0;
        if (run->sequence < next)
            judge_again(ledger, run, next, verdict);
        next = MAX(next, run->sequence + run->count);
    }
}

/* Each acknowledged record against what was read at its offset. */
static void judge_places(struct ledger *ledger, struct ledger_verdict *verdict)
{
    const struct ledger_list *read = &ledger->read;
    uint32_t at = 0;
    list_sort(&ledger->acknowledged, compare_place);
    list_sort(&ledger->read, compare_place);
    for (uint32_t i = 0; i < ledger->acknowledged.count; i++) {
        const struct ledger_run *run = &ledger->acknowledged.items[i];
        for (uint32_t k = 0; k < run->count; k++) {
            int64_t offset = run->offset + k;
            while (at < read->count && (read->items[at].partition < run->partition ||
                                        (read->items[at].partition == run->partition &&
                                         read->items[at].offset + read->items[at].count <= offset)))
                at++;
            const struct ledger_run *found = &read->items[at];
            if (at == read->count || found->partition != run->partition || found->offset > offset) {
                verdict->lost++;
                verdict_tell(verdict, "partition %u: the acknowledged offset %lld was never read",
                             run->partition, (long long)offset);
            } else if (found->lane != run->lane ||
                       found->sequence + (uint64_t)(offset - found->offset) != run->sequence + k) {
                verdict->misplaced++;
                verdict_tell(verdict, "partition %u: offset %lld holds another record",
                             run->partition, (long long)offset);
            }
        }
    }
}

static uint64_t list_total(const struct ledger_list *list)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < list->count; i++)
        total += list->items[i].count;
    return total;
}

void ledger_judge(struct ledger *ledger, bool acknowledgements, struct ledger_verdict *verdict)
{
    *verdict = (struct ledger_verdict){
        .acknowledged = list_total(&ledger->acknowledged),
        .read = list_total(&ledger->read),
        .altered = ledger->altered,
    };
    if (ledger->altered > 0)
        verdict_tell(verdict, "%llu records hold bytes that were not sent",
                     (unsigned long long)ledger->altered);
    judge_offsets(ledger, verdict);
    judge_lanes(ledger, verdict);
    if (acknowledgements)
        judge_places(ledger, verdict);
}

bool ledger_verdict_good(const struct ledger_verdict *v)
{
    return v->lost + v->duplicated + v->reordered + v->misplaced + v->altered == 0;
}
