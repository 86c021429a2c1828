/*
 * Fetchers: one connection, one fetch on its way, without sessions. The answer is gathered whole,
 * decoded in place, and every record of it looked at; with --reread only every batch's header, so
 * that it is the broker that is measured.
 *
 * A consumer has a fetcher for each broker that leads some of its partitions. When leaders change
 * its positions go over to other fetchers, where they stand: an answer that is still on its way for
 * one of them finds it gone, and is passed over for that partition.
 */
#include "bench/load/consumer.h"

#include "base/arena.h"
#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "bench/load/frame.h"
#include "bench/load/leaders.h"
#include "bench/load/wire.h"
#include "protocol/errors.h"
#include "protocol/record.h"

#define CONSUMERS_USUAL 16
#define ARENA_BYTES (16 * MIB)
#define SCRATCH_BYTES (64 * MIB)
#define FETCH_WAIT_MS 250
#define FETCH_WAIT_DRAINING_MS 10
#define FETCH_BYTES ((int32_t)(16 * MIB))
#define PARTITION_BYTES ((int32_t)MIB)
#define PAUSE_NS (100 * NS_PER_MS)
#define BACKOFF_NS_MAX NS_PER_S
/* Brokers that may join while it runs. */
#define BROKERS_SPARE 16
/* So long a drain goes on without a record. */
#define PATIENCE_NS (10 * NS_PER_S)

struct position {
    uint32_t partition; /* of the cluster */
    int64_t offset;
    bool complete; /* read to its end, nothing more will come */
};

struct fetcher {
    struct wire wire; /* first */
    struct wire_call call;
    struct consumer *consumer;
    uint32_t reader; /* which of the consumers that were asked for */
    uint32_t broker;
    struct position *positions; /* those of a topic side by side */
    uint32_t count;
    struct fetch_request_topic *topics;
    struct fetch_request_partition *partitions;
    uint8_t *request;
    size_t request_capacity;
    uint64_t resume_ns; /* a fetch is due then; IO_NEVER: one is on its way, or none is needed */
    uint64_t redial_ns;
    uint32_t lost;    /* how often in a row its connection was */
    uint32_t refused; /* answers in a row that brought an error */
    bool troubled;    /* the answer that is being taken brings one */
    bool draining;    /* the fetch on its way was sent when draining */
};

struct consumer {
    struct worker *worker;
    struct io *io;
    struct region *memory;
    struct arena arena;
    struct compressor *compressor;
    struct batch_scratch scratch; /* mapped; touched when batches are compressed */
    struct leaders leaders;
    struct fetcher *fetchers;
    uint32_t count;
    uint32_t capacity;
    uint32_t share; /* the most partitions that a consumer has */
    uint32_t opened;
    uint32_t closed;
    uint64_t now_ns;
    uint64_t progress_ns;
    uint64_t look_ns;
    bool started;
    bool draining;
    bool closing;
};

/* Trouble. */

static uint64_t backoff_ns(const struct fetcher *fetcher, uint32_t failures)
{
    const struct options *o = fetcher->consumer->worker->run->options;
    uint64_t least_ns = (uint64_t)o->retry_backoff_ms * NS_PER_MS;
    return MAX(least_ns, MIN(least_ns << MIN(failures, 10), BACKOFF_NS_MAX));
}

/* Asking again may help, and is only counted as long as it has not been done too often. */
static void fetcher_trouble(struct fetcher *fetcher, unsigned error, bool retriable)
{
    struct worker *worker = fetcher->consumer->worker;
    fetcher->troubled = true;
    if (retriable && fetcher->refused < (uint32_t)worker->run->options->retries)
        meter_count(&worker->meter, METER_RETRIES, 1, fetcher->consumer->now_ns);
    else
        meter_fetch_failed(&worker->meter, error);
}

static void fetcher_trouble_of_kafka(struct fetcher *fetcher, int16_t error)
{
    if (leaders_explain(error))
        leaders_want(&fetcher->consumer->leaders);
    fetcher_trouble(fetcher, meter_error_of_kafka(error), kafka_error_retriable(error));
}

/* What came. */

