/* The judgement: each kind of broken promise is told apart. */
#include "bench/load/ledger.h"

#include <criterion/criterion.h>
#include <string.h>

static struct ledger ledger;
static struct ledger_verdict verdict;

static void sent(uint32_t partition, uint64_t lane, int64_t offset, uint64_t sequence,
                 uint32_t count)
{
    ledger_acknowledge(&ledger, &(struct ledger_run){.offset = offset,
                                                     .sequence = sequence,
                                                     .lane = lane,
                                                     .partition = partition,
                                                     .count = count});
}

static void seen(uint32_t partition, uint64_t lane, int64_t offset, uint64_t sequence,
                 uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        ledger_read(&ledger, &(struct ledger_run){.offset = offset + i,
                                                  .sequence = sequence + i,
                                                  .lane = lane,
                                                  .partition = partition,
                                                  .count = 1});
}

static void again(uint32_t partition, uint64_t lane, uint64_t sequence, uint32_t count,
                  bool unknown)
{
    ledger_resend(&ledger,
                  &(struct ledger_run){
                      .sequence = sequence, .lane = lane, .partition = partition, .count = count},
                  unknown);
}

static void setup(void)
{
    ledger_init(&ledger);
}

static void teardown(void)
{
    ledger_fini(&ledger);
}

TestSuite(ledger, .init = setup, .fini = teardown);

Test(ledger, everything_once_and_in_order_is_good)
{
    sent(0, 1, 10, 0, 5);
    sent(0, 2, 15, 0, 2);
    sent(1, 1, 0, 5, 3);
    seen(0, 1, 10, 0, 5);
    seen(1, 1, 0, 5, 3);
    seen(0, 2, 15, 0, 2);
    ledger_judge(&ledger, true, &verdict);
    cr_assert(ledger_verdict_good(&verdict), "%s", verdict.first);
    cr_assert_eq(verdict.acknowledged, 10);
    cr_assert_eq(verdict.read, 10);
    cr_assert_str_eq(verdict.first, "");
}

Test(ledger, runs_that_go_on_take_one_entry)
{
    for (int i = 0; i < 1000; i++)
        seen(0, 1, i, (uint64_t)i, 1);
    cr_assert_eq(ledger.read.count, 1);
    seen(0, 1, 2000, 2000, 1);
    cr_assert_eq(ledger.read.count, 2);
}

Test(ledger, a_record_that_was_never_read_is_lost)
{
    sent(0, 1, 10, 0, 5);
    seen(0, 1, 10, 0, 2);
    seen(0, 1, 13, 3, 2);
    ledger_judge(&ledger, true, &verdict);
    cr_assert_eq(verdict.lost, 1);
    cr_assert_not(ledger_verdict_good(&verdict));
    cr_assert_not_null(strstr(verdict.first, "offset 12 was never read"), "%s", verdict.first);
}

Test(ledger, the_last_record_can_be_lost_too)
{
    sent(0, 1, 10, 0, 5);
    sent(1, 1, 0, 5, 1);
    seen(0, 1, 10, 0, 4);
    ledger_judge(&ledger, true, &verdict);
    cr_assert_eq(verdict.lost, 2);
}

Test(ledger, a_record_at_a_second_offset_came_twice)
{
    sent(0, 1, 10, 0, 3);
    seen(0, 1, 10, 0, 3);
    seen(0, 1, 13, 2, 1);
    ledger_judge(&ledger, true, &verdict);
    cr_assert_eq(verdict.duplicated, 1);
    cr_assert_eq(verdict.lost, 0);
    cr_assert_not(ledger_verdict_good(&verdict));
}

Test(ledger, a_record_that_is_delivered_again_came_twice)
{
    sent(0, 1, 10, 0, 3);
    seen(0, 1, 10, 0, 3);
    seen(0, 1, 12, 2, 1);
    ledger_judge(&ledger, true, &verdict);
    cr_assert_eq(verdict.duplicated, 1);
    cr_assert_not(ledger_verdict_good(&verdict));
}

Test(ledger, a_request_sent_again_excuses_one_copy_and_no_more)
{
    again(0, 1, 1, 2, true);
    sent(0, 1, 10, 0, 1);
    sent(0, 1, 13, 1, 2);
    seen(0, 1, 10, 0, 3);
    seen(0, 1, 13, 1, 4);
    sent(0, 1, 15, 3, 2);
    ledger_judge(&ledger, true, &verdict);
    cr_assert(ledger_verdict_good(&verdict), "%s", verdict.first);
    cr_assert_eq(verdict.resent, 2);
    seen(0, 1, 17, 1, 2);
    again(0, 1, 1, 2, true);
    ledger_judge(&ledger, true, &verdict);
    cr_assert_eq(verdict.resent, 2, "the first copy's excuse is used up");
    cr_assert_eq(verdict.reordered, 2);
}

