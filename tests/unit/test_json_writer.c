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
    json_init(&w, mem);
    json_open_object(&w, NULL);
    json_int(&w, "n", -9007199254740993);
    json_open_array(&w, "list");
    json_string(&w, NULL, "a");
    json_null(&w, NULL);
    json_open_object(&w, NULL);
    json_close_object(&w);
    json_bool(&w, NULL, true);
    json_close_array(&w);
    json_string(&w, "none", NULL);
    json_raw(&w, "exact", "0.10");
    json_close_object(&w);
    assert_string_equal(w.out.s,
                        "{\"n\":-9007199254740993,\"list\":[\"a\",null,{},true],\"none\":null,\"exact\":0.10}");
    arena_free(mem);
}

static void escapes_text(void **state) {
    (void) state;
    arena *mem = arena_new(MEMORY);
    json_writer w;
    json_init(&w, mem);
    json_string(&w, NULL, "\"\\\n\r\t\x01\x1f 市\x7f/");
    assert_string_equal(w.out.s, "\"\\\"\\\\\\n\\r\\t\\u0001\\u001f 市\x7f/\"");
    arena_free(mem);
}

static void nests_to_its_limit(void **state) {
    (void) state;
    arena *mem = arena_new(MEMORY);
    json_writer w;
    json_init(&w, mem);
    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        json_open_array(&w, NULL);
    for (int i = 0; i < JSON_DEPTH_MAX; i++)
        json_close_array(&w);
    assert_int_equal(w.out.n, 2 * JSON_DEPTH_MAX);
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
