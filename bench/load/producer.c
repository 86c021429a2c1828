/*
 * Tasks, slots and lanes. A task that has something to send waits in its lane's queue; a slot is a
 * request: one that is free takes tasks from the queue until its batch is full, or until there are
 * none and the linger time is over, and goes out. So with one task on each connection every send is
 * a request of its own, and with many tasks on few connections batches form by themselves.
 *
 * A request that is to be sent again stays in its slot, for the partition it was made for, and goes
 * out on any lane whose connection leads to the leader: first of all its own. When leaders have
 * changed each lane finds out whether it has to go to another broker; it goes there when nothing is
 * on its way on its connection any more.
 */
#include "bench/load/producer.h"

#include <string.h>

#include "base/assert.h"
#include "base/heap.h"
#include "base/mem.h"
#include "base/util.h"
#include "bench/load/frame.h"
#include "bench/load/leaders.h"
#include "bench/load/query.h"
#include "bench/load/wire.h"
#include "protocol/errors.h"

#define DIALING_MAX 256
#define LOOK_AROUND_NS (50 * NS_PER_MS)
#define IN_FLIGHT_USUAL 5

struct task {
    struct task *next;
    struct lane *lane;
    uint64_t intended_ns;
    uint64_t sequence;
    uint32_t records;
};

struct task_queue {
    struct task *first;
    struct task *last;
};

struct slot {
    struct wire_call call; /* first */
    struct slot *next;
    struct lane *lane;
    struct frame frame; /* of records; else `query` is what is sent */
    struct query query;
    struct task_queue tasks;
    uint64_t sequence;
    uint32_t records;
    uint32_t partition;
    struct timer retry; /* to be sent again then */
    uint32_t retries;
    unsigned error; /* the last, as the meter knows it */
};

struct lane {
    struct wire wire; /* first */
    struct producer *producer;
    struct timer linger;
    uint32_t id;
    uint32_t broker;   /* where it is connected to, or tries to be */
    uint32_t home;     /* where it belongs */
    uint32_t failures; /* of its connection, since it last stood */
    uint32_t task_count;
    uint32_t slot_count;
    uint32_t turn; /* of the broker's partitions */
    uint64_t sequence;
    uint64_t redial_ns;
    struct slot *slots;
    struct slot *free;
    struct slot *open; /* gathers */
    struct task_queue waiting;
};

struct producer {
    struct worker *worker;
    struct io *io;
    struct compressor *compressor;
    struct frame_layout layout;
    struct leaders leaders;
    struct lane *lanes;
    uint32_t lane_count;
    struct task *tasks;
    uint32_t task_count;
    struct task_queue idle; /* open loop: tasks that are free */
    struct heap timers;
    struct prng prng;
    /* Of the options, at hand for every request. */
    const struct payload *payload;
    uint64_t run_id;
    uint32_t each; /* records that a task sends at once */
    enum bench_key key_pattern;
    bool open; /* there is a timetable */
    uint64_t linger_ns;
    uint32_t retries_max;
    uint64_t look_ns;
    uint64_t now_ns;
    uint32_t busy; /* tasks that await an answer */
    uint32_t dialed;
    uint32_t opened;
    uint32_t closed;
    bool asks; /* requests are queries, without records */
    bool started;
    bool stopping;
    bool closing;
};

static void queue_push(struct task_queue *queue, struct task *task)
{
    task->next = NULL;
    if (queue->first == NULL)
        queue->first = task;
    else
        queue->last->next = task;
    queue->last = task;
}

static struct task *queue_pop(struct task_queue *queue)
{
    struct task *task = queue->first;
    if (task != NULL)
        queue->first = task->next;
    return task;
}

/* Sending. */

static void slot_add(struct slot *slot, struct task *task)
{
    struct lane *lane = slot->lane;
    struct producer *producer = lane->producer;
    task->sequence = lane->sequence;
    queue_push(&slot->tasks, task);
    if (slot->records == 0)
        slot->sequence = lane->sequence;
    slot->records += task->records;
    if (producer->asks) {
        query_set_offset(&slot->query, (int64_t)lane->sequence++);
        return;
    }
    for (uint32_t i = 0; i < task->records; i++) {
        struct stamp stamp = {producer->run_id, lane->sequence++, task->intended_ns, lane->id};
        uint8_t *key;
        uint8_t *value;
        frame_add(&slot->frame, &key, &value);
        payload_write_key(producer->key_pattern, stamp.sequence,
                          producer->key_pattern == KEY_RANDOM ? prng_next(&producer->prng) : 0,
                          key);
        payload_write(producer->payload, &stamp, value, producer->layout.value_len);
    }
}

