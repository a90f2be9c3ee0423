/* Reports and evidence through the progress service's own rules and statements, against PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/calendar.h"
#include "integration/progress_kit.h"

/* The office is unit 90; unit 10 leads, 11 is a co-unit, 12 has not acknowledged, 20 has no part; the task is a piece
 * of a leg of unit 30; leader 50 signs. */
#define NOBODYS "01890000-0000-7000-8000-00000000ffff"
#define TARGET "01890000-0000-7000-8000-0000000000aa"
#define OTHER_TARGET "01890000-0000-7000-8000-0000000000ab"
#define ROW_TARGET "01890000-0000-7000-8000-0000000000ac"
#define DIGEST "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const principal handler10 = { .user_id = 1, .unit_id = 10, .post = POST_HANDLER, .login = "handler10" };
static const principal head10 = { .user_id = 2, .unit_id = 10, .post = POST_HEAD, .login = "head10" };
static const principal handler10_as_head = { .user_id = 1, .unit_id = 10, .post = POST_HEAD, .login = "handler10" };
static const principal handler11 = { .user_id = 3, .unit_id = 11, .post = POST_HANDLER, .login = "handler11" };
static const principal head11 = { .user_id = 4, .unit_id = 11, .post = POST_HEAD, .login = "head11" };
static const principal handler12 = { .user_id = 5, .unit_id = 12, .post = POST_HANDLER, .login = "handler12" };
static const principal handler20 = { .user_id = 6, .unit_id = 20, .post = POST_HANDLER, .login = "handler20" };
static const principal head20 = { .user_id = 7, .unit_id = 20, .post = POST_HEAD, .login = "head20" };
static const principal verifier90 = { .user_id = 8, .unit_id = 90, .post = POST_VERIFIER, .login = "verifier90" };
static const principal verifier91 = { .user_id = 9, .unit_id = 91, .post = POST_VERIFIER, .login = "verifier91" };
static const principal leader = {
    .user_id = 50, .unit_id = 1, .post = POST_LEADER, .leader_id = 50, .login = "leader01"
};
static const principal delegate = {
    .user_id = 13, .unit_id = 1, .post = POST_LEADER, .leader_id = 50, .login = "delegate01"
};
static const principal leader51 = {
    .user_id = 51, .unit_id = 1, .post = POST_LEADER, .leader_id = 51, .login = "leader02"
};
static const principal head30 = { .user_id = 14, .unit_id = 30, .post = POST_HEAD, .login = "head30" };
static const principal auditor = { .user_id = 11, .unit_id = 2, .post = POST_AUDITOR, .login = "auditor01" };
static const principal operator01 = { .user_id = 12, .unit_id = 3, .post = POST_OPERATOR, .login = "operator01" };

#define LEG_ROWS                                                                                       \
    "insert into task.leg (site_id, task_id, unit_id, role, state) values (1, '" TASK "', 10, 1, 2), " \
    "(1, '" TASK "', 11, 2, 2), (1, '" TASK "', 12, 2, 1)"
#define EMPTY                                                                                                   \
    "truncate task.task, task.leg, progress.sheet, progress.report, progress.evidence, progress.evidence_use, " \
    "progress.task_view, progress.today, progress.idem, progress.inbox, progress.outbox, audit.pending, target.target"
/* One target of the task, one of another, one of none. */
#define TARGET_ROWS                                                                                                   \
    "insert into target.target select 1, id, '" NOBODYS "', n, task, 'length', 1, 6, 'km', '', 1, 1, '[]', '', "      \
    "'', '', 1, sha256('') from (values (1, '" TARGET "'::uuid, '" TASK "'::uuid), (2, '" OTHER_TARGET "', '" NOBODYS \
    "'), (3, '" ROW_TARGET "', null)) v(n, id, task)"

static int64_t noon(int year, int month, int day) {
    return (int64_t) day_of(year, month, day) * 86400000 + 4 * 3600000;
}

static int setup(void **state) {
    *state = desk_open(&progress_service);
    return 0;
}

/* A fresh site on 10 June 2025 with one active task. */
static int fresh(void **state) {
    desk *d = *state;
    desk_sql(d, EMPTY);
    desk_sql(d, TASK_ROW);
    desk_sql(d, LEG_ROWS);
    desk_sql(d, TARGET_ROWS);
    desk_set_clock(d, noon(2025, 6, 10));
    return 0;
}

