/*
 * Requests: judged header, decoded body, encoded answer, and the memory of all three.
 *
 * Everything a request takes comes from its core's region and goes back in request_free, the one
 * place. An answer is encoded into memory of exactly its size; records of a fetch are sent from
 * where they were read to.
 */
#include "broker/request.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/mutant.h"
#include "base/utf8.h"
#include "broker/connection.h"
#include "broker/core.h"
#include "broker/dispatch.h"
#include "broker/seen.h"

#define REQUEST_ARENA_MAX (32 * MIB)
#define SIZE_PREFIX 4

/* The header, versions 1 and 2: version 2 has tagged fields behind the client id (KIP-482). */
static int header_decode(struct request *r, struct reader *reader)
{
    int16_t key = (int16_t)read_be16(reader);
    r->version = (int16_t)read_be16(reader);
    r->correlation_id = (int32_t)read_be32(reader);
    int16_t client_id_len = (int16_t)read_be16(reader);
    r->client_id = (struct string){NULL, -1};
    if (client_id_len >= 0) {
        struct bytes text = read_bytes(reader, (size_t)client_id_len);
        r->client_id = (struct string){(const char *)text.data, client_id_len};
    }
    if (reader->error != 0)
        return reader->error;
    r->api = api_find(key);
    if (r->api == NULL)
        return ERR_UNSUPPORTED;
    if (api_request_header_version(r->api, r->version) >= 2)
        message_skip_tags(reader);
    return reader->error;
}

static void request_read_header(struct request *r)
{
    reader_init(&r->body, r->frame.data, r->frame.len);
    r->handler = header_decode(r, &r->body) == 0 ? dispatch_find(r->api, r->version) : NULL;
    r->overlaps = r->handler != NULL && dispatch_overlaps(r->api);
}

/* Moves the request to a copy of its frame. */
static void request_move(struct request *r, uint8_t *memory)
{
    memcpy(memory, r->frame.data, r->frame.len);
    r->frame.data = memory;
    request_read_header(r);
}

struct request *request_new(struct connection *c, struct bytes frame, struct io_buffer *buffer)
{
    struct core *core = c->core;
    struct request *r = slab_alloc(&core->requests);
    if (r == NULL)
        return NULL;
    r->connection = c;
    r->core = core;
    r->frame = frame;
    list_init(&r->node);
    arena_init(&r->arena, core->memory, REQUEST_ARENA_MAX);
    request_read_header(r);
    if (buffer != NULL && r->overlaps) {
        r->buffer = buffer;
        core->held[buffer->id].holds++;
    } else if (buffer != NULL && r->handler != NULL) {
        uint8_t *memory = arena_alloc(&r->arena, frame.len);
        if (memory == NULL) {
            slab_free(&core->requests, r);
            return NULL;
        }
        request_move(r, memory);
    }
    return r;
}

int request_let_buffer_go(struct request *r)
{
    ASSERT(r->state == REQUEST_WAITING);
    if (r->buffer == NULL)
        return 0;
    uint8_t *memory = region_take(r->core->memory, r->frame.len);
    if (memory == NULL)
        return ERR_NO_MEMORY;
    request_move(r, memory);
    r->frame_memory = memory;
    r->frame_memory_size = r->frame.len;
    core_drop_buffer(r->core, r->buffer);
    r->buffer = NULL;
    return 0;
}

size_t request_answer_memory(const struct request *r)
{
    size_t unit = region_unit(r->core->memory);
    size_t total = r->arena.taken;
    if (r->response != NULL && !r->response_in_arena)
        total += round_up(r->response_size, unit);
    for (uint32_t i = 0; i < r->memory_count; i++)
        total += round_up(r->memories[i].size, unit);
    return total;
}

void request_trim(struct request *r)
{
    bool in_arena = (r->parts != &r->part && r->part_count > 0) || r->response_in_arena;
    if (r->state == REQUEST_ANSWERED && r->holds == 0 && !in_arena && r->memory_count == 0)
        arena_reset(&r->arena);
}

static void request_give_back(struct request *r)
{
    struct core *core = r->core;
    for (uint32_t i = 0; i < r->memory_count; i++)
        core_fetch_give(core, r->memories[i].memory, r->memories[i].size);
    bool apart = r->response != NULL && !r->response_in_arena;
    if (apart && !MUTANT(KEEP_ANSWER))
        region_give(core->memory, r->response, r->response_size);
    if (r->frame_memory != NULL)
        region_give(core->memory, r->frame_memory, r->frame_memory_size);
    if (r->buffer != NULL)
        core_drop_buffer(core, r->buffer);
    arena_reset(&r->arena);
    slab_free(&core->requests, r);
}

