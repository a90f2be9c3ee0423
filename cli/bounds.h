/* What the services refuse of an import, found before anything is sent and told by line. */
#pragma once

#include "draft.h"

/* Tells each place beyond the limits on stderr. Errors: IMPORT_EMPTY, IMPORT_BEYOND. */
MUST bh_err *bounds_check(app *a, const draft_set *set);