static void fetcher_take_record(struct fetcher *fetcher, const struct position *position,
                                int64_t offset, const struct record *record)
{
    struct consumer *consumer = fetcher->consumer;
    struct worker *worker = consumer->worker;
    const struct run *run = worker->run;
    struct bytes value = blob_bytes(record->value);
    struct stamp stamp;
    bool stamped = payload_stamp(value, &stamp);
    bool ours = stamped && stamp.run == run->id;
    if (!ours && run->options->mode != MODE_CONSUME)
        return;
    if (run->options->mode == MODE_PRODUCE)
        meter_read_back(&worker->meter, value.len);
    else
        meter_consumed(&worker->meter, ours ? stamp.time_ns : 0, consumer->now_ns, value.len);
    if (!run->options->validate)
        return;
    if (!payload_verify(run->payload, value)) {
        ledger_alter(&worker->ledger);
        return;
    }
    struct ledger_run read = {.offset = offset,
                              .sequence = stamp.sequence,
                              .partition = position->partition,
                              .lane = ledger_lane(stamp.run, stamp.lane),
                              .count = 1};
    ledger_read(&worker->ledger, &read);
}

static int fetcher_take_batch(struct fetcher *fetcher, struct position *position,
                              struct batch_span batch)
{
    struct consumer *consumer = fetcher->consumer;
    struct worker *worker = consumer->worker;
    struct bytes records;
    if (worker->run->options->validate &&
        batch_compute_crc(batch.data, batch.len) != batch_crc(batch.data))
        return ERR_CHECKSUM;
    int64_t next = batch_last_offset(batch.data) + 1;
    bool skim = worker->run->options->reread;
    if (skim && !batch_is_control(batch.data))
        meter_skimmed(&worker->meter, (uint64_t)batch_record_count(batch.data), consumer->now_ns,
                      batch.len);
    if (skim || batch_is_control(batch.data)) {
        position->offset = MAX(position->offset, next);
        return 0;
    }
    int result = batch_unpack(batch, consumer->compressor, &consumer->scratch, &records);
    if (result != 0)
        return result;
    struct reader reader;
    reader_init(&reader, records.data, records.len);
    for (int32_t i = 0; i < batch_record_count(batch.data); i++) {
        struct record record;
        result = record_read(&reader, &record);
        if (result != 0)
            return result;
        int64_t offset = batch_base_offset(batch.data) + record.offset_delta;
        if (offset >= position->offset)
            fetcher_take_record(fetcher, position, offset, &record);
    }
    position->offset = MAX(position->offset, next);
    return 0;
}

/* Whether records came. */
static bool fetcher_take_partition(struct fetcher *fetcher, struct position *position,
                                   const struct fetch_response_partition_data *data)
{
    struct consumer *consumer = fetcher->consumer;
    struct worker *worker = consumer->worker;
    int64_t before = position->offset;
    if (data->error_code != KAFKA_NONE) {
        fetcher_trouble_of_kafka(fetcher, data->error_code);
        return false;
    }
    struct bytes log = blob_bytes(data->records);
    struct batch_span batch;
    size_t at = 0;
    int result;
    while ((result = batch_next(log, at, &batch)) == 0) {
        at += batch.len;
        result = fetcher_take_batch(fetcher, position, batch);
        if (result != 0)
            break;
    }
    if (result != ERR_NOT_FOUND && result != ERR_SHORT) {
        meter_fetch_failed(&worker->meter, meter_error_of_result(result));
        if (worker->run->options->validate)
            ledger_alter(&worker->ledger);
        position->offset = MAX(position->offset, batch_last_offset(batch.data) + 1);
    }
    int64_t wanted =
        worker->run->acknowledged_ends == NULL
            ? 0
            : atomic_load_explicit(&worker->run->acknowledged_ends[position->partition],
                                   memory_order_relaxed);
    position->complete =
        fetcher->draining && position->offset >= wanted && position->offset >= data->high_watermark;
    bool progress = position->offset > before;
    if (worker->run->options->reread && position->offset >= data->high_watermark)
        position->offset = worker->run->cluster.partitions[position->partition].start_offset;
    return progress;
}

