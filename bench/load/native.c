/*
 * A thread of the native client: producer and consumer on one io, and the phases between them.
 *
 * With --validate in produce mode the consumer begins when the last acknowledgement is there, so
 * that it does not disturb what is measured.
 */
#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "bench/load/consumer.h"
#include "bench/load/producer.h"
#include "bench/load/run.h"

/* So long is waited for answers after Ctrl-C. */
#define STOP_PATIENCE_NS (5 * NS_PER_S)

enum native_phase { PHASE_CONNECT, PHASE_WAIT, PHASE_LOAD, PHASE_DRAIN, PHASE_READ, PHASE_CLOSE };

struct native {
    struct io_loop loop; /* first */
    struct worker *worker;
    struct producer *producer; /* null when nothing is sent */
    struct consumer *consumer; /* null when nothing is read */
    enum native_phase phase;
    bool reads_behind;
    bool drained;
    uint64_t stopped_ns;
};

static bool native_ready(const struct native *native)
{
    return (native->producer == NULL || producer_ready(native->producer)) &&
           (native->consumer == NULL || consumer_ready(native->consumer));
}

static void native_start(struct native *native)
{
    struct worker *worker = native->worker;
    const struct run *run = worker->run;
    meter_start(&worker->meter, run->start_ns, run->measured_ns, run->interval_ns);
    if (native->consumer != NULL && !native->reads_behind)
        consumer_start(native->consumer);
    if (native->producer != NULL)
        producer_start(native->producer);
    native->phase = PHASE_LOAD;
}

static bool native_must_stop(const struct native *native)
{
    const struct worker *worker = native->worker;
    const struct run *run = worker->run;
    uint64_t count = (uint64_t)run->options->message_count;
    if (atomic_load_explicit(&run->stop, memory_order_relaxed) || io_now(worker->io) >= run->end_ns)
        return true;
    if (native->producer != NULL)
        return worker->quota == 0 && producer_idle(native->producer);
    return count > 0 && atomic_load_explicit(&run->consumed, memory_order_relaxed) >= count;
}

static void native_load(struct native *native)
{
    if (!native_must_stop(native))
        return;
    if (native->producer != NULL)
        producer_stop(native->producer);
    native->stopped_ns = io_now(native->worker->io);
    native->phase = PHASE_DRAIN;
}

/* Answers that are on their way are waited for; those of other threads, too, before the reading
 * may know where the end is. */
static void native_drain(struct native *native)
{
    struct run *run = native->worker->run;
    bool stop = atomic_load_explicit(&run->stop, memory_order_relaxed);
    bool impatient = stop && io_now(native->worker->io) >= native->stopped_ns + STOP_PATIENCE_NS;
    if (!native->drained) {
        if (native->producer != NULL && !producer_idle(native->producer) && !impatient)
            return;
        native->drained = true;
        atomic_fetch_add(&run->drained, 1);
        run_wake_all(run);
    }
    if (native->producer == NULL || native->consumer == NULL) {
        native->phase = PHASE_CLOSE;
        return;
    }
    if (atomic_load(&run->drained) < run->worker_count)
        return;
    if (native->reads_behind)
        consumer_start(native->consumer);
    consumer_drain(native->consumer);
    native->phase = PHASE_READ;
}

static void native_close(struct native *native)
{
    if (native->producer != NULL)
        producer_close(native->producer);
    if (native->consumer != NULL)
        consumer_close(native->consumer);
    native->phase = PHASE_CLOSE;
}

static bool native_closed(const struct native *native)
{
    return (native->producer == NULL || producer_closed(native->producer)) &&
           (native->consumer == NULL || consumer_closed(native->consumer));
}

static void native_advance(struct native *native)
{
    struct run *run = native->worker->run;
    bool stop = atomic_load_explicit(&run->stop, memory_order_relaxed);
    if (native->phase == PHASE_CONNECT && native_ready(native)) {
        native->phase = PHASE_WAIT;
        atomic_fetch_add(&run->ready, 1);
    }
    if (native->phase == PHASE_WAIT && atomic_load(&run->go))
        native_start(native);
    if (native->phase == PHASE_LOAD)
        native_load(native);
    if (native->phase == PHASE_DRAIN) {
        native_drain(native);
        if (native->phase == PHASE_CLOSE)
            native_close(native);
    }
    if (native->phase == PHASE_READ && consumer_finished(native->consumer))
        native_close(native);
    if (native->phase <= PHASE_WAIT && stop)
        native_close(native);
}

static uint64_t native_step(struct io_loop *loop)
{
    struct native *native = CONTAINER_OF(loop, struct native, loop);
    struct worker *worker = native->worker;
    const struct run *run = worker->run;
    uint64_t deadline_ns = IO_NEVER;
    wire_clock_forget(&worker->clock);
    if (native->phase >= PHASE_LOAD && worker->meter.interval != NULL)
        meter_tick(&worker->meter, io_now(worker->io));
    native_advance(native);
    if (native->phase == PHASE_CLOSE && native_closed(native))
        io_stop(worker->io);
    if (native->phase == PHASE_LOAD)
        deadline_ns = run->end_ns;
    if (native->producer != NULL && native->phase < PHASE_CLOSE)
        deadline_ns = MIN(deadline_ns, producer_step(native->producer));
    if (native->consumer != NULL && native->phase < PHASE_CLOSE)
        deadline_ns = MIN(deadline_ns, consumer_step(native->consumer));
    bool spins = run->options->busy_poll && native->phase == PHASE_LOAD;
    return spins ? 0 : deadline_ns;
}

static bool native_has_work(struct io_loop *loop)
{
    const struct native *native = CONTAINER_OF(loop, struct native, loop);
    const struct run *run = native->worker->run;
    return (native->phase == PHASE_WAIT && atomic_load(&run->go)) ||
           (native->phase < PHASE_DRAIN && atomic_load(&run->stop));
}

void native_run(struct worker *worker)
{
    const struct options *options = worker->run->options;
    struct native native = {.loop = {native_step, native_has_work}, .worker = worker};
    if (run_produces(options))
        native.producer = producer_new(worker);
    if (run_consumes(options))
        native.consumer = consumer_new(worker);
    native.reads_behind = options->mode == MODE_PRODUCE;
    if (native.producer != NULL)
        producer_connect(native.producer);
    if (native.consumer != NULL)
        consumer_connect(native.consumer);
    io_run(worker->io, &native.loop);
    if (worker->meter.interval != NULL)
        meter_flush(&worker->meter);
    if (native.producer != NULL)
        producer_free(native.producer);
    if (native.consumer != NULL)
        consumer_free(native.consumer);
}
