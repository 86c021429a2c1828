/* What may become of a feature (KIP-584), in Kafka's words. */
#include <criterion/criterion.h>
#include <string.h>

#include "broker/catalog/features.h"

static struct image image = {
    .features = {{"metadata.version", 29}, {"group.version", 1}, {FEATURE_ELIGIBLE, 1}},
    .feature_count = 3,
};
static struct feature_view view = {
    .image = &image, .kraft_level = 1, .metadata_level_then = 29, .node_id = 7};
static char message[512];

static const char *refusal(const char *name, int16_t level, int8_t change)
{
    struct feature_wish wish = {bytes_of_string(name), level, change};
    return feature_refusal(&view, &wish, message, sizeof message);
}

static void allows(const char *name, int16_t level, int8_t change)
{
    const char *refused = refusal(name, level, change);
    cr_expect_null(refused, "%s %d %d: %s", name, level, change, refused);
}

static void refuses(const char *name, int16_t level, int8_t change, const char *why)
{
    const char *refused = refusal(name, level, change);
    cr_assert_not_null(refused, "%s %d %d", name, level, change);
    cr_expect_str_eq(refused, why);
}

Test(features, go_up_when_that_is_asked_for)
{
    allows("streams.version", 1, FEATURE_CHANGE_UPGRADE);
    allows("transaction.version", 2, FEATURE_CHANGE_UPGRADE);
    refuses("streams.version", 1, FEATURE_CHANGE_SAFE_DOWNGRADE,
            "Invalid update version 1 for feature streams.version. Can't downgrade to a newer "
            "version.");
}

Test(features, stay_as_they_are_by_any_change)
{
    for (int8_t change = 1; change <= 3; change++) {
        allows("metadata.version", 29, change);
        allows("streams.version", 0, change);
        allows("kraft.version", 1, change);
    }
}

Test(features, go_down_only_when_that_is_asked_for)
{
    refuses("group.version", 0, FEATURE_CHANGE_UPGRADE,
            "Invalid update version 0 for feature group.version. Can't downgrade the version of "
            "this feature without setting the upgrade type to either safe or unsafe downgrade.");
    allows("group.version", 0, FEATURE_CHANGE_SAFE_DOWNGRADE);
    allows("group.version", 0, FEATURE_CHANGE_UNSAFE_DOWNGRADE);
}

Test(features, metadata_never_goes_below_a_level_that_brought_records)
{
    allows("metadata.version", 23, FEATURE_CHANGE_SAFE_DOWNGRADE);
    allows("metadata.version", 23, FEATURE_CHANGE_UNSAFE_DOWNGRADE);
    refuses("metadata.version", 22, FEATURE_CHANGE_SAFE_DOWNGRADE,
            "Unsupported metadata.version downgrade from 29 to 22. Refusing to perform the "
            "requested downgrade because it might delete metadata information.");
    refuses("metadata.version", 7, FEATURE_CHANGE_UNSAFE_DOWNGRADE,
            "Unsupported metadata.version downgrade from 29 to 7. Unsafe metadata downgrade is "
            "not supported in this version.");
}

Test(features, what_is_not_supported_is_refused)
{
    refuses("foo", 1, FEATURE_CHANGE_UPGRADE,
            "Invalid update version 1 for feature foo. Local controller 7 does not support this "
            "feature.");
    refuses("metadata.version", 30, FEATURE_CHANGE_UPGRADE,
            "Invalid update version 30 for feature metadata.version. Local controller 7 only "
            "supports versions 7-29");
    refuses("group.version", -1, FEATURE_CHANGE_SAFE_DOWNGRADE,
            "Invalid update version -1 for feature group.version. A feature version cannot be "
            "less than 0.");
    for (int change = 0; change <= 4; change += 4)
        refuses("metadata.version", 29, (int8_t)change,
                "Invalid update version 29 for feature metadata.version. The controller does not "
                "support the given upgrade type.");
}

Test(features, the_quorums_version_stays)
{
    refuses("kraft.version", 0, FEATURE_CHANGE_UNSAFE_DOWNGRADE,
            "Invalid update version 0 for feature kraft.version. Can't downgrade the version of "
            "this feature.");
    view.kraft_level = 0;
    cr_expect_not_null(refusal("kraft.version", 1, FEATURE_CHANGE_UPGRADE));
}

Test(features, eligible_replicas_need_the_metadata_of_the_same_request)
{
    view.metadata_level_then = 22;
    refuses(FEATURE_ELIGIBLE, 1, FEATURE_CHANGE_UPGRADE,
            "Invalid update version 1 for feature eligible.leader.replicas.version. "
            "eligible.leader.replicas.version could not be set to 1 because it depends on "
            "metadata.version level 23");
    view.metadata_level_then = 23;
    allows(FEATURE_ELIGIBLE, 1, FEATURE_CHANGE_UPGRADE);
}

Test(features, a_long_name_is_cut)
{
    char name[2000];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    cr_assert_not_null(refusal(name, 1, FEATURE_CHANGE_UPGRADE));
    cr_expect_eq(strlen(message), sizeof message - 1);
}
