/*
 * verify: the simulator's clients and model against a real broker.
 *
 *     verify [-h HOST] [-p PORT] [-d SECONDS] [-s SEED] [-n PARTITIONS] [-t TOPIC]
 *
 * Producers and consumers work for SECONDS while the broker may be stopped, killed and started
 * again; then everything must be acknowledged and read back. Prints what was seen, and the first
 * broken promise.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crc32c.h"
#include "base/util.h"
#include "tools/sim/workload.h"

static int verify_print(const struct workload_result *result)
{
    const struct model_counts *counts = &result->counts;
    printf("sent=%llu acknowledged=%llu seen=%llu duplicates=%llu\n",
           (unsigned long long)counts->sent, (unsigned long long)counts->acknowledged,
           (unsigned long long)counts->seen, (unsigned long long)counts->duplicates);
    if (*result->violation == '\0')
        return 0;
    printf("BROKEN: %s\n", result->violation);
    return 1;
}

int main(int argc, char **argv)
{
    struct workload_options options = {
        .host = "127.0.0.1",
        .port = 9092,
        .seed = 1,
        .topic = "verify",
        .partition_count = 4,
        .duration_ns = 5 * NS_PER_S,
        .settle_ns = 60 * NS_PER_S,
        .pause_ns = 10 * NS_PER_MS,
        .in_flight_max = 5,
        .value_bytes_max = 20000,
        .batch_records_max = 200,
    };
    struct workload_result result;
    int option;
    crc32c_init();
    while ((option = getopt(argc, argv, "h:p:d:s:n:t:")) != -1) {
        unsigned long number = optarg == NULL ? 0 : strtoul(optarg, NULL, 10);
        if (option == 'h')
            options.host = optarg;
        else if (option == 't')
            options.topic = optarg;
        else if (option == 'p')
            options.port = (uint16_t)number;
        else if (option == 's')
            options.seed = number;
        else if (option == 'd')
            options.duration_ns = number * NS_PER_S;
        else if (option == 'n')
            options.partition_count = (int32_t)number;
        else
            return 64;
    }
    if (options.partition_count < 1 || options.partition_count > 1000)
        return 64;
    return workload_run(&options, &result) == 0 ? verify_print(&result) : 1;
}
