/*
 * The fetch path: ask every owner what there is, wait until it is enough, share out, read.
 *
 * Each owner of asked partitions gets one probe: a call that carries its partitions, and comes back
 * with their state. When all probes are back, the available bytes are held against min_bytes. Not
 * enough yet: the probes go out again as watches, each of which comes back when one of its
 * partitions moves, or when it is told to. So partitions wait together, on every core at once, and
 * what ends the wait is always an event: data, an error, the deadline, the end of the connection.
 *
 * Then max_bytes is shared out in the order of the request, memory is taken here, and each owner
 * reads into it. The first batch comes whole, whatever the limits.
 *
 * Sessions are not kept: every request is a full one, and is told so by session id 0.
 */
#include "broker/fetch.h"

#include "base/assert.h"
#include "broker/connection.h"
#include "broker/core.h"
#include "broker/handlers.h"
#include "broker/server.h"
#include "partition/partition.h"
#include "protocol/batch.h"
#include "protocol/errors.h"

#define FETCH_VERSION_TOPIC_ID 13
#define FETCH_VERSION_REPLICA_STATE 15
#define FETCH_WAIT_MS_MAX 3600000
#define CORES_MAX 64

struct fetch_state;
struct fetch_probe;

/* One partition of the request. */
struct fetch_part {
    struct core_call call; /* for the read; first */
    struct fetch_state *state;
    struct fetch_probe *probe;
    struct fetch_part *next_of_owner;
    const struct fetch_request_partition *asked;
    struct fetch_response_partition_data *answer;
    struct uuid topic_id;
    int16_t error;
    struct partition_state there; /* from the probe */
    struct partition_watch watch; /* the owner's, while the probe waits there */
    uint32_t allotted;
    void *memory; /* of the connection's core */
    size_t memory_size;
    struct partition_read read;
    bool reread; /* once more, with room for the whole first batch */
};

/* The request's partitions of one owner. */
struct fetch_probe {
    struct core_call call; /* first */
    struct fetch_state *state;
    unsigned owner;
    struct fetch_part *parts;
    bool out;              /* not back yet */
    bool watching;         /* come back only when something moves */
    bool parked;           /* on the owner, while it watches */
    struct core_call wake; /* tells a watching probe to come back */
    bool wake_out;
    struct core *core; /* the owner, for watches */
};

struct fetch_state {
    struct request *request;
    struct list wait_node; /* core->fetch_waits */
    struct request_wait wait;
    const struct fetch_request *body;
    struct fetch_response response;
    struct fetch_part *parts;
    uint32_t part_count;
    struct fetch_probe *probes;
    uint32_t probe_count;
    uint32_t out; /* probes or reads that are not back, and wakes */
    bool waiting;
    bool deadline_over;
    struct timer deadline;
};

/* On the owner. */

static struct partition *part_partition(struct core *core, const struct fetch_part *part)
{
    struct image_topic *topic = image_topic_with_id(&core->image, part->topic_id);
    struct image_partition *place =
        topic == NULL ? NULL : image_partition_at(topic, part->asked->partition);
    return place == NULL ? NULL : place->partition;
}

static int16_t probe_error(const struct partition *p, int result)
{
    if (result == ERR_OUT_OF_RANGE)
        return KAFKA_OFFSET_OUT_OF_RANGE;
    if (result == ERR_OFFLINE)
        return p->deleted ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION : KAFKA_KAFKA_STORAGE_ERROR;
    return result == 0 ? KAFKA_NONE : KAFKA_UNKNOWN_SERVER_ERROR;
}

/* The epoch a consumer believes in (KIP-320). */
static int16_t epoch_error(const struct partition *p, const struct fetch_part *part)
{
    int32_t current = part->asked->current_leader_epoch;
    if (current >= 0 && current < p->leader_epoch)
        return KAFKA_FENCED_LEADER_EPOCH;
    if (current > p->leader_epoch)
        return KAFKA_UNKNOWN_LEADER_EPOCH;
    return KAFKA_NONE;
}

/* The last epoch it has seen: when ours ended before its offset, it is told where. */
static int16_t divergence(const struct partition *p, const struct fetch_part *part)
{
    int32_t last = part->asked->last_fetched_epoch;
    if (last < 0)
        return KAFKA_NONE;
    struct epoch_entry end = epochs_end_of(&p->epochs, last, p->log_end);
    if (end.epoch < 0)
        return KAFKA_OFFSET_OUT_OF_RANGE;
    if (end.epoch < last || end.start_offset < part->asked->fetch_offset) {
        part->answer->diverging_epoch.epoch = end.epoch;
        part->answer->diverging_epoch.end_offset = end.start_offset;
    }
    return KAFKA_NONE;
}

