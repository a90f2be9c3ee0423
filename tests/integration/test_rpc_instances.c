/* Several servers of one service: who gets a call, what the end of one of them does to callers, how they come and go.
 */
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "raw.h"
#include "rpc/peers.h"

static const char service[] = "bihuan.test.v1.EchoService";

static echo_site site;

static int set_up(UNUSED void **state) {
    echo_site_init(&site);
    raw_open(&site);
    return 0;
}

static int tear_down(UNUSED void **state) {
    raw_close();
    echo_site_done(&site);
    return 0;
}

/* --- processes --- */

enum { PAIR = 2 };

typedef struct pair {
    const char *endpoint[PAIR];
    pid_t pid[PAIR];
} pair;

/* Until both answer, and each has begun so many calls. */
static void wait_begun(rpc_client *client, const pair *p, int wanted) {
    int begun, found = 0;
    while (found < PAIR)
        found += echo_who(client, &begun) == p->pid[found] && begun == wanted;
}

static rpc_client *start_pair(pair *p) {
    for (int i = 0; i < PAIR; i++) {
        p->endpoint[i] = echo_free_endpoint(&site);
        p->pid[i] = echo_spawn_at(&site, p->endpoint[i]);
    }
    echo_peers(&site, p->endpoint, PAIR);
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    assert_true(echo_wait_ready(client, true));
    wait_begun(client, p, 0);
    return client;
}

static void stop_pair(pair *p, rpc_client *client) {
    rpc_client_close(client);
    for (int i = 0; i < PAIR; i++)
        assert_int_equal(echo_term(p->pid[i]), 0);
}

static void rolling_restart(UNUSED void **state) {
    pair p;
    echo_load load;
    rpc_client *client = start_pair(&p);
    echo_load_start(&load, client);
    for (int i = 0; i < 6; i++) {
        echo_load_wait(&load, 1000);
        assert_int_equal(echo_term(p.pid[i % PAIR]), 0);
        p.pid[i % PAIR] = echo_spawn_at(&site, p.endpoint[i % PAIR]);
    }
    echo_load_wait(&load, 1000);
    echo_load_end(&load);
    assert_int_equal(atomic_load(&load.failed), 0);
    stop_pair(&p, client);
}

/* A new server is named beside the old one, then the old one is no longer named, and stopped. */
static void new_beside_old(UNUSED void **state) {
    pair p;
    echo_load load;
    rpc_client *client = start_pair(&p);
    echo_load_start(&load, client);
    for (int i = 0; i < 4; i++) {
        const char *new = echo_free_endpoint(&site);
        pid_t pid = echo_spawn_at(&site, new);
        echo_peers(&site, (const char *const[]){ p.endpoint[0], p.endpoint[1], new }, 3);
        echo_load_wait(&load, 500);
        assert_int_equal(echo_term(p.pid[i % PAIR]), 0);
        p.endpoint[i % PAIR] = new;
        p.pid[i % PAIR] = pid;
        echo_peers(&site, p.endpoint, PAIR);
    }
    echo_load_wait(&load, 500);
    echo_load_end(&load);
    assert_int_equal(atomic_load(&load.failed), 0);
    stop_pair(&p, client);
}

enum { KINDS = 2, CALLS = 16 };

static const char *const paths[KINDS] = { ECHO_SLEEP, "/bihuan.test.v1.EchoService/Ponder" };

/* One of two is killed: of the calls it had, those that may be sent twice succeed, of the others nobody knows. */
static void killed_while_working(UNUSED void **state) {
    static echo_call calls[KINDS][CALLS];
    pair p;
    int unknown[KINDS] = { 0 };
    rpc_client *client = start_pair(&p);
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < CALLS; i++) /* the servers in turn */
            echo_call_start(client, &calls[kind][i], paths[kind], ECHO_HELD, ECHO_HELD_SIZE, 30000);
    wait_begun(client, &p, KINDS * CALLS / PAIR);
    echo_kill(p.pid[0]);
    kill(p.pid[1], SIGUSR1);
    for (int kind = 0; kind < KINDS; kind++) {
        for (int i = 0; i < CALLS; i++) {
            bh_err *err = echo_call_wait(&calls[kind][i]);
            assert_true(!err || strcmp(err->reason, "OUTCOME_UNKNOWN") == 0);
            unknown[kind] += err != NULL;
            echo_call_done(&calls[kind][i]);
        }
    }
    assert_int_equal(unknown[0], CALLS / PAIR);
    assert_int_equal(unknown[1], 0);
    rpc_client_close(client);
    assert_int_equal(echo_term(p.pid[1]), 0);
}

/* A server that stops answering holds what it got, and gets nothing else. */
static void frozen_one_of_two(UNUSED void **state) {
    pair p;
    echo_load load;
    rpc_client *client = start_pair(&p);
    kill(p.pid[0], SIGSTOP);
    echo_load_start(&load, client);
    echo_load_wait(&load, 2000);
    kill(p.pid[0], SIGCONT);
    echo_load_end(&load);
    assert_int_equal(atomic_load(&load.failed), 0);
    stop_pair(&p, client);
}

