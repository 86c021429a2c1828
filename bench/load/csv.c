/* The report over time as CSV: one line an interval, a head line with the names. */
#include "bench/load/report.h"

bool report_write_csv(const struct report *report, const char *path)
{
    FILE *file = report_open(path);
    if (file == NULL)
        return false;
    fputs("seconds,messages_per_second,bytes_per_second,failed,consumed_per_second,p50_ms,p99_ms,"
          "max_ms,end_to_end_p50_ms,end_to_end_p99_ms\n",
          file);
    for (uint32_t i = 0; i < report->point_count; i++) {
        const struct report_point *p = &report->points[i];
        fprintf(file, "%.3f,%.1f,%.1f,%llu,%.1f,%.3f,%.3f,%.3f,%.3f,%.3f\n", p->seconds,
                (double)p->messages / p->length, (double)p->bytes / p->length,
                (unsigned long long)p->failed, (double)p->consumed / p->length,
                (double)p->p50 / 1e6, (double)p->p99 / 1e6, (double)p->max / 1e6,
                (double)p->end_to_end_p50 / 1e6, (double)p->end_to_end_p99 / 1e6);
    }
    return report_close(file);
}
