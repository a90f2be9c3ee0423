/* Every command from every state by every person, against the hand-written table task_matrix.def. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "integration/task_kit.h"

static const char *const states[] = { NULL,        "DRAFT",    "PENDING_APPROVAL", "ISSUED",   "ACTIVE",    "SUSPENDED",
                                      "VERIFYING", "SIGN_OFF", "CLOSED",           "ARCHIVED", "TERMINATED" };
static const char *const leg_states[] = { NULL,      "PENDING", "WORKING", "SUBMITTED", "COUNTERSIGNED",
                                          "DISSENT", "ABSENT",  "DONE",    "RELEASED" };
enum { STATE_COUNT = 11, LEG_STATE_COUNT = 9 };

#define APPLICATION(kind)                                                                                         \
    "insert into task.application (site_id, application_id, task_id, unit_id, kind, state, writer, reason, day, " \
    "other_unit, result) values (1, '$a', $t, 21, " #kind ", 1, 22, 'r', '2025-12-30', 90, 'n')"
#define CLOSURE(state)                                                                                            \
    "insert into task.closure (site_id, task_id, closure_no, text, state, writer) values (1, $t, 1, 't', " #state \
    ", 11)"
#define MILESTONE(state, by)                                                                           \
    "insert into task.milestone (site_id, task_id, milestone_no, title, due, state, moved_by) values " \
    "(1, $t, 1, 'm', '2025-09-01', " #state ", " #by ")"
#define EVIDENCE "1111111111111111111111111111111111111111111111111111111111111111"

typedef struct row {
    const char *method, *fields, *who, *moves, *lead_leg, *co_leg;
    bool is_key;
    const char *set_up;
} row;

static const row rows[] = {
#define ROW(...) { __VA_ARGS__ },
#include "task_matrix.def"
#undef ROW
};

static int index_of(const char *const *names, int n, const char *name) {
    for (int i = 1; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    fail_msg("%s is no state", name);
    return 0;
}

static bool has_word(const char *words, const char *word) {
    size_t n = strlen(word);
    for (const char *p = words; (p = strstr(p, word)); p += n)
        if ((p == words || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
            return true;
    return false;
}

/* Who has nothing to do with the task: other units, the operator; units of the task until it is issued. */
static bool is_stranger(const principal *who, int state) {
    return has_word("other_handler other_head other_office operator", who->login) ||
           (state <= 2 && has_word("lead_handler lead_head co_handler co_head", who->login));
}

/* The state after, 0 when the row has no move from `from`. */
static int expected_state(const row *r, int from) {
    char wanted[64];
    int n = snprintf(wanted, sizeof(wanted), "%s>", states[from]);
    for (const char *p = r->moves; p; p = strchr(p, ' '), p = p ? p + 1 : NULL)
        if (strncmp(p, wanted, (size_t) n) == 0) {
            char to[64];
            sscanf(p + n, "%63s", to);
            return index_of(states, STATE_COUNT, to);
        }
    return 0;
}

/* The ids of one trial, as SQL or JSON wants them in the place of $t, $a, $c and $e. */
typedef struct ids {
    const char *t, *a, *c, *e;
} ids;

static char *expand(desk *d, const char *text, const ids *id) {
    static const char letters[] = "tace";
    const char *const values[] = { id->t, id->a, id->c, id->e };
    buf out;
    buf_init(&out, desk_mem(d));
    for (; *text; text++) {
        const char *letter = *text == '$' && text[1] ? strchr(letters, text[1]) : NULL;
        if (letter)
            buf_adds(&out, values[letter - letters]), text++;
        else
            buf_addc(&out, *text);
    }
    return out.s;
}

