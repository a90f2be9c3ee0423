/* Calls through real sockets: what they carry, who may make them, when they end. */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "echo.h"
#include "rpc/guard.h"

static echo_site site;
static rpc_client *gateway;

static int set_up(UNUSED void **state) {
    echo_site_init(&site);
    echo_start(&site, NULL, 2, 0);
    gateway = echo_client(&site, ECHO_GATEWAY, true);
    return 0;
}

static int tear_down(UNUSED void **state) {
    rpc_client_close(gateway);
    echo_site_done(&site);
    return 0;
}

/* A call as the gateway makes it: for a person. */
static bh_call *person(int32_t user_id, int32_t post, int64_t timeout_ms) {
    bh_call *c = call_new("test", timeout_ms);
    c->who.user_id = user_id;
    c->who.post = post;
    c->who.login = user_id ? "handler01" : "";
    return c;
}

static bh_err *invoke(rpc_client *client, bh_call *c, const char *method, const ProtobufCMessage *request,
                      void *ret_response) {
    return rpc_call(client, c, &bh__test__echo_service__descriptor, method, request, ret_response);
}

static bh_err *echo(rpc_client *client, bh_call *c, const char *text, Bh__Test__EchoResponse **ret_response) {
    Bh__Test__EchoRequest request = BH__TEST__ECHO_REQUEST__INIT;
    request.text = (char *) text;
    return invoke(client, c, "Echo", &request.base, ret_response);
}

static bh_err *nap(rpc_client *client, bh_call *c, int32_t ms) {
    Bh__Test__SleepRequest request = BH__TEST__SLEEP_REQUEST__INIT;
    Bh__Test__SleepResponse *response;
    request.ms = ms;
    return invoke(client, c, "Sleep", &request.base, &response);
}

static void answers(UNUSED void **state) {
    bh_call *c = person(7, ECHO_POST, 5000);
    Bh__Test__EchoResponse *response;
    assert_null(echo(gateway, c, "督查", &response));
    assert_string_equal(response->text, "督查");
    call_free(c);
}

static void call_carries_who_and_when(UNUSED void **state) {
    bh_call *c = person(7, ECHO_POST, 5000);
    Bh__Test__DescribeRequest request = BH__TEST__DESCRIBE_REQUEST__INIT;
    Bh__Test__DescribeResponse *response;
    assert_null(invoke(gateway, c, "Describe", &request.base, &response));
    assert_string_equal(response->login, "handler01");
    assert_string_equal(response->caller, "front");
    assert_string_equal(response->trace_id, c->trace_id);
    assert_true(response->left_ms > 4000 && response->left_ms <= 5000);
    call_free(c);
}

static void errors_arrive_whole(UNUSED void **state) {
    bh_call *c = person(0, 0, 5000);
    Bh__Test__FailRequest request = BH__TEST__FAIL_REQUEST__INIT;
    Bh__Test__FailResponse *response;
    bh_err *err = invoke(gateway, c, "Fail", &request.base, &response);
    assert_non_null(err);
    assert_int_equal(err->code, BH_ABORTED);
    assert_string_equal(err->reason, "STALE_VERSION");
    assert_string_equal(err->zh, "已被他人更新");
    assert_string_equal(err->en, "It has moved.");
    assert_string_equal(err->unblock, "supervisor01");
    call_free(c);
}

/* Every method has empty or optional requests, so the same bytes fit all. */
static const char *reason_of(rpc_client *client, bh_call *c, const char *method) {
    Bh__Test__FailRequest request = BH__TEST__FAIL_REQUEST__INIT;
    ProtobufCMessage *response;
    bh_err *err = invoke(client, c, method, &request.base, &response);
    return err ? err->reason : "";
}

