/*
 * Values and rules; see the header.
 *
 * One function per rule writes the sentence into a `struct config_fault` and nothing else knows
 * how sentences look. Numbers are read by strtoll and strtod over the trimmed text, which must be
 * used up; the range of the type comes first, as in Kafka ("Not a number of type INT").
 */
#include "broker/config/config_value.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

/* A value under check, and where the sentence of a refusal goes. */
struct config_fault {
    const struct config_def *def;
    const char *text;
    struct bytes value; /* trimmed */
    char *message;
    size_t size;
};

struct bytes config_trim(struct bytes text)
{
    while (text.len > 0 && text.data[0] <= ' ') {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && text.data[text.len - 1] <= ' ')
        text.len--;
    return text;
}

/* "Invalid value <shown> for configuration <name>: <reason>" */
__attribute__((format(printf, 3, 4))) static int
config_refuse(const struct config_fault *fault, struct bytes shown, const char *format, ...)
{
    int len = (int)MIN(shown.len, (size_t)CONFIG_MESSAGE_MAX / 8);
    int used =
        snprintf(fault->message, fault->size, "Invalid value %.*s for configuration %s: ", len,
                 (const char *)shown.data, fault->def->name);
    if (used > 0 && (size_t)used < fault->size) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(fault->message + used, fault->size - (size_t)used, format, arguments);
        va_end(arguments);
    }
    return ERR_INVALID;
}

static bool config_parse_integer(const char *text, int64_t *value)
{
    char *end;
    struct bytes trimmed = config_trim(bytes_of_string(text));
    const char *start = (const char *)trimmed.data;
    errno = 0;
    *value = strtoll(start, &end, 10);
    return trimmed.len > 0 && errno == 0 && end == start + trimmed.len;
}

static bool config_parse_double(const char *text, double *value)
{
    char *end;
    struct bytes trimmed = config_trim(bytes_of_string(text));
    const char *start = (const char *)trimmed.data;
    *value = strtod(start, &end);
    return trimmed.len > 0 && end == start + trimmed.len && !isnan(*value);
}

int64_t config_value_integer(const char *text)
{
    int64_t value;
    bool valid = config_parse_integer(text, &value);
    ASSERT(valid);
    return value;
}

double config_value_double(const char *text)
{
    double value;
    bool valid = config_parse_double(text, &value);
    ASSERT(valid);
    return value;
}

static bool config_same_word(struct bytes text, const char *word)
{
    return text.len == strlen(word) && strncasecmp((const char *)text.data, word, text.len) == 0;
}

bool config_value_boolean(const char *text)
{
    return config_same_word(config_trim(bytes_of_string(text)), "true");
}

bool config_list_next(const char **rest, struct bytes *item)
{
    while (**rest != '\0') {
        size_t len = strcspn(*rest, ",");
        *item = config_trim((struct bytes){(const uint8_t *)*rest, len});
        *rest += len;
        if (**rest == ',')
            (*rest)++;
        if (item->len > 0)
            return true;
    }
    return false;
}

bool config_list_has(const char *list, struct bytes wanted)
{
    struct bytes item;
    while (config_list_next(&list, &item))
        if (bytes_equal(item, wanted))
            return true;
    return false;
}

int config_value_choice(const char *choices, const char *text)
{
    struct bytes wanted = config_trim(bytes_of_string(text)), choice;
    for (int i = 0; config_list_next(&choices, &choice); i++)
        if (choice.len == wanted.len &&
            strncasecmp((const char *)choice.data, (const char *)wanted.data, wanted.len) == 0)
            return i;
    return -1;
}

#define CONFIG_REASON_MAX 64