void request_free(struct request *r)
{
    ASSERT(r->state != REQUEST_RUNNING && !r->gone);
    r->gone = true;
    r->connection = NULL;
    if (r->holds == 0)
        request_give_back(r);
}

void request_free_later(struct request *r)
{
    ASSERT(list_empty(&r->node));
    list_push_back(&r->core->ended, &r->node);
    request_hold(r);
    request_free(r);
}

void request_free_ended(struct core *core)
{
    struct list *node;
    while ((node = list_pop_front(&core->ended)) != NULL)
        request_release(LIST_ENTRY(node, struct request, node));
}

void request_hold(struct request *r)
{
    r->holds++;
}

void request_release(struct request *r)
{
    ASSERT(r->holds > 0);
    r->holds--;
    if (r->holds == 0 && r->gone)
        request_give_back(r);
}

static void request_too_large(struct request *r)
{
    log_debug(&r->core->log, "closing a connection: its %s request needs too much memory",
              r->api->name);
    request_close(r);
}

void *request_alloc(struct request *r, size_t count, size_t size)
{
    void *memory = arena_alloc_array(&r->arena, count, size);
    if (memory == NULL)
        request_too_large(r);
    return memory;
}

void *request_take(struct request *r, size_t count, size_t size)
{
    void *memory = arena_take_array(&r->arena, count, size);
    if (memory == NULL)
        request_too_large(r);
    return memory;
}

bool *request_numbers_again(struct request *r, const int32_t *numbers, size_t stride, size_t count,
                            bool anywhere)
{
    bool *again = seen_again(&r->arena, numbers, stride, count, anywhere, r->core->secret);
    if (again == NULL)
        request_too_large(r);
    return again;
}

bool request_seen_init(struct request *r, struct seen *seen, size_t count)
{
    bool done = seen_init(seen, &r->arena, count, r->core->secret);
    if (!done)
        request_too_large(r);
    return done;
}

bool request_text(struct request *r, const char *text, struct string *copy)
{
    *copy = STRING_NULL;
    if (text == NULL)
        return true;
    size_t len = strlen(text);
    char *memory = arena_alloc(&r->arena, len + 1);
    if (memory == NULL)
        return false;
    memcpy(memory, text, len);
    *copy = (struct string){memory, (int32_t)len};
    return true;
}

struct string request_utf8(struct request *r, struct string text)
{
    size_t len = text.len < 0 ? 0 : (size_t)text.len;
    if (utf8_valid_len((const uint8_t *)text.data, len) == len)
        return text;
    /* Each byte at worst becomes the three of U+FFFD. */
    char *copy = arena_alloc_array(&r->arena, len, 3);
    if (copy == NULL)
        return STRING_NULL;
    size_t out = utf8_repair((const uint8_t *)text.data, len, (uint8_t *)copy);
    return (struct string){copy, (int32_t)out};
}

struct string request_print(struct request *r, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    ASSERT(len >= 0);
    char *text = arena_alloc(&r->arena, (size_t)len + 1);
    if (text == NULL)
        return STRING_NULL;
    va_start(arguments, format);
    (void)vsnprintf(text, (size_t)len + 1, format, arguments);
    va_end(arguments);
    return (struct string){text, len};
}

bool request_client_host(struct request *r, struct string *host)
{
    char address[ADMISSION_ADDRESS_BYTES];
    io_peer_address(r->core->io, r->connection->socket, address);
    *host = request_print(r, "/%s", address);
    return host->len >= 0;
}

bool request_decode(struct request *r, void **message)
{
    const struct message_type *type = r->api->request;
    *message = request_take(r, 1, type->size);
    if (*message == NULL)
        return false;
    int result = message_decode(type, r->version, &r->body, &r->arena, *message);
    if (result == 0)
        return true;
    log_debug(&r->core->log, "closing a connection: %s version %d cannot be read: %s", r->api->name,
              r->version, result_sentence(result));
    request_close(r);
    return false;
}

static void request_done(struct request *r)
{
    connection_request_answered(r->connection, r);
}

void request_silent(struct request *r)
{
    r->part_count = 0;
    request_done(r);
}

void request_close(struct request *r)
{
    struct connection *c = r->connection;
    r->part_count = 0;
    connection_close(c);
    connection_request_answered(c, r);
}

/* Correlation id, and from response header version 1 on an empty set of tagged fields. */
static size_t response_header_size(const struct request *r)
{
    return api_response_header_version(r->api, r->version) >= 1 ? 5 : 4;
}

