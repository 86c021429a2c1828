/* odradek: reads the command line and the configuration, and runs the broker. */
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "broker/config/config.h"
#include "broker/config/options.h"
#include "broker/server.h"
#include "io/file.h"

#define PROPERTIES_BYTES_MAX ((uint64_t)16 << 20)

static void print_notes(const struct log *log, const struct config_notes *notes)
{
    for (uint32_t i = 0; i < notes->count; i++) {
        const struct config_note *note = &notes->items[i];
        if (note->refused)
            log_error(log, "%s", note->text);
        else if (note->verdict == CONFIG_UNKNOWN || note->verdict == CONFIG_CONTRADICTORY)
            log_warn(log, "%s", note->text);
        else
            log_info(log, "%s", note->text);
    }
}

static int run(const struct options *options, struct log *log)
{
    char *text = NULL;
    uint64_t len = 0;
    struct config *config;
    struct config_notes notes = {0};
    if (options->properties_path != NULL) {
        int result = file_load(file_system_real(), options->properties_path, PROPERTIES_BYTES_MAX,
                               &text, &len);
        if (result != 0) {
            log_error(log, "cannot read %s: %s", options->properties_path, result_sentence(result));
            return OPTIONS_EXIT_NO_INPUT;
        }
    }
    struct config_input input = {options, {(const uint8_t *)text, len}};
    int code = config_load(&input, &notes, &config) == 0 ? 0 : OPTIONS_EXIT_USAGE;
    if (code == 0)
        log->level = config->log_level;
    print_notes(log, &notes);
    config_notes_fini(&notes);
    if (code == 0 && !options->check_config) {
        char working[PATH_MAX];
        if (getcwd(working, sizeof working) != NULL)
            config_make_absolute(config, working);
        code = server_run(config, log);
    }
    config_free(config);
    mem_free(text);
    return code;
}

int main(int argc, char **argv)
{
    struct options options;
    struct log log;
    char message[OPTIONS_MESSAGE_MAX];
    log_init_stderr(&log, LOG_INFO, "odradek");
    if (options_parse(argc, argv, &options, message, sizeof message) != 0) {
        log_error(&log, "%s", message);
        return OPTIONS_EXIT_USAGE;
    }
    int code = 0;
    if (options.help)
        fputs(options_help(), stdout);
    else if (options.version)
        fputs(options_version(), stdout);
    else
        code = run(&options, &log);
    options_fini(&options);
    return code;
}