/* Whether a number breaks its rule; says how. */
static bool config_number_wrong(const struct config_rule *rule, double value,
                                char reason[CONFIG_REASON_MAX])
{
    bool mib = rule->kind == CONFIG_RULE_WHOLE_MIB;
    bool high = rule->kind == CONFIG_RULE_BETWEEN && value > rule->high;
    bool low = value < rule->low &&
               (mib || rule->kind == CONFIG_RULE_AT_LEAST || rule->kind == CONFIG_RULE_BETWEEN);
    if (low)
        snprintf(reason, CONFIG_REASON_MAX, "Value must be at least %.15g", rule->low);
    else if (high)
        snprintf(reason, CONFIG_REASON_MAX, "Value must be no more than %.15g", rule->high);
    else if (mib && fmod(value, (double)MIB) != 0)
        snprintf(reason, CONFIG_REASON_MAX, "Value must be a multiple of 1048576");
    else if (rule->kind == CONFIG_RULE_GZIP_LEVEL && value != -1 && (value < 1 || value > 9))
        snprintf(reason, CONFIG_REASON_MAX, "Value must be between 1 and 9 or equal to -1");
    else
        return false;
    return true;
}

/* Kafka shows a number that is out of range as it was read, not as it was written. */
static int config_check_number(const struct config_fault *fault, double value)
{
    char reason[CONFIG_REASON_MAX];
    if (!config_number_wrong(&fault->def->rule, value, reason))
        return 0;
    char *text = config_value_render(fault->def, fault->text);
    int result = config_refuse(fault, bytes_of_string(text), "%s", reason);
    mem_free(text);
    return result;
}

/* The value does not even have the key's type. */
static int config_refuse_type(const struct config_fault *fault)
{
    return config_refuse(fault, bytes_of_string(fault->text), "Not a number of type %s",
                         config_type_name(fault->def->type));
}

static int config_check_integer(const struct config_fault *fault)
{
    int64_t value;
    enum config_type type = fault->def->type;
    int64_t limit = type == CONFIG_TYPE_SHORT ? INT16_MAX
                    : type == CONFIG_TYPE_INT ? INT32_MAX
                                              : INT64_MAX;
    if (!config_parse_integer(fault->text, &value) || value > limit || value < -limit - 1)
        return config_refuse_type(fault);
    return config_check_number(fault, (double)value);
}

static int config_check_double(const struct config_fault *fault)
{
    double value;
    if (!config_parse_double(fault->text, &value))
        return config_refuse_type(fault);
    return config_check_number(fault, value);
}

static int config_check_boolean(const struct config_fault *fault)
{
    if (config_same_word(fault->value, "true") || config_same_word(fault->value, "false"))
        return 0;
    return config_refuse(fault, bytes_of_string(fault->text),
                         "Expected value to be either true or false");
}

static bool config_all_digits(const uint8_t *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isdigit(text[i]))
            return false;
    return len > 0;
}

static int config_refuse_replicas(const struct config_fault *fault)
{
    char shown[64] = "[";
    size_t len = 1;
    const char *rest = fault->text;
    struct bytes item;
    while (config_list_next(&rest, &item) && len + item.len + 4 < sizeof shown)
        len += (size_t)snprintf(shown + len, sizeof shown - len, "%s%.*s", len > 1 ? ", " : "",
                                (int)item.len, (const char *)item.data);
    (void)snprintf(shown + len, sizeof shown - len, "]");
    return config_refuse(fault, bytes_of_string(shown),
                         "%s must be the literal '*' or a list of replicas in the following "
                         "format: [partitionId]:[brokerId],[partitionId]:[brokerId],...",
                         fault->def->name);
}

/* "*", or partition:broker pairs. */
static int config_check_replicas(const struct config_fault *fault)
{
    const char *rest = fault->text;
    struct bytes item;
    if (fault->value.len == 1 && fault->value.data[0] == '*')
        return 0;
    while (config_list_next(&rest, &item)) {
        const uint8_t *colon = memchr(item.data, ':', item.len);
        size_t left = colon == NULL ? 0 : (size_t)(colon - item.data);
        if (colon == NULL || !config_all_digits(item.data, left) ||
            !config_all_digits(colon + 1, item.len - left - 1))
            return config_refuse_replicas(fault);
    }
    return 0;
}

/* Two commas with nothing between them, or one at an end. */
static bool config_has_gap(const char *list)
{
    for (;;) {
        size_t len = strcspn(list, ",");
        if (config_trim((struct bytes){(const uint8_t *)list, len}).len == 0)
            return true;
        if (list[len] == '\0')
            return false;
        list += len + 1;
    }
}

