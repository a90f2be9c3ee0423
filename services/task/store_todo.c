/* What waits for a person in the life of tasks. */
#include "bihuan/v1/todo.pb-c.h"
#include "domain/application.h"
#include "domain/calendar.h"
#include "pg/pg.h"
#include "service/field.h"
#include "service/page.h"
#include "store.h"
#include "task_sql.h"

/* A milestone is to be reported from this many workdays before its day. */
enum { MILESTONE_WORKDAYS = 10 };

/* Moves that wait for somebody, as against those one may make at any time, by the kind of row they settle. */
static const struct duty {
    Bh__TodoKind kind;
    task_move move;
} duties[] = {
#define DUTY(kind, move) \
    { BH__TODO_KIND__TODO_KIND_##kind, MOVE_##move }
    DUTY(MOVE, SUBMIT),
    DUTY(MOVE, ISSUE),
    DUTY(MOVE, ACKNOWLEDGE),
    DUTY(MOVE, SUBMIT_LEG),
    DUTY(MOVE, COUNTERSIGN),
    DUTY(MOVE, REQUEST_CLOSURE),
    DUTY(MOVE, SIGN_CLOSURE),
    DUTY(MOVE, VERIFY),
    DUTY(MOVE, SIGN_OFF),
    DUTY(MOVE, RESUME),
    DUTY(APPLICATION, GRANT_RETURN),
    DUTY(APPLICATION, GRANT_EXTENSION),
    DUTY(APPLICATION, GRANT_SUSPENSION),
    DUTY(APPLICATION, GRANT_ADJUSTMENT),
    DUTY(APPLICATION, GRANT_TERMINATION),
    DUTY(APPLICATION, REFUSE_APPLICATION),
    DUTY(DISSENT, UPHOLD),
    DUTY(DISSENT, OVERRULE),
    DUTY(MILESTONE, REPORT_MILESTONE),
    DUTY(MILESTONE, APPROVE_MILESTONE),
    DUTY(MILESTONE, CONFIRM_MILESTONE),
#undef DUTY
};

/* ---- which rows to ask for */

static bool is_of_post(task_move move, post_kind post) {
    return move_of(move)->posts >> post & 1;
}

/* States in which a task waits for the post as a whole, in ret_states (one element a bit at most). */
static size_t states_of_post(post_kind post, int32_t *ret_states) {
    uint32_t states = 0;
    size_t n = 0;
    for (size_t i = 0; i < countof(duties); i++)
        if (duties[i].kind == BH__TODO_KIND__TODO_KIND_MOVE && is_of_post(duties[i].move, post))
            states |= move_of(duties[i].move)->states;
    for (int32_t state = 0; states >> state; state++)
        if (states >> state & 1)
            ret_states[n++] = state;
    return n;
}

static uint64_t facts_of_post(post_kind post) {
    uint64_t facts = 0;
    for (size_t i = 0; i < countof(duties); i++)
        if (is_of_post(duties[i].move, post))
            facts |= move_needs(duties[i].move) | move_forbids(duties[i].move);
    return facts;
}

/* ---- the place behind which a page begins: due, created, position, task, item */

typedef struct todo_place {
    int32_t rows;
    bool is_set;
    int32_t due;
    int64_t created_ms, position;
    uuid task;
    const char *item;
} todo_place;

static bh_err *place_parse(bh_call *c, const Bh__ListTodoRequest *req, todo_place *ret_place) {
    todo_place p = { 0 };
    const char *parts[5];
    TRY(page_rows(c, req->page_size, &p.rows));
    TRY(page_parts(c, req->page_token, parts, countof(parts)));
    p.is_set = parts[0];
    if (p.is_set) {
        if (!day_parse(parts[0], &p.due))
            return bh_fail_why(c, BAD_FIELD, "page_token", NOT_PAGE_TOKEN);
        TRY(page_number(c, parts[1], INT64_MAX, &p.created_ms));
        TRY(page_number(c, parts[2], INT32_MAX, &p.position));
        TRY(field_uuid(c, "page_token", parts[3], &p.task));
        p.item = parts[4];
    }
    *ret_place = p;
    return NULL;
}

static char *place_token(bh_call *c, bool has_more, const pg_rows *rows, size_t n) {
    int last = (int) n - 1;
    if (!has_more)
        return (char *) "";
    return arena_printf(c->mem, "%s/%lld/%lld/%s/%s", pg_get_text(rows, last, "_place"),
                        (long long) pg_get_int(rows, last, "_created_ms"),
                        (long long) pg_get_int(rows, last, "_position"), pg_get_text(rows, last, "task_id"),
                        pg_get_text(rows, last, "_item"));
}

/* ---- one row */

/* An application is granted by the move of its kind; any is refused by the same one. */
static bool is_meant(const struct duty *duty, const Bh__Todo *t, move_about asked) {
    move_about about = move_of(duty->move)->about;
    return duty->kind == t->kind && (asked == ABOUT_NOTHING || about == asked || about == ABOUT_APPLICATION);
}

static void add_moves(bh_call *c, const task_facts *facts, move_about asked, Bh__Todo *t) {
    t->moves = arena_array(c->mem, countof(duties), sizeof(t->moves[0]));
    for (size_t i = 0; i < countof(duties); i++)
        if (is_meant(&duties[i], t, asked) && !move_refusal(c, duties[i].move, (post_kind) c->who.post, facts))
            t->moves[t->n_moves++] = (char *) move_of(duties[i].move)->name;
}

/* A draft that cannot be submitted yet says all that is missing, as the refusal would. */
static void add_missing(bh_call *c, const task_facts *facts, Bh__Todo *t) {
    bool is_draft = t->kind == BH__TODO_KIND__TODO_KIND_MOVE && facts->state == TASK_DRAFT;
    bh_err *e = is_draft ? move_refusal(c, MOVE_SUBMIT, (post_kind) c->who.post, facts) : NULL;
    if (!e)
        return;
    t->kind = BH__TODO_KIND__TODO_KIND_DRAFT;
    t->missing = arena_array(c->mem, GUARD_COUNT, sizeof(t->missing[0]));
    t->n_missing = move_missing(MOVE_SUBMIT, facts->facts, (const char **) t->missing);
    t->message_zh = (char *) e->zh;
    t->message_en = (char *) e->en;
}

static char *with_told(bh_call *c, const char *move, const char *note, const char *colon, const char *between,
                       const char *message) {
    return arena_printf(c->mem, "%s%s%s%s%s", move, *note ? colon : "", note, *message ? between : "", message);
}

/* Why it came back or that it is urged stands before what is to be done. */
static void add_told(bh_call *c, const pg_rows *rows, int row, Bh__Todo *t) {
    const char *move = pg_get_text(rows, row, "_told_move"), *note = pg_get_text(rows, row, "_told");
    if (!*move)
        return;
    t->message_zh = with_told(c, move_named(move)->zh, note, "：", "；", t->message_zh);
    t->message_en = with_told(c, move_named(move)->en, note, ": ", "; ", t->message_en);
}

/* Who asks for what, or what is to be reached, in the words of people. */
static void add_words(bh_call *c, const pg_rows *rows, int row, Bh__Todo *t) {
    const char *unit = pg_get_text(rows, row, "_unit_name"), *words = pg_get_text(rows, row, "_words");
    const application_row *asked = application_of((move_about) pg_get_int(rows, row, "_asked_kind"));
    t->message_zh = arena_printf(c->mem, "%s%s%s", unit, *unit ? "：" : "", words);
    t->message_en = arena_printf(c->mem, "%s%s%s", unit, *unit ? ": " : "", words);
    if (!asked || asked->field == ASKS_NOTHING)
        return;
    const char *value = pg_get_text(rows, row, "_asked");
    t->message_zh = arena_printf(c->mem, "%s（%s %s）", t->message_zh, asked->zh, value);
    t->message_en = arena_printf(c->mem, "%s (%s %s)", t->message_en, asked->en, value);
}

static void add_task(bh_call *c, const pg_rows *rows, int row, Bh__Todo *t) {
    t->task = arena_alloc(c->mem, sizeof(*t->task));
    bh__task__init(t->task);
    pg_fill(c, rows, row, &t->task->base);
    task_derive(c, t->task);
}

static Bh__Todo *todo(bh_call *c, const pg_rows *rows, int row) {
    Bh__Todo *t = arena_alloc(c->mem, sizeof(*t));
    bh__todo__init(t);
    int32_t due, today = day_at(c->now_ms);
    task_facts facts = task_facts_of(rows, row);
    facts.names_other = true;
    /* An application that can no longer be granted as it is waits all the same. */
    facts.facts |= UINT64_C(1) << FACT_DAY_EXTENDS | UINT64_C(1) << FACT_DAY_AHEAD;
    t->kind = (Bh__TodoKind) pg_get_int(rows, row, "_kind");
    t->item = arena_strdup(c->mem, pg_get_text(rows, row, "_item"));
    t->due = arena_strdup(c->mem, pg_get_text(rows, row, "_due"));
    if (day_parse(t->due, &due) && due < today)
        t->overdue_workdays = workdays_between(due, today);
    add_task(c, rows, row, t);
    add_words(c, rows, row, t);
    add_moves(c, &facts, (move_about) pg_get_int(rows, row, "_asked_kind"), t);
    add_missing(c, &facts, t);
    add_told(c, rows, row, t);
    return t;
}

/* Rows of which nothing is the caller's to settle now. */
static void drop_idle(Bh__ListTodoResponse *resp) {
    size_t kept = 0;
    for (size_t i = 0; i < resp->n_todos; i++)
        if (resp->todos[i]->n_moves || resp->todos[i]->n_missing)
            resp->todos[kept++] = resp->todos[i];
    resp->n_todos = kept;
}

bh_err *task_store_todo(bh_call *c, const Bh__ListTodoRequest *req, Bh__ListTodoResponse *resp) {
    int32_t states[32], today = day_at(c->now_ms);
    post_kind post = (post_kind) c->who.post;
    size_t n = states_of_post(post, states);
    todo_place p;
    TRY(place_parse(c, req, &p));
    pg_rows rows;
    TRY(pg_call(c, &task_sql[TASK_SQL_TODO], &rows, pg_int(c->site_id), pg_int(c->who.user_id), pg_int(c->who.unit_id),
                pg_int(c->who.post), pg_int(c->who.leader_id), pg_ints(states, n),
                p.is_set ? pg_date(p.due) : pg_null(), pg_int(p.created_ms), pg_int(p.position),
                p.is_set ? pg_uuid(&p.task) : pg_null(), pg_text(p.item ? p.item : ""),
                pg_date(workday_after(today, MILESTONE_WORKDAYS)), pg_date(today), pg_int(c->now_ms),
                pg_int((int64_t) facts_of_post(post)), pg_int(p.rows)));
    resp->n_todos = (size_t) rows.count;
    resp->todos = arena_array(c->mem, resp->n_todos + 1, sizeof(resp->todos[0]));
    for (int i = 0; i < rows.count; i++)
        resp->todos[i] = todo(c, &rows, i);
    bool has_more = page_cut(resp->todos, &resp->n_todos, p.rows);
    resp->next_page_token = place_token(c, has_more, &rows, resp->n_todos);
    drop_idle(resp);
    return NULL;
}
