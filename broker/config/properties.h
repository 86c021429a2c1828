/*
 * Reads Java .properties text, as java.util.Properties does.
 *
 * Lines end in \n, \r or \r\n. A line whose first visible character is # or ! is a comment. A
 * backslash at its end continues a line on the next one, whose indentation is dropped. The key
 * ends at the first unescaped '=', ':' or blank. \t \n \r \f \uXXXX are escapes; any other
 * escaped character stands for itself. Bytes above 127 are taken as UTF-8 where they are valid
 * UTF-8, else as ISO 8859-1; keys and values come out as UTF-8.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/result.h"

/* The longest text that is read, in bytes. */
#define PROPERTIES_BYTES_MAX (1024 * 1024)

struct property {
    char *key;
    char *value;   /* trailing blanks included, as in Java */
    uint32_t line; /* from 1; where the key stands */
};

/* In the order of the text; a key may occur more than once, and the last one counts. */
struct properties {
    struct property *items;
    uint32_t count;
    uint32_t capacity;
};

struct properties_error {
    uint32_t line;
    const char *reason; /* a static sentence without a period */
};

/* ERR_MALFORMED (a broken \uXXXX, a NUL) or ERR_TOO_LARGE, with *error set; *properties is empty
 * then. Depends on nothing but `text`. */
int properties_parse(struct bytes text, struct properties *properties,
                     struct properties_error *error) MUST_CHECK;
void properties_fini(struct properties *properties);
