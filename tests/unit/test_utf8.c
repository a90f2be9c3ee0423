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

/* One byte of a text of ASCII changed, in every place of the words that are looked at as a whole. */
static void every_byte_is_looked_at(UNUSED void **state) {
    enum { SIZE = 21 };
    for (size_t at = 0; at < SIZE; at++) {
        char text[SIZE + 1] = "abcdefghijklmnopqrstu";
        assert_true(utf8_is_valid(text, SIZE));
        text[at] = '\x01';
        assert_true(utf8_is_valid(text, SIZE));
        text[at] = '\x7f';
        assert_true(utf8_is_valid(text, SIZE));
        text[at] = '\x80';
        assert_false(utf8_is_valid(text, SIZE));
        text[at] = '\0';
        assert_false(utf8_is_valid(text, SIZE));
    }
}

static void characters_may_lie_across_words(UNUSED void **state) {
    assert_true(utf8_is_valid("abcdefg督办", 13));
    assert_true(utf8_is_valid("abcdef督abcdefgh", 17));
    assert_false(utf8_is_valid("abcdefg督办", 12));
    assert_false(utf8_is_valid("abcdefgh\xed\xa0\x80", 11));
    assert_false(utf8_is_valid("abcdefgh\xc0\x80", 10));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_clipped_between_characters),
        cmocka_unit_test(what_is_no_utf8_is_replaced),
        cmocka_unit_test(every_byte_is_looked_at),
        cmocka_unit_test(characters_may_lie_across_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