/* The task's event, as the task service tells it: version and state, and the state of unit 11's leg. */
static const char *task_changed(desk *d, int version, int state, int leg11) {
    desk_sql(d, "update task.task set state = %d, suspended_on = %s", state,
             state == TASK_SUSPENDED ? "'2025-06-10'" : "null");
    return desk_call(
        d, "ApplyTaskChange", NULL,
        "\"task\":{\"task_id\":\"" TASK "\",\"version\":%d,\"state\":%d,\"no\":\"1.1\","
        "\"text\":\"a "
        "road\",\"office_unit_id\":90,\"lead_unit_id\":10,\"leader_ids\":[50],\"parent_unit_id\":30,\"legs\":["
        "{\"unit_id\":10,\"role\":1,\"state\":2},{\"unit_id\":11,\"role\":2,\"state\":%d},"
        "{\"unit_id\":12,\"role\":2,\"state\":1}]}",
        version, state, leg11);
}

#define REPORT(version, more) \
    "\"task_id\":\"" TASK "\",\"period\":\"2025-06\",\"version\":" #version ",\"text\":\"two km\"" more
#define FIGURE                                                                                              \
    ",\"values\":[{\"target_id\":\"" TARGET "\",\"metric\":\"length\",\"number\":\"2.50\",\"unit\":\"km\"," \
    "\"source\":\"survey\"},{\"metric\":\"crews\",\"number\":\"3\",\"unit\":\"crew\",\"source\":\"site log\"}]"
/* A figure for the task's own target, then one for this. */
#define FOR(target)                                                                                     \
    ",\"values\":[{\"target_id\":\"" TARGET "\",\"metric\":\"m\",\"number\":\"1\",\"unit\":\"u\","      \
    "\"source\":\"s\"},{\"target_id\":\"" target "\",\"metric\":\"m\",\"number\":\"1\",\"unit\":\"u\"," \
    "\"source\":\"s\"}]"

/* Makes the judgement {"request_id", "report_id", "version", "reason"?}. */
static const char *judge(desk *d, const char *method, const principal *who, const char *report, int version) {
    return desk_call(d, method, who, "\"report_id\":\"%s\",\"version\":%d%s", report, version,
                     strcmp(method, "SendBackReport") == 0 ? ",\"reason\":\"no map\"" : "");
}

/* Every version has its row, its key and its audit entry, and the entries hang together. */
static void assert_recorded(desk *d) {
    assert_string_equal(desk_sql(d,
                                 "select (select sum(version) from progress.sheet) = (select count(*) from "
                                 "progress.report) and (select count(*) from progress.report) = (select count(*) from "
                                 "progress.idem) and (select count(*) from progress.report) + (select count(*) from "
                                 "progress.evidence) = (select count(*) from audit.pending)"),
                        "t");
    assert_string_equal(desk_sql(d,
                                 "select count(*) from progress.sheet s where version > 0 and not exists (select from "
                                 "audit.pending p where sha256('\\x00'::bytea || p.leaf) = s.leaf_hash)"),
                        "0");
    /* A leaf ends with the hash of the one before; the first of each sheet with zeros. */
    assert_string_equal(
        desk_sql(d, "select count(*) from audit.pending p where substring(leaf from octet_length(leaf) - 31) "
                    "<> decode(repeat('00', 32), 'hex') and not exists (select from audit.pending q where "
                    "sha256('\\x00'::bytea || q.leaf) = substring(p.leaf from octet_length(p.leaf) - 31))"),
        "0");
}

