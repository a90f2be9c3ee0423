/* The journals of the simulator given to the task service on PostgreSQL: every answer is the model's, the stored rows
 * in the end are the model's, and the properties hold of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "domain/calendar.h"
#include "integration/task_kit.h"
#include "sim/lines.h"
#include "sim/properties.h"
#include "sim/simulation.h"
#include "sim/wire.h"

enum { SEEDS = 80, MEMORY_MAX = 1 << 30, CLOCK_EVERY = 10, STATE_EVERY = 40 };

/* ---- the city in the directory */

static void put_units(desk *d) {
    for (size_t i = 0; i < cast_unit_count; i++) {
        const cast_unit *u = &cast_units[i];
        desk_sql(d,
                 "insert into directory.unit (site_id, unit_id, name, kind, office_unit_id, version, leaf_hash) values "
                 "(1, %d, 'unit %d', %d, %d, 1, sha256('')) on conflict do nothing",
                 u->unit_id, u->unit_id, u->is_collective ? 5 : 1, u->office);
        if (u->members[0])
            desk_sql(d,
                     "insert into directory.member_set (site_id, unit_id, version, first_day, members) values "
                     "(1, %d, 1, '2025-01-01', '{%d,%d}')",
                     u->unit_id, u->members[0], u->members[1]);
        put_evidence(d, DIGEST_STORED, u->unit_id);
    }
}

static void empty(desk *d) {
    desk_sql(d, "truncate task.task, task.leg, task.named_member, task.clause, task.milestone, task.application, "
                "task.closure, task.child_waiver, task.event, task.idem, task.outbox, audit.pending");
}

/* Nothing here is about power cuts, so commits need not wait for the disk. */
static int setup(void **state) {
    task_setup(state);
    desk_sql(*state,
             "do $$ begin execute format('alter database %%I set synchronous_commit = off', current_database()); "
             "end $$");
    desk_close(*state);
    return task_setup(state);
}

/* ---- orders */

static answer refused(desk *d, const char *text) {
    size_t n = strcspn(text, " ");
    const char *words = strstr(text, ": ");
    return (answer){ .reason = arena_strndup(desk_mem(d), text + 1, n - 1), .zh = words ? words + 2 : "" };
}

static int32_t number(desk *d, const char *text, const char *name) {
    return (int32_t) strtol(desk_value(d, text, name), NULL, 10);
}

static int32_t state_of(desk *d, const char *text) {
    const char *name = desk_value(d, text, "state") + strlen("TASK_STATE_");
    for (int32_t state = TASK_DRAFT; state <= TASK_TERMINATED; state++)
        if (strcmp(task_state_name((task_state) state), name) == 0)
            return state;
    return 0;
}

/* A bulk command answers for each task; its state is not told. */
static answer outcome(desk *d, const char *text) {
    const char *reason = desk_value(d, text, "reason");
    if (*reason)
        return (answer){ .reason = reason, .zh = desk_value(d, text, "message_zh") };
    return (answer){ .reason = "OK", .version = number(d, text, "version") };
}

static answer give(desk *d, const execution *x) {
    const cast_person *p = x->order->who;
    const principal who = { .user_id = p->user_id,
                            .unit_id = p->unit_id,
                            .post = (int32_t) p->post,
                            .leader_id = p->leader_id,
                            .login = p->login };
    desk_set_clock(d, x->now_ms);
    const char *text = desk_call_as(d, wire_method(x->order), &who, uuid_text(desk_mem(d), x->order->key), "%s",
                                    wire_fields(desk_mem(d), x->order));
    if (*text == '!')
        return refused(d, text);
    if (x->order->move == MOVE_SET)
        return outcome(d, text);
    return (answer){ .reason = "OK", .version = number(d, text, "version"), .state = state_of(d, text) };
}

static bool same_answer(const execution *x, const answer *told) {
    const answer *a = &x->answer;
    if (strcmp(a->reason, told->reason) != 0)
        return false;
    if (!answer_is_ok(a))
        return strcmp(a->reason, "BAD_FIELD") == 0 || strcmp(a->zh, told->zh) == 0;
    return a->version == told->version && (x->order->move == MOVE_SET || a->state == told->state);
}

/* ---- what was stored */

static uuid id_of(const char *text) {
    uuid id = { { 0 } };
    assert_true(uuid_parse(text, &id));
    return id;
}

/* Calls read(row, line) for every line of what a query answers. */
static size_t read_rows(desk *d, const char *sql, void (*read)(record *, arena *, size_t, const char *), record *r) {
    const lines *rows = lines_of_text(desk_mem(d), desk_sql(d, "%s", sql));
    for (size_t i = 0; i < rows->n; i++)
        read(r, desk_mem(d), i, rows->text[i]);
    return rows->n;
}

