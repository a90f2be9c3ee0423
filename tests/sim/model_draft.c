/* Drafts: how they begin and how they are corrected. */
#include <assert.h>
#include <string.h>

#include "domain/calendar.h"
#include "sim/model_parts.h"

/* ---- drafts */

model_leg *model_add_leg(run *r, model_task *t, int32_t unit_id, int32_t role) {
    const cast_unit *unit = cast_unit_of(unit_id);
    model_leg *l = leg_of_unit(t, unit_id);
    if (!l) {
        l = arena_alloc(r->model->mem, sizeof(*l));
        *l = (model_leg){ .next = t->legs, .unit_id = unit_id };
        t->legs = l;
        l->is_collective = unit && unit->is_collective && t->state == TASK_DRAFT;
    }
    l->role = role;
    l->state = LEG_PENDING;
    l->is_overruled = false;
    l->opinion = l->ruling = "";
    return l;
}

static void draft_legs(run *r, model_task *t, const draft *d) {
    for (size_t i = 0; i < UNITS_MAX; i++)
        if (d->cos[i])
            model_add_leg(r, t, d->cos[i], ROLE_CO);
    if (d->lead)
        model_add_leg(r, t, d->lead, ROLE_LEAD);
}

static void cover_clauses(model_task *t) {
    for (int32_t i = 0; i < t->clause_count; i++)
        t->clauses[i].is_covered = *t->result;
}

static void put_milestones(model_task *t, int32_t n) {
    for (int32_t i = t->milestone_count; i < n; i++)
        t->milestones[i] = (model_milestone){ .state = MILESTONE_OPEN };
    t->milestone_count = n;
}

void model_create(run *r, const draft *d, uuid id, uuid key, model_task *parent) {
    model_task *t = arena_alloc(r->model->mem, sizeof(*t));
    const cast_unit *unit = cast_unit_of(r->order->who->unit_id);
    *t = (model_task){
        .next = r->model->tasks,
        .id = id,
        .version = 1,
        .state = TASK_DRAFT,
        .is_key = d->is_key,
        .office = !parent        ? unit->unit_id
                  : unit->office ? unit->office
                                 : parent->office,
        .lead = d->lead,
        .deadline = d->deadline,
        .result = d->result,
        .parent = parent,
        .parent_unit = parent ? unit->unit_id : 0,
        .clause_count = d->clause_count,
    };
    for (size_t i = 0; i < countof(d->leaders); i++)
        if (d->leaders[i])
            id_set_add(&t->leaders, d->leaders[i]);
    cover_clauses(t);
    put_milestones(t, d->milestone_count);
    draft_legs(r, t, d);
    r->model->tasks = t;
    if (!parent)
        r->task = t;
    model_write(r, t, key, "CREATE", 0);
}

/* ---- drafts corrected: each part says whether it changed */

static bool put_number(int32_t *slot, int32_t value) {
    bool changes = *slot != value;
    *slot = value;
    return changes;
}

static bool put_leaders(model_task *t, const int32_t leaders[2]) {
    id_set wanted = { 0 };
    for (size_t i = 0; i < 2; i++)
        if (leaders[i])
            id_set_add(&wanted, leaders[i]);
    bool changes = memcmp(&wanted, &t->leaders, sizeof(wanted)) != 0;
    t->leaders = wanted;
    return changes;
}

static bool put_leg(run *r, int32_t unit_id, int32_t role) {
    const model_leg *l = unit_id ? leg_of_unit(r->task, unit_id) : NULL;
    if (!unit_id || (l && l->role == role))
        return false;
    model_add_leg(r, r->task, unit_id, role);
    return true;
}

/* A unit that is no longer named is gone with all that was decided about it. */
static bool put_legs(run *r, int32_t lead, const int32_t cos[UNITS_MAX]) {
    bool changes = put_number(&r->task->lead, lead);
    for (model_leg **at = &r->task->legs; *at;) {
        bool is_named = (*at)->unit_id == lead;
        for (size_t i = 0; i < UNITS_MAX; i++)
            is_named |= (*at)->unit_id == cos[i];
        changes |= !is_named;
        if (is_named)
            at = &(*at)->next;
        else
            *at = (*at)->next;
    }
    for (size_t i = 0; i < UNITS_MAX; i++)
        if (cos[i] != lead)
            changes |= put_leg(r, cos[i], ROLE_CO);
    return put_leg(r, lead, ROLE_LEAD) || changes;
}

