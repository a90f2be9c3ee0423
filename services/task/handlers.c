#include "handlers.h"

#include <string.h>

#include "correction.h"
#include "domain/calendar.h"
#include "jobs.h"
#include "request.h"
#include "service/field.h"
#include "store.h"
#include "task_sql.h"

/* ---- drafts */

BH_RPC(TaskService, create_task, CreateTaskRequest, CreateTaskResponse) {
    TRY(task_check_draft(c, req->draft, task_day_made(c, req->request_id)));
    return task_store_create(c, req, resp);
}

BH_RPC(TaskService, import_tasks, ImportTasksRequest, ImportTasksResponse) {
    uuid import;
    TRY(field_line(c, "document_number", req->document_number, WORD_MAX));
    TRY(field_line(c, "document_title", req->document_title, TEXT_MAX));
    TRY(field_import(c, req->import_id, req->document_digest, req->round, &import));
    TRY(field_range(c, "target_count", req->target_count, 0, TARGETS_MAX));
    /* A document may be a table of targets alone. */
    TRY(field_range(c, "drafts", (int64_t) req->n_drafts, !req->target_count, DRAFTS_MAX));
    TRY(task_check_drafts(c, req->drafts, req->n_drafts, 0));
    TRY(task_check_numbers(c, req->drafts, req->n_drafts));
    return task_store_import(c, import, req, resp);
}

BH_RPC(TaskService, split_leg, SplitLegRequest, SplitLegResponse) {
    TRY(field_range(c, "children", (int64_t) req->n_children, 1, CHILDREN_MAX));
    TRY(task_check_drafts(c, req->children, req->n_children, task_day_made(c, req->request_id)));
    command cmd;
    TRY(command_begin(c, req->request_id, &cmd));
    move_args args = {
        .task_id = req->task_id,
        .version = req->version,
        .list = task_draft_list(c, &cmd, cmd.key, req->children, req->n_children),
    };
    resp->n_child_task_ids = req->n_children;
    resp->child_task_ids = task_draft_ids(c, cmd.key, req->n_children);
    return task_store_move_as(c, &cmd, MOVE_SPLIT_LEG, &args, &resp->base);
}

/* ---- bulk */

/* Each task answers for itself: one that was changed meanwhile does not hold up the others. */
static Bh__TaskOutcome *set_one(bh_call *c, const command *bulk, const Bh__TaskVersion *which, move_args args) {
    Bh__TaskOutcome *outcome = arena_alloc(c->mem, sizeof(*outcome));
    bh__task_outcome__init(outcome);
    Bh__SubmitTaskResponse moved = BH__SUBMIT_TASK_RESPONSE__INIT;
    command cmd = command_for(bulk, which->task_id);
    args.task_id = which->task_id;
    args.version = which->version;
    args.is_past_due = &outcome->is_past_due;
    bh_err *e = task_store_move_as(c, &cmd, MOVE_SET, &args, &moved.base);
    outcome->task_id = which->task_id;
    outcome->version = e ? which->version : moved.version;
    outcome->is_unchanged = !e && moved.version == which->version;
    outcome->reason = (char *) (e ? e->reason : "");
    outcome->message_zh = (char *) (e ? e->zh : "");
    outcome->message_en = (char *) (e ? e->en : "");
    return outcome;
}

/* What is given replaces; the plan's year and the default result fill gaps. */
static void set_args(bh_call *c, const Bh__SetTasksRequest *req, move_args *args) {
    Bh__Draft draft = BH__DRAFT__INIT, gaps = BH__DRAFT__INIT;
    char *fields[3];
    size_t n = 0;
    draft.deadline = req->deadline;
    draft.result = req->result;
    draft.milestones = req->milestones;
    draft.n_milestones = req->n_milestones;
    gaps.result = req->default_result;
    if (req->plan_year)
        gaps.deadline = day_text(c->mem, last_workday_of_year(req->plan_year));
    if (*draft.deadline)
        fields[n++] = (char *) "deadline";
    if (*draft.result)
        fields[n++] = (char *) "result";
    if (draft.n_milestones)
        fields[n++] = (char *) "milestones";
    args->fields = correction_words(c, fields, n);
    args->list = correction_json(c, fields, n, &draft, &gaps);
}

