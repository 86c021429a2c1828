/*
 * Criterion's face, for the race detector only.
 *
 * Debian's Criterion aborts under ThreadSanitizer before the first test. The tsan preset therefore
 * puts this header in the place of the library's: the macros the tests use, with Criterion's
 * meaning, and runner.c instead of its runner. Every other preset uses the library itself. Here a
 * failed comparison shows its text and not its values: who wants those runs the dev preset.
 */
#pragma once

#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Named as Criterion's own options are, since the tests name them. Null or 0: not given. */
struct runner_options {
    void (*init)(void);
    void (*fini)(void);
    int signal;     /* the test must end by it */
    int exit_code;  /* the test must end with it */
    double timeout; /* seconds */
    bool disabled;
};

struct runner_parameters {
    void *items;
    size_t item_size;
    size_t count;
};

struct runner_test {
    const char *suite;
    const char *name; /* null: the options of a whole suite */
    void (*body)(void);
    void (*call)(void *item); /* instead of body, once for each of its parameters */
    struct runner_parameters (*parameters)(void);
    struct runner_options options;
    struct runner_test *next;
};

/* Called before main, once for each. */
void runner_add(struct runner_test *test);

/* Prints and counts a failed condition; a fatal one ends the test. */
__attribute__((format(printf, 5, 6))) void runner_check(bool good, bool fatal, const char *where,
                                                        const char *condition, const char *format,
                                                        ...);
__attribute__((format(printf, 1, 2))) void runner_note(const char *format, ...);
__attribute__((format(printf, 1, 2), noreturn)) void runner_skip(const char *format, ...);

#define RUNNER_TEXT_(text) #text
#define RUNNER_TEXT(text) RUNNER_TEXT_(text)
#define RUNNER_WHERE __FILE__ ":" RUNNER_TEXT(__LINE__)

