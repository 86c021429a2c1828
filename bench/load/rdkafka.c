/*
 * The librdkafka client: the same load, meters and judgement, over the library that most Kafka
 * clients are built on.
 *
 * A thread has some producers and consumers of librdkafka, which have threads of their own, and
 * takes delivery reports and records from the queue of each; one descriptor wakes it when any has
 * something. (Forwarding all into one queue breaks an assertion of librdkafka 2.0: it then counts a
 * message off the wrong producer.) Tasks are as in the native client,
 * but batches are librdkafka's affair. A producer's messages are a lane. With a consumer group the
 * group's protocol deals out the partitions, else they are assigned.
 */
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "bench/load/run.h"

#define CONSUMERS_USUAL 16
#define WAIT_NS_MAX (10 * NS_PER_MS)
#define JOIN_NS (20 * NS_PER_S)
#define PATIENCE_NS (10 * NS_PER_S)
#define STOP_PATIENCE_NS (5 * NS_PER_S)
#define EVENTS_A_STEP 256

struct task {
    struct task *next;
    struct source *source;
    uint64_t intended_ns;
    uint64_t sent_ns;
    uint32_t left; /* messages without a report */
};

/* A producer of librdkafka. */
struct source {
    rd_kafka_t *handle;
    rd_kafka_topic_t **topics; /* as cluster.topics */
    uint32_t lane;
    uint32_t turn;
    uint64_t sequence;
};

/* What a message carries through librdkafka, behind its value. */
struct trailer {
    struct task *task;
    uint64_t sequence;
};

struct client {
    struct worker *worker;
    rd_kafka_queue_t **queues;
    uint32_t queue_count;
    uint32_t queue_capacity;
    int wake_file; /* readable when a queue has got something */
    struct source *sources;
    uint32_t source_count;
    rd_kafka_t **consumers;
    uint32_t consumer_count;
    struct task *tasks;
    uint32_t task_count;
    struct task *idle; /* first of those that are free */
    struct task *idle_last;
    struct trailer *trailers; /* one for each message that may be on its way */
    struct trailer **free_trailers;
    uint32_t free_count;
    uint32_t busy;
    uint8_t *value;
    struct prng prng;
    uint64_t now_ns;
    uint64_t progress_ns;
    bool stopping;
};

bool rdkafka_available(void)
{
    return true;
}

/* Configuration. */

static bool conf_set(struct client *client, rd_kafka_conf_t *conf, const char *key,
                     const char *value)
{
    char why[256];
    if (rd_kafka_conf_set(conf, key, value, why, sizeof why) == RD_KAFKA_CONF_OK)
        return true;
    worker_fail(client->worker, ERR_INVALID, "librdkafka: %s", why);
    return false;
}

static bool conf_set_number(struct client *client, rd_kafka_conf_t *conf, const char *key,
                            int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return conf_set(client, conf, key, text);
}

/* The user's KEY=VALUE,... */
static bool conf_set_properties(struct client *client, rd_kafka_conf_t *conf)
{
    const char *at = client->worker->run->options->properties;
    while (*at != '\0') {
        char pair[512];
        size_t len = strcspn(at, ",");
        snprintf(pair, sizeof pair, "%.*s", (int)len, at);
        at += len + (at[len] == ',');
        char *equals = strchr(pair, '=');
        if (equals == NULL) {
            worker_fail(client->worker, ERR_INVALID, "--properties takes KEY=VALUE,..., not '%s'",
                        pair);
            return false;
        }
        *equals = '\0';
        if (!conf_set(client, conf, pair, equals + 1))
            return false;
    }
    return true;
}