static struct position *fetcher_find(struct fetcher *fetcher, struct string topic, int32_t index)
{
    const struct cluster *cluster = &fetcher->consumer->worker->run->cluster;
    for (uint32_t i = 0; i < fetcher->count; i++) {
        const struct cluster_partition *p = &cluster->partitions[fetcher->positions[i].partition];
        if (p->index == index && bytes_equal(string_bytes(topic), bytes_of_string(p->topic)))
            return &fetcher->positions[i];
    }
    return NULL;
}

static int fetcher_take(struct fetcher *fetcher, struct bytes answer)
{
    struct consumer *consumer = fetcher->consumer;
    int16_t version = consumer->worker->run->cluster.fetch_version;
    struct fetch_response response;
    struct reader r;
    bool progress = false;
    reader_init(&r, answer.data, answer.len);
    read_skip(&r, 4);
    if (version >= fetch_request_type.flexible_since)
        message_skip_tags(&r);
    uint64_t consumed = consumer->worker->meter.interval->counters[METER_CONSUMED];
    int result = message_decode(&fetch_response_type, version, &r, &consumer->arena, &response);
    for (int32_t t = 0; result == 0 && t < response.responses.count; t++) {
        const struct fetch_response_fetchable_topic_response *topic = &response.responses.items[t];
        for (int32_t p = 0; p < topic->partitions.count; p++) {
            const struct fetch_response_partition_data *data = &topic->partitions.items[p];
            struct position *position = fetcher_find(fetcher, topic->topic, data->partition_index);
            if (position != NULL)
                progress |= fetcher_take_partition(fetcher, position, data);
        }
    }
    arena_reset(&consumer->arena);
    consumed = consumer->worker->meter.interval->counters[METER_CONSUMED] - consumed;
    atomic_fetch_add_explicit(&consumer->worker->run->consumed, consumed, memory_order_relaxed);
    if (progress) {
        consumer->progress_ns = consumer->now_ns;
        if (consumer->worker->run->options->mode != MODE_PRODUCE)
            meter_fetched(&consumer->worker->meter, fetcher->call.sent_ns, consumer->now_ns);
    }
    return result != 0 ? result : response.error_code;
}

/* Asking. */

static uint32_t fetcher_gather_topics(struct fetcher *fetcher)
{
    const struct cluster *cluster = &fetcher->consumer->worker->run->cluster;
    uint32_t topics = 0;
    uint32_t partitions = 0;
    const char *name = NULL;
    int32_t fetch_bytes = (int32_t)fetcher->consumer->worker->run->options->fetch_bytes;
    for (uint32_t i = 0; i < fetcher->count; i++) {
        const struct position *position = &fetcher->positions[i];
        const struct cluster_partition *p = &cluster->partitions[position->partition];
        if (position->complete)
            continue;
        if (p->topic != name) {
            name = p->topic;
            fetcher->topics[topics] = (struct fetch_request_topic){.topic = string_of(name)};
            fetcher->topics[topics++].partitions.items = &fetcher->partitions[partitions];
        }
        fetcher->partitions[partitions++] = (struct fetch_request_partition){
            .partition = p->index,
            .current_leader_epoch = -1,
            .fetch_offset = position->offset,
            .last_fetched_epoch = -1,
            .log_start_offset = -1,
            .partition_max_bytes = fetch_bytes == 0 ? PARTITION_BYTES : fetch_bytes};
        fetcher->topics[topics - 1].partitions.count++;
    }
    return topics;
}

static void fetcher_send(struct fetcher *fetcher)
{
    struct consumer *consumer = fetcher->consumer;
    int16_t version = consumer->worker->run->cluster.fetch_version;
    const struct api *api = api_find(API_FETCH);
    fetcher->resume_ns = IO_NEVER;
    uint32_t topics = fetcher_gather_topics(fetcher);
    if (topics == 0)
        return;
    fetcher->draining = consumer->draining;
    struct fetch_request request;
    message_defaults(fetch_request_type.root, &request);
    request.max_wait_ms = consumer->draining ? FETCH_WAIT_DRAINING_MS : FETCH_WAIT_MS;
    request.min_bytes = 1;
    int32_t fetch_bytes = (int32_t)consumer->worker->run->options->fetch_bytes;
    request.max_bytes = fetch_bytes == 0 ? FETCH_BYTES : fetch_bytes;
    request.topics.items = fetcher->topics;
    request.topics.count = (int32_t)topics;
    int64_t len = frame_encode(fetcher->request, fetcher->request_capacity, api, version, &request);
    ASSERT(len > 0);
    fetcher->call.part = (struct iovec){fetcher->request, (size_t)len};
    fetcher->call.sent_ns = io_now_precise(consumer->io);
    wire_call(&fetcher->wire, &fetcher->call);
}

