/* Names and messages of Kafka's error codes. */
#include "protocol/errors.h"

#include <stddef.h>

#include "base/util.h"

struct error_row {
    int16_t code;
    bool retriable;
    const char *name;
    const char *message;
};

static const struct error_row error_rows[] = {
    {KAFKA_NONE, false, "NONE", "no error"},
#define ERROR_ROW(n, c, r, m) {(c), (r), #n, m},
    KAFKA_ERROR_TABLE(ERROR_ROW)
#undef ERROR_ROW
};

static const struct error_row *error_row(int16_t error)
{
    for (size_t i = 0; i < ARRAY_LENGTH(error_rows); i++)
        if (error_rows[i].code == error)
            return &error_rows[i];
    return &error_rows[1];
}

const char *kafka_error_name(int16_t error)
{
    return error_row(error)->name;
}

const char *kafka_error_message(int16_t error)
{
    return error_row(error)->message;
}

bool kafka_error_retriable(int16_t error)
{
    return error_row(error)->retriable;
}
