/* The stream of changes: nothing skipped, nothing twice, nothing that is not for the caller. One log for all tests:
 * what a process knows of its size only grows. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "integration/audit_kit.h"

static const principal handler = { .user_id = 9, .unit_id = 9, .post = BH__POST__POST_HANDLER };

/* One caller's stream, as the runtime drives it. */
typedef struct watching {
    desk *desk;
    const principal *who;
    Bh__WatchChangesRequest request;
    Bh__WatchChangesResponse *response;
    rpc_step step;
} watching;

static watching watch(desk *d, const principal *who, int64_t first) {
    watching w = { .desk = d, .who = who, .request = BH__WATCH_CHANGES_REQUEST__INIT };
    w.request.first_index = first;
    return w;
}

static bh_err *step(watching *w) {
    return desk_step(w->desk, "WatchChanges", w->who, &w->request.base, (ProtobufCMessage **) &w->response, &w->step);
}

static int64_t log_size(void) {
    return tree_head()->size;
}

static void assert_sends(watching *w, size_t changes, int64_t next) {
    assert_null(step(w));
    assert_int_equal(w->step, RPC_STEP_SEND);
    assert_int_equal(w->response->n_changes, changes);
    assert_int_equal(w->response->next_index, next);
}

static void assert_waits(watching *w) {
    assert_null(step(w));
    assert_int_equal(w->step, RPC_STEP_WAIT);
}

static void from_now_on(UNUSED void **state) {
    append(1, 3);
    integrate();
    int64_t size = log_size();
    watching w = watch(audit, &auditor, -1);
    assert_sends(&w, 0, size);
    assert_waits(&w);
    append(1, 2);
    assert_waits(&w);
    integrate();
    assert_sends(&w, 2, size + 2);
    const Bh__Change *change = w.response->changes[1];
    assert_int_equal(change->entry_index, size + 1);
    assert_string_equal(change->object_type, "task");
    assert_string_equal(change->object_id, "00000000-0000-7000-8000-000000000000");
    assert_int_equal(change->version, 2);
    assert_string_equal(change->action, "Move");
    assert_int_equal(change->user_id, 7);
    assert_true(change->time_ms > 0 && change->unit_id == 0);
    assert_waits(&w);
}

static void from_the_beginning(UNUSED void **state) {
    append(5, 250);
    integrate();
    int64_t size = log_size(), next = 0;
    watching w = watch(audit, &auditor, 0);
    while (next < size) {
        assert_null(step(&w));
        assert_int_equal(w.step, RPC_STEP_SEND);
        for (size_t i = 0; i < w.response->n_changes; i++)
            assert_int_equal(w.response->changes[i]->entry_index, next++);
        assert_int_equal(w.response->next_index, next);
    }
    assert_waits(&w);
}

static void places_that_are_none(UNUSED void **state) {
    static const char *const below = "BAD_FIELD", *const beyond = "PLACE_BEYOND_LOG";
    const struct {
        int64_t place;
        const char *reason;
    } rows[] = { { -2, below }, { INT64_MIN, below }, { log_size() + 1, beyond }, { INT64_MAX, beyond } };
    for (size_t i = 0; i < countof(rows); i++) {
        watching w = watch(audit, &auditor, rows[i].place);
        assert_string_equal(step(&w)->reason, rows[i].reason);
    }
    watching nobody = watch(audit, &(principal){ .login = "" }, 0);
    assert_string_equal(step(&nobody)->reason, "METHOD_NOT_ALLOWED");
}

/* Another process has integrated what this one has not heard of, and its caller comes here. */
static void a_place_told_by_another_process(UNUSED void **state) {
    int64_t before = log_size(), size;
    bool again;
    append(1, 4);
    assert_null(sequencer_run(desk_begin(audit), &size, &again));
    assert_int_equal(size, before + 4);
    watching w = watch(audit, &auditor, size - 1);
    assert_sends(&w, 1, size);
}

