/*
 * Each partition a producer writes to is a lane: a queue of batches that are not acknowledged. As
 * long as nothing fails, up to `in_flight_max` of them are out. After a failure nothing new goes
 * out before all have come back; then those left are sent again, oldest first.
 *
 * A request carries batches of one lane or of several. All of a lane's requests take one
 * connection, so they are judged in the order in which they were sent.
 */
#include "tools/sim/producer.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "protocol/record.h"
#include "tools/sim/producer_internal.h"

#define VERSION_MIN 3
#define VERSION_LOG_START 5
#define VERSION_ZSTD 7
#define VERSION_NAMES_MAX 12
#define VERSION_ID 13
#define INIT_VERSION 4
#define RETRY_NS_MIN (10 * NS_PER_MS)
#define RETRY_NS_MAX (300 * NS_PER_MS)
#define TIMEOUT_MS 20000
#define REST_RATE 50 /* of a thousand requests: a rest behind it */
#define BUNDLE_MAX 4
/* Compressing adds no more, and a sixteenth. */
#define PACKING_BYTES 256

/* A request that is out. */
struct bundle {
    struct client_call call; /* first */
    struct sim_producer *producer;
    uint64_t moment;
    struct batch_out *batches[BUNDLE_MAX];
    uint32_t count;
};

static void lane_send_failed(struct lane *lane);

void batch_release(struct batch_out *batch)
{
    mem_free(batch->data);
    mem_free(batch->ids);
    batch->data = NULL;
    batch->ids = NULL;
}

/* Errors that a healthy broker may give while something is wrong around it: sent again. */
static bool error_is_passing(const struct sim_producer *producer, int16_t error)
{
    switch (error) {
    case KAFKA_UNKNOWN_TOPIC_OR_PARTITION:
    case KAFKA_NOT_LEADER_OR_FOLLOWER:
    case KAFKA_REQUEST_TIMED_OUT:
    case KAFKA_KAFKA_STORAGE_ERROR:
        return true;
    case KAFKA_UNKNOWN_TOPIC_ID:
        return producer->options.topic->going_at != 0;
    default:
        return false;
    }
}

static void batch_judge_error(struct batch_out *batch, int16_t error)
{
    struct lane *lane = batch->lane;
    struct sim_producer *producer = lane->producer;
    bool behind = batch != &lane->queue[0];
    bool unknown = error == KAFKA_UNKNOWN_TOPIC_OR_PARTITION || error == KAFKA_UNKNOWN_TOPIC_ID;
    if (unknown && producer->options.topic->going_at != 0)
        producer->abandoned = true;
    if (error_is_passing(producer, error) ||
        (error == KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER && behind))
        return;
    model_break(producer->party->model, "%s-%d: a good batch was refused with error %d",
                model_topic_name(lane->partition), model_index(lane->partition), error);
}

static void lane_forget_acknowledged(struct lane *lane)
{
    uint32_t gone = 0;
    /* Calls in flight must not move: the queue shifts only when none is out. */
    if (lane->out > 0)
        return;
    while (gone < lane->used && lane->queue[gone].data == NULL)
        gone++;
    memmove(&lane->queue[0], &lane->queue[gone], (lane->used - gone) * sizeof lane->queue[0]);
    lane->used -= gone;
}

static void lane_retry(struct timer *timer)
{
    lane_send_failed(CONTAINER_OF(timer, struct lane, retry));
}

static bool producer_rests(const struct sim_producer *producer)
{
    return producer->lost || producer->abandoned || producer->party->leaving;
}

static void lane_came_back(struct lane *lane)
{
    struct sim_producer *producer = lane->producer;
    lane_forget_acknowledged(lane);
    if (lane->out > 0 || !lane->recovering || producer_rests(producer))
        return;
    if (lane->used == 0)
        lane->recovering = false;
    else
        party_set_timer(producer->party, &lane->retry,
                        party_random(producer->party, RETRY_NS_MIN, RETRY_NS_MAX));
}

/* The times that an acknowledgement tells. */
static void batch_take_time(struct batch_out *batch, int64_t time_ms)
{
    struct lane *lane = batch->lane;
    struct model *model = lane->producer->party->model;
    bool append_time = lane->producer->options.topic->plan.append_time;
    if (append_time) {
        for (uint32_t i = 0; i < batch->count; i++)
            model_told_time(model, lane->partition, batch->base_offset + i, time_ms);
    } else if (time_ms != -1 && (time_ms != batch->time_max || batch->sends < 2)) {
        model_break(model, "%s-%d: the batch at %lld is told the append time %lld",
                    model_topic_name(lane->partition), model_index(lane->partition),
                    (long long)batch->base_offset, (long long)time_ms);
    }
}

