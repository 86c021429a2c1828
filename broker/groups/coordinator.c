/*
 * Between the state machines of group/ and the log; see the header.
 *
 * Writes wait in their part until the step gathers them. A batch that the WAL has no room for stays
 * where it is, in order, and is tried again when there is room: the requests behind it wait, which
 * is the backpressure.
 */
#include "broker/groups/coordinator.h"

#include "base/assert.h"
#include "base/mem.h"
#include "broker/config/config_value.h"
#include "broker/groups/coordinator_internal.h"
#include "broker/server.h"
#include "group/place.h"
#include "protocol/batch_codec.h"
#include "protocol/errors.h"
#include "protocol/record.h"

/* As large as a batch in a topic with Kafka's defaults may be. */
#define BATCH_BYTES_MAX 1048588
#define BATCHES_OUT_MAX 256

/* Writes of one part, as one batch on its way. */
struct coordinator_batch {
    struct partition_append append; /* first */
    struct coordinator_part *part;
    struct list writes;
    uint32_t count;
};

/* The state machines' surroundings. */

static uint64_t host_now(struct groups_host *host)
{
    return io_now(CONTAINER_OF(host, struct coordinator, host)->core->io);
}

static int64_t host_wall(struct groups_host *host)
{
    return io_wall_ms(CONTAINER_OF(host, struct coordinator, host)->core->io);
}

static struct uuid host_new_id(struct groups_host *host)
{
    return io_random_uuid(CONTAINER_OF(host, struct coordinator, host)->core->io);
}

static bool told_topic(const struct image_topic *found, struct group_topic *topic)
{
    if (found == NULL)
        return false;
    *topic = (struct group_topic){
        .id = found->id,
        .name = string_of(found->name),
        .partitions = found->partition_count,
    };
    return true;
}

static const struct image *host_image(struct groups_host *host)
{
    return &CONTAINER_OF(host, struct coordinator, host)->core->image;
}

static bool host_topic_named(struct groups_host *host, struct bytes name, struct group_topic *topic)
{
    return told_topic(image_topic_named(host_image(host), name), topic);
}

static bool host_topic_with_id(struct groups_host *host, struct uuid id, struct group_topic *topic)
{
    return told_topic(image_topic_with_id(host_image(host), id), topic);
}

static bool host_topic_at(struct groups_host *host, uint32_t index, struct group_topic *topic)
{
    const struct image *image = host_image(host);
    return told_topic(index < image->topic_count ? image->sorted[index] : NULL, topic);
}

static uint64_t host_topics_version(struct groups_host *host)
{
    return host_image(host)->topics_version;
}

static int32_t setting_of(const struct image_resource *group, const char *key, int32_t standard)
{
    const char *text =
        config_pair_find(group->overrides, group->override_count, bytes_of_string(key));
    return text == NULL ? standard : (int32_t)config_value_integer(text);
}

static struct group_settings host_settings(struct groups_host *host, struct bytes group_id)
{
    const struct image *image = host_image(host);
    struct group_settings settings = {
        .session_ms = image->config->consumer_session_ms,
        .heartbeat_ms = image->config->consumer_heartbeat_ms,
    };
    const struct image_resource *group =
        image_resource_find(&image->settings, CONFIG_RESOURCE_GROUP, group_id);
    if (group == NULL)
        return settings;
    return (struct group_settings){
        .session_ms = setting_of(group, "consumer.session.timeout.ms", settings.session_ms),
        .heartbeat_ms = setting_of(group, "consumer.heartbeat.interval.ms", settings.heartbeat_ms),
    };
}

static void host_append(struct groups_host *host, struct groups *groups, struct group_write *write)
{
    struct coordinator *c = CONTAINER_OF(host, struct coordinator, host);
    struct coordinator_part *part = CONTAINER_OF(groups, struct coordinator_part, groups);
    ASSERT(write->count > 0);
    list_push_back(&part->writes, &write->node);
    part->writes_begun++;
    if (list_empty(&part->dirty_node))
        list_push_back(&c->dirty, &part->dirty_node);
}

static void expiry_due(struct timer *timer);

/* Armed only while there is something that can expire. */
static void expiry_arm(struct coordinator *c)
{
    if (!timer_armed(&c->expiry) && !c->stopped)
        core_timer_set(c->core, &c->expiry, (uint64_t)c->expiry_ms * NS_PER_MS);
}

