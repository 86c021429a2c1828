/*
 * Regular expressions in RE2's syntax, with its promise: time linear in the text, memory bounded,
 * whatever the pattern (RE2, https://github.com/google/re2). Kafka takes the same syntax by RE2/J.
 *
 * The library is C++: group/pattern.cc is the one such file here. A C library with the same promise
 * and the same syntax is not to be had in Debian 12; PCRE2, which is, backtracks and takes patterns
 * that Kafka refuses.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct pattern;

/* Null: it is no regular expression, or needs more memory than one may. */
struct pattern *pattern_new(const char *text, size_t len);
void pattern_free(struct pattern *pattern);
/* All of the text has to match. */
bool pattern_matches(const struct pattern *pattern, const char *text, size_t len);
