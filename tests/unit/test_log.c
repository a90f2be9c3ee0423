#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* A pipe that nobody reads, as stderr; *ret_old is the real one. */
static int stuck_pipe(int *ret_old) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    *ret_old = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    return ends[0];
}

static size_t read_lines(int fd, char *ret_bytes, size_t size) {
    struct pollfd in = { .fd = fd, .events = POLLIN };
    size_t n = 0;
    while (n < size && poll(&in, 1, 0) == 1)
        n += (size_t) read(fd, ret_bytes + n, size - n);
    return n;
}

static void a_log_that_is_stuck_holds_nobody_up(UNUSED void **state) {
    enum { LINES = 2000, ROOM = 1 << 20 };
    static char bytes[ROOM + 1];
    int old, reader = stuck_pipe(&old);
    for (int i = 0; i < LINES; i++)
        log_event(LOG_INFO, "line", "number=%d %0100d", i, 0);
    size_t n = read_lines(reader, bytes, ROOM);
    assert_int_equal(bytes[n - 1], '\n');
    log_event(LOG_INFO, "after", "all");
    bytes[n + read_lines(reader, bytes + n, ROOM - n)] = '\0';
    dup2(old, STDERR_FILENO);
    close(old);
    close(reader);
    const char *told = strstr(bytes, " warn bihuan log.dropped lines=");
    assert_non_null(told);
    assert_non_null(strstr(told, "after all\n"));
    size_t kept = 0;
    for (const char *at = bytes; (at = strstr(at, " line number=")); at++)
        kept++;
    assert_int_equal(kept + strtoul(strchr(told, '=') + 1, NULL, 10), LINES);
}

static void many_lines_at_once_stay_whole(UNUSED void **state) {
    enum { LINES = 300 };
    static char bytes[1 << 16];
    char lines[LINES * 50 + 1];
    int old, reader = stuck_pipe(&old);
    for (int i = 0; i < LINES; i++)
        snprintf(lines + i * 50, 51, "%048d\n%s", i, i + 1 < LINES ? " " : "\n");
    log_write(lines, LINES * 50);
    size_t n = read_lines(reader, bytes, sizeof(bytes));
    dup2(old, STDERR_FILENO);
    close(old);
    close(reader);
    assert_int_equal(n, LINES * 50);
    assert_memory_equal(bytes, lines, n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line),
        cmocka_unit_test(values_cannot_forge_lines),
        cmocka_unit_test(long_lines_are_cut),
        cmocka_unit_test(levels),
        cmocka_unit_test(a_log_that_is_stuck_holds_nobody_up),
        cmocka_unit_test(many_lines_at_once_stay_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
