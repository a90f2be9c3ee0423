/* Plain statements and single commands: every kind of value there and back, and into messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "integration/pgtemp.h"
#include "integration/pgtest.h"
#include "json_test.pb-c.h"

static pg_pool *pool;

static int open_pool(UNUSED void **state) {
    const char *conninfo = pgtest_database();
    pgtemp_sql(conninfo, pgtest_schema);
    pool = pgtest_pool(pgtest_options(conninfo));
    return 0;
}

static int close_pool(UNUSED void **state) {
    pg_pool_close(pool);
    return 0;
}

static const uuid some_id = { { 0x01, 0x99, 0xab, 0xcd, 0, 0, 0x70, 0, 0x80, 0, 1, 2, 3, 4, 5, 6 } };
static const char hard_text[] = "签\"批\\ {,} ' 销号";

enum { KINDS = 14 };

/* The arguments of kinds.sql and kinds_set.sql. */
static const pg_value *some_values(void) {
    static const int32_t units[] = { 3, -1, 2 };
    static const char *const tags[] = { hard_text, "", "null" };
    static pg_value values[KINDS];
    const pg_value all[KINDS] = {
        pg_bool(true),
        pg_int(-7),
        pg_int(INT32_MIN),
        pg_int(INT64_MAX),
        pg_text(hard_text),
        pg_bytes("a\0b", 3),
        pg_uuid(&some_id),
        pg_date(20453),
        pg_text("-1234567.0800"),
        pg_text("{\"a\": 1}"),
        pg_text("{\"a\": 1}"),
        pg_int(1735689600123),
        pg_ints(units, 3),
        pg_texts(tags, 3),
    };
    memcpy(values, all, sizeof(all));
    return values;
}

static void check_some_values(const pg_rows *rows) {
    size_t size;
    assert_int_equal(rows->count, 1);
    assert_int_equal(pg_get_int(rows, 0, "flag"), 1);
    assert_int_equal(pg_get_int(rows, 0, "small"), -7);
    assert_int_equal(pg_get_int(rows, 0, "medium"), INT32_MIN);
    assert_true(pg_get_int(rows, 0, "large") == INT64_MAX);
    assert_string_equal(pg_get_text(rows, 0, "large"), "9223372036854775807");
    assert_string_equal(pg_get_text(rows, 0, "words"), hard_text);
    assert_memory_equal(pg_get_bytes(rows, 0, "data", &size), "a\0b", 3);
    assert_int_equal(size, 3);
    assert_string_equal(pg_get_text(rows, 0, "id"), "0199abcd-0000-7000-8000-010203040506");
    assert_memory_equal(pg_get_bytes(rows, 0, "id", &size), some_id.b, UUID_SIZE);
    assert_string_equal(pg_get_text(rows, 0, "day"), "2025-12-31");
    assert_int_equal(pg_get_int(rows, 0, "day"), 20453);
    assert_string_equal(pg_get_text(rows, 0, "amount"), "-1234567.0800");
    assert_string_equal(pg_get_text(rows, 0, "doc"), "{\"a\": 1}");
    assert_string_equal(pg_get_text(rows, 0, "docb"), "{\"a\": 1}");
    assert_true(pg_get_int(rows, 0, "moment") == 1735689600123);
    assert_false(pg_is_null(rows, 0, "units"));
}

static void every_kind_comes_back(UNUSED void **state) {
    static const int statements[] = { PGTEST_SQL_KINDS, PGTEST_SQL_KINDS_SET };
    for (size_t i = 0; i < countof(statements); i++) {
        bh_call *c = pgtest_call(pool, 5000);
        pg_rows rows;
        assert_null(pg_call_values(c, &pgtest_sql[statements[i]], &rows, some_values(), KINDS));
        check_some_values(&rows);
        call_free(c);
    }
}

static void null_comes_back(UNUSED void **state) {
    static const int statements[] = { PGTEST_SQL_KINDS, PGTEST_SQL_KINDS_SET };
    static const pg_value nulls[KINDS];
    static const char *const columns[] = { "flag", "large", "words", "data", "id", "day", "amount", "docb", "units" };
    for (size_t i = 0; i < countof(statements); i++) {
        bh_call *c = pgtest_call(pool, 5000);
        pg_rows rows;
        size_t size;
        assert_null(pg_call_values(c, &pgtest_sql[statements[i]], &rows, nulls, KINDS));
        for (size_t k = 0; k < countof(columns); k++)
            assert_true(pg_is_null(&rows, 0, columns[k]));
        assert_int_equal(pg_get_int(&rows, 0, "large"), 0);
        assert_string_equal(pg_get_text(&rows, 0, "words"), "");
        pg_get_bytes(&rows, 0, "data", &size);
        assert_int_equal(size, 0);
        call_free(c);
    }
}

static int64_t plans_of(pg_pool *one, const char *name) {
    bh_call *c = pgtest_call(one, 5000);
    pg_rows rows;
    assert_null(pg_call(c, &pgtest_sql[PGTEST_SQL_PLANS], &rows, pg_text(name)));
    int64_t plans = pg_get_int(&rows, 0, "plans");
    call_free(c);
    return plans;
}

