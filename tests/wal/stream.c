/* The fixture of the WAL's tests. */
#include "tests/wal/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/crc32c.h"

static void owner_durable(struct wal_owner *owner, uint64_t sequence)
{
    ((struct stream *)owner)->durable = sequence;
}

static void owner_offline(struct wal_owner *owner)
{
    ((struct stream *)owner)->told_offline++;
}

static void owner_online(struct wal_owner *owner)
{
    ((struct stream *)owner)->told_online++;
}

static void owner_settled(struct wal_owner *owner)
{
    (void)owner;
}

void stream_make(struct stream *s)
{
    crc32c_init();
    *s = (struct stream){.owner = {owner_durable, owner_offline, owner_online, owner_settled}};
    strcpy(s->directory, "/tmp/odradek-wal-XXXXXX");
    ASSERT(mkdtemp(s->directory) != NULL);
    log_init_stderr(&s->log, LOG_ERROR, "test");
}

static int visit_text(void *context, const struct wal_visit *entry)
{
    char *text = context;
    size_t len = strlen(text);
    snprintf(text + len, 4096 - len, "%d:%.*s ", entry->partition, (int)entry->payload.len,
             (const char *)entry->payload.data);
    return 0;
}

int stream_recover(struct stream *s, char *text, size_t size, struct wal_recovered *recovered)
{
    ASSERT(size == 4096);
    text[0] = '\0';
    struct wal_recover_options options = {
        .fs = file_system_real(),
        .directory = s->directory,
        .visit = visit_text,
        .context = text,
        .log = &s->log,
    };
    return wal_recover(&options, recovered);
}

void stream_open(struct stream *s)
{
    char text[4096];
    struct wal_recovered recovered;
    struct io_options io = {
        .backend = IO_EPOLL,
        .recv_buffer_bytes = 4096,
        .recv_buffer_count = 2,
        .disk_threads = 1,
        .log = &s->log,
    };
    ASSERT(io_new(&io, &s->io) == 0);
    ASSERT(stream_recover(s, text, sizeof text, &recovered) == 0);
    struct wal_options options = {
        .io = s->io,
        .directory = s->directory,
        .file_bytes = 4 << 20,
        .files_max = 8,
        .first_file_bytes = 1 << 20,
        .memory_bytes = 16 << 20,
        .owner = &s->owner,
        .log = &s->log,
    };
    ASSERT(wal_open(&options, &recovered, &s->wal) == 0);
}

void stream_settle(struct stream *s)
{
    for (int i = 0; i < 10000; i++) {
        uint64_t deadline = wal_pump(s->wal);
        if (wal_idle(s->wal) && deadline == IO_NEVER)
            return;
        io_poll(s->io, deadline);
    }
    ASSERT(!"the stream does not come to rest");
}

void stream_drop(struct stream *s)
{
    stream_settle(s);
    wal_close(s->wal);
    io_free(s->io);
}

void stream_destroy(struct stream *s)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", s->directory);
    ASSERT(system(command) == 0);
}

struct wal_span stream_append(struct stream *s, int32_t partition, const char *text)
{
    struct wal_span span;
    struct wal_entry entry = {.kind = WAL_BATCH, .partition = partition};
    ASSERT(wal_append(s->wal, &entry, (uint32_t)strlen(text), &span) == 0);
    memcpy(span.data, text, strlen(text));
    return span;
}
