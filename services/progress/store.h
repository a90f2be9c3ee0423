/* The statements of the progress service as typed functions, one per .sql file. */
#pragma once

#include "bihuan/v1/progress_service.pb-c.h"
#include "domain/report.h"
#include "service/command.h"

/* A report to hand in, checked. */
typedef struct report_draft {
    uuid report_id;
    uuid task_id;
    int32_t period;
    int32_t version; /* the caller saw */
    const char *text, *problems, *next_step;
    const char *figures;     /* JSON list of bihuan.v1.Value */
    const uint8_t *evidence; /* digests */
    size_t evidence_size;
    const char *note; /* what the audit entry pins: the digests in hex */
} report_draft;

/* A judgement on a report, and the event that goes with it. */
typedef struct report_review {
    uuid report_id;
    int32_t version; /* the caller saw */
    const char *note;
    const char *event_method; /* NULL = no event */
    const uint8_t *event;
    size_t event_size;
} report_review;

/* How a command on a report ended: OK, DUPLICATE or REFUSED, for SubmitReport also NOT_FOUND. */
typedef struct report_result {
    command_answer outcome;
    int32_t version;
    report_state state;
    report_facts facts; /* when refused or not found */
} report_result;

MUST bh_err *progress_store_submit_report(bh_call *c, const command *cmd, const report_draft *draft,
                                          report_result *ret_result);
MUST bh_err *progress_store_review_report(bh_call *c, const command *cmd, report_move move, const report_review *review,
                                          report_result *ret_result);
MUST bh_err *progress_store_open_sheet(bh_call *c, const report_draft *draft);
/* NOT_FOUND_OBJECT also when the caller may not see it: a stranger does not learn that it exists. `reads_all` is for
 * posts that see every unit's. */
MUST bh_err *progress_store_get_report(bh_call *c, uuid report_id, int32_t version, bool reads_all,
                                       Bh__Report **ret_report);

/* Which page of reports; lists hold neither values nor evidence. */
typedef struct report_filter {
    bool by_task;
    uuid task_id;
    bool reads_all;
    bool has_period;
    int32_t period;
    report_state state; /* 0 = all */
    bool has_after;     /* the last row of the page before */
    int32_t after_period;
    uuid after_report;
    int32_t row_max;
} report_filter;
MUST bh_err *progress_store_list_reports(bh_call *c, const report_filter *filter, Bh__Report ***ret_reports,
                                         size_t *ret_n);

/* Reports that wait for the caller. */
MUST bh_err *progress_store_todo(bh_call *c, const Bh__ListReportTodoRequest *req, Bh__ListReportTodoResponse *resp);

MUST bh_err *progress_store_register_evidence(bh_call *c, const command *cmd, const uint8_t *digest,
                                              const Bh__Evidence *file);
/* NOT_FOUND_OBJECT also when the caller may not read it. */
MUST bh_err *progress_store_get_evidence(bh_call *c, const uint8_t *digest, bool reads_all, Bh__Evidence *ret_file);

/* Those of the digests (hex) that are registered. */
MUST bh_err *progress_store_find_evidence(bh_call *c, char *const *digests, size_t n, char ***ret_digests,
                                          size_t *ret_n);

/* A task as its event tells it. `units` may read its reports, `acting` are those whose leg acts, `owing` owe reports
 * now. */
typedef struct task_change {
    uuid event_id;
    uuid task_id;
    const Bh__Task *task;
    int32_t *units, *acting, *owing;
    size_t unit_count, acting_count, owing_count;
} task_change;
MUST bh_err *progress_store_apply_task_change(bh_call *c, const task_change *change, int32_t today);

/* The timer's: a new day, the sheets of its month, and that they are all open. */
MUST bh_err *progress_store_turn_day(bh_call *c, int32_t day, bool *ret_is_new);
MUST bh_err *progress_store_open_month(bh_call *c, int32_t period, int32_t row_max, int32_t *ret_found);
MUST bh_err *progress_store_mark_opened(bh_call *c, int32_t day);
