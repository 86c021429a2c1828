/*
 * load: a closed loop of produce requests on many connections, one thread, on our own io.
 *
 *     load [-h HOST] [-p PORT] [-t TOPIC] [-c CONNECTIONS] [-n PARTITIONS] [-s BYTES] [-d SECONDS]
 *
 * Each connection sends one record a request with acks=all and waits for its answer; a partition
 * is chosen by the connection's number. The first second warms up and is not counted. Prints
 * requests a second and percentiles of the latency, and fails when any answer has an error.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/histogram.h"
#include "base/mem.h"
#include "base/util.h"
#include "io/io.h"
#include "protocol/api.h"
#include "protocol/record.h"

#define PRODUCE_VERSION 9
#define WARM_UP_NS NS_PER_S
#define BUFFER_BYTES 16384
#define ANSWER_BYTES 65536
#define METADATA_VERSION 4

struct load {
    struct io_loop loop; /* first */
    struct io *io;
    const char *host;
    const char *topic;
    uint16_t port;
    int connections;
    int partitions;
    int record_bytes;
    uint64_t duration_ns;
    struct client *clients;
    int connected;
    int closed;
    uint64_t start_ns;
    uint64_t end_ns;
    uint64_t answers;
    uint64_t failures;
    struct histogram latency_us;
};

struct client {
    struct load *load;
    struct io_op op;
    struct io_op send;
    struct io_op close;
    int socket;
    uint8_t *request;
    size_t request_len;
    struct iovec part;
    uint64_t sent_ns;
    bool greeted; /* Metadata was answered: the topic is there */
    uint8_t answer[ANSWER_BYTES];
    uint32_t answer_len;
};

static void fail(const char *what, int result)
{
    fprintf(stderr, "load: %s: %s\n", what, result_sentence(result));
    exit(1);
}

/* The same request again and again: only the partition differs between clients. */
static void client_build(struct client *c, int32_t partition)
{
    struct load *load = c->load;
    size_t capacity = (size_t)load->record_bytes + 512;
    uint8_t *value = mem_alloc((size_t)load->record_bytes);
    uint8_t *batch = mem_alloc(capacity);
    struct batch_builder builder;
    for (int i = 0; i < load->record_bytes; i++)
        value[i] = (uint8_t)(i * 7 + partition);
    batch_build_begin(&builder, batch, capacity);
    batch_build_add(&builder, io_wall_ms(load->io), (struct blob){NULL, -1},
                    blob_of(value, (size_t)load->record_bytes));
    int64_t batch_len = batch_build_end(&builder, &BATCH_BUILD_PLAIN);
    ASSERT(batch_len > 0);
    struct produce_request_partition_produce_data data = {
        .index = partition, .records = blob_of(batch, (size_t)batch_len)};
    struct produce_request_topic_produce_data topic = {.name = string_of(load->topic)};
    topic.partition_data.items = &data;
    topic.partition_data.count = 1;
    struct produce_request request = {
        .transactional_id = STRING_NULL, .acks = -1, .timeout_ms = 30000};
    request.topic_data.items = &topic;
    request.topic_data.count = 1;
    struct writer w;
    c->request = mem_alloc(capacity + 512);
    writer_init(&w, c->request, capacity + 512);
    write_be32(&w, 0);
    write_be16(&w, API_PRODUCE);
    write_be16(&w, PRODUCE_VERSION);
    write_be32(&w, 1);
    write_be16(&w, 4);
    write_bytes(&w, "load", 4);
    write_u8(&w, 0);
    int result = message_encode(&produce_request_type, PRODUCE_VERSION, &request, &w, NULL);
    ASSERT(result == 0);
    c->request_len = writer_len(&w);
    store_be32(c->request, (uint32_t)(c->request_len - 4));
    mem_free(value);
    mem_free(batch);
}

static void client_sent(struct io_op *op, const struct io_event *event)
{
    (void)op;
    if (event->value < 0 && event->value != ERR_CANCELED)
        fail("cannot send", (int)event->value);
}

/* Asks for the topic, so that the broker creates it. */
static void client_greet(struct client *c)
{
    struct writer w;
    struct metadata_request_topic topic = {.name = string_of(c->load->topic)};
    struct metadata_request request = {.allow_auto_topic_creation = true};
    request.topics.items = &topic;
    request.topics.count = 1;
    writer_init(&w, c->answer, sizeof c->answer);
    write_be32(&w, 0);
    write_be16(&w, API_METADATA);
    write_be16(&w, METADATA_VERSION);
    write_be32(&w, 1);
    write_be16(&w, UINT16_MAX);
    int result = message_encode(&metadata_request_type, METADATA_VERSION, &request, &w, NULL);
    ASSERT(result == 0);
    store_be32(c->answer, (uint32_t)(writer_len(&w) - 4));
    c->part = (struct iovec){c->answer, writer_len(&w)};
    c->send.done = client_sent;
    io_send(c->load->io, &c->send, c->socket, &c->part, 1);
}

static void client_closed(struct io_op *op, const struct io_event *event)
{
    (void)event;
    CONTAINER_OF(op, struct client, close)->load->closed++;
}

static void client_send(struct client *c)
{
    struct load *load = c->load;
    uint64_t now = io_now_precise(load->io);
    if (now >= load->end_ns) {
        c->close.done = client_closed;
        io_close(load->io, &c->close, c->socket);
        return;
    }
    c->sent_ns = now;
    c->part = (struct iovec){c->request, c->request_len};
    c->send.done = client_sent;
    io_send(load->io, &c->send, c->socket, &c->part, 1);
}

