/* What waits for each post: rows with their kind, last day and moves, in pages by day, found at what is open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "bihuan/v1/task_service.pb-c.h"
#include "integration/task_kit.h"
#include "task_sql.h"

/* It is Monday 2 June 2025, a holiday. Office 10; 20 leads; 21 is co-unit; leader 50. */
static int fresh(void **state) {
    desk_sql(*state, "truncate task.task, task.leg, task.clause, task.milestone, task.application, task.closure");
    return 0;
}

/* In SQL: the task that was put last. */
#define T "current_setting('test.task')::uuid"

/* A task in this state with the legs of 20 and 21 in theirs; `set` is more SQL about it. */
static char *put(desk *d, int state, int lead_leg, int co_leg, const char *set) {
    char *task = desk_request_id(d);
    desk_sql(d,
             "insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, "
             "office_unit, lead_unit, leader_ids, issuer, suspended_on, review_day, verifiers, created_ms, position) "
             "values (1, '%s', 5, sha256(''), %d, '1.1', 't', 'r', '2025-12-31', false, 10, 20, '{50}', 3, %s, %s, "
             "'{2}', 1700000000000, 1);"
             "insert into task.leg (site_id, task_id, unit_id, role, state, acknowledge_by, opinion) values "
             "(1, '%s', 20, 1, %d, '2025-05-30', ''), (1, '%s', 21, 2, %d, '2025-06-05', 'too short')",
             task, state, state == 5 ? "'2025-05-06'" : "null", state == 5 ? "'2025-06-02'" : "null", task, lead_leg,
             task, co_leg);
    if (*set)
        desk_sql(d, "select set_config('test.task', '%s', false); %s", task, set);
    return task;
}

static Bh__ListTodoResponse *page(desk *d, const char *who, int32_t size, char *token) {
    Bh__ListTodoRequest request = BH__LIST_TODO_REQUEST__INIT;
    Bh__ListTodoResponse *response;
    request.page_size = size;
    request.page_token = token;
    assert_null(ASK(d, "ListTodo", person_named(who), request, &response));
    return response;
}

/* "MOVE due +late item: moves; missing" of all rows, a line each. */
static const char *rows(desk *d, const char *who) {
    const Bh__ListTodoResponse *response = page(d, who, 0, (char *) "");
    buf out;
    buf_init(&out, desk_mem(d));
    for (size_t i = 0; i < response->n_todos; i++) {
        const Bh__Todo *t = response->todos[i];
        const char *kind =
            protobuf_c_enum_descriptor_get_value(&bh__todo_kind__descriptor, t->kind)->name + strlen("TODO_KIND_");
        buf_addf(&out, "%s%s %s +%d %s:", i ? "\n" : "", kind, t->due, t->overdue_workdays, t->item);
        for (size_t m = 0; m < t->n_moves; m++)
            buf_addf(&out, " %s", t->moves[m]);
        for (size_t m = 0; m < t->n_missing; m++)
            buf_addf(&out, " %s", t->missing[m]);
    }
    return out.s;
}

static void a_draft_says_all_that_is_missing(void **state) {
    desk *d = *state;
    put(d, 1, 1, 1,
        "update task.task set deadline = null, result = '' where task_id = " T "; insert into task.clause (site_id, "
        "task_id, clause_no, text) values (1, " T ", 1, 'c')");
    assert_string_equal(rows(d, "drafter"), "DRAFT  +0 : NO_DEADLINE NO_RESULT CLAUSE_OPEN");
    const Bh__Todo *t = page(d, "drafter", 0, (char *) "")->todos[0];
    assert_string_equal(
        t->message_zh,
        "尚未设定完成期限（须为工作日），请设定：bihuan task revise 任务 --deadline 日期；"
        "尚无可衡量的成果（数字，或具名的交付物及其佐证），请填写：bihuan task revise 任务 --result 成果；"
        "原文仍有分句未覆盖，也未具名豁免，请豁免：bihuan task waive 任务 --clause 序号 --reason 理由");
    assert_non_null(strstr(t->message_en, "A deadline on a workday must be set first: bihuan task revise TASK"));
    fresh(state);
    put(d, 1, 1, 1, "");
    assert_string_equal(rows(d, "drafter"), "MOVE  +0 : SUBMIT");
    assert_string_equal(rows(d, "lead_handler"), "");
}