static int config_check_list(const struct config_fault *fault)
{
    const struct config_rule *rule = &fault->def->rule;
    const char *name = fault->def->name, *rest = fault->text;
    struct bytes item;
    if (rule->kind == CONFIG_RULE_REPLICAS)
        return config_check_replicas(fault);
    if (rule->kind != CONFIG_RULE_LIST_OF && rule->kind != CONFIG_RULE_FILLED_LIST_OF)
        return 0;
    while (rule->values != NULL && config_list_next(&rest, &item))
        if (!config_list_has(rule->values, item))
            return config_refuse(fault, item, "String must be one of: %s", rule->values);
    if (fault->value.len == 0 && rule->kind == CONFIG_RULE_LIST_OF)
        return 0;
    if (fault->value.len == 0 && rule->values == NULL)
        snprintf(fault->message, fault->size,
                 "Configuration '%s' must not be empty. Valid values include: any non-empty value",
                 name);
    else if (fault->value.len == 0)
        snprintf(fault->message, fault->size,
                 "Configuration '%s' must not be empty. Valid values include: [%s]", name,
                 rule->values);
    else if (config_has_gap(fault->text))
        snprintf(fault->message, fault->size, "Configuration '%s' values must not be empty.", name);
    else
        return 0;
    return ERR_INVALID;
}

static bool duration_take_letter(struct bytes *text, char letter)
{
    if (text->len == 0 || toupper(text->data[0]) != letter)
        return false;
    *text = (struct bytes){text->data + 1, text->len - 1};
    return true;
}

/* A number with its unit; the seconds may have a fraction. */
static bool duration_take(struct bytes *text, char unit)
{
    size_t i = 0;
    while (i < text->len && isdigit(text->data[i]))
        i++;
    if (unit == 'S' && i > 0 && i < text->len && text->data[i] == '.')
        for (i++; i < text->len && isdigit(text->data[i]);)
            i++;
    struct bytes rest = {text->data + i, text->len - i};
    if (i == 0 || !duration_take_letter(&rest, unit))
        return false;
    *text = rest;
    return true;
}

/* PnDTnHnMn.nS, as java.time.Duration reads it, but not negative. */
static bool config_is_duration(struct bytes text)
{
    if (!duration_take_letter(&text, 'P'))
        return false;
    bool any = duration_take(&text, 'D');
    if (duration_take_letter(&text, 'T')) {
        bool hours = duration_take(&text, 'H');
        bool minutes = duration_take(&text, 'M');
        bool seconds = duration_take(&text, 'S');
        any = hours || minutes || seconds;
    }
    return any && text.len == 0;
}

static int config_check_offset_reset(const struct config_fault *fault)
{
    struct bytes prefix = BYTES_LITERAL("by_duration:");
    struct bytes v = fault->value;
    if (config_list_has("latest, earliest", v))
        return 0;
    if (v.len > prefix.len && bytes_equal((struct bytes){v.data, prefix.len}, prefix) &&
        config_is_duration((struct bytes){v.data + prefix.len, v.len - prefix.len}))
        return 0;
    return config_refuse(fault, v,
                         "Invalid value `%.*s` for configuration %s. The value must be either "
                         "'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.",
                         (int)MIN(v.len, (size_t)64), (const char *)v.data, fault->def->name);
}

static int config_check_string(const struct config_fault *fault)
{
    const struct config_rule *rule = &fault->def->rule;
    switch (rule->kind) {
    case CONFIG_RULE_ONE_OF:
        if (config_list_has(rule->values, fault->value))
            return 0;
        return config_refuse(fault, fault->value, "String must be one of: %s", rule->values);
    case CONFIG_RULE_ONE_OF_ANY_CASE:
        if (config_value_choice(rule->values, fault->text) >= 0)
            return 0;
        return config_refuse(fault, fault->value, "String must be one of (case insensitive): %s",
                             rule->values);
    case CONFIG_RULE_FILLED:
        if (fault->value.len > 0)
            return 0;
        return config_refuse(fault, fault->value, "String must be non-empty");
    case CONFIG_RULE_OFFSET_RESET:
        return config_check_offset_reset(fault);
    default:
        return 0;
    }
}

