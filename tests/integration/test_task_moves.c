/* What moves do beyond the state: who takes over, which signatures become void, who must sign twice, and what a
 * repeated, stale or reused command is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/uuid.h"
#include "domain/task.h"
#include "integration/task_story.h"

static void close_request(story *s) {
    done(s, "lead_handler", "RequestClosure", "\"text\":\"t\"");
    done(s, "co_head", "Countersign", "");
    done(s, "lead_head", "SignClosure", "");
}

static void the_old_leg_acts_until_the_new_one_is_acknowledged(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    done(&s, "office_head", "ReassignLeg", "\"unit_id\":20,\"new_unit_id\":90,\"reason\":\"r\"");
    done(&s, "lead_handler", "RequestClosure", "\"text\":\"still acting\"");
    refused(&s, "other_handler", "RequestClosure", "\"text\":\"not yet\"", "NOT_LEAD");
    done(&s, "other_handler", "AcknowledgeLeg", "");
    refused(&s, "lead_handler", "RequestClosure", "\"text\":\"no more\"", "NOT_LEAD");
    done(&s, "other_handler", "RequestClosure", "\"text\":\"now\"");
}

static const char *legs(const story *s) {
    return desk_sql(s->d,
                    "select string_agg(unit_id || ':' || state, ' ' order by unit_id) from task.leg where "
                    "task_id = '%s'",
                    s->task);
}

static void who_waits_to_take_over_is_one_and_can_be_passed_over(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    done(&s, "office_head", "ReassignLeg", "\"unit_id\":20,\"new_unit_id\":90,\"reason\":\"r\"");
    refused(&s, "office_head", "ReassignLeg", "\"unit_id\":20,\"new_unit_id\":22,\"reason\":\"r\"",
            "ALREADY_REASSIGNED");
    done(&s, "office_head", "ReassignLeg", "\"unit_id\":90,\"new_unit_id\":22,\"reason\":\"r\"");
    assert_string_equal(legs(&s), "20:2 21:2 22:1 90:8");
    refused(&s, "other_handler", "AcknowledgeLeg", "", "NO_LEG");
    done(&s, "third_handler", "AcknowledgeLeg", "");
    assert_string_equal(legs(&s), "20:8 21:2 22:2 90:8");
}

static void who_never_acknowledged_is_not_set_to_work_by_a_return(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    done(&s, "co_handler", "SubmitLeg", "");
    done(&s, "office_head", "ReassignLeg", "\"unit_id\":20,\"new_unit_id\":90,\"reason\":\"r\"");
    close_request(&s);
    done(&s, "verifier", "ReturnTask", "\"unit_ids\":[90],\"reason\":\"r\"");
    assert_string_equal(legs(&s), "20:2 21:3 90:1");
    close_request(&s);
    done(&s, "verifier", "VerifyTask", "\"result_class\":\"A\"");
    done(&s, "leader", "SignOffTask", "");
    assert_string_equal(legs(&s), "20:7 21:7 90:8");
}

static void the_lead_is_never_absent(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    desk_sql(s.d, "update task.task set deadline = '2025-01-02' where task_id = '%s'", s.task);
    refused(&s, "office_head", "MarkAbsent", "\"unit_id\":20,\"reason\":\"r\"", "LEAD_NOT_ABSENT");
    done(&s, "office_head", "MarkAbsent", "\"unit_id\":21,\"reason\":\"r\"");
}

static void the_lead_answers_for_children_of_a_unit_that_left(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    done(&s, "co_head", "SplitLeg", "\"children\":[{\"text\":\"part\"}]");
    const char *waive = desk_text(s.d, "\"reason\":\"r\",\"child_task_id\":\"%s\"",
                                  desk_sql(s.d, "select task_id from task.task where parent_id = '%s'", s.task));
    refused(&s, "lead_head", "WaiveChild", waive, "ITEM_NOT_READY");
    done(&s, "office_head", "ReassignLeg", "\"unit_id\":21,\"new_unit_id\":90,\"reason\":\"r\"");
    done(&s, "other_handler", "AcknowledgeLeg", "");
    refused(&s, "co_head", "WaiveChild", waive, "NO_LEG");
    done(&s, "lead_head", "WaiveChild", waive);
}

/* A key answers for a while; what is judged by the clock is judged by the day the command was made. */
static void a_repeated_suspension_has_its_answer_past_the_review_day(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    int64_t now = desk_now(s.d);
    const char *id = desk_request_id(s.d), *fields = "\"reason\":\"r\",\"review_day\":\"2025-06-10\"";
    const char *first = give(&s, "office_head", "SuspendTask", id, fields);
    assert_starts(first, "{");
    desk_set_clock(s.d, now + (int64_t) 20 * 24 * 3600 * 1000);
    assert_string_equal(give(&s, "office_head", "SuspendTask", id, fields), first);
    assert_starts(give(&s, "office_head", "SuspendTask", desk_request_id(s.d), fields), "!BAD_FIELD");
    desk_set_clock(s.d, now);
}

