/* Drafts before they are issued: every field is corrected by one command, and a correction that changes nothing is
 * none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "integration/task_story.h"

/* A draft with these values, of which `fields` are named. */
static const char *revision(desk *d, const char *fields, const char *draft) {
    return desk_text(d, "\"fields\":[%s],\"draft\":{%s}", fields, draft);
}

static void revise(story *s, const char *fields, const char *draft) {
    done(s, "drafter", "ReviseDraft", revision(s->d, fields, draft));
}

static const char *draft_of(const story *s, const char *field) {
    return desk_sql(s->d, "select task.draft_of(t) -> '%s' from task.task t where task_id = '%s'", field, s->task);
}

static int setup(void **state) {
    task_setup(state);
    desk_sql(*state,
             "insert into directory.unit (site_id, unit_id, name, kind, office_unit_id, version, leaf_hash) values "
             "(1, 40, 'all', 5, 0, 1, sha256('')), (1, 50, 'leaders', 6, 0, 1, sha256(''))");
    return 0;
}

/* As an import leaves what its document does not settle: units of equal rank, no leader, no deadline. */
static void a_draft_with_doubts_is_completed_by_one_command(void **state) {
    desk *d = *state;
    story s = begin_draft(d, "\"text\":\"t\",\"co_unit_ids\":[20,21]");
    const char *answer = give(&s, "drafter", "SubmitTask", desk_request_id(d), "");
    assert_starts(answer, "!NO_LEAD ");
    assert_has(answer, "bihuan task revise");
    revise(&s, "\"text\",\"lead_unit_id\",\"leader_ids\",\"deadline\",\"result\",\"is_key\",\"milestones\"",
           "\"text\":\"new\",\"lead_unit_id\":20,\"leader_ids\":[50],\"deadline\":\"2025-12-31\",\"result\":\"r\","
           "\"is_key\":true,\"milestones\":[{\"title\":\"m\",\"due\":\"2025-09-01\"}]");
    assert_has(s.answer, "\"is_unchanged\":false");
    assert_string_equal(draft_of(&s, "co_unit_ids"), "[21]");
    assert_string_equal(draft_of(&s, "clauses"), "[\"new\"]");
    assert_string_equal(draft_of(&s, "milestones"), "[{\"due\": \"2025-09-01\", \"title\": \"m\"}]");
    done(&s, "drafter", "SubmitTask", "");
    done(&s, "leader", "IssueTask", "");
}

static void a_correction_is_told_with_old_and_new_values(void **state) {
    desk *d = *state;
    story s = begin_draft(d, "\"text\":\"t\",\"result\":\"old\"");
    revise(&s, "\"lead_unit_id\",\"result\",\"text\"", "\"lead_unit_id\":20,\"result\":\"new\",\"text\":\"t\"");
    const char *history = desk_call(d, "ListTaskEvents", person_named("drafter"), "\"task_id\":\"%s\"", s.task);
    assert_has(history, "\"message_zh\":\"牵头单位：无 → unit 20\\n成果：old → new\"");
    assert_has(history, "\"message_en\":\"lead unit: none → unit 20\\nresult: old → new\"");
    assert_has(history, "{\"field\":\"result\",\"before\":[\"old\"],\"after\":[\"new\"]}");
    assert_string_equal(
        desk_sql(d,
                 "select count(*) from audit.pending where position('REVISE' in encode(leaf, 'escape')) > 0 "
                 "and position('lead_unit_id result text' in encode(leaf, 'escape')) > 0 "
                 "and position('%s' in encode(leaf, 'escape')) > 0",
                 s.task),
        "1");
}

