/* What a build without libmicrohttpd has in place of its metrics. */
#include "base/assert.h"
#include "bench/load/prometheus.h"

int prometheus_start(uint16_t port, const struct prometheus_figures *figures,
                     struct prometheus **prometheus, struct sentence *why)
{
    (void)port;
    (void)figures;
    (void)prometheus;
    sentence_set(why, "this build has no libmicrohttpd: install libmicrohttpd-dev and build again, "
                      "or leave --prometheus-port out");
    return ERR_UNSUPPORTED;
}

void prometheus_stop(struct prometheus *prometheus)
{
    ASSERT(prometheus == NULL);
}

void prometheus_serve(struct prometheus *prometheus)
{
    ASSERT(prometheus == NULL);
}
