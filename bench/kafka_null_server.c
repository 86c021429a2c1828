/*
 * A broker that does nothing: what a load generator alone can carry, and what the broker is held
 * against.
 *
 *     kafka_null_server [PORT [TOPIC [PARTITIONS]]]
 *
 * Produce is answered at once, from a template, with ever higher offsets; ApiVersions and Metadata
 * by what they need to make a client begin. Nothing is kept, and nothing can be fetched. One
 * thread; the answers of a step go out as one send for each connection. Prints its port.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"
#include "io/io.h"
#include "protocol/api.h"

#define BUFFER_BYTES 16384
#define BUFFER_COUNT 1024
#define OUT_BYTES 65536
#define REQUEST_BYTES_MAX (64 * MIB)
#define PRODUCE_VERSION_LAST 9
#define METADATA_VERSION_LAST 9

struct server {
    struct io_loop loop; /* first */
    struct io *io;
    struct io_op accept;
    struct connection *changed;
    const char *topic;
    int32_t partitions;
    uint16_t port;
    int64_t offset;
};

struct connection {
    struct io_op receive;
    struct io_op send;
    struct io_op close;
    struct server *server;
    struct connection *next_changed;
    int socket;
    bool changed;
    bool sending;
    bool closing;
    struct iovec part;
    uint8_t *gathered;
    size_t gathered_len;
    size_t gathered_capacity;
    uint32_t out_len; /* answers that gather */
    unsigned half;    /* where they gather; the other one is on its way */
    uint8_t out[2][OUT_BYTES];
};

static void fail(const char *what, int result)
{
    fprintf(stderr, "kafka_null_server: %s: %s\n", what, result_sentence(result));
    exit(1);
}

/* Answers. */

/* Encodes an answer behind its size and correlation id, into the connection's gathering half. */
static void answer_encode(struct connection *c, const struct reader *header, int16_t key,
                          int16_t version, const void *message)
{
    const struct api *api = api_find(key);
    struct writer w;
    uint8_t *at = c->out[c->half] + c->out_len;
    writer_init(&w, at, OUT_BYTES - c->out_len);
    write_be32(&w, 0);
    write_be32(&w, load_be32(header->pos));
    if (api_response_header_version(api, version) > 0)
        write_u8(&w, 0);
    int result = message_encode(api->response, version, message, &w, NULL);
    if (result != 0)
        fail("an answer", result);
    store_be32(at, (uint32_t)(writer_len(&w) - 4));
    c->out_len += (uint32_t)writer_len(&w);
}

static void answer_versions(struct connection *c, const struct reader *header, int16_t version)
{
    struct api_versions_response_api_version versions[] = {
        {.api_key = API_PRODUCE, .min_version = 3, .max_version = PRODUCE_VERSION_LAST},
        {.api_key = API_METADATA, .min_version = 0, .max_version = METADATA_VERSION_LAST},
        {.api_key = API_API_VERSIONS, .min_version = 0, .max_version = 3},
    };
    struct api_versions_response response;
    message_defaults(api_versions_response_type.root, &response);
    response.api_keys.items = versions;
    response.api_keys.count = ARRAY_LENGTH(versions);
    if (version > 3) {
        response.error_code = 35; /* UNSUPPORTED_VERSION, told in version 0 (KIP-511) */
        version = 0;
    }
    answer_encode(c, header, API_API_VERSIONS, version, &response);
}

static void answer_metadata(struct connection *c, const struct reader *header, int16_t version)
{
    struct server *server = c->server;
    int32_t self = 1;
    struct metadata_response_broker broker = {
        .node_id = self, .host = string_of("127.0.0.1"), .port = server->port, .rack = STRING_NULL};
    struct metadata_response_topic topic;
    message_defaults(&metadata_response_topic_struct, &topic);
    topic.name = string_of(server->topic);
    topic.partitions.count = server->partitions;
    topic.partitions.items =
        mem_alloc_array((size_t)server->partitions, sizeof *topic.partitions.items);
    for (int32_t i = 0; i < server->partitions; i++) {
        struct metadata_response_partition *partition = &topic.partitions.items[i];
        message_defaults(&metadata_response_partition_struct, partition);
        partition->partition_index = i;
        partition->leader_id = self;
        partition->replica_nodes.items = partition->isr_nodes.items = &self;
        partition->replica_nodes.count = partition->isr_nodes.count = 1;
    }
    struct metadata_response response;
    message_defaults(metadata_response_type.root, &response);
    response.brokers.items = &broker;
    response.brokers.count = 1;
    response.controller_id = self;
    response.topics.items = &topic;
    response.topics.count = 1;
    answer_encode(c, header, API_METADATA, version, &response);
    mem_free(topic.partitions.items);
}

