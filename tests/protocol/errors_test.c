/* Kafka's error codes. */
#include "protocol/errors.h"

#include <criterion/criterion.h>

Test(errors, have_kafkas_codes)
{
    cr_assert_eq(KAFKA_UNKNOWN_SERVER_ERROR, -1);
    cr_assert_eq(KAFKA_NONE, 0);
    cr_assert_eq(KAFKA_NOT_LEADER_OR_FOLLOWER, 6);
    cr_assert_eq(KAFKA_KAFKA_STORAGE_ERROR, 56);
    cr_assert_eq(KAFKA_INVALID_RECORD, 87);
    cr_assert_eq(KAFKA_UNKNOWN_TOPIC_ID, 100);
    cr_assert_eq(KAFKA_SHARE_SESSION_LIMIT_REACHED, 133);
}

Test(errors, have_names_and_messages)
{
    cr_assert_str_eq(kafka_error_name(KAFKA_CORRUPT_MESSAGE), "CORRUPT_MESSAGE");
    cr_assert_str_eq(kafka_error_message(KAFKA_REQUEST_TIMED_OUT), "The request timed out.");
    cr_assert_str_eq(kafka_error_message(KAFKA_NONE), "NONE");
}

Test(errors, know_what_a_client_may_try_again)
{
    cr_assert(kafka_error_retriable(KAFKA_NOT_LEADER_OR_FOLLOWER));
    cr_assert(kafka_error_retriable(KAFKA_KAFKA_STORAGE_ERROR));
    cr_assert_not(kafka_error_retriable(KAFKA_NONE));
    cr_assert_not(kafka_error_retriable(KAFKA_MESSAGE_TOO_LARGE));
}

Test(errors, leave_no_gap_in_the_table)
{
    for (int16_t error = KAFKA_UNKNOWN_SERVER_ERROR; error <= KAFKA_SHARE_SESSION_LIMIT_REACHED;
         error++) {
        cr_assert_not_null(kafka_error_name(error));
        cr_assert_not_null(kafka_error_message(error));
        cr_assert(error == KAFKA_UNKNOWN_SERVER_ERROR ||
                  kafka_error_name(error) != kafka_error_name(KAFKA_UNKNOWN_SERVER_ERROR));
    }
}

Test(errors, read_unknown_codes_as_the_unknown_error)
{
    cr_assert_str_eq(kafka_error_name(INT16_MAX), "UNKNOWN_SERVER_ERROR");
    cr_assert_str_eq(kafka_error_name(INT16_MIN), "UNKNOWN_SERVER_ERROR");
    cr_assert_str_eq(kafka_error_name(134), "UNKNOWN_SERVER_ERROR");
}