static void a_change_is_told_in_words(void **state) {
    desk *d = *state;
    story s = begin_draft(d, "\"text\":\"t\",\"co_unit_ids\":[20,21],\"leader_ids\":[50]");
    revise(&s, "\"co_unit_ids\",\"leader_ids\",\"is_key\",\"milestones\",\"also_at\"",
           "\"co_unit_ids\":[21,22],\"leader_ids\":[51],\"is_key\":true,\"milestones\":[{\"title\":\"m\",\"due\":"
           "\"2025-09-01\"}],\"also_at\":[{\"no\":\"2.1\"}]");
    assert_has(desk_call(d, "ListTaskEvents", person_named("drafter"), "\"task_id\":\"%s\"", s.task),
               "另列于：无 → 2.1\\n协办单位：unit 20、unit 21 → unit 21、unit 22\\n重点任务：否 → 是\\n"
               "分管领导：leader 50 → leader 51\\n节点：无 → 2025-09-01 m");
}

/* As the value is written, it would read as a change of its own. */
static void a_value_of_several_lines_is_told_in_one(void **state) {
    desk *d = *state;
    story s = begin_draft(d, "\"text\":\"t\"");
    revise(&s, "\"result\"", "\"result\":\"report\\n牵头单位：甲 → 乙\\tend\"");
    const char *history = desk_call(d, "ListTaskEvents", person_named("drafter"), "\"task_id\":\"%s\"", s.task);
    assert_has(history, "\"message_zh\":\"成果：无 → report 牵头单位：甲 → 乙 end\"");
    assert_has(history, "\"message_en\":\"result: none → report 牵头单位：甲 → 乙 end\"");
    assert_has(history, "\"after\":[\"report\\n牵头单位：甲 → 乙\\u0009end\"]");
}

static void a_field_that_is_named_and_not_given_becomes_empty(void **state) {
    story s = begin_draft(*state, "\"no\":\"1\",\"text\":\"t\",\"lead_unit_id\":20,\"co_unit_ids\":[21],\"leader_ids\":"
                                  "[50],\"deadline\":\"2025-12-31\",\"result\":\"r\",\"county_unit_ids\":[90]");
    revise(&s, "\"no\",\"lead_unit_id\",\"co_unit_ids\",\"county_unit_ids\",\"leader_ids\",\"deadline\",\"result\"",
           "\"text\":\"not named\"");
    assert_string_equal(draft_of(&s, "text"), "\"t\"");
    assert_string_equal(draft_of(&s, "leader_ids"), "[]");
    assert_string_equal(draft_of(&s, "deadline"), "\"\"");
    assert_string_equal(desk_sql(s.d, "select count(*) from task.leg where task_id = '%s'", s.task), "0");
    refused(&s, "drafter", "SubmitTask", "", "NO_LEAD");
}

static void a_correction_is_checked_as_a_new_draft_is(void **state) {
    static const struct {
        const char *fields, *draft, *reason;
    } rows[] = {
        { "", "\"text\":\"t\"", "BAD_FIELD" },
        { "\"state\"", "\"text\":\"t\"", "BAD_FIELD" },
        { "\"text\"", "\"result\":\"r\"", "BAD_FIELD" },
        { "\"lead_unit_id\"", "\"lead_unit_id\":-1", "BAD_FIELD" },
        { "\"lead_unit_id\"", "\"lead_unit_id\":9999", "UNIT_UNKNOWN" },
        { "\"lead_unit_id\"", "\"lead_unit_id\":40", "NOT_ONE_UNIT" },
        { "\"co_unit_ids\"", "\"co_unit_ids\":[21,9999]", "UNIT_UNKNOWN" },
        { "\"leader_ids\"", "\"leader_ids\":[3]", "NOT_A_LEADER" },
        { "\"lead_unit_id\"", "\"lead_unit_id\":50", "LEADERSHIP_NAMED" },
        { "\"co_unit_ids\"", "\"co_unit_ids\":[50]", "LEADERSHIP_NAMED" },
        { "\"lead_unit_id\",\"co_unit_ids\"", "\"lead_unit_id\":21,\"co_unit_ids\":[21]", "UNIT_DOUBLED" },
        { "\"co_unit_ids\",\"county_unit_ids\"", "\"co_unit_ids\":[21],\"county_unit_ids\":[21]", "UNIT_DOUBLED" },
        { "\"co_unit_ids\"", "\"co_unit_ids\":[21,21]", "UNIT_DOUBLED" },
        { "\"deadline\",\"milestones\"",
          "\"deadline\":\"2025-09-30\",\"milestones\":[{\"title\":\"m\",\"due\":\"2025-10-01\"}]", "BAD_FIELD" },
        { "\"deadline\"", "\"deadline\":\"2025-05-30\"", "DEADLINE_PAST" },
    };
    story s = begin_draft(*state, "\"text\":\"t\"");
    for (size_t i = 0; i < countof(rows); i++)
        refused(&s, "drafter", "ReviseDraft", revision(s.d, rows[i].fields, rows[i].draft), rows[i].reason);
    refused(&s, "drafter", "ReviseDraft", "\"fields\":[\"text\"]", "BAD_FIELD");
}

