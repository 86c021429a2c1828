/* A core's image of the catalog, built from Kafka's records. */
#include "broker/catalog/image.h"

#include <criterion/criterion.h>

#include "base/util.h"
#include "broker/config/config.h"
#include "catalog_fixture.h"
#include "protocol/schema/metadata_records.h"

static const char *const golden_in[] = {
#define IN(hex) hex,
#define OUT(hex)
#include "catalog_golden.inc"
#undef IN
#undef OUT
};

static struct config *config;
static struct image image;
static int64_t offset;

static void setup(void)
{
    struct options options = {0};
    struct config_input input = {.options = &options};
    struct config_notes notes;
    cr_assert_eq(config_load(&input, &notes, &config), 0);
    config_notes_fini(&notes);
    cr_assert_eq(config->node_id, 1);
    image_init(&image, config, 1, 0);
    offset = 0;
}

static void teardown(void)
{
    image_fini(&image);
    config_free(config);
}

TestSuite(image, .init = setup, .fini = teardown);

static int apply(const struct fixture_batch *batch)
{
    return image_apply(&image, batch->data, batch->len, NULL);
}

static int apply_record(const struct message_type *type, int16_t version, const void *record)
{
    struct fixture_batch batch;
    fixture_record_batch(&batch, offset++, type, version, record);
    return apply(&batch);
}

static void apply_golden(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(golden_in); i++) {
        struct fixture_batch batch;
        struct bytes value = fixture_hex(golden_in[i]);
        fixture_value_batch(&batch, offset++, value);
        fixture_free(value);
        cr_assert_eq(apply(&batch), 0, "%s", golden_in[i]);
    }
}

static struct image_topic *make_topic(const char *name, struct uuid id)
{
    struct fixture_batch batch;
    fixture_topic_batch(&batch, offset, name, id);
    offset += 2;
    cr_assert_eq(apply(&batch), 0);
    return image_topic_with_id(&image, id);
}

static void change_leader(struct uuid id, int32_t leader)
{
    struct partition_change_record change;
    message_defaults(&partition_change_record_struct, &change);
    change.partition_id = 0;
    change.topic_id = id;
    change.leader = leader;
    cr_assert_eq(apply_record(&partition_change_record_type, 2, &change), 0);
}

Test(image, takes_every_record_type_of_kafka)
{
    apply_golden();
    cr_expect_eq(image.offset, offset - 1);
    cr_expect_eq(image.topic_count, 2);
    cr_expect_eq(image.feature_count, 3, "share.version went to level 0");
    cr_expect_eq(image_feature_level(&image, "metadata.version"), 29);
    cr_expect_eq(image.producer_id_next, 2000);
    cr_expect_eq(image.broker_epoch, 10, "this node's, whatever others are registered");
    cr_expect(!image.broker_fenced);
    cr_expect_eq(image.broker_override_count, 0, "broker 2's configuration is not ours");
    cr_expect_eq(image.default_override_count, 1);
    struct image_topic *kept = image_topic_named(&image, BYTES_LITERAL("kept"));
    cr_assert_not_null(kept);
    cr_expect_eq(kept->partition_count, 3);
    cr_expect_eq(kept->override_count, 1);
    cr_expect_eq(kept->partitions[0].leader_epoch, 2);
    cr_expect(!kept->partitions[0].foreign);
    cr_expect(kept->partitions[1].foreign, "it was given a second replica");
    cr_expect_eq(kept->partitions[2].leader, -1);
}

/* Regression: leader -1, as a clean stop of Kafka leaves it, did not count as a new epoch. */
Test(image, losing_the_leader_is_a_leader_epoch_too)
{
    struct uuid id = uuid_from_random(1, 2);
    struct image_topic *topic = make_topic("t", id);
    change_leader(id, -1);
    cr_expect_eq(topic->partitions[0].leader, -1);
    cr_expect_eq(topic->partitions[0].leader_epoch, 1);
    change_leader(id, 1);
    cr_expect_eq(topic->partitions[0].leader, 1);
    cr_expect_eq(topic->partitions[0].leader_epoch, 2);
    change_leader(id, -2);
    cr_expect_eq(topic->partitions[0].leader_epoch, 2, "-2 says: as it was");
    cr_expect_eq(topic->partitions[0].partition_epoch, 3);
}

Test(image, an_open_transaction_is_not_seen)
{
    struct begin_transaction_record begin = {.name = string_of("x")};
    struct end_transaction_record end = {0};
    cr_assert_eq(apply_record(&begin_transaction_record_type, 0, &begin), 0);
    cr_expect_null(make_topic("t", uuid_from_random(1, 2)));
    cr_expect(image.replay.in_transaction);
    cr_assert_eq(apply_record(&end_transaction_record_type, 0, &end), 0);
    cr_expect_not_null(image_topic_named(&image, BYTES_LITERAL("t")));
}

