#include "request.h"

#include <string.h>
#include <strings.h>

#include "domain/calendar.h"
#include "service/command.h"
#include "service/field.h"

/* ---- drafts */

int32_t task_day_made(const bh_call *c, const char *request_id) {
    uuid key;
    return day_at(uuid_parse(request_id, &key) && uuid_is_v7(key) ? uuid_ms(key) : c->now_ms);
}

bh_err *task_check_deadline(bh_call *c, const char *field, const char *text, int32_t earliest) {
    int32_t day;
    if (!*text)
        return NULL;
    if (!day_parse(text, &day))
        return bh_fail_why(c, BAD_FIELD, field, NOT_DAY);
    if (!is_workday(day))
        return bh_fail_why(c, BAD_FIELD, field, NOT_WORKDAY, text, day_text(c->mem, workday_after(day, 0)));
    if (day < earliest)
        return bh_fail(c, DEADLINE_PAST, text, day_text(c->mem, workday_after(earliest, 0)));
    return NULL;
}

bh_err *task_check_ids(bh_call *c, const char *field, const int32_t *ids, size_t n, size_t max) {
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

/* None lies behind the deadline that is given beside them. */
static bh_err *check_milestones(bh_call *c, Bh__Milestone *const *milestones, size_t n, const char *deadline) {
    int32_t due, last;
    if (!day_parse(deadline, &last))
        last = INT32_MAX;
    TRY(field_limit(c, "milestones", n, MILESTONES_MAX));
    for (size_t i = 0; i < n; i++) {
        TRY(field_name(c, "milestones.title", milestones[i]->title, WORD_MAX));
        if (!day_parse(milestones[i]->due, &due))
            return bh_fail_why(c, BAD_FIELD, "milestones.due", NOT_DAY);
        if (due > last)
            return bh_fail_why(c, BAD_FIELD, "milestones.due", AFTER_DEADLINE, milestones[i]->due, deadline);
    }
    return NULL;
}

bh_err *task_check_fields(bh_call *c, const Bh__Draft *d, int32_t earliest) {
    TRY(field_line(c, "draft.no", d->no, WORD_MAX));
    TRY(field_filled(c, "draft.result", d->result, TEXT_MAX));
    TRY(check_milestones(c, d->milestones, d->n_milestones, d->deadline));
    TRY(check_clauses(c, d));
    TRY(check_places(c, d));
    if (d->lead_unit_id < 0)
        return bh_fail_why(c, BAD_FIELD, "draft.lead_unit_id", NOT_UNIT);
    TRY(task_check_ids(c, "draft.co_unit_ids", d->co_unit_ids, d->n_co_unit_ids, UNITS_MAX));
    TRY(task_check_ids(c, "draft.county_unit_ids", d->county_unit_ids, d->n_county_unit_ids, UNITS_MAX));
    TRY(task_check_ids(c, "draft.leader_ids", d->leader_ids, d->n_leader_ids, 2));
    if (d->n_leader_ids == 2 && d->leader_ids[0] == d->leader_ids[1])
        return bh_fail_why(c, BAD_FIELD, "draft.leader_ids", SAME_LEADER);
    return task_check_deadline(c, "deadline", d->deadline, earliest);
}

bh_err *task_check_draft(bh_call *c, const Bh__Draft *d, int32_t earliest) {
    if (!d)
        return bh_fail_why(c, BAD_FIELD, "draft", MISSING);
    TRY(field_name(c, "draft.text", d->text, TEXT_MAX));
    return task_check_fields(c, d, earliest);
}

bh_err *task_check_drafts(bh_call *c, Bh__Draft *const *drafts, size_t n, int32_t earliest) {
    for (size_t i = 0; i < n; i++)
        TRY(task_check_draft(c, drafts[i], earliest));
    return NULL;
}

bh_err *task_check_numbers(bh_call *c, Bh__Draft *const *drafts, size_t n) {
    for (size_t i = 0; i < n; i++)
        TRY(field_name(c, "drafts.no", drafts[i]->no, WORD_MAX));
    return NULL;
}

/* ---- bulk */

static bh_err *check_plan_year(bh_call *c, int32_t year) {
    int32_t first;
    if (year && !day_parse(arena_printf(c->mem, "%d-01-01", (int) year), &first))
        return bh_fail_why(c, BAD_FIELD, "plan_year", NOT_YEAR);
    return NULL;
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

bh_err *task_check_set(bh_call *c, const Bh__SetTasksRequest *req) {
    TRY(task_check_deadline(c, "deadline", req->deadline, task_day_made(c, req->request_id)));
    TRY(check_milestones(c, req->milestones, req->n_milestones, req->deadline));
    TRY(check_plan_year(c, req->plan_year));
    TRY(field_filled(c, "result", req->result, TEXT_MAX));
    TRY(field_filled(c, "default_result", req->default_result, TEXT_MAX));
    return check_tasks_differ(c, req->tasks, req->n_tasks);
}

/* ---- applications */

bh_err *task_check_review_day(bh_call *c, const char *field, const char *text, int32_t made) {
    int32_t day;
    if (!day_parse(text, &day) || day <= made)
        return bh_fail_why(c, BAD_FIELD, field, NOT_LATER_DAY);
    return NULL;
}

static bh_err *check_kind(bh_call *c, Bh__ApplicationKind kind, const application_row **ret_row) {
    *ret_row = application_of((move_about) kind);
    return *ret_row ? NULL : bh_fail_why(c, BAD_FIELD, "kind", UNKNOWN_KIND);
}

bh_err *task_check_apply(bh_call *c, const Bh__ApplyRequest *req, const application_row **ret_row) {
    int32_t made = task_day_made(c, req->request_id);
    TRY(check_kind(c, req->kind, ret_row));
    TRY(application_check(c, *ret_row,
                          (const bool[]){ [ASKS_UNIT] = req->other_unit_id,
                                          [ASKS_DAY] = *req->day,
                                          [ASKS_RESULT] = *req->result,
                                          [ASKS_FIELDS] = false }));
    if (req->other_unit_id)
        TRY(task_check_ids(c, "other_unit_id", &req->other_unit_id, 1, 1));
    if (req->kind == BH__APPLICATION_KIND__APPLICATION_KIND_SUSPENSION)
        TRY(task_check_review_day(c, "day", req->day, made));
    else
        TRY(task_check_deadline(c, "day", req->day, made));
    return field_filled(c, "result", req->result, TEXT_MAX);
}

bh_err *task_check_decision(bh_call *c, const Bh__DecideApplicationRequest *req, const application_row **ret_row) {
    TRY(check_kind(c, req->kind, ret_row));
    if (*req->day && !(req->granted && req->kind == BH__APPLICATION_KIND__APPLICATION_KIND_EXTENSION))
        return bh_fail_why(c, BAD_FIELD, "day", ONLY_EXTENSION);
    return task_check_deadline(c, "day", req->day, task_day_made(c, req->request_id));
}

/* ---- the rest */

bh_err *task_check_class(bh_call *c, const char *class) {
    if (strlen(class) != 1 || !strchr("ABCD", class[0]))
        return bh_fail_why(c, BAD_FIELD, "result_class", UNKNOWN_CLASS);
    return NULL;
}

bh_err *task_check_evidence(bh_call *c, char *const *digests, size_t n) {
    uint8_t digest[SHA256_SIZE];
    if (n == 0)
        return bh_fail_why(c, BAD_FIELD, "evidence", MISSING);
    TRY(field_limit(c, "evidence", n, LIST_MAX));
    for (size_t i = 0; i < n; i++)
        TRY(field_digest(c, "evidence", digests[i], digest));
    return NULL;
}
