#include "sim/model_parts.h"

#include <string.h>

#include "domain/calendar.h"

enum { DAY_MS = 24 * 3600 * 1000 };

static uint64_t fact(task_fact bit, bool holds) {
    return (uint64_t) holds << bit;
}

/* ---- who */

static bool decides_as_issuer(const run *r) {
    return r->task->is_key ? id_set_has(&r->task->leaders, r->order->who->leader_id)
                           : r->order->who->unit_id == r->task->office && r->order->who->post == POST_OFFICE_HEAD;
}

/* Who did what is read from the history: posts change, persons do not. */
static bool did(const run *r, bool (*is_it)(const run *, const event_row *)) {
    const record *kept = &r->model->record;
    for (size_t i = 0; i < kept->event_count; i++) {
        const event_row *e = &kept->events[i];
        if (e->user_id == r->order->who->user_id && uuid_same(e->task, r->task->id) && is_it(r, e))
            return true;
    }
    return false;
}

static bool is_drafting(const run *r, const event_row *e) {
    (void) r;
    return strcmp(e->move, "CREATE") == 0 || strcmp(e->move, "REVISE") == 0 || strcmp(e->move, "SET") == 0 ||
           strcmp(e->move, "SUBMIT") == 0;
}

static bool is_for_a_unit(const run *r, const event_row *e) {
    return e->unit_id != r->task->office && (e->post == POST_HANDLER || e->post == POST_HEAD);
}

static bool every_other_leader_signed(const run *r) {
    for (size_t i = 0; i < r->task->leaders.n; i++) {
        int32_t leader = r->task->leaders.ids[i];
        if (leader != r->order->who->leader_id && !id_set_has(&r->task->signed_leaders, leader))
            return false;
    }
    return true;
}

static uint64_t facts_of_person(const run *r) {
    const model_task *t = r->task;
    const cast_person *who = r->order->who;
    const model_leg *own = leg_of_unit(t, who->unit_id);
    return fact(FACT_OFFICE, who->unit_id == t->office) | fact(FACT_LEAD, who->unit_id == t->lead) |
           fact(FACT_OWN_LEG, leg_stands(own)) | fact(FACT_LEAD_LEG, leg_stands(own) && own->role == 1) |
           fact(FACT_TASK_LEADER, id_set_has(&t->leaders, who->leader_id)) |
           fact(FACT_ISSUING_LEVEL, decides_as_issuer(r)) | fact(FACT_DRAFTED, did(r, is_drafting)) |
           fact(FACT_ISSUED_IT, t->issuer == who->user_id) | fact(FACT_ACTED_IN_UNIT, did(r, is_for_a_unit)) |
           fact(FACT_VERIFIED_IT, id_set_has(&t->verifiers, who->user_id)) |
           fact(FACT_VERIFIED_BEFORE, id_set_has(&t->closing_verifiers, who->user_id)) |
           fact(FACT_SIGNED_IT, id_set_has(&t->signed_leaders, who->leader_id)) |
           fact(FACT_LAST_SIGNATURE, every_other_leader_signed(r)) |
           fact(FACT_APPLICANT, who->unit_id == t->office || (leg_stands(own) && t->state >= TASK_ISSUED));
}

/* ---- what the draft has */

static bool clauses_settled(const model_task *t) {
    for (int32_t i = 0; i < t->clause_count; i++)
        if (!t->clauses[i].is_covered && !t->clauses[i].is_waived)
            return false;
    return true;
}

static bool collectives_settled(const model_task *t) {
    for (const model_leg *l = t->legs; l; l = l->next)
        if (l->is_collective && !l->is_waived && !l->named.n && !cast_unit_of(l->unit_id)->members[0])
            return false;
    return true;
}

static uint64_t facts_of_draft(const run *r) {
    const model_task *t = r->task;
    return fact(FACT_LEAD_SET, t->lead) | fact(FACT_LEADER_SET, t->leaders.n) | fact(FACT_DEADLINE_SET, t->deadline) |
           fact(FACT_RESULT_SET, *t->result) | fact(FACT_CLAUSES_SETTLED, clauses_settled(t)) |
           fact(FACT_COLLECTIVES_SETTLED, collectives_settled(t)) |
           /* Nobody leaves this city. */
           fact(FACT_UNITS_STAND, true) | fact(FACT_LEADERS_STAND, true);
}

/* ---- what is needed to close */

static bool co_legs_settled(const model_task *t) {
    enum { SETTLED = 1 << LEG_COUNTERSIGNED | 1 << LEG_ABSENT | 1 << LEG_RELEASED };
    for (const model_leg *l = t->legs; l; l = l->next) {
        bool is_overruled = l->state == LEG_DISSENT && l->is_overruled;
        if (l->role != 1 && !(SETTLED >> l->state & 1) && !is_overruled)
            return false;
    }
    return true;
}

