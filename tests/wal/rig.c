/* The stream of the failure and recovery tests. */
#include "tests/wal/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/crc32c.h"

#define DIRECTORY "data"

static void say(void *context, enum log_level level, const char *line, size_t len)
{
    struct rig *r = context;
    (void)level;
    size_t used = strlen(r->said);
    if (used + len + 1 > sizeof r->said)
        used = 0;
    memcpy(r->said + used, line, len);
    r->said[used + len] = '\0';
}

static void owner_durable(struct wal_owner *owner, uint64_t sequence)
{
    struct rig *r = (struct rig *)owner;
    ASSERT(sequence > r->durable && sequence == wal_durable(r->wal));
    r->durable = sequence;
}

static void owner_offline(struct wal_owner *owner)
{
    struct rig *r = (struct rig *)owner;
    r->told_offline++;
    while (r->span_count > 0 && r->spans[r->span_count - 1].sequence > wal_durable(r->wal))
        wal_release(r->wal, &r->spans[--r->span_count], false);
}

static void owner_online(struct wal_owner *owner)
{
    ((struct rig *)owner)->told_online++;
}

static void owner_settled(struct wal_owner *owner)
{
    ((struct rig *)owner)->told_settled++;
}

void rig_init(struct rig *r)
{
    crc32c_init();
    *r = (struct rig){
        .owner = {owner_durable, owner_offline, owner_online, owner_settled},
        .log = {.level = LOG_INFO, .scope = "test", .sink = say, .context = r},
    };
    disk_init(&r->disk);
    r->options = (struct wal_options){
        .io = &r->disk.io,
        .directory = DIRECTORY,
        .file_bytes = 1 << 20,
        .files_max = 8,
        .first_file_bytes = 1 << 20,
        .memory_bytes = 8 << 20,
        .owner = &r->owner,
        .log = &r->log,
    };
}

static int visit_nothing(void *context, const struct wal_visit *entry)
{
    (void)context;
    (void)entry;
    return 0;
}

int rig_try_open(struct rig *r)
{
    struct wal_recover_options options = {
        .fs = &r->disk.fs,
        .directory = DIRECTORY,
        .from = &r->position,
        .visit = visit_nothing,
        .log = &r->log,
    };
    int result = wal_recover(&options, &r->recovered);
    if (result == 0)
        result = wal_open(&r->options, &r->recovered, &r->wal);
    if (result == 0) {
        r->durable = wal_durable(r->wal);
        return 0;
    }
    r->wal = NULL;
    return result;
}

void rig_open(struct rig *r)
{
    cr_assert_eq(rig_try_open(r), 0, "%s", r->said);
}

void rig_pump(struct rig *r)
{
    r->deadline = wal_pump(r->wal);
}

/* The stream ends by giving up on a dead disk, which changes nothing any more. */
void rig_crash(struct rig *r)
{
    int told_offline = r->told_offline;
    int told_online = r->told_online;
    disk_heal(&r->disk);
    r->disk.dead = true;
    for (int i = 0; i < 100; i++) {
        rig_pump(r);
        while (disk_out(&r->disk) > 0)
            disk_finish(&r->disk, 0, DISK_FAILS);
        disk_run_job(&r->disk);
    }
    ASSERT(wal_idle(r->wal));
    while (r->span_count > 0)
        wal_release(r->wal, &r->spans[--r->span_count], false);
    wal_close(r->wal);
    r->wal = NULL;
    ASSERT(disk_opened(&r->disk) == 0);
    disk_cut(&r->disk);
    disk_heal(&r->disk);
    r->told_offline = told_offline;
    r->told_online = told_online;
}

void rig_fini(struct rig *r)
{
    if (r->wal != NULL)
        rig_crash(r);
    disk_fini(&r->disk);
}

void rig_append(struct rig *r, const char *text)
{
    struct wal_entry entry = {.kind = WAL_BATCH, .partition = 1};
    ASSERT(r->span_count < RIG_SPANS);
    struct wal_span *span = &r->spans[r->span_count];
    cr_assert_eq(wal_append(r->wal, &entry, (uint32_t)strlen(text), span), 0);
    memcpy(span->data, text, strlen(text));
    r->span_count++;
    rig_pump(r);
}

int rig_refused(struct rig *r)
{
    struct wal_entry entry = {.kind = WAL_BATCH, .partition = 1};
    struct wal_span span;
    return wal_append(r->wal, &entry, 1, &span);
}

void rig_append_durable(struct rig *r, const char *text)
{
    rig_append(r, text);
    uint64_t sequence = r->spans[r->span_count - 1].sequence;
    for (int i = 0; r->durable < sequence && i < 100; i++) {
        if (disk_out(&r->disk) > 0)
            disk_finish(&r->disk, 0, DISK_LANDS);
        else if (!disk_run_job(&r->disk) && r->deadline != IO_NEVER)
            r->disk.io.now_ns = MAX(r->deadline, r->disk.io.now_ns);
        rig_pump(r);
    }
    cr_assert_geq(r->durable, sequence);
}

void rig_settle(struct rig *r, uint64_t ns)
{
    uint64_t end = r->disk.io.now_ns + ns;
    for (int i = 0; i < 100000; i++) {
        rig_pump(r);
        if (disk_out(&r->disk) > 0) {
            disk_finish(&r->disk, 0, r->disk.fate);
        } else if (!disk_run_job(&r->disk)) {
            if (r->deadline == IO_NEVER || r->deadline > end)
                return;
            ASSERT(r->deadline > r->disk.io.now_ns); /* else the core would spin */
            r->disk.io.now_ns = r->deadline;
        }
    }
    ASSERT(!"the stream does not come to rest");
}

struct wal_position rig_flush_begin(struct rig *r)
{
    for (uint32_t i = 0; i < r->span_count; i++)
        if (r->spans[i].sequence <= r->durable)
            wal_plan(r->wal, &r->spans[i]);
    return wal_position_after_plan(r->wal);
}

void rig_flush(struct rig *r)
{
    struct wal_position position = rig_flush_begin(r);
    uint32_t left = 0;
    for (uint32_t i = 0; i < r->span_count; i++) {
        if (r->spans[i].sequence <= r->durable)
            wal_release(r->wal, &r->spans[i], true);
        else
            r->spans[left++] = r->spans[i];
    }
    r->span_count = left;
    wal_trim(r->wal, &position);
    r->position = position;
}

static int visit_text(void *context, const struct wal_visit *entry)
{
    char *text = context;
    size_t len = strlen(text);
    snprintf(text + len, RIG_TEXT - len, "%.*s ", (int)MIN(entry->payload.len, (size_t)16),
             (const char *)entry->payload.data);
    return 0;
}

const char *rig_recover(struct rig *r, int *result)
{
    static char text[RIG_TEXT];
    text[0] = '\0';
    r->said[0] = '\0';
    struct wal_recover_options options = {
        .fs = &r->disk.fs,
        .directory = DIRECTORY,
        .from = &r->position,
        .visit = visit_text,
        .context = text,
        .log = &r->log,
    };
    *result = wal_recover(&options, &r->recovered);
    ASSERT(disk_opened(&r->disk) == 0 || r->wal != NULL);
    return text;
}

void rig_check(struct rig *r, const char *expected)
{
    int result;
    for (int i = 0; i < 2; i++) {
        cr_assert_str_eq(rig_recover(r, &result), expected, "%s", r->said);
        cr_assert_eq(result, 0, "%s", r->said);
    }
}
