/* Names, sentences and errno mapping of the result codes. */
#include "base/result.h"

#include <errno.h>
#include <stddef.h>

#include "base/util.h"

struct result_text {
    int value;
    const char *name;
    const char *sentence;
};

static const struct result_text result_texts[] = {{OK, "OK", "no error"},
#define RESULT_ROW(name, value, sentence) {name, #name, sentence},
                                                  RESULT_TABLE(RESULT_ROW)
#undef RESULT_ROW
};

static const struct result_text *result_text(int result)
{
    for (size_t i = 0; i < ARRAY_LENGTH(result_texts); i++)
        if (result_texts[i].value == result)
            return &result_texts[i];
    return NULL;
}

const char *result_name(int result)
{
    const struct result_text *text = result_text(result);
    return text == NULL ? "ERR_?" : text->name;
}

const char *result_sentence(int result)
{
    const struct result_text *text = result_text(result);
    return text == NULL ? "unknown error" : text->sentence;
}

int result_from_errno(int error_number)
{
    static const struct {
        int error_number;
        int result;
    } table[] = {
        {0, OK},
        {ENOMEM, ERR_NO_MEMORY},
        {ENOBUFS, ERR_BUSY},
        {EAGAIN, ERR_BUSY},
        {EBUSY, ERR_BUSY},
        {ENOENT, ERR_NOT_FOUND},
        {EEXIST, ERR_EXISTS},
        {ENOTEMPTY, ERR_EXISTS},
        {ENOSPC, ERR_NO_SPACE},
        {EDQUOT, ERR_NO_SPACE},
        {EFBIG, ERR_TOO_LARGE},
        {ENAMETOOLONG, ERR_TOO_LARGE},
        {ECANCELED, ERR_CANCELED},
        {EPIPE, ERR_CLOSED},
        {ECONNRESET, ERR_CLOSED},
        {ECONNABORTED, ERR_CLOSED},
        {ENOTCONN, ERR_CLOSED},
        {ETIMEDOUT, ERR_TIMEOUT},
        {ETIME, ERR_TIMEOUT},
        {EACCES, ERR_DENIED},
        {EPERM, ERR_DENIED},
        {EROFS, ERR_DENIED},
        {EADDRINUSE, ERR_ADDRESS_IN_USE},
        {EMFILE, ERR_TOO_MANY_FILES},
        {ENFILE, ERR_TOO_MANY_FILES},
        {EINVAL, ERR_INVALID},
        {ENOSYS, ERR_UNSUPPORTED},
        {EOPNOTSUPP, ERR_UNSUPPORTED},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
        if (table[i].error_number == error_number)
            return table[i].result;
    return ERR_IO;
}