Test(ledger, a_refused_request_sent_again_may_be_late_but_not_doubled)
{
    again(0, 1, 0, 1, false);
    seen(0, 1, 10, 1, 1);
    seen(0, 1, 11, 0, 1);
    ledger_judge(&ledger, false, &verdict);
    cr_assert(ledger_verdict_good(&verdict), "%s", verdict.first);
    cr_assert_eq(verdict.resent, 1);
    ledger_fini(&ledger);
    ledger_init(&ledger);
    again(0, 1, 0, 1, false);
    seen(0, 1, 10, 0, 1);
    seen(0, 1, 11, 0, 1);
    ledger_judge(&ledger, false, &verdict);
    cr_assert_eq(verdict.duplicated, 1);
}

Test(ledger, sending_again_excuses_neither_others_nor_what_is_lost)
{
    again(0, 1, 0, 1, true);
    again(1, 2, 0, 1, true);
    sent(0, 1, 20, 1, 1);
    seen(0, 2, 10, 0, 1);
    seen(0, 2, 11, 0, 1);
    ledger_judge(&ledger, true, &verdict);
    cr_assert_eq(verdict.duplicated, 1);
    cr_assert_eq(verdict.lost, 1);
    cr_assert_eq(verdict.resent, 0);
}

Test(ledger, only_what_came_before_counts_as_doubled)
{
    seen(0, 1, 10, 0, 6);
    seen(0, 1, 16, 5, 100);
    ledger_judge(&ledger, false, &verdict);
    cr_assert_eq(verdict.duplicated, 1);
}

Test(ledger, a_record_sent_earlier_that_lies_later_is_out_of_order)
{
    seen(0, 1, 10, 0, 1);
    seen(0, 1, 11, 2, 1);
    seen(0, 1, 12, 3, 1);
    seen(0, 1, 13, 1, 1);
    ledger_judge(&ledger, false, &verdict);
    cr_assert_eq(verdict.reordered, 1);
    cr_assert_eq(verdict.duplicated, 0);
}

Test(ledger, an_offset_read_behind_a_later_one_is_out_of_order)
{
    sent(0, 1, 10, 0, 1);
    sent(0, 2, 11, 0, 1);
    seen(0, 2, 11, 0, 1);
    seen(0, 1, 10, 0, 1);
    ledger_judge(&ledger, true, &verdict);
    cr_assert_eq(verdict.reordered, 1);
    cr_assert_eq(verdict.lost, 0);
}

Test(ledger, another_record_at_an_acknowledged_offset_is_misplaced)
{
    sent(0, 1, 10, 0, 1);
    sent(0, 2, 11, 0, 1);
    seen(0, 2, 10, 0, 1);
    seen(0, 1, 11, 0, 1);
    ledger_judge(&ledger, true, &verdict);
    cr_assert_eq(verdict.misplaced, 2);
}

Test(ledger, altered_bytes_are_counted)
{
    ledger_alter(&ledger);
    ledger_judge(&ledger, false, &verdict);
    cr_assert_eq(verdict.altered, 1);
    cr_assert_not(ledger_verdict_good(&verdict));
}

Test(ledger, records_that_were_not_acknowledged_may_be_read)
{
    sent(0, 1, 10, 0, 1);
    seen(0, 1, 10, 0, 2);
    ledger_judge(&ledger, true, &verdict);
    cr_assert(ledger_verdict_good(&verdict), "%s", verdict.first);
}

Test(ledger, threads_are_judged_together)
{
    struct ledger other;
    ledger_init(&other);
    sent(0, 1, 10, 0, 4);
    ledger_read(&other, &(struct ledger_run){.offset = 10, .lane = 1, .count = 4});
    ledger_merge(&ledger, &other);
    ledger_judge(&ledger, true, &verdict);
    cr_assert(ledger_verdict_good(&verdict), "%s", verdict.first);
    ledger_fini(&other);
}

Test(ledger, lanes_of_two_runs_are_different)
{
    seen(0, ledger_lane(1, 0), 0, 0, 3);
    seen(0, ledger_lane(2, 0), 3, 0, 3);
    ledger_judge(&ledger, false, &verdict);
    cr_assert(ledger_verdict_good(&verdict), "%s", verdict.first);
}
