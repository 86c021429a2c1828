/*
 * What clients know of settings that are changed while the broker runs.
 *
 * Each setting has one client that changes it, with a value that it never had before. So what is
 * told can be dated:
 *   - a change that was confirmed is told from then on, until a later one was sent; no crash and no
 *     stop takes it back
 *   - what was refused, or only tried, is never told
 *   - a change without an answer may be in force or not, and may still come behind later ones
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tools/sim/model.h"

/* As DescribeConfigs numbers them. */
#define RESOURCE_TOPIC 2
#define RESOURCE_BROKER 4

struct model_configs;
struct model_setting;

struct model_configs *model_configs_new(struct model *model);
void model_configs_free(struct model_configs *configs);

/* A setting of this resource, which has `value` until it is changed. */
struct model_setting *model_setting_add(struct model_configs *configs, int8_t type,
                                        const char *resource, const char *name, int64_t value);
/* Null: nobody changes it. */
struct model_setting *model_setting_find(const struct model_configs *configs, int8_t type,
                                         const char *resource, const char *name);
/* In the order in which they were added; null at the end. */
struct model_setting *model_setting_at(const struct model_configs *configs, uint32_t number);
const char *model_setting_name(const struct model_setting *setting);
const char *model_setting_resource(const struct model_setting *setting);
int8_t model_setting_type(const struct model_setting *setting);

/* A change is about to be sent. It may be sent again until it is confirmed or refused. */
void model_setting_changing(struct model_setting *setting, int64_t value);
/* How the last one ended, or an attempt at it. */
void model_setting_changed(struct model_setting *setting);
void model_setting_refused(struct model_setting *setting);
void model_setting_unanswered(struct model_setting *setting);
/* The value that was confirmed last. */
int64_t model_setting_value(const struct model_setting *setting);
/* The highest value that may be in force now or later, as long as nothing else is sent. */
int64_t model_setting_highest(const struct model_setting *setting);

/* The number of the change that any question from now on has to know of. */
uint32_t model_setting_floor(const struct model_setting *setting);
/* A description told this value; `floor` is of when it was asked for. */
void model_setting_told(struct model_configs *configs, const struct model_setting *setting,
                        uint32_t floor, int64_t value);
