/* A service whose table of rules or handlers has a hole does not start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "echo.h"
#include "echo_methods.h"
#include "rpc/methods.h"

static bh_call *c;

static int set_up(UNUSED void **state) {
    c = call_new("test", 1000);
    return 0;
}

static int tear_down(UNUSED void **state) {
    call_free(c);
    return 0;
}

static void every_method_is_found(UNUSED void **state) {
    method_table table;
    assert_null(methods_build(c, c->mem, echo_services, 1, echo_streams, &table));
    assert_int_equal(table.n, echo_services[0].vtable->descriptor->n_methods);
    for (size_t i = 0; i < table.n; i++)
        assert_ptr_equal(methods_find(&table, table.rows[i].path), &table.rows[i]);
    assert_string_equal(methods_find(&table, "/bihuan.test.v1.EchoService/Fail")->type->name, "Fail");
    assert_null(methods_find(&table, "/bihuan.test.v1.EchoService/Fai"));
    assert_null(methods_find(&table, ""));
}

static void assert_incomplete(const rpc_service *service, const char *what) {
    method_table table;
    bh_err *err = methods_build(c, c->mem, service, 1, echo_streams, &table);
    assert_non_null(err);
    assert_string_equal(err->reason, "METHOD_INCOMPLETE");
    assert_non_null(strstr(err->en, what));
}

static void method_without_rule(UNUSED void **state) {
    rpc_service service = echo_services[0];
    const char *last = service.rules[--service.rule_count].method;
    assert_incomplete(&service, arena_printf(c->mem, "%s is incomplete: no rule", last));
}

static void rule_without_method(UNUSED void **state) {
    rpc_rule rules[16];
    rpc_service service = echo_services[0];
    memcpy(rules, service.rules, service.rule_count * sizeof(*rules));
    rules[service.rule_count++] = (rpc_rule){ "Ecko", RPC_PUBLIC, 0 };
    service.rules = rules;
    assert_incomplete(&service, "Ecko");
}

/* protobuf-c would call the empty slot. */
static void method_without_handler(UNUSED void **state) {
    Bh__Test__EchoService_Service vtable = *(Bh__Test__EchoService_Service *) echo_services[0].vtable;
    rpc_service service = echo_services[0];
    vtable.grow = NULL;
    service.vtable = &vtable.base;
    assert_incomplete(&service, "Grow is incomplete: no handler");
}

/* Which methods are streams is said by the proto; a handler of the other kind would never be asked again. */
static void handler_of_the_wrong_kind(UNUSED void **state) {
    static const char *const none[] = { NULL };
    static const char *const more[] = { "/bihuan.test.v1.EchoService/Count", "/bihuan.test.v1.EchoService/Echo", NULL };
    const char *const *const lists[] = { none, more, NULL };
    for (size_t i = 0; i < countof(lists); i++) {
        method_table table;
        bh_err *err = methods_build(c, c->mem, echo_services, 1, lists[i], &table);
        assert_string_equal(err->reason, "METHOD_INCOMPLETE");
        assert_non_null(strstr(err->en, "a handler of the wrong kind"));
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(every_method_is_found),  TEST(method_without_rule),       TEST(rule_without_method),
        TEST(method_without_handler), TEST(handler_of_the_wrong_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
