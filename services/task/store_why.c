#include "domain/calendar.h"
#include "pg/pg.h"
#include "place.h"
#include "service/field.h"
#include "store.h"
#include "task_sql.h"
#include "json/json.h"

#define F(name) (UINT64_C(1) << FACT_##name)

/* Nothing is named when one only asks, so what would be checked about the thing named is taken as right. */
static const uint64_t unasked = F(EVIDENCE_KNOWN);

/* Whose legs this move may be about now, by name and number. */
static const char *others(bh_call *c, const Bh__Task *task, task_move move) {
    const move_row *row = move_of(move);
    bool takes_lead = !(move_forbids(move) & F(OTHER_LEADS));
    buf out;
    buf_init(&out, c->mem);
    for (size_t i = 0; i < task->n_legs; i++) {
        const Bh__Leg *leg = task->legs[i];
        if ((row->leg_states >> leg->state & 1) && (takes_lead || leg->role != BH__LEG_ROLE__LEG_ROLE_LEAD))
            buf_addf(&out, "%s%s (%d)", out.n ? ", " : "", leg->unit_name, leg->unit_id);
    }
    return out.s;
}

static task_facts facts_of(const pg_rows *rows, int row) {
    return (task_facts){
        .state = (task_state) pg_get_int(rows, row, "state"),
        .own_leg = (leg_state) pg_get_int(rows, row, "_own_leg"),
        .other_leg = (leg_state) pg_get_int(rows, row, "_other_leg"),
        .facts = (uint64_t) pg_get_int(rows, row, "_facts") | unasked,
    };
}

static Bh__MoveAnswer *answer(bh_call *c, task_move move, const task_facts *facts) {
    const move_row *row = move_of(move);
    const bh_err *e = move_refusal(c, move, (post_kind) c->who.post, facts);
    Bh__MoveAnswer *a = arena_alloc(c->mem, sizeof(*a));
    bh__move_answer__init(a);
    a->move = (char *) row->name;
    a->label_zh = (char *) row->zh;
    a->label_en = (char *) row->en;
    a->allowed = !e;
    if (e) {
        a->reason = (char *) e->reason;
        a->message_zh = (char *) e->zh;
        a->message_en = (char *) e->en;
        a->unblock_zh = (char *) e->unblock_zh;
        a->unblock_en = (char *) e->unblock_en;
    }
    return a;
}

bh_err *task_store_explain(bh_call *c, const Bh__ExplainMovesRequest *req, Bh__ExplainMovesResponse *resp) {
    enum { N = MOVE_COUNT - 1 };
    int32_t moves[N], abouts[N];
    for (int m = 0; m < N; m++) {
        moves[m] = m + 1;
        abouts[m] = (int32_t) move_of((task_move) (m + 1))->about;
    }
    uuid id;
    Bh__Task task = BH__TASK__INIT;
    TRY(field_uuid(c, "task_id", req->task_id, &id));
    pg_rows rows;
    TRY(pg_call(c, &task_sql[TASK_SQL_EXPLAIN], &rows, pg_int(c->site_id), pg_uuid(&id), pg_int(c->who.user_id),
                pg_int(c->who.unit_id), pg_int(c->who.post), pg_int(c->who.leader_id), pg_int(req->unit_id),
                pg_date(day_at(c->now_ms)), pg_int(c->now_ms), pg_ints(moves, N), pg_ints(abouts, N)));
    if (!rows.count || !pg_get_int(&rows, 0, "readable"))
        return bh_fail(c, NOT_FOUND_OBJECT, req->task_id);
    TRY(json_parse_list(c, pg_get_text(&rows, 0, "_legs"), "legs", &task.base));
    resp->n_moves = (size_t) rows.count;
    resp->moves = arena_array(c->mem, resp->n_moves, sizeof(resp->moves[0]));
    for (int i = 0; i < rows.count; i++) {
        task_move move = (task_move) pg_get_int(&rows, i, "move");
        task_facts facts = facts_of(&rows, i);
        facts.names_other = req->unit_id;
        facts.others = others(c, &task, move);
        resp->moves[i] = answer(c, move, &facts);
    }
    resp->version = (int32_t) pg_get_int(&rows, 0, "version");
    return NULL;
}

/* Moves that wait for somebody, as against those one may make at any time. */
static const task_move duties[] = {
    MOVE_SUBMIT,       MOVE_ISSUE,           MOVE_ACKNOWLEDGE,      MOVE_SUBMIT_LEG,       MOVE_COUNTERSIGN,
    MOVE_UPHOLD,       MOVE_REQUEST_CLOSURE, MOVE_SIGN_CLOSURE,     MOVE_VERIFY,           MOVE_SIGN_OFF,
    MOVE_GRANT_RETURN, MOVE_GRANT_EXTENSION, MOVE_GRANT_SUSPENSION, MOVE_GRANT_ADJUSTMENT, MOVE_GRANT_TERMINATION,
};

static uint32_t states_of_duties(post_kind post) {
    uint32_t states = 0;
    for (size_t i = 0; i < countof(duties); i++)
        if (move_of(duties[i])->posts >> post & 1)
            states |= move_of(duties[i])->states;
    return states;
}

/* The facts are those of an application of any kind; only a kind that is open waits for a decision. */
static bool is_open(task_move move, int64_t open_kinds) {
    move_about about = move_of(move)->about;
    return about == ABOUT_NOTHING || open_kinds >> about & 1;
}

static Bh__Todo *todo(bh_call *c, const pg_rows *rows, int row) {
    Bh__Todo *t = arena_alloc(c->mem, sizeof(*t));
    bh__todo__init(t);
    t->moves = arena_array(c->mem, countof(duties), sizeof(t->moves[0]));
    task_facts facts = facts_of(rows, row);
    facts.names_other = true;
    int64_t open_kinds = pg_get_int(rows, row, "_open_kinds");
    for (size_t i = 0; i < countof(duties); i++)
        if (is_open(duties[i], open_kinds) && !move_refusal(c, duties[i], (post_kind) c->who.post, &facts))
            t->moves[t->n_moves++] = (char *) move_of(duties[i])->name;
    t->task = arena_alloc(c->mem, sizeof(*t->task));
    bh__task__init(t->task);
    pg_fill(c, rows, row, &t->task->base);
    task_derive(c, t->task);
    return t;
}

bh_err *task_store_todo(bh_call *c, const Bh__ListTodoRequest *req, Bh__ListTodoResponse *resp) {
    task_place p;
    TRY(task_place_parse(c, req->page_size, req->page_token, &p));
    pg_rows rows;
    TRY(pg_call(c, &task_sql[TASK_SQL_TODO], &rows, pg_int(c->site_id), pg_int(c->who.user_id), pg_int(c->who.unit_id),
                pg_int(c->who.post), pg_int(c->who.leader_id), pg_int(p.after_ms), pg_int(p.after_position),
                p.has_task ? pg_uuid(&p.after_task) : pg_null(), pg_int(states_of_duties((post_kind) c->who.post)),
                pg_date(day_at(c->now_ms)), pg_int(c->now_ms), pg_int(p.rows)));
    resp->todos = arena_array(c->mem, (size_t) rows.count + 1, sizeof(resp->todos[0]));
    for (int i = 0; i < rows.count; i++) {
        Bh__Todo *t = todo(c, &rows, i);
        if (t->n_moves)
            resp->todos[resp->n_todos++] = t;
    }
    resp->next_page_token = task_place_token(c, &p, &rows);
    return NULL;
}