static void read_task(record *r, arena *mem, size_t i, const char *line) {
    task_row *t = &r->tasks[i];
    char id[40], hash[80];
    int key;
    (void) mem;
    assert_int_equal(sscanf(line, "%39s %d %d %zu %d %79s", id, &t->version, &t->state, &t->leader_count, &key, hash),
                     6);
    t->id = id_of(id);
    t->is_key = key;
    assert_true(hex_parse(hash, t->leaf_hash, SHA256_SIZE));
}

static void read_event(record *r, arena *mem, size_t i, const char *line) {
    event_row *e = &r->events[i];
    char id[40], move[40];
    long long ms;
    assert_int_equal(sscanf(line, "%39s %d %lld %39s %d %d %d %d %d %d", id, &e->version, &ms, move, &e->user_id,
                            &e->unit_id, &e->post, &e->leader_id, &e->about_unit, &e->state),
                     10);
    e->task = id_of(id);
    e->time_ms = ms;
    e->move = arena_strdup(mem, move);
}

static void read_key(record *r, arena *mem, size_t i, const char *line) {
    key_row *k = &r->keys[i];
    char key[40], task[40];
    (void) mem;
    assert_int_equal(sscanf(line, "%39s %39s %d %d", key, task, &k->version, &k->state), 4);
    k->key = id_of(key);
    k->task = id_of(task);
}

static void read_change(record *r, arena *mem, size_t i, const char *line) {
    char task[40], key[40];
    (void) mem;
    assert_int_equal(sscanf(line, "%39s %39s", task, key), 2);
    r->changes[i] = (change_row){ id_of(task), id_of(key) };
}

/* The number in front keeps the order. */
static void read_leaf(record *r, arena *mem, size_t i, const char *line) {
    const char *digits = strchr(line, ' ') + 1;
    size_t n = strlen(digits) / 2;
    uint8_t *bytes = arena_alloc(mem, n);
    assert_true(hex_parse(digits, bytes, n));
    r->leaves[i] = (leaf_row){ bytes, n };
}

#define ROWS(columns, from) "select string_agg(concat_ws(' ', " columns "), E'\n') from " from

static const record *read_record(desk *d, arena *mem) {
    record *r = arena_alloc(mem, sizeof(*r));
    r->task_count = read_rows(d,
                              ROWS("task_id, version, state, cardinality(leader_ids), is_key::int4, "
                                   "encode(leaf_hash, 'hex')",
                                   "task.task"),
                              read_task, r);
    r->event_count = read_rows(d,
                               ROWS("task_id, version, time_ms, move, user_id, unit_id, post, leader_id, about_unit, "
                                    "state",
                                    "task.event"),
                               read_event, r);
    r->key_count = read_rows(d, ROWS("key, object_id, version, state", "task.idem"), read_key, r);
    r->change_count = read_rows(d, ROWS("object_id, event_id", "task.outbox"), read_change, r);
    r->leaf_count = read_rows(d, ROWS("lpad(id::text, 12, '0'), encode(leaf, 'hex')", "audit.pending"), read_leaf, r);
    return r;
}

static const char state_sql[] =
    "select string_agg(line, E'\n') from ("
    "select format('%s task v%s s%s office %s lead %s issuer %s key %s deadline %s answer %s suspended %s review %s "
    "closure %s "
    "verifiers %s closing %s signed %s parent %s/%s result %s', task_id, version, state, office_unit, "
    "coalesce(lead_unit, 0), issuer, is_key::int4, coalesce(deadline::text, '-'), coalesce(answer_by::text, '-'), "
    "coalesce(suspended_on::text, '-'), coalesce(review_day::text, '-'), closure_no, verifiers, closing_verifiers, "
    "signed_leaders, coalesce(parent_id::text, '-'), coalesce(parent_unit, 0), result) as line from task.task "
    "union all select format('%s leg %s role %s s%s collective %s waived %s overruled %s by %s replaces %s urged %s "
    "''%s'' "
    "''%s''', task_id, unit_id, role, state, is_collective::int4, (waived_by <> 0)::int4, overruled::int4, "
    "coalesce(acknowledge_by::text, '-'), coalesce(replaces_unit, 0), urged_ms, opinion, ruling) from task.leg "
    "union all select format('%s clause %s %s %s', task_id, clause_no, covered::int4, (waived_by <> 0)::int4) "
    "from task.clause "
    "union all select format('%s milestone %s %s by %s', task_id, milestone_no, state, moved_by) from task.milestone "
    "union all select format('%s waived', child_id) from task.child_waiver "
    "union all select format('%s application %s kind %s s%s unit %s by %s day %s other %s %s', task_id, "
    "application_id, kind, "
    "state, unit_id, writer, coalesce(day::text, '-'), coalesce(other_unit, 0), result) from task.application "
    "union all select format('%s closure %s s%s by %s %s', task_id, closure_no, state, writer, result_class) "
    "from task.closure) as everything";