static void only_a_pause_sets_the_day_of_its_review(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    done(&s, "office_head", "SuspendTask", "\"reason\":\"r\",\"review_day\":\"2025-06-10\"");
    done(&s, "drafter", "Apply", "\"kind\":5,\"reason\":\"r\"");
    assert_string_equal(desk_sql(s.d, "select review_day from task.task where task_id = '%s'", s.task), "2025-06-10");
}

/* T14, T17, T18: those named work again, and only who has a part can be named. */
static void only_units_of_the_task_work_again(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    done(&s, "co_handler", "SubmitLeg", "");
    close_request(&s);
    refused(&s, "verifier", "ReturnTask", "\"unit_ids\":[22],\"reason\":\"r\"", "UNIT_WITHOUT_LEG");
    done(&s, "verifier", "VerifyTask", "\"result_class\":\"A\"");
    refused(&s, "leader", "RefuseSignOff", "\"unit_ids\":[21],\"reason\":\"r\"", "BAD_FIELD");
    refused(&s, "leader", "RefuseSignOff", "\"to_units\":true,\"unit_ids\":[21,90],\"reason\":\"r\"",
            "UNIT_WITHOUT_LEG");
    refused(&s, "leader", "RefuseSignOff", "\"to_units\":true,\"unit_ids\":[9999],\"reason\":\"r\"", "UNIT_UNKNOWN");
    done(&s, "leader", "RefuseSignOff", "\"to_units\":true,\"unit_ids\":[21],\"reason\":\"r\"");
    assert_string_equal(legs(&s), "20:2 21:2");
    const char *history = desk_call(s.d, "ListTaskEvents", person_named("drafter"), "\"task_id\":\"%s\"", s.task);
    assert_has(history, "\"message_zh\":\"等次：A\"");
    assert_has(history, "\"message_zh\":\"重新办理的单位：unit 21\"");
}

static void a_returned_closure_voids_every_countersignature(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    done(&s, "co_handler", "SubmitLeg", "");
    close_request(&s);
    done(&s, "verifier", "ReturnTask", "\"reason\":\"r\"");
    done(&s, "lead_handler", "RequestClosure", "\"text\":\"better\"");
    refused(&s, "lead_head", "SignClosure", "", "CO_UNIT_OPEN");
    done(&s, "co_head", "Countersign", "");
    done(&s, "lead_head", "SignClosure", "");
}

static void nobody_is_absent_where_there_is_nothing_to_answer(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    done(&s, "co_handler", "SubmitLeg", "");
    close_request(&s);
    desk_sql(s.d, "update task.task set answer_by = '2025-01-02' where task_id = '%s'", s.task);
    done(&s, "verifier", "ReturnTask", "\"reason\":\"r\"");
    refused(&s, "office_head", "MarkAbsent", "\"unit_id\":21,\"reason\":\"r\"", "NOT_LATE");
}

static void an_upheld_dissent_needs_a_new_text_and_an_overruled_one_does_not(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    done(&s, "co_handler", "SubmitLeg", "");
    done(&s, "lead_handler", "RequestClosure", "\"text\":\"t\"");
    done(&s, "co_head", "Dissent", "\"opinion\":\"o\"");
    refused(&s, "lead_head", "SignClosure", "", "CO_UNIT_OPEN");
    done(&s, "office_head", "RuleDissent", "\"unit_id\":21,\"upheld\":true,\"reason\":\"r\"");
    refused(&s, "lead_head", "SignClosure", "", "NO_CLOSURE");
    done(&s, "lead_handler", "RequestClosure", "\"text\":\"u\"");
    done(&s, "co_head", "Dissent", "\"opinion\":\"still\"");
    done(&s, "office_head", "RuleDissent", "\"unit_id\":21,\"upheld\":false,\"reason\":\"r\"");
    done(&s, "lead_head", "SignClosure", "");
}

