/* Calls through real sockets: what they carry, who may make them, when they end. */
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
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

static bh_err *invoke(rpc_client *client, bh_call *c, const char *method, const ProtobufCMessage *request,
                      void *ret_response) {
    return rpc_call(client, c, &bh__test__echo_service__descriptor, method, request, ret_response);
}

/* A call that does not end before echo_release. */
static bh_err *held(bh_call *c) {
    Bh__Test__SleepRequest request = BH__TEST__SLEEP_REQUEST__INIT;
    Bh__Test__SleepResponse *response;
    request.held = true;
    return invoke(gateway, c, "Sleep", &request.base, &response);
}

static void answers(UNUSED void **state) {
    bh_call *c = echo_person(7, ECHO_POST, 20000);
    Bh__Test__EchoResponse *response;
    assert_null(echo_text(gateway, c, "督查", &response));
    assert_string_equal(response->text, "督查");
    call_free(c);
}

static void call_carries_who_and_when(UNUSED void **state) {
    bh_call *c = echo_person(7, ECHO_POST, 60000);
    Bh__Test__DescribeRequest request = BH__TEST__DESCRIBE_REQUEST__INIT;
    Bh__Test__DescribeResponse *response;
    assert_null(invoke(gateway, c, "Describe", &request.base, &response));
    assert_string_equal(response->login, "handler01");
    assert_string_equal(response->caller, "front");
    assert_string_equal(response->trace_id, c->trace_id);
    assert_true(response->left_ms > 40000 && response->left_ms <= 60000);
    call_free(c);
}

static void errors_arrive_whole(UNUSED void **state) {
    bh_call *c = echo_person(0, 0, 20000);
    Bh__Test__FailRequest request = BH__TEST__FAIL_REQUEST__INIT;
    Bh__Test__FailResponse *response;
    bh_err *err = invoke(gateway, c, "Fail", &request.base, &response);
    assert_non_null(err);
    assert_int_equal(err->code, BH_ABORTED);
    assert_string_equal(err->reason, "STALE_VERSION");
    assert_string_equal(err->zh, "已被他人更新");
    assert_string_equal(err->en, "It has moved.");
    assert_string_equal(err->unblock_zh, "督查室");
    assert_string_equal(err->unblock_en, "supervision office");
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
        { ECHO_GATEWAY, true, 7, ECHO_POST + 1, "Guarded", "POST_REFUSED" },
        { ECHO_GATEWAY, true, 7, ECHO_POST + 32, "Guarded", "POST_REFUSED" },
        { ECHO_GATEWAY, true, 7, -ECHO_POST, "Guarded", "POST_REFUSED" },
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
        bh_call *c = echo_person(rows[i].user_id, rows[i].post, 20000);
        assert_string_equal(reason_of(client, c, rows[i].method), rows[i].reason);
        call_free(c);
        rpc_client_close(client);
    }
}

static void service_is_named_by_its_key(UNUSED void **state) {
    rpc_client *client = echo_client(&site, ECHO_SERVICE, false);
    bh_call *c = echo_person(0, 0, 20000);
    Bh__Test__InsideRequest request = BH__TEST__INSIDE_REQUEST__INIT;
    Bh__Test__InsideResponse *response;
    assert_null(invoke(client, c, "Inside", &request.base, &response));
    assert_string_equal(response->caller, "progress");
    call_free(c);
    rpc_client_close(client);
}

/* --- bytes --- */

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
        echo_call raw;
        echo_call_start(gateway, &raw, rows[i].method, rows[i].payload, rows[i].n, 20000);
        bh_err *err = echo_call_wait(&raw);
        assert_int_equal(err ? err->code : BH_OK, rows[i].code);
        assert_string_equal(err ? err->reason : "", rows[i].reason);
        echo_call_done(&raw);
    }
}

static void response_bytes(UNUSED void **state) {
    echo_call raw;
    size_t size;
    echo_call_start(gateway, &raw, "/bihuan.test.v1.EchoService/Grow", "\x08\x03", 2, 20000);
    assert_null(echo_call_wait(&raw));
    const uint8_t *payload = rpc_result_payload(raw.result, &size);
    assert_int_equal(size, 5);
    assert_memory_equal(payload, "\x0a\x03\0\0\0", 5);
    echo_call_done(&raw);
}

/* --- sizes --- */

