/* Criterion's tests with parameters, for the race detector only; see criterion.h beside this. */
#pragma once

#include <criterion/criterion.h>

#define cr_make_param_array(type, array, length, ...) \
    ((struct runner_parameters){(array), sizeof(type), (length)})

#define ParameterizedTestParameters(suite, name) \
    static struct runner_parameters suite##_##name##_parameters(void)

#define ParameterizedTest(parameter, module, title, ...)                       \
    ParameterizedTestParameters(module, title);                                \
    static void module##_##title##_test(parameter);                            \
    static void module##_##title##_call(void *item)                            \
    {                                                                          \
        module##_##title##_test(item);                                         \
    }                                                                          \
    static struct runner_test module##_##title##_entry = {                     \
        .suite = #module,                                                      \
        .name = #title,                                                        \
        .call = module##_##title##_call,                                       \
        .parameters = module##_##title##_parameters,                           \
        .options = {__VA_ARGS__},                                              \
    };                                                                         \
    __attribute__((constructor)) static void module##_##title##_register(void) \
    {                                                                          \
        runner_add(&module##_##title##_entry);                                 \
    }                                                                          \
    static void module##_##title##_test(parameter)
