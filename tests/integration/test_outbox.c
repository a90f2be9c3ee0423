/* Events from progress to target over real sockets: delivered once, in order, and past what nobody accepts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/hash.h"
#include "bihuan/v1/target_service.pb-c.h"
#include "integration/desk.h"
#include "rpc/client.h"
#include "rpc/keys.h"
#include "rpc/server.h"
#include "service/outbox.h"

/* Two services in one program: their handlers.h have the same name. */
extern const bh_service progress_service, target_service;

#define TARGET "01890000-0000-7000-8000-0000000000aa"
#define OBJECT_A "01890000-0000-7000-8000-00000000000a"
#define OBJECT_B "01890000-0000-7000-8000-00000000000b"
#define NO_OBJECT "01890000-0000-7000-8000-00000000000c"

typedef struct site {
    desk *progress, *target;
    char dir[32];
    const char *key_file[2], *allow_file, *peers_file, *endpoint;
    rpc_key key[2];
    rpc_server *server;
    pthread_t thread;
    service_runtime runtime;
} site;

enum { KEY_TARGET, KEY_PROGRESS };
enum { PATIENCE_MS = 60000 };

static void write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void *run_server(void *data) {
    rpc_server_run(data);
    return NULL;
}

static rpc_server *open_server(bh_call *c, site *s, int key, const char *endpoint) {
    rpc_server *server;
    const rpc_server_options options = {
        .name = "target",
        .endpoint = endpoint,
        .key_file = s->key_file[key],
        .allow_file = s->allow_file,
        .workers = 2,
        .site_id = 1,
        .backend = desk_pool(s->target),
    };
    assert_null(rpc_server_open(c, &options, target_service.rpc, 1, &server));
    return server;
}

static void start_target(site *s) {
    bh_call *c = desk_begin(s->target);
    s->server = open_server(c, s, KEY_TARGET, s->endpoint ? s->endpoint : "tcp://127.0.0.1:*");
    s->endpoint = arena_strdup(c->mem, rpc_server_endpoint(s->server));
    assert_int_equal(pthread_create(&s->thread, NULL, run_server, s->server), 0);
}

static void stop_target(site *s) {
    rpc_server_stop(s->server);
    pthread_join(s->thread, NULL);
    rpc_server_close(s->server);
}

static int setup(void **state) {
    site *s = calloc(1, sizeof(*s));
    *s = (site){ .progress = desk_open(&progress_service),
                 .target = desk_open(&target_service),
                 .dir = "/tmp/bihuan-outbox-XXXXXX" };
    assert_non_null(mkdtemp(s->dir));
    bh_call *c = desk_begin(s->progress);
    static const char *const names[] = { "target", "progress" };
    for (int i = 0; i < 2; i++) {
        s->key_file[i] = arena_printf(c->mem, "%s/%s.key", s->dir, names[i]);
        assert_null(rpc_key_create(c, s->key_file[i], &s->key[i]));
    }
    s->allow_file = arena_printf(c->mem, "%s/allow", s->dir);
    s->peers_file = arena_printf(c->mem, "%s/peers", s->dir);
    write_file(s->allow_file, arena_printf(c->mem, "progress service %s\n", s->key[KEY_PROGRESS].public_text));
    start_target(s);
    write_file(s->peers_file,
               arena_printf(c->mem, "bihuan.v1.TargetService %s %s\n", s->endpoint, s->key[KEY_TARGET].public_text));
    const rpc_client_options peers = { .key_file = s->key_file[KEY_PROGRESS], .peers_file = s->peers_file };
    s->runtime = (service_runtime){ .settings.endpoint = "tcp://0.0.0.0:7004",
                                    .pool = desk_pool(s->progress),
                                    .server = open_server(c, s, KEY_PROGRESS, "tcp://127.0.0.1:*") };
    assert_null(rpc_client_open(c, &peers, &s->runtime.client));
    *state = s;
    return 0;
}

