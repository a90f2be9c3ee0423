/* Plain statements: every kind there and back, every way to fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "integration/pg_schema.h"
#include "integration/pgtemp.h"
#include "pgtest_sql.h"

static pg_pool *pool;

static pg_options options_of(const char *conninfo) {
    return (pg_options){
        .conninfo = conninfo, .connections = 1, .readers = 2, .set_max = 64, .statement_timeout_ms = 2000
    };
}

static int open_pool(UNUSED void **state) {
    const char *conninfo = getenv("BIHUAN_TEST_DATABASE");
    assert_non_null(conninfo);
    pgtemp_sql(conninfo, pg_schema);
    bh_call *c = call_new("test", 5000);
    pg_options options = options_of(conninfo);
    assert_null(pg_pool_open(c, &options, pgtest_sql, PGTEST_SQL_COUNT, &pool));
    call_free(c);
    return 0;
}

static int close_pool(UNUSED void **state) {
    pg_pool_close(pool);
    return 0;
}

static bh_call *new_call(void) {
    bh_call *c = call_new("test", 5000);
    c->backend = pool;
    return c;
}

static const uuid some_id = { { 0x01, 0x99, 0xab, 0xcd, 0, 0, 0x70, 0, 0x80, 0, 1, 2, 3, 4, 5, 6 } };
static const char hard_text[] = "签\"批\\ {,} ' 销号";

static void check_kinds(const pg_rows *rows) {
    assert_int_equal(rows->count, 1);
    assert_int_equal(pg_get_int(rows, 0, "flag"), 1);
    assert_int_equal(pg_get_int(rows, 0, "small"), -7);
    assert_int_equal(pg_get_int(rows, 0, "medium"), INT32_MIN);
    assert_true(pg_get_int(rows, 0, "large") == INT64_MAX);
    assert_string_equal(pg_get_text(rows, 0, "large"), "9223372036854775807");
    assert_string_equal(pg_get_text(rows, 0, "words"), hard_text);
    size_t size;
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
}

static void plain_kinds_come_back(UNUSED void **state) {
    bh_call *c = new_call();
    pg_rows rows;
    const int32_t units[] = { 3, -1, 2 };
    const char *const tags[] = { hard_text, "", "null" };
    assert_null(pg_call(c, &pgtest_sql[PGTEST_SQL_KINDS], &rows, pg_bool(true), pg_int(-7), pg_int(INT32_MIN),
                        pg_int(INT64_MAX), pg_text(hard_text), pg_bytes("a\0b", 3), pg_uuid(&some_id), pg_date(20453),
                        pg_text("-1234567.0800"), pg_text("{\"a\": 1}"), pg_text("{\"a\": 1}"), pg_int(1735689600123),
                        pg_ints(units, 3), pg_texts(tags, 3)));
    check_kinds(&rows);
    call_free(c);
}

static void set_kinds_come_back(UNUSED void **state) {
    bh_call *c = new_call();
    pg_rows rows;
    const int32_t units[] = { 3, -1, 2 };
    const char *const tags[] = { hard_text, "", "null" };
    assert_null(pg_call(c, &pgtest_sql[PGTEST_SQL_KINDS_SET], &rows, pg_bool(true), pg_int(-7), pg_int(INT32_MIN),
                        pg_int(INT64_MAX), pg_text(hard_text), pg_bytes("a\0b", 3), pg_uuid(&some_id), pg_date(20453),
                        pg_text("-1234567.0800"), pg_text("{\"a\": 1}"), pg_text("{\"a\": 1}"), pg_int(1735689600123),
                        pg_ints(units, 3), pg_texts(tags, 3)));
    check_kinds(&rows);
    call_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_kinds_come_back),
        cmocka_unit_test(set_kinds_come_back),
    };
    return cmocka_run_group_tests(tests, open_pool, close_pool);
}
