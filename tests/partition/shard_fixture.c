/* The fixture of the shard tests; see its header. */
#include "tests/partition/shard_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "partition/recovery.h"
#include "protocol/batch_codec.h"
#include "protocol/record.h"

/* Life. */

static void log_keep(void *context, enum log_level level, const char *line, size_t len)
{
    struct rig *rig = context;
    (void)level;
    size_t used = strlen(rig->logged);
    if (used + len >= sizeof rig->logged)
        used = 0;
    snprintf(rig->logged + used, sizeof rig->logged - used, "%.*s", (int)len, line);
}

void rig_init(struct rig *rig)
{
    crc32c_init();
    memset(rig, 0, sizeof *rig);
    snprintf(rig->root, sizeof rig->root, "/tmp/odradek-shard-XXXXXX");
    cr_assert_not_null(mkdtemp(rig->root));
    rig->log = (struct log){.level = LOG_WARN, .scope = "test", .sink = log_keep, .context = rig};
    watched_files_init(&rig->files);
    manual_io_init(&rig->io, &rig->files.fs, &rig->log);
    list_init(&rig->appends);
    rig->cores = 1;
    rig->profile = FLUSH_IDLE_ONLY;
    rig->wal = (struct wal_options){
        .file_bytes = 1 << 20,
        .files_max = 16,
        .first_file_bytes = 1 << 20,
        .memory_bytes = 16 << 20,
    };
    rig->limits = (struct segment_limits){1u << 30, 4096, 10u << 20, 7 * 24 * 3600 * 1000LL};
}

static void free_appends(struct rig *rig)
{
    struct list *node;
    while ((node = list_pop_front(&rig->appends)) != NULL) {
        struct rig_append *a = LIST_ENTRY(node, struct rig_append, node);
        free(a->batch);
        free(a);
    }
}

void rig_fini(struct rig *rig)
{
    char command[128];
    rig_crash(rig);
    free_appends(rig);
    snprintf(command, sizeof command, "rm -rf %s", rig->root);
    cr_assert_eq(system(command), 0);
}

static bool runs(const struct rig *rig)
{
    return rig->shards[0].shard.wal != NULL;
}

static unsigned owner_of(const struct rig *rig, const struct rig_place *place)
{
    return (unsigned)place->index % rig->cores;
}

static struct partition *make_partition(struct rig *rig, struct rig_place *place)
{
    struct partition *p = partition_new(&rig->files.fs, rig->root, place->topic, place->topic_id,
                                        place->index, &rig->log);
    p->limits = rig->limits;
    p->leader_epoch = rig->leader_epoch;
    place->partition = p;
    return p;
}

uint32_t rig_add(struct rig *rig, const char *topic, int32_t index, int life)
{
    cr_assert_lt(rig->place_count, RIG_PLACES_MAX);
    struct rig_place *place = &rig->places[rig->place_count];
    *place = (struct rig_place){.index = index};
    snprintf(place->topic, sizeof place->topic, "%s", topic);
    place->topic_id.bytes[0] = (uint8_t)life;
    memcpy(place->topic_id.bytes + 1, topic, MIN(strlen(topic), sizeof place->topic_id - 1));
    if (runs(rig))
        shard_attach(rig_shard(rig, owner_of(rig, place)), make_partition(rig, place));
    return rig->place_count++;
}

struct partition *rig_partition(struct rig *rig, uint32_t place)
{
    cr_assert(place < rig->place_count);
    return rig->places[place].partition;
}

struct shard *rig_shard(struct rig *rig, unsigned core)
{
    cr_assert(core < rig->cores);
    return &rig->shards[core].shard;
}

static void count_room(struct shard *shard)
{
    ((struct rig_shard *)shard)->rooms++;
}

static struct partition *find_place(void *context, struct uuid topic_id, int32_t index)
{
    struct rig *rig = context;
    for (uint32_t i = 0; i < rig->place_count; i++)
        if (rig->places[i].index == index && uuid_equal(rig->places[i].topic_id, topic_id))
            return rig->places[i].partition;
    return NULL;
}

static int start_shards(struct rig *rig, struct recovery *recovery)
{
    for (uint32_t i = 0; i < rig->place_count; i++)
        shard_attach(rig_shard(rig, owner_of(rig, &rig->places[i])), rig->places[i].partition);
    int result = recovery_checkpoint_all(recovery, rig_shard(rig, 0));
    if (result != 0)
        return result;
    for (unsigned core = 0; core < rig->cores; core++) {
        struct shard *shard = rig_shard(rig, core);
        struct shard_options options = {
            .io = &rig->io.io,
            .log_directory = rig->root,
            .stream = core,
            .flush_profile = rig->profile,
            .wal = rig->wal,
            .log = &rig->log,
        };
        shard->room = count_room;
        result = recovery_start_shard(recovery, shard, &options);
        if (result != 0)
            return result;
    }
    return recovery_drop_streams(recovery, rig->cores);
}

