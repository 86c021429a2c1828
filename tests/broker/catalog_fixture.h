/* What the tests of the catalog share: batches of records, and a directory for its files. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "broker/catalog/catalog_files.h"
#include "protocol/message.h"

#define FIXTURE_BATCH_BYTES 4096

/* A record's value from its hex digits; from malloc. */
struct bytes fixture_hex(const char *hex);
void fixture_free(struct bytes bytes);

struct fixture_batch {
    uint8_t data[FIXTURE_BATCH_BYTES];
    uint32_t len;
};

/* One batch of one record. */
void fixture_value_batch(struct fixture_batch *batch, int64_t offset, struct bytes value);
void fixture_record_batch(struct fixture_batch *batch, int64_t offset,
                          const struct message_type *type, int16_t version, const void *record);
/* A topic with one partition on node 1. */
void fixture_topic_batch(struct fixture_batch *batch, int64_t offset, const char *name,
                         struct uuid id);
/* kraft.version 1, and one voter. */
void fixture_voters_batch(struct fixture_batch *batch, int64_t offset, int32_t voter,
                          struct uuid directory);

/* A fresh directory, removed with its files by fixture_remove_directory. */
void fixture_make_directory(char path[64]);
void fixture_remove_directory(const char *path);
void fixture_append_file(const char *directory, const char *name, const void *data, size_t len);