BH_RPC(TaskService, set_tasks, SetTasksRequest, SetTasksResponse) {
    TRY(task_check_set(c, req));
    command bulk;
    TRY(command_begin(c, req->request_id, &bulk));
    move_args args = { 0 };
    set_args(c, req, &args);
    resp->n_outcomes = req->n_tasks;
    resp->outcomes = arena_array(c->mem, req->n_tasks, sizeof(resp->outcomes[0]));
    for (size_t i = 0; i < req->n_tasks; i++)
        resp->outcomes[i] = set_one(c, &bulk, req->tasks[i], args);
    return NULL;
}

/* ---- moves whose kind is in the request */

/* Fields that every move has. */
#define NAMED(req) .request_id = (req)->request_id, .task_id = (req)->task_id, .version = (req)->version

BH_RPC(TaskService, revise_draft, ReviseDraftRequest, ReviseDraftResponse) {
    const Bh__Draft nothing = BH__DRAFT__INIT;
    Bh__Draft *draft;
    TRY(correction_named(c, req->draft, req->fields, req->n_fields, &draft));
    if (correction_names(req->fields, req->n_fields, "text"))
        TRY(field_name(c, "draft.text", draft->text, TEXT_MAX));
    TRY(task_check_fields(c, draft, task_day_made(c, req->request_id)));
    move_args args = { NAMED(req), .list = correction_json(c, req->fields, req->n_fields, draft, &nothing),
                       .fields = correction_words(c, req->fields, req->n_fields), .is_past_due = &resp->is_past_due };
    TRY(task_store_move(c, MOVE_REVISE, &args, &resp->base));
    resp->is_unchanged = resp->version == req->version;
    return NULL;
}

BH_RPC(TaskService, apply, ApplyRequest, ApplyResponse) {
    const application_row *row;
    TRY(task_check_apply(c, req, &row));
    move_args args = { NAMED(req), .note = req->reason, .day = req->day, .other_unit = req->other_unit_id,
                       .result = req->result };
    return task_store_move(c, row->apply, &args, &resp->base);
}

BH_RPC(TaskService, decide_application, DecideApplicationRequest, DecideApplicationResponse) {
    const application_row *row;
    TRY(task_check_decision(c, req, &row));
    move_args args = { NAMED(req), .item = req->application_id, .about = row->kind, .note = req->reason,
                       .day = req->day };
    return task_store_move(c, req->granted ? row->grant : MOVE_REFUSE_APPLICATION, &args, &resp->base);
}

BH_RPC(TaskService, verify_task, VerifyTaskRequest, VerifyTaskResponse) {
    TRY(task_check_class(c, req->result_class));
    move_args args = { NAMED(req), .result = req->result_class, .note = req->note };
    return task_store_move(c, MOVE_VERIFY, &args, &resp->base);
}

BH_RPC(TaskService, suspend_task, SuspendTaskRequest, SuspendTaskResponse) {
    TRY(task_check_review_day(c, "review_day", req->review_day, task_day_made(c, req->request_id)));
    move_args args = { NAMED(req), .note = req->reason, .day = req->review_day };
    return task_store_move(c, MOVE_SUSPEND, &args, &resp->base);
}

/* The one move that reads first: the new deadline is the old one and the workdays of the pause. The version it was read
 * at is checked by the statement. */
BH_RPC(TaskService, resume_task, ResumeTaskRequest, ResumeTaskResponse) {
    int32_t deadline, suspended, today = day_at(c->now_ms);
    TRY(task_store_days(c, req->task_id, &deadline, &suspended));
    move_args args = { NAMED(req), .note = req->reason };
    if (deadline && suspended)
        args.day = day_text(c->mem, workday_after(deadline, workdays_between(suspended, today)));
    return task_store_move(c, MOVE_RESUME, &args, &resp->base);
}

/* The legs that work again. */
#define CHECK_UNITS(req) task_check_ids(c, "unit_ids", (req)->unit_ids, (req)->n_unit_ids, UNITS_MAX)
#define NAMED_UNITS(req) .units = (req)->unit_ids, .unit_count = (req)->n_unit_ids

BH_RPC(TaskService, return_task, ReturnTaskRequest, ReturnTaskResponse) {
    TRY(CHECK_UNITS(req));
    move_args args = { NAMED(req), NAMED_UNITS(req), .note = req->reason };
    return task_store_move(c, MOVE_RETURN, &args, &resp->base);
}