int config_value_check(const struct config_def *def, const char *text, char *message, size_t size)
{
    struct config_fault fault = {def, text, config_trim(bytes_of_string(text)), message, size};
    ASSERT(size > 0);
    message[0] = '\0';
    switch (def->type) {
    case CONFIG_TYPE_BOOLEAN:
        return config_check_boolean(&fault);
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_SHORT:
    case CONFIG_TYPE_LONG:
        return config_check_integer(&fault);
    case CONFIG_TYPE_DOUBLE:
        return config_check_double(&fault);
    case CONFIG_TYPE_LIST:
        return config_check_list(&fault);
    case CONFIG_TYPE_STRING:
    case CONFIG_TYPE_CLASS:
        return config_check_string(&fault);
    case CONFIG_TYPE_PASSWORD:
        return 0; /* any text; no sentence could show it */
    case CONFIG_TYPE_UNKNOWN:
        break;
    }
    UNREACHABLE();
}

static char *config_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *config_print(const char *format, ...)
{
    char text[64];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ASSERT(len >= 0 && (size_t)len < sizeof text);
    return mem_copy_string(text);
}

/* Written as a number is printed: nothing is to be done but to copy it. */
static bool config_is_printed_integer(struct bytes text)
{
    struct bytes digits = text;
    if (digits.len > 0 && digits.data[0] == '-')
        digits = (struct bytes){digits.data + 1, digits.len - 1};
    return config_all_digits(digits.data, digits.len) && digits.data[0] != '0';
}

static char *config_render_integer(const char *text)
{
    struct bytes trimmed = config_trim(bytes_of_string(text));
    if (config_is_printed_integer(trimmed))
        return mem_copy_bytes(trimmed);
    return config_print("%lld", (long long)config_value_integer(text));
}

/* The fewest digits that read back as the same number, as Java's Double.toString: plain from 0.001
 * up to ten million, else with an exponent. */
static char *config_render_double(double value)
{
    char text[40];
    double size = fabs(value);
    if (isinf(value))
        return mem_copy_string(value > 0 ? "Infinity" : "-Infinity");
    int digits = 1;
    do
        snprintf(text, sizeof text, "%.*e", digits, value);
    while (strtod(text, NULL) != value && ++digits < 18);
    char *exponent = strchr(text, 'e');
    ASSERT(exponent != NULL);
    if (size != 0 && (size < 1e-3 || size >= 1e7)) {
        long power = strtol(exponent + 1, NULL, 10);
        *exponent = '\0';
        return config_print("%sE%ld", text, power);
    }
    int decimals = 1;
    do
        snprintf(text, sizeof text, "%.*f", decimals, value);
    while (strtod(text, NULL) != value && ++decimals < 25);
    return mem_copy_string(text);
}

/* Whether `item` stands before `end` in the list. */
static bool config_stands_before(const char *list, const uint8_t *end, struct bytes item)
{
    struct bytes other;
    while (config_list_next(&list, &other) && other.data < end)
        if (bytes_equal(item, other))
            return true;
    return false;
}

/* Lists with a rule lose their duplicates. */
static char *config_render_list(const struct config_def *def, const char *text)
{
    struct bytes item;
    char *list = mem_alloc(strlen(text) + 1);
    const char *rest = text;
    bool distinct =
        def->rule.kind == CONFIG_RULE_LIST_OF || def->rule.kind == CONFIG_RULE_FILLED_LIST_OF;
    size_t len = 0;
    while (config_list_next(&rest, &item)) {
        if (distinct && config_stands_before(text, item.data, item))
            continue;
        if (len > 0)
            list[len++] = ',';
        memcpy(list + len, item.data, item.len);
        len += item.len;
    }
    return list;
}

char *config_value_render(const struct config_def *def, const char *text)
{
    if (text == NULL || config_sensitive(def))
        return NULL;
    switch (def->type) {
    case CONFIG_TYPE_BOOLEAN:
        return mem_copy_string(config_value_boolean(text) ? "true" : "false");
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_SHORT:
    case CONFIG_TYPE_LONG:
        return config_render_integer(text);
    case CONFIG_TYPE_DOUBLE:
        return config_render_double(config_value_double(text));
    case CONFIG_TYPE_LIST:
        return config_render_list(def, text);
    default:
        return mem_copy_bytes(config_trim(bytes_of_string(text)));
    }
}
