/* What the own unit imported of a document before. */
#pragma once

#include "app.h"
#include "draft.h"

/* Tells every earlier import of the document and fills round and known: the same file is the same import, anything else
 * a further one, which takes --again. Errors: IMPORT_KNOWN; IMPORT_OPEN while drafts of an earlier one stand. */
MUST bh_err *earlier_check(app *a, intake *in);
