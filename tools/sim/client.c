/* Connections of simulated clients; see the header. */
#include "tools/sim/client.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

#define DEAR_CODEC_RATE 250
#define REGION_BYTES (64 * MIB)
#define REGION_UNIT (4 * KIB)
#define ANSWER_BYTES_MAX (64 * MIB)
#define DIAL_NS_MAX (10 * NS_PER_S)
#define REDIAL_NS_MIN (5 * NS_PER_MS)
#define REDIAL_NS_MAX (200 * NS_PER_MS)
#define SCRATCH_BYTES (4 * MIB)
/* So long after the last fault its traces may still show. */
#define AFTERMATH_NS (5 * NS_PER_S)

static uint64_t party_step(struct io_loop *loop)
{
    struct party *party = CONTAINER_OF(loop, struct party, loop);
    heap_run(&party->timers, io_now(party->io));
    return heap_next(&party->timers);
}

static bool party_has_work(struct io_loop *loop)
{
    (void)loop;
    return false;
}

void party_init(struct party *party, struct io *io, struct model *model, uint64_t seed)
{
    *party = (struct party){
        .loop = {party_step, party_has_work},
        .io = io,
        .model = model,
        .host = "broker",
        .calm_ns = IO_NEVER,
        .prompt_ns = IO_NEVER,
        .wall_start_ms = io_wall_ms(io) - (int64_t)(io_now(io) / NS_PER_MS),
    };
    heap_init(&party->timers, 64);
    list_init(&party->clients);
    party->memory = region_new(REGION_BYTES, REGION_UNIT);
    party->compressor = compressor_new();
    party->scratch = (struct batch_scratch){mem_map_raw(SCRATCH_BYTES), SCRATCH_BYTES};
    prng_init(&party->prng, seed);
}

void party_fini(struct party *party)
{
    mem_unmap_raw(party->scratch.data, SCRATCH_BYTES);
    compressor_free(party->compressor);
    region_free(party->memory);
    heap_fini(&party->timers);
}

void party_set_timer(struct party *party, struct timer *timer, uint64_t delay_ns)
{
    heap_set(&party->timers, timer, io_now(party->io) + delay_ns);
}

uint64_t party_random(struct party *party, uint64_t low, uint64_t high)
{
    ASSERT(low <= high);
    return low + prng_below(&party->prng, high - low + 1);
}

int64_t party_wall_ms_at(const struct party *party, uint64_t at_ns)
{
    return party->wall_start_ms + (int64_t)(at_ns / NS_PER_MS);
}

int64_t party_wall_ms(const struct party *party)
{
    return party_wall_ms_at(party, io_now(party->io));
}

bool party_chance(struct party *party, uint32_t rate)
{
    return party_random(party, 1, 1000) <= rate;
}

enum compression party_codec(struct party *party)
{
    static const enum compression dear[] = {COMPRESSION_GZIP, COMPRESSION_ZSTD};
    static const enum compression cheap[] = {COMPRESSION_SNAPPY, COMPRESSION_LZ4};
    const enum compression *codecs = party_chance(party, DEAR_CODEC_RATE) ? dear : cheap;
    return codecs[party_random(party, 0, ARRAY_LENGTH(dear) - 1)];
}

void party_calm(struct party *party)
{
    party->calm_ns = MIN(party->calm_ns, io_now(party->io));
}

void party_prompt(struct party *party, bool prompt, uint64_t started_ns)
{
    uint64_t now = io_now(party->io);
    party->prompt_ns = prompt ? MIN(party->prompt_ns, now) : IO_NEVER;
    if (!prompt)
        return;
    LIST_EACH(node, &party->clients) {
        const struct client *client = LIST_ENTRY(node, const struct client, node);
        const struct client_call *oldest =
            LIST_FIRST(&client->waiting, const struct client_call, node);
        if (client->state != CLIENT_OPEN || oldest == NULL || !oldest->changes ||
            oldest->sent_ns < started_ns)
            continue;
        uint64_t since = MAX(oldest->sent_ns, MAX(party->prompt_ns, client->alive_ns));
        if (now - since > CLIENT_PROMPT_NS)
            model_break(party->model, "a call of %s waits, and a full disk at most is in the way",
                        oldest->answer_type->name);
    }
}

