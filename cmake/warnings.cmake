# Warnings are errors, with gcc and with clang.
add_compile_options(
    -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wcast-qual -Wvla
    -Werror)