/* Size, correlation id, tags, responses, name, partitions, index, error. */
static void client_answered(struct client *c)
{
    struct load *load = c->load;
    struct reader r;
    reader_init(&r, c->answer, c->answer_len);
    read_skip(&r, 4 + 4 + 1 + 1);
    read_skip(&r, read_uvarint(&r) - 1);
    read_skip(&r, 1 + 4);
    int16_t error = (int16_t)read_be16(&r);
    uint64_t now = io_now_precise(load->io);
    if (r.error != 0 || error != 0)
        load->failures++;
    if (now >= load->start_ns + WARM_UP_NS) {
        load->answers++;
        histogram_record(&load->latency_us, (now - c->sent_ns) / NS_PER_US);
    }
    c->answer_len = 0;
    client_send(c);
}

/* The clock starts when every client knows the topic. */
static void client_greeted(struct client *c)
{
    struct load *load = c->load;
    c->greeted = true;
    c->answer_len = 0;
    load->connected++;
    if (load->connected < load->connections)
        return;
    load->start_ns = io_now_precise(load->io);
    load->end_ns = load->start_ns + WARM_UP_NS + load->duration_ns;
    for (int i = 0; i < load->connections; i++)
        client_send(&load->clients[i]);
}

static void client_received(struct io_op *op, const struct io_event *event)
{
    struct client *c = CONTAINER_OF(op, struct client, op);
    if (event->buffer == NULL) {
        if (event->value != ERR_CANCELED)
            fail("the broker closed a connection", ERR_CLOSED);
        return;
    }
    ASSERT(c->answer_len + event->buffer->len <= sizeof c->answer);
    memcpy(c->answer + c->answer_len, event->buffer->data, event->buffer->len);
    c->answer_len += event->buffer->len;
    io_recv_release(c->load->io, event->buffer);
    if (c->answer_len >= 4 && c->answer_len == load_be32(c->answer) + 4)
        c->greeted ? client_answered(c) : client_greeted(c);
}

static void client_connected(struct io_op *op, const struct io_event *event)
{
    struct client *c = CONTAINER_OF(op, struct client, op);
    struct load *load = c->load;
    if (event->value < 0)
        fail("cannot connect", (int)event->value);
    c->socket = (int)event->value;
    c->op.done = client_received;
    io_recv(load->io, &c->op, c->socket);
    client_greet(c);
}

static uint64_t load_step(struct io_loop *loop)
{
    struct load *load = CONTAINER_OF(loop, struct load, loop);
    if (load->closed == load->connections)
        io_stop(load->io);
    return IO_NEVER;
}

static bool load_has_work(struct io_loop *loop)
{
    (void)loop;
    return false;
}

static void load_print(const struct load *load)
{
    const struct histogram *h = &load->latency_us;
    double seconds = (double)load->duration_ns / (double)NS_PER_S;
    printf("connections=%d partitions=%d record=%d seconds=%.0f requests/s=%.0f failures=%llu "
           "p50=%lluus p95=%lluus p99=%lluus p99.9=%lluus max=%lluus\n",
           load->connections, load->partitions, load->record_bytes, seconds,
           (double)load->answers / seconds, (unsigned long long)load->failures,
           (unsigned long long)histogram_at(h, 50), (unsigned long long)histogram_at(h, 95),
           (unsigned long long)histogram_at(h, 99), (unsigned long long)histogram_at(h, 99.9),
           (unsigned long long)h->max);
}

static void load_run(struct load *load)
{
    struct log log;
    log_init_stderr(&log, LOG_WARN, "load");
    struct io_options options = {.recv_buffer_bytes = BUFFER_BYTES,
                                 .recv_buffer_count = 1024,
                                 .disk_threads = 1,
                                 .log = &log};
    int result = io_new(&options, &load->io);
    if (result != 0)
        fail("cannot set up io", result);
    histogram_init(&load->latency_us);
    load->clients = mem_alloc_array((size_t)load->connections, sizeof *load->clients);
    for (int i = 0; i < load->connections; i++) {
        struct client *c = &load->clients[i];
        c->load = load;
        client_build(c, i % load->partitions);
        c->op.done = client_connected;
        result = io_connect(load->io, &c->op, load->host, load->port);
        if (result != 0)
            fail("cannot connect", result);
    }
    io_run(load->io, &load->loop);
    load_print(load);
    for (int i = 0; i < load->connections; i++)
        mem_free(load->clients[i].request);
    mem_free(load->clients);
    io_free(load->io);
}

int main(int argc, char **argv)
{
    static struct load load = {
        .loop = {load_step, load_has_work},
        .host = "127.0.0.1",
        .topic = "load",
        .port = 9092,
        .connections = 128,
        .partitions = 1,
        .record_bytes = 256,
        .duration_ns = 5 * NS_PER_S,
    };
    int option;
    crc32c_init();
    while ((option = getopt(argc, argv, "h:p:t:c:n:s:d:")) != -1) {
        long number = optarg == NULL ? 0 : strtol(optarg, NULL, 10);
        if (option == 'h')
            load.host = optarg;
        else if (option == 't')
            load.topic = optarg;
        else if (option == 'p')
            load.port = (uint16_t)number;
        else if (option == 'c')
            load.connections = (int)number;
        else if (option == 'n')
            load.partitions = (int)number;
        else if (option == 's')
            load.record_bytes = (int)number;
        else if (option == 'd')
            load.duration_ns = (uint64_t)number * NS_PER_S;
        else
            return 64;
    }
    if (load.connections < 1 || load.partitions < 1 || load.record_bytes < 1)
        return 64;
    load_run(&load);
    return load.failures == 0 ? 0 : 1;
}
