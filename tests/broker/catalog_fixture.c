/* A catalog in a temporary directory, and the records that tests put into it. */
#include "catalog_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/catalog/catalog_records.h"
#include "protocol/record.h"
#include "protocol/schema/metadata_records.h"

struct bytes fixture_hex(const char *hex)
{
    size_t len = strlen(hex) / 2;
    uint8_t *data = malloc(len + 1);
    for (size_t i = 0; i < len; i++) {
        unsigned byte;
        cr_assert_eq(sscanf(hex + 2 * i, "%2x", &byte), 1);
        data[i] = (uint8_t)byte;
    }
    return (struct bytes){data, len};
}

void fixture_free(struct bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

static void end_batch(struct fixture_batch *batch, struct batch_builder *builder, int64_t offset,
                      uint16_t attributes)
{
    struct batch_build_options options = BATCH_BUILD_PLAIN;
    options.attributes = attributes;
    int64_t len = batch_build_end(builder, &options);
    cr_assert_gt(len, 0);
    batch->len = (uint32_t)len;
    batch_patch_offset(batch->data, offset);
    batch_patch_leader_epoch(batch->data, 1);
}

void fixture_value_batch(struct fixture_batch *batch, int64_t offset, struct bytes value)
{
    struct batch_builder builder;
    batch_build_begin(&builder, batch->data, sizeof batch->data);
    batch_build_add(&builder, 1000 + offset, (struct blob){NULL, -1},
                    blob_of(value.data, value.len));
    end_batch(batch, &builder, offset, 0);
}

static void add_record(struct batch_builder *builder, const struct message_type *type,
                       int16_t version, const void *record)
{
    uint8_t value[1024];
    struct writer w;
    writer_init(&w, value, sizeof value);
    cr_assert_eq(catalog_record_write(type, version, record, &w), 0);
    batch_build_add(builder, 1000, (struct blob){NULL, -1}, blob_of(value, writer_len(&w)));
}

void fixture_record_batch(struct fixture_batch *batch, int64_t offset,
                          const struct message_type *type, int16_t version, const void *record)
{
    struct batch_builder builder;
    batch_build_begin(&builder, batch->data, sizeof batch->data);
    add_record(&builder, type, version, record);
    end_batch(batch, &builder, offset, 0);
}

void fixture_topic_batch(struct fixture_batch *batch, int64_t offset, const char *name,
                         struct uuid id)
{
    int32_t node = 1;
    struct topic_record topic = {.name = string_of(name), .topic_id = id};
    struct partition_record partition;
    struct batch_builder builder;
    message_defaults(&partition_record_struct, &partition);
    partition.partition_id = 0;
    partition.topic_id = id;
    partition.leader = node;
    partition.leader_epoch = partition.partition_epoch = 0;
    partition.replicas.items = partition.isr.items = &node;
    partition.replicas.count = partition.isr.count = 1;
    batch_build_begin(&builder, batch->data, sizeof batch->data);
    add_record(&builder, &topic_record_type, 0, &topic);
    add_record(&builder, &partition_record_type, 2, &partition);
    end_batch(batch, &builder, offset, 0);
}

static void add_control(struct batch_builder *builder, enum control_type control,
                        const struct message_type *type, const void *message)
{
    uint8_t value[256];
    struct writer w;
    writer_init(&w, value, sizeof value);
    cr_assert_eq(message_encode(type, 0, message, &w, NULL), 0);
    batch_build_add_control(builder, control, 1000, blob_of(value, writer_len(&w)));
}

void fixture_voters_batch(struct fixture_batch *batch, int64_t offset, int32_t voter,
                          struct uuid directory)
{
    struct batch_builder builder;
    struct k_raft_version_record version;
    struct voters_record voters;
    struct voters_record_voter one;
    message_defaults(&k_raft_version_record_struct, &version);
    message_defaults(&voters_record_struct, &voters);
    message_defaults(&voters_record_voter_struct, &one);
    version.k_raft_version = 1;
    one.voter_id = voter;
    one.voter_directory_id = directory;
    voters.voters.items = &one;
    voters.voters.count = 1;
    batch_build_begin(&builder, batch->data, sizeof batch->data);
    add_control(&builder, CONTROL_KRAFT_VERSION, &k_raft_version_record_type, &version);
    add_control(&builder, CONTROL_KRAFT_VOTERS, &voters_record_type, &voters);
    end_batch(batch, &builder, offset, BATCH_ATTRIBUTE_CONTROL);
}

void fixture_make_directory(char path[64])
{
    snprintf(path, 64, "/tmp/catalog_test_XXXXXX");
    cr_assert_not_null(mkdtemp(path));
}

static int remove_file(void *context, const char *name, enum file_kind kind)
{
    char path[512];
    (void)kind;
    snprintf(path, sizeof path, "%s/%s", (const char *)context, name);
    return file_remove(file_system_real(), path);
}

void fixture_remove_directory(const char *path)
{
    cr_assert_eq(file_list(file_system_real(), path, remove_file, (void *)(uintptr_t)path), 0);
    cr_assert_eq(rmdir(path), 0);
}

void fixture_append_file(const char *directory, const char *name, const void *data, size_t len)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "ab");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(data, 1, len, file), len);
    fclose(file);
}
