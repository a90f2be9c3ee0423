/* Imports of one document: whose they are, what repeats them, and what a corrected version may do. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bihuan/v1/task_service.pb-c.h"
#include "domain/task.h"
#include "integration/task_kit.h"

#define ONE "1111111111111111111111111111111111111111111111111111111111111111"
#define TWO "2222222222222222222222222222222222222222222222222222222222222222"
#define THREE "3333333333333333333333333333333333333333333333333333333333333333"
#define TASK "0196f0a0-0000-8000-8000-000000000002"
#define NUMBERED "\"document_number\":\"X 1\","
#define TITLED "\"document_title\":\"plan\","

static int empty(void **state) {
    desk_sql(*state, "truncate task.task, task.leg, task.clause, task.event, task.import, task.idem, target.import");
    return 0;
}

/* Imports one draft under an id of the test's own making. */
static const char *import_as(desk *d, const principal *who, const char *import, const char *head, const char *digest,
                             int round, const char *text) {
    return desk_call(d, "ImportTasks", who,
                     "%s\"import_id\":\"%s\",\"document_digest\":\"%s\",\"round\":%d,"
                     "\"drafts\":[{\"no\":\"1\",\"text\":\"%s\"}]",
                     head, import, digest, round, text);
}

static const char *import(desk *d, const char *head, const char *digest, int round) {
    const principal *who = person_named("drafter");
    const char *id = uuid_text(desk_mem(d), import_id(who->unit_id, digest, round));
    return import_as(d, who, id, head, digest, round, "t");
}

/* "1:1/0 2:0/1": of each import its round, drafts and issued tasks. */
static const char *listed(desk *d, const principal *who, const char *head) {
    Bh__ListImportsRequest request = BH__LIST_IMPORTS_REQUEST__INIT;
    Bh__ListImportsResponse *response;
    const char *out = "";
    request.document_digest = (char *) ONE;
    request.document_number = (char *) (*head ? "X 1" : "");
    assert_null(ASK(d, "ListImports", who, request, &response));
    for (size_t i = 0; i < response->n_imports; i++) {
        const Bh__Import *one = response->imports[i];
        assert_string_equal(one->imported_by, person_named("drafter")->login);
        assert_int_equal(one->time_ms, desk_now(d));
        out = desk_text(d, "%s%s%d:%d/%d", out, i ? " " : "", one->round, one->open_count, one->issued_count);
    }
    return out;
}

/* An import is of one unit and one document, and says the same whenever it is repeated. */
static void an_import_is_its_units_and_stays_what_it_is(void **state) {
    desk *d = *state;
    const principal *drafter = person_named("drafter");
    const char *id = uuid_text(desk_mem(d), import_id(drafter->unit_id, ONE, 1));
    principal colleague = *drafter, other = *drafter;
    colleague.user_id = 9;
    other.unit_id = 91;
    assert_starts(import_as(d, &other, id, NUMBERED, ONE, 1, "t"), "!IMPORT_FOREIGN ");
    assert_starts(import_as(d, drafter, TASK, NUMBERED, ONE, 1, "t"), "!IMPORT_FOREIGN ");
    assert_starts(import_as(d, drafter, id, NUMBERED, ONE, 2, "t"), "!IMPORT_FOREIGN ");
    assert_has(import_as(d, drafter, id, NUMBERED, ONE, 1, "t"), "\"task_count\":1");
    assert_has(import_as(d, &colleague, id, NUMBERED, ONE, 1, "t"), "\"task_count\":1");
    assert_starts(import_as(d, drafter, id, NUMBERED, ONE, 1, "u"), "!IMPORT_DIFFERS ");
    /* the same document in another office is another import, and each knows of its own only */
    const char *others = uuid_text(desk_mem(d), import_id(91, ONE, 1));
    assert_string_equal(listed(d, &other, NUMBERED), "");
    assert_has(import_as(d, &other, others, NUMBERED, ONE, 1, "t"), "\"task_count\":1");
    assert_string_equal(desk_sql(d, "select string_agg(office_unit || text, ' ' order by office_unit) from task.task"),
                        "10t 91t");
}

static void end_drafts(desk *d) {
    desk_sql(d, "update task.task set state = 10 where state = 1");
}

static void issue_drafts(desk *d) {
    desk_sql(d, "update task.task set state = 3, issuer = 9, lead_unit = 20, deadline = '2025-12-31', result = 'r' "
                "where state = 1");
}

