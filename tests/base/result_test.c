/* The one table of result codes: unique, negative, named, and reached from errno values. */
#include "base/result.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "base/util.h"

static const int all_results[] = {
#define RESULT_VALUE(name, value, sentence) name,
    RESULT_TABLE(RESULT_VALUE)
#undef RESULT_VALUE
};

Test(result, codes_are_negative_and_unique)
{
    for (size_t i = 0; i < ARRAY_LENGTH(all_results); i++) {
        cr_assert_lt(all_results[i], 0);
        for (size_t j = 0; j < i; j++)
            cr_assert_neq(all_results[i], all_results[j]);
    }
}

Test(result, every_code_has_a_name_and_a_sentence_of_its_own)
{
    for (size_t i = 0; i < ARRAY_LENGTH(all_results); i++) {
        cr_assert_eq(strncmp(result_name(all_results[i]), "ERR_", 4), 0);
        for (size_t j = 0; j < i; j++) {
            cr_assert_str_neq(result_name(all_results[i]), result_name(all_results[j]));
            cr_assert_str_neq(result_sentence(all_results[i]), result_sentence(all_results[j]));
        }
    }
    cr_assert_str_eq(result_name(ERR_IO), "ERR_IO");
    cr_assert_str_eq(result_sentence(ERR_NO_SPACE), "no space left on the device");
    cr_assert_str_eq(result_name(OK), "OK");
}

Test(result, an_unknown_code_still_has_a_text)
{
    cr_assert_str_eq(result_name(-9999), "ERR_?");
    cr_assert_str_eq(result_sentence(77), "unknown error");
}

Test(result, errno_values_map_to_the_closest_code)
{
    static const struct {
        int error_number;
        int result;
    } rows[] = {
        {0, OK},
        {EIO, ERR_IO},
        {EBADF, ERR_IO},
        {ENOMEM, ERR_NO_MEMORY},
        {EAGAIN, ERR_BUSY},
        {EBUSY, ERR_BUSY},
        {ENOENT, ERR_NOT_FOUND},
        {EEXIST, ERR_EXISTS},
        {ENOSPC, ERR_NO_SPACE},
        {EDQUOT, ERR_NO_SPACE},
        {ECANCELED, ERR_CANCELED},
        {EPIPE, ERR_CLOSED},
        {ECONNRESET, ERR_CLOSED},
        {ETIMEDOUT, ERR_TIMEOUT},
        {EACCES, ERR_DENIED},
        {EADDRINUSE, ERR_ADDRESS_IN_USE},
        {EMFILE, ERR_TOO_MANY_FILES},
        {EINVAL, ERR_INVALID},
        {EOPNOTSUPP, ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        cr_assert_eq(result_from_errno(rows[i].error_number), rows[i].result, "errno %d",
                     rows[i].error_number);
}

Test(result, no_errno_value_but_zero_is_success)
{
    for (int error_number = 1; error_number < 200; error_number++)
        cr_assert_lt(result_from_errno(error_number), 0);
}
