/* The history of each setting: there are few settings, and some dozens of changes. */
#include "tools/sim/model_configs.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

struct change {
    int64_t value;
    bool confirmed;
    bool refused;
    bool unanswered; /* one of its attempts */
};

struct model_setting {
    int8_t type;
    char resource[MODEL_NAME_BYTES];
    char name[MODEL_NAME_BYTES];
    struct change *changes; /* the first one is how it began */
    uint32_t count;
    uint32_t capacity;
    uint32_t floor; /* the last one that was confirmed */
};

struct model_configs {
    struct model *model;
    struct model_setting **settings;
    uint32_t count;
};

struct model_configs *model_configs_new(struct model *model)
{
    struct model_configs *configs = mem_alloc(sizeof *configs);
    configs->model = model;
    return configs;
}

void model_configs_free(struct model_configs *configs)
{
    for (uint32_t i = 0; i < configs->count; i++) {
        mem_free(configs->settings[i]->changes);
        mem_free(configs->settings[i]);
    }
    mem_free(configs->settings);
    mem_free(configs);
}

static struct change *change_add(struct model_setting *setting, int64_t value)
{
    setting->changes =
        mem_grow(setting->changes, setting->count, &setting->capacity, sizeof *setting->changes);
    struct change *change = &setting->changes[setting->count++];
    *change = (struct change){.value = value};
    return change;
}

static struct change *last_change(const struct model_setting *setting)
{
    ASSERT(setting->count > 0);
    return &setting->changes[setting->count - 1];
}

struct model_setting *model_setting_add(struct model_configs *configs, int8_t type,
                                        const char *resource, const char *name, int64_t value)
{
    ASSERT(model_setting_find(configs, type, resource, name) == NULL);
    struct model_setting *setting = mem_alloc(sizeof *setting);
    uint32_t count = configs->count;
    setting->type = type;
    snprintf(setting->resource, sizeof setting->resource, "%s", resource);
    snprintf(setting->name, sizeof setting->name, "%s", name);
    change_add(setting, value)->confirmed = true;
    configs->settings =
        mem_realloc(configs->settings, count * sizeof(void *), (count + 1) * sizeof(void *));
    configs->settings[configs->count++] = setting;
    return setting;
}

struct model_setting *model_setting_find(const struct model_configs *configs, int8_t type,
                                         const char *resource, const char *name)
{
    for (uint32_t i = 0; i < configs->count; i++) {
        struct model_setting *setting = configs->settings[i];
        if (setting->type == type && strcmp(setting->resource, resource) == 0 &&
            strcmp(setting->name, name) == 0)
            return setting;
    }
    return NULL;
}

struct model_setting *model_setting_at(const struct model_configs *configs, uint32_t number)
{
    return number < configs->count ? configs->settings[number] : NULL;
}

const char *model_setting_name(const struct model_setting *setting)
{
    return setting->name;
}

const char *model_setting_resource(const struct model_setting *setting)
{
    return setting->resource;
}

int8_t model_setting_type(const struct model_setting *setting)
{
    return setting->type;
}

void model_setting_changing(struct model_setting *setting, int64_t value)
{
    const struct change *last = last_change(setting);
    bool again = last->value == value && !last->confirmed && !last->refused;
    if (!again)
        change_add(setting, value);
}

void model_setting_changed(struct model_setting *setting)
{
    last_change(setting)->confirmed = true;
    setting->floor = setting->count - 1;
}

void model_setting_refused(struct model_setting *setting)
{
    ASSERT(!last_change(setting)->confirmed);
    last_change(setting)->refused = true;
}

void model_setting_unanswered(struct model_setting *setting)
{
    last_change(setting)->unanswered = true;
}

int64_t model_setting_value(const struct model_setting *setting)
{
    return setting->changes[setting->floor].value;
}

uint32_t model_setting_floor(const struct model_setting *setting)
{
    return setting->floor;
}

/* Whether a change may be in force for somebody who asked at `floor`. */
static bool may_hold(const struct model_setting *setting, uint32_t number, uint32_t floor)
{
    const struct change *change = &setting->changes[number];
    if (change->unanswered)
        return true;
    return !change->refused && number >= floor;
}

int64_t model_setting_highest(const struct model_setting *setting)
{
    int64_t highest = model_setting_value(setting);
    for (uint32_t i = 0; i < setting->count; i++)
        if (may_hold(setting, i, setting->floor))
            highest = MAX(highest, setting->changes[i].value);
    return highest;
}

void model_setting_told(struct model_configs *configs, const struct model_setting *setting,
                        uint32_t floor, int64_t value)
{
    ASSERT(floor <= setting->floor);
    for (uint32_t i = 0; i < setting->count; i++)
        if (setting->changes[i].value == value && may_hold(setting, i, floor))
            return;
    model_break(configs->model, "%s of '%s' is told as %lld, it was confirmed as %lld",
                setting->name, setting->resource, (long long)value,
                (long long)setting->changes[floor].value);
}