BH_RPC(TaskService, refuse_sign_off, RefuseSignOffRequest, RefuseSignOffResponse) {
    TRY(CHECK_UNITS(req));
    if (req->n_unit_ids && !req->to_units)
        return bh_fail_why(c, BAD_FIELD, "unit_ids", ONLY_BACK_TO_WORK);
    move_args args = { NAMED(req), NAMED_UNITS(req), .note = req->reason };
    return task_store_move(c, req->to_units ? MOVE_REFUSE_TO_UNITS : MOVE_REFUSE_TO_OFFICE, &args, &resp->base);
}

BH_RPC(TaskService, reopen_task, ReopenTaskRequest, ReopenTaskResponse) {
    TRY(task_check_evidence(c, req->evidence, req->n_evidence));
    TRY(CHECK_UNITS(req));
    move_args args = { NAMED(req), NAMED_UNITS(req), .note = req->reason, .digests = req->evidence,
                       .digest_count = req->n_evidence };
    return task_store_move(c, MOVE_REOPEN, &args, &resp->base);
}

BH_RPC(TaskService, report_milestone, ReportMilestoneRequest, ReportMilestoneResponse) {
    TRY(task_check_evidence(c, req->evidence, req->n_evidence));
    move_args args = { NAMED(req), .number = req->milestone_no, .digests = req->evidence,
                       .digest_count = req->n_evidence };
    return task_store_move(c, MOVE_REPORT_MILESTONE, &args, &resp->base);
}

BH_RPC(TaskService, reassign_leg, ReassignLegRequest, ReassignLegResponse) {
    TRY(task_check_ids(c, "new_unit_id", &req->new_unit_id, 1, 1));
    move_args args = { NAMED(req), .other_unit = req->unit_id, .new_unit = req->new_unit_id, .note = req->reason };
    return task_store_move(c, MOVE_REASSIGN, &args, &resp->base);
}

/* No members: the collective is waived, and then somebody says why. */
BH_RPC(TaskService, name_members, NameMembersRequest, NameMembersResponse) {
    TRY(task_check_ids(c, "unit_ids", req->unit_ids, req->n_unit_ids, UNITS_MAX));
    if (!req->n_unit_ids)
        TRY(field_needed(c, "reason", req->reason, TEXT_MAX));
    move_args args = { NAMED(req), .other_unit = req->unit_id, .units = req->unit_ids, .unit_count = req->n_unit_ids,
                       .note = req->reason };
    return task_store_move(c, MOVE_NAME_MEMBERS, &args, &resp->base);
}

/* ---- moves that only hand their fields on */

/* MOVE(submit_task, SubmitTask, MOVE_SUBMIT, .note = req->note): method, message, move, fields beside the common ones
 */
#define MOVE(method, Message, move, ...)                               \
    BH_RPC(TaskService, method, Message##Request, Message##Response) { \
        move_args args = { NAMED(req), __VA_ARGS__ };                  \
        return task_store_move(c, move, &args, &resp->base);           \
    }

MOVE(submit_task, SubmitTask, MOVE_SUBMIT)
MOVE(send_back_task, SendBackTask, MOVE_SEND_BACK, .note = req->reason)
MOVE(issue_task, IssueTask, MOVE_ISSUE)
MOVE(acknowledge_leg, AcknowledgeLeg, MOVE_ACKNOWLEDGE)
MOVE(submit_leg, SubmitLeg, MOVE_SUBMIT_LEG, .note = req->note)
MOVE(countersign, Countersign, MOVE_COUNTERSIGN)
MOVE(dissent, Dissent, MOVE_DISSENT, .note = req->opinion)
MOVE(rule_dissent, RuleDissent, req->upheld ? MOVE_UPHOLD : MOVE_OVERRULE, .other_unit = req->unit_id,
     .note = req->reason)
MOVE(mark_absent, MarkAbsent, MOVE_MARK_ABSENT, .other_unit = req->unit_id, .note = req->reason)
MOVE(request_closure, RequestClosure, MOVE_REQUEST_CLOSURE, .note = req->text)
MOVE(sign_closure, SignClosure, MOVE_SIGN_CLOSURE)
MOVE(withdraw_closure, WithdrawClosure, MOVE_WITHDRAW_CLOSURE, .note = req->reason)
MOVE(sign_off_task, SignOffTask, MOVE_SIGN_OFF, .note = req->note)
MOVE(withdraw_application, WithdrawApplication, MOVE_WITHDRAW_APPLICATION, .item = req->application_id)
MOVE(urge_leg, UrgeLeg, MOVE_URGE, .other_unit = req->unit_id, .note = req->note)
MOVE(waive_clause, WaiveClause, MOVE_WAIVE_CLAUSE, .number = req->clause_no, .note = req->reason)
MOVE(waive_child, WaiveChild, MOVE_WAIVE_CHILD, .item = req->child_task_id, .note = req->reason)
MOVE(approve_milestone, ApproveMilestone, MOVE_APPROVE_MILESTONE, .number = req->milestone_no)
MOVE(confirm_milestone, ConfirmMilestone, req->waived ? MOVE_WAIVE_MILESTONE : MOVE_CONFIRM_MILESTONE,
     .number = req->milestone_no, .note = req->note)