static void expiry_due(struct timer *timer)
{
    struct coordinator *c = CONTAINER_OF(timer, struct coordinator, expiry);
    bool any = false;
    for (uint32_t i = 0; i < c->part_capacity; i++) {
        struct coordinator_part *part = c->parts[i];
        if (part == NULL || part->state != COORDINATOR_ACTIVE)
            continue;
        groups_expire(&part->groups);
        any = any || groups_count(&part->groups) > 0;
    }
    if (any)
        expiry_arm(c);
}

/* Parts. */

static struct coordinator_part *part_at(const struct coordinator *c, int32_t index)
{
    if (index < 0 || (uint32_t)index >= c->part_capacity)
        return NULL;
    return c->parts[index];
}

struct groups *coordinator_groups(struct coordinator_part *part)
{
    return &part->groups;
}

static void part_free(struct coordinator_part *part)
{
    ASSERT(list_empty(&part->writes) && list_empty(&part->after));
    groups_fini(&part->groups);
    mem_free(part);
}

void coordinator_part_free_maybe(struct coordinator_part *part)
{
    bool used = part->batches_out > 0 || part->reads_out > 0 || !list_empty(&part->writes) ||
                part->coordinator->load.part == part;
    if (part->gone && !used)
        part_free(part);
}

void coordinator_loaded(struct coordinator_part *part, int result)
{
    part->state = result == 0 ? COORDINATOR_ACTIVE : COORDINATOR_FAILED;
    if (part->coordinator->stopped || part->gone)
        groups_close(&part->groups);
    else if (result == 0)
        groups_loaded(&part->groups);
    if (groups_count(&part->groups) > 0)
        expiry_arm(part->coordinator);
}

void coordinator_partition_created(struct coordinator *c, struct partition *partition)
{
    uint32_t index = (uint32_t)partition->index;
    if (index >= c->part_capacity) {
        uint32_t capacity = MAX(index + 1, 2 * c->part_capacity);
        c->parts = mem_realloc(c->parts, c->part_capacity * sizeof(struct coordinator_part *),
                               capacity * sizeof(struct coordinator_part *));
        c->part_capacity = capacity;
    }
    ASSERT(c->parts[index] == NULL);
    struct coordinator_part *part = mem_alloc(sizeof *part);
    part->coordinator = c;
    part->partition = partition;
    part->index = partition->index;
    list_init(&part->dirty_node);
    list_init(&part->loading_node);
    list_init(&part->writes);
    list_init(&part->after);
    groups_init(&part->groups, &c->host);
    c->parts[index] = part;
    if (partition->durable_end == partition->log_start && !partition->offline)
        part->state = COORDINATOR_ACTIVE;
    else
        list_push_back(&c->loading, &part->loading_node);
}

/* Answers. */

void coordinator_answer(struct coordinator_part *part, struct group_call *call)
{
    list_push_back(&part->coordinator->answers, &call->call.node);
}

void coordinator_answer_durable(struct coordinator_part *part, struct group_call *call)
{
    call->after = part->writes_begun;
    if (call->after == part->writes_ended)
        coordinator_answer(part, call);
    else
        list_push_back(&part->after, &call->call.node);
}

static void part_answer_after(struct coordinator_part *part)
{
    LIST_EACH(node, &part->after) {
        struct group_call *call = LIST_ENTRY(node, struct group_call, call.node);
        if (call->after > part->writes_ended)
            return;
        list_remove(node);
        coordinator_answer(part, call);
    }
}

static void part_end_write(struct coordinator_part *part, struct group_write *write, int result)
{
    part->writes_ended++;
    write->done(write, result);
    part_answer_after(part);
}

static void part_fail_writes(struct coordinator_part *part, int result)
{
    struct list *node;
    while ((node = list_pop_front(&part->writes)) != NULL)
        part_end_write(part, LIST_ENTRY(node, struct group_write, node), result);
    list_remove(&part->dirty_node);
}

void coordinator_topic_removed(struct coordinator *c, const struct image_topic *topic)
{
    bool own = strcmp(topic->name, COORDINATOR_TOPIC) == 0;
    for (uint32_t i = 0; i < c->part_capacity; i++) {
        struct coordinator_part *part = c->parts[i];
        if (part == NULL)
            continue;
        if (!own) {
            if (part->state == COORDINATOR_ACTIVE)
                groups_topic_removed(&part->groups, bytes_of_string(topic->name));
            continue;
        }
        c->parts[i] = NULL;
        part->gone = true;
        list_remove(&part->loading_node);
        groups_close(&part->groups);
        part_fail_writes(part, ERR_NOT_FOUND);
        coordinator_part_free_maybe(part);
    }
}

/* Appending. */

