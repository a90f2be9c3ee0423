/* One refusal for every guard of lib/domain/guards.def, written by hand from the life of a task: who is told no, at
 * what, and that nothing but the guard stood in the way. A guard without its scene fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/task.h"
#include "integration/task_story.h"

#define FILE_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DAY_MS ((int64_t) 24 * 3600 * 1000)

/* ---- how far a task has come */

static story issued(desk *d) {
    return begin(d, "[50]", false);
}

static story active(desk *d) {
    story s = issued(d);
    acknowledge(&s);
    return s;
}

static void finish_legs(story *s) {
    acknowledge(s);
    done(s, "co_handler", "SubmitLeg", "");
    done(s, "lead_handler", "RequestClosure", "\"text\":\"t\"");
}

static story written(desk *d) {
    story s = issued(d);
    finish_legs(&s);
    return s;
}

static void sign(story *s) {
    done(s, "co_head", "Countersign", "");
    done(s, "lead_head", "SignClosure", "");
}

static story verifying(desk *d) {
    story s = written(d);
    sign(&s);
    return s;
}

static story verified_once(desk *d) {
    story s = begin(d, "[50]", true);
    finish_legs(&s);
    sign(&s);
    done(&s, "verifier", "VerifyTask", "\"result_class\":\"A\"");
    return s;
}

static story to_be_signed_off(desk *d) {
    story s = verifying(d);
    done(&s, "verifier", "VerifyTask", "\"result_class\":\"A\"");
    return s;
}

static story signed_by_one_leader(desk *d) {
    story s = begin(d, "[50,51]", false);
    finish_legs(&s);
    sign(&s);
    done(&s, "verifier", "VerifyTask", "\"result_class\":\"A\"");
    done(&s, "leader", "SignOffTask", "");
    return s;
}

static story closed(desk *d) {
    story s = to_be_signed_off(d);
    done(&s, "leader", "SignOffTask", "");
    put_evidence(d, FILE_A, 10);
    return s;
}

static story set_by_sql(story s, const char *sql) {
    desk_sql(s.d, "%s where task_id = '%s'", sql, s.task);
    return s;
}

static story overdue(desk *d) {
    return set_by_sql(active(d), "update task.task set deadline = '2025-05-30'");
}

static story long_issued(desk *d) {
    story s = issued(d);
    return set_by_sql(s, "update task.leg set acknowledge_by = '2025-05-30'");
}

static story urged(desk *d) {
    story s = issued(d);
    done(&s, "verifier", "UrgeLeg", "\"unit_id\":21");
    return s;
}

static story handed_over(desk *d) {
    story s = active(d);
    done(&s, "office_head", "ReassignLeg", "\"unit_id\":21,\"new_unit_id\":90,\"reason\":\"r\"");
    return s;
}

/* ---- drafts that lack one thing */

#define DRAFT(fields) begin_draft(d, "\"text\":\"t\",\"co_unit_ids\":[21]" fields)
#define LEAD ",\"lead_unit_id\":20"
#define LEADERS ",\"leader_ids\":[50]"
#define DEADLINE ",\"deadline\":\"2025-12-31\""
#define RESULT ",\"result\":\"r\""

static story without_lead(desk *d) {
    return DRAFT(LEADERS DEADLINE RESULT);
}

static story without_leader(desk *d) {
    return DRAFT(LEAD DEADLINE RESULT);
}

static story without_deadline(desk *d) {
    return DRAFT(LEAD LEADERS RESULT);
}

static story without_result(desk *d) {
    return DRAFT(LEAD LEADERS DEADLINE);
}

static story whole_draft(desk *d) {
    return DRAFT(LEAD LEADERS DEADLINE RESULT);
}

static story pending(desk *d) {
    story s = whole_draft(d);
    done(&s, "drafter", "SubmitTask", "");
    return s;
}

/* Made by a host whose clock is ahead of that of whoever wrote the moves. */
static story pending_by_two_clocks(desk *d) {
    return set_by_sql(pending(d), "update task.task set created_ms = created_ms + 120000");
}

