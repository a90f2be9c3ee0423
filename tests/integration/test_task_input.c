/* What a caller may write into a request: what is no value is refused by name, and nothing reaches the record askew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "integration/task_kit.h"

#define DIGEST "1111111111111111111111111111111111111111111111111111111111111111"
#define UPPER_DIGEST "AB11111111111111111111111111111111111111111111111111111111111111"
/* The first of the document of this digest by the drafter's unit, 10. */
#define IMPORT(fields) "\"import_id\":\"804d9ee1-dcfa-8f0f-a021-de0f50ed049c\",\"round\":1," fields
#define TASK "0196f0a0-0000-8000-8000-000000000002"

/* A string of n letters. */
static const char *letters(desk *d, int n) {
    char *text = desk_text(d, "%*s", n, "");
    memset(text, 'x', (size_t) n);
    return text;
}

/* The drafter's request must be refused for this reason on account of this field. */
static void check_reason(desk *d, const char *method, const char *json, const char *reason, const char *field) {
    const char *answer = desk_call(d, method, person_named("drafter"), "%s", json);
    if (strncmp(answer + 1, reason, strlen(reason)) != 0 || !strstr(answer, field))
        fail_msg("%s {%.120s}: %s; expected %s on %s", method, json, answer, reason, field);
}

static void check(desk *d, const char *method, const char *json, const char *field) {
    check_reason(d, method, json, "BAD_FIELD ", field);
}

