/*
 * Result codes: every fallible function returns 0 or one negative ERR_* code.
 *
 * One table defines the codes, their names and the sentence a user may see. Kafka's own error
 * codes are another thing: they appear only in protocol/ and in the handlers of broker/.
 */
#pragma once

#define MUST_CHECK __attribute__((warn_unused_result))

/*       name               value  sentence */
#define RESULT_TABLE(X)                                                  \
    X(ERR_NO_MEMORY, -1, "the memory budget is used up")                 \
    X(ERR_SHORT, -2, "the input ends too early")                         \
    X(ERR_MALFORMED, -3, "the input is malformed")                       \
    X(ERR_CHECKSUM, -4, "the checksum does not match")                   \
    X(ERR_UNSUPPORTED, -5, "not supported")                              \
    X(ERR_TOO_LARGE, -6, "too large")                                    \
    X(ERR_NOT_FOUND, -7, "not found")                                    \
    X(ERR_EXISTS, -8, "exists already")                                  \
    X(ERR_IO, -9, "input/output error")                                  \
    X(ERR_NO_SPACE, -10, "no space left on the device")                  \
    X(ERR_CANCELED, -11, "canceled")                                     \
    X(ERR_CLOSED, -12, "the peer closed the connection")                 \
    X(ERR_BUSY, -13, "busy, try again")                                  \
    X(ERR_TIMEOUT, -14, "timed out")                                     \
    X(ERR_DENIED, -15, "permission denied")                              \
    X(ERR_ADDRESS_IN_USE, -16, "the address is in use")                  \
    X(ERR_OFFLINE, -17, "the log directory is offline")                  \
    X(ERR_CORRUPT, -18, "stored data is damaged")                        \
    X(ERR_VERSION, -19, "the format version is not known to this build") \
    X(ERR_LOCKED, -20, "locked by another process")                      \
    X(ERR_INVALID, -21, "invalid argument")                              \
    X(ERR_TOO_MANY_FILES, -22, "out of file descriptors")                \
    X(ERR_OUT_OF_RANGE, -23, "the offset is out of range")               \
    X(ERR_STOPPING, -24, "the broker is stopping")

enum result {
    OK = 0,
#define RESULT_ENUM(name, value, sentence) name = (value),
    RESULT_TABLE(RESULT_ENUM)
#undef RESULT_ENUM
};

/* The code's name ("ERR_IO") and its sentence; a static string for any input. */
const char *result_name(int result);
const char *result_sentence(int result);

/* The code for an errno value; ERR_IO where there is no closer one. */
int result_from_errno(int error_number);
