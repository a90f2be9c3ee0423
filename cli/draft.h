/* A parsed document as the drafts and targets of one import. */
#pragma once

#include "base/uuid.h"
#include "bihuan/v1/target_service.pb-c.h"
#include "bihuan/v1/task_service.pb-c.h"
#include "import/import.h"
#include "printed.h"

/* What the command knows of one document. */
typedef struct intake {
    const char *digest; /* SHA-256 of the file, hex */
    uuid import_id;     /* follows from the digest: the same document is the same import, whoever sends it */
    import_document document;
    printed_names units;
    printed_names leaders;
} intake;

/* Collects the printed names of units and leaders. Errors: OPTION_BAD beyond PRINTED_MAX. */
MUST bh_err *draft_collect(app *a, intake *in);
/* Fills both requests; names must be resolved. Work printed twice under two leaders becomes one draft with both;
 * livelihood items get numbers "M1.1". Errors: OPTION_BAD (--lead). */
MUST bh_err *draft_build(app *a, const intake *in, Bh__ImportTasksRequest *tasks, Bh__ImportTargetsRequest *targets);
