/* The codec of messages: layouts byte by byte, nulls, tags, limits, splits and defaults. */
#include "protocol/message.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/region.h"
#include "base/util.h"
#include "protocol/schema/all.h"

#define TEXT_MAX 4096

static struct region *region;
static struct arena arena;
static uint8_t out[TEXT_MAX];
static struct writer writer;

static void set_up(void)
{
    region = region_new(4 * MIB, 4096);
    arena_init(&arena, region, 4 * MIB);
    writer_init(&writer, out, sizeof out);
}

static void tear_down(void)
{
    arena_reset(&arena);
    region_free(region);
}

TestSuite(message, .init = set_up, .fini = tear_down);

static int decode(const struct message_type *type, int16_t version, struct bytes input, void *to)
{
    struct reader reader;
    reader_init(&reader, input.data, input.len);
    int result = message_decode(type, version, &reader, &arena, to);
    if (result == 0)
        cr_assert_eq(reader_left(&reader), 0);
    return result;
}

static void assert_string(struct string string, const char *expected)
{
    cr_assert(bytes_equal(string_bytes(string), bytes_of_string(expected)));
    cr_assert_geq(string.len, 0);
}

static void assert_written(struct bytes expected)
{
    cr_assert_eq(writer_len(&writer), expected.len, "%zu bytes, not %zu", writer_len(&writer),
                 expected.len);
    cr_assert_arr_eq(out, expected.data, expected.len);
}

/* Static bytes, so that a sanitizer watches their ends. */
#define BYTES(...)                                           \
    ({                                                       \
        static const uint8_t static_bytes[] = {__VA_ARGS__}; \
        (struct bytes){static_bytes, sizeof static_bytes};   \
    })

/* clang-format off */
#define PRODUCE_V3 BYTES(                                                                          \
    0xff, 0xff,             /* transactional id: null */                                           \
    0xff, 0xff,             /* acks -1 */                                                          \
    0, 0, 0x75, 0x30,       /* timeout 30000 */                                                    \
    0, 0, 0, 1,             /* topics */                                                           \
    0, 2, 'a', 'b',                                                                                \
    0, 0, 0, 1,             /* partitions */                                                       \
    0, 0, 0, 7,                                                                                    \
    0, 0, 0, 3, 1, 2, 3)    /* records */
#define PRODUCE_V9 BYTES(                                                                          \
    0, 0xff, 0xff, 0, 0, 0x75, 0x30,                                                               \
    2, 3, 'a', 'b',                                                                                \
    2, 0, 0, 0, 7, 4, 1, 2, 3, 0,                                                                  \
    0,                                                                                             \
    0)
/* clang-format on */

static void assert_produce_request(const struct produce_request *request)
{
    cr_assert_eq(request->transactional_id.len, -1);
    cr_assert_eq(request->acks, -1);
    cr_assert_eq(request->timeout_ms, 30000);
    cr_assert_eq(request->topic_data.count, 1);
    const struct produce_request_topic_produce_data *topic = &request->topic_data.items[0];
    assert_string(topic->name, "ab");
    cr_assert(uuid_is_zero(topic->topic_id));
    cr_assert_eq(topic->partition_data.count, 1);
    cr_assert_eq(topic->partition_data.items[0].index, 7);
    cr_assert_eq(topic->partition_data.items[0].records.len, 3);
    cr_assert_eq(topic->partition_data.items[0].records.data[2], 3);
}

Test(message, reads_and_writes_the_plain_form)
{
    struct produce_request request;
    cr_assert_eq(decode(&produce_request_type, 3, PRODUCE_V3, &request), 0);
    assert_produce_request(&request);
    cr_assert_eq(message_size(&produce_request_type, 3, &request, false), PRODUCE_V3.len);
    cr_assert_eq(message_encode(&produce_request_type, 3, &request, &writer, NULL), 0);
    assert_written(PRODUCE_V3);
}

Test(message, reads_and_writes_the_flexible_form)
{
    struct produce_request request;
    cr_assert_eq(decode(&produce_request_type, 9, PRODUCE_V9, &request), 0);
    assert_produce_request(&request);
    cr_assert_eq(message_size(&produce_request_type, 9, &request, false), PRODUCE_V9.len);
    cr_assert_eq(message_encode(&produce_request_type, 9, &request, &writer, NULL), 0);
    assert_written(PRODUCE_V9);
}

