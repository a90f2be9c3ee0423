/* What a caller may write into a request: what is no value is refused by name, and nothing reaches the record askew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "task_harness.h"

#define DIGEST "1111111111111111111111111111111111111111111111111111111111111111"
#define IMPORT(fields) "\"import_id\":\"0196f0a0-0000-8000-8000-000000000001\"," fields
#define TASK "0196f0a0-0000-8000-8000-000000000002"

/* A string of n letters. */
static const char *letters(arena *mem, int n) {
    char *text = arena_alloc(mem, (size_t) n + 1);
    memset(text, 'x', (size_t) n);
    text[n] = '\0';
    return text;
}

static void check(const char *method, const char *json, told t, const char *reason, const char *field) {
    if (strcmp(t.reason, reason) != 0 || !strstr(t.zh, field))
        fail_msg("%s {%.120s}: %s %s; expected %s on %s", method, json, t.reason, t.zh, reason, field);
}

static void what_is_no_value_is_refused_by_name(void **unused) {
    (void) unused;
    static const struct {
        const char *method, *json, *field;
    } rows[] = {
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"leader_ids\":[0]}", "draft.leader_ids" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"lead_unit_id\":-1}", "draft.lead_unit_id" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"co_unit_ids\":[20,0]}", "draft.co_unit_ids" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"county_unit_ids\":[-3]}", "draft.county_unit_ids" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"clauses\":[\" \"]}", "draft.clauses" },
        { "CreateTask", "\"draft\":{\"text\":\"t\",\"deadline\":\"2025-+9-+1\"}", "deadline" },
        { "ImportTasks", IMPORT("\"document_digest\":\"abc\""), "document_digest" },
        { "SetTasks", "\"plan_year\":5", "plan_year" },
        { "SetTasks", "\"plan_year\":-1", "plan_year" },
        { "SetTasks", "\"plan_year\":2147483647", "plan_year" },
        { "SetTasks", "\"milestones\":[{\"title\":\" \",\"due\":\"2025-09-01\"}]", "milestones.title" },
        { "SetTasks", "\"milestones\":[{\"title\":\"m\",\"due\":\"2025-09\"}]", "milestones.due" },
    };
    pg_pool *pool = harness_open();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(rows[i].method, rows[i].json,
              harness_do(pool, person_named("drafter"), rows[i].method, NULL, rows[i].json), "BAD_FIELD",
              rows[i].field);
    harness_close(pool);
}

static void what_is_too_long_is_refused_by_name(void **unused) {
    (void) unused;
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
    pg_pool *pool = harness_open();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        arena *mem = arena_new(1 << 20);
        const char *at = strstr(rows[i].json, "%s");
        const char *json =
            arena_printf(mem, "%.*s%s%s", (int) (at - rows[i].json), rows[i].json, letters(mem, rows[i].size), at + 2);
        check(rows[i].method, json, harness_do(pool, person_named("drafter"), rows[i].method, NULL, json), "BAD_FIELD",
              rows[i].field);
        arena_free(mem);
    }
    harness_close(pool);
}

static void filters_and_page_tokens_are_read_to_the_letter(void **unused) {
    (void) unused;
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
    pg_pool *pool = harness_open();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(rows[i].method, rows[i].json, harness_ask(pool, person_named("drafter"), rows[i].method, rows[i].json),
              "BAD_FIELD", rows[i].field);
    told t = harness_ask(pool, person_named("drafter"), "ListTasks",
                         "\"import_id\":\"" TASK "\",\"parent_task_id\":\"\",\"page_token\":\"1/2/" TASK "\"");
    assert_string_equal(t.reason, "OK");
    harness_close(pool);
}

/* A verifier compares object ids as bytes: an entry under another spelling would look like a chain without a start. */
static void the_record_has_one_spelling_of_an_id(void **unused) {
    (void) unused;
    pg_pool *pool = harness_open();
    const person *drafter = person_named("drafter");
    harness_sql("insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, is_key, "
                "office_unit, leader_ids, created_ms, position) values (1, '0196fabc-def0-7abc-8def-abcdefabcdef', 1, "
                "sha256(''), 1, '', 't', '', false, 10, '{}', 1700000000000, 1)");
    told set = harness_do(pool, drafter, "SetTasks", NULL,
                          "\"result\":\"r\",\"tasks\":[{\"task_id\":\"0196FABC-DEF0-7ABC-8DEF-ABCDEFABCDEF\","
                          "\"version\":1}]");
    assert_string_equal(set.reason, "OK");
    harness_sql("do $$ begin\n"
                "  assert (select count(*) = 1 from audit.pending where site_id = 1 and\n"
                "          position('0196fabc-def0-7abc-8def-abcdefabcdef'::bytea in leaf) > 0);\n"
                "  assert (select count(*) = 0 from audit.pending where site_id = 1 and\n"
                "          position('0196FABC'::bytea in leaf) > 0);\n"
                "end $$");
    told made = harness_ask(pool, drafter, "CreateTask",
                            "\"request_id\":\"01972DAB-CDE0-7ABC-8DEF-ABCDEFABCDEF\",\"draft\":{\"text\":\"t\"}");
    assert_string_equal(made.reason, "OK");
    harness_sql("do $$ begin\n"
                "  assert (select count(*) = 1 from audit.pending where site_id = 1 and\n"
                "          position('01972dab-cde0-7abc-8def-abcdefabcdef'::bytea in leaf) > 0);\n"
                "end $$");
    harness_close(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_value_is_refused_by_name),
        cmocka_unit_test(what_is_too_long_is_refused_by_name),
        cmocka_unit_test(filters_and_page_tokens_are_read_to_the_letter),
        cmocka_unit_test(the_record_has_one_spelling_of_an_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
