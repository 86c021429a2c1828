/*
 * The command line, by getopt_long. Every option that configures becomes a setting, so that the
 * configuration has one way in and one place where values are judged.
 */
#include "broker/config/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"

#ifndef ODRADEK_VERSION
#define ODRADEK_VERSION "0.1.0"
#endif

static const char options_help_text[] =
    "odradek - a Kafka-compatible broker that keeps every acknowledged record\n"
    "\n"
    "Usage: odradek [server.properties] [options]\n"
    "\n"
    "Without any argument it listens on 127.0.0.1:9092 and keeps its data in ./data.\n"
    "A server.properties of Kafka is read as it is; what becomes of each key is said\n"
    "at start. Options win over the file.\n"
    "\n"
    "Options:\n"
    "  -d, --data DIR            directory of the data             (log.dirs)\n"
    "  -l, --listen HOST:PORT    address to listen on              (listeners)\n"
    "                            without HOST: every address\n"
    "                            PORT 0: the system chooses\n"
    "  -c, --cores N             cores to use, 0 for all of them   (odradek.cores)\n"
    "  -s, --set KEY=VALUE       any configuration key; may be repeated\n"
    "      --check-config        say what becomes of each key, and exit\n"
    "      --help                this text\n"
    "      --version             the version\n"
    "\n"
    "Keys of our own, beside Kafka's, with their defaults:\n"
    "  odradek.cores             0           cores to use; 0: all of them\n"
    "  odradek.memory.bytes      268435456   memory budget of one core\n"
    "  odradek.connections.max   4096        connections of one core\n"
    "  odradek.disk.threads      3           threads of one core for the disk\n"
    "  odradek.io                auto        auto, ring, epoll\n"
    "  odradek.wal.file.bytes    67108864    size of one write-ahead log file\n"
    "  odradek.wal.max.bytes     1073741824  write-ahead log of one core, on disk\n"
    "  odradek.wal.profile       auto        auto, low, medium, high, ultra: how long\n"
    "                                        an acknowledgement may wait for company\n"
    "  odradek.flush.profile     balanced    low-latency, balanced, high-throughput,\n"
    "                                        extreme, idle-only: when records move\n"
    "                                        from the log to their segments\n"
    "  odradek.cluster.id        random      cluster id of a new data directory\n"
    "  odradek.log.level         info        error, warn, info, debug\n"
    "\n"
    "Signals:\n"
    "  SIGTERM, SIGINT           stop: answer, flush, and leave what Kafka expects\n"
    "\n"
    "Exit codes:\n"
    "   0  stopped cleanly\n"
    "  64  the command line or the configuration is wrong\n"
    "  65  the data directory holds damaged, foreign or newer data\n"
    "  66  the properties file cannot be read\n"
    "  69  the address is taken\n"
    "  74  the data directory cannot be used\n"
    "  75  another broker uses the data directory\n"
    "\n"
    "Examples:\n"
    "  odradek\n"
    "  odradek --data /var/lib/odradek --listen 127.0.0.1:9092\n"
    "  odradek config/server.properties --set num.partitions=8\n"
    "  odradek config/server.properties --check-config\n";

const char *options_help(void)
{
    return options_help_text;
}

const char *options_version(void)
{
    return "odradek " ODRADEK_VERSION;
}

/* What a parse needs at hand. */
struct parse {
    struct options *options;
    char *message;
    size_t size;
};

__attribute__((format(printf, 2, 3))) static int parse_refuse(const struct parse *parse,
                                                              const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(parse->message, parse->size, format, arguments);
    va_end(arguments);
    return ERR_INVALID;
}

/* Takes over both texts. */
static void options_add(struct options *options, const char *flag, char *name, char *value)
{
    struct option_setting *settings = options->settings;
    size_t old = options->setting_count * sizeof *settings;
    settings = mem_realloc(settings, old, old + sizeof *settings);
    settings[options->setting_count++] = (struct option_setting){name, value, flag};
    options->settings = settings;
}

/* A whole number without sign in [0, max]. */
static bool is_number(const char *text, unsigned long max)
{
    size_t len = strlen(text);
    return len > 0 && len <= 9 && strspn(text, "0123456789") == len &&
           strtoul(text, NULL, 10) <= max;
}

