#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/metric.h"
#include "exporter/exporter.h"

static void text_is_what_prometheus_reads(UNUSED void **state) {
    arena *mem = arena_new(1 << 20);
    buf out;
    buf_init(&out, mem);
    metric_head(&out, "x_total", "counter", "How many.");
    metric_sample(&out, "x_total", "", 3);
    metric_sample(&out, "x_total", "code=\"OK\"", UINT64_MAX);
    assert_string_equal(out.s, "# HELP x_total How many.\n# TYPE x_total counter\nx_total 3\n"
                               "x_total{code=\"OK\"} 18446744073709551615\n");
    arena_free(mem);
}

static void times_fall_at_or_below_their_bound(UNUSED void **state) {
    arena *mem = arena_new(1 << 20);
    buf out;
    buf_init(&out, mem);
    metric_times times = { 0 };
    const int64_t ms[] = { 0, 1, 2, 3, 30000, 30001 };
    for (size_t i = 0; i < countof(ms); i++)
        metric_times_add(&times, ms[i]);
    metric_times_write(&out, "t", "m=\"a\"", &times);
    assert_non_null(strstr(out.s, "t_bucket{m=\"a\",le=\"0.001\"} 2\nt_bucket{m=\"a\",le=\"0.002\"} 3\n"
                                  "t_bucket{m=\"a\",le=\"0.005\"} 4\n"));
    assert_non_null(strstr(out.s, "t_bucket{m=\"a\",le=\"30\"} 5\nt_bucket{m=\"a\",le=\"+Inf\"} 6\n"
                                  "t_sum{m=\"a\"} 60.007\nt_count{m=\"a\"} 6\n"));
    arena_free(mem);
}

static void write_nothing(UNUSED buf *out, UNUSED void *data) {
}

static void a_socket_that_cannot_be_is_refused(UNUSED void **state) {
    bh_call *c = call_new("test", 1000);
    exporter *e;
    assert_string_equal(exporter_open(c, "/nowhere/socket", write_nothing, NULL, &e)->reason, "ENDPOINT_UNUSABLE");
    char path[200] = "";
    memset(path, 'x', sizeof(path) - 1);
    assert_string_equal(exporter_open(c, path, write_nothing, NULL, &e)->reason, "ENDPOINT_UNUSABLE");
    assert_null(exporter_open(c, "", write_nothing, NULL, &e));
    assert_null(e);
    exporter_close(e);
    call_free(c);
}

static void a_socket_left_behind_is_taken(UNUSED void **state) {
    bh_call *c = call_new("test", 1000);
    char folder[] = "/tmp/bihuan-metric.XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *path = arena_printf(c->mem, "%s/socket", folder);
    exporter *e;
    for (int i = 0; i < 2; i++) {
        assert_null(exporter_open(c, path, write_nothing, NULL, &e));
        assert_int_equal(access(path, R_OK | W_OK), 0);
        exporter_close(e);
    }
    unlink(path);
    rmdir(folder);
    call_free(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_what_prometheus_reads),
        cmocka_unit_test(times_fall_at_or_below_their_bound),
        cmocka_unit_test(a_socket_that_cannot_be_is_refused),
        cmocka_unit_test(a_socket_left_behind_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