static void slot_flush(struct slot *slot)
{
    struct lane *lane = slot->lane;
    struct producer *producer = lane->producer;
    const struct cluster *cluster = &producer->worker->run->cluster;
    if (lane->open == slot)
        lane->open = NULL;
    if (timer_armed(&lane->linger))
        heap_cancel(&producer->timers, &lane->linger);
    if (producer->asks) {
        slot->call.part = (struct iovec){slot->query.frame, slot->query.len};
    } else {
        const struct leader *leader = &producer->leaders.lists[lane->broker];
        slot->partition = leader->partitions[lane->turn++ % leader->count];
        const struct cluster_partition *partition = &cluster->partitions[slot->partition];
        struct frame_target target = {partition->topic, partition->index, io_wall_ms(producer->io)};
        int result = frame_finish(&slot->frame, &target, &slot->call.part);
        ASSERT(result == 0);
    }
    slot->call.sent_ns = producer->now_ns;
    wire_call(&lane->wire, &slot->call);
}

static bool lane_moves(const struct lane *lane)
{
    return lane->home != lane->broker;
}

static bool slot_full(const struct slot *slot)
{
    const struct producer *producer = slot->lane->producer;
    return producer->asks || slot->records + producer->each > producer->layout.records_max;
}

/* Moves waiting tasks into requests, as far as there are free ones. */
static void lane_fill(struct lane *lane)
{
    if (lane_moves(lane))
        return;
    while (lane->waiting.first != NULL) {
        if (lane->open == NULL) {
            if (lane->free == NULL)
                return;
            lane->open = lane->free;
            lane->free = lane->free->next;
        }
        slot_add(lane->open, queue_pop(&lane->waiting));
        if (slot_full(lane->open))
            slot_flush(lane->open);
    }
    struct producer *producer = lane->producer;
    if (lane->open == NULL)
        return;
    if (producer->linger_ns == 0 || producer->stopping)
        slot_flush(lane->open);
    else if (!timer_armed(&lane->linger))
        heap_set(&producer->timers, &lane->linger, producer->now_ns + producer->linger_ns);
}

static void lane_lingered(struct timer *timer)
{
    struct lane *lane = CONTAINER_OF(timer, struct lane, linger);
    if (lane->open != NULL && !lane_moves(lane))
        slot_flush(lane->open);
}

/* Puts the task into its lane's queue; false when no more messages are to be sent. */
static bool task_begin(struct producer *producer, struct task *task, uint64_t intended_ns)
{
    struct worker *worker = producer->worker;
    uint64_t records = MIN((uint64_t)producer->each, worker->quota);
    if (producer->asks)
        records = MIN(records, 1);
    if (producer->stopping || records == 0)
        return false;
    worker->quota -= records;
    task->records = (uint32_t)records;
    task->intended_ns = intended_ns;
    producer->busy++;
    queue_push(&task->lane->waiting, task);
    return true;
}

/* Answers. */

static void slot_acknowledge(struct slot *slot, int64_t base_offset)
{
    struct worker *worker = slot->lane->producer->worker;
    if (worker->run->acknowledged_ends == NULL || base_offset < 0)
        return;
    run_acknowledge(worker->run, slot->partition, base_offset + slot->records);
    if (!worker->run->options->validate)
        return;
    struct ledger_run run = {.offset = base_offset,
                             .sequence = slot->sequence,
                             .partition = slot->partition,
                             .lane = ledger_lane(worker->run->id, slot->lane->id),
                             .count = slot->records};
    ledger_acknowledge(&worker->ledger, &run);
}

/* How a request ended. */
struct outcome {
    unsigned error; /* as the meter knows it; 0: acknowledged */
    bool retriable;
    bool unknown; /* it may have been taken all the same */
};

