/* The report's data, and the box that ends a run. */
#include "bench/load/report.h"

#include <stdarg.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"

void report_init(struct report *report, const struct options *options)
{
    *report = (struct report){.options = *options};
    for (int i = 0; i < METER_LATENCY_COUNT; i++)
        histogram_init(&report->latencies[i]);
}

void report_fini(struct report *report)
{
    mem_free(report->points);
}

void report_add_point(struct report *report, const struct report_point *point)
{
    report->points = mem_grow(report->points, report->point_count, &report->point_capacity,
                              sizeof *report->points);
    report->points[report->point_count++] = *point;
}

bool report_good(const struct report *report)
{
    return report->counters[METER_FAILED] == 0 &&
           (!report->validated || ledger_verdict_good(&report->verdict));
}

const char *report_latency_name(enum meter_latency latency)
{
    static const char *const names[METER_LATENCY_COUNT] = {"response", "service", "end_to_end",
                                                           "fetch"};
    return names[latency];
}

const char *report_counter_name(enum meter_counter counter)
{
    static const char *const names[METER_COUNTER_COUNT] = {
        "messages",       "bytes",   "requests", "failed",     "unsent",        "consumed",
        "consumed_bytes", "fetches", "retries",  "reconnects", "leader_changes"};
    return names[counter];
}

const char *report_error_text(unsigned error)
{
    if (error < METER_ERROR_LOCAL)
        return kafka_error_message((int16_t)(error - 1));
    if (error == METER_ERROR_LOCAL - ERR_IO)
        return "the connection failed, or was refused";
    return error == METER_ERROR_LOCAL ? "the client failed"
                                      : result_sentence(-(int)(error - METER_ERROR_LOCAL));
}

double report_per_second(const struct report *report, enum meter_counter counter)
{
    return report->elapsed > 0 ? (double)report->counters[counter] / report->elapsed : 0;
}

FILE *report_open(const char *path)
{
    return strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
}

bool report_close(FILE *file)
{
    if (file == NULL)
        return false;
    bool good = ferror(file) == 0;
    return (file == stdout ? fflush(file) : fclose(file)) == 0 && good;
}

/* The box. Its lines are 66 columns of text between two bars. */

#define BOX_COLUMNS 66

static void box_rule(FILE *file, const char *left, const char *right)
{
    fputs(left, file);
    for (int i = 0; i < BOX_COLUMNS; i++)
        fputs("═", file);
    fprintf(file, "%s\n", right);
}

__attribute__((format(printf, 2, 3))) static void box_line(FILE *file, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fprintf(file, "║ %-*.*s ║\n", BOX_COLUMNS - 2, BOX_COLUMNS - 2, text);
}

static void box_latency(FILE *file, const struct report *report, enum meter_latency latency,
                        const char *title)
{
    static const struct {
        const char *name;
        double percentile;
    } rows[] = {{"p50", 50}, {"p90", 90}, {"p95", 95}, {"p99", 99}, {"p99.9", 99.9}};
    const struct histogram *h = &report->latencies[latency];
    if (h->total == 0)
        return;
    box_rule(file, "╠", "╣");
    box_line(file, "%s", title);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        box_line(file, "  %-8s %14.3f ms", rows[i].name,
                 (double)histogram_at(h, rows[i].percentile) / 1e6);
    box_line(file, "  %-8s %14.3f ms", "max", (double)h->max / 1e6);
    box_line(file, "  %-8s %14.3f ms", "mean", histogram_mean(h) / 1e6);
}

static void box_verdict(FILE *file, const struct report *report)
{
    const struct ledger_verdict *v = &report->verdict;
    box_rule(file, "╠", "╣");
    box_line(file, "Validation: %s", ledger_verdict_good(v) ? "good" : "FAILED");
    box_line(file, "  %llu acknowledged, %llu read", (unsigned long long)v->acknowledged,
             (unsigned long long)v->read);
    if (v->resent > 0)
        box_line(file, "  %llu twice or late, for they were sent again",
                 (unsigned long long)v->resent);
    if (ledger_verdict_good(v))
        return;
    box_line(file, "  %llu lost, %llu twice, %llu out of order, %llu at another place,",
             (unsigned long long)v->lost, (unsigned long long)v->duplicated,
             (unsigned long long)v->reordered, (unsigned long long)v->misplaced);
    box_line(file, "  %llu altered", (unsigned long long)v->altered);
    box_line(file, "  %s", v->first);
}

static void box_counts(FILE *file, const struct report *report)
{
    const uint64_t *counters = report->counters;
    if (report->options.mode != MODE_CONSUME) {
        box_line(file, "Messages:   %14llu", (unsigned long long)counters[METER_MESSAGES]);
        box_line(file, "Failed:     %14llu", (unsigned long long)counters[METER_FAILED]);
        if (counters[METER_UNSENT] > 0)
            box_line(file, "Not sent:   %14llu  their time came, but no task was free",
                     (unsigned long long)counters[METER_UNSENT]);
        box_line(file, "Rate:       %14.0f msg/s", report_per_second(report, METER_MESSAGES));
        box_line(file, "Bandwidth:  %14.2f MB/s", report_per_second(report, METER_BYTES) / 1e6);
        if (counters[METER_REQUESTS] > 0)
            box_line(file, "Requests:   %14.0f /s", report_per_second(report, METER_REQUESTS));
    }
    if (report->options.mode == MODE_CONSUME || report->options.mode == MODE_ROUND_TRIP) {
        box_line(file, "Consumed:   %14llu", (unsigned long long)counters[METER_CONSUMED]);
        box_line(file, "            %14.0f msg/s", report_per_second(report, METER_CONSUMED));
        box_line(file, "            %14.2f MB/s",
                 report_per_second(report, METER_CONSUMED_BYTES) / 1e6);
    }
    if (counters[METER_RETRIES] + counters[METER_RECONNECTS] + counters[METER_LEADER_CHANGES] > 0)
        box_line(file, "Sent again: %14llu  %llu reconnects, %llu leader changes",
                 (unsigned long long)counters[METER_RETRIES],
                 (unsigned long long)counters[METER_RECONNECTS],
                 (unsigned long long)counters[METER_LEADER_CHANGES]);
    for (unsigned i = 0; i < METER_ERRORS; i++) {
        if (report->errors[i] > 0)
            box_line(file, "  %llu: %s", (unsigned long long)report->errors[i],
                     report_error_text(i));
    }
}

void report_print_box(const struct report *report, FILE *file)
{
    char mode[64];
    char client[64];
    box_rule(file, "╔", "╗");
    box_line(file, "odradek-bench %s, %s client%s",
             options_value(&report->options, OPTION_mode, mode),
             options_value(&report->options, OPTION_client, client),
             report->interrupted ? ", stopped early" : "");
    box_line(file, "%.2f seconds", report->elapsed);
    box_rule(file, "╠", "╣");
    box_counts(file, report);
    bool open =
        report->options.rate_limit > 0 || report->options.workload == WORKLOAD_IDLE_SPORADIC;
    if (open) {
        box_latency(file, report, METER_RESPONSE, "Latency from the intended send");
        box_latency(file, report, METER_SERVICE, "Latency from the real send");
    } else {
        box_latency(file, report, METER_RESPONSE, "Latency");
    }
    box_latency(file, report, METER_END_TO_END, "End to end");
    if (report->options.mode == MODE_CONSUME)
        box_latency(file, report, METER_FETCH, "Fetch requests that brought records");
    if (report->validated)
        box_verdict(file, report);
    box_rule(file, "╚", "╝");
}