static void audiences(UNUSED void **state) {
    static const struct {
        enum echo_key key;
        bool carries_person;
        int32_t user_id;
        int32_t post;
        const char *method;
        const char *reason;
    } rows[] = {
        { ECHO_GATEWAY, true, 0, 0, "Grow", "" },
        { ECHO_GATEWAY, true, 7, 0, "Echo", "" },
        { ECHO_GATEWAY, true, 0, 0, "Echo", "LOGIN_NEEDED" },
        { ECHO_GATEWAY, true, -1, 0, "Echo", "LOGIN_NEEDED" },
        { ECHO_GATEWAY, false, 0, 0, "Echo", "LOGIN_NEEDED" },
        { ECHO_GATEWAY, true, 7, ECHO_POST, "Guarded", "" },
        { ECHO_GATEWAY, true, 7, ECHO_POST + 1, "Guarded", "METHOD_NOT_ALLOWED" },
        { ECHO_GATEWAY, true, 7, ECHO_POST + 32, "Guarded", "METHOD_NOT_ALLOWED" },
        { ECHO_GATEWAY, true, 7, -ECHO_POST, "Guarded", "METHOD_NOT_ALLOWED" },
        { ECHO_GATEWAY, true, 7, ECHO_POST, "Inside", "METHOD_NOT_ALLOWED" },
        { ECHO_GATEWAY, false, 0, 0, "Inside", "METHOD_NOT_ALLOWED" },
        { ECHO_SERVICE, false, 0, 0, "Inside", "" },
        { ECHO_SERVICE, true, 7, ECHO_POST, "Inside", "METHOD_NOT_ALLOWED" },
        { ECHO_SERVICE, true, 7, ECHO_POST, "Guarded", "METHOD_NOT_ALLOWED" },
        { ECHO_SERVICE, false, 0, 0, "Grow", "METHOD_NOT_ALLOWED" },
        { ECHO_TOOL, false, 0, 0, "Grow", "METHOD_NOT_ALLOWED" },
        { ECHO_TOOL, false, 0, 0, "Inside", "METHOD_NOT_ALLOWED" },
        { ECHO_TOOL, true, 7, ECHO_POST, "Guarded", "METHOD_NOT_ALLOWED" },
    };
    for (size_t i = 0; i < countof(rows); i++) {
        rpc_client *client = echo_client(&site, rows[i].key, rows[i].carries_person);
        bh_call *c = person(rows[i].user_id, rows[i].post, 5000);
        assert_string_equal(reason_of(client, c, rows[i].method), rows[i].reason);
        call_free(c);
        rpc_client_close(client);
    }
}

static void service_is_named_by_its_key(UNUSED void **state) {
    rpc_client *client = echo_client(&site, ECHO_SERVICE, false);
    bh_call *c = person(0, 0, 5000);
    Bh__Test__InsideRequest request = BH__TEST__INSIDE_REQUEST__INIT;
    Bh__Test__InsideResponse *response;
    assert_null(invoke(client, c, "Inside", &request.base, &response));
    assert_string_equal(response->caller, "progress");
    call_free(c);
    rpc_client_close(client);
}

/* --- raw calls --- */

typedef struct raw_call {
    bh_call *call;
    rpc_result *result;
    sem_t done;
} raw_call;

static void keep(void *data, rpc_result *result) {
    raw_call *raw = data;
    raw->result = result;
    sem_post(&raw->done);
}

static void raw_start(raw_call *raw, const char *method, const void *payload, size_t n, int64_t timeout_ms) {
    raw->call = call_new("test", timeout_ms);
    sem_init(&raw->done, 0, 0);
    rpc_request request = {
        .method = method,
        .trace_id = raw->call->trace_id,
        .who = &raw->call->who,
        .deadline_ms = raw->call->deadline_ms,
        .payload = payload,
        .payload_size = n,
    };
    rpc_start(gateway, &request, keep, raw);
}

static bh_err *raw_wait(raw_call *raw) {
    while (sem_wait(&raw->done) != 0)
        continue;
    return rpc_result_error(raw->call, raw->result);
}

static void raw_done(raw_call *raw) {
    rpc_result_free(raw->result);
    sem_destroy(&raw->done);
    call_free(raw->call);
}

