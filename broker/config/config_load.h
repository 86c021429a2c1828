/*
 * What the parts of config_load share: the configuration in the making, and its notes. Private to
 * the config files.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "broker/config/config.h"

struct config_loading {
    const struct options *options;
    const char *file; /* the properties file's path; null: none */
    struct config *config;
    struct config_notes *notes;
    bool *noted; /* per row of the broker table: the key has its note */
};

/* The place of a key in the configuration. The key must have a row. */
struct config_value *config_value_of(const struct config_loading *loading, const char *key);
/* Somebody set it: the file, the command line, or config.c by derivation. */
bool config_is_set(const struct config_loading *loading, const char *key);

/* Takes a copy of `text` as the value, trimmed, from `where` (flag and line). */
void config_set(struct config_loading *loading, const struct config_def *def, struct bytes text,
                const struct config_value *where);

/* Adds a note, opened by the place of `where` ("server.properties:17: "). */
void config_note(struct config_loading *loading, const struct config_value *where,
                 enum config_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same, refusing the start. */
void config_refuse_start(struct config_loading *loading, const struct config_value *where,
                         enum config_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A note about a key that is or is not set; it is the only one that key gets. */
void config_warn_key(struct config_loading *loading, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void config_refuse_key(struct config_loading *loading, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Fills config->listeners from listeners, advertised.listeners and the keys around them. */
void config_load_listeners(struct config_loading *loading);

/* Finds what cannot be, or cannot be together. */
void config_check(struct config_loading *loading);

/* "address:count": an address of digits, dots and colons, and how many connections it may have. */
bool config_is_connection_override(struct bytes item);

/* What a batch costs in a WAL file beside its own bytes: headers and padding, generously. */
#define CONFIG_WAL_OVERHEAD_BYTES (64 * 1024)
