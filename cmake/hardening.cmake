# What release builds carry against memory errors. Assertions stay on in every build.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    # -fPIE over the libraries' -fPIC: they are parts of programs alone, so a function of the same
    # file may be called directly, and inlined.
    add_compile_options(-fPIE)
    add_compile_options(-g -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
    add_link_options(-pie -Wl,-z,relro -Wl,-z,now)
endif()

# The layers are small functions that call each other across files: optimising a program as a whole
# saves a tenth of the instructions of a produce or fetch. The objects are ordinary ones too, for the
# programs whose calls are wrapped by the linker (io/sim): it cannot wrap what is inlined.
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT SANITIZE)
    add_compile_options($<$<COMPILE_LANGUAGE:C>:-flto=auto>
                        $<$<COMPILE_LANGUAGE:C>:-ffat-lto-objects>)
    set(LINK_PLAINLY -fno-lto)
endif()
