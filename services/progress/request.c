#include "request.h"

#include "domain/calendar.h"
#include "domain/period.h"
#include "service/field.h"
#include "service/page.h"
#include "json/json.h"

enum { NAME_MAX_BYTES = 255, LEGS_MAX = 1000 };

static bh_err *check_value(bh_call *c, const Bh__Value *value) {
    uuid target;
    if (*value->target_id)
        TRY(field_uuid(c, "values.target_id", value->target_id, &target));
    TRY(field_name(c, "values.metric", value->metric, WORD_MAX));
    TRY(field_decimal(c, "values.number", value->number));
    TRY(field_name(c, "values.unit", value->unit, WORD_MAX));
    return field_name(c, "values.source", value->source, WORD_MAX);
}

/* The digests as bytes for the statement and as one line for the audit entry. */
static bh_err *check_digests(bh_call *c, const Bh__SubmitReportRequest *req, report_draft *draft) {
    uint8_t *digests = arena_array(c->mem, req->n_evidence + 1, SHA256_SIZE);
    buf note;
    buf_init(&note, c->mem);
    for (size_t i = 0; i < req->n_evidence; i++) {
        TRY(field_digest(c, "evidence", req->evidence[i], digests + i * SHA256_SIZE));
        buf_addf(&note, "%s%s", i ? " " : "", hex(c->mem, digests + i * SHA256_SIZE, SHA256_SIZE));
    }
    draft->evidence = digests;
    draft->evidence_size = req->n_evidence * SHA256_SIZE;
    draft->note = note.s;
    return NULL;
}

static bh_err *check_figures(bh_call *c, const Bh__SubmitReportRequest *req, report_draft *draft) {
    TRY(field_limit(c, "values", req->n_values, LIST_MAX));
    for (size_t i = 0; i < req->n_values; i++)
        TRY(check_value(c, req->values[i]));
    buf figures;
    buf_init(&figures, c->mem);
    json_write_list(&figures, req->values, req->n_values, JSON_SQL);
    draft->figures = figures.s;
    return NULL;
}

bh_err *progress_read_submit_report(bh_call *c, const Bh__SubmitReportRequest *req, report_draft *ret_draft) {
    report_draft d = {
        .version = req->version,
        .text = req->text,
        .problems = req->problems,
        .next_step = req->next_step,
    };
    TRY(field_uuid(c, "task_id", req->task_id, &d.task_id));
    TRY(field_period(c, "period", req->period, &d.period));
    if (d.period > day_at(c->now_ms))
        return bh_fail_why(c, BAD_FIELD, "period", IN_FUTURE);
    TRY(field_needed(c, "text", req->text, TEXT_MAX));
    TRY(field_text(c, "problems", req->problems, TEXT_MAX));
    TRY(field_text(c, "next_step", req->next_step, TEXT_MAX));
    TRY(field_limit(c, "evidence", req->n_evidence, LIST_MAX));
    TRY(check_digests(c, req, &d));
    TRY(check_figures(c, req, &d));
    d.report_id = uuid_derive(d.task_id, arena_printf(c->mem, "%d/%s", c->who.unit_id, req->period));
    *ret_draft = d;
    return NULL;
}

bh_err *progress_read_evidence(bh_call *c, const Bh__Evidence *file, uint8_t *ret_digest) {
    if (!file)
        return bh_fail_why(c, BAD_FIELD, "evidence", MISSING);
    TRY(field_digest(c, "evidence.digest", file->digest, ret_digest));
    TRY(field_name(c, "evidence.name", file->name, NAME_MAX_BYTES));
    TRY(field_name(c, "evidence.media_type", file->media_type, NAME_MAX_BYTES));
    return file->size > 0 ? NULL : bh_fail_why(c, BAD_FIELD, "evidence.size", MISSING);
}

bh_err *progress_read_list_reports(bh_call *c, const Bh__ListReportsRequest *req, report_filter *ret_filter) {
    report_filter f = { .by_task = *req->task_id, .has_period = *req->period, .state = (report_state) req->state };
    TRY(page_rows(c, req->page_size, &f.row_max));
    if (f.by_task)
        TRY(field_uuid(c, "task_id", req->task_id, &f.task_id));
    if (f.has_period)
        TRY(field_period(c, "period", req->period, &f.period));
    const char *after[2];
    TRY(page_parts(c, req->page_token, after, countof(after)));
    f.has_after = after[0];
    if (f.has_after) {
        TRY(field_period(c, "page_token", after[0], &f.after_period));
        TRY(field_uuid(c, "page_token", after[1], &f.after_report));
    }
    *ret_filter = f;
    return NULL;
}

bh_err *progress_read_task_change(bh_call *c, const Bh__ApplyTaskChangeRequest *req, task_change *ret_change) {
    const Bh__Task *task = req->task;
    if (!task)
        return bh_fail_why(c, BAD_FIELD, "task", MISSING);
    TRY(field_limit(c, "task.legs", task->n_legs, LEGS_MAX));
    task_change change = { .task = task };
    TRY(field_uuid(c, "event_id", req->event_id, &change.event_id));
    TRY(field_uuid(c, "task.task_id", task->task_id, &change.task_id));
    change.units = arena_array(c->mem, task->n_legs + 1, sizeof(int32_t));
    if (task->parent_unit_id) /* the unit it was broken down from */
        change.units[change.unit_count++] = task->parent_unit_id;
    change.acting = arena_array(c->mem, task->n_legs + 1, sizeof(int32_t));
    for (size_t i = 0; i < task->n_legs; i++) {
        const Bh__Leg *leg = task->legs[i];
        if ((leg_state) leg->state != LEG_RELEASED)
            change.units[change.unit_count++] = leg->unit_id;
        if (leg_is_acting((leg_state) leg->state))
            change.acting[change.acting_count++] = leg->unit_id;
    }
    change.owing = change.acting;
    change.owing_count = task_owes_reports((task_state) task->state) ? change.acting_count : 0;
    *ret_change = change;
    return NULL;
}