/* The head of a request with one partition says all: acks, the topic's name, the partition. */
static void answer_produce(struct connection *c, const struct reader *header, int16_t version)
{
    bool flexible = version >= produce_request_type.flexible_since;
    struct reader r = *header;
    read_skip(&r, 4);
    uint16_t client = read_be16(&r);
    read_skip(&r, client == UINT16_MAX ? 0 : client);
    if (flexible)
        message_skip_tags(&r);
    uint32_t id = flexible ? read_uvarint(&r) : read_be16(&r);
    read_skip(&r, flexible ? (id == 0 ? 0 : id - 1) : (id == UINT16_MAX ? 0 : id));
    int16_t acks = (int16_t)read_be16(&r);
    read_skip(&r, 4 + (flexible ? 1 : 4));
    uint32_t name = flexible ? read_uvarint(&r) - 1 : read_be16(&r);
    struct bytes topic = read_bytes(&r, name);
    read_skip(&r, flexible ? 1 : 4);
    int32_t index = (int32_t)read_be32(&r);
    if (r.error != 0)
        fail("a Produce request", r.error);
    if (acks == 0)
        return;
    struct produce_response_partition_produce_response partition = {.index = index,
                                                                    .base_offset =
                                                                        c->server->offset++,
                                                                    .log_append_time_ms = -1,
                                                                    .error_message = STRING_NULL};
    struct produce_response_topic_produce_response produced = {.name = string_of_bytes(topic)};
    produced.partition_responses.items = &partition;
    produced.partition_responses.count = 1;
    struct produce_response response = {0};
    response.responses.items = &produced;
    response.responses.count = 1;
    answer_encode(c, header, API_PRODUCE, version, &response);
}

static void connection_changed(struct connection *c)
{
    if (c->changed)
        return;
    c->changed = true;
    c->next_changed = c->server->changed;
    c->server->changed = c;
}

/* One whole request, without its size. */
static void connection_request(struct connection *c, struct bytes request)
{
    struct reader header;
    reader_init(&header, request.data, request.len);
    int16_t key = (int16_t)read_be16(&header);
    int16_t version = (int16_t)read_be16(&header);
    if (reader_left(&header) < 6 || OUT_BYTES - c->out_len < 1024) {
        c->closing = true;
        return;
    }
    if (key == API_PRODUCE && version >= 3 && version <= PRODUCE_VERSION_LAST)
        answer_produce(c, &header, version);
    else if (key == API_METADATA && version <= METADATA_VERSION_LAST)
        answer_metadata(c, &header, version);
    else if (key == API_API_VERSIONS)
        answer_versions(c, &header, version);
    else
        c->closing = true;
    connection_changed(c);
}

/* Connections. */

static void connection_closed(struct io_op *op, const struct io_event *event)
{
    (void)event;
    struct connection *c = CONTAINER_OF(op, struct connection, close);
    mem_free(c->gathered);
    mem_free(c);
}

static size_t connection_parse(struct connection *c, struct bytes bytes)
{
    size_t at = 0;
    while (!c->closing && bytes.len - at >= 4) {
        uint32_t size = load_be32(bytes.data + at);
        if (size > REQUEST_BYTES_MAX)
            c->closing = true;
        if (c->closing || bytes.len - at - 4 < size)
            break;
        connection_request(c, (struct bytes){bytes.data + at + 4, size});
        at += 4 + (size_t)size;
    }
    return at;
}

