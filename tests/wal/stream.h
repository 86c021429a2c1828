/* A WAL stream in a temporary directory on the real io, driven by the test's own thread. */
#pragma once

#include "io/io.h"
#include "wal/wal.h"

struct stream {
    struct wal_owner owner; /* first */
    struct io *io;
    struct wal *wal;
    struct log log;
    char directory[64];
    uint64_t durable; /* as the owner was told */
    int told_offline;
    int told_online;
};

void stream_make(struct stream *s);
void stream_open(struct stream *s);
/* Lets everything come to rest, releases nothing. */
void stream_settle(struct stream *s);
/* Ends without a clean stop: what is on disk stays. */
void stream_drop(struct stream *s);
void stream_destroy(struct stream *s);
/* Appends `text` for partition `partition`. */
struct wal_span stream_append(struct stream *s, int32_t partition, const char *text);
/* What recovery finds, as "partition:text " in order. The result of wal_recover. */
int stream_recover(struct stream *s, char *text, size_t size, struct wal_recovered *recovered);