/* Without an answer that makes sense. */
static struct outcome outcome_of_result(const struct slot *slot, int result)
{
    bool garbled = result == ERR_MALFORMED || result == ERR_SHORT;
    return (struct outcome){meter_error_of_result(result), !garbled, slot->call.given};
}

static struct outcome outcome_of_kafka(int16_t error)
{
    unsigned known = meter_error_of_kafka(error);
    return (struct outcome){
        known == 0 ? meter_error_of_kafka(-1) : known, kafka_error_retriable(error),
        error == KAFKA_REQUEST_TIMED_OUT || error == KAFKA_NOT_ENOUGH_REPLICAS_AFTER_APPEND};
}

static struct outcome slot_judge(struct slot *slot, int result, struct bytes answer)
{
    struct producer *producer = slot->lane->producer;
    struct frame_answer told = {.error = KAFKA_NONE};
    bool plain = producer->asks || slot->call.silent;
    if (result == 0 && producer->asks)
        result = query_read_answer(&slot->query, answer, &told.error);
    else if (result == 0 && !plain)
        result = frame_read_answer(answer, producer->layout.version, &told);
    if (result == 0 && told.error == KAFKA_NONE) {
        if (!plain)
            slot_acknowledge(slot, told.base_offset);
        return (struct outcome){0};
    }
    if (result != 0 || leaders_explain(told.error))
        leaders_want(&producer->leaders);
    return result != 0 ? outcome_of_result(slot, result) : outcome_of_kafka(told.error);
}

/* Doubles with each failure up to a second, and a fifth more by chance, so that not all come at
 * once. */
static uint64_t producer_backoff_ns(struct producer *producer, uint32_t failures)
{
    const struct options *o = producer->worker->run->options;
    uint64_t least_ns = (uint64_t)o->retry_backoff_ms * NS_PER_MS;
    uint64_t pause_ns = MAX(least_ns, MIN(least_ns << MIN(failures, 10), NS_PER_S));
    return pause_ns + prng_below(&producer->prng, pause_ns / 5 + 1);
}

/* Whether it is sent again, after a pause. */
static bool slot_retry(struct slot *slot, const struct outcome *outcome)
{
    struct producer *producer = slot->lane->producer;
    struct worker *worker = producer->worker;
    const struct options *o = worker->run->options;
    uint64_t late_ns = slot->tasks.first->intended_ns + (uint64_t)o->message_timeout_ms * NS_PER_MS;
    if (!outcome->retriable || slot->call.silent || producer->closing ||
        slot->retries >= producer->retries_max || producer->now_ns >= late_ns)
        return false;
    if (o->validate && !producer->asks) {
        struct ledger_run again = {.sequence = slot->sequence,
                                   .partition = slot->partition,
                                   .lane = ledger_lane(worker->run->id, slot->lane->id),
                                   .count = slot->records};
        ledger_resend(&worker->ledger, &again, outcome->unknown);
    }
    slot->error = outcome->error;
    meter_count(&worker->meter, METER_RETRIES, 1, producer->now_ns);
    heap_set(&producer->timers, &slot->retry,
             producer->now_ns + producer_backoff_ns(producer, slot->retries++));
    return true;
}

/* The lane whose connection leads to the leader of the slot's partition. */
static struct lane *slot_way(struct slot *slot)
{
    struct producer *producer = slot->lane->producer;
    if (producer->asks)
        return slot->lane;
    uint32_t leader = producer->leaders.of_partition[slot->partition];
    struct lane *way = slot->lane;
    for (uint32_t i = 0; way->broker != leader && i < producer->lane_count; i++) {
        if (producer->lanes[i].broker == leader)
            way = &producer->lanes[i];
    }
    return way;
}

static void slot_resend(struct timer *timer)
{
    struct slot *slot = CONTAINER_OF(timer, struct slot, retry);
    slot->call.sent_ns = slot->lane->producer->now_ns;
    wire_call(&slot_way(slot)->wire, &slot->call);
}