static rd_kafka_conf_t *conf_new(struct client *client)
{
    const struct options *o = client->worker->run->options;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (conf_set(client, conf, "bootstrap.servers", o->bootstrap_servers) &&
        conf_set(client, conf, "client.id", "odradek-bench") &&
        conf_set_number(client, conf, "log_level", 2))
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

static bool conf_set_producer(struct client *client, rd_kafka_conf_t *conf)
{
    const struct options *o = client->worker->run->options;
    static const int acks[] = {1, 0, -1, -1};
    char codec[64];
    int64_t messages = o->concurrency * o->records_per_batch + 1;
    return conf_set_number(client, conf, "acks", acks[o->acks]) &&
           conf_set(client, conf, "compression.type",
                    options_value(o, OPTION_compression, codec)) &&
           conf_set_number(client, conf, "linger.ms", o->linger_ms) &&
           conf_set_number(client, conf, "batch.size", o->batch_size) &&
           conf_set_number(client, conf, "request.timeout.ms", o->request_timeout_ms) &&
           conf_set_number(client, conf, "message.timeout.ms", o->message_timeout_ms) &&
           conf_set_number(client, conf, "queue.buffering.max.messages", MAX(messages, 100000)) &&
           conf_set_number(client, conf, "message.max.bytes",
                           MIN(MAX(o->message_size + 1024, 1000000), 1000000000)) &&
           (!o->given[OPTION_retries] || conf_set_number(client, conf, "retries", o->retries)) &&
           (!o->given[OPTION_retry_backoff_ms] ||
            conf_set_number(client, conf, "retry.backoff.ms", o->retry_backoff_ms)) &&
           (o->in_flight == 0 || conf_set_number(client, conf, "max.in.flight", o->in_flight)) &&
           conf_set_properties(client, conf);
}

static bool conf_set_consumer(struct client *client, rd_kafka_conf_t *conf)
{
    const struct options *o = client->worker->run->options;
    const char *group = *o->consumer_group == '\0' ? "odradek-bench" : o->consumer_group;
    bool commit = *o->consumer_group != '\0' && !o->disable_auto_commit;
    /* Events are taken from the queue: librdkafka does not see that the consumer is alive. */
    return conf_set(client, conf, "group.id", group) &&
           conf_set(client, conf, "enable.auto.commit", commit ? "true" : "false") &&
           conf_set(client, conf, "auto.offset.reset", "earliest") &&
           conf_set_number(client, conf, "fetch.wait.max.ms", 100) &&
           conf_set_number(client, conf, "max.poll.interval.ms", 86400000) &&
           conf_set_properties(client, conf);
}

static rd_kafka_t *handle_new(struct client *client, rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
    char why[256];
    rd_kafka_t *handle = rd_kafka_new(type, conf, why, sizeof why);
    if (handle != NULL)
        return handle;
    rd_kafka_conf_destroy(conf);
    worker_fail(client->worker, ERR_INVALID, "librdkafka: %s", why);
    return NULL;
}

/* Sending. */

static uint32_t topic_index(const struct cluster *cluster, const char *topic)
{
    uint32_t i = 0;
    while (cluster->topics[i] != topic)
        i++;
    return i;
}

static void client_release(struct client *client, struct task *task)
{
    task->next = NULL;
    if (client->idle == NULL)
        client->idle = task;
    else
        client->idle_last->next = task;
    client->idle_last = task;
}

static void message_failed(struct client *client, const struct task *task,
                           rd_kafka_resp_err_t error)
{
    struct meter_send send = {.intended_ns = task->intended_ns,
                              .sent_ns = task->sent_ns,
                              .done_ns = client->now_ns,
                              .records = 1};
    /* What librdkafka itself reports has numbers below -1. */
    unsigned known =
        error == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT || error == RD_KAFKA_RESP_ERR__TIMED_OUT
            ? meter_error_of_result(ERR_TIMEOUT)
        : error == RD_KAFKA_RESP_ERR__TRANSPORT ? meter_error_of_result(ERR_CLOSED)
        : error < -1                            ? METER_ERROR_LOCAL
                                                : meter_error_of_kafka((int16_t)error);
    meter_failed(&client->worker->meter, &send, known);
}

static void client_send_one(struct client *client, struct task *task)
{
    struct worker *worker = client->worker;
    const struct run *run = worker->run;
    const struct options *o = run->options;
    struct source *source = task->source;
    uint32_t number = source->turn++ % run->cluster.partition_count;
    const struct cluster_partition *partition = &run->cluster.partitions[number];
    struct stamp stamp = {run->id, source->sequence++, task->intended_ns, source->lane};
    uint8_t key[KEY_BYTES];
    ASSERT(client->free_count > 0);
    struct trailer *trailer = client->free_trailers[--client->free_count];
    *trailer = (struct trailer){task, stamp.sequence};
    payload_write_key((enum bench_key)o->key_pattern, stamp.sequence, prng_next(&client->prng),
                      key);
    payload_write(run->payload, &stamp, client->value, (size_t)o->message_size);
    rd_kafka_topic_t *topic = source->topics[topic_index(&run->cluster, partition->topic)];
    int failed = rd_kafka_produce(topic, partition->index, RD_KAFKA_MSG_F_COPY, client->value,
                                  (size_t)o->message_size, o->key_pattern == KEY_NONE ? NULL : key,
                                  o->key_pattern == KEY_NONE ? 0 : KEY_BYTES, trailer);
    if (failed == 0) {
        task->left++;
        return;
    }
    message_failed(client, task, rd_kafka_last_error());
    client->free_trailers[client->free_count++] = trailer;
}

/* False when no more messages are to be sent. */
static bool client_send(struct client *client, struct task *task, uint64_t intended_ns)
{
    struct worker *worker = client->worker;
    uint64_t records = MIN((uint64_t)worker->run->options->records_per_batch, worker->quota);
    if (client->stopping || records == 0)
        return false;
    worker->quota -= records;
    task->intended_ns = intended_ns;
    task->sent_ns = client->now_ns;
    for (uint64_t i = 0; i < records; i++)
        client_send_one(client, task);
    if (task->left == 0)
        client_release(client, task);
    else
        client->busy++;
    return true;
}

/* When to look again. */
static uint64_t client_dispatch(struct client *client)
{
    struct worker *worker = client->worker;
    struct schedule *schedule = &worker->schedule;
    while (!client->stopping && client->idle != NULL) {
        uint64_t intended_ns =
            schedule->open ? worker->run->start_ns + schedule->time_ns : client->now_ns;
        if (intended_ns > client->now_ns)
            return intended_ns;
        if (intended_ns >= worker->run->end_ns || worker->quota == 0)
            return UINT64_MAX;
        struct task *task = client->idle;
        client->idle = task->next;
        client_send(client, task, intended_ns);
        for (int64_t i = 0; schedule->open && i < worker->run->options->records_per_batch; i++)
            schedule_advance(schedule);
    }
    return UINT64_MAX;
}

/* What comes back. */

static uint32_t partition_find(const struct cluster *cluster, const rd_kafka_message_t *message)
{
    const char *topic = rd_kafka_topic_name(message->rkt);
    for (uint32_t i = 0; i < cluster->partition_count; i++) {
        const struct cluster_partition *p = &cluster->partitions[i];
        if (p->index == message->partition && strcmp(p->topic, topic) == 0)
            return i;
    }
    return UINT32_MAX;
}

static void client_acknowledge(struct client *client, const rd_kafka_message_t *message,
                               const struct trailer *trailer)
{
    struct worker *worker = client->worker;
    if (worker->run->acknowledged_ends == NULL || worker->run->options->acks == ACKS_NONE)
        return;
    uint32_t partition = partition_find(&worker->run->cluster, message);
    if (partition == UINT32_MAX || message->offset < 0)
        return;
    run_acknowledge(worker->run, partition, message->offset + 1);
    struct ledger_run run = {
        .offset = message->offset,
        .sequence = trailer->sequence,
        .lane = ledger_lane(worker->run->id, trailer->task->source->lane),
        .partition = partition,
        .count = 1,
    };
    if (worker->run->options->validate)
        ledger_acknowledge(&worker->ledger, &run);
}

static void client_take_report(struct client *client, const rd_kafka_message_t *message)
{
    struct trailer *trailer = message->_private;
    struct task *task = trailer->task;
    struct meter_send send = {.intended_ns = task->intended_ns,
                              .sent_ns = task->sent_ns,
                              .done_ns = client->now_ns,
                              .records = 1,
                              .bytes = message->len};
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        message_failed(client, task, message->err);
    } else {
        client_acknowledge(client, message, trailer);
        meter_answered(&client->worker->meter, &send);
    }
    client->free_trailers[client->free_count++] = trailer;
    if (--task->left > 0)
        return;
    client->busy--;
    client_release(client, task);
}

