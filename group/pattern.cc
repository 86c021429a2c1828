// RE2 behind a C header; see there.
extern "C" {
#include "group/pattern.h"
}

#include <re2/re2.h>

// For the program and what matching caches of it.
static const int64_t kMemoryMax = 1 << 20;

struct pattern {
    pattern(const char *text, size_t len, const RE2::Options &options)
        : expression(re2::StringPiece(text, len), options)
    {
    }
    RE2 expression;
};

extern "C" struct pattern *pattern_new(const char *text, size_t len)
{
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMemoryMax);
    options.set_never_capture(true);
    struct pattern *made = new struct pattern(text, len, options);
    if (made->expression.ok())
        return made;
    delete made;
    return nullptr;
}

extern "C" void pattern_free(struct pattern *pattern)
{
    delete pattern;
}

extern "C" bool pattern_matches(const struct pattern *pattern, const char *text, size_t len)
{
    return RE2::FullMatch(re2::StringPiece(text, len), pattern->expression);
}