Test(message, borrows_records_from_the_input)
{
    struct produce_request request;
    struct bytes input = PRODUCE_V3;
    cr_assert_eq(decode(&produce_request_type, 3, input, &request), 0);
    cr_assert_eq(request.topic_data.items[0].partition_data.items[0].records.data,
                 input.data + input.len - 3);
}

Test(message, leaves_what_follows_unread)
{
    uint8_t input[64] = {0};
    struct produce_request request;
    struct reader reader;
    memcpy(input, PRODUCE_V9.data, PRODUCE_V9.len);
    reader_init(&reader, input, sizeof input);
    cr_assert_eq(message_decode(&produce_request_type, 9, &reader, &arena, &request), 0);
    cr_assert_eq(reader_left(&reader), sizeof input - PRODUCE_V9.len);
}

Test(message, never_makes_the_client_id_compact)
{
    struct request_header header;
    struct bytes input = BYTES(0, 18, 0, 3, 0, 0, 0, 5, 0, 2, 'm', 'e', 0);
    cr_assert_eq(decode(&request_header_type, 2, input, &header), 0);
    cr_assert_eq(header.request_api_key, 18);
    cr_assert_eq(header.correlation_id, 5);
    assert_string(header.client_id, "me");
    cr_assert_eq(message_encode(&request_header_type, 2, &header, &writer, NULL), 0);
    assert_written(input);
}

Test(message, reads_lengths_below_minus_one_as_null)
{
    struct request_header header;
    struct metadata_request request;
    cr_assert_eq(
        decode(&request_header_type, 1, BYTES(0, 3, 0, 1, 0, 0, 0, 5, 0xff, 0xfe), &header), 0);
    cr_assert_eq(header.client_id.len, -1);
    cr_assert_eq(decode(&metadata_request_type, 1, BYTES(0xff, 0xff, 0xff, 0xfe), &request), 0);
    cr_assert_eq(request.topics.count, -1);
}

Test(message, refuses_null_where_the_version_has_none)
{
    struct metadata_request request;
    cr_assert_eq(decode(&metadata_request_type, 0, BYTES(0xff, 0xff, 0xff, 0xff), &request),
                 ERR_MALFORMED);
    message_defaults(&metadata_request_struct, &request);
    request.topics.count = -1;
    cr_assert_eq(message_encode(&metadata_request_type, 0, &request, &writer, NULL), ERR_MALFORMED);
    writer_init(&writer, out, sizeof out);
    cr_assert_eq(message_encode(&metadata_request_type, 1, &request, &writer, NULL), 0);
}

Test(message, refuses_null_as_an_element_of_a_nullable_array)
{
    struct consumer_group_heartbeat_request request;
    message_defaults(&consumer_group_heartbeat_request_struct, &request);
    struct string names[] = {STRING_NULL};
    request.subscribed_topic_names.items = names;
    request.subscribed_topic_names.count = 1;
    cr_assert_eq(message_encode(&consumer_group_heartbeat_request_type, 0, &request, &writer, NULL),
                 ERR_MALFORMED);
    names[0] = string_of("");
    writer_init(&writer, out, sizeof out);
    cr_assert_eq(message_encode(&consumer_group_heartbeat_request_type, 0, &request, &writer, NULL),
                 0);
    size_t at = writer_len(&writer) - 4; /* name, server assignor, partitions, tags */
    cr_assert_eq(out[at], 1);
    out[at] = 0;
    struct bytes input = {out, writer_len(&writer)};
    cr_assert_eq(decode(&consumer_group_heartbeat_request_type, 0, input, &request), ERR_MALFORMED);
}

Test(message, reports_every_cut_as_short)
{
    struct produce_request request;
    for (size_t len = 0; len < PRODUCE_V3.len; len++)
        cr_assert_eq(
            decode(&produce_request_type, 3, (struct bytes){PRODUCE_V3.data, len}, &request),
            ERR_SHORT);
    for (size_t len = 0; len < PRODUCE_V9.len; len++)
        cr_assert_eq(
            decode(&produce_request_type, 9, (struct bytes){PRODUCE_V9.data, len}, &request),
            ERR_SHORT);
}

