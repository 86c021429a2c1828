/* One call is out at a time. Values only rise, or only fall, so that none comes twice; but for the
 * default, when a setting is taken away. */
#include "tools/sim/configurer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "protocol/schema/configs.h"
#include "tools/sim/caller.h"

#define BROKER_NODE "1"
#define ALL_BROKERS ""
#define OPERATION_SET 0
#define OPERATION_DELETE 1
#define INCREMENTAL_VERSION_MAX 1
#define ALTER_VERSION_MAX 2
#define DESCRIBE_VERSION_MIN 1
#define DESCRIBE_VERSION_MAX 4
#define PAUSE_NS_MAX (400 * NS_PER_MS)
#define RETRY_NS_MAX (200 * NS_PER_MS)
#define SETTINGS_MAX 16
#define VALUE_BYTES 24
/* No code of Kafka: the answer does not hold what was asked. */
#define ERROR_MALFORMED (-2)

/* How a setting is changed. */
struct rule {
    const char *name;
    int8_t type;
    int64_t initial;
    int64_t first;
    int64_t step;
    bool may_go; /* back to the default, which is the initial value */
};

static const struct rule rules[] = {
    {"flush.messages", RESOURCE_TOPIC, INT64_MAX, 1000, 1, true},
    {"file.delete.delay.ms", RESOURCE_TOPIC, 60000, 70000, 1, true},
    {"index.interval.bytes", RESOURCE_TOPIC, 4096, 2000, 1, true},
    /* It falls, so that what a producer tries beyond it stays too large. */
    {"max.message.bytes", RESOURCE_TOPIC, 0, 9992, -8, false},
    {"log.cleaner.delete.retention.ms", RESOURCE_BROKER, 86400000, 90000000, 1, true},
    {"log.cleaner.max.compaction.lag.ms", RESOURCE_BROKER, INT64_MAX, 90000000, 1, true},
};

enum deed { DEED_ASK, DEED_CHANGE, DEED_REPLACE, DEED_TRY };

struct sim_configurer {
    struct party *party;
    struct model_configs *configs;
    struct caller caller;
    enum deed deed;
    struct model_setting *setting; /* being changed; null: none is */
    int64_t value;
    bool taken_away; /* the change is back to the default */
    int64_t count;   /* of changes so far */
    const struct model_setting *asked;
    uint32_t floors[SETTINGS_MAX]; /* of all settings, when they were asked for */
    uint32_t audited;
    bool audits;
    bool stopping;
    bool done;
};

static void configurer_break(struct sim_configurer *c, const struct model_setting *setting,
                             const char *deed, int error)
{
    model_break(c->party->model, "%s of %s was answered with %d: %s", deed,
                model_setting_resource(setting), error, model_setting_name(setting));
}

static bool error_is_passing(const struct sim_configurer *c, int16_t error)
{
    return error == KAFKA_REQUEST_TIMED_OUT || error == KAFKA_KAFKA_STORAGE_ERROR ||
           error == KAFKA_NOT_CONTROLLER ||
           (error == KAFKA_UNKNOWN_SERVER_ERROR && c->party->calm_ns == IO_NEVER);
}

static const struct rule *rule_of(const struct model_setting *setting)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rules); i++)
        if (strcmp(rules[i].name, model_setting_name(setting)) == 0)
            return &rules[i];
    UNREACHABLE();
}

static bool same_resource(const struct model_setting *a, const struct model_setting *b)
{
    return model_setting_type(a) == model_setting_type(b) &&
           strcmp(model_setting_resource(a), model_setting_resource(b)) == 0;
}

/* As the changing requests name it: settings of the broker are those of all brokers. */
static struct string changed_resource(const struct model_setting *setting)
{
    return string_of(model_setting_type(setting) == RESOURCE_BROKER
                         ? ALL_BROKERS
                         : model_setting_resource(setting));
}

/* Asking. */

/* How many of a thousand questions are for all settings: a broker has three hundred, and telling
 * them costs as much as hundreds of other requests. */
