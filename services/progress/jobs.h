/* What the progress service does beside calls. */
#pragma once

#include "service/service.h"

enum { PROGRESS_JOB_COUNT = 2 };
extern const service_job progress_jobs[PROGRESS_JOB_COUNT];