static void batch_acknowledged(struct batch_out *batch,
                               const struct produce_response_partition_produce_response *part,
                               const struct bundle *bundle)
{
    struct lane *lane = batch->lane;
    struct sim_producer *producer = lane->producer;
    struct model *model = producer->party->model;
    const struct model_topic *topic = producer->options.topic;
    if (topic->gone_at != 0 && topic->gone_at < bundle->moment)
        model_break(model, "%s-%d: a batch was taken after the topic's deletion was confirmed",
                    topic->name, model_index(lane->partition));
    batch->base_offset = part->base_offset;
    if (part->base_offset >= 0 && topic->plan.compression == MODEL_COMPRESSION_KEPT)
        model_batch_at(model, lane->partition, part->base_offset, (uint32_t)batch->len);
    for (uint32_t i = 0; i < batch->count; i++)
        model_acknowledged(model, batch->ids[i],
                           part->base_offset < 0 ? -1 : part->base_offset + i);
    batch_take_time(batch, part->log_append_time_ms);
    if (bundle->call.version >= VERSION_LOG_START)
        model_told_start(model, lane->partition, part->log_start_offset, 0);
    if (!producer->options.idempotent) {
        batch_release(batch);
        return;
    }
    /* Out of order answers: what was sent last is kept. */
    batch_release(&lane->last);
    lane->last = *batch;
    batch->data = NULL;
    batch->ids = NULL;
}

/* `part` is null when there is no answer. */
static void batch_answered(struct batch_out *batch,
                           const struct produce_response_partition_produce_response *part,
                           const struct bundle *bundle)
{
    struct lane *lane = batch->lane;
    batch->out = false;
    if (batch->probe != PROBE_NONE) {
        lane_probe_answered(lane, part != NULL, part == NULL ? -1 : part->error_code,
                            part == NULL ? -1 : part->base_offset);
        return;
    }
    lane->out--;
    if (bundle->call.silent)
        batch_release(batch);
    else if (part != NULL && part->error_code == KAFKA_NONE)
        batch_acknowledged(batch, part, bundle);
    else if (part != NULL)
        batch_judge_error(batch, part->error_code);
    if (batch->data != NULL)
        lane->recovering = true;
    lane_came_back(lane);
}

/* The partition's part of an answer; it must hold exactly the partitions that were sent. */
static const struct produce_response_partition_produce_response *
part_of(const struct bundle *bundle, const struct produce_response *answer, uint32_t number)
{
    const struct sim_producer *producer = bundle->producer;
    const struct model_topic *topic = producer->options.topic;
    struct model *model = producer->party->model;
    if (answer == NULL)
        return NULL;
    const struct produce_response_topic_produce_response *told = answer->responses.items;
    bool fits =
        answer->responses.count == 1 && told->partition_responses.count == (int32_t)bundle->count;
    if (fits && bundle->call.version >= VERSION_ID)
        fits = uuid_equal(told->topic_id, topic->id);
    else if (fits)
        fits = bytes_equal(string_bytes(told->name), bytes_of_string(topic->name));
    int32_t index = model_index(bundle->batches[number]->lane->partition);
    for (int32_t i = 0; fits && i < told->partition_responses.count; i++)
        if (told->partition_responses.items[i].index == index)
            return &told->partition_responses.items[i];
    model_break(model, "%s-%d: the answer to a batch does not hold its partition", topic->name,
                index);
    return NULL;
}

static void producer_settle(struct sim_producer *producer)
{
    if (producer->lost && producer->calls == 0 && !timer_armed(&producer->reborn) &&
        !producer->party->leaving)
        party_set_timer(producer->party, &producer->reborn,
                        party_random(producer->party, 0, NS_PER_S));
}

static void bundle_done(struct client_call *call, const void *message)
{
    struct bundle *bundle = CONTAINER_OF(call, struct bundle, call);
    struct sim_producer *producer = bundle->producer;
    producer->calls--;
    for (uint32_t i = 0; i < bundle->count; i++)
        batch_answered(bundle->batches[i], part_of(bundle, message, i), bundle);
    mem_free(bundle);
    producer_settle(producer);
}