static void present_cos(const model_task *t, int32_t ret_cos[UNITS_MAX]) {
    size_t n = 0;
    for (const model_leg *l = t->legs; l; l = l->next)
        if (l->role == ROLE_CO) {
            assert(n < UNITS_MAX);
            ret_cos[n++] = l->unit_id;
        }
}

static int32_t doubled_in(int32_t lead, const int32_t cos[UNITS_MAX]) {
    for (size_t i = 0; i < UNITS_MAX; i++)
        if (lead && cos[i] == lead)
            return lead;
    return 0;
}

/* Co-units that are not named give way to the lead that is. */
int32_t model_doubled(const run *r) {
    const order *o = r->order;
    bool keeps_lead = o->move == MOVE_REVISE && !(o->fields & DRAFT_BIT(LEAD));
    int32_t doubled = 0;
    if (o->move == MOVE_REVISE && !(o->fields & DRAFT_BIT(COS)))
        return 0;
    for (size_t i = 0; i < o->draft_count && !doubled; i++)
        doubled = doubled_in(keeps_lead ? r->task->lead : o->drafts[i].lead, o->drafts[i].cos);
    return doubled;
}

static bool put_units(run *r, const draft *d, uint32_t fields) {
    int32_t cos[UNITS_MAX] = { 0 };
    present_cos(r->task, cos);
    return put_legs(r, fields & DRAFT_BIT(LEAD) ? d->lead : r->task->lead, fields & DRAFT_BIT(COS) ? d->cos : cos);
}

/* Of one that stays the waiver stays: all clauses here have the same words. */
static bool put_clauses(model_task *t, int32_t n) {
    for (int32_t i = t->clause_count; i < n; i++)
        t->clauses[i] = (model_clause){ 0 };
    return put_number(&t->clause_count, n);
}

/* A bulk correction as one of a single draft: what is given replaces, the plan's year and the default fill gaps. */
static draft bulk_as_draft(const run *r, uint32_t *ret_fields) {
    const order *o = r->order;
    draft d = { .deadline = o->day, .result = o->result, .milestone_count = o->milestone_count };
    if (!o->day && !r->task->deadline && o->plan_year)
        d.deadline = last_workday_of_year(o->plan_year);
    if (!*o->result && !*r->task->result)
        d.result = o->default_result;
    *ret_fields = (d.deadline ? DRAFT_BIT(DEADLINE) : 0) | (*d.result ? DRAFT_BIT(RESULT) : 0) |
                  (d.milestone_count ? DRAFT_BIT(MILESTONES) : 0);
    return d;
}

bool model_corrects(task_move move) {
    return move == MOVE_REVISE || move == MOVE_SET;
}

bool model_correct(run *r) {
    model_task *t = r->task;
    uint32_t fields = r->order->fields;
    const draft d = r->order->move == MOVE_SET ? bulk_as_draft(r, &fields) : r->order->drafts[0];
    bool changes = put_units(r, &d, fields);
    if (fields & DRAFT_BIT(LEADERS))
        changes |= put_leaders(t, d.leaders);
    if (fields & DRAFT_BIT(DEADLINE))
        changes |= put_number(&t->deadline, d.deadline);
    if (fields & DRAFT_BIT(CLAUSES))
        changes |= put_clauses(t, d.clause_count);
    if (fields & DRAFT_BIT(KEY)) {
        changes |= t->is_key != d.is_key;
        t->is_key = d.is_key;
    }
    if (fields & DRAFT_BIT(RESULT)) {
        changes |= strcmp(t->result, d.result) != 0;
        t->result = d.result;
    }
    if (fields & DRAFT_BIT(MILESTONES)) {
        changes |= t->milestone_count != d.milestone_count;
        put_milestones(t, d.milestone_count);
    }
    cover_clauses(t);
    return changes;
}
