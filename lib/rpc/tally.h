/* How the calls of one method ended, and how long they took; for metrics. */
#pragma once

#include "base/err.h"
#include "base/metric.h"

enum { TALLY_CODES = BH_UNAUTHENTICATED + 1 };

typedef struct tally {
    _Atomic uint64_t ended[TALLY_CODES];
    metric_times took;
} tally;

/* From any thread. */
void tally_add(tally *t, bh_code code, int64_t ms);

struct method_table;
/* bihuan_rpc_calls_total and bihuan_rpc_call_seconds of every method that was called. */
void tally_write(buf *out, const struct method_table *methods);