static void test_life_of_a_report(void **state) {
    desk *d = *state;
    assert_string_equal(task_changed(d, 2, TASK_ACTIVE, LEG_WORKING), "{}");
    /* What is older, or as old, comes too late. */
    task_changed(d, 1, TASK_SIGN_OFF, LEG_RELEASED);
    task_changed(d, 2, TASK_SIGN_OFF, LEG_RELEASED);
    assert_string_equal(desk_sql(d, "select version || ' ' || state from progress.task_view"), "2 4");
    desk_sql(d, "update task.task set state = 4");
    assert_string_equal(
        desk_sql(d, "select string_agg(unit_id || ' ' || due, ',' order by unit_id) from progress.sheet"),
        "10 2025-06-30,11 2025-06-30");
    const char *a = desk_call(d, "SubmitReport", &handler10, REPORT(0, FIGURE));
    const char *report = desk_value(d, a, "report_id");
    assert_has(a, "\"version\":1,\"state\":\"REPORT_STATE_SUBMITTED\"");
    assert_starts(judge(d, "SendBackReport", &head10, report, 1), "{");
    a = desk_call(d, "GetReport", &handler10, "\"report_id\":\"%s\"", report);
    assert_has(a, "\"state\":\"REPORT_STATE_SENT_BACK\"");
    assert_has(a, "\"note\":\"no map\"");
    assert_has(a, "\"number\":\"2.50\"");
    assert_has(desk_call(d, "SubmitReport", &handler10, REPORT(2, FIGURE)), "\"version\":3");
    assert_has(judge(d, "ApproveReport", &head10, report, 3), "\"version\":4,\"state\":\"REPORT_STATE_APPROVED\"");
    assert_has(desk_call(d, "SubmitReport", &handler10, REPORT(4, "")), "\"version\":5");
    a = desk_call(d, "GetReport", &head10, "\"report_id\":\"%s\",\"version\":4", report);
    assert_has(a, "\"approved_by\":\"head10\"");
    assert_has(a, "\"submitted_by\":\"handler10\"");
    assert_has(a, "\"task_no\":\"1.1\"");
    /* Only the approved version told the target, and only of the figure that names one. */
    assert_string_equal(desk_sql(d, "select count(*) || method from progress.outbox group by method"),
                        "1/bihuan.v1.TargetService/RecordObservations");
    assert_has(judge(d, "ApproveReport", &head10, report, 5), "\"version\":6");
    assert_string_equal(desk_sql(d, "select count(*) from progress.outbox"), "1");
    assert_recorded(d);
}

static const refusal refusals[] = {
    { "SubmitReport", &head10, REPORT(0, ""), "!POST_REFUSED 承办人" },
    { "SubmitReport", &auditor, REPORT(0, ""), "!POST_REFUSED 承办人" },
    { "SubmitReport", NULL, REPORT(0, ""), "!METHOD_NOT_ALLOWED" },
    { "ApplyTaskChange", &handler10, "", "!METHOD_NOT_ALLOWED" },
    { "GetReport", &operator01, "\"report_id\":\"" NOBODYS "\"", "!POST_REFUSED" },
    { "SubmitReport", &handler20, REPORT(0, ""), "!REPORT_NO_LEG 督查室" },
    { "SubmitReport", &handler12, REPORT(0, ""), "!REPORT_LEG_PENDING 本单位承办人" },
    { "SubmitReport", &handler10, REPORT(1, ""), "!STALE_VERSION" },
    { "SubmitReport", &handler10, REPORT(0, ",\"evidence\":[\"" DIGEST "\"]"), "!EVIDENCE_MISSING 承办人" },
    { "SubmitReport", &handler10, REPORT(0, FOR(OTHER_TARGET)), "!TARGET_FOREIGN 承办人" },
    { "SubmitReport", &handler10, REPORT(0, FOR(ROW_TARGET)), "!TARGET_FOREIGN" },
    { "SubmitReport", &handler10, REPORT(0, FOR(NOBODYS)), "!TARGET_FOREIGN" },
    { "SubmitReport", &handler20, REPORT(0, FOR(OTHER_TARGET)), "!REPORT_NO_LEG" },
    { "SubmitReport", &handler10, REPORT(0, ",\"evidence\":[\"12\"]"), "!BAD_FIELD" },
    { "SubmitReport", &handler10,
      REPORT(0, ",\"values\":[{\"metric\":\"m\",\"number\":\"1e3\",\"unit\":\"u\",\"source\":\"s\"}]"), "!BAD_FIELD" },
    { "SubmitReport", &handler10, REPORT(0, ",\"values\":[{\"metric\":\"m\",\"number\":\"1\",\"source\":\"s\"}]"),
      "!BAD_FIELD" },
    { "SubmitReport", &handler10, REPORT(0, ",\"values\":[{\"metric\":\"m\",\"number\":\"1\",\"unit\":\"u\"}]"),
      "!BAD_FIELD" },
    { "SubmitReport", &handler10, "\"task_id\":\"" TASK "\",\"period\":\"2025-07\",\"text\":\"x\"", "!BAD_FIELD" },
    { "SubmitReport", &handler10, "\"task_id\":\"" TASK "\",\"period\":\"2025-04\",\"text\":\"x\"",
      "!REPORT_NOT_OPEN" },
    { "SubmitReport", &handler10, "\"task_id\":\"" TASK "\",\"period\":\"2025-06\",\"text\":\" \"", "!BAD_FIELD" },
    { "SubmitReport", &handler10, "\"task_id\":\"" TASK "\",\"period\":\"2025-06\",\"text\":\"a\\u0007\"",
      "!CONTROL_CHARACTER" },
    { "SubmitReport", &handler10,
      REPORT(0, ",\"values\":[{\"metric\":\"m\",\"number\":\"1\",\"unit\":\"u\",\"source\":\"a\\tb\"}]"),
      "!CONTROL_CHARACTER" },
    { "RegisterEvidence", &handler10,
      "\"evidence\":{\"digest\":\"" DIGEST "\",\"size\":3,\"name\":\"a\\nb\",\"media_type\":\"t\"}",
      "!CONTROL_CHARACTER" },
    { "SubmitReport", &handler10, "\"task_id\":\"12\",\"period\":\"2025-06\",\"text\":\"x\"", "!BAD_FIELD" },
    { "SubmitReport", &handler10, "\"task_id\":\"" NOBODYS "\",\"period\":\"2025-06\",\"text\":\"x\"",
      "!REPORT_NO_LEG" },
    { "GetReport", &handler10, "\"report_id\":\"" NOBODYS "\"", "!NOT_FOUND_OBJECT" },
    { "ApproveReport", &head10, "\"report_id\":\"" NOBODYS "\",\"version\":1", "!NOT_FOUND_OBJECT" },
    { "SendBackReport", &head10, "\"report_id\":\"" NOBODYS "\",\"version\":1", "!BAD_FIELD" },
    { "ListReports", &head10, "\"page_size\":501", "!BAD_FIELD" },
    { "ListReports", &head10, "\"page_token\":\"2025-06\"", "!BAD_FIELD" },
    { "ListReports", &head10, "\"page_token\":\"2025-06/x/y\"", "!BAD_FIELD" },
    { "RegisterEvidence", &handler10, "", "!BAD_FIELD" },
    { "RegisterEvidence", &auditor, "", "!POST_REFUSED" },
};