static void two_leaders_both_sign_and_the_second_closes(void **state) {
    story s = begin(*state, "[50,51]", false);
    acknowledge(&s);
    done(&s, "co_handler", "SubmitLeg", "");
    close_request(&s);
    done(&s, "verifier", "VerifyTask", "\"result_class\":\"A\"");
    done(&s, "leader", "SignOffTask", "");
    assert_has(s.answer, "TASK_STATE_SIGN_OFF");
    refused(&s, "leader", "SignOffTask", "", "ALREADY_SIGNED");
    done(&s, "leader2", "SignOffTask", "");
    assert_has(s.answer, "TASK_STATE_CLOSED");
}

static void a_key_task_is_verified_by_two_persons(void **state) {
    story s = begin(*state, "[50]", true);
    acknowledge(&s);
    done(&s, "co_handler", "SubmitLeg", "");
    close_request(&s);
    done(&s, "verifier", "VerifyTask", "\"result_class\":\"A\"");
    assert_has(s.answer, "TASK_STATE_VERIFYING");
    refused(&s, "lead_head", "WithdrawClosure", "\"reason\":\"r\"", "VERIFICATION_STARTED");
    refused(&s, "verifier", "VerifyTask", "\"result_class\":\"A\"", "VERIFIED_BY_YOU");
    done(&s, "verifier2", "VerifyTask", "\"result_class\":\"A\"");
    assert_has(s.answer, "TASK_STATE_SIGN_OFF");
}

static void a_pause_moves_the_deadline_by_its_workdays(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    done(&s, "office_head", "SuspendTask", "\"reason\":\"r\",\"review_day\":\"2025-07-01\"");
    /* As if it had begun on Friday 23 May: 5 workdays until 2 June, itself a holiday; 4 January is a make-up day. */
    desk_sql(s.d, "update task.task set suspended_on = '2025-05-23' where task_id = '%s'", s.task);
    done(&s, "office_head", "ResumeTask", "\"reason\":\"r\"");
    assert_string_equal(desk_sql(s.d, "select deadline from task.task where task_id = '%s'", s.task), "2026-01-08");
}

/* Whoever has to act reads why it came back and that it is urged; the history says whom it was about. */
static void what_was_said_reaches_who_works(void **state) {
    desk *d = *state;
    story s = begin_draft(d, "\"text\":\"t\",\"lead_unit_id\":20,\"co_unit_ids\":[21],\"leader_ids\":[50],\"deadline\":"
                             "\"2025-12-31\",\"result\":\"r\"");
    done(&s, "drafter", "SubmitTask", "");
    done(&s, "office_head", "SendBackTask", "\"reason\":\"too vague\"");
    assert_has(desk_call(d, "ListTodo", person_named("drafter"), "\"page_size\":500"),
               "\"message_zh\":\"退回修改：too vague\"");
    done(&s, "drafter", "SubmitTask", "");
    done(&s, "office_head", "IssueTask", "");
    done(&s, "office_head", "UrgeLeg", "\"unit_id\":20,\"note\":\"at once\"");
    assert_has(desk_call(d, "ListTodo", person_named("lead_handler"), "\"page_size\":500"),
               "\"message_en\":\"urge: at once\"");
    const char *history = desk_call(d, "ListTaskEvents", person_named("drafter"), "\"task_id\":\"%s\"", s.task);
    assert_has(history, "too vague");
    assert_has(history, "\"about_unit_id\":20,\"about_unit_name\":\"unit 20\"");
}

static void an_extension_leads_to_a_later_day(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    refused(&s, "lead_head", "Apply", "\"kind\":2,\"reason\":\"r\",\"day\":\"2025-12-30\"", "DAY_NOT_LATER");
    refused(&s, "lead_head", "Apply", "\"kind\":2,\"reason\":\"r\",\"day\":\"2025-12-31\"", "DAY_NOT_LATER");
    done(&s, "lead_head", "Apply", "\"kind\":2,\"reason\":\"r\",\"day\":\"2026-01-05\"");
}

