/*
 * DescribeLogDirs (KIP-113, KIP-827) and AlterReplicaLogDirs (KIP-113): there is one log directory.
 *
 * The partitions that are asked for are put in order, so that each is told once whatever the client
 * repeats. One call to each core that owns some of them fills in their sizes: the owner knows them
 * as exactly as the files do. The volume's space is asked for by a disk job behind that.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "base/mem.h"
#include "broker/core.h"
#include "broker/handlers.h"
#include "broker/seen.h"
#include "broker/server.h"
#include "partition/partition.h"
#include "protocol/errors.h"

#define VERSION_SPACE 4

struct dirs_part {
    struct bytes topic;
    uint32_t number; /* of the topic among those that are asked for */
    struct uuid topic_id;
    int32_t index;
    unsigned owner;
    bool found; /* on its core, and all below with it */
    int64_t size;
    int64_t lag;
};

struct dirs_core {
    struct core_call call; /* first */
    struct dirs_state *state;
    bool wanted;
};

struct dirs_state {
    struct request *request;
    struct dirs_part *parts;
    uint32_t count;
    struct dirs_core *cores;
    uint32_t waiting;
    struct io_op op;
    const char *directory;
    struct file_space space;
    bool spaced;
};

/* Sizes, by core. */

static void dirs_run(struct core *core, struct core_call *call)
{
    const struct dirs_state *state = CONTAINER_OF(call, struct dirs_core, call)->state;
    for (uint32_t i = 0; i < state->count; i++) {
        struct dirs_part *part = &state->parts[i];
        if (part->owner != core->id)
            continue;
        const struct partition *p = image_partition_here(&core->image, part->topic_id, part->index);
        if (p == NULL || p->deleted)
            continue;
        part->found = true;
        part->size = (int64_t)partition_bytes(p);
        part->lag = p->log_end - partition_high_watermark(p);
    }
    core_reply(core, call);
}

/* The answer. */

/* The parts from `first` on that belong to one topic: where they end. */
static uint32_t topic_end(const struct dirs_state *state, uint32_t first)
{
    uint32_t end = first;
    while (end < state->count && state->parts[end].number == state->parts[first].number)
        end++;
    return end;
}

static bool answer_topic(struct dirs_state *state, uint32_t first, uint32_t end,
                         struct describe_log_dirs_response_topic *topic)
{
    topic->name = string_of_bytes(state->parts[first].topic);
    topic->partitions.count = 0;
    topic->partitions.items =
        request_alloc(state->request, end - first, sizeof *topic->partitions.items);
    if (topic->partitions.items == NULL)
        return false;
    for (uint32_t i = first; i < end; i++) {
        const struct dirs_part *part = &state->parts[i];
        if (!part->found)
            continue;
        topic->partitions.items[topic->partitions.count++] =
            (struct describe_log_dirs_response_partition){
                .partition_index = part->index,
                .partition_size = part->size,
                .offset_lag = part->lag,
            };
    }
    return true;
}

static bool answer_topics(struct dirs_state *state,
                          struct describe_log_dirs_response_result *result)
{
    uint32_t topics = 0;
    for (uint32_t i = 0; i < state->count; i = topic_end(state, i))
        topics++;
    result->topics.items = request_alloc(state->request, topics, sizeof *result->topics.items);
    if (result->topics.items == NULL)
        return false;
    for (uint32_t i = 0; i < state->count;) {
        uint32_t end = topic_end(state, i);
        struct describe_log_dirs_response_topic *topic =
            &result->topics.items[result->topics.count];
        if (!answer_topic(state, i, end, topic))
            return false;
        /* One that was deleted meanwhile is none. */
        if (topic->partitions.count > 0)
            result->topics.count++;
        i = end;
    }
    return true;
}

static void dirs_answer(struct dirs_state *state)
{
    struct describe_log_dirs_response response;
    struct describe_log_dirs_response_result result;
    message_defaults(&describe_log_dirs_response_struct, &response);
    message_defaults(&describe_log_dirs_response_result_struct, &result);
    result.log_dir = string_of(state->directory);
    if (state->spaced) {
        result.total_bytes = (int64_t)state->space.total_bytes;
        result.usable_bytes = (int64_t)state->space.free_bytes;
    }
    response.results.items = &result;
    response.results.count = 1;
    if (answer_topics(state, &result))
        request_respond(state->request, &response);
}

static int space_job(struct file_system *fs, void *context)
{
    struct dirs_state *state = context;
    return file_get_space(fs, state->directory, &state->space);
}

static void space_done(struct io_op *op, const struct io_event *event)
{
    struct dirs_state *state = CONTAINER_OF(op, struct dirs_state, op);
    state->spaced = event->value == 0;
    dirs_answer(state);
}

