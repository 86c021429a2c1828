/* The command line: defaults, forms, ranges, and what excludes each other. */
#include "bench/load/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

static struct options parsed;
static struct sentence why;

/* Words separated by single spaces, at most 15. */
static int parse(const char *line, const char *servers)
{
    static char copy[512];
    char *words[16];
    int count = 0;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *at = copy; *at != '\0' && count < 16;) {
        words[count++] = at;
        at += strcspn(at, " ");
        if (*at == ' ')
            *at++ = '\0';
    }
    why.text[0] = '\0';
    return options_parse(&parsed, count, words, servers, &why);
}

static void expect_refusal(const char *line, const char *words)
{
    cr_assert_eq(parse(line, NULL), ERR_INVALID, "%s was accepted", line);
    cr_assert_not_null(strstr(why.text, words), "%s: '%s' does not say '%s'", line, why.text,
                       words);
}

Test(options, defaults_are_those_of_chronik_bench)
{
    cr_assert_eq(parse("", NULL), 0);
    cr_assert_str_eq(parsed.bootstrap_servers, "localhost:9092");
    cr_assert_eq(parsed.concurrency, 64);
    cr_assert_eq(parsed.message_size, 1024);
    cr_assert_eq(parsed.duration, 60 * (int64_t)NS_PER_S);
    cr_assert_eq(parsed.warmup_duration, 5 * (int64_t)NS_PER_S);
    cr_assert_eq(parsed.mode, MODE_PRODUCE);
    cr_assert_eq(parsed.acks, ACKS_LEADER);
    cr_assert_eq(parsed.batch_size, 16384);
    cr_assert_eq(parsed.request_timeout_ms, 30000);
    cr_assert_eq(parsed.message_timeout_ms, 60000);
    cr_assert_eq(parsed.report_interval_secs, 5);
    cr_assert_eq(parsed.partitions, 1);
    cr_assert_eq(parsed.rate_limit, 0);
    cr_assert_eq(parsed.key_pattern, KEY_RANDOM);
    cr_assert_not(parsed.validate);
}

Test(options, what_only_the_native_client_can_do_is_refused_with_the_other)
{
    cr_assert_eq(parse("--busy-poll", NULL), 0, "%s", why.text);
    cr_assert(parsed.busy_poll);
    expect_refusal("--client librdkafka --busy-poll", "--busy-poll");
    expect_refusal("--client librdkafka --fetch-bytes 1", "--fetch-bytes");
}

Test(options, short_and_long_forms_mean_the_same)
{
    cr_assert_eq(parse("-c 7 --message-size=99 -d2m -m round-trip --acks all -p3", NULL), 0, "%s",
                 why.text);
    cr_assert_eq(parsed.concurrency, 7);
    cr_assert_eq(parsed.message_size, 99);
    cr_assert_eq(parsed.duration, 120 * (int64_t)NS_PER_S);
    cr_assert_eq(parsed.mode, MODE_ROUND_TRIP);
    cr_assert_eq(parsed.acks, ACKS_ALL);
    cr_assert_eq(parsed.partitions, 3);
    cr_assert(parsed.given[OPTION_concurrency]);
    cr_assert_not(parsed.given[OPTION_topic]);
}

Test(options, the_environment_names_the_servers_unless_the_command_line_does)
{
    cr_assert_eq(parse("", "here:1"), 0);
    cr_assert_str_eq(parsed.bootstrap_servers, "here:1");
    cr_assert_eq(parse("-b there:2", "here:1"), 0);
    cr_assert_str_eq(parsed.bootstrap_servers, "there:2");
}

Test(options, times_have_units)
{
    cr_assert_eq(parse("-d 1500ms -w 0", NULL), 0);
    cr_assert_eq(parsed.duration, 1500 * (int64_t)NS_PER_MS);
    cr_assert_eq(parsed.warmup_duration, 0);
    expect_refusal("-d fast", "10s, 500ms or 2m");
    expect_refusal("-d 5y", "10s, 500ms or 2m");
    expect_refusal("-d 99999999999999999h", "10s, 500ms or 2m");
}

