/* The rules of reporting, by hand from the life of a task (T7), and the months it is asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain/calendar.h"
#include "domain/period.h"
#include "domain/report.h"

static int setup(void **state) {
    *state = call_new("test", 1000);
    return 0;
}

static int teardown(void **state) {
    call_free(*state);
    return 0;
}

/* What is out of the ordinary in an example. */
typedef enum twist { PLAIN, OWN_WORK, OTHER_UNIT, NO_EVIDENCE, OTHER_TARGET } twist;

typedef struct example {
    const char *what;
    report_move move;
    post_kind post;
    task_state task;
    leg_state leg;
    report_state state;
    twist twist;
    const char *reason;       /* "" = allowed */
    const char *who_unblocks; /* a part of the English */
} example;

static const example examples[] = {
    { "handler hands in", REPORT_MOVE_SUBMIT, POST_HANDLER, TASK_ACTIVE, LEG_WORKING, REPORT_OPEN, PLAIN, "", "" },
    { "handler hands in again what was sent back", REPORT_MOVE_SUBMIT, POST_HANDLER, TASK_ACTIVE, LEG_WORKING,
      REPORT_SENT_BACK, PLAIN, "", "" },
    { "handler corrects what was approved", REPORT_MOVE_SUBMIT, POST_HANDLER, TASK_ACTIVE, LEG_WORKING, REPORT_APPROVED,
      PLAIN, "", "" },
    { "handler corrects the own report before approval", REPORT_MOVE_SUBMIT, POST_HANDLER, TASK_ACTIVE, LEG_WORKING,
      REPORT_SUBMITTED, OWN_WORK, "", "" },
    { "head does not hand in", REPORT_MOVE_SUBMIT, POST_HEAD, TASK_ACTIVE, LEG_WORKING, REPORT_OPEN, PLAIN,
      "POST_REFUSED", "handler" },
    { "auditor changes nothing", REPORT_MOVE_SUBMIT, POST_AUDITOR, TASK_ACTIVE, LEG_WORKING, REPORT_OPEN, PLAIN,
      "POST_REFUSED", "handler" },
    { "no part in the task", REPORT_MOVE_SUBMIT, POST_HANDLER, TASK_ACTIVE, 0, REPORT_OPEN, PLAIN, "REPORT_NO_LEG",
      "office" },
    { "released", REPORT_MOVE_SUBMIT, POST_HANDLER, TASK_ACTIVE, LEG_RELEASED, REPORT_OPEN, PLAIN, "REPORT_NO_LEG",
      "office" },
    { "not acknowledged", REPORT_MOVE_SUBMIT, POST_HANDLER, TASK_ACTIVE, LEG_PENDING, REPORT_OPEN, PLAIN,
      "REPORT_LEG_PENDING", "acknowledges" },
    { "who countersigned still reports", REPORT_MOVE_SUBMIT, POST_HANDLER, TASK_ACTIVE, LEG_COUNTERSIGNED, REPORT_OPEN,
      PLAIN, "", "" },
    { "none owed while suspended", REPORT_MOVE_SUBMIT, POST_HANDLER, TASK_SUSPENDED, LEG_WORKING, REPORT_OPEN, PLAIN,
      "REPORT_NOT_OWED", "resumes" },
    { "none owed while verifying", REPORT_MOVE_SUBMIT, POST_HANDLER, TASK_VERIFYING, LEG_WORKING, REPORT_OPEN, PLAIN,
      "REPORT_NOT_OWED", "verifier" },
    { "none owed at sign-off", REPORT_MOVE_SUBMIT, POST_HANDLER, TASK_SIGN_OFF, LEG_WORKING, REPORT_OPEN, PLAIN,
      "REPORT_NOT_OWED", "leader" },
    { "none after the end", REPORT_MOVE_SUBMIT, POST_HANDLER, TASK_TERMINATED, LEG_WORKING, REPORT_OPEN, PLAIN,
      "REPORT_NOT_OWED", "" },
    { "evidence nobody stored", REPORT_MOVE_SUBMIT, POST_HANDLER, TASK_ACTIVE, LEG_WORKING, REPORT_OPEN, NO_EVIDENCE,
      "EVIDENCE_MISSING", "handler" },
    { "target of another task", REPORT_MOVE_SUBMIT, POST_HANDLER, TASK_ACTIVE, LEG_WORKING, REPORT_OPEN, OTHER_TARGET,
      "TARGET_FOREIGN", "handler" },
    { "head approves", REPORT_MOVE_APPROVE, POST_HEAD, TASK_ACTIVE, LEG_WORKING, REPORT_SUBMITTED, PLAIN, "", "" },
    { "handler does not approve", REPORT_MOVE_APPROVE, POST_HANDLER, TASK_ACTIVE, LEG_WORKING, REPORT_SUBMITTED, PLAIN,
      "POST_REFUSED", "head" },
    { "a change of hat does not help", REPORT_MOVE_APPROVE, POST_HEAD, TASK_ACTIVE, LEG_WORKING, REPORT_SUBMITTED,
      OWN_WORK, "REPORT_OWN_WORK", "another head" },
    { "nor for sending back", REPORT_MOVE_SEND_BACK, POST_HEAD, TASK_ACTIVE, LEG_WORKING, REPORT_SUBMITTED, OWN_WORK,
      "REPORT_OWN_WORK", "another head" },
    { "head of another unit", REPORT_MOVE_APPROVE, POST_HEAD, TASK_ACTIVE, LEG_WORKING, REPORT_SUBMITTED, OTHER_UNIT,
      "REPORT_OTHER_UNIT", "unit" },
    { "nothing handed in", REPORT_MOVE_APPROVE, POST_HEAD, TASK_ACTIVE, LEG_WORKING, REPORT_OPEN, PLAIN, "REPORT_STATE",
      "handler" },
    { "approved already", REPORT_MOVE_SEND_BACK, POST_HEAD, TASK_ACTIVE, LEG_WORKING, REPORT_APPROVED, PLAIN,
      "REPORT_STATE", "handler" },
    { "no judging while verifying", REPORT_MOVE_APPROVE, POST_HEAD, TASK_VERIFYING, LEG_WORKING, REPORT_SUBMITTED,
      PLAIN, "REPORT_NOT_OWED", "verifier" },
    { "head sends back", REPORT_MOVE_SEND_BACK, POST_HEAD, TASK_ACTIVE, LEG_WORKING, REPORT_SUBMITTED, PLAIN, "", "" },
};

