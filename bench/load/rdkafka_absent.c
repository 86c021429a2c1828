/* What a build without librdkafka has in place of its client. */
#include "base/assert.h"
#include "bench/load/run.h"

bool rdkafka_available(void)
{
    return false;
}

void rdkafka_run(struct worker *worker)
{
    (void)worker;
    UNREACHABLE();
}
