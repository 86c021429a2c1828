/* The report as one HTML page that needs nothing else: style, tables and plots stand in it. */
#include <string.h>

#include "base/mem.h"
#include "base/util.h"
#include "bench/load/plot.h"
#include "bench/load/report.h"

static void write_escaped(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            fputs("&lt;", file);
        else if (*text == '&')
            fputs("&amp;", file);
        else if (*text == '"')
            fputs("&quot;", file);
        else
            fputc(*text, file);
    }
}

static void write_head(const struct report *report, FILE *file)
{
    char mode[64];
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
          "<title>odradek-bench</title>\n<style>\n"
          "body{font:15px/1.5 system-ui,sans-serif;max-width:900px;margin:2em auto;padding:0 1em;"
          "color:#222}\n"
          "table{border-collapse:collapse;margin:1em 0}\n"
          "td,th{padding:.15em .8em;text-align:right;border-bottom:1px solid #ddd}\n"
          "td:first-child,th:first-child{text-align:left}\n"
          "svg{width:100%;height:auto;margin:1em 0;font:12px system-ui,sans-serif}\n"
          ".title{font-weight:600}.bad{color:#c92a2a}\n</style></head><body>\n",
          file);
    fprintf(file, "<h1>odradek-bench: %s</h1>\n<p>",
            options_value(&report->options, OPTION_mode, mode));
    write_escaped(file, report->machine);
    fprintf(file, "; %.2f seconds%s</p>\n", report->elapsed,
            report->interrupted ? ", stopped early" : "");
}

static void write_counts(const struct report *report, FILE *file)
{
    fputs("<table>\n", file);
    for (int i = 0; i < METER_COUNTER_COUNT; i++) {
        if (report->counters[i] == 0)
            continue;
        fprintf(file, "<tr><td>%s</td><td>%llu</td><td>%.0f /s</td></tr>\n",
                report_counter_name((enum meter_counter)i), (unsigned long long)report->counters[i],
                report_per_second(report, (enum meter_counter)i));
    }
    for (unsigned i = 0; i < METER_ERRORS; i++) {
        if (report->errors[i] == 0)
            continue;
        fputs("<tr class=\"bad\"><td>", file);
        write_escaped(file, report_error_text(i));
        fprintf(file, "</td><td>%llu</td><td></td></tr>\n", (unsigned long long)report->errors[i]);
    }
    fputs("</table>\n", file);
}

static void write_verdict(const struct report *report, FILE *file)
{
    const struct ledger_verdict *v = &report->verdict;
    bool good = ledger_verdict_good(v);
    fprintf(file,
            "<p%s>Validation: %s; %llu acknowledged, %llu read, %llu lost, %llu twice, %llu out of "
            "order, %llu at another place, %llu altered. ",
            good ? "" : " class=\"bad\"", good ? "good" : "failed",
            (unsigned long long)v->acknowledged, (unsigned long long)v->read,
            (unsigned long long)v->lost, (unsigned long long)v->duplicated,
            (unsigned long long)v->reordered, (unsigned long long)v->misplaced,
            (unsigned long long)v->altered);
    write_escaped(file, v->first);
    fputs("</p>\n", file);
}

static const double percentiles[] = {50, 75, 90, 95, 99, 99.9, 99.99, 100};
static const char *const percentile_names[] = {"p50", "p75",   "p90",    "p95",
                                               "p99", "p99.9", "p99.99", "max"};

static void write_latencies(const struct report *report, FILE *file)
{
    fputs("<table><tr><th>Latency, ms</th><th>count</th><th>mean</th>", file);
    for (size_t i = 0; i < ARRAY_LENGTH(percentiles); i++)
        fprintf(file, "<th>%s</th>", percentile_names[i]);
    fputs("</tr>\n", file);
    for (int l = 0; l < METER_LATENCY_COUNT; l++) {
        const struct histogram *h = &report->latencies[l];
        if (h->total == 0)
            continue;
        fprintf(file, "<tr><td>%s</td><td>%llu</td><td>%.3f</td>",
                report_latency_name((enum meter_latency)l), (unsigned long long)h->total,
                histogram_mean(h) / 1e6);
        for (size_t i = 0; i < ARRAY_LENGTH(percentiles); i++)
            fprintf(file, "<td>%.3f</td>", (double)histogram_at(h, percentiles[i]) / 1e6);
        fputs("</tr>\n", file);
    }
    fputs("</table>\n", file);
}

