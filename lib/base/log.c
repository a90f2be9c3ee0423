#include "base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

static const char *const level_names[] = { "error", "warn", "info", "debug" };
static const char *process_name = "bihuan";
static log_level level_most = LOG_INFO;

void log_open(const char *process, log_level most) {
    process_name = process;
    level_most = most;
}

/* Control characters would forge lines or drive a terminal: they become '?'. */
static void clean(char *line) {
    for (unsigned char *p = (unsigned char *) line; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
}

/* "2025-03-07T09:30:00", kept while the second lasts. */
static const char *second_text(time_t seconds) {
    static _Thread_local time_t kept = -1;
    static _Thread_local char text[sizeof("2025-03-07T09:30:00") + 4];
    if (seconds != kept) {
        struct tm tm;
        gmtime_r(&seconds, &tm);
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
        kept = seconds;
    }
    return text;
}

static size_t at_most(int n, size_t room) {
    return n > 0 && (size_t) n < room ? (size_t) n : room - 1;
}

/* A line that does not fit is cut; it always ends with a newline. */
static size_t make_line(char *line, size_t size, log_level level, const char *event, const char *format, va_list args) {
    int64_t now_ms = clock_now_ms();
    int head = snprintf(line, size - 1, "%s.%03dZ %s %s %s ", second_text((time_t) (now_ms / 1000)),
                        (int) (now_ms % 1000), level_names[level], process_name, event);
    size_t n = at_most(head, size - 1);
    n += at_most(vsnprintf(line + n, size - 1 - n, format, args), size - 1 - n);
    clean(line);
    line[n] = '\n';
    line[n + 1] = '\0';
    return n + 1;
}

size_t log_line(char *ret_line, size_t size, log_level level, const char *event, const char *format, ...) {
    if (level > level_most)
        return 0;
    va_list args;
    va_start(args, format);
    size_t n = make_line(ret_line, size, level, event, format, args);
    va_end(args);
    return n;
}

void log_write(const char *lines, size_t n) {
    fwrite(lines, 1, n, stderr);
}

void log_event(log_level level, const char *event, const char *format, ...) {
    if (level > level_most)
        return;
    char line[2048];
    va_list args;
    va_start(args, format);
    size_t n = make_line(line, sizeof(line), level, event, format, args);
    va_end(args);
    log_write(line, n);
}
