/*
 * The catalog's writer: proposals in, one batch out, applied on every core, proposals done.
 *
 * One commit is in flight at a time, from the first judge to the last core's confirmation; what
 * arrives meanwhile waits in order and is judged together next. So judges see an image that is
 * complete but for what the same batch already takes, and that is in a short list of names.
 */
#include "broker/catalog/catalog.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "broker/catalog/catalog_keeping.h"
#include "broker/catalog/catalog_leaders.h"
#include "broker/partitions.h"
#include "broker/server.h"
#include "partition/partition.h"
#include "protocol/errors.h"
#include "protocol/record.h"
#include "protocol/schema/metadata_records.h"

#define CATALOG_BATCH_BYTES (900 * KIB)
#define CATALOG_NAMES_MAX 4096
#define CATALOG_PATIENCE_NS (30 * NS_PER_S)

/* A batch on its way to one core. */
struct catalog_apply {
    struct core_call call; /* first */
    struct catalog *catalog;
};

struct catalog_name {
    struct bytes name; /* of a topic taken in this batch; borrowed from the proposal */
    struct uuid id;    /* of a topic removed in it */
    int8_t resource;   /* instead: `name` is one of this type, whose configuration is changed */
};

enum retirement { RETIRE_NOT_YET, RETIRE_PROPOSED, RETIRE_DONE };

struct catalog {
    struct core *core;
    struct partition *partition;
    struct list urgent;     /* proposals */
    struct list waiting;    /* the others; each list by since_ns */
    uint32_t waiting_count; /* in both */
    uint32_t last_count;    /* proposals of the last batch: as many may come again */
    uint64_t gathering_ns;  /* since when the next batch waits for more, 0: it does not */
    struct timer timer;     /* the end of that, or of the patience of who waits longest */
    struct catalog_counts counts;
    enum catalog_close_reason reason; /* of the batch that gathers, if nothing else closes it */
    struct list committing;           /* proposals in the batch */
    bool busy;
    uint32_t applying; /* cores that have not confirmed */
    struct catalog_apply *applies;
    uint8_t *buffer; /* the batch */
    struct batch_builder builder;
    struct partition_append append;
    struct catalog_name names[CATALOG_NAMES_MAX];
    uint32_t name_count;
    int64_t producer_id_next;
    int64_t now_ms;
    bool overflow;
    bool conflict; /* that was for a configuration that the batch changes already, and the like */
    bool frees_space; /* all proposals in the batch do */
    struct catalog_keeping *keeping;
    struct proposal retire;
    bool retire_again; /* not everything fitted into the proposal */
    enum retirement retirement;
};

static void catalog_expired(struct timer *timer);

struct catalog *catalog_new(struct core *core, struct partition *partition,
                            struct catalog_snapshot_id newest)
{
    struct catalog *catalog = mem_alloc(sizeof *catalog);
    catalog->core = core;
    catalog->partition = partition;
    catalog->buffer = mem_map_raw(CATALOG_BATCH_BYTES);
    catalog->applies = mem_alloc_array(core->core_count, sizeof *catalog->applies);
    list_init(&catalog->urgent);
    list_init(&catalog->waiting);
    list_init(&catalog->committing);
    timer_init(&catalog->timer, catalog_expired);
    catalog->keeping = catalog_keeping_new(core, partition, newest);
    return catalog;
}

void catalog_free(struct catalog *catalog)
{
    ASSERT(catalog_idle(catalog) && !timer_armed(&catalog->timer));
    catalog_keeping_free(catalog->keeping);
    mem_free(catalog->applies);
    mem_unmap_raw(catalog->buffer, CATALOG_BATCH_BYTES);
    mem_free(catalog);
}

bool catalog_idle(const struct catalog *catalog)
{
    return !catalog->busy && catalog->waiting_count == 0 && catalog_keeping_idle(catalog->keeping);
}

const char *catalog_close_reason_name(enum catalog_close_reason reason)
{
    static const char *const names[CATALOG_CLOSE_REASONS] = {
        [CATALOG_CLOSE_COUNT] = "count",       [CATALOG_CLOSE_BYTES] = "bytes",
        [CATALOG_CLOSE_CONFLICT] = "conflict", [CATALOG_CLOSE_AGE] = "age",
        [CATALOG_CLOSE_URGENT] = "urgent",     [CATALOG_CLOSE_IDLE] = "idle",
        [CATALOG_CLOSE_STOP] = "stop",
    };
    ASSERT((size_t)reason < CATALOG_CLOSE_REASONS);
    return names[reason];
}