/* For its tasks it is over, with an error or without. */
static void slot_end(struct slot *slot, unsigned error, size_t answer_len)
{
    struct lane *lane = slot->lane;
    struct producer *producer = lane->producer;
    struct meter *meter = &producer->worker->meter;
    struct meter_send send = {.sent_ns = slot->call.sent_ns, .done_ns = producer->now_ns};
    struct task_queue tasks = slot->tasks;
    slot->tasks = (struct task_queue){0};
    slot->records = 0;
    slot->retries = 0;
    slot->next = lane->free;
    lane->free = slot;
    if (error == 0)
        meter_request(meter, producer->now_ns);
    struct task *task;
    while ((task = queue_pop(&tasks)) != NULL) {
        send.intended_ns = task->intended_ns;
        send.records = task->records;
        send.bytes = producer->asks ? answer_len : task->records * producer->layout.value_len;
        if (error != 0)
            meter_failed(meter, &send, error);
        else
            meter_answered(meter, &send);
        producer->busy--;
        if (producer->open)
            queue_push(&producer->idle, task);
        else
            task_begin(producer, task, producer->now_ns);
    }
    lane_fill(lane);
}

static void slot_answered(struct wire_call *call, int result, struct bytes answer)
{
    struct slot *slot = CONTAINER_OF(call, struct slot, call);
    struct producer *producer = slot->lane->producer;
    producer->now_ns = MAX(producer->now_ns, producer->worker->clock.now_ns);
    struct outcome outcome = slot_judge(slot, result, answer);
    if (outcome.error == 0 || !slot_retry(slot, &outcome))
        slot_end(slot, outcome.error, answer.len);
}

/* Connections. */

static void producer_dial(struct producer *producer)
{
    while (producer->dialed < producer->lane_count &&
           producer->dialed - producer->opened < DIALING_MAX) {
        struct lane *lane = &producer->lanes[producer->dialed++];
        const struct cluster_broker *broker = &producer->leaders.brokers[lane->broker];
        int result = wire_dial(&lane->wire, broker->host, broker->port);
        if (result != 0) {
            producer->closed++;
            worker_fail(producer->worker, result, "cannot connect to broker %d at %s:%u: %s",
                        broker->id, broker->host, broker->port, result_sentence(result));
            return;
        }
    }
}

/* It may be where it belongs; else it asks who leads, or moves on. */
static void lane_settle(struct lane *lane)
{
    struct producer *producer = lane->producer;
    if (lane_moves(lane) || lane->wire.state != WIRE_OPEN)
        return;
    if (lane->failures > 0)
        meter_count(&producer->worker->meter, METER_RECONNECTS, 1, producer->now_ns);
    lane->failures = 0;
    lane_fill(lane);
}

static void lane_opened(struct lane *lane)
{
    struct producer *producer = lane->producer;
    if (producer->closing) {
        wire_break(&lane->wire, ERR_CANCELED);
        return;
    }
    if (!producer_ready(producer)) {
        producer->opened++;
        producer_dial(producer);
        return;
    }
    lane_settle(lane);
}

static void lane_changed(struct wire *wire, int result)
{
    struct lane *lane = CONTAINER_OF(wire, struct lane, wire);
    struct producer *producer = lane->producer;
    if (result == 0) {
        lane_opened(lane);
        return;
    }
    lane->redial_ns = io_now(producer->io);
    if (producer->closing) {
        producer->closed++;
    } else if (!producer_ready(producer)) {
        const struct cluster_broker *broker = &producer->leaders.brokers[lane->broker];
        worker_fail(producer->worker, result, "broker %d at %s:%u took %u of %u connections: %s",
                    broker->id, broker->host, broker->port, producer->opened, producer->lane_count,
                    result_sentence(result));
    } else if (!lane_moves(lane) || lane->failures > 0) {
        lane->redial_ns += producer_backoff_ns(producer, lane->failures++);
        leaders_want(&producer->leaders);
    }
}

/* Every second time that its own broker does not answer it asks another one who leads now. */
static uint32_t lane_destination(const struct lane *lane)
{
    uint32_t count = lane->producer->leaders.broker_count;
    if (count == 1 || lane->failures == 0 || lane->failures % 2 == 1)
        return lane->home;
    return (lane->home + 1 + (lane->failures / 2 - 1) % (count - 1)) % count;
}

static void lane_redial(struct lane *lane)
{
    struct producer *producer = lane->producer;
    lane->broker = lane_destination(lane);
    const struct cluster_broker *broker = &producer->leaders.brokers[lane->broker];
    if (wire_dial(&lane->wire, broker->host, broker->port) != 0)
        lane->redial_ns = producer->now_ns + producer_backoff_ns(producer, lane->failures++);
}

