/* Many at once: one command repeated, one spelling for two units, guesses at a password, the turnstile. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "integration/directory_kit.h"
#include "service/turnstile.h"

enum { THREADS = 8 };

/* One thread's call and what came of it. */
typedef struct attempt {
    pthread_t thread;
    desk *desk;
    const void *request;
    ProtobufCMessage *response;
    bh_err *error;
    bool entered;
} attempt;

static void together(attempt *attempts, void *(*run)(void *data)) {
    for (int i = 0; i < THREADS; i++) {
        attempts[i].desk = desk_share(directory);
        assert_int_equal(pthread_create(&attempts[i].thread, NULL, run, &attempts[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(attempts[i].thread, NULL);
}

static int count(const attempt *attempts, const char *reason) {
    int n = 0;
    for (int i = 0; i < THREADS; i++)
        n += reason ? attempts[i].error && strcmp(attempts[i].error->reason, reason) == 0 : !attempts[i].error;
    return n;
}

static void end(attempt *attempts) {
    for (int i = 0; i < THREADS; i++)
        desk_close(attempts[i].desk);
}

static void *create_unit(void *data) {
    attempt *a = data;
    a->error = desk_ask(a->desk, "CreateUnit", &op, a->request, &a->response);
    return NULL;
}

static Bh__CreateUnitRequest unit_request(char *name) {
    Bh__CreateUnitRequest req = BH__CREATE_UNIT_REQUEST__INIT;
    req.request_id = desk_request_id(directory);
    req.name = name;
    req.kind = BH__UNIT_KIND__UNIT_KIND_DEPARTMENT;
    return req;
}

/* The same command from everywhere: one unit, one answer. */
static void test_one_command_many_times(UNUSED void **state) {
    attempt attempts[THREADS] = { 0 };
    char *name = fresh("同一条");
    Bh__CreateUnitRequest req = unit_request(name);
    for (int i = 0; i < THREADS; i++)
        attempts[i].request = &req;
    together(attempts, create_unit);
    assert_int_equal(count(attempts, NULL), THREADS);
    for (int i = 1; i < THREADS; i++)
        assert_int_equal(((Bh__CreateUnitResponse *) attempts[i].response)->unit_id,
                         ((Bh__CreateUnitResponse *) attempts[0].response)->unit_id);
    assert_string_equal(desk_sql(directory, "select count(*) from directory.unit where name = '%s'", name), "1");
    end(attempts);
}

/* Different commands that want the same name: one gets it, the others are told. */
static void test_one_name_for_many(UNUSED void **state) {
    attempt attempts[THREADS] = { 0 };
    Bh__CreateUnitRequest requests[THREADS];
    char *name = fresh("抢名");
    for (int i = 0; i < THREADS; i++) {
        requests[i] = unit_request(name);
        attempts[i].request = &requests[i];
    }
    together(attempts, create_unit);
    assert_int_equal(count(attempts, NULL), 1);
    assert_int_equal(count(attempts, "NAME_TAKEN"), THREADS - 1);
    end(attempts);
}

static void *guess(void *data) {
    attempt *a = data;
    a->error = desk_ask(a->desk, "Login", &op, a->request, &a->response);
    return NULL;
}

/* Three guesses are allowed; sent in parallel they are three as well. */
static void test_parallel_guesses(UNUSED void **state) {
    attempt attempts[THREADS] = { 0 };
    Bh__LoginRequest req = BH__LOGIN_REQUEST__INIT;
    req.login = fresh("victim");
    req.password = (char *) "a wrong password";
    make_user(req.login);
    for (int i = 0; i < THREADS; i++)
        attempts[i].request = &req;
    together(attempts, guess);
    assert_int_equal(count(attempts, "LOGIN_FAILED"), 3);
    assert_int_equal(count(attempts, "LOGIN_THROTTLED"), THREADS - 3);
    end(attempts);
}

static turnstile gate = TURNSTILE;

static bool enter(int64_t places, int64_t waiting, int64_t wait_ms) {
    return turnstile_enter(&gate, (turnstile_limits){ places, waiting, clock_mono_ms() + wait_ms });
}

static void test_turnstile(UNUSED void **state) {
    assert_true(enter(2, 1, 50));
    assert_true(enter(2, 1, 50));
    assert_false(enter(2, 1, 50));
    turnstile_leave(&gate);
    assert_true(enter(2, 1, 50));
    assert_false(enter(2, 0, 1000000)); /* at once: nobody may wait */
    turnstile_leave(&gate);
    turnstile_leave(&gate);
}

/* Refused at once, and not when the wait is over: those before it take longer than it may wait. */
static void test_turnstile_counts_on_the_last_stay(UNUSED void **state) {
    int64_t until_ms = clock_mono_ms() + 60000;
    assert_true(enter(1, 1, 50));
    gate.stay_ms = 61000;
    assert_false(turnstile_enter(&gate, (turnstile_limits){ 1, 1, until_ms }));
    assert_true(clock_mono_ms() < until_ms);
    turnstile_leave(&gate);
    assert_true(gate.stay_ms < 61000);
}

static void *wait_for_turn(void *data) {
    attempt *a = data;
    a->entered = enter(1, THREADS, 60000);
    if (a->entered)
        turnstile_leave(&gate);
    return NULL;
}

/* Whoever waits gets the place that becomes free. */
static void test_turnstile_wakes(UNUSED void **state) {
    attempt attempts[THREADS] = { 0 };
    together(attempts, wait_for_turn);
    for (int i = 0; i < THREADS; i++)
        assert_true(attempts[i].entered);
    end(attempts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_one_command_many_times),
        TEST(test_one_name_for_many),
        TEST(test_parallel_guesses),
        TEST(test_turnstile),
        TEST(test_turnstile_counts_on_the_last_stay),
        TEST(test_turnstile_wakes),
    };
    return cmocka_run_group_tests(tests, directory_open, desk_teardown);
}