static void fetcher_answered(struct wire_call *call, int result, struct bytes answer)
{
    struct fetcher *fetcher = CONTAINER_OF(call, struct fetcher, call);
    struct consumer *consumer = fetcher->consumer;
    consumer->now_ns = MAX(consumer->now_ns, fetcher->wire.clock->now_ns);
    fetcher->troubled = false;
    if (result == 0)
        result = fetcher_take(fetcher, answer);
    if (consumer->closing)
        return;
    if (result < 0)
        fetcher_trouble(fetcher, meter_error_of_result(result), result != ERR_MALFORMED);
    else if (result > 0)
        fetcher_trouble_of_kafka(fetcher, (int16_t)result);
    if (fetcher->troubled) {
        fetcher->resume_ns = consumer->now_ns + backoff_ns(fetcher, fetcher->refused++);
        return;
    }
    fetcher->refused = 0;
    fetcher_send(fetcher);
}

/* Connections. */

static int fetcher_dial(struct fetcher *fetcher)
{
    const struct cluster_broker *broker = &fetcher->consumer->leaders.brokers[fetcher->broker];
    return wire_dial(&fetcher->wire, broker->host, broker->port);
}

static void fetcher_opened(struct fetcher *fetcher)
{
    struct consumer *consumer = fetcher->consumer;
    if (consumer->closing) {
        wire_break(&fetcher->wire, ERR_CANCELED);
        return;
    }
    if (!consumer_ready(consumer))
        consumer->opened++;
    else if (fetcher->lost > 0)
        meter_count(&consumer->worker->meter, METER_RECONNECTS, 1, consumer->now_ns);
    fetcher->lost = 0;
}

static void fetcher_changed(struct wire *wire, int result)
{
    struct fetcher *fetcher = CONTAINER_OF(wire, struct fetcher, wire);
    struct consumer *consumer = fetcher->consumer;
    if (result == 0) {
        fetcher_opened(fetcher);
    } else if (consumer->closing) {
        consumer->closed++;
    } else if (!consumer_ready(consumer)) {
        worker_fail(consumer->worker, result, "a consumer cannot connect: %s",
                    result_sentence(result));
    } else {
        fetcher->redial_ns = io_now(consumer->io) + backoff_ns(fetcher, fetcher->lost++);
        leaders_want(&consumer->leaders);
    }
}

static void fetcher_redial(struct fetcher *fetcher)
{
    struct consumer *consumer = fetcher->consumer;
    if (consumer->closing || consumer->now_ns < fetcher->redial_ns)
        return;
    if (fetcher_dial(fetcher) != 0)
        fetcher->redial_ns = consumer->now_ns + backoff_ns(fetcher, fetcher->lost++);
}

static void consumer_look_around(struct consumer *consumer)
{
    uint64_t timeout_ns = (uint64_t)consumer->worker->run->options->request_timeout_ms * NS_PER_MS;
    for (uint32_t i = 0; i < consumer->count; i++) {
        struct fetcher *fetcher = &consumer->fetchers[i];
        uint64_t oldest_ns = wire_oldest_ns(&fetcher->wire);
        if (oldest_ns != UINT64_MAX && oldest_ns + timeout_ns <= consumer->now_ns)
            wire_break(&fetcher->wire, ERR_TIMEOUT);
        else if (fetcher->wire.state == WIRE_CLOSED)
            fetcher_redial(fetcher);
        if (fetcher->wire.state != WIRE_OPEN)
            continue;
        leaders_ask(&consumer->leaders, &fetcher->wire, consumer->now_ns);
        if (consumer->now_ns >= fetcher->resume_ns)
            fetcher_send(fetcher);
    }
}

/* Construction. */

static uint32_t consumers_wanted(const struct run *run)
{
    uint32_t wanted = (uint32_t)run->options->consumers;
    if (wanted == 0)
        wanted = CONSUMERS_USUAL;
    return MIN(wanted, run->cluster.partition_count);
}

