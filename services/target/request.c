#include "request.h"

#include <stdlib.h>
#include <string.h>

#include "domain/task.h"
#include "service/command.h"
#include "service/field.h"
#include "service/page.h"

static bh_err *check_shares(bh_call *c, const Bh__Target *target) {
    TRY(field_limit(c, "targets.shares", target->n_shares, SHARES_MAX));
    for (size_t i = 0; i < target->n_shares; i++) {
        const Bh__Share *share = target->shares[i];
        TRY(field_name(c, "targets.shares.region", share->region, WORD_MAX));
        if (*share->number)
            TRY(field_decimal(c, "targets.shares.number", share->number));
    }
    return NULL;
}

static bh_err *check_target(bh_call *c, const Bh__Target *target) {
    if (*target->target_id)
        return bh_fail_why(c, BAD_FIELD, "targets.target_id", DERIVED_ID);
    if (*target->number)
        TRY(field_decimal(c, "targets.number", target->number));
    TRY(field_name(c, "targets.metric", target->metric, TEXT_MAX));
    TRY(field_line(c, "targets.unit", target->unit, WORD_MAX));
    TRY(field_line(c, "targets.phrase", target->phrase, TEXT_MAX));
    TRY(field_line(c, "targets.row_no", target->row_no, WORD_MAX));
    TRY(field_line(c, "targets.category", target->category, WORD_MAX));
    TRY(field_line(c, "targets.sub_item", target->sub_item, TEXT_MAX));
    TRY(field_printed(c, "targets.first_line, targets.last_line", target->first_line, target->last_line));
    return check_shares(c, target);
}

static int by_bytes(const void *a, const void *b) {
    return memcmp(a, b, sizeof(uuid));
}

/* Every id that a draft of the import can have, sorted. */
static uuid *draft_ids(bh_call *c, uuid import) {
    uuid *ids = arena_array(c->mem, DRAFTS_MAX, sizeof(*ids));
    for (size_t i = 0; i < DRAFTS_MAX; i++)
        ids[i] = draft_id(import, i);
    qsort(ids, DRAFTS_MAX, sizeof(*ids), by_bytes);
    return ids;
}

/* A target belongs to a task of its own import or to none: nobody hangs targets on the drafts of others. */
static bh_err *check_tasks(bh_call *c, const target_import *import) {
    const uuid *drafts = draft_ids(c, import->import_id);
    for (size_t i = 0; i < import->n; i++) {
        uuid task_id;
        if (!*import->targets[i]->task_id)
            continue;
        TRY(field_uuid(c, "targets.task_id", import->targets[i]->task_id, &task_id));
        if (!bsearch(&task_id, drafts, DRAFTS_MAX, sizeof(*drafts), by_bytes))
            return bh_fail_why(c, BAD_FIELD, "targets.task_id", NOT_DRAFT);
    }
    return NULL;
}

bh_err *target_read_import_targets(bh_call *c, const Bh__ImportTargetsRequest *req, target_import *ret_import) {
    target_import import = { .targets = req->targets, .n = req->n_targets };
    TRY(field_import(c, req->import_id, req->document_digest, req->round, &import.import_id));
    TRY(field_limit(c, "targets", req->n_targets, TARGETS_MAX));
    TRY(check_tasks(c, &import));
    uuid *ids = arena_array(c->mem, import.n + 1, sizeof(*ids));
    for (size_t i = 0; i < import.n; i++) {
        TRY(check_target(c, import.targets[i]));
        ids[i] = uuid_derive(import.import_id, arena_printf(c->mem, "target/%zu", i + 1));
    }
    import.ids = ids;
    import.content = command_content(c, &req->base);
    *ret_import = import;
    return NULL;
}

bh_err *target_read_list_targets(bh_call *c, const Bh__ListTargetsRequest *req, target_filter *ret_filter) {
    target_filter f = { .by_task = *req->task_id };
    if (f.by_task == (*req->import_id != '\0'))
        return bh_fail_why(c, BAD_FIELD, "task_id", ONE_OF_BOTH, "task_id", "import_id");
    TRY(field_uuid(c, f.by_task ? "task_id" : "import_id", f.by_task ? req->task_id : req->import_id, &f.id));
    TRY(page_after(c, req->page_size, req->page_token, &f.row_max, &f.after_place));
    *ret_filter = f;
    return NULL;
}

bh_err *target_read_list_observations(bh_call *c, const Bh__ListObservationsRequest *req,
                                      observation_filter *ret_filter) {
    observation_filter f = { .has_after = *req->page_token };
    TRY(field_uuid(c, "target_id", req->target_id, &f.target_id));
    TRY(page_rows(c, req->page_size, &f.row_max));
    const char *after[5];
    TRY(page_parts(c, req->page_token, after, countof(after)));
    if (f.has_after) {
        TRY(field_period(c, "page_token", after[0], &f.after_period));
        TRY(page_number(c, after[1], INT32_MAX, &f.after_unit));
        TRY(field_uuid(c, "page_token", after[2], &f.after_report));
        TRY(page_number(c, after[3], INT32_MAX, &f.after_version));
        TRY(page_number(c, after[4], INT32_MAX, &f.after_place));
    }
    *ret_filter = f;
    return NULL;
}

bh_err *target_read_observations(bh_call *c, Bh__Observation **observations, size_t n) {
    TRY(field_limit(c, "observations", n, LIST_MAX));
    for (size_t i = 0; i < n; i++) {
        const Bh__Observation *o = observations[i];
        uuid id;
        int32_t period;
        TRY(field_uuid(c, "observations.target_id", o->target_id, &id));
        TRY(field_uuid(c, "observations.report_id", o->report_id, &id));
        TRY(field_period(c, "observations.period", o->period, &period));
        TRY(field_decimal(c, "observations.number", o->number));
        TRY(field_name(c, "observations.source", o->source, WORD_MAX));
    }
    return NULL;
}
