/*
 * When messages are meant to be sent: the timetable of the open loop, told from numbers alone.
 *
 * A message's time never moves, however late the one before it was: what waits is counted as
 * waiting, and no stall hides behind a client that politely stopped asking (coordinated omission).
 * A run of N threads gives every Nth message to each.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/prng.h"
#include "bench/load/options.h"

struct schedule {
    enum bench_workload workload;
    bool open;         /* there is a timetable; else a task sends as soon as it is free */
    uint64_t rate;     /* a second: steady's, burst's high one, ramp's last one */
    uint64_t rate_low; /* burst's between the bursts */
    uint64_t rise_ns;  /* how long ramp rises; steady behind that */
    uint64_t next;     /* the number of the message that `time_ns` is for */
    uint64_t time_ns;  /* from the start of the load */
    uint32_t step;     /* messages of other threads are skipped */
    struct prng prng;  /* idle-sporadic's */
};

/* The timetable of thread `thread` of `threads`. `rise_ns` is how long the load lasts. */
void schedule_init(struct schedule *schedule, const struct options *options, uint64_t rise_ns,
                   uint32_t thread, uint32_t threads);
/* Goes to this thread's next message. */
void schedule_advance(struct schedule *schedule);