/* An open application for an extension to 5 January 2026; the deadline is 31 December. */
static const char *ask_extension(story *s) {
    acknowledge(s);
    const char *id = desk_request_id(s->d);
    const char *answer = give(s, "lead_head", "Apply", id, "\"kind\":2,\"reason\":\"r\",\"day\":\"2026-01-05\"");
    assert_starts(answer, "{");
    s->version = desk_value(s->d, answer, "version");
    return desk_text(s->d, "\"kind\":2,\"granted\":true,\"reason\":\"r\",\"application_id\":\"%s\"", id);
}

static const char *deadline_of(const story *s) {
    return desk_sql(s->d, "select deadline from task.task where task_id = '%s'", s->task);
}

static void an_extension_is_granted_to_a_day_to_come(void **state) {
    desk *d = *state;
    int64_t now = desk_now(d), day_ms = 24 * 3600 * 1000;
    story s = begin(d, "[50]", false);
    const char *grant = ask_extension(&s);
    desk_set_clock(d, now + 218 * day_ms); /* 6 January */
    refused(&s, "office_head", "DecideApplication", grant, "DAY_PASSED");
    assert_has(give(&s, "office_head", "DecideApplication", desk_request_id(d), grant),
               "申请延至的 2026-01-05 已过，不能照准；请另定今日起、晚于 2025-12-31 的工作日");
    refused(&s, "office_head", "DecideApplication", desk_text(d, "%s,\"day\":\"2026-01-05\"", grant), "DEADLINE_PAST");
    assert_has(desk_call(d, "ListTodo", person_named("office_head"), "\"page_size\":500"), s.task);
    done(&s, "office_head", "DecideApplication", desk_text(d, "%s,\"day\":\"2026-01-30\"", grant));
    assert_string_equal(deadline_of(&s), "2026-01-30");
    assert_has(desk_call(d, "ListTaskEvents", person_named("lead_head"), "\"task_id\":\"%s\"", s.task),
               "\"message_zh\":\"期限：2025-12-31 → 2026-01-30\"");
    desk_set_clock(d, now);
}

/* A pause moved the deadline behind the day that was asked for. */
static void a_grant_never_shortens(void **state) {
    desk *d = *state;
    story s = begin(d, "[50]", false);
    const char *grant = ask_extension(&s);
    desk_sql(d, "update task.task set deadline = '2026-01-08' where task_id = '%s'", s.task);
    refused(&s, "office_head", "DecideApplication", grant, "DAY_NOT_LATER");
    refused(&s, "office_head", "DecideApplication", desk_text(d, "%s,\"day\":\"2026-01-08\"", grant), "DAY_NOT_LATER");
    done(&s, "office_head", "DecideApplication", desk_text(d, "%s,\"day\":\"2026-01-09\"", grant));
    assert_string_equal(deadline_of(&s), "2026-01-09");
}

#define FILE_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define FILE_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define FILE_C "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

static void assert_cited(const story *s, int unit_id) {
    assert_string_equal(desk_sql(s->d,
                                 "select count(*) > 0 from progress.evidence_use where task_id = '%s' and unit_id = %d",
                                 s->task, unit_id),
                        "t");
}

static void put_milestone(const story *s) {
    desk_sql(s->d,
             "insert into task.milestone (site_id, task_id, milestone_no, title, due) values (1, '%s', 1, 'm', "
             "'2025-09-01')",
             s->task);
}

static void a_milestone_and_a_recheck_cite_what_the_unit_may_read(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    put_milestone(&s);
    put_evidence(s.d, FILE_A, 21);
    put_evidence(s.d, FILE_B, 20);
    refused(&s, "lead_handler", "ReportMilestone", "\"milestone_no\":1,\"evidence\":[\"" FILE_B "\",\"" FILE_A "\"]",
            "EVIDENCE_UNKNOWN");
    done(&s, "lead_handler", "ReportMilestone", "\"milestone_no\":1,\"evidence\":[\"" FILE_B "\"]");
    assert_cited(&s, 20);
    desk_sql(s.d, "update task.task set state = 8, verifiers = '{2}', signed_leaders = '{50}' where task_id = '%s'",
             s.task);
    refused(&s, "office_head", "ReopenTask", "\"reason\":\"r\",\"evidence\":[\"" FILE_A "\"]", "EVIDENCE_UNKNOWN");
    put_evidence(s.d, FILE_A, 10);
    done(&s, "office_head", "ReopenTask", "\"reason\":\"r\",\"evidence\":[\"" FILE_A "\"]");
    assert_cited(&s, 10);
}

