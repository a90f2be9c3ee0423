/* What moves do beyond the state: who takes over, which signatures become void, who must sign twice, and what a
 * repeated, stale or reused command is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/calendar.h"
#include "task_harness.h"

typedef struct story {
    pg_pool *pool;
    char task[UUID_TEXT_SIZE];
    int version;
    told last;
} story;

static int open_pool(void **state) {
    *state = harness_open();
    return 0;
}

static int close_pool(void **state) {
    harness_close(*state);
    return 0;
}

/* Gives a command about the story's task at its present version; it must be told `reason`. */
static void expect(story *s, const char *who, const char *method, const char *fields, const char *reason) {
    char json[512];
    snprintf(json, sizeof(json), "\"task_id\":\"%s\",\"version\":%d%s%s", s->task, s->version, *fields ? "," : "",
             fields);
    s->last = harness_do(s->pool, person_named(who), method, NULL, json);
    if (strcmp(s->last.reason, reason) != 0)
        fail_msg("%s by %s: %s %s, expected %s", method, who, s->last.reason, s->last.zh, reason);
    if (strcmp(reason, "OK") == 0)
        s->version = s->last.version;
}

static void done(story *s, const char *who, const char *method, const char *fields) {
    expect(s, who, method, fields, "OK");
}

static uuid now_id(void) {
    return uuid_v7(((int64_t) day_of(2025, 6, 2) * 24 + 1) * 3600 * 1000);
}

/* An issued task: 20 leads, 21 takes part. */
static story begin(pg_pool *pool, const char *leaders, bool is_key) {
    story s = { .pool = pool, .version = 1 };
    uuid id = now_id();
    arena *mem = arena_new(4096);
    snprintf(s.task, sizeof(s.task), "%s", uuid_text(mem, id));
    arena_free(mem);
    char json[512];
    snprintf(json, sizeof(json),
             "\"draft\":{\"no\":\"1.1\",\"text\":\"t\",\"lead_unit_id\":20,\"co_unit_ids\":[21],\"leader_ids\":%s,"
             "\"deadline\":\"2025-12-31\",\"result\":\"r\",\"is_key\":%s}",
             leaders, is_key ? "true" : "false");
    s.last = harness_do(pool, person_named("drafter"), "CreateTask", &id, json);
    assert_string_equal(s.last.reason, "OK");
    done(&s, "drafter", "SubmitTask", "");
    done(&s, is_key ? "leader" : "office_head", "IssueTask", "");
    return s;
}

static void acknowledge(story *s) {
    done(s, "lead_handler", "AcknowledgeLeg", "");
    done(s, "co_handler", "AcknowledgeLeg", "");
}

static void close_request(story *s) {
    done(s, "lead_handler", "RequestClosure", "\"text\":\"t\"");
    done(s, "co_head", "Countersign", "");
    done(s, "lead_head", "SignClosure", "");
}

static void make_units(void) {
    harness_sql("insert into directory.unit (site_id, unit_id, name, kind, office_unit_id, version, leaf_hash) "
                "select 1, u, 'unit ' || u, 1, 0, 1, sha256('') from unnest(array[5, 10, 20, 21, 90]) u "
                "on conflict do nothing");
}

static void the_old_leg_acts_until_the_new_one_is_acknowledged(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    done(&s, "office_head", "ReassignLeg", "\"unit_id\":20,\"new_unit_id\":90,\"reason\":\"r\"");
    done(&s, "lead_handler", "RequestClosure", "\"text\":\"still acting\"");
    expect(&s, "other_handler", "RequestClosure", "\"text\":\"not yet\"", "NOT_LEAD");
    done(&s, "other_handler", "AcknowledgeLeg", "");
    expect(&s, "lead_handler", "RequestClosure", "\"text\":\"no more\"", "NOT_LEAD");
    done(&s, "other_handler", "RequestClosure", "\"text\":\"now\"");
}

static void a_returned_closure_voids_every_countersignature(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    done(&s, "co_handler", "SubmitLeg", "");
    close_request(&s);
    done(&s, "verifier", "ReturnTask", "\"reason\":\"r\"");
    done(&s, "lead_handler", "RequestClosure", "\"text\":\"better\"");
    expect(&s, "lead_head", "SignClosure", "", "CO_UNIT_OPEN");
    done(&s, "co_head", "Countersign", "");
    done(&s, "lead_head", "SignClosure", "");
}

