#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"

static void one_line(UNUSED void **state) {
    char line[200];
    log_text text = log_begin(line, sizeof(line), LOG_INFO, "task.issued");
    log_add(&text, "task", "t1-and-more", 2);
    log_add_number(&text, "unit", 70);
    log_add_number(&text, "none", 0);
    log_add_number(&text, "least", INT64_MIN);
    size_t n = log_end(&text);
    assert_int_equal(n, strlen(line));
    assert_int_equal(line[4], '-');
    assert_int_equal(line[19], '.');
    assert_string_equal(line + 23, "Z info bihuan task.issued task=t1 unit=70 none=0 least=-9223372036854775808\n");
}

static void values_cannot_forge_lines(UNUSED void **state) {
    char line[200];
    log_text text = log_begin(line, sizeof(line), LOG_INFO, "call");
    log_add(&text, "login", "a\nb\r\x1b[2J\x7f", 64);
    log_end(&text);
    assert_non_null(strstr(line, "login=a?b??[2J?\n"));
}

static void long_lines_are_cut(UNUSED void **state) {
    char line[64];
    for (size_t size = 40; size <= sizeof(line); size++) {
        memset(line, 'y', sizeof(line));
        log_text text = log_begin(line, size, LOG_INFO, "call");
        for (int i = 0; i < 10; i++)
            log_add_number(&text, "number", 1234567);
        size_t n = log_end(&text);
        assert_int_equal(n, size - 1);
        assert_int_equal(line[n - 1], '\n');
        assert_int_equal(line[n], '\0');
    }
}

static void levels(UNUSED void **state) {
    char line[64] = "";
    log_open("bihuan", LOG_WARN);
    log_text text = log_begin(line, sizeof(line), LOG_INFO, "x");
    log_add(&text, "y", "z", 1);
    assert_int_equal(log_end(&text), 0);
    assert_string_equal(line, "");
    text = log_begin(line, sizeof(line), LOG_WARN, "x");
    assert_int_not_equal(log_end(&text), 0);
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