static void the_longest_list_of_evidence_fits_into_its_audit_entry(void **state) {
    enum { MOST = 50 };
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    put_milestone(&s);
    put_evidence(s.d, FILE_C, 20);
    const char *list = "\"" FILE_C "\"";
    for (int i = 1; i < MOST; i++)
        list = desk_text(s.d, "%s,\"" FILE_C "\"", list);
    refused(&s, "lead_handler", "ReportMilestone",
            desk_text(s.d, "\"milestone_no\":1,\"evidence\":[%s,\"" FILE_C "\"]", list), "BAD_FIELD");
    done(&s, "lead_handler", "ReportMilestone", desk_text(s.d, "\"milestone_no\":1,\"evidence\":[%s]", list));
}

static void a_unit_is_urged_once_a_day(void **state) {
    story s = begin(*state, "[50]", false);
    done(&s, "verifier", "UrgeLeg", "\"unit_id\":21");
    refused(&s, "office_head", "UrgeLeg", "\"unit_id\":21", "URGED_TOO_SOON");
    done(&s, "office_head", "UrgeLeg", "\"unit_id\":20");
}

static void a_history_speaks_both_languages(void **state) {
    story s = begin(*state, "[50]", false);
    desk_sql(
        s.d,
        "insert into task.event (site_id, task_id, version, time_ms, move, user_id, login, unit_id, post, "
        "leader_id, about_unit, state, note) select site_id, task_id, 9, time_ms, 'OF_OLD', user_id, login, unit_id, "
        "post, leader_id, about_unit, state, note from task.event where task_id = '%s' and version = 1",
        s.task);
    const char *answer = desk_call(s.d, "ListTaskEvents", person_named("drafter"), "\"task_id\":\"%s\"", s.task);
    assert_has(answer, "\"move\":\"CREATE\",\"label_zh\":\"新建\"");
    assert_has(answer, "\"label_en\":\"create\"");
    assert_has(answer, "\"move\":\"ISSUE\",\"label_zh\":\"交办\"");
    assert_has(answer, "\"move\":\"OF_OLD\",\"label_zh\":\"OF_OLD\"");
}

static void the_same_id_has_the_same_answer_and_no_other_use(void **state) {
    story s = begin(*state, "[50]", false);
    const char *id = desk_request_id(s.d);
    const char *first = give(&s, "lead_handler", "AcknowledgeLeg", id, "");
    assert_starts(first, "{");
    assert_string_equal(give(&s, "lead_handler", "AcknowledgeLeg", id, ""), first);
    assert_starts(give(&s, "co_handler", "AcknowledgeLeg", id, ""), "!REQUEST_ID_REUSED");
    assert_starts(give(&s, "handler_elsewhere", "AcknowledgeLeg", id, ""), "!REQUEST_ID_REUSED");
    refused(&s, "co_handler", "AcknowledgeLeg", "", "STALE_VERSION");
}

static void an_id_out_of_its_window_is_not_executed(void **state) {
    story s = begin(*state, "[50]", false);
    int64_t now_ms = desk_now(s.d), day_ms = 24 * 3600 * 1000;
    const struct {
        uuid id;
        const char *answer;
    } rows[] = {
        { uuid_v7(now_ms - 30 * day_ms), "!REQUEST_ID_TOO_OLD" },
        { uuid_v7(now_ms + day_ms), "!REQUEST_ID_FROM_FUTURE" },
        { uuid_derive(uuid_v7(now_ms), "v8"), "!REQUEST_ID_MISSING" },
    };
    for (size_t i = 0; i < countof(rows); i++)
        assert_starts(give(&s, "lead_handler", "AcknowledgeLeg", uuid_text(desk_mem(s.d), rows[i].id), ""),
                      rows[i].answer);
}