const struct catalog_counts *catalog_counted(const struct catalog *catalog)
{
    return &catalog->counts;
}

/* For judges. */

struct image *catalog_image(struct catalog *catalog)
{
    return &catalog->core->image;
}

struct core *catalog_core(struct catalog *catalog)
{
    return catalog->core;
}

struct partition *catalog_partition(struct catalog *catalog)
{
    return catalog->partition;
}

bool catalog_topic_taken(const struct catalog *catalog, struct bytes name)
{
    for (uint32_t i = 0; i < catalog->name_count; i++)
        if (catalog->names[i].resource == 0 && catalog->names[i].name.len > 0 &&
            bytes_equal(catalog->names[i].name, name))
            return true;
    return false;
}

bool catalog_topic_removed(const struct catalog *catalog, struct uuid id)
{
    for (uint32_t i = 0; i < catalog->name_count; i++)
        if (catalog->names[i].resource == 0 && catalog->names[i].name.len == 0 &&
            uuid_equal(catalog->names[i].id, id))
            return true;
    return false;
}

static void catalog_note(struct catalog *catalog, const struct catalog_name *name)
{
    if (catalog->name_count == CATALOG_NAMES_MAX)
        catalog->overflow = true;
    else
        catalog->names[catalog->name_count++] = *name;
}

void catalog_take_topic(struct catalog *catalog, struct bytes name)
{
    catalog_note(catalog, &(struct catalog_name){.name = name});
}

void catalog_remove_topic(struct catalog *catalog, struct uuid id)
{
    catalog_note(catalog, &(struct catalog_name){.id = id});
}

bool catalog_resource_taken(const struct catalog *catalog, int8_t type, struct bytes name)
{
    for (uint32_t i = 0; i < catalog->name_count; i++)
        if (catalog->names[i].resource == type && bytes_equal(catalog->names[i].name, name))
            return true;
    return false;
}

void catalog_take_resource(struct catalog *catalog, int8_t type, struct bytes name)
{
    ASSERT(type != 0);
    catalog_note(catalog, &(struct catalog_name){.name = name, .resource = type});
}

void catalog_postpone(struct catalog *catalog)
{
    ASSERT(catalog->builder.count > 0);
    catalog->overflow = true;
    catalog->conflict = true;
}

int64_t catalog_take_producer_ids(struct catalog *catalog, int32_t count)
{
    int64_t first = MAX(catalog->producer_id_next, catalog->core->image.producer_id_next);
    catalog->producer_id_next = first + count;
    return first;
}

void catalog_add(struct catalog *catalog, const struct message_type *type, int16_t version,
                 const void *record)
{
    uint8_t value[8192];
    struct writer w;
    writer_init(&w, value, sizeof value);
    if (catalog_record_write(type, version, record, &w) != 0)
        catalog->overflow = true;
    else
        catalog_add_value(catalog, (struct bytes){value, writer_len(&w)});
}

void catalog_add_value(struct catalog *catalog, struct bytes value)
{
    batch_build_add(&catalog->builder, catalog->now_ms, (struct blob){NULL, -1},
                    blob_of(value.data, value.len));
    if (catalog->builder.writer.error != 0)
        catalog->overflow = true;
}

void catalog_booted(struct catalog *catalog)
{
    catalog_keeping_begin(catalog->keeping);
}

/* Commits. */

static void catalog_start(struct catalog *catalog);

static void proposal_end(struct catalog *catalog, struct proposal *proposal, int16_t error)
{
    proposal->error = error;
    core_reply(catalog->core, &proposal->call);
}

static void commit_end(struct catalog *catalog, int16_t error)
{
    struct list ended;
    list_init(&ended);
    list_append(&ended, &catalog->committing);
    catalog->name_count = 0;
    /* Who proposes again at once waits until all are told, to be in one batch with them. */
    struct list *node;
    while ((node = list_pop_front(&ended)) != NULL)
        proposal_end(catalog, LIST_ENTRY(node, struct proposal, node), error);
    catalog->busy = false;
    catalog_start(catalog);
}

