/* Servers that die, freeze, come back or refuse: what a caller is told, and that the connection heals. */
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "echo.h"

static echo_site site;

static int set_up(UNUSED void **state) {
    echo_site_init(&site);
    return 0;
}

static int tear_down(UNUSED void **state) {
    echo_site_done(&site);
    return 0;
}

/* --- calls --- */

/* Sleep with `padding` bytes that the server does not know. */
static void start(rpc_client *client, echo_call *ec, size_t padding, int64_t timeout_ms) {
    uint8_t *payload = arena_alloc(site.call->mem, padding + 8);
    const uint8_t head[] = { 0xa2, 0x06, (uint8_t) (padding | 0x80), (uint8_t) (padding >> 7 | 0x80),
                             (uint8_t) (padding >> 14) };
    memcpy(payload, head, sizeof(head));
    echo_call_start(client, ec, ECHO_SLEEP, payload, sizeof(head) + padding, timeout_ms);
}

/* The reason it ended with, "" when well; the call is gone afterwards. */
static const char *finish(echo_call *ec) {
    bh_err *err = echo_call_wait(ec);
    const char *reason = err ? arena_strdup(site.call->mem, err->reason) : "";
    echo_call_done(ec);
    return reason;
}

static const char *nap(rpc_client *client, int64_t timeout_ms) {
    echo_call p;
    start(client, &p, 0, timeout_ms);
    return finish(&p);
}

/* How many Sleep calls the server says it has begun; -1 when it does not answer. */
static int ask_begun(rpc_client *client) {
    bh_call *c = call_new("test", 20000);
    Bh__Test__DescribeRequest request = BH__TEST__DESCRIBE_REQUEST__INIT;
    ProtobufCMessage *response;
    bh_err *err = rpc_call(client, c, &bh__test__echo_service__descriptor, "Describe", &request.base, &response);
    int begun = err ? -1 : ((Bh__Test__DescribeResponse *) response)->begun;
    call_free(c);
    return begun;
}

/* Starts the server and waits until it answers. */
static pid_t spawn(rpc_client *client) {
    pid_t pid = echo_spawn(&site);
    assert_true(echo_wait_ready(client, true));
    return pid;
}

/* A call that the server has begun and does not end. */
static void start_held(rpc_client *client, echo_call *ec) {
    echo_call_hold(client, ec, 30000);
    while (ask_begun(client) != 1)
        echo_sleep(1);
}

/* A client of a server that is not there yet; the peers file names its address. */
static rpc_client *early_client(void) {
    echo_kill(echo_spawn(&site));
    return echo_client(&site, ECHO_GATEWAY, true);
}

/* --- servers that are not there --- */

static void nobody_listens(UNUSED void **state) {
    rpc_client *client = early_client();
    assert_string_equal(nap(client, 300), "DEADLINE_EXPIRED");
    assert_string_equal(nap(client, 20000), "SERVICE_UNREACHABLE");
    rpc_client_close(client);
}

/* A restart is not seen by a caller who has time. */
static void server_comes_late(UNUSED void **state) {
    echo_call p;
    rpc_client *client = early_client();
    start(client, &p, 0, 20000);
    echo_sleep(100);
    echo_start(&site, site.endpoint, 2, 0);
    assert_string_equal(finish(&p), "");
    rpc_client_close(client);
}

static void waiting_calls_are_counted(UNUSED void **state) {
    enum { CALLS = 1100, ROOM = 1024 };
    static echo_call calls[CALLS];
    int refused = 0;
    rpc_client *client = early_client();
    for (int i = 0; i < CALLS; i++)
        start(client, &calls[i], 0, 2500);
    for (int i = 0; i < CALLS; i++)
        refused += strcmp(finish(&calls[i]), "SERVICE_UNREACHABLE") == 0;
    assert_int_equal(refused, CALLS - ROOM);
    rpc_client_close(client);
}

/* --- servers that die --- */

/* How long the caller of a call under way is not told that the server was killed. */
static int64_t kill_a_working_server(rpc_client *client) {
    echo_call p;
    pid_t pid = spawn(client);
    start_held(client, &p);
    int64_t died_ms = clock_mono_ms();
    echo_kill(pid);
    assert_string_equal(finish(&p), "OUTCOME_UNKNOWN");
    int64_t told_ms = clock_mono_ms() - died_ms;
    assert_true(echo_wait_ready(client, false));
    return told_ms;
}

/* Sooner than any ping would tell; a machine that stalls for seconds gets more tries. */
static void killed_while_working(UNUSED void **state) {
    enum { TRIES = 5, PING_MS = 2900 };
    bool is_told_at_once = false;
    rpc_client *client = early_client();
    for (int i = 0; i < TRIES && !is_told_at_once; i++)
        is_told_at_once = kill_a_working_server(client) < PING_MS;
    assert_true(is_told_at_once);
    pid_t pid = spawn(client);
    assert_string_equal(nap(client, 20000), "");
    rpc_client_close(client);
    echo_kill(pid);
}

