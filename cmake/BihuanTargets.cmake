# bh_library(pg DEPENDS bh_base PkgConfig::pq): lib/<name>/*.c as bh_<name>; includes are "pg/pg.h".
function(bh_library name)
    cmake_parse_arguments(arg "" "" "DEPENDS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.c)
    add_library(bh_${name} STATIC ${sources})
    target_include_directories(bh_${name} PUBLIC ${CMAKE_SOURCE_DIR}/lib)
    target_link_libraries(bh_${name} PUBLIC ${arg_DEPENDS} PRIVATE bihuan_warnings)
endfunction()

# bh_program(bihuan-gateway DEPENDS bh_rpc): every .c of this directory as one executable.
function(bh_program name)
    cmake_parse_arguments(arg "" "" "DEPENDS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
    add_executable(${name} ${sources})
    target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE ${arg_DEPENDS} bihuan_warnings)
endfunction()

# bh_service(task): services/task as library bh_task_service (for tests) and executable bihuan-task;
# its sql/*.sql become a statement table at build time, with those of lib/service/sql; OUTBOX: also for its own schema.
# LIST_BY task:uuid unit:int4: its sql/list_by.sql.in by each key, so that each has a plan on an index of its own.
function(bh_service name)
    cmake_parse_arguments(arg "OUTBOX" "" "DEPENDS;LIST_BY" ${ARGN})
    set(dir ${CMAKE_CURRENT_SOURCE_DIR}/${name})
    file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.c)
    list(REMOVE_ITEM sources ${dir}/main.c)
    file(GLOB statements CONFIGURE_DEPENDS ${dir}/sql/*.sql ${CMAKE_SOURCE_DIR}/lib/service/sql/*.sql)
    set(gen ${CMAKE_CURRENT_BINARY_DIR}/${name})
    if(arg_OUTBOX)
        set(schema ${name})
        foreach(statement take done retry bury)
            configure_file(${CMAKE_SOURCE_DIR}/lib/service/sql/outbox_${statement}.sql.in ${gen}/outbox_${statement}.sql @ONLY)
            list(APPEND statements ${gen}/outbox_${statement}.sql)
        endforeach()
    endif()
    foreach(column ${arg_LIST_BY})
        string(REGEX MATCH "(.+):(.+)" column ${column})
        set(key ${CMAKE_MATCH_1})
        set(type ${CMAKE_MATCH_2})
        configure_file(${dir}/sql/list_by.sql.in ${gen}/list_by_${key}.sql @ONLY)
        list(APPEND statements ${gen}/list_by_${key}.sql)
    endforeach()
    add_custom_command(
        OUTPUT ${gen}/${name}_sql.c ${gen}/${name}_sql.h
        COMMAND /usr/bin/python3 ${CMAKE_SOURCE_DIR}/tools/sql2c.py ${name} ${gen} ${statements}
        DEPENDS ${statements} ${CMAKE_SOURCE_DIR}/tools/sql2c.py)
    add_library(bh_${name}_service STATIC ${sources} ${gen}/${name}_sql.c)
    target_include_directories(bh_${name}_service PUBLIC ${dir} ${gen})
    target_link_libraries(bh_${name}_service PUBLIC bh_service bh_pg bh_domain bh_json bh_proto ${arg_DEPENDS}
                          PRIVATE bihuan_warnings)
    add_executable(bihuan-${name} ${dir}/main.c)
    target_link_libraries(bihuan-${name} PRIVATE bh_${name}_service bihuan_warnings)
endfunction()

# A program of the tests: gold links it in a third of the time. What belongs to the ring unit runs under the sanitizers, so
# it is built by default only there; the target `unit` has all of it.
function(bh_test_program name ring)
    target_link_options(${name} PRIVATE $<$<C_COMPILER_ID:GNU>:-fuse-ld=gold>)
    if(ring STREQUAL unit)
        set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL $<NOT:$<BOOL:${BIHUAN_SANITIZE}>>)
        add_dependencies(unit ${name})
    endif()
endfunction()

# bh_test(unit arena DEPENDS bh_base): tests/<ring>/test_<name>.c as a cmocka program in ctest, label = ring.
# In the ring integration it finds a database of its own in BIHUAN_TEST_DATABASE, unless ALONE is said.
function(bh_test ring name)
    cmake_parse_arguments(arg "ALONE" "" "DEPENDS" ${ARGN})
    add_executable(test_${name} ${CMAKE_CURRENT_SOURCE_DIR}/${ring}/test_${name}.c)
    target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/tests)
    target_link_libraries(test_${name} PRIVATE ${arg_DEPENDS} PkgConfig::cmocka bihuan_warnings)
    bh_test_program(test_${name} ${ring})
    set(command test_${name})
    if(ring STREQUAL integration AND NOT arg_ALONE)
        set(command ${CMAKE_SOURCE_DIR}/tests/with-database $<TARGET_FILE:test_${name}>)
    endif()
    add_test(NAME ${ring}/${name} COMMAND ${command})
    set_tests_properties(${ring}/${name} PROPERTIES LABELS ${ring} TIMEOUT 400)
endfunction()

# bh_fuzz(json DEPENDS bh_json [SOURCES x.c]): tests/fuzz/fuzz_<name>.c. Ordinary builds run it over tests/fuzz/corpus/<name>
# and mutations of it (ring fuzz); with BIHUAN_FUZZ (preset fuzz, clang) it is a libFuzzer program.
function(bh_fuzz name)
    cmake_parse_arguments(arg "" "" "DEPENDS;SOURCES" ${ARGN})
    set(driver $<$<NOT:$<BOOL:${BIHUAN_FUZZ}>>:${CMAKE_CURRENT_SOURCE_DIR}/fuzz/replay.c>)
    add_executable(fuzz_${name} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/fuzz_${name}.c ${arg_SOURCES} ${driver})
    target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(fuzz_${name} PRIVATE ${arg_DEPENDS} bihuan_warnings)
    bh_test_program(fuzz_${name} unit)
    if(BIHUAN_FUZZ)
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    else()
        add_test(NAME fuzz/${name} COMMAND fuzz_${name} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name})
        set_tests_properties(fuzz/${name} PROPERTIES LABELS fuzz TIMEOUT 400)
    endif()
endfunction()
