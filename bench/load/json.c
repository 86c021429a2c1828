/* The report as JSON, by jansson. */
#include <jansson.h>
#include <string.h>

#include "base/util.h"
#include "bench/load/report.h"

static double milliseconds(uint64_t ns)
{
    return (double)ns / 1e6;
}

static json_t *json_of_options(const struct options *options)
{
    json_t *object = json_object();
    for (int i = 0; i < OPTION_ID_COUNT; i++) {
        const struct option_row *row = &options_rows()[i];
        enum option_id id = (enum option_id)i;
        char text[64];
        if (id == OPTION_help || id == OPTION_version)
            continue;
        const char *value = options_value(options, id, text);
        json_t *json = row->kind == OPTION_NUMBER
                           ? json_integer(*(const int64_t *)(const void *)((const char *)options +
                                                                           row->offset))
                       : row->kind == OPTION_FLAG ? json_boolean(strcmp(value, "true") == 0)
                                                  : json_string(value);
        json_object_set_new(object, row->name, json);
    }
    return object;
}

static json_t *json_of_histogram(const struct histogram *h)
{
    static const struct {
        const char *name;
        double percentile;
    } rows[] = {{"p50", 50}, {"p75", 75},     {"p90", 90},      {"p95", 95},
                {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}};
    json_t *object = json_object();
    json_object_set_new(object, "count", json_integer((json_int_t)h->total));
    json_object_set_new(object, "mean", json_real(histogram_mean(h) / 1e6));
    json_object_set_new(object, "min", json_real(h->total == 0 ? 0 : milliseconds(h->min)));
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        json_object_set_new(object, rows[i].name,
                            json_real(milliseconds(histogram_at(h, rows[i].percentile))));
    json_object_set_new(object, "max", json_real(milliseconds(h->max)));
    return object;
}

static json_t *json_of_points(const struct report *report)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < report->point_count; i++) {
        const struct report_point *p = &report->points[i];
        json_array_append_new(
            array,
            json_pack("{s:f, s:f, s:f, s:I, s:I, s:f, s:f, s:f, s:f, s:f}", "seconds", p->seconds,
                      "messages_per_second", (double)p->messages / p->length, "bytes_per_second",
                      (double)p->bytes / p->length, "failed", (json_int_t)p->failed, "consumed",
                      (json_int_t)p->consumed, "p50_ms", milliseconds(p->p50), "p99_ms",
                      milliseconds(p->p99), "max_ms", milliseconds(p->max), "end_to_end_p50_ms",
                      milliseconds(p->end_to_end_p50), "end_to_end_p99_ms",
                      milliseconds(p->end_to_end_p99)));
    }
    return array;
}

static json_t *json_of_errors(const struct report *report)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < METER_ERRORS; i++) {
        if (report->errors[i] > 0)
            json_object_set_new(object, report_error_text(i),
                                json_integer((json_int_t)report->errors[i]));
    }
    return object;
}

static json_t *json_of_verdict(const struct ledger_verdict *v)
{
    return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s}", "good",
                     ledger_verdict_good(v), "acknowledged", (json_int_t)v->acknowledged, "read",
                     (json_int_t)v->read, "lost", (json_int_t)v->lost, "duplicated",
                     (json_int_t)v->duplicated, "reordered", (json_int_t)v->reordered, "misplaced",
                     (json_int_t)v->misplaced, "altered", (json_int_t)v->altered, "resent",
                     (json_int_t)v->resent, "first", v->first);
}

static json_t *json_of_report(const struct report *report)
{
    json_t *root = json_pack(
        "{s:s, s:s, s:I, s:s, s:b, s:f}", "program", "odradek-bench", "version", ODRADEK_VERSION,
        "started_ms", (json_int_t)report->started_ms, "machine", report->machine, "interrupted",
        report->interrupted, "elapsed_seconds", report->elapsed);
    json_object_set_new(root, "options", json_of_options(&report->options));
    for (int i = 0; i < METER_COUNTER_COUNT; i++)
        json_object_set_new(root, report_counter_name((enum meter_counter)i),
                            json_integer((json_int_t)report->counters[i]));
    json_object_set_new(root, "messages_per_second",
                        json_real(report_per_second(report, METER_MESSAGES)));
    json_object_set_new(root, "bytes_per_second",
                        json_real(report_per_second(report, METER_BYTES)));
    json_object_set_new(root, "consumed_per_second",
                        json_real(report_per_second(report, METER_CONSUMED)));
    json_t *latencies = json_object();
    for (int i = 0; i < METER_LATENCY_COUNT; i++) {
        if (report->latencies[i].total > 0)
            json_object_set_new(latencies, report_latency_name((enum meter_latency)i),
                                json_of_histogram(&report->latencies[i]));
    }
    json_object_set_new(root, "latency_ms", latencies);
    json_object_set_new(root, "errors", json_of_errors(report));
    if (report->validated)
        json_object_set_new(root, "validation", json_of_verdict(&report->verdict));
    json_object_set_new(root, "points", json_of_points(report));
    return root;
}

bool report_write_json(const struct report *report, const char *path)
{
    json_t *root = json_of_report(report);
    size_t flags = JSON_INDENT(1) | JSON_REAL_PRECISION(9);
    FILE *file = report_open(path);
    bool good = file != NULL && json_dumpf(root, file, flags) == 0 && fputc('\n', file) != EOF;
    json_decref(root);
    return report_close(file) && good;
}
