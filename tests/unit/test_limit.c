/* The table of callers in the gateway: bounded, and nobody's room is taken by others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/macros.h"
#include "gateway/limit.h"
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
    bh_call *call = call_new("", 1000);
    http_stream *s = arena_alloc(call->mem, sizeof(*s));
    s->call = call;
    if (number >= 0)
        address = arena_printf(call->mem, "10.%d.%d.%d", number >> 16, number >> 8 & 255, number & 255);
    return s;
}

static void end(http_stream *s) {
    limits_leave(&table, s);
    call_free(s->call);
}

static void assert_refused(http_stream *s, bh_err *error, const char *reason) {
    assert_non_null(error);
    assert_string_equal(error->reason, reason);
    assert_null(s->caller);
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
    assert_int_equal(row->calls, 1);
    end(mine);
    assert_int_equal(row->calls, 0);
    assert_int_equal(table.calls, 0);
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
        assert_null(limits_enter(&table, s[i]));
    }
    s[3] = request(-1);
    assert_refused(s[3], limits_enter(&table, s[3]), "CALLER_BUSY");
    end(s[0]);
    s[0] = request(-1);
    assert_null(limits_enter(&table, s[0]));
    for (int i = 0; i < 3; i++)
        end(s[i]);
}

/* A stream leaves the calls under way and has a limit of its own. */
static void streams_are_counted_apart(UNUSED void **state) {
    http_stream *s[3];
    for (int i = 0; i < 2; i++) {
        s[i] = request(-1);
        assert_null(limits_enter(&table, s[i]));
        assert_null(limits_stream(&table, s[i]));
    }
    s[2] = request(-1);
    assert_null(limits_enter(&table, s[2]));
    assert_string_equal(limits_stream(&table, s[2])->reason, "CALLER_STREAMS");
    assert_int_equal(s[2]->caller->streams, 2);
    assert_int_equal(s[2]->caller->calls, 1);
    for (int i = 0; i < 3; i++)
        end(s[i]);
    assert_int_equal(table.streams + table.calls, 0);
}

static void streams_have_a_limit_for_all(UNUSED void **state) {
    table.max.streams_max = 0;
    http_stream *s = request(-1);
    assert_null(limits_enter(&table, s));
    assert_string_equal(limits_stream(&table, s)->reason, "QUEUE_FULL");
    end(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(strangers_do_not_push_anybody_out, setup),
        cmocka_unit_test_setup(a_full_set_refuses, setup),
        cmocka_unit_test_setup(a_row_is_given_up_when_its_last_call_ends, setup),
        cmocka_unit_test_setup(streams_are_counted_apart, setup),
        cmocka_unit_test_setup(streams_have_a_limit_for_all, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
