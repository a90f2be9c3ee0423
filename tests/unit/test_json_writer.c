#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json_writer.h"

enum { MEMORY = 1 << 20 };

static void puts_commas_and_keys(void **state) {
    (void) state;
    arena *mem = arena_new(MEMORY);
    json_writer w;
    jw_init(&w, mem);
    jw_open_object(&w, NULL);
    jw_int(&w, "n", -9007199254740993);
    jw_open_array(&w, "list");
    jw_string(&w, NULL, "a");
    jw_null(&w, NULL);
    jw_open_object(&w, NULL);
    jw_close_object(&w);
    jw_bool(&w, NULL, true);
    jw_close_array(&w);
    jw_string(&w, "none", NULL);
    jw_raw(&w, "exact", "0.10");
    jw_close_object(&w);
    assert_string_equal(w.out.s,
                        "{\"n\":-9007199254740993,\"list\":[\"a\",null,{},true],\"none\":null,\"exact\":0.10}");
    arena_free(mem);
}

static void escapes_text(void **state) {
    (void) state;
    arena *mem = arena_new(MEMORY);
    json_writer w;
    jw_init(&w, mem);
    jw_string(&w, NULL, "\"\\\n\r\t\x01\x1f 市\x7f/");
    assert_string_equal(w.out.s, "\"\\\"\\\\\\n\\r\\t\\u0001\\u001f 市\x7f/\"");
    arena_free(mem);
}

static void nests_to_its_limit(void **state) {
    (void) state;
    arena *mem = arena_new(MEMORY);
    json_writer w;
    jw_init(&w, mem);
    for (int i = 0; i < JW_DEPTH_MAX; i++)
        jw_open_array(&w, NULL);
    for (int i = 0; i < JW_DEPTH_MAX; i++)
        jw_close_array(&w);
    assert_int_equal(w.out.n, 2 * JW_DEPTH_MAX);
    arena_free(mem);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_commas_and_keys),
        cmocka_unit_test(escapes_text),
        cmocka_unit_test(nests_to_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
