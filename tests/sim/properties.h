/* What must hold of any store that executed a journal, whatever faults there were. */
#pragma once

#include "sim/model.h"

/* NULL, or the first property that does not hold, in one sentence in the arena. */
const char *property_broken(arena *mem, const journal *j, const record *r);
/* NULL, or why a task that nobody terminated was not closed in the end: it is stuck. */
const char *property_stuck(arena *mem, const record *r);
/* NULL, or the task in which two units lead at once. */
const char *property_two_leads(arena *mem, const model_task *tasks);
