/* Sorted and plain arrays: settings are few, and read by administrators. */
#include "broker/catalog/image_settings.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "protocol/schema/metadata_records.h"

/* With its length, since a name that comes from a client may hold a 0; null stays null. */
static struct string copy_of(struct string text)
{
    return text.len < 0 ? STRING_NULL
                        : (struct string){mem_copy_bytes(string_bytes(text)), text.len};
}

static void copy_free(struct string copy)
{
    mem_free((void *)(uintptr_t)copy.data);
}

static void quota_free(struct image_quota *quota)
{
    for (uint32_t i = 0; i < quota->part_count; i++) {
        copy_free(quota->parts[i].type);
        copy_free(quota->parts[i].name);
    }
    for (uint32_t i = 0; i < quota->value_count; i++)
        mem_free(quota->values[i].key);
    mem_free(quota->values);
}

void image_settings_fini(struct image_settings *settings)
{
    for (uint32_t i = 0; i < settings->resource_count; i++) {
        copy_free(settings->resources[i].name);
        config_pairs_free(settings->resources[i].overrides, settings->resources[i].override_count);
    }
    for (uint32_t i = 0; i < settings->quota_count; i++)
        quota_free(&settings->quotas[i]);
    mem_free(settings->resources);
    mem_free(settings->quotas);
    *settings = (struct image_settings){0};
}

/* Resources. */

static int resource_compare(const struct image_resource *resource, enum config_resource type,
                            struct bytes name)
{
    if (resource->type != type)
        return resource->type < type ? -1 : 1;
    return bytes_compare(string_bytes(resource->name), name);
}

/* Where a resource stands, or would stand. */
static uint32_t resource_place(const struct image_settings *settings, enum config_resource type,
                               struct bytes name)
{
    uint32_t low = 0, high = settings->resource_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (resource_compare(&settings->resources[middle], type, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct image_resource *image_resource_find(const struct image_settings *settings,
                                                 enum config_resource type, struct bytes name)
{
    uint32_t at = resource_place(settings, type, name);
    if (at == settings->resource_count ||
        resource_compare(&settings->resources[at], type, name) != 0)
        return NULL;
    return &settings->resources[at];
}

static void resource_insert(struct image_settings *settings, uint32_t at, enum config_resource type,
                            struct string name)
{
    settings->resources = mem_grow(settings->resources, settings->resource_count,
                                   &settings->resource_capacity, sizeof *settings->resources);
    memmove(&settings->resources[at + 1], &settings->resources[at],
            (settings->resource_count - at) * sizeof *settings->resources);
    settings->resources[at] = (struct image_resource){.type = type, .name = copy_of(name)};
    settings->resource_count++;
}

static void resource_remove(struct image_settings *settings, uint32_t at)
{
    ASSERT(settings->resources[at].override_count == 0);
    copy_free(settings->resources[at].name);
    mem_free(settings->resources[at].overrides);
    settings->resource_count--;
    memmove(&settings->resources[at], &settings->resources[at + 1],
            (settings->resource_count - at) * sizeof *settings->resources);
}

void image_settings_config(struct image_settings *settings, const struct config_record *record)
{
    enum config_resource type = (enum config_resource)record->resource_type;
    struct bytes name = string_bytes(record->resource_name);
    if (image_resource_find(settings, type, name) == NULL) {
        if (record->value.len < 0)
            return;
        resource_insert(settings, resource_place(settings, type, name), type,
                        record->resource_name);
    }
    uint32_t at = resource_place(settings, type, name);
    struct image_resource *resource = &settings->resources[at];
    config_pairs_set(&resource->overrides, &resource->override_count, string_bytes(record->name),
                     record->value);
    if (resource->override_count == 0)
        resource_remove(settings, at);
}

/* Quotas. */

static bool quota_is(const struct image_quota *quota, const struct image_quota_part *parts,
                     uint32_t count)
{
    if (quota->part_count != count)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!strings_equal(quota->parts[i].type, parts[i].type) ||
            !strings_equal(quota->parts[i].name, parts[i].name))
            return false;
    return true;
}

const struct image_quota *image_quota_find(const struct image_settings *settings,
                                           const struct image_quota_part *parts, uint32_t count)
{
    for (uint32_t i = 0; i < settings->quota_count; i++)
        if (quota_is(&settings->quotas[i], parts, count))
            return &settings->quotas[i];
    return NULL;
}

/* Sorts the parts in as they come: there are three at most. */
static void quota_add_part(struct image_quota *quota, struct string type, struct string name)
{
    uint32_t at = quota->part_count;
    ASSERT(at < IMAGE_QUOTA_PARTS_MAX);
    while (at > 0 && bytes_compare(string_bytes(quota->parts[at - 1].type), string_bytes(type)) > 0)
        at--;
    memmove(&quota->parts[at + 1], &quota->parts[at],
            (quota->part_count - at) * sizeof quota->parts[0]);
    quota->parts[at] = (struct image_quota_part){copy_of(type), copy_of(name)};
    quota->part_count++;
}

static void quota_set(struct image_quota *quota, const struct client_quota_record *record)
{
    struct bytes key = string_bytes(record->key);
    uint32_t at = 0;
    while (at < quota->value_count && !bytes_equal(bytes_of_string(quota->values[at].key), key))
        at++;
    if (at == quota->value_count && record->remove)
        return;
    if (record->remove) {
        mem_free(quota->values[at].key);
        quota->values[at] = quota->values[--quota->value_count];
        return;
    }
    if (at == quota->value_count) {
        quota->values = mem_realloc(quota->values, at * sizeof *quota->values,
                                    (at + 1) * sizeof *quota->values);
        quota->values[at].key = mem_copy_bytes(key);
        quota->value_count++;
    }
    quota->values[at].value = record->value;
}

static struct image_quota *quota_of(struct image_settings *settings, struct image_quota *wanted)
{
    for (uint32_t i = 0; i < settings->quota_count; i++)
        if (quota_is(&settings->quotas[i], wanted->parts, wanted->part_count)) {
            quota_free(wanted);
            return &settings->quotas[i];
        }
    settings->quotas = mem_grow(settings->quotas, settings->quota_count, &settings->quota_capacity,
                                sizeof *settings->quotas);
    settings->quotas[settings->quota_count] = *wanted;
    return &settings->quotas[settings->quota_count++];
}

void image_settings_quota(struct image_settings *settings, const struct client_quota_record *record)
{
    struct image_quota wanted = {0};
    if (record->entity.count > IMAGE_QUOTA_PARTS_MAX)
        return;
    for (int32_t i = 0; i < record->entity.count; i++)
        quota_add_part(&wanted, record->entity.items[i].entity_type,
                       record->entity.items[i].entity_name);
    struct image_quota *quota = quota_of(settings, &wanted);
    quota_set(quota, record);
    if (quota->value_count > 0)
        return;
    quota_free(quota);
    settings->quota_count--;
    memmove(quota, quota + 1,
            (size_t)(&settings->quotas[settings->quota_count] - quota) * sizeof *quota);
}