/* The distribution: how much worse it gets with each nine. */
static void plot_percentiles(const struct report *report, FILE *file)
{
    double x[ARRAY_LENGTH(percentiles)];
    double values[METER_LATENCY_COUNT][ARRAY_LENGTH(percentiles)];
    struct plot plot = {.title = "Latency by percentile",
                        .x_unit = "percentile",
                        .y_unit = "ms",
                        .x = x,
                        .count = ARRAY_LENGTH(percentiles),
                        .logarithmic = true,
                        .x_labels = percentile_names};
    for (size_t i = 0; i < ARRAY_LENGTH(percentiles); i++)
        x[i] = (double)i;
    for (int l = 0; l < METER_LATENCY_COUNT; l++) {
        const struct histogram *h = &report->latencies[l];
        if (h->total == 0)
            continue;
        for (size_t i = 0; i < ARRAY_LENGTH(percentiles); i++)
            values[l][i] = (double)histogram_at(h, percentiles[i]) / 1e6;
        plot.series[plot.series_count++] =
            (struct plot_series){report_latency_name((enum meter_latency)l), values[l]};
    }
    if (plot.series_count > 0)
        plot_write(&plot, file);
}

enum column {
    COLUMN_X,
    COLUMN_MESSAGES,
    COLUMN_CONSUMED,
    COLUMN_P50,
    COLUMN_P99,
    COLUMN_MAX,
    COLUMN_END_P50,
    COLUMN_END_P99,
    COLUMN_COUNT
};

static void columns_fill(const struct report *report, double *columns[COLUMN_COUNT])
{
    for (uint32_t i = 0; i < report->point_count; i++) {
        const struct report_point *p = &report->points[i];
        columns[COLUMN_X][i] = p->seconds;
        columns[COLUMN_MESSAGES][i] = (double)p->messages / p->length;
        columns[COLUMN_CONSUMED][i] = (double)p->consumed / p->length;
        columns[COLUMN_P50][i] = p->p50 == 0 ? -1 : (double)p->p50 / 1e6;
        columns[COLUMN_P99][i] = p->p99 == 0 ? -1 : (double)p->p99 / 1e6;
        columns[COLUMN_MAX][i] = p->max == 0 ? -1 : (double)p->max / 1e6;
        columns[COLUMN_END_P50][i] = p->end_to_end_p50 == 0 ? -1 : (double)p->end_to_end_p50 / 1e6;
        columns[COLUMN_END_P99][i] = p->end_to_end_p99 == 0 ? -1 : (double)p->end_to_end_p99 / 1e6;
    }
}

static void plot_over_time(const struct report *report, FILE *file)
{
    double *columns[COLUMN_COUNT];
    for (int i = 0; i < COLUMN_COUNT; i++)
        columns[i] = mem_alloc_array(MAX(report->point_count, 1), sizeof(double));
    columns_fill(report, columns);
    struct plot plot = {
        .title = "Throughput",
        .x_unit = "seconds since the warm-up",
        .y_unit = "msg/s",
        .x = columns[COLUMN_X],
        .count = report->point_count,
        .series = {{"produced", columns[COLUMN_MESSAGES]}, {"consumed", columns[COLUMN_CONSUMED]}},
        .series_count = 2};
    plot_write(&plot, file);
    plot.title = "Latency";
    plot.y_unit = "ms";
    plot.logarithmic = true;
    plot.series[0] = (struct plot_series){"p50", columns[COLUMN_P50]};
    plot.series[1] = (struct plot_series){"p99", columns[COLUMN_P99]};
    plot.series[2] = (struct plot_series){"max", columns[COLUMN_MAX]};
    plot.series_count = 3;
    if (report->latencies[METER_RESPONSE].total > 0)
        plot_write(&plot, file);
    plot.title = "End to end";
    plot.series[0] = (struct plot_series){"p50", columns[COLUMN_END_P50]};
    plot.series[1] = (struct plot_series){"p99", columns[COLUMN_END_P99]};
    plot.series_count = 2;
    if (report->latencies[METER_END_TO_END].total > 0)
        plot_write(&plot, file);
    for (int i = 0; i < COLUMN_COUNT; i++)
        mem_free(columns[i]);
}

static void write_options(const struct report *report, FILE *file)
{
    fputs("<table><tr><th>Option</th><th>Value</th></tr>\n", file);
    for (int i = 0; i < OPTION_ID_COUNT; i++) {
        char text[64];
        if (i == OPTION_help || i == OPTION_version)
            continue;
        fprintf(file, "<tr><td>%s</td><td>", options_rows()[i].name);
        write_escaped(file, options_value(&report->options, (enum option_id)i, text));
        fputs("</td></tr>\n", file);
    }
    fputs("</table>\n", file);
}

bool report_write_html(const struct report *report, const char *path)
{
    FILE *file = report_open(path);
    if (file == NULL)
        return false;
    write_head(report, file);
    write_counts(report, file);
    if (report->validated)
        write_verdict(report, file);
    write_latencies(report, file);
    plot_percentiles(report, file);
    plot_over_time(report, file);
    write_options(report, file);
    fputs("</body></html>\n", file);
    return report_close(file);
}