/* Long before the deadline, which would have another name. */
static void frozen_server(UNUSED void **state) {
    echo_call p;
    rpc_client *client = early_client();
    pid_t pid = spawn(client);
    kill(pid, SIGSTOP);
    start(client, &p, 0, 30000);
    assert_string_equal(finish(&p), "OUTCOME_UNKNOWN");
    assert_true(echo_wait_ready(client, false));
    kill(pid, SIGCONT);
    assert_true(echo_wait_ready(client, true));
    assert_string_equal(nap(client, 20000), "");
    rpc_client_close(client);
    echo_kill(pid);
}

/* Requests pile up in front of a frozen server (10 MB, more than TCP buffers hold); it is killed and started anew. The
 * new one gets the calls that were not sent yet, and not one of those whose callers were told "unknown". */
static void restarted_server_gets_nothing_stale(UNUSED void **state) {
    enum { CALLS = 500 };
    static echo_call calls[CALLS];
    echo_call begun;
    int good = 0;
    rpc_client *client = early_client();
    pid_t pid = spawn(client);
    start_held(client, &begun);
    kill(pid, SIGSTOP);
    for (int i = 0; i < CALLS; i++)
        start(client, &calls[i], 20000, 30000);
    echo_sleep(200);
    echo_kill(pid);
    assert_true(echo_wait_ready(client, false));
    pid = spawn(client);
    assert_string_equal(finish(&begun), "OUTCOME_UNKNOWN");
    for (int i = 0; i < CALLS; i++)
        good += !*finish(&calls[i]);
    echo_sleep(300);
    assert_int_equal(ask_begun(client), good);
    rpc_client_close(client);
    echo_kill(pid);
}

/* --- keys --- */

/* Calls until one is refused; false when many were answered. */
static bool is_refused_soon(rpc_client *client) {
    for (int i = 0; i < 400; i++) {
        if (nap(client, 2000)[0])
            return true;
        echo_sleep(50);
    }
    return false;
}

/* The connection stands when the key leaves the list; test_rpc_hostile looks at the answer itself. */
static void key_removed(UNUSED void **state) {
    echo_start(&site, NULL, 2, 0);
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    assert_true(echo_wait_ready(client, true));
    echo_allow(&site, NULL);
    assert_true(is_refused_soon(client));
    rpc_client_close(client);
}

static void key_expired(UNUSED void **state) {
    echo_start(&site, NULL, 2, 0);
    echo_allow(&site, "2999-12-31");
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    assert_true(echo_wait_ready(client, true));
    assert_string_equal(nap(client, 20000), "");
    echo_allow(&site, "2020-02-29");
    assert_true(is_refused_soon(client));
    rpc_client_close(client);
}

/* libzmq never tries again after a denial; we do. */
static void denied_then_allowed(UNUSED void **state) {
    echo_allow(&site, NULL);
    echo_start(&site, NULL, 2, 0);
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    assert_string_equal(nap(client, 500), "DEADLINE_EXPIRED");
    echo_allow(&site, "");
    assert_true(echo_wait_ready(client, true));
    assert_string_equal(nap(client, 20000), "");
    rpc_client_close(client);
}

static void connected_then_denied_then_allowed(UNUSED void **state) {
    echo_start(&site, NULL, 2, 0);
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    assert_true(echo_wait_ready(client, true));
    echo_allow(&site, NULL);
    assert_true(echo_wait_ready(client, false)); /* the next ping is refused */
    echo_allow(&site, "");
    assert_true(echo_wait_ready(client, true));
    rpc_client_close(client);
}

/* A server that cannot prove the key in the peers file is not our server. */
static void another_server_at_the_address(UNUSED void **state) {
    echo_start(&site, NULL, 2, 0);
    echo_write(site.peers_file, arena_printf(site.call->mem, "bihuan.test.v1.EchoService %s %s\n", site.endpoint,
                                             site.keys[ECHO_STRANGER].public_text));
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    assert_string_equal(nap(client, 1500), "DEADLINE_EXPIRED");
    assert_int_equal(echo_begun(), 0);
    rpc_client_close(client);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(nobody_listens),
        TEST(server_comes_late),
        TEST(waiting_calls_are_counted),
        TEST(killed_while_working),
        TEST(frozen_server),
        TEST(restarted_server_gets_nothing_stale),
        TEST(key_removed),
        TEST(key_expired),
        TEST(denied_then_allowed),
        TEST(connected_then_denied_then_allowed),
        TEST(another_server_at_the_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