static story late_draft(desk *d) {
    return set_by_sql(whole_draft(d), "update task.task set deadline = '2025-05-30'");
}

static story with_open_clause(desk *d) {
    return set_by_sql(whole_draft(d), "update task.clause set covered = false");
}

static story with_empty_collective(desk *d) {
    return set_by_sql(whole_draft(d), "update task.leg set is_collective = role <> 1");
}

static story for_a_unit_gone(desk *d) {
    story s = whole_draft(d);
    desk_sql(d, "update task.leg set unit_id = 99 where task_id = '%s' and unit_id = 21", s.task);
    return s;
}

static story for_a_leader_gone(desk *d) {
    return set_by_sql(whole_draft(d), "update task.task set leader_ids = '{59}'");
}

/* ---- parts and periods */

static story split_by(desk *d, const char *head) {
    story s = active(d);
    done(&s, head, "SplitLeg", "\"children\":[{\"text\":\"part\"}]");
    return s;
}

static story lead_has_a_child(desk *d) {
    story s = split_by(d, "lead_head");
    done(&s, "co_handler", "SubmitLeg", "");
    done(&s, "lead_handler", "RequestClosure", "\"text\":\"t\"");
    done(&s, "co_head", "Countersign", "");
    return s;
}

static story co_unit_has_a_child(desk *d) {
    return split_by(d, "co_head");
}

/* The child, as the head of the unit above it sees it. */
static story a_child(desk *d) {
    story s = co_unit_has_a_child(d);
    s.task = desk_sql(d, "select task_id from task.task where parent_id = '%s'", s.task);
    s.version = "1";
    return s;
}

static story with_milestone(desk *d) {
    story s = active(d);
    desk_sql(d,
             "insert into task.milestone (site_id, task_id, milestone_no, title, due) values (1, '%s', 1, 'm', "
             "'2025-09-01')",
             s.task);
    return s;
}

static story milestone_reported(desk *d) {
    story s = with_milestone(d);
    put_evidence(d, FILE_A, 20);
    done(&s, "lead_handler", "ReportMilestone", "\"milestone_no\":1,\"evidence\":[\"" FILE_A "\"]");
    return s;
}

static story milestone_left(desk *d) {
    story s = with_milestone(d);
    done(&s, "co_handler", "SubmitLeg", "");
    done(&s, "lead_handler", "RequestClosure", "\"text\":\"t\"");
    done(&s, "co_head", "Countersign", "");
    return s;
}

/* A month that was sent back: not approved. */
static void owe_report(const story *s, int unit_id) {
    desk_sql(s->d,
             "insert into progress.sheet (site_id, report_id, task_id, unit_id, period, due, version, state) values "
             "(1, '%s', '%s', %d, '2025-05-01', '2025-05-30', 2, 3)",
             desk_request_id(s->d), s->task, unit_id);
}

static story lead_owes_a_report(desk *d) {
    story s = written(d);
    done(&s, "co_head", "Countersign", "");
    owe_report(&s, 20);
    return s;
}

static story co_unit_owes_a_report(desk *d) {
    story s = active(d);
    owe_report(&s, 21);
    return s;
}

/* ---- applications; the answer keeps the id */

static story applied(story s, const char *who, const char *fields) {
    const char *id = desk_request_id(s.d), *answer = give(&s, who, "Apply", id, fields);
    assert_starts(answer, "{");
    s.version = desk_value(s.d, answer, "version");
    s.answer = id;
    return s;
}

static story extension_asked(desk *d) {
    return applied(active(d), "lead_head", "\"kind\":2,\"reason\":\"r\",\"day\":\"2026-01-05\"");
}

static story adjustment_asked(desk *d) {
    return applied(active(d), "office_head", "\"kind\":4,\"reason\":\"r\",\"result\":\"less\"");
}

static story extension_asked_to_a_day_gone(desk *d) {
    return set_by_sql(extension_asked(d), "update task.application set day = '2025-05-30'");
}

