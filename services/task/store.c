#include "store.h"

#include <string.h>

#include "base/buf.h"
#include "domain/calendar.h"
#include "pg/pg.h"
#include "place.h"
#include "service/field.h"
#include "service/page.h"
#include "task_sql.h"
#include "json/json.h"

/* ---- drafts */

/* The audit entry of a draft names the draft's own id; its key is derived from the command's. */
static void add_draft(bh_call *c, const command *cmd, const char *task_id, const Bh__Draft *draft, buf *out) {
    command own = command_for(cmd, task_id);
    pg_value body = command_leaf(c, &own, "task", task_id, 1, move_of(MOVE_NONE)->name, "");
    buf_addf(out, "{\"task_id\":\"%s\",\"body\":\"%s\",\"draft\":", task_id, hex(c->mem, body.bytes, body.size));
    json_write(out, &draft->base, JSON_SQL);
    buf_addc(out, '}');
}

char **task_draft_ids(bh_call *c, uuid parent, size_t n) {
    char **ids = arena_array(c->mem, n, sizeof(ids[0]));
    for (size_t i = 0; i < n; i++)
        ids[i] = uuid_text(c->mem, draft_id(parent, i));
    return ids;
}

const char *task_draft_list(bh_call *c, const command *cmd, uuid parent, Bh__Draft *const *drafts, size_t n) {
    char **ids = task_draft_ids(c, parent, n);
    buf out;
    buf_init(&out, c->mem);
    buf_addc(&out, '[');
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_addc(&out, ',');
        add_draft(c, cmd, ids[i], drafts[i], &out);
    }
    buf_addc(&out, ']');
    return out.s;
}

bh_err *task_store_misnamed(bh_call *c, const pg_rows *rows) {
    enum { NO_UNIT = 11, COLLECTIVE = 12, NO_LEADER = 13, LEADERSHIP = 14, DOUBLED = 15, NO_LEG = 16 };
    const char *id = arena_printf(c->mem, "%d", (int) pg_get_int(rows, 0, "_misnamed"));
    const char *name = pg_get_text(rows, 0, "_misnamed_name");
    const char *unit = arena_printf(c->mem, "%s (%s)", name, id);
    switch (pg_get_int(rows, 0, "outcome")) {
    case NO_UNIT:
        return bh_fail(c, UNIT_UNKNOWN, id);
    case COLLECTIVE:
        return bh_fail(c, NOT_ONE_UNIT, unit);
    case NO_LEADER:
        return bh_fail(c, NOT_A_LEADER, id);
    case LEADERSHIP:
        return bh_fail(c, LEADERSHIP_NAMED, unit);
    case DOUBLED:
        return bh_fail(c, UNIT_DOUBLED, unit);
    case NO_LEG:
        return *name ? bh_fail(c, UNIT_WITHOUT_LEG, unit) : bh_fail(c, UNIT_UNKNOWN, id);
    default:
        return NULL;
    }
}

bh_err *task_store_create(bh_call *c, const Bh__CreateTaskRequest *req, Bh__CreateTaskResponse *resp) {
    command cmd;
    TRY(command_begin(c, req->request_id, &cmd));
    buf list;
    buf_init(&list, c->mem);
    buf_addc(&list, '[');
    add_draft(c, &cmd, uuid_text(c->mem, cmd.key), req->draft, &list);
    buf_addc(&list, ']');
    pg_rows rows;
    TRY(pg_call(c, &task_sql[TASK_SQL_CREATE], &rows, pg_int(c->site_id), pg_uuid(&cmd.key), pg_uuid(&cmd.key),
                pg_bytes(cmd.fingerprint, SHA256_SIZE), pg_text(list.s), pg_int(c->who.user_id), pg_text(c->who.login),
                pg_int(c->who.unit_id), pg_int(c->who.post), pg_int(c->now_ms), pg_date(day_at(c->now_ms))));
    TRY(task_store_misnamed(c, &rows));
    TRY(command_outcome(c, &cmd, &rows, req->request_id));
    pg_fill(c, &rows, 0, &resp->base);
    return NULL;
}

/* ---- what is derived, never stored */

typedef struct holder_row {
    const char *when_in_time;
    const char *past_review; /* a suspension past its review date is booked to the office */
} holder_row;

static const holder_row holders[] = {
#define OFFICE \
    { "office", "office" }
#define UNIT \
    { "unit", "unit" }
#define LEADER \
    { "leader", "leader" }
#define NOBODY \
    { "", "office" }
#define TASK_STATE(name, number, zh, en, holder) [number] = holder,
#include "domain/task_states.def"
#undef TASK_STATE
#undef OFFICE
#undef UNIT
#undef LEADER
#undef NOBODY
};