static void client_take_record(struct client *client, const rd_kafka_message_t *message)
{
    struct worker *worker = client->worker;
    struct run *run = worker->run;
    struct bytes value = {message->payload, message->len};
    struct stamp stamp;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
            meter_fetch_failed(&worker->meter, message->err < -1
                                                   ? METER_ERROR_LOCAL
                                                   : meter_error_of_kafka((int16_t)message->err));
        return;
    }
    bool stamped = payload_stamp(value, &stamp);
    bool ours = stamped && stamp.run == run->id;
    uint32_t partition = partition_find(&run->cluster, message);
    if (partition == UINT32_MAX || (!ours && run->options->mode != MODE_CONSUME))
        return;
    client->progress_ns = client->now_ns;
    atomic_fetch_add_explicit(&run->consumed, 1, memory_order_relaxed);
    run_advance(&run->read_ends[partition], message->offset + 1);
    if (run->options->mode == MODE_PRODUCE)
        meter_read_back(&worker->meter, value.len);
    else
        meter_consumed(&worker->meter, ours ? stamp.time_ns : 0, client->now_ns, value.len);
    if (!run->options->validate)
        return;
    if (!stamped || !payload_verify(run->payload, value)) {
        ledger_alter(&worker->ledger);
        return;
    }
    struct ledger_run read = {.offset = message->offset,
                              .sequence = stamp.sequence,
                              .lane = ledger_lane(stamp.run, stamp.lane),
                              .partition = partition,
                              .count = 1};
    ledger_read(&worker->ledger, &read);
}

