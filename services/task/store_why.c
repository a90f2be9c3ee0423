#include "domain/calendar.h"
#include "pg/pg.h"
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

task_facts task_facts_of(const pg_rows *rows, int row) {
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
        task_facts facts = task_facts_of(&rows, i);
        facts.names_other = req->unit_id;
        facts.others = others(c, &task, move);
        facts.day = pg_get_text(&rows, i, "_day");
        facts.deadline = pg_get_text(&rows, i, "_deadline");
        resp->moves[i] = answer(c, move, &facts);
    }
    resp->version = (int32_t) pg_get_int(&rows, 0, "version");
    return NULL;
}