Test(options, what_is_wrong_is_said_in_one_sentence)
{
    expect_refusal("-c 0", "--concurrency takes a number from 1 to 100000, not '0'");
    expect_refusal("-c many", "not 'many'");
    expect_refusal("-c 5x", "not '5x'");
    expect_refusal("-n -1", "--message-count takes a number, not '-1'");
    expect_refusal("--mode sideways", "produce|consume|round-trip|metadata|commit, not 'sideways'");
    expect_refusal("-m commit --validate", "nothing to check");
    expect_refusal("-m commit --client librdkafka", "--client native");
    expect_refusal("--mode produc", "not 'produc'");
    expect_refusal("--speed 5", "there is no option --speed");
    expect_refusal("-z", "there is no option -z");
    expect_refusal("fast", "'fast' is not an option");
    expect_refusal("-t", "--topic needs a value");
    expect_refusal("--validate=yes", "--validate takes no value");
}

Test(options, what_cannot_be_together_is_refused)
{
    expect_refusal("--validate --acks 0", "not with --acks 0");
    expect_refusal("--validate -s 16", "at least 32");
    expect_refusal("-m round-trip -s 31", "at least 32");
    expect_refusal("-m metadata --client librdkafka", "--client native");
    expect_refusal("--consumer-group g -m consume", "--client librdkafka");
    expect_refusal("--workload ramp -d 0", "--duration");
    expect_refusal("--reread", "--reread is for --mode consume");
    expect_refusal("--reread -m consume --validate", "without --validate");
    expect_refusal("--fetch-bytes 65536 -m consume --client librdkafka", "--client native");
    cr_assert_eq(parse("-m round-trip -s 32", NULL), 0);
    cr_assert_eq(parse("-m consume --reread --fetch-bytes 65536", NULL), 0);
}

Test(options, a_count_needs_no_warm_up_unless_it_is_given)
{
    cr_assert_eq(parse("-n 100", NULL), 0);
    cr_assert_eq(parsed.warmup_duration, 0);
    cr_assert_eq(parse("-n 100 -w 2s", NULL), 0);
    cr_assert_eq(parsed.warmup_duration, 2 * (int64_t)NS_PER_S);
}

Test(options, named_loads_set_what_was_not_given)
{
    cr_assert_eq(parse("--workload 1-topic-100-partitions-1kb-4p-4c --acks 1", NULL), 0);
    cr_assert_eq(parsed.partitions, 100);
    cr_assert_eq(parsed.connections, 4);
    cr_assert_eq(parsed.consumers, 4);
    cr_assert_eq(parsed.mode, MODE_ROUND_TRIP);
    cr_assert_eq(parsed.rate_limit, 50000);
    cr_assert_eq(parsed.acks, ACKS_LEADER);
    cr_assert(parsed.create_topic);
    cr_assert_eq(parse("--workload burst", NULL), 0);
    cr_assert_eq(parsed.rate_limit, 5000);
    cr_assert_eq(parse("--workload steady", NULL), 0);
    cr_assert_eq(parsed.rate_limit, 0);
}

Test(options, values_read_back_as_they_would_be_given)
{
    char text[64];
    cr_assert_eq(parse("-d 1500ms --compression zstd --validate -t x", NULL), 0);
    cr_assert_str_eq(options_value(&parsed, OPTION_duration, text), "1.5s");
    cr_assert_str_eq(options_value(&parsed, OPTION_compression, text), "zstd");
    cr_assert_str_eq(options_value(&parsed, OPTION_validate, text), "true");
    cr_assert_str_eq(options_value(&parsed, OPTION_topic, text), "x");
    cr_assert_str_eq(options_value(&parsed, OPTION_concurrency, text), "64");
}

Test(options, help_and_version_are_not_checked_further)
{
    cr_assert_eq(parse("--help --validate --acks 0", NULL), 0);
    cr_assert(parsed.help);
}