static void client_take_event(struct client *client, rd_kafka_event_t *event)
{
    const rd_kafka_message_t *message;
    rd_kafka_event_type_t type = rd_kafka_event_type(event);
    while ((type == RD_KAFKA_EVENT_DR || type == RD_KAFKA_EVENT_FETCH) &&
           (message = rd_kafka_event_message_next(event)) != NULL) {
        if (type == RD_KAFKA_EVENT_DR)
            client_take_report(client, message);
        else
            client_take_record(client, message);
    }
    rd_kafka_event_destroy(event);
}

/* Takes what is there; how many events that were. */
static uint32_t client_take(struct client *client)
{
    struct meter *meter = &client->worker->meter;
    uint32_t taken = 0;
    for (uint32_t q = 0; q < client->queue_count; q++) {
        for (int i = 0; i < EVENTS_A_STEP; i++) {
            rd_kafka_event_t *event = rd_kafka_queue_poll(client->queues[q], 0);
            if (event == NULL)
                break;
            client->now_ns = io_now_precise(client->worker->io);
            /* Before the load only what is left of the assignment comes. */
            if (meter->interval == NULL) {
                rd_kafka_event_destroy(event);
            } else {
                meter_tick(meter, client->now_ns);
                client_take_event(client, event);
            }
            taken++;
        }
    }
    return taken;
}