static int write_result(enum append_outcome outcome)
{
    switch (outcome) {
    case APPEND_DONE:
    case APPEND_DUPLICATE:
        return 0;
    case APPEND_TOO_LARGE:
        return ERR_TOO_LARGE;
    case APPEND_GONE:
        return ERR_NOT_FOUND;
    case APPEND_FENCED:
        return ERR_DENIED;
    case APPEND_OUT_OF_ORDER:
    case APPEND_OFFLINE:
        return ERR_OFFLINE;
    }
    UNREACHABLE();
}

static void batch_appended(struct partition_append *append)
{
    struct coordinator_batch *batch = CONTAINER_OF(append, struct coordinator_batch, append);
    struct coordinator_part *part = batch->part;
    struct coordinator *c = part->coordinator;
    int result = write_result(append->outcome);
    struct list *node;
    while ((node = list_pop_front(&batch->writes)) != NULL)
        part_end_write(part, LIST_ENTRY(node, struct group_write, node), result);
    slab_free(&c->batches, batch);
    part->batches_out--;
    if (groups_count(&part->groups) > 0)
        expiry_arm(c);
    coordinator_part_free_maybe(part);
}

/* Takes a write into the batch; false when it does not fit any more. */
static bool batch_add(struct batch_builder *builder, const struct group_write *write,
                      int64_t now_ms)
{
    struct batch_builder before = *builder;
    for (uint32_t i = 0; i < write->count; i++)
        batch_build_add(builder, now_ms, write->records[i].key, write->records[i].value);
    if (builder->writer.error == 0)
        return true;
    *builder = before;
    return false;
}

/* What a transaction writes has a batch of its own: its header names the producer. */
static bool batch_has_place(const struct coordinator_batch *batch, const struct group_write *write)
{
    const struct group_write *first = LIST_FIRST(&batch->writes, struct group_write, node);
    return first == NULL || !(first->transactional || write->transactional);
}

static struct batch_build_options batch_options(const struct coordinator_batch *batch)
{
    const struct group_write *first = LIST_FIRST(&batch->writes, struct group_write, node);
    struct batch_build_options options = BATCH_BUILD_PLAIN;
    if (first->transactional) {
        options.attributes = BATCH_ATTRIBUTE_TRANSACTIONAL;
        options.producer_id = first->producer.id;
        options.producer_epoch = first->producer.epoch;
    }
    return options;
}

/* Everything that waits and fits. What would never fit fails here. */
static void batch_gather(struct coordinator_batch *batch, struct batch_builder *builder,
                         int64_t now_ms)
{
    struct coordinator_part *part = batch->part;
    batch_build_begin(builder, part->coordinator->buffer, BATCH_BYTES_MAX);
    while (!list_empty(&part->writes)) {
        struct group_write *write = LIST_FIRST(&part->writes, struct group_write, node);
        if (!batch_has_place(batch, write))
            return;
        bool added = batch_add(builder, write, now_ms);
        if (!added && builder->count > 0)
            return;
        list_remove(&write->node);
        if (added)
            list_push_back(&batch->writes, &write->node);
        else
            part_end_write(part, write, ERR_TOO_LARGE);
    }
}

/* In offsets.topic.compression.codec; where that is none, or does not help, as it is. */
static const uint8_t *batch_compress(struct coordinator *c, uint32_t *len)
{
    if (c->compression == COMPRESSION_NONE)
        return c->buffer;
    if (c->compressor == NULL) {
        c->compressor = compressor_new();
        c->packed = mem_map_raw(BATCH_BYTES_MAX);
    }
    struct batch_codec codec = {c->compressor, c->compression,
                                compress_level_default(c->compression)};
    int64_t packed =
        batch_pack(c->buffer, batch_records(c->buffer, *len), &codec, c->packed, BATCH_BYTES_MAX);
    if (packed < 0 || packed >= (int64_t)*len)
        return c->buffer;
    *len = (uint32_t)packed;
    return c->packed;
}