static void test_refused_at_the_door(void **state) {
    desk *d = *state;
    task_changed(d, 1, TASK_ACTIVE, LEG_WORKING);
    assert_refused(d, refusals, countof(refusals));
    assert_starts(desk_call_as(d, "SubmitReport", &handler10, "", REPORT(0, "")), "!REQUEST_ID_MISSING");
    assert_string_equal(desk_sql(d, "select count(*) from audit.pending"), "0");
    assert_string_equal(desk_sql(d, "select sum(version) from progress.sheet"), "0");
}

static void test_refused_by_what_is_stored(void **state) {
    desk *d = *state;
    const char *a = desk_call(d, "SubmitReport", &handler10, REPORT(0, ""));
    const char *report = desk_value(d, a, "report_id");
    assert_starts(judge(d, "ApproveReport", &handler10_as_head, report, 1), "!REPORT_OWN_WORK 本单位另一位负责人");
    assert_starts(judge(d, "SendBackReport", &handler10_as_head, report, 1), "!REPORT_OWN_WORK");
    task_changed(d, 1, TASK_ACTIVE, LEG_WORKING);
    assert_starts(judge(d, "ApproveReport", &head11, report, 1), "!REPORT_OTHER_UNIT");
    assert_starts(judge(d, "ApproveReport", &head20, report, 1), "!NOT_FOUND_OBJECT");
    assert_starts(judge(d, "SendBackReport", &head11, report, 1), "!REPORT_OTHER_UNIT");
    assert_starts(judge(d, "SendBackReport", &head20, report, 1), "!NOT_FOUND_OBJECT");
    assert_starts(judge(d, "ApproveReport", &head10, report, 7), "!STALE_VERSION");
    task_changed(d, 2, TASK_SUSPENDED, LEG_WORKING);
    assert_starts(judge(d, "ApproveReport", &head10, report, 1), "!REPORT_NOT_OWED 督查室负责人");
    assert_starts(desk_call(d, "SubmitReport", &handler10, REPORT(1, "")), "!REPORT_NOT_OWED 督查室负责人");
    task_changed(d, 3, TASK_VERIFYING, LEG_WORKING);
    assert_starts(desk_call(d, "SubmitReport", &handler10, REPORT(1, "")), "!REPORT_NOT_OWED 核验人");
    task_changed(d, 4, TASK_SIGN_OFF, LEG_WORKING);
    assert_starts(desk_call(d, "SubmitReport", &handler11, REPORT(0, "")), "!REPORT_NOT_OWED 分管领导");
    task_changed(d, 5, TASK_ACTIVE, LEG_WORKING);
    assert_has(judge(d, "ApproveReport", &head10, report, 1), "\"version\":2");
    assert_starts(judge(d, "ApproveReport", &head10, report, 2), "!REPORT_STATE 本单位承办人");
    assert_recorded(d);
}

