/*
 * Arbitrary bytes on a connection: framing, headers, every request, in arbitrary cuts.
 *
 * A whole broker of two cores runs in the simulator. Each input is one connection's life: frames
 * of any API with any body, bytes that are no frame, sizes that lie, pieces of any size with time
 * in between, an end or a reset. What comes back must be whole answers that decode, to requests in
 * the order they were sent, and nothing else. The broker lives on through WORLD_INPUTS of them;
 * then it must still answer, stop cleanly, and have given back all of its memory: its cores assert
 * that of their regions and slabs, and here the heap is counted.
 *
 * Answers to produce without acks do not come; nor does one whose wait is longer than ours.
 */
#include <sanitizer/allocator_interface.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "base/region.h"
#include "base/util.h"
#include "broker/config/config.h"
#include "broker/config/options.h"
#include "broker/server.h"
#include "io/sim/sim.h"
#include "protocol/api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__asan_default_options(void);

#define WORLD_INPUTS 500
#define FRAMES_MAX 128
#define ANSWER_BYTES_MAX ((size_t)8 << 20)
#define ANSWER_ARENA ((size_t)32 << 20)
#define STEP_NS (5 * NS_PER_MS)
#define STEPS 100
#define CLIENT_ID "fuzz"
#define PORT 9092

enum command { FRAME, RAW, LIE, WAIT, READ, BREAK, COMMANDS };

struct sent {
    const struct api *api;
    int16_t version;
    int32_t correlation_id;
};

struct world {
    struct sim *sim;
    struct sim_host *broker;
    struct sim_host *clients;
    struct sim_thread *main; /* of the broker */
    bool running;
    int code; /* what its main thread ended with */
    uint32_t inputs;
};

/* What is allocated while the target runs: libFuzzer's own memory does not count. */
static struct heap_watch {
    bool watching;
    bool known;
    int64_t live; /* bytes */
    int64_t kept; /* what a world leaves behind, once: the C library keeps some */
} heap;

/* One connection. */
struct fuzz {
    struct world *world;
    struct reader input;
    struct sim_peer *peer;
    uint8_t piece; /* bytes written at once, 0: all */
    bool broken;   /* nothing more can be written or read */
    bool lied;     /* what is sent from here on are no frames of ours */
    struct sent sent[FRAMES_MAX];
    uint32_t sent_count;
    uint32_t answered; /* all of them below this, or they will not be */
    uint8_t *in;
    size_t in_len;
};

/* The simulator's threads have stacks that the leak checker does not look at. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static void note_malloc(const volatile void *memory, size_t size)
{
    (void)memory;
    if (heap.watching)
        heap.live += (int64_t)size;
}

static void note_free(const volatile void *memory)
{
    if (heap.watching && memory != NULL)
        heap.live -= (int64_t)__sanitizer_get_allocated_size(memory);
}

static bool is_settled(void *peer)
{
    return sim_peer_state(peer) != ERR_BUSY;
}

/* Answers. */

static void check_answer(const struct sent *sent, struct bytes answer)
{
    struct region *region = region_new(ANSWER_ARENA, 4096);
    struct arena arena;
    struct reader reader;
    arena_init(&arena, region, ANSWER_ARENA);
    reader_init(&reader, answer.data, answer.len);
    read_skip(&reader, 4);
    if (api_response_header_version(sent->api, sent->version) >= 1)
        ASSERT(read_u8(&reader) == 0);
    int16_t version = sent->version;
    /* An ApiVersions request of an unknown version is answered in version 0 (KIP-511). */
    if (sent->api->key == API_API_VERSIONS && version > sent->api->version_max)
        version = 0;
    void *message = mem_alloc(sent->api->response->size);
    int result = message_decode(sent->api->response, version, &reader, &arena, message);
    ASSERT(result == 0 && reader_left(&reader) == 0);
    mem_free(message);
    arena_reset(&arena);
    region_free(region);
}

/* Raw bytes may have been a request, too: then only the shape of what comes is known. */
static void take_answer(struct fuzz *f, struct bytes answer)
{
    ASSERT(answer.len >= 4);
    int32_t id = (int32_t)load_be32(answer.data);
    uint32_t i = f->answered;
    while (i < f->sent_count && f->sent[i].correlation_id != id)
        i++;
    if (i == f->sent_count) {
        ASSERT(f->lied);
        return;
    }
    if (!f->lied)
        check_answer(&f->sent[i], answer);
    f->answered = i + 1;
}