static int16_t bundle_version(const struct bundle *bundle)
{
    const struct sim_producer *producer = bundle->producer;
    uint64_t least = VERSION_MIN;
    for (uint32_t i = 0; i < bundle->count; i++)
        if (bundle->batches[i]->compression == COMPRESSION_ZSTD)
            least = VERSION_ZSTD;
    if (producer->options.by_id)
        return VERSION_ID;
    return (int16_t)party_random(producer->party, least, VERSION_NAMES_MAX);
}

void producer_send(struct sim_producer *producer, struct batch_out *const *batches, uint32_t count)
{
    ASSERT(count > 0 && count <= BUNDLE_MAX);
    const struct model_topic *topic = producer->options.topic;
    struct produce_request_partition_produce_data parts[BUNDLE_MAX];
    struct bundle *bundle = mem_alloc(sizeof *bundle);
    bundle->producer = producer;
    bundle->count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct batch_out *batch = bundle->batches[i] = batches[i];
        message_defaults(&produce_request_partition_produce_data_struct, &parts[i]);
        parts[i].index = model_index(batch->lane->partition);
        parts[i].records = blob_of(batch->data, (size_t)batch->len);
        batch->out = true;
        batch->sends++;
        if (batch->probe == PROBE_NONE)
            batch->lane->out++;
    }
    struct produce_request_topic_produce_data data = {.name = string_of(topic->name),
                                                      .topic_id = topic->id};
    data.partition_data.items = parts;
    data.partition_data.count = (int32_t)count;
    struct produce_request request = {
        .transactional_id = STRING_NULL, .acks = producer->options.acks, .timeout_ms = TIMEOUT_MS};
    request.topic_data.items = &data;
    request.topic_data.count = 1;
    bundle->moment = model_topics_moment(producer->party->topics);
    bundle->call.done = bundle_done;
    bundle->call.silent = producer->options.acks == 0;
    producer->calls++;
    client_call(&producer->client, &bundle->call, API_PRODUCE, bundle_version(bundle), &request);
}

static void lane_send_failed(struct lane *lane)
{
    struct sim_producer *producer = lane->producer;
    lane->recovering = false;
    for (uint32_t i = 0; i < lane->used && !producer_rests(producer); i++) {
        struct batch_out *batch = &lane->queue[i];
        if (batch->data == NULL)
            continue;
        for (uint32_t record = 0; record < batch->count; record++)
            model_send_again(producer->party->model, batch->ids[record]);
        if (!producer->options.idempotent)
            model_batch_sent(lane->partition, batch->bytes_max);
        producer_send(producer, &batch, 1);
    }
}

/* The quickest: the broker does not care. lz4 is quick at its default level alone. */
static int compress_level(enum compression compression)
{
    return compression == COMPRESSION_LZ4 ? compress_level_default(compression) : 1;
}

static void batch_compress(struct batch_out *batch, enum compression compression,
                           struct compressor *compressor)
{
    struct bytes records = batch_records(batch->data, (uint32_t)batch->len);
    size_t capacity = batch_pack_bound(compression, records.len);
    uint8_t *packed = mem_alloc_raw(capacity);
    struct batch_codec codec = {compressor, compression, compress_level(compression)};
    batch->len = batch_pack(batch->data, records, &codec, packed, capacity);
    ASSERT(batch->len > 0);
    mem_free(batch->data);
    batch->data = packed;
}

/* In a compacted topic. */
static void add_keyed(struct batch_builder *builder, int64_t time_ms, record_id id,
                      struct blob value)
{
    uint8_t key[8];
    bool tombstone = model_is_tombstone(id);
    if (tombstone)
        store_be64(key, id);
    else
        store_be32(key, model_key(id));
    batch_build_add(builder, time_ms, blob_of(key, tombstone ? 8 : 4),
                    tombstone ? (struct blob){NULL, -1} : value);
}

