/* The threads that run a service's jobs. */
#pragma once

#include "service/service.h"

typedef struct job_threads job_threads;

/* One thread per job of the service. */
job_threads *jobs_start(service_runtime *runtime);
/* Asks every job to end after its present run and waits for it; accepts NULL. */
void jobs_stop(job_threads *jobs);
