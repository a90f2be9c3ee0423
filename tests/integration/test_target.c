/* Targets and observations through the target service's own rules and statements, against PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/task.h"
#include "handlers.h"
#include "integration/desk.h"

/* What unit 90 imports, its first draft and the first that it cannot have; what it imports besides. */
#define DIGEST "1111111111111111111111111111111111111111111111111111111111111111"
#define IMPORT "f5c6740f-af18-8fb7-8bdf-e60477403a40"
#define TASK "42d115da-ac38-8c76-bed3-e85d20914953"
#define TASK_BEYOND "22958102-95eb-86ae-b02e-065dc50c0fcd"
#define OTHER_DIGEST "2222222222222222222222222222222222222222222222222222222222222222"
#define OTHER_IMPORT "bca86f35-f844-8899-a956-0c4039d341cb"
#define OTHER_TASK "6810d146-cb6c-81b4-9017-7580652af114"
#define REPORT "01890000-0000-7000-8000-0000000000dd"
#define EMPTY                                                                                                          \
    "truncate target.import, target.target, target.observation, target.idem, target.inbox, audit.pending, task.task, " \
    "task.leg"
/* As ImportTasks leaves it: a draft of office 90 whose lead unit is 10. */
#define DRAFT                                                                                                    \
    "insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, "   \
    "office_unit, lead_unit, leader_ids, created_ms, position) values (1, '" TASK "', 1, sha256(''), 1, '1.1', " \
    "'a road', '6 km', '2025-12-31', false, 90, 10, '{50}', 0, 1);"                                              \
    "insert into task.leg (site_id, task_id, unit_id, role, state) values (1, '" TASK "', 10, 1, 1)"
#define ISSUE "update task.task set state = 3, issuer = 9"

static const principal drafter = { .user_id = 1, .unit_id = 90, .post = POST_DRAFTER, .login = "drafter90" };
static const principal drafter91 = { .user_id = 7, .unit_id = 91, .post = POST_DRAFTER, .login = "drafter91" };
static const principal handler = { .user_id = 2, .unit_id = 10, .post = POST_HANDLER, .login = "handler10" };
static const principal verifier91 = { .user_id = 4, .unit_id = 91, .post = POST_VERIFIER, .login = "verifier91" };
static const principal handler20 = { .user_id = 5, .unit_id = 20, .post = POST_HANDLER, .login = "handler20" };
static const principal leader = {
    .user_id = 50, .unit_id = 1, .post = POST_LEADER, .leader_id = 50, .login = "leader01"
};
static const principal auditor = { .user_id = 6, .unit_id = 0, .post = POST_AUDITOR, .login = "auditor01" };
static const principal operator01 = { .user_id = 3, .unit_id = 3, .post = POST_OPERATOR, .login = "operator01" };

static int setup(void **state) {
    *state = desk_open(&target_service);
    return 0;
}

static int fresh(void **state) {
    desk_sql(*state, EMPTY);
    desk_sql(*state, DRAFT);
    return 0;
}

#define OF_DOCUMENT "\"import_id\":\"" IMPORT "\",\"document_digest\":\"" DIGEST "\",\"round\":1"
#define TARGETS(number)                                                                                          \
    OF_DOCUMENT                                                                                                  \
    ",\"targets\":["                                                                                             \
    "{\"task_id\":\"" TASK "\",\"metric\":\"roads\",\"comparator\":1,\"number\":\"" number "\",\"unit\":\"km\"," \
    "\"phrase\":\"at least\",\"first_line\":3,\"last_line\":4},"                                                 \
    "{\"metric\":\"homes\",\"number\":\"15\",\"unit\":\"set\",\"row_no\":\"21\",\"category\":\"c\",\"shares\":[" \
    "{\"region\":\"north\",\"unit_id\":7,\"number\":\"9.50\"},{\"region\":\"south\"}]},"                         \
    "{\"task_id\":\"" TASK "\",\"metric\":\"bridges\"}]"

static void show(desk *d) {
    assert_string_equal(desk_sql(d, "select target.show_import(1, '" IMPORT "')"), "3");
}