/* Into `room` bytes from `data` on. */
static int response_write(struct request *r, const void *response, uint8_t *data, size_t room,
                          struct message_splits *splits)
{
    struct writer w;
    writer_init(&w, data, room);
    write_be32(&w, 0);
    write_be32(&w, (uint32_t)r->correlation_id);
    if (response_header_size(r) > 4)
        write_u8(&w, 0);
    int result = message_encode(r->api->response, r->version, response, &w, splits);
    if (result == 0) {
        r->response = data;
        r->response_size = writer_len(&w);
    }
    return result;
}

/* The same, into `room` bytes of new memory. */
static int response_write_apart(struct request *r, const void *response, size_t room,
                                struct message_splits *splits)
{
    struct region *memory = r->core->memory;
    uint8_t *data = region_take(memory, room);
    if (data == NULL)
        return ERR_NO_MEMORY;
    int result = response_write(r, response, data, room, splits);
    if (result != 0) {
        region_give(memory, data, room);
        return result;
    }
    size_t unit = region_unit(memory);
    ASSERT(round_up(r->response_size, unit) == round_up(room, unit));
    return 0;
}

/* Behind what the arena holds: nothing more is taken from it. Only while it is as small as memory
 * apart would be, since it is kept until the answer is sent. */
static int response_write_in_arena(struct request *r, const void *response)
{
    if (r->arena.taken != region_unit(r->core->memory) || MUTANT(KEEP_ANSWER))
        return ERR_SHORT;
    size_t room = (size_t)(r->arena.end - r->arena.pos);
    int result = response_write(r, response, r->arena.pos, room, NULL);
    r->response_in_arena = result == 0;
    return result;
}

/* Most fit into what the arena has left, or into the least memory there is to take: only the others
 * are measured first. */
static int response_encode(struct request *r, const void *response, struct message_splits *splits)
{
    int result = splits == NULL ? response_write_in_arena(r, response) : ERR_SHORT;
    if (result == ERR_SHORT)
        result = response_write_apart(r, response, region_unit(r->core->memory), splits);
    if (result != ERR_SHORT)
        return result;
    if (splits != NULL)
        splits->count = 0;
    size_t body = message_size(r->api->response, r->version, response, splits != NULL);
    return response_write_apart(r, response, SIZE_PREFIX + response_header_size(r) + body, splits);
}

static void response_failed(struct request *r, int result)
{
    log_warn(&r->core->log, "closing a connection: the %s response cannot be written: %s",
             r->api->name, result_sentence(result));
    request_close(r);
}

void request_respond(struct request *r, const void *response)
{
    int result = response_encode(r, response, NULL);
    if (result != 0) {
        response_failed(r, result);
        return;
    }
    store_be32(r->response, (uint32_t)(r->response_size - SIZE_PREFIX));
    r->part = (struct iovec){r->response, r->response_size};
    r->parts = &r->part;
    r->part_count = 1;
    request_done(r);
}

/* Interleaves the encoded bytes with the records that belong at the splits. */
static void response_weave(struct request *r, const struct message_splits *splits,
                           const struct response_records *records)
{
    uint32_t count = 0;
    size_t from = 0;
    size_t total = r->response_size;
    for (uint32_t i = 0; i < splits->count; i++) {
        size_t at = splits->items[i].position;
        r->parts[count++] = (struct iovec){r->response + from, at - from};
        r->parts[count++] = records->parts[i];
        total += records->parts[i].iov_len;
        from = at;
    }
    if (from < r->response_size)
        r->parts[count++] = (struct iovec){r->response + from, r->response_size - from};
    r->part_count = count;
    store_be32(r->response, (uint32_t)(total - SIZE_PREFIX));
}

void request_respond_gather(struct request *r, const void *response,
                            const struct response_records *records)
{
    r->memories = records->memories;
    r->memory_count = records->memory_count;
    if (records->part_count == 0) {
        request_respond(r, response);
        return;
    }
    struct message_splits splits = {.capacity = records->part_count};
    splits.items = arena_alloc_array(&r->arena, splits.capacity, sizeof *splits.items);
    r->parts = arena_alloc_array(&r->arena, 2 * (size_t)records->part_count + 1, sizeof *r->parts);
    int result = ERR_NO_MEMORY;
    if (splits.items != NULL && r->parts != NULL)
        result = response_encode(r, response, &splits);
    if (result != 0) {
        response_failed(r, result);
        return;
    }
    ASSERT(splits.count == records->part_count);
    response_weave(r, &splits, records);
    request_done(r);
}