#define APPLICATION(kind, writer)                                                                                 \
    "insert into task.application (site_id, application_id, task_id, unit_id, kind, state, writer, reason, day, " \
    "other_unit, result) values (1, gen_random_uuid(), " T ", 21, " #kind ", 1, " #writer ", 'storm', "           \
    "'2025-12-30', 90, 'n')"

/* The same words wherever it is asked: in the list, before the command, by the command. */
static void what_is_missing_is_told_alike(void **state) {
    desk *d = *state;
    char *task = put(d, 1, 1, 1, "update task.task set deadline = null, result = '' where task_id = " T);
    const Bh__Todo *t = page(d, "drafter", 0, (char *) "")->todos[0];
    const char *which = desk_text(d, "\"task_id\":\"%s\",\"version\":5", task);
    assert_has(desk_call(d, "ExplainMoves", person_named("drafter"), "\"task_id\":\"%s\"", task), t->message_zh);
    assert_has(desk_call(d, "SubmitTask", person_named("drafter"), "%s", which), t->message_zh);
}

/* Whoever decides it is not asked to complete the draft. */
static void an_application_about_a_draft_is_an_application(void **state) {
    desk *d = *state;
    put(d, 1, 1, 1, "update task.task set result = '' where task_id = " T "; " APPLICATION(5, 22));
    assert_has(rows(d, "office_head"), "APPLICATION ");
    assert_has(rows(d, "office_head"), ": GRANT_TERMINATION REFUSE_APPLICATION");
    assert_string_equal(page(d, "office_head", 0, (char *) "")->todos[0]->message_zh, "unit 21：storm");
    assert_string_equal(rows(d, "drafter"), "DRAFT  +0 : NO_RESULT");
}

static void a_handler_has_legs_to_acknowledge_and_to_close(void **state) {
    desk *d = *state;
    char *task = put(d, 3, 1, 1, "");
    assert_string_equal(rows(d, "lead_handler"), "MOVE 2025-05-30 +0 : ACKNOWLEDGE");
    assert_string_equal(rows(d, "co_handler"), "MOVE 2025-06-05 +0 : ACKNOWLEDGE");
    desk_sql(d, "update task.task set state = 4 where task_id = '%s'; update task.leg set state = 2", task);
    assert_string_equal(rows(d, "lead_handler"), "MOVE 2025-12-31 +0 : REQUEST_CLOSURE");
    assert_string_equal(rows(d, "co_handler"), "MOVE 2025-12-31 +0 : SUBMIT_LEG");
    const Bh__Task *t = page(d, "co_handler", 0, (char *) "")->todos[0]->task;
    assert_string_equal(t->lead_unit_name, "unit 20");
    assert_string_equal(t->clock_holder, "unit");
}

#define CLOSURE                                                                                         \
    "update task.task set closure_no = 1, answer_by = '2025-06-09' where task_id = " T "; insert into " \
    "task.closure (site_id, task_id, closure_no, text, state, writer) values (1, " T ", 1, 't', 1, 11)"

static void heads_answer_a_closing_text_and_the_office_rules(void **state) {
    desk *d = *state;
    put(d, 4, 2, 3, CLOSURE);
    assert_string_equal(rows(d, "lead_handler"), "");
    assert_string_equal(rows(d, "co_head"), "MOVE 2025-06-09 +0 : COUNTERSIGN");
    assert_string_equal(rows(d, "lead_head"), "");
    desk_sql(d, "update task.leg set state = 5 where unit_id = 21");
    assert_string_equal(rows(d, "co_head"), "");
    assert_string_equal(rows(d, "office_head"), "DISSENT  +0 21: UPHOLD OVERRULE");
    assert_string_equal(page(d, "office_head", 0, (char *) "")->todos[0]->message_zh, "unit 21：too short");
    assert_string_equal(rows(d, "other_office"), "");
    desk_sql(d, "update task.leg set state = 4 where unit_id = 21");
    assert_string_equal(rows(d, "lead_head"), "MOVE 2025-12-31 +0 : SIGN_CLOSURE");
}

/* What is asked stands before whoever decides. */
static void asks(desk *d, int kind, const char *message) {
    desk_sql(d, "update task.application set kind = %d", kind);
    assert_string_equal(page(d, "office_head", 0, (char *) "")->todos[0]->message_zh, message);
}

