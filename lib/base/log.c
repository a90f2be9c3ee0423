#include "base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

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

void log_event(log_level level, const char *event, const char *format, ...) {
    if (level > level_most)
        return;
    char line[2048];
    int64_t now_ms = clock_now_ms();
    time_t seconds = (time_t) (now_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t n = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &tm);
    n += (size_t) snprintf(line + n, sizeof(line) - n, ".%03dZ %s %s %s ", (int) (now_ms % 1000), level_names[level],
                           process_name, event);
    va_list args;
    va_start(args, format);
    vsnprintf(line + n, sizeof(line) - n, format, args);
    va_end(args);
    clean(line);
    fprintf(stderr, "%s\n", line);
}
