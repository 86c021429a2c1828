/* Reading files of golden lines: whole, since they are small, and cut in place. */
#include "tools/golden_check.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"

char *golden_read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        return NULL;
    }
    size_t len = 0;
    size_t capacity = 64 * KIB;
    char *text = mem_alloc(capacity);
    size_t got;
    while ((got = fread(text + len, 1, capacity - len - 1, file)) > 0) {
        len += got;
        if (len + 1 < capacity)
            continue;
        text = mem_realloc(text, capacity, 2 * capacity);
        capacity *= 2;
    }
    text[len] = '\0';
    bool failed = ferror(file) != 0;
    fclose(file);
    if (!failed)
        return text;
    fprintf(stderr, "%s: cannot be read\n", path);
    mem_free(text);
    return NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

uint8_t *golden_read_hex(const char *text, size_t *len)
{
    size_t digits = strlen(text);
    uint8_t *bytes = mem_alloc(MAX(digits / 2, (size_t)1));
    *len = digits / 2;
    for (size_t i = 0; i < digits; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0 || digits % 2 != 0) {
            mem_free(bytes);
            return NULL;
        }
        bytes[i / 2] = (uint8_t)(bytes[i / 2] << 4 | digit);
    }
    return bytes;
}

static char *cut(char **text, char separator)
{
    char *start = *text;
    if (start == NULL)
        return NULL;
    char *end = strchr(start, separator);
    *text = end == NULL ? NULL : end + 1;
    if (end != NULL)
        *end = '\0';
    return start;
}

char *golden_next_line(char **text)
{
    if (*text == NULL || **text == '\0')
        return NULL;
    return cut(text, '\n');
}

char *golden_next_column(char **line)
{
    return cut(line, '\t');
}