static void what_is_no_value_is_refused_by_name(void **state) {
    static const struct {
        const char *method, *json, *field;
    } rows[] = {
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"leader_ids\":[0]}", "draft.leader_ids" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"leader_ids\":[50,50]}", "draft.leader_ids" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"lead_unit_id\":-1}", "draft.lead_unit_id" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"co_unit_ids\":[20,0]}", "draft.co_unit_ids" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"county_unit_ids\":[-3]}", "draft.county_unit_ids" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"clauses\":[\" \"]}", "draft.clauses" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"first_line\":-1}", "draft.first_line" },
        { "ImportTasks", IMPORT("\"document_digest\":\"" DIGEST "\",\"drafts\":[{\"text\":\"t\",\"last_line\":-1}]"),
          "draft.last_line" },
        { "ImportTasks", IMPORT("\"document_digest\":\"" DIGEST "\",\"drafts\":[{\"text\":\"t\"}]"), "drafts.no" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"also_at\":[{\"first_line\":3}]}", "draft.also_at.no" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"also_at\":[{\"no\":\"1\",\"first_line\":-3}]}",
          "draft.also_at.first_line" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"deadline\":\"2025-+9-+1\"}", "deadline" },
        { "ImportTasks", IMPORT("\"document_digest\":\"abc\""), "document_digest" },
        { "ImportTasks", "\"import_id\":\"" TASK "\",\"document_digest\":\"" DIGEST "\"", "round" },
        { "ImportTasks", IMPORT("\"document_digest\":\"" DIGEST "\""), "drafts" },
        { "SplitLeg", "\"task_id\":\"" TASK "\"", "children" },
        { "ImportTasks", IMPORT("\"document_digest\":\"" DIGEST "\",\"target_count\":-1"), "target_count" },
        { "ImportTasks", IMPORT("\"document_digest\":\"" DIGEST "\",\"target_count\":2001"), "target_count" },
        { "ImportTasks", IMPORT("\"document_digest\":\"" UPPER_DIGEST "\""), "document_digest" },
        { "ListImports", "\"document_digest\":\"" UPPER_DIGEST "\"", "document_digest" },
        { "SetTasks", "\"result\":\" \\n\"", "result" },
        { "SetTasks", "\"default_result\":\" \"", "default_result" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"result\":\" \"}", "draft.result" },
        { "Apply", "\"task_id\":\"" TASK "\",\"kind\":4,\"reason\":\"r\",\"result\":\" \"", "result" },
        { "ImportTasks", "\"import_id\":\"" TASK "\",\"round\":1001,\"document_digest\":\"" DIGEST "\"", "round" },
        { "ListImports", "\"document_digest\":\"abc\"", "document_digest" },
        { "ListImports", "\"document_digest\":\"" DIGEST "\",\"page_token\":\"x\"", "page_token" },
        { "WithdrawApplication", "\"task_id\":\"" TASK "\"", "application_id" },
        { "DecideApplication", "\"task_id\":\"" TASK "\",\"kind\":3,\"granted\":true,\"reason\":\"r\"",
          "application_id" },
        { "DecideApplication", "\"task_id\":\"" TASK "\",\"kind\":2,\"reason\":\"r\",\"day\":\"2025-06-03\"", "day" },
        { "DecideApplication", "\"task_id\":\"" TASK "\",\"kind\":2,\"granted\":true,\"day\":\"2025-06-07\"",
          "字段 day " },
        { "Apply", "\"task_id\":\"" TASK "\",\"kind\":2,\"reason\":\"r\",\"day\":\"2025-06-07\"", "字段 day " },
        { "DecideApplication",
          "\"task_id\":\"" TASK "\",\"kind\":3,\"granted\":true,\"reason\":\"r\",\"day\":\"2025-06-03\"", "day" },
        { "WaiveChild", "\"task_id\":\"" TASK "\",\"reason\":\"r\"", "child_task_id" },
        { "WaiveClause", "\"task_id\":\"" TASK "\",\"reason\":\"r\"", "clause_no" },
        { "ApproveMilestone", "\"task_id\":\"" TASK "\",\"milestone_no\":-1", "milestone_no" },
        { "SetTasks", "\"plan_year\":5", "plan_year" },
        { "SetTasks", "\"result\":\"r\",\"tasks\":[{\"task_id\":\"" TASK "\"},{\"task_id\":\"" TASK "\"}]", "tasks" },
        { "Apply", "\"task_id\":\"" TASK "\",\"kind\":3,\"reason\":\"r\",\"day\":\"2025-06-02\"", "day" },
        { "Apply", "\"task_id\":\"" TASK "\",\"kind\":1,\"reason\":\"r\"", "other_unit_id" },
        { "Apply", "\"task_id\":\"" TASK "\",\"kind\":1,\"reason\":\"r\",\"other_unit_id\":-1", "other_unit_id" },
        { "Apply", "\"task_id\":\"" TASK "\",\"kind\":2,\"reason\":\"r\"", "字段 day " },
        { "Apply", "\"task_id\":\"" TASK "\",\"kind\":4,\"reason\":\"r\"", "字段 result " },
        { "Apply", "\"task_id\":\"" TASK "\",\"kind\":6,\"reason\":\"r\"", "kind" },
        /* What a kind does not ask for is not taken either. */
        { "Apply", "\"task_id\":\"" TASK "\",\"kind\":4,\"result\":\"r\",\"day\":\"2025-06-10\"", "字段 day " },
        { "Apply", "\"task_id\":\"" TASK "\",\"kind\":5,\"reason\":\"r\",\"day\":\"2025-06-10\"", "字段 day " },
        { "Apply", "\"task_id\":\"" TASK "\",\"kind\":5,\"reason\":\"r\",\"result\":\"n\"", "字段 result " },
        { "Apply", "\"task_id\":\"" TASK "\",\"kind\":2,\"day\":\"2025-06-10\",\"other_unit_id\":90",
          "字段 other_unit_id " },
        { "SetTasks", "\"plan_year\":-1", "plan_year" },
        { "SetTasks", "\"plan_year\":2147483647", "plan_year" },
        { "SetTasks", "\"milestones\":[{\"title\":\" \",\"due\":\"2025-09-01\"}]", "milestones.title" },
        { "SetTasks", "\"milestones\":[{\"title\":\"m\",\"due\":\"2025-09\"}]", "milestones.due" },
        { "SetTasks", "\"deadline\":\"2025-09-30\",\"milestones\":[{\"title\":\"m\",\"due\":\"2025-10-01\"}]",
          "节点日期 2025-10-01 晚于任务期限 2025-09-30" },
    };
    for (size_t i = 0; i < countof(rows); i++)
        check(*state, rows[i].method, rows[i].json, rows[i].field);
}

/* It is 2 June 2025. A document may be older than that; a day that a person names may not. */
static void a_deadline_is_not_set_in_the_past(void **state) {
    static const struct {
        const char *who, *method, *json;
    } rows[] = {
        { "drafter", "CreateTask", "\"draft\":{\"text\":\"t\",\"deadline\":\"2025-05-30\"}" },
        { "drafter", "SetTasks", "\"deadline\":\"2025-05-30\"" },
        { "lead_head", "SplitLeg",
          "\"task_id\":\"" TASK "\",\"children\":[{\"text\":\"t\",\"deadline\":\"2025-05-30\"}]" },
        { "lead_head", "Apply", "\"task_id\":\"" TASK "\",\"kind\":2,\"reason\":\"r\",\"day\":\"2025-05-30\"" },
    };
    for (size_t i = 0; i < countof(rows); i++) {
        const char *answer = desk_call(*state, rows[i].method, person_named(rows[i].who), "%s", rows[i].json);
        assert_starts(answer, "!DEADLINE_PAST ");
        assert_has(answer, "期限 2025-05-30 已过，请改为 2025-06-03 或以后的工作日");
    }
    assert_starts(desk_call(*state, "CreateTask", person_named("drafter"),
                            "\"draft\":{\"text\":\"t\",\"deadline\":\"2025-06-03\"}"),
                  "{");
    assert_starts(desk_call(*state, "ImportTasks", person_named("drafter"),
                            IMPORT("\"document_digest\":\"" DIGEST "\",\"drafts\":[{\"no\":\"1\","
                                   "\"text\":\"t\",\"deadline\":\"2025-05-30\"}]")),
                  "{");
}

