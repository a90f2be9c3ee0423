/* GET at a Unix socket answers what the process counts (base/metric.h), and what it uses of the machine. */
#pragma once

#include "base/buf.h"
#include "base/call.h"

typedef struct exporter exporter;

/* Listens at `path` in a thread of its own, which calls `write`; an empty path: not at all, *ret_exporter is NULL. */
MUST bh_err *exporter_open(bh_call *call, const char *path, void (*write)(buf *out, void *data), void *data,
                           exporter **ret_exporter);
/* Accepts NULL. */
void exporter_close(exporter *e);
