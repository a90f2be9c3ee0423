#include "handlers.h"

#include "bihuan/v1/target_service.pb-c.h"
#include "domain/calendar.h"
#include "domain/period.h"
#include "jobs.h"
#include "progress_sql.h"
#include "request.h"
#include "service/field.h"
#include "service/page.h"

enum { UPLOADERS = POSTS_AT_WORK & ~POST_BIT(AUDITOR) };

/* Units see the tasks they have a part in, offices and leaders their own; auditors see every report. */
static bool reads_all(const bh_call *c) {
    return c->who.post == POST_AUDITOR;
}

static bh_err *refused(bh_call *c, report_move move, uuid report_id, const report_result *result) {
    TRY(report_refusal(c, move, (post_kind) c->who.post, &result->facts));
    /* The rows changed between the refusal and its explanation. */
    return bh_fail(c, CONCURRENT_CHANGE, uuid_text(c->mem, report_id));
}

/* The month was not opened. The running one opens by itself for whoever owes a report; a past one does not. */
static bh_err *open_and_submit(bh_call *c, const command *cmd, const report_draft *draft, report_result *result) {
    result->facts.state = REPORT_OPEN;
    TRY(report_refusal(c, REPORT_MOVE_SUBMIT, (post_kind) c->who.post, &result->facts));
    if (draft->period != period_of(day_at(c->now_ms)))
        return bh_fail(c, REPORT_NOT_OPEN, period_text(c->mem, draft->period));
    TRY(progress_store_open_sheet(c, draft));
    return progress_store_submit_report(c, cmd, draft, result);
}

BH_RPC(ProgressService, submit_report, SubmitReportRequest, SubmitReportResponse) {
    report_draft draft;
    command cmd;
    report_result result;
    TRY(command_begin(c, req->request_id, &cmd));
    TRY(progress_read_submit_report(c, req, &draft));
    TRY(progress_store_submit_report(c, &cmd, &draft, &result));
    if (result.outcome == OUTCOME_NOT_FOUND)
        TRY(open_and_submit(c, &cmd, &draft, &result));
    if (result.outcome != OUTCOME_OK && result.outcome != OUTCOME_DUPLICATE)
        return refused(c, REPORT_MOVE_SUBMIT, draft.report_id, &result);
    resp->report_id = uuid_text(c->mem, draft.report_id);
    resp->version = result.version;
    resp->state = (Bh__ReportState) result.state;
    return NULL;
}

/* The event that carries the approved figures to their targets; none when no figure names one. */
static void add_event(bh_call *c, const command *cmd, const Bh__Report *report, report_review *review) {
    Bh__RecordObservationsRequest event = BH__RECORD_OBSERVATIONS_REQUEST__INIT;
    event.event_id = uuid_text(c->mem, cmd->key);
    event.observations = arena_array(c->mem, report->n_values + 1, sizeof(*event.observations));
    for (size_t i = 0; i < report->n_values; i++) {
        const Bh__Value *value = report->values[i];
        if (!*value->target_id)
            continue;
        Bh__Observation *o = arena_alloc(c->mem, sizeof(*o));
        *o = (Bh__Observation) BH__OBSERVATION__INIT;
        o->target_id = value->target_id;
        o->period = report->period;
        o->unit_id = report->unit_id;
        o->number = value->number;
        o->source = value->source;
        o->report_id = report->report_id;
        o->report_version = review->version + 1;
        event.observations[event.n_observations++] = o;
    }
    if (event.n_observations == 0)
        return;
    uint8_t *bytes = arena_alloc(c->mem, bh__record_observations_request__get_packed_size(&event));
    review->event_size = bh__record_observations_request__pack(&event, bytes);
    review->event = bytes;
    review->event_method = "/bihuan.v1.TargetService/RecordObservations";
}

/* What is judged is the version the caller names; the statement makes sure that it is still the newest. Who may not
 * read the report does not learn that there is one. */
static bh_err *begin_review(bh_call *c, const char *request_id, const char *report_id, command *ret_command,
                            report_review *review, Bh__Report **ret_report) {
    TRY(command_begin(c, request_id, ret_command));
    TRY(field_uuid(c, "report_id", report_id, &review->report_id));
    return progress_store_get_report(c, review->report_id, 0, false, ret_report);
}

static bh_err *review_report(bh_call *c, const command *cmd, report_move move, const report_review *review,
                             report_result *ret_result) {
    TRY(progress_store_review_report(c, cmd, move, review, ret_result));
    if (ret_result->outcome == OUTCOME_REFUSED)
        return refused(c, move, review->report_id, ret_result);
    return NULL;
}

BH_RPC(ProgressService, approve_report, ApproveReportRequest, ApproveReportResponse) {
    report_review review = { .version = req->version, .note = "" };
    command cmd;
    report_result result;
    Bh__Report *report;
    TRY(begin_review(c, req->request_id, req->report_id, &cmd, &review, &report));
    if (report->version == req->version)
        add_event(c, &cmd, report, &review);
    TRY(review_report(c, &cmd, REPORT_MOVE_APPROVE, &review, &result));
    resp->report_id = req->report_id;
    resp->version = result.version;
    resp->state = (Bh__ReportState) result.state;
    return NULL;
}