static void test_import_hidden_until_shown(void **state) {
    desk *d = *state;
    const char by_import[] = "\"import_id\":\"" IMPORT "\"", by_task[] = "\"task_id\":\"" TASK "\"";
    assert_string_equal(desk_call(d, "ImportTargets", &drafter, TARGETS("6")), "{\"target_count\":3}");
    assert_has(desk_call(d, "ListTargets", &drafter, "%s", by_import), "\"targets\":[]");
    show(d);
    const char *a = desk_call(d, "ListTargets", &drafter, "%s", by_import);
    assert_has(a, "\"metric\":\"roads\",\"comparator\":\"COMPARATOR_AT_LEAST\",\"number\":\"6\",\"unit\":\"km\"");
    assert_has(a, "\"row_no\":\"21\"");
    assert_has(a, "{\"region\":\"north\",\"unit_id\":7,\"number\":\"9.50\"},{\"region\":\"south\",\"unit_id\":0,"
                  "\"number\":\"\"}");
    a = desk_call(d, "ListTargets", &drafter, "%s", by_task);
    assert_has(a, "roads");
    assert_has(a, "bridges");
    assert_null(strstr(a, "homes"));
    const char *id = desk_value(d, a, "target_id");
    assert_has(desk_call(d, "GetTarget", &drafter, "\"target_id\":\"%s\"", id), "roads");
    /* One audit entry per target, each the first of its chain. */
    assert_string_equal(desk_sql(d, "select count(*) from target.target t join audit.pending p on "
                                    "sha256('\\x00'::bytea || p.leaf) = t.leaf_hash"),
                        "3");
}

static const char *first_target(desk *d) {
    return desk_sql(d, "select target_id from target.target order by place limit 1");
}

static int listed(desk *d, const principal *who, const char *filter) {
    int n = 0;
    for (const char *p = desk_call(d, "ListTargets", who, "%s", filter); (p = strstr(p, "\"metric\"")); p++)
        n++;
    return n;
}

/* How many of the import's three targets one sees: two are of the task, one of none. */
static int seen(desk *d, const principal *who) {
    int n = listed(d, who, "\"import_id\":\"" IMPORT "\"");
    bool sees_the_plan = who->post >= POST_DRAFTER;
    assert_int_equal(listed(d, who, "\"task_id\":\"" TASK "\""), n - sees_the_plan);
    return n;
}

/* Whoever sees the task sees its targets; those of no task belong to the plan: offices, leaders and auditors. */
static void test_who_sees(void **state) {
    desk *d = *state;
    desk_call(d, "ImportTargets", &drafter, TARGETS("6"));
    show(d);
    const struct {
        const principal *who;
        int of_draft, of_issued;
    } rows[] = {
        { &drafter, 3, 3 }, { &leader, 3, 3 },     { &auditor, 3, 3 },
        { &handler, 0, 2 }, { &verifier91, 1, 1 }, { &handler20, 0, 0 },
    };
    const char *target = first_target(d);
    for (size_t i = 0; i < countof(rows); i++)
        assert_int_equal(seen(d, rows[i].who), rows[i].of_draft);
    assert_starts(desk_call(d, "GetTarget", &handler, "\"target_id\":\"%s\"", target), "!NOT_FOUND_OBJECT");
    desk_sql(d, ISSUE);
    for (size_t i = 0; i < countof(rows); i++)
        assert_int_equal(seen(d, rows[i].who), rows[i].of_issued);
    assert_has(desk_call(d, "GetTarget", &handler, "\"target_id\":\"%s\"", target), "roads");
    assert_starts(desk_call(d, "GetTarget", &handler20, "\"target_id\":\"%s\"", target), "!NOT_FOUND_OBJECT");
}

