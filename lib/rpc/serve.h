/* What a worker does with one job: admit, unpack, call the handler, make the reply, write one log line. */
#pragma once

#include "rpc/job.h"
#include "rpc/methods.h"

/* What all calls of a server share. */
typedef struct serve_setup {
    method_table methods;
    int32_t site_id;
    void *backend;
} serve_setup;

/* Fills reply and log line; every job gets exactly one of each. Of a stream it does one step, which may be followed by
 * others: then the reply is the next message, or nothing. `mem` is empty before and afterwards. */
void serve_job(const serve_setup *setup, arena *mem, job *j);
/* When the call ends at the latest: clock_mono_ms(). */
int64_t serve_deadline_ms(const job *j);
/* An arena for serve_job. */
arena *serve_arena(void);
