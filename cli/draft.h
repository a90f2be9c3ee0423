/* A parsed document as the drafts and targets of one import. */
#pragma once

#include "base/uuid.h"
#include "bihuan/v1/target_service.pb-c.h"
#include "bihuan/v1/task_service.pb-c.h"
#include "import/import.h"
#include "printed.h"

/* What the command knows of one document. */
typedef struct intake {
    const char *digest;      /* SHA-256 of the file, hex */
    int32_t round;           /* which import of the document by the unit it is, from 1 */
    const Bh__Import *known; /* this very import, when it is in already; or NULL */
    uuid import_id; /* follows from unit, digest and round: whoever of the unit sends it, it is the same import */
    import_document document;
    printed_names units;
    printed_names leaders;
    printed_names aliases; /* what the directory learns from a person who confirms the import */
} intake;

/* An item whose words an earlier one has already: joined to its task, or a task of its own for want of a signature. */
typedef struct draft_twin {
    const char *prefix; /* of the numbers of both */
    const import_item *first, *again;
    bool is_joined;
} draft_twin;

/* What is sent, and what is told about it. */
typedef struct draft_set {
    Bh__ImportTasksRequest *tasks;
    Bh__ImportTargetsRequest *targets;
    draft_twin *twins; /* in the document's order */
    size_t twins_n, items_n, joined_n;
} draft_set;

/* Collects the printed names of units and leaders. Errors: OPTION_BAD beyond PRINTED_MAX. */
MUST bh_err *draft_collect(app *a, intake *in);
/* Fills both requests and the rest of the set; names must be resolved. Work printed under two leaders with the same
 * words and lead becomes one draft with both; livelihood items get numbers "M1.1". Errors: OPTION_BAD (--lead). */
MUST bh_err *draft_build(app *a, const intake *in, draft_set *set);
