/* What a request of the task service may say, before anything is read: BAD_FIELD or DEADLINE_PAST. */
#pragma once

#include "bihuan/v1/task_service.pb-c.h"
#include "domain/application.h"

enum { CHILDREN_MAX = 50, UNITS_MAX = 200, MILESTONES_MAX = 20 };

/* The day by which the days a command names are judged: repeated later, it is judged as it was the first time. */
int32_t task_day_made(const bh_call *c, const char *request_id);

/* A workday from `earliest` on, or none. A document may be older than its import; a day that a person names now may
 * not. */
MUST bh_err *task_check_deadline(bh_call *c, const char *field, const char *text, int32_t earliest);
/* Every field but the words, which a correction may leave out. */
MUST bh_err *task_check_fields(bh_call *c, const Bh__Draft *d, int32_t earliest);
MUST bh_err *task_check_draft(bh_call *c, const Bh__Draft *d, int32_t earliest);
/* At least one. */
MUST bh_err *task_check_drafts(bh_call *c, Bh__Draft *const *drafts, size_t n, int32_t earliest);
/* What is read from a document is called by its number there. */
MUST bh_err *task_check_numbers(bh_call *c, Bh__Draft *const *drafts, size_t n);
MUST bh_err *task_check_set(bh_call *c, const Bh__SetTasksRequest *req);

/* The row of the kind; the fields are those that it asks for. */
MUST bh_err *task_check_apply(bh_call *c, const Bh__ApplyRequest *req, const application_row **ret_row);
MUST bh_err *task_check_decision(bh_call *c, const Bh__DecideApplicationRequest *req, const application_row **ret_row);
/* A pause is reviewed on a day after `made`. */
MUST bh_err *task_check_review_day(bh_call *c, const char *field, const char *text, int32_t made);

/* Ids of the directory count from 1; a leader 0 would be everybody who signs for nobody. */
MUST bh_err *task_check_ids(bh_call *c, const char *field, const int32_t *ids, size_t n, size_t max);
MUST bh_err *task_check_evidence(bh_call *c, char *const *digests, size_t n);
MUST bh_err *task_check_class(bh_call *c, const char *class);
