/* Checks of a request's fields and of page tokens: what passes, what is refused, by the edges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "bihuan/v1/task.pb-c.h"
#include "domain/calendar.h"
#include "service/field.h"
#include "service/page.h"

static int setup(void **state) {
    *state = call_new("test", 1000);
    return 0;
}

static int teardown(void **state) {
    call_free(*state);
    return 0;
}

/* NULL as error for "passes"; a refusal names the field. */
static void expect(const bh_err *e, bool passes, const char *what) {
    if (!e != passes)
        fail_msg("'%s' %s", what, e ? e->en : "passes");
    if (e && (strcmp(e->reason, "BAD_FIELD") != 0 || !strstr(e->en, "some_field")))
        fail_msg("'%s': %s", what, e->en);
}

static void test_decimals(void **state) {
    static const char *const good[] = { "0", "-1", "2.50", "123456789012345678", "0.123456789", "-0.0" };
    static const char *const bad[] = {
        "",   "-",  ".5", "1.", "+1", "1e3", "1,000", " 1", "1 ", "--1", "1.2.3", "1234567890123456789", "0.1234567890",
        "１", "NaN"
    };
    for (size_t i = 0; i < countof(good); i++)
        expect(field_decimal(*state, "some_field", good[i]), true, good[i]);
    for (size_t i = 0; i < countof(bad); i++)
        expect(field_decimal(*state, "some_field", bad[i]), false, bad[i]);
}

static void test_texts(void **state) {
    expect(field_text(*state, "some_field", "", 3), true, "");
    expect(field_text(*state, "some_field", "abc", 3), true, "abc");
    expect(field_text(*state, "some_field", "abcd", 3), false, "abcd");
    expect(field_needed(*state, "some_field", " \t\r\n", 9), false, "white space");
    expect(field_name(*state, "some_field", " \t\r\n", 9), false, "white space");
    expect(field_name(*state, "some_field", "abcd", 3), false, "abcd");
    expect(field_line(*state, "some_field", "", 3), true, "");
    expect(field_needed(*state, "some_field", "", 9), false, "");
    expect(field_needed(*state, "some_field", " a", 9), true, " a");
    expect(field_needed(*state, "some_field", "abcd", 3), false, "abcd");
    expect(field_limit(*state, "some_field", 50, 50), true, "50 of 50");
    expect(field_limit(*state, "some_field", 51, 50), false, "51 of 50");
    expect(field_printed(*state, "some_field", 0, 0), true, "no lines");
    expect(field_printed(*state, "some_field", -1, 3), false, "-1 to 3");
    expect(field_printed(*state, "some_field", 3, -1), false, "3 to -1");
}

/* Names are one line; texts have lines and tabs. */
static void test_control_characters(void **state) {
    static const struct {
        const char *value, *character;
        bool is_text;
    } rows[] = {
        { "a\nb", "U+000A", true },      { "a\tb", "U+0009", true },      { "a\rb", "U+000D", false },
        { "\x1b[2J", "U+001B", false },  { "a\x7f", "U+007F", false },    { "a\xc2\x85 b", "U+0085", false },
        { "a\u2028b", "U+2028", false }, { "a\u202eb", "U+202E", false }, { "\u2066a", "U+2066", false },
    };
    for (size_t i = 0; i < countof(rows); i++) {
        const bh_err *e = field_name(*state, "some_field", rows[i].value, 9);
        assert_string_equal(e->reason, "CONTROL_CHARACTER");
        assert_int_equal(e->code, BH_INVALID_ARGUMENT);
        assert_non_null(strstr(e->zh, rows[i].character));
        assert_int_equal(!field_needed(*state, "some_field", rows[i].value, 9), rows[i].is_text);
    }
    expect(field_name(*state, "some_field", "南湖区　“一号”—\U0001F600", 99), true, "letters of every kind");
}