static void fetcher_init(struct fetcher *fetcher, struct consumer *consumer, uint32_t reader,
                         uint32_t broker)
{
    uint32_t share = consumer->share;
    wire_init(&fetcher->wire, consumer->io, &consumer->worker->clock, fetcher_changed);
    fetcher->wire.large = true;
    fetcher->call.done = fetcher_answered;
    fetcher->consumer = consumer;
    fetcher->reader = reader;
    fetcher->broker = broker;
    fetcher->resume_ns = IO_NEVER;
    fetcher->positions = mem_alloc_array(share, sizeof *fetcher->positions);
    fetcher->topics = mem_alloc_array(share, sizeof *fetcher->topics);
    fetcher->partitions = mem_alloc_array(share, sizeof *fetcher->partitions);
    fetcher->request_capacity = 512 + (size_t)share * 512;
    fetcher->request = mem_alloc(fetcher->request_capacity);
}

/* The reader's fetcher at this broker, which is made when there is none; null without room. */
static struct fetcher *consumer_fetcher(struct consumer *consumer, uint32_t reader, uint32_t broker)
{
    for (uint32_t i = 0; i < consumer->count; i++) {
        struct fetcher *fetcher = &consumer->fetchers[i];
        if (fetcher->reader == reader && fetcher->broker == broker)
            return fetcher;
    }
    if (consumer->count == consumer->capacity)
        return NULL;
    struct fetcher *fetcher = &consumer->fetchers[consumer->count++];
    fetcher_init(fetcher, consumer, reader, broker);
    return fetcher;
}

/* In the order of partitions, so that those of a topic are side by side. */
static void fetcher_add(struct fetcher *fetcher, const struct position *position)
{
    ASSERT(fetcher->count < fetcher->consumer->share);
    uint32_t at = fetcher->count++;
    for (; at > 0 && fetcher->positions[at - 1].partition > position->partition; at--)
        fetcher->positions[at] = fetcher->positions[at - 1];
    fetcher->positions[at] = *position;
}

/* Those whose leader is another broker go to the fetcher there. */
static void fetcher_hand_over(struct fetcher *fetcher)
{
    struct consumer *consumer = fetcher->consumer;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < fetcher->count; i++) {
        struct position position = fetcher->positions[i];
        uint32_t leader = consumer->leaders.of_partition[position.partition];
        struct fetcher *other =
            leader == fetcher->broker ? NULL : consumer_fetcher(consumer, fetcher->reader, leader);
        if (other == NULL) {
            fetcher->positions[kept++] = position;
            continue;
        }
        fetcher_add(other, &position);
        if (!other->call.on_its_way)
            other->resume_ns = consumer->now_ns;
    }
    fetcher->count = kept;
}

static void consumer_leaders_changed(struct leaders *leaders, uint32_t moved)
{
    struct consumer *consumer = CONTAINER_OF(leaders, struct consumer, leaders);
    const struct worker *worker = consumer->worker;
    if (worker->index == 0 && !run_produces(worker->run->options))
        meter_count(&consumer->worker->meter, METER_LEADER_CHANGES, moved, consumer->now_ns);
    uint32_t count = consumer->count;
    for (uint32_t i = 0; i < count; i++)
        fetcher_hand_over(&consumer->fetchers[i]);
}

struct consumer *consumer_new(struct worker *worker)
{
    const struct run *run = worker->run;
    struct consumer *consumer = mem_alloc(sizeof *consumer);
    uint32_t wanted = consumers_wanted(run);
    consumer->worker = worker;
    consumer->io = worker->io;
    consumer->memory = region_new(ARENA_BYTES, 4 * KIB);
    arena_init(&consumer->arena, consumer->memory, ARENA_BYTES);
    consumer->compressor = compressor_new();
    consumer->scratch = (struct batch_scratch){mem_map(SCRATCH_BYTES), SCRATCH_BYTES};
    leaders_init(&consumer->leaders, &run->cluster, consumer_leaders_changed);
    consumer->share = run->cluster.partition_count / wanted + 1;
    consumer->capacity = wanted * (run->cluster.broker_count + BROKERS_SPARE);
    consumer->fetchers = mem_alloc_array(consumer->capacity, sizeof *consumer->fetchers);
    for (uint32_t c = worker->index; c < wanted; c += run->worker_count) {
        for (uint32_t i = c; i < run->cluster.partition_count; i += wanted) {
            const struct cluster_partition *partition = &run->cluster.partitions[i];
            struct fetcher *fetcher = consumer_fetcher(consumer, c, partition->broker);
            ASSERT(fetcher != NULL);
            fetcher_add(fetcher, &(struct position){i, partition->start_offset, false});
        }
    }
    return consumer;
}

