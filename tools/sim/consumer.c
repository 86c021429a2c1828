/* One fetch is out at a time, for all partitions; positions move with what is seen. */
#include "tools/sim/consumer.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "protocol/record.h"

#define FETCH_VERSION 11
#define NO_SESSION_EPOCH (-1)
#define FINISH_BYTES (1 << 20)

struct position {
    struct model_partition *partition;
    int64_t offset;
    int64_t high_watermark; /* of the last answer */
    bool at_end;
};

struct sim_consumer {
    struct party *party;
    struct consumer_options options;
    struct client client;
    struct client_call call;
    struct timer next;
    struct position *positions;
    bool finishing;
    bool stale; /* the fetch that is out was sent before the end began: it proves nothing */
    bool done;
};

/* At the end much is to be read quickly. */
static int32_t bytes_asked(struct sim_consumer *consumer)
{
    if (consumer->finishing)
        return FINISH_BYTES;
    return (int32_t)party_random(consumer->party, 1, (uint64_t)consumer->options.bytes_max);
}

static void consumer_fetch(struct sim_consumer *consumer)
{
    const struct consumer_options *o = &consumer->options;
    struct party *party = consumer->party;
    struct fetch_request_topic *topics = mem_alloc_array(o->partition_count, sizeof *topics);
    struct fetch_request_partition *parts = mem_alloc_array(o->partition_count, sizeof *parts);
    for (uint32_t i = 0; i < o->partition_count; i++) {
        const struct position *position = &consumer->positions[i];
        message_defaults(&fetch_request_partition_struct, &parts[i]);
        message_defaults(&fetch_request_topic_struct, &topics[i]);
        parts[i].partition = model_index(position->partition);
        parts[i].fetch_offset = position->offset;
        parts[i].partition_max_bytes = bytes_asked(consumer);
        topics[i].topic = string_of(model_topic(position->partition));
        topics[i].partitions.items = &parts[i];
        topics[i].partitions.count = 1;
    }
    struct fetch_request request;
    message_defaults(&fetch_request_struct, &request);
    request.max_wait_ms =
        consumer->finishing ? 0 : (int32_t)party_random(party, 0, (uint64_t)o->wait_ms_max);
    request.min_bytes = (int32_t)party_random(party, 0, 2000);
    request.max_bytes = bytes_asked(consumer);
    request.session_epoch = NO_SESSION_EPOCH;
    request.topics.items = topics;
    request.topics.count = (int32_t)o->partition_count;
    client_call(&consumer->client, &consumer->call, API_FETCH, FETCH_VERSION, &request);
    mem_free(parts);
    mem_free(topics);
}

static void consumer_next(struct timer *timer)
{
    consumer_fetch(CONTAINER_OF(timer, struct sim_consumer, next));
}

static struct position *position_of(struct sim_consumer *consumer, struct string topic,
                                    int32_t index)
{
    for (uint32_t i = 0; i < consumer->options.partition_count; i++) {
        struct model_partition *p = consumer->positions[i].partition;
        if (model_index(p) == index &&
            bytes_equal(bytes_of_string(model_topic(p)), string_bytes(topic)))
            return &consumer->positions[i];
    }
    return NULL;
}

/* Reads the records of one whole batch; false when it is broken. */
static bool consumer_take_batch(struct sim_consumer *consumer, struct position *position,
                                struct batch_span batch)
{
    struct model *model = consumer->party->model;
    int64_t base = batch_base_offset(batch.data);
    if (batch_compute_crc(batch.data, batch.len) != batch_crc(batch.data))
        return false;
    if (base > position->offset) {
        model_break(model, "%s-%d: asked for %lld, the next batch begins at %lld",
                    model_topic(position->partition), model_index(position->partition),
                    (long long)position->offset, (long long)base);
        return true;
    }
    struct reader reader;
    struct bytes records = batch_records(batch.data, batch.len);
    reader_init(&reader, records.data, records.len);
    for (int32_t i = 0; i < batch_record_count(batch.data); i++) {
        struct record record;
        if (record_read(&reader, &record) != 0 || record.offset_delta != i)
            return false;
        model_seen(model, position->partition, base + i, blob_bytes(record.value));
    }
    position->offset = MAX(position->offset, batch_last_offset(batch.data) + 1);
    return true;
}

