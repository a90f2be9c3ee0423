/* One line per event on stderr: time, level, event, key=value. Values are escaped; secrets are never passed. */
#pragma once

#include <stddef.h>

#include "base/macros.h"

typedef enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG } log_level;

/* error = someone must act; warn = it healed; info = life-cycle and business; debug = developers. */
void log_open(const char *process, log_level most);
/* log_event(LOG_INFO, "task.issued", "task=%s unit=%d", id, unit); */
PRINTF(3, 4) void log_event(log_level level, const char *event, const char *format, ...);
/* The line log_event would write, for log_write later on; returns its length, 0 when the level is off. */
PRINTF(5, 6)
size_t log_line(char *ret_line, size_t size, log_level level, const char *event, const char *format, ...);
/* Writes finished lines in one go. */
void log_write(const char *lines, size_t n);
