#include "store.h"

#include "domain/period.h"
#include "progress_sql.h"
#include "json/json.h"

#define SQL(name) (&progress_sql[PROGRESS_SQL_##name])

static report_result result_of(const pg_rows *rows) {
    return (report_result){
        .outcome = (command_answer) pg_get_int(rows, 0, "outcome"),
        .version = (int32_t) pg_get_int(rows, 0, "version"),
        .state = (report_state) pg_get_int(rows, 0, "state"),
        .facts = {
            .task = (task_state) pg_get_int(rows, 0, "task_state"),
            .leg = (leg_state) pg_get_int(rows, 0, "leg_state"),
            .state = (report_state) pg_get_int(rows, 0, "state"),
            .is_own_unit = true,
            .target_foreign = pg_get_text(rows, 0, "foreign_target"),
        },
    };
}

bh_err *progress_store_submit_report(bh_call *c, const command *cmd, const report_draft *draft,
                                     report_result *ret_result) {
    const report_move_row *move = report_move_of(REPORT_MOVE_SUBMIT);
    const char *id = uuid_text(c->mem, draft->report_id);
    pg_value body = command_leaf(c, cmd, "report", id, draft->version + 1, move->name, draft->note);
    pg_rows rows;
    TRY(pg_call(c, SQL(SUBMIT_REPORT), &rows, pg_int(c->site_id), pg_uuid(&draft->report_id), pg_uuid(&cmd->key),
                pg_bytes(cmd->fingerprint, sizeof(cmd->fingerprint)), body, pg_int(draft->version),
                pg_uuid(&draft->task_id), pg_int(c->who.unit_id), pg_date(draft->period), pg_int(c->who.user_id),
                pg_text(c->who.login), pg_int(c->now_ms), pg_text(draft->text), pg_text(draft->problems),
                pg_text(draft->next_step), pg_text(draft->figures), pg_bytes(draft->evidence, draft->evidence_size),
                pg_int(move->task_states), pg_int(move->leg_states), pg_int(move->states)));
    *ret_result = result_of(&rows);
    ret_result->facts.evidence_missing = pg_get_text(&rows, 0, "missing");
    return ret_result->outcome == OUTCOME_NOT_FOUND ? NULL : command_outcome(c, cmd, &rows, id);
}

bh_err *progress_store_review_report(bh_call *c, const command *cmd, report_move move, const report_review *review,
                                     report_result *ret_result) {
    const report_move_row *row = report_move_of(move);
    const char *id = uuid_text(c->mem, review->report_id);
    pg_value body = command_leaf(c, cmd, "report", id, review->version + 1, row->name, "");
    bool has_event = review->event_method;
    pg_rows rows;
    TRY(pg_call(c, SQL(REVIEW_REPORT), &rows, pg_int(c->site_id), pg_uuid(&review->report_id), pg_uuid(&cmd->key),
                pg_bytes(cmd->fingerprint, sizeof(cmd->fingerprint)), body, pg_int(review->version),
                pg_int(c->who.unit_id), pg_int(c->who.user_id), pg_text(c->who.login), pg_int(c->now_ms),
                pg_text(review->note), pg_int(row->next), pg_int(row->task_states), pg_int(row->leg_states),
                pg_int(row->states), has_event ? pg_uuid(&review->report_id) : pg_null(), pg_text(review->event_method),
                has_event ? pg_bytes(review->event, review->event_size) : pg_null()));
    *ret_result = result_of(&rows);
    ret_result->facts.is_own_unit = pg_get_int(&rows, 0, "is_own_unit");
    ret_result->facts.is_own_work = pg_get_int(&rows, 0, "is_own_work");
    return command_outcome(c, cmd, &rows, id);
}

bh_err *progress_store_open_sheet(bh_call *c, const report_draft *draft) {
    pg_rows rows;
    return pg_call(c, SQL(OPEN_SHEET), &rows, pg_int(c->site_id), pg_uuid(&draft->report_id), pg_uuid(&draft->task_id),
                   pg_int(c->who.unit_id), pg_date(draft->period), pg_date(period_due(draft->period)));
}

bh_err *progress_store_get_report(bh_call *c, uuid report_id, int32_t version, bool reads_all,
                                  Bh__Report **ret_report) {
    pg_rows rows;
    TRY(pg_call(c, SQL(GET_REPORT), &rows, pg_int(c->site_id), pg_uuid(&report_id), pg_int(version),
                pg_int(c->who.unit_id), pg_int(c->who.leader_id), pg_bool(reads_all)));
    if (rows.count == 0)
        return bh_fail(c, NOT_FOUND_OBJECT, uuid_text(c->mem, report_id));
    Bh__Report *report = arena_alloc(c->mem, sizeof(*report));
    bh__report__init(report);
    pg_fill(c, &rows, 0, &report->base);
    *ret_report = report;
    return json_parse_list(c, pg_get_text(&rows, 0, "_figures"), "values", &report->base);
}

