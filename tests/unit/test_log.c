#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

static void one_line(UNUSED void **state) {
    char line[200];
    size_t n = log_line(line, sizeof(line), LOG_INFO, "task.issued", "task=%s unit=%d", "t1", 7);
    assert_int_equal(strlen(line), n);
    assert_int_equal(line[4], '-');
    assert_string_equal(line + 23, "Z info bihuan task.issued task=t1 unit=7\n");
}

static void values_cannot_forge_lines(UNUSED void **state) {
    char line[200];
    log_line(line, sizeof(line), LOG_INFO, "call", "login=%s", "a\nb\r\x1b[2J\x7f");
    assert_non_null(strstr(line, "login=a?b??[2J?\n"));
}

static void long_lines_are_cut(UNUSED void **state) {
    char line[64];
    for (size_t size = 40; size <= sizeof(line); size++) {
        memset(line, 'y', sizeof(line));
        size_t n = log_line(line, size, LOG_INFO, "call", "%0200d", 0);
        assert_int_equal(n, size - 1);
        assert_int_equal(line[n - 1], '\n');
        assert_int_equal(line[n], '\0');
    }
}

static void levels(UNUSED void **state) {
    char line[64] = "";
    log_open("bihuan", LOG_WARN);
    assert_int_equal(log_line(line, sizeof(line), LOG_INFO, "x", "y"), 0);
    assert_int_not_equal(log_line(line, sizeof(line), LOG_WARN, "x", "y"), 0);
    log_open("bihuan", LOG_INFO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line),
        cmocka_unit_test(values_cannot_forge_lines),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
