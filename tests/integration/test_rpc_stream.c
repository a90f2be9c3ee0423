/* Streams of messages: order, credit, ends of every kind, and the calls beside them. */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "echo.h"

enum { LONG_MS = 60000, AGES_MS = 10 * 60000, WORKERS = 8, NEVER = 1 << 30 };

static echo_site site;
static rpc_client *gateway;

/* A consumer that checks what comes; items are counted in the client's thread. */
typedef struct counting {
    echo_call ec; /* first: a stream's data is an echo_call */
    bool is_slow; /* accepts nothing by itself */
    rpc_result *_Atomic handle;
    int64_t next;
    bool is_disordered;
    _Atomic int64_t items;
    _Atomic uint64_t bytes;
} counting;

static int set_up(UNUSED void **state) {
    echo_site_init(&site);
    return 0;
}

static int tear_down(UNUSED void **state) {
    rpc_client_close(gateway);
    gateway = NULL;
    echo_site_done(&site);
    return 0;
}

static void serve(void) {
    echo_start(&site, NULL, WORKERS, 0);
    gateway = echo_client(&site, ECHO_GATEWAY, true);
}

/* May come before rpc_stream has returned the handle. */
static void take(void *data, const uint8_t *payload, size_t size) {
    counting *count = data;
    Bh__Test__CountResponse *item = bh__test__count_response__unpack(NULL, size, payload);
    count->is_disordered |= !item || item->number != count->next++;
    bh__test__count_response__free_unpacked(item, NULL);
    atomic_fetch_add(&count->bytes, size);
    atomic_fetch_add(&count->items, 1);
    while (!atomic_load(&count->handle))
        sched_yield();
    if (!count->is_slow)
        rpc_accept(gateway, count->handle, size);
}

static void start_for(counting *count, Bh__Test__CountRequest request, int64_t timeout_ms) {
    uint8_t bytes[64];
    size_t n = bh__test__count_request__pack(&request, bytes);
    count->next = request.next;
    echo_stream_start(gateway, &count->ec, take, echo_call_keep, ECHO_COUNT, bytes, n, timeout_ms);
    atomic_store(&count->handle, count->ec.handle);
}

static void start(counting *count, Bh__Test__CountRequest request) {
    start_for(count, request, LONG_MS);
}

static void wait_items(counting *count, int64_t n) {
    while (atomic_load(&count->items) < n)
        echo_sleep(1);
}

static void assert_ends(counting *count, const char *reason, int64_t items) {
    bh_err *err = echo_call_wait(&count->ec);
    assert_string_equal(err ? err->reason : "", reason);
    assert_false(count->is_disordered);
    assert_int_equal(atomic_load(&count->items), items);
    echo_call_done(&count->ec);
}

static void assert_answers(void) {
    bh_call *c = echo_person(7, 0, 20000);
    Bh__Test__EchoResponse *response;
    assert_null(echo_text(gateway, c, "x", &response));
    call_free(c);
}

/* A value the server counts, by the name in front of it. */
static int64_t metric(const char *name) {
    arena *mem = arena_new(1 << 20);
    buf out;
    buf_init(&out, mem);
    rpc_server_metrics(site.server, &out);
    const char *at = strstr(out.s, arena_printf(mem, "\n%s ", name));
    int64_t value = at ? atoll(at + strlen(name) + 2) : -1;
    arena_free(mem);
    return value;
}

static void wait_metric(const char *name, int64_t value) {
    enum { TRIES = 60000 };
    for (int i = 0; i < TRIES && metric(name) != value; i++)
        echo_sleep(1);
    assert_int_equal(metric(name), value);
}

#define COUNT(...)                                                                         \
    (Bh__Test__CountRequest) {                                                             \
        .base = PROTOBUF_C_MESSAGE_INIT(&bh__test__count_request__descriptor), __VA_ARGS__ \
    }

/* --- order and credit --- */

static void messages_come_in_order(UNUSED void **state) {
    counting count = { 0 };
    serve();
    start(&count, COUNT(.next = 5, .end = 20005, .size = 10));
    assert_ends(&count, "", 20000);
    assert_int_equal(metric("bihuan_rpc_stream_messages_total"), 20000);
    wait_metric("bihuan_rpc_streams_open", 0);
}

static void a_stream_may_be_empty(UNUSED void **state) {
    counting count = { 0 };
    serve();
    start(&count, COUNT(.next = 5, .end = 5));
    assert_ends(&count, "", 0);
}