static const char *grow(int32_t size) {
    bh_call *c = echo_person(0, 0, 10000);
    Bh__Test__GrowRequest request = BH__TEST__GROW_REQUEST__INIT;
    Bh__Test__GrowResponse *response;
    request.size = size;
    bh_err *err = invoke(gateway, c, "Grow", &request.base, &response);
    const char *reason = err ? arena_strdup(site.call->mem, err->reason) : "";
    call_free(c);
    return reason;
}

static const char *echo_size(size_t size) {
    bh_call *c = echo_person(7, 0, 10000);
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
    echo_call raw;
    assert_true(echo_wait_ready(gateway, true));
    echo_call_start(gateway, &raw, "/bihuan.test.v1.EchoService/Grow", payload, sizeof(payload), 20000);
    assert_string_equal(echo_call_wait(&raw)->reason, "MESSAGE_TOO_LARGE");
    echo_call_done(&raw);
    char method[9000] = "/bihuan.test.v1.EchoService/";
    memset(method + strlen(method), 'x', sizeof(method) - strlen(method) - 1);
    echo_call_start(gateway, &raw, method, "", 0, 20000);
    assert_string_equal(echo_call_wait(&raw)->reason, "MESSAGE_TOO_LARGE");
    echo_call_done(&raw);
    assert_true(rpc_client_is_ready(gateway, "bihuan.test.v1.EchoService"));
}

/* An error that quotes a long request is cut between two characters; it must fit into the meta part. */
static void long_sentences(UNUSED void **state) {
    bh_call *c = echo_person(0, 0, 20000);
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
    echo_call raw;
    echo_call_start(gateway, &raw, "/bihuan.test.v1.Other/Grow", "", 0, 20000);
    bh_err *err = echo_call_wait(&raw);
    assert_string_equal(err->en,
                        "The service bihuan.test.v1.Other cannot be reached; try again later, then call the operator.");
    echo_call_done(&raw);
}

/* --- time --- */

static void no_time_left(UNUSED void **state) {
    bh_call *c = echo_person(0, 0, 0);
    bh_err *err = held(c);
    assert_non_null(err);
    assert_int_equal(err->code, BH_DEADLINE_EXCEEDED);
    assert_int_equal(echo_begun(), 0);
    call_free(c);
}

static void waiting_ends_at_the_deadline(UNUSED void **state) {
    bh_call *c = echo_person(0, 0, 100);
    int64_t began_ms = clock_mono_ms();
    bh_err *err = held(c);
    assert_true(clock_mono_ms() - began_ms >= 100);
    assert_non_null(err);
    assert_string_equal(err->reason, "DEADLINE_EXPIRED");
    call_free(c);
    echo_release();
}

/* The late answer of the first call finds its place taken by the second, which must wait for its own. */
static void late_answers_are_dropped(UNUSED void **state) {
    echo_call first, second;
    echo_call_hold(gateway, &first, 300);
    assert_string_equal(echo_call_wait(&first)->reason, "DEADLINE_EXPIRED");
    int begun = echo_begun();
    int64_t began_ms = clock_mono_ms();
    echo_call_start(gateway, &second, ECHO_SLEEP, "\x08\xf4\x03", 3, 20000); /* 500 ms */
    echo_wait_begun(begun + 1);
    echo_release();
    assert_null(echo_call_wait(&second));
    assert_true(clock_mono_ms() - began_ms >= 499);
    echo_call_done(&first);
    echo_call_done(&second);
}

/* Both workers are held; the third call's time runs out in the queue, and nobody begins it. */
static void expired_in_the_queue(UNUSED void **state) {
    echo_call holders[2];
    bh_call *third = echo_person(0, 0, 100), *last = echo_person(7, 0, 20000);
    Bh__Test__EchoResponse *response;
    for (int i = 0; i < 2; i++)
        echo_call_hold(gateway, &holders[i], 20000);
    echo_wait_begun(2);
    bh_err *err = held(third);
    assert_non_null(err);
    assert_int_equal(err->code, BH_DEADLINE_EXCEEDED);
    echo_sleep(1500); /* the server counts from when the call arrived */
    echo_release();
    for (int i = 0; i < 2; i++) {
        assert_null(echo_call_wait(&holders[i]));
        echo_call_done(&holders[i]);
    }
    assert_null(echo_text(gateway, last, "behind it in the queue", &response));
    assert_int_equal(echo_begun(), 2);
    call_free(third);
    call_free(last);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
