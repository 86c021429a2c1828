/* What a build without librdkafka has in place of its client. */
#include "bench/load/run.h"

bool rdkafka_available(void)
{
    return false;
}

void rdkafka_run(struct worker *worker)
{
    worker_fail(worker, ERR_UNSUPPORTED,
                "this build has no librdkafka: install librdkafka-dev and "
                "build again, or use --client native");
}