/* On each core. */
static void apply_run(struct core *core, struct core_call *call)
{
    struct catalog_apply *apply = CONTAINER_OF(call, struct catalog_apply, call);
    const struct catalog *catalog = apply->catalog;
    int result = partitions_apply(core, catalog->append.batch, catalog->append.len);
    ASSERT(result == 0 && core->unconfirmed == NULL);
    core->unconfirmed = call;
    (void)catalog_confirm(core);
}

/* A topic that is made again has the same directories, maybe on another core: a running flush must
 * not write into them any more, nor a late rename take them away. */
bool catalog_confirm(struct core *core)
{
    struct core_call *call = core->unconfirmed;
    if (call == NULL || deletion_holds_names(&core->shard))
        return false;
    core->unconfirmed = NULL;
    core_reply(core, call);
    return true;
}

static void apply_done(struct core *core, struct core_call *call)
{
    (void)core;
    struct catalog *catalog = CONTAINER_OF(call, struct catalog_apply, call)->catalog;
    ASSERT(catalog->applying > 0);
    catalog->applying--;
    if (catalog->applying > 0 && !MUTANT(CONFIRM_BEFORE_ALL_CORES))
        return;
    catalog_keeping_grown(catalog->keeping, catalog->append.len);
    commit_end(catalog, KAFKA_NONE);
}

static void commit_durable(struct partition_append *append)
{
    struct catalog *catalog = CONTAINER_OF(append, struct catalog, append);
    struct core *core = catalog->core;
    if (append->outcome != APPEND_DONE && !MUTANT(CONFIRM_FAILED_CATALOG)) {
        log_error(&core->log, "the catalog cannot be written");
        commit_end(catalog, KAFKA_KAFKA_STORAGE_ERROR);
        return;
    }
    batch_patch_offset(catalog->buffer, append->base_offset);
    catalog->applying = core->core_count;
    for (unsigned i = 0; i < core->core_count; i++) {
        catalog->applies[i].catalog = catalog;
        catalog->applies[i].call.run = apply_run;
        catalog->applies[i].call.done = apply_done;
    }
    for (unsigned i = 0; i < core->core_count; i++)
        core_send(core, i, &catalog->applies[i].call);
}

static void commit_write(struct catalog *catalog)
{
    int64_t len = batch_build_end(&catalog->builder, &BATCH_BUILD_PLAIN);
    ASSERT(len > 0);
    catalog->counts.bytes += (uint64_t)len;
    catalog->append = (struct partition_append){
        .partition = catalog->partition,
        .batch = catalog->buffer,
        .len = (uint32_t)len,
        .origin = APPEND_COORDINATOR,
        .frees_space = catalog->frees_space,
        .done = commit_durable,
    };
    if (partition_append(&catalog->append) != 0) {
        log_warn(&catalog->core->log, "no memory to write the catalog");
        commit_end(catalog, KAFKA_KAFKA_STORAGE_ERROR);
    }
}

/* The next batch has it first. */
static void proposal_postpone(struct catalog *catalog, struct proposal *proposal)
{
    list_push_front(proposal->urgent ? &catalog->urgent : &catalog->waiting, &proposal->node);
    catalog->waiting_count++;
}

/* Judges one proposal; what it added stays only when it was accepted. */
static void proposal_take(struct catalog *catalog, struct proposal *proposal)
{
    struct batch_builder before = catalog->builder;
    uint32_t names_before = catalog->name_count;
    catalog->overflow = false;
    int16_t error = proposal->judge(catalog, proposal);
    bool retry = catalog->overflow && before.count > 0;
    if (error != KAFKA_NONE || catalog->overflow) {
        catalog->builder = before;
        catalog->name_count = names_before;
    }
    if (retry) {
        proposal_postpone(catalog, proposal);
    } else if (catalog->overflow) {
        proposal_end(catalog, proposal, KAFKA_POLICY_VIOLATION);
    } else if (error != KAFKA_NONE || catalog->builder.count == before.count) {
        proposal_end(catalog, proposal, error);
    } else {
        list_push_back(&catalog->committing, &proposal->node);
        catalog->last_count++;
        catalog->frees_space = catalog->frees_space && proposal->frees_space;
    }
}