static void test_moves(void **state) {
    for (size_t i = 0; i < countof(examples); i++) {
        const example *x = &examples[i];
        const report_facts facts = {
            .task = x->task,
            .leg = x->leg,
            .state = x->state,
            .is_own_unit = x->twist != OTHER_UNIT,
            .is_own_work = x->twist == OWN_WORK,
            .evidence_missing = x->twist == NO_EVIDENCE ? "ab" : "",
            .target_foreign = x->twist == OTHER_TARGET ? "ab" : "",
        };
        const bh_err *e = report_refusal(*state, x->move, x->post, &facts);
        if (strcmp(e ? e->reason : "", x->reason) != 0)
            fail_msg("%s: %s", x->what, e ? e->en : "allowed");
        if (e && (strlen(e->zh) == 0 || !strstr(e->unblock_en, x->who_unblocks)))
            fail_msg("%s: unblocked by %s", x->what, e->unblock_en);
    }
}

static void test_what_is_owed(UNUSED void **state) {
    assert_true(task_owes_reports(TASK_ACTIVE));
    for (task_state s = TASK_DRAFT; s <= TASK_TERMINATED; s++)
        assert_int_equal(task_owes_reports(s), s == TASK_ACTIVE);
    for (leg_state s = LEG_PENDING; s <= LEG_RELEASED; s++)
        assert_int_equal(leg_is_acting(s), s >= LEG_WORKING && s <= LEG_ABSENT);
}

static void test_periods(void **state) {
    bh_call *c = *state;
    int32_t period;
    assert_true(period_parse("2025-02", &period));
    assert_int_equal(period, day_of(2025, 2, 1));
    assert_string_equal(period_text(c->mem, period), "2025-02");
    assert_int_equal(period_of(day_of(2025, 2, 28)), period);
    /* A Friday; in May the 31st is a Saturday. */
    assert_int_equal(period_due(period), day_of(2025, 2, 28));
    assert_int_equal(period_due(day_of(2025, 5, 1)), day_of(2025, 5, 30));
    static const char *const wrong[] = { "",           "2025",     "2025-13", "2025-00", "2025-2",
                                         "2025-02-01", "2025-02 ", "1969-12", "x025-02" };
    for (size_t i = 0; i < countof(wrong); i++)
        if (period_parse(wrong[i], &period))
            fail_msg("'%s' is no month", wrong[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moves),
        cmocka_unit_test(test_what_is_owed),
        cmocka_unit_test(test_periods),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