static int recover(struct rig *rig, struct recovery *recovery)
{
    int result = 0;
    for (uint32_t i = 0; result == 0 && i < rig->place_count; i++)
        result = recovery_open(recovery, make_partition(rig, &rig->places[i]));
    if (result == 0)
        result = recovery_replay(recovery, find_place, rig);
    if (result == 0)
        result = recovery_sync(recovery);
    if (result == 0)
        result = start_shards(rig, recovery);
    rig->replayed = recovery_entries(recovery);
    return result;
}

/* What a start that failed, or a stop, leaves in memory. */
static void drop_everything(struct rig *rig)
{
    for (uint32_t i = 0; i < rig->place_count; i++) {
        struct partition *p = rig->places[i].partition;
        rig->places[i].partition = NULL;
        if (p != NULL && p->shard == NULL)
            partition_free(p);
    }
    for (unsigned i = 0; i < RIG_CORES_MAX; i++) {
        shard_close(&rig->shards[i].shard);
        shard_init(&rig->shards[i].shard);
    }
}

/* What clients' appends wait for behind a start. */
static void await_reserves(struct rig *rig)
{
    for (unsigned i = 0; i < rig->cores; i++)
        for (int steps = 0; steps < 100 && wal_reserve_comes(rig_shard(rig, i)->wal); steps++) {
            (void)shard_step(rig_shard(rig, i));
            io_poll(&rig->io.io, 0);
        }
}

int rig_start_at_once(struct rig *rig)
{
    struct recovery *recovery;
    cr_assert_not(runs(rig));
    for (unsigned i = 0; i < RIG_CORES_MAX; i++)
        shard_init(&rig->shards[i].shard);
    int result = recovery_begin(&rig->files.fs, rig->root, &rig->log, &recovery);
    if (result != 0)
        return result;
    result = recover(rig, recovery);
    recovery_end(recovery);
    if (result != 0)
        drop_everything(rig);
    return result;
}

int rig_start(struct rig *rig)
{
    int result = rig_start_at_once(rig);
    if (result == 0)
        await_reserves(rig);
    return result;
}

static bool stopped(struct rig *rig)
{
    for (unsigned i = 0; i < rig->cores; i++)
        if (!shard_stopped(rig_shard(rig, i)))
            return false;
    return true;
}

void rig_stop(struct rig *rig)
{
    for (unsigned i = 0; i < rig->cores; i++)
        shard_stop(rig_shard(rig, i));
    for (int i = 0; i < 100 && !stopped(rig); i++)
        rig_advance(rig, 10000);
    cr_assert(stopped(rig), "%s", rig->logged);
    drop_everything(rig);
}

/* The partitions leave as deleted ones do, while nothing reaches the disk any more. */
void rig_crash(struct rig *rig)
{
    rig->files.changing = NULL;
    if (runs(rig)) {
        rig->io.ghost = true;
        rig->files.off = true;
        rig->io.hold_reading = rig->io.hold_writes = rig->io.hold_writing = false;
        rig->io.hold_cleaning = false;
        for (uint32_t i = 0; i < rig->place_count; i++) {
            struct partition *p = rig->places[i].partition;
            rig->places[i].partition = NULL;
            if (p != NULL && !p->deleted)
                partition_delete(p);
        }
        rig_stop(rig);
        rig->io.ghost = false;
    }
    cr_assert_eq(rig->files.opened, 0, "%u files left open", rig->files.opened);
    watched_files_crash(&rig->files);
}

/* Running. */

void rig_step(struct rig *rig)
{
    for (unsigned i = 0; i < rig->cores; i++)
        shard_step(rig_shard(rig, i));
    io_poll(&rig->io.io, 0);
}

void rig_settle(struct rig *rig)
{
    for (int i = 0; i < 10000; i++) {
        bool again = manual_io_busy(&rig->io);
        for (unsigned core = 0; core < rig->cores; core++)
            if (shard_step(rig_shard(rig, core)) <= io_now(&rig->io.io))
                again = true;
        if (!again && !manual_io_busy(&rig->io))
            return;
        io_poll(&rig->io.io, 0);
    }
    cr_assert_fail("the shards do not come to rest: %s", rig->logged);
}

void rig_advance(struct rig *rig, uint64_t ms)
{
    manual_io_advance(&rig->io, ms);
    rig_settle(rig);
}

void rig_flush(struct rig *rig)
{
    rig_settle(rig);
    for (int i = 0; i < 20; i++)
        rig_advance(rig, 1000);
    for (unsigned i = 0; i < rig->cores; i++)
        cr_assert(list_empty(&rig_shard(rig, i)->dirty), "%s", rig->logged);
}