#define ASK_ALL_RATE 100

static void configurer_ask(struct sim_configurer *c, const struct model_setting *about)
{
    struct describe_configs_request request;
    struct describe_configs_request_resource resource;
    struct string names[SETTINGS_MAX];
    const struct model_setting *setting;
    int32_t count = 0;
    c->deed = DEED_ASK;
    c->asked = about;
    for (uint32_t i = 0; (setting = model_setting_at(c->configs, i)) != NULL; i++) {
        c->floors[i] = model_setting_floor(setting);
        if (same_resource(setting, about))
            names[count++] = string_of(model_setting_name(setting));
    }
    message_defaults(&describe_configs_request_struct, &request);
    message_defaults(&describe_configs_request_resource_struct, &resource);
    resource.resource_type = model_setting_type(about);
    resource.resource_name = string_of(model_setting_resource(about));
    resource.configuration_keys.items = names;
    resource.configuration_keys.count = party_chance(c->party, ASK_ALL_RATE) ? -1 : count;
    request.resources.items = &resource;
    request.resources.count = 1;
    caller_ask(&c->caller, API_DESCRIBE_CONFIGS,
               (int16_t)party_random(c->party, DESCRIBE_VERSION_MIN, DESCRIBE_VERSION_MAX),
               &request);
}

static void judge_setting(struct sim_configurer *c,
                          const struct describe_configs_response_result *told,
                          const struct model_setting *setting, uint32_t floor)
{
    for (int32_t i = 0; i < told->configs.count; i++) {
        const struct describe_configs_response_resource_result *config = &told->configs.items[i];
        char text[VALUE_BYTES];
        if (!bytes_equal(string_bytes(config->name), bytes_of_string(model_setting_name(setting))))
            continue;
        snprintf(text, sizeof text, "%.*s", MAX(config->value.len, 0), config->value.data);
        model_setting_told(c->configs, setting, floor, strtoll(text, NULL, 10));
        return;
    }
    configurer_break(c, setting, "a description without it", KAFKA_NONE);
}

static void configurer_told(struct sim_configurer *c,
                            const struct describe_configs_response *answer)
{
    const struct model_setting *setting;
    int16_t error =
        answer->results.count == 1 ? answer->results.items[0].error_code : ERROR_MALFORMED;
    if (error != KAFKA_NONE) {
        configurer_break(c, c->asked, "a question for the settings", error);
        return;
    }
    for (uint32_t i = 0; (setting = model_setting_at(c->configs, i)) != NULL; i++)
        if (same_resource(setting, c->asked))
            judge_setting(c, answer->results.items, setting, c->floors[i]);
}

/* Changing. */

static void send_incremental(struct sim_configurer *c, bool validate_only)
{
    struct incremental_alter_configs_request request;
    struct incremental_alter_configs_request_alter_configs_resource resource;
    struct incremental_alter_configs_request_alterable_config config;
    char text[VALUE_BYTES];
    snprintf(text, sizeof text, "%" PRId64, c->value);
    message_defaults(&incremental_alter_configs_request_struct, &request);
    message_defaults(&incremental_alter_configs_request_alter_configs_resource_struct, &resource);
    message_defaults(&incremental_alter_configs_request_alterable_config_struct, &config);
    config.name = string_of(model_setting_name(c->setting));
    config.config_operation = c->taken_away ? OPERATION_DELETE : OPERATION_SET;
    config.value = c->taken_away ? STRING_NULL : string_of(text);
    resource.resource_type = model_setting_type(c->setting);
    resource.resource_name = changed_resource(c->setting);
    resource.configs.items = &config;
    resource.configs.count = 1;
    request.resources.items = &resource;
    request.resources.count = 1;
    request.validate_only = validate_only;
    caller_ask(&c->caller, API_INCREMENTAL_ALTER_CONFIGS,
               (int16_t)party_random(c->party, 0, INCREMENTAL_VERSION_MAX), &request);
}