/* What the gateway may forward, and the answer it gets. */
static void forwarded_bytes(UNUSED void **state) {
    static const struct {
        const char *method;
        const char *payload;
        size_t n;
        bh_code code;
        const char *reason;
    } rows[] = {
        { "/bihuan.test.v1.EchoService/Grow", "\x08\x03", 2, BH_OK, "" },
        { "/bihuan.test.v1.EchoService/Nope", "", 0, BH_UNIMPLEMENTED, "UNKNOWN_METHOD" },
        { "/bihuan.test.v1.EchoService/", "", 0, BH_UNIMPLEMENTED, "UNKNOWN_METHOD" },
        { "/bihuan.test.v1.EchoService/Grow/x", "", 0, BH_UNIMPLEMENTED, "UNKNOWN_METHOD" },
        { "/bihuan.test.v1.Echo/Grow", "", 0, BH_UNAVAILABLE, "SERVICE_UNREACHABLE" },
        { "/bihuan.test.v1.EchoServices/Grow", "", 0, BH_UNAVAILABLE, "SERVICE_UNREACHABLE" },
        { "", "", 0, BH_UNAVAILABLE, "SERVICE_UNREACHABLE" },
        { "Grow", "", 0, BH_UNAVAILABLE, "SERVICE_UNREACHABLE" },
        { "/bihuan.test.v1.EchoService/Grow", "\x08\x03\x08\x03", 4, BH_INVALID_ARGUMENT, "BAD_MESSAGE" },
        { "/bihuan.test.v1.EchoService/Grow", "\x08", 1, BH_INVALID_ARGUMENT, "BAD_MESSAGE" },
    };
    for (size_t i = 0; i < countof(rows); i++) {
        raw_call raw;
        raw_start(&raw, rows[i].method, rows[i].payload, rows[i].n, 5000);
        bh_err *err = raw_wait(&raw);
        assert_int_equal(err ? err->code : BH_OK, rows[i].code);
        assert_string_equal(err ? err->reason : "", rows[i].reason);
        raw_done(&raw);
    }
}

static void response_bytes(UNUSED void **state) {
    raw_call raw;
    size_t size;
    raw_start(&raw, "/bihuan.test.v1.EchoService/Grow", "\x08\x03", 2, 5000);
    assert_null(raw_wait(&raw));
    const uint8_t *payload = rpc_result_payload(raw.result, &size);
    assert_int_equal(size, 5);
    assert_memory_equal(payload, "\x0a\x03\0\0\0", 5);
    raw_done(&raw);
}

/* --- sizes --- */

static const char *grow(int32_t size) {
    bh_call *c = person(0, 0, 10000);
    Bh__Test__GrowRequest request = BH__TEST__GROW_REQUEST__INIT;
    Bh__Test__GrowResponse *response;
    request.size = size;
    bh_err *err = invoke(gateway, c, "Grow", &request.base, &response);
    const char *reason = err ? arena_strdup(site.call->mem, err->reason) : "";
    call_free(c);
    return reason;
}

static const char *echo_size(size_t size) {
    bh_call *c = person(7, 0, 10000);
    Bh__Test__EchoRequest request = BH__TEST__ECHO_REQUEST__INIT;
    Bh__Test__EchoResponse *response;
    request.bytes.len = size;
    request.bytes.data = arena_alloc(c->mem, size);
    bh_err *err = invoke(gateway, c, "Echo", &request.base, &response);
    const char *reason = err ? arena_strdup(site.call->mem, err->reason) : "";
    call_free(c);
    return reason;
}

/* Five bytes of tag and length come with the field. */
static void largest_message_and_one_byte_more(UNUSED void **state) {
    assert_string_equal(grow(RPC_SIZE_MAX - 5), "");
    assert_string_equal(grow(RPC_SIZE_MAX - 4), "MESSAGE_TOO_LARGE");
    assert_string_equal(echo_size(RPC_SIZE_MAX - 5), "");
    assert_string_equal(echo_size(RPC_SIZE_MAX - 4), "MESSAGE_TOO_LARGE");
}

/* A frame that a server would refuse never leaves: it would take the connection and all its calls with it. */
static void unsendable_calls(UNUSED void **state) {
    static uint8_t payload[RPC_SIZE_MAX + (1 << 20)];
    raw_call raw;
    assert_true(echo_wait_ready(gateway, true));
    raw_start(&raw, "/bihuan.test.v1.EchoService/Grow", payload, sizeof(payload), 5000);
    assert_string_equal(raw_wait(&raw)->reason, "MESSAGE_TOO_LARGE");
    raw_done(&raw);
    char method[9000] = "/bihuan.test.v1.EchoService/";
    memset(method + strlen(method), 'x', sizeof(method) - strlen(method) - 1);
    raw_start(&raw, method, "", 0, 5000);
    assert_string_equal(raw_wait(&raw)->reason, "BAD_MESSAGE");
    raw_done(&raw);
    assert_true(rpc_client_is_ready(gateway, "bihuan.test.v1.EchoService"));
}

