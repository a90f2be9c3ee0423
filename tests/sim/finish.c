#include "sim/finish.h"

#include <assert.h>

#include "domain/calendar.h"
#include "sim/choose.h"

enum { MOVES_A_TASK_MAX = 120, TRIES = 4 };
static const int64_t minute_ms = 60000, month_ms = 31LL * 24 * 3600 * 1000;

/* What brings a task forward, the last step first. */
static const task_move forward[] = {
    MOVE_SIGN_OFF,    MOVE_VERIFY,          MOVE_SIGN_CLOSURE,    MOVE_COUNTERSIGN,  MOVE_OVERRULE,
    MOVE_WAIVE_CHILD, MOVE_SUBMIT_LEG,      MOVE_WAIVE_MILESTONE, MOVE_ACKNOWLEDGE,  MOVE_RESUME,
    MOVE_ISSUE,       MOVE_SUBMIT,          MOVE_WAIVE_CLAUSE,    MOVE_NAME_MEMBERS, MOVE_SET,
    MOVE_MARK_ABSENT, MOVE_REQUEST_CLOSURE, MOVE_REVISE,          MOVE_SEND_BACK,
};

typedef struct finisher {
    arena *mem;
    dice *dice;
    model *model;
    journal *journal;
    int64_t now_ms;
} finisher;

static bool is_over(const model_task *t) {
    return t->state == TASK_CLOSED || t->state == TASK_ARCHIVED || t->state == TASK_TERMINATED;
}

/* A move that would be allowed and yet lead nowhere. */
static bool is_idle(const finisher *f, const model_task *t, const order *o) {
    bool is_in_time = t->deadline >= day_at(f->now_ms);
    bool has_text = t->closures && t->closures->state == CLOSURE_WRITTEN;
    const model_leg *other = leg_of_unit(t, o->other_unit);
    return (o->move == MOVE_REQUEST_CLOSURE && has_text) || (o->move == MOVE_SET && is_in_time && *t->result) ||
           (o->move == MOVE_SEND_BACK && is_in_time) || (o->move == MOVE_OVERRULE && other && other->is_overruled) ||
           (o->move == MOVE_NAME_MEMBERS && other && other->is_waived) ||
           (o->move == MOVE_REVISE && t->lead && t->leaders.n);
}

static void carry_out(finisher *f, const order *o) {
    assert(f->journal->n < JOURNAL_MAX);
    f->journal->rows[f->journal->n++] = (execution){
        .order = o, .now_ms = f->now_ms, .answer = model_execute(f->model, o, f->now_ms), .was_told = true
    };
    f->now_ms += minute_ms;
}

static bool try_order(finisher *f, const model_task *t, order *o) {
    o->key = dice_uuid_v7(f->dice, f->now_ms);
    if (is_idle(f, t, o) || !model_allows(f->model, o, f->now_ms))
        return false;
    carry_out(f, arena_memdup(f->mem, o, sizeof(*o)));
    return true;
}

/* What a draft may lack besides what is set in bulk. */
static void complete_draft(order *o) {
    o->fields = DRAFT_BIT(LEAD) | DRAFT_BIT(LEADERS);
    o->drafts[0] = (draft){ .lead = 20, .leaders = { 50 }, .result = "" };
}

static bool try_unit(finisher *f, const model_task *t, task_move move, const cast_person *who, int32_t unit_id) {
    order o = fill_order(f->dice, t, move, who, f->now_ms);
    o.other_unit = unit_id;
    o.plan_year = 2027;
    if (move == MOVE_SET) {
        o.day = workday_after(day_at(f->now_ms), 40);
        o.result = "6 km";
    }
    o.unit_count = 0;
    if (move == MOVE_REVISE)
        complete_draft(&o);
    return try_order(f, t, &o);
}

static bool try_number(finisher *f, const model_task *t, task_move move, const cast_person *who, int32_t number) {
    order o = fill_order(f->dice, t, move, who, f->now_ms);
    o.number = number;
    return try_order(f, t, &o);
}

static bool try_child(finisher *f, const model_task *t, task_move move, const cast_person *who, uuid child) {
    order o = fill_order(f->dice, t, move, who, f->now_ms);
    o.item = child;
    o.has_item = true;
    return try_order(f, t, &o);
}

/* The move by this person, about whatever there is. */
static bool try_person(finisher *f, const model_task *t, task_move move, const cast_person *who) {
    const move_row *row = move_of(move);
    if (row->about == ABOUT_CHILD) {
        for (const model_task *child = model_tasks(f->model); child; child = child->next)
            if (child->parent == t && try_child(f, t, move, who, child->id))
                return true;
        return false;
    }
    if (row->about == ABOUT_CLAUSE || row->about >= ABOUT_MILESTONE_LEFT)
        return try_number(f, t, move, who, 1) || try_number(f, t, move, who, 2);
    if (row->leg != LEG_OF_OTHER && move != MOVE_NAME_MEMBERS)
        return try_unit(f, t, move, who, 0);
    for (const model_leg *l = t->legs; l; l = l->next)
        if (try_unit(f, t, move, who, l->unit_id))
            return true;
    return false;
}

static bool try_move(finisher *f, const model_task *t, task_move move) {
    const move_row *row = move_of(move);
    if (!(row->states >> t->state & 1))
        return false;
    for (size_t i = 0; i < cast_count; i++)
        if (cast[i].is_reserve && row->posts >> cast[i].post & 1 && try_person(f, t, move, &cast[i]))
            return true;
    return false;
}

static bool step_forward(finisher *f, const model_task *t) {
    for (size_t i = 0; i < countof(forward); i++)
        if (try_move(f, t, forward[i]))
            return true;
    return false;
}

/* Where nothing can be done today, something may be when limits have passed. */
static void finish_task(finisher *f, const model_task *t) {
    for (int waits = 0, moves = 0; !is_over(t) && waits < TRIES && moves < MOVES_A_TASK_MAX; moves++)
        if (!step_forward(f, t)) {
            f->now_ms += month_ms;
            waits++;
        }
}

int64_t finish_all(arena *mem, dice *d, model *m, journal *j, int64_t now_ms) {
    finisher f = { mem, d, m, j, now_ms };
    /* Children are newer than their parents and stand before them. */
    for (const model_task *t = model_tasks(m); t; t = t->next)
        finish_task(&f, t);
    return f.now_ms;
}