/* They may stand in a text, which is pasted from anywhere, but not in what a unit or a person is called. */
static void test_invisible_characters(void **state) {
    static const char *const rows[] = { "a\u00adb", "\u200bab", "a\u200fb", "a\u2060b", "ab\ufeff" };
    for (size_t i = 0; i < countof(rows); i++) {
        expect(field_name(*state, "some_field", rows[i], 9), true, "");
        assert_string_equal(field_called(*state, "some_field", rows[i], 9)->reason, "CONTROL_CHARACTER");
    }
    assert_string_equal(field_called(*state, "some_field", " ", 9)->reason, "BAD_FIELD");
    expect(field_called(*state, "some_field", "南湖区　“一号”", 99), true, "");
}

static void test_ids(void **state) {
    uuid id;
    int32_t period;
    uint8_t digest[SHA256_SIZE];
    expect(field_uuid(*state, "some_field", "01890000-0000-7000-8000-00000000000a", &id), true, "a UUID");
    assert_int_equal(id.b[15], 0x0a);
    expect(field_uuid(*state, "some_field", "01890000-0000-7000-8000-00000000000", &id), false, "35 digits");
    expect(
        field_digest(*state, "some_field", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", digest),
        true, "a digest");
    assert_int_equal(digest[31], 0xad);
    expect(field_digest(*state, "some_field", "ba78", digest), false, "a short digest");
    expect(
        field_digest(*state, "some_field", "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", digest),
        false, "no hex");
    expect(field_period(*state, "some_field", "2025-06", &period), true, "a month");
    assert_int_equal(period, day_of(2025, 6, 1));
    expect(field_period(*state, "some_field", "2025-6", &period), false, "2025-6");
}

static void test_pages(void **state) {
    int32_t rows;
    assert_null(page_rows(*state, 0, &rows));
    assert_int_equal(rows, PAGE_SIZE_DEFAULT);
    assert_null(page_rows(*state, PAGE_SIZE_MAX, &rows));
    assert_int_equal(rows, PAGE_SIZE_MAX);
    assert_non_null(page_rows(*state, PAGE_SIZE_MAX + 1, &rows));
    assert_non_null(page_rows(*state, -1, &rows));
    const char *parts[2];
    assert_null(page_parts(*state, "", parts, 2));
    assert_null(parts[0]);
    assert_null(parts[1]);
    assert_null(page_parts(*state, "2025-06/x", parts, 2));
    assert_string_equal(parts[0], "2025-06");
    assert_string_equal(parts[1], "x");
    assert_non_null(page_parts(*state, "2025-06", parts, 2));
    assert_non_null(page_parts(*state, "a/b/c", parts, 2));
}

static void test_pages_by_number(void **state) {
    int32_t rows, after;
    assert_null(page_after(*state, 2, "", &rows, &after));
    assert_int_equal(rows, 2);
    assert_int_equal(after, 0);
    assert_null(page_after(*state, 2, "17", &rows, &after));
    assert_int_equal(after, 17);
    assert_non_null(page_after(*state, 2, "2147483648", &rows, &after));
    assert_non_null(page_after(*state, 2, "1/2", &rows, &after));
    assert_string_equal(page_token(*state, true, 19), "19");
    assert_string_equal(page_token(*state, false, 19), "");
}

/* Four rows, of which two fit; one that is too large stands alone. */
static void test_pages_by_size(void **state) {
    enum { HALF = PAGE_BYTES_MAX / 2 - 16 };
    Bh__Task half = BH__TASK__INIT, large = BH__TASK__INIT;
    half.text = arena_printf(((bh_call *) *state)->mem, "%*s", HALF, "");
    large.text = arena_printf(((bh_call *) *state)->mem, "%*s", PAGE_BYTES_MAX, "");
    const Bh__Task *rows[] = { &half, &half, &half, &large };
    size_t n = 0;
    assert_false(page_cut(rows, &n, 4));
    n = 2;
    assert_false(page_cut(rows, &n, 4));
    assert_int_equal(n, 2);
    assert_true(page_cut(rows, &n, 2));
    assert_int_equal(n, 2);
    n = 4;
    assert_true(page_cut(rows, &n, 5));
    assert_int_equal(n, 2);
    n = 1;
    assert_false(page_cut(&rows[3], &n, 4));
    assert_int_equal(n, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_invisible_characters),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_pages_by_number),
        cmocka_unit_test(test_pages_by_size),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