/* The years of calendar_days.def end long before 2040, whose 2 January is a Monday. */
static void a_year_without_a_calendar_is_provisional(void **state) {
    desk *d = *state;
    const principal *drafter = person_named("drafter");
    desk_sql(d, "truncate task.task, task.leg, task.clause, task.event, task.import, task.idem");
    const char *made = desk_call(d, "CreateTask", drafter,
                                 "\"draft\":{\"text\":\"t\",\"deadline\":\"2040-01-02\",\"lead_unit_id\":20,"
                                 "\"leader_ids\":[50],\"result\":\"r\"}");
    const char *task = desk_value(d, made, "task_id");
    assert_has(desk_call(d, "GetTask", drafter, "\"task_id\":\"%s\"", task), "\"is_provisional\":true");
    assert_has(desk_call(d, "ListTasks", drafter, "\"page_size\":5"), "\"is_provisional\":true");
    assert_has(desk_call(d, "ListTodo", drafter, "\"page_size\":5"), "\"is_provisional\":true");
}

/* A task is found by every number its document gives it, and tells them all. */
static void a_task_keeps_all_its_places(void **state) {
    desk *d = *state;
    const principal *drafter = person_named("drafter");
    desk_sql(d, "truncate task.task, task.leg, task.clause, task.event, task.import, task.idem");
    desk_call(d, "CreateTask", drafter, "\"draft\":{\"text\":\"other\",\"no\":\"3.1\"}");
    const char *made = desk_call(d, "CreateTask", drafter,
                                 "\"draft\":{\"text\":\"t\",\"no\":\"1.1\",\"first_line\":3,\"last_line\":4,"
                                 "\"also_at\":[{\"no\":\"2.1\",\"first_line\":7,\"last_line\":8}]}");
    const char *task = desk_value(d, made, "task_id");
    assert_has(desk_call(d, "GetTask", drafter, "\"task_id\":\"%s\"", task),
               "\"also_at\":[{\"no\":\"2.1\",\"first_line\":7,\"last_line\":8}]");
    static const char *const numbers[] = { "1.1", "2.1" };
    for (size_t i = 0; i < countof(numbers); i++)
        assert_string_equal(desk_value(d, desk_call(d, "ListTasks", drafter, "\"no\":\"%s\"", numbers[i]), "task_id"),
                            task);
}

static void names_and_titles_are_one_line(void **state) {
    static const struct {
        const char *method, *json, *field;
    } rows[] = {
        { "CreateTask", "\"draft\":{\"text\":\"a\\nb\"}", "draft.text" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"no\":\"1\\t1\"}", "draft.no" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"clauses\":[\"\\u001b[2J\"]}", "draft.clauses" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"result\":\"a\\u0007\"}", "draft.result" },
        { "ImportTasks", IMPORT("\"document_number\":\"a\\nb\""), "document_number" },
        { "ImportTasks", IMPORT("\"document_title\":\"a\\nb\""), "document_title" },
        { "SetTasks", "\"milestones\":[{\"title\":\"a\\nb\",\"due\":\"2025-09-01\"}]", "milestones.title" },
        { "SetTasks", "\"result\":\"a\\rb\"", "result" },
        { "Apply", "\"task_id\":\"" TASK "\",\"kind\":5,\"reason\":\"a\\u001bb\"", "reason" },
    };
    for (size_t i = 0; i < countof(rows); i++)
        check_reason(*state, rows[i].method, rows[i].json, "CONTROL_CHARACTER ", rows[i].field);
    assert_has(desk_call(*state, "CreateTask", person_named("drafter"),
                         "\"draft\":{\"text\":\"t\",\"result\":\"one\\n\\ttwo\"}"),
               "\"version\":1");
}