Test(message, holds_counts_against_the_bytes_left_before_it_allocates)
{
    struct produce_request request;
    /* One topic takes six bytes at least: nine do not hold two. */
    struct bytes input = BYTES(0xff, 0xff, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    cr_assert_eq(decode(&produce_request_type, 3, input, &request), ERR_SHORT);
    cr_assert_eq(arena.taken, 0);
    struct bytes huge = BYTES(0xff, 0xff, 0, 1, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0);
    cr_assert_eq(decode(&produce_request_type, 3, huge, &request), ERR_SHORT);
    cr_assert_eq(arena.taken, 0);
}

Test(message, reports_an_exhausted_arena)
{
    struct produce_request request;
    arena_init(&arena, region, 0);
    cr_assert_eq(decode(&produce_request_type, 3, PRODUCE_V3, &request), ERR_NO_MEMORY);
}

Test(message, refuses_lengths_of_more_than_31_bits)
{
    struct produce_request request;
    cr_assert_eq(
        decode(&produce_request_type, 9, BYTES(0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0), &request),
        ERR_MALFORMED);
    cr_assert_eq(decode(&produce_request_type, 9, BYTES(0xff, 0xff, 0xff, 0xff, 0x7f), &request),
                 ERR_MALFORMED);
}

/* A transactional id of that many bytes, acks, timeout, no topics, no tags. */
static struct bytes produce_with_long_id(size_t len)
{
    static uint8_t input[INT16_MAX + 64];
    struct writer w;
    writer_init(&w, input, sizeof input);
    write_uvarint(&w, (uint32_t)len + 1);
    memset(write_gap(&w, len + 6), 'x', len + 6);
    write_u8(&w, 1);
    write_u8(&w, 0);
    return (struct bytes){input, writer_len(&w)};
}

Test(message, refuses_strings_longer_than_kafka_allows)
{
    struct produce_request request;
    struct bytes longest = produce_with_long_id(INT16_MAX);
    cr_assert_eq(decode(&produce_request_type, 9, longest, &request), 0);
    cr_assert_eq(message_size(&produce_request_type, 9, &request, false), longest.len);
    struct bytes longer = produce_with_long_id(INT16_MAX + 1);
    cr_assert_eq(decode(&produce_request_type, 9, longer, &request), ERR_MALFORMED);
    request.transactional_id.len = INT16_MAX + 1;
    cr_assert_eq(message_encode(&produce_request_type, 9, &request, &writer, NULL), ERR_MALFORMED);
}

Test(message, reports_a_writer_that_is_too_small)
{
    struct produce_request request;
    cr_assert_eq(decode(&produce_request_type, 9, PRODUCE_V9, &request), 0);
    for (size_t room = 0; room < PRODUCE_V9.len; room++) {
        writer_init(&writer, out, room);
        cr_assert_eq(message_encode(&produce_request_type, 9, &request, &writer, NULL), ERR_SHORT);
    }
}

Test(message, leaves_out_members_that_the_version_does_not_have)
{
    struct produce_request_partition_produce_data partition = {.index = 7,
                                                               .records = blob_of("\1\2\3", 3)};
    struct produce_request_topic_produce_data topic = {.name = string_of("ab"),
                                                       .topic_id = uuid_from_random(1, 2),
                                                       .partition_data = {&partition, 1}};
    struct produce_request request = {.transactional_id = STRING_NULL,
                                      .acks = -1,
                                      .timeout_ms = 30000,
                                      .topic_data = {&topic, 1}};
    cr_assert_eq(message_encode(&produce_request_type, 9, &request, &writer, NULL), 0);
    assert_written(PRODUCE_V9);
}

Test(message, sets_defaults_in_nested_structures_too)
{
    struct produce_response_partition_produce_response *partitions =
        message_new_elements(&arena, &produce_response_partition_produce_response_struct, 2);
    cr_assert_not_null(partitions);
    cr_assert_eq(partitions[1].log_append_time_ms, -1);
    cr_assert_eq(partitions[1].log_start_offset, -1);
    cr_assert_eq(partitions[1].error_message.len, -1);
    cr_assert_eq(partitions[1].current_leader.leader_epoch, -1);
    struct create_topics_response_creatable_topic_result topic;
    message_defaults(&create_topics_response_creatable_topic_result_struct, &topic);
    cr_assert_eq(topic.num_partitions, -1);
    cr_assert_eq(topic.configs.count, 0);
}

Test(message, gives_members_of_other_versions_their_defaults)
{
    struct fetch_request request;
    memset(&request, 0x55, sizeof request);
    struct bytes input =
        BYTES(0xff, 0xff, 0xff, 0xff, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0);
    cr_assert_eq(decode(&fetch_request_type, 4, input, &request), 0);
    cr_assert_eq(request.isolation_level, 1);
    cr_assert_eq(request.session_epoch, -1);
    cr_assert_eq(request.replica_state.replica_id, -1);
    cr_assert_eq(request.rack_id.len, 0);
    cr_assert_eq(request.cluster_id.len, -1);
    cr_assert_eq(request.forgotten_topics_data.count, 0);
}

/* DescribeTopicPartitionsRequest, version 0: topics, limit 2000, cursor. */
Test(message, writes_a_nullable_structure_behind_a_byte)
{
    struct describe_topic_partitions_request request;
    struct bytes without = BYTES(1, 0, 0, 7, 0xd0, 0xff, 0);
    message_defaults(&describe_topic_partitions_request_struct, &request);
    cr_assert_null(request.cursor);
    cr_assert_eq(
        message_encode(&describe_topic_partitions_request_type, 0, &request, &writer, NULL), 0);
    assert_written(without);
    cr_assert_eq(decode(&describe_topic_partitions_request_type, 0, without, &request), 0);
    cr_assert_null(request.cursor);

    struct bytes with = BYTES(1, 0, 0, 7, 0xd0, 1, 2, 't', 0, 0, 0, 9, 0, 0);
    cr_assert_eq(decode(&describe_topic_partitions_request_type, 0, with, &request), 0);
    assert_string(request.cursor->topic_name, "t");
    cr_assert_eq(request.cursor->partition_index, 9);
    writer_init(&writer, out, sizeof out);
    cr_assert_eq(
        message_encode(&describe_topic_partitions_request_type, 0, &request, &writer, NULL), 0);
    assert_written(with);
}

/* PartitionChangeRecord, version 0: the in-sync replicas are tag 0, null by default. */
Test(message, tells_an_empty_tagged_array_from_a_null_one)
{
    struct partition_change_record record;
    message_defaults(&partition_change_record_struct, &record);
    cr_assert_eq(record.isr.count, -1);
    cr_assert_eq(message_encode(&partition_change_record_type, 0, &record, &writer, NULL), 0);
    size_t plain = writer_len(&writer);
    cr_assert_eq(out[plain - 1], 0);
    record.isr.count = 0;
    writer_init(&writer, out, sizeof out);
    cr_assert_eq(message_encode(&partition_change_record_type, 0, &record, &writer, NULL), 0);
    cr_assert_eq(writer_len(&writer), plain + 3);
    cr_assert_arr_eq(out + plain - 1, ((uint8_t[]){1, 0, 1, 1}), 4);
    record.isr.count = 7;
    struct bytes input = {out, writer_len(&writer)};
    cr_assert_eq(decode(&partition_change_record_type, 0, input, &record), 0);
    cr_assert_eq(record.isr.count, 0);
}

/* ConsumerGroupMemberMetadataValue has the only optional structure that is tagged, and the only one
 * that is there by default. */
Test(message, builds_an_optional_structure_that_is_its_own_default)
{
    struct consumer_group_member_metadata_value value;
    const struct message_type *type = &consumer_group_member_metadata_value_type;
    message_defaults(type->root, &value);
    cr_assert_eq(message_encode(type, 0, &value, &writer, NULL), 0);
    size_t len = writer_len(&writer);
    cr_assert_arr_eq(out + len - 4, ((uint8_t[]){1, 0, 1, 0}), 4); /* null, as tags have it */
    cr_assert_eq(decode(type, 0, (struct bytes){out, len}, &value), 0);
    cr_assert_null(value.classic_member_metadata);
    out[len - 4] = 0; /* no tags */
    cr_assert_eq(decode(type, 0, (struct bytes){out, len - 3}, &value), 0);
    cr_assert_not_null(value.classic_member_metadata);
    cr_assert_eq(value.classic_member_metadata->supported_protocols.count, 0);
    cr_assert_eq(message_size(type, 0, &value, false), len - 3);
}

/* ApiVersionsRequest, version 3: two strings, then tags. */
Test(message, skips_unknown_tags)
{
    struct api_versions_request request;
    struct bytes input = BYTES(2, 'a', 2, 'b', 2, 5, 1, 0xee, 0x80, 1, 0);
    cr_assert_eq(decode(&api_versions_request_type, 3, input, &request), 0);
    assert_string(request.client_software_version, "b");
    cr_assert_eq(request.unknown_tags.count, 0);
    cr_assert_eq(message_encode(&api_versions_request_type, 3, &request, &writer, NULL), 0);
    assert_written(BYTES(2, 'a', 2, 'b', 0));
}

Test(message, keeps_unknown_tags_when_asked_to)
{
    struct api_versions_request request;
    struct bytes input = BYTES(2, 'a', 2, 'b', 2, 5, 1, 0xee, 0x80, 1, 0);
    struct reader reader;
    reader_init(&reader, input.data, input.len);
    cr_assert_eq(message_decode_flags(&api_versions_request_type, 3, &reader, &arena, &request,
                                      MESSAGE_KEEP_TAGS),
                 0);
    cr_assert_eq(request.unknown_tags.count, 2);
    cr_assert_eq(message_size(&api_versions_request_type, 3, &request, false), input.len);
    cr_assert_eq(message_encode(&api_versions_request_type, 3, &request, &writer, NULL), 0);
    assert_written(input);
}

/* FetchRequest, version 18, but for its tags: all else empty. */
#define FETCH_V18_LEN 24
static struct bytes fetch_with_tags(struct bytes tags)
{
    static uint8_t input[FETCH_V18_LEN + 64];
    memset(input, 0, sizeof input);
    input[21] = input[22] = input[23] = 1; /* topics, forgotten topics, rack: empty */
    memcpy(input + FETCH_V18_LEN, tags.data, tags.len);
    return (struct bytes){input, FETCH_V18_LEN + tags.len};
}

Test(message, reads_known_tags)
{
    struct fetch_request request;
    struct bytes input = fetch_with_tags(BYTES(1, 0, 3, 3, 'i', 'd'));
    cr_assert_eq(decode(&fetch_request_type, 18, input, &request), 0);
    assert_string(request.cluster_id, "id");
    cr_assert_eq(message_encode(&fetch_request_type, 18, &request, &writer, NULL), 0);
    assert_written(input);
}

Test(message, refuses_a_known_tag_of_another_size)
{
    struct fetch_request request;
    cr_assert_eq(decode(&fetch_request_type, 18, fetch_with_tags(BYTES(1, 0, 4, 3, 'i', 'd', 'x')),
                        &request),
                 ERR_MALFORMED);
    cr_assert_eq(
        decode(&fetch_request_type, 18, fetch_with_tags(BYTES(1, 0, 2, 3, 'i', 'd')), &request),
        ERR_SHORT);
    cr_assert_eq(
        decode(&fetch_request_type, 18, fetch_with_tags(BYTES(1, 0, 9, 3, 'i', 'd')), &request),
        ERR_SHORT);
}

Test(message, keeps_the_last_run_of_unknown_tags)
{
    struct fetch_request request;
    struct bytes input = fetch_with_tags(BYTES(4, 9, 1, 1, 0, 3, 3, 'i', 'd', 10, 0, 11, 0));
    struct reader reader;
    reader_init(&reader, input.data, input.len);
    cr_assert_eq(
        message_decode_flags(&fetch_request_type, 18, &reader, &arena, &request, MESSAGE_KEEP_TAGS),
        0);
    cr_assert_eq(request.unknown_tags.count, 2);
    cr_assert_eq(message_encode(&fetch_request_type, 18, &request, &writer, NULL), 0);
    assert_written(fetch_with_tags(BYTES(3, 0, 3, 3, 'i', 'd', 10, 0, 11, 0)));
}

Test(message, writes_tags_in_ascending_order)
{
    struct fetch_request request;
    cr_assert_eq(decode(&fetch_request_type, 18, fetch_with_tags(BYTES(0)), &request), 0);
    request.cluster_id = string_of("c");
    request.replica_state.replica_id = 3;
    cr_assert_eq(message_encode(&fetch_request_type, 18, &request, &writer, NULL), 0);
    assert_written(fetch_with_tags(BYTES(2, 0, 2, 2, 'c', 1, 13, 0, 0, 0, 3, 0xff, 0xff, 0xff, 0xff,
                                         0xff, 0xff, 0xff, 0xff, 0)));
}

Test(message, skips_a_section_of_tags)
{
    struct reader reader;
    struct bytes input = BYTES(2, 5, 1, 0xee, 6, 0, 0x77);
    reader_init(&reader, input.data, input.len);
    message_skip_tags(&reader);
    cr_assert_eq(reader.error, 0);
    cr_assert_eq(read_u8(&reader), 0x77);
    reader_init(&reader, input.data, 3);
    message_skip_tags(&reader);
    cr_assert_eq(reader.error, ERR_SHORT);
}

static void fill_fetch_response(struct fetch_response *response,
                                struct fetch_response_fetchable_topic_response *topic,
                                struct fetch_response_partition_data partitions[3])
{
    message_defaults(&fetch_response_struct, response);
    message_defaults(&fetch_response_fetchable_topic_response_struct, topic);
    for (int i = 0; i < 3; i++)
        message_defaults(&fetch_response_partition_data_struct, &partitions[i]);
    partitions[0].records = blob_of("one", 3);
    partitions[1].records = blob_of("", 0);
    partitions[2].records = blob_of("three", 5);
    topic->partitions.items = partitions;
    topic->partitions.count = 3;
    response->responses.items = topic;
    response->responses.count = 1;
}

static void check_splits(int16_t version)
{
    struct fetch_response response;
    struct fetch_response_fetchable_topic_response topic;
    struct fetch_response_partition_data partitions[3];
    fill_fetch_response(&response, &topic, partitions);
    size_t whole = message_size(&fetch_response_type, version, &response, false);
    cr_assert_eq(message_size(&fetch_response_type, version, &response, true), whole - 8);
    cr_assert_eq(message_encode(&fetch_response_type, version, &response, &writer, NULL), 0);
    cr_assert_eq(writer_len(&writer), whole);

    uint8_t parts[TEXT_MAX];
    struct writer split_writer;
    struct message_split items[2];
    struct message_splits splits = {items, 2, 0};
    writer_init(&split_writer, parts, sizeof parts);
    write_be32(&split_writer, 0); /* positions count from the writer's start */
    cr_assert_eq(message_encode(&fetch_response_type, version, &response, &split_writer, &splits),
                 0);
    cr_assert_eq(writer_len(&split_writer), 4 + whole - 8);
    cr_assert_eq(splits.count, 2);
    cr_assert_eq(items[0].blob, &partitions[0].records);
    cr_assert_eq(items[1].blob, &partitions[2].records);
    struct writer woven;
    uint8_t again[TEXT_MAX];
    writer_init(&woven, again, sizeof again);
    size_t from = 4;
    for (uint32_t i = 0; i < splits.count; i++) {
        write_bytes(&woven, parts + from, items[i].position - from);
        write_bytes(&woven, items[i].blob->data, (size_t)items[i].blob->len);
        from = items[i].position;
    }
    write_bytes(&woven, parts + from, writer_len(&split_writer) - from);
    assert_written((struct bytes){again, writer_len(&woven)});
}

Test(message, leaves_the_bytes_of_records_to_the_caller_in_the_plain_form)
{
    check_splits(4);
}

Test(message, leaves_the_bytes_of_records_to_the_caller_in_the_flexible_form)
{
    check_splits(18);
}

Test(message, reports_more_splits_than_there_is_room_for)
{
    struct fetch_response response;
    struct fetch_response_fetchable_topic_response topic;
    struct fetch_response_partition_data partitions[3];
    fill_fetch_response(&response, &topic, partitions);
    struct message_split items[1];
    struct message_splits splits = {items, 1, 0};
    cr_assert_eq(message_encode(&fetch_response_type, 18, &response, &writer, &splits),
                 ERR_TOO_LARGE);
}

Test(message, dumps_as_json)
{
    struct describe_topic_partitions_request_topic_request topic = {
        .name = string_of_bytes(BYTES_LITERAL("a\"\\\n"))};
    struct describe_topic_partitions_request request;
    message_defaults(&describe_topic_partitions_request_struct, &request);
    request.topics.items = &topic;
    request.topics.count = 1;
    cr_assert_eq(message_dump(&describe_topic_partitions_request_type, 0, &request, &writer), 0);
    assert_written(BYTES_LITERAL("{\"topics\":[{\"name\":\"a\\\"\\\\\\u000A\"}],"
                                 "\"responsePartitionLimit\":2000,\"cursor\":null}"));
}

Test(message, dumps_bytes_as_base64)
{
    static const char *const texts[] = {"", "f", "fo", "foo", "foob"};
    static const char *const encoded[] = {"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct sasl_authenticate_request request = {.auth_bytes =
                                                        blob_of(texts[i], strlen(texts[i]))};
        char expected[64];
        snprintf(expected, sizeof expected, "{\"authBytes\":\"%s\"}", encoded[i]);
        writer_init(&writer, out, sizeof out);
        cr_assert_eq(message_dump(&sasl_authenticate_request_type, 0, &request, &writer), 0);
        assert_written(bytes_of_string(expected));
    }
}

Test(message, reports_a_dump_that_does_not_fit)
{
    struct sasl_authenticate_request request = {.auth_bytes = blob_of("foo", 3)};
    writer_init(&writer, out, 10);
    cr_assert_eq(message_dump(&sasl_authenticate_request_type, 0, &request, &writer), ERR_SHORT);
}