static int teardown(void **state) {
    site *s = *state;
    rpc_client_close(s->runtime.client);
    rpc_server_close(s->runtime.server);
    stop_target(s);
    for (int i = 0; i < 2; i++)
        unlink(s->key_file[i]);
    unlink(s->allow_file);
    unlink(s->peers_file);
    rmdir(s->dir);
    desk_close(s->progress);
    desk_close(s->target);
    free(s);
    return 0;
}

static int fresh(void **state) {
    site *s = *state;
    desk_sql(s->progress, "truncate progress.outbox, progress.outbox_dead, progress.outbox_lease, target.import, "
                          "target.target, target.observation, target.inbox");
    desk_sql(s->progress,
             "insert into target.target (site_id, target_id, import_id, place, metric, comparator, unit, phrase, "
             "first_line, last_line, shares, row_no, category, sub_item, version, leaf_hash) values (1, '" TARGET
             "', '" TARGET "', 1, 'm', 1, '', '', 0, 0, '[]', '', '', '', 1, sha256(''))");
    return 0;
}

/* Puts an event into the outbox that observes `number` at a report's version. */
static void add_event(site *s, const char *object, const char *event_id, int version, const char *number) {
    arena *mem = desk_mem(s->progress);
    Bh__Observation one = BH__OBSERVATION__INIT, *list[] = { &one };
    one.target_id = (char *) TARGET;
    one.period = (char *) "2025-06";
    one.unit_id = 10;
    one.number = (char *) number;
    one.source = (char *) "survey";
    one.report_id = (char *) object;
    one.report_version = version;
    Bh__RecordObservationsRequest event = BH__RECORD_OBSERVATIONS_REQUEST__INIT;
    event.event_id = (char *) event_id;
    event.n_observations = 1;
    event.observations = list;
    uint8_t *bytes = arena_alloc(mem, bh__record_observations_request__get_packed_size(&event));
    size_t n = bh__record_observations_request__pack(&event, bytes);
    desk_sql(s->progress,
             "insert into progress.outbox (site_id, object_id, event_id, method, payload) values "
             "(1, '%s', '%s', '/bihuan.v1.TargetService/RecordObservations', decode('%s', 'hex'))",
             object, event_id, hex(mem, bytes, n));
}

static bool drain(site *s) {
    return desk_run(s->progress, "outbox", &s->runtime);
}

/* Until the outbox is empty or a minute has passed: a receiver may still be connecting. */
static void drain_all(site *s) {
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
    while (strcmp(desk_sql(s->progress, "select count(*) from progress.outbox"), "0") != 0 &&
           clock_mono_ms() < until_ms)
        if (!drain(s))
            nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
}

static const char *observed(site *s) {
    return desk_sql(s->progress,
                    "select string_agg(number::text, ' ' order by report_id, report_version) from target.observation");
}

static void test_delivered_once(void **state) {
    site *s = *state;
    const char *event = desk_request_id(s->progress);
    add_event(s, OBJECT_A, event, 2, "1");
    add_event(s, OBJECT_A, desk_request_id(s->progress), 4, "2");
    drain_all(s);
    assert_string_equal(observed(s), "1 2");
    add_event(s, OBJECT_A, event, 2, "1"); /* as after a lost acknowledgement */
    drain_all(s);
    assert_string_equal(observed(s), "1 2");
    assert_string_equal(desk_sql(s->progress, "select count(*) from progress.outbox"), "0");
    assert_false(drain(s));
}

static void test_receiver_away(void **state) {
    site *s = *state;
    stop_target(s);
    add_event(s, OBJECT_A, desk_request_id(s->progress), 2, "1");
    const char *before = desk_sql(s->progress, "select clock_timestamp()");
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
    while (strcmp(desk_sql(s->progress, "select tries from progress.outbox"), "0") == 0 && clock_mono_ms() < until_ms)
        drain(s);
    assert_string_equal(desk_sql(s->progress,
                                 "select tries || ' ' || refusals || ' ' || (not_before >= '%s'::timestamptz + "
                                 "interval '50 ms') from progress.outbox",
                                 before),
                        "1 0 true");
    /* However long it stays away, the event is not given up. */
    desk_sql(s->progress, "update progress.outbox set tries = 1000, not_before = '-infinity'");
    drain(s);
    assert_string_equal(desk_sql(s->progress, "select count(*) from progress.outbox_dead"), "0");
    desk_sql(s->progress, "update progress.outbox set tries = 0, not_before = '-infinity'");
    start_target(s);
    drain_all(s);
    assert_string_equal(observed(s), "1");
}

