# Warnings are errors, with gcc and with clang.
add_compile_options(
    -Wall -Wextra -Wconversion -Wshadow -Wcast-qual -Wvla -Werror
    $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes> $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>)
