/*
 * golden_check FILE...: holds our codecs against bytes that Kafka's own classes wrote. Files of
 * five columns are messages, files of three are record batches. Exits with 1 if any line fails.
 */
#include "tools/golden_check.h"

#include <stdio.h>

#include "base/mem.h"

#define MESSAGE_COLUMNS 5
#define BATCH_COLUMNS 3

static int columns_of_first_line(const char *path)
{
    char *text = golden_read_file(path);
    if (text == NULL)
        return -1;
    char *rest = text;
    char *line = golden_next_line(&rest);
    int columns = 0;
    while (golden_next_column(&line) != NULL)
        columns++;
    mem_free(text);
    return columns;
}

static int check_file(const char *path)
{
    switch (columns_of_first_line(path)) {
    case MESSAGE_COLUMNS:
        return golden_check_messages(path);
    case BATCH_COLUMNS:
        return golden_check_batches(path);
    default:
        fprintf(stderr, "%s: neither messages nor batches\n", path);
        return -1;
    }
}

int main(int argc, char **argv)
{
    int status = argc < 2 ? 1 : 0;
    if (argc < 2)
        fprintf(stderr, "usage: golden_check FILE...\n");
    for (int i = 1; i < argc; i++)
        if (check_file(argv[i]) != 0)
            status = 1;
    return status;
}