/* One event of each object at a time, those of different objects together. */
static void test_many_objects_go_together(void **state) {
    enum { OBJECTS = 40 };
    site *s = *state;
    for (int i = 0; i < OBJECTS; i++) {
        const char *object = desk_request_id(s->progress);
        add_event(s, object, desk_request_id(s->progress), 2, "1");
        add_event(s, object, desk_request_id(s->progress), 4, "2");
    }
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
    while (!drain(s) && clock_mono_ms() < until_ms)
        desk_sql(s->progress, "update progress.outbox set not_before = '-infinity'");
    assert_string_equal(desk_sql(s->progress, "select count(*) || ' ' || min(number) || ' ' || max(number) || ' ' || "
                                              "max(report_version) from target.observation"),
                        "40 1 1 2");
    assert_true(drain(s));
    assert_string_equal(desk_sql(s->progress, "select count(*) from target.observation where number = 2"), "40");
    assert_string_equal(desk_sql(s->progress, "select count(*) from progress.outbox"), "0");
}

/* What the event says is asked for when it goes. */
static ProtobufCMessage *as_it_is(bh_call *call, const pg_rows *rows, int row) {
    Bh__RecordObservationsRequest *event = arena_alloc(call->mem, sizeof(*event));
    Bh__Observation *one = arena_alloc(call->mem, sizeof(*one)), **list = arena_alloc(call->mem, sizeof(*list));
    bh__record_observations_request__init(event);
    bh__observation__init(one);
    *list = one;
    one->target_id = (char *) TARGET;
    one->period = (char *) "2025-06";
    one->unit_id = 10;
    one->source = (char *) "survey";
    one->report_id = (char *) pg_get_text(rows, row, "object_id");
    one->report_version = 6;
    one->number = (char *) (strcmp(one->report_id, OBJECT_A) == 0 ? "7" : "many");
    event->event_id = (char *) pg_get_text(rows, row, "event_id");
    event->n_observations = 1;
    event->observations = list;
    return &event->base;
}

static bh_err *look_again(bh_call *call, const pg_rows *rows, ProtobufCMessage **ret_requests) {
    for (int i = 0; i < rows->count; i++)
        ret_requests[i] = strcmp(pg_get_text(rows, i, "object_id"), NO_OBJECT) == 0 ? NULL : as_it_is(call, rows, i);
    return NULL;
}

static const pg_stmt *statement(const char *name) {
    const pg_stmt *stmt = progress_service.statements;
    while (strcmp(stmt->name, name) != 0)
        stmt++;
    return stmt;
}

static void pass(site *s) {
    static const outbox_route routes[] = { { &bh__target_service__descriptor } };
    const outbox box = {
        .take = statement("progress/outbox_take.sql"),
        .done = statement("progress/outbox_done.sql"),
        .retry = statement("progress/outbox_retry.sql"),
        .bury = statement("progress/outbox_bury.sql"),
        .routes = routes,
        .route_count = countof(routes),
        .requests = look_again,
    };
    bool again;
    assert_null(outbox_drain(desk_begin(s->progress), &s->runtime, &box, &again));
}