/* Neither by its reason nor by its version: a task that is there is told from one that is not by nobody else. */
static void a_stranger_does_not_learn_of_a_task(void **state) {
    story s = begin(*state, "[50]", false), stale = s;
    stale.version = "1";
    refused(&s, "other_handler", "AcknowledgeLeg", "", "NOT_FOUND_OBJECT");
    refused(&stale, "other_handler", "AcknowledgeLeg", "", "NOT_FOUND_OBJECT");
    refused(&stale, "other_office", "SendBackTask", "\"reason\":\"r\"", "NOT_FOUND_OBJECT");
    refused(&stale, "co_handler", "AcknowledgeLeg", "", "STALE_VERSION");
    refused(&s, "leader2", "SignOffTask", "", "NOT_FOUND_OBJECT");
    refused(&s, "leader", "SignOffTask", "", "WRONG_STATE");
    refused(&s, "other_office", "ResumeTask", "\"reason\":\"r\"", "NOT_FOUND_OBJECT");
    refused(&s, "other_handler", "ResumeTask", "\"reason\":\"r\"", "POST_REFUSED");
}

static void units_do_not_learn_of_a_draft_that_was_dropped(void **state) {
    story s = begin(*state, "[50]", false);
    desk_sql(s.d, "update task.task set state = 10 where task_id = '%s'", s.task);
    assert_starts(get(&s, "co_handler"), "{");
    desk_sql(s.d, "update task.task set issuer = 0 where task_id = '%s'", s.task);
    assert_starts(get(&s, "co_handler"), "!NOT_FOUND_OBJECT");
    assert_starts(get(&s, "drafter"), "{");
}

/* 40 is a collective, 3 a drafter, 52 nobody. */
static void what_is_named_must_be_there_and_fit(void **state) {
    static const struct {
        const char *draft, *reason;
    } drafts[] = {
        { "\"lead_unit_id\":9999", "!UNIT_UNKNOWN : 名录中没有单位 9999" },
        { "\"lead_unit_id\":40", "!NOT_ONE_UNIT : 单位 all (40)" },
        { "\"co_unit_ids\":[21,9999]", "!UNIT_UNKNOWN : 名录中没有单位 9999" },
        { "\"county_unit_ids\":[9999]", "!UNIT_UNKNOWN : 名录中没有单位 9999" },
        { "\"leader_ids\":[50,9999]", "!NOT_A_LEADER : 账号 9999" },
        { "\"leader_ids\":[3]", "!NOT_A_LEADER : 账号 3" },
        { "\"lead_unit_id\":20,\"co_unit_ids\":[40],\"leader_ids\":[50,51]", "{" },
    };
    desk *d = *state;
    desk_sql(d, "insert into directory.unit (site_id, unit_id, name, kind, office_unit_id, version, leaf_hash) values "
                "(1, 40, 'all', 5, 0, 1, sha256(''))");
    story s = begin(d, "[50]", false);
    acknowledge(&s);
    const char *import = uuid_text(desk_mem(d), import_id(person_named("drafter")->unit_id, FILE_A, 1));
    for (size_t i = 0; i < countof(drafts); i++) {
        const char *draft = desk_text(d, "{\"no\":\"1\",\"text\":\"t\",%s}", drafts[i].draft);
        assert_starts(desk_call(d, "CreateTask", person_named("drafter"), "\"draft\":%s", draft), drafts[i].reason);
        assert_starts(desk_call(d, "ImportTasks", person_named("drafter"),
                                "\"import_id\":\"%s\",\"document_digest\":\"" FILE_A "\",\"round\":1,"
                                "\"drafts\":[%s]",
                                import, draft),
                      drafts[i].reason);
        const char *children = desk_text(d, "\"children\":[{\"text\":\"good\"},%s]", draft);
        assert_starts(give(&s, "lead_head", "SplitLeg", desk_request_id(d), children), drafts[i].reason);
    }
}