/* One rule for what is drafted by hand, broken down, imported and corrected; the unit is named. */
static void a_unit_has_one_part_in_a_task(void **state) {
    desk *d = *state;
    static const char *const drafts[] = {
        "\"lead_unit_id\":20,\"co_unit_ids\":[21,20]",
        "\"lead_unit_id\":20,\"county_unit_ids\":[20]",
        "\"co_unit_ids\":[20],\"county_unit_ids\":[21,20]",
        "\"lead_unit_id\":21,\"co_unit_ids\":[20,22,20]",
        "\"county_unit_ids\":[20,20]",
    };
    for (size_t i = 0; i < countof(drafts); i++) {
        const char *answer =
            desk_call(d, "CreateTask", person_named("drafter"), "\"draft\":{\"text\":\"t\",%s}", drafts[i]);
        assert_starts(answer, "!UNIT_DOUBLED ");
        assert_has(answer, "unit 20 (20)");
    }
    const char *answer =
        desk_call(d, "ImportTasks", person_named("drafter"),
                  "\"import_id\":\"804d9ee1-dcfa-8f0f-a021-de0f50ed049c\",\"round\":1,"
                  "\"document_digest\":\"1111111111111111111111111111111111111111111111111111111111111111\","
                  "\"drafts\":[{\"no\":\"1\",\"text\":\"t\",\"lead_unit_id\":20,\"co_unit_ids\":[50]}]");
    assert_starts(answer, "!LEADERSHIP_NAMED ");
    assert_has(answer, "leaders (50)");
    story s = begin_draft(d, "\"text\":\"t\",\"lead_unit_id\":20,\"co_unit_ids\":[21],\"county_unit_ids\":[90]");
    refused(&s, "drafter", "ReviseDraft", revision(d, "\"co_unit_ids\"", "\"co_unit_ids\":[20]"), "UNIT_DOUBLED");
    revise(&s, "\"lead_unit_id\"", "\"lead_unit_id\":21");
    assert_string_equal(draft_of(&s, "co_unit_ids"), "[]");
    revise(&s, "\"co_unit_ids\"", "\"co_unit_ids\":[90]");
    assert_string_equal(draft_of(&s, "county_unit_ids"), "[]");
}

static const char *count(const story *s, const char *from) {
    return desk_sql(s->d, "select count(*) from %s and task_id = '%s'", from, s->task);
}