/* False: there is no room now, and what waits goes on waiting. */
static bool part_append(struct coordinator_part *part)
{
    struct coordinator *c = part->coordinator;
    struct batch_builder builder;
    struct coordinator_batch *batch = slab_alloc(&c->batches);
    if (batch == NULL)
        return false;
    batch->part = part;
    list_init(&batch->writes);
    int64_t now_ms = io_wall_ms(c->core->io);
    batch_gather(batch, &builder, now_ms);
    if (builder.count == 0) {
        slab_free(&c->batches, batch);
        return true;
    }
    struct batch_build_options options = batch_options(batch);
    int64_t built = batch_build_end(&builder, &options);
    ASSERT(built > 0);
    uint32_t len = (uint32_t)built;
    const uint8_t *data = batch_compress(c, &len);
    batch->append = (struct partition_append){
        .partition = part->partition,
        .batch = data,
        .len = len,
        .origin = APPEND_COORDINATOR,
        .now_ms = now_ms,
        .done = batch_appended,
    };
    if (partition_append(&batch->append) == 0) {
        part->batches_out++;
        return true;
    }
    list_append(&batch->writes, &part->writes);
    list_append(&part->writes, &batch->writes);
    slab_free(&c->batches, batch);
    return false;
}

static void coordinator_append(struct coordinator *c)
{
    while (!c->parked && !list_empty(&c->dirty)) {
        struct coordinator_part *part = LIST_FIRST(&c->dirty, struct coordinator_part, dirty_node);
        if (!part_append(part)) {
            c->parked = true;
            return;
        }
        if (list_empty(&part->writes))
            list_remove(&part->dirty_node);
    }
}

void coordinator_room(struct coordinator *c)
{
    c->parked = false;
}

static void coordinator_reply(struct coordinator *c)
{
    struct list *node;
    while ((node = list_pop_front(&c->answers)) != NULL)
        core_reply(c->core, LIST_ENTRY(node, struct core_call, node));
}

/* What could not be appended before the shard's last flush. */
static void coordinator_fail_writes(struct coordinator *c)
{
    struct list *node;
    while ((node = list_pop_front(&c->dirty)) != NULL)
        part_fail_writes(LIST_ENTRY(node, struct coordinator_part, dirty_node), ERR_OFFLINE);
}

bool coordinator_step(struct coordinator *c)
{
    coordinator_reply(c);
    if (c->core->life >= CORE_FLUSHING)
        coordinator_fail_writes(c);
    if (c->parked && slab_used(&c->batches) == 0)
        coordinator_room(c);
    coordinator_append(c);
    coordinator_reply(c);
    return !c->parked && !list_empty(&c->dirty);
}

/* Calls. */

static void call_run(struct core *core, struct core_call *core_call)
{
    struct group_call *call = CONTAINER_OF(core_call, struct group_call, call);
    struct coordinator_part *part = part_at(core->coordinator, call->place);
    if (part == NULL || core->coordinator->stopped)
        call->error = KAFKA_NOT_COORDINATOR;
    else if (part->state == COORDINATOR_LOADING)
        call->error = KAFKA_COORDINATOR_LOAD_IN_PROGRESS;
    else if (part->state == COORDINATOR_FAILED)
        call->error = KAFKA_COORDINATOR_NOT_AVAILABLE;
    if (call->error == KAFKA_NONE)
        call->serve(part, call);
    else
        core_reply(core, core_call);
}

static void call_done(struct core *core, struct core_call *core_call)
{
    (void)core;
    struct group_call *call = CONTAINER_OF(core_call, struct group_call, call);
    call->done(call);
}

void coordinator_send_place(struct core *core, unsigned owner, int32_t place,
                            struct group_call *call)
{
    ASSERT(call->serve != NULL && call->done != NULL);
    call->place = place;
    call->error = KAFKA_NONE;
    call->call.run = call_run;
    call->call.done = call_done;
    core_send(core, owner, &call->call);
}

bool coordinator_place(const struct core *core, struct string group_id, unsigned *owner,
                       int32_t *place)
{
    const struct image_topic *topic =
        image_topic_named(&core->image, BYTES_LITERAL(COORDINATOR_TOPIC));
    if (topic == NULL || topic->partition_count == 0)
        return false;
    *place = group_place(string_bytes(group_id), topic->partition_count);
    *owner = topic->partitions[*place].owner;
    return true;
}

bool coordinator_send(struct core *core, struct string group_id, struct group_call *call)
{
    unsigned owner;
    int32_t place;
    if (!coordinator_place(core, group_id, &owner, &place))
        return false;
    coordinator_send_place(core, owner, place, call);
    return true;
}

int16_t coordinator_list(struct coordinator *c, struct group_listing *listing)
{
    for (uint32_t i = 0; i < c->part_capacity; i++) {
        struct coordinator_part *part = c->parts[i];
        if (part == NULL)
            continue;
        if (part->state == COORDINATOR_LOADING)
            return KAFKA_COORDINATOR_LOAD_IN_PROGRESS;
        /* Kafka leaves them out; but nobody else has them, and a list must not look whole. */
        if (part->state == COORDINATOR_FAILED)
            return KAFKA_COORDINATOR_NOT_AVAILABLE;
        if (groups_count(&part->groups) > 0)
            groups_list(&part->groups, listing);
    }
    return KAFKA_NONE;
}