static void take_answers(struct fuzz *f)
{
    size_t at = 0;
    while (f->in_len - at >= 4) {
        size_t len = load_be32(f->in + at);
        ASSERT(len <= ANSWER_BYTES_MAX - 4);
        if (f->in_len - at < 4 + len)
            break;
        take_answer(f, (struct bytes){f->in + at + 4, len});
        at += 4 + len;
    }
    memmove(f->in, f->in + at, f->in_len - at);
    f->in_len -= at;
}

static void read_answers(struct fuzz *f)
{
    for (;;) {
        int64_t n = sim_peer_read(f->peer, f->in + f->in_len, ANSWER_BYTES_MAX - f->in_len);
        if (n <= 0) {
            f->broken = f->broken || n != ERR_BUSY;
            return;
        }
        f->in_len += (size_t)n;
        take_answers(f);
    }
}

/* Requests. */

static void write_piece(struct fuzz *f, const uint8_t *data, size_t len)
{
    for (int i = 0; len > 0 && i < STEPS && !f->broken; i++) {
        int64_t n = sim_peer_write(f->peer, data, len);
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        } else if (n != ERR_BUSY) {
            f->broken = true;
        } else {
            read_answers(f);
            sim_run(f->world->sim, STEP_NS);
        }
    }
    f->lied = f->lied || len > 0;
}

static void write_all(struct fuzz *f, const uint8_t *data, size_t len)
{
    while (len > 0 && !f->broken) {
        size_t n = f->piece == 0 ? len : MIN(len, (size_t)f->piece);
        write_piece(f, data, n);
        data += n;
        len -= n;
        if (f->piece != 0)
            sim_run(f->world->sim, NS_PER_MS / 10);
    }
}

/* A frame of a served API in any version, one that is not served included. */
static void send_frame(struct fuzz *f)
{
    size_t count;
    const struct api *apis = api_all(&count);
    const struct api *api = &apis[read_u8(&f->input) % count];
    int16_t version = (int16_t)(read_u8(&f->input) % (api->version_max + 2));
    size_t len = read_be16(&f->input);
    struct bytes body = read_bytes(&f->input, MIN(len, reader_left(&f->input)));
    uint8_t *frame = mem_alloc(body.len + 64);
    struct writer w;
    if (f->sent_count == FRAMES_MAX)
        return;
    f->sent[f->sent_count] = (struct sent){api, version, 1000 + (int32_t)f->sent_count};
    writer_init(&w, frame, body.len + 64);
    write_be32(&w, 0);
    write_be16(&w, (uint16_t)api->key);
    write_be16(&w, (uint16_t)version);
    write_be32(&w, (uint32_t)f->sent[f->sent_count].correlation_id);
    write_be16(&w, sizeof CLIENT_ID - 1);
    write_bytes(&w, CLIENT_ID, sizeof CLIENT_ID - 1);
    if (api_request_header_version(api, version) >= 2)
        write_u8(&w, 0);
    if (body.len > 0)
        write_bytes(&w, body.data, body.len);
    store_be32(frame, (uint32_t)(writer_len(&w) - 4));
    f->sent_count++;
    write_all(f, frame, writer_len(&w));
    mem_free(frame);
}

static void send_raw(struct fuzz *f)
{
    size_t len = read_u8(&f->input);
    struct bytes bytes = read_bytes(&f->input, MIN(len, reader_left(&f->input)));
    f->lied = true;
    write_all(f, bytes.data, bytes.len);
}

/* A size, and what follows is its frame or not. */
static void send_lie(struct fuzz *f)
{
    uint8_t size[4];
    read_copy(&f->input, size, sizeof size);
    f->lied = true;
    write_all(f, size, sizeof size);
}

static void run_command(struct fuzz *f)
{
    switch (read_u8(&f->input) % COMMANDS) {
    case FRAME:
        send_frame(f);
        break;
    case RAW:
        send_raw(f);
        break;
    case LIE:
        send_lie(f);
        break;
    case WAIT:
        sim_run(f->world->sim, NS_PER_MS * read_u8(&f->input));
        break;
    case READ:
        read_answers(f);
        break;
    case BREAK:
        if (read_u8(&f->input) % 2 == 0)
            sim_peer_end(f->peer);
        else
            sim_peer_reset(f->peer);
        f->broken = true;
        break;
    }
}

static void wait_for_answers(struct fuzz *f)
{
    for (int i = 0; i < STEPS && f->answered < f->sent_count && !f->broken; i++) {
        sim_run(f->world->sim, STEP_NS);
        read_answers(f);
    }
    ASSERT(f->world->running);
}

static void connection_begin(struct fuzz *f)
{
    f->peer = sim_peer_connect(f->world->clients, "broker", PORT);
    bool settled = sim_run_until(f->world->sim, is_settled, f->peer, NS_PER_S);
    ASSERT(settled && sim_peer_state(f->peer) == 0);
    f->in = mem_alloc(ANSWER_BYTES_MAX);
}

