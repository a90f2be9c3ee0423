/* One line per event on stderr: time, level, event, key=value. Values are escaped; secrets are never passed. */
#pragma once

#include "base/macros.h"

typedef enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG } log_level;

/* error = someone must act; warn = it healed; info = life-cycle and business; debug = developers. */
void log_open(const char *process, log_level most);
/* log_event(LOG_INFO, "task.issued", "task=%s unit=%d", id, unit); */
PRINTF(3, 4) void log_event(log_level level, const char *event, const char *format, ...);
