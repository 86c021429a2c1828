/*
 * The command line.
 *
 * Each option is a configuration key in short form: --data, --listen, --cores and --set all become
 * settings that win over the file.
 *
 * Exit codes of the program, after sysexits.h:
 *    0  a clean stop; also --help, --version, and --check-config without complaint
 *   64  the command line or the configuration is wrong (options, config)
 *   65  the data directory holds damaged, foreign or newer data
 *   66  the properties file cannot be read
 *   69  the address is taken
 *   74  the data directory cannot be used
 *   75  another broker uses the data directory
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

#define OPTIONS_EXIT_USAGE 64
#define OPTIONS_EXIT_NO_INPUT 66

/* One key set on the command line. */
struct option_setting {
    char *name;
    char *value;
    const char *flag; /* "--set", "--data", ...: static */
};

struct options {
    char *properties_path;           /* null: none given */
    struct option_setting *settings; /* in the order given */
    uint32_t setting_count;
    bool help;
    bool version;
    bool check_config;
};

/* The longest sentence options_parse writes. */
#define OPTIONS_MESSAGE_MAX 256

/* Reads argv. On ERR_INVALID `message` (of `size` bytes) holds one sentence, and *options is
 * empty. argv's order may change; nothing of it is referred to afterwards. */
int options_parse(int argc, char **argv, struct options *options, char *message,
                  size_t size) MUST_CHECK;
void options_fini(struct options *options);

/* The whole text of --help, and the one line of --version: static. */
const char *options_help(void);
const char *options_version(void);