static story extension_overtaken(desk *d) {
    return set_by_sql(extension_asked(d), "update task.task set deadline = '2026-01-05'");
}

static story nothing_asked(desk *d) {
    story s = active(d);
    s.answer = desk_request_id(d);
    return s;
}

#define GRANT(kind) "\"kind\":" kind ",\"granted\":true,\"reason\":\"r\",\"application_id\":"
#define REFUSE(kind) "\"kind\":" kind ",\"granted\":false,\"reason\":\"r\",\"application_id\":"

/* ---- the scenes */

typedef struct scene {
    const char *reason;
    story (*so_far)(desk *d);
    const char *who, *method, *fields; /* that end in ':' are followed by the application's id */
} scene;

static const scene scenes[] = {
    { "NOT_OFFICE", issued, "chief_of_20", "UrgeLeg", "\"unit_id\":21" },
    { "NOT_LEAD", active, "co_handler", "RequestClosure", "\"text\":\"t\"" },
    { "IS_LEAD", active, "lead_handler", "SubmitLeg", "" },
    { "NO_LEG", issued, "handler_of_10", "AcknowledgeLeg", "" },
    { "NOT_TASK_LEADER", to_be_signed_off, "leader2_in_10", "SignOffTask", "" },
    { "NOT_ISSUING_LEVEL", pending, "leader", "IssueTask", "" },
    { "APPLICANT", a_child, "co_head", "Apply", "\"kind\":5,\"reason\":\"r\"" },
    { "DECIDER", extension_asked, "leader", "DecideApplication", REFUSE("2") },
    { "DRAFTED_IT", pending, "drafter_as_chief", "IssueTask", "" },
    { "DRAFTED_IT", pending_by_two_clocks, "drafter_as_chief", "IssueTask", "" },
    { "ISSUED_BY_YOU", verifying, "chief_as_verifier", "VerifyTask", "\"result_class\":\"A\"" },
    { "TOOK_PART", verifying, "handler_as_verifier", "VerifyTask", "\"result_class\":\"A\"" },
    { "VERIFIED_BY_YOU", verified_once, "verifier", "VerifyTask", "\"result_class\":\"A\"" },
    { "VERIFIED_CLOSED", closed, "verifier_as_chief", "ReopenTask", "\"reason\":\"r\",\"evidence\":[\"" FILE_A "\"]" },
    { "ALREADY_SIGNED", signed_by_one_leader, "leader", "SignOffTask", "" },
    { "WROTE_IT", written, "handler_as_head", "SignClosure", "" },
    { "OWN_APPLICATION", adjustment_asked, "office_head", "DecideApplication", GRANT("4") },
    { "NOT_YOUR_APPLICATION", extension_asked, "second_head", "WithdrawApplication", "\"application_id\":" },
    { "SAME_PERSON", milestone_reported, "handler_as_head", "ApproveMilestone", "\"milestone_no\":1" },
    { "NO_LEAD", without_lead, "drafter", "SubmitTask", "" },
    { "NO_LEADER", without_leader, "drafter", "SubmitTask", "" },
    { "NO_DEADLINE", without_deadline, "drafter", "SubmitTask", "" },
    { "NO_RESULT", without_result, "drafter", "SubmitTask", "" },
    { "UNIT_GONE", for_a_unit_gone, "drafter", "SubmitTask", "" },
    { "LEADER_GONE", for_a_leader_gone, "drafter", "SubmitTask", "" },
    { "DEADLINE_OVER", late_draft, "drafter", "SubmitTask", "" },
    { "CLAUSE_OPEN", with_open_clause, "drafter", "SubmitTask", "" },
    { "COLLECTIVE_EMPTY", with_empty_collective, "drafter", "SubmitTask", "" },
    { "NO_CLOSURE", active, "lead_head", "SignClosure", "" },
    { "CO_UNIT_OPEN", written, "lead_head", "SignClosure", "" },
    { "MILESTONE_OPEN", milestone_left, "lead_head", "SignClosure", "" },
    { "CHILD_OPEN", lead_has_a_child, "lead_head", "SignClosure", "" },
    { "OWN_CHILD_OPEN", co_unit_has_a_child, "co_handler", "SubmitLeg", "" },
    { "REPORT_MISSING", lead_owes_a_report, "lead_head", "SignClosure", "" },
    { "OWN_REPORT_MISSING", co_unit_owes_a_report, "co_handler", "SubmitLeg", "" },
    { "PAST_DUE", overdue, "lead_head", "Apply", "\"kind\":2,\"reason\":\"r\",\"day\":\"2025-07-01\"" },
    { "ALREADY_APPLIED", extension_asked, "lead_head", "Apply", "\"kind\":2,\"reason\":\"r\",\"day\":\"2026-01-06\"" },
    { "NO_APPLICATION", nothing_asked, "office_head", "DecideApplication", GRANT("2") },
    { "DAY_PASSED", extension_asked_to_a_day_gone, "office_head", "DecideApplication", GRANT("2") },
    { "DAY_NOT_LATER", extension_overtaken, "office_head", "DecideApplication", GRANT("2") },
    { "RETURN_TOO_LATE", long_issued, "co_head", "Apply", "\"kind\":1,\"reason\":\"r\",\"other_unit_id\":22" },
    { "NOT_LATE", active, "office_head", "MarkAbsent", "\"unit_id\":21,\"reason\":\"r\"" },
    { "LEAD_NOT_ABSENT", overdue, "office_head", "MarkAbsent", "\"unit_id\":20,\"reason\":\"r\"" },
    { "ALREADY_REASSIGNED", handed_over, "office_head", "ReassignLeg",
      "\"unit_id\":21,\"new_unit_id\":22,\"reason\":\"r\"" },
    { "URGED_TOO_SOON", urged, "office_head", "UrgeLeg", "\"unit_id\":21" },
    { "UNIT_HAS_LEG", active, "office_head", "ReassignLeg", "\"unit_id\":20,\"new_unit_id\":21,\"reason\":\"r\"" },
    { "VERIFICATION_STARTED", verified_once, "lead_head", "WithdrawClosure", "\"reason\":\"r\"" },
    { "ITEM_NOT_READY", whole_draft, "drafter", "WaiveClause", "\"clause_no\":9,\"reason\":\"r\"" },
    { "EVIDENCE_UNKNOWN", with_milestone, "lead_handler", "ReportMilestone",
      "\"milestone_no\":1,\"evidence\":[\"" FILE_A "\"]" },
};