static bool milestones_done(const model_task *t) {
    for (int32_t i = 0; i < t->milestone_count; i++)
        if (t->milestones[i].state < MILESTONE_CONFIRMED)
            return false;
    return true;
}

/* Of the unit, or of all units for 0. */
static bool children_done(const run *r, int32_t unit_id) {
    for (const model_task *child = r->model->tasks; child; child = child->next)
        if (child->parent == r->task && (!unit_id || child->parent_unit == unit_id) && !task_is_settled(child))
            return false;
    return true;
}

static uint64_t facts_of_closing(const run *r) {
    const model_task *t = r->task;
    bool is_written = t->closures && t->closures->state == CLOSURE_WRITTEN;
    return fact(FACT_CLOSURE_WRITTEN, is_written) |
           fact(FACT_CLOSURE_WRITER, t->closures && t->closures->writer == r->order->who->user_id) |
           fact(FACT_CO_LEGS_SETTLED, co_legs_settled(t)) | fact(FACT_MILESTONES_DONE, milestones_done(t)) |
           fact(FACT_CHILDREN_DONE, children_done(r, 0)) |
           fact(FACT_OWN_CHILDREN_DONE, children_done(r, r->order->who->unit_id)) |
           fact(FACT_ENOUGH_VERIFIERS, !t->is_key || t->verifiers.n) | fact(FACT_VERIFICATION_BEGUN, t->verifiers.n) |
           /* No sheet is ever opened here: reports have their own tests. */
           fact(FACT_REPORTS_COMPLETE, true) | fact(FACT_OWN_REPORTS_COMPLETE, true);
}

/* ---- applications */

model_application *model_asked(const run *r) {
    for (model_application *a = r->task->applications; a; a = a->next)
        if (a->state == APPLICATION_OPEN && (r->about == ABOUT_APPLICATION || a->kind == r->about) &&
            uuid_same(a->id, r->order->item))
            return a;
    return NULL;
}

/* A unit may have one of a kind open; what concerns the whole task may be asked once by all. */
static bool is_already_asked(const run *r) {
    for (const model_application *a = r->task->applications; a; a = a->next)
        if (a->state == APPLICATION_OPEN && a->kind == r->about &&
            (a->unit_id == r->order->who->unit_id || a->kind >= ABOUT_ADJUSTMENT))
            return true;
    return false;
}

/* The head of office may grant another day than the one asked for. */
static int32_t day_meant(const run *r) {
    const model_application *a = model_asked(r);
    return r->order->day || !a ? r->order->day : a->day;
}

static uint64_t facts_of_application(const run *r) {
    const model_application *a = model_asked(r);
    int32_t day = day_meant(r); /* without a day there is none that would not do */
    bool takes_issuer = a && a->kind >= ABOUT_ADJUSTMENT && r->task->is_key;
    bool is_chief = r->order->who->unit_id == r->task->office && r->order->who->post == POST_OFFICE_HEAD;
    return fact(FACT_DAY_EXTENDS, !day || day > r->task->deadline) | fact(FACT_DAY_AHEAD, !day || day >= r->today) |
           fact(FACT_APPLICATION_OPEN, is_already_asked(r)) | fact(FACT_APPLICATION_FOUND, a) |
           fact(FACT_APPLICATION_OWN, a && a->writer == r->order->who->user_id) |
           fact(FACT_DECIDER, takes_issuer ? decides_as_issuer(r) : is_chief);
}

/* ---- legs and their limits; a day that is not set is never past and never kept */

static bool is_other_late(const run *r, const model_leg *l) {
    int32_t limit = l->state == LEG_PENDING   ? l->acknowledge_by
                    : l->state == LEG_WORKING ? r->task->deadline
                                              : r->task->answer_by;
    return limit && r->today > limit;
}

static bool is_to_be_replaced(const model_task *t, const model_leg *old) {
    for (const model_leg *l = t->legs; l; l = l->next)
        if (l->replaces == old->unit_id && l->state == LEG_PENDING)
            return true;
    return false;
}

static uint64_t facts_of_legs(const run *r) {
    const model_leg *own = leg_of_unit(r->task, r->order->who->unit_id);
    const model_leg *other = leg_of_unit(r->task, r->order->other_unit);
    const model_leg *new_leg = leg_of_unit(r->task, r->order->new_unit);
    return fact(FACT_BEFORE_DUE, !r->task->deadline || r->today <= r->task->deadline) |
           fact(FACT_RETURN_IN_TIME, leg_stands(own) && r->today <= own->acknowledge_by) |
           fact(FACT_OTHER_LEG_LATE, other && is_other_late(r, other)) |
           fact(FACT_URGED_LATELY, other && other->urged_ms && r->call.now_ms - other->urged_ms < DAY_MS) |
           fact(FACT_NEW_UNIT_HAS_LEG, leg_stands(new_leg)) | fact(FACT_OTHER_LEADS, other && other->role == 1) |
           fact(FACT_TAKE_OVER_OPEN, other && is_to_be_replaced(r->task, other));
}

