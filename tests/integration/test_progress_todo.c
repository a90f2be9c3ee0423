/* Reports that wait for somebody, in pages by their last day, found at what is not approved yet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bihuan/v1/progress_service.pb-c.h"
#include "domain/calendar.h"
#include "integration/progress_kit.h"
#include "progress_sql.h"

static const principal handler = { .user_id = 1, .unit_id = 10, .post = POST_HANDLER, .login = "handler10" };
static const principal head = { .user_id = 2, .unit_id = 10, .post = POST_HEAD, .login = "head10" };
static const principal handler_as_head = { .user_id = 1, .unit_id = 10, .post = POST_HEAD, .login = "handler10" };
static const principal handler11 = { .user_id = 3, .unit_id = 11, .post = POST_HANDLER, .login = "handler11" };
static const principal verifier = { .user_id = 8, .unit_id = 90, .post = POST_VERIFIER, .login = "verifier90" };
static const principal operator01 = { .user_id = 12, .unit_id = 3, .post = POST_OPERATOR, .login = "operator01" };

/* Thursday 3 July 2025: an active task on which unit 10 acts; June is open and due since Monday, May was sent back. */
static int fresh(void **state) {
    desk *d = *state;
    desk_sql(d, "truncate progress.sheet, progress.task_view; insert into progress.task_view (site_id, task_id, "
                "version, state, no, text, office_unit_id, unit_ids, leader_ids, acting_unit_ids) values "
                "(1, '" TASK "', 1, 4, '1.1', 'a road', 90, '{10,11}', '{50}', '{10}');"
                "insert into progress.sheet (site_id, report_id, task_id, unit_id, period, due, version, state, "
                "content_version, submitted_by, note) values "
                "(1, gen_random_uuid(), '" TASK "', 10, '2025-06-01', '2025-06-30', 0, 1, 0, 0, ''), "
                "(1, gen_random_uuid(), '" TASK "', 10, '2025-05-01', '2025-05-30', 2, 3, 1, 1, 'no map'), "
                "(1, gen_random_uuid(), '" TASK "', 11, '2025-06-01', '2025-06-30', 0, 1, 0, 0, '')");
    desk_set_clock(d, (int64_t) day_of(2025, 7, 3) * 86400000 + 4 * 3600000);
    return 0;
}

static int setup(void **state) {
    *state = desk_open(&progress_service);
    return 0;
}

static Bh__ListReportTodoResponse *page(desk *d, const principal *who, int32_t size, char *token) {
    Bh__ListReportTodoRequest request = BH__LIST_REPORT_TODO_REQUEST__INIT;
    Bh__ListReportTodoResponse *response;
    request.page_size = size;
    request.page_token = token;
    assert_null(ASK(d, "ListReportTodo", who, request, &response));
    return response;
}

static size_t count(desk *d, const principal *who) {
    return page(d, who, 0, (char *) "")->n_todos;
}

static void a_handler_writes_what_is_open_or_was_sent_back(void **state) {
    const Bh__ListReportTodoResponse *response = page(*state, &handler, 0, (char *) "");
    assert_int_equal(response->n_todos, 2);
    const Bh__Todo *may = response->todos[0], *june = response->todos[1];
    assert_int_equal(may->kind, BH__TODO_KIND__TODO_KIND_REPORT_RETURNED);
    assert_string_equal(may->message_zh, "2025-05：no map");
    assert_string_equal(may->message_en, "2025-05: no map");
    assert_int_equal(june->kind, BH__TODO_KIND__TODO_KIND_REPORT);
    assert_string_equal(june->message_zh, "2025-06");
    assert_string_equal(june->due, "2025-06-30");
    assert_int_equal(june->overdue_workdays, 3);
    assert_string_equal(june->item,
                        desk_sql(*state, "select report_id from progress.sheet where unit_id = 10 and state = 1"));
    assert_string_equal(june->task->no, "1.1");
    assert_int_equal(june->task->office_unit_id, 90);
}

static void a_head_judges_what_another_wrote(void **state) {
    assert_int_equal(count(*state, &head), 0);
    desk_sql(*state, "update progress.sheet set state = 2 where period = '2025-05-01'");
    assert_int_equal(page(*state, &head, 0, (char *) "")->todos[0]->kind, BH__TODO_KIND__TODO_KIND_REPORT_REVIEW);
    assert_string_equal(page(*state, &head, 0, (char *) "")->todos[0]->message_zh, "2025-05");
    assert_int_equal(count(*state, &handler_as_head), 0);
    assert_int_equal(count(*state, &handler), 1);
}

static void nothing_waits_where_nothing_is_owed(void **state) {
    assert_int_equal(count(*state, &handler11), 0); /* its leg does not act */
    assert_int_equal(count(*state, &verifier), 0);
    desk_sql(*state, "update progress.task_view set state = 5");
    assert_int_equal(count(*state, &handler), 0);
}

static void pages_go_by_the_last_day(void **state) {
    const Bh__ListReportTodoResponse *first = page(*state, &handler, 1, (char *) "");
    const Bh__ListReportTodoResponse *second = page(*state, &handler, 1, first->next_page_token);
    assert_string_equal(first->todos[0]->due, "2025-05-30");
    assert_string_equal(second->todos[0]->due, "2025-06-30");
    assert_int_equal(page(*state, &handler, 1, second->next_page_token)->n_todos, 0);
    static const refusal refusals[] = {
        { "ListReportTodo", &handler, "\"page_token\":\"x/y\"", "!BAD_FIELD" },
        { "ListReportTodo", &handler, "\"page_token\":\"2025-05-30/y\"", "!BAD_FIELD" },
        { "ListReportTodo", &handler, "\"page_size\":501", "!BAD_FIELD" },
        { "ListReportTodo", &operator01, "\"page_size\":1", "!POST_REFUSED" },
    };
    assert_refused(*state, refusals, countof(refusals));
}

/* With the settings of the service's connections. */
static void what_is_approved_costs_nothing(void **state) {
    const char *plan = desk_sql(
        *state,
        "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set enable_material = off; "
        "set plan_cache_mode = force_generic_plan; prepare todo as %s; explain (format json) execute todo(1, 10, 1, "
        "10, 16, null, null, 100)",
        progress_sql[PROGRESS_SQL_TODO].text);
    assert_has(plan, "\"sheet_open\"");
    assert_null(strstr(plan, "\"Seq Scan\""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_handler_writes_what_is_open_or_was_sent_back, fresh),
        cmocka_unit_test_setup(a_head_judges_what_another_wrote, fresh),
        cmocka_unit_test_setup(nothing_waits_where_nothing_is_owed, fresh),
        cmocka_unit_test_setup(pages_go_by_the_last_day, fresh),
        cmocka_unit_test_setup(what_is_approved_costs_nothing, fresh),
    };
    return cmocka_run_group_tests(tests, setup, desk_teardown);
}
