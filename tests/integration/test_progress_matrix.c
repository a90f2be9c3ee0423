/* Every state of the task, of the leg and of the report x every move of a report x every post, through the service
 * against PostgreSQL. What is expected is written by hand from the life of a task (T7), not read from the tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "integration/progress_kit.h"

/* The report of unit 10: derived from task, unit and month. */
#define REPORT "fd023404-2075-8cee-a3de-52b834584179"

enum { OPEN = 1, SUBMITTED, SENT_BACK, APPROVED };
enum { NO_LEG, PENDING, WORKING, LEG_LAST = 8, POSTS = 8 };

typedef struct move {
    const char *method;
    int post;
    const char *extra;
} move;

static const move moves[] = {
    { "SubmitReport", POST_HANDLER, ",\"task_id\":\"" TASK "\",\"period\":\"2025-06\",\"text\":\"x\"" },
    { "ApproveReport", POST_HEAD, ",\"report_id\":\"" REPORT "\"" },
    { "SendBackReport", POST_HEAD, ",\"report_id\":\"" REPORT "\",\"reason\":\"r\"" },
};

/* "T7 report (ACTIVE): handler submits, head of the same unit approves or sends back; two persons. None is owed while
 * SUSPENDED, VERIFYING, SIGN_OFF." A unit acts from its acknowledgement until its leg is done or released. */
static const char *expected(const move *m, int task, int leg, int report, bool own_work) {
    if (leg == NO_LEG || leg == 8 /* RELEASED */ || task <= 2 /* a draft is known to nobody but its office */)
        return "!REPORT_NO_LEG";
    if (task != 4 /* ACTIVE */)
        return "!REPORT_NOT_OWED";
    if (leg == PENDING || leg == 7 /* DONE */)
        return "!REPORT_LEG_PENDING";
    if (m->post == POST_HANDLER)
        return "{"; /* for the first time, again, or as a correction */
    if (report != SUBMITTED)
        return "!REPORT_STATE";
    return own_work ? "!REPORT_OWN_WORK" : "{";
}

/* Puts the stored rows where the case wants them; person 7 handed the report in. The row that results. */
static const char *place(desk *d, int task, int leg, int report) {
    return desk_sql(
        d,
        "delete from task.leg; delete from progress.sheet;"
        "delete from progress.report where period = '2025-06-01';"
        "update task.task set state = %d, issuer = %d, suspended_on = case when %d = 5 then '2025-06-10'::date end,"
        "  verifiers = '{1}', signed_leaders = leader_ids;"
        "insert into task.leg (site_id, task_id, unit_id, role, state, opinion)"
        "  select 1, '" TASK "', 10, 1, %d, 'o' where %d > 0;"
        "insert into progress.sheet (site_id, report_id, task_id, unit_id, period, due, version, state,"
        "  content_version, submitted_by, approved_by) values (1, '" REPORT "', '" TASK "', 10, '2025-06-01',"
        "  '2025-06-30', %d, %d, 1, 7, %d);"
        "select s::text from progress.sheet s",
        task, task > 2 ? 9 : 0, task, leg, leg, report == OPEN ? 0 : 5, report, report == APPROVED ? 8 : 0);
}

static void check(desk *d, const move *m, int task, int leg, int report, const principal *who, const char *wanted) {
    const char *before = place(d, task, leg, report);
    const char *answer = desk_call(d, m->method, who, "\"version\":%d%s", report == OPEN ? 0 : 5, m->extra);
    if (strncmp(answer, wanted, strlen(wanted)) != 0)
        fail_msg("%s by post %d, task %d, leg %d, report %d: expected %s, got %s", m->method, who->post, task, leg,
                 report, wanted, answer);
    bool is_changed = strcmp(before, desk_sql(d, "select s::text from progress.sheet s")) != 0;
    if (is_changed != (*wanted == '{'))
        fail_msg("%s, task %d, leg %d, report %d: a refusal changes nothing", m->method, task, leg, report);
}

static void test_every_state(void **state) {
    desk *d = *state;
    for (size_t i = 0; i < countof(moves); i++)
        for (int task = 1; task <= TASK_TERMINATED; task++)
            for (int leg = NO_LEG; leg <= LEG_LAST; leg++)
                for (int report = OPEN; report <= APPROVED; report++) {
                    const principal who = { .user_id = 9, .unit_id = 10, .post = moves[i].post, .login = "other" };
                    check(d, &moves[i], task, leg, report, &who, expected(&moves[i], task, leg, report, false));
                }
}

static void test_every_post(void **state) {
    desk *d = *state;
    for (size_t i = 0; i < countof(moves); i++)
        for (int post = 1; post <= POSTS; post++)
            for (int report = OPEN; report <= APPROVED; report++)
                for (int person = 7; person <= 9; person += 2) {
                    const principal who = { .user_id = person, .unit_id = 10, .post = post, .login = "someone" };
                    const char *wanted = expected(&moves[i], TASK_ACTIVE, WORKING, report, person == 7);
                    check(d, &moves[i], TASK_ACTIVE, WORKING, report, &who,
                          post == moves[i].post ? wanted : "!POST_REFUSED");
                }
}

/* Units of the task read each other's reports and judge none; for all others there is no report. */
static void test_other_units(void **state) {
    desk *d = *state;
    desk_sql(d, "insert into progress.task_view (site_id, task_id, version, state, no, text, office_unit_id, unit_ids, "
                "leader_ids, acting_unit_ids) values (1, '" TASK "', 1, 4, '1', 't', 90, '{10,11}', '{50}', '{}')");
    const principal head11 = { .user_id = 9, .unit_id = 11, .post = POST_HEAD, .login = "head11" };
    const principal head20 = { .user_id = 9, .unit_id = 20, .post = POST_HEAD, .login = "head20" };
    for (size_t i = 1; i < countof(moves); i++)
        for (int report = OPEN; report <= APPROVED; report++) {
            check(d, &moves[i], TASK_ACTIVE, WORKING, report, &head11, "!REPORT_OTHER_UNIT");
            check(d, &moves[i], TASK_ACTIVE, WORKING, report, &head20, "!NOT_FOUND_OBJECT");
        }
}

static int setup(void **state) {
    desk *d = desk_open(&progress_service);
    desk_sql(d, TASK_ROW);
    *state = d;
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_state),
        cmocka_unit_test(test_every_post),
        cmocka_unit_test(test_other_units),
    };
    return cmocka_run_group_tests(tests, setup, desk_teardown);
}