static const char *fields_of(const story *s, const char *fields) {
    size_t n = strlen(fields);
    return n && fields[n - 1] == ':' ? desk_text(s->d, "%s\"%s\"", fields, s->answer) : fields;
}

static void forget_evidence(desk *d) {
    desk_sql(d, "delete from progress.evidence_use; delete from progress.evidence");
}

static void play(desk *d, const scene *at) {
    print_message("%s\n", at->reason);
    story s = at->so_far(d);
    refused(&s, at->who, at->method, fields_of(&s, at->fields), at->reason);
    forget_evidence(d);
}

static void every_guard_refuses(void **state) {
    for (size_t i = 0; i < countof(scenes); i++)
        play(*state, &scenes[i]);
}

static void every_guard_has_a_scene(void **state) {
    (void) state;
    static const char *const reasons[] = {
#define GUARD(reason, fact, wanted, code, zh, en, unblock_zh, unblock_en) #reason,
#include "domain/guards.def"
#undef GUARD
    };
    for (size_t i = 0; i < countof(reasons); i++) {
        size_t at = 0;
        while (at < countof(scenes) && strcmp(scenes[at].reason, reasons[i]) != 0)
            at++;
        if (at == countof(scenes))
            fail_msg("no scene for %s", reasons[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_guard_has_a_scene),
        cmocka_unit_test(every_guard_refuses),
    };
    return cmocka_run_group_tests(tests, task_setup, desk_teardown);
}
