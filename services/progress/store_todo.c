/* Reports that wait for a person. */
#include "domain/calendar.h"
#include "pg/pg.h"
#include "progress_sql.h"
#include "service/field.h"
#include "service/page.h"
#include "store.h"

/* What a report waits for in a state, and for whom. */
static const struct duty {
    report_state state;
    post_kind post;
    Bh__TodoKind kind;
} duties[] = {
    { REPORT_OPEN, POST_HANDLER, BH__TODO_KIND__TODO_KIND_REPORT },
    { REPORT_SENT_BACK, POST_HANDLER, BH__TODO_KIND__TODO_KIND_REPORT_RETURNED },
    { REPORT_SUBMITTED, POST_HEAD, BH__TODO_KIND__TODO_KIND_REPORT_REVIEW },
};

static uint32_t states_of_post(post_kind post) {
    uint32_t states = 0;
    for (size_t i = 0; i < countof(duties); i++)
        if (duties[i].post == post)
            states |= 1u << duties[i].state;
    return states;
}

static Bh__TodoKind kind_of(report_state state) {
    for (size_t i = 0; i < countof(duties); i++)
        if (duties[i].state == state)
            return duties[i].kind;
    return BH__TODO_KIND__TODO_KIND_UNSPECIFIED;
}

/* The month, and why it was sent back. */
static void add_words(bh_call *c, const pg_rows *rows, int row, Bh__Todo *t) {
    bool is_returned = t->kind == BH__TODO_KIND__TODO_KIND_REPORT_RETURNED;
    const char *note = is_returned ? pg_get_text(rows, row, "_note") : "";
    const char *period = pg_get_text(rows, row, "_period");
    t->message_zh = arena_printf(c->mem, "%s%s%s", period, *note ? "：" : "", note);
    t->message_en = arena_printf(c->mem, "%s%s%s", period, *note ? ": " : "", note);
}

static Bh__Todo *todo(bh_call *c, const pg_rows *rows, int row) {
    Bh__Todo *t = arena_alloc(c->mem, sizeof(*t));
    bh__todo__init(t);
    int32_t due, today = day_at(c->now_ms);
    t->kind = kind_of((report_state) pg_get_int(rows, row, "_report_state"));
    t->item = arena_strdup(c->mem, pg_get_text(rows, row, "_report_id"));
    t->due = arena_strdup(c->mem, pg_get_text(rows, row, "_due"));
    if (day_parse(t->due, &due) && due < today)
        t->overdue_workdays = workdays_between(due, today);
    t->task = arena_alloc(c->mem, sizeof(*t->task));
    bh__task__init(t->task);
    pg_fill(c, rows, row, &t->task->base);
    add_words(c, rows, row, t);
    return t;
}

/* The place behind which a page begins. */
typedef struct todo_place {
    int32_t rows;
    bool is_set;
    int32_t due;
    uuid report;
} todo_place;

static bh_err *place_parse(bh_call *c, const Bh__ListReportTodoRequest *req, todo_place *ret_place) {
    todo_place p = { 0 };
    const char *parts[2];
    TRY(page_rows(c, req->page_size, &p.rows));
    TRY(page_parts(c, req->page_token, parts, countof(parts)));
    p.is_set = parts[0];
    if (p.is_set && !day_parse(parts[0], &p.due))
        return bh_fail_why(c, BAD_FIELD, "page_token", NOT_PAGE_TOKEN);
    if (p.is_set)
        TRY(field_uuid(c, "page_token", parts[1], &p.report));
    *ret_place = p;
    return NULL;
}

bh_err *progress_store_todo(bh_call *c, const Bh__ListReportTodoRequest *req, Bh__ListReportTodoResponse *resp) {
    todo_place p;
    TRY(place_parse(c, req, &p));
    pg_rows rows;
    TRY(pg_call(c, &progress_sql[PROGRESS_SQL_TODO], &rows, pg_int(c->site_id), pg_int(c->who.unit_id),
                pg_int(c->who.user_id), pg_int(states_of_post((post_kind) c->who.post)),
                pg_int(report_move_of(REPORT_MOVE_SUBMIT)->task_states), p.is_set ? pg_date(p.due) : pg_null(),
                p.is_set ? pg_uuid(&p.report) : pg_null(), pg_int(p.rows)));
    resp->n_todos = (size_t) rows.count;
    resp->todos = arena_array(c->mem, resp->n_todos + 1, sizeof(resp->todos[0]));
    for (int i = 0; i < rows.count; i++)
        resp->todos[i] = todo(c, &rows, i);
    bool has_more = page_cut(resp->todos, &resp->n_todos, p.rows);
    int last = (int) resp->n_todos - 1;
    if (has_more)
        resp->next_page_token =
            arena_printf(c->mem, "%s/%s", pg_get_text(&rows, last, "_due"), pg_get_text(&rows, last, "_report_id"));
    return NULL;
}
