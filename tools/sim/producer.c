/*
 * Each partition a producer writes to is a lane: a queue of batches that are not acknowledged. As
 * long as nothing fails, up to `in_flight_max` of them are out. After a failure nothing new goes
 * out before all have come back; then those left are sent again, oldest first.
 */
#include "tools/sim/producer.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "protocol/record.h"

#define PRODUCE_VERSION 9
#define INIT_VERSION 4
#define RETRY_NS_MIN (10 * NS_PER_MS)
#define RETRY_NS_MAX (300 * NS_PER_MS)
#define TIMEOUT_MS 20000

struct lane;

struct batch_out {
    struct client_call call; /* first */
    struct lane *lane;
    uint8_t *data;
    int64_t len;
    record_id *ids;
    uint32_t count;
};

struct lane {
    struct sim_producer *producer;
    struct model_partition *partition;
    struct batch_out queue[PRODUCER_IN_FLIGHT_MAX]; /* oldest first */
    uint32_t used;
    uint32_t out;
    int32_t next_sequence;
    bool recovering;
    struct timer retry;
};

struct sim_producer {
    struct party *party;
    struct producer_options options;
    struct client client;
    struct client_call init;
    struct timer next;
    struct timer init_retry;
    unsigned id; /* in the model */
    int64_t producer_id;
    int16_t producer_epoch;
    bool ready;
    bool stopped;
    struct lane *lanes;
};

static void lane_send_failed(struct lane *lane);

static void batch_release(struct batch_out *batch)
{
    mem_free(batch->data);
    mem_free(batch->ids);
    batch->data = NULL;
    batch->ids = NULL;
}

/* Errors that a healthy broker may give while something is wrong around it: sent again. */
static bool error_is_passing(int16_t error)
{
    switch (error) {
    case KAFKA_UNKNOWN_TOPIC_OR_PARTITION:
    case KAFKA_NOT_LEADER_OR_FOLLOWER:
    case KAFKA_REQUEST_TIMED_OUT:
    case KAFKA_KAFKA_STORAGE_ERROR:
        return true;
    default:
        return false;
    }
}

static void batch_judge_error(struct batch_out *batch, int16_t error)
{
    struct lane *lane = batch->lane;
    bool behind = batch != &lane->queue[0];
    if (error_is_passing(error) || (error == KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER && behind))
        return;
    model_break(lane->producer->party->model, "%s-%d: a good batch was refused with error %d",
                model_topic(lane->partition), model_index(lane->partition), error);
}

static void lane_pop_acknowledged(struct lane *lane)
{
    uint32_t gone = 0;
    while (gone < lane->used && lane->queue[gone].data == NULL)
        gone++;
    if (gone == 0)
        return;
    /* Calls in flight must not move: the queue shifts only when none is out. */
    if (lane->out > 0)
        return;
    memmove(&lane->queue[0], &lane->queue[gone], (lane->used - gone) * sizeof lane->queue[0]);
    lane->used -= gone;
}

static void lane_retry(struct timer *timer)
{
    lane_send_failed(CONTAINER_OF(timer, struct lane, retry));
}

static void lane_came_back(struct lane *lane)
{
    struct sim_producer *producer = lane->producer;
    lane_pop_acknowledged(lane);
    if (lane->out > 0 || !lane->recovering)
        return;
    if (lane->used == 0)
        lane->recovering = false;
    else if (!producer->party->leaving)
        party_set_timer(producer->party, &lane->retry,
                        party_random(producer->party, RETRY_NS_MIN, RETRY_NS_MAX));
}

static void batch_acknowledged(struct batch_out *batch, int64_t base_offset)
{
    struct model *model = batch->lane->producer->party->model;
    for (uint32_t i = 0; i < batch->count; i++)
        model_acknowledged(model, batch->ids[i], base_offset < 0 ? -1 : base_offset + i);
    batch_release(batch);
}

