/* One line per event on stderr: time, level, event, key=value. Values are escaped; secrets are never passed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"

typedef enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG } log_level;

/* error = someone must act; warn = it healed; info = life-cycle and business; debug = developers. */
void log_open(const char *process, log_level most);
/* log_event(LOG_INFO, "task.issued", "task=%s unit=%d", id, unit); */
PRINTF(3, 4) void log_event(log_level level, const char *event, const char *format, ...);

/* A line that is put together key by key, for log_write later on: what is written with every call must cost little. */
typedef struct log_text {
    char *line;
    size_t n, size;
} log_text;

log_text log_begin(char *ret_line, size_t size, log_level level, const char *event);
/* At most so many bytes of the value. */
void log_add(log_text *text, const char *key, const char *value, size_t most);
void log_add_number(log_text *text, const char *key, int64_t value);
/* The length of the finished line; 0 when its level is off. A line that does not fit is cut. */
size_t log_end(log_text *text);
/* Writes finished lines in one go. Nobody waits long for a log that is stuck: its lines are dropped and counted. */
void log_write(const char *lines, size_t n);
