/*
 * Replaying a partition of __consumer_offsets: read in pieces of LOAD_BYTES, one partition at a
 * time, each piece in one step of the core.
 *
 * Records of a transaction count with its commit marker, and not when it was aborted (KIP-98). What
 * is still open at the end stays so: who asks for stable offsets is told.
 */
#include "base/assert.h"
#include "base/mem.h"
#include "broker/groups/coordinator_internal.h"
#include "protocol/batch_codec.h"
#include "protocol/record.h"

#define LOAD_BYTES (256 * KIB)
#define LOAD_ARENA_MAX (16 * MIB)
#define LOAD_UNPACKED_MAX (128 * MIB)
#define LOAD_AGAIN_MS 50

static void load_read(struct coordinator *c, size_t size);

static void load_end(struct coordinator *c, int result)
{
    struct coordinator_load *load = &c->load;
    struct coordinator_part *part = load->part;
    if (load->buffer != NULL)
        region_give(c->core->memory, load->buffer, load->capacity);
    load->buffer = NULL;
    load->part = NULL;
    if (load->room != NULL)
        mem_discard_raw(load->room, LOAD_UNPACKED_MAX);
    if (result == ERR_CANCELED)
        log_debug(&c->core->log, "the groups of %s-%d are not loaded any more", COORDINATOR_TOPIC,
                  part->index);
    else if (result != 0)
        log_error(&c->core->log, "the groups of %s-%d cannot be loaded: %s", COORDINATOR_TOPIC,
                  part->index, result_sentence(result));
    else
        log_debug(&c->core->log, "loaded %llu records of %s-%d", (unsigned long long)load->records,
                  COORDINATOR_TOPIC, part->index);
    coordinator_loaded(part, result);
    coordinator_part_free_maybe(part);
    coordinator_load_next(c);
}

/* The batch is read as a whole before the next one is begun, and may be read twice: memory may run
 * out in the middle. What we do not know is another coordinator's business; what is damaged must
 * not be passed over. */
static int load_apply(struct coordinator *c, const uint8_t *batch, const struct record *record)
{
    struct groups *groups = &c->load.part->groups;
    struct group_record_read read;
    struct arena arena;
    arena_init(&arena, c->core->memory, LOAD_ARENA_MAX);
    int result = group_record_decode(record->key, record->value, &arena, &read);
    if (result == 0 && batch_is_transactional(batch) && batch_producer_id(batch) >= 0)
        groups_load_transactional(groups, batch_producer_id(batch), &read);
    else if (result == 0)
        groups_load(groups, &read);
    arena_reset(&arena);
    c->load.records++;
    return result == ERR_UNSUPPORTED ? 0 : result;
}

/* A transaction of the producer ends. Other control records are no business of ours. */
static int load_marker(struct coordinator *c, const uint8_t *batch, const struct record *marker)
{
    int type = control_type(marker);
    if (type == CONTROL_COMMIT || type == CONTROL_ABORT)
        groups_end_transaction(&c->load.part->groups, batch_producer_id(batch),
                               type == CONTROL_COMMIT);
    return MIN(type, 0);
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
        load->room = mem_map_raw(LOAD_UNPACKED_MAX);
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
            result = batch_is_control(span.data) ? load_marker(c, span.data, &record)
                                                 : load_apply(c, span.data, &record);
    }
    return result;
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
        if (result == 0)
            offset = batch_last_offset(span.data) + 1;
    }
    if (result == ERR_NO_MEMORY) {
        /* Later again from this batch. Not from one in front of it: a marker there would end what
         * its producer has begun since. */
        read->offset = offset;
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
        load_end(c, 0);
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
    timer_init(&c->load.again, load_again);
}

void coordinator_load_fini(struct coordinator *c)
{
    struct coordinator_load *load = &c->load;
    core_timer_cancel(c->core, &load->again);
    if (load->buffer != NULL)
        region_give(c->core->memory, load->buffer, load->capacity);
    if (load->compressor != NULL) {
        compressor_free(load->compressor);
        mem_unmap_raw(load->room, LOAD_UNPACKED_MAX);
    }
}