/* On a full disk a batch is refused as a whole: what may free space must not be in one with what
 * has no place. */
static bool must_not_share(struct catalog *catalog, const struct proposal *proposal)
{
    if (!wal_keeps_apart(catalog->core->shard.wal) || catalog->builder.count == 0 ||
        proposal->frees_space == catalog->frees_space)
        return false;
    catalog->overflow = catalog->conflict = true;
    return true;
}

static struct proposal *proposal_next(struct catalog *catalog)
{
    struct list *node = list_pop_front(&catalog->urgent);
    if (node == NULL)
        node = list_pop_front(&catalog->waiting);
    if (node == NULL)
        return NULL;
    ASSERT(catalog->waiting_count > 0);
    catalog->waiting_count--;
    return LIST_ENTRY(node, struct proposal, node);
}

static int64_t catalog_setting(const struct catalog *catalog, const char *key)
{
    struct config_layers layers = image_config_layers(&catalog->core->image);
    return config_layers_integer(&layers, key);
}

/* Takes what waits into a batch, up to a limit. Proposals that add nothing end at once. */
static void catalog_gather(struct catalog *catalog)
{
    catalog->now_ms = io_wall_ms(catalog->core->io);
    catalog->overflow = false;
    batch_build_begin(&catalog->builder, catalog->buffer, CATALOG_BATCH_BYTES);
    int64_t limit = catalog_setting(catalog, "odradek.catalog.batch.proposals");
    catalog->last_count = 0;
    catalog->conflict = false;
    catalog->frees_space = true;
    for (int64_t i = 0; i < limit && !catalog->overflow; i++) {
        struct proposal *proposal = proposal_next(catalog);
        if (proposal == NULL)
            break;
        if (must_not_share(catalog, proposal))
            proposal_postpone(catalog, proposal);
        else
            proposal_take(catalog, proposal);
    }
    enum catalog_close_reason reason = catalog->reason;
    if (catalog->overflow)
        reason = catalog->conflict ? CATALOG_CLOSE_CONFLICT : CATALOG_CLOSE_BYTES;
    else if (catalog->last_count >= limit)
        reason = CATALOG_CLOSE_COUNT;
    catalog->counts.batches += catalog->last_count > 0;
    catalog->counts.closed[reason] += catalog->last_count > 0;
    catalog->counts.proposals += catalog->last_count;
}

/* What closes the next batch if it takes whatever waits, and need not wait for more. */
static enum catalog_close_reason catalog_reason(const struct catalog *catalog, uint32_t expected)
{
    if (catalog->core->boot != NULL || catalog->core->stopping)
        return CATALOG_CLOSE_STOP;
    return catalog->waiting_count < expected && !list_empty(&catalog->urgent) ? CATALOG_CLOSE_URGENT
                                                                              : CATALOG_CLOSE_IDLE;
}

/* Whether the next batch should wait for more: those who were in the last one may ask again. */
static bool catalog_waits(struct catalog *catalog)
{
    const struct core *core = catalog->core;
    int64_t limit = catalog_setting(catalog, "odradek.catalog.batch.proposals");
    uint64_t wait_ns =
        (uint64_t)catalog_setting(catalog, "odradek.catalog.batch.wait.ms") * NS_PER_MS;
    uint32_t expected = (uint32_t)MIN((int64_t)catalog->last_count, limit);
    uint64_t now = io_now(core->io);
    catalog->reason = catalog_reason(catalog, expected);
    if (catalog->waiting_count >= expected || !list_empty(&catalog->urgent) || core->boot != NULL ||
        core->stopping)
        return false;
    if (catalog->gathering_ns == 0)
        catalog->gathering_ns = now;
    if (now - catalog->gathering_ns >= wait_ns) {
        catalog->reason = CATALOG_CLOSE_AGE;
        return false;
    }
    core_timer_set(catalog->core, &catalog->timer, catalog->gathering_ns + wait_ns - now);
    return true;
}

