/* The table of callers in the gateway: bounded, and nobody's room is taken by others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/macros.h"
#include "gateway/limit.h"
#include "gateway/refuse.h"
#include "gateway/session.h"

enum { STRANGERS = 20 * LIMIT_SETS * LIMIT_WAYS, ROOM = LIMIT_SETS * LIMIT_WAYS };

static limits table;
static const char *address = "", *token;

const char *http_header_of(UNUSED const http_stream *s, UNUSED const char *name) {
    return address;
}

bh_err *session_token(const http_stream *s, const char **ret_token) {
    *ret_token = token;
    return token ? NULL : bh_fail(s->call, LOGIN_NEEDED);
}

bool http_is_answered(const http_stream *s) {
    return s->is_answered;
}

/* The reason is all the answer there is. */
void refuse(http_stream *s, const bh_err *error) {
    s->is_answered = true;
    s->answer = error->reason;
}

static int setup(UNUSED void **state) {
    static const limit_settings max = { .calls_max = 1000000,
                                        .own_calls_max = 3,
                                        .own_rate = 1,
                                        .own_burst = 5,
                                        .streams_max = 1000000,
                                        .own_streams_max = 2 };
    memset(&table, 0, sizeof(table));
    limits_init(&table, &max);
    address = "";
    token = NULL;
    return 0;
}

static http_stream *request(int number) {
    bh_call *call = call_new("", 60000);
    http_stream *s = arena_alloc(call->mem, sizeof(*s));
    s->call = call;
    if (number >= 0)
        address = arena_printf(call->mem, "10.%d.%d.%d", number >> 16, number >> 8 & 255, number & 255);
    return s;
}

static bh_err *begin_call(http_stream *s) {
    TRY(limits_enter(&table, s));
    return limits_call(&table, s);
}

static void end(http_stream *s) {
    limits_leave(&table, s);
    call_free(s->call);
}

static void assert_nothing_open(void) {
    for (size_t i = 0; i < LIMIT_COUNTED; i++)
        assert_int_equal(table.open[i], 0);
    assert_true(TAILQ_EMPTY(&table.awaited));
}

static void assert_refused(http_stream *s, bh_err *error, const char *reason) {
    assert_non_null(error);
    assert_string_equal(error->reason, reason);
    end(s);
}

/* However many come once, who is known and at work stays so; of the others the oldest are forgotten. */
static void strangers_do_not_push_anybody_out(UNUSED void **state) {
    token = "mine";
    http_stream *mine = request(-1);
    mine->call->who.user_id = 7;
    assert_null(limits_enter(&table, mine));
    assert_null(limits_confirm(&table, mine));
    limit_row *row = mine->caller;
    token = NULL;
    for (int i = 0; i < STRANGERS; i++) {
        http_stream *s = request(i);
        assert_null(limits_enter(&table, s));
        end(s);
    }
    assert_ptr_equal(mine->caller, row);
    assert_int_equal(row->open[LIMIT_CALLS], 1);
    end(mine);
    assert_nothing_open();
}

/* A set whose every place is at work takes nobody in, and says so. */
static void a_full_set_refuses(UNUSED void **state) {
    static http_stream *open[ROOM];
    size_t n = 0;
    bh_err *error = NULL;
    http_stream *s = NULL;
    for (int i = 0; !error; i++) {
        s = request(i);
        error = limits_enter(&table, s);
        if (!error)
            open[n++] = s;
    }
    assert_true(n >= LIMIT_WAYS);
    assert_refused(s, error, "QUEUE_FULL");
    while (n > 0)
        end(open[--n]);
}

static void a_row_is_given_up_when_its_last_call_ends(UNUSED void **state) {
    http_stream *s[4];
    for (int i = 0; i < 3; i++) {
        s[i] = request(-1);
        assert_null(begin_call(s[i]));
    }
    s[3] = request(-1);
    assert_refused(s[3], begin_call(s[3]), "CALLER_BUSY");
    end(s[0]);
    s[0] = request(-1);
    assert_null(begin_call(s[0]));
    for (int i = 0; i < 3; i++)
        end(s[i]);
    assert_nothing_open();
}

static void assert_gave_way(http_stream *s, const char *reason) {
    assert_string_equal(s->answer, reason);
    assert_null(s->caller);
    assert_in_range(s->call->deadline_ms, 1, clock_mono_ms() + 1000);
}

/* Whoever comes with a body that is there is let in, whatever others of the same caller have begun. */
static void the_oldest_body_gives_way(UNUSED void **state) {
    http_stream *s[5];
    for (int i = 0; i < 4; i++) {
        s[i] = request(0);
        assert_null(limits_enter(&table, s[i]));
    }
    assert_gave_way(s[0], "CALLER_BUSY");
    s[1]->is_answered = true; /* for another reason; its body is not there all the same */
    s[1]->answer = "";
    s[4] = request(0);
    assert_null(begin_call(s[4]));
    assert_gave_way(s[1], "");
    assert_null(limits_call(&table, s[2]));
    assert_int_equal(s[2]->caller->open[LIMIT_BODIES], 1);
    assert_int_equal(s[2]->caller->open[LIMIT_CALLS], 2);
    for (int i = 0; i < 5; i++)
        end(s[i]);
    assert_nothing_open();
}

static void of_all_the_oldest_body_gives_way(UNUSED void **state) {
    http_stream *s[4];
    table.max.calls_max = 3;
    for (int i = 0; i < 4; i++) {
        s[i] = request(i);
        assert_null(limits_enter(&table, s[i]));
    }
    assert_gave_way(s[0], "QUEUE_FULL");
    assert_int_equal(table.refused[LIMIT_BODIES], 1);
    for (int i = 0; i < 4; i++)
        end(s[i]);
    assert_nothing_open();
}

/* A stream leaves the calls under way and has a limit of its own. */
static void streams_are_counted_apart(UNUSED void **state) {
    http_stream *s[3];
    for (int i = 0; i < 2; i++) {
        s[i] = request(-1);
        assert_null(begin_call(s[i]));
        assert_null(limits_stream(&table, s[i]));
    }
    s[2] = request(-1);
    assert_null(begin_call(s[2]));
    assert_string_equal(limits_stream(&table, s[2])->reason, "CALLER_STREAMS");
    assert_int_equal(s[2]->caller->open[LIMIT_STREAMS], 2);
    assert_int_equal(s[2]->caller->open[LIMIT_CALLS], 1);
    for (int i = 0; i < 3; i++)
        end(s[i]);
    assert_nothing_open();
}

static void streams_have_a_limit_for_all(UNUSED void **state) {
    table.max.streams_max = 0;
    http_stream *s = request(-1);
    assert_null(begin_call(s));
    assert_string_equal(limits_stream(&table, s)->reason, "QUEUE_FULL");
    end(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(strangers_do_not_push_anybody_out, setup),
        cmocka_unit_test_setup(a_full_set_refuses, setup),
        cmocka_unit_test_setup(a_row_is_given_up_when_its_last_call_ends, setup),
        cmocka_unit_test_setup(the_oldest_body_gives_way, setup),
        cmocka_unit_test_setup(of_all_the_oldest_body_gives_way, setup),
        cmocka_unit_test_setup(streams_are_counted_apart, setup),
        cmocka_unit_test_setup(streams_have_a_limit_for_all, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
