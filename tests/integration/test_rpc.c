#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

static bh_err *echo(rpc_client *client, bh_call *c, const char *text, Bh__Test__EchoResponse **ret_response) {
    Bh__Test__EchoRequest request = BH__TEST__ECHO_REQUEST__INIT;
    request.text = (char *) text;
    return rpc_call(client, c, &bh__test__echo_service__descriptor, "Echo", &request.base,
                    (ProtobufCMessage **) ret_response);
}

/* A call as the gateway makes it: for a person. */
static bh_call *call_of(int32_t user_id, int32_t post, int64_t timeout_ms) {
    bh_call *c = call_new("test", timeout_ms);
    c->who.user_id = user_id;
    c->who.post = post;
    c->who.login = "handler01";
    return c;
}

static void answers(UNUSED void **state) {
    echo_start(&site, NULL, 2, 0);
    rpc_client *client = echo_client(&site, ECHO_GATEWAY);
    bh_call *c = call_of(7, ECHO_POST, 5000);
    Bh__Test__EchoResponse *response;
    assert_null(echo(client, c, "督查", &response));
    assert_string_equal(response->text, "督查");
    assert_string_equal(response->login, "handler01");
    assert_string_equal(response->caller, "front");
    assert_string_equal(response->trace_id, c->trace_id);
    assert_true(response->left_ms > 0 && response->left_ms <= 5000);
    call_free(c);
    rpc_client_close(client);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