static void connection_end(struct fuzz *f)
{
    sim_peer_close(f->peer);
    mem_free(f->in);
    sim_run(f->world->sim, STEP_NS);
}

/* Worlds. */

/* Answers this one request, whatever came before it. */
static void call(struct world *world, const uint8_t *input, size_t len)
{
    struct fuzz f = {.world = world};
    reader_init(&f.input, input, len);
    connection_begin(&f);
    send_frame(&f);
    for (int i = 0; i < STEPS && f.answered == 0; i++) {
        sim_run(world->sim, 10 * STEP_NS);
        read_answers(&f);
    }
    ASSERT(f.answered == 1);
    connection_end(&f);
}

static uint8_t index_of(int16_t key)
{
    size_t count;
    const struct api *apis = api_all(&count);
    uint8_t i = 0;
    while (apis[i].key != key)
        i++;
    return i;
}

static void probe(struct world *world)
{
    const uint8_t ask[] = {index_of(API_API_VERSIONS), 0, 0, 0};
    call(world, ask, sizeof ask);
}

/* Topic "t" of three partitions, in CreateTopics version 2. */
static void create_topic(struct world *world)
{
    static const uint8_t body[] = "\0\0\0\1\0\1t\0\0\0\3\0\1\0\0\0\0\0\0\0\0\0\0\x13\x88";
    uint8_t ask[4 + sizeof body] = {index_of(API_CREATE_TOPICS), 2, 0, sizeof body};
    memcpy(ask + 4, body, sizeof body);
    call(world, ask, sizeof ask);
}

static void swallow(void *context, enum log_level level, const char *line, size_t len)
{
    (void)context;
    (void)level;
    (void)line;
    (void)len;
}

/* What the program's main function does. */
static void broker_main(void *context)
{
    static char *argv[] = {
        "odradek",
        "--data",
        "/data",
        "--listen",
        "broker:9092",
        "--cores",
        "2",
        "--set",
        "odradek.memory.bytes=33554432",
        "--set",
        "odradek.wal.file.bytes=8388608",
        "--set",
        "odradek.wal.max.bytes=67108864",
    };
    struct world *world = context;
    struct options options;
    struct config *config;
    struct config_notes notes = {0};
    char message[OPTIONS_MESSAGE_MAX];
    const struct log log = {.level = LOG_INFO, .scope = "fuzz", .sink = swallow};
    int result = options_parse((int)ARRAY_LENGTH(argv), argv, &options, message, sizeof message);
    ASSERT(result == 0);
    struct config_input input = {&options, {NULL, 0}};
    result = config_load(&input, &notes, &config);
    ASSERT(result == 0);
    config_notes_fini(&notes);
    options_fini(&options);
    world->code = server_run(config, &log);
    config_free(config);
    world->running = false;
}

static bool has_ended(void *context)
{
    return !((struct world *)context)->running;
}

static void world_begin(struct world *world)
{
    struct sim_options options;
    sim_options_init(&options, 1);
    world->sim = sim_new(&options);
    world->broker = sim_host_new(world->sim, "broker");
    world->clients = sim_host_new(world->sim, "clients");
    world->running = true;
    world->main = sim_thread_start(world->broker, broker_main, world);
    sim_run(world->sim, NS_PER_S);
    create_topic(world);
}

static void world_end(struct world *world)
{
    probe(world);
    sim_host_stop(world->broker);
    bool ended = sim_run_until(world->sim, has_ended, world, 60 * NS_PER_S);
    ASSERT(ended && world->code == 0);
    sim_thread_join(world->main);
    sim_free(world->sim);
    world->sim = NULL;
    world->inputs = 0;
    ASSERT(!heap.known || heap.live == heap.kept);
    heap.kept = heap.live;
    heap.known = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    struct fuzz f = {.world = &world};
    if (size < 2)
        return 0;
    crc32c_init();
    static bool begun;
    if (!begun)
        __sanitizer_install_malloc_and_free_hooks(note_malloc, note_free);
    begun = true;
    heap.watching = true;
    if (world.sim == NULL)
        world_begin(&world);
    reader_init(&f.input, data, size);
    f.piece = read_u8(&f.input);
    connection_begin(&f);
    while (reader_left(&f.input) > 0 && !f.broken)
        run_command(&f);
    wait_for_answers(&f);
    connection_end(&f);
    if (++world.inputs == WORLD_INPUTS)
        world_end(&world);
    heap.watching = false;
    return 0;
}
