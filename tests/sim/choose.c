#include "sim/choose.h"

#include "domain/calendar.h"

enum { TASKS_MAX = 12, ROOTS_MAX = 4, CANDIDATES = 24 };

static const int32_t leads[] = { 20, 21, 30 };
static const int32_t co_units[] = { 21, 22, 31, 41, 40, 0 };
static const int32_t bureaus[] = { 20, 21, 22, 30, 31, 33 };

#define PICK(d, array) ((array)[dice_below((d), countof(array))])

/* ---- drafts */

static draft any_draft(dice *d, int64_t now_ms) {
    int32_t lead = PICK(d, leads), co = PICK(d, co_units), other_co = PICK(d, co_units);
    bool has_two = dice_percent(d, 40);
    return (draft){
        .lead = dice_percent(d, 95) ? lead : 0,
        .cos = { co == lead && dice_percent(d, 90) ? 0 : co, other_co == co || other_co == lead ? 0 : other_co },
        .leaders = { 50, has_two ? 51 : 0 },
        .deadline = dice_percent(d, 60) ? workday_after(day_at(now_ms), 5 + (int) dice_below(d, 60)) : 0,
        .clause_count = 1 + (int32_t) dice_below(d, DRAFT_CLAUSES_MAX),
        .milestone_count = dice_percent(d, 20) ? 1 + (int32_t) dice_below(d, MILESTONES_MAX) : 0,
        .is_key = dice_percent(d, 40),
        .result = dice_percent(d, 40) ? "6 km" : "",
    };
}

static order new_task(dice *d, int64_t now_ms) {
    const cast_person *who = &cast[dice_below(d, (uint32_t) cast_count)];
    while (who->post != POST_DRAFTER || who->is_reserve)
        who = &cast[dice_below(d, (uint32_t) cast_count)];
    order o = { .key = dice_uuid_v7(d, now_ms), .who = who, .note = "", .result = "", .draft_count = 1 };
    o.drafts[0] = any_draft(d, now_ms);
    return o;
}

/* ---- moves */

static int32_t any_leg_unit(dice *d, const model_task *t) {
    uint32_t n = 0;
    for (const model_leg *l = t->legs; l; l = l->next)
        n++;
    const model_leg *l = t->legs;
    for (uint32_t i = n ? dice_below(d, n) : 0; i; i--)
        l = l->next;
    return l ? l->unit_id : 0;
}

/* One that is open, if there is any; else one that is not, or none. */
static void name_application(const model_task *t, order *o) {
    const model_application *a = t->applications;
    while (a && a->next && a->state != APPLICATION_OPEN)
        a = a->next;
    if (!a)
        return;
    o->item = a->id;
    o->has_item = true;
    if (o->move == MOVE_REFUSE_APPLICATION)
        o->about = a->kind;
}

static void fill_units(dice *d, const model_task *t, order *o) {
    o->unit_count = dice_below(d, UNITS_MAX + 1);
    for (size_t i = 0; i < o->unit_count; i++)
        o->units[i] = o->move == MOVE_NAME_MEMBERS ? PICK(d, bureaus) : any_leg_unit(d, t);
}

static void fill_split(dice *d, order *o, int64_t now_ms) {
    o->draft_count = 1 + dice_below(d, CHILDREN_MAX);
    for (size_t i = 0; i < o->draft_count; i++)
        o->drafts[i] = any_draft(d, now_ms);
}

static int32_t later_day(dice *d, int64_t now_ms) {
    return workday_after(day_at(now_ms), 1 + (int) dice_below(d, 40));
}

static bool takes_review_day(task_move move) {
    return move == MOVE_SUSPEND || move == MOVE_APPLY_SUSPENSION;
}