/* ---- the thing named */

static bool is_clause_ready(const run *r) {
    int32_t no = r->order->number;
    return no >= 1 && no <= r->task->clause_count && !r->task->clauses[no - 1].is_covered &&
           !r->task->clauses[no - 1].is_waived;
}

static bool is_collective_ready(const run *r) {
    const model_leg *l = leg_of_unit(r->task, r->order->other_unit);
    return l && l->is_collective && l->role != 1;
}

/* A child answers to the unit that broke it off, or to the lead where that unit no longer acts. */
static bool answers_to(const model_task *child, int32_t unit_id) {
    const model_leg *l = leg_of_unit(child->parent, child->parent_unit);
    bool is_left = !leg_stands(l) || l->state == LEG_ABSENT;
    return child->parent_unit == unit_id || (is_left && unit_id == child->parent->lead);
}

static bool is_child_ready(const run *r) {
    const model_task *child = model_task_of(r->model, r->order->item);
    return child && child->parent == r->task && answers_to(child, r->order->who->unit_id) && !task_is_settled(child);
}

static const model_milestone *milestone_named(const run *r) {
    int32_t no = r->order->number;
    return no >= 1 && no <= r->task->milestone_count ? &r->task->milestones[no - 1] : NULL;
}

static bool is_milestone_ready(const run *r) {
    const model_milestone *m = milestone_named(r);
    return m && (r->about == ABOUT_MILESTONE_LEFT ? m->state < MILESTONE_CONFIRMED
                                                  : m->state == (int32_t) r->about - ABOUT_MILESTONE_LEFT);
}

static bool is_item_ready(const run *r) {
    if (r->about >= ABOUT_MILESTONE_LEFT)
        return is_milestone_ready(r);
    return (r->about == ABOUT_CLAUSE && is_clause_ready(r)) ||
           (r->about == ABOUT_COLLECTIVE && is_collective_ready(r)) || (r->about == ABOUT_CHILD && is_child_ready(r));
}

static uint64_t facts_of_item(const run *r) {
    const model_milestone *m = milestone_named(r);
    bool is_stored = r->order->digest && strcmp(r->order->digest, DIGEST_STORED) == 0;
    return fact(FACT_ITEM_READY, is_item_ready(r)) |
           fact(FACT_ITEM_BY_ACTOR, m && m->moved_by == r->order->who->user_id) | fact(FACT_EVIDENCE_KNOWN, is_stored);
}

/* ---- all together */

/* Mistakes that are a fact misread. */
static uint64_t misread(const run *r, uint64_t facts) {
    const uint64_t limits = fact(FACT_OTHER_LEG_LATE, true) | fact(FACT_RETURN_IN_TIME, true);
    if (run_errs(r, SABOTAGE_LIMIT_IGNORED))
        facts = (facts | limits) & ~fact(FACT_URGED_LATELY, true);
    if (run_errs(r, SABOTAGE_DRAFTER_ISSUES))
        facts &= ~fact(FACT_DRAFTED, true);
    if (run_errs(r, SABOTAGE_VERIFIER_TOOK_PART))
        facts &= ~fact(FACT_ACTED_IN_UNIT, true);
    if (run_errs(r, SABOTAGE_CO_UNIT_SKIPPED))
        facts |= fact(FACT_CO_LEGS_SETTLED, true);
    if (run_errs(r, SABOTAGE_ONE_SIGNATURE))
        facts |= fact(FACT_LAST_SIGNATURE, true);
    return facts;
}

task_facts model_facts(const run *r) {
    const model_leg *own = leg_of_unit(r->task, r->order->who->unit_id);
    const model_leg *other = leg_of_unit(r->task, r->order->other_unit);
    uint64_t facts = facts_of_person(r) | facts_of_draft(r) | facts_of_closing(r) | facts_of_application(r) |
                     facts_of_legs(r) | facts_of_item(r);
    return (task_facts){
        .state = r->task->state,
        .own_leg = leg_stands(own) ? own->state : 0,
        .other_leg = other ? other->state : 0,
        .names_other = r->order->other_unit,
        .facts = misread(r, facts),
        .day = day_text(r->call.mem, day_meant(r)),
        .deadline = r->task->deadline ? day_text(r->call.mem, r->task->deadline) : "",
    };
}

bool model_readable(const model_task *t, const cast_person *who) {
    if (who->post == POST_AUDITOR || who->post == POST_OPERATOR)
        return who->post == POST_AUDITOR;
    return who->unit_id == t->office || id_set_has(&t->leaders, who->leader_id) || who->unit_id == t->parent_unit ||
           (t->issuer && leg_of_unit(t, who->unit_id)) || (t->parent && who->unit_id == t->parent->office);
}