static void consumer_take_part(struct sim_consumer *consumer, struct position *position,
                               const struct fetch_response_partition_data *part)
{
    struct model *model = consumer->party->model;
    if (part->error_code != KAFKA_NONE) {
        if (part->error_code != KAFKA_UNKNOWN_TOPIC_OR_PARTITION &&
            part->error_code != KAFKA_KAFKA_STORAGE_ERROR)
            model_break(model, "%s-%d: reading at %lld failed with error %d",
                        model_topic(position->partition), model_index(position->partition),
                        (long long)position->offset, part->error_code);
        return;
    }
    if (part->high_watermark < position->high_watermark)
        model_break(model, "%s-%d: the high watermark fell from %lld to %lld",
                    model_topic(position->partition), model_index(position->partition),
                    (long long)position->high_watermark, (long long)part->high_watermark);
    position->high_watermark = part->high_watermark;
    model_high_watermark(position->partition, part->high_watermark);
    struct bytes records = blob_bytes(part->records);
    struct batch_span batch;
    for (size_t at = 0; batch_next(records, at, &batch) == 0; at += batch.len) {
        if (!consumer_take_batch(consumer, position, batch)) {
            model_break(model, "%s-%d: the batch at %lld is broken",
                        model_topic(position->partition), model_index(position->partition),
                        (long long)batch_base_offset(batch.data));
            return;
        }
    }
    if (position->offset > part->high_watermark)
        model_break(model, "%s-%d: %lld was visible above the high watermark %lld",
                    model_topic(position->partition), model_index(position->partition),
                    (long long)position->offset, (long long)part->high_watermark);
    position->at_end = position->offset == part->high_watermark;
}

static void consumer_take(struct sim_consumer *consumer, const struct fetch_response *answer)
{
    for (int32_t i = 0; i < answer->responses.count; i++) {
        const struct fetch_response_fetchable_topic_response *topic = &answer->responses.items[i];
        for (int32_t j = 0; j < topic->partitions.count; j++) {
            const struct fetch_response_partition_data *part = &topic->partitions.items[j];
            struct position *position = position_of(consumer, topic->topic, part->partition_index);
            if (position == NULL)
                model_break(consumer->party->model, "a fetch answer has a partition too many");
            else
                consumer_take_part(consumer, position, part);
        }
    }
}

static bool consumer_at_end(const struct sim_consumer *consumer)
{
    for (uint32_t i = 0; i < consumer->options.partition_count; i++)
        if (!consumer->positions[i].at_end)
            return false;
    return true;
}

static void consumer_forget_ends(struct sim_consumer *consumer)
{
    consumer->stale = false;
    for (uint32_t i = 0; i < consumer->options.partition_count; i++)
        consumer->positions[i].at_end = false;
}

static void consumer_done(struct client_call *call, const void *message)
{
    struct sim_consumer *consumer = CONTAINER_OF(call, struct sim_consumer, call);
    struct party *party = consumer->party;
    if (message != NULL)
        consumer_take(consumer, message);
    if (party->leaving || consumer->done)
        return;
    if (consumer->stale)
        consumer_forget_ends(consumer);
    else if (consumer->finishing && message != NULL && consumer_at_end(consumer)) {
        consumer->done = true;
        return;
    }
    party_set_timer(party, &consumer->next, party_random(party, 0, consumer->options.pause_ns_max));
}

struct sim_consumer *sim_consumer_new(struct party *party, const struct consumer_options *options)
{
    ASSERT(options->partition_count > 0);
    struct sim_consumer *consumer = mem_alloc(sizeof *consumer);
    consumer->party = party;
    consumer->options = *options;
    consumer->call.done = consumer_done;
    client_init(&consumer->client, party);
    timer_init(&consumer->next, consumer_next);
    consumer->positions = mem_alloc_array(options->partition_count, sizeof *consumer->positions);
    for (uint32_t i = 0; i < options->partition_count; i++)
        consumer->positions[i].partition = options->partitions[i];
    return consumer;
}

void sim_consumer_free(struct sim_consumer *consumer)
{
    heap_cancel(&consumer->party->timers, &consumer->next);
    client_fini(&consumer->client);
    mem_free(consumer->positions);
    mem_free(consumer);
}

void sim_consumer_start(struct sim_consumer *consumer)
{
    party_set_timer(consumer->party, &consumer->next, 0);
}

void sim_consumer_finish(struct sim_consumer *consumer)
{
    consumer_forget_ends(consumer);
    consumer->finishing = true;
    consumer->stale = consumer->call.active;
}

bool sim_consumer_done(const struct sim_consumer *consumer)
{
    return consumer->done;
}

int64_t sim_consumer_position(const struct sim_consumer *consumer, uint32_t partition)
{
    ASSERT(partition < consumer->options.partition_count);
    return consumer->positions[partition].offset;
}