/* Takes what is there, or waits for it until `deadline_ns`, but never for long. */
static void client_poll(struct client *client, uint64_t deadline_ns)
{
    struct worker *worker = client->worker;
    struct pollfd wake = {.fd = client->wake_file, .events = POLLIN};
    uint64_t count;
    if (client_take(client) == 0) {
        uint64_t left_ns = deadline_ns > client->now_ns ? deadline_ns - client->now_ns : 0;
        struct timespec wait = {0, (long)MIN(left_ns, WAIT_NS_MAX)};
        if (ppoll(&wake, 1, &wait, NULL) == 1 &&
            read(client->wake_file, &count, sizeof count) == sizeof count)
            client_take(client);
    }
    client->now_ns = io_now_precise(worker->io);
    if (worker->meter.interval != NULL)
        meter_tick(&worker->meter, client->now_ns);
}

/* Construction. */

/* Takes the queue, and wants to be woken by it. */
static void client_add_queue(struct client *client, rd_kafka_queue_t *queue)
{
    static const uint64_t one = 1;
    client->queues = mem_grow(client->queues, client->queue_count, &client->queue_capacity,
                              sizeof(rd_kafka_queue_t *));
    client->queues[client->queue_count++] = queue;
    rd_kafka_queue_io_event_enable(queue, client->wake_file, &one, sizeof one);
}

static bool client_add_source(struct client *client)
{
    struct worker *worker = client->worker;
    const struct cluster *cluster = &worker->run->cluster;
    rd_kafka_conf_t *conf = conf_new(client);
    if (conf == NULL || !conf_set_producer(client, conf))
        return false;
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR);
    rd_kafka_t *handle = handle_new(client, RD_KAFKA_PRODUCER, conf);
    if (handle == NULL)
        return false;
    struct source *source = &client->sources[client->source_count];
    source->handle = handle;
    source->lane = worker->index + client->source_count++ * worker->run->worker_count;
    source->turn = source->lane;
    source->topics = mem_alloc_array(cluster->topic_count, sizeof(rd_kafka_topic_t *));
    for (uint32_t i = 0; i < cluster->topic_count; i++)
        source->topics[i] = rd_kafka_topic_new(handle, cluster->topics[i], NULL);
    client_add_queue(client, rd_kafka_queue_get_main(handle));
    return true;
}

/* Subscribes to the topics, or takes the partitions of consumer `number` of `total`. */
static rd_kafka_resp_err_t consumer_assign(struct client *client, rd_kafka_t *handle,
                                           uint32_t number, uint32_t total)
{
    const struct run *run = client->worker->run;
    const struct cluster *cluster = &run->cluster;
    bool group = *run->options->consumer_group != '\0';
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
    for (uint32_t i = 0; group && i < cluster->topic_count; i++)
        rd_kafka_topic_partition_list_add(list, cluster->topics[i], RD_KAFKA_PARTITION_UA);
    for (uint32_t i = number; !group && i < cluster->partition_count; i += total) {
        const struct cluster_partition *p = &cluster->partitions[i];
        rd_kafka_topic_partition_list_add(list, p->topic, p->index)->offset = p->start_offset;
    }
    rd_kafka_resp_err_t error =
        group ? rd_kafka_subscribe(handle, list) : rd_kafka_assign(handle, list);
    rd_kafka_topic_partition_list_destroy(list);
    return error;
}

static bool client_add_consumer(struct client *client, uint32_t number, uint32_t total)
{
    rd_kafka_conf_t *conf = conf_new(client);
    if (conf == NULL || !conf_set_consumer(client, conf))
        return false;
    rd_kafka_t *handle = handle_new(client, RD_KAFKA_CONSUMER, conf);
    if (handle == NULL)
        return false;
    client->consumers[client->consumer_count++] = handle;
    rd_kafka_poll_set_consumer(handle);
    client_add_queue(client, rd_kafka_queue_get_consumer(handle));
    rd_kafka_resp_err_t error = consumer_assign(client, handle, number, total);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
        return true;
    worker_fail(client->worker, ERR_INVALID, "librdkafka: %s", rd_kafka_err2str(error));
    return false;
}