/* The broker of a lane: its group's coordinator, else those that lead something, in turn. */
static uint32_t lane_broker(const struct producer *producer, uint32_t id)
{
    const struct cluster *cluster = &producer->worker->run->cluster;
    if (cluster->group_count > 0)
        return cluster->groups[id % cluster->group_count].broker;
    return leaders_broker_of(&producer->leaders, id);
}

static void producer_leaders_changed(struct leaders *leaders, uint32_t moved)
{
    struct producer *producer = CONTAINER_OF(leaders, struct producer, leaders);
    /* Every thread meets them. */
    if (producer->worker->index == 0)
        meter_count(&producer->worker->meter, METER_LEADER_CHANGES, moved, producer->now_ns);
    for (uint32_t i = 0; i < producer->lane_count; i++) {
        struct lane *lane = &producer->lanes[i];
        lane->home = lane_broker(producer, lane->id);
        lane_settle(lane);
    }
}

static void lane_look_around(struct lane *lane)
{
    struct producer *producer = lane->producer;
    leaders_ask(&producer->leaders, &lane->wire, producer->now_ns);
    bool asked = producer->leaders.wanted || producer->leaders.call.on_its_way;
    if (lane_moves(lane) && wire_idle(&lane->wire) && !asked)
        wire_break(&lane->wire, ERR_CANCELED);
}

/* What nobody else notices: answers that do not come, connections that are gone, or that lead to
 * where they do not belong any more. */
static void producer_look_around(struct producer *producer)
{
    uint64_t timeout_ns = (uint64_t)producer->worker->run->options->request_timeout_ms * NS_PER_MS;
    for (uint32_t i = 0; i < producer->lane_count; i++) {
        struct lane *lane = &producer->lanes[i];
        struct wire *wire = &lane->wire;
        uint64_t oldest_ns = wire_oldest_ns(wire);
        if (oldest_ns != UINT64_MAX && oldest_ns + timeout_ns <= producer->now_ns)
            wire_break(wire, ERR_TIMEOUT);
        else if (wire->state == WIRE_OPEN)
            lane_look_around(lane);
        else if (wire->state == WIRE_CLOSED && producer->now_ns >= lane->redial_ns &&
                 !producer->closing)
            lane_redial(lane);
    }
}

/* Construction. */

static void layout_init(struct producer *producer)
{
    const struct run *run = producer->worker->run;
    const struct options *o = run->options;
    static const int16_t acks[] = {1, 0, -1, -1};
    uint32_t on_a_lane = 0;
    for (uint32_t i = 0; i < producer->lane_count; i++)
        on_a_lane = MAX(on_a_lane, producer->lanes[i].task_count);
    uint64_t each = (uint64_t)o->records_per_batch;
    uint64_t room = (uint64_t)o->batch_size / ((uint64_t)o->message_size + KEY_BYTES + 10);
    producer->layout = (struct frame_layout){
        .version = run->cluster.produce_version,
        .acks = acks[o->acks],
        .timeout_ms = (int32_t)o->request_timeout_ms,
        .key_len = o->key_pattern == KEY_NONE ? 0 : KEY_BYTES,
        .value_len = (uint32_t)o->message_size,
        .codec = {producer->compressor, (enum compression)o->compression,
                  compress_level_default((enum compression)o->compression)},
    };
    uint64_t records_max = MAX(each, MIN(room, MAX(on_a_lane, 1) * each));
    frame_layout_init(&producer->layout, (uint32_t)records_max);
}

static void lane_init(struct lane *lane, struct producer *producer, uint32_t id)
{
    wire_init(&lane->wire, producer->io, &producer->worker->clock, lane_changed);
    timer_init(&lane->linger, lane_lingered);
    lane->producer = producer;
    lane->id = id;
    lane->home = lane->broker = lane_broker(producer, id);
    lane->turn = id;
}

