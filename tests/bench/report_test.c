/* The reports' forms: each byte of CSV, each field of JSON, a page that stands alone. */
#include "bench/load/report.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "bench/load/compare.h"
#include "protocol/errors.h"

static struct report report;
static char path[64];
static char text[65536];

static void setup(void)
{
    struct options options;
    struct sentence why;
    char *words[] = {"-c", "2", "--rate-limit", "100", "-t", "<t>", "--validate"};
    cr_assert_eq(options_parse(&options, ARRAY_LENGTH(words), words, NULL, &why), 0);
    report_init(&report, &options);
    report.started_ms = 1234;
    report.elapsed = 2;
    report.validated = true;
    report.counters[METER_MESSAGES] = 1000;
    report.counters[METER_BYTES] = 100000;
    report.counters[METER_FAILED] = 1;
    report.errors[KAFKA_MESSAGE_TOO_LARGE + 1] = 1;
    for (uint64_t i = 1; i <= 50; i++)
        histogram_record(&report.latencies[METER_RESPONSE], i * NS_PER_MS);
    report_add_point(&report, &(struct report_point){.seconds = -0.5, .length = 0.5});
    report_add_point(&report, &(struct report_point){.seconds = 0.5,
                                                     .length = 0.5,
                                                     .messages = 7,
                                                     .bytes = 70,
                                                     .failed = 1,
                                                     .consumed = 6,
                                                     .p50 = 1500000,
                                                     .p99 = 2500000,
                                                     .max = 3000000,
                                                     .end_to_end_p50 = 4000000,
                                                     .end_to_end_p99 = 5000000});
    snprintf(path, sizeof path, "/tmp/odradek-report-%d", (int)getpid());
}

static void teardown(void)
{
    report_fini(&report);
    unlink(path);
}

TestSuite(report, .init = setup, .fini = teardown);

static const char *written(void)
{
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

Test(report, csv_is_one_line_an_interval)
{
    cr_assert(report_write_csv(&report, path));
    cr_assert_str_eq(written(),
                     "seconds,messages_per_second,bytes_per_second,failed,consumed_per_second,"
                     "p50_ms,p99_ms,max_ms,end_to_end_p50_ms,end_to_end_p99_ms\n"
                     "-0.500,0.0,0.0,0,0.0,0.000,0.000,0.000,0.000,0.000\n"
                     "0.500,14.0,140.0,1,12.0,1.500,2.500,3.000,4.000,5.000\n");
}

static double number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    cr_assert(json_is_number(value), "%s", key);
    return json_number_value(value);
}

Test(report, json_tells_everything)
{
    cr_assert(report_write_json(&report, path));
    json_t *root = json_load_file(path, 0, NULL);
    cr_assert_not_null(root);
    cr_assert_str_eq(json_string_value(json_object_get(root, "program")), "odradek-bench");
    cr_assert_float_eq(number(root, "messages_per_second"), 500, 1e-9);
    cr_assert_float_eq(number(root, "elapsed_seconds"), 2, 1e-9);
    cr_assert_float_eq(number(root, "failed"), 1, 0);
    const json_t *options = json_object_get(root, "options");
    cr_assert_eq(json_object_size(options), OPTION_ID_COUNT - 2);
    cr_assert_float_eq(number(options, "rate-limit"), 100, 0);
    cr_assert_str_eq(json_string_value(json_object_get(options, "duration")), "60s");
    cr_assert(json_is_true(json_object_get(options, "validate")));
    const json_t *latency = json_object_get(json_object_get(root, "latency_ms"), "response");
    cr_assert_float_eq(number(latency, "count"), 50, 0);
    cr_assert_float_eq(number(latency, "p50"), 25, 0.5);
    cr_assert_float_eq(number(latency, "max"), 50, 1e-9);
    cr_assert_float_eq(number(latency, "min"), 1, 1e-9);
    cr_assert_null(json_object_get(json_object_get(root, "latency_ms"), "fetch"));
    const json_t *points = json_object_get(root, "points");
    cr_assert_eq(json_array_size(points), 2);
    cr_assert_float_eq(number(json_array_get(points, 1), "p99_ms"), 2.5, 1e-9);
    cr_assert(json_is_true(json_object_get(json_object_get(root, "validation"), "good")));
    cr_assert_float_eq(
        number(json_object_get(root, "errors"), kafka_error_message(KAFKA_MESSAGE_TOO_LARGE)), 1,
        0);
    json_decref(root);
}

Test(report, the_page_stands_alone_and_escapes_what_users_wrote)
{
    cr_assert(report_write_html(&report, path));
    const char *page = written();
    cr_assert_not_null(strstr(page, "<svg"));
    cr_assert_not_null(strstr(page, "&lt;t>"));
    cr_assert_null(strstr(page, "<t>"));
    cr_assert_null(strstr(page, "http"));
    cr_assert_null(strstr(page, "nan"));
    cr_assert_null(strstr(page, "inf"));
}

Test(report, the_box_keeps_its_edges)
{
    FILE *file = fopen(path, "w");
    report.verdict.lost = 3;
    snprintf(report.verdict.first, sizeof report.verdict.first,
             "partition 7: the acknowledged offset 123456789 was never read");
    report_print_box(&report, file);
    fclose(file);
    const char *box = written();
    cr_assert_not_null(strstr(box, "Validation: FAILED"));
    cr_assert_not_null(strstr(box, "Latency from the intended send"));
    cr_assert_not_null(strstr(box, "500 msg/s"));
    for (const char *line = box; *line != '\0';) {
        const char *end = strchr(line, '\n');
        size_t columns = 0;
        for (const char *at = line; at < end; at++)
            columns += (*at & 0xc0) != 0x80;
        cr_assert_eq(columns, 68, "%.*s", (int)(end - line), line);
        line = end + 1;
    }
}

Test(report, failures_and_broken_promises_are_not_good)
{
    cr_assert_not(report_good(&report));
    report.counters[METER_FAILED] = 0;
    cr_assert(report_good(&report));
    report.verdict.lost = 1;
    cr_assert_not(report_good(&report));
}

Test(report, what_cannot_be_written_is_told)
{
    cr_assert_not(report_write_json(&report, "/nowhere/x"));
    cr_assert_not(report_write_csv(&report, "/dev/full"));
    cr_assert_not(report_write_html(&report, "/dev/full"));
}

Test(report, comparing_tells_better_from_worse)
{
    char other[80];
    struct sentence why;
    char *table;
    size_t len;
    snprintf(other, sizeof other, "%s-b", path);
    cr_assert(report_write_json(&report, path));
    report.counters[METER_MESSAGES] = 1100;
    report.options.concurrency = 9;
    histogram_record(&report.latencies[METER_RESPONSE], 100 * NS_PER_MS);
    cr_assert(report_write_json(&report, other));
    FILE *file = open_memstream(&table, &len);
    cr_assert_eq(compare_files(path, other, file, &why), 0);
    fclose(file);
    unlink(other);
    cr_assert_not_null(strstr(table, "+10.0%  better"), "%s", table);
    cr_assert_not_null(strstr(table, "+100.0%  worse"), "%s", table);
    cr_assert_not_null(strstr(table, "--concurrency"), "%s", table);
    cr_assert_null(strstr(table, "--rate-limit"));
    free(table);
    cr_assert_eq(compare_files(path, "/nowhere/x", stdout, &why), ERR_INVALID);
    cr_assert_not_null(strstr(why.text, "/nowhere/x"));
}