static void an_application_waits_for_who_decides_it(void **state) {
    desk *d = *state;
    put(d, 4, 2, 2, APPLICATION(2, 22));
    const Bh__ListTodoResponse *response = page(d, "office_head", 0, (char *) "");
    assert_int_equal(response->n_todos, 1);
    assert_string_equal(response->todos[0]->item, desk_sql(d, "select application_id from task.application"));
    assert_string_equal(response->todos[0]->message_en, "unit 21: storm (until 2025-12-30)");
    assert_string_equal(response->todos[0]->moves[0], "GRANT_EXTENSION");
    assert_string_equal(response->todos[0]->moves[1], "REFUSE_APPLICATION");
    assert_int_equal(response->todos[0]->n_moves, 2);
    assert_string_equal(rows(d, "leader"), "");
    asks(d, 1, "unit 21：storm（应由 unit 90）");
    asks(d, 3, "unit 21：storm（复查 2025-12-30）");
    asks(d, 4, "unit 21：storm（成果改为 n）");
    asks(d, 5, "unit 21：storm");
    desk_sql(d, "update task.task set is_key = true");
    assert_string_equal(rows(d, "office_head"), "");
    assert_non_null(strstr(rows(d, "leader"), ": GRANT_TERMINATION REFUSE_APPLICATION"));
    desk_sql(d, "update task.application set writer = 50");
    assert_string_equal(rows(d, "leader"), "");
}

/* One that is due soon, one far ahead. */
#define MILESTONES                                                                                           \
    "insert into task.milestone (site_id, task_id, milestone_no, title, due) values (1, " T ", 1, 'first', " \
    "'2025-05-29'), (1, " T ", 2, 'second', '2025-06-16'), (1, " T ", 3, 'third', '2025-06-18')"

static void a_milestone_waits_for_one_after_the_other(void **state) {
    desk *d = *state;
    put(d, 4, 2, 2, MILESTONES);
    assert_string_equal(rows(d, "lead_handler"),
                        "MILESTONE 2025-05-29 +1 1: REPORT_MILESTONE\nMILESTONE 2025-06-16 +0 2: REPORT_MILESTONE\n"
                        "MOVE 2025-12-31 +0 : REQUEST_CLOSURE");
    assert_string_equal(page(d, "lead_handler", 0, (char *) "")->todos[0]->message_zh, "first");
    desk_sql(d, "update task.milestone set state = milestone_no");
    assert_string_equal(rows(d, "lead_head"), "MILESTONE 2025-06-16 +0 2: APPROVE_MILESTONE");
    assert_string_equal(rows(d, "verifier"), "MILESTONE  +0 3: CONFIRM_MILESTONE");
    assert_string_equal(rows(d, "co_head"), "");
}

static void office_and_leader_have_their_states(void **state) {
    desk *d = *state;
    put(d, 2, 1, 1, "");
    assert_string_equal(rows(d, "office_head"), "MOVE  +0 : ISSUE");
    fresh(state);
    put(d, 5, 2, 2, "");
    assert_string_equal(rows(d, "office_head"), "MOVE 2025-06-02 +0 : RESUME");
    desk_sql(d, "update task.task set review_day = '2025-06-03'");
    assert_string_equal(rows(d, "office_head"), "");
    fresh(state);
    put(d, 6, 3, 4, "update task.task set verifiers = '{}' where task_id = " T);
    assert_string_equal(rows(d, "verifier"), "MOVE  +0 : VERIFY");
    fresh(state);
    put(d, 7, 3, 4, "");
    assert_string_equal(rows(d, "leader"), "MOVE  +0 : SIGN_OFF");
    assert_string_equal(rows(d, "leader2"), "");
    assert_string_equal(rows(d, "auditor"), "");
}