/* What is planned anew each time is not the statement that the connection holds, though its arguments arrive alike. */
static void a_plan_is_kept_unless_it_shall_not_be(UNUSED void **state) {
    pg_options options = pgtest_options(pgtest_database());
    options.readers = 1;
    pg_pool *one = pgtest_pool(options);
    for (int i = 0; i < 3; i++) {
        bh_call *c = pgtest_call(one, 5000);
        pg_rows rows;
        assert_int_equal(plans_of(one, "pgtest/kinds.sql"), i);
        assert_null(pg_call_values(c, &pgtest_sql[PGTEST_SQL_KINDS], &rows, some_values(), KINDS));
        call_free(c);
    }
    assert_int_equal(plans_of(one, "pgtest/plans.sql"), 0);
    pg_pool_close(one);
}

static void numerics_are_exact(UNUSED void **state) {
    static const char *const numbers[] = { "0",         "0.00",    "7",    "10000",      "-0.0001",
                                           "120000000", "99999.9", "1.20", "0.00012345", "123456789012345.6789",
                                           "NaN",       "Infinity" };
    for (size_t i = 0; i < countof(numbers); i++) {
        bh_call *c = pgtest_call(pool, 5000);
        pg_value values[KINDS] = { { 0 } };
        values[8] = pg_text(numbers[i]);
        pg_rows rows;
        assert_null(pg_call_values(c, &pgtest_sql[PGTEST_SQL_KINDS], &rows, values, KINDS));
        assert_string_equal(pg_get_text(&rows, 0, "amount"), numbers[i]);
        call_free(c);
    }
}

static void dates_before_1970_are_read(UNUSED void **state) {
    bh_call *c = pgtest_call(pool, 5000);
    pg_value values[KINDS] = { { 0 } };
    values[7] = pg_date(-1);
    values[11] = pg_int(-1500);
    pg_rows rows;
    assert_null(pg_call_values(c, &pgtest_sql[PGTEST_SQL_KINDS], &rows, values, KINDS));
    assert_string_equal(pg_get_text(&rows, 0, "day"), "1969-12-31");
    assert_int_equal(pg_get_int(&rows, 0, "moment"), -1500);
    call_free(c);
}

/* A value that does not fit its parameter is the caller's error and never reaches the server. */
static void misfits_are_refused(UNUSED void **state) {
    static const struct {
        size_t place;
        pg_value value;
    } misfits[] = {
        { 1, { .kind = PG_INT, .number = 40000 } },
        { 2, { .kind = PG_INT, .number = 1LL << 31 } },
        { 6, { .kind = PG_TEXT, .bytes = "not-a-uuid", .size = 10 } },
        { 11, { .kind = PG_INT, .number = INT64_MAX } },
        { 11, { .kind = PG_INT, .number = INT64_MIN } },
    };
    for (size_t i = 0; i < countof(misfits); i++) {
        bh_call *c = pgtest_call(pool, 5000);
        pg_value values[KINDS] = { { 0 } };
        values[misfits[i].place] = misfits[i].value;
        pg_rows rows;
        bh_err *err = pg_call_values(c, &pgtest_sql[PGTEST_SQL_KINDS], &rows, values, KINDS);
        assert_non_null(err);
        assert_string_equal(err->reason, "BAD_FIELD");
        assert_non_null(strstr(err->en, pgtest_sql[PGTEST_SQL_KINDS].params[misfits[i].place].name));
        call_free(c);
    }
}

static void check_every(const Bh__Test__Every *m) {
    assert_int_equal(m->small_number, 7);
    assert_int_equal(m->big_number, -8);
    assert_true(m->is_true);
    assert_int_equal(m->colour, BH__TEST__COLOUR__COLOUR_GREEN);
    assert_string_equal(m->text, "文");
    assert_int_equal(m->digest.len, 2);
    assert_memory_equal(m->digest.data, "\0\1", 2);
    assert_int_equal(m->n_numbers, 2);
    assert_int_equal(m->numbers[1], 4);
    assert_int_equal(m->n_texts, 2);
    assert_string_equal(m->texts[0], "甲");
    assert_string_equal(m->texts[1], "");
    assert_int_equal(m->n_flags, 0);
    assert_int_equal(m->choice_case, BH__TEST__EVERY__CHOICE_CHOSEN_NUMBER);
    assert_int_equal(m->chosen_number, 5);
    assert_string_equal(m->line_1_text, "");
}

static void rows_become_messages(UNUSED void **state) {
    bh_call *c = pgtest_call(pool, 5000);
    pg_rows rows;
    assert_null(pg_call_values(c, &pgtest_sql[PGTEST_SQL_EVERY], &rows, NULL, 0));
    size_t n;
    Bh__Test__Every **messages = pg_fill_all(c, &rows, &bh__test__every__descriptor, &n);
    assert_int_equal(n, 1);
    check_every(messages[0]);
    call_free(c);
}

/* The message is the contract: a column it does not have ends the process in the first test that runs it. */
static void a_column_without_a_field_aborts(UNUSED void **state) {
    bh_call *c = pgtest_call(pool, 5000);
    pg_rows rows;
    assert_null(pg_call_values(c, &pgtest_sql[PGTEST_SQL_MISFIT], &rows, NULL, 0));
    pid_t child = fork();
    if (child == 0) {
        Bh__Test__Every message = BH__TEST__EVERY__INIT;
        pg_fill(c, &rows, 0, &message.base);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    call_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_back),
        cmocka_unit_test(null_comes_back),
        cmocka_unit_test(a_plan_is_kept_unless_it_shall_not_be),
        cmocka_unit_test(numerics_are_exact),
        cmocka_unit_test(dates_before_1970_are_read),
        cmocka_unit_test(misfits_are_refused),
        cmocka_unit_test(rows_become_messages),
        cmocka_unit_test(a_column_without_a_field_aborts),
    };
    return cmocka_run_group_tests(tests, open_pool, close_pool);
}