Test(image, fencing_is_told_by_changes_of_this_brokers_registration)
{
    struct broker_registration_change_record change;
    apply_golden();
    message_defaults(&broker_registration_change_record_struct, &change);
    change.broker_id = 2;
    change.broker_epoch = 11;
    change.fenced = 1;
    cr_assert_eq(apply_record(&broker_registration_change_record_type, 0, &change), 0);
    cr_expect(!image.broker_fenced);
    change.broker_id = 1;
    cr_assert_eq(apply_record(&broker_registration_change_record_type, 0, &change), 0);
    cr_expect(image.broker_fenced);
}

Test(image, versions_of_records_follow_the_metadata_version)
{
    static const struct {
        int16_t level;
        int16_t partition;
        int16_t registration;
    } cases[] = {{7, 0, 1}, {8, 0, 2}, {16, 0, 2}, {17, 1, 3}, {22, 1, 3}, {23, 2, 3}, {29, 2, 3}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct feature_level_record feature = {.name = string_of("metadata.version"),
                                               .feature_level = cases[i].level};
        cr_assert_eq(apply_record(&feature_level_record_type, 0, &feature), 0);
        cr_expect_eq(image_partition_record_version(&image), cases[i].partition);
        cr_expect_eq(image_register_broker_version(&image), cases[i].registration);
    }
}

Test(image, a_quorum_of_others_is_seen)
{
    struct fixture_batch batch;
    fixture_voters_batch(&batch, offset, 1, uuid_from_random(1, 1));
    offset += 2;
    cr_assert_eq(apply(&batch), 0);
    cr_expect_eq(image.kraft_version, 1);
    cr_expect(!image.foreign_voters);
    fixture_voters_batch(&batch, offset, 2, uuid_from_random(1, 1));
    cr_assert_eq(apply(&batch), 0);
    cr_expect(image.foreign_voters);
}

static void configure_any(int8_t type, struct string resource, struct string name,
                          struct string value)
{
    struct config_record record = {
        .resource_type = type, .resource_name = resource, .name = name, .value = value};
    cr_assert_eq(apply_record(&config_record_type, 0, &record), 0);
}

static void configure(int8_t type, const char *resource, const char *name, const char *value)
{
    configure_any(type, string_of(resource), string_of(name), string_of(value));
}

Test(image, groups_and_subscriptions_have_settings_until_the_last_one_goes)
{
    configure(CONFIG_RESOURCE_GROUP, "g", "consumer.session.timeout.ms", "50000");
    configure(CONFIG_RESOURCE_GROUP, "a", "share.isolation.level", "read_committed");
    configure(CONFIG_RESOURCE_CLIENT_METRICS, "g", "interval.ms", "100");
    configure(CONFIG_RESOURCE_GROUP, "never", "share.isolation.level", NULL);
    cr_assert_eq(image.settings.resource_count, 3);
    const struct image_resource *group =
        image_resource_find(&image.settings, CONFIG_RESOURCE_GROUP, BYTES_LITERAL("g"));
    cr_assert_not_null(group);
    cr_expect_str_eq(group->overrides[0].value, "50000");
    configure(CONFIG_RESOURCE_GROUP, "g", "consumer.session.timeout.ms", NULL);
    cr_expect_null(image_resource_find(&image.settings, CONFIG_RESOURCE_GROUP, BYTES_LITERAL("g")));
    cr_expect_not_null(
        image_resource_find(&image.settings, CONFIG_RESOURCE_CLIENT_METRICS, BYTES_LITERAL("g")));
}

static void configure_bytes(struct bytes group, struct bytes name, struct bytes value)
{
    configure_any(CONFIG_RESOURCE_GROUP, string_of_bytes(group), string_of_bytes(name),
                  string_of_bytes(value));
}

/* Regression: a group's name was kept up to its first 0, so that it stood elsewhere than where it
 * was sorted in, and its settings were written behind the end of the list. */
Test(image, a_groups_name_may_hold_a_null_character)
{
    struct bytes key = BYTES_LITERAL("consumer.session.timeout.ms");
    configure_bytes(BYTES_LITERAL("g\0h"), key, BYTES_LITERAL("50000"));
    configure_bytes(BYTES_LITERAL("g"), key, BYTES_LITERAL("46000"));
    configure_bytes(BYTES_LITERAL("g\0"), key, BYTES_LITERAL("47000"));
    configure_bytes(BYTES_LITERAL("g\0h"), key, BYTES_LITERAL("51000"));
    cr_assert_eq(image.settings.resource_count, 3);
    const struct image_resource *group =
        image_resource_find(&image.settings, CONFIG_RESOURCE_GROUP, BYTES_LITERAL("g\0h"));
    cr_assert_not_null(group);
    cr_assert_eq(group->override_count, 1);
    cr_expect_str_eq(group->overrides[0].value, "51000");
}

/* No known setting has such a name or such a value: what a log says of them is not in force. */
Test(image, a_setting_with_a_null_character_is_none)
{
    struct bytes key = BYTES_LITERAL("consumer.session.timeout.ms");
    configure_bytes(BYTES_LITERAL("g"), BYTES_LITERAL("x\0y"), BYTES_LITERAL("1"));
    cr_assert_eq(image.settings.resource_count, 0);
    configure_bytes(BYTES_LITERAL("g"), key, BYTES_LITERAL("50000"));
    configure_bytes(BYTES_LITERAL("g"), key, BYTES_LITERAL("5\0"));
    cr_assert_eq(image.settings.resource_count, 0);
}

