/*
 * What one thread of the load generator measures.
 *
 * Only what belongs to the measured time counts: a message by the time it was meant to be sent.
 * Answers that come after the end still count, so that a stall at the end shows. Each interval's
 * own figures go to the main thread through a ring, whole, for progress and plots.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/histogram.h"
#include "base/spsc.h"

enum meter_counter {
    METER_MESSAGES,       /* acknowledged */
    METER_BYTES,          /* of their values */
    METER_REQUESTS,       /* that carried them */
    METER_FAILED,         /* messages */
    METER_UNSENT,         /* messages whose time had come, but no task was free before the end */
    METER_CONSUMED,       /* records */
    METER_CONSUMED_BYTES, /* of their values; of whole batches when these are not opened */
    METER_FETCHES,        /* answers with records */
    METER_RETRIES,        /* requests that were sent again */
    METER_RECONNECTS,     /* connections that were lost and made anew */
    METER_LEADER_CHANGES, /* partitions that another broker leads than before */
    METER_COUNTER_COUNT
};

enum meter_latency {
    METER_RESPONSE,   /* from the intended send to the answer */
    METER_SERVICE,    /* from the real send to the answer */
    METER_END_TO_END, /* from the intended send to the consumer */
    METER_FETCH,      /* of fetch requests that brought records */
    METER_LATENCY_COUNT
};

/* Local failures stand behind Kafka's codes, which begin at -1. */
#define METER_ERRORS 256
#define METER_ERROR_LOCAL 200
static inline unsigned meter_error_of_kafka(int16_t error)
{
    return error >= -1 && error < METER_ERROR_LOCAL - 1 ? (unsigned)(error + 1) : 0;
}
/* Of an ERR_*. */
static inline unsigned meter_error_of_result(int result)
{
    return result < 0 && result > -(METER_ERRORS - METER_ERROR_LOCAL)
               ? METER_ERROR_LOCAL + (unsigned)-result
               : METER_ERROR_LOCAL;
}

struct meter_interval {
    uint32_t index;
    uint64_t counters[METER_COUNTER_COUNT];
    struct histogram latency; /* METER_RESPONSE; METER_END_TO_END or METER_FETCH without produce */
    struct histogram end_to_end;
};

struct meter {
    uint64_t start_ns;    /* of the load; intervals count from here */
    uint64_t measured_ns; /* end of the warm-up */
    uint64_t interval_ns;
    uint64_t last_ns; /* the last measured event */
    uint64_t counters[METER_COUNTER_COUNT];
    uint64_t errors[METER_ERRORS];
    struct histogram latencies[METER_LATENCY_COUNT]; /* ns */
    struct meter_interval *interval;
    struct spsc *full; /* to the main thread, which frees them */
};

void meter_init(struct meter *meter);
void meter_fini(struct meter *meter);
void meter_start(struct meter *meter, uint64_t start_ns, uint64_t measured_ns,
                 uint64_t interval_ns);
/* At least once an interval, before anything is recorded at `now_ns`. */
void meter_tick(struct meter *meter, uint64_t now_ns);
/* Hands over the last interval. */
void meter_flush(struct meter *meter);

/* One send of `records` messages of `bytes` was answered. */
struct meter_send {
    uint64_t intended_ns;
    uint64_t sent_ns;
    uint64_t done_ns;
    uint32_t records;
    uint64_t bytes;
};
void meter_answered(struct meter *meter, const struct meter_send *send);
/* One request was answered, whatever it carried. */
void meter_request(struct meter *meter, uint64_t now_ns);
/* `error` as meter_error_of_* tell. */
void meter_failed(struct meter *meter, const struct meter_send *send, unsigned error);
/* Something that only has to be counted. */
void meter_count(struct meter *meter, enum meter_counter counter, uint64_t amount, uint64_t now_ns);
void meter_unsent(struct meter *meter, uint64_t records);
/* One record arrived; `time_ns` is its stamp's, or 0 when it is not of this run. */
void meter_consumed(struct meter *meter, uint64_t time_ns, uint64_t now_ns, uint64_t bytes);
/* A batch of so many records arrived, whose stamps nobody looks at. */
void meter_skimmed(struct meter *meter, uint64_t records, uint64_t now_ns, uint64_t bytes);
/* A record behind the load, only to validate: no time counts. */
void meter_read_back(struct meter *meter, uint64_t bytes);
void meter_fetched(struct meter *meter, uint64_t sent_ns, uint64_t now_ns);
void meter_fetch_failed(struct meter *meter, unsigned error);
