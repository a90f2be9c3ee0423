/* When a server is passed over, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "rpc/standing.h"

static const int64_t start_ms = 1000000;

static void fails(standing *s, int n, int64_t now_ms) {
    for (int i = 0; i < n; i++)
        standing_failed(s, now_ms);
}

static void fails_now_and_then(UNUSED void **state) {
    standing s = { 0 };
    for (int i = 0; i < 10; i++) {
        fails(&s, 4, start_ms);
        standing_succeeded(&s);
    }
    assert_false(standing_is_ejected(&s, start_ms));
}

static void fails_in_a_row(UNUSED void **state) {
    standing s = { 0 };
    fails(&s, 5, start_ms);
    assert_true(standing_is_ejected(&s, start_ms + 999));
    assert_false(standing_is_ejected(&s, start_ms + 1000));
}

/* What was under way when it was ejected does not prolong it. */
static void stragglers(UNUSED void **state) {
    standing s = { 0 };
    fails(&s, 100, start_ms);
    assert_false(standing_is_ejected(&s, start_ms + 1000));
}

static void returns_on_probation(UNUSED void **state) {
    standing s = { 0 };
    fails(&s, 5, start_ms);
    fails(&s, 1, start_ms + 1000);
    assert_true(standing_is_ejected(&s, start_ms + 2999));
    assert_false(standing_is_ejected(&s, start_ms + 3000));
    standing_succeeded(&s);
    fails(&s, 4, start_ms + 3000);
    assert_false(standing_is_ejected(&s, start_ms + 3000));
}

static void time_grows_up_to_half_a_minute(UNUSED void **state) {
    static const int64_t times_ms[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000 };
    standing s = { 0 };
    int64_t now_ms = start_ms;
    for (size_t i = 0; i < countof(times_ms); i++) {
        standing_lost(&s, now_ms);
        now_ms += times_ms[i];
        assert_true(standing_is_ejected(&s, now_ms - 1));
        assert_false(standing_is_ejected(&s, now_ms));
    }
    now_ms += 30000;
    standing_lost(&s, now_ms);
    assert_false(standing_is_ejected(&s, now_ms + 1000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fails_now_and_then),
        cmocka_unit_test(fails_in_a_row),
        cmocka_unit_test(stragglers),
        cmocka_unit_test(returns_on_probation),
        cmocka_unit_test(time_grows_up_to_half_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