#define RUNNER_REGISTER(id, suite_name, test_name, test_body, ...) \
    static struct runner_test id##_entry = {                       \
        .suite = suite_name,                                       \
        .name = test_name,                                         \
        .body = test_body,                                         \
        .options = {__VA_ARGS__},                                  \
    };                                                             \
    __attribute__((constructor)) static void id##_register(void)   \
    {                                                              \
        runner_add(&id##_entry);                                   \
    }

#define TestSuite(suite, ...) RUNNER_REGISTER(suite##_suite, #suite, NULL, NULL, __VA_ARGS__)

#define Test(suite, name, ...)                                                         \
    static void suite##_##name##_test(void);                                           \
    RUNNER_REGISTER(suite##_##name, #suite, #name, suite##_##name##_test, __VA_ARGS__) \
    static void suite##_##name##_test(void)

/* The text and its arguments may be left out, as Criterion allows it. */
#define RUNNER_CHECK(fatal, condition, text, ...) \
    runner_check((condition), fatal, RUNNER_WHERE, text, " " __VA_ARGS__)

#define cr_assert(condition, ...) RUNNER_CHECK(true, !!(condition), #condition, ##__VA_ARGS__)
#define cr_expect(condition, ...) RUNNER_CHECK(false, !!(condition), #condition, ##__VA_ARGS__)
#define cr_assert_not(condition, ...) \
    RUNNER_CHECK(true, !(condition), "not " #condition, ##__VA_ARGS__)
#define cr_expect_not(condition, ...) \
    RUNNER_CHECK(false, !(condition), "not " #condition, ##__VA_ARGS__)
#define cr_assert_fail(...) RUNNER_CHECK(true, false, "fail", ##__VA_ARGS__)
#define cr_expect_fail(...) RUNNER_CHECK(false, false, "fail", ##__VA_ARGS__)

#define RUNNER_COMPARE(fatal, a, relation, b, ...) \
    RUNNER_CHECK(fatal, (a)relation(b), #a " " #relation " " #b, ##__VA_ARGS__)

#define cr_assert_eq(a, b, ...) RUNNER_COMPARE(true, a, ==, b, ##__VA_ARGS__)
#define cr_assert_neq(a, b, ...) RUNNER_COMPARE(true, a, !=, b, ##__VA_ARGS__)
#define cr_assert_lt(a, b, ...) RUNNER_COMPARE(true, a, <, b, ##__VA_ARGS__)
#define cr_assert_leq(a, b, ...) RUNNER_COMPARE(true, a, <=, b, ##__VA_ARGS__)
#define cr_assert_gt(a, b, ...) RUNNER_COMPARE(true, a, >, b, ##__VA_ARGS__)
#define cr_assert_geq(a, b, ...) RUNNER_COMPARE(true, a, >=, b, ##__VA_ARGS__)
#define cr_expect_eq(a, b, ...) RUNNER_COMPARE(false, a, ==, b, ##__VA_ARGS__)
#define cr_expect_neq(a, b, ...) RUNNER_COMPARE(false, a, !=, b, ##__VA_ARGS__)
#define cr_expect_lt(a, b, ...) RUNNER_COMPARE(false, a, <, b, ##__VA_ARGS__)
#define cr_expect_leq(a, b, ...) RUNNER_COMPARE(false, a, <=, b, ##__VA_ARGS__)
#define cr_expect_gt(a, b, ...) RUNNER_COMPARE(false, a, >, b, ##__VA_ARGS__)
#define cr_expect_geq(a, b, ...) RUNNER_COMPARE(false, a, >=, b, ##__VA_ARGS__)

#define cr_assert_null(pointer, ...) cr_assert_eq(pointer, NULL, ##__VA_ARGS__)
#define cr_assert_not_null(pointer, ...) cr_assert_neq(pointer, NULL, ##__VA_ARGS__)
#define cr_expect_null(pointer, ...) cr_expect_eq(pointer, NULL, ##__VA_ARGS__)
#define cr_expect_not_null(pointer, ...) cr_expect_neq(pointer, NULL, ##__VA_ARGS__)

#define RUNNER_STRINGS(fatal, a, relation, b, ...) \
    RUNNER_CHECK(fatal, strcmp((a), (b)) relation 0, #a " " #relation " " #b, ##__VA_ARGS__)

#define cr_assert_str_eq(a, b, ...) RUNNER_STRINGS(true, a, ==, b, ##__VA_ARGS__)
#define cr_assert_str_neq(a, b, ...) RUNNER_STRINGS(true, a, !=, b, ##__VA_ARGS__)
#define cr_expect_str_eq(a, b, ...) RUNNER_STRINGS(false, a, ==, b, ##__VA_ARGS__)
#define cr_expect_str_neq(a, b, ...) RUNNER_STRINGS(false, a, !=, b, ##__VA_ARGS__)

#define RUNNER_ARRAYS(fatal, a, relation, b, size, ...) \
    RUNNER_CHECK(fatal, memcmp((a), (b), (size)) relation 0, #a " " #relation " " #b, ##__VA_ARGS__)

#define cr_assert_arr_eq(a, b, size, ...) RUNNER_ARRAYS(true, a, ==, b, size, ##__VA_ARGS__)
#define cr_assert_arr_neq(a, b, size, ...) RUNNER_ARRAYS(true, a, !=, b, size, ##__VA_ARGS__)
#define cr_expect_arr_eq(a, b, size, ...) RUNNER_ARRAYS(false, a, ==, b, size, ##__VA_ARGS__)
#define cr_expect_arr_neq(a, b, size, ...) RUNNER_ARRAYS(false, a, !=, b, size, ##__VA_ARGS__)

#define cr_assert_float_eq(a, b, epsilon, ...) \
    RUNNER_CHECK(true, fabs((a) - (b)) <= (epsilon), #a " is nearly " #b, ##__VA_ARGS__)
#define cr_expect_float_eq(a, b, epsilon, ...) \
    RUNNER_CHECK(false, fabs((a) - (b)) <= (epsilon), #a " is nearly " #b, ##__VA_ARGS__)

#define cr_log_info(...) runner_note(__VA_ARGS__)
#define cr_log_warn(...) runner_note(__VA_ARGS__)
#define cr_log_error(...) runner_note(__VA_ARGS__)
#define cr_skip_test(...) runner_skip(" " __VA_ARGS__)