static void part_probe(struct core *core, struct fetch_part *part)
{
    struct partition *p = part_partition(core, part);
    if (p == NULL) {
        part->error = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
        return;
    }
    part->error = epoch_error(p, part);
    if (part->error == KAFKA_NONE)
        part->error = divergence(p, part);
    if (part->error != KAFKA_NONE)
        return;
    bool committed = part->state->body->isolation_level == 1;
    part->error =
        probe_error(p, partition_probe(p, part->asked->fetch_offset, committed, &part->there));
}

static void probe_end_watch(struct fetch_probe *probe)
{
    ASSERT(probe->parked);
    probe->parked = false;
    for (struct fetch_part *part = probe->parts; part != NULL; part = part->next_of_owner) {
        partition_unwatch(&part->watch);
        part_probe(probe->core, part);
    }
    core_reply(probe->core, &probe->call);
}

static void watch_moved(struct partition_watch *watch)
{
    struct fetch_part *part = CONTAINER_OF(watch, struct fetch_part, watch);
    if (part->probe->parked)
        probe_end_watch(part->probe);
}

/* True when something has moved since the last probe. */
static bool probe_changed(struct core *core, struct fetch_probe *probe)
{
    bool changed = false;
    for (struct fetch_part *part = probe->parts; part != NULL; part = part->next_of_owner) {
        int64_t before = part->there.high_watermark;
        int16_t error = part->error;
        part_probe(core, part);
        changed = changed || part->there.high_watermark != before || part->error != error;
    }
    return changed;
}

static void probe_run(struct core *core, struct core_call *call)
{
    struct fetch_probe *probe = CONTAINER_OF(call, struct fetch_probe, call);
    if (probe_changed(core, probe) || !probe->watching || core->stopping) {
        core_reply(core, call);
        return;
    }
    probe->core = core;
    probe->parked = true;
    for (struct fetch_part *part = probe->parts; part != NULL; part = part->next_of_owner) {
        struct partition *p = part_partition(core, part);
        list_init(&part->watch.node);
        part->watch.moved = watch_moved;
        if (p != NULL)
            partition_watch(p, &part->watch);
    }
}

static void wake_run(struct core *core, struct core_call *call)
{
    struct fetch_probe *probe = CONTAINER_OF(call, struct fetch_probe, wake);
    if (probe->parked)
        probe_end_watch(probe);
    core_reply(core, call);
}

static void read_done(struct partition_read *read)
{
    struct fetch_part *part = CONTAINER_OF(read, struct fetch_part, read);
    struct core *core = CONTAINER_OF(read->partition->shard, struct core, shard);
    core_reply(core, &part->call);
}

static void read_run(struct core *core, struct core_call *call)
{
    struct fetch_part *part = CONTAINER_OF(call, struct fetch_part, call);
    struct partition *p = part_partition(core, part);
    if (p == NULL) {
        part->read.error = ERR_OFFLINE;
        core_reply(core, call);
        return;
    }
    part->read = (struct partition_read){
        .partition = p,
        .offset = part->asked->fetch_offset,
        .committed_only = part->state->body->isolation_level == 1,
        .data = part->memory,
        .capacity = part->allotted,
        .done = read_done,
    };
    partition_read(&part->read);
}

/* On the connection's core. */

static void part_answer_error(struct fetch_part *part, int16_t error)
{
    struct fetch_response_partition_data *answer = part->answer;
    answer->error_code = error;
    answer->high_watermark = -1;
    answer->last_stable_offset = -1;
    answer->log_start_offset = -1;
    answer->records = (struct blob){NULL, 0};
    answer->aborted_transactions.count = error == KAFKA_OFFSET_OUT_OF_RANGE ? -1 : 0;
}

static void parts_fill(struct fetch_state *state, struct response_records *records)
{
    for (uint32_t i = 0; i < state->part_count; i++) {
        struct fetch_part *part = &state->parts[i];
        struct fetch_response_partition_data *answer = part->answer;
        if (part->memory != NULL)
            records->memories[records->memory_count++] =
                (struct response_part){part->memory, part->memory_size};
        if (part->error != KAFKA_NONE) {
            part_answer_error(part, part->error);
            continue;
        }
        answer->high_watermark = part->there.high_watermark;
        answer->last_stable_offset = part->there.last_stable;
        answer->log_start_offset = part->there.log_start;
        answer->aborted_transactions.count = state->body->isolation_level == 1 ? 0 : -1;
        answer->records = (struct blob){NULL, (int32_t)part->read.len};
        if (part->read.len > 0)
            records->parts[records->part_count++] = (struct iovec){part->memory, part->read.len};
    }
}