static bool client_make_sources(struct client *client)
{
    struct worker *worker = client->worker;
    const struct options *o = worker->run->options;
    uint32_t threads = worker->run->worker_count;
    uint32_t total = MAX((uint32_t)o->connections, threads);
    uint32_t share = total / threads + (worker->index < total % threads);
    ASSERT(share > 0);
    client->sources = mem_alloc_array(share, sizeof *client->sources);
    for (uint32_t i = 0; i < share; i++) {
        if (!client_add_source(client))
            return false;
    }
    uint32_t tasks = (uint32_t)o->concurrency;
    client->task_count = tasks / threads + (worker->index < tasks % threads);
    client->tasks = mem_alloc_array(MAX(client->task_count, 1), sizeof *client->tasks);
    uint32_t messages = client->task_count * (uint32_t)o->records_per_batch;
    client->trailers = mem_alloc_array(MAX(messages, 1), sizeof *client->trailers);
    client->free_trailers = mem_alloc_array(MAX(messages, 1), sizeof(struct trailer *));
    for (uint32_t i = 0; i < messages; i++)
        client->free_trailers[client->free_count++] = &client->trailers[i];
    for (uint32_t i = 0; i < client->task_count; i++) {
        client->tasks[i].source = &client->sources[i % share];
        client_release(client, &client->tasks[i]);
    }
    return true;
}

static bool client_make_consumers(struct client *client)
{
    struct worker *worker = client->worker;
    const struct run *run = worker->run;
    uint32_t total = (uint32_t)run->options->consumers;
    if (total == 0)
        total = MIN(CONSUMERS_USUAL, run->cluster.partition_count);
    client->consumers = mem_alloc_array(total, sizeof(rd_kafka_t *));
    for (uint32_t i = worker->index; i < total; i += run->worker_count) {
        if (!client_add_consumer(client, i, total))
            return false;
    }
    return true;
}