void batch_make(struct batch_out *batch, const struct batch_plan *plan)
{
    struct lane *lane = batch->lane;
    struct sim_producer *producer = lane->producer;
    struct party *party = producer->party;
    size_t capacity =
        BATCH_HEADER_SIZE + plan->records * ((size_t)plan->value_bytes_max + RECORD_OVERHEAD_MAX);
    batch->count = plan->records;
    batch->data = mem_alloc_raw(capacity);
    batch->ids = mem_alloc_array(batch->count, sizeof *batch->ids);
    batch->base_sequence = plan->base_sequence;
    batch->base_offset = -1;
    batch->compression = plan->compression;
    uint8_t *value = mem_alloc_raw(plan->value_bytes_max);
    struct batch_builder builder;
    batch_build_begin(&builder, batch->data, capacity);
    for (uint32_t i = 0; i < batch->count; i++) {
        /* Clients make records before they send them, and not always in the order of time. */
        int64_t time_ms = party_wall_ms(party) - (int64_t)party_random(party, 0, 50);
        size_t len = party_random(party, plan->value_bytes_min, plan->value_bytes_max);
        batch->ids[i] = model_send(party->model, producer->id, lane->partition, time_ms);
        model_value(batch->ids[i], value, len);
        if (producer->options.topic->plan.compact)
            add_keyed(&builder, time_ms, batch->ids[i], blob_of(value, len));
        else
            batch_build_add(&builder, time_ms, (struct blob){NULL, -1}, blob_of(value, len));
    }
    batch->time_max = builder.max_timestamp;
    struct batch_build_options options = BATCH_BUILD_PLAIN;
    if (plan->base_sequence >= 0) {
        options.producer_id = producer->producer_id;
        options.producer_epoch = plan->epoch;
        options.base_sequence = plan->base_sequence;
    }
    batch->len = batch_build_end(&builder, &options);
    ASSERT(batch->len > 0);
    /* A topic's own compression may be the worse one. */
    batch->bytes_max = (uint32_t)(batch->len + batch->len / 16 + PACKING_BYTES);
    mem_free(value);
    if (plan->compression != COMPRESSION_NONE)
        batch_compress(batch, (enum compression)plan->compression, party->compressor);
}

static struct batch_out *lane_fill(struct lane *lane)
{
    struct sim_producer *producer = lane->producer;
    struct party *party = producer->party;
    const struct producer_options *o = &producer->options;
    struct batch_out *batch = &lane->queue[lane->used++];
    struct batch_plan plan = {
        .records = (uint32_t)party_random(party, 1, o->batch_records_max),
        .value_bytes_min = MODEL_VALUE_MIN,
        .value_bytes_max = o->value_bytes_max,
        .compression = o->compression,
        .epoch = producer->producer_epoch,
        .base_sequence = o->idempotent ? lane->next_sequence : -1,
    };
    /* Compressing costs more than all else: most batches do without. */
    if (plan.compression == PRODUCER_ANY_COMPRESSION)
        plan.compression = party_chance(party, 800) ? COMPRESSION_NONE : (int8_t)party_codec(party);
    *batch = (struct batch_out){.lane = lane};
    batch_make(batch, &plan);
    model_batch_sent(lane->partition, batch->bytes_max);
    lane->next_sequence += (int32_t)batch->count;
    return batch;
}

static struct lane *producer_pick_lane(struct sim_producer *producer)
{
    const struct model_topic *topic = producer->options.topic;
    struct lane *lane =
        &producer->lanes[party_random(producer->party, 0, (uint64_t)topic->count - 1)];
    if (lane->partition == NULL)
        lane->partition = topic->partitions[lane - producer->lanes];
    return lane;
}

static void producer_write(struct sim_producer *producer)
{
    struct party *party = producer->party;
    const struct producer_options *o = &producer->options;
    struct batch_out *batches[BUNDLE_MAX];
    uint32_t count = 0;
    uint64_t wanted = party_random(party, 1, BUNDLE_MAX);
    for (uint64_t i = 0; i < wanted; i++) {
        struct lane *lane = producer_pick_lane(producer);
        bool taken = false;
        for (uint32_t j = 0; j < count; j++)
            taken = taken || batches[j]->lane == lane;
        if (!taken && !lane->recovering && !lane->probing && lane->used < o->in_flight_max)
            batches[count++] = lane_fill(lane);
    }
    if (count > 0)
        producer_send(producer, batches, count);
}

static void producer_next(struct timer *timer)
{
    struct sim_producer *producer = CONTAINER_OF(timer, struct sim_producer, next);
    struct party *party = producer->party;
    const struct producer_options *o = &producer->options;
    if (o->topic->gone_at != 0)
        producer->abandoned = true;
    if (producer->stopped || producer_rests(producer))
        return;
    bool rests = o->rest_ns_max > 0 && party_chance(party, REST_RATE);
    party_set_timer(party, &producer->next,
                    party_random(party, 0, rests ? o->rest_ns_max : o->pause_ns_max));
    if (party_chance(party, o->loss_rate)) {
        producer_lose(producer);
    } else if (party_chance(party, o->probe_rate)) {
        struct lane *lane = producer_pick_lane(producer);
        if (lane->used == 0 && !lane->recovering && !lane->probing)
            lane_probe(lane);
    } else {
        producer_write(producer);
    }
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
    if (answer->producer_epoch != 0 || answer->producer_id < 0)
        model_break(party->model, "a new producer got the id %lld and the epoch %d",
                    (long long)answer->producer_id, answer->producer_epoch);
    model_new_producer_id(party->model, answer->producer_id);
    producer->producer_id = answer->producer_id;
    producer->producer_epoch = answer->producer_epoch;
    party_set_timer(party, &producer->next, 0);
}