/* What became false after a report was handed in is said when it is to be approved, and nothing of it is done. */
static void test_approval_looks_again(void **state) {
    desk *d = *state;
    const char *stored =
        "select s.version || ' ' || s.state || ' ' || (select count(*) from progress.outbox) || ' ' || "
        "(select count(*) from audit.pending) from progress.sheet s where version > 0";
    const char *a = desk_call(d, "SubmitReport", &handler10, REPORT(0, FOR(TARGET)));
    const char *report = desk_value(d, a, "report_id");
    desk_sql(d, "update target.target set task_id = '" NOBODYS "' where target_id = '" TARGET "'");
    assert_starts(judge(d, "ApproveReport", &head10, report, 1), "!TARGET_FOREIGN 承办人");
    desk_sql(d, "delete from target.target where target_id = '" TARGET "'");
    assert_starts(judge(d, "ApproveReport", &head10, report, 1), "!TARGET_FOREIGN 承办人");
    desk_sql(d, TARGET_ROWS " where n = 1");
    desk_sql(d, "update task.leg set state = %d where unit_id = 10", LEG_RELEASED);
    assert_starts(judge(d, "ApproveReport", &head10, report, 1), "!REPORT_NO_LEG");
    desk_sql(d, "update task.leg set state = %d where unit_id = 10", LEG_WORKING);
    desk_sql(d, "update task.task set state = %d", TASK_VERIFYING);
    assert_starts(judge(d, "ApproveReport", &head10, report, 1), "!REPORT_NOT_OWED");
    desk_sql(d, "update task.task set state = %d", TASK_ACTIVE);
    assert_string_equal(desk_sql(d, "%s", stored), "1 2 0 1");
    assert_has(judge(d, "ApproveReport", &head10, report, 1), "\"version\":2");
    assert_string_equal(desk_sql(d, "%s", stored), "2 4 1 2");
}

/* It goes back to the handler, who names another target or none. */
static void test_a_foreign_target_is_sent_back(void **state) {
    desk *d = *state;
    const char *a = desk_call(d, "SubmitReport", &handler10, REPORT(0, FOR(TARGET)));
    const char *report = desk_value(d, a, "report_id");
    desk_sql(d, "update target.target set task_id = '" NOBODYS "' where target_id = '" TARGET "'");
    assert_has(judge(d, "SendBackReport", &head10, report, 1), "\"version\":2");
    assert_has(desk_call(d, "SubmitReport", &handler10, REPORT(2, "")), "\"version\":3");
    assert_has(judge(d, "ApproveReport", &head10, report, 3), "\"version\":4");
}

static void test_same_id_same_answer(void **state) {
    desk *d = *state;
    const char *id = desk_request_id(d);
    const char *first = desk_call_as(d, "SubmitReport", &handler10, id, REPORT(0, ""));
    assert_has(first, "\"version\":1");
    assert_string_equal(desk_call_as(d, "SubmitReport", &handler10, id, REPORT(0, "")), first);
    assert_starts(desk_call_as(d, "SubmitReport", &handler10, id, REPORT(0, FIGURE)), "!REQUEST_ID_REUSED");
    assert_starts(desk_call_as(d, "SubmitReport", &handler11, id, REPORT(0, "")), "!REQUEST_ID_REUSED");
    /* The answer stays the same when the report has moved on. */
    assert_has(judge(d, "ApproveReport", &head10, desk_value(d, first, "report_id"), 1), "\"version\":2");
    assert_string_equal(desk_call_as(d, "SubmitReport", &handler10, id, REPORT(0, "")), first);
    desk_set_clock(d, noon(2025, 7, 10));
    assert_starts(desk_call_as(d, "SubmitReport", &handler10, id, REPORT(0, "")), "!REQUEST_ID_TOO_OLD");
    assert_recorded(d);
}

#define EVIDENCE(name) \
    "\"evidence\":{\"digest\":\"" DIGEST "\",\"size\":3,\"name\":\"" name "\",\"media_type\":\"text/plain\"}"