static void an_upheld_dissent_needs_a_new_text_and_an_overruled_one_does_not(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    done(&s, "co_handler", "SubmitLeg", "");
    done(&s, "lead_handler", "RequestClosure", "\"text\":\"t\"");
    done(&s, "co_head", "Dissent", "\"opinion\":\"o\"");
    expect(&s, "lead_head", "SignClosure", "", "CO_UNIT_OPEN");
    done(&s, "office_head", "RuleDissent", "\"unit_id\":21,\"upheld\":true,\"reason\":\"r\"");
    expect(&s, "lead_head", "SignClosure", "", "NO_CLOSURE");
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
    assert_int_equal(s.last.state, 7);
    expect(&s, "leader", "SignOffTask", "", "ALREADY_SIGNED");
    done(&s, "leader2", "SignOffTask", "");
    assert_int_equal(s.last.state, 8);
}

static void a_key_task_is_verified_by_two_persons(void **state) {
    story s = begin(*state, "[50]", true);
    acknowledge(&s);
    done(&s, "co_handler", "SubmitLeg", "");
    close_request(&s);
    done(&s, "verifier", "VerifyTask", "\"result_class\":\"A\"");
    assert_int_equal(s.last.state, 6);
    expect(&s, "lead_head", "WithdrawClosure", "\"reason\":\"r\"", "VERIFICATION_STARTED");
    expect(&s, "verifier", "VerifyTask", "\"result_class\":\"A\"", "VERIFIED_BY_YOU");
    done(&s, "verifier2", "VerifyTask", "\"result_class\":\"A\"");
    assert_int_equal(s.last.state, 7);
}

static void a_pause_moves_the_deadline_by_its_workdays(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    done(&s, "office_head", "SuspendTask", "\"reason\":\"r\",\"review_day\":\"2025-07-01\"");
    /* As if it had begun on Friday 23 May: 5 workdays until 2 June, itself a holiday; 4 January is a make-up day. */
    char sql[160];
    snprintf(sql, sizeof(sql), "update task.task set suspended_on = '2025-05-23' where task_id = '%s'", s.task);
    harness_sql(sql);
    done(&s, "office_head", "ResumeTask", "\"reason\":\"r\"");
    snprintf(sql, sizeof(sql), "select 1 / (deadline = '2026-01-08')::int from task.task where task_id = '%s'", s.task);
    harness_sql(sql);
}

#define FILE_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define FILE_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void assert_cited(const story *s, int unit_id) {
    char sql[256];
    snprintf(sql, sizeof(sql), "select 1 / count(*) from progress.evidence_use where task_id = '%s' and unit_id = %d",
             s->task, unit_id);
    harness_sql(sql);
}

static void a_milestone_and_a_recheck_cite_what_the_unit_may_read(void **state) {
    story s = begin(*state, "[50]", false);
    acknowledge(&s);
    char sql[512];
    snprintf(sql, sizeof(sql),
             "insert into task.milestone (site_id, task_id, milestone_no, title, due) values (1, '%s', 1, 'm', "
             "'2025-09-01')",
             s.task);
    harness_sql(sql);
    harness_evidence(FILE_A, 21);
    harness_evidence(FILE_B, 20);
    expect(&s, "lead_handler", "ReportMilestone", "\"milestone_no\":1,\"evidence\":[\"" FILE_B "\",\"" FILE_A "\"]",
           "EVIDENCE_UNKNOWN");
    done(&s, "lead_handler", "ReportMilestone", "\"milestone_no\":1,\"evidence\":[\"" FILE_B "\"]");
    assert_cited(&s, 20);
    snprintf(sql, sizeof(sql),
             "update task.task set state = 8, verifiers = '{2}', signed_leaders = '{50}' where task_id = '%s'", s.task);
    harness_sql(sql);
    expect(&s, "office_head", "ReopenTask", "\"reason\":\"r\",\"evidence\":[\"" FILE_A "\"]", "EVIDENCE_UNKNOWN");
    harness_evidence(FILE_A, 10);
    done(&s, "office_head", "ReopenTask", "\"reason\":\"r\",\"evidence\":[\"" FILE_A "\"]");
    assert_cited(&s, 10);
}

static void a_unit_is_urged_once_a_day(void **state) {
    story s = begin(*state, "[50]", false);
    done(&s, "verifier", "UrgeLeg", "\"unit_id\":21");
    expect(&s, "office_head", "UrgeLeg", "\"unit_id\":21", "URGED_TOO_SOON");
    done(&s, "office_head", "UrgeLeg", "\"unit_id\":20");
}

