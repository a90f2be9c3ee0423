/* Servers that the peers file does not name: callers hear of them from a server that it does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "echo.h"

static echo_site site;
static rpc_client *client;

static int set_up(UNUSED void **state) {
    echo_site_init(&site);
    echo_start(&site, NULL, 4, 0);
    client = echo_client(&site, ECHO_GATEWAY, true);
    assert_true(echo_wait_ready(client, true));
    return 0;
}

static int tear_down(UNUSED void **state) {
    rpc_client_close(client);
    echo_site_done(&site);
    return 0;
}

static void wait_answers(pid_t pid) {
    while (echo_who(client, NULL) != pid)
        continue;
}

static void tell(const char *endpoint) {
    places others = { .n = 0 };
    places_add(&others, endpoint, rpc_server_public_key(site.server));
    rpc_server_tell_places(site.server, &others);
}

static void told_of_another(UNUSED void **state) {
    const char *place = echo_free_endpoint(&site);
    pid_t other = echo_spawn_at(&site, place);
    tell(place);
    wait_answers(other);
    wait_answers(getpid());
    assert_int_equal(echo_term(other), 0);
}

/* Whoever connects later hears of it in the first HELLO. */
static void told_at_once(UNUSED void **state) {
    const char *place = echo_free_endpoint(&site);
    pid_t other = echo_spawn_at(&site, place);
    tell(place);
    rpc_client_close(client);
    client = echo_client(&site, ECHO_GATEWAY, true);
    wait_answers(other);
    assert_int_equal(echo_term(other), 0);
}

/* The one that told may go: who answers stays. */
static void teller_goes(UNUSED void **state) {
    const char *place = echo_free_endpoint(&site);
    pid_t other = echo_spawn_at(&site, place);
    tell(place);
    wait_answers(other);
    rpc_server_tell_places(site.server, &(places){ .n = 0 });
    echo_stop(&site);
    for (int i = 0; i < 100; i++)
        assert_int_equal(echo_who(client, NULL), other);
    assert_int_equal(echo_term(other), 0);
}

/* While nobody answers, what was told is forgotten; the same word counts anew when the one that told is back. */
static void told_again_by_one_that_was_away(UNUSED void **state) {
    const char *place = echo_free_endpoint(&site);
    pid_t other = echo_spawn_at(&site, place);
    tell(place);
    wait_answers(other);
    echo_allow(&site, NULL); /* both send the client away */
    assert_true(echo_wait_ready(client, false));
    echo_peers(&site, &site.endpoint, 1);
    echo_sleep(1500); /* the file is looked at twice a second; too short a sleep would only prove less */
    echo_allow(&site, "");
    assert_true(echo_wait_ready(client, true));
    wait_answers(other);
    assert_int_equal(echo_term(other), 0);
}

/* Rubbish, places where nobody is, more than there is room for: calls go well all the same, and what is named is never
 * crowded out. */
static void places_of_nobody(UNUSED void **state) {
    const char *key = rpc_server_public_key(site.server);
    char too_long[300] = "tcp://";
    places others = { .n = 0 };
    memset(too_long + 6, '1', sizeof(too_long) - 7);
    places_add(&others, "http://127.0.0.1:1", key);
    places_add(&others, too_long, key);
    places_add(&others, "tcp://127.0.0.1:1", "a key");
    assert_int_equal(others.n, 0);
    places_add(&others, "tcp://nowhere", key);
    for (int i = 1; i <= 2 * RPC_PLACES_MAX; i++)
        places_add(&others, arena_printf(site.call->mem, "tcp://127.0.0.1:%d", i), key);
    assert_int_equal(others.n, RPC_PLACES_MAX);
    rpc_server_tell_places(site.server, &others);
    const char *place = echo_free_endpoint(&site);
    pid_t other = echo_spawn_at(&site, place);
    echo_peers(&site, (const char *const[]){ site.endpoint, place }, 2);
    wait_answers(other);
    wait_answers(getpid());
    assert_int_equal(echo_term(other), 0);
}

/* A server with a key that the file does not name for the service is not asked, whoever tells of it. */
static void a_key_that_is_not_named(UNUSED void **state) {
    const char *place[2] = { echo_free_endpoint(&site), echo_free_endpoint(&site) };
    char *own_key = site.key_file[ECHO_SERVER];
    site.key_file[ECHO_SERVER] = site.key_file[ECHO_STRANGER];
    pid_t stranger = echo_spawn_at(&site, place[0]);
    site.key_file[ECHO_SERVER] = own_key;
    pid_t other = echo_spawn_at(&site, place[1]);
    places others = { .n = 0 };
    places_add(&others, place[0], site.keys[ECHO_STRANGER].public_text);
    places_add(&others, place[1], rpc_server_public_key(site.server));
    rpc_server_tell_places(site.server, &others);
    wait_answers(other);
    for (int i = 0; i < 200; i++)
        assert_int_not_equal(echo_who(client, NULL), stranger);
    assert_int_equal(echo_term(stranger) | echo_term(other), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(told_of_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(told_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(teller_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(told_again_by_one_that_was_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(places_of_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_is_not_named, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
