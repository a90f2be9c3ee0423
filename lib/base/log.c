#include "base/log.h"

#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static const char *const level_names[] = { "error", "warn", "info", "debug" };
static const char *process_name = "bihuan";
static log_level level_most = LOG_INFO;

/* What keeps the order of writers, and how many lines found no room since one last did. */
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;
static uint64_t dropped;

void log_open(const char *process, log_level most) {
    process_name = process;
    level_most = most;
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

/* Control characters would forge lines or drive a terminal: they become '?'. */
static char clean(char character) {
    unsigned char byte = (unsigned char) character;
    return byte < 0x20 || byte == 0x7f ? '?' : character;
}

/* Newline and NUL always have their place. */
static void add(log_text *text, const char *bytes, size_t most) {
    size_t room = text->size > text->n + 2 ? text->size - text->n - 2 : 0;
    size_t n = strnlen(bytes, most < room ? most : room);
    char *to = text->line + text->n;
    for (size_t i = 0; i < n; i++)
        to[i] = clean(bytes[i]);
    text->n += n;
}

static void add_all(log_text *text, const char *bytes) {
    add(text, bytes, SIZE_MAX);
}

static void add_digits(log_text *text, uint64_t value, int least) {
    char digits[20];
    int at = sizeof(digits);
    for (; value || least > 0; value /= 10, least--)
        digits[--at] = (char) ('0' + value % 10);
    add(text, digits + at, sizeof(digits) - (size_t) at);
}

log_text log_begin(char *ret_line, size_t size, log_level level, const char *event) {
    int64_t now_ms = clock_now_ms();
    log_text text = { .line = ret_line, .size = level <= level_most ? size : 0 };
    add_all(&text, second_text((time_t) (now_ms / 1000)));
    add_all(&text, ".");
    add_digits(&text, (uint64_t) (now_ms % 1000), 3);
    add_all(&text, "Z ");
    add_all(&text, level_names[level]);
    add_all(&text, " ");
    add_all(&text, process_name);
    add_all(&text, " ");
    add_all(&text, event);
    return text;
}

static void add_key(log_text *text, const char *key) {
    add_all(text, " ");
    add_all(text, key);
    add_all(text, "=");
}

void log_add(log_text *text, const char *key, const char *value, size_t most) {
    add_key(text, key);
    add(text, value, most);
}

void log_add_number(log_text *text, const char *key, int64_t value) {
    add_key(text, key);
    if (value < 0)
        add_all(text, "-");
    add_digits(text, value < 0 ? -(uint64_t) value : (uint64_t) value, 1);
}

size_t log_end(log_text *text) {
    if (!text->size)
        return 0;
    text->line[text->n] = '\n';
    text->line[text->n + 1] = '\0';
    return text->n + 1;
}

/* Whoever takes the lines away may be stuck, on a full disk for one. A pipe with room takes PIPE_BUF bytes at once. */
static bool has_room(void) {
    enum { PATIENCE_MS = 200 };
    struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
    return poll(&out, 1, dropped ? 0 : PATIENCE_MS) == 1;
}

/* As many whole lines as a pipe takes at once. */
static size_t piece_of(const char *lines, size_t n) {
    const char *end = n > PIPE_BUF ? memrchr(lines, '\n', PIPE_BUF) : NULL;
    return end ? (size_t) (end + 1 - lines) : n < PIPE_BUF ? n : PIPE_BUF;
}

static uint64_t count_lines(const char *lines, size_t n) {
    uint64_t count = 0;
    for (const char *end; (end = memchr(lines, '\n', n)); lines = end + 1, count++)
        n -= (size_t) (end + 1 - lines);
    return count;
}

static bool put(const char *piece, size_t n) {
    return has_room() && write(STDERR_FILENO, piece, n) >= 0;
}

static void tell_dropped(void) {
    char line[128];
    log_text text = log_begin(line, sizeof(line), LOG_WARN, "log.dropped");
    log_add_number(&text, "lines", (int64_t) dropped);
    if (put(line, log_end(&text)))
        dropped = 0;
}

void log_write(const char *lines, size_t n) {
    pthread_mutex_lock(&writing);
    if (dropped)
        tell_dropped();
    for (size_t size; n; lines += size, n -= size) {
        size = piece_of(lines, n);
        if (!put(lines, size))
            dropped += count_lines(lines, size);
    }
    pthread_mutex_unlock(&writing);
}

void log_event(log_level level, const char *event, const char *format, ...) {
    if (level > level_most)
        return;
    char line[2048], values[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(values, sizeof(values), format, args);
    va_end(args);
    log_text text = log_begin(line, sizeof(line), level, event);
    add_all(&text, " ");
    add_all(&text, values);
    log_write(line, log_end(&text));
}
