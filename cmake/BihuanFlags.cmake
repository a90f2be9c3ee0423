# Warnings are errors; hardening is on in every build.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Without NDEBUG: assertions stay on in every build.
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")

# Generated code gets the hardening, our own code the warnings too.
add_library(bihuan_hardening INTERFACE)
target_compile_options(bihuan_hardening INTERFACE
    -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
    -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=
    -fno-delete-null-pointer-checks -fno-strict-aliasing -fno-strict-overflow -fexceptions
    $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
target_compile_definitions(bihuan_hardening INTERFACE _GNU_SOURCE $<$<BOOL:${BIHUAN_TEST_CLOCK}>:BIHUAN_TEST_CLOCK>)
target_link_options(bihuan_hardening INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed)
set(CMAKE_EXE_LINKER_FLAGS "${CMAKE_EXE_LINKER_FLAGS} -pie")

# Results are written on success only and read behind TRY; the optimiser does not always see that (maybe-uninitialized).
add_library(bihuan_warnings INTERFACE)
target_compile_options(bihuan_warnings INTERFACE
    -Wall -Wextra -Werror -Wformat=2 -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wswitch-enum -Wundef
    -Wconversion -Wimplicit-fallthrough -Wpointer-arith -Wwrite-strings
    -Wno-maybe-uninitialized
    -include ${CMAKE_SOURCE_DIR}/lib/base/banned.h)
target_link_libraries(bihuan_warnings INTERFACE bihuan_hardening)

if(BIHUAN_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
endif()
if(BIHUAN_TSAN)
    add_compile_options(-fsanitize=thread)
    add_link_options(-fsanitize=thread)
endif()
if(BIHUAN_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link -w) # warnings are gcc's work: clang draws other lines
endif()
