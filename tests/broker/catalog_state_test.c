/* What the metadata log amounts to: the same as in Kafka's own image. */
#include "broker/catalog/catalog_state.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/util.h"
#include "catalog_fixture.h"
#include "protocol/schema/metadata_records.h"

#define VALUES_MAX 256

static const char *const golden_in[] = {
#define IN(hex) hex,
#define OUT(hex)
#include "catalog_golden.inc"
#undef IN
#undef OUT
};

static const char *const golden_out[] = {
#define IN(hex)
#define OUT(hex) hex,
#include "catalog_golden.inc"
#undef IN
#undef OUT
};

static struct catalog_state *state;
static int64_t offset;

struct values {
    struct bytes items[VALUES_MAX]; /* borrowed from the state */
    size_t count;
};

static void setup(void)
{
    state = catalog_state_new();
    offset = 0;
}

static void teardown(void)
{
    catalog_state_free(state);
}

TestSuite(catalog_state, .init = setup, .fini = teardown);

static int apply_hex(const char *hex)
{
    struct fixture_batch batch;
    struct bytes value = fixture_hex(hex);
    fixture_value_batch(&batch, offset++, value);
    fixture_free(value);
    return catalog_state_apply(state, batch.data, batch.len);
}

static int apply_record(const struct message_type *type, int16_t version, const void *record)
{
    struct fixture_batch batch;
    fixture_record_batch(&batch, offset++, type, version, record);
    return catalog_state_apply(state, batch.data, batch.len);
}

static int apply_topic(const char *name, struct uuid id)
{
    struct fixture_batch batch;
    fixture_topic_batch(&batch, offset, name, id);
    offset += 2;
    return catalog_state_apply(state, batch.data, batch.len);
}

static int take(void *context, struct bytes value)
{
    struct values *values = context;
    cr_assert_lt(values->count, VALUES_MAX);
    values->items[values->count++] = value;
    return 0;
}

static size_t count_values(void)
{
    struct values values = {0};
    cr_assert_eq(catalog_state_write(state, take, &values), 0);
    return values.count;
}

static bool has_value(const struct values *values, struct bytes wanted)
{
    for (size_t i = 0; i < values->count; i++)
        if (bytes_equal(values->items[i], wanted))
            return true;
    return false;
}

Test(catalog_state, every_record_type_has_the_effect_it_has_in_kafka)
{
    struct values values = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(golden_in); i++)
        cr_assert_eq(apply_hex(golden_in[i]), 0, "%s", golden_in[i]);
    cr_assert_eq(catalog_state_write(state, take, &values), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(golden_out); i++) {
        struct bytes wanted = fixture_hex(golden_out[i]);
        cr_expect(has_value(&values, wanted), "missing: %s", golden_out[i]);
        fixture_free(wanted);
    }
    cr_expect_eq(values.count, ARRAY_LENGTH(golden_out));
    struct bytes first = fixture_hex(golden_out[0]);
    cr_expect(bytes_equal(values.items[0], first), "metadata.version comes first");
    fixture_free(first);
}

Test(catalog_state, what_is_written_reads_back_as_the_same)
{
    struct values before = {0};
    struct values after = {0};
    for (size_t i = 0; i < ARRAY_LENGTH(golden_in); i++)
        cr_assert_eq(apply_hex(golden_in[i]), 0);
    cr_assert_eq(catalog_state_write(state, take, &before), 0);
    struct catalog_state *first = state;
    state = catalog_state_new();
    for (size_t i = 0; i < before.count; i++) {
        struct fixture_batch batch;
        fixture_value_batch(&batch, (int64_t)i, before.items[i]);
        cr_assert_eq(catalog_state_apply(state, batch.data, batch.len), 0);
    }
    cr_assert_eq(catalog_state_write(state, take, &after), 0);
    cr_assert_eq(after.count, before.count);
    for (size_t i = 0; i < before.count; i++)
        cr_expect(bytes_equal(before.items[i], after.items[i]), "record %zu", i);
    catalog_state_free(first);
}

static void begin(void)
{
    struct begin_transaction_record record = {.name = string_of("test")};
    cr_assert_eq(apply_record(&begin_transaction_record_type, 0, &record), 0);
}

Test(catalog_state, a_transaction_counts_when_it_ends)
{
    struct end_transaction_record end = {0};
    begin();
    cr_assert_eq(apply_topic("t", uuid_from_random(1, 1)), 0);
    cr_expect(catalog_state_in_transaction(state));
    cr_expect_eq(count_values(), 0);
    cr_assert_eq(apply_record(&end_transaction_record_type, 0, &end), 0);
    cr_expect(!catalog_state_in_transaction(state));
    cr_expect_eq(count_values(), 2);
}

Test(catalog_state, an_aborted_transaction_leaves_no_trace)
{
    struct abort_transaction_record abort = {.reason = STRING_NULL};
    begin();
    cr_assert_eq(apply_topic("t", uuid_from_random(1, 1)), 0);
    cr_assert_eq(apply_record(&abort_transaction_record_type, 0, &abort), 0);
    cr_expect(!catalog_state_in_transaction(state));
    cr_expect_eq(count_values(), 0);
}

Test(catalog_state, a_removed_topic_takes_everything_of_it_along)
{
    struct uuid id = uuid_from_random(1, 1);
    struct remove_topic_record remove = {.topic_id = id};
    struct config_record config = {.resource_type = 2,
                                   .resource_name = string_of("t"),
                                   .name = string_of("retention.ms"),
                                   .value = string_of("1")};
    cr_assert_eq(apply_topic("t", id), 0);
    cr_assert_eq(apply_topic("u", uuid_from_random(2, 2)), 0);
    cr_assert_eq(apply_record(&config_record_type, 0, &config), 0);
    cr_assert_eq(apply_record(&remove_topic_record_type, 0, &remove), 0);
    cr_expect_eq(count_values(), 2);
    cr_assert_eq(apply_record(&remove_topic_record_type, 0, &remove), 0, "twice does no harm");
}

Test(catalog_state, a_record_of_a_newer_kafka_is_refused)
{
    cr_expect_eq(apply_hex("011d0000"), ERR_VERSION, "type 29 is unknown");
    cr_expect_eq(apply_hex("010309"), ERR_VERSION, "a partition record of version 9");
    cr_expect_eq(apply_hex("0203"), ERR_MALFORMED);
    cr_expect_eq(apply_hex("0000"), ERR_MALFORMED);
}

Test(catalog_state, the_quorum_stands_in_control_records)
{
    struct fixture_batch batch;
    cr_expect_eq(catalog_state_kraft_version(state), 0);
    cr_expect_eq(catalog_state_voters(state).len, -1);
    fixture_voters_batch(&batch, 0, 1, uuid_from_random(3, 4));
    cr_assert_eq(catalog_state_apply(state, batch.data, batch.len), 0);
    cr_expect_eq(catalog_state_kraft_version(state), 1);
    cr_expect_gt(catalog_state_voters(state).len, 0);
    cr_expect_eq(count_values(), 0);
}
