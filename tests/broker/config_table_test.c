/*
 * The table of all keys. With KAFKA_FACTS naming a directory that holds configs.tsv, every row is
 * compared with what Kafka says about it.
 */
#include "broker/config/config_table.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/config/config_value.h"

static const struct config_def *find(enum config_scope scope, const char *name)
{
    return config_table_find(scope, bytes_of_string(name));
}

Test(config_table, is_sorted_so_that_every_row_is_found)
{
    for (enum config_scope scope = 0; scope < CONFIG_SCOPES; scope++) {
        struct config_table table = config_table(scope);
        for (uint32_t i = 0; i < table.count; i++) {
            const struct config_def *def = &table.rows[i];
            cr_expect_eq(find(scope, def->name), def, "%s", def->name);
            cr_expect_eq(config_table_index(scope, def), i);
        }
    }
}

Test(config_table, has_the_keys_of_kafka_4_2_and_ours)
{
    uint32_t ours = 0;
    struct config_table broker = config_table(CONFIG_SCOPE_BROKER);
    for (uint32_t i = 0; i < broker.count; i++)
        ours += strncmp(broker.rows[i].name, "odradek.", 8) == 0;
    cr_expect_eq(broker.count - ours, 344);
    cr_expect_eq(config_table(CONFIG_SCOPE_TOPIC).count, 34);
    cr_expect_eq(config_table(CONFIG_SCOPE_GROUP).count, 11);
    cr_expect_eq(config_table(CONFIG_SCOPE_CLIENT_METRICS).count, 3);
}

Test(config_table, every_default_passes_its_own_rule)
{
    char message[CONFIG_MESSAGE_MAX];
    for (enum config_scope scope = 0; scope < CONFIG_SCOPES; scope++) {
        struct config_table table = config_table(scope);
        for (uint32_t i = 0; i < table.count; i++) {
            const struct config_def *def = &table.rows[i];
            if (def->standard != NULL)
                cr_expect_eq(config_value_check(def, def->standard, message, sizeof message), 0,
                             "%s", message);
        }
    }
}

Test(config_table, every_synonym_is_a_broker_key)
{
    struct config_synonym_name names[CONFIG_SYNONYMS_MAX];
    for (enum config_scope scope = 0; scope < CONFIG_SCOPES; scope++) {
        struct config_table table = config_table(scope);
        for (uint32_t i = 0; i < table.count; i++) {
            uint32_t count = config_synonyms_split(&table.rows[i], names);
            for (uint32_t j = 0; j < count; j++)
                cr_expect_not_null(config_table_find(CONFIG_SCOPE_BROKER, names[j].name), "%s",
                                   table.rows[i].name);
        }
    }
}

Test(config_table, splits_synonyms_with_their_factors)
{
    struct config_synonym_name names[CONFIG_SYNONYMS_MAX];
    cr_assert_eq(config_synonyms_split(find(CONFIG_SCOPE_TOPIC, "retention.ms"), names), 3);
    cr_expect(bytes_equal(names[0].name, BYTES_LITERAL("log.retention.ms")));
    cr_expect_eq(names[0].factor, 1);
    cr_expect(bytes_equal(names[2].name, BYTES_LITERAL("log.retention.hours")));
    cr_expect_eq(names[2].factor, 3600000);
    cr_expect_eq(config_synonyms_split(find(CONFIG_SCOPE_BROKER, "node.id"), names), 0);
}

static void expect_nearest(const char *name, const char *wanted)
{
    const char *nearest = config_table_nearest(CONFIG_SCOPE_BROKER, bytes_of_string(name));
    if (wanted == NULL)
        cr_expect_null(nearest, "%s: %s", name, nearest);
    else
        cr_expect_str_eq(nearest, wanted, "%s: %s", name, nearest);
}

Test(config_table, finds_the_key_that_was_meant)
{
    expect_nearest("log.retnetion.hours", "log.retention.hours");
    expect_nearest("log.dris", "log.dirs");
    expect_nearest("num.partition", "num.partitions");
    expect_nearest("odradek.core", "odradek.cores");
    expect_nearest("Listeners", "listeners");
    expect_nearest("something.else.altogether", NULL);
    expect_nearest("x", NULL);
    expect_nearest("", NULL);
}

Test(config_table, makes_no_guess_at_very_long_names)
{
    char name[300];
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    expect_nearest(name, NULL);
}

/* The n-th cell of a tab separated line; the cells before it end in NUL. */
static char *cell(char **line)
{
    char *text = *line;
    size_t len = strcspn(text, "\t\n");
    *line = text + len + (text[len] != '\0');
    text[len] = '\0';
    return text;
}

static enum config_scope scope_named(const char *name)
{
    return strcmp(name, "topic") == 0    ? CONFIG_SCOPE_TOPIC
           : strcmp(name, "broker") == 0 ? CONFIG_SCOPE_BROKER
           : strcmp(name, "group") == 0  ? CONFIG_SCOPE_GROUP
                                         : CONFIG_SCOPE_CLIENT_METRICS;
}

static void compare_row(char *line)
{
    static const char *const importances[] = {"HIGH", "MEDIUM", "LOW"};
    static const char *const updates[] = {"read-only", "per-broker", "cluster-wide",
                                          "dynamic-only"};
    enum config_scope scope = scope_named(cell(&line));
    const char *name = cell(&line), *type = cell(&line), *standard = cell(&line);
    cell(&line);
    const char *importance = cell(&line), *sensitive = cell(&line), *update = cell(&line);
    const char *synonyms = cell(&line), *internal = cell(&line);
    const struct config_def *def = find(scope, name);
    cr_assert_not_null(def, "%s", name);
    cr_expect_str_eq(config_type_name(def->type), type, "%s", name);
    if (standard[0] == '(')
        cr_expect_null(def->standard, "%s", name);
    else
        cr_expect_str_eq(def->standard, standard, "%s", name);
    cr_expect_str_eq(importances[def->importance], importance, "%s", name);
    cr_expect_eq(config_sensitive(def), strcmp(sensitive, "yes") == 0, "%s", name);
    cr_expect_eq(def->internal, strcmp(internal, "yes") == 0, "%s", name);
    if (scope == CONFIG_SCOPE_BROKER)
        cr_expect_str_eq(updates[def->update], update, "%s", name);
    if (scope == CONFIG_SCOPE_TOPIC && synonyms[0] != '\0')
        cr_expect_str_eq(def->synonyms, synonyms, "%s", name);
}

Test(config_table, agrees_with_kafka_row_by_row)
{
    char path[512], line[1024];
    const char *facts = getenv("KAFKA_FACTS");
    if (facts == NULL)
        cr_skip_test("KAFKA_FACTS is not set");
    snprintf(path, sizeof path, "%s/configs.tsv", facts);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(file, "%s", path);
    uint32_t rows = 0;
    cr_assert_not_null(fgets(line, sizeof line, file));
    for (; fgets(line, sizeof line, file) != NULL; rows++)
        compare_row(line);
    fclose(file);
    cr_expect_eq(rows, 392);
}