static void lane_make_slots(struct lane *lane)
{
    struct producer *producer = lane->producer;
    const struct options *o = producer->worker->run->options;
    uint32_t limit = o->in_flight > 0 ? (uint32_t)o->in_flight : IN_FLIGHT_USUAL;
    lane->slot_count = MIN(limit, lane->task_count);
    lane->slots = mem_alloc_array(MAX(lane->slot_count, 1), sizeof *lane->slots);
    for (uint32_t i = 0; i < lane->slot_count; i++) {
        struct slot *slot = &lane->slots[i];
        slot->lane = lane;
        slot->call.done = slot_answered;
        timer_init(&slot->retry, slot_resend);
        slot->call.silent = o->acks == ACKS_NONE && !producer->asks;
        if (producer->asks)
            query_init(&slot->query, &producer->worker->run->cluster, o, lane->id);
        else
            frame_init(&slot->frame, &producer->layout);
        slot->next = lane->free;
        lane->free = slot;
    }
}

/* How many of `total` things, dealt out in turn, the thread gets. */
static uint32_t share_of(uint32_t total, const struct worker *worker)
{
    uint32_t threads = worker->run->worker_count;
    return total / threads + (worker->index < total % threads);
}

struct producer *producer_new(struct worker *worker)
{
    const struct options *o = worker->run->options;
    struct producer *producer = mem_alloc(sizeof *producer);
    producer->worker = worker;
    producer->io = worker->io;
    producer->payload = worker->run->payload;
    producer->run_id = worker->run->id;
    producer->each = (uint32_t)o->records_per_batch;
    producer->key_pattern = (enum bench_key)o->key_pattern;
    producer->open = worker->schedule.open;
    producer->linger_ns = (uint64_t)o->linger_ms * NS_PER_MS;
    producer->compressor = compressor_new();
    heap_init(&producer->timers, 64);
    prng_init(&producer->prng, worker->run->id + worker->index);
    producer->retries_max = (uint32_t)o->retries;
    leaders_init(&producer->leaders, &worker->run->cluster, producer_leaders_changed);
    producer->asks = o->mode == MODE_METADATA || o->mode == MODE_COMMIT;
    uint32_t connections = (uint32_t)(o->connections > 0 ? o->connections : o->concurrency);
    producer->lane_count = share_of(connections, worker);
    producer->lanes = mem_alloc_array(MAX(producer->lane_count, 1), sizeof *producer->lanes);
    for (uint32_t i = 0; i < producer->lane_count; i++)
        lane_init(&producer->lanes[i], producer, worker->index + i * worker->run->worker_count);
    producer->task_count =
        producer->lane_count == 0 ? 0 : share_of((uint32_t)o->concurrency, worker);
    producer->tasks = mem_alloc_array(MAX(producer->task_count, 1), sizeof *producer->tasks);
    for (uint32_t i = 0; i < producer->task_count; i++) {
        producer->tasks[i].lane = &producer->lanes[i % producer->lane_count];
        producer->tasks[i].lane->task_count++;
    }
    layout_init(producer);
    for (uint32_t i = 0; i < producer->lane_count; i++)
        lane_make_slots(&producer->lanes[i]);
    return producer;
}

static void slot_fini(struct slot *slot)
{
    frame_fini(&slot->frame);
    query_fini(&slot->query);
}

void producer_free(struct producer *producer)
{
    for (uint32_t i = 0; i < producer->lane_count; i++) {
        struct lane *lane = &producer->lanes[i];
        for (uint32_t s = 0; s < lane->slot_count; s++)
            slot_fini(&lane->slots[s]);
        mem_free(lane->slots);
        heap_cancel(&producer->timers, &lane->linger);
        wire_fini(&lane->wire);
    }
    leaders_fini(&producer->leaders);
    mem_free(producer->lanes);
    mem_free(producer->tasks);
    frame_layout_fini(&producer->layout);
    compressor_free(producer->compressor);
    heap_fini(&producer->timers);
    mem_free(producer);
}

/* Life. */

void producer_connect(struct producer *producer)
{
    producer_dial(producer);
}

bool producer_ready(const struct producer *producer)
{
    return producer->opened == producer->lane_count;
}

void producer_start(struct producer *producer)
{
    producer->started = true;
    producer->now_ns = io_now_precise(producer->io);
    for (uint32_t i = 0; i < producer->task_count; i++) {
        struct task *task = &producer->tasks[i];
        if (producer->open)
            queue_push(&producer->idle, task);
        else
            task_begin(producer, task, producer->now_ns);
    }
    for (uint32_t i = 0; i < producer->lane_count; i++)
        lane_fill(&producer->lanes[i]);
}