bh_err *progress_store_list_reports(bh_call *c, const report_filter *f, Bh__Report ***ret_reports, size_t *ret_n) {
    const pg_stmt *list = f->by_task ? SQL(LIST_BY_TASK) : SQL(LIST_BY_UNIT);
    pg_rows rows;
    TRY(pg_call(c, list, &rows, pg_int(c->site_id), f->by_task ? pg_uuid(&f->task_id) : pg_int(c->who.unit_id),
                pg_int(c->who.unit_id), pg_int(c->who.leader_id), pg_bool(f->reads_all),
                f->has_period ? pg_date(f->period) : pg_null(), pg_int(f->state),
                f->has_after ? pg_date(f->after_period) : pg_null(),
                f->has_after ? pg_uuid(&f->after_report) : pg_null(), pg_int(f->row_max)));
    *ret_reports = pg_fill_all(c, &rows, &bh__report__descriptor, ret_n);
    return NULL;
}

bh_err *progress_store_register_evidence(bh_call *c, const command *cmd, const uint8_t *digest,
                                         const Bh__Evidence *file) {
    const char *id = hex(c->mem, digest, SHA256_SIZE);
    const char *object = arena_printf(c->mem, "%s/%d", id, c->who.unit_id);
    pg_value body = command_leaf(c, cmd, "evidence", object, 1, "REGISTER", file->name);
    pg_rows rows;
    TRY(pg_call(c, SQL(REGISTER_EVIDENCE), &rows, pg_int(c->site_id), pg_bytes(digest, SHA256_SIZE), pg_uuid(&cmd->key),
                pg_bytes(cmd->fingerprint, sizeof(cmd->fingerprint)), body, pg_int(file->size), pg_text(file->name),
                pg_text(file->media_type), pg_int(c->who.unit_id), pg_int(c->who.user_id), pg_text(c->who.login),
                pg_int(c->now_ms)));
    return command_outcome(c, cmd, &rows, id);
}

bh_err *progress_store_get_evidence(bh_call *c, const uint8_t *digest, bool reads_all, Bh__Evidence *ret_file) {
    pg_rows rows;
    TRY(pg_call(c, SQL(GET_EVIDENCE), &rows, pg_int(c->site_id), pg_bytes(digest, SHA256_SIZE), pg_int(c->who.unit_id),
                pg_int(c->who.leader_id), pg_bool(reads_all)));
    if (rows.count == 0)
        return bh_fail(c, NOT_FOUND_OBJECT, hex(c->mem, digest, SHA256_SIZE));
    pg_fill(c, &rows, 0, &ret_file->base);
    return NULL;
}

bh_err *progress_store_find_evidence(bh_call *c, char *const *digests, size_t n, char ***ret_digests, size_t *ret_n) {
    pg_rows rows;
    TRY(pg_call(c, SQL(FIND_EVIDENCE), &rows, pg_int(c->site_id), pg_texts((const char *const *) digests, n)));
    *ret_n = (size_t) rows.count;
    *ret_digests = arena_array(c->mem, *ret_n, sizeof(**ret_digests));
    for (size_t i = 0; i < *ret_n; i++)
        (*ret_digests)[i] = arena_strdup(c->mem, pg_get_text(&rows, (int) i, "digest"));
    return NULL;
}

bh_err *progress_store_apply_task_change(bh_call *c, const task_change *change, int32_t today) {
    const Bh__Task *task = change->task;
    int32_t period = period_of(today);
    pg_rows rows;
    return pg_call(c, SQL(APPLY_TASK_CHANGE), &rows, pg_int(c->site_id), pg_uuid(&change->event_id),
                   pg_uuid(&change->task_id), pg_int(task->version), pg_int(task->state), pg_text(task->no),
                   pg_text(task->text), pg_int(task->office_unit_id), pg_ints(change->units, change->unit_count),
                   pg_ints(task->leader_ids, task->n_leader_ids), pg_ints(change->acting, change->acting_count),
                   pg_ints(change->owing, change->owing_count), pg_date(period), pg_date(period_due(period)),
                   pg_date(today));
}

bh_err *progress_store_turn_day(bh_call *c, int32_t day, bool *ret_is_new) {
    pg_rows rows;
    TRY(pg_call(c, SQL(TURN_DAY), &rows, pg_int(c->site_id), pg_date(day)));
    *ret_is_new = pg_get_int(&rows, 0, "is_new");
    return NULL;
}

bh_err *progress_store_open_month(bh_call *c, int32_t period, int32_t row_max, int32_t *ret_found) {
    pg_rows rows;
    TRY(pg_call(c, SQL(OPEN_MONTH), &rows, pg_int(c->site_id), pg_date(period), pg_date(period_due(period)),
                pg_int(TASK_ACTIVE), pg_int(row_max)));
    *ret_found = (int32_t) pg_get_int(&rows, 0, "found");
    return NULL;
}

bh_err *progress_store_mark_opened(bh_call *c, int32_t day) {
    pg_rows rows;
    return pg_call(c, SQL(MARK_OPENED), &rows, pg_int(c->site_id), pg_date(day));
}