static int parse_listen(const struct parse *parse, const char *address)
{
    static const char scheme[] = "PLAINTEXT://";
    const char *colon = strrchr(address, ':');
    const char *bracket = strchr(address, ']');
    bool plain = address[0] != '[' && colon == strchr(address, ':');
    bool bracketed = address[0] == '[' && bracket != NULL && bracket + 1 == colon;
    if (colon == NULL || strpbrk(address, ",/ ") != NULL || (!plain && !bracketed))
        return parse_refuse(parse, "--listen wants HOST:PORT (or [HOST]:PORT), not '%.80s'",
                            address);
    if (!is_number(colon + 1, UINT16_MAX))
        return parse_refuse(parse, "--listen: '%.40s' is no port; ports are 0 to 65535", colon + 1);
    char *value = mem_alloc(sizeof scheme + strlen(address));
    memcpy(value, scheme, sizeof scheme - 1);
    memcpy(value + sizeof scheme - 1, address, strlen(address));
    options_add(parse->options, "--listen", mem_copy_string("listeners"), value);
    return 0;
}

static int parse_set(const struct parse *parse, const char *text)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text)
        return parse_refuse(parse, "--set wants KEY=VALUE, not '%.80s'", text);
    struct bytes name = {(const uint8_t *)text, (size_t)(equals - text)};
    options_add(parse->options, "--set", mem_copy_bytes(name), mem_copy_string(equals + 1));
    return 0;
}

enum { OPTION_CHECK = 256, OPTION_HELP, OPTION_VERSION };

static int parse_option(const struct parse *parse, int option, const char *argument)
{
    switch (option) {
    case 'd':
        if (argument[0] == '\0')
            return parse_refuse(parse, "--data wants a directory");
        options_add(parse->options, "--data", mem_copy_string("log.dirs"),
                    mem_copy_string(argument));
        return 0;
    case 'l':
        return parse_listen(parse, argument);
    case 'c':
        if (!is_number(argument, 999999999))
            return parse_refuse(parse, "--cores wants a number, not '%.80s'", argument);
        options_add(parse->options, "--cores", mem_copy_string("odradek.cores"),
                    mem_copy_string(argument));
        return 0;
    case 's':
        return parse_set(parse, argument);
    case OPTION_CHECK:
        parse->options->check_config = true;
        return 0;
    case OPTION_HELP:
        parse->options->help = true;
        return 0;
    case OPTION_VERSION:
        parse->options->version = true;
        return 0;
    default:
        UNREACHABLE();
    }
}

/* getopt has met an option it does not know, or one without its argument. */
static int parse_bad_option(const struct parse *parse, char **argv, int option)
{
    const char *word = argv[optind - 1];
    if (option == ':')
        return parse_refuse(parse, "'%.80s' wants an argument; see --help", word);
    if (optopt > 0 && optopt < OPTION_CHECK)
        return parse_refuse(parse, "unknown option '-%c'; see --help", optopt);
    if (optopt >= OPTION_CHECK)
        return parse_refuse(parse, "'%.80s' takes no argument; see --help", word);
    return parse_refuse(parse, "unknown option '%.80s'; see --help", word);
}

static int parse_arguments(const struct parse *parse, int argc, char **argv)
{
    static const struct option known[] = {
        {"data", required_argument, NULL, 'd'},
        {"listen", required_argument, NULL, 'l'},
        {"cores", required_argument, NULL, 'c'},
        {"set", required_argument, NULL, 's'},
        {"check-config", no_argument, NULL, OPTION_CHECK},
        {"help", no_argument, NULL, OPTION_HELP},
        {"version", no_argument, NULL, OPTION_VERSION},
        {NULL, 0, NULL, 0},
    };
    optind = 0;
    opterr = 0;
    for (;;) {
        int option = getopt_long(argc, argv, ":d:l:c:s:", known, NULL);
        if (option == -1)
            break;
        int result = option == '?' || option == ':' ? parse_bad_option(parse, argv, option)
                                                    : parse_option(parse, option, optarg);
        if (result != 0)
            return result;
    }
    if (optind < argc)
        parse->options->properties_path = mem_copy_string(argv[optind++]);
    if (optind < argc)
        return parse_refuse(parse, "one properties file is enough; '%.80s' is too much",
                            argv[optind]);
    return 0;
}

int options_parse(int argc, char **argv, struct options *options, char *message, size_t size)
{
    struct parse parse = {options, message, size};
    ASSERT(argc >= 0 && size > 0);
    *options = (struct options){0};
    message[0] = '\0';
    int result = parse_arguments(&parse, argc, argv);
    if (result != 0)
        options_fini(options);
    return result;
}

void options_fini(struct options *options)
{
    for (uint32_t i = 0; i < options->setting_count; i++) {
        mem_free(options->settings[i].name);
        mem_free(options->settings[i].value);
    }
    mem_free(options->settings);
    mem_free(options->properties_path);
    *options = (struct options){0};
}