/* Page by page the same rows in the same order, also across pages of which nothing is the caller's to settle. */
static void pages_go_by_the_last_day(void **state) {
    static const char *const days[] = { "2025-05-29", "2025-06-16", "2025-12-31", "2025-12-31" };
    desk *d = *state;
    put(d, 4, 2, 2, MILESTONES);
    put(d, 4, 2, 2, "");
    char *token = (char *) "";
    for (size_t i = 0; i < countof(days); i++) {
        Bh__ListTodoResponse *response = page(d, "lead_handler", 1, token);
        assert_int_equal(response->n_todos, 1);
        assert_string_equal(response->todos[0]->due, days[i]);
        token = response->next_page_token;
    }
    assert_int_equal(page(d, "lead_handler", 1, token)->n_todos, 0);
    static const refusal refusals[] = {
        { "ListTodo", &persons[0], "\"page_token\":\"x/1/1/y/\"", "!BAD_FIELD" },
        { "ListTodo", &persons[0], "\"page_token\":\"2025-01-01/1/1\"", "!BAD_FIELD" },
        { "ListTodo", &persons[0], "\"page_size\":501", "!BAD_FIELD" },
    };
    assert_refused(d, refusals, countof(refusals));
}

/* A thousand closed tasks of the same office and units, with what belongs to them. */
static void put_closed(desk *d) {
    desk_sql(d,
             "insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, "
             "office_unit, lead_unit, leader_ids, issuer, verifiers, signed_leaders, created_ms, position) select 1, "
             "gen_random_uuid(), 5, sha256(''), 8, n::text, 't', 'r', '2025-12-31', false, 10, 20, '{50}', 3, '{2}', "
             "'{50}', n, n from generate_series(1, 1000) n;"
             "insert into task.leg (site_id, task_id, unit_id, role, state) select 1, task_id, u, 1, 7 from "
             "task.task, unnest('{20,21}'::int[]) u;"
             "insert into task.milestone (site_id, task_id, milestone_no, title, due, state) select 1, task_id, 1, "
             "'m', '2025-05-01', 4 from task.task;"
             "insert into task.closure (site_id, task_id, closure_no, text, state, writer) select 1, task_id, 1, 't', "
             "6, 11 from task.task;"
             "insert into task.application (site_id, application_id, task_id, unit_id, kind, state, writer, reason) "
             "select 1, gen_random_uuid(), task_id, 20, 5, 3, 12, 'r' from task.task;"
             "analyze task.task, task.leg, task.milestone, task.closure, task.application");
}

/* With the settings of the service's connections, no branch begins at all tasks, all legs or a list in their order, and
 * a task is found by its key. */
static void what_is_closed_costs_nothing(void **state) {
    put_closed(*state);
    static const char *const indexes[] = { "\"task_open\"",        "\"leg_open\"",           "\"leg_dissent\"",
                                           "\"application_open\"", "\"milestone_approved\"", "\"task_pkey\"" };
    const char *plan = desk_sql(
        *state,
        "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set enable_material = off; "
        "set plan_cache_mode = force_generic_plan; prepare todo as %s; explain (format json) execute todo(1, 1, 10, 5, "
        "0, '{2}', null, 0, 0, null, '', '2025-06-16', '2025-06-02', 0, 0, 100)",
        task_sql[TASK_SQL_TODO].text);
    for (size_t i = 0; i < countof(indexes); i++)
        if (!strstr(plan, indexes[i]))
            fail_msg("%s is not used: %s", indexes[i], plan);
    assert_null(strstr(plan, "\"task_order\""));
    assert_null(strstr(plan, "\"task_no\""));
    assert_string_equal(rows(*state, "lead_handler"), "");
    assert_null(strstr(plan, "\"Seq Scan\""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_draft_says_all_that_is_missing, fresh),
        cmocka_unit_test_setup(what_is_missing_is_told_alike, fresh),
        cmocka_unit_test_setup(an_application_about_a_draft_is_an_application, fresh),
        cmocka_unit_test_setup(a_handler_has_legs_to_acknowledge_and_to_close, fresh),
        cmocka_unit_test_setup(heads_answer_a_closing_text_and_the_office_rules, fresh),
        cmocka_unit_test_setup(an_application_waits_for_who_decides_it, fresh),
        cmocka_unit_test_setup(a_milestone_waits_for_one_after_the_other, fresh),
        cmocka_unit_test_setup(office_and_leader_have_their_states, fresh),
        cmocka_unit_test_setup(pages_go_by_the_last_day, fresh),
        cmocka_unit_test_setup(what_is_closed_costs_nothing, fresh),
    };
    return cmocka_run_group_tests(tests, task_setup, desk_teardown);
}