/* Who accepts nothing gets a window full; the worker is free, and who accepts gets the rest. */
static void a_slow_reader_stops_the_server(UNUSED void **state) {
    counting few = { .is_slow = true }, large = { .is_slow = true };
    serve();
    start(&few, COUNT(.end = 100));
    start(&large, COUNT(.end = 100, .size = 60000));
    wait_items(&few, STREAM_MESSAGES_MAX);
    wait_items(&large, STREAM_BYTES_MAX / 60000 - 1);
    wait_metric("bihuan_rpc_stream_stalls_total", 2);
    assert_answers();
    assert_int_equal(few.items, STREAM_MESSAGES_MAX);
    assert_in_range(large.bytes, STREAM_BYTES_MAX / 2, STREAM_BYTES_MAX);
    counting *both[] = { &few, &large };
    for (size_t i = 0; i < countof(both); i++)
        for (int64_t taken = 0; taken < 100; taken++) {
            wait_items(both[i], taken + 1);
            rpc_accept(gateway, both[i]->ec.handle, atomic_load(&both[i]->bytes) / (uint64_t) both[i]->items);
        }
    assert_ends(&few, "", 100);
    assert_ends(&large, "", 100);
}

/* The window of the connection is far smaller than what they all send. */
static void many_share_a_connection(UNUSED void **state) {
    enum { MANY = 64 };
    static counting count[MANY];
    memset(count, 0, sizeof(count));
    serve();
    for (int i = 0; i < MANY; i++)
        start(&count[i], COUNT(.end = 100, .size = 20000));
    for (int i = 0; i < MANY; i++)
        assert_ends(&count[i], "", 100);
}

/* --- ends --- */

static void an_error_ends_it(UNUSED void **state) {
    counting count = { 0 };
    serve();
    start(&count, COUNT(.next = 1, .end = NEVER, .fails_at = 4));
    assert_ends(&count, "QUEUE_FULL", 3);
}

static void a_message_too_large_ends_it(UNUSED void **state) {
    counting count = { 0 };
    serve();
    start(&count, COUNT(.end = NEVER, .size = 64 << 10));
    assert_ends(&count, "MESSAGE_TOO_LARGE", 0);
}

static void it_is_given_up_while_it_waits(UNUSED void **state) {
    counting count = { 0 };
    serve();
    start(&count, COUNT(.end = NEVER, .waits = true));
    wait_metric("bihuan_rpc_streams_open", 1);
    rpc_cancel(gateway, count.ec.handle);
    assert_ends(&count, "CALL_CANCELLED", 0);
    wait_metric("bihuan_rpc_streams_open", 0);
}

static void it_is_given_up_while_it_stalls(UNUSED void **state) {
    counting count = { .is_slow = true };
    serve();
    start(&count, COUNT(.end = NEVER));
    wait_items(&count, STREAM_MESSAGES_MAX);
    rpc_cancel(gateway, count.ec.handle);
    assert_ends(&count, "CALL_CANCELLED", STREAM_MESSAGES_MAX);
    wait_metric("bihuan_rpc_streams_open", 0);
}

static void it_is_given_up_while_it_sends(UNUSED void **state) {
    counting count = { 0 };
    serve();
    start(&count, COUNT(.end = NEVER));
    wait_items(&count, 1000);
    rpc_cancel(gateway, count.ec.handle);
    bh_err *err = echo_call_wait(&count.ec);
    assert_string_equal(err->reason, "CALL_CANCELLED");
    assert_false(count.is_disordered);
    echo_call_done(&count.ec);
    wait_metric("bihuan_rpc_streams_open", 0);
}

static void its_deadline_passes_while_it_waits(UNUSED void **state) {
    counting count = { 0 };
    serve();
    start_for(&count, COUNT(.end = NEVER, .waits = true), 300);
    assert_ends(&count, "DEADLINE_EXPIRED", 0);
    wait_metric("bihuan_rpc_streams_open", 0);
    assert_answers();
}

/* --- waking --- */

static void a_wake_up_brings_what_there_is(UNUSED void **state) {
    counting count = { 0 };
    serve();
    start(&count, COUNT(.end = 3000, .waits = true));
    wait_metric("bihuan_rpc_streams_open", 1);
    for (int64_t n = 1000; n <= 3000; n += 1000) {
        echo_count_to(n);
        rpc_server_wake(site.server);
        wait_items(&count, n);
    }
    assert_ends(&count, "", 3000);
}

/* Thousands that wait hold no worker; a few wake-ups cost each of them a few steps. */
static void thousands_wait_beside_calls(UNUSED void **state) {
    static counting count[ECHO_STREAMS_MAX];
    memset(count, 0, sizeof(count));
    serve();
    assert_true(echo_wait_ready(gateway, true));
    for (int i = 0; i < ECHO_STREAMS_MAX; i++)
        start(&count[i], COUNT(.end = 2, .waits = true));
    wait_metric("bihuan_rpc_streams_open", ECHO_STREAMS_MAX);
    while (echo_steps() < ECHO_STREAMS_MAX)
        echo_sleep(1);
    for (int i = 0; i < 500; i++) {
        rpc_server_wake(site.server);
        assert_answers();
    }
    assert_int_equal(metric("bihuan_rpc_streams_open"), ECHO_STREAMS_MAX);
    counting more = { 0 };
    start(&more, COUNT(.end = 2, .waits = true));
    assert_ends(&more, "QUEUE_FULL", 0);
    echo_count_to(2);
    rpc_server_wake(site.server);
    for (int i = 0; i < ECHO_STREAMS_MAX; i++)
        assert_ends(&count[i], "", 2);
    wait_metric("bihuan_rpc_streams_open", 0);
}