/* All settings of all brokers at once: what is not named goes. With eligible leader replicas, which
 * a new cluster has, the one that every cluster must have may not go. */
static void send_replacement(struct sim_configurer *c)
{
    struct alter_configs_request request;
    struct alter_configs_request_resource resource;
    struct alter_configs_request_alterable_config configs[SETTINGS_MAX + 1];
    char texts[SETTINGS_MAX][VALUE_BYTES];
    const struct model_setting *setting;
    int32_t count = 0;
    message_defaults(&alter_configs_request_struct, &request);
    message_defaults(&alter_configs_request_resource_struct, &resource);
    for (uint32_t i = 0; (setting = model_setting_at(c->configs, i)) != NULL; i++) {
        if (!same_resource(setting, c->setting))
            continue;
        int64_t value = setting == c->setting ? c->value : model_setting_value(setting);
        snprintf(texts[count], VALUE_BYTES, "%" PRId64, value);
        message_defaults(&alter_configs_request_alterable_config_struct, &configs[count]);
        configs[count].name = string_of(model_setting_name(setting));
        configs[count].value = string_of(texts[count]);
        count++;
    }
    message_defaults(&alter_configs_request_alterable_config_struct, &configs[count]);
    configs[count].name = string_of("min.insync.replicas");
    configs[count].value = string_of("1");
    resource.resource_type = model_setting_type(c->setting);
    resource.resource_name = changed_resource(c->setting);
    resource.configs.items = configs;
    resource.configs.count = count + 1;
    request.resources.items = &resource;
    request.resources.count = 1;
    caller_ask(&c->caller, API_ALTER_CONFIGS, (int16_t)party_random(c->party, 0, ALTER_VERSION_MAX),
               &request);
}

static void configurer_send(struct sim_configurer *c)
{
    model_setting_changing(c->setting, c->value);
    if (c->deed == DEED_REPLACE)
        send_replacement(c);
    else
        send_incremental(c, c->deed == DEED_TRY);
}

static void configurer_change(struct sim_configurer *c, struct model_setting *setting)
{
    struct party *party = c->party;
    const struct rule *rule = rule_of(setting);
    bool broker = model_setting_type(setting) == RESOURCE_BROKER;
    c->setting = setting;
    c->deed = party_chance(party, 100)             ? DEED_TRY
              : broker && party_chance(party, 500) ? DEED_REPLACE
                                                   : DEED_CHANGE;
    c->taken_away = c->deed == DEED_CHANGE && rule->may_go && party_chance(party, 150);
    c->value = c->taken_away ? rule->initial : rule->first + c->count * rule->step;
    c->count += !c->taken_away;
    configurer_send(c);
}

/* It may be in force or not, and come at any time: it is sent again. A replacement says again what
 * the other settings are. */
static void configurer_unanswered(struct sim_configurer *c)
{
    struct model_setting *setting;
    for (uint32_t i = 0; (setting = model_setting_at(c->configs, i)) != NULL; i++)
        if (setting == c->setting ||
            (c->deed == DEED_REPLACE && same_resource(setting, c->setting)))
            model_setting_unanswered(setting);
}

static void configurer_changed(struct sim_configurer *c, bool answered, int16_t error)
{
    bool passing = !answered || error_is_passing(c, error);
    if (c->deed == DEED_TRY) {
        if (!passing && error != KAFKA_NONE)
            configurer_break(c, c->setting, "a change that is only tried", error);
        model_setting_refused(c->setting);
        c->setting = NULL;
    } else if (passing) {
        configurer_unanswered(c);
    } else if (error != KAFKA_NONE) {
        configurer_break(c, c->setting, "a change", error);
    } else {
        model_setting_changed(c->setting);
        c->setting = NULL;
    }
}

/* What comes next. */