static void connection_take(struct connection *c, struct bytes bytes)
{
    if (c->gathered_len == 0) {
        size_t taken = connection_parse(c, bytes);
        bytes = (struct bytes){bytes.data + taken, bytes.len - taken};
        if (bytes.len == 0)
            return;
    }
    size_t needed = c->gathered_len + bytes.len;
    if (needed > c->gathered_capacity) {
        c->gathered = mem_realloc(c->gathered, c->gathered_capacity, 2 * needed);
        c->gathered_capacity = 2 * needed;
    }
    memcpy(c->gathered + c->gathered_len, bytes.data, bytes.len);
    c->gathered_len = needed;
    size_t taken = connection_parse(c, (struct bytes){c->gathered, c->gathered_len});
    c->gathered_len -= taken;
    memmove(c->gathered, c->gathered + taken, c->gathered_len);
}

static void connection_received(struct io_op *op, const struct io_event *event)
{
    struct connection *c = CONTAINER_OF(op, struct connection, receive);
    if (event->buffer != NULL) {
        connection_take(c, (struct bytes){event->buffer->data, event->buffer->len});
        io_recv_release(c->server->io, event->buffer);
    }
    if (!event->last)
        return;
    if (event->value == ERR_BUSY && !c->closing) {
        io_recv(c->server->io, &c->receive, c->socket);
        return;
    }
    c->closing = true;
    connection_changed(c);
}

static void connection_sent(struct io_op *op, const struct io_event *event)
{
    struct connection *c = CONTAINER_OF(op, struct connection, send);
    c->sending = false;
    if (event->value < 0)
        c->closing = true;
    connection_changed(c);
}

static void connection_flush(struct connection *c)
{
    struct server *server = c->server;
    c->changed = false;
    if (c->sending)
        return;
    if (c->closing) {
        c->changed = true; /* never listed again */
        c->close.done = connection_closed;
        io_close(server->io, &c->close, c->socket);
        return;
    }
    if (c->out_len == 0)
        return;
    c->part = (struct iovec){c->out[c->half], c->out_len};
    c->half = 1 - c->half;
    c->out_len = 0;
    c->sending = true;
    io_send(server->io, &c->send, c->socket, &c->part, 1);
}

static void server_accepted(struct io_op *op, const struct io_event *event)
{
    struct server *server = CONTAINER_OF(op, struct server, accept);
    if (event->value < 0)
        fail("accept", (int)event->value);
    struct connection *c = mem_alloc(sizeof *c);
    c->server = server;
    c->socket = (int)event->value;
    c->receive.done = connection_received;
    c->send.done = connection_sent;
    io_recv(server->io, &c->receive, c->socket);
}

static uint64_t server_step(struct io_loop *loop)
{
    struct server *server = CONTAINER_OF(loop, struct server, loop);
    while (server->changed != NULL) {
        struct connection *c = server->changed;
        server->changed = c->next_changed;
        connection_flush(c);
    }
    return IO_NEVER;
}

static bool server_has_work(struct io_loop *loop)
{
    (void)loop;
    return false;
}

int main(int argc, char **argv)
{
    static struct server server = {.loop = {server_step, server_has_work}};
    struct io_listen_options listen = {.host = "127.0.0.1", .first = true};
    struct log log;
    if (argc > 1)
        listen.port = (uint16_t)strtoul(argv[1], NULL, 10);
    server.topic = argc > 2 ? argv[2] : "odradek-bench";
    server.partitions = argc > 3 ? (int32_t)strtol(argv[3], NULL, 10) : 1;
    if (server.partitions < 1 || server.partitions > 1000) {
        fprintf(stderr, "usage: %s [PORT [TOPIC [PARTITIONS]]]\n", argv[0]);
        return 64;
    }
    log_init_stderr(&log, LOG_WARN, "null");
    struct io_options options = {.recv_buffer_bytes = BUFFER_BYTES,
                                 .recv_buffer_count = BUFFER_COUNT,
                                 .disk_threads = 1,
                                 .log = &log};
    int result = io_new(&options, &server.io);
    if (result != 0)
        fail("io", result);
    io_raise_descriptors();
    int listener;
    result = io_listen(server.io, &listen, &listener, &server.port);
    if (result != 0)
        fail("listen", result);
    printf("%u\n", server.port);
    fflush(stdout);
    server.accept.done = server_accepted;
    io_accept(server.io, &server.accept, listener);
    io_run(server.io, &server.loop);
    return 0;
}
