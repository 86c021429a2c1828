/* What the configuration in force says to a partition, as it changes while the broker runs. */
#include "broker/partitions.h"

#include <criterion/criterion.h>

#include "broker/catalog/image.h"
#include "catalog_fixture.h"
#include "partition/partition.h"
#include "protocol/schema/metadata_records.h"

#define BROKER 4 /* resource type */
#define KEY "producer.id.expiration.ms"

static struct config *config;
static struct image image;
static struct image_topic *topic;
static int64_t offset;

static void load(const char *properties)
{
    struct options options = {.properties_path = (char[]){"test"}};
    struct config_input input = {&options, bytes_of_string(properties)};
    struct config_notes notes;
    struct fixture_batch batch;
    struct uuid id = uuid_from_random(1, 2);
    cr_assert_eq(config_load(&input, &notes, &config), 0);
    config_notes_fini(&notes);
    image_init(&image, config, 1, 0);
    offset = 0;
    fixture_topic_batch(&batch, offset, "t", id);
    offset += 2;
    cr_assert_eq(image_apply(&image, batch.data, batch.len, NULL), 0);
    topic = image_topic_with_id(&image, id);
}

static void unload(void)
{
    image_fini(&image);
    config_free(config);
}

static void change(const char *broker, const char *key, const char *value)
{
    struct fixture_batch batch;
    struct config_record record = {
        .resource_type = BROKER,
        .resource_name = string_of(broker),
        .name = string_of(key),
        .value = value == NULL ? STRING_NULL : string_of(value),
    };
    fixture_record_batch(&batch, offset++, &config_record_type, 0, &record);
    cr_assert_eq(image_apply(&image, batch.data, batch.len, NULL), 0);
}

static struct producer_limits limits(void)
{
    struct partition p = {0};
    partition_configure(&p, &image, topic);
    return p.producer_limits;
}

Test(partitions, producers_are_kept_for_a_day_and_looked_at_every_ten_minutes)
{
    load("");
    cr_expect_eq(limits().idle_ms, 86400000);
    cr_expect_eq(limits().check_ms, 600000);
    unload();
}

Test(partitions, the_file_says_how_long_producers_are_kept)
{
    load(KEY "=5000\nproducer.id.expiration.check.interval.ms=70\n");
    cr_expect_eq(limits().idle_ms, 5000);
    cr_expect_eq(limits().check_ms, 70);
    unload();
}

Test(partitions, a_change_while_the_broker_runs_counts_and_so_does_its_end)
{
    load(KEY "=5000\n");
    change("", KEY, "6000");
    cr_expect_eq(limits().idle_ms, 6000);
    change("1", KEY, "7000");
    cr_expect_eq(limits().idle_ms, 7000, "this broker's before all brokers'");
    change("2", KEY, "1");
    cr_expect_eq(limits().idle_ms, 7000, "another broker's");
    change("1", KEY, NULL);
    cr_expect_eq(limits().idle_ms, 6000);
    change("", KEY, NULL);
    cr_expect_eq(limits().idle_ms, 5000);
    change("", KEY, "many");
    cr_expect_eq(limits().idle_ms, 5000, "a value that it cannot have");
    unload();
}

Test(partitions, the_check_interval_does_not_change_while_the_broker_runs)
{
    load("");
    change("", "producer.id.expiration.check.interval.ms", "1");
    cr_expect_eq(limits().check_ms, 600000);
    unload();
}

static struct retention_limits retention(void)
{
    struct partition p = {0};
    partition_configure(&p, &image, topic);
    return p.retention.limits;
}

Test(partitions, records_are_kept_for_a_week_whatever_their_size)
{
    load("");
    cr_expect(retention().enabled);
    cr_expect_eq(retention().ms, 604800000);
    cr_expect_eq(retention().bytes, -1);
    cr_expect_eq(retention().check_ms, 300000);
    unload();
}

Test(partitions, the_file_says_how_long_records_are_kept)
{
    load("log.retention.minutes=2\nlog.retention.bytes=77\n"
         "log.retention.check.interval.ms=1000\n");
    cr_expect_eq(retention().ms, 120000);
    cr_expect_eq(retention().bytes, 77);
    cr_expect_eq(retention().check_ms, 1000);
    unload();
    load("log.cleanup.policy=compact\n");
    cr_expect_not(retention().enabled);
    unload();
    load("log.cleanup.policy=compact,delete\nlog.retention.ms=-1\n");
    cr_expect(retention().enabled);
    cr_expect_eq(retention().ms, -1);
    unload();
}
