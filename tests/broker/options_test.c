/* The command line. */
#include "broker/config/options.h"

#include <criterion/criterion.h>

#define ARGUMENTS_MAX 12

/* Splits at '|', so that a test reads as one line. */
static int parse(const char *line, struct options *options, char *message)
{
    static char copy[512];
    char *argv[ARGUMENTS_MAX + 1] = {0};
    int argc = 0;
    cr_assert_lt(strlen(line), sizeof copy);
    strcpy(copy, line);
    for (char *word = copy, *next; word != NULL; word = next) {
        next = strchr(word, '|');
        if (next != NULL)
            *next++ = '\0';
        cr_assert_lt(argc, ARGUMENTS_MAX);
        argv[argc++] = word;
    }
    return options_parse(argc, argv, options, message, OPTIONS_MESSAGE_MAX);
}

static struct options parse_good(const char *line)
{
    struct options options;
    char message[OPTIONS_MESSAGE_MAX];
    cr_assert_eq(parse(line, &options, message), 0, "%s", message);
    return options;
}

static void expect_setting(const struct option_setting *s, const char *name, const char *value,
                           const char *flag)
{
    cr_expect_str_eq(s->name, name);
    cr_expect_str_eq(s->value, value);
    cr_expect_str_eq(s->flag, flag);
}

static void expect_refusal(const char *line, const char *sentence)
{
    struct options options;
    char message[OPTIONS_MESSAGE_MAX];
    cr_expect_eq(parse(line, &options, message), ERR_INVALID, "%s", line);
    cr_expect_str_eq(message, sentence);
    cr_expect_eq(options.setting_count, 0);
}

Test(options, nothing_is_needed)
{
    struct options o = parse_good("odradek");
    cr_expect_null(o.properties_path);
    cr_expect_eq(o.setting_count, 0);
    options_fini(&o);
}

Test(options, every_option_becomes_a_setting)
{
    struct options o = parse_good("odradek|server.properties|--data|/d|--listen|127.0.0.1:9|"
                                  "--cores|2|--set|a.b=c=d");
    cr_expect_str_eq(o.properties_path, "server.properties");
    cr_assert_eq(o.setting_count, 4);
    expect_setting(&o.settings[0], "log.dirs", "/d", "--data");
    expect_setting(&o.settings[1], "listeners", "PLAINTEXT://127.0.0.1:9", "--listen");
    expect_setting(&o.settings[2], "odradek.cores", "2", "--cores");
    expect_setting(&o.settings[3], "a.b", "c=d", "--set");
    options_fini(&o);
}

Test(options, takes_short_forms_and_options_before_the_file)
{
    struct options o = parse_good("odradek|-d|/d|-l|[::1]:0|-c0|-s|k=|server.properties");
    cr_expect_str_eq(o.properties_path, "server.properties");
    cr_assert_eq(o.setting_count, 4);
    expect_setting(&o.settings[1], "listeners", "PLAINTEXT://[::1]:0", "--listen");
    expect_setting(&o.settings[3], "k", "", "--set");
    options_fini(&o);
}

Test(options, may_be_parsed_twice_in_a_process)
{
    struct options o = parse_good("odradek|--help");
    cr_expect(o.help);
    options_fini(&o);
    o = parse_good("odradek|--version|--check-config");
    cr_expect(o.version && o.check_config && !o.help);
    options_fini(&o);
}

Test(options, listens_on_every_address_without_a_host)
{
    struct options o = parse_good("odradek|--listen=:9092");
    expect_setting(&o.settings[0], "listeners", "PLAINTEXT://:9092", "--listen");
    options_fini(&o);
}

Test(options, refuses_what_it_does_not_know)
{
    expect_refusal("odradek|--dta|x", "unknown option '--dta'; see --help");
    expect_refusal("odradek|-x", "unknown option '-x'; see --help");
    expect_refusal("odradek|--data", "'--data' wants an argument; see --help");
    expect_refusal("odradek|--help=yes", "'--help=yes' takes no argument; see --help");
    expect_refusal("odradek|a|b", "one properties file is enough; 'b' is too much");
}

Test(options, refuses_values_that_cannot_be)
{
    expect_refusal("odradek|--data|", "--data wants a directory");
    expect_refusal("odradek|--cores|two", "--cores wants a number, not 'two'");
    expect_refusal("odradek|--cores|-1", "--cores wants a number, not '-1'");
    expect_refusal("odradek|--set|novalue", "--set wants KEY=VALUE, not 'novalue'");
    expect_refusal("odradek|--set|=x", "--set wants KEY=VALUE, not '=x'");
    expect_refusal("odradek|--listen|9092",
                   "--listen wants HOST:PORT (or [HOST]:PORT), not '9092'");
    expect_refusal("odradek|--listen|::1:9092",
                   "--listen wants HOST:PORT (or [HOST]:PORT), not '::1:9092'");
    expect_refusal("odradek|--listen|a:1,b:2",
                   "--listen wants HOST:PORT (or [HOST]:PORT), not 'a:1,b:2'");
    expect_refusal("odradek|--listen|a:65536",
                   "--listen: '65536' is no port; ports are 0 to 65535");
    expect_refusal("odradek|--listen|a:", "--listen: '' is no port; ports are 0 to 65535");
}

Test(options, help_names_every_option_and_fits_a_terminal)
{
    static const char *const words[] = {"--data",         "--listen",  "--cores", "--set",
                                        "--check-config", "--version", "--help",  "Exit codes"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cr_expect_not_null(strstr(options_help(), words[i]), "%s", words[i]);
    for (const char *line = options_help(); *line != '\0'; line = strchr(line, '\n') + 1)
        cr_expect_leq(strcspn(line, "\n"), 80, "%.80s", line);
    cr_expect_eq(strncmp(options_version(), "odradek ", 8), 0);
}