static void fetch_answer(struct fetch_state *state)
{
    struct request *r = state->request;
    struct response_records records = {0};
    records.parts = request_alloc(r, state->part_count, sizeof *records.parts);
    records.memories = records.parts == NULL
                           ? NULL
                           : request_alloc(r, state->part_count, sizeof *records.memories);
    if (records.memories == NULL) {
        for (uint32_t i = 0; i < state->part_count; i++)
            if (state->parts[i].memory != NULL)
                core_fetch_give(r->core, state->parts[i].memory, state->parts[i].memory_size);
        return;
    }
    parts_fill(state, &records);
    request_respond_gather(r, &state->response, &records);
}

static void fetch_read_done(struct core *core, struct core_call *call);

static void part_read(struct fetch_part *part, uint32_t bytes)
{
    struct fetch_state *state = part->state;
    struct core *core = state->request->core;
    part->memory = core_fetch_take(core, bytes);
    if (part->memory == NULL) {
        part->allotted = 0;
        return;
    }
    part->memory_size = part->allotted = bytes;
    part->call.run = read_run;
    part->call.done = fetch_read_done;
    state->out++;
    core_send(core, part->probe->owner, &part->call);
}

static void fetch_out_done(struct fetch_state *state, void (*next)(struct fetch_state *state))
{
    ASSERT(state->out > 0);
    state->out--;
    if (state->out == 0)
        next(state);
}

/* The first batch of the answer comes whole: one partition may read again with room for it. */
static struct fetch_part *part_to_reread(struct fetch_state *state)
{
    for (uint32_t i = 0; i < state->part_count; i++) {
        struct fetch_part *part = &state->parts[i];
        if (part->error != KAFKA_NONE || part->reread)
            continue;
        if (part->read.len > 0)
            return NULL;
        if (part->read.needed > 0)
            return part;
    }
    return NULL;
}

static void fetch_reads_over(struct fetch_state *state)
{
    struct fetch_part *part = part_to_reread(state);
    if (part == NULL) {
        fetch_answer(state);
        return;
    }
    uint32_t needed = part->read.needed;
    part->reread = true;
    if (part->memory != NULL)
        core_fetch_give(state->request->core, part->memory, part->memory_size);
    part->memory = NULL;
    state->out++;
    part_read(part, needed);
    fetch_out_done(state, fetch_reads_over);
}

static void fetch_read_done(struct core *core, struct core_call *call)
{
    (void)core;
    struct fetch_part *part = CONTAINER_OF(call, struct fetch_part, call);
    switch (part->read.error) {
    case 0:
        break;
    case ERR_OUT_OF_RANGE:
        part->error = KAFKA_OFFSET_OUT_OF_RANGE;
        break;
    case ERR_CORRUPT:
        part->error = KAFKA_CORRUPT_MESSAGE;
        break;
    default:
        part->error = KAFKA_KAFKA_STORAGE_ERROR;
        break;
    }
    fetch_out_done(part->state, fetch_reads_over);
}

/* Shares out max_bytes in the order of the request. */
static void fetch_read(struct fetch_state *state)
{
    const struct fetch_request *body = state->body;
    struct request *r = state->request;
    int32_t limit = server_config(r->core->server)->fetch_bytes_max;
    uint64_t left = (uint64_t)MAX(MIN(body->max_bytes, limit), 1);
    left = MIN(left, core_fetch_bytes_max(r->core));
    bool first = true;
    state->out = 1;
    for (uint32_t i = 0; i < state->part_count; i++) {
        struct fetch_part *part = &state->parts[i];
        if (part->error != KAFKA_NONE || part->there.available == 0)
            continue;
        uint64_t bytes = (uint64_t)MAX(part->asked->partition_max_bytes, 0);
        bytes = MIN(MIN(bytes, left), part->there.available);
        if (first)
            bytes = MAX(bytes, (uint64_t)BATCH_HEADER_SIZE);
        first = false;
        if (bytes < BATCH_HEADER_SIZE)
            continue;
        left -= MIN(left, bytes);
        part_read(part, (uint32_t)bytes);
    }
    fetch_out_done(state, fetch_reads_over);
}

