#include "handlers.h"

#include <string.h>
#include <strings.h>

#include "correction.h"
#include "domain/calendar.h"
#include "jobs.h"
#include "service/field.h"
#include "store.h"
#include "task_sql.h"

enum { CHILDREN_MAX = 50, UNITS_MAX = 200, MILESTONES_MAX = 20 };

/* ---- drafts */

/* The day by which the days a command names are judged: repeated later, it is judged as it was the first time. */
static int32_t day_made(const bh_call *c, const char *request_id) {
    uuid key;
    return day_at(uuid_parse(request_id, &key) && uuid_is_v7(key) ? uuid_ms(key) : c->now_ms);
}

/* A document may be older than its import; a day that a person names now may not. */
static bh_err *check_deadline(bh_call *c, const char *field, const char *text, int32_t earliest) {
    int32_t day;
    if (!*text)
        return NULL;
    if (!day_parse(text, &day))
        return bh_fail_why(c, BAD_FIELD, field, NOT_DAY);
    if (!is_workday(day))
        return bh_fail_why(c, BAD_FIELD, field, NOT_WORKDAY);
    if (day < earliest)
        return bh_fail(c, DEADLINE_PAST, text, day_text(c->mem, earliest));
    return NULL;
}

/* Ids of the directory count from 1; a leader 0 would be everybody who signs for nobody. */
static bh_err *check_ids(bh_call *c, const char *field, const int32_t *ids, size_t n, size_t max) {
    TRY(field_limit(c, field, n, max));
    for (size_t i = 0; i < n; i++)
        if (ids[i] <= 0)
            return bh_fail_why(c, BAD_FIELD, field, NOT_ID);
    return NULL;
}

static bh_err *check_clauses(bh_call *c, const Bh__Draft *d) {
    TRY(field_limit(c, "draft.clauses", d->n_clauses, LIST_MAX));
    for (size_t i = 0; i < d->n_clauses; i++)
        TRY(field_name(c, "draft.clauses", d->clauses[i], TEXT_MAX));
    return NULL;
}

static bh_err *check_places(bh_call *c, const Bh__Draft *d) {
    TRY(field_printed(c, "draft.first_line, draft.last_line", d->first_line, d->last_line));
    TRY(field_limit(c, "draft.also_at", d->n_also_at, LIST_MAX));
    for (size_t i = 0; i < d->n_also_at; i++) {
        const Bh__Place *at = d->also_at[i];
        TRY(field_name(c, "draft.also_at.no", at->no, WORD_MAX));
        TRY(field_printed(c, "draft.also_at.first_line, draft.also_at.last_line", at->first_line, at->last_line));
    }
    return NULL;
}

static bh_err *check_milestones(bh_call *c, Bh__Milestone *const *milestones, size_t n) {
    TRY(field_limit(c, "milestones", n, MILESTONES_MAX));
    for (size_t i = 0; i < n; i++) {
        int32_t due;
        TRY(field_name(c, "milestones.title", milestones[i]->title, WORD_MAX));
        if (!day_parse(milestones[i]->due, &due))
            return bh_fail_why(c, BAD_FIELD, "milestones.due", NOT_DAY);
    }
    return NULL;
}

/* Every field but the words, which a correction may leave out. */
static bh_err *check_fields(bh_call *c, const Bh__Draft *d, int32_t earliest) {
    TRY(field_line(c, "draft.no", d->no, WORD_MAX));
    TRY(field_filled(c, "draft.result", d->result, TEXT_MAX));
    TRY(check_milestones(c, d->milestones, d->n_milestones));
    TRY(check_clauses(c, d));
    TRY(check_places(c, d));
    if (d->lead_unit_id < 0)
        return bh_fail_why(c, BAD_FIELD, "draft.lead_unit_id", NOT_UNIT);
    TRY(check_ids(c, "draft.co_unit_ids", d->co_unit_ids, d->n_co_unit_ids, UNITS_MAX));
    TRY(check_ids(c, "draft.county_unit_ids", d->county_unit_ids, d->n_county_unit_ids, UNITS_MAX));
    TRY(check_ids(c, "draft.leader_ids", d->leader_ids, d->n_leader_ids, 2));
    if (d->n_leader_ids == 2 && d->leader_ids[0] == d->leader_ids[1])
        return bh_fail_why(c, BAD_FIELD, "draft.leader_ids", SAME_LEADER);
    return check_deadline(c, "deadline", d->deadline, earliest);
}