/* ---- what is derived, never stored */

static const char *holder_of(const model_task *t, int32_t today) {
    static const char *const holders[] = {
        [TASK_DRAFT] = "office",     [TASK_PENDING_APPROVAL] = "office",
        [TASK_ISSUED] = "unit",      [TASK_ACTIVE] = "unit",
        [TASK_VERIFYING] = "office", [TASK_SIGN_OFF] = "leader",
        [TASK_SUSPENDED] = "",       [TASK_CLOSED] = "",
        [TASK_ARCHIVED] = "",        [TASK_TERMINATED] = "",
    };
    bool is_past_review = t->state == TASK_SUSPENDED && t->review_day && t->review_day < today;
    return is_past_review ? "office" : holders[t->state];
}

/* Whose clock runs, and since how many workdays a unit is late: never while others hold the task. */
static void compare_clock(desk *d, const model_task *t, int64_t now_ms) {
    static const principal auditor = { .user_id = 1, .post = POST_AUDITOR, .login = "auditor" };
    int32_t today = day_at(now_ms);
    bool is_late = (t->state == TASK_ISSUED || t->state == TASK_ACTIVE) && t->deadline && t->deadline < today;
    desk_set_clock(d, now_ms);
    const char *text = desk_call(d, "GetTask", &auditor, "\"task_id\":\"%s\"", uuid_text(desk_mem(d), t->id));
    assert_string_equal(desk_value(d, text, "clock_holder"), holder_of(t, today));
    assert_int_equal(number(d, text, "overdue_workdays"), is_late ? workdays_between(t->deadline, today) : 0);
}

/* ---- comparison */

/* A seed under comparison. */
typedef struct comparison {
    desk *desk;
    arena *mem;
    model *model; /* executes what the store executes */
    int seed;
} comparison;

static void compare_answer(const comparison *c, execution *x) {
    answer a = give(c->desk, x);
    if (!same_answer(x, &a))
        fail_msg("seed %d: %s\nmodel: %s %d %d %s\nstore: %s %d %d %s", c->seed, order_text(c->mem, x->order),
                 x->answer.reason, x->answer.version, x->answer.state, x->answer.zh, a.reason, a.version, a.state,
                 a.zh);
    if (x->order->move != MOVE_SET)
        x->answer = a;
    model_execute(c->model, x->order, x->now_ms);
}

static void compare_state(const comparison *c) {
    const lines *stored = lines_of_text(c->mem, desk_sql(c->desk, "%s", state_sql));
    const char *differ = lines_differ(c->mem, lines_of_model(c->mem, c->model), stored);
    if (differ)
        fail_msg("seed %d:\n%s", c->seed, differ);
}

static size_t compare_seed(desk *d, uint64_t seed) {
    arena *mem = arena_new(MEMORY_MAX);
    const comparison c = { d, mem, model_new(mem, SABOTAGE_NONE), (int) seed };
    world_result r = world_run(mem, seed, SABOTAGE_NONE);
    journal *told = arena_memdup(mem, r.journal, sizeof(*told));
    empty(d);
    for (size_t i = 0; i < told->n; i++) {
        const execution *x = &told->rows[i];
        compare_answer(&c, &told->rows[i]);
        const model_task *t = i % CLOCK_EVERY ? NULL : model_task_of(c.model, x->order->task);
        if (t)
            compare_clock(d, t, x->now_ms + (int64_t) (seed + i) % 60 * 24 * 3600 * 1000);
        if (i % STATE_EVERY == 0)
            compare_state(&c);
    }
    compare_state(&c);
    const char *broken = property_broken(mem, told, read_record(d, mem));
    if (broken)
        fail_msg("seed %d: %s", c.seed, broken);
    arena_free(mem);
    return r.journal->n;
}

/* The seeds to compare, unless the command line names others. */
static uint64_t first_seed = 1, seed_count = SEEDS;

static void test_journals(void **state) {
    size_t commands = 0;
    put_units(*state);
    for (uint64_t i = 0; i < seed_count; i++)
        commands += compare_seed(*state, first_seed + i);
    print_message("%d seeds, %zu commands, 0 differences\n", (int) seed_count, commands);
    assert_true(commands > 0);
}

/* test_task_model [FIRST COUNT] */
int main(int argc, char **argv) {
    if (argc == 3) {
        first_seed = strtoull(argv[1], NULL, 10);
        seed_count = strtoull(argv[2], NULL, 10);
    }
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(test_journals, setup, desk_teardown) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