/* The entity is the same in whatever order its parts come. */
static void set_quota(bool user_first, const char *key, double value, bool gone)
{
    struct client_quota_record_entity_data user = {.entity_type = string_of("user"),
                                                   .entity_name = string_of("u")};
    struct client_quota_record_entity_data client = {.entity_type = string_of("client-id"),
                                                     .entity_name = STRING_NULL};
    struct client_quota_record_entity_data parts[] = {user_first ? user : client,
                                                      user_first ? client : user};
    struct client_quota_record record;
    message_defaults(&client_quota_record_struct, &record);
    record.entity.items = parts;
    record.entity.count = 2;
    record.key = string_of(key);
    record.value = value;
    record.remove = gone;
    cr_assert_eq(apply_record(&client_quota_record_type, 0, &record), 0);
}

Test(image, quotas_are_kept_by_entity_and_go_with_their_last_value)
{
    struct image_quota_part parts[] = {{string_of("client-id"), STRING_NULL},
                                       {string_of("user"), string_of("u")}};
    set_quota(true, "producer_byte_rate", 5, false);
    set_quota(false, "consumer_byte_rate", 6, false);
    set_quota(false, "producer_byte_rate", 7, false);
    const struct image_quota *quota = image_quota_find(&image.settings, parts, 2);
    cr_assert_not_null(quota);
    cr_assert_eq(quota->value_count, 2);
    cr_expect_eq(quota->values[0].value, 7);
    cr_expect_null(image_quota_find(&image.settings, parts, 1));
    parts[1].name = string_of_bytes(BYTES_LITERAL("u\0v"));
    cr_expect_null(image_quota_find(&image.settings, parts, 2), "a user of another name");
    set_quota(true, "producer_byte_rate", 0, true);
    set_quota(true, "request_percentage", 0, true);
    cr_expect_eq(image.settings.quota_count, 1);
    set_quota(true, "consumer_byte_rate", 0, true);
    cr_expect_eq(image.settings.quota_count, 0);
}

static const char *colliding(const char *name)
{
    const struct image_topic *topic = image_topic_colliding(&image, bytes_of_string(name));
    return topic == NULL ? "none" : topic->name;
}

static void remove_topic(struct uuid id)
{
    struct remove_topic_record record = {.topic_id = id};
    cr_assert_eq(apply_record(&remove_topic_record_type, 0, &record), 0);
}

Test(image, names_collide_that_differ_in_dots_and_underscores_alone)
{
    char longer[160];
    struct uuid first = uuid_from_random(1, 1);
    struct uuid second = uuid_from_random(2, 2);
    memset(longer, 'x', sizeof longer);
    longer[100] = '.';
    longer[sizeof longer - 1] = '\0';
    make_topic("a.b_c", first);
    make_topic(longer, uuid_from_random(3, 3));
    cr_expect_str_eq(colliding("a_b.c"), "a.b_c");
    cr_expect_str_eq(colliding("a.b_c"), "a.b_c");
    cr_expect_str_eq(colliding("a-b_c"), "none");
    cr_expect_str_eq(colliding("a.b_"), "none");
    longer[100] = '_';
    cr_expect_str_neq(colliding(longer), "none");
    longer[0] = 'y';
    cr_expect_str_eq(colliding(longer), "none");
    /* Two of one request are judged beside each other. */
    make_topic("a_b_c", second);
    remove_topic(first);
    cr_expect_str_eq(colliding("a.b.c"), "a_b_c");
    remove_topic(second);
    cr_expect_str_eq(colliding("a.b.c"), "none");
}

Test(image, a_topic_without_configuration_of_its_own_follows_the_brokers)
{
    struct image_topic *plain = make_topic("plain", uuid_from_random(1, 1));
    struct image_topic *own = make_topic("own", uuid_from_random(2, 2));
    configure(CONFIG_RESOURCE_TOPIC, "own", "segment.bytes", "2000000");
    cr_expect_eq(plain->config.segment_bytes, 1 << 30);
    configure(CONFIG_RESOURCE_BROKER, "", "log.segment.bytes", "3000000");
    configure(CONFIG_RESOURCE_BROKER, "", "producer.id.expiration.ms", "5");
    cr_expect_eq(plain->config.segment_bytes, 3000000);
    cr_expect_eq(own->config.segment_bytes, 2000000);
    cr_expect_eq(image_producer_idle_ms(&image), 5);
    cr_expect_eq(make_topic("later", uuid_from_random(3, 3))->config.segment_bytes, 3000000);
    configure(CONFIG_RESOURCE_TOPIC, "own", "segment.bytes", NULL);
    cr_expect_eq(own->config.segment_bytes, 3000000);
    configure(CONFIG_RESOURCE_BROKER, "", "log.segment.bytes", NULL);
    cr_expect_eq(plain->config.segment_bytes, 1 << 30);
}
