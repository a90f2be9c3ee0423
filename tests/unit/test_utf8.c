#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"

static void text_is_clipped_between_characters(UNUSED void **state) {
    arena *mem = arena_new(1 << 20);
    const char *text = "ab督查";
    assert_ptr_equal(utf8_clip(mem, text, 8), text);
    assert_string_equal(utf8_clip(mem, text, 7), "ab督");
    assert_string_equal(utf8_clip(mem, text, 5), "ab督");
    assert_string_equal(utf8_clip(mem, text, 4), "ab");
    assert_string_equal(utf8_clip(mem, text, 1), "a");
    assert_string_equal(utf8_clip(mem, "督", 2), "");
    arena_free(mem);
}

static void what_is_no_utf8_is_replaced(UNUSED void **state) {
    arena *mem = arena_new(1 << 20);
    const char *text = "a督\n";
    assert_ptr_equal(utf8_repair(mem, text), text);
    assert_string_equal(utf8_repair(mem, "a\xff督\xe7\x9d"), "a\xef\xbf\xbd督\xef\xbf\xbd\xef\xbf\xbd");
    arena_free(mem);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_clipped_between_characters),
        cmocka_unit_test(what_is_no_utf8_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