/* Fields that only some moves have; now and then an application says what is not asked. */
static void fill_fields(dice *d, const model_task *t, order *o, int64_t now_ms) {
    const move_row *row = move_of(o->move);
    if (row->leg == LEG_OF_OTHER || o->move == MOVE_NAME_MEMBERS || o->move == MOVE_APPLY_RETURN)
        o->other_unit = any_leg_unit(d, t);
    if (o->move == MOVE_REASSIGN)
        o->new_unit = PICK(d, bureaus);
    if (row->application > APPLICATION_OPEN)
        name_application(t, o);
    if (takes_review_day(o->move) || (row->application == APPLICATION_OPEN && dice_percent(d, 3)))
        o->day = later_day(d, now_ms);
    if (o->move == MOVE_APPLY_EXTENSION)
        o->day = t->deadline && dice_percent(d, 70) ? workday_after(t->deadline, 1 + (int) dice_below(d, 20))
                                                    : later_day(d, now_ms);
    if (o->move == MOVE_GRANT_EXTENSION && dice_percent(d, 30))
        o->day = later_day(d, now_ms);
    if (row->legs == LEGS_RETURN || o->move == MOVE_NAME_MEMBERS)
        fill_units(d, t, o);
    if (o->move == MOVE_REPORT_MILESTONE || o->move == MOVE_REOPEN)
        o->digest = dice_percent(d, 90) ? DIGEST_STORED : DIGEST_UNKNOWN;
    if (row->about == ABOUT_CLAUSE || row->about >= ABOUT_MILESTONE_LEFT)
        o->number = 1 + (int32_t) dice_below(d, MILESTONES_MAX);
    if (o->move == MOVE_SPLIT_LEG)
        fill_split(d, o, now_ms);
    if (o->move == MOVE_APPLY_ADJUSTMENT)
        o->result = "7 km";
    if (o->move == MOVE_VERIFY)
        o->result = dice_percent(d, 50) ? "A" : "B";
}

static void fill_set(dice *d, order *o, int64_t now_ms) {
    o->day = dice_percent(d, 50) ? later_day(d, now_ms) : 0;
    o->plan_year = 2025 + (int32_t) dice_below(d, 2);
    o->result = dice_percent(d, 30) ? "8 km" : "";
    o->default_result = dice_percent(d, 80) ? "6 km" : "";
    o->milestone_count = dice_percent(d, 30) ? 1 + (int32_t) dice_below(d, MILESTONES_MAX) : 0;
}

/* What is not named is left blank. */
static void fill_revise(dice *d, order *o, int64_t now_ms) {
    o->fields = 1 + dice_below(d, (1u << DRAFT_FIELDS) - 1);
    o->draft_count = 1;
    o->drafts[0] = any_draft(d, now_ms);
    if (!(o->fields & DRAFT_BIT(DEADLINE)))
        o->drafts[0].deadline = 0;
}

order fill_order(dice *d, const model_task *t, task_move move, const cast_person *who, int64_t now_ms) {
    order o = { .move = move, .who = who, .task = t->id, .version = t->version, .result = "" };
    o.note = move_of(move)->text_needed || move == MOVE_NAME_MEMBERS ? "words" : "";
    fill_fields(d, t, &o, now_ms);
    if (move == MOVE_SET)
        fill_set(d, &o, now_ms);
    if (move == MOVE_REVISE)
        fill_revise(d, &o, now_ms);
    return o;
}

/* ---- choice */

/* How readily people do what they may, percent: a site in which everything is terminated at once shows little. */
static uint32_t readiness(task_move move) {
    static const uint8_t reluctant[MOVE_COUNT] = {
        [MOVE_REVISE] = 25,
        [MOVE_SET] = 30,
        [MOVE_SEND_BACK] = 8,
        [MOVE_NAME_MEMBERS] = 30,
        [MOVE_REASSIGN] = 15,
        [MOVE_URGE] = 15,
        [MOVE_SPLIT_LEG] = 12,
        [MOVE_REQUEST_CLOSURE] = 15,
        [MOVE_DISSENT] = 30,
        [MOVE_MARK_ABSENT] = 40,
        [MOVE_WITHDRAW_CLOSURE] = 25,
        [MOVE_RETURN] = 25,
        [MOVE_REFUSE_TO_OFFICE] = 25,
        [MOVE_REFUSE_TO_UNITS] = 25,
        [MOVE_REOPEN] = 30,
        [MOVE_SUSPEND] = 8,
        [MOVE_APPLY_RETURN] = 15,
        [MOVE_APPLY_EXTENSION] = 12,
        [MOVE_APPLY_SUSPENSION] = 8,
        [MOVE_APPLY_ADJUSTMENT] = 8,
        [MOVE_APPLY_TERMINATION] = 6,
        [MOVE_GRANT_TERMINATION] = 10,
        [MOVE_REFUSE_APPLICATION] = 30,
    };
    return reluctant[move] ? reluctant[move] : 100;
}