/* To the model every life of a producer is a producer of its own. */
static void producer_begin(struct sim_producer *producer)
{
    const struct producer_options *o = &producer->options;
    bool ordered = o->idempotent || (o->in_flight_max == 1 && o->acks != 0);
    producer->id = model_add_producer(producer->party->model, o->idempotent, ordered);
    if (o->idempotent && !producer->keeps_id)
        init_ask(producer);
    else
        party_set_timer(producer->party, &producer->next, 0);
}

static void lane_clear(struct lane *lane)
{
    heap_cancel(&lane->producer->party->timers, &lane->retry);
    for (uint32_t i = 0; i < lane->used; i++)
        batch_release(&lane->queue[i]);
    batch_release(&lane->last);
    lane->used = 0;
    lane->next_sequence = 0;
    lane->recovering = false;
}

static void producer_reborn(struct timer *timer)
{
    struct sim_producer *producer = CONTAINER_OF(timer, struct sim_producer, reborn);
    if (producer->party->leaving)
        return;
    for (uint32_t i = 0; i < MODEL_TOPIC_PARTITIONS_MAX; i++) {
        ASSERT(producer->lanes[i].out == 0 && !producer->lanes[i].probing);
        lane_clear(&producer->lanes[i]);
    }
    producer->lost = false;
    if (producer->keeps_id)
        producer->producer_epoch++;
    producer_begin(producer);
}

void producer_lose(struct sim_producer *producer)
{
    if (producer->lost)
        return;
    struct party *party = producer->party;
    producer->lost = true;
    producer->keeps_id = producer->options.idempotent && producer->producer_epoch < INT16_MAX - 1 &&
                         party_chance(party, 500);
    heap_cancel(&party->timers, &producer->next);
    for (uint32_t i = 0; i < MODEL_TOPIC_PARTITIONS_MAX; i++)
        heap_cancel(&party->timers, &producer->lanes[i].retry);
    client_abandon(&producer->client);
    producer_settle(producer);
}

struct sim_producer *sim_producer_new(struct party *party, const struct producer_options *options)
{
    ASSERT(options->in_flight_max <= PRODUCER_IN_FLIGHT_MAX && options->topic->there_at != 0);
    struct sim_producer *producer = mem_alloc(sizeof *producer);
    producer->party = party;
    producer->options = *options;
    producer->init.done = init_done;
    client_init(&producer->client, party);
    producer->client.may_be_closed = options->acks == 0;
    timer_init(&producer->next, producer_next);
    timer_init(&producer->init_retry, init_again);
    timer_init(&producer->reborn, producer_reborn);
    for (uint32_t i = 0; i < MODEL_TOPIC_PARTITIONS_MAX; i++) {
        producer->lanes[i].producer = producer;
        timer_init(&producer->lanes[i].retry, lane_retry);
    }
    return producer;
}

void sim_producer_free(struct sim_producer *producer)
{
    struct heap *timers = &producer->party->timers;
    heap_cancel(timers, &producer->next);
    heap_cancel(timers, &producer->init_retry);
    heap_cancel(timers, &producer->reborn);
    for (uint32_t i = 0; i < MODEL_TOPIC_PARTITIONS_MAX; i++)
        lane_clear(&producer->lanes[i]);
    client_fini(&producer->client);
    mem_free(producer);
}

void sim_producer_start(struct sim_producer *producer)
{
    producer_begin(producer);
}

void sim_producer_stop(struct sim_producer *producer)
{
    producer->stopped = true;
}

bool sim_producer_done(const struct sim_producer *producer)
{
    if (producer->lost || producer->calls > 0 || !(producer->stopped || producer->abandoned))
        return false;
    for (uint32_t i = 0; i < MODEL_TOPIC_PARTITIONS_MAX && !producer->abandoned; i++)
        if (producer->lanes[i].used > 0)
            return false;
    return true;
}

bool sim_producer_retire(struct sim_producer *producer)
{
    if (producer->client.state != CLIENT_CLOSED)
        client_abandon(&producer->client);
    return producer->client.state == CLIENT_CLOSED;
}
