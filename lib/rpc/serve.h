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

/* Fills the reply; every job gets exactly one. */
void serve_job(const serve_setup *setup, job *j);
