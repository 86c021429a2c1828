/*
 * The checks behind golden_check: files of lines that Kafka's own classes wrote, columns separated
 * by TAB. Each prints every line that fails, then how many there were and how many failed.
 */
#pragma once

#include "base/bytes.h"

/* Lines of message name, version, variant, hex, JSON. How many fail; -1: the file cannot be read.
 */
int golden_check_messages(const char *path);
/* Lines of batch name, hex, JSON. As above. */
int golden_check_batches(const char *path);

/* The whole file, with a NUL behind it; null, and a sentence on stderr, if it cannot be read. Free
 * with mem_free. */
char *golden_read_file(const char *path);
/* The lower-case hex digits, decoded into memory of just that size, so that a sanitizer sees a read
 * past the end: free with mem_free. Null when they are not hex. */
uint8_t *golden_read_hex(const char *text, size_t *len);
/* Cuts the next line, or the next column, off `*text`; null at the end. */
char *golden_next_line(char **text);
char *golden_next_column(char **line);