static void test_import_again(void **state) {
    desk *d = *state;
    const char *id = desk_request_id(d);
    assert_has(desk_call_as(d, "ImportTargets", &drafter, id, TARGETS("6")), ":3}");
    assert_has(desk_call_as(d, "ImportTargets", &drafter, id, TARGETS("6")), ":3}");
    assert_has(desk_call(d, "ImportTargets", &drafter, TARGETS("6")), ":3}");
    assert_starts(desk_call(d, "ImportTargets", &drafter, TARGETS("7")), "!IMPORT_DIFFERS");
    assert_starts(desk_call_as(d, "ImportTargets", &drafter, id, TARGETS("7")), "!REQUEST_ID_REUSED");
    assert_string_equal(desk_sql(d, "select count(*) from target.target"), "3");
    assert_string_equal(desk_sql(d, "select count(*) from audit.pending"), "3");
    assert_has(desk_call(d, "ImportTargets", &drafter,
                         "\"import_id\":\"" OTHER_IMPORT "\",\"document_digest\":\"" OTHER_DIGEST "\",\"round\":1"),
               ":0}");
}

#define ONE(fields) OF_DOCUMENT ",\"targets\":[{" fields "}]"
#define SEEN(fields) "\"observations\":[{" fields "}]"

static const refusal refusals[] = {
    { "ImportTargets", &handler, TARGETS("6"), "!POST_REFUSED" },
    { "ImportTargets", NULL, TARGETS("6"), "!METHOD_NOT_ALLOWED" },
    { "ImportTargets", &drafter, ONE("\"metric\":\"\""), "!BAD_FIELD" },
    { "ImportTargets", &drafter, ONE("\"metric\":\"m\",\"number\":\"1,000\""), "!BAD_FIELD" },
    { "ImportTargets", &drafter, ONE("\"metric\":\"m\",\"task_id\":\"7\""), "!BAD_FIELD" },
    { "ImportTargets", &drafter, ONE("\"metric\":\"m\",\"target_id\":\"" TASK "\""), "!BAD_FIELD" },
    { "ImportTargets", &drafter, ONE("\"metric\":\"m\",\"shares\":[{\"number\":\"1\"}]"), "!BAD_FIELD" },
    { "ImportTargets", &drafter, ONE("\"metric\":\"m\",\"first_line\":-1"), "!BAD_FIELD" },
    { "ImportTargets", &drafter, ONE("\"metric\":\"m\",\"first_line\":3,\"last_line\":-1"), "!BAD_FIELD" },
    { "ImportTargets", &drafter, ONE("\"metric\":\"m\",\"shares\":[{\"region\":\"r\",\"number\":\"1.\"}]"),
      "!BAD_FIELD" },
    { "ImportTargets", &drafter, ONE("\"metric\":\"a\\nb\""), "!CONTROL_CHARACTER" },
    { "ImportTargets", &drafter, ONE("\"metric\":\"m\",\"phrase\":\"a\\tb\""), "!CONTROL_CHARACTER" },
    { "ImportTargets", &drafter, ONE("\"metric\":\"m\",\"shares\":[{\"region\":\"a\\nb\"}]"), "!CONTROL_CHARACTER" },
    { "ImportTargets", &drafter, "\"import_id\":\"x\"", "!BAD_FIELD" },
    { "ImportTargets", &drafter, "\"import_id\":\"" IMPORT "\"", "!BAD_FIELD" },
    /* the import of another unit, of another document; a task of another import, one beyond the last draft */
    { "ImportTargets", &drafter91, TARGETS("6"), "!IMPORT_FOREIGN" },
    { "ImportTargets", &drafter, "\"import_id\":\"" OTHER_IMPORT "\",\"document_digest\":\"" DIGEST "\",\"round\":1",
      "!IMPORT_FOREIGN" },
    { "ImportTargets", &drafter, "\"import_id\":\"" IMPORT "\",\"document_digest\":\"" DIGEST "\",\"round\":2",
      "!IMPORT_FOREIGN" },
    { "ImportTargets", &drafter, "\"import_id\":\"" IMPORT "\",\"document_digest\":\"" DIGEST "\"", "!BAD_FIELD" },
    { "ImportTargets", &drafter, ONE("\"metric\":\"m\",\"task_id\":\"" OTHER_TASK "\""), "!BAD_FIELD" },
    { "ImportTargets", &drafter, ONE("\"metric\":\"m\",\"task_id\":\"" TASK_BEYOND "\""), "!BAD_FIELD" },
    { "GetTarget", &operator01, "\"target_id\":\"" TASK "\"", "!POST_REFUSED" },
    { "GetTarget", &handler, "\"target_id\":\"" TASK "\"", "!NOT_FOUND_OBJECT" },
    { "GetTarget", &handler, "", "!BAD_FIELD" },
    { "ListTargets", &handler, "", "!BAD_FIELD" },
    { "ListTargets", &handler, "\"task_id\":\"" TASK "\",\"import_id\":\"" IMPORT "\"", "!BAD_FIELD" },
    { "ListTargets", &handler, "\"task_id\":\"" TASK "\",\"page_token\":\"x\"", "!BAD_FIELD" },
    { "ListObservations", &handler, "\"target_id\":\"" TASK "\",\"page_token\":\"2025-01/1/2/3\"", "!BAD_FIELD" },
    { "RecordObservations", &handler, SEEN(""), "!METHOD_NOT_ALLOWED" },
    { "RecordObservations", NULL, SEEN(""), "!BAD_FIELD" },
};