/* A corrected version is a further round, and takes that no draft of an earlier one stands. */
static void a_corrected_version_takes_a_round(void **state) {
    desk *d = *state;
    assert_starts(import(d, NUMBERED, ONE, 1), "{");
    assert_starts(import(d, NUMBERED, TWO, 1), "!IMPORT_KNOWN : “X 1”");
    assert_starts(import(d, NUMBERED, TWO, 2), "!IMPORT_OPEN : 原导入还有 1 项草稿");
    assert_has(import(d, NUMBERED, TWO, 2),
               uuid_text(desk_mem(d), import_id(person_named("drafter")->unit_id, ONE, 1)));
    assert_string_equal(listed(d, person_named("drafter"), NUMBERED), "1:1/0");
    end_drafts(d);
    assert_starts(import(d, NUMBERED, TWO, 1), "!IMPORT_KNOWN ");
    assert_starts(import(d, NUMBERED, TWO, 2), "{");
    assert_string_equal(listed(d, person_named("drafter"), NUMBERED), "1:0/0 2:1/0");
    issue_drafts(d);
    assert_starts(import(d, NUMBERED, ONE, 2), "!IMPORT_KNOWN ");
    assert_starts(import(d, NUMBERED, ONE, 3), "{");
    assert_string_equal(listed(d, person_named("drafter"), NUMBERED), "1:0/0 2:0/1 3:1/0");
    /* what was imported before stays what it was, and adds nothing */
    assert_starts(import(d, NUMBERED, ONE, 1), "{");
    assert_starts(import(d, NUMBERED, TWO, 2), "{");
    assert_string_equal(desk_sql(d, "select count(*) from task.task"), "3");
}

/* By its number; without one by its title; without both by its bytes. */
static void a_document_is_recognised(void **state) {
    desk *d = *state;
    assert_starts(import(d, NUMBERED, ONE, 1), "{");
    assert_starts(import(d, NUMBERED TITLED, TWO, 1), "!IMPORT_KNOWN ");
    assert_starts(import(d, TITLED, TWO, 1), "{");
    assert_starts(import(d, TITLED, ONE, 5), "!IMPORT_OPEN ");
    end_drafts(d);
    empty(state);
    assert_starts(import(d, "", ONE, 1), "{");
    assert_starts(import(d, "", TWO, 1), "{");
    assert_string_equal(listed(d, person_named("drafter"), ""), "1:1/0");
}

/* The next one only: not one that leaves some out, nor the second before the first. */
static void rounds_follow_each_other(void **state) {
    desk *d = *state;
    assert_starts(import(d, NUMBERED, ONE, 2), "!IMPORT_ROUND : 这份文件至今导入过 0 次，下一次应为第 1 次");
    assert_starts(import(d, NUMBERED, ONE, 1), "{");
    end_drafts(d);
    assert_starts(import(d, NUMBERED, ONE, 3), "!IMPORT_ROUND : 这份文件至今导入过 1 次，下一次应为第 2 次");
    assert_starts(import(d, NUMBERED, ONE, 2), "{");
}

static const char *with_targets(desk *d, int count) {
    const char *id = uuid_text(desk_mem(d), import_id(person_named("drafter")->unit_id, ONE, 1));
    return desk_call(d, "ImportTasks", person_named("drafter"),
                     "\"import_id\":\"%s\",\"document_digest\":\"" ONE "\",\"round\":1,\"target_count\":%d,"
                     "\"drafts\":[{\"no\":\"1\",\"text\":\"t\"}]",
                     id, count);
}

static const char *validate(desk *d, const char *draft) {
    const char *id = uuid_text(desk_mem(d), import_id(person_named("drafter")->unit_id, ONE, 1));
    return desk_call(d, "ImportTasks", person_named("drafter"),
                     "\"import_id\":\"%s\",\"document_digest\":\"" ONE "\",\"round\":1,\"validate_only\":true,"
                     "\"drafts\":[{\"no\":\"1\",\"text\":\"t\"%s}]",
                     id, draft);
}

/* Before the targets are stored, whoever imports learns what the tasks would be refused for. */
static void what_is_only_validated_stores_nothing(void **state) {
    desk *d = *state;
    assert_starts(validate(d, ",\"lead_unit_id\":99"), "!UNIT_UNKNOWN ");
    assert_starts(validate(d, ""), "{");
    assert_string_equal(desk_sql(d, "select count(*) from task.import"), "0");
    assert_string_equal(desk_sql(d, "select count(*) from task.task"), "0");
    assert_starts(import(d, NUMBERED, ONE, 1), "{");
    assert_starts(validate(d, ""), "!IMPORT_DIFFERS ");
}

/* Until tasks and targets are both in, neither shows. */
static void what_is_refused_shows_nothing(void **state) {
    desk *d = *state;
    assert_starts(with_targets(d, 2), "!IMPORT_INCOMPLETE ");
    desk_sql(d, "insert into target.import (site_id, import_id, digest, target_count) values (1, '%s', sha256(''), 3)",
             uuid_text(desk_mem(d), import_id(person_named("drafter")->unit_id, ONE, 1)));
    assert_starts(with_targets(d, 2), "!IMPORT_INCOMPLETE ");
    assert_starts(with_targets(d, 0), "!IMPORT_INCOMPLETE ");
    assert_string_equal(desk_sql(d, "select shown from target.import"), "f");
    assert_starts(with_targets(d, 3), "{");
    assert_string_equal(desk_sql(d, "select shown from target.import"), "t");
}

