/* Orders as requests to the task service. */
#pragma once

#include "sim/order.h"

/* "IssueTask" */
const char *wire_method(const order *o);
/* The request as JSON, without braces and request id. */
const char *wire_fields(arena *mem, const order *o);
