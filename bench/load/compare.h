/* Two results of --json-output side by side. */
#pragma once

#include <stdio.h>

#include "bench/load/options.h"

/* Prints a table of the figures that both have, and the options in which they differ. ERR_INVALID
 * with `why` when a file is no such result. */
int compare_files(const char *path_a, const char *path_b, FILE *out,
                  struct sentence *why) MUST_CHECK;