/* ---- many at once */

/* One import that a thread asks of an instance. */
typedef struct attempt {
    const char *head, *digest;
    int round;
    pthread_t thread;
    desk *desk;
    const char *answer;
} attempt;
#define ATTEMPT(of_head, of_digest, of_round) \
    { .head = of_head, .digest = of_digest, .round = of_round }

static void *send(void *data) {
    attempt *a = data;
    a->answer = import(a->desk, a->head, a->digest, a->round);
    return NULL;
}

static void begin(attempt *a, desk *instance) {
    a->desk = desk_share(instance);
    assert_int_equal(pthread_create(&a->thread, NULL, send, a), 0);
}

/* How many of them got in. */
static int end(attempt *attempts, size_t n) {
    int accepted = 0;
    for (size_t i = 0; i < n; i++) {
        pthread_join(attempts[i].thread, NULL);
        accepted += *attempts[i].answer == '{';
        if (*attempts[i].answer != '{')
            assert_starts(attempts[i].answer, "!IMPORT_");
        desk_close(attempts[i].desk);
    }
    return accepted;
}

/* Imports stop where they would store their drafts, after they looked at what is there. */
static void hold(desk *d) {
    desk_sql(d, "begin; lock table task.task in exclusive mode");
}

static const char *held_count(desk *d) {
    return desk_sql(d, "select count(*) from pg_locks where not granted and relation = 'task.task'::regclass");
}

/* Commands that wait for a connection of the instance, as its metrics tell. */
static const char *waiting_count(desk *d) {
    static const char name[] = "\nbihuan_pg_commands_waiting ";
    buf out;
    buf_init(&out, desk_mem(d));
    pg_pool_metrics(desk_pool(d), &out);
    const char *found = strstr(out.s, name) + strlen(name);
    return desk_text(d, "%.*s", (int) strcspn(found, "\n"), found);
}

static void wait_until(desk *d, const char *(*count)(desk *d), const char *wanted) {
    enum { PAUSE_US = 10000, PAUSES_MAX = 3000 };
    for (int i = 0; strcmp(count(d), wanted) != 0; i++) {
        if (i == PAUSES_MAX)
            fail_msg("%s, not %s", count(d), wanted);
        usleep(PAUSE_US);
    }
}

/* Two instances, of which each saw nothing of the other's import when it began. */
static void of_two_instances_one_imports_a_document(void **state) {
    desk *d = *state, *twin;
    task_setup((void **) &twin);
    attempt attempts[] = { ATTEMPT(NUMBERED, ONE, 1), ATTEMPT(NUMBERED, ONE, 2), ATTEMPT(NUMBERED, TWO, 1),
                           ATTEMPT(NUMBERED, TWO, 5) };
    hold(d);
    for (size_t i = 0; i < countof(attempts); i++)
        begin(&attempts[i], i < 2 ? d : twin);
    wait_until(d, held_count, "2");
    desk_sql(d, "commit");
    assert_int_equal(end(attempts, countof(attempts)), 1);
    assert_string_equal(desk_sql(d, "select string_agg(round || ':' || task_count, ' ') from task.import"), "1:1");
    assert_string_equal(desk_sql(d, "select count(*) from task.task"), "1");
    desk_close(twin);
}

/* One instance, where they travel in one statement: they wait together while another document is under way. */
static void of_one_statement_one_imports_a_document(void **state) {
    desk *d = *state;
    attempt attempts[] = { ATTEMPT(TITLED, THREE, 1), ATTEMPT(NUMBERED, ONE, 1), ATTEMPT(NUMBERED, TWO, 1),
                           ATTEMPT(NUMBERED, TWO, 2) };
    hold(d);
    begin(&attempts[0], d);
    wait_until(d, held_count, "1");
    for (size_t i = 1; i < countof(attempts); i++)
        begin(&attempts[i], d);
    wait_until(d, waiting_count, "3");
    desk_sql(d, "commit");
    assert_int_equal(end(attempts, countof(attempts)), 2);
    assert_string_equal(desk_sql(d, "select count(*) from task.import where document_number = 'X 1' and round = 1"),
                        "1");
    assert_string_equal(desk_sql(d, "select count(*) from task.task"), "2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_import_is_its_units_and_stays_what_it_is, empty),
        cmocka_unit_test_setup(a_corrected_version_takes_a_round, empty),
        cmocka_unit_test_setup(a_document_is_recognised, empty),
        cmocka_unit_test_setup(rounds_follow_each_other, empty),
        cmocka_unit_test_setup(what_is_only_validated_stores_nothing, empty),
        cmocka_unit_test_setup(what_is_refused_shows_nothing, empty),
        cmocka_unit_test_setup(of_two_instances_one_imports_a_document, empty),
        cmocka_unit_test_setup(of_one_statement_one_imports_a_document, empty),
    };
    return cmocka_run_group_tests(tests, task_setup, desk_teardown);
}
