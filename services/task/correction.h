/* Corrections of drafts as task.revised reads them: which fields are named, what they become, what fills gaps. */
#pragma once

#include <stdbool.h>

#include "base/call.h"
#include "bihuan/v1/task_service.pb-c.h"

/* The draft with the named fields alone. Errors: BAD_FIELD for no name or one that no field has. */
MUST bh_err *correction_named(bh_call *c, const Bh__Draft *draft, char *const *fields, size_t n, Bh__Draft **ret_named);
bool correction_names(char *const *fields, size_t n, const char *field);
/* The names with spaces between, for the audit entry. */
const char *correction_words(bh_call *c, char *const *fields, size_t n);
/* Named fields become those of `draft`; empty ones those of `gaps`. */
const char *correction_json(bh_call *c, char *const *fields, size_t n, const Bh__Draft *draft, const Bh__Draft *gaps);