void rig_flush_begin(struct rig *rig)
{
    rig_settle(rig);
    rig->io.hold_writing = true;
    rig_advance(rig, 1000);
    cr_assert_eq(rig_shard(rig, 0)->flush.phase, FLUSH_WRITING);
}

void rig_flush_write(struct rig *rig)
{
    rig->io.hold_writing = false;
    rig_step(rig);
    rig->io.hold_writing = true;
    rig_settle(rig);
    cr_assert_eq(rig_shard(rig, 0)->flush.phase, FLUSH_CHECKPOINTING);
}

void rig_flush_end(struct rig *rig)
{
    rig->io.hold_writing = false;
    rig_settle(rig);
    cr_assert(flush_resting(&rig_shard(rig, 0)->flush));
}

void rig_wal_break(struct rig *rig)
{
    rig->files.fault = (struct file_fault){VERB_WRITE, ".odradek-wal", ERR_IO, UINT32_MAX, 0};
}

void rig_wal_mend(struct rig *rig)
{
    rig->files.fault.times = 0;
    for (int i = 0; i < 10; i++)
        rig_advance(rig, 10000);
    for (unsigned i = 0; i < rig->cores; i++)
        cr_assert(wal_online(rig_shard(rig, i)->wal));
}

/* Appending. */

uint8_t *rig_build(const struct rig_batch *spec, uint32_t *len)
{
    int records = MAX(spec->records, 1);
    size_t capacity = 1024 + (size_t)records * (spec->value_len + RECORD_OVERHEAD_MAX);
    uint8_t *plain = malloc(capacity);
    uint8_t *value = malloc(spec->value_len + 1);
    cr_assert(spec->tag == 0 || spec->value_len >= 8);
    struct batch_build_options options = BATCH_BUILD_PLAIN;
    struct batch_builder builder;
    if (spec->idempotent) {
        options.producer_id = spec->producer_id;
        options.producer_epoch = spec->epoch;
        options.base_sequence = spec->sequence;
    }
    if (spec->transactional)
        options.attributes |= BATCH_ATTRIBUTE_TRANSACTIONAL;
    batch_build_begin(&builder, plain, capacity);
    for (int i = 0; i < records; i++) {
        memset(value, 'a' + i % 26, spec->value_len);
        if (spec->tag != 0 && i == 0)
            store_be64(value, spec->tag);
        batch_build_add(&builder, spec->timestamp + i, (struct blob){NULL, -1},
                        (struct blob){value, (int32_t)spec->value_len});
    }
    int64_t size = batch_build_end(&builder, &options);
    if (spec->marker) {
        struct batch_marker marker = {false, spec->producer_id, spec->epoch, 0, spec->timestamp};
        size = batch_build_marker(plain, capacity, &marker);
    }
    cr_assert_gt(size, 0);
    free(value);
    *len = (uint32_t)size;
    if (spec->compression == COMPRESSION_NONE)
        return plain;
    struct batch_codec codec = {compressor_new(), spec->compression, 3};
    struct bytes body = batch_records(plain, *len);
    size_t bound = batch_pack_bound(spec->compression, body.len);
    uint8_t *packed = malloc(bound);
    size = batch_pack(plain, body, &codec, packed, bound);
    cr_assert_gt(size, 0);
    compressor_free(codec.compressor);
    free(plain);
    *len = (uint32_t)size;
    return packed;
}

static void append_done(struct partition_append *append)
{
    struct rig_append *a = CONTAINER_OF(append, struct rig_append, append);
    cr_assert_eq(a->answer, 0, "answered twice");
    a->answer = ++a->rig->answers;
    if (a->rig->answered != NULL)
        a->rig->answered(a->rig, append);
}

static struct rig_append *make_append(struct rig *rig, uint32_t place, struct batch_span batch)
{
    struct rig_append *a = calloc(1, sizeof *a);
    a->rig = rig;
    a->place = place;
    a->batch = (uint8_t *)(uintptr_t)batch.data;
    a->append = (struct partition_append){
        .partition = rig_partition(rig, place),
        .batch = batch.data,
        .len = batch.len,
        .now_ms = io_wall_ms(&rig->io.io),
        .done = append_done,
    };
    list_push_back(&rig->appends, &a->node);
    return a;
}

static void give(struct rig_append *a)
{
    a->result = partition_append(&a->append);
    cr_assert_eq(a->answer, 0, "answered inside partition_append");
}