static bool fetch_enough(const struct fetch_state *state)
{
    const struct fetch_request *body = state->body;
    uint64_t available = 0;
    if (state->deadline_over || body->max_wait_ms <= 0 || state->request->core->stopping ||
        state->request->connection->closing || state->request->connection->ended ||
        core_short_of_memory(state->request->core))
        return true;
    for (uint32_t i = 0; i < state->part_count; i++) {
        const struct fetch_part *part = &state->parts[i];
        if (part->error != KAFKA_NONE || part->answer->diverging_epoch.epoch >= 0)
            return true;
        available += part->there.available;
    }
    return state->part_count == 0 || available >= (uint64_t)MAX(body->min_bytes, 0);
}

static void fetch_send_probes(struct fetch_state *state);

static void wake_done(struct core *core, struct core_call *call);
static void fetch_probes_over(struct fetch_state *state);

/* Calls every watching probe back. */
static void fetch_wake(struct fetch_state *state)
{
    struct core *core = state->request->core;
    for (uint32_t i = 0; i < state->probe_count; i++) {
        struct fetch_probe *probe = &state->probes[i];
        if (!probe->out || !probe->watching || probe->wake_out)
            continue;
        probe->wake_out = true;
        probe->wake.run = wake_run;
        probe->wake.done = wake_done;
        state->out++;
        core_send(core, probe->owner, &probe->wake);
    }
}

static void wake_done(struct core *core, struct core_call *call)
{
    (void)core;
    struct fetch_probe *probe = CONTAINER_OF(call, struct fetch_probe, wake);
    probe->wake_out = false;
    fetch_out_done(probe->state, fetch_probes_over);
}

static void probe_done(struct core *core, struct core_call *call)
{
    (void)core;
    struct fetch_probe *probe = CONTAINER_OF(call, struct fetch_probe, call);
    struct fetch_state *state = probe->state;
    probe->out = false;
    /* One that moved ends the wait of the others. */
    if (state->waiting)
        fetch_wake(state);
    fetch_out_done(state, fetch_probes_over);
}

static void fetch_probes_over(struct fetch_state *state)
{
    if (fetch_enough(state)) {
        list_remove(&state->wait_node);
        state->request->wait = NULL;
        core_timer_cancel(state->request->core, &state->deadline);
        fetch_read(state);
        return;
    }
    state->waiting = true;
    fetch_send_probes(state);
}

static void fetch_deadline(struct timer *timer)
{
    struct fetch_state *state = CONTAINER_OF(timer, struct fetch_state, deadline);
    state->deadline_over = true;
    fetch_wake(state);
}

static void fetch_end_wait(struct request_wait *wait)
{
    fetch_wake(CONTAINER_OF(wait, struct fetch_state, wait));
}

void fetch_end_waits(struct core *core)
{
    LIST_EACH(node, &core->fetch_waits)
        fetch_wake(LIST_ENTRY(node, struct fetch_state, wait_node));
}

static void fetch_send_probes(struct fetch_state *state)
{
    struct core *core = state->request->core;
    state->out = 1;
    for (uint32_t i = 0; i < state->probe_count; i++) {
        struct fetch_probe *probe = &state->probes[i];
        probe->out = true;
        probe->watching = state->waiting;
        probe->call.run = probe_run;
        probe->call.done = probe_done;
        state->out++;
    }
    for (uint32_t i = 0; i < state->probe_count; i++)
        core_send(core, state->probes[i].owner, &state->probes[i].call);
    fetch_out_done(state, fetch_probes_over);
}

/* Taking the request apart. */

static struct fetch_probe *probe_of(struct fetch_state *state, unsigned owner)
{
    for (uint32_t i = 0; i < state->probe_count; i++)
        if (state->probes[i].owner == owner)
            return &state->probes[i];
    struct fetch_probe *probe = &state->probes[state->probe_count++];
    probe->state = state;
    probe->owner = owner;
    return probe;
}

static void part_begin(struct fetch_state *state, const struct image_topic *topic,
                       const struct fetch_request_partition *asked,
                       struct fetch_response_partition_data *answer)
{
    bool by_id = state->request->version >= FETCH_VERSION_TOPIC_ID;
    struct fetch_part *part = &state->parts[state->part_count++];
    part->state = state;
    part->asked = asked;
    part->answer = answer;
    part->there.high_watermark = -1;
    message_defaults(&fetch_response_partition_data_struct, answer);
    answer->partition_index = asked->partition;
    if (topic == NULL)
        part->error = by_id ? KAFKA_UNKNOWN_TOPIC_ID : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    else if (asked->partition < 0 || asked->partition >= topic->partition_count)
        part->error = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    if (part->error != KAFKA_NONE)
        return;
    part->topic_id = topic->id;
    part->probe = probe_of(state, topic->partitions[asked->partition].owner);
    part->next_of_owner = part->probe->parts;
    part->probe->parts = part;
}

