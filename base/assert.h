/*
 * Assertions that stay on in release builds. They guard our own invariants and never judge input
 * bytes: those get a typed error.
 */
#pragma once

_Noreturn void assert_failed(const char *expression, const char *file, int line,
                             const char *function);

#define ASSERT(expression)                                                                         \
    (__builtin_expect(!(expression), 0) ? assert_failed(#expression, __FILE__, __LINE__, __func__) \
                                        : (void)0)

#define UNREACHABLE() assert_failed("unreachable", __FILE__, __LINE__, __func__)