static void dirs_done_one(struct dirs_state *state)
{
    ASSERT(state->waiting > 0);
    state->waiting--;
    if (state->waiting > 0)
        return;
    if (state->request->version < VERSION_SPACE) {
        dirs_answer(state);
        return;
    }
    state->op.done = space_done;
    io_job(state->request->core->io, &state->op, 0, space_job, state);
}

static void dirs_done(struct core *core, struct core_call *call)
{
    (void)core;
    dirs_done_one(CONTAINER_OF(call, struct dirs_core, call)->state);
}

static void dirs_send(struct dirs_state *state)
{
    struct core *core = state->request->core;
    for (uint32_t i = 0; i < state->count; i++)
        state->cores[state->parts[i].owner].wanted = true;
    state->waiting = 1;
    for (unsigned i = 0; i < core->core_count; i++) {
        struct dirs_core *one = &state->cores[i];
        if (!one->wanted)
            continue;
        one->state = state;
        one->call.run = dirs_run;
        one->call.done = dirs_done;
        state->waiting++;
        core_send(core, i, &one->call);
    }
    dirs_done_one(state);
}

/* What is asked for. */

static int part_order(const void *a, const void *b)
{
    const struct dirs_part *x = a;
    const struct dirs_part *y = b;
    int order = (x->number > y->number) - (x->number < y->number);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

static void parts_sort(struct dirs_state *state)
{
    uint32_t kept = 0;
    qsort(state->parts, state->count, sizeof *state->parts, part_order);
    for (uint32_t i = 0; i < state->count; i++)
        if (kept == 0 || part_order(&state->parts[kept - 1], &state->parts[i]) != 0)
            state->parts[kept++] = state->parts[i];
    state->count = kept;
}

/* The first place of a name in the request, which stands for the name when things are sorted:
 * clients choose how long names are. */
static uint32_t number_of(struct seen *names, struct bytes name, uint32_t place)
{
    uint32_t before = seen_put(names, name, place);
    return before == SEEN_NEVER ? place : before;
}

/* `name` outlives the topic. */
static void part_add(struct dirs_state *state, const struct image_topic *topic, struct bytes name,
                     uint32_t number, int32_t index)
{
    if (index < 0 || index >= topic->partition_count)
        return;
    state->parts[state->count++] = (struct dirs_part){
        .topic = name,
        .number = number,
        .topic_id = topic->id,
        .index = index,
        .owner = topic->partitions[index].owner,
    };
}

static bool ask_all(struct dirs_state *state)
{
    struct request *r = state->request;
    const struct image *image = &r->core->image;
    state->parts = request_alloc(r, image->partition_count, sizeof *state->parts);
    if (state->parts == NULL)
        return false;
    for (uint32_t i = 0; i < image->topic_count; i++) {
        const struct image_topic *topic = image->sorted[i];
        struct string name;
        if (!request_text(r, topic->name, &name)) {
            request_close(r);
            return false;
        }
        for (int32_t j = 0; j < topic->partition_count; j++)
            part_add(state, topic, string_bytes(name), i, j);
    }
    return true;
}

static bool ask_some(struct dirs_state *state, const struct describe_log_dirs_request *body)
{
    struct request *r = state->request;
    struct seen names;
    size_t count = 0;
    for (int32_t i = 0; i < body->topics.count; i++)
        count += (size_t)body->topics.items[i].partitions.count;
    state->parts = request_alloc(r, count, sizeof *state->parts);
    if (state->parts == NULL || !request_seen_init(r, &names, (size_t)body->topics.count))
        return false;
    for (int32_t i = 0; i < body->topics.count; i++) {
        const struct describe_log_dirs_request_describable_log_dir_topic *asked =
            &body->topics.items[i];
        struct bytes name = string_bytes(asked->topic);
        const struct image_topic *topic = image_topic_named(&r->core->image, name);
        uint32_t number = number_of(&names, name, (uint32_t)i);
        for (int32_t j = 0; topic != NULL && j < asked->partitions.count; j++)
            part_add(state, topic, name, number, asked->partitions.items[j]);
    }
    parts_sort(state);
    return true;
}

void describe_log_dirs_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct describe_log_dirs_request *body = decoded;
    struct dirs_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->directory = server_config(r->core->server)->log_directory;
    state->cores = request_alloc(r, r->core->core_count, sizeof *state->cores);
    if (state->cores == NULL)
        return;
    if (body->topics.count < 0 ? ask_all(state) : ask_some(state, body))
        dirs_send(state);
}

/* Moves. */

struct move {
    struct bytes topic;
    uint32_t number; /* of the topic */
    int32_t index;
    uint32_t order; /* in the request: the last one for a partition counts */
    bool here;      /* it is to go where it is */
};

/* One element of a path and the slashes behind it; empty at the end. */
static struct bytes path_take(struct bytes *path)
{
    size_t len = 0;
    while (len < path->len && path->data[len] != '/')
        len++;
    struct bytes element = {path->data, len};
    while (len < path->len && path->data[len] == '/')
        len++;
    path->data += len;
    path->len -= len;
    return element;
}