/* --- servers that leave, callers that vanish --- */

static void a_server_that_leaves_ends_them(UNUSED void **state) {
    counting waits = { 0 }, stalls = { .is_slow = true };
    serve();
    start(&waits, COUNT(.end = NEVER, .waits = true));
    start(&stalls, COUNT(.end = NEVER));
    wait_items(&stalls, STREAM_MESSAGES_MAX);
    wait_metric("bihuan_rpc_streams_open", 2);
    echo_stop(&site);
    assert_ends(&stalls, "SHUTTING_DOWN", STREAM_MESSAGES_MAX);
    /* Nothing of this one had come: it was sent again, and found nobody. */
    assert_ends(&waits, "SERVICE_UNREACHABLE", 0);
}

/* One whose messages have come ends with its server; one that has none goes on with the next. */
static void a_killed_server(UNUSED void **state) {
    counting begun = { .is_slow = true }, fresh = { 0 };
    pid_t pid = echo_spawn(&site);
    gateway = echo_client(&site, ECHO_GATEWAY, true);
    start(&begun, COUNT(.end = NEVER));
    start(&fresh, COUNT(.end = NEVER, .waits = true));
    wait_items(&begun, STREAM_MESSAGES_MAX);
    echo_kill(pid);
    assert_ends(&begun, "OUTCOME_UNKNOWN", STREAM_MESSAGES_MAX);
    pid = echo_spawn(&site);
    assert_true(echo_wait_ready(gateway, true));
    assert_false(echo_call_has_ended(&fresh.ec));
    rpc_cancel(gateway, fresh.ec.handle);
    assert_ends(&fresh, "CALL_CANCELLED", 0);
    echo_kill(pid);
}

/* Long before their deadline. */
static void the_streams_of_who_vanished_go(UNUSED void **state) {
    counting waits = { 0 }, stalls = { .is_slow = true };
    serve();
    start_for(&waits, COUNT(.end = NEVER, .waits = true), AGES_MS);
    start_for(&stalls, COUNT(.end = NEVER), AGES_MS);
    wait_items(&stalls, STREAM_MESSAGES_MAX);
    wait_metric("bihuan_rpc_streams_open", 2);
    rpc_client_close(gateway);
    assert_ends(&waits, "SHUTTING_DOWN", 0);
    assert_ends(&stalls, "SHUTTING_DOWN", STREAM_MESSAGES_MAX);
    wait_metric("bihuan_rpc_streams_open", 0);
    gateway = echo_client(&site, ECHO_GATEWAY, true);
    assert_answers();
}

/* A key that is taken away counts for streams, too. */
static void the_streams_of_a_lost_key_end(UNUSED void **state) {
    counting count = { .is_slow = true };
    serve();
    start(&count, COUNT(.end = NEVER));
    wait_items(&count, STREAM_MESSAGES_MAX);
    echo_allow(&site, NULL);
    assert_ends(&count, "UNKNOWN_CALLER", STREAM_MESSAGES_MAX);
}

/* --- the wrong kind --- */

static void a_call_and_its_method_must_be_of_one_kind(UNUSED void **state) {
    echo_call ec;
    serve();
    echo_call_start(gateway, &ec, ECHO_COUNT, "", 0, LONG_MS);
    assert_string_equal(echo_call_wait(&ec)->reason, "WRONG_KIND_OF_CALL");
    echo_call_done(&ec);
    counting count = { 0 };
    echo_stream_start(gateway, &count.ec, take, echo_call_keep, ECHO_LINGER, "", 0, LONG_MS);
    assert_ends(&count, "WRONG_KIND_OF_CALL", 0);
    assert_int_equal(echo_begun(), 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(messages_come_in_order),
        TEST(a_stream_may_be_empty),
        TEST(a_slow_reader_stops_the_server),
        TEST(many_share_a_connection),
        TEST(an_error_ends_it),
        TEST(a_message_too_large_ends_it),
        TEST(it_is_given_up_while_it_waits),
        TEST(it_is_given_up_while_it_stalls),
        TEST(it_is_given_up_while_it_sends),
        TEST(its_deadline_passes_while_it_waits),
        TEST(a_wake_up_brings_what_there_is),
        TEST(thousands_wait_beside_calls),
        TEST(a_server_that_leaves_ends_them),
        TEST(a_killed_server),
        TEST(the_streams_of_who_vanished_go),
        TEST(the_streams_of_a_lost_key_end),
        TEST(a_call_and_its_method_must_be_of_one_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