BH_RPC(ProgressService, send_back_report, SendBackReportRequest, SendBackReportResponse) {
    report_review review = { .version = req->version, .note = req->reason };
    command cmd;
    report_result result;
    Bh__Report *report;
    TRY(field_needed(c, "reason", req->reason, TEXT_MAX));
    TRY(begin_review(c, req->request_id, req->report_id, &cmd, &review, &report));
    TRY(review_report(c, &cmd, REPORT_MOVE_SEND_BACK, &review, &result));
    resp->report_id = req->report_id;
    resp->version = result.version;
    resp->state = (Bh__ReportState) result.state;
    return NULL;
}

BH_RPC(ProgressService, get_report, GetReportRequest, GetReportResponse) {
    uuid id;
    TRY(field_uuid(c, "report_id", req->report_id, &id));
    return progress_store_get_report(c, id, req->version, reads_all(c), &resp->report);
}

BH_RPC(ProgressService, list_reports, ListReportsRequest, ListReportsResponse) {
    report_filter filter;
    TRY(progress_read_list_reports(c, req, &filter));
    filter.reads_all = reads_all(c);
    TRY(progress_store_list_reports(c, &filter, &resp->reports, &resp->n_reports));
    if (page_cut(resp->reports, &resp->n_reports, filter.row_max)) {
        const Bh__Report *last = resp->reports[resp->n_reports - 1];
        resp->next_page_token = arena_printf(c->mem, "%s/%s", last->period, last->report_id);
    }
    return NULL;
}

BH_RPC(ProgressService, list_report_todo, ListReportTodoRequest, ListReportTodoResponse) {
    return progress_store_todo(c, req, resp);
}

BH_RPC(ProgressService, register_evidence, RegisterEvidenceRequest, RegisterEvidenceResponse) {
    command cmd;
    uint8_t digest[SHA256_SIZE];
    TRY(command_begin(c, req->request_id, &cmd));
    TRY(progress_read_evidence(c, req->evidence, digest));
    TRY(progress_store_register_evidence(c, &cmd, digest, req->evidence));
    resp->digest = hex(c->mem, digest, sizeof(digest));
    return NULL;
}

BH_RPC(ProgressService, get_evidence, GetEvidenceRequest, GetEvidenceResponse) {
    uint8_t digest[SHA256_SIZE];
    TRY(field_digest(c, "digest", req->digest, digest));
    resp->evidence = arena_alloc(c->mem, sizeof(*resp->evidence));
    bh__evidence__init(resp->evidence);
    return progress_store_get_evidence(c, digest, reads_all(c), resp->evidence);
}

BH_RPC(ProgressService, find_evidence, FindEvidenceRequest, FindEvidenceResponse) {
    enum { DIGESTS_MAX = 500 };
    uint8_t digest[SHA256_SIZE];
    TRY(field_limit(c, "digests", req->n_digests, DIGESTS_MAX));
    for (size_t i = 0; i < req->n_digests; i++)
        TRY(field_digest(c, "digests", req->digests[i], digest));
    return progress_store_find_evidence(c, req->digests, req->n_digests, &resp->digests, &resp->n_digests);
}

BH_RPC(ProgressService, apply_task_change, ApplyTaskChangeRequest, ApplyTaskChangeResponse) {
    task_change change;
    TRY(progress_read_task_change(c, req, &change));
    return progress_store_apply_task_change(c, &change, day_at(c->now_ms));
}

static Bh__ProgressService_Service vtable = BH__PROGRESS_SERVICE__INIT(rpc_);

static const rpc_rule rules[] = {
    { "SubmitReport", RPC_USER, POST_BIT(HANDLER) },
    { "ApproveReport", RPC_USER, POST_BIT(HEAD) },
    { "SendBackReport", RPC_USER, POST_BIT(HEAD) },
    { "GetReport", RPC_USER, POSTS_AT_WORK },
    { "ListReports", RPC_USER, POSTS_AT_WORK },
    { "ListReportTodo", RPC_USER, POSTS_AT_WORK },
    { "RegisterEvidence", RPC_USER, UPLOADERS },
    { "GetEvidence", RPC_USER, POSTS_AT_WORK },
    { "FindEvidence", RPC_PUBLIC, 0 },
    { "ApplyTaskChange", RPC_INTERNAL, 0 },
};
static const rpc_service rpc = {
    .vtable = &vtable.base, .rules = rules, .rule_count = countof(rules), .refuse_post = posts_refusal
};

const bh_service progress_service = {
    .name = "progress",
    .rpc = &rpc,
    .statements = progress_sql,
    .statement_count = PROGRESS_SQL_COUNT,
    .hold_place = &progress_sql[PROGRESS_SQL_HOLD_PLACE],
    .jobs = progress_jobs,
    .job_count = PROGRESS_JOB_COUNT,
};