static void test_evidence(void **state) {
    desk *d = *state;
    task_changed(d, 1, TASK_ACTIVE, LEG_WORKING);
    const char *get = "\"digest\":\"" DIGEST "\"";
    assert_starts(desk_call(d, "GetEvidence", &handler10, "%s", get), "!NOT_FOUND_OBJECT");
    const char *id = desk_request_id(d);
    assert_has(desk_call_as(d, "RegisterEvidence", &handler10, id, EVIDENCE("a.txt")), DIGEST);
    assert_has(desk_call_as(d, "RegisterEvidence", &handler10, id, EVIDENCE("a.txt")), DIGEST);
    assert_starts(desk_call_as(d, "RegisterEvidence", &handler10, id, EVIDENCE("b.txt")), "!REQUEST_ID_REUSED");
    /* The same bytes once more are the same evidence of a unit, and another's of another. */
    assert_has(desk_call(d, "RegisterEvidence", &head10, EVIDENCE("c.txt")), DIGEST);
    assert_string_equal(desk_sql(d, "select count(*) || max(name) from progress.evidence"), "1a.txt");
    assert_string_equal(desk_sql(d, "select count(*) from audit.pending"), "1");
    assert_has(desk_call(d, "RegisterEvidence", &handler20, EVIDENCE("d.txt")), DIGEST);
    assert_string_equal(desk_sql(d, "select count(*) from audit.pending"), "2");
    assert_has(desk_call(d, "GetEvidence", &head20, "%s", get), "d.txt");
    /* Before it is cited: the units that uploaded it and auditors; nobody because of the digest alone. */
    assert_has(desk_call(d, "GetEvidence", &head10, "%s", get), "\"uploaded_by\":\"handler10\"");
    assert_has(desk_call(d, "GetEvidence", &auditor, "%s", get), "a.txt");
    const principal *early[] = { &handler11, &verifier90, &verifier91, &leader };
    for (size_t i = 0; i < countof(early); i++)
        assert_starts(desk_call(d, "GetEvidence", early[i], "%s", get), "!NOT_FOUND_OBJECT");
    const char *a = desk_call(d, "SubmitReport", &handler10, REPORT(0, ",\"evidence\":[\"" DIGEST "\"]"));
    assert_has(a, "\"version\":1");
    /* After: whoever sees the report. */
    const principal *readers[] = { &handler11, &handler12, &head30, &verifier90, &leader, &delegate, &auditor };
    for (size_t i = 0; i < countof(readers); i++)
        assert_has(desk_call(d, "GetEvidence", readers[i], "%s", get), "a.txt");
    assert_starts(desk_call(d, "GetEvidence", &verifier91, "%s", get), "!NOT_FOUND_OBJECT");
    assert_starts(desk_call(d, "GetEvidence", &leader51, "%s", get), "!NOT_FOUND_OBJECT");
    assert_starts(desk_call(d, "GetEvidence", &operator01, "%s", get), "!POST_REFUSED");
    a = desk_call(d, "GetReport", &handler10, "\"report_id\":\"%s\"", desk_value(d, a, "report_id"));
    assert_has(a, "\"evidence\":[\"" DIGEST "\"]");
    assert_string_equal(desk_sql(d, "select count(*) from audit.pending where position('\\x" /* pinned by the entry */
                                    "62613738313662663866303163666561' in leaf) > 0"),
                        "3");
}

/* The audit entry holds every digest, of the longest list too. */
static void test_most_evidence(void **state) {
    enum { MOST = 50 };
    desk *d = *state;
    const char *list = "\"" DIGEST "\"";
    for (int i = 1; i < MOST; i++)
        list = desk_text(d, "%s,\"" DIGEST "\"", list);
    desk_call(d, "RegisterEvidence", &handler10, EVIDENCE("a.txt"));
    const char head[] = "\"task_id\":\"" TASK "\",\"period\":\"2025-06\",\"text\":\"x\",\"evidence\":";
    assert_starts(desk_call(d, "SubmitReport", &handler10, "%s[%s,\"" DIGEST "\"]", head, list), "!BAD_FIELD");
    assert_has(desk_call(d, "SubmitReport", &handler10, "%s[%s]", head, list), "\"version\":1");
}

#define OTHER                                                          \
    "\""                                                               \
    "0000000000000000000000000000000000000000000000000000000000000000" \
    "\""

