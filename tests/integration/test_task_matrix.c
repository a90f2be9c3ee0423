/* Every command from every state by every person, against the hand-written table task_matrix.def. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "task_harness.h"

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
static bool is_stranger(const person *who, int state) {
    return has_word("other_handler other_head other_office operator", who->name) ||
           (state <= 2 && has_word("lead_handler lead_head co_handler co_head", who->name));
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

/* Replaces $t, $a, $c and $e. */
static char *expand(arena *mem, const char *text, const char *task, const char *application, const char *child) {
    buf out;
    buf_init(&out, mem);
    for (; *text; text++) {
        if (*text != '$' || !text[1] || !strchr("tace", text[1])) {
            buf_addc(&out, *text);
            continue;
        }
        text++;
        buf_addf(&out, *text == 't' ? "'%s'" : "%s",
                 *text == 't'   ? task
                 : *text == 'a' ? application
                 : *text == 'c' ? child
                                : EVIDENCE);
    }
    return out.s;
}

/* A task in this state in which nothing but the state and the person can stand in the way of the row's command. */
static void put_task(arena *mem, const row *r, int state, const char *task, const char *child) {
    int verifiers = state >= 7 && state <= 9;
    char *sql = arena_printf(
        mem,
        "insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, deadline, is_key, "
        "office_unit, lead_unit, leader_ids, issuer, verifiers, closing_verifiers, signed_leaders, closure_no, "
        "suspended_on, created_ms, position) values (1, '%s', 5, sha256(''), %d, '1.1', 'text', 'result', "
        "'2025-12-01', "
        "%s, 10, 20, '{50}', %d, '%s', '%s', '%s', %d, %s, 1700000000000, 1);"
        "insert into task.leg (site_id, task_id, unit_id, role, state, acknowledge_by, opinion) values "
        "(1, '%s', 20, 1, %d, '2025-06-03', 'o'), (1, '%s', 21, 2, %d, '2025-06-03', 'o');"
        "insert into task.clause (site_id, task_id, clause_no, text, covered) values (1, '%s', 1, 'c', true);"
        "insert into task.event (site_id, task_id, version, time_ms, move, user_id, login, unit_id, post, leader_id, "
        "about_unit, state, note) values (1, '%s', 1, 1700000000001, 'CREATE', 1, 'drafter', 10, 3, 0, 0, 1, '');"
        "insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, result, is_key, office_unit, "
        "leader_ids, created_ms, position) values (1, '%s', 1, sha256(''), 1, '', 'child', '', false, 90, '{}', "
        "1700000000000, 1);",
        task, state, r->is_key ? "true" : "false", state > 2 ? (r->is_key ? 50 : 3) : 0,
        verifiers ? (r->is_key ? "{2,4}" : "{2}") : "{}", verifiers && state > 7 ? "{2}" : "{}",
        state == 8 || state == 9 ? "{50}" : "{}", strstr(r->set_up, "task.closure") ? 1 : 0,
        state == 5 ? "'2025-05-06'" : "null", task, index_of(leg_states, LEG_STATE_COUNT, r->lead_leg), task,
        index_of(leg_states, LEG_STATE_COUNT, r->co_leg), task, task, child);
    harness_sql(sql);
}

typedef struct trial {
    int tried, allowed, wrong;
} trial;

/* A refusal names its reason in a sentence; INTERNAL_ERROR would be the runtime's, not the rules'. A stranger is told
 * what there is to say before anything is read, or that there is no such task. */
static bool is_good_refusal(const told *t, const person *who, int state) {
    if (is_stranger(who, state) && strcmp(t->reason, "POST_REFUSED") != 0)
        return strcmp(t->reason, "NOT_FOUND_OBJECT") == 0;
    return strcmp(t->reason, "OK") != 0 && strcmp(t->reason, "INTERNAL_ERROR") != 0 && *t->zh;
}

static void try_one(pg_pool *pool, const row *r, int state, const person *who, trial *count) {
    arena *mem = arena_new(1 << 20);
    const char *task = uuid_text(mem, uuid_v7(1)), *application = uuid_text(mem, uuid_v7(2)),
               *child = uuid_text(mem, uuid_v7(3));
    put_task(mem, r, state, task, child);
    if (*r->set_up)
        harness_sql(expand(mem, r->set_up, task, application, child));
    char *fields = expand(mem, r->fields, task, application, child);
    char *json = arena_printf(mem, "\"task_id\":\"%s\",\"version\":5%s%s", task, *fields ? "," : "", fields);
    told t = harness_do(pool, who, r->method, NULL, json);
    int to = has_word(r->who, who->name) ? expected_state(r, state) : 0;
    bool is_allowed = strcmp(t.reason, "OK") == 0;
    count->tried++;
    count->allowed += is_allowed;
    bool is_right = to ? is_allowed && t.state == to && t.version == 6 : is_good_refusal(&t, who, state);
    if (!is_right) {
        count->wrong++;
        print_error("%s%s by %s from %s: %s %s, state %s; expected %s\n", r->method, r->is_key ? " (key)" : "",
                    who->name, states[state], t.reason, t.zh, is_allowed ? states[t.state] : "-",
                    to ? states[to] : "a refusal");
    }
    arena_free(mem);
}

static void every_state_move_and_person(void **unused) {
    (void) unused;
    pg_pool *pool = harness_open();
    harness_evidence(EVIDENCE, 10);
    harness_evidence(EVIDENCE, 20);
    trial count = { 0 };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (int state = 1; state < STATE_COUNT; state++)
            for (const person *who = persons; who->name; who++)
                if (strcmp(who->name, "verifier2") != 0 && strcmp(who->name, "leader2") != 0)
                    try_one(pool, &rows[i], state, who, &count);
    print_message("%d commands tried, %d allowed, %d wrong\n", count.tried, count.allowed, count.wrong);
    assert_int_equal(count.wrong, 0);
    assert_true(count.allowed > 100);
    harness_close(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_state_move_and_person) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
