/* What the task service does beside calls. */
#pragma once

#include "service/service.h"

enum { TASK_JOB_COUNT = 1 };

extern const service_job task_jobs[TASK_JOB_COUNT];