static void test_the_newest_goes_for_all(void **state) {
    site *s = *state;
    for (int i = 0; i < 3; i++) {
        add_event(s, OBJECT_A, desk_request_id(s->progress), 2, "1");
        add_event(s, OBJECT_B, desk_request_id(s->progress), 2, "1");
    }
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
    while (!*observed(s) && clock_mono_ms() < until_ms)
        pass(s);
    assert_string_equal(observed(s), "7");
    assert_string_equal(desk_sql(s->progress, "select count(*) from target.inbox"), "1");
    /* So does the one that nobody accepts, once it is given up. */
    assert_string_equal(
        desk_sql(s->progress, "select count(distinct object_id) || ' ' || count(*) from progress.outbox"), "1 3");
    desk_sql(s->progress, "update progress.outbox set refusals = 19, not_before = '-infinity'");
    pass(s);
    assert_string_equal(desk_sql(s->progress, "select count(*) from progress.outbox_dead"), "3");
    assert_string_equal(desk_sql(s->progress, "select count(*) from progress.outbox"), "0");
}

static void test_what_does_not_exist_is_refused(void **state) {
    site *s = *state;
    add_event(s, NO_OBJECT, desk_request_id(s->progress), 2, "1");
    desk_sql(s->progress, "update progress.outbox set refusals = 19");
    pass(s);
    assert_string_equal(
        desk_sql(s->progress, "select count(*) || substring(min(error) from '^NOT_FOUND') from progress.outbox_dead"),
        "1NOT_FOUND");
}

/* An event for a figure that is no number: the receiver will never have it. */
static void test_refused_event_is_set_aside(void **state) {
    site *s = *state;
    add_event(s, OBJECT_A, desk_request_id(s->progress), 2, "many");
    add_event(s, OBJECT_A, desk_request_id(s->progress), 4, "2");
    add_event(s, OBJECT_B, desk_request_id(s->progress), 2, "3");
    int64_t until_ms = clock_mono_ms() + PATIENCE_MS;
    while (strcmp(desk_sql(s->progress, "select max(refusals) from progress.outbox"), "0") == 0 &&
           clock_mono_ms() < until_ms)
        drain(s);
    /* The later event of the same object waits, however long that takes; another object's does not. */
    desk_sql(s->progress, "update progress.outbox set not_before = 'infinity' where refusals > 0");
    while (!*observed(s) && clock_mono_ms() < until_ms)
        drain(s);
    assert_string_equal(observed(s), "3");
    assert_string_equal(
        desk_sql(s->progress, "select string_agg(refusals::text, ' ' order by id) from progress.outbox"), "1 0");
    desk_sql(s->progress,
             "update progress.outbox set not_before = '-infinity', refusals = case when tries > 0 then 19 else 0 end");
    drain_all(s);
    assert_string_equal(observed(s), "2 3");
    assert_string_equal(
        desk_sql(s->progress, "select count(*) || substring(min(error) from '^BAD_FIELD') from progress.outbox_dead"),
        "1BAD_FIELD");
}

/* Another instance that listens at the same endpoint, on another host, holds the lease. */
static void test_one_drainer(void **state) {
    site *s = *state;
    struct rpc_server *own = s->runtime.server;
    add_event(s, OBJECT_A, desk_request_id(s->progress), 2, "1");
    s->runtime.server = s->server;
    drain_all(s);
    s->runtime.server = own;
    desk_sql(s->progress, "update progress.outbox_lease set until = clock_timestamp() + interval '1 minute'");
    add_event(s, OBJECT_A, desk_request_id(s->progress), 3, "2");
    assert_false(drain(s));
    assert_string_equal(desk_sql(s->progress, "select count(*) from progress.outbox"), "1");
    desk_sql(s->progress, "update progress.outbox_lease set until = clock_timestamp() - interval '1 second'");
    drain_all(s);
    assert_string_equal(observed(s), "1 2");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_delivered_once, fresh),
        cmocka_unit_test_setup(test_receiver_away, fresh),
        cmocka_unit_test_setup(test_many_objects_go_together, fresh),
        cmocka_unit_test_setup(test_the_newest_goes_for_all, fresh),
        cmocka_unit_test_setup(test_what_does_not_exist_is_refused, fresh),
        cmocka_unit_test_setup(test_refused_event_is_set_aside, fresh),
        cmocka_unit_test_setup(test_one_drainer, fresh),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