static void who_takes_over_or_is_right_is_one_unit_that_there_is(void **state) {
    static const struct {
        const char *who, *method, *fields;
    } moves[] = {
        { "office_head", "ReassignLeg", "\"unit_id\":21,\"reason\":\"r\",\"new_unit_id\":" },
        { "co_head", "Apply", "\"kind\":1,\"reason\":\"r\",\"other_unit_id\":" },
    };
    desk *d = *state;
    story s = begin(d, "[50]", false);
    for (size_t i = 0; i < countof(moves); i++) {
        refused(&s, moves[i].who, moves[i].method, desk_text(d, "%s9999", moves[i].fields), "UNIT_UNKNOWN");
        refused(&s, moves[i].who, moves[i].method, desk_text(d, "%s40", moves[i].fields), "NOT_ONE_UNIT");
    }
    refused(&s, "office_head", "ReassignLeg", "\"unit_id\":21,\"reason\":\"r\"", "BAD_FIELD");
}

static void members_are_units_that_there_are(void **state) {
    desk *d = *state;
    story s = { .d = d, .task = desk_request_id(d), .version = "1" };
    assert_starts(desk_call_as(d, "CreateTask", person_named("drafter"), s.task,
                               "\"draft\":{\"text\":\"t\",\"lead_unit_id\":20,\"co_unit_ids\":[40]}"),
                  "{");
    refused(&s, "drafter", "NameMembers", "\"unit_id\":40,\"unit_ids\":[21,9999]", "UNIT_UNKNOWN");
    refused(&s, "drafter", "NameMembers", "\"unit_id\":40,\"unit_ids\":[21,40]", "NOT_ONE_UNIT");
    refused(&s, "drafter", "NameMembers", "\"unit_id\":40,\"unit_ids\":[-1]", "BAD_FIELD");
    refused(&s, "drafter", "NameMembers", "\"unit_id\":40", "BAD_FIELD");
    done(&s, "drafter", "NameMembers", "\"unit_id\":40,\"unit_ids\":[21,22]");
    done(&s, "drafter", "NameMembers", "\"unit_id\":40,\"reason\":\"r\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_old_leg_acts_until_the_new_one_is_acknowledged),
        cmocka_unit_test(who_waits_to_take_over_is_one_and_can_be_passed_over),
        cmocka_unit_test(who_never_acknowledged_is_not_set_to_work_by_a_return),
        cmocka_unit_test(the_lead_is_never_absent),
        cmocka_unit_test(the_lead_answers_for_children_of_a_unit_that_left),
        cmocka_unit_test(a_repeated_suspension_has_its_answer_past_the_review_day),
        cmocka_unit_test(only_a_pause_sets_the_day_of_its_review),
        cmocka_unit_test(only_units_of_the_task_work_again),
        cmocka_unit_test(a_returned_closure_voids_every_countersignature),
        cmocka_unit_test(nobody_is_absent_where_there_is_nothing_to_answer),
        cmocka_unit_test(an_upheld_dissent_needs_a_new_text_and_an_overruled_one_does_not),
        cmocka_unit_test(two_leaders_both_sign_and_the_second_closes),
        cmocka_unit_test(a_key_task_is_verified_by_two_persons),
        cmocka_unit_test(a_pause_moves_the_deadline_by_its_workdays),
        cmocka_unit_test(what_was_said_reaches_who_works),
        cmocka_unit_test(an_extension_leads_to_a_later_day),
        cmocka_unit_test(an_extension_is_granted_to_a_day_to_come),
        cmocka_unit_test(a_grant_never_shortens),
        cmocka_unit_test(a_milestone_and_a_recheck_cite_what_the_unit_may_read),
        cmocka_unit_test(the_longest_list_of_evidence_fits_into_its_audit_entry),
        cmocka_unit_test(a_unit_is_urged_once_a_day),
        cmocka_unit_test(a_stranger_does_not_learn_of_a_task),
        cmocka_unit_test(units_do_not_learn_of_a_draft_that_was_dropped),
        cmocka_unit_test(a_history_speaks_both_languages),
        cmocka_unit_test(the_same_id_has_the_same_answer_and_no_other_use),
        cmocka_unit_test(an_id_out_of_its_window_is_not_executed),
        cmocka_unit_test(what_is_named_must_be_there_and_fit),
        cmocka_unit_test(who_takes_over_or_is_right_is_one_unit_that_there_is),
        cmocka_unit_test(members_are_units_that_there_are),
    };
    return cmocka_run_group_tests(tests, task_setup, desk_teardown);
}