static bool client_joined(const struct client *client)
{
    for (uint32_t i = 0; i < client->consumer_count; i++) {
        rd_kafka_topic_partition_list_t *list;
        if (rd_kafka_assignment(client->consumers[i], &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
            return false;
        bool some = list->cnt > 0;
        rd_kafka_topic_partition_list_destroy(list);
        if (!some)
            return false;
    }
    return true;
}

/* Until each consumer has partitions; one for which there are none keeps the others waiting for a
 * while only. Records that come meanwhile are of earlier runs. */
static void client_join(struct client *client)
{
    const struct run *run = client->worker->run;
    uint64_t end_ns = io_now_precise(client->worker->io) + JOIN_NS;
    while (!client_joined(client) && client->now_ns < end_ns && !atomic_load(&run->stop))
        client_poll(client, UINT64_MAX);
}

static void client_fini(struct client *client)
{
    const struct cluster *cluster = &client->worker->run->cluster;
    for (uint32_t i = 0; i < client->consumer_count; i++)
        rd_kafka_consumer_close(client->consumers[i]);
    for (uint32_t i = 0; i < client->queue_count; i++) {
        rd_kafka_queue_io_event_enable(client->queues[i], -1, NULL, 0);
        rd_kafka_queue_destroy(client->queues[i]);
    }
    for (uint32_t i = 0; i < client->consumer_count; i++)
        rd_kafka_destroy(client->consumers[i]);
    for (uint32_t i = 0; i < client->source_count; i++) {
        struct source *source = &client->sources[i];
        rd_kafka_purge(source->handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        for (uint32_t t = 0; t < cluster->topic_count; t++)
            rd_kafka_topic_destroy(source->topics[t]);
        rd_kafka_destroy(source->handle);
        mem_free(source->topics);
    }
    close(client->wake_file);
    mem_free(client->queues);
    mem_free(client->sources);
    mem_free(client->consumers);
    mem_free(client->tasks);
    mem_free(client->trailers);
    mem_free(client->free_trailers);
    mem_free(client->value);
}

/* Phases. */

static bool client_must_stop(const struct client *client)
{
    const struct worker *worker = client->worker;
    const struct run *run = worker->run;
    uint64_t count = (uint64_t)run->options->message_count;
    if (atomic_load(&run->stop) || client->now_ns >= run->end_ns)
        return true;
    if (run_produces(run->options))
        return worker->quota == 0 && client->busy == 0;
    return count > 0 && atomic_load(&run->consumed) >= count;
}

static void client_count_unsent(struct client *client)
{
    struct worker *worker = client->worker;
    struct schedule *schedule = &worker->schedule;
    uint64_t end_ns = MIN(worker->run->end_ns, client->now_ns);
    while (schedule->open && worker->quota > 0 &&
           worker->run->start_ns + schedule->time_ns < end_ns) {
        meter_unsent(&worker->meter, 1);
        worker->quota--;
        schedule_advance(schedule);
    }
}

static void client_load(struct client *client)
{
    while (!client_must_stop(client)) {
        uint64_t due_ns = UINT64_MAX;
        if (run_produces(client->worker->run->options))
            due_ns = client_dispatch(client);
        client_poll(client, MIN(due_ns, client->worker->run->end_ns));
    }
    client->stopping = true;
    if (run_produces(client->worker->run->options))
        client_count_unsent(client);
}

/* librdkafka gives up by itself after the message timeout; after Ctrl-C nobody waits so long. */
static void client_drain(struct client *client)
{
    struct run *run = client->worker->run;
    uint64_t begin_ns = client->now_ns;
    while (client->busy > 0 &&
           (!atomic_load(&run->stop) || client->now_ns < begin_ns + STOP_PATIENCE_NS))
        client_poll(client, UINT64_MAX);
    atomic_fetch_add(&run->drained, 1);
    while (atomic_load(&run->drained) < run->worker_count)
        client_poll(client, UINT64_MAX);
}

static bool client_has_read_all(const struct run *run)
{
    for (uint32_t i = 0; i < run->cluster.partition_count; i++) {
        if (atomic_load_explicit(&run->read_ends[i], memory_order_relaxed) <
            atomic_load_explicit(&run->acknowledged_ends[i], memory_order_relaxed))
            return false;
    }
    return true;
}

static void client_read(struct client *client)
{
    client->progress_ns = client->now_ns;
    while (!client_has_read_all(client->worker->run) &&
           client->now_ns < client->progress_ns + PATIENCE_NS)
        client_poll(client, UINT64_MAX);
}

static void client_run(struct client *client)
{
    struct worker *worker = client->worker;
    struct run *run = worker->run;
    bool produces = run_produces(run->options);
    bool consumes = run_consumes(run->options);
    bool behind = run->options->mode == MODE_PRODUCE;
    /* librdkafka reads ahead as soon as it may: what is measured must not lie there already. */
    bool at_start = run->options->mode == MODE_CONSUME && *run->options->consumer_group == '\0';
    if (produces && !client_make_sources(client))
        return;
    if (consumes && !behind && !at_start) {
        if (!client_make_consumers(client))
            return;
        client_join(client);
    }
    atomic_fetch_add(&run->ready, 1);
    while (!atomic_load(&run->go)) {
        if (atomic_load(&run->stop))
            return;
        io_pause(NS_PER_MS);
    }
    client->now_ns = io_now_precise(worker->io);
    meter_start(&worker->meter, run->start_ns, run->measured_ns, run->interval_ns);
    if (at_start && !client_make_consumers(client))
        return;
    client_load(client);
    client_drain(client);
    if (consumes && behind && !client_make_consumers(client))
        return;
    if (consumes && produces)
        client_read(client);
}

void rdkafka_run(struct worker *worker)
{
    struct client client = {.worker = worker};
    client.value = mem_alloc((size_t)worker->run->options->message_size);
    client.wake_file = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    prng_init(&client.prng, worker->run->id + worker->index);
    if (client.wake_file < 0)
        worker_fail(worker, ERR_TOO_MANY_FILES, "cannot make an eventfd");
    else
        client_run(&client);
    if (worker->meter.interval != NULL)
        meter_flush(&worker->meter);
    client_fini(&client);
}