static void what_stays_keeps_what_was_decided_about_it(void **state) {
    desk *d = *state;
    story s = begin_draft(d, "\"text\":\"t\",\"co_unit_ids\":[40],\"clauses\":[\"a\",\"b\"]");
    done(&s, "drafter", "NameMembers", "\"unit_id\":40,\"unit_ids\":[21]");
    done(&s, "drafter", "WaiveClause", "\"clause_no\":2,\"reason\":\"r\"");
    revise(&s, "\"co_unit_ids\",\"clauses\"", "\"co_unit_ids\":[22,40],\"clauses\":[\"A\",\"b\",\"c\"]");
    assert_string_equal(count(&s, "task.named_member where unit_id = 21"), "1");
    assert_string_equal(count(&s, "task.clause where waived_by = 1 and waiver = 'r'"), "1");
    revise(&s, "\"co_unit_ids\",\"clauses\"", "\"co_unit_ids\":[22],\"clauses\":[\"A\",\"B\"]");
    assert_string_equal(count(&s, "task.named_member where true"), "0");
    assert_string_equal(count(&s, "task.clause where waived_by = 0 and waiver = ''"), "2");
    assert_string_equal(count(&s, "task.leg where true"), "1");
}

static void a_correction_that_changes_nothing_leaves_no_trace(void **state) {
    desk *d = *state;
    story s = begin_draft(d, "\"text\":\"t\",\"lead_unit_id\":20,\"co_unit_ids\":[22,21]");
    const char *id = desk_request_id(d), *audited = desk_sql(d, "select count(*) from audit.pending");
    const char *same = revision(d, "\"co_unit_ids\",\"clauses\"", "\"co_unit_ids\":[21,22]");
    const char *first = give(&s, "drafter", "ReviseDraft", id, same);
    assert_has(first, "\"version\":1");
    assert_has(first, "\"is_unchanged\":true");
    assert_string_equal(count(&s, "task.event where true"), "1");
    assert_string_equal(desk_sql(d, "select count(*) from audit.pending"), audited);
    assert_string_equal(desk_sql(d, "select count(*) from task.outbox where object_id = '%s'", s.task), "0");
    revise(&s, "\"text\"", "\"text\":\"u\"");
    s.version = "1";
    assert_string_equal(give(&s, "drafter", "ReviseDraft", id, same), first);
    assert_starts(give(&s, "drafter", "ReviseDraft", id, revision(d, "\"text\"", "\"text\":\"v\"")),
                  "!REQUEST_ID_REUSED");
    refused(&s, "drafter", "ReviseDraft", same, "STALE_VERSION");
}

/* The outcome for the story's task. */
static const char *set(const story *s, const char *id, const char *fields) {
    return desk_call_as(s->d, "SetTasks", person_named("drafter"), id,
                        "%s,\"tasks\":[{\"task_id\":\"%s\",\"version\":%s}]", fields, s->task, s->version);
}

static void in_bulk_a_result_replaces_and_a_default_fills_gaps(void **state) {
    desk *d = *state;
    story s = begin_draft(d, "\"text\":\"t\",\"result\":\"first\"");
    const char *id = desk_request_id(d), *again = "\"default_result\":\"gap\",\"result\":\"first\"";
    const char *first = set(&s, id, again);
    assert_has(first, "\"version\":1,\"reason\":\"\"");
    assert_has(first, "\"is_unchanged\":true");
    assert_string_equal(count(&s, "task.event where true"), "1");
    assert_has(set(&s, desk_request_id(d), "\"result\":\"second\",\"plan_year\":2025"), "\"version\":2");
    assert_string_equal(set(&s, id, again), first);
    assert_string_equal(draft_of(&s, "result"), "\"second\"");
    assert_string_equal(draft_of(&s, "deadline"), "\"2025-12-31\"");
    assert_has(desk_call(d, "ListTaskEvents", person_named("drafter"), "\"task_id\":\"%s\"", s.task),
               "\"message_zh\":\"期限：无 → 2025-12-31\\n成果：first → second\"");
}

#define COMPLETE                                                                                       \
    "\"text\":\"t\",\"lead_unit_id\":20,\"co_unit_ids\":[92],\"leader_ids\":[50,51],\"result\":\"r\"," \
    "\"deadline\":\"2025-06-30\""

