/*
 * Replaying a partition of __consumer_offsets: read in pieces of LOAD_BYTES, one partition at a
 * time, each piece in one step of the core.
 *
 * Records of a transaction count with its commit marker, and not when it was aborted (KIP-98). What
 * is still open at the end stays undecided: who asks for stable offsets is told so.
 */
#include "base/assert.h"
#include "base/mem.h"
#include "broker/coordinator_internal.h"
#include "protocol/batch_codec.h"
#include "protocol/record.h"

#define LOAD_BYTES (256 * KIB)
#define LOAD_ARENA_MAX (16 * MIB)
#define LOAD_UNPACKED_MAX (128 * MIB)
#define LOAD_AGAIN_MS 50

static void load_read(struct coordinator *c, size_t size);

static void load_record_free(struct load_record *open)
{
    list_remove(&open->node);
    struct group_reply memory = open->memory;
    group_reply_free(&memory);
}

static void load_drop_open(struct coordinator_load *load)
{
    LIST_EACH(node, &load->open)
        load_record_free(LIST_ENTRY(node, struct load_record, node));
}

static void load_end(struct coordinator *c, int result)
{
    struct coordinator_load *load = &c->load;
    struct coordinator_part *part = load->part;
    if (load->buffer != NULL)
        region_give(c->core->memory, load->buffer, load->capacity);
    load->buffer = NULL;
    load->part = NULL;
    if (result == ERR_CANCELED)
        log_debug(&c->core->log, "the groups of %s-%d are not loaded any more", COORDINATOR_TOPIC,
                  part->index);
    else if (result != 0)
        log_error(&c->core->log, "the groups of %s-%d cannot be loaded: %s", COORDINATOR_TOPIC,
                  part->index, result_sentence(result));
    else
        log_debug(&c->core->log, "loaded %llu records of %s-%d", (unsigned long long)load->records,
                  COORDINATOR_TOPIC, part->index);
    load_drop_open(load);
    coordinator_loaded(part, result);
    coordinator_part_free_maybe(part);
    coordinator_load_next(c);
}

/* One record that counts. What we do not know is another coordinator's business; what is damaged
 * must not be passed over. */
static int load_apply(struct coordinator *c, const struct group_record *record, bool open)
{
    struct group_record_read read;
    struct arena arena;
    arena_init(&arena, c->core->memory, LOAD_ARENA_MAX);
    int result = group_record_decode(record->key, record->value, &arena, &read);
    if (result == 0 && open)
        groups_load_open(&c->load.part->groups, &read);
    else if (result == 0)
        groups_load(&c->load.part->groups, &read);
    arena_reset(&arena);
    c->load.records++;
    return result == ERR_UNSUPPORTED ? 0 : result;
}

static void load_keep_open(struct coordinator *c, int64_t producer_id,
                           const struct group_record *record)
{
    struct group_reply memory = {0};
    struct load_record *open = group_reply_alloc(&memory, 1, sizeof *open);
    open->producer_id = producer_id;
    open->record.key = group_reply_blob(&memory, record->key);
    open->record.value = group_reply_blob(&memory, record->value);
    open->memory = memory;
    list_push_back(&c->load.open, &open->node);
}

/* A transaction of the producer ends. */
static int load_marker(struct coordinator *c, int64_t producer_id, const struct record *marker)
{
    int type = control_type(marker);
    int result = 0;
    LIST_EACH(node, &c->load.open) {
        struct load_record *open = LIST_ENTRY(node, struct load_record, node);
        if (open->producer_id != producer_id)
            continue;
        if (type == CONTROL_COMMIT && result == 0)
            result = load_apply(c, &open->record, false);
        load_record_free(open);
    }
    return type < 0 ? type : result;
}

static int load_record(struct coordinator *c, const uint8_t *batch, const struct record *record)
{
    struct group_record one = {record->key, record->value};
    if (batch_is_control(batch))
        return load_marker(c, batch_producer_id(batch), record);
    if (!batch_is_transactional(batch))
        return load_apply(c, &one, false);
    load_keep_open(c, batch_producer_id(batch), &one);
    return 0;
}

static int load_plain(struct coordinator *c, struct batch_span span, struct bytes *records)
{
    struct coordinator_load *load = &c->load;
    if (batch_compression(span.data) == COMPRESSION_NONE) {
        *records = batch_records(span.data, span.len);
        return 0;
    }
    if (load->compressor == NULL) {
        load->compressor = compressor_new();
        load->room = mem_map(LOAD_UNPACKED_MAX);
    }
    struct batch_scratch scratch = {load->room, LOAD_UNPACKED_MAX};
    return batch_unpack(span, load->compressor, &scratch, records);
}

