/* The threads that run jobs. */
#pragma once

#include "service/service.h"

typedef struct job_threads job_threads;

/* One thread per job. */
job_threads *jobs_start(service_runtime *runtime, const service_job *jobs, size_t n);
/* Asks every job to end after its present run and waits for it; accepts NULL. */
void jobs_stop(job_threads *jobs);