/* What the gateway asks before it sets files aside; whom it speaks for does not matter. */
static void test_known_files(void **state) {
    desk *d = *state;
    desk_call(d, "RegisterEvidence", &handler10, EVIDENCE("a.txt"));
    desk_call(d, "RegisterEvidence", &handler20, EVIDENCE("b.txt"));
    assert_string_equal(desk_call(d, "FindEvidence", &operator01, "\"digests\":[" OTHER ",\"" DIGEST "\"]"),
                        "{\"digests\":[\"" DIGEST "\"]}");
    assert_string_equal(desk_call(d, "FindEvidence", &operator01, "\"digests\":[" OTHER "]"), "{\"digests\":[]}");
    assert_starts(desk_call(d, "FindEvidence", &operator01, "\"digests\":[\"12\"]"), "!BAD_FIELD");
    assert_starts(desk_call(d, "FindEvidence", NULL, "\"digests\":[]"), "!METHOD_NOT_ALLOWED");
    char *many = desk_text(d, OTHER);
    for (int i = 0; i < 500; i++)
        many = desk_text(d, "%s," OTHER, many);
    assert_starts(desk_call(d, "FindEvidence", &operator01, "\"digests\":[%s]", many), "!BAD_FIELD");
}

/* To cite a file is to read it: what one may not read one may not cite. */
static void test_who_cites(void **state) {
    desk *d = *state;
    task_changed(d, 1, TASK_ACTIVE, LEG_WORKING);
    const char *cites = REPORT(0, ",\"evidence\":[\"" DIGEST "\"]");
    desk_call(d, "RegisterEvidence", &handler20, EVIDENCE("a.txt"));
    assert_starts(desk_call(d, "SubmitReport", &handler10, "%s", cites), "!EVIDENCE_MISSING 承办人");
    assert_string_equal(desk_sql(d, "select count(*) from progress.evidence_use"), "0");
    desk_call(d, "RegisterEvidence", &handler11, EVIDENCE("b.txt"));
    assert_starts(desk_call(d, "SubmitReport", &handler10, "%s", cites), "!EVIDENCE_MISSING");
    assert_has(desk_call(d, "SubmitReport", &handler11, "%s", cites), "\"version\":1");
    assert_has(desk_call(d, "SubmitReport", &handler10, "%s", cites), "\"version\":1");
    /* A unit that was released keeps what it cited itself. */
    task_changed(d, 2, TASK_ACTIVE, LEG_RELEASED);
    desk_sql(d, "delete from progress.evidence where unit_id = 11");
    assert_has(desk_call(d, "GetEvidence", &handler11, "\"digest\":\"" DIGEST "\""), "a.txt");
}

static void test_who_reads(void **state) {
    desk *d = *state;
    task_changed(d, 1, TASK_ACTIVE, LEG_WORKING);
    const char *report = desk_value(d, desk_call(d, "SubmitReport", &handler10, REPORT(0, "")), "report_id");
    const char *get = desk_text(d, "\"report_id\":\"%s\"", report);
    const principal *readers[] = { &handler10, &head10,   &handler11, &handler12, &verifier90,
                                   &leader,    &delegate, &auditor,   &head30 };
    for (size_t i = 0; i < countof(readers); i++) {
        assert_has(desk_call(d, "GetReport", readers[i], "%s", get), "two km");
        assert_has(desk_call(d, "ListReports", readers[i], "\"task_id\":\"" TASK "\""), "two km");
    }
    const principal *strangers[] = { &handler20, &head20, &verifier91, &leader51 };
    for (size_t i = 0; i < countof(strangers); i++) {
        assert_starts(desk_call(d, "GetReport", strangers[i], "%s", get), "!NOT_FOUND_OBJECT");
        assert_has(desk_call(d, "ListReports", strangers[i], "\"task_id\":\"" TASK "\""), "\"reports\":[]");
    }
}

static void test_pages(void **state) {
    desk *d = *state;
    desk_sql(d, "insert into progress.sheet (site_id, report_id, task_id, unit_id, period, due) select 1, "
                "progress.report_id('" TASK "', u, p::date), '" TASK "', u, p, p from generate_series(10, 11) u, "
                "generate_series('2025-01-01'::date, '2025-05-01', '1 month') p");
    const char *token = "";
    int pages = 0, rows = 0;
    const char *newest = "9999-12";
    do {
        const char *a = desk_call(d, "ListReports", &auditor,
                                  "\"task_id\":\"" TASK "\",\"page_size\":4,\"page_token\":\"%s\"", token);
        for (const char *p = a; (p = strstr(p, "\"period\":\"")); p++, rows++) {
            const char *period = desk_text(d, "%.7s", p + 10);
            assert_true(strcmp(period, newest) <= 0);
            newest = period;
        }
        token = desk_value(d, a, "next_page_token");
    } while (*token && ++pages < 10);
    assert_int_equal(rows, 10);
    assert_int_equal(pages, 2);
    const char *a = desk_call(d, "ListReports", &handler11, "\"period\":\"2025-03\",\"state\":1");
    assert_string_equal(desk_value(d, a, "period"), "2025-03");
    assert_string_equal(desk_value(d, a, "next_page_token"), "");
    assert_has(desk_call(d, "ListReports", &handler11, "\"state\":4"), "\"reports\":[]");
}