static int load_batch(struct coordinator *c, struct batch_span span)
{
    struct bytes records;
    struct reader reader;
    int result = load_plain(c, span, &records);
    if (result != 0)
        return result;
    reader_init(&reader, records.data, records.len);
    int32_t count = batch_record_count(span.data);
    for (int32_t i = 0; i < count && result == 0; i++) {
        struct record record;
        result = record_read(&reader, &record);
        if (result == 0)
            result = load_record(c, span.data, &record);
    }
    return result;
}

/* Ends the load of a part whose log is read. */
static void load_finish(struct coordinator *c)
{
    int result = 0;
    LIST_EACH(node, &c->load.open) {
        if (result == 0)
            result = load_apply(c, &LIST_ENTRY(node, struct load_record, node)->record, true);
    }
    if (result == ERR_NO_MEMORY) {
        core_timer_set(c->core, &c->load.again, LOAD_AGAIN_MS * NS_PER_MS);
        return;
    }
    if (c->load.room != NULL)
        mem_discard(c->load.room, LOAD_UNPACKED_MAX);
    load_end(c, result);
}

static void load_read_done(struct partition_read *read)
{
    struct coordinator *c = CONTAINER_OF(read, struct coordinator, load.read);
    struct coordinator_load *load = &c->load;
    struct batch_span span;
    size_t position = 0;
    int64_t offset = read->offset;
    load->part->reads_out--;
    int result = load->part->gone || c->stopped ? ERR_CANCELED : read->error;
    while (result == 0 && batch_next((struct bytes){read->data, read->len}, position, &span) == 0) {
        result = load_batch(c, span);
        position += span.len;
        offset = batch_last_offset(span.data) + 1;
    }
    if (result == ERR_NO_MEMORY) {
        /* The same piece again, later: a record may be loaded twice. */
        core_timer_set(c->core, &load->again, LOAD_AGAIN_MS * NS_PER_MS);
        return;
    }
    if (result != 0) {
        load_end(c, result);
        return;
    }
    bool stuck = offset == read->offset && read->needed == 0;
    read->offset = offset;
    if (offset >= load->end || stuck)
        load_finish(c);
    else
        load_read(c, MAX(load->capacity, (size_t)read->needed));
}

static void load_read(struct coordinator *c, size_t size)
{
    struct coordinator_load *load = &c->load;
    struct region *memory = c->core->memory;
    if (load->buffer != NULL && size > load->capacity) {
        region_give(memory, load->buffer, load->capacity);
        load->buffer = NULL;
    }
    if (load->buffer == NULL) {
        load->buffer = region_take(memory, size);
        load->capacity = size;
    }
    if (load->buffer == NULL) {
        core_timer_set(c->core, &load->again, LOAD_AGAIN_MS * NS_PER_MS);
        return;
    }
    load->read = (struct partition_read){
        .partition = load->part->partition,
        .offset = load->read.offset,
        .data = load->buffer,
        .capacity = (uint32_t)load->capacity,
        .done = load_read_done,
    };
    load->part->reads_out++;
    partition_read(&load->read);
}

/* Memory was short. */
static void load_again(struct timer *timer)
{
    struct coordinator *c = CONTAINER_OF(timer, struct coordinator, load.again);
    if (c->load.part->gone || c->stopped)
        load_end(c, ERR_CANCELED);
    else
        load_read(c, c->load.capacity);
}

void coordinator_load_next(struct coordinator *c)
{
    struct coordinator_load *load = &c->load;
    if (load->part != NULL || c->stopped)
        return;
    struct list *node = list_pop_front(&c->loading);
    if (node == NULL)
        return;
    struct coordinator_part *part = LIST_ENTRY(node, struct coordinator_part, loading_node);
    load->part = part;
    load->records = 0;
    load->end = part->partition->durable_end;
    load->read.offset = part->partition->log_start;
    load_read(c, LOAD_BYTES);
}

void coordinator_load_init(struct coordinator *c)
{
    list_init(&c->load.open);
    timer_init(&c->load.again, load_again);
}

void coordinator_load_fini(struct coordinator *c)
{
    struct coordinator_load *load = &c->load;
    load_drop_open(load);
    core_timer_cancel(c->core, &load->again);
    if (load->buffer != NULL)
        region_give(c->core->memory, load->buffer, load->capacity);
    if (load->compressor != NULL) {
        compressor_free(load->compressor);
        mem_unmap(load->room, LOAD_UNPACKED_MAX);
    }
}
