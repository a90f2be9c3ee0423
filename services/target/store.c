#include "store.h"

#include "service/page.h"
#include "target_sql.h"
#include "json/json.h"

#define SQL(name) (&target_sql[TARGET_SQL_##name])
/* The first arguments of every read. */
#define READER(c) pg_int((c)->site_id), pg_int((c)->who.unit_id), pg_int((c)->who.post), pg_int((c)->who.leader_id)

/* One audit entry per target, in hex: a list of byte strings has no place among the arguments of a set. */
static pg_value leaf_bodies(bh_call *c, const command *cmd, const target_import *import) {
    const char **bodies = arena_array(c->mem, import->n + 1, sizeof(*bodies));
    for (size_t i = 0; i < import->n; i++) {
        const char *id = uuid_text(c->mem, import->ids[i]);
        pg_value body = command_leaf(c, cmd, "target", id, 1, "IMPORT", "");
        bodies[i] = hex(c->mem, body.bytes, body.size);
    }
    return pg_texts(bodies, import->n);
}

static pg_value id_list(bh_call *c, const target_import *import) {
    const char **ids = arena_array(c->mem, import->n + 1, sizeof(*ids));
    for (size_t i = 0; i < import->n; i++)
        ids[i] = uuid_text(c->mem, import->ids[i]);
    return pg_texts(ids, import->n);
}

bh_err *target_store_import_targets(bh_call *c, const command *cmd, const target_import *import, int32_t *ret_count) {
    const char *id = uuid_text(c->mem, import->import_id);
    buf targets;
    buf_init(&targets, c->mem);
    json_write_list(&targets, import->targets, import->n, JSON_SQL);
    pg_rows rows;
    TRY(pg_call(c, SQL(IMPORT_TARGETS), &rows, pg_int(c->site_id), pg_uuid(&import->import_id), pg_uuid(&cmd->key),
                pg_bytes(cmd->fingerprint, sizeof(cmd->fingerprint)), import->content, pg_text(targets.s),
                id_list(c, import), leaf_bodies(c, cmd, import)));
    TRY(command_outcome(c, cmd, &rows, id));
    if (pg_get_int(&rows, 0, "outcome") == OUTCOME_REFUSED)
        return bh_fail(c, IMPORT_DIFFERS, id);
    *ret_count = (int32_t) pg_get_int(&rows, 0, "target_count");
    return NULL;
}

static bh_err *read_targets(bh_call *c, const pg_rows *rows, Bh__Target ***ret_targets, size_t *ret_n) {
    *ret_targets = pg_fill_all(c, rows, &bh__target__descriptor, ret_n);
    for (size_t i = 0; i < *ret_n; i++)
        TRY(json_parse_list(c, pg_get_text(rows, (int) i, "_shares"), "shares", &(*ret_targets)[i]->base));
    return NULL;
}

bh_err *target_store_get_target(bh_call *c, uuid target_id, Bh__Target **ret_target) {
    pg_rows rows;
    TRY(pg_call(c, SQL(GET_TARGET), &rows, READER(c), pg_uuid(&target_id)));
    if (rows.count == 0)
        return bh_fail(c, NOT_FOUND_OBJECT, uuid_text(c->mem, target_id));
    Bh__Target **targets;
    size_t n;
    TRY(read_targets(c, &rows, &targets, &n));
    *ret_target = targets[0];
    return NULL;
}

/* Of the last of the first n rows, for the token of the next page. */
static int32_t last_place(const pg_rows *rows, size_t n) {
    return n ? (int32_t) pg_get_int(rows, (int) n - 1, "_place") : 0;
}

bh_err *target_store_list_targets(bh_call *c, const target_filter *f, Bh__ListTargetsResponse *ret_page) {
    const pg_stmt *list = f->by_task ? SQL(LIST_BY_TASK) : SQL(LIST_BY_IMPORT);
    pg_rows rows;
    TRY(pg_call(c, list, &rows, READER(c), pg_uuid(&f->id), pg_int(f->after_place), pg_int(f->row_max)));
    TRY(read_targets(c, &rows, &ret_page->targets, &ret_page->n_targets));
    bool has_more = page_cut(ret_page->targets, &ret_page->n_targets, f->row_max);
    ret_page->next_page_token = page_token(c, has_more, last_place(&rows, ret_page->n_targets));
    return NULL;
}

bh_err *target_store_list_observations(bh_call *c, const observation_filter *f,
                                       Bh__ListObservationsResponse *ret_page) {
    pg_rows rows;
    TRY(pg_call(c, SQL(LIST_OBSERVATIONS), &rows, READER(c), pg_uuid(&f->target_id),
                f->has_after ? pg_date(f->after_period) : pg_null(), pg_int(f->after_unit), pg_uuid(&f->after_report),
                pg_int(f->after_version), pg_int(f->after_place), pg_int(f->row_max)));
    ret_page->observations = pg_fill_all(c, &rows, &bh__observation__descriptor, &ret_page->n_observations);
    if (page_cut(ret_page->observations, &ret_page->n_observations, f->row_max)) {
        const Bh__Observation *last = ret_page->observations[ret_page->n_observations - 1];
        ret_page->next_page_token = arena_printf(c->mem, "%s/%d/%s/%d/%d", last->period, last->unit_id, last->report_id,
                                                 last->report_version, last_place(&rows, ret_page->n_observations));
    }
    return NULL;
}

bh_err *target_store_record_observations(bh_call *c, uuid event_id, Bh__Observation **observations, size_t n,
                                         int32_t *ret_unknown) {
    buf list;
    buf_init(&list, c->mem);
    json_write_list(&list, observations, n, JSON_SQL);
    pg_rows rows;
    TRY(pg_call(c, SQL(RECORD_OBSERVATIONS), &rows, pg_int(c->site_id), pg_uuid(&event_id), pg_text(list.s),
                pg_int(c->now_ms)));
    *ret_unknown = (int32_t) pg_get_int(&rows, 0, "unknown");
    return NULL;
}