/* Who has waited too long goes; the timer is set to when the next one will have. */
static void catalog_end_patience(struct catalog *catalog)
{
    struct list *queues[] = {&catalog->urgent, &catalog->waiting};
    uint64_t now = io_now(catalog->core->io);
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < ARRAY_LENGTH(queues); i++) {
        while (!list_empty(queues[i])) {
            struct proposal *first = LIST_ENTRY(queues[i]->next, struct proposal, node);
            if (now - first->since_ns < CATALOG_PATIENCE_NS) {
                next = MIN(next, first->since_ns + CATALOG_PATIENCE_NS - now);
                break;
            }
            (void)list_pop_front(queues[i]);
            catalog->waiting_count--;
            proposal_end(catalog, first, KAFKA_REQUEST_TIMED_OUT);
        }
    }
    if (next != UINT64_MAX)
        core_timer_set(catalog->core, &catalog->timer, next);
}

static void catalog_expired(struct timer *timer)
{
    struct catalog *catalog = CONTAINER_OF(timer, struct catalog, timer);
    if (catalog->busy)
        catalog_end_patience(catalog);
    else
        catalog_start(catalog);
}

static void catalog_start(struct catalog *catalog)
{
    if (catalog->busy || (catalog->waiting_count > 0 && catalog_waits(catalog)))
        return;
    core_timer_cancel(catalog->core, &catalog->timer);
    catalog->gathering_ns = 0;
    /* A proposal that ends may bring the next one: it waits for this loop. */
    catalog->busy = true;
    while (catalog->waiting_count > 0) {
        catalog_gather(catalog);
        if (catalog->builder.count > 0) {
            commit_write(catalog);
            catalog_end_patience(catalog);
            return;
        }
    }
    catalog->busy = false;
}

/* Retirement. */

static int16_t retire_judge(struct catalog *catalog, struct proposal *proposal)
{
    struct broker_registration_change_record record;
    (void)proposal;
    catalog->retire_again = !catalog_resign_leadership(catalog);
    if (catalog->retire_again)
        return KAFKA_NONE;
    message_defaults(&broker_registration_change_record_struct, &record);
    record.broker_id = server_node_id(catalog->core->server);
    record.broker_epoch = catalog->core->image.broker_epoch;
    record.fenced = 1;
    record.in_controlled_shutdown = 1;
    catalog_add(catalog, &broker_registration_change_record_type, 1, &record);
    return KAFKA_NONE;
}

static void retire_done(struct core *core, struct core_call *call)
{
    struct catalog *catalog = CONTAINER_OF(call, struct catalog, retire.call);
    if (catalog->retire.error != KAFKA_NONE) {
        log_warn(&core->log, "this broker could not be fenced in the catalog");
    } else if (catalog->retire_again) {
        catalog_propose(core, &catalog->retire);
        return;
    }
    catalog->retirement = RETIRE_DONE;
}

bool catalog_retire(struct catalog *catalog, bool *proposed)
{
    if (catalog->core->boot != NULL)
        return false;
    if (catalog->retirement == RETIRE_NOT_YET) {
        catalog->retirement = RETIRE_PROPOSED;
        *proposed = true;
        catalog->retire.urgent = true;
        catalog->retire.frees_space = true;
        catalog->retire.judge = retire_judge;
        catalog->retire.call.done = retire_done;
        catalog_propose(catalog->core, &catalog->retire);
    }
    return catalog->retirement == RETIRE_DONE && catalog_idle(catalog);
}

bool catalog_retiring(const struct catalog *catalog)
{
    return catalog->core->boot != NULL || catalog->retirement == RETIRE_PROPOSED ||
           !catalog_idle(catalog);
}

static void proposal_run(struct core *core, struct core_call *call)
{
    struct catalog *catalog = core->catalog;
    struct proposal *proposal = CONTAINER_OF(call, struct proposal, call);
    proposal->since_ns = io_now(core->io);
    list_push_back(proposal->urgent ? &catalog->urgent : &catalog->waiting, &proposal->node);
    catalog->waiting_count++;
    if (catalog->busy && !timer_armed(&catalog->timer))
        core_timer_set(core, &catalog->timer, CATALOG_PATIENCE_NS);
    catalog_start(catalog);
}

void catalog_propose(struct core *core, struct proposal *proposal)
{
    ASSERT(proposal->judge != NULL && proposal->call.done != NULL);
    proposal->call.run = proposal_run;
    list_init(&proposal->node);
    core_send(core, 0, &proposal->call);
}