static const char *facts(desk *d, int person, int unit) {
    return desk_sql(d, "select progress.report_facts(1, '" TASK "', %d, %d)", person, unit);
}

static void turn_day(desk *d) {
    while (desk_run(d, "turn_day", NULL))
        ;
}

static void test_months(void **state) {
    desk *d = *state;
    turn_day(d);
    task_changed(d, 1, TASK_ACTIVE, LEG_WORKING);
    assert_string_equal(facts(d, 1, 10), "5"); /* nothing is due yet */
    /* At rest, a month that is neither due nor begun goes; begun work stays. */
    desk_call(d, "SubmitReport", &handler11, REPORT(0, ""));
    assert_string_equal(facts(d, 3, 10), "6"); /* unit 11's is under way; person 3 took part */
    task_changed(d, 2, TASK_SUSPENDED, LEG_WORKING);
    assert_string_equal(desk_sql(d, "select string_agg(unit_id::text, ',') from progress.sheet"), "11");
    turn_day(d);
    task_changed(d, 3, TASK_ACTIVE, LEG_WORKING);
    assert_string_equal(desk_sql(d, "select count(*) from progress.sheet"), "2");
    /* An event that comes twice, or late, changes nothing. */
    for (int i = 0; i < 2; i++)
        assert_string_equal(desk_call_as(d, "ApplyTaskChange", NULL, TASK,
                                         "\"task\":{\"task_id\":\"" TASK "\",\"version\":2,\"state\":10,\"legs\":[]}"),
                            "{}");
    assert_string_equal(desk_sql(d, "select state from progress.task_view"), "4");
    /* The first of July: June is due, July opens, for acting units only. */
    desk_set_clock(d, noon(2025, 7, 1));
    turn_day(d);
    assert_string_equal(desk_sql(d,
                                 "select string_agg(unit_id || to_char(period, ' MM'), ',' order by period, unit_id) "
                                 "from progress.sheet"),
                        "10 06,11 06,10 07,11 07");
    assert_string_equal(facts(d, 1, 10), "0");
    assert_string_equal(facts(d, 3, 11), "2");
    const char *a = desk_call(d, "SubmitReport", &handler10, REPORT(0, ""));
    judge(d, "ApproveReport", &head10, desk_value(d, a, "report_id"), 1);
    assert_string_equal(facts(d, 2, 10), "6"); /* own reports complete, took part; unit 11's is not approved */
    /* A unit that was released owes nothing any more. */
    task_changed(d, 4, TASK_ACTIVE, LEG_RELEASED);
    assert_string_equal(facts(d, 99, 10), "5");
    /* A month once closed does not open by itself. */
    desk_set_clock(d, noon(2025, 9, 2));
    assert_starts(
        desk_call(d, "SubmitReport", &handler10, "\"task_id\":\"" TASK "\",\"period\":\"2025-08\",\"text\":\"x\""),
        "!REPORT_NOT_OPEN");
    assert_has(
        desk_call(d, "SubmitReport", &handler10, "\"task_id\":\"" TASK "\",\"period\":\"2025-09\",\"text\":\"x\""),
        "\"version\":1");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_life_of_a_report, fresh),
        cmocka_unit_test_setup(test_refused_at_the_door, fresh),
        cmocka_unit_test_setup(test_refused_by_what_is_stored, fresh),
        cmocka_unit_test_setup(test_approval_looks_again, fresh),
        cmocka_unit_test_setup(test_a_foreign_target_is_sent_back, fresh),
        cmocka_unit_test_setup(test_same_id_same_answer, fresh),
        cmocka_unit_test_setup(test_evidence, fresh),
        cmocka_unit_test_setup(test_most_evidence, fresh),
        cmocka_unit_test_setup(test_known_files, fresh),
        cmocka_unit_test_setup(test_who_cites, fresh),
        cmocka_unit_test_setup(test_who_reads, fresh),
        cmocka_unit_test_setup(test_pages, fresh),
        cmocka_unit_test_setup(test_months, fresh),
    };
    return cmocka_run_group_tests(tests, setup, desk_teardown);
}
