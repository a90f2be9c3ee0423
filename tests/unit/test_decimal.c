#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/decimal.h"

static decimal of(const char *text) {
    decimal value;
    assert_true(decimal_parse(text, strlen(text), &value));
    return value;
}

static void assert_prints(decimal value, const char *expected) {
    char out[DECIMAL_TEXT_SIZE];
    assert_string_equal(decimal_print(value, out), expected);
}

static void reads_and_prints(void **state) {
    (void) state;
    static const char *const same[] = {
        "0", "7", "0.5", "-0.05", "112.98", "999999999999999999", "0.00000000000000001"
    };
    for (size_t i = 0; i < countof(same); i++)
        assert_prints(of(same[i]), same[i]);
    assert_prints(of("1.50"), "1.5");
    assert_prints(of("-0"), "0");
    assert_prints(of("007"), "7");
}

static void refuses_what_is_no_number(void **state) {
    (void) state;
    static const char *const bad[] = {
        "", "-", ".", ".5", "5.", "1.2.3", "1e3", "+1", " 1", "1 ", "--1", "0x1", "1000000000000000000", "一"
    };
    decimal value;
    for (size_t i = 0; i < countof(bad); i++)
        assert_false(decimal_parse(bad[i], strlen(bad[i]), &value));
}

/* In binary floats these nine make 40.00000000000001. */
static void adds_exactly(void **state) {
    (void) state;
    static const char *const parts[] = { "0.2", "2", "4", "9", "7.3", "7.1", "8.8", "1.2", "0.4" };
    decimal sum = { 0 };
    for (size_t i = 0; i < countof(parts); i++)
        assert_true(decimal_add(sum, of(parts[i]), &sum));
    assert_int_equal(decimal_compare(sum, of("40")), 0);
    assert_prints(sum, "40");
    assert_true(decimal_add(of("0.1"), of("-0.30"), &sum));
    assert_prints(sum, "-0.2");
}

static void compares_across_scales(void **state) {
    (void) state;
    assert_int_equal(decimal_compare(of("1.50"), of("1.5")), 0);
    assert_int_equal(decimal_compare(of("1.5"), of("1.50")), 0);
    assert_true(decimal_compare(of("2"), of("1.5")) > 0);
    assert_true(decimal_compare(of("1.49"), of("1.5")) < 0);
    assert_true(decimal_compare(of("999999999999999999"), of("0.00000000000000001")) > 0);
    assert_true(decimal_compare(of("-1"), of("0.5")) < 0);
}

static void shifts_by_powers_of_ten(void **state) {
    (void) state;
    decimal value;
    assert_true(decimal_shift(of("3.5"), 4, &value));
    assert_prints(value, "35000");
    assert_true(decimal_shift(of("0.00001"), 4, &value));
    assert_prints(value, "0.1");
    assert_true(decimal_shift(of("230"), 0, &value));
    assert_prints(value, "230");
}

static void refuses_overflow(void **state) {
    (void) state;
    decimal value, large = of("999999999999999999");
    assert_false(decimal_shift(large, 8, &value));
    assert_false(decimal_add(large, of("0.01"), &value));
    decimal sum = large;
    for (int i = 0; i < 8; i++)
        assert_true(decimal_add(sum, large, &sum));
    assert_false(decimal_add(sum, large, &value));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_and_prints),
        cmocka_unit_test(refuses_what_is_no_number),
        cmocka_unit_test(adds_exactly),
        cmocka_unit_test(compares_across_scales),
        cmocka_unit_test(shifts_by_powers_of_ten),
        cmocka_unit_test(refuses_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
