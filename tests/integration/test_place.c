/* Leases on places: what a service says of itself, and whom it tells its callers of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "handlers.h"
#include "integration/desk.h"
#include "integration/echo.h"
#include "service/place.h"

static desk *d;
static echo_site site;
static service_runtime runtime;

static int set_up(UNUSED void **state) {
    d = desk_open(&target_service);
    echo_site_init(&site);
    echo_start(&site, NULL, 4, 0);
    runtime = (service_runtime){
        .service = &target_service, .settings = { .place = "" }, .pool = desk_pool(d), .server = site.server
    };
    desk_sql(d, "truncate bihuan.place");
    return 0;
}

static int tear_down(UNUSED void **state) {
    echo_site_done(&site);
    desk_close(d);
    return 0;
}

static void hold(const char *place) {
    bool again = false;
    runtime.settings.place = place;
    assert_null(place_hold(desk_begin(d), &runtime, &again));
    assert_false(again);
}

static void has_place(const char *service, const char *endpoint, const char *until) {
    desk_sql(d, "insert into bihuan.place values (1, '%s', '%s', '%s', now() + interval '%s')", service, endpoint,
             rpc_server_public_key(site.server), until);
}

static void a_lease_is_held_and_held_on(UNUSED void **state) {
    for (int i = 0; i < 2; i++) {
        hold("");
        assert_string_equal(desk_sql(d, "select service || ' ' || endpoint from bihuan.place"),
                            desk_text(d, "target %s", rpc_server_endpoint(site.server)));
        assert_string_equal(desk_sql(d, "select until between now() + interval '10 s' and now() + interval '15 s' "
                                        "from bihuan.place"),
                            "t");
        desk_sql(d, "update bihuan.place set until = now() - interval '1 s'");
    }
}

static void the_place_that_is_set(UNUSED void **state) {
    hold("tcp://10.0.0.5:7002");
    assert_string_equal(desk_sql(d, "select endpoint from bihuan.place"), "tcp://10.0.0.5:7002");
}

static void no_place_to_tell(UNUSED void **state) {
    hold("-");
    hold("tcp://0.0.0.0:7002");
    hold("tcp://[::]:7002");
    assert_string_equal(desk_sql(d, "select count(*) from bihuan.place"), "0");
}

static void a_place_that_is_none_is_refused(UNUSED void **state) {
    bool again;
    runtime.settings.place = "nowhere";
    bh_err *err = place_hold(desk_begin(d), &runtime, &again);
    assert_non_null(err);
    assert_string_equal(desk_sql(d, "select count(*) from bihuan.place"), "0");
}

/* So is what no clock that goes right can have said. */
static void long_gone_is_cleared_away(UNUSED void **state) {
    has_place("target", "tcp://127.0.0.1:1", "-1 hour");
    has_place("target", "tcp://127.0.0.1:2", "-25 hours");
    has_place("task", "tcp://127.0.0.1:3", "-25 hours");
    has_place("target", "tcp://127.0.0.1:4", "70 years");
    has_place("target", "tcp://127.0.0.1:5", "0");
    desk_sql(d, "update bihuan.place set until = 'infinity' where endpoint = 'tcp://127.0.0.1:5'");
    hold("tcp://127.0.0.1:6");
    assert_string_equal(desk_sql(d, "select string_agg(endpoint, ' ' order by endpoint) from bihuan.place"),
                        "tcp://127.0.0.1:1 tcp://127.0.0.1:3 tcp://127.0.0.1:6");
}

/* Callers hear of those whose lease runs, and of no other service's. */
static void callers_hear_of_the_others(UNUSED void **state) {
    const char *place[3];
    pid_t pid[3];
    for (int i = 0; i < 3; i++) {
        place[i] = echo_free_endpoint(&site);
        pid[i] = echo_spawn_at(&site, place[i]);
    }
    has_place("target", place[0], "1 hour");
    has_place("target", place[1], "-1 s");
    has_place("task", place[2], "1 hour");
    hold("");
    echo_peers(&site, &site.endpoint, 1);
    rpc_client *client = echo_client(&site, ECHO_GATEWAY, true);
    while (echo_who(client, NULL) != pid[0])
        continue;
    for (int i = 0; i < 200; i++) {
        pid_t answers = echo_who(client, NULL);
        assert_true(answers == pid[0] || answers == getpid());
    }
    rpc_client_close(client);
    for (int i = 0; i < 3; i++)
        assert_int_equal(echo_term(pid[i]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_lease_is_held_and_held_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_place_that_is_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_place_to_tell, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_place_that_is_none_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_gone_is_cleared_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(callers_hear_of_the_others, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