static const model_task *any_task(dice *d, const model *m) {
    const model_task *t = model_tasks(m);
    uint32_t n = 0;
    for (const model_task *x = t; x; x = x->next)
        n++;
    for (uint32_t i = n ? dice_below(d, n) : 0; i; i--)
        t = t->next;
    return t;
}

static const model_task *any_child(dice *d, const model *m, const model_task *parent) {
    for (const model_task *t = model_tasks(m); t; t = t->next)
        if (t->parent == parent && dice_percent(d, 60))
            return t;
    return parent;
}

static const cast_person *any_person(dice *d, uint32_t posts) {
    for (int i = 0; i < 200; i++) {
        const cast_person *p = &cast[dice_below(d, (uint32_t) cast_count)];
        if (!p->is_reserve && posts >> p->post & 1)
            return p;
    }
    return &cast[0];
}

/* Half of what people do brings a task forward. */
static task_move any_move(dice *d) {
    static const task_move forward[] = {
        MOVE_SUBMIT,          MOVE_ISSUE,        MOVE_ACKNOWLEDGE, MOVE_SUBMIT_LEG, MOVE_COUNTERSIGN,
        MOVE_REQUEST_CLOSURE, MOVE_SIGN_CLOSURE, MOVE_VERIFY,      MOVE_SIGN_OFF,
    };
    return dice_percent(d, 50) ? PICK(d, forward) : (task_move) (1 + dice_below(d, MOVE_COUNT - 1));
}

static order any_order(dice *d, model *m, int64_t now_ms) {
    const model_task *t = any_task(d, m);
    task_move move = any_move(d);
    for (int i = 0; i < 8 && !(move_of(move)->states >> t->state & 1); i++)
        move = any_move(d);
    uint32_t posts = dice_percent(d, 95) ? move_of(move)->posts : UINT32_MAX;
    order o = fill_order(d, t, move, any_person(d, posts), now_ms);
    o.key = dice_uuid_v7(d, now_ms);
    if (move == MOVE_WAIVE_CHILD) {
        o.item = any_child(d, m, t)->id;
        o.has_item = true;
    }
    return o;
}

/* Slips: an old version, a day that is over, a thing not named, an empty reason. */
static void spoil(dice *d, order *o) {
    if (dice_percent(d, 40))
        o->version -= 1 + (int32_t) dice_below(d, 2);
    else if (o->day && dice_percent(d, 70))
        o->day = workday_after(o->day - 90, 0);
    else if (dice_percent(d, 30))
        o->has_item = false;
    else if (dice_percent(d, 30))
        o->number = 0;
    else if (dice_percent(d, 30))
        o->note = "";
}

static uint32_t count_tasks(const model *m, bool roots_only) {
    uint32_t n = 0;
    for (const model_task *t = model_tasks(m); t; t = t->next)
        n += !roots_only || !t->parent;
    return n;
}

static order choose_move(dice *d, model *m, int64_t now_ms) {
    order o = any_order(d, m, now_ms);
    bool may_err = dice_percent(d, 20);
    for (int i = 0; i < CANDIDATES && !may_err; i++) {
        bool is_wanted = dice_percent(d, readiness(o.move)) &&
                         (o.move != MOVE_SPLIT_LEG || count_tasks(m, false) + CHILDREN_MAX <= TASKS_MAX);
        if (is_wanted && model_allows(m, &o, now_ms))
            return o;
        o = any_order(d, m, now_ms);
    }
    if (dice_percent(d, 30))
        spoil(d, &o);
    return o;
}

order choose_order(dice *d, model *m, int64_t now_ms) {
    uint32_t roots = count_tasks(m, true);
    bool begins = !roots || (roots < ROOTS_MAX && dice_percent(d, 8));
    return begins ? new_task(d, now_ms) : choose_move(d, m, now_ms);
}
