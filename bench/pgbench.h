/* pgbench as the rival: one script, some clients, throughput and the middle latency. */
#pragma once

#include "base/arena.h"

typedef struct pgbench_result {
    double per_s;
    double p50_us;
} pgbench_result;

/* Runs the script file with prepared statements; `options` is for PGOPTIONS. Failure ends the program. */
pgbench_result pgbench_run(arena *mem, const char *conninfo, const char *options, const char *script, int clients,
                           int seconds);
/* Runs SQL by psql; failure ends the program. */
void pgbench_sql(const char *conninfo, const char *sql);