/* A plan may run before it is entered: its year is taken and told, but so it is not submitted. */
static void a_plan_that_is_over_is_set_and_told(void **state) {
    story s = begin_draft(*state, "\"text\":\"t\",\"lead_unit_id\":20,\"leader_ids\":[50],\"result\":\"r\"");
    const char *id = desk_request_id(s.d);
    for (int i = 0; i < 2; i++) {
        const char *told = set(&s, id, "\"plan_year\":2024");
        assert_has(told, "\"reason\":\"\"");
        assert_has(told, "\"is_past_due\":true");
    }
    s.version = "2";
    refused(&s, "drafter", "SubmitTask", "", "DEADLINE_OVER");
}

/* 92 is a unit that will be gone. */
static story submitted(desk *d) {
    desk_sql(d, "insert into directory.unit (site_id, unit_id, name, kind, office_unit_id, version, leaf_hash) values "
                "(1, 92, 'unit 92', 1, 0, 1, sha256('')) on conflict do nothing");
    story s = begin_draft(d, COMPLETE);
    done(&s, "drafter", "SubmitTask", "");
    return s;
}

/* What stands in the way of issuing stands in the way of submitting again, until the draft is corrected. */
static void correct(story *s, const char *reason, const char *fields, const char *draft) {
    refused(s, "office_head", "IssueTask", "", reason);
    done(s, "office_head", "SendBackTask", "\"reason\":\"r\"");
    refused(s, "drafter", "SubmitTask", "", reason);
    revise(s, fields, draft);
    done(s, "drafter", "SubmitTask", "");
    done(s, "office_head", "IssueTask", "");
}

static void a_draft_whose_deadline_has_passed_is_not_issued(void **state) {
    desk *d = *state;
    int64_t now = desk_now(d);
    story s = submitted(d);
    desk_set_clock(d, now + (int64_t) 29 * 24 * 3600 * 1000); /* 1 July */
    correct(&s, "DEADLINE_OVER", "\"deadline\"", "\"deadline\":\"2025-07-31\"");
    desk_set_clock(d, now);
}

static void a_draft_is_not_issued_to_who_is_gone(void **state) {
    desk *d = *state;
    story s = submitted(d), t = submitted(d);
    desk_sql(d, "delete from directory.unit where unit_id = 92");
    correct(&s, "UNIT_GONE", "\"co_unit_ids\"", "\"co_unit_ids\":[21]");
    desk_sql(d, "insert into directory.unit (site_id, unit_id, name, kind, office_unit_id, version, leaf_hash) values "
                "(1, 92, 'unit 92', 1, 0, 1, sha256(''));"
                "update directory.post_grant set last_day = '2025-06-01' where user_id = 51");
    correct(&t, "LEADER_GONE", "\"leader_ids\"", "\"leader_ids\":[50]");
    desk_sql(d, "update directory.post_grant set last_day = null where user_id = 51");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draft_with_doubts_is_completed_by_one_command),
        cmocka_unit_test(a_correction_is_told_with_old_and_new_values),
        cmocka_unit_test(a_change_is_told_in_words),
        cmocka_unit_test(a_value_of_several_lines_is_told_in_one),
        cmocka_unit_test(a_field_that_is_named_and_not_given_becomes_empty),
        cmocka_unit_test(a_correction_is_checked_as_a_new_draft_is),
        cmocka_unit_test(a_unit_has_one_part_in_a_task),
        cmocka_unit_test(what_stays_keeps_what_was_decided_about_it),
        cmocka_unit_test(a_correction_that_changes_nothing_leaves_no_trace),
        cmocka_unit_test(in_bulk_a_result_replaces_and_a_default_fills_gaps),
        cmocka_unit_test(a_plan_that_is_over_is_set_and_told),
        cmocka_unit_test(a_draft_whose_deadline_has_passed_is_not_issued),
        cmocka_unit_test(a_draft_is_not_issued_to_who_is_gone),
    };
    return cmocka_run_group_tests(tests, setup, desk_teardown);
}
