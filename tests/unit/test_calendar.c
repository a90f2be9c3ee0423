/* Civil days and workdays against dates of the published calendars. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "domain/calendar.h"

static int32_t day(const char *text) {
    int32_t d;
    assert_true(day_parse(text, &d));
    return d;
}

static void days_and_dates_are_one_to_one(void **unused) {
    (void) unused;
    assert_int_equal(day("1970-01-01"), 0);
    assert_int_equal(day("2000-03-01"), 11017);
    arena *mem = arena_new(16 << 20);
    for (int32_t d = 0; d < day("2100-01-01"); d += 17)
        assert_int_equal(day(day_text(mem, d)), d);
    assert_string_equal(day_text(mem, day("2024-02-29")), "2024-02-29");
    arena_free(mem);
}

static void what_is_no_date_is_refused(void **unused) {
    (void) unused;
    static const char *const wrong[] = { "",           "2025-02-29", "2025-13-01",  "2025-00-10",
                                         "2025-01-32", "2025-1-1",   "2025-01-01 ", "x025-01-01",
                                         "1969-12-31", "2200-01-01", "2025-01-011", "2025-+1-+1",
                                         "2025- 1- 1", "+025-01-01" };
    int32_t d;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(day_parse(wrong[i], &d));
}

static void the_day_begins_at_midnight_in_china(void **unused) {
    (void) unused;
    int64_t midnight = (int64_t) day("2025-06-02") * 86400000 - 8 * 3600000;
    assert_int_equal(day_at(midnight), day("2025-06-02"));
    assert_int_equal(day_at(midnight - 1), day("2025-06-01"));
}

static void holidays_and_make_up_days_count(void **unused) {
    (void) unused;
    assert_true(is_workday(day("2025-01-26")));  /* a Sunday, worked for the Spring Festival */
    assert_false(is_workday(day("2025-01-28"))); /* a Tuesday, Spring Festival */
    assert_false(is_workday(day("2025-10-08")));
    assert_true(is_workday(day("2025-10-11"))); /* a Saturday */
    assert_true(is_workday(day("2025-06-03")));
    assert_false(is_workday(day("2025-06-07")));
}

static void limits_are_counted_in_workdays(void **unused) {
    (void) unused;
    /* Monday 2 June 2025 is a holiday (Dragon Boat Festival). */
    assert_int_equal(workday_after(day("2025-05-30"), 1), day("2025-06-03"));
    assert_int_equal(workday_after(day("2025-05-31"), 0), day("2025-06-03"));
    assert_int_equal(workday_after(day("2025-06-03"), 3), day("2025-06-06"));
    assert_int_equal(workdays_between(day("2025-05-30"), day("2025-06-06")), 4);
    assert_int_equal(workdays_between(day("2025-06-06"), day("2025-05-30")), -4);
    assert_int_equal(workdays_between(day("2025-06-07"), day("2025-06-08")), 0);
}

static void years_and_months_end_on_a_workday(void **unused) {
    (void) unused;
    assert_int_equal(last_workday_of_year(2025), day("2025-12-31"));
    assert_int_equal(last_workday_of_year(2022), day("2022-12-30"));
    assert_int_equal(last_workday_of_month(2025, 5), day("2025-05-30"));
    assert_int_equal(last_workday_of_month(2025, 12), day("2025-12-31"));
}

static void an_unpublished_year_is_provisional(void **unused) {
    (void) unused;
    assert_true(is_published(day_of(2025, 6, 1)));
    assert_false(is_published(day_of(2003, 6, 1)));
    assert_false(is_published(day_of(2040, 6, 1)));
    assert_true(is_workday(day("2040-01-02"))); /* a Monday: the plain week */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_and_dates_are_one_to_one),       cmocka_unit_test(what_is_no_date_is_refused),
        cmocka_unit_test(the_day_begins_at_midnight_in_china), cmocka_unit_test(holidays_and_make_up_days_count),
        cmocka_unit_test(limits_are_counted_in_workdays),      cmocka_unit_test(years_and_months_end_on_a_workday),
        cmocka_unit_test(an_unpublished_year_is_provisional),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