static void batch_done(struct client_call *call, const void *message)
{
    struct batch_out *batch = CONTAINER_OF(call, struct batch_out, call);
    struct lane *lane = batch->lane;
    const struct produce_response *answer = message;
    lane->out--;
    bool acknowledged = false;
    if (call->silent) {
        batch_release(batch);
        acknowledged = true;
    } else if (answer != NULL) {
        const struct produce_response_partition_produce_response *part =
            &answer->responses.items[0].partition_responses.items[0];
        acknowledged = part->error_code == KAFKA_NONE;
        if (acknowledged)
            batch_acknowledged(batch, part->base_offset);
        else
            batch_judge_error(batch, part->error_code);
    }
    if (!acknowledged)
        lane->recovering = true;
    lane_came_back(lane);
}

static void batch_send(struct batch_out *batch)
{
    struct lane *lane = batch->lane;
    struct sim_producer *producer = lane->producer;
    struct produce_request_partition_produce_data data = {
        .index = model_index(lane->partition),
        .records = blob_of(batch->data, (size_t)batch->len),
    };
    struct produce_request_topic_produce_data topic = {
        .name = string_of(model_topic(lane->partition)),
    };
    topic.partition_data.items = &data;
    topic.partition_data.count = 1;
    struct produce_request request = {
        .transactional_id = STRING_NULL, .acks = producer->options.acks, .timeout_ms = TIMEOUT_MS};
    request.topic_data.items = &topic;
    request.topic_data.count = 1;
    lane->out++;
    batch->call.done = batch_done;
    batch->call.silent = producer->options.acks == 0;
    client_call(&producer->client, &batch->call, API_PRODUCE, PRODUCE_VERSION, &request);
}

static void lane_send_failed(struct lane *lane)
{
    struct sim_producer *producer = lane->producer;
    lane->recovering = false;
    for (uint32_t i = 0; i < lane->used; i++) {
        struct batch_out *batch = &lane->queue[i];
        if (batch->data == NULL)
            continue;
        for (uint32_t record = 0; record < batch->count; record++)
            model_send_again(producer->party->model, batch->ids[record]);
        batch_send(batch);
    }
}

static void batch_fill(struct batch_out *batch)
{
    struct lane *lane = batch->lane;
    struct sim_producer *producer = lane->producer;
    struct party *party = producer->party;
    const struct producer_options *o = &producer->options;
    batch->count = (uint32_t)party_random(party, 1, o->batch_records_max);
    size_t capacity =
        BATCH_HEADER_SIZE + batch->count * ((size_t)o->value_bytes_max + RECORD_OVERHEAD_MAX);
    batch->data = mem_alloc(capacity);
    batch->ids = mem_alloc_array(batch->count, sizeof *batch->ids);
    uint8_t *value = mem_alloc(o->value_bytes_max);
    struct batch_builder builder;
    batch_build_begin(&builder, batch->data, capacity);
    for (uint32_t i = 0; i < batch->count; i++) {
        size_t len = party_random(party, MODEL_VALUE_MIN, o->value_bytes_max);
        batch->ids[i] = model_send(party->model, producer->id, lane->partition);
        model_value(batch->ids[i], value, len);
        batch_build_add(&builder, io_wall_ms(party->io), (struct blob){NULL, -1},
                        blob_of(value, len));
    }
    struct batch_build_options options = BATCH_BUILD_PLAIN;
    if (o->idempotent) {
        options.producer_id = producer->producer_id;
        options.producer_epoch = producer->producer_epoch;
        options.base_sequence = lane->next_sequence;
        lane->next_sequence += (int32_t)batch->count;
    }
    batch->len = batch_build_end(&builder, &options);
    ASSERT(batch->len > 0);
    mem_free(value);
}

