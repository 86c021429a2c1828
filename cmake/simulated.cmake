# The layers once more, for odradek-sim alone, never for the broker: with their mutants
# (base/mutant.h), and with what a process asks for redirected to the simulator (io/sim/process.c,
# io/sim/memory.c, tools/sim/states.c).
#
# Tests have the linker redirect it (--wrap). It cannot where a program is optimised as a whole, and
# that saves 7 % of the simulator's instructions. So here the functions themselves get the linker's
# other name: what defines NAME is compiled to define __real_NAME, and the simulator's __wrap_NAME to
# be NAME. As with --wrap, calls within the file that defines it are not redirected.

set(DEFINED_IN_io/io.c io_new)
set(DEFINED_IN_io/io_thread.c io_thread_start io_thread_join io_pause io_wait_for_stop io_exit
    io_raise_descriptors)
set(DEFINED_IN_io/file_real.c file_system_real)
set(DEFINED_IN_base/region.c region_take)
set(DEFINED_IN_base/slab.c slab_alloc)
set(DEFINED_IN_base/arena.c arena_alloc arena_alloc_array)
set(DEFINED_IN_base/mem.c mem_map_raw mem_unmap_raw)
# Tests do without these two.
set(DEFINED_IN_partition/shard.c shard_step shard_open)
set(DEFINED_IN_wal/wal_recover.c wal_recover)

function(redirect_by_linker target)
    foreach(file io/io.c io/io_thread.c io/file_real.c base/region.c base/slab.c base/arena.c
            base/mem.c)
        list(TRANSFORM DEFINED_IN_${file} PREPEND -Wl,--wrap= OUTPUT_VARIABLE options)
        target_link_options(${target} INTERFACE ${options})
    endforeach()
endfunction()

# In `definitions`: what redirects the calls of `file`, a path within the tree.
function(redirect_by_name file definitions)
    set(names ${DEFINED_IN_${file}})
    list(TRANSFORM names REPLACE "(.+)" "\\1=__real_\\1")
    set(wrappers)
    if(file MATCHES "^(io/sim/(process|memory)|tools/sim/states)\\.c$")
        get_cmake_property(variables VARIABLES)
        list(FILTER variables INCLUDE REGEX "^DEFINED_IN_")
        foreach(variable ${variables})
            list(APPEND wrappers ${${variable}})
        endforeach()
        list(TRANSFORM wrappers REPLACE "(.+)" "__wrap_\\1=\\1")
    endif()
    set(${definitions} ${names} ${wrappers} PARENT_SCOPE)
endfunction()

function(add_simulated_layer name)
    get_target_property(sources ${name} SOURCES)
    set(library ${name}_simulated)
    add_library(${library} STATIC)
    set(targets ${library})
    foreach(source ${sources})
        get_filename_component(source ${source} ABSOLUTE)
        file(RELATIVE_PATH file ${CMAKE_SOURCE_DIR} ${source})
        redirect_by_name(${file} definitions)
        if(definitions)
            # Definitions of one source would count for the ordinary layer, too.
            string(MAKE_C_IDENTIFIER ${library}_${file} object)
            add_library(${object} OBJECT ${source})
            target_compile_definitions(${object} PRIVATE ${definitions})
            target_sources(${library} PRIVATE $<TARGET_OBJECTS:${object}>)
            list(APPEND targets ${object})
        else()
            target_sources(${library} PRIVATE ${source})
        endif()
    endforeach()
    foreach(target ${targets})
        target_compile_definitions(${target} PRIVATE MUTANTS)
        # It is worth a twentieth here. Behind what it inlines gcc warns of paths that are none; the
        # ordinary layers have the same sources without a warning.
        target_compile_options(${target} PRIVATE
                               $<$<CONFIG:Release>:-O3;-Wno-maybe-uninitialized>)
        target_link_libraries(${target} PUBLIC ${ARGN})
        # For the sake of clang-tidy, which would look at each source twice.
        set_target_properties(${target} PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
    endforeach()
endfunction()