/* Gives messages whose time has come to free tasks. One that waited too long for a task has failed;
 * its time counts for a batch of records as a whole. */
static uint64_t producer_dispatch(struct producer *producer)
{
    struct worker *worker = producer->worker;
    struct schedule *schedule = &worker->schedule;
    uint64_t each = (uint64_t)worker->run->options->records_per_batch;
    uint64_t timeout_ns = (uint64_t)worker->run->options->message_timeout_ms * NS_PER_MS;
    for (;;) {
        uint64_t intended_ns = worker->run->start_ns + schedule->time_ns;
        if (intended_ns >= worker->run->end_ns || worker->quota == 0) {
            producer_stop(producer);
            return IO_NEVER;
        }
        if (intended_ns > producer->now_ns)
            return intended_ns;
        if (intended_ns + timeout_ns < producer->now_ns) {
            struct meter_send late = {.intended_ns = intended_ns,
                                      .done_ns = producer->now_ns,
                                      .records = (uint32_t)MIN(each, worker->quota)};
            meter_failed(&worker->meter, &late, meter_error_of_result(ERR_TIMEOUT));
            worker->quota -= late.records;
        } else {
            struct task *task = queue_pop(&producer->idle);
            if (task == NULL)
                return IO_NEVER;
            bool begun = task_begin(producer, task, intended_ns);
            ASSERT(begun);
            lane_fill(task->lane);
        }
        for (uint64_t i = 0; i < each; i++)
            schedule_advance(schedule);
    }
}

uint64_t producer_step(struct producer *producer)
{
    uint64_t deadline_ns = IO_NEVER;
    producer->now_ns = MAX(producer->now_ns, io_now(producer->io));
    if (!producer->started)
        return deadline_ns;
    if (producer->open && !producer->stopping)
        deadline_ns = producer_dispatch(producer);
    heap_run(&producer->timers, producer->now_ns);
    if (producer->now_ns >= producer->look_ns) {
        producer_look_around(producer);
        producer->look_ns = producer->now_ns + LOOK_AROUND_NS;
    }
    return MIN(deadline_ns, MIN(producer->look_ns, heap_next(&producer->timers)));
}

/* Messages whose time had come, but that found no free task, are told apart from failures. */
static void producer_count_unsent(struct producer *producer)
{
    struct worker *worker = producer->worker;
    struct schedule *schedule = &worker->schedule;
    uint64_t end_ns = MIN(worker->run->end_ns, producer->now_ns);
    while (worker->run->start_ns + schedule->time_ns < end_ns && worker->quota > 0) {
        meter_unsent(&worker->meter, 1);
        worker->quota--;
        schedule_advance(schedule);
    }
}

void producer_stop(struct producer *producer)
{
    if (producer->stopping)
        return;
    producer->stopping = true;
    /* The last step may be long ago, when this thread stood still: what was due since counts. */
    producer->now_ns = MAX(producer->now_ns, io_now(producer->io));
    if (producer->started && producer->open)
        producer_count_unsent(producer);
    for (uint32_t i = 0; i < producer->lane_count; i++)
        lane_fill(&producer->lanes[i]);
}

bool producer_idle(const struct producer *producer)
{
    return producer->busy == 0;
}

/* One that waits to be sent again. */
static void slot_give_up(struct slot *slot)
{
    if (!timer_armed(&slot->retry))
        return;
    heap_cancel(&slot->lane->producer->timers, &slot->retry);
    slot_end(slot, slot->error, 0);
}

void producer_close(struct producer *producer)
{
    producer->closing = true;
    producer->stopping = true;
    producer->closed = 0;
    for (uint32_t i = 0; i < producer->lane_count; i++) {
        for (uint32_t k = 0; k < producer->lanes[i].slot_count; k++)
            slot_give_up(&producer->lanes[i].slots[k]);
        if (producer->lanes[i].wire.state == WIRE_CLOSED)
            producer->closed++;
        else
            wire_break(&producer->lanes[i].wire, ERR_CANCELED);
    }
}

bool producer_closed(const struct producer *producer)
{
    return producer->closing && producer->closed == producer->lane_count;
}
