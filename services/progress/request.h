/* Requests of the progress service as checked values. */
#pragma once

#include "store.h"

MUST bh_err *progress_read_submit_report(bh_call *c, const Bh__SubmitReportRequest *req, report_draft *ret_draft);
/* Text, name and type of a file; its digest. */
MUST bh_err *progress_read_evidence(bh_call *c, const Bh__Evidence *file, uint8_t *ret_digest);
MUST bh_err *progress_read_list_reports(bh_call *c, const Bh__ListReportsRequest *req, report_filter *ret_filter);
MUST bh_err *progress_read_task_change(bh_call *c, const Bh__ApplyTaskChangeRequest *req, task_change *ret_change);