void task_derive(const bh_call *c, Bh__Task *task) {
    int32_t today = day_at(c->now_ms), deadline, review;
    bool has_deadline = day_parse(task->deadline, &deadline);
    task_state state = (task_state) task->state;
    bool is_past_review = state == TASK_SUSPENDED && day_parse(task->review_day, &review) && review < today;
    const holder_row *holder = &holders[state];
    task->clock_holder = (char *) (is_past_review ? holder->past_review : holder->when_in_time);
    if (!has_deadline)
        return;
    task->is_provisional = !is_published(deadline);
    /* A unit is never late while others hold the task. */
    if ((state == TASK_ISSUED || state == TASK_ACTIVE) && deadline < today)
        task->overdue_workdays = workdays_between(deadline, today);
}

/* ---- reads */

/* No row or one; whether there is one that the caller may read. */
static bh_err *find_row(bh_call *c, const char *task_id, pg_rows *ret_rows, bool *ret_is_readable) {
    uuid id;
    TRY(field_uuid(c, "task_id", task_id, &id));
    TRY(pg_call(c, &task_sql[TASK_SQL_GET], ret_rows, pg_int(c->site_id), pg_uuid(&id), pg_int(c->who.unit_id),
                pg_int(c->who.post), pg_int(c->who.leader_id)));
    *ret_is_readable = ret_rows->count && pg_get_int(ret_rows, 0, "readable");
    return NULL;
}

static bh_err *read_row(bh_call *c, const pg_rows *rows, int row, Bh__Task **ret_task) {
    const char *json = pg_get_text(rows, row, "json");
    ProtobufCMessage *task;
    TRY(json_parse(c, json, strlen(json), &bh__task__descriptor, &task));
    *ret_task = (Bh__Task *) task;
    return NULL;
}

bh_err *task_store_get(bh_call *c, const char *task_id, Bh__Task **ret_task) {
    pg_rows rows;
    bool is_readable;
    TRY(find_row(c, task_id, &rows, &is_readable));
    if (!is_readable)
        return bh_fail(c, NOT_FOUND_OBJECT, task_id);
    TRY(read_row(c, &rows, 0, ret_task));
    task_derive(c, *ret_task);
    return NULL;
}

bh_err *task_store_changed(bh_call *c, const char *const *task_ids, size_t n, Bh__Task **ret_tasks) {
    pg_rows rows;
    TRY(pg_call(c, &task_sql[TASK_SQL_CHANGED], &rows, pg_int(c->site_id), pg_texts(task_ids, n)));
    for (size_t i = 0; i < n; i++)
        ret_tasks[i] = NULL;
    for (int row = 0; row < rows.count; row++)
        TRY(read_row(c, &rows, row, &ret_tasks[pg_get_int(&rows, row, "place") - 1]));
    return NULL;
}

bh_err *task_store_days(bh_call *c, const char *task_id, int32_t *ret_deadline, int32_t *ret_suspended) {
    pg_rows rows;
    bool is_readable;
    TRY(find_row(c, task_id, &rows, &is_readable));
    *ret_deadline = is_readable ? (int32_t) pg_get_int(&rows, 0, "deadline_day") : 0;
    *ret_suspended = is_readable ? (int32_t) pg_get_int(&rows, 0, "suspended_day") : 0;
    return NULL;
}

/* Empty means no filter. */
static bh_err *optional_id(bh_call *c, const char *field, const char *text, pg_value *ret_value) {
    uuid *id = arena_alloc(c->mem, sizeof(*id));
    *ret_value = pg_null();
    if (!*text)
        return NULL;
    TRY(field_uuid(c, field, text, id));
    *ret_value = pg_uuid(id);
    return NULL;
}

bh_err *task_store_list(bh_call *c, const Bh__ListTasksRequest *req, Bh__ListTasksResponse *resp) {
    task_place p;
    pg_value import, parent;
    TRY(task_place_parse(c, req->page_size, req->page_token, &p));
    TRY(optional_id(c, "import_id", req->import_id, &import));
    TRY(optional_id(c, "parent_task_id", req->parent_task_id, &parent));
    pg_rows rows;
    TRY(pg_call(c, &task_sql[TASK_SQL_LIST], &rows, pg_int(c->site_id), pg_int(c->who.unit_id), pg_int(c->who.post),
                pg_int(c->who.leader_id), pg_int(p.after_ms), pg_int(p.after_position),
                p.has_task ? pg_uuid(&p.after_task) : pg_null(), pg_int(req->state), pg_int(req->unit_id), import,
                parent, pg_text(req->no), req->overdue ? pg_date(day_at(c->now_ms)) : pg_null(), pg_int(p.rows)));
    resp->tasks = pg_fill_all(c, &rows, &bh__task__descriptor, &resp->n_tasks);
    for (size_t i = 0; i < resp->n_tasks; i++)
        task_derive(c, resp->tasks[i]);
    bool has_more = page_cut(resp->tasks, &resp->n_tasks, p.rows);
    resp->next_page_token = task_place_token(c, has_more, &rows, resp->n_tasks);
    return NULL;
}
