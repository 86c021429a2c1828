/*
 * The parser of the load generator's command line, led by the table alone.
 *
 * getopt is not used: it keeps its state in globals, prints by itself, and knows neither ranges nor
 * choices, which is where most mistakes are.
 */
#include "bench/load/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/util.h"
#include "bench/load/payload.h"

static const struct option_row rows[OPTION_ID_COUNT] = {
#define OPTION_ROW(member, kind, name, letter, standard, words, least, most, help)    \
    {name,  OPTION_##kind, letter, offsetof(struct options, member), standard, words, \
     least, most,          help},
    OPTION_TABLE(OPTION_ROW)
#undef OPTION_ROW
};

const struct option_row *options_rows(void)
{
    return rows;
}

void sentence_set(struct sentence *sentence, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence->text, sizeof sentence->text, format, arguments);
    va_end(arguments);
}

static void *option_member(struct options *options, const struct option_row *row)
{
    return (char *)options + row->offset;
}

/* The index of a word among "a|b|c", or -1. */
static int64_t choice_find(const char *words, const char *value)
{
    size_t len = strlen(value);
    int64_t index = 0;
    for (const char *word = words; word != NULL; index++) {
        const char *end = strchr(word, '|');
        size_t word_len = end == NULL ? strlen(word) : (size_t)(end - word);
        if (word_len == len && memcmp(word, value, len) == 0)
            return index;
        word = end == NULL ? NULL : end + 1;
    }
    return -1;
}

static bool number_parse(const char *value, int64_t *number, const char **rest)
{
    char *end;
    if (*value < '0' || *value > '9')
        return false;
    errno = 0;
    *number = strtoll(value, &end, 10);
    *rest = end;
    return errno == 0;
}

static bool duration_parse(const char *value, int64_t *ns)
{
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"", NS_PER_S},       {"s", NS_PER_S},        {"ms", NS_PER_MS},
                 {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S}, {"us", NS_PER_US}};
    const char *unit;
    int64_t number;
    if (!number_parse(value, &number, &unit))
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(units); i++) {
        if (strcmp(unit, units[i].name) == 0)
            return !__builtin_mul_overflow(number, (int64_t)units[i].ns, ns);
    }
    return false;
}

static int option_set(struct options *options, enum option_id id, const char *value,
                      struct sentence *why)
{
    const struct option_row *row = &rows[id];
    void *member = option_member(options, row);
    int64_t *number = member;
    const char *rest = "";
    switch (row->kind) {
    case OPTION_TEXT:
        *(const char **)member = value;
        return 0;
    case OPTION_FLAG:
        *(bool *)member = true;
        return 0;
    case OPTION_NUMBER:
        if (number_parse(value, number, &rest) && *rest == '\0' && *number >= row->least &&
            *number <= row->most)
            return 0;
        if (row->most == INT64_MAX)
            sentence_set(why, "--%s takes a number, not '%s'", row->name, value);
        else
            sentence_set(why, "--%s takes a number from %lld to %lld, not '%s'", row->name,
                         (long long)row->least, (long long)row->most, value);
        return ERR_INVALID;
    case OPTION_DURATION:
        if (duration_parse(value, number))
            return 0;
        sentence_set(why, "--%s takes a time such as 10s, 500ms or 2m, not '%s'", row->name, value);
        return ERR_INVALID;
    case OPTION_CHOICE:
        *number = choice_find(row->words, value);
        if (*number >= 0)
            return 0;
        sentence_set(why, "--%s takes one of %s, not '%s'", row->name, row->words, value);
        return ERR_INVALID;
    }
    UNREACHABLE();
}

static void options_set_defaults(struct options *options)
{
    memset(options, 0, sizeof *options);
    for (int i = 0; i < OPTION_ID_COUNT; i++) {
        struct sentence why;
        if (rows[i].kind == OPTION_FLAG)
            continue;
        int result = option_set(options, (enum option_id)i, rows[i].standard, &why);
        ASSERT(result == 0);
    }
}

/* The option that `argument` names, or OPTION_ID_COUNT. `*inline_value` receives what stands in the
 * same word, if anything. */