/* Whether an absolute path names the directory; slashes may be repeated, and follow it. */
static bool same_path(struct bytes asked, const char *own)
{
    struct bytes path = bytes_of_string(own);
    if (asked.len == 0 || path.len == 0 || asked.data[0] != path.data[0])
        return false;
    while (asked.len > 0 && path.len > 0)
        if (!bytes_equal(path_take(&asked), path_take(&path)))
            return false;
    return asked.len == path.len;
}

static int move_order(const void *a, const void *b)
{
    const struct move *x = a;
    const struct move *y = b;
    int order = (x->number > y->number) - (x->number < y->number);
    if (order == 0)
        order = (x->index > y->index) - (x->index < y->index);
    return order != 0 ? order : (x->order > y->order) - (x->order < y->order);
}

struct moves {
    struct request *request;
    struct seen names;
    struct move *items;
    uint32_t count;
    uint32_t topics; /* named so far, however often */
};

static void moves_add(struct moves *moves,
                      const struct alter_replica_log_dirs_request_alter_replica_log_dir *dir)
{
    const char *own = server_config(moves->request->core->server)->log_directory;
    bool here = same_path(string_bytes(dir->path), own);
    for (int32_t i = 0; i < dir->topics.count; i++) {
        struct bytes name = string_bytes(dir->topics.items[i].name);
        uint32_t number = number_of(&moves->names, name, moves->topics++);
        for (int32_t j = 0; j < dir->topics.items[i].partitions.count; j++) {
            int32_t index = dir->topics.items[i].partitions.items[j];
            moves->items[moves->count] = (struct move){name, number, index, moves->count, here};
            moves->count++;
        }
    }
}

static void moves_sort(struct moves *moves)
{
    uint32_t kept = 0;
    qsort(moves->items, moves->count, sizeof *moves->items, move_order);
    for (uint32_t i = 0; i < moves->count; i++) {
        const struct move *move = &moves->items[i];
        bool again =
            i + 1 < moves->count && move[1].number == move->number && move[1].index == move->index;
        if (!again)
            moves->items[kept++] = *move;
    }
    moves->count = kept;
}

/* Every partition that is to go somewhere, once. False: the request is over. */
static bool moves_read(struct moves *moves, const struct alter_replica_log_dirs_request *body)
{
    struct request *r = moves->request;
    size_t topics = 0;
    size_t partitions = 0;
    for (int32_t i = 0; i < body->dirs.count; i++) {
        topics += (size_t)body->dirs.items[i].topics.count;
        for (int32_t j = 0; j < body->dirs.items[i].topics.count; j++)
            partitions += (size_t)body->dirs.items[i].topics.items[j].partitions.count;
    }
    moves->items = request_alloc(r, partitions, sizeof *moves->items);
    if (moves->items == NULL || !request_seen_init(r, &moves->names, topics))
        return false;
    for (int32_t i = 0; i < body->dirs.count; i++)
        moves_add(moves, &body->dirs.items[i]);
    moves_sort(moves);
    return true;
}

static bool
moves_answer(struct request *r, const struct move *moves, uint32_t count,
             struct alter_replica_log_dirs_response_alter_replica_log_dir_topic_result *result)
{
    struct image_topic *topic = image_topic_named(&r->core->image, moves[0].topic);
    result->topic_name = request_utf8(r, string_of_bytes(moves[0].topic));
    result->partitions.items = request_alloc(r, count, sizeof *result->partitions.items);
    if (result->partitions.items == NULL)
        return false;
    result->partitions.count = (int32_t)count;
    for (uint32_t i = 0; i < count; i++) {
        result->partitions.items[i].partition_index = moves[i].index;
        if (!moves[i].here)
            result->partitions.items[i].error_code = KAFKA_LOG_DIR_NOT_FOUND;
        else if (topic == NULL || image_partition_at(topic, moves[i].index) == NULL)
            result->partitions.items[i].error_code = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    return true;
}

void alter_replica_log_dirs_handle(struct request *r)
{
    void *decoded;
    struct moves moves = {.request = r};
    struct alter_replica_log_dirs_response response;
    if (!request_decode(r, &decoded) || !moves_read(&moves, decoded))
        return;
    message_defaults(&alter_replica_log_dirs_response_struct, &response);
    response.results.items = request_alloc(r, moves.count, sizeof *response.results.items);
    if (response.results.items == NULL)
        return;
    for (uint32_t i = 0; i < moves.count;) {
        uint32_t end = i;
        while (end < moves.count && moves.items[end].number == moves.items[i].number)
            end++;
        if (!moves_answer(r, &moves.items[i], end - i,
                          &response.results.items[response.results.count++]))
            return;
        i = end;
    }
    request_respond(r, &response);
}