/* --- the peers file --- */

static const char *nap(rpc_client *client, int64_t timeout_ms) {
    echo_call ec;
    echo_call_start(client, &ec, ECHO_SLEEP, "", 0, timeout_ms);
    bh_err *err = echo_call_wait(&ec);
    const char *reason = err ? arena_strdup(site.call->mem, err->reason) : "";
    echo_call_done(&ec);
    return reason;
}

/* What is under way at a server that is no longer named is finished; a malformed file changes nothing. */
static void servers_leave_the_file(UNUSED void **state) {
    echo_call under_way;
    echo_start(&site, NULL, 2, 0);
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    assert_true(echo_wait_ready(client, true));
    echo_write(site.peers_file, "bihuan.test.v1.EchoService nowhere\n");
    echo_sleep(1200);
    assert_string_equal(nap(client, 20000), "");
    int begun = echo_begun();
    echo_call_hold(client, &under_way, 60000);
    echo_wait_begun(begun + 1);
    echo_write(site.peers_file, "# nobody\n");
    assert_true(echo_wait_ready(client, false));
    assert_string_equal(nap(client, 300), "DEADLINE_EXPIRED");
    echo_release();
    assert_null(echo_call_wait(&under_way));
    echo_call_done(&under_way);
    assert_string_equal(nap(client, 20000), "SERVICE_UNREACHABLE");
    echo_peers(&site, &site.endpoint, 1);
    assert_true(echo_wait_ready(client, true));
    assert_string_equal(nap(client, 20000), "");
    rpc_client_close(client);
}

/* Nobody listens there, and the file changes while the client tries. */
static void server_leaves_the_file_before_it_came(UNUSED void **state) {
    site.endpoint = echo_free_endpoint(&site);
    echo_peers(&site, &site.endpoint, 1);
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    for (int i = 0; i < 5; i++) {
        raw_listen(); /* silent: the client waits for its greeting */
        echo_sleep(700);
    }
    rpc_client_close(client);
}

/* Services stay known once they were named, so there is an end to how often all of them may change. */
static void file_changes_too_much(UNUSED void **state) {
    echo_start(&site, NULL, 2, 0);
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    for (int round = 0; round < 3; round++) {
        buf rows;
        buf_init(&rows, site.call->mem);
        for (int i = 1; i < RPC_PEERS_MAX; i++)
            buf_addf(&rows, "bihuan.v%d.Service%d %s %s\n", round, i, site.endpoint,
                     site.keys[ECHO_SERVER].public_text);
        if (round < 2)
            buf_addf(&rows, "%s %s %s\n", service, site.endpoint, site.keys[ECHO_SERVER].public_text);
        echo_write(site.peers_file, rows.s);
        echo_sleep(1200);
        assert_string_equal(nap(client, 20000), "");
    }
    rpc_client_close(client);
}

/* --- servers that fail --- */

/* One call; true when it went to the server played by hand, which fails it. */
static bool call_fails(rpc_client *client, void *router) {
    echo_call ec;
    raw_request request;
    echo_call_start(client, &ec, ECHO_SLEEP, "", 0, 20000);
    bool taken = false;
    while (!taken && !echo_call_has_ended(&ec))
        taken = raw_take(router, 2, &request);
    if (taken) {
        frame end = { .kind = FRAME_END, .flags = FRAME_END_STREAM, .status = BH_UNAVAILABLE };
        end.call_id = request.frame.call_id;
        raw_answer(router, &request, end);
        raw_request_done(&request);
    }
    assert_int_equal(echo_call_wait(&ec) != NULL, taken);
    echo_call_done(&ec);
    return taken;
}

/* Of two idle servers each would get every second call. */
static void failing_server_is_passed_over(UNUSED void **state) {
    int failed = 1;
    void *router = raw_listen();
    const char *bad = site.endpoint;
    echo_start(&site, NULL, 2, 0);
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    assert_true(echo_wait_ready(client, true));
    echo_peers(&site, (const char *const[]){ site.endpoint, bad }, 2);
    while (!call_fails(client, router)) /* until it was found and has greeted */
        continue;
    for (int i = 0; i < 60; i++)
        failed += call_fails(client, router);
    assert_in_range(failed, 5, 15);
    /* The last one left is asked all the same. */
    echo_stop(&site);
    for (int i = 0; i < 10; i++)
        assert_true(call_fails(client, router));
    rpc_client_close(client);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(rolling_restart),        TEST(new_beside_old),
        TEST(killed_while_working),   TEST(frozen_one_of_two),
        TEST(servers_leave_the_file), TEST(server_leaves_the_file_before_it_came),
        TEST(file_changes_too_much),  TEST(failing_server_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
