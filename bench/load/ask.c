/* Questions; each runs io's loop until its answer is there. */
#include "bench/load/ask.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "bench/load/frame.h"

#define MEMORY_BYTES (64 * MIB)
#define DIAL_NS (5 * NS_PER_S)

static uint64_t ask_step(struct io_loop *loop)
{
    struct ask *ask = CONTAINER_OF(loop, struct ask, loop);
    if (ask->waiting && io_now(ask->io) >= ask->deadline_ns) {
        ask->deadline_ns = IO_NEVER;
        wire_break(&ask->wire, ERR_TIMEOUT);
    }
    if (!ask->waiting)
        io_stop(ask->io);
    return ask->deadline_ns;
}

static bool ask_has_work(struct io_loop *loop)
{
    (void)loop;
    return false;
}

static void ask_changed(struct wire *wire, int result)
{
    struct ask *ask = CONTAINER_OF(wire, struct ask, wire);
    if (ask->waiting && ask->api == NULL) {
        ask->waiting = false;
        ask->result = result == ERR_CANCELED ? ERR_TIMEOUT : result;
    }
}

static void ask_answered(struct wire_call *call, int result, struct bytes answer)
{
    struct ask *ask = CONTAINER_OF(call, struct ask, call);
    struct reader r;
    reader_init(&r, answer.data, answer.len);
    if (result == 0) {
        read_skip(&r, 4);
        if (api_response_header_version(ask->api, ask->version) > 0)
            message_skip_tags(&r);
        ask->answer = arena_alloc(&ask->arena, ask->api->response->size);
        /* What is decoded points into the answer, which lives on in the arena. */
        uint8_t *copy = arena_alloc(&ask->arena, reader_left(&r) + 1);
        if (copy == NULL || ask->answer == NULL) {
            result = ERR_TOO_LARGE;
        } else {
            memcpy(copy, r.pos, reader_left(&r));
            reader_init(&r, copy, reader_left(&r));
            result = message_decode(ask->api->response, ask->version, &r, &ask->arena, ask->answer);
        }
    }
    ask->result = result;
    ask->waiting = false;
    ask->api = NULL;
}

static void ask_wait(struct ask *ask, uint64_t timeout_ns)
{
    ask->waiting = true;
    ask->deadline_ns = io_now_precise(ask->io) + timeout_ns;
    io_run(ask->io, &ask->loop);
    ask->deadline_ns = IO_NEVER;
}

int ask_call(struct ask *ask, const struct ask_question *question, void **answer)
{
    arena_reset(&ask->arena);
    if (ask->wire.state != WIRE_OPEN)
        return ERR_CLOSED;
    const struct api *api = api_find(question->key);
    ASSERT(api != NULL);
    size_t size = frame_size(api, question->version, question->request);
    uint8_t *memory = mem_alloc(size);
    int64_t len = frame_encode(memory, size, api, question->version, question->request);
    if (len < 0) {
        mem_free(memory);
        return (int)len;
    }
    ask->api = api;
    ask->version = question->version;
    ask->call = (struct wire_call){.done = ask_answered, .part = {memory, (size_t)len}};
    wire_call(&ask->wire, &ask->call);
    ask_wait(ask, question->timeout_ns);
    mem_free(memory);
    *answer = ask->answer;
    return ask->result;
}

/* Version 0 of ApiVersions is understood by every broker there is. */
static int ask_versions(struct ask *ask)
{
    struct api_versions_request request = {0};
    void *answer = NULL;
    int result =
        ask_call(ask, &(struct ask_question){API_API_VERSIONS, 0, &request, DIAL_NS}, &answer);
    if (result != 0)
        return result;
    const struct api_versions_response *versions = answer;
    for (int32_t i = 0; i < versions->api_keys.count; i++) {
        const struct api_versions_response_api_version *api = &versions->api_keys.items[i];
        if (api->api_key < 0 || api->api_key >= ASK_APIS)
            continue;
        ask->version_min[api->api_key] = api->min_version;
        ask->version_max[api->api_key] = api->max_version;
    }
    return 0;
}

int ask_open(struct ask *ask, struct io *io, const char *host, uint16_t port, struct sentence *why)
{
    *ask = (struct ask){.loop = {ask_step, ask_has_work}, .io = io, .deadline_ns = IO_NEVER};
    wire_init(&ask->wire, io, &ask->clock, ask_changed);
    ask->memory = region_new(MEMORY_BYTES, 4 * KIB);
    arena_init(&ask->arena, ask->memory, MEMORY_BYTES);
    for (int i = 0; i < ASK_APIS; i++)
        ask->version_max[i] = -1;
    int result = wire_dial(&ask->wire, host, port);
    if (result == ERR_NOT_FOUND) {
        sentence_set(why, "the name '%s' is unknown", host);
        return result;
    }
    if (result == 0) {
        ask_wait(ask, DIAL_NS);
        result = ask->result;
    }
    if (result != 0) {
        sentence_set(why, "no broker answers at %s:%u: %s", host, port,
                     result == ERR_IO || result == ERR_CLOSED ? "the connection is refused"
                                                              : result_sentence(result));
        return result;
    }
    result = ask_versions(ask);
    if (result != 0)
        sentence_set(why, "what answers at %s:%u is no Kafka broker: %s", host, port,
                     result_sentence(result));
    return result;
}

void ask_close(struct ask *ask)
{
    if (ask->wire.state == WIRE_OPEN) {
        wire_break(&ask->wire, ERR_CANCELED);
        ask->waiting = true;
        ask->api = NULL;
        ask_wait(ask, DIAL_NS);
    }
    wire_fini(&ask->wire);
    arena_reset(&ask->arena);
    region_free(ask->memory);
}

int ask_version(const struct ask *ask, int16_t key, int16_t most)
{
    const struct api *api = api_find(key);
    int16_t least = MAX(api->version_min, ask->version_min[key]);
    int16_t newest = MIN(MIN(most, api->version_max), ask->version_max[key]);
    return newest < least ? ERR_UNSUPPORTED : newest;
}