struct rig_append *rig_make(struct rig *rig, uint32_t place, struct rig_batch spec)
{
    uint32_t len;
    uint8_t *batch = rig_build(&spec, &len);
    struct rig_append *a = make_append(rig, place, (struct batch_span){batch, len});
    a->append.origin = spec.origin;
    a->append.log_append_time = spec.log_append_time;
    a->tag = spec.tag;
    return a;
}

struct rig_append *rig_give(struct rig *rig, uint32_t place, struct rig_batch spec)
{
    struct rig_append *a = rig_make(rig, place, spec);
    give(a);
    return a;
}

struct rig_append *rig_give_bytes(struct rig *rig, uint32_t place, uint8_t *batch, uint32_t len)
{
    struct rig_append *a = make_append(rig, place, (struct batch_span){batch, len});
    give(a);
    return a;
}

struct rig_append *rig_append(struct rig *rig, uint32_t place, struct rig_batch spec)
{
    struct rig_append *a = rig_give(rig, place, spec);
    cr_assert_eq(a->result, 0);
    rig_settle(rig);
    cr_assert_neq(a->answer, 0);
    cr_assert_eq(a->append.outcome, APPEND_DONE);
    return a;
}

void rig_append_many(struct rig *rig, uint32_t place, int count)
{
    for (int i = 0; i < count; i++)
        rig_append(rig, place, (struct rig_batch){.value_len = 10});
}

/* Reading. */

static void read_done(struct partition_read *read)
{
    CONTAINER_OF(read, struct rig_read, read)->done = true;
}

void rig_read_give(struct rig *rig, struct rig_read *r, uint32_t place, int64_t offset)
{
    uint32_t capacity = r->read.capacity == 0 ? sizeof r->data : r->read.capacity;
    r->done = false;
    r->read = (struct partition_read){
        .partition = rig_partition(rig, place),
        .offset = offset,
        .committed_only = r->read.committed_only,
        .data = r->data,
        .capacity = capacity,
        .done = read_done,
    };
    partition_read(&r->read);
    cr_assert_not(r->done, "answered inside partition_read");
}

void rig_read(struct rig *rig, struct rig_read *r, uint32_t place, int64_t offset)
{
    rig_read_give(rig, r, place, offset);
    rig_settle(rig);
    cr_assert(r->done);
}

int64_t rig_read_all(struct rig *rig, uint32_t place)
{
    return rig_visit_all(rig, place, NULL, NULL);
}

int64_t rig_visit_all(struct rig *rig, uint32_t place, rig_visit_fn *visit, void *context)
{
    struct partition *p = rig_partition(rig, place);
    struct rig_read *r = calloc(1, sizeof *r);
    int64_t offset = p->log_start;
    while (offset < partition_high_watermark(p)) {
        rig_read(rig, r, place, offset);
        if (r->read.error != 0 || r->read.len == 0) {
            offset = r->read.error != 0 ? r->read.error : ERR_SHORT;
            break;
        }
        for (uint32_t at = 0; at < r->read.len;) {
            struct bytes rest = {r->data + at, r->read.len - at};
            int64_t size = batch_check(rest);
            cr_assert_gt(size, 0);
            cr_assert(batch_base_offset(rest.data) <= offset);
            cr_assert(batch_last_offset(rest.data) >= offset);
            offset = batch_last_offset(rest.data) + 1;
            if (visit != NULL)
                visit(context, rest.data, (uint32_t)size);
            at += (uint32_t)size;
        }
    }
    free(r);
    return offset;
}

static void query_done(struct partition_time_query *query)
{
    CONTAINER_OF(query, struct rig_query, query)->done = true;
}

static void query_start(struct rig_query *q)
{
    q->done = false;
    partition_time_query(&q->query);
    cr_assert_not(q->done, "answered inside partition_time_query");
}

void rig_query_give(struct rig *rig, struct rig_query *q, uint32_t place, int64_t timestamp)
{
    q->query = (struct partition_time_query){
        .partition = rig_partition(rig, place), .timestamp = timestamp, .done = query_done};
    query_start(q);
}

void rig_query(struct rig *rig, struct rig_query *q, uint32_t place, int64_t timestamp)
{
    rig_query_give(rig, q, place, timestamp);
    rig_settle(rig);
    cr_assert(q->done);
}

void rig_query_max(struct rig *rig, struct rig_query *q, uint32_t place)
{
    q->query = (struct partition_time_query){
        .partition = rig_partition(rig, place), .max_timestamp = true, .done = query_done};
    query_start(q);
    rig_settle(rig);
    cr_assert(q->done);
}

/* Files. */

void rig_path(const struct rig *rig, const char *name, char path[256])
{
    snprintf(path, 256, "%s/%s", rig->root, name);
}

bool rig_has(const struct rig *rig, const char *name)
{
    char path[256];
    struct stat status;
    rig_path(rig, name, path);
    return stat(path, &status) == 0;
}