/* An error that quotes a long request is cut between two characters; it must fit into the meta part. */
static void long_sentences(UNUSED void **state) {
    bh_call *c = person(0, 0, 5000);
    Bh__Test__FailRequest request = BH__TEST__FAIL_REQUEST__INIT;
    ProtobufCMessage *response;
    request.length = 100000;
    bh_err *err = invoke(gateway, c, "Fail", &request.base, &response);
    assert_non_null(err);
    assert_string_equal(err->reason, "STALE_VERSION");
    assert_int_equal(strlen(err->zh), 999);
    assert_int_equal(strlen(err->en), 1000);
    call_free(c);
}

static void error_names_the_service(UNUSED void **state) {
    raw_call raw;
    raw_start(&raw, "/bihuan.test.v1.Other/Grow", "", 0, 5000);
    bh_err *err = raw_wait(&raw);
    assert_string_equal(err->en, "The service bihuan.test.v1.Other cannot be reached; try again later.");
    raw_done(&raw);
}

/* --- time --- */

static void no_time_left(UNUSED void **state) {
    bh_call *c = person(0, 0, 0);
    bh_err *err = nap(gateway, c, 0);
    assert_non_null(err);
    assert_int_equal(err->code, BH_DEADLINE_EXCEEDED);
    assert_int_equal(echo_begun(), 0);
    call_free(c);
}

static void waiting_ends_at_the_deadline(UNUSED void **state) {
    bh_call *c = person(0, 0, 100);
    int64_t began_ms = clock_mono_ms();
    bh_err *err = nap(gateway, c, 600);
    int64_t took_ms = clock_mono_ms() - began_ms;
    assert_non_null(err);
    assert_string_equal(err->reason, "DEADLINE_EXPIRED");
    assert_true(took_ms >= 100 && took_ms < 500);
    call_free(c);
}

/* The late answer of the first call finds its place taken by the second, which must wait for its own. */
static void late_answers_are_dropped(UNUSED void **state) {
    bh_call *first = person(0, 0, 100);
    bh_call *second = person(0, 0, 5000);
    assert_string_equal(nap(gateway, first, 300)->reason, "DEADLINE_EXPIRED");
    int64_t began_ms = clock_mono_ms();
    assert_null(nap(gateway, second, 500));
    assert_true(clock_mono_ms() - began_ms >= 499);
    call_free(first);
    call_free(second);
}

/* Both workers sleep; the third call's time runs out in the queue, and nobody begins it. */
static void expired_in_the_queue(UNUSED void **state) {
    raw_call sleepers[2];
    raw_call third;
    for (int i = 0; i < 2; i++)
        raw_start(&sleepers[i], "/bihuan.test.v1.EchoService/Sleep", "\x08\xac\x02", 3, 5000); /* 300 ms */
    echo_sleep(100);
    raw_start(&third, "/bihuan.test.v1.EchoService/Sleep", "\x08\x01", 2, 100);
    bh_err *err = raw_wait(&third);
    assert_non_null(err);
    assert_int_equal(err->code, BH_DEADLINE_EXCEEDED);
    for (int i = 0; i < 2; i++)
        assert_null(raw_wait(&sleepers[i]));
    echo_sleep(50);
    assert_int_equal(echo_begun(), 2);
    raw_done(&third);
    for (int i = 0; i < 2; i++)
        raw_done(&sleepers[i]);
}

/* --- many --- */

static void *many_calls(void *data) {
    int *good = data;
    for (int i = 0; i < 100; i++) {
        bh_call *c = person(7, 0, 20000);
        Bh__Test__EchoResponse *response;
        const char *text = arena_printf(c->mem, "%p %d", data, i);
        if (!echo(gateway, c, text, &response) && strcmp(response->text, text) == 0)
            ++*good;
        call_free(c);
    }
    return NULL;
}