/* A task in this state in which nothing but the state and the person can stand in the way of the row's command. */
static void put_task(desk *d, const row *r, int state, const ids *id) {
    int verifiers = state >= 7 && state <= 9;
    desk_sql(
        d,
        "insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, "
        "office_unit, lead_unit, leader_ids, issuer, verifiers, closing_verifiers, signed_leaders, closure_no, "
        "suspended_on, created_ms, position) values (1, %s, 5, sha256(''), %d, '1.1', 'text', 'result', '2025-12-01', "
        "%s, 10, 20, '{50}', %d, '%s', '%s', '%s', %d, %s, 1700000000000, 1);"
        "insert into task.leg (site_id, task_id, unit_id, role, state, acknowledge_by, opinion) values "
        "(1, %s, 20, 1, %d, '2025-06-03', 'o'), (1, %s, 21, 2, %d, '2025-06-03', 'o');"
        "insert into task.clause (site_id, task_id, clause_no, text, covered) values (1, %s, 1, 'c', true);"
        "insert into task.event (site_id, task_id, version, time_ms, move, user_id, login, unit_id, post, leader_id, "
        "about_unit, state, note) values (1, %s, 1, 1700000000001, 'CREATE', 1, 'drafter', 10, 3, 0, 0, 1, '');"
        "insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, is_key, office_unit, "
        "leader_ids, created_ms, position) values (1, '%s', 1, sha256(''), 1, '', 'child', '', false, 90, '{}', "
        "1700000000000, 1)",
        id->t, state, r->is_key ? "true" : "false", state > 2 ? (r->is_key ? 50 : 3) : 0,
        verifiers ? (r->is_key ? "{2,4}" : "{2}") : "{}", verifiers && state > 7 ? "{2}" : "{}",
        state == 8 || state == 9 ? "{50}" : "{}", strstr(r->set_up, "task.closure") ? 1 : 0,
        state == 5 ? "'2025-05-06'" : "null", id->t, index_of(leg_states, LEG_STATE_COUNT, r->lead_leg), id->t,
        index_of(leg_states, LEG_STATE_COUNT, r->co_leg), id->t, id->t, id->c);
    if (*r->set_up)
        desk_sql(d, "%s", expand(d, r->set_up, id));
}

typedef struct trial {
    int tried, allowed, wrong;
} trial;

static bool has_reason(const char *answer, const char *reason) {
    size_t n = strlen(reason);
    return *answer == '!' && strncmp(answer + 1, reason, n) == 0 && answer[n + 1] == ' ';
}

/* A refusal names its reason in a sentence; INTERNAL_ERROR would be the runtime's, not the rules'. A stranger is told
 * what there is to say before anything is read, or that there is no such task. */
static bool is_good_refusal(const char *answer, const principal *who, int state) {
    if (is_stranger(who, state) && !has_reason(answer, "POST_REFUSED"))
        return has_reason(answer, "NOT_FOUND_OBJECT");
    return *answer == '!' && !has_reason(answer, "INTERNAL_ERROR") && strstr(answer, ": ")[2];
}

static bool is_done(desk *d, const char *answer, int to) {
    return *answer == '{' && strcmp(desk_value(d, answer, "version"), "6") == 0 &&
           strcmp(desk_value(d, answer, "state"), desk_text(d, "TASK_STATE_%s", states[to])) == 0;
}

static void try_one(desk *d, const row *r, int state, const principal *who, trial *count) {
    const char *task = desk_request_id(d);
    const ids id = { desk_text(d, "'%s'", task), desk_request_id(d), desk_request_id(d), EVIDENCE };
    put_task(d, r, state, &id);
    const char *fields = expand(d, r->fields, &id);
    const char *answer =
        desk_call(d, r->method, who, "\"task_id\":\"%s\",\"version\":5%s%s", task, *fields ? "," : "", fields);
    int to = has_word(r->who, who->login) ? expected_state(r, state) : 0;
    count->tried++;
    count->allowed += *answer == '{';
    if (to ? !is_done(d, answer, to) : !is_good_refusal(answer, who, state)) {
        count->wrong++;
        print_error("%s%s by %s from %s: %s; expected %s\n", r->method, r->is_key ? " (key)" : "", who->login,
                    states[state], answer, to ? states[to] : "a refusal");
    }
}

static void every_state_move_and_person(void **state) {
    put_evidence(*state, EVIDENCE, 10);
    put_evidence(*state, EVIDENCE, 20);
    trial count = { 0 };
    for (size_t i = 0; i < countof(rows); i++)
        for (int from = 1; from < STATE_COUNT; from++)
            for (const principal *who = persons; who < persons + PERSON_COUNT; who++)
                if (strcmp(who->login, "verifier2") != 0 && strcmp(who->login, "leader2") != 0)
                    try_one(*state, &rows[i], from, who, &count);
    print_message("%d commands tried, %d allowed, %d wrong\n", count.tried, count.allowed, count.wrong);
    assert_int_equal(count.wrong, 0);
    assert_true(count.allowed > 100);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_state_move_and_person) };
    return cmocka_run_group_tests(tests, task_setup, desk_teardown);
}