static enum option_id option_find(const char *argument, const char **inline_value)
{
    *inline_value = NULL;
    for (int i = 0; i < OPTION_ID_COUNT; i++) {
        size_t len = strlen(rows[i].name);
        if (argument[1] == '-') {
            if (strncmp(argument + 2, rows[i].name, len) != 0)
                continue;
            if (argument[2 + len] == '=')
                *inline_value = argument + 3 + len;
            if (argument[2 + len] == '\0' || argument[2 + len] == '=')
                return (enum option_id)i;
        } else if (rows[i].letter != 0 && argument[1] == rows[i].letter) {
            if (argument[2] != '\0')
                *inline_value = argument + 2;
            return (enum option_id)i;
        }
    }
    return OPTION_ID_COUNT;
}

static int options_read(struct options *options, int count, char *const *arguments,
                        struct sentence *why)
{
    for (int i = 0; i < count; i++) {
        const char *argument = arguments[i];
        const char *value;
        if (argument[0] != '-' || argument[1] == '\0') {
            sentence_set(why, "'%s' is not an option; --help tells them", argument);
            return ERR_INVALID;
        }
        enum option_id id = option_find(argument, &value);
        if (id == OPTION_ID_COUNT) {
            sentence_set(why, "there is no option %s; --help tells them", argument);
            return ERR_INVALID;
        }
        bool flag = rows[id].kind == OPTION_FLAG;
        if (flag && value != NULL) {
            sentence_set(why, "--%s takes no value", rows[id].name);
            return ERR_INVALID;
        }
        if (!flag && value == NULL && i + 1 == count) {
            sentence_set(why, "--%s needs a value", rows[id].name);
            return ERR_INVALID;
        }
        if (!flag && value == NULL)
            value = arguments[++i];
        int result = option_set(options, id, value, why);
        if (result != 0)
            return result;
        options->given[id] = true;
    }
    return 0;
}

/* What a named load asks for, where the user did not say otherwise. The three of Open Messaging
 * follow its workload files, and its Kafka driver: acks=all, linger 1 ms, batches of 1 MiB. */
struct preset {
    enum bench_workload workload;
    enum option_id id;
    const char *value;
};

static const struct preset presets[] = {
    {WORKLOAD_BURST, OPTION_rate_limit, "5000"},
    {WORKLOAD_RAMP, OPTION_rate_limit, "50000"},
    {WORKLOAD_OMB_1_1_100B, OPTION_partitions, "1"},
    {WORKLOAD_OMB_1_1_100B, OPTION_message_size, "100"},
    {WORKLOAD_OMB_1_1_100B, OPTION_connections, "1"},
    {WORKLOAD_OMB_1_1_100B, OPTION_consumers, "1"},
    {WORKLOAD_OMB_1_16_1KB, OPTION_partitions, "16"},
    {WORKLOAD_OMB_1_16_1KB, OPTION_connections, "1"},
    {WORKLOAD_OMB_1_16_1KB, OPTION_consumers, "1"},
    {WORKLOAD_OMB_1_100_1KB, OPTION_partitions, "100"},
    {WORKLOAD_OMB_1_100_1KB, OPTION_connections, "4"},
    {WORKLOAD_OMB_1_100_1KB, OPTION_consumers, "4"},
};

static const struct {
    enum option_id id;
    const char *value;
} omb_presets[] = {
    {OPTION_mode, "round-trip"},  {OPTION_rate_limit, "50000"},   {OPTION_acks, "all"},
    {OPTION_linger_ms, "1"},      {OPTION_batch_size, "1048576"}, {OPTION_in_flight, "5"},
    {OPTION_concurrency, "4096"},
};

static void preset_apply(struct options *options, enum option_id id, const char *value)
{
    struct sentence why;
    if (options->given[id])
        return;
    int result = option_set(options, id, value, &why);
    ASSERT(result == 0);
}

static void options_apply_workload(struct options *options)
{
    for (size_t i = 0; i < ARRAY_LENGTH(presets); i++) {
        if (presets[i].workload == (enum bench_workload)options->workload)
            preset_apply(options, presets[i].id, presets[i].value);
    }
    if (options->workload < WORKLOAD_OMB_1_1_100B)
        return;
    for (size_t i = 0; i < ARRAY_LENGTH(omb_presets); i++)
        preset_apply(options, omb_presets[i].id, omb_presets[i].value);
    if (!options->given[OPTION_create_topic])
        options->create_topic = true;
}

