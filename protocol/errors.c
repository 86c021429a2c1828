/* Names and messages of Kafka's error codes: a table by code, which runs from -1 without gaps. */
#include "protocol/errors.h"

#include <stddef.h>

#include "base/util.h"

#define FIRST_CODE (-1)

struct error_row {
    bool retriable;
    const char *name;
    const char *message;
};

static const struct error_row error_rows[] = {[KAFKA_NONE - FIRST_CODE] = {false, "NONE", "NONE"},
#define ERROR_ROW(n, code, retriable, message) [(code)-FIRST_CODE] = {(retriable), #n, (message)},
                                              KAFKA_ERROR_TABLE(ERROR_ROW)
#undef ERROR_ROW
};

static const struct error_row *error_row(int16_t error)
{
    size_t index = (size_t)(error - FIRST_CODE);
    return &error_rows[index < ARRAY_LENGTH(error_rows) ? index : 0];
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
