/* When a call is over, and how long somebody may sleep for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/call.h"
#include "base/clock.h"

enum { LONG_MS = 60000 };

static void a_call_lasts_until_its_deadline(UNUSED void **state) {
    bh_call *c = call_new("test", LONG_MS);
    assert_false(call_is_over(c));
    assert_null(call_check(c));
    c->deadline_ms = clock_mono_ms();
    assert_true(call_is_over(c));
    bh_err *err = call_check(c);
    assert_non_null(err);
    assert_string_equal(err->reason, "DEADLINE_EXPIRED");
    assert_int_equal(err->code, BH_DEADLINE_EXCEEDED);
    call_free(c);
}

static void a_call_lasts_until_it_is_given_up(UNUSED void **state) {
    atomic_bool cancelled = false;
    bh_call *c = call_new("test", LONG_MS);
    c->cancelled = &cancelled;
    assert_null(call_check(c));
    atomic_store(&cancelled, true);
    assert_true(call_is_over(c));
    bh_err *err = call_check(c);
    assert_non_null(err);
    assert_string_equal(err->reason, "CALL_CANCELLED");
    assert_int_equal(err->code, BH_CANCELLED);
    c->deadline_ms = clock_mono_ms(); /* both: who gave it up wants to hear that */
    err = call_check(c);
    assert_non_null(err);
    assert_string_equal(err->reason, "CALL_CANCELLED");
    call_free(c);
}

/* Nobody wakes who sleeps for a call that may be given up. */
static void sleepers_look_often_where_it_matters(UNUSED void **state) {
    atomic_bool cancelled = false;
    bh_call *c = call_new("test", LONG_MS);
    assert_true(call_look_ms(c) == c->deadline_ms);
    c->cancelled = &cancelled;
    assert_true(call_look_ms(c) < c->deadline_ms);
    c->deadline_ms = clock_mono_ms() - 1;
    assert_true(call_look_ms(c) == c->deadline_ms);
    call_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_lasts_until_its_deadline),
        cmocka_unit_test(a_call_lasts_until_it_is_given_up),
        cmocka_unit_test(sleepers_look_often_where_it_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