static void many_threads(UNUSED void **state) {
    pthread_t threads[8];
    int good[8] = { 0 };
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, many_calls, &good[i]);
    for (int i = 0; i < 8; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(good[i], 100);
    }
}

/* Both sides sleep between two calls; one that is not woken would sleep on for half a second. */
static void wake_ups_are_not_lost(UNUSED void **state) {
    for (int i = 0; i < 1000; i++) {
        bh_call *c = person(7, 0, 5000);
        Bh__Test__EchoResponse *response;
        int64_t began_ms = clock_mono_ms();
        assert_null(echo(gateway, c, "x", &response));
        assert_true(clock_mono_ms() - began_ms < 450);
        call_free(c);
    }
}

/* More calls than fit in flight (1024) and in the server's queue: each is answered, some with QUEUE_FULL. */
static void flood(UNUSED void **state) {
    enum { CALLS = 1800 };
    static raw_call calls[CALLS];
    int refused = 0;
    assert_true(echo_wait_ready(gateway, true));
    for (int i = 0; i < CALLS; i++)
        raw_start(&calls[i], "/bihuan.test.v1.EchoService/Sleep", "\x08\x02", 2, 30000);
    for (int i = 0; i < CALLS; i++) {
        bh_err *err = raw_wait(&calls[i]);
        refused += err != NULL;
        assert_true(!err || strcmp(err->reason, "QUEUE_FULL") == 0);
        raw_done(&calls[i]);
    }
    assert_int_equal(echo_begun() + refused, CALLS);
}

static void queue_full_is_said_at_once(UNUSED void **state) {
    raw_call calls[6];
    echo_stop(&site);
    echo_start(&site, site.endpoint, 1, 2);
    assert_true(echo_wait_ready(gateway, false));
    assert_true(echo_wait_ready(gateway, true));
    for (int i = 0; i < 6; i++)
        raw_start(&calls[i], "/bihuan.test.v1.EchoService/Sleep", "\x08\xac\x02", 3, 5000);
    int64_t began_ms = clock_mono_ms();
    for (int i = 5; i >= 3; i--) {
        bh_err *err = raw_wait(&calls[i]);
        assert_non_null(err);
        assert_int_equal(err->code, BH_UNAVAILABLE);
        assert_string_equal(err->reason, "QUEUE_FULL");
    }
    assert_true(clock_mono_ms() - began_ms < 200);
    for (int i = 0; i < 3; i++)
        assert_null(raw_wait(&calls[i]));
    for (int i = 0; i < 6; i++)
        raw_done(&calls[i]);
}

static void stopping_finishes_what_was_begun(UNUSED void **state) {
    raw_call raw;
    raw_start(&raw, "/bihuan.test.v1.EchoService/Sleep", "\x08\xac\x02", 3, 5000);
    while (!echo_begun())
        echo_sleep(10);
    echo_stop(&site);
    assert_null(raw_wait(&raw));
    raw_done(&raw);
}

/* Closing a client answers whoever still waits. */
static void closing_the_client_ends_calls(UNUSED void **state) {
    raw_call raw;
    raw_start(&raw, "/bihuan.test.v1.EchoService/Sleep", "\x08\xac\x02", 3, 5000);
    while (!echo_begun())
        echo_sleep(10);
    rpc_client_close(gateway);
    bh_err *err = raw_wait(&raw);
    assert_non_null(err);
    assert_string_equal(err->reason, "SHUTTING_DOWN");
    raw_done(&raw);
    gateway = NULL;
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(answers),
        TEST(call_carries_who_and_when),
        TEST(errors_arrive_whole),
        TEST(audiences),
        TEST(service_is_named_by_its_key),
        TEST(forwarded_bytes),
        TEST(response_bytes),
        TEST(largest_message_and_one_byte_more),
        TEST(unsendable_calls),
        TEST(long_sentences),
        TEST(error_names_the_service),
        TEST(no_time_left),
        TEST(waiting_ends_at_the_deadline),
        TEST(late_answers_are_dropped),
        TEST(expired_in_the_queue),
        TEST(many_threads),
        TEST(wake_ups_are_not_lost),
        TEST(flood),
        TEST(queue_full_is_said_at_once),
        TEST(stopping_finishes_what_was_begun),
        TEST(closing_the_client_ends_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