static void producer_next(struct timer *timer)
{
    struct sim_producer *producer = CONTAINER_OF(timer, struct sim_producer, next);
    struct party *party = producer->party;
    const struct producer_options *o = &producer->options;
    if (producer->stopped || party->leaving)
        return;
    party_set_timer(party, &producer->next, party_random(party, 0, o->pause_ns_max));
    struct lane *lane = &producer->lanes[party_random(party, 0, o->partition_count - 1)];
    if (lane->recovering || lane->used == o->in_flight_max)
        return;
    struct batch_out *batch = &lane->queue[lane->used++];
    *batch = (struct batch_out){.lane = lane};
    batch_fill(batch);
    batch_send(batch);
}

static void init_ask(struct sim_producer *producer)
{
    struct init_producer_id_request request = {.transactional_id = STRING_NULL,
                                               .transaction_timeout_ms = 60000,
                                               .producer_id = -1,
                                               .producer_epoch = -1};
    client_call(&producer->client, &producer->init, API_INIT_PRODUCER_ID, INIT_VERSION, &request);
}

static void init_again(struct timer *timer)
{
    init_ask(CONTAINER_OF(timer, struct sim_producer, init_retry));
}

static void init_done(struct client_call *call, const void *message)
{
    struct sim_producer *producer = CONTAINER_OF(call, struct sim_producer, init);
    const struct init_producer_id_response *answer = message;
    struct party *party = producer->party;
    if (answer == NULL || answer->error_code != KAFKA_NONE) {
        if (!party->leaving)
            party_set_timer(party, &producer->init_retry,
                            party_random(party, RETRY_NS_MIN, RETRY_NS_MAX));
        return;
    }
    producer->producer_id = answer->producer_id;
    producer->producer_epoch = answer->producer_epoch;
    producer->ready = true;
    party_set_timer(party, &producer->next, 0);
}

struct sim_producer *sim_producer_new(struct party *party, const struct producer_options *options)
{
    ASSERT(options->in_flight_max <= PRODUCER_IN_FLIGHT_MAX && options->partition_count > 0);
    struct sim_producer *producer = mem_alloc(sizeof *producer);
    producer->party = party;
    producer->options = *options;
    /* Without acks nobody knows what still lies in a connection that broke: it may be taken behind
     * what comes on the next one. */
    bool ordered = options->idempotent || (options->in_flight_max == 1 && options->acks != 0);
    producer->id = model_add_producer(party->model, options->idempotent, ordered);
    producer->init.done = init_done;
    client_init(&producer->client, party);
    timer_init(&producer->next, producer_next);
    timer_init(&producer->init_retry, init_again);
    producer->lanes = mem_alloc_array(options->partition_count, sizeof *producer->lanes);
    for (uint32_t i = 0; i < options->partition_count; i++) {
        struct lane *lane = &producer->lanes[i];
        lane->producer = producer;
        lane->partition = options->partitions[i];
        timer_init(&lane->retry, lane_retry);
    }
    return producer;
}

void sim_producer_free(struct sim_producer *producer)
{
    struct heap *timers = &producer->party->timers;
    heap_cancel(timers, &producer->next);
    heap_cancel(timers, &producer->init_retry);
    for (uint32_t i = 0; i < producer->options.partition_count; i++) {
        struct lane *lane = &producer->lanes[i];
        heap_cancel(timers, &lane->retry);
        for (uint32_t j = 0; j < lane->used; j++)
            batch_release(&lane->queue[j]);
    }
    client_fini(&producer->client);
    mem_free(producer->lanes);
    mem_free(producer);
}

void sim_producer_start(struct sim_producer *producer)
{
    if (producer->options.idempotent)
        init_ask(producer);
    else
        party_set_timer(producer->party, &producer->next, 0);
}

void sim_producer_stop(struct sim_producer *producer)
{
    producer->stopped = true;
}

bool sim_producer_done(const struct sim_producer *producer)
{
    for (uint32_t i = 0; i < producer->options.partition_count; i++)
        if (producer->lanes[i].used > 0)
            return false;
    return producer->stopped;
}
