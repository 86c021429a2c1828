/* The text format 0.0.4 of Prometheus. libmicrohttpd speaks HTTP, on the main thread, when it is
 * called: so figures need no lock. */
#include "bench/load/prometheus.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"
#include "bench/load/report.h"

#define PAGE_BYTES 16384

struct prometheus {
    struct MHD_Daemon *daemon;
    const struct prometheus_figures *figures;
    char page[PAGE_BYTES];
};

static int write_summary(char *at, size_t room, const char *name, const struct histogram *h)
{
    static const double quantiles[] = {0.5, 0.9, 0.95, 0.99, 0.999};
    int len = snprintf(at, room, "# TYPE odradek_bench_%s_seconds summary\n", name);
    for (size_t i = 0; i < ARRAY_LENGTH(quantiles); i++)
        len += snprintf(at + len, room - (size_t)len,
                        "odradek_bench_%s_seconds{quantile=\"%g\"} %.9f\n", name, quantiles[i],
                        (double)histogram_at(h, quantiles[i] * 100) / 1e9);
    len += snprintf(at + len, room - (size_t)len,
                    "odradek_bench_%s_seconds_sum %.9f\nodradek_bench_%s_seconds_count %llu\n",
                    name, (double)h->sum / 1e9, name, (unsigned long long)h->total);
    return len;
}

static size_t prometheus_write(struct prometheus *prometheus)
{
    const struct prometheus_figures *figures = prometheus->figures;
    int len = 0;
    for (int i = 0; i < METER_COUNTER_COUNT; i++) {
        const char *name = report_counter_name((enum meter_counter)i);
        len += snprintf(prometheus->page + len, PAGE_BYTES - (size_t)len,
                        "# TYPE odradek_bench_%s_total counter\nodradek_bench_%s_total %llu\n",
                        name, name, (unsigned long long)figures->counters[i]);
    }
    len += write_summary(prometheus->page + len, PAGE_BYTES - (size_t)len, "latency",
                         &figures->latency);
    len += write_summary(prometheus->page + len, PAGE_BYTES - (size_t)len, "end_to_end",
                         &figures->end_to_end);
    return (size_t)len;
}

/* The signature is libmicrohttpd's. */
static enum MHD_Result prometheus_answer(void *context, struct MHD_Connection *connection,
                                         const char *url, const char *method, const char *version,
                                         const char *data, size_t *size, void **state)
{
    static const char missing[] = "the metrics are at /metrics\n";
    struct prometheus *prometheus = context;
    bool known = strcmp(url, "/metrics") == 0;
    bool get = strcmp(method, "GET") == 0;
    (void)version;
    (void)data;
    (void)size;
    (void)state;
    size_t len = known ? prometheus_write(prometheus) : sizeof missing - 1;
    struct MHD_Response *response = MHD_create_response_from_buffer(
        len, known ? prometheus->page : (char *)(uintptr_t)missing, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(response, "Content-Type", "text/plain; version=0.0.4");
    enum MHD_Result result = MHD_queue_response(connection,
                                                !get    ? MHD_HTTP_METHOD_NOT_ALLOWED
                                                : known ? MHD_HTTP_OK
                                                        : MHD_HTTP_NOT_FOUND,
                                                response);
    MHD_destroy_response(response);
    return result;
}

int prometheus_start(uint16_t port, const struct prometheus_figures *figures,
                     struct prometheus **started, struct sentence *why)
{
    struct prometheus *prometheus = mem_alloc(sizeof *prometheus);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    prometheus->figures = figures;
    prometheus->daemon =
        MHD_start_daemon(MHD_USE_EPOLL, port, NULL, NULL, prometheus_answer, prometheus,
                         MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_END);
    if (prometheus->daemon == NULL) {
        mem_free(prometheus);
        sentence_set(why, "cannot listen on port %u for --prometheus-port", port);
        return ERR_ADDRESS_IN_USE;
    }
    *started = prometheus;
    return 0;
}

void prometheus_stop(struct prometheus *prometheus)
{
    if (prometheus == NULL)
        return;
    MHD_stop_daemon(prometheus->daemon);
    mem_free(prometheus);
}

void prometheus_serve(struct prometheus *prometheus)
{
    if (prometheus != NULL)
        MHD_run(prometheus->daemon);
}