static void test_refusals(void **state) {
    desk *d = *state;
    assert_refused(d, refusals, countof(refusals));
    assert_starts(desk_call_as(d, "RecordObservations", NULL, "", "%s", ""), "!BAD_FIELD");
    assert_string_equal(desk_sql(d, "select count(*) from target.target"), "0");
}

/* Unit 10 observed `number` in a month, in its report at a version; a second figure is for a target nobody knows. */
static const char *observe(desk *d, const char *event, const char *period, int version, const char *number) {
    return desk_call_as(
        d, "RecordObservations", NULL, event,
        "\"observations\":["
        "{\"target_id\":\"%s\",\"period\":\"%s\",\"unit_id\":10,\"number\":\"%s\",\"source\":\"survey\","
        "\"report_id\":\"" REPORT "\",\"report_version\":%d},"
        "{\"target_id\":\"" TASK "\",\"period\":\"%s\",\"unit_id\":10,\"number\":\"1\",\"source\":\"survey\","
        "\"report_id\":\"" REPORT "\",\"report_version\":%d}]",
        first_target(d), period, number, version, period, version);
}

static void test_observations(void **state) {
    desk *d = *state;
    desk_call(d, "ImportTargets", &drafter, TARGETS("6"));
    show(d);
    desk_sql(d, ISSUE);
    const char *event = desk_request_id(d);
    assert_string_equal(observe(d, event, "2025-05", 2, "1.5"), "{}");
    assert_string_equal(observe(d, event, "2025-05", 2, "1.5"), "{}");
    observe(d, desk_request_id(d), "2025-05", 2,
            "1.5"); /* the same figure of the same version, told by another event */
    observe(d, desk_request_id(d), "2025-05", 4, "1.75");
    observe(d, desk_request_id(d), "2025-06", 2, "3");
    assert_string_equal(desk_sql(d, "select string_agg(number::text, ' ' order by period, report_version) from "
                                    "target.observation"),
                        "1.5 1.75 3");
    const char *token = "", *expected[] = { "3", "1.75", "1.5" };
    for (size_t i = 0; i < countof(expected); i++) {
        const char *a = desk_call(d, "ListObservations", &handler,
                                  "\"target_id\":\"%s\",\"page_size\":1,\"page_token\":\"%s\"", first_target(d), token);
        assert_string_equal(desk_value(d, a, "number"), expected[i]);
        assert_has(a, "\"unit_id\":10");
        token = desk_value(d, a, "next_page_token");
    }
    const char *a = desk_call(d, "ListObservations", &handler, "\"target_id\":\"%s\",\"page_token\":\"%s\"",
                              first_target(d), token);
    assert_has(a, "\"observations\":[]");
    a = desk_call(d, "ListObservations", &handler20, "\"target_id\":\"%s\"", first_target(d));
    assert_has(a, "\"observations\":[]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_import_hidden_until_shown, fresh),
        cmocka_unit_test_setup(test_who_sees, fresh),
        cmocka_unit_test_setup(test_import_again, fresh),
        cmocka_unit_test_setup(test_refusals, fresh),
        cmocka_unit_test_setup(test_observations, fresh),
    };
    return cmocka_run_group_tests(tests, setup, desk_teardown);
}
