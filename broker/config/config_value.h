/*
 * Reading and checking one configuration value, by the rules of its row.
 *
 * The rules and the sentences are Kafka's, so that tools show what their users know. Values are
 * trimmed first, as Kafka does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "broker/config/config_table.h"

/* Room for any sentence of this module; longer values are cut in it. */
#define CONFIG_MESSAGE_MAX 512

/* Checks a value against its row. On ERR_INVALID `message` (of `size` bytes) holds one sentence:
 * "Invalid value 5 for configuration segment.bytes: Value must be at least 1048576". */
int config_value_check(const struct config_def *def, const char *text, char *message,
                       size_t size) MUST_CHECK;

/* Readers of checked values. */
int64_t config_value_integer(const char *text);
double config_value_double(const char *text);
bool config_value_boolean(const char *text);
/* The place of `text` in a ", " separated list, without regard to case; -1: not there. */
int config_value_choice(const char *choices, const char *text);

/* Iterates over a comma separated list: start with *rest = the text; false at the end. The item
 * is trimmed and borrowed; empty items are passed over. */
bool config_list_next(const char **rest, struct bytes *item);
/* Whether the list has this very item. */
bool config_list_has(const char *list, struct bytes wanted);

/* The value as Kafka prints it after reading: numbers without padding, lists without blanks. From
 * mem_alloc; null when `text` is null or the key is sensitive. */
char *config_value_render(const struct config_def *def, const char *text);

/* Without leading and trailing white space. */
struct bytes config_trim(struct bytes text);
