/*
 * Changes one by one, then the judge of the whole: a value alone may be good and not beside the
 * others.
 */
#include "broker/config/config_alter.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/config/config_value.h"
#include "broker/config/topic_config.h"
#include "protocol/errors.h"

int16_t config_alter_refuse(struct config_alteration *a, int16_t error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(a->message, sizeof a->message, format, arguments);
    va_end(arguments);
    ASSERT(error != KAFKA_NONE);
    return error;
}

static void take(struct config_alteration *a, struct bytes name, struct string value)
{
    config_pairs_set(&a->then, &a->then_count, name, value);
}

/* The row of a key whose values are lists that may be changed item by item, or null. */
static const struct config_def *list_row(const struct config_alteration *a, struct bytes name)
{
    const struct config_def *def = NULL;
    if (a->resource == CONFIG_RESOURCE_TOPIC)
        def = config_table_find(CONFIG_SCOPE_TOPIC, name);
    else if (a->resource == CONFIG_RESOURCE_BROKER)
        def = config_table_find(CONFIG_SCOPE_BROKER, name);
    return def != NULL && def->type == CONFIG_TYPE_LIST ? def : NULL;
}

/* What a list is before it is changed: the resource's own, else what the file says. From
 * mem_alloc. */
static char *list_before(const struct config_alteration *a, const struct config_def *def)
{
    const struct config_layers file = {.config = a->layers.config};
    const char *own = config_pair_find(a->then, a->then_count, bytes_of_string(def->name));
    if (own != NULL)
        return mem_copy_string(own);
    if (a->resource == CONFIG_RESOURCE_TOPIC)
        return topic_config_text(&file, def, NULL, 0);
    const char *text = config_layers_text(&file, def);
    return mem_copy_string(text == NULL ? "" : text);
}

/* Adds the items of `from` that are not in `without`. */
static void list_add(struct writer *w, const char *from, const char *without)
{
    struct bytes item;
    while (config_list_next(&from, &item)) {
        if (config_list_has(without, item))
            continue;
        if (writer_len(w) > 0)
            write_u8(w, ',');
        write_bytes(w, item.data, item.len);
    }
}

static int16_t change_list(struct config_alteration *a, const struct config_change *change)
{
    const struct config_def *def = list_row(a, change->name);
    if (def == NULL)
        return config_alter_refuse(
            a, KAFKA_INVALID_CONFIG, "Can't %s to key %.*s because its type is not LIST.",
            change->operation == CONFIG_APPEND ? "APPEND" : "SUBTRACT",
            (int)MIN(change->name.len, (size_t)256), (const char *)change->name.data);
    struct writer w;
    char *before = list_before(a, def);
    char *items = mem_copy_bytes(change->value);
    size_t size = strlen(before) + strlen(items) + 2;
    char *after = mem_alloc(size);
    writer_init(&w, after, size);
    if (change->operation == CONFIG_APPEND) {
        list_add(&w, before, "");
        list_add(&w, items, before);
    } else {
        list_add(&w, before, items);
    }
    ASSERT(w.error == 0);
    take(a, change->name, string_of_bytes((struct bytes){(uint8_t *)after, writer_len(&w)}));
    mem_free(after);
    mem_free(items);
    mem_free(before);
    return KAFKA_NONE;
}

static int16_t change_take(struct config_alteration *a, const struct config_change *change)
{
    if (config_pair_check(change->name, change->value, a->message, sizeof a->message) != 0)
        return KAFKA_INVALID_CONFIG;
    switch (change->operation) {
    case CONFIG_SET:
        take(a, change->name, string_of_bytes(change->value));
        return KAFKA_NONE;
    case CONFIG_DELETE:
        take(a, change->name, STRING_NULL);
        return KAFKA_NONE;
    case CONFIG_APPEND:
    case CONFIG_SUBTRACT:
        return change_list(a, change);
    }
    UNREACHABLE();
}

static int16_t check_topic(struct config_alteration *a)
{
    if (topic_config_validate_all(a->layers.config, a->then, a->then_count, a->message,
                                  sizeof a->message) != 0)
        return KAFKA_INVALID_CONFIG;
    return KAFKA_NONE;
}

static int16_t check(struct config_alteration *a)
{
    switch (a->resource) {
    case CONFIG_RESOURCE_TOPIC:
        return check_topic(a);
    case CONFIG_RESOURCE_BROKER:
        return config_alter_check_broker(a);
    case CONFIG_RESOURCE_GROUP:
        return config_alter_check_group(a);
    case CONFIG_RESOURCE_CLIENT_METRICS:
        return config_alter_check_client_metrics(a);
    case CONFIG_RESOURCE_LOGGER:
        break;
    }
    UNREACHABLE();
}

int16_t config_alter(struct config_alteration *a)
{
    a->message[0] = '\0';
    a->then = a->replaces ? NULL : config_pairs_copy(a->now, a->now_count);
    a->then_count = a->replaces ? 0 : a->now_count;
    for (uint32_t i = 0; i < a->change_count; i++) {
        int16_t error = change_take(a, &a->changes[i]);
        if (error != KAFKA_NONE)
            return error;
    }
    return check(a);
}

void config_alteration_fini(struct config_alteration *a)
{
    config_pairs_free(a->then, a->then_count);
    a->then = NULL;
    a->then_count = 0;
}