void consumer_free(struct consumer *consumer)
{
    for (uint32_t i = 0; i < consumer->count; i++) {
        struct fetcher *fetcher = &consumer->fetchers[i];
        wire_fini(&fetcher->wire);
        mem_free(fetcher->positions);
        mem_free(fetcher->topics);
        mem_free(fetcher->partitions);
        mem_free(fetcher->request);
    }
    leaders_fini(&consumer->leaders);
    mem_free(consumer->fetchers);
    mem_unmap(consumer->scratch.data, SCRATCH_BYTES);
    compressor_free(consumer->compressor);
    arena_reset(&consumer->arena);
    region_free(consumer->memory);
    mem_free(consumer);
}

/* Life. */

void consumer_connect(struct consumer *consumer)
{
    for (uint32_t i = 0; i < consumer->count; i++) {
        int result = fetcher_dial(&consumer->fetchers[i]);
        if (result != 0)
            worker_fail(consumer->worker, result, "a consumer cannot connect: %s",
                        result_sentence(result));
    }
}

/* It began: fetchers that are made later are not waited for. */
bool consumer_ready(const struct consumer *consumer)
{
    return consumer->started || consumer->opened == consumer->count;
}

/* Those that led are gone: any other broker can tell who leads now. */
static void consumer_find_others(struct consumer *consumer)
{
    bool open = false;
    for (uint32_t i = 0; i < consumer->count; i++)
        open |= consumer->fetchers[i].wire.state == WIRE_OPEN;
    if (open || !consumer->leaders.wanted || consumer->count == 0 || consumer->closing)
        return;
    for (uint32_t b = 0; b < consumer->leaders.broker_count; b++)
        (void)consumer_fetcher(consumer, consumer->fetchers[0].reader, b);
}

void consumer_start(struct consumer *consumer)
{
    consumer->started = true;
    consumer->now_ns = io_now_precise(consumer->io);
    consumer->progress_ns = consumer->now_ns;
    for (uint32_t i = 0; i < consumer->count; i++)
        fetcher_send(&consumer->fetchers[i]);
}

uint64_t consumer_step(struct consumer *consumer)
{
    consumer->now_ns = MAX(consumer->now_ns, io_now(consumer->io));
    if (!consumer->started)
        return IO_NEVER;
    if (consumer->now_ns >= consumer->look_ns) {
        consumer_find_others(consumer);
        consumer_look_around(consumer);
        consumer->look_ns = consumer->now_ns + PAUSE_NS;
    }
    return consumer->look_ns;
}

void consumer_drain(struct consumer *consumer)
{
    if (consumer->draining)
        return;
    consumer->draining = true;
    consumer->progress_ns = consumer->now_ns;
}

bool consumer_finished(const struct consumer *consumer)
{
    if (!consumer->draining)
        return false;
    if (consumer->now_ns >= consumer->progress_ns + PATIENCE_NS)
        return true;
    for (uint32_t i = 0; i < consumer->count; i++) {
        const struct fetcher *fetcher = &consumer->fetchers[i];
        for (uint32_t p = 0; p < fetcher->count; p++) {
            if (!fetcher->positions[p].complete)
                return false;
        }
    }
    return true;
}

void consumer_close(struct consumer *consumer)
{
    consumer->closing = true;
    for (uint32_t i = 0; i < consumer->count; i++) {
        if (consumer->fetchers[i].wire.state == WIRE_CLOSED)
            consumer->closed++;
        else
            wire_break(&consumer->fetchers[i].wire, ERR_CANCELED);
    }
}

bool consumer_closed(const struct consumer *consumer)
{
    return consumer->closing && consumer->closed == consumer->count;
}
