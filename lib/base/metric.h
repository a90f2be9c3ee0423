/* What a process counts, as Prometheus reads it (text exposition format 0.0.4). */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"

enum { METRIC_BOUNDS = 12 };

/* How long things took; any thread adds. */
typedef struct metric_times {
    _Atomic uint64_t up_to[METRIC_BOUNDS + 1]; /* by the bounds of metric.c; the last: longer than all of them */
    _Atomic uint64_t sum_ms;
} metric_times;

void metric_times_add(metric_times *times, int64_t ms);

/* The two lines in front of the samples of a name; type: counter, gauge or histogram. */
void metric_head(buf *out, const char *name, const char *type, const char *help);
/* labels: `method="/x/Y",code="OK"`, or "". */
void metric_sample(buf *out, const char *name, const char *labels, uint64_t value);
/* The samples of a histogram in seconds. */
void metric_times_write(buf *out, const char *name, const char *labels, metric_times *times);