/* ---- reads */

BH_RPC(TaskService, list_imports, ListImportsRequest, ListImportsResponse) {
    uint8_t digest[SHA256_SIZE];
    TRY(field_digest(c, "document_digest", req->document_digest, digest));
    return task_store_list_imports(c, req, resp);
}

BH_RPC(TaskService, get_task, GetTaskRequest, GetTaskResponse) {
    return task_store_get(c, req->task_id, &resp->task);
}

BH_RPC(TaskService, list_tasks, ListTasksRequest, ListTasksResponse) {
    return task_store_list(c, req, resp);
}

BH_RPC(TaskService, list_todo, ListTodoRequest, ListTodoResponse) {
    return task_store_todo(c, req, resp);
}

BH_RPC(TaskService, list_task_events, ListTaskEventsRequest, ListTaskEventsResponse) {
    return task_store_history(c, req, resp);
}

BH_RPC(TaskService, explain_moves, ExplainMovesRequest, ExplainMovesResponse) {
    return task_store_explain(c, req, resp);
}

/* ---- the service */

/* A move's posts stand in moves.def; here only that it takes a person. */
#define ANYBODY RPC_USER, 0

static const rpc_rule rules[] = {
    { "ImportTasks", RPC_USER, POST_BIT(DRAFTER) },
    { "ListImports", ANYBODY },
    { "CreateTask", RPC_USER, POST_BIT(DRAFTER) },
    { "SplitLeg", ANYBODY },
    { "ReviseDraft", ANYBODY },
    { "SetTasks", ANYBODY },
    { "SubmitTask", ANYBODY },
    { "SendBackTask", ANYBODY },
    { "IssueTask", ANYBODY },
    { "AcknowledgeLeg", ANYBODY },
    { "ReassignLeg", ANYBODY },
    { "SubmitLeg", ANYBODY },
    { "Countersign", ANYBODY },
    { "Dissent", ANYBODY },
    { "RuleDissent", ANYBODY },
    { "MarkAbsent", ANYBODY },
    { "RequestClosure", ANYBODY },
    { "SignClosure", ANYBODY },
    { "WithdrawClosure", ANYBODY },
    { "ReturnTask", ANYBODY },
    { "VerifyTask", ANYBODY },
    { "SignOffTask", ANYBODY },
    { "RefuseSignOff", ANYBODY },
    { "ReopenTask", ANYBODY },
    { "Apply", ANYBODY },
    { "DecideApplication", ANYBODY },
    { "WithdrawApplication", ANYBODY },
    { "SuspendTask", ANYBODY },
    { "ResumeTask", ANYBODY },
    { "UrgeLeg", ANYBODY },
    { "WaiveClause", ANYBODY },
    { "NameMembers", ANYBODY },
    { "WaiveChild", ANYBODY },
    { "ReportMilestone", ANYBODY },
    { "ApproveMilestone", ANYBODY },
    { "ConfirmMilestone", ANYBODY },
    { "GetTask", ANYBODY },
    { "ListTasks", ANYBODY },
    { "ListTodo", ANYBODY },
    { "ListTaskEvents", ANYBODY },
    { "ExplainMoves", ANYBODY },
};

static Bh__TaskService_Service vtable = BH__TASK_SERVICE__INIT(rpc_);
static const rpc_service rpc = {
    .vtable = &vtable.base, .rules = rules, .rule_count = countof(rules), .refuse_post = posts_refusal
};

const bh_service task_service = {
    .name = "task",
    .rpc = &rpc,
    .statements = task_sql,
    .statement_count = TASK_SQL_COUNT,
    .hold_place = &task_sql[TASK_SQL_HOLD_PLACE],
    .jobs = task_jobs,
    .job_count = TASK_JOB_COUNT,
};
