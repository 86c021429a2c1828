# What release builds carry against memory errors. Assertions stay on in every build.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_compile_options(-g -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
    add_link_options(-pie -Wl,-z,relro -Wl,-z,now)
endif()