void party_lively(struct party *party, bool lively, uint64_t started_ns)
{
    uint64_t now = io_now(party->io);
    LIST_EACH(node, &party->clients) {
        const struct client *client = LIST_ENTRY(node, const struct client, node);
        struct client_call *oldest = LIST_FIRST(&client->waiting, struct client_call, node);
        if (oldest == NULL || (oldest->owed == NULL && !oldest->changes))
            continue;
        bool owes = lively && client->state == CLIENT_OPEN && client->heard &&
                    oldest->sent_ns >= started_ns && (oldest->owed == NULL || oldest->owed(oldest));
        if (!owes)
            oldest->owed_ns = 0;
        else if (oldest->owed_ns == 0)
            oldest->owed_ns = now;
        else if (now - MAX(oldest->owed_ns, client->alive_ns) > CLIENT_LIVELY_NS)
            model_break(party->model, "a call of %s waits although what it waits for is there",
                        oldest->answer_type->name);
    }
}

static bool call_changes(int16_t api_key)
{
    switch (api_key) {
    case API_PRODUCE:
    case API_OFFSET_COMMIT:
    case API_CREATE_TOPICS:
    case API_DELETE_TOPICS:
    case API_CREATE_PARTITIONS:
    case API_DELETE_RECORDS:
    case API_INIT_PRODUCER_ID:
    case API_INCREMENTAL_ALTER_CONFIGS:
        return true;
    default:
        return false;
    }
}

static void client_pump(struct client *client);

static void call_end(struct client_call *call, const void *answer)
{
    ASSERT(call->active);
    call->active = false;
    mem_free(call->frame);
    call->frame = NULL;
    call->done(call, answer);
}

static void calls_fail(struct list *calls)
{
    struct list failed;
    list_init(&failed);
    list_append(&failed, calls);
    struct list *node;
    while ((node = list_pop_front(&failed)) != NULL)
        call_end(LIST_ENTRY(node, struct client_call, node), NULL);
}

static void client_closed(struct io_op *op, const struct io_event *event)
{
    (void)event;
    struct client *client = CONTAINER_OF(op, struct client, close);
    client->state = CLIENT_CLOSED;
    client->received_len = 0;
    client->party->open--;
    struct party *party = client->party;
    if (!party->leaving)
        party_set_timer(party, &client->redial, party_random(party, REDIAL_NS_MIN, REDIAL_NS_MAX));
    calls_fail(&client->waiting);
    /* Those that were not sent yet, too: their order is the caller's, and what has just failed may
     * have to go before them. */
    calls_fail(&client->queued);
}

void client_break(struct client *client)
{
    if (client->state != CLIENT_OPEN)
        return;
    client->state = CLIENT_CLOSING;
    heap_cancel(&client->party->timers, &client->impatience);
    client->close.done = client_closed;
    io_close(client->party->io, &client->close, client->socket);
}

void client_abandon(struct client *client)
{
    if (client->state == CLIENT_DIALING)
        io_cancel(client->party->io, &client->op);
    client_break(client);
    calls_fail(&client->queued);
}

void party_leave(struct party *party)
{
    party->leaving = true;
    LIST_EACH(node, &party->clients) {
        struct client *client = LIST_ENTRY(node, struct client, node);
        if (client->state == CLIENT_CLOSED)
            calls_fail(&client->queued);
        else if (client->state == CLIENT_DIALING)
            io_cancel(party->io, &client->op);
        else
            client_break(client);
    }
}

static void client_impatient(struct timer *timer)
{
    struct client *client = CONTAINER_OF(timer, struct client, impatience);
    struct party *party = client->party;
    const struct client_call *oldest = LIST_FIRST(&client->waiting, struct client_call, node);
    party->patience++;
    if (oldest != NULL && oldest->sent_ns >= party->calm_ns)
        model_break(party->model,
                    "a call of %s was not answered in 60 s, and nothing is in the way",
                    oldest->answer_type->name);
    if (client->state == CLIENT_DIALING)
        io_cancel(client->party->io, &client->op);
    else
        client_break(client);
}

/* The oldest call decides when patience ends. */
static void client_arm(struct client *client)
{
    struct party *party = client->party;
    if (list_empty(&client->waiting)) {
        /* A send to a peer that has gone may never end. */
        if (client->frame != NULL)
            party_set_timer(party, &client->impatience, CLIENT_PATIENCE_NS);
        else
            heap_cancel(&party->timers, &client->impatience);
        return;
    }
    const struct client_call *oldest = LIST_ENTRY(client->waiting.next, struct client_call, node);
    heap_set(&party->timers, &client->impatience, oldest->sent_ns + CLIENT_PATIENCE_NS);
}