static void the_same_id_has_the_same_answer_and_no_other_use(void **state) {
    story s = begin(*state, "[50]", false);
    uuid id = now_id();
    char json[256];
    snprintf(json, sizeof(json), "\"task_id\":\"%s\",\"version\":%d", s.task, s.version);
    told first = harness_do(s.pool, person_named("lead_handler"), "AcknowledgeLeg", &id, json);
    told again = harness_do(s.pool, person_named("lead_handler"), "AcknowledgeLeg", &id, json);
    assert_string_equal(first.reason, "OK");
    assert_memory_equal(&first, &again, sizeof(first));
    told other_person = harness_do(s.pool, person_named("co_handler"), "AcknowledgeLeg", &id, json);
    assert_string_equal(other_person.reason, "REQUEST_ID_REUSED");
    told stale = harness_do(s.pool, person_named("co_handler"), "AcknowledgeLeg", NULL, json);
    assert_string_equal(stale.reason, "STALE_VERSION");
}

static void an_id_out_of_its_window_is_not_executed(void **state) {
    story s = begin(*state, "[50]", false);
    char json[256];
    snprintf(json, sizeof(json), "\"task_id\":\"%s\",\"version\":%d", s.task, s.version);
    int64_t now_ms = uuid_ms(now_id()), day_ms = 24 * 3600 * 1000;
    uuid old = uuid_v7(now_ms - 30 * day_ms), early = uuid_v7(now_ms + day_ms), random = uuid_derive(old, "v8");
    assert_string_equal(harness_do(s.pool, person_named("lead_handler"), "AcknowledgeLeg", &old, json).reason,
                        "REQUEST_ID_TOO_OLD");
    assert_string_equal(harness_do(s.pool, person_named("lead_handler"), "AcknowledgeLeg", &early, json).reason,
                        "REQUEST_ID_FROM_FUTURE");
    assert_string_equal(harness_do(s.pool, person_named("lead_handler"), "AcknowledgeLeg", &random, json).reason,
                        "REQUEST_ID_MISSING");
}

/* Neither by its reason nor by its version: a task that is there is told from one that is not by nobody else. */
static void a_stranger_does_not_learn_of_a_task(void **state) {
    story s = begin(*state, "[50]", false), stale = s;
    stale.version = 1;
    expect(&s, "other_handler", "AcknowledgeLeg", "", "NOT_FOUND_OBJECT");
    expect(&stale, "other_handler", "AcknowledgeLeg", "", "NOT_FOUND_OBJECT");
    expect(&stale, "other_office", "SendBackTask", "\"reason\":\"r\"", "NOT_FOUND_OBJECT");
    expect(&stale, "co_handler", "AcknowledgeLeg", "", "STALE_VERSION");
    expect(&s, "leader2", "SignOffTask", "", "NOT_FOUND_OBJECT");
    expect(&s, "leader", "SignOffTask", "", "WRONG_STATE");
}

static void units_do_not_learn_of_a_draft_that_was_dropped(void **state) {
    story s = begin(*state, "[50]", false);
    char sql[160], json[80];
    snprintf(json, sizeof(json), "\"task_id\":\"%s\"", s.task);
    snprintf(sql, sizeof(sql), "update task.task set state = 10 where task_id = '%s'", s.task);
    harness_sql(sql);
    assert_string_equal(harness_ask(s.pool, person_named("co_handler"), "GetTask", json).reason, "OK");
    snprintf(sql, sizeof(sql), "update task.task set issuer = 0 where task_id = '%s'", s.task);
    harness_sql(sql);
    assert_string_equal(harness_ask(s.pool, person_named("co_handler"), "GetTask", json).reason, "NOT_FOUND_OBJECT");
    assert_string_equal(harness_ask(s.pool, person_named("drafter"), "GetTask", json).reason, "OK");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_old_leg_acts_until_the_new_one_is_acknowledged),
        cmocka_unit_test(a_returned_closure_voids_every_countersignature),
        cmocka_unit_test(an_upheld_dissent_needs_a_new_text_and_an_overruled_one_does_not),
        cmocka_unit_test(two_leaders_both_sign_and_the_second_closes),
        cmocka_unit_test(a_key_task_is_verified_by_two_persons),
        cmocka_unit_test(a_pause_moves_the_deadline_by_its_workdays),
        cmocka_unit_test(a_milestone_and_a_recheck_cite_what_the_unit_may_read),
        cmocka_unit_test(a_unit_is_urged_once_a_day),
        cmocka_unit_test(a_stranger_does_not_learn_of_a_task),
        cmocka_unit_test(units_do_not_learn_of_a_draft_that_was_dropped),
        cmocka_unit_test(the_same_id_has_the_same_answer_and_no_other_use),
        cmocka_unit_test(an_id_out_of_its_window_is_not_executed),
    };
    make_units();
    return cmocka_run_group_tests(tests, open_pool, close_pool);
}