/* A task of the office 90, one of the office 91, one that nobody has, and an object that is no task. */
static void nobody_sees_the_object_of_another(UNUSED void **state) {
    const principal drafter90 = { .user_id = 9, .unit_id = 90, .post = BH__POST__POST_DRAFTER };
    int64_t base = log_size();
    append(3, 7);
    integrate();
    desk_sql(audit, "update audit.entry set object_type = 'report', leaf = 'no leaf' where idx = %lld",
             (long long) base + 6);
    desk_sql(audit,
             "insert into task.task (site_id, task_id, version, leaf_hash, state, no, text, is_key, office_unit, "
             "leader_ids, created_ms, position) select 1, (u || '-0000-7000-8000-000000000000')::uuid, 1, "
             "sha256(''), 1, '1', 't', false, u::int + 90, '{}', 0, 1 from unnest(array['00000000', '00000001']) u");
    watching own = watch(audit, &drafter90, base), all = watch(audit, &auditor, base),
             none = watch(audit, &handler, base);
    assert_sends(&own, 2, base + 7);
    assert_int_equal(own.response->changes[0]->entry_index, base);
    assert_int_equal(own.response->changes[1]->entry_index, base + 3);
    assert_sends(&all, 7, base + 7);
    assert_string_equal(all.response->changes[6]->action, ""); /* its bytes say nothing */
    assert_int_equal(all.response->changes[6]->version, 3);
    assert_null(step(&none));
    assert_int_equal(none.response->n_changes, 0);
    assert_int_equal(none.request.first_index, base + 7);
    desk_sql(audit, "truncate task.task");
}

/* The cursor moves on over what is not his, and now and then he is told. */
static void he_hears_how_far_he_is(UNUSED void **state) {
    int64_t base = log_size();
    append(1, 250);
    integrate();
    watching w = watch(audit, &handler, base);
    int told = 0;
    while (w.request.first_index < base + 250) {
        assert_null(step(&w));
        assert_int_equal(w.response->n_changes, 0);
        told += w.step == RPC_STEP_SEND;
    }
    assert_in_range(told, 2, 3);
    assert_waits(&w);
}

/* --- beside writers and several sequencers --- */

enum { ENTRIES = 1500, WATCHERS = 3 };

typedef struct beside {
    pthread_t thread;
    desk *desk;
    int64_t first;
    int64_t seen;
    unsigned seed;
    bool is_wrong;
    atomic_bool *ends;
} beside;

/* Takes up the stream again and again where it broke off, at this process or as if it were another one. */
static void *follow(void *data) {
    beside *b = data;
    watching w = watch(b->desk, &auditor, b->first);
    while (b->seen < ENTRIES && !b->is_wrong) {
        b->is_wrong |= step(&w) != NULL;
        if (b->is_wrong || w.step != RPC_STEP_SEND)
            continue;
        for (size_t i = 0; i < w.response->n_changes; i++)
            b->is_wrong |= w.response->changes[i]->entry_index != b->first + b->seen++;
        if (rand_r(&b->seed) % 2)
            w = watch(b->desk, &auditor, w.response->next_index);
    }
    return NULL;
}

/* A sequencer of another process: what it does is not told here. */
static void *sequence(void *data) {
    beside *b = data;
    int64_t size;
    bool again;
    while (!atomic_load(b->ends))
        b->is_wrong |= sequencer_run(desk_begin(b->desk), &size, &again) != NULL;
    return NULL;
}

static void begin(beside *b, void *(*run)(void *), atomic_bool *ends) {
    *b = (beside){ .desk = desk_share(audit), .first = log_size(), .seed = 7, .ends = ends };
    assert_int_equal(pthread_create(&b->thread, NULL, run, b), 0);
}

static void join(beside *b) {
    pthread_join(b->thread, NULL);
    assert_false(b->is_wrong);
    desk_close(b->desk);
}

static void a_resumed_cursor_neither_skips_nor_doubles(UNUSED void **state) {
    beside watchers[WATCHERS], sequencer;
    atomic_bool ends = false;
    for (int i = 0; i < WATCHERS; i++)
        begin(&watchers[i], follow, &ends);
    begin(&sequencer, sequence, &ends);
    for (int i = 0; i < ENTRIES / 50; i++) {
        append(3, 50);
        integrate();
    }
    atomic_store(&ends, true);
    join(&sequencer);
    integrate();
    for (int i = 0; i < WATCHERS; i++) {
        join(&watchers[i]);
        assert_int_equal(watchers[i].seen, ENTRIES);
    }
}

static int open_all(void **state) {
    return audit_open(state) + audit_setup(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_now_on),
        cmocka_unit_test(from_the_beginning),
        cmocka_unit_test(places_that_are_none),
        cmocka_unit_test(a_place_told_by_another_process),
        cmocka_unit_test(nobody_sees_the_object_of_another),
        cmocka_unit_test(he_hears_how_far_he_is),
        cmocka_unit_test(a_resumed_cursor_neither_skips_nor_doubles),
    };
    return cmocka_run_group_tests(tests, open_all, desk_teardown);
}