static void client_answer(struct client *client, struct bytes frame)
{
    struct party *party = client->party;
    struct reader reader;
    struct arena arena;
    reader_init(&reader, frame.data, frame.len);
    int32_t id = (int32_t)read_be32(&reader);
    struct list *node = list_pop_front(&client->waiting);
    struct client_call *call = node == NULL ? NULL : LIST_ENTRY(node, struct client_call, node);
    if (call == NULL || call->correlation_id != id) {
        model_break(party->model, "an answer came with correlation id %d, it should be %d", id,
                    call == NULL ? -1 : call->correlation_id);
        if (call != NULL)
            call_end(call, NULL);
        return;
    }
    client_arm(client);
    const struct message_type *type = call->answer_type;
    if (call->version >= type->flexible_since && type != &api_versions_response_type)
        message_skip_tags(&reader);
    arena_init(&arena, party->memory, ANSWER_BYTES_MAX);
    void *answer = arena_alloc(&arena, type->size);
    if (message_decode(type, call->version, &reader, &arena, answer) != 0 ||
        reader_left(&reader) != 0) {
        model_break(party->model, "an answer to %s version %d cannot be read", type->name,
                    call->version);
        answer = NULL;
    }
    call_end(call, answer);
    arena_reset(&arena);
}

/* The whole answers at the front of `in`; their bytes. */
static size_t client_take_answers(struct client *client, struct bytes in)
{
    size_t at = 0;
    while (client->state == CLIENT_OPEN && in.len - at >= 4) {
        uint32_t size = load_be32(in.data + at);
        if (size < 4 || size > ANSWER_BYTES_MAX) {
            model_break(client->party->model, "an answer has the size %u", size);
            break;
        }
        if (in.len - at - 4 < size)
            break;
        client_answer(client, (struct bytes){in.data + at + 4, size});
        at += 4 + size;
    }
    return at;
}

/* Bytes of an answer that is not whole yet. */
static void client_keep(struct client *client, struct bytes rest)
{
    size_t needed = client->received_len + rest.len;
    if (needed > client->received_capacity) {
        size_t capacity = MAX(client->received_capacity * 2, MAX(needed, 16 * KIB));
        uint8_t *received = mem_alloc_raw(capacity);
        if (client->received_len > 0)
            memcpy(received, client->received, client->received_len);
        mem_free(client->received);
        client->received = received;
        client->received_capacity = capacity;
    }
    if (rest.len > 0)
        memcpy(client->received + client->received_len, rest.data, rest.len);
    client->received_len = needed;
}

static void client_take(struct client *client, const struct io_buffer *buffer)
{
    struct bytes in = {buffer->data, buffer->len};
    client->alive_ns = io_now(client->party->io);
    client->heard = true;
    /* Most answers come whole. */
    if (client->received_len == 0) {
        size_t taken = client_take_answers(client, in);
        client_keep(client, (struct bytes){in.data + taken, in.len - taken});
        return;
    }
    client_keep(client, in);
    in = (struct bytes){client->received, client->received_len};
    size_t taken = client_take_answers(client, in);
    memmove(client->received, client->received + taken, in.len - taken);
    client->received_len = in.len - taken;
}

/* The other side, or the network, has ended the connection. One of before the calm that has been
 * silent since may have died in the trouble: who rests is not told, and finds out when he sends. */
static void client_lost(struct client *client)
{
    struct party *party = client->party;
    bool calm = party->calm_ns != IO_NEVER && io_now(party->io) > party->calm_ns + AFTERMATH_NS;
    bool lived = client->alive_ns >= party->calm_ns;
    if (client->state == CLIENT_OPEN && calm && lived && !client->may_be_closed)
        model_break(party->model, "a connection broke, and nothing is in the way");
    client_break(client);
}

static void client_received(struct io_op *op, const struct io_event *event)
{
    struct client *client = CONTAINER_OF(op, struct client, op);
    if (event->buffer != NULL) {
        if (client->state == CLIENT_OPEN)
            client_take(client, event->buffer);
        io_recv_release(client->party->io, event->buffer);
    }
    if (!event->last)
        return;
    if (event->value == ERR_BUSY && client->state == CLIENT_OPEN)
        io_recv(client->party->io, &client->op, client->socket);
    else
        client_lost(client);
}

static void client_sent(struct io_op *op, const struct io_event *event)
{
    struct client *client = CONTAINER_OF(op, struct client, send);
    struct client_call *silent = client->silent;
    mem_free(client->frame);
    client->frame = NULL;
    client->silent = NULL;
    if (client->state == CLIENT_OPEN)
        client_arm(client);
    if (silent != NULL)
        call_end(silent, NULL);
    if (event->value < 0)
        client_break(client);
    else
        client_pump(client);
}