static bool asked_again_later(const struct fetch_request_topic *asked, int32_t at)
{
    for (int32_t i = at + 1; i < asked->partitions.count; i++)
        if (asked->partitions.items[i].partition == asked->partitions.items[at].partition)
            return true;
    return false;
}

static bool topic_begin(struct fetch_state *state, const struct fetch_request_topic *asked,
                        struct fetch_response_fetchable_topic_response *answer)
{
    struct request *r = state->request;
    const struct image *image = &r->core->image;
    bool by_id = r->version >= FETCH_VERSION_TOPIC_ID;
    const struct image_topic *topic = by_id ? image_topic_with_id(image, asked->topic_id)
                                            : image_topic_named(image, string_bytes(asked->topic));
    size_t count = (size_t)asked->partitions.count;
    answer->topic = asked->topic;
    answer->topic_id = asked->topic_id;
    answer->partitions.items = request_alloc(r, count, sizeof *answer->partitions.items);
    if (answer->partitions.items == NULL)
        return false;
    for (int32_t i = 0; i < asked->partitions.count; i++)
        if (!asked_again_later(asked, i))
            part_begin(state, topic, &asked->partitions.items[i],
                       &answer->partitions.items[answer->partitions.count++]);
    return true;
}

static bool fetch_begin(struct fetch_state *state)
{
    struct request *r = state->request;
    const struct fetch_request *body = state->body;
    size_t topics = (size_t)body->topics.count;
    size_t parts = 0;
    for (size_t i = 0; i < topics; i++)
        parts += (size_t)body->topics.items[i].partitions.count;
    message_defaults(&fetch_response_struct, &state->response);
    state->response.responses.items =
        request_alloc(r, topics, sizeof *state->response.responses.items);
    if (state->response.responses.items == NULL)
        return false;
    state->parts = request_alloc(r, parts, sizeof *state->parts);
    if (state->parts == NULL)
        return false;
    state->probes = request_alloc(r, MIN(parts, (size_t)CORES_MAX) + 1, sizeof *state->probes);
    if (state->probes == NULL)
        return false;
    state->response.responses.count = body->topics.count;
    for (size_t i = 0; i < topics; i++)
        if (!topic_begin(state, &body->topics.items[i], &state->response.responses.items[i]))
            return false;
    return true;
}

static void fetch_refuse(struct request *r, int16_t error)
{
    struct fetch_response response;
    message_defaults(&fetch_response_struct, &response);
    response.error_code = error;
    request_respond(r, &response);
}

static void fetch_refuse_parts(struct fetch_state *state, int16_t error)
{
    for (uint32_t i = 0; i < state->part_count; i++)
        state->parts[i].error = error;
    fetch_answer(state);
}

/* Sessions: none is kept, so every id but 0 is unknown, and epoch 0 or -1 asks in full. */
static int16_t session_error(const struct fetch_request *body)
{
    if (body->session_epoch > 0)
        return KAFKA_FETCH_SESSION_ID_NOT_FOUND;
    return KAFKA_NONE;
}

void fetch_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct fetch_request *body = decoded;
    int32_t replica = r->version >= FETCH_VERSION_REPLICA_STATE ? body->replica_state.replica_id
                                                                : body->replica_id;
    int16_t error = session_error(body);
    if (error != KAFKA_NONE) {
        fetch_refuse(r, error);
        return;
    }
    struct fetch_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->body = body;
    list_init(&state->wait_node);
    timer_init(&state->deadline, fetch_deadline);
    if (!fetch_begin(state))
        return;
    if (replica >= 0) {
        fetch_refuse_parts(state, KAFKA_NOT_LEADER_OR_FOLLOWER);
        return;
    }
    if (body->isolation_level < 0 || body->isolation_level > 1) {
        fetch_refuse_parts(state, KAFKA_UNKNOWN_SERVER_ERROR);
        return;
    }
    list_push_back(&r->core->fetch_waits, &state->wait_node);
    state->wait.end = fetch_end_wait;
    r->wait = &state->wait;
    if (body->max_wait_ms > 0)
        core_timer_set(r->core, &state->deadline,
                       (uint64_t)MIN(body->max_wait_ms, FETCH_WAIT_MS_MAX) * NS_PER_MS);
    fetch_send_probes(state);
}