static void what_is_too_long_is_refused_by_name(void **state) {
    static const struct {
        const char *method, *json, *field;
        int size;
    } rows[] = {
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"no\":\"%s\"}", "draft.no", 501 },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"clauses\":[\"%s\"]}", "draft.clauses", 8001 },
        { "ImportTasks", IMPORT("\"document_digest\":\"%s\""), "document_digest", 70000 },
        { "ImportTasks", IMPORT("\"document_digest\":\"" DIGEST "\",\"document_number\":\"%s\""), "document_number",
          501 },
        { "ImportTasks", IMPORT("\"document_digest\":\"" DIGEST "\",\"document_title\":\"%s\""), "document_title",
          8001 },
        { "SetTasks", "\"result\":\"%s\"", "result", 8001 },
        { "SetTasks", "\"milestones\":[{\"due\":\"2025-09-01\",\"title\":\"%s\"}]", "milestones.title", 501 },
        { "Apply", "\"task_id\":\"" TASK "\",\"kind\":4,\"reason\":\"r\",\"result\":\"%s\"", "result", 8001 },
    };
    for (size_t i = 0; i < countof(rows); i++) {
        const char *at = strstr(rows[i].json, "%s");
        int head = (int) (at - rows[i].json);
        check(*state, rows[i].method,
              desk_text(*state, "%.*s%s%s", head, rows[i].json, letters(*state, rows[i].size), at + 2), rows[i].field);
    }
}

static void filters_and_page_tokens_are_read_to_the_letter(void **state) {
    static const struct {
        const char *method, *json, *field;
    } rows[] = {
        { "ListTasks", "\"import_id\":\"garbage\"", "import_id" },
        { "ListTasks", "\"parent_task_id\":\"garbage\"", "parent_task_id" },
        { "ListTasks", "\"page_token\":\"a/1/" TASK "\"", "page_token" },
        { "ListTasks", "\"page_token\":\"1/99999999999/" TASK "\"", "page_token" },
        { "ListTasks", "\"page_token\":\"99999999999999999999/1/" TASK "\"", "page_token" },
        { "ListTaskEvents", "\"task_id\":\"" TASK "\",\"page_token\":\"1x\"", "page_token" },
        { "ListTaskEvents", "\"task_id\":\"" TASK "\",\"page_token\":\" 1\"", "page_token" },
        { "ListTaskEvents", "\"task_id\":\"" TASK "\",\"page_token\":\"-1\"", "page_token" },
    };
    for (size_t i = 0; i < countof(rows); i++)
        check(*state, rows[i].method, rows[i].json, rows[i].field);
    assert_starts(desk_call(*state, "ListTasks", person_named("drafter"),
                            "\"import_id\":\"" TASK "\",\"parent_task_id\":\"\",\"page_token\":\"1/2/" TASK "\""),
                  "{");
}

static const char *entries_with(desk *d, const char *text) {
    return desk_sql(d, "select count(*) from audit.pending where position('%s'::bytea in leaf) > 0", text);
}

/* A verifier compares object ids as bytes: an entry under another spelling would look like a chain without a start. */
static void the_record_has_one_spelling_of_an_id(void **state) {
    desk *d = *state;
    const principal *drafter = person_named("drafter");
    desk_sql(d, "insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, is_key, "
                "office_unit, leader_ids, created_ms, position) values (1, '0196fabc-def0-7abc-8def-abcdefabcdef', 1, "
                "sha256(''), 1, '', 't', '', false, 10, '{}', 1700000000000, 1)");
    assert_starts(desk_call(d, "SetTasks", drafter,
                            "\"result\":\"r\",\"tasks\":[{\"task_id\":\"0196FABC-DEF0-7ABC-8DEF-ABCDEFABCDEF\","
                            "\"version\":1}]"),
                  "{");
    assert_string_equal(entries_with(d, "0196fabc-def0-7abc-8def-abcdefabcdef"), "1");
    assert_string_equal(entries_with(d, "0196FABC"), "0");
    assert_starts(
        desk_call_as(d, "CreateTask", drafter, "01972DAB-CDE0-7ABC-8DEF-ABCDEFABCDEF", "\"draft\":{\"text\":\"t\"}"),
        "{");
    assert_string_equal(entries_with(d, "01972dab-cde0-7abc-8def-abcdefabcdef"), "1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_value_is_refused_by_name),
        cmocka_unit_test(a_deadline_is_not_set_in_the_past),
        cmocka_unit_test(a_year_without_a_calendar_is_provisional),
        cmocka_unit_test(a_task_keeps_all_its_places),
        cmocka_unit_test(names_and_titles_are_one_line),
        cmocka_unit_test(what_is_too_long_is_refused_by_name),
        cmocka_unit_test(filters_and_page_tokens_are_read_to_the_letter),
        cmocka_unit_test(the_record_has_one_spelling_of_an_id),
    };
    return cmocka_run_group_tests(tests, task_setup, desk_teardown);
}