static void client_connected(struct io_op *op, const struct io_event *event)
{
    struct client *client = CONTAINER_OF(op, struct client, op);
    struct party *party = client->party;
    heap_cancel(&party->timers, &client->impatience);
    if (event->value < 0) {
        client->state = CLIENT_CLOSED;
        party->open--;
        if (!party->leaving)
            party_set_timer(party, &client->redial,
                            party_random(party, REDIAL_NS_MIN, REDIAL_NS_MAX));
        else
            calls_fail(&client->queued);
        return;
    }
    client->state = CLIENT_OPEN;
    client->alive_ns = io_now(client->party->io);
    client->heard = false;
    client->socket = (int)event->value;
    client->op.done = client_received;
    io_recv(party->io, &client->op, client->socket);
    if (party->leaving)
        client_break(client);
    else
        client_pump(client);
}

static void client_dial(struct client *client)
{
    struct party *party = client->party;
    client->op.done = client_connected;
    if (io_connect(party->io, &client->op, party->host, party->port) != 0) {
        party_set_timer(party, &client->redial, REDIAL_NS_MAX);
        return;
    }
    client->state = CLIENT_DIALING;
    party->open++;
    party_set_timer(party, &client->impatience, DIAL_NS_MAX);
}

static void client_redial(struct timer *timer)
{
    struct client *client = CONTAINER_OF(timer, struct client, redial);
    if (client->state == CLIENT_CLOSED && !client->party->leaving && !list_empty(&client->queued))
        client_dial(client);
}

static void client_pump(struct client *client)
{
    if (client->state == CLIENT_CLOSED && !timer_armed(&client->redial) &&
        !list_empty(&client->queued))
        client_dial(client);
    if (client->state != CLIENT_OPEN || client->frame != NULL)
        return;
    struct list *node = list_pop_front(&client->queued);
    if (node == NULL)
        return;
    struct client_call *call = LIST_ENTRY(node, struct client_call, node);
    call->sent_ns = io_now(client->party->io);
    client->party->calls++;
    client->frame = call->frame;
    client->part = (struct iovec){call->frame, call->len};
    call->frame = NULL;
    if (call->silent)
        client->silent = call;
    else
        list_push_back(&client->waiting, &call->node);
    client_arm(client);
    client->send.done = client_sent;
    io_send(client->party->io, &client->send, client->socket, &client->part, 1);
}

void client_init(struct client *client, struct party *party)
{
    *client = (struct client){.party = party};
    list_push_back(&party->clients, &client->node);
    list_init(&client->queued);
    list_init(&client->waiting);
    timer_init(&client->redial, client_redial);
    timer_init(&client->impatience, client_impatient);
}

void client_fini(struct client *client)
{
    ASSERT(client->state == CLIENT_CLOSED);
    heap_cancel(&client->party->timers, &client->redial);
    list_remove(&client->node);
    mem_free(client->received);
}

uint8_t *client_encode(const struct client_frame *frame, const void *request, size_t *len)
{
    const struct api *api = api_find(frame->api_key);
    ASSERT(api != NULL);
    struct writer w;
    size_t capacity = 64 + message_size(api->request, frame->version, request, false);
    uint8_t *data = mem_alloc_raw(capacity);
    writer_init(&w, data, capacity);
    write_be32(&w, 0);
    write_be16(&w, (uint16_t)frame->api_key);
    write_be16(&w, (uint16_t)frame->version);
    write_be32(&w, (uint32_t)frame->correlation_id);
    write_be16(&w, UINT16_MAX);
    if (frame->version >= api->request->flexible_since)
        write_u8(&w, 0);
    int result = message_encode(api->request, frame->version, request, &w, NULL);
    ASSERT(result == 0);
    *len = writer_len(&w);
    store_be32(data, (uint32_t)(*len - 4));
    return data;
}

void client_call(struct client *client, struct client_call *call, int16_t api_key, int16_t version,
                 const void *request)
{
    ASSERT(!call->active && call->done != NULL);
    struct client_frame frame = {api_key, version, client->next_correlation_id++};
    call->frame = client_encode(&frame, request, &call->len);
    call->active = true;
    call->owed_ns = 0;
    call->version = version;
    call->changes = call_changes(api_key);
    call->answer_type = api_find(api_key)->response;
    call->correlation_id = frame.correlation_id;
    list_push_back(&client->queued, &call->node);
    if (client->party->leaving && client->state == CLIENT_CLOSED)
        calls_fail(&client->queued);
    else
        client_pump(client);
}