static bh_err *check_draft(bh_call *c, const Bh__Draft *d, int32_t earliest) {
    if (!d)
        return bh_fail_why(c, BAD_FIELD, "draft", MISSING);
    TRY(field_name(c, "draft.text", d->text, TEXT_MAX));
    return check_fields(c, d, earliest);
}

static bh_err *check_drafts(bh_call *c, Bh__Draft *const *drafts, size_t n, size_t most, int32_t earliest) {
    TRY(field_limit(c, "drafts", n, most));
    for (size_t i = 0; i < n; i++)
        TRY(check_draft(c, drafts[i], earliest));
    return NULL;
}

BH_RPC(TaskService, create_task, CreateTaskRequest, CreateTaskResponse) {
    TRY(check_draft(c, req->draft, day_made(c, req->request_id)));
    return task_store_create(c, req, resp);
}

/* What is read from a document is called by its number there. */
static bh_err *check_numbers(bh_call *c, Bh__Draft *const *drafts, size_t n) {
    for (size_t i = 0; i < n; i++)
        TRY(field_name(c, "drafts.no", drafts[i]->no, WORD_MAX));
    return NULL;
}

BH_RPC(TaskService, import_tasks, ImportTasksRequest, ImportTasksResponse) {
    uuid import;
    TRY(field_line(c, "document_number", req->document_number, WORD_MAX));
    TRY(field_line(c, "document_title", req->document_title, TEXT_MAX));
    TRY(field_import(c, req->import_id, req->document_digest, req->round, &import));
    TRY(check_drafts(c, req->drafts, req->n_drafts, DRAFTS_MAX, 0));
    TRY(check_numbers(c, req->drafts, req->n_drafts));
    return task_store_import(c, import, req, resp);
}