static int options_check(const struct options *o, struct sentence *why)
{
    bool stamped = o->validate || o->mode == MODE_ROUND_TRIP;
    const char *wrong = NULL;
    bool asks = o->mode == MODE_METADATA || o->mode == MODE_COMMIT;
    if (o->client == CLIENT_LIBRDKAFKA && asks)
        wrong = "--mode metadata and --mode commit need --client native";
    else if (o->client == CLIENT_NATIVE && o->mode != MODE_COMMIT && *o->consumer_group != '\0')
        wrong = "the native client reads partitions directly: --consumer-group needs "
                "--client librdkafka";
    else if (o->client == CLIENT_NATIVE && *o->properties != '\0')
        wrong = "--properties are for --client librdkafka";
    else if (o->client == CLIENT_LIBRDKAFKA && (o->reread || o->fetch_bytes > 0))
        wrong = "--reread and --fetch-bytes are for --client native";
    else if (o->client == CLIENT_LIBRDKAFKA && o->busy_poll)
        wrong = "--busy-poll is for --client native";
    else if (o->reread && (o->mode != MODE_CONSUME || o->validate))
        wrong = "--reread is for --mode consume, without --validate";
    else if (o->validate && asks)
        wrong = "--validate has nothing to check with --mode metadata or commit";
    else if (o->validate && o->acks == ACKS_NONE && o->mode != MODE_CONSUME)
        wrong = "--validate needs acknowledgements: not with --acks 0";
    else if (o->mode != MODE_CONSUME && stamped && o->message_size < STAMP_BYTES)
        wrong = "--validate and --mode round-trip need a --message-size of at least 32";
    else if (o->workload == WORKLOAD_RAMP && o->duration == 0)
        wrong = "--workload ramp needs a --duration to rise over";
    else if (*o->topic == '\0')
        wrong = "--topic must not be empty";
    if (wrong == NULL)
        return 0;
    sentence_set(why, "%s", wrong);
    return ERR_INVALID;
}

int options_parse(struct options *options, int count, char *const *arguments, const char *servers,
                  struct sentence *why)
{
    options_set_defaults(options);
    if (servers != NULL && *servers != '\0') {
        options->bootstrap_servers = servers;
        options->given[OPTION_bootstrap_servers] = true;
    }
    int result = options_read(options, count, arguments, why);
    if (result != 0 || options->help || options->version)
        return result;
    options_apply_workload(options);
    if (options->message_count > 0 && !options->given[OPTION_warmup_duration])
        options->warmup_duration = 0;
    return options_check(options, why);
}

const char *options_value(const struct options *options, enum option_id id, char *text)
{
    const struct option_row *row = &rows[id];
    const char *member = (const char *)options + row->offset;
    const int64_t *number = (const int64_t *)(const void *)member;
    if (row->kind == OPTION_TEXT)
        return *(const char *const *)(const void *)member;
    if (row->kind == OPTION_FLAG)
        return *(const bool *)member ? "true" : "false";
    if (row->kind == OPTION_NUMBER)
        snprintf(text, 64, "%lld", (long long)*number);
    else if (row->kind == OPTION_DURATION)
        snprintf(text, 64, "%.15gs", (double)*number / (double)NS_PER_S);
    else {
        const char *word = row->words;
        for (int64_t i = 0; i < *number; i++)
            word = strchr(word, '|') + 1;
        snprintf(text, 64, "%.*s", (int)strcspn(word, "|"), word);
    }
    return text;
}

void options_print_help(void)
{
    puts("odradek-bench [OPTION...]              load on any Kafka-compatible broker, measured\n"
         "odradek-bench compare A.json B.json    two results of --json-output side by side\n");
    for (int i = 0; i < OPTION_ID_COUNT; i++) {
        const struct option_row *row = &rows[i];
        char letter[8] = "    ";
        if (row->letter != 0)
            snprintf(letter, sizeof letter, "-%c, ", row->letter);
        printf("  %s--%s %s\n          %s", letter, row->name, row->words, row->help);
        if (*row->standard != '\0')
            printf(" [%s]", row->standard);
        putchar('\n');
    }
    puts(
        "\nThe native client speaks plain TCP. It sends again, makes connections anew and follows\n"
        "leaders. It has no consumer groups (--consumer-group: members, rebalances, committed\n"
        "offsets), no idempotence, no TLS and no SASL: --client librdkafka has, by\n"
        "--consumer-group and --properties, as in -X enable.idempotence=true. That one has no\n"
        "--mode metadata, --reread, --fetch-bytes and --busy-poll. With neither are there\n"
        "transactions, or partitions chosen by keys: batches go to all of them in turn.");
    puts("\nExit status: 0 all went well; 1 messages failed, or --validate found a record lost,\n"
         "doubled, out of order or altered; 2 there was no run, one sentence says why; 64 the\n"
         "options are wrong; 130 stopped by Ctrl-C, after the report so far.");
}