/* The first setting of each resource stands for it. */
static void configurer_audit(struct sim_configurer *c)
{
    const struct model_setting *setting;
    const struct model_setting *before =
        c->audited == 0 ? NULL : model_setting_at(c->configs, c->audited - 1);
    while ((setting = model_setting_at(c->configs, c->audited)) != NULL && before != NULL &&
           same_resource(setting, before))
        c->audited++;
    c->done = setting == NULL;
    if (setting != NULL)
        configurer_ask(c, setting);
}

/* Null: there is none yet. */
static struct model_setting *pick_setting(struct sim_configurer *c)
{
    uint64_t count = 0;
    while (model_setting_at(c->configs, (uint32_t)count) != NULL)
        count++;
    if (count == 0)
        return NULL;
    return model_setting_at(c->configs, (uint32_t)party_random(c->party, 0, count - 1));
}

static void configurer_go_on(struct timer *timer)
{
    struct sim_configurer *c = CONTAINER_OF(timer, struct sim_configurer, caller.next);
    struct model_setting *picked = c->audits ? NULL : pick_setting(c);
    if (c->audits)
        configurer_audit(c);
    else if (c->setting != NULL)
        configurer_send(c);
    else if (c->stopping)
        c->done = true;
    else if (picked == NULL)
        caller_pause(&c->caller, PAUSE_NS_MAX);
    else if (party_chance(c->party, 500))
        configurer_ask(c, picked);
    else
        configurer_change(c, picked);
}

static void configurer_answered(struct client_call *call, const void *message)
{
    struct sim_configurer *c = CONTAINER_OF(call, struct sim_configurer, caller.call);
    const struct alter_configs_response *replaced = message;
    const struct incremental_alter_configs_response *changed = message;
    if (c->deed == DEED_ASK) {
        if (message != NULL)
            configurer_told(c, message);
        c->audited += c->audits && message != NULL;
    } else if (message == NULL) {
        configurer_changed(c, false, KAFKA_NONE);
    } else if (c->deed == DEED_REPLACE) {
        configurer_changed(c, true,
                           replaced->responses.count == 1 ? replaced->responses.items[0].error_code
                                                          : ERROR_MALFORMED);
    } else {
        configurer_changed(c, true,
                           changed->responses.count == 1 ? changed->responses.items[0].error_code
                                                         : ERROR_MALFORMED);
    }
    caller_pause(&c->caller, c->setting != NULL || c->audits ? RETRY_NS_MAX : PAUSE_NS_MAX);
}

struct sim_configurer *sim_configurer_new(struct party *party, struct model_configs *configs,
                                          bool audits)
{
    struct sim_configurer *c = mem_alloc(sizeof *c);
    c->party = party;
    c->configs = configs;
    c->audits = audits;
    caller_init(&c->caller, party, configurer_go_on, configurer_answered);
    return c;
}

void sim_configurer_free(struct sim_configurer *c)
{
    caller_fini(&c->caller);
    mem_free(c);
}

void sim_configurer_add_broker(struct sim_configurer *c)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rules); i++)
        if (rules[i].type == RESOURCE_BROKER)
            model_setting_add(c->configs, RESOURCE_BROKER, BROKER_NODE, rules[i].name,
                              rules[i].initial);
}

void sim_configurer_add_topic(struct sim_configurer *c, const struct model_topic *topic)
{
    for (size_t i = 0; i < ARRAY_LENGTH(rules); i++) {
        bool limit = strcmp(rules[i].name, "max.message.bytes") == 0;
        int64_t initial = limit ? topic->plan.message_bytes_max : rules[i].initial;
        if (rules[i].type == RESOURCE_TOPIC && initial > 0)
            model_setting_add(c->configs, RESOURCE_TOPIC, topic->name, rules[i].name, initial);
    }
    ASSERT(model_setting_at(c->configs, SETTINGS_MAX) == NULL);
}

void sim_configurer_start(struct sim_configurer *c)
{
    caller_start(&c->caller);
}

void sim_configurer_stop(struct sim_configurer *c)
{
    c->stopping = true;
}

bool sim_configurer_done(const struct sim_configurer *c)
{
    return c->done;
}