BH_RPC(TaskService, split_leg, SplitLegRequest, SplitLegResponse) {
    TRY(check_drafts(c, req->children, req->n_children, CHILDREN_MAX, day_made(c, req->request_id)));
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

static bh_err *check_plan_year(bh_call *c, int32_t year) {
    int32_t first;
    if (year && !day_parse(arena_printf(c->mem, "%d-01-01", (int) year), &first))
        return bh_fail_why(c, BAD_FIELD, "plan_year", NOT_YEAR);
    return NULL;
}

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

/* Its second outcome would be that of the first under the same derived key. */
static bh_err *check_tasks_differ(bh_call *c, Bh__TaskVersion *const *tasks, size_t n) {
    TRY(field_limit(c, "tasks", n, DRAFTS_MAX));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcasecmp(tasks[i]->task_id, tasks[k]->task_id) == 0)
                return bh_fail_why(c, BAD_FIELD, "tasks", TWICE);
    return NULL;
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
    TRY(check_deadline(c, "deadline", req->deadline, day_made(c, req->request_id)));
    TRY(check_milestones(c, req->milestones, req->n_milestones));
    TRY(check_plan_year(c, req->plan_year));
    TRY(field_filled(c, "result", req->result, TEXT_MAX));
    TRY(field_filled(c, "default_result", req->default_result, TEXT_MAX));
    TRY(check_tasks_differ(c, req->tasks, req->n_tasks));
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

static const task_move apply_moves[] = {
    [BH__APPLICATION_KIND__APPLICATION_KIND_RETURN] = MOVE_APPLY_RETURN,
    [BH__APPLICATION_KIND__APPLICATION_KIND_EXTENSION] = MOVE_APPLY_EXTENSION,
    [BH__APPLICATION_KIND__APPLICATION_KIND_SUSPENSION] = MOVE_APPLY_SUSPENSION,
    [BH__APPLICATION_KIND__APPLICATION_KIND_ADJUSTMENT] = MOVE_APPLY_ADJUSTMENT,
    [BH__APPLICATION_KIND__APPLICATION_KIND_TERMINATION] = MOVE_APPLY_TERMINATION,
};

static const task_move grant_moves[] = {
    [BH__APPLICATION_KIND__APPLICATION_KIND_RETURN] = MOVE_GRANT_RETURN,
    [BH__APPLICATION_KIND__APPLICATION_KIND_EXTENSION] = MOVE_GRANT_EXTENSION,
    [BH__APPLICATION_KIND__APPLICATION_KIND_SUSPENSION] = MOVE_GRANT_SUSPENSION,
    [BH__APPLICATION_KIND__APPLICATION_KIND_ADJUSTMENT] = MOVE_GRANT_ADJUSTMENT,
    [BH__APPLICATION_KIND__APPLICATION_KIND_TERMINATION] = MOVE_GRANT_TERMINATION,
};

static bh_err *check_kind(bh_call *c, Bh__ApplicationKind kind) {
    if (kind <= 0 || (size_t) kind >= countof(apply_moves))
        return bh_fail_why(c, BAD_FIELD, "kind", UNKNOWN_KIND);
    return NULL;
}

/* A pause is reviewed on a day to come. */
static bh_err *check_review_day(bh_call *c, const char *field, const char *text, int32_t made) {
    int32_t day;
    if (!day_parse(text, &day) || day <= made)
        return bh_fail_why(c, BAD_FIELD, field, NOT_LATER_DAY);
    return NULL;
}

/* What each kind of application must name besides its reason. */
static bh_err *check_application(bh_call *c, const Bh__ApplyRequest *req) {
    task_move move = apply_moves[req->kind];
    int32_t day;
    if (move == MOVE_APPLY_EXTENSION && !day_parse(req->day, &day))
        return bh_fail_why(c, BAD_FIELD, "day", NOT_DAY);
    if (move == MOVE_APPLY_EXTENSION)
        TRY(check_deadline(c, "day", req->day, day_made(c, req->request_id)));
    if (move == MOVE_APPLY_SUSPENSION)
        TRY(check_review_day(c, "day", req->day, day_made(c, req->request_id)));
    if (move == MOVE_APPLY_RETURN && req->other_unit_id <= 0)
        return bh_fail_why(c, BAD_FIELD, "other_unit_id", RIGHT_UNIT_MISSING);
    if (move == MOVE_APPLY_ADJUSTMENT && !*req->result)
        return bh_fail_why(c, BAD_FIELD, "result", RESULT_MISSING);
    return field_filled(c, "result", req->result, TEXT_MAX);
}

/* Fields that every move has. */
#define NAMED(req) .request_id = (req)->request_id, .task_id = (req)->task_id, .version = (req)->version

BH_RPC(TaskService, revise_draft, ReviseDraftRequest, ReviseDraftResponse) {
    const Bh__Draft nothing = BH__DRAFT__INIT;
    Bh__Draft *draft;
    TRY(correction_named(c, req->draft, req->fields, req->n_fields, &draft));
    if (correction_names(req->fields, req->n_fields, "text"))
        TRY(field_name(c, "draft.text", draft->text, TEXT_MAX));
    TRY(check_fields(c, draft, day_made(c, req->request_id)));
    move_args args = { NAMED(req), .list = correction_json(c, req->fields, req->n_fields, draft, &nothing),
                       .fields = correction_words(c, req->fields, req->n_fields), .is_past_due = &resp->is_past_due };
    TRY(task_store_move(c, MOVE_REVISE, &args, &resp->base));
    resp->is_unchanged = resp->version == req->version;
    return NULL;
}

BH_RPC(TaskService, apply, ApplyRequest, ApplyResponse) {
    TRY(check_kind(c, req->kind));
    TRY(check_application(c, req));
    move_args args = { NAMED(req), .note = req->reason, .day = req->day, .other_unit = req->other_unit_id,
                       .result = req->result };
    return task_store_move(c, apply_moves[req->kind], &args, &resp->base);
}

BH_RPC(TaskService, decide_application, DecideApplicationRequest, DecideApplicationResponse) {
    TRY(check_kind(c, req->kind));
    if (*req->day && !(req->granted && grant_moves[req->kind] == MOVE_GRANT_EXTENSION))
        return bh_fail_why(c, BAD_FIELD, "day", ONLY_EXTENSION);
    TRY(check_deadline(c, "day", req->day, day_made(c, req->request_id)));
    move_args args = { NAMED(req), .item = req->application_id, .about = (move_about) req->kind, .note = req->reason,
                       .day = req->day };
    return task_store_move(c, req->granted ? grant_moves[req->kind] : MOVE_REFUSE_APPLICATION, &args, &resp->base);
}

static bh_err *check_class(bh_call *c, const char *class) {
    if (strlen(class) != 1 || !strchr("ABCD", class[0]))
        return bh_fail_why(c, BAD_FIELD, "result_class", UNKNOWN_CLASS);
    return NULL;
}

BH_RPC(TaskService, verify_task, VerifyTaskRequest, VerifyTaskResponse) {
    TRY(check_class(c, req->result_class));
    move_args args = { NAMED(req), .result = req->result_class, .note = req->note };
    return task_store_move(c, MOVE_VERIFY, &args, &resp->base);
}

BH_RPC(TaskService, suspend_task, SuspendTaskRequest, SuspendTaskResponse) {
    TRY(check_review_day(c, "review_day", req->review_day, day_made(c, req->request_id)));
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

static bh_err *check_evidence(bh_call *c, char *const *digests, size_t n) {
    uint8_t digest[SHA256_SIZE];
    if (n == 0)
        return bh_fail_why(c, BAD_FIELD, "evidence", MISSING);
    TRY(field_limit(c, "evidence", n, LIST_MAX));
    for (size_t i = 0; i < n; i++)
        TRY(field_digest(c, "evidence", digests[i], digest));
    return NULL;
}

BH_RPC(TaskService, reopen_task, ReopenTaskRequest, ReopenTaskResponse) {
    TRY(check_evidence(c, req->evidence, req->n_evidence));
    move_args args = { NAMED(req),
                       .note = req->reason,
                       .units = req->unit_ids,
                       .unit_count = req->n_unit_ids,
                       .digests = req->evidence,
                       .digest_count = req->n_evidence };
    return task_store_move(c, MOVE_REOPEN, &args, &resp->base);
}

BH_RPC(TaskService, report_milestone, ReportMilestoneRequest, ReportMilestoneResponse) {
    TRY(check_evidence(c, req->evidence, req->n_evidence));
    move_args args = { NAMED(req), .number = req->milestone_no, .digests = req->evidence,
                       .digest_count = req->n_evidence };
    return task_store_move(c, MOVE_REPORT_MILESTONE, &args, &resp->base);
}

BH_RPC(TaskService, reassign_leg, ReassignLegRequest, ReassignLegResponse) {
    TRY(check_ids(c, "new_unit_id", &req->new_unit_id, 1, 1));
    move_args args = { NAMED(req), .other_unit = req->unit_id, .new_unit = req->new_unit_id, .note = req->reason };
    return task_store_move(c, MOVE_REASSIGN, &args, &resp->base);
}

/* No members: the collective is waived, and then somebody says why. */
BH_RPC(TaskService, name_members, NameMembersRequest, NameMembersResponse) {
    TRY(check_ids(c, "unit_ids", req->unit_ids, req->n_unit_ids, UNITS_MAX));
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
MOVE(return_task, ReturnTask, MOVE_RETURN, .note = req->reason, .units = req->unit_ids, .unit_count = req->n_unit_ids)
MOVE(sign_off_task, SignOffTask, MOVE_SIGN_OFF, .note = req->note)
MOVE(refuse_sign_off, RefuseSignOff, req->to_units ? MOVE_REFUSE_TO_UNITS : MOVE_REFUSE_TO_OFFICE, .note = req->reason)
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
    .jobs = task_jobs,
    .job_count = TASK_JOB_COUNT,
};
