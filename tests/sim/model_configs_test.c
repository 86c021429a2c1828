/* The simulator's knowledge of settings: every wrong description must be reported, no right one. */
#include "tests/sim/verdict.h"
#include "tools/sim/model_configs.h"

#include <criterion/criterion.h>
#include <string.h>

static struct model *model;
static struct model_configs *configs;
static struct model_setting *setting;

static void setup(void)
{
    model = model_new();
    configs = model_configs_new(model);
    setting = model_setting_add(configs, RESOURCE_TOPIC, "t", "flush.messages", 100);
}

static void teardown(void)
{
    model_configs_free(configs);
    model_free(model);
}

TestSuite(model_configs, .init = setup, .fini = teardown);

static void change(int64_t value)
{
    model_setting_changing(setting, value);
    model_setting_changed(setting);
}

static void told(int64_t value)
{
    model_setting_told(configs, setting, model_setting_floor(setting), value);
}

static void keeps(void)
{
    verdict_keeps(model);
}

static void breaks(void)
{
    verdict_breaks(model, "is told as");
}

Test(model_configs, is_content_with_what_was_confirmed)
{
    told(100);
    change(1);
    told(1);
    change(2);
    told(2);
    keeps();
    cr_assert_eq(model_setting_value(setting), 2);
}

Test(model_configs, reports_a_confirmed_change_that_is_lost)
{
    change(1);
    told(100);
    breaks();
}

Test(model_configs, reports_an_older_value)
{
    change(1);
    change(2);
    told(1);
    breaks();
}

Test(model_configs, reports_a_value_of_nobody)
{
    told(7);
    breaks();
}

Test(model_configs, leaves_open_what_is_changed_meanwhile)
{
    uint32_t floor = model_setting_floor(setting);
    model_setting_changing(setting, 1);
    told(100);
    told(1);
    model_setting_changed(setting);
    model_setting_told(configs, setting, floor, 100);
    keeps();
    told(100);
    breaks();
}

Test(model_configs, reports_a_refused_change_that_shows)
{
    model_setting_changing(setting, 1);
    model_setting_refused(setting);
    told(100);
    keeps();
    told(1);
    breaks();
}

Test(model_configs, leaves_open_whether_an_unanswered_change_comes_later)
{
    model_setting_changing(setting, 1);
    model_setting_unanswered(setting);
    told(100);
    model_setting_changing(setting, 1);
    change(1);
    change(2);
    told(1);
    told(2);
    keeps();
    told(100);
    breaks();
}

Test(model_configs, highest_value_counts_all_that_may_be_in_force)
{
    cr_assert_eq(model_setting_highest(setting), 100);
    model_setting_changing(setting, 90);
    cr_assert_eq(model_setting_highest(setting), 100);
    model_setting_changed(setting);
    cr_assert_eq(model_setting_highest(setting), 90);
    model_setting_changing(setting, 80);
    model_setting_unanswered(setting);
    change(80);
    change(70);
    cr_assert_eq(model_setting_highest(setting), 80, "it may come again");
}

Test(model_configs, settings_are_found_by_resource_and_name)
{
    struct model_setting *other =
        model_setting_add(configs, RESOURCE_BROKER, "t", "flush.messages", 5);
    cr_assert_eq(model_setting_find(configs, RESOURCE_TOPIC, "t", "flush.messages"), setting);
    cr_assert_eq(model_setting_find(configs, RESOURCE_BROKER, "t", "flush.messages"), other);
    cr_assert_null(model_setting_find(configs, RESOURCE_TOPIC, "u", "flush.messages"));
    cr_assert_null(model_setting_find(configs, RESOURCE_TOPIC, "t", "flush.ms"));
    cr_assert_eq(model_setting_at(configs, 1), other);
    cr_assert_null(model_setting_at(configs, 2));
}