/* Life. */

/* group.consumer.assignors: names, or Kafka's classes of them; others were refused at the start. */
static void configure_assignors(const struct config *config, const char *assignors[2])
{
    const char *list = config_text(config, "group.consumer.assignors");
    struct bytes item;
    size_t count = 0;
    while (list != NULL && count < 2 && config_list_next(&list, &item)) {
        const char *name = config_assignor_name(item);
        if (name != NULL && (count == 0 || strcmp(assignors[0], name) != 0))
            assignors[count++] = name;
    }
    ASSERT(count > 0);
}

static void coordinator_configure(struct coordinator *c, const struct config *config)
{
    c->config = (struct groups_config){
        .session_ms_min = config->group_session_ms_min,
        .session_ms_max = config->group_session_ms_max,
        .rebalance_delay_ms = MAX(config->group_rebalance_delay_ms, 0),
        .members_max = config->group_members_max,
        .retention_ms = config->offsets_retention_ms,
        .consumer_members_max = config->consumer_members_max,
    };
    const char *policy = config_text(config, "group.consumer.migration.policy");
    bool both = config_value_choice("BIDIRECTIONAL", policy) == 0;
    c->config.may_upgrade = both || config_value_choice("UPGRADE", policy) == 0;
    c->config.may_downgrade = both || config_value_choice("DOWNGRADE", policy) == 0;
    configure_assignors(config, c->config.assignors);
    c->expiry_ms = config_integer(config, "offsets.retention.check.interval.ms");
    int64_t codec = config_integer(config, "offsets.topic.compression.codec");
    c->compression =
        codec > 0 && codec < COMPRESSION_COUNT ? (enum compression)codec : COMPRESSION_NONE;
}

struct coordinator *coordinator_new(struct core *core, const struct config *config,
                                    size_t memory_bytes)
{
    struct coordinator *c = mem_alloc(sizeof *c);
    c->core = core;
    coordinator_configure(c, config);
    c->memory.limit = memory_bytes;
    c->host = (struct groups_host){
        .timers = &core->timers,
        .memory = &c->memory,
        .config = &c->config,
        .secret = core->secret,
        .now_ns = host_now,
        .wall_ms = host_wall,
        .new_id = host_new_id,
        .append = host_append,
        .settings = host_settings,
        .topic_named = host_topic_named,
        .topic_with_id = host_topic_with_id,
        .topic_at = host_topic_at,
        .topics_version = host_topics_version,
    };
    list_init(&c->dirty);
    list_init(&c->answers);
    list_init(&c->loading);
    slab_init(&c->batches, sizeof(struct coordinator_batch), BATCHES_OUT_MAX);
    c->buffer = mem_map_raw(BATCH_BYTES_MAX);
    timer_init(&c->expiry, expiry_due);
    coordinator_load_init(c);
    return c;
}

void coordinator_free(struct coordinator *c)
{
    core_timer_cancel(c->core, &c->expiry);
    coordinator_load_fini(c);
    for (uint32_t i = 0; i < c->part_capacity; i++)
        if (c->parts[i] != NULL)
            part_free(c->parts[i]);
    ASSERT(c->memory.used == 0 && c->memory.pending == 0);
    mem_free(c->parts);
    slab_fini(&c->batches);
    mem_unmap_raw(c->buffer, BATCH_BYTES_MAX);
    if (c->compressor != NULL) {
        compressor_free(c->compressor);
        mem_unmap_raw(c->packed, BATCH_BYTES_MAX);
    }
    mem_free(c);
}

void coordinator_start(struct coordinator *c)
{
    struct image_topic *topic =
        image_topic_named(&c->core->image, BYTES_LITERAL(COORDINATOR_TOPIC));
    for (int32_t i = 0; topic != NULL && i < topic->partition_count; i++)
        if (topic->partitions[i].partition != NULL && part_at(c, i) == NULL)
            coordinator_partition_created(c, topic->partitions[i].partition);
    coordinator_load_next(c);
}

void coordinator_stop(struct coordinator *c)
{
    c->stopped = true;
    core_timer_cancel(c->core, &c->expiry);
    for (uint32_t i = 0; i < c->part_capacity; i++)
        if (c->parts[i] != NULL)
            groups_close(&c->parts[i]->groups);
}
